"""Who is who: the book's people with the identities of the last run beside them."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from quarterdeck.domain.errors import NotFound
from quarterdeck.store.book.models import Alias, Apart, Person, Run
from quarterdeck.store.selectors.results import latest_run, snapshot_of
from quarterdeck.store.selectors.seats import Seat
from quarterdeck.store.snapshots import Snapshot

MOST_PEOPLE = 1000
KEPT_IDENTITIES, KEPT_FORMS = 256, 50_000  # snapshots whose people, and authors whose spellings, a process remembers: neither ever changes
_AUTHOR = re.compile(r"(.*?)\s*<([^<>]*)>")


@dataclass(frozen=True)
class Identity:
    """Somebody as the last run saw them: one or more authors that it took for one person."""

    id: str
    name: str
    aliases: tuple[str, ...]
    commits: int
    first_day: date | None
    last_day: date | None
    here: bool
    bot: bool
    joined_by: tuple[str, ...]


@dataclass(frozen=True)
class Known:
    """A person of the book with the identities of the last run that are theirs."""

    person: Person
    aliases: tuple[Alias, ...]
    identities: tuple[Identity, ...] = ()

    @property
    def commits(self) -> int:
        """Return the commits of all identities."""
        return sum(each.commits for each in self.identities)

    @property
    def first_day(self) -> date | None:
        """Return the day of the first commit."""
        return min((each.first_day for each in self.identities if each.first_day), default=None)

    @property
    def last_day(self) -> date | None:
        """Return the day of the last commit."""
        return max((each.last_day for each in self.identities if each.last_day), default=None)

    @property
    def here(self) -> bool:
        """Tell whether the last run counted them among the people who are here."""
        return any(each.here for each in self.identities)

    @property
    def texts(self) -> tuple[str, ...]:
        """Return every alias of the book and of the last run once."""
        return tuple(dict.fromkeys((*(each.text for each in self.aliases), *(text for each in self.identities for text in each.aliases))))


@dataclass(frozen=True)
class Suspicion:
    """Two authors who may be one person, why, and who each of them belongs to now."""

    one: str
    other: str
    why: str
    one_is: Identity | None
    other_is: Identity | None


@dataclass(frozen=True)
class WhoIsWho:
    """The people of a client: the book's, the run's, and what is open between them."""

    run: Run | None
    snapshot: Snapshot | None
    people: tuple[Known, ...] = ()
    unassigned: tuple[Identity, ...] = ()
    robots: tuple[Identity, ...] = ()
    suspected: tuple[Suspicion, ...] = ()
    apart: tuple[Apart, ...] = ()
    identities: Mapping[str, Identity] = field(default_factory=dict)

    def of(self, person: str) -> Known:
        """Return one person of the book."""
        found = next((each for each in self.people if each.person.pk == person), None)
        if found is None:
            raise NotFound("there is nothing here", "Check the address, or go back to the list of people.")
        return found

    def identity(self, key: str) -> Identity:
        """Return one identity of the last run."""
        if key not in self.identities:
            raise NotFound("the last run knows nobody under this name", "Reload the page: a newer run may have joined people differently.")
        return self.identities[key]


def who_is_who(seat: Seat) -> WhoIsWho:
    """Put the book's people and the identities of the last run side by side: four queries."""
    run = latest_run(seat)
    snapshot, seen = _seen(seat, run)
    aliases: dict[str, list[Alias]] = {}
    for alias in seat.of(Alias).order_by("text", "pk"):
        aliases.setdefault(alias.person_id, []).append(alias)
    rows = sorted(seat.of(Person)[:MOST_PEOPLE], key=lambda each: (each.name.casefold(), each.pk))
    book = [(each, tuple(aliases.get(each.pk, ()))) for each in rows]
    owner = owners(book, seen)
    people = tuple(Known(each, own, tuple(i for i in seen if owner.get(i.id) == each.pk)) for each, own in book)
    apart = tuple(seat.of(Apart).order_by("one", "other"))
    free = [each for each in seen if each.id not in owner]
    return WhoIsWho(
        run,
        snapshot,
        people,
        tuple(sorted((each for each in free if not each.bot), key=lambda each: (not each.here, each.name.casefold(), each.id))),
        tuple(each for each in free if each.bot),
        tuple(_suspected(snapshot, seen, owner, apart)) if snapshot else (),
        apart,
        {each.id: each for each in seen},
    )


