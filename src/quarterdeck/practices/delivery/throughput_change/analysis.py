"""Turn commits into weekly counts and judge whether their level fell, rose or stayed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl

from quarterdeck.kit import time_series
from quarterdeck.kit.time_series import Change, Counts, Floats

MOST_WEEKS = 156
YEAR = 52
HABIT = 26  # weeks; a shorter stretch is an episode that later levels are not compared with
SWEEP_FILES = 100  # a commit over more files says nothing of the pace of work
REQUESTS = 0.6  # share of landed pieces that are merges or squashes, for merged work to be the measure
ENOUGH = 2.0  # merged pieces a week; with fewer, commits say more
CLAIMED = time_series.CLAIMED
COMPANION = 0.85  # another measure of the same work must have moved at least so far
SWITCHED, SURE_COMPANION = 0.15, 0.7  # a switch of how work lands: then it must have moved as far as what is claimed
SEASON_WEEKS = 26  # a new level younger than this may be a season
MEASURABLE = 0.6  # where only a larger fall than this would be seen, there is too little work to judge the pace
STOPPED_WEEKS = 13
EPOCH = date(1970, 1, 1)
MEASURES = {"merged": "merged work", "commits": "commits"}


@dataclass(frozen=True)
class Weeks:
    """Whole weeks, Monday to Sunday (UTC), as the first Monday in days since 1970 and their number."""

    first: int
    count: int

    def day(self, week: int) -> date:
        """Return the Monday of a week."""
        return EPOCH + timedelta(days=self.first + 7 * week)


def monday(day: int) -> int:
    """Return the Monday on or before a day; both in days since 1970, which began on a Thursday."""
    return day - (day + 3) % 7


def window(first_day: int, start: int, today: int, *, wait: int = 0) -> Weeks:
    """Return the whole weeks from the first full week of history or the start, whichever is later, up to today."""
    end = monday(today + 1) - 7 * wait
    begin = max(monday(first_day + 6), monday(start + 6), end - 7 * MOST_WEEKS)
    return Weeks(begin, max(0, (end - begin) // 7))


def in_weeks(frame: pl.DataFrame, weeks: Weeks) -> pl.DataFrame:
    """Return the rows whose `time` lies in the weeks, with the number of the week."""
    week = (pl.col("time") // 86_400 - weeks.first) // 7
    return frame.with_columns(week=week).filter(pl.col("week").is_between(0, weeks.count - 1))


def tally(rows: pl.DataFrame, weeks: Weeks, distinct: Sequence[str] = ()) -> Counts:
    """Count rows, or distinct values of some columns, week by week."""
    own = rows.select("week", *distinct).unique() if distinct else rows
    counts = np.zeros(weeks.count, dtype=np.int64)
    for week, count in own.group_by("week").len().iter_rows():
        counts[int(week)] = count
    return counts


def measured(landed: pl.DataFrame, work: pl.DataFrame, touched: pl.DataFrame, weeks: Weeks) -> dict[str, Counts]:
    """Return the weekly counts of everything that is looked at: work, what goes with it, and how it landed."""
    landed, work = in_weeks(landed, weeks), in_weeks(work, weeks)
    files = touched.join(work.select("row", "week"), left_on="commit", right_on="row")
    small = files.filter(pl.len().over("commit") <= SWEEP_FILES)
    kinds = {kind: tally(landed.filter(pl.col("kind") == kind), weeks) for kind in ("merge", "squash", "direct")}
    return {
        **kinds,
        "merged": kinds["merge"] + kinds["squash"],
        "commits": tally(work, weeks),
        "files": tally(small, weeks, ("repository", "path")),
        "people": tally(work, weeks, ("person",)),
    }


def chosen(series: dict[str, Counts]) -> str:
    """Choose merged work when most of what lands is merged, in both halves of the window; else commits."""
    half = len(series["merged"]) // 2
    parts = [(series["merged"][side].sum(), series["direct"][side].sum()) for side in (slice(None, half), slice(half, None))]
    mostly = all(merged >= REQUESTS * (merged + direct) for merged, direct in parts)
    return "merged" if half and mostly and float(series["merged"].mean()) >= ENOUGH else "commits"


def holiday(day: date) -> bool:
    """Tell whether a week that begins on that day is one of the two around the end of the year."""
    return (day.month, day.day) >= (12, 19) or (day.month, day.day) <= (1, 1)


@dataclass(frozen=True)
class Segment:
    """A stretch of one level: weeks of the window (the last one exclusive), and what was measured in it per week."""

    first: int
    end: int
    median: float
    mean: float
    low: float
    high: float
    people: float


@dataclass(frozen=True)
class Step:
    """Two habits that follow one another: weeks tested of each (end exclusive), and the change that ended the first."""

    before: tuple[int, int]
    after: tuple[int, int]
    change: Change


@dataclass(frozen=True)
class Verdict:
    """What became of the pace. State: fall, rise, steady, doubt, stopped or short; `doubt` says why a fall is not claimed.

    `changes` are positions among the weeks in `tested`; `run` are the last steps in one direction, and `ratio` is after/before over them.
    """

    measure: str
    state: str
    weeks: Weeks
    series: dict[str, Counts]
    tested: tuple[int, ...] = ()
    changes: tuple[Change, ...] = ()
    smallest: float | None = None
    run: tuple[Step, ...] = ()
    ratio: tuple[float, float, float] = (1.0, 1.0, 1.0)
    doubt: str = ""

    @property
    def counts(self) -> Counts:
        """Return the weekly counts that were judged."""
        return self.series[self.measure]

    @property
    def values(self) -> Counts:
        """Return the weekly counts that were tested, outliers cut."""
        return time_series.calm(self.counts[list(self.tested)])

    @property
    def since(self) -> date | None:
        """Return the first week of the last run of steps."""
        return self.day(self.run[0].change.at) if self.run else None

    def day(self, tested: int) -> date:
        """Return the Monday of a tested week."""
        return self.weeks.day(self.tested[min(tested, len(self.tested) - 1)])


def steps(changes: Sequence[Change], values: Counts) -> tuple[Step, ...]:
    """Return the steps from habit to habit: a stretch shorter than half a year in between is an episode, no habit."""
    ends = [change.at for change in changes] + [len(values)]
    starts = [0, *ends[:-1]]
    habits = [pair for pair in zip(starts, ends, strict=True) if pair[1] - pair[0] >= HABIT or pair[1] == len(values)]
    by_start = {change.at: change for change in changes}
    return tuple(Step(one, other, by_start[one[1]]) for one, other in pairwise(habits))


def last_run(found: Sequence[Step], values: Counts) -> tuple[Step, ...]:
    """Return the steps at the end that go in one direction, each far enough to matter."""
    ways = [_way(values, step) for step in found]
    start = len(ways)
    while start and ways[start - 1] and ways[start - 1] == ways[-1]:
        start -= 1
    return tuple(found[start:])


def _way(values: Counts, step: Step) -> int:
    """Return -1 for a step down, 1 for a step up, 0 for one that is too small to matter."""
    before, after = float(values[slice(*step.before)].mean()), float(values[slice(*step.after)].mean())
    return -1 if after <= COMPANION * before else int(before <= COMPANION * after)


def judged(series: dict[str, Counts], weeks: Weeks, rng: np.random.Generator) -> Verdict:
    """Judge the pace of a window of weekly counts."""
    measure = chosen(series)
    tested = tuple(week for week in range(weeks.count) if not holiday(weeks.day(week)))
    if len(tested) < time_series.FEWEST:
        return Verdict(measure, "short", weeks, series, tested)
    if not series["commits"][-STOPPED_WEEKS:].any():
        return Verdict(measure, "stopped", weeks, series, tested)
    values = series[measure][list(tested)]
    changes = time_series.changes(values, rng)
    level = float(time_series.calm(values)[changes[-1].at if changes else 0 :].mean())
    smallest = time_series.smallest_fall(level, *time_series.scatter_of(values), len(tested), rng)
    found = Verdict(measure, "steady", weeks, series, tested, changes, smallest)
    run = last_run(steps(changes, found.values), found.values)
    if not run:
        return found
    low, mid, high = (float(each) for each in np.quantile(run_sizes(found.values, run, rng), time_series.INTERVAL))
    return _stated(replace(found, run=run, ratio=(low, mid, high)))


def run_sizes(values: Counts, run: Sequence[Step], rng: np.random.Generator, *, draws: int = time_series.DRAWS) -> Floats:
    """Draw after/before over a run of steps: before the first and after the last."""
    first, last = run[0], run[-1]
    if len(run) == 1 and first.before[1] == first.after[0]:
        return time_series.sizes(values, first.change, rng, draws=draws)
    before, after = values[slice(*first.before)], values[slice(*last.after)]
    return time_series.sizes_between(before.tolist(), after.tolist(), rng, draws=draws)


def _stated(found: Verdict) -> Verdict:
    """State a fall or a rise where it is large enough and nothing else explains it."""
    low, size, high = found.ratio
    if size >= 1 / CLAIMED and low > 1:
        return replace(found, state="rise")
    if size > CLAIMED or high >= 1:
        return found
    doubt = next((reason for reason in (_season(found), _practice(found)) if reason), "")
    return replace(found, state="doubt" if doubt else "fall", doubt=doubt)


def _season(found: Verdict) -> str:
    """Say when the same weeks a year before were as low against the weeks before them."""
    start, end = found.tested[found.run[0].after[0]], found.weeks.count
    if end - start > SEASON_WEEKS or start < YEAR + SEASON_WEEKS:
        return ""
    same, before = found.counts[start - YEAR : end - YEAR], found.counts[start - YEAR - SEASON_WEEKS : start - YEAR]
    alike = float(same.mean()) <= CLAIMED * float(before.mean())
    return "the same weeks a year before were as low, so it may be the season" if alike else ""


def sides(found: Verdict) -> tuple[slice, slice]:
    """Return the weeks before and after the last run of changes, a year each at most."""
    first, last = found.run[0], found.run[-1]
    begin, turn, after = (found.tested[week] for week in (first.before[0], first.before[1], last.after[0]))
    return slice(max(begin, turn - YEAR), turn), slice(after, min(found.weeks.count, after + YEAR))


def beside(found: Verdict, measure: str) -> tuple[float, float]:
    """Return the mean per week of a measure before and after the change."""
    counts = time_series.calm(found.series[measure])
    return tuple(float(counts[side].mean()) for side in sides(found))  # type: ignore[return-value]


def around(other: Verdict, found: Verdict) -> tuple[float, float]:
    """Return the mean per week of another verdict's work before and after the change that was found in this one."""
    shift = (found.weeks.first - other.weeks.first) // 7
    counts = time_series.calm(other.counts)
    means = [counts[max(0, side.start + shift) : side.stop + shift] for side in sides(found)]
    return tuple(float(part.mean()) if part.size else 0.0 for part in means)  # type: ignore[return-value]


