"""Decisions, promises, notes and hours: ask and decide, promise and keep, write down."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from quarterdeck.domain.errors import Conflict, NotFound
from quarterdeck.store.book.models import Action, Decision, Kept, Note, Promise, TimeEntry, new_id
from quarterdeck.store.selectors.seats import Right, Seat, today
from quarterdeck.store.services import keeping
from quarterdeck.usecases import typed
from quarterdeck.usecases.typed import Wrong

SENTENCE, NAME, THEME = 300, 120, 40
LATEST_ASKED = timedelta(days=1)  # whoever types is ahead of the book's clock by less than a day
THEMES = (
    "rhythm", "audit", "decisions", "delivery", "hiring", "vendors", "compliance", "deal", "board preparation", "hands-on", "scope change",
)  # fmt: skip
ABOUT: dict[str, type[Kept]] = {"action": Action, "decision": Decision, "promise": Promise}


def ask(seat: Seat, question: str, *, key: str = "", asked_on: date | str | None = None, **more: Any) -> Decision:
    """Write down a question that somebody has to decide."""
    seat.require(Right.EDIT)
    fields = _read({"question": question, "asked_on": asked_on or today(), **more})
    return keeping.keep(seat.user, Decision(id=key or new_id(), client=seat.client, **fields), "asked")


def rewrite(seat: Seat, decision: Decision, *, seen: int | None = None, **fields: Any) -> Decision:
    """Change a question, its options, its days, who decides or what waiting costs."""
    seat.require(Right.EDIT)
    _of(seat, decision)
    return keeping.change(seat.user, decision, seen=seen, **_read(fields))


def decide(seat: Seat, decision: Decision, choice: str, *, reason: str = "", seen: int | None = None, **more: Any) -> Decision:
    """Decide: the choice and the reason, what would reverse it, and when to look at it again."""
    seat.require(Right.DECIDE)
    _of(seat, decision)
    given = {"choice": choice, "reason": reason, **more}
    fields = _read(given) | {"decided_on": decision.decided_on or today(), "decided_by": seat.user}
    return keeping.change(seat.user, decision, "decided", seen=seen, **fields)


def reopen(seat: Seat, decision: Decision, *, seen: int | None = None) -> Decision:
    """Put a decision back among the open ones; the trail keeps what was decided."""
    seat.require(Right.DECIDE)
    _of(seat, decision)
    return keeping.change(seat.user, decision, "reopened", seen=seen, decided_on=None, decided_by=None)


def promise(seat: Seat, sentence: str, *, key: str = "", made_to: str = "", due: date | str | None = None) -> Promise:
    """Write down what we said we would do, to whom and by when."""
    seat.require(Right.EDIT)
    fields = _read({"sentence": sentence, "made_to": made_to, "due": due})
    return keeping.keep(seat.user, Promise(id=key or new_id(), client=seat.client, **fields), "promised")


def keep_promise(seat: Seat, made: Promise, *, seen: int | None = None) -> Promise:
    """Note that a promise was kept; one that was kept already stays as it is."""
    _promise_open(seat, made)
    return made if made.kept_on else keeping.change(seat.user, made, "kept", seen=seen, kept_on=today())


def drop_promise(seat: Seat, made: Promise, reason: str, *, seen: int | None = None) -> Promise:
    """Take a promise back, with the reason."""
    _promise_open(seat, made)
    why = typed.words("reason", reason, needed="Say why it is taken back.")
    if made.kept_on:
        raise Conflict("this promise was kept already", "Reload the page to see it.")
    return keeping.change(seat.user, made, "taken back", seen=seen, dropped_on=today(), dropped_reason=why)


def move_promise(seat: Seat, made: Promise, due: date | str | None, *, seen: int | None = None) -> Promise:
    """Move the day of a promise."""
    _promise_open(seat, made)
    return keeping.change(seat.user, made, "moved", seen=seen, due=typed.day("due", due))


def _promise_open(seat: Seat, made: Promise) -> None:
    seat.require(Right.EDIT)
    _of(seat, made)
    if made.dropped_on:
        raise Conflict("this promise was taken back", "Make a new one.")


def note(seat: Seat, text: str, *, key: str = "", about_kind: str = "", about: str = "") -> Note:
    """Write a note on the client or on one thing of theirs; a contributor writes on their own actions."""
    words = typed.words("text", text, needed="Write a line.")
    _require_note(seat, about_kind, about)
    made = Note(id=key or new_id(), client=seat.client, text=words, about_kind=about_kind, about=about, written_by=seat.user)
    return keeping.keep(seat.user, made, "noted")


def _require_note(seat: Seat, about_kind: str, about: str) -> None:
    thing = seat.one(ABOUT[about_kind], about) if about_kind in ABOUT else None
    if seat.may(Right.COMMENT):
        return
    seat.require(Right.OWN)
    if not isinstance(thing, Action) or thing.owner_id is None or thing.owner_id != seat.person:
        raise NotFound("there is nothing here", "Check the address, or go back to your actions.")


def spend(seat: Seat, minutes: int | str, text: str = "", *, key: str = "", day: date | str | None = None, theme: str = "") -> TimeEntry:
    """Write down minutes spent on a day."""
    seat.require(Right.EDIT)
    spent = typed.minutes("minutes", f"{minutes}m" if isinstance(minutes, int) else minutes)
    on = typed.day("day", day) or today()
    if on > today() + LATEST_ASKED:
        raise Wrong("day", "This day has not come yet.", "Type the day on which the time was spent.")
    kept = {"theme": typed.line("theme", theme, most=THEME), "text": typed.line("text", text, most=SENTENCE)}
    entry = TimeEntry(id=key or new_id(), client=seat.client, day=on, minutes=spent, spent_by=seat.user, **kept)
    return keeping.keep(seat.user, entry, "spent")


def take_out(seat: Seat, entry: TimeEntry) -> None:
    """Remove a time entry that was wrong; the trail keeps it."""
    seat.require(Right.EDIT)
    _of(seat, entry)
    keeping.remove(seat.user, entry)


def _of(seat: Seat, thing: Kept) -> None:
    if thing.client_id != seat.client.pk:
        raise NotFound("there is nothing here", "Check the address, or go back to the client's bridge.")


def _read(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return typed fields as values of a record."""
    return {name: FIELDS[name](name, value) for name, value in fields.items()}


def _asked(name: str, value: Any) -> date:
    day = typed.day(name, value) or today()
    if day > today() + LATEST_ASKED:
        raise Wrong(name, "This day has not come yet.", "Type the day on which the question was asked.")
    return day


def _words(name: str, value: Any) -> str:
    return typed.words(name, value)


def _named(name: str, value: Any) -> str:
    return typed.line(name, value, most=NAME)


def _a_week(name: str, value: Any) -> Decimal | None:
    return typed.amount(name, value)


FIELDS: dict[str, Callable[[str, Any], Any]] = {
    "question": lambda name, value: typed.line(name, value, most=SENTENCE, needed="Type the question."),
    "sentence": lambda name, value: typed.line(name, value, most=SENTENCE, needed="Say what was promised."),
    "choice": lambda name, value: typed.words(name, value, needed="Say what was chosen."),
    "reason": lambda name, value: typed.words(name, value, needed="Say why, for whoever asks in a year."),
    "options": _words,
    "reversal": _words,
    "asked_on": _asked,
    "needed_by": typed.day,
    "review_on": typed.day,
    "due": typed.day,
    "decider": _named,
    "made_to": _named,
    "delay_per_week": _a_week,
}
