"""What every part of the API needs."""

from typing import Any, TypeVar, cast

from django.db.models import QuerySet
from django.http import HttpRequest

from quarterdeck.domain.errors import NotFound
from quarterdeck.store.book.models import Person
from quarterdeck.store.selectors.seats import Right, Seat
from quarterdeck.web.api.shapes import Mistake, Page

Row = TypeVar("Row")
MISTAKES = {400: Mistake, 401: Mistake, 403: Mistake, 404: Mistake, 409: Mistake, 413: Mistake, 422: Mistake}


def answers(status: int, shape: Any) -> dict[int, Any]:
    """Return what a call may answer: its result, or a mistake."""
    return {status: shape, **MISTAKES}


def seat_at(request: HttpRequest, client: str, *rights: Right) -> Seat:
    """Return the token's seat, if it is at this client and has one of the rights."""
    seat = cast("Seat", request.auth)  # type: ignore[attr-defined]
    if seat.client.pk != client:
        raise NotFound("there is nothing here", "A token opens one client only; check the id.")
    if rights and not any(seat.may(each) for each in rights):
        seat.require(rights[0])
    return seat


def part(rows: "QuerySet[Any] | list[Any]", page: Page) -> list[Any]:
    """Return a part of a list."""
    return list(rows[page.offset : page.offset + page.limit])


def person_of(seat: Seat, key: str | None) -> Person | None:
    """Return a person of the client by id."""
    return seat.one(Person, key) if key else None