def _seen(seat: Seat, run: Run | None) -> tuple[Snapshot | None, tuple[Identity, ...]]:
    """Return the results of a run and its people; results that are gone count as none."""
    snapshot = snapshot_of(seat, run) if run else None
    try:
        return snapshot, identities(snapshot) if snapshot else ()
    except NotFound:
        return None, ()


@lru_cache(KEPT_IDENTITIES)
def identities(snapshot: Snapshot) -> tuple[Identity, ...]:
    """Return the people of a run, those with most commits first."""
    return tuple(_identity(row) for row in snapshot.people())


def _identity(row: Mapping[str, object]) -> Identity:
    """Read a row of people.json; whatever is missing there counts as not seen."""
    aliases = _texts(row.get("aliases")) or (*_texts(row.get("names")), *_texts(row.get("addresses")))
    return Identity(
        id=str(row["id"]),
        name=str(row["name"]),
        aliases=aliases,
        commits=int(str(row.get("commits") or 0)),
        first_day=_day(row.get("first_day")),
        last_day=_day(row.get("last_day")),
        here=bool(row.get("here", True)),
        bot=bool(row.get("bot", False)),
        joined_by=_texts(row.get("joined_by")),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list | tuple) else ()


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value else None


@lru_cache(KEPT_FORMS)
def forms(author: str) -> tuple[str, ...]:
    """Return the texts by which a roster may name an author, the most specific first: whole, address, name."""
    match = _AUTHOR.fullmatch(author.strip())
    whole = author.strip().casefold()
    return (whole, match[2].strip().casefold(), match[1].strip().casefold()) if match else (whole,)


def owners(book: Iterable[tuple[Person, Sequence[Alias]]], seen: Iterable[Identity]) -> dict[str, str]:
    """Return {identity: person of the book}, matched as the next run will match them."""
    exact: dict[str, str] = {}
    for person, aliases in book:
        for text in (*(alias.text for alias in aliases), person.name):
            exact.setdefault(text.strip().casefold(), person.pk)
    return {each.id: found for each in seen if (found := _owner(each, exact))}


def _owner(identity: Identity, exact: Mapping[str, str]) -> str:
    """Return whose an identity is; a whole author says more than an address, and an address more than a name."""
    rows = [forms(alias) for alias in identity.aliases]
    ranked = (row[rank] for rank in range(3) for row in rows if rank < len(row) and row[rank])
    return next((exact[text] for text in ranked if text in exact), "")


def _suspected(snapshot: Snapshot, seen: Sequence[Identity], owner: Mapping[str, str], apart: Sequence[Apart]) -> Iterable[Suspicion]:
    """Leave out of the run's suspicions what people have settled since."""
    of = {alias: each for each in seen for alias in each.aliases}
    settled = {frozenset((each.one.casefold(), each.other.casefold())) for each in apart}
    for one, other, why in _suggestions(snapshot):
        a, b = of.get(one), of.get(other)
        same = a is not None and b is not None and (a.id == b.id or (owner.get(a.id, "?") == owner.get(b.id)))
        if not same and not any(frozenset((x, y)) in settled for x in forms(one) for y in forms(other)):
            yield Suspicion(one, other, why, a, b)


def _suggestions(snapshot: Snapshot) -> list[list[str]]:
    try:
        found: list[list[str]] = json.loads(snapshot.file("suggestions.json"))
    except NotFound:
        return []
    return found
