"""Who knows which file: degree of authorship, and who of those people is still here.

Degree of authorship: Fritz, Murphy, Murphy-Hill, Ou, Hill (TOSEM 2014); thresholds and the greedy truck factor:
Avelino, Passos, Hora, Valente, "A novel approach for estimating truck factors" (ICPC 2016). A tenth of the work as what
keeps a file from being lost: Rigby, Zhu, Donadelli, Mockus (ICSE 2016).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from quarterdeck.domain.records import History, Person

BASE, CREATED, OWN, OTHERS = 3.293, 1.098, 0.164, 0.321
NORMALISED = 0.75  # an author has more than this share of the best-informed person's degree
ABSOLUTE = 3.293  # and at least this degree, or created the file
SUBSTANTIAL = 0.1  # whoever leaves takes a file along only with nine tenths of the work on it; somebody with a tenth is left
WORK_HALF_LIFE = 730.0  # for shares of work, as for the headline of the truck factor
EXACT = 2.0**32
QUIET_DAYS = 365  # after so many days without activity a person counts as a past knower
HOLIDAY_DAYS = 30  # a pause of a month says nothing
RHYTHM_DAYS = 730  # pauses of two years tell how somebody works
FAR_OUT = 3.0  # times the middle half of somebody's pauses, beyond its upper end (Tukey)
ORPHANED = 0.5  # the truck factor ends when fewer than this share of files keep an author


def ordinal(day: date) -> int:
    """Return a day as days since 1970, as the frames count them."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def authorship(changes: pl.DataFrame, *, as_of: date, half_life: float | None = None, without: Iterable[int] = ()) -> pl.DataFrame:
    """Return (life, person, created, own, others, work, doa, author) for every pair of file and person.

    `half_life` in days lets old work count less, on every term, and then the absolute gate does not apply; `without` names import commits whose creation of
    files says nothing about who knows them. Deletions say nothing either. `work` is the share of all changes to the file, old ones counting less.
    """
    rows = changes.filter(pl.col("status") != "D")
    age = ordinal(as_of) - pl.col("day")
    weight = halved(age, half_life)
    creates = (pl.col("status") == "A") & ~pl.col("commit").is_in(list(without))
    pairs = rows.group_by("life", "person").agg(
        created=pl.when(creates).then(weight).otherwise(0.0).max(),
        own=pl.when(pl.col("status") == "A").then(0.0).otherwise(weight).sum(),
        work=halved(age, WORK_HALF_LIFE).sum(),
    )
    pairs = pairs.with_columns(work=pl.col("work") / pl.max_horizontal(pl.col("work").sum().over("life"), 1 / EXACT))
    others = (pl.col("own").sum().over("life") - pl.col("own")).clip(0.0)
    pairs = pairs.with_columns(others=others)
    doa = CREATED * pl.col("created") + OWN * pl.col("own") - OTHERS * (1 + pl.col("others")).log()
    plain, decayed = BASE + doa, doa + OTHERS * (1 + pl.col("others") + pl.col("own")).log()
    pairs = pairs.with_columns(doa=plain if half_life is None else decayed)
    near = pl.col("doa") > NORMALISED * pl.col("doa").max().over("life")
    gate = (pl.col("doa") >= ABSOLUTE) | (pl.col("created") > 0) if half_life is None else pl.col("doa") > 0
    return pairs.with_columns(author=near & gate)


def halved(age: pl.Expr, half_life: float | None) -> pl.Expr:
    """Return the weight of work of an age in days: halved every half-life, or 1.

    Weights are multiples of 2^-32, so that their sums are exact and do not depend on the order of adding.
    """
    if half_life is None:
        return age * 0 + 1.0
    return (0.5 ** (age.clip(0) / half_life) * EXACT).round() / EXACT


@dataclass(frozen=True)
class TruckFactor:
    """The people whose leaving orphans over half of the files, best-informed first, and what was counted."""

    people: tuple[int, ...]
    authored: tuple[int, ...]
    files: int
    tie: bool = False


def truck_factor(authors: pl.DataFrame, files: int) -> TruckFactor:
    """Remove the person with most files until fewer than half of the files have an author left.

    `authors` holds (life, person) pairs; ties go to the lower person number, and are reported.
    """
    counts = authors.group_by("person").len().sort(["len", "person"], descending=[True, False])
    if counts.is_empty() or not files:
        return TruckFactor((), (), files)
    rank = counts.with_row_index("rank")
    last = authors.join(rank, on="person").group_by("life").agg(gone=pl.col("rank").max())
    survivors = last.group_by("gone").len().sort("gone")
    ends = dict(survivors.iter_rows())
    covered, removed = sum(ends.values()), 0
    while covered / files >= ORPHANED and removed < counts.height:
        covered -= ends.get(removed, 0)
        removed += 1
    sizes = counts["len"].to_list()
    tie = removed < len(sizes) and removed > 0 and sizes[removed] == sizes[removed - 1]
    return TruckFactor(tuple(counts["person"][:removed]), tuple(sizes[:removed]), files, tie)


