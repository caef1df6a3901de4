"""Tell work that moved to another repository from work that became slower."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from quarterdeck.practices.delivery.throughput_change.analysis import EPOCH, Verdict
from quarterdeck.practices.delivery.throughput_change.landing import Arrivals

NEAR_DAYS = 14  # beside the weeks in which the fall may have begun; a repository that begins then coincides with it
FIRST_DAYS = 30  # what a repository begins with
HALF_YEAR = 182
MOST = 0.5  # share of the first files, or of the first half year of work, that has to come from the old repository
SMALL_MOVE = 3  # files; fewer alike say nothing
DAY = 86_400


@dataclass(frozen=True)
class Work:
    """What one repository's commits show, ready to be counted by week."""

    repository: int
    first_day: int
    landed: pl.DataFrame
    work: pl.DataFrame
    arrived: Arrivals
    cut: bool = False  # the history is cut off inside the window


@dataclass(frozen=True)
class Heir:
    """A repository that took over work: with the files of the old one, or with its people."""

    repository: int
    began: int  # days since 1970
    files: int
    people: tuple[int, ...]  # those of the old repository; nobody where its files moved, since then all work there counts


def heirs(old: Work, parts: Sequence[Work], touched: pl.DataFrame, fell: tuple[int, int]) -> list[Heir]:
    """Return the repositories that began when the pace of another fell, and that hold its files or are made by its people.

    Where some hold its files, only those.
    `touched` holds (repository, path, blob, day, code) of the changes of all; `fell` are the days between which the fall began.
    """
    early, late = fell[0] - NEAR_DAYS, fell[1] + NEAR_DAYS
    others = [part for part in parts if part.repository != old.repository and not part.cut and early <= part.first_day <= late]
    found = [each for other in others if (each := _heir(old, other, touched)) is not None]
    return [each for each in found if not each.people] or found


def _heir(old: Work, new: Work, touched: pl.DataFrame) -> Heir | None:
    alike, files = shared_files(old.repository, new, touched)
    if alike >= SMALL_MOVE and alike >= MOST * files:
        return Heir(new.repository, new.first_day, alike, ())
    before = _between(old.work, new.first_day - HALF_YEAR, new.first_day)["person"].unique()
    after = _between(new.work, new.first_day, new.first_day + HALF_YEAR)["person"]
    if after.is_empty() or after.is_in(before.to_list()).sum() < MOST * after.len():
        return None
    return Heir(new.repository, new.first_day, 0, tuple(sorted(before)))


def shared_files(old: int, new: Work, touched: pl.DataFrame) -> tuple[int, int]:
    """Count the source files that a repository begins with, and those of them that the other had before: same path or same content."""
    code = touched.filter("code")
    there = code.filter((pl.col("repository") == old) & (pl.col("day") <= new.first_day + FIRST_DAYS))
    first = code.filter((pl.col("repository") == new.repository) & (pl.col("day") < new.first_day + FIRST_DAYS))
    known = pl.col("path").is_in(there["path"].unique().to_list()) | pl.col("blob").is_in(there["blob"].unique().to_list())
    files = first.group_by("path").agg(alike=known.any())
    return int(files["alike"].sum()), files.height


def _between(work: pl.DataFrame, start: int, end: int) -> pl.DataFrame:
    return work.filter(pl.col("time").is_between(start * DAY, end * DAY, closed="left"))


def fell(verdict: Verdict) -> tuple[int, int]:
    """Return the days between which the first step of a run may have come (days since 1970)."""
    change = verdict.run[0].change
    return tuple((verdict.day(week) - EPOCH).days for week in (change.first, change.last))  # type: ignore[return-value]


def taken(part: Work, heir: Heir) -> Work:
    """Return the part of an heir's work that moved there: all of it with the files, else what the people of the old one do."""
    if not heir.people:
        return part
    mine = pl.col("person").is_in(heir.people)
    return Work(part.repository, part.first_day, part.landed.filter(mine), part.work.filter(mine), part.arrived, part.cut)
