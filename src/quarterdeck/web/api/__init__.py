"""The HTTP API: the same verbs and rights as the pages, for programs with a token."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, ValidationError
from ninja.security import HttpBearer

from quarterdeck.domain.errors import QuarterdeckError
from quarterdeck.store.selectors.seats import Seat
from quarterdeck.store.services.seating import tokens
from quarterdeck.web.api import actions, clients, evidence, findings
from quarterdeck.web.middleware import status_of

ABOUT = (
    "Programs see what the user who made their token sees at that client, and may do what that user may. "
    "Send the token as `Authorization: Bearer …`. Every mistake is answered with `error`, what went wrong, and `hint`, what to do next."
)


class Bearer(HttpBearer):
    """Find the seat that a token stands for."""

    def authenticate(self, request: HttpRequest, token: str) -> Seat:  # noqa: ARG002 - ninja passes it
        """Return the seat, or refuse a token that is unknown, over or withdrawn."""
        return tokens.seat_for(token)


api = NinjaAPI(title="Quarterdeck", version="1", description=ABOUT, urls_namespace="api", auth=Bearer(), docs_url="/docs")
for _router in (clients.router, evidence.router, findings.router, actions.router):
    api.add_router("", _router)


@api.exception_handler(QuarterdeckError)
def mistake(request: HttpRequest, error: QuarterdeckError) -> HttpResponse:
    """Answer a known error with its status."""
    status = 401 if isinstance(error, tokens.TokenRefused) else status_of(error)
    return api.create_response(request, {"error": error.message, "hint": error.hint}, status=status)


@api.exception_handler(AuthenticationError)
def no_token(request: HttpRequest, _: AuthenticationError) -> HttpResponse:
    """Answer who comes without a token."""
    hint = "Make one on the page API tokens of the client, and send it as `Authorization: Bearer …`."
    return api.create_response(request, {"error": "this needs a token", "hint": hint}, status=401)


@api.exception_handler(ValidationError)
def wrong(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer input of the wrong form with the places that are wrong."""
    places = "; ".join(f"{'.'.join(str(part) for part in each['loc'][1:])}: {each['msg']}" for each in error.errors[:5])
    return api.create_response(
        request, {"error": f"this was not understood: {places}", "hint": "See /api/v1/docs for the form."}, status=422
    )


urlpatterns = [path("api/v1/", api.urls)]
