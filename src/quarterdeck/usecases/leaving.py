"""What falls if these people leave: lost files, who could take over, what it may cost, and what to do by the clock."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Step
from quarterdeck.domain.money import Estimate
from quarterdeck.domain.records import History, Person
from quarterdeck.domain.text import plural
from quarterdeck.kit import citing, experts
from quarterdeck.kit.monte_carlo import estimate
from quarterdeck.practices.people.departure import analysis
from quarterdeck.practices.people.departure.checklist import HOURS_72, checklist, handover_line

PARTS_WITH_NAMES = 8  # parts that get their own successors; the successors of all lost files hold for the rest
MAP_FILES = 150
KEY = "p0"  # of the draws that say whether somebody leaves at all; here it is given that they do


class Ground(Protocol):
    """What is known of a system and of its people on one day, without the repositories."""

    @property
    def history(self) -> History:
        """Return repositories, people, aliases, changes and files."""

    @property
    def company(self) -> Company:
        """Return whose rates count."""

    @property
    def as_of(self) -> date:
        """Return the day."""

    @property
    def here(self) -> list[int]:
        """Return the numbers of the people who are still here."""

    @property
    def known(self) -> pl.DataFrame:
        """Return (life, person): who of those still here knows which file."""

    @property
    def changes(self) -> pl.DataFrame:
        """Return the changes by people."""

    @property
    def files(self) -> pl.DataFrame:
        """Return the files that people write, with `recent` changes and whether they move."""


@dataclass(frozen=True)
class Part:
    """A component that loses files: how many of how many, and who could take it over."""

    name: str
    files: int
    moving: int
    recent: int
    of: int
    found: tuple[analysis.Candidate, ...]


@dataclass(frozen=True)
class Todo:
    """A step of the checklist, with the people it is about; `evidence` is empty when only a person can answer."""

    when: str
    text: str
    evidence: str
    people: tuple[int, ...]


@dataclass(frozen=True)
class Falls:
    """What falls if these people leave together.

    `share` is lost and moving files / moving files, or lost files / files where nothing moves. People are numbers into
    the history and then into those whom no commit names; texts carry marks for people and foreign words.
    """

    leavers: tuple[int, ...]
    lost: pl.DataFrame
    files: int
    moving: int
    moving_files: int
    share: float
    together: int
    found: tuple[analysis.Candidate, ...]
    parts: tuple[Part, ...]
    cost: Estimate
    working: int
    steps: tuple[Todo, ...]

    @property
    def has_successor(self) -> bool:
        """Tell whether anybody could take over without starting from nothing."""
        return analysis.has_successor(self.found)


@dataclass(frozen=True)
class Tile:
    """A file of the code map: how busy it is and who is left who knows it."""

    path: str
    part: str
    changes: int
    state: str


def falls(ground: Ground, leavers: Sequence[int], unseen: Sequence[Person] = (), *, heads: int = 0) -> Falls:
    """Work out what falls if these people leave together.

    `unseen` are people of the roster whom no commit names; `heads` counts the people where somebody has several numbers.
    """
    gone = tuple(dict.fromkeys(leavers))
    lost = analysis.lost_files(ground.files, ground.known, gone)
    moving, all_moving = lost.filter("moving").height, ground.files.filter("moving").height
    share = moving / all_moving if all_moving else lost.height / max(1, ground.files.height)
    today = experts.ordinal(ground.as_of)
    found = tuple(analysis.candidates(lost, ground.changes, ground.here, gone, today)) if lost.height else ()
    working = analysis.regulars(ground.changes, lost, {*ground.here} - {*gone}, today)
    people = (*ground.history.people, *unseen)
    return Falls(
        leavers=gone,
        lost=lost,
        files=ground.files.height,
        moving=moving,
        moving_files=all_moving,
        share=share,
        together=lost.height - sum(_alone(ground, each).height for each in gone),
        found=found,
        parts=_parts(ground, lost, gone),
        cost=_cost(ground, people[gone[0]], heads or len(gone), _Loss(share, working, analysis.has_successor(found))),
        working=working,
        steps=_steps(ground, replace(ground.history, people=people), gone, lost, found),
    )


def alone(ground: Ground) -> dict[int, tuple[int, int]]:
    """Return for each person the files that nobody else here knows, and how many of these move."""
    rows = ground.known.filter(pl.len().over("life") == 1).join(ground.files.select("life", "moving"), on="life")
    counts = rows.group_by("person").agg(files=pl.len(), moving=pl.col("moving").sum())
    return {person: (files, moving) for person, files, moving in counts.iter_rows()}


def tiles(ground: Ground, leavers: Iterable[int]) -> list[Tile]:
    """Return the busiest files of a year (or the largest, where nothing moves) and who is left who knows them."""
    gone = list(leavers)
    left = ground.known.group_by("life").agg(before=pl.len(), after=(~pl.col("person").is_in(gone)).sum())
    files = ground.files.join(left, on="life", how="left").with_columns(pl.col("before", "after").fill_null(0))
    moves = files.filter("moving")
    busy = moves.with_columns(size="recent") if moves.height else files.with_columns(size=pl.col("lines").fill_null(1).clip(1))
    shown = busy.sort(["size", "path"], descending=[True, False]).head(MAP_FILES)
    return [
        Tile(
            citing.where(ground.history, row["repository"], row["path"]),
            citing.where(ground.history, row["repository"], row["component"]),
            row["size"],
            _state(row["before"], row["after"]),
        )
        for row in shown.iter_rows(named=True)
    ]


def _state(before: int, after: int) -> str:
    if not after:
        return "falls" if before else "nobody"
    return "one" if after == 1 else "more"


def _alone(ground: Ground, person: int) -> pl.DataFrame:
    return analysis.lost_files(ground.files, ground.known, [person])


def _parts(ground: Ground, lost: pl.DataFrame, gone: Sequence[int]) -> tuple[Part, ...]:
    """Return the components that lose files, moving ones first."""
    if lost.is_empty():
        return ()
    where = ["repository", "component"]
    grouped = lost.group_by(where).agg(files=pl.len(), moving=pl.col("moving").sum(), recent=pl.col("recent").sum())
    sizes = ground.files.group_by(where).agg(of=pl.len())
    ordered = grouped.join(sizes, on=where).sort(["moving", "files", "component"], descending=[True, True, False])
    return tuple(
        Part(
            citing.where(ground.history, row["repository"], row["component"]),
            row["files"],
            row["moving"],
            row["recent"],
            row["of"],
            _successors(ground, lost, row, gone) if number < PARTS_WITH_NAMES else (),
        )
        for number, row in enumerate(ordered.iter_rows(named=True))
    )


def _successors(ground: Ground, lost: pl.DataFrame, part: dict[str, object], gone: Sequence[int]) -> tuple[analysis.Candidate, ...]:
    inside = lost.filter((pl.col("repository") == part["repository"]) & (pl.col("component") == part["component"]))
    return tuple(analysis.candidates(inside, ground.changes, ground.here, gone, experts.ordinal(ground.as_of)))


@dataclass(frozen=True)
class _Loss:
    """What the price of a departure rests on beside the rates."""

    share: float
    working: int
    successor: bool


def _cost(ground: Ground, first: Person, heads: int, what: _Loss) -> Estimate:
    """Price the departure as the report does: a replacement for each head, and once the relearning of what all take along."""
    notice = first.end is not None and first.end > ground.as_of
    joint = analysis.loss(ground.company, KEY, what.share, what.working, notice=notice, successor=what.successor)
    if heads == 1:
        return joint.if_happens
    certain = analysis.loss(ground.company, KEY, what.share, what.working, notice=True, successor=what.successor).yearly
    replacement = analysis.loss(ground.company, KEY, 0.0, 0, notice=True, successor=True).yearly
    told = joint.if_happens
    samples = certain + (heads - 1) * replacement
    return estimate(samples, told.unit, told.basis, formula=f"{heads} x {told.formula}", inputs=told.inputs, typical=told.typical)


def _steps(
    ground: Ground, history: History, gone: Sequence[int], lost: pl.DataFrame, found: Sequence[analysis.Candidate]
) -> tuple[Todo, ...]:
    """Return the checklists of all leavers as one: a question that all share stands once."""
    successor = handover_line([each.person for each in found if each.chance != "unlikely"], history)
    kept: dict[tuple[str, str, str], list[int]] = {}
    for number in gone:
        for step in checklist(history, number, _alone(ground, number), ground.as_of, successor).steps:
            kept.setdefault((step.when, step.text, step.evidence), []).append(number)
    clock = list(dict.fromkeys(when for when, _, _ in kept))
    told = [Todo(*key, tuple(people)) for key, people in kept.items()]
    told += [Todo(step.when, step.text, step.evidence, tuple(gone)) for step in _shared(ground, history, gone, lost)]
    return tuple(sorted(told, key=lambda each: clock.index(each.when)))


def _shared(ground: Ground, history: History, gone: Sequence[int], lost: pl.DataFrame) -> list[Step]:
    """Return the step for files that no leaver knows alone, but nobody else knows either."""
    own = [_alone(ground, number)["life"] for number in gone]
    rest = lost.filter(~pl.col("life").is_in(pl.concat(own).implode())).sort(["recent", "path"], descending=[True, False])
    if rest.is_empty():
        return []
    cited = "; ".join(citing.where(history, *row) for row in rest.head(10).select("repository", "path").iter_rows())
    return [
        Step(
            HOURS_72,
            f"Walk through the {plural(rest.height, 'file')} that only these people know, before the second of them leaves.",
            cited,
        )
    ]
