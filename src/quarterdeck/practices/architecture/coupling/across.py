"""Find repositories that change together although they share no commit: by ticket, or by person and time.

Two busy repositories meet by chance. The control shifts one repository's commits, person by person and in a circle, by
whole weeks: that keeps weekday, hour, rhythm and volume, and breaks only what ties the two together.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import numpy as np
import polars as pl
from numpy.typing import NDArray

HOUR, DAY, WEEK = 3_600, 86_400, 604_800
WINDOWS = (1, 24, 72)  # hours; the first two are tested, the last shows how the answer depends on the window
TESTED = (24, 1)
MARGIN = 72 * HOUR
HOLIDAY = 2  # weeks without work in either that are closed before shifting
LEAST_COMMITS = 5  # of one person in each of two repositories
LEAST_WEEKS, MOST_WEEKS = 8, 520  # of work in both; fewer cannot be shifted far enough to say what chance gives
DRAWS = 9_999
RATIO, ALARMS = 1.3, 0.05  # least observed / expected; share of false alarms accepted (Benjamini, Hochberg 1995)
NEARBY = 4  # weeks: holidays and sprints make whole weeks busy, so nearby shifts are asked too, and the larger mean is expected
LEAST_DAYS, LEAST_TICKETS, TICKET_DEGREE = 10, 5, 30.0
UMBRELLA = 30  # a ticket on more commits than this is a heading, not a piece of work
_TICKET = re.compile(r"(?<![\w/.-])([A-Z][A-Z0-9]{1,9})-([1-9][0-9]{0,5})(?![\w-]|\.\d)")
_HOSTED = re.compile(r"(?<![\w/.-])([A-Za-z0-9][\w-]{0,38}/[\w.-]{1,100})#([1-9][0-9]{0,6})\b")
NO_TICKET = frozenset(  # standards, sizes and releases that look like ticket ids; GH-1 and PR-1 are numbers within one repository
    "UTF UCS SHA MD ISO IEC IEEE RFC CVE CWE GHSA PEP GH PR MR HTTP TLS SSL IPV AES RSA DES RC V X BIT BASE CRC ES ECMA CP LATIN WINDOWS WIN "
    "PY PYTHON JDK JAVA GCC VS QT GTK API LGPL GPL AGPL MPL BSD APACHE CC ANSI EN DIN FIPS TIER PHASE PART STEP VERSION ROUND ALPHA BETA M Q".split()
)
Times = NDArray[np.int64]


@dataclass(frozen=True)
class Meeting:
    """What two repositories share: tickets, people, and days on which one person worked in both.

    `days` counts (person, day) of work in the first repository; `found` those with work of the same person in the
    second within so many hours, `expected` what chance gives, `p` how often chance gives as much or more.
    """

    first: int
    second: int
    tickets: tuple[str, ...] = ()
    ticket_degree: float = 0.0
    people: int = 0
    untested: int = 0
    days: int = 0
    found: Mapping[int, int] = field(default_factory=dict)
    expected: Mapping[int, float] = field(default_factory=dict)
    p: Mapping[int, float] = field(default_factory=dict)
    false_alarms: float = 1.0

    @property
    def by_ticket(self) -> bool:
        """Tell whether enough tickets were worked on in both."""
        return len(self.tickets) >= LEAST_TICKETS and self.ticket_degree >= TICKET_DEGREE

    @property
    def by_time(self) -> bool:
        """Tell whether people work in both at the same time far more often than chance would have it."""
        return self.window > 0 and self.false_alarms <= ALARMS

    @property
    def window(self) -> int:
        """Return the hours of the tested window that speaks most clearly, or 0 where none reaches the least ratio."""
        strong = (hours for hours in TESTED if self.found.get(hours, 0) >= LEAST_DAYS and self.ratio(hours) >= RATIO)
        return min(strong, key=lambda hours: (self.p[hours], TESTED.index(hours)), default=0)

    def ratio(self, hours: int) -> float:
        """Return how many times more often than by chance."""
        return self.found[hours] / max(self.expected[hours], 0.5)


def work(commits: pl.DataFrame, people: Iterable[int], since: int) -> tuple[pl.DataFrame, int]:
    """Return (row, repository, person, time, subject) of people's commits since a day, and how many commits were copies.

    A commit that several repositories hold, as forks do, ties them by descent and says nothing about their work.
    """
    rows = commits.with_row_index("row")
    own = rows.filter(pl.col("at_head") & ~pl.col("merge") & (pl.col("day") >= since) & pl.col("person").is_in(list(people)))
    single = own.filter(pl.col("repository").n_unique().over("commit") == 1)
    table = single.select("row", "repository", "person", pl.col("author_time").alias("time"), "day", "subject", "commit")
    return table, own.height - single.height


def tickets_in(subject: str) -> list[str]:
    """Return the ticket ids that a subject names; a bare #12 counts within its own repository only, so never here."""
    named = [f"{key}-{number}" for key, number in _TICKET.findall(subject) if key not in NO_TICKET]
    return sorted({*named, *(f"{place.lower()}#{number}" for place, number in _HOSTED.findall(subject))})


