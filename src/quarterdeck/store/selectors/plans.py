"""The departure simulator: who can be picked, what falls if they leave, and the plans that were kept."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any

from quarterdeck.domain.errors import NotFound
from quarterdeck.domain.money import Estimate
from quarterdeck.domain.records import Person as Seen
from quarterdeck.domain.text import listed, percent, plural, resolve, unmarked
from quarterdeck.store.book.models import DeparturePlan
from quarterdeck.store.departures import Departures
from quarterdeck.store.selectors.people import Identity, WhoIsWho
from quarterdeck.store.selectors.seats import Seat
from quarterdeck.store.snapshots import Snapshot
from quarterdeck.usecases import leaving

KEPT_CASES = 64
MOST_PLANS, MOST_ROWS = 50, 300
PURPOSE = "For continuity only: this page shows where the company depends on one person. It is no measure of anybody's work."


@dataclass(frozen=True)
class Pick:
    """Somebody who can be picked: `numbers` are their identities in the last run, none where no commit names them."""

    key: str
    name: str
    role: str
    numbers: tuple[int, ...]
    files: int = 0
    moving: int = 0
    ends: date | None = None
    ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Heir:
    """Somebody who could take over, how many of the lost files they have worked on, and how sure that makes us."""

    name: str
    files: int
    chance: str


@dataclass(frozen=True)
class PartShown:
    """A component that loses files, and who could take it over."""

    name: str
    files: int
    moving: int
    recent: int
    of: int
    heirs: tuple[Heir, ...]


@dataclass(frozen=True)
class FileShown:
    """A file that loses its last knower."""

    path: str
    part: str
    recent: int


@dataclass(frozen=True)
class StepShown:
    """A step of the checklist; `about` names people only where it does not hold for all who were picked."""

    when: str
    text: str
    evidence: str
    about: str


@dataclass(frozen=True)
class Picture:
    """What falls if the picked people leave together, in words and figures that a page prints."""

    names: tuple[str, ...]
    sentence: str
    lost: int
    files: int
    moving: int
    moving_files: int
    share: str
    together: int
    heirs: tuple[Heir, ...]
    has_successor: bool
    parts: tuple[PartShown, ...]
    rows: tuple[FileShown, ...]
    cost: Estimate
    working: int
    steps: tuple[StepShown, ...]
    as_of: date

    @property
    def kept(self) -> dict[str, Any]:
        """Return what a plan keeps of it."""
        return {
            "sentence": self.sentence,
            "as_of": self.as_of.isoformat(),
            "lost": self.lost,
            "files": self.files,
            "moving": self.moving,
            "share": self.share,
            "heirs": [asdict(each) for each in self.heirs],
            "parts": [asdict(each) for each in self.parts[:20]],
            "paths": [each.path for each in self.rows[:50]],
            "cost": {name: round(getattr(self.cost, name), 2) for name in ("p10", "p50", "p90")} | {"unit": self.cost.unit},
            "basis": self.cost.basis,
        }


def picks(who: WhoIsWho) -> list[Pick]:
    """Return who can be picked, by name: the people of the last run who are here, and the rest of the roster."""
    if who.snapshot is None:
        return []
    try:
        ground = who.snapshot.departures()
    except NotFound:
        return []
    alone = _alone(who.snapshot)
    found = [
        _pick(ground, alone, known.person.pk, known.person.name, known.person.role, known.identities, known.person.ends)
        for known in who.people
        if known.here or not (known.identities or known.person.ends)
    ]
    found += [_pick(ground, alone, each.id, each.name, "", (each,), None) for each in who.unassigned if each.here]
    return sorted(found, key=lambda each: (each.name.casefold(), each.key))


def _pick(
    ground: Departures,
    alone: Mapping[int, tuple[int, int]],
    key: str,
    name: str,
    role: str,
    own: Sequence[Identity],
    ends: date | None,
) -> Pick:
    numbers = tuple(number for each in own if (number := ground.number_of(each.id)) is not None)
    counts = [alone.get(number, (0, 0)) for number in numbers]
    seen = next((ground.history.people[number] for number in numbers), None)
    return Pick(
        key,
        name,
        role or (seen.role if seen else ""),
        numbers,
        sum(files for files, _ in counts),
        sum(moving for _, moving in counts),
        ends or (seen.end if seen else None),
        tuple(each.id for each in own),
    )


def picture(snapshot: Snapshot, picked: Sequence[Pick], everybody: Iterable[Pick]) -> Picture:
    """Work out what falls if these people leave together."""
    ground = snapshot.departures()
    numbers, unseen = _numbered(ground, picked)
    case = _case(snapshot, numbers, unseen, len(picked))
    names = {ground.history.people[number].id: each.name for each in everybody for number in each.numbers}
    say = _Sayer(ground, names | {each.id: each.name for each in unseen})
    return Picture(
        names=tuple(each.name for each in picked),
        sentence=sentence([each.name for each in picked], case),
        lost=case.lost.height,
        files=case.files,
        moving=case.moving,
        moving_files=case.moving_files,
        share=percent(case.share),
        together=case.together,
        heirs=say.heirs(case.found),
        has_successor=case.has_successor,
        parts=tuple(PartShown(say(each.name), each.files, each.moving, each.recent, each.of, say.heirs(each.found)) for each in case.parts),
        rows=_rows(ground, case),
        cost=case.cost,
        working=case.working,
        steps=tuple(StepShown(each.when, say(each.text), say(each.evidence), _about(each, case, say)) for each in case.steps),
        as_of=ground.as_of,
    )


def tiles(snapshot: Snapshot, picked: Sequence[Pick]) -> list[leaving.Tile]:
    """Return the busiest files, and who is left who knows each when these people leave."""
    say = _Sayer(snapshot.departures(), {})
    found = _tiles(snapshot, tuple(number for each in picked for number in each.numbers))
    return [replace(each, path=say(each.path), part=say(each.part)) for each in found]


def plans(seat: Seat) -> list[DeparturePlan]:
    """Return the client's plans, the newest first."""
    return list(seat.of(DeparturePlan).order_by("-created_at", "pk")[:MOST_PLANS])