def moved(pair: tuple[float, float]) -> float:
    """Return after/before, 1 where there was nothing before."""
    return pair[1] / pair[0] if pair[0] else 1.0


def squashed(found: Verdict) -> tuple[float, float]:
    """Return the share of squashed commits among all commits before and after."""
    squash, commits = beside(found, "squash"), beside(found, "commits")
    return tuple(part / whole if whole else 0.0 for part, whole in zip(squash, commits, strict=True))  # type: ignore[return-value]


def requested(found: Verdict) -> tuple[float, float]:
    """Return the share of landed pieces that were merged or squashed before and after."""
    merged, direct = beside(found, "merged"), beside(found, "direct")
    return tuple(part / (part + rest) if part + rest else 0.0 for part, rest in zip(merged, direct, strict=True))  # type: ignore[return-value]


def _practice(found: Verdict) -> str:
    """Say when the way of working changed, so that the count fell and the work perhaps did not."""
    files = moved(beside(found, "files"))
    other = moved(beside(found, "commits" if found.measure == "merged" else "merged"))
    shares = squashed(found) if found.measure == "commits" else requested(found)
    switched = abs(shares[1] - shares[0]) >= SWITCHED
    if switched and files > SURE_COMPANION:
        return "the way in which work is merged changed with it, and as many files as before are touched"
    if min(files, other if found.measure == "merged" else files) > COMPANION:
        return "as many files as before are touched each week, so the pieces have become larger rather than fewer"
    return ""


def segments(found: Verdict) -> tuple[Segment, ...]:
    """Return the stretches between the changes with what was measured in each."""
    if not found.tested:
        return ()
    inner = [found.tested[change.at] for change in found.changes]
    edges = [0, *inner, found.weeks.count]
    return tuple(_segment(found, first, end) for first, end in pairwise(edges))


def measurable(found: Verdict) -> bool:
    """Tell whether there is enough work for a fall that matters to be seen."""
    return found.smallest is not None and found.smallest <= MEASURABLE


def _segment(found: Verdict, first: int, end: int) -> Segment:
    values = found.counts[[week for week in found.tested if first <= week < end]]
    low, median, high = (round(float(each), 1) for each in np.quantile(values, (0.1, 0.5, 0.9)))
    return Segment(first, end, median, float(values.mean()), low, high, float(found.series["people"][first:end].mean()))


def bursts(found: Verdict) -> tuple[int, ...]:
    """Return the weeks that stand so far out that they were cut: imports, mass changes, moves."""
    cut = time_series.calm(found.counts)
    return tuple(int(week) for week in np.flatnonzero(cut < found.counts))
