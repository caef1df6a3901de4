"""Capture: one line, understood and written into the book, and said back in a sentence."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import now

from quarterdeck.store.book.models import Action, Decision, Kept, Note, Person, Promise, TimeEntry
from quarterdeck.store.selectors.seats import Right, Seat, today
from quarterdeck.store.services.followup import actions, record
from quarterdeck.usecases import typed
from quarterdeck.usecases.one_line import Kind, Line, understood
from quarterdeck.usecases.typed import Wrong

FIELD = "line"
LONGEST = 500
SENT_TWICE = timedelta(seconds=10)
MOST_NAMES = 500


@dataclass(frozen=True)
class Captured:
    """What a line became: the record, how the line was understood, and whether it was there already."""

    line: Line
    thing: Kept
    again: bool = False


def capture(seat: Seat, line: str) -> Captured:
    """Write one line into the book; the same line a moment later is the same record."""
    seat.require(Right.COMMENT)
    text = typed.line(FIELD, line, most=LONGEST, needed="Type a line.")
    known = _people(seat) if seat.may(Right.EDIT) else {}
    read = understood(text, today(), known)
    if twin := _twin(seat, read):
        return Captured(read, twin, again=True)
    return Captured(read, _write(seat, read, known))


def _people(seat: Seat) -> dict[str, Person]:
    """Return the people who are still here, by name."""
    here = seat.of(Person).exclude(ends__lt=today())[:MOST_NAMES]
    return {each.name: each for each in here}


def _write(seat: Seat, read: Line, known: dict[str, Person]) -> Kept:
    try:
        match read.kind:
            case Kind.DECISION:
                return record.ask(seat, read.text, needed_by=read.day)
            case Kind.PROMISE:
                return record.promise(seat, read.text, made_to=read.person, due=read.day)
            case Kind.ACTION:
                return actions.create(seat, read.text, owner=known.get(read.person), due=read.day)
            case Kind.TIME:
                return _spend(seat, read)
        return record.note(seat, read.text)
    except Wrong as error:
        raise Wrong(FIELD, error.message, error.hint) from error


def _spend(seat: Seat, read: Line) -> TimeEntry:
    seat.require(Right.EDIT)
    if read.minutes is None:
        raise Wrong(FIELD, "How long did it take?", "Begin with it: t 45m board note, t 1:30 review, t 1.5h call.")
    return record.spend(seat, read.minutes, read.text, day=read.day)


def _twin(seat: Seat, read: Line) -> Kept | None:
    """Return what the same line became a moment ago: the form was sent twice."""
    rows, told = _alike(seat, read)
    return rows.filter(created_at__gte=now() - SENT_TWICE, **told).first()


def _alike(seat: Seat, read: Line) -> tuple[QuerySet[Any], dict[str, Any]]:
    match read.kind:
        case Kind.DECISION:
            return seat.of(Decision), {"question": read.text, "needed_by": read.day}
        case Kind.PROMISE:
            return seat.of(Promise), {"sentence": read.text, "made_to": read.person, "due": read.day}
        case Kind.ACTION:
            return seat.of(Action), {"sentence": read.text, "due": read.day, "fingerprint": ""}
        case Kind.TIME:
            return seat.of(TimeEntry), {"text": read.text, "minutes": read.minutes or 0, "spent_by": seat.user}
    return seat.of(Note), {"text": read.text, "about": "", "written_by": seat.user}