def sentence(names: Sequence[str], case: leaving.Falls) -> str:
    """Say in one sentence what falls."""
    who = f"If {listed(list(names))} left"
    if not case.lost.height:
        return f"{who}, every file would still have somebody here who knows it, as far as commits tell."
    moves = "none of them" if not case.moving else "all of them" if case.moving == case.lost.height else f"{case.moving:,} of them"
    count = plural(case.lost.height, "file")
    last = "and it changed within a year" if case.lost.height == case.moving == 1 else f"{moves} changed within a year"
    return f"{who}, {count} would have nobody left who knows {'it' if case.lost.height == 1 else 'them'}; {last}."


def _numbered(ground: Departures, picked: Sequence[Pick]) -> tuple[tuple[int, ...], tuple[Seen, ...]]:
    """Return numbers for everybody picked; those whom no commit names count on after the history's people."""
    unseen = tuple(
        Seen(id=each.key, name=each.name, aliases=(), first_day=ground.as_of, last_day=ground.as_of, commits=0, end=each.ends)
        for each in picked
        if not each.numbers
    )
    first = len(ground.history.people)
    return (*(number for each in picked for number in each.numbers), *range(first, first + len(unseen))), unseen


@lru_cache(KEPT_CASES)
def _case(snapshot: Snapshot, numbers: tuple[int, ...], unseen: tuple[Seen, ...], heads: int) -> leaving.Falls:
    return leaving.falls(snapshot.departures(), numbers, unseen, heads=heads)


@lru_cache(KEPT_CASES)
def _tiles(snapshot: Snapshot, numbers: tuple[int, ...]) -> list[leaving.Tile]:
    return leaving.tiles(snapshot.departures(), numbers)


@lru_cache(KEPT_CASES)
def _alone(snapshot: Snapshot) -> dict[int, tuple[int, int]]:
    return leaving.alone(snapshot.departures())


def _rows(ground: Departures, case: leaving.Falls) -> tuple[FileShown, ...]:
    several = len(ground.history.repositories) > 1
    ordered = case.lost.sort(["recent", "path"], descending=[True, False]).head(MOST_ROWS)
    names = [f"{each.name}: " if several else "" for each in ground.history.repositories]
    return tuple(
        FileShown(names[row["repository"]] + row["path"], names[row["repository"]] + row["component"], row["recent"])
        for row in ordered.iter_rows(named=True)
    )


def _about(step: leaving.Todo, case: leaving.Falls, say: "_Sayer") -> str:
    return "" if len(step.people) == len(case.leavers) else listed(list(dict.fromkeys(say.name(number) for number in step.people)))


class _Sayer:
    """Puts names in place of marks, as whoever may read about people sees them."""

    def __init__(self, ground: Departures, names: Mapping[str, str]) -> None:
        self._people = ground.history.people
        self._names = {**{each.id: each.name for each in self._people}, **names}
        self._unseen = [name for key, name in names.items() if all(key != each.id for each in self._people)]

    def __call__(self, text: str) -> str:
        return unmarked(resolve(text, lambda person: self._names.get(person, "somebody")), str)

    def name(self, number: int) -> str:
        """Return the name of a person by number."""
        own = len(self._people)
        return self._names[self._people[number].id] if number < own else self._unseen[number - own]

    def heirs(self, found: Iterable[Any]) -> tuple[Heir, ...]:
        """Return candidates by name."""
        return tuple(Heir(self.name(each.person), each.files, each.chance) for each in found)