def ticketed(table: pl.DataFrame) -> pl.DataFrame:
    """Return (repository, row, ticket), tickets on very many commits left out."""
    found = [(repository, row, ticket) for repository, row, subject in table.select("repository", "row", "subject").iter_rows()
             for ticket in (tickets_in(subject) if "-" in subject or "#" in subject else ())]  # fmt: skip
    rows = pl.DataFrame(found, schema={"repository": pl.UInt16, "row": pl.UInt32, "ticket": pl.String}, orient="row")
    return rows.filter(pl.len().over("ticket") <= UMBRELLA)


def meetings(table: pl.DataFrame, keys: Sequence[str]) -> list[Meeting]:
    """Return what every two repositories share, those with nothing in common left out, clearest first."""
    tickets = {number: set(part["ticket"]) for (number,), part in ticketed(table).group_by("repository")}
    sizes = dict(table.group_by("repository").len().iter_rows())
    order = sorted(sizes, key=lambda number: (sizes[number], keys[number]))
    times = _times(table)
    found = [_timed(_ticketed(first, second, tickets), times, keys) for place, first in enumerate(order) for second in order[place + 1 :]]
    common = [each for each in found if each.tickets or each.people or each.untested]
    return sorted(_controlled(common), key=lambda each: (not (each.by_ticket or each.by_time), each.false_alarms, -len(each.tickets), each.first, each.second))  # fmt: skip


def _ticketed(first: int, second: int, tickets: Mapping[int, set[str]]) -> Meeting:
    one, other = tickets.get(first, set()), tickets.get(second, set())
    both = sorted(one & other)
    return Meeting(first, second, tuple(both), 200 * len(both) / max(len(one) + len(other), 1))


def _times(table: pl.DataFrame) -> dict[int, dict[int, Times]]:
    """Return {repository: {person: times}} of people with a few commits there."""
    grouped = table.group_by("repository", "person").agg(pl.col("time").sort()).filter(pl.col("time").list.len() >= LEAST_COMMITS)
    found: dict[int, dict[int, Times]] = {}
    for repository, person, times in grouped.sort("repository", "person").iter_rows():
        found.setdefault(repository, {})[person] = np.array(times, dtype=np.int64)
    return found


def _timed(meeting: Meeting, times: Mapping[int, Mapping[int, Times]], keys: Sequence[str]) -> Meeting:
    one, other = times.get(meeting.first, {}), times.get(meeting.second, {})
    both = sorted(set(one) & set(other))
    tables = [shifted(one[person], other[person]) for person in both]
    usable = [(days, counts) for days, counts in tables if len(counts)]
    tested = replace(meeting, people=len(usable), untested=len(both) - len(usable), days=sum(days for days, _ in usable))
    return _against_chance(tested, [counts for _, counts in usable], seed_of(keys[meeting.first], keys[meeting.second]))


