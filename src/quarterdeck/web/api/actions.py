"""Actions over the API."""

from typing import Any

from django.db.models import F, QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Status

from quarterdeck.domain.errors import NotFound
from quarterdeck.store.book.models import Action
from quarterdeck.store.selectors.seats import Right, Seat
from quarterdeck.store.services.followup import actions as verbs
from quarterdeck.web.api.common import answers, part, person_of, seat_at
from quarterdeck.web.api.shapes import ActionChange, ActionFilter, ActionIn, ActionOut, Done

router = Router(tags=["actions"])


@router.get("/clients/{client}/actions", response=answers(200, list[ActionOut]), summary="Actions")
def list_actions(request: HttpRequest, client: str, wanted: Query[ActionFilter]) -> Any:
    """Return actions, the first due first; contributors get their own."""
    chosen = {key: value for key, value in (("state", wanted.state), ("owner", wanted.owner)) if value}
    return part(
        _visible(seat_at(request, client, Right.READ, Right.OWN)).filter(**chosen).order_by(F("due").asc(nulls_last=True), "pk"), wanted
    )


@router.post("/clients/{client}/actions", response=answers(201, ActionOut), summary="Write down an action")
def create(request: HttpRequest, client: str, wish: ActionIn) -> Any:
    """Write down an action."""
    seat = seat_at(request, client, Right.EDIT)
    owner = person_of(seat, wish.owner)
    made = verbs.create(seat, wish.sentence, owner=owner, due=wish.due, detail=wish.detail, done_when=wish.done_when)
    return Status(201, made)


@router.get("/clients/{client}/actions/{key}", response=answers(200, ActionOut), summary="One action")
def one(request: HttpRequest, client: str, key: str) -> Any:
    """Return an action."""
    return _one(seat_at(request, client, Right.READ, Right.OWN), key)


@router.patch("/clients/{client}/actions/{key}", response=answers(200, ActionOut), summary="Change an action")
def change(request: HttpRequest, client: str, key: str, wish: ActionChange) -> Any:
    """Change what is given; 409 when somebody else changed the action in between."""
    seat = seat_at(request, client, Right.EDIT, Right.OWN)
    fields = wish.dict(exclude_unset=True, exclude={"version", "owner"})
    if "owner" in wish.model_fields_set:
        fields["owner"] = person_of(seat, wish.owner)
    return verbs.edit(seat, _one(seat, key), seen=wish.version, **fields)


@router.post("/clients/{client}/actions/{key}/done", response=answers(200, ActionOut), summary="An action was done")
def done(request: HttpRequest, client: str, key: str, wish: Done) -> Any:
    """Note that an action was done."""
    seat = seat_at(request, client, Right.EDIT, Right.OWN)
    return verbs.complete(seat, _one(seat, key), witness=wish.witness, witnessed=wish.witnessed, seen=wish.version)


def _visible(seat: Seat) -> "QuerySet[Action]":
    """Return the actions a seat may see: all of the client, or only one's own."""
    rows = seat.of(Action)
    return rows if seat.may(Right.READ) else rows.filter(owner=seat.person) if seat.person else rows.none()


def _one(seat: Seat, key: str) -> Action:
    found = _visible(seat).filter(pk=key).first()
    if found is None:
        raise NotFound("there is no such action", "List the actions to find its id.")
    return found
