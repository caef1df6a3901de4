"""The looks of the room: all repositories together, and each by itself."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from quarterdeck.domain.records import History
from quarterdeck.domain.text import foreign, plural
from quarterdeck.kit.experts import ordinal, robots
from quarterdeck.kit.monte_carlo import generator
from quarterdeck.practices.delivery.throughput_change import analysis, landing, releases
from quarterdeck.practices.delivery.throughput_change.analysis import Verdict
from quarterdeck.practices.delivery.throughput_change.landing import Arrivals

SEED = 20_260_101


@dataclass(frozen=True)
class Look:
    """A verdict with what it is about: a repository by its number, or all of them (None)."""

    repository: int | None
    name: str
    verdict: Verdict
    wait: int
    joins: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Work:
    """What one repository's commits show, ready to be counted by week."""

    repository: int
    first_day: int
    landed: pl.DataFrame
    work: pl.DataFrame
    arrived: Arrivals


def looks(history: History, as_of: date) -> list[Look]:
    """Return the look at the whole first, then at each repository where there are several."""
    start = ordinal(history.since) if history.since else ordinal(as_of) - 7 * (analysis.MOST_WEEKS + 1)
    parts = [part for number in range(len(history.repositories)) if (part := _work(history, number, start))]
    if not parts:
        return []
    touched = history.changes.filter(~pl.col("co")).select("commit", "repository", "path")
    each = [_look(history, [part], touched, start, as_of) for part in parts]
    return [_look(history, parts, touched, start, as_of), *each] if len(history.repositories) > 1 else each


def _work(history: History, number: int, start: int) -> Work | None:
    repository = history.repositories[number]
    commits = history.commits.with_row_index("row").filter(pl.col("repository") == number)
    if repository.first_day is None or commits.is_empty():
        return None
    arrived = landing.arrivals(commits, repository.head, start)
    own = landing.own_history(commits, arrived)
    work = own.filter(~pl.col("merge") & ~pl.col("person").is_in(robots(history)))
    begins = max(day for day in (repository.first_day, repository.shallow_since) if day)
    landed = landing.landings(commits, arrived, robots(history))
    return Work(number, ordinal(begins), landed, work.select("row", "repository", "person", time="committer_time"), arrived)


def _look(history: History, parts: list[Work], touched: pl.DataFrame, start: int, as_of: date) -> Look:
    wait = max(part.arrived.wait for part in parts)
    weeks = analysis.window(min(part.first_day for part in parts), start, ordinal(as_of), wait=wait)
    landed, work = pl.concat([part.landed for part in parts]), pl.concat([part.work for part in parts])
    series = analysis.measured(landed, work, touched, weeks)
    alone = parts[0].repository if len(parts) == 1 else None
    name = plural(len(parts), "repository", "repositories") if alone is None else foreign(history.repositories[alone].name)
    joins = tuple(sorted(join for part in parts for join in part.arrived.joins))
    return Look(alone, name, analysis.judged(series, weeks, generator(SEED)), wait, joins)


def shipped(history: History, number: int) -> list[releases.Release]:
    """Return the releases of a repository."""
    own = history.commits.filter(pl.col("repository") == number)
    parents = dict(own.select("commit", "parents").iter_rows())
    times = dict(own.select("commit", "committer_time").iter_rows())
    arrived = landing.arrivals(own, history.repositories[number].head, 0)
    reached = frozenset(landing.own_history(own, arrived)["commit"])
    return releases.releases(history.repositories[number].tags, parents, times, reached)
