"""Tell finished software from work that stopped: what was done is released, nothing is left open, and it is small and was quiet before."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from quarterdeck.domain.records import Branch, History, Tag
from quarterdeck.kit.experts import robots

# semantic versioning 2.0.0: 0.y.z is initial development (4), and what follows a hyphen is a pre-release (9)
RELEASE = re.compile(r"(?:^|[^0-9.])v?(?P<major>\d+)(?:[._-]\d+)+(?P<rest>[^/]*)$")
BEFORE_RELEASE = re.compile(r"(?i)alpha|beta|rc|pre|dev|snapshot|nightly|canary|milestone|^[._-]?[abm]\d")
LAST_DAYS = 90  # the last stretch of work
QUIET_DAYS = 32  # of about 64 working days in it: half of one person's time, upkeep rather than a project; product default
SMALL_LINES = 10_000  # lines of source that somebody new reads in a week or two; product default


@dataclass(frozen=True)
class State:
    """What a repository at rest looks like: its last release, and what speaks against its being finished."""

    release: str
    doubts: tuple[str, ...]

    @property
    def finished(self) -> bool:
        """Tell whether nothing speaks against it."""
        return not self.doubts


def state(history: History, number: int, days: Sequence[int], open_work: Iterable[tuple[int, Branch]]) -> State:
    """Return how a repository was left; `days` are its working days, `open_work` the branches that people may want to finish."""
    last = last_release(history.repositories[number].tags)
    own = history.files.filter((pl.col("repository") == number) & (pl.col("kind") == "source"))
    branches = sum(repository == number for repository, _ in open_work)
    busy = effort(history, number, days[-1])
    doubts = {
        "no release from 1.0 on is tagged": last is None,
        "work after the last release was never released": last is not None and unreleased(history, number, last) > 0,
        "a branch holds work that was never finished": branches > 0,
        f"{busy} person-days went into the last {LAST_DAYS} days of work": busy > QUIET_DAYS,
        f"it has more than {SMALL_LINES:,} lines of source": int(own["lines"].sum() or 0) > SMALL_LINES,
    }
    return State(last.name if last else "", tuple(text for text, holds in doubts.items() if holds))


def effort(history: History, number: int, last: int) -> int:
    """Count the person-days of the last 90 days of work: each person once for each day with a commit."""
    recent = history.commits.filter((pl.col("repository") == number) & pl.col("day").is_between(last - LAST_DAYS + 1, last))
    return recent.filter(~pl.col("merge") & ~pl.col("person").is_in(robots(history))).select("person", "day").n_unique()


def last_release(tags: Sequence[Tag]) -> Tag | None:
    """Return the newest tag that names a release from 1.0 on, pre-releases left out."""
    return max((tag for tag in tags if _released(tag.name)), key=lambda tag: tag.time, default=None)


def _released(name: str) -> bool:
    found = RELEASE.search(name)
    return found is not None and int(found["major"][:9]) >= 1 and not BEFORE_RELEASE.search(found["rest"])


def unreleased(history: History, number: int, tag: Tag) -> int:
    """Count the commits by people to source files that HEAD has and a tag does not."""
    commits = history.commits.with_row_index("row").filter((pl.col("repository") == number) & pl.col("at_head"))
    released = _ancestors(tag.commit, dict(history.commits.filter(pl.col("repository") == number).select("commit", "parents").iter_rows()))
    later = commits.filter(~pl.col("merge") & ~pl.col("person").is_in(robots(history)) & ~pl.col("commit").is_in(list(released)))
    code = history.changes.filter(pl.col("code")).select(row=pl.col("commit")).unique()
    return later.join(code, on="row", how="semi").height


def _ancestors(commit: str, parents: Mapping[str, str]) -> set[str]:
    """Return a commit and all before it."""
    seen: set[str] = set()
    waiting = [commit]
    while waiting:
        here = waiting.pop()
        if here in parents and here not in seen:
            seen.add(here)
            waiting += parents[here].split(" ")
    return seen
