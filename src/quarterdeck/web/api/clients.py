"""Clients over the API."""

from typing import Any, cast

from django.http import HttpRequest
from ninja import Router

from quarterdeck.store.selectors.seats import Right, Seat
from quarterdeck.web.api.common import answers, seat_at
from quarterdeck.web.api.shapes import ClientOut

router = Router(tags=["clients"])


@router.get("/clients", response=answers(200, list[ClientOut]), summary="The client of the token")
def clients(request: HttpRequest) -> Any:
    """Return the clients that the token opens: one, or none where the role reads no client."""
    seat = cast("Seat", request.auth)  # type: ignore[attr-defined]
    return [_out(seat)] if seat.may(Right.READ) or seat.may(Right.OWN) else []


@router.get("/clients/{client}", response=answers(200, ClientOut), summary="One client")
def client(request: HttpRequest, client: str) -> Any:
    """Return a client."""
    return _out(seat_at(request, client, Right.READ, Right.OWN))


def _out(seat: Seat) -> dict[str, Any]:
    found = seat.client
    return {
        "id": found.pk,
        "name": found.name,
        "industry": found.industry,
        "head_count": found.head_count,
        "developers": found.developers,
        "revenue": found.revenue if seat.may(Right.READ) else None,
        "currency": found.currency,
        "role": seat.role,
    }
