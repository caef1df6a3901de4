"""The looks of the room: all repositories together, and each by itself."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from quarterdeck.domain.records import History
from quarterdeck.domain.text import foreign, plural
from quarterdeck.kit.experts import ordinal, robots
from quarterdeck.kit.monte_carlo import generator
from quarterdeck.practices.delivery.throughput_change import analysis, landing, moves, releases
from quarterdeck.practices.delivery.throughput_change.analysis import Verdict
from quarterdeck.practices.delivery.throughput_change.moves import Heir, Work

SEED = 20_260_101


@dataclass(frozen=True)
class Move:
    """What became of the pace of a repository together with those that took over its work."""

    heirs: tuple[Heir, ...]
    names: tuple[str, ...]
    together: Verdict
    kept: float  # after/before of both together, a year on either side of the fall at most

    @property
    def whole(self) -> bool:
        """Tell whether the work of both together is no less than it was, as far as the weeks show."""
        return self.together.state != "fall" and self.kept >= analysis.COMPANION


@dataclass(frozen=True)
class Look:
    """A verdict with what it is about: a repository by its number, or all of them (None)."""

    repository: int | None
    name: str
    verdict: Verdict
    wait: int
    joins: tuple[tuple[int, int], ...]
    cut: date | None = None  # the day before which some history is cut off, inside the window
    move: Move | None = None


def looks(history: History, as_of: date) -> list[Look]:
    """Return the look at the whole first, then at each repository where there are several."""
    start = ordinal(history.since) if history.since else ordinal(as_of) - 7 * (analysis.MOST_WEEKS + 1)
    parts = [part for number in range(len(history.repositories)) if (part := _work(history, number, start))]
    if not parts:
        return []
    touched = history.changes.filter(~pl.col("co")).select("commit", "repository", "path", "blob", "day", "code")
    each = [_look(history, [part], touched, start, as_of) for part in parts]
    if len(history.repositories) == 1:
        return each
    moved = [_with_move(history, look, parts, touched, start, as_of) for look in each]
    return [_look(history, parts, touched, start, as_of), *moved]


def _work(history: History, number: int, start: int) -> Work | None:
    repository = history.repositories[number]
    commits = history.commits.with_row_index("row").filter(pl.col("repository") == number)
    if repository.first_day is None or commits.is_empty():
        return None
    arrived = landing.arrivals(commits, repository.head, start)
    own = landing.own_history(commits, arrived)
    work = own.filter(~pl.col("merge") & ~pl.col("person").is_in(robots(history)))
    begins = ordinal(max(day for day in (repository.first_day, repository.shallow_since) if day))
    landed = landing.landings(commits, arrived, robots(history))
    cut = repository.shallow_since is not None and begins > start
    return Work(number, begins, landed, work.select("row", "repository", "person", time="committer_time"), arrived, cut)


def _look(history: History, parts: list[Work], touched: pl.DataFrame, start: int, as_of: date) -> Look:
    """Look at some repositories together; before the day on which one of them is cut off, its work would be missing."""
    wait = max(part.arrived.wait for part in parts)
    cut = max((part.first_day for part in parts if part.cut), default=None)
    begin = min(part.first_day for part in parts) if cut is None else cut
    weeks = analysis.window(begin, start, ordinal(as_of), wait=wait)
    landed, work = pl.concat([part.landed for part in parts]), pl.concat([part.work for part in parts])
    series = analysis.measured(landed, work, touched, weeks)
    alone = parts[0].repository if len(parts) == 1 else None
    name = plural(len(parts), "repository", "repositories") if alone is None else foreign(history.repositories[alone].name)
    joins = tuple(sorted(join for part in parts for join in part.arrived.joins))
    seen = None if cut is None else analysis.EPOCH + timedelta(days=cut)
    return Look(alone, name, analysis.judged(series, weeks, generator(SEED)), wait, joins, seen)


def _with_move(history: History, look: Look, parts: list[Work], touched: pl.DataFrame, start: int, as_of: date) -> Look:
    """Where a fall coincides with the beginning of a repository that took over the work, judge them together."""
    if look.verdict.state != "fall":
        return look
    by_number = {part.repository: part for part in parts}
    old = next(part for part in parts if part.repository == look.repository)
    found = moves.heirs(old, parts, touched, moves.fell(look.verdict))
    if not found:
        return look
    all_of_it = [old, *(moves.taken(by_number[heir.repository], heir) for heir in found)]
    together = _look(history, all_of_it, touched, start, as_of).verdict
    names = tuple(foreign(history.repositories[heir.repository].name) for heir in found)
    kept = analysis.moved(analysis.around(together, look.verdict))
    move = Move(tuple(found), names, together, kept)
    # where no file tells of a move, only work that is made up for elsewhere has moved
    return replace(look, move=move) if move.whole or not found[0].people else look


def shipped(history: History, number: int) -> list[releases.Release]:
    """Return the releases of a repository."""
    own = history.commits.filter(pl.col("repository") == number)
    parents = dict(own.select("commit", "parents").iter_rows())
    times = dict(own.select("commit", "committer_time").iter_rows())
    arrived = landing.arrivals(own, history.repositories[number].head, 0)
    reached = frozenset(landing.own_history(own, arrived)["commit"])
    return releases.releases(history.repositories[number].tags, parents, times, reached)