def pruned(found: TruckFactor, share: float = 0.1) -> TruckFactor:
    """Drop people who authored less than a tenth of what the first person did, as the reference tool does."""
    keep = sum(count >= share * found.authored[0] for count in found.authored) if found.authored else 0
    return TruckFactor(found.people[:keep], found.authored[:keep], found.files, found.tie)


def on_roster(person: Person) -> bool:
    """Tell whether the roster says of a person that they work here, or until when."""
    return person.end is not None or person.start is not None or bool(person.role)


def is_present(person: Person, as_of: date) -> bool:
    """Tell whether a person is still here: not marked as left, and active within a year."""
    if person.end is not None:
        return person.end > as_of
    return on_roster(person) or (as_of - person.last_day).days <= QUIET_DAYS


def present(history: History, as_of: date) -> list[int]:
    """Return the people who are still here, robots left out."""
    return [number for number, person in enumerate(history.people) if not person.bot and is_present(person, as_of)]


def paused(history: History, as_of: date) -> list[int]:
    """Return the people who count as here by commits alone and have been silent for longer than is usual for them.

    Unusual is a pause of over a month that lies far out among the person's own pauses of two years, as Calefato, Gerosa,
    Iaffaldano, Lanubile, Steinmacher (EMSE 2022) tell breaks: above the upper quartile by three times the middle half.
    """
    open_to_doubt = [number for number in present(history, as_of) if not on_roster(history.people[number])]
    rows = history.changes.filter(pl.col("person").is_in(open_to_doubt) & (pl.col("day") > ordinal(as_of) - RHYTHM_DAYS))
    days = rows.select("person", "day").unique().sort("person", "day")
    pauses = days.with_columns(pause=pl.col("day").diff().over("person")).drop_nulls().group_by("person")
    usual = pauses.agg(low=pl.col("pause").quantile(0.25, "linear"), high=pl.col("pause").quantile(0.75, "linear"))
    bounds = {person: high + FAR_OUT * (high - low) for person, low, high in usual.iter_rows()}
    silent = {number: (as_of - history.people[number].last_day).days for number in open_to_doubt}
    return [number for number, days_silent in silent.items() if days_silent > max(HOLIDAY_DAYS, bounds.get(number, 0.0))]


def robots(history: History) -> list[int]:
    """Return the numbers of the robots."""
    return [number for number, person in enumerate(history.people) if person.bot]


def written(history: History) -> pl.DataFrame:
    """Return the files at HEAD that people write and maintain: sources and tests whose history is known."""
    return history.files.filter(pl.col("kind").is_in(["source", "test"]) & pl.col("life").is_not_null())


def edits(changes: pl.DataFrame) -> pl.DataFrame:
    """Leave out moves without an edit: somebody who moves a folder does not know what is in it."""
    return changes.filter((pl.col("status") != "R") | (pl.col("blob") != pl.col("old_blob")))


def human_changes(history: History) -> pl.DataFrame:
    """Return the changes made by people, robots left out."""
    return history.changes.filter(~pl.col("person").is_in(robots(history)))


def knowers(authors: pl.DataFrame, people: Iterable[int]) -> pl.DataFrame:
    """Return (life, person) of those among `people` who know a file, measured among themselves.

    The degree must reach the published absolute gate, or the person created the file; so somebody who once touched a
    founder's file does not become its knower by the founder's leaving. Beside the best-informed, whoever reaches the gate
    and did a tenth of the work knows the file too: the relative threshold alone crowns one person where another made
    every third of many changes.
    """
    here = authors.filter(pl.col("person").is_in(list(people)))
    near = pl.col("doa") > NORMALISED * pl.col("doa").max().over("life")
    gate = pl.col("doa") >= ABSOLUTE
    return here.filter((near & (gate | (pl.col("created") > 0))) | (gate & (pl.col("work") >= SUBSTANTIAL))).select("life", "person")


def substantial(own: pl.Expr, everybody: pl.Expr) -> pl.Expr:
    """Tell who did enough of the work on a part to know it: a tenth of its commits, and the published gate with the commits of others."""
    outweighs = OWN * own >= OTHERS * (1 + everybody - own).log()
    return (own >= SUBSTANTIAL * everybody) & outweighs


def known_by(authors: pl.DataFrame, people: Iterable[int]) -> pl.DataFrame:
    """Return (life, knowers): how many of `people` know each file."""
    return knowers(authors, people).group_by("life").agg(knowers=pl.len())
