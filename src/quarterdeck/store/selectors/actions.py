"""Actions as a seat may see them: lists with filters, one with its measurements, notes and history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from quarterdeck.domain.errors import NotFound
from quarterdeck.store.book.models import Action, Event, Measurement, Note, Person
from quarterdeck.store.selectors.seats import Right, Seat, today

A = Action.State
OPEN = (A.OPEN, A.DOING)
ANY, NOBODY = "any", "nobody"
STATES = {"": OPEN, A.OPEN: (A.OPEN,), A.DOING: (A.DOING,), A.DONE: (A.DONE,), A.DROPPED: (A.DROPPED,), ANY: A.values}
DUES = ("", "overdue", "week", "none")
A_WEEK = timedelta(days=7)
LONG = ("detail", "message", "witnessed", "done_when", "repository", "postponed_reason", "dropped_reason", "cost")
MOST_OWNERS, MOST_NOTES, MOST_MEASURED, MOST_EVENTS = 500, 50, 60, 60


@dataclass(frozen=True)
class Wanted:
    """Which actions somebody wants to see; an empty value asks for nothing."""

    state: str = ""
    owner: str = ""
    due: str = ""
    effect: str = ""
    text: str = ""

    def query(self) -> dict[str, str]:
        """Return what was asked for as the query of an address."""
        named = {"state": self.state, "owner": self.owner, "due": self.due, "effect": self.effect, "q": self.text}
        return {name: value for name, value in named.items() if value}


def wanted(given: Mapping[str, str]) -> Wanted:
    """Read what an address asks for; what is not known asks for nothing."""
    state, due, effect = (given.get(name, "") for name in ("state", "due", "effect"))
    return Wanted(
        state if state in STATES else "",
        given.get("owner", "")[:12],
        due if due in DUES else "",
        effect if effect in Action.Effect.values else "",
        given.get("q", "").replace("\x00", "").strip()[:100],
    )


def visible(seat: Seat) -> QuerySet[Action]:
    """Return the actions a seat may see: all, or for a contributor those of the person who sits there."""
    if seat.may(Right.READ):
        return seat.of(Action)
    return seat.of(Action).filter(owner=seat.person) if seat.may(Right.OWN) and seat.person else Action.objects.none()


def listed(seat: Seat, asked: Wanted) -> QuerySet[Action]:
    """Return actions as asked for, the first due first."""
    rows = visible(seat).filter(state__in=STATES[asked.state], **({"effect": asked.effect} if asked.effect else {}))
    for each in (_due(asked.due), _owned(asked.owner), _saying(asked.text)):
        rows = rows.filter(each)
    return rows.select_related("owner").defer(*LONG).order_by(F("due").asc(nulls_last=True), "created_at", "id")


def counted(seat: Seat) -> Mapping[str, int]:
    """Count open actions: all, those overdue, those due within a week, and those without a day."""
    told = {name: Count("pk", filter=_due(name)) for name in DUES if name}
    return visible(seat).filter(state__in=OPEN).aggregate(open=Count("pk"), **told)


def _due(asked: str) -> Q:
    now = today()
    asks = {"overdue": Q(due__lt=now, state__in=OPEN), "week": Q(due__gte=now, due__lt=now + A_WEEK), "none": Q(due=None)}
    return asks.get(asked, Q())


def _owned(asked: str) -> Q:
    return Q(owner=None) if asked == NOBODY else Q(owner=asked) if asked else Q()


def _saying(asked: str) -> Q:
    return Q(sentence__icontains=asked) | Q(detail__icontains=asked) | Q(subject__icontains=asked) if asked else Q()


def one(seat: Seat, key: str) -> Action:
    """Return one action that the seat may see, or say that there is none."""
    found = visible(seat).select_related("owner", "recommendation").filter(pk=key).first()
    if found is None:
        raise NotFound("there is nothing here", "Check the address, or go back to the actions.")
    return found


def owners(seat: Seat) -> list[Person]:
    """Return who may own an action, by name."""
    return list(seat.of(Person)[:MOST_OWNERS])


def named(seat: Seat, person: Person | None) -> str:
    """Return how a reader sees an owner: by name, or where names are not theirs to read by role."""
    if person is None:
        return "nobody yet"
    return person.name if seat.may(Right.PEOPLE) or seat.person == person.pk else person.role or "somebody at the client"


@dataclass(frozen=True)
class Change:
    """One line of a thing's history, in words."""

    at: str
    actor: str
    verb: str
    changes: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True)
class Story:
    """What runs saw of an action, what people wrote on it and what was changed, the latest first."""

    measurements: Sequence[Measurement] = ()
    notes: Sequence[Note] = ()
    history: Sequence[Change] = field(default_factory=list)


def story(seat: Seat, action: Action, people: Sequence[Person] = ()) -> Story:
    """Return what became of an action; its history only to whoever may read the client's pages."""
    measured = seat.of(Measurement).filter(action=action).select_related("run").defer("run__summary", "run__sources")
    return Story(
        list(measured.order_by("-measured_on", "-created_at")[:MOST_MEASURED]),
        notes(seat, "action", action.pk),
        history(seat, "action", action.pk, {each.pk: named(seat, each) for each in people}) if seat.may(Right.READ) else (),
    )


def notes(seat: Seat, kind: str, about: str) -> list[Note]:
    """Return the notes on one thing, the latest first."""
    return list(seat.of(Note).filter(about_kind=kind, about=about).select_related("written_by").order_by("-created_at")[:MOST_NOTES])


UNTOLD = frozenset(
    {"id", "client_id", "created_at", "recommendation_id", "repository", "check_version", "postponed", "message", "decided_by_id"}
)


def history(seat: Seat, kind: str, subject: str, names: Mapping[str, str]) -> list[Change]:
    """Return the trail of one thing in words, the latest first."""
    rows = Event.objects.filter(chain=seat.client.pk, kind=kind, subject=subject).order_by("-number")[:MOST_EVENTS]
    return [Change(each.at, each.actor, each.verb, _changes(each, names)) for each in rows]


def _changes(event: Event, names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return which fields changed, from what to what; what a new thing began with is not told again."""
    before, after = event.before or {}, event.after or {}
    if not before:
        return []
    return [
        (name.removesuffix("_id").replace("_", " "), _said(before.get(name), names), _said(value, names))
        for name, value in after.items()
        if name not in UNTOLD
    ]


def _said(value: Any, names: Mapping[str, str]) -> str:
    if isinstance(value, dict):
        return f"{value.get('p10')} to {value.get('p90')} {value.get('unit', '')}"
    text = "" if value is None else str(value)
    return names.get(text, text if len(text) <= 80 else text[:79] + "…")