def shifted(first: Times, second: Times) -> tuple[int, NDArray[np.int64]]:
    """Count one person's days in the first repository, and those near work in the second, at every shift by whole weeks.

    Row k holds the counts for each window with the second repository's commits moved k weeks in a circle inside the time in
    which the person worked in both; row 0 is what happened. The rows are empty where that time is too short.
    """
    low, high = max(first[0], second[0]) - MARGIN, min(first[-1], second[-1]) + MARGIN
    one, other = (times[(times >= low) & (times <= high)] - low for times in (first, second))
    if not len(one) or not len(other):
        return 0, np.zeros((0, len(WINDOWS)), dtype=np.int64)
    starts = np.flatnonzero(np.diff(one // DAY, prepend=-1))
    happened = _near(one, other, starts)
    one, other, weeks = _without_holidays(one, other)
    if weeks < LEAST_WEEKS:
        return 0, np.zeros((0, len(WINDOWS)), dtype=np.int64)
    shifts = [_near(one, np.sort((other + week * WEEK) % (weeks * WEEK)), starts) for week in range(1, min(weeks, MOST_WEEKS))]
    return len(starts), np.array([happened, *shifts])


def _without_holidays(one: Times, other: Times) -> tuple[Times, Times, int]:
    """Close gaps of two weeks and more without any work, for a shift into somebody's holidays would meet nothing by design."""
    worked = np.unique(np.concatenate([one, other]) // WEEK)
    ahead = np.diff(worked, prepend=worked[0] - 1)
    closed = np.cumsum(np.where(ahead > HOLIDAY, 1, ahead)) - 1
    moved = (closed[np.searchsorted(worked, times // WEEK)] * WEEK + times % WEEK for times in (one, other))
    first, second = moved
    return first, second, int(closed[-1]) + 1


def _near(one: Times, other: Times, starts: NDArray[np.intp]) -> list[int]:
    """Count the days of one list on which something of the other is within each window."""
    after = np.searchsorted(other, one)
    gap = np.minimum(np.abs(other[np.minimum(after, len(other) - 1)] - one), np.abs(one - other[np.maximum(after - 1, 0)]))
    nearest = np.minimum.reduceat(gap, starts)
    return [int((nearest <= hours * HOUR).sum()) for hours in WINDOWS]


def _against_chance(meeting: Meeting, tables: Sequence[NDArray[np.int64]], seed: int) -> Meeting:
    """Sum over people, each with a shift of their own, and compare what happened with what shifts give."""
    if not tables:
        return meeting
    rng = np.random.Generator(np.random.PCG64(seed))
    drawn = np.zeros((DRAWS, len(WINDOWS)), dtype=np.int64)
    for counts in tables:
        drawn += counts[rng.integers(0, len(counts), DRAWS)]
    found = np.sum([counts[0] for counts in tables], axis=0)
    expected = np.sum([_by_chance(counts) for counts in tables], axis=0)
    season = expected - np.sum([counts[1:].mean(axis=0) for counts in tables], axis=0)
    p = (1 + (drawn + season >= found).sum(axis=0)) / (DRAWS + 1)
    return replace(
        meeting,
        found={hours: int(each) for hours, each in zip(WINDOWS, found, strict=True)},
        expected={hours: float(each) for hours, each in zip(WINDOWS, expected, strict=True)},
        p={hours: float(each) for hours, each in zip(WINDOWS, p, strict=True)},
    )


def _by_chance(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean over all shifts, or over shifts by a few weeks where that is more."""
    near = [week % len(counts) for week in range(-NEARBY, NEARBY + 1) if week]
    larger: NDArray[np.float64] = np.maximum(counts[1:].mean(axis=0), counts[near].mean(axis=0))
    return larger


def _controlled(meetings: Sequence[Meeting]) -> list[Meeting]:
    """Turn p into the share of false alarms among all pairs tested (Benjamini, Hochberg), p doubled for two windows."""
    tested = sorted((each for each in meetings if each.p), key=_doubled)
    bounds: dict[tuple[int, int], float] = {}
    best = 1.0
    for rank, each in reversed(list(enumerate(tested, 1))):
        best = min(best, _doubled(each) * len(tested) / rank)
        bounds[each.first, each.second] = best
    return [replace(each, false_alarms=bounds.get((each.first, each.second), 1.0)) for each in meetings]


def _doubled(meeting: Meeting) -> float:
    return min(1.0, len(TESTED) * meeting.p[meeting.window]) if meeting.window else 1.0


def seed_of(*keys: str) -> int:
    """Return a seed that belongs to two repositories, whatever their order."""
    return int.from_bytes(blake2b("\0".join(sorted(keys)).encode(), digest_size=6).digest())


def linked(table: pl.DataFrame, meeting: Meeting, hours: int = 24) -> pl.DataFrame:
    """Return (unit, row) of commits of both repositories that belong together: one unit per ticket, or per person and day."""
    both = table.filter(pl.col("repository").is_in([meeting.first, meeting.second]))
    tickets = ticketed(both).filter(pl.col("ticket").is_in(list(meeting.tickets))).select("row", unit="ticket")
    one, other = (both.filter(pl.col("repository") == number).sort("time") for number in (meeting.first, meeting.second))
    near = one.select("row", "person", "time", day=pl.col("time") // DAY).join(
        other.select("person", other="row", then="time"), on="person"
    )
    near = near.filter((pl.col("time") - pl.col("then")).abs() <= hours * HOUR)
    named = near.with_columns(unit=pl.format("{} {}", "person", "day"))
    pieces = (tickets, named.select("row", "unit"), named.select(pl.col("other").alias("row"), "unit"))
    return pl.concat([each.select("unit", "row") for each in pieces]).unique().sort("unit", "row")


def together(links: pl.DataFrame, changes: pl.DataFrame, meeting: Meeting, key: str) -> Iterator[tuple[str, str, int]]:
    """Yield what of the first repository changed with what of the second in most units: (key, other key, units)."""
    touched = (
        links.join(changes.select(pl.col("commit").alias("row"), "repository", key), on="row").select("unit", "repository", key).unique()
    )
    one, other = (touched.filter(pl.col("repository") == number) for number in (meeting.first, meeting.second))
    met = one.join(other.select("unit", pl.col(key).alias("other")), on="unit").group_by(key, "other").len()
    yield from met.sort(["len", key, "other"], descending=[True, False, False]).iter_rows()
