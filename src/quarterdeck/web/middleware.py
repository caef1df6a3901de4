"""What every answer carries, and how mistakes are said."""

import errno
from collections.abc import Callable

from django.db import DatabaseError, DataError, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from quarterdeck.domain.errors import Conflict, InputError, NotFound, NotPermitted, QuarterdeckError
from quarterdeck.web.drawing import draw

Answer = Callable[[HttpRequest], HttpResponse]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FULL_SQLITE = ("disk is full", "disk I/O error")  # the latter where its log cannot grow


def policy(answer: Answer) -> Answer:
    """Let the browser load nothing but our own files, and nobody frame our pages."""

    def answered(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(), interest-cohort=()")
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return answered


class mistakes:  # noqa: N801 - a middleware is named like a verb of the request
    """Turn known errors into pages that say what to do next."""

    def __init__(self, answer: Answer) -> None:
        """Take the next layer."""
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.answer(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Say a known error in two sentences; everything else goes on."""
        known = known_of(error)
        return said(request, known) if known else None


class NoRoom(QuarterdeckError):
    """The disk is full."""


def known_of(error: Exception) -> QuarterdeckError | None:
    """Return an error that says what to do next, where there is one."""
    if isinstance(error, QuarterdeckError):
        return error
    if isinstance(error, Http404):
        return NotFound("there is nothing here", "Check the address, or go back to the start.")
    if isinstance(error, DataError):
        return InputError("a number or a text in this form is too large to be kept", "Go back, shorten it and send it again.")
    if _is_full(error):
        return NoRoom(
            "the disk of this workbench is full or cannot be written, so nothing was saved",
            "Tell its owner to free some space. Then go back and send it again: what was saved before is safe.",
        )
    return None


def _is_full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in FULL
    if not isinstance(error, DatabaseError):
        return False
    if connection.vendor == "postgresql":
        return getattr(error.__cause__, "sqlstate", None) == "53100"
    return any(each in str(error) for each in FULL_SQLITE)


STATUS: dict[type[QuarterdeckError], int] = {InputError: 422, NotPermitted: 403, NotFound: 404, Conflict: 409, NoRoom: 507}


def status_of(error: QuarterdeckError) -> int:
    """Return the status of an error."""
    return next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)


def said(request: HttpRequest, error: QuarterdeckError) -> HttpResponse:
    """Return an error as a page, or as JSON where a program asked."""
    status = status_of(error)
    if request.path.startswith("/api/"):
        return JsonResponse({"error": error.message, "hint": error.hint}, status=status)
    return draw(request, "mistake.html", status=status, error=error, code=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """Answer an address that does not exist."""
    return said(request, NotFound("there is nothing here", "Check the address, or go back to the start."))


def forbidden(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from our own page."""
    hint = "Go back, reload the page and send it again; your text is still there."
    return said(request, NotPermitted("this form is out of date" if not reason else "this form did not come from here", hint))


def failed(request: HttpRequest) -> HttpResponse:
    """Answer an unexpected failure."""
    error = QuarterdeckError(
        "something failed on our side", "What was saved before is safe. Try again; if it fails again, tell the owner of this server."
    )
    return said(request, error)
