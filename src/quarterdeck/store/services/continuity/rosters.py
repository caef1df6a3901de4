"""Take an uploaded roster into the book: new people are added, known ones completed, and nothing is overwritten."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from django.db import transaction

from quarterdeck.domain.errors import QuarterdeckError
from quarterdeck.domain.text import plural
from quarterdeck.store.book.models import Alias, Person
from quarterdeck.store.selectors.seats import Right, Seat
from quarterdeck.store.services import keeping
from quarterdeck.store.services.continuity import people

ADDED, COMPLETED, KNOWN = "added", "completed", "known"
COLUMNS = {"role": "role", "team": "team", "start": "begins", "end": "ends", "contract": "contract", "monthly_cost": "monthly_cost"}


class Line(Protocol):
    """A row of a roster as `evidence.uploads.roster` reads it."""

    @property
    def number(self) -> int:
        """Return the row in the file."""

    @property
    def name(self) -> str:
        """Return the name."""

    @property
    def emails(self) -> tuple[str, ...]:
        """Return the addresses."""

    @property
    def role(self) -> str:
        """Return the role."""

    @property
    def team(self) -> str:
        """Return the team."""

    @property
    def start(self) -> date | None:
        """Return the first day."""

    @property
    def end(self) -> date | None:
        """Return the last day."""

    @property
    def contract(self) -> str:
        """Return the kind of contract."""

    @property
    def monthly_cost(self) -> float | None:
        """Return the cost a month."""

    @property
    def currency(self) -> str:
        """Return the currency of the cost."""


@dataclass(frozen=True)
class Clash:
    """Where the roster and the book disagree, or a row could not be taken; the book stays as it is."""

    row: int
    name: str
    about: str
    book: str
    roster: str


@dataclass
class Taken:
    """What became of the rows of a roster."""

    added: list[str] = field(default_factory=list)
    completed: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    conflicts: list[Clash] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """Say what happened in one sentence."""
        counts = (len(self.added), ADDED), (len(self.completed), COMPLETED), (len(self.known), "known already")
        told = ", ".join(f"{plural(count, 'person', 'people')} {what}" for count, what in counts if count) or "nobody added"
        clashes = f"; {plural(len(self.conflicts), 'conflict')} to look at" if self.conflicts else ""
        return f"Roster: {told}{clashes}. {people.NEXT_RUN}"


@dataclass
class _Book:
    """The people of the book by what a roster may call them."""

    by_address: dict[str, Person]
    by_name: dict[str, list[Person]]
    done: dict[str, int] = field(default_factory=dict)


def take_roster(seat: Seat, rows: Iterable[Line]) -> Taken:
    """Take the rows of a roster: people are matched by address, then by name; a disagreement is listed and changes nothing."""
    seat.require(Right.EDIT)
    taken, book = Taken(), _book(seat)
    with transaction.atomic():
        for row in rows:
            try:
                with transaction.atomic():
                    _take(seat, row, book, taken)
            except QuarterdeckError as error:
                taken.conflicts.append(Clash(row.number, row.name, error.message, "", error.hint))
    return taken


def _book(seat: Seat) -> _Book:
    aliases = seat.of(Alias).select_related("person")
    made = _Book({alias.text.casefold(): alias.person for alias in aliases}, {})
    made.by_address |= {text.rpartition("<")[2].rstrip(">"): person for text, person in list(made.by_address.items()) if text.endswith(">")}
    for person in seat.of(Person):
        made.by_name.setdefault(person.name.casefold(), []).append(person)
    return made


def _take(seat: Seat, row: Line, book: _Book, taken: Taken) -> None:
    found = _matching(row, book)
    if len(found) > 1:
        names = " and ".join(sorted(each.name for each in found))
        taken.conflicts.append(Clash(row.number, row.name, "matches several people", names, row.name))
    elif found and found[0].pk in book.done:
        taken.conflicts.append(Clash(row.number, row.name, f"same person as row {book.done[found[0].pk]}", found[0].name, row.name))
    elif found:
        _complete(seat, row, found[0], book, taken)
    else:
        person = people.add(seat, name=row.name, **_about(seat, row, taken))
        _addresses(seat, row, person, book)
        book.by_name.setdefault(person.name.casefold(), []).append(person)
        taken.added.append(person.name)


def _matching(row: Line, book: _Book) -> list[Person]:
    by_address = {person.pk: person for each in row.emails if (person := book.by_address.get(each.strip().casefold()))}
    if by_address:
        return list(by_address.values())
    return book.by_name.get(row.name.strip().casefold(), [])


def _about(seat: Seat, row: Line, taken: Taken) -> dict[str, Any]:
    """Return the fields that the roster gives; a cost in another currency is not taken."""
    found = {own: getattr(row, column) for column, own in COLUMNS.items() if getattr(row, column) not in (None, "")}
    if "monthly_cost" in found:
        found["monthly_cost"] = Decimal(str(found["monthly_cost"])).quantize(Decimal("0.01"))
        if row.currency and row.currency != seat.client.currency:
            given = f"{found.pop('monthly_cost')} {row.currency}"
            taken.conflicts.append(Clash(row.number, row.name, "cost in another currency", seat.client.currency, given))
    return found


def _complete(seat: Seat, row: Line, person: Person, book: _Book, taken: Taken) -> None:
    """Fill what the book does not know yet, and list what it knows differently."""
    given = _about(seat, row, taken)
    fill = {name: value for name, value in given.items() if getattr(person, name) in (None, "")}
    for name, value in given.items():
        if name not in fill and getattr(person, name) != value:
            taken.conflicts.append(Clash(row.number, row.name, name.replace("_", " "), str(getattr(person, name)), str(value)))
    before = person.version
    if fill:
        checked = people.checked({"name": person.name, "begins": person.begins, "ends": person.ends} | fill)
        keeping.change(seat.user, person, "completed from a roster", **{name: checked[name] for name in fill})
    new = _addresses(seat, row, person, book)
    (taken.completed if new or person.version != before else taken.known).append(person.name)


def _addresses(seat: Seat, row: Line, person: Person, book: _Book) -> int:
    """Let the row's addresses, and its name where the book has another, count as the person; return how many are new."""
    texts = [*row.emails, *([row.name] if row.name.strip().casefold() != person.name.casefold() else [])]
    new = [text.strip() for text in texts if text.strip() and text.strip().casefold() not in book.by_address]
    for text in new:
        people.add_alias(seat, person, text)
    book.by_address |= {text.casefold(): person for text in new}
    book.done[person.pk] = row.number
    return len(new)
