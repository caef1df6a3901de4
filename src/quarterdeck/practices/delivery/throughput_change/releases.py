"""Releases as tags show them: which tags are versions, how often they come, and whether that changed."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from statistics import median

from quarterdeck.domain.records import Tag

VERSION = re.compile(r"^(?P<package>.*?)(?:^|[@/_.-]|(?<=[A-Za-z]))v?(?P<number>\d+(?:[._-]\d+)+)(?P<rest>.*)$")
BEFORE_RELEASE = re.compile(r"(?i)(rc|alpha|beta|dev|pre|snapshot|nightly|preview|canary|milestone|^[._-]?[ab]\d|^[._-]?m\d)")
WORDS = frozenset({"", "v", "ver", "version", "rel", "release", "releases", "tag", "tags", "stable"})
OFF_LINE = 1_000  # commits that a line of releases may have of its own
RECENT_DAYS = 3 * 365
FEW = 5
CHANGED = 2.0
DAY = 86_400
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Release:
    """A version that was tagged: the package it belongs to, and the day of its commit (days since 1970)."""

    package: str
    name: str
    day: int


@dataclass(frozen=True)
class Rhythm:
    """How often releases come: days with one in the last three years and in the three before, the usual gap, the age of the last.

    They are those of the package that is released most; `packages` says how many there are.
    """

    recent: int
    before: int | None
    gap: float | None
    age: int | None
    last: str = ""
    packages: int = 1

    def words(self, mark: Callable[[str], str] = str) -> str:
        """Say the rhythm in a sentence; `mark` marks the name of a tag as foreign words."""
        if self.age is None:
            return "No tag in the history of this line looks like a version, so how often it ships is unknown."
        often = f"{self.recent} {'day' if self.recent == 1 else 'days'} with a release in the last three years"
        often += f" (of the package released most, one of {self.packages})" if self.packages > 1 else ""
        gap = f", usually {_days(self.gap)} apart" if self.gap is not None else ""
        return f"{often}{gap}{self._change()}; the last is {mark(self.last)}, {_days(self.age)} old."

    def _change(self) -> str:
        if self.before is None or max(self.recent, self.before) < FEW:
            return ""
        if self.recent * CHANGED <= self.before:
            return f": rarer than in the three years before ({self.before})"
        return (
            f": more often than in the three years before ({self.before})"
            if self.recent >= CHANGED * self.before
            else f", {self.before} before"
        )


def _days(count: float) -> str:
    whole = round(count)
    return "1 day" if whole == 1 else f"{whole:,} days"


def version(name: str) -> tuple[str, str] | None:
    """Return the package and number that a tag names, or nothing for other tags and for pre-releases."""
    found = VERSION.match(name)
    if found is None or BEFORE_RELEASE.search(found["rest"]) or BEFORE_RELEASE.search(found["package"]):
        return None
    package = found["package"].strip("@/_.-")
    return ("" if package.lower() in WORDS else package), found["number"]


def releases(tags: Sequence[Tag], parents: Mapping[str, str], times: Mapping[str, int], reached: frozenset[str]) -> list[Release]:
    """Return the versions tagged on the history of HEAD or on lines that left it, oldest first.

    The day is that of the commit, since tags may have been made again later.
    """
    found = ((tag, version(tag.name)) for tag in tags)
    kept = [
        Release(named[0], tag.name, times[tag.commit] // DAY)
        for tag, named in found
        if named and tag.commit in times and _belongs(tag.commit, parents, reached)
    ]
    return sorted(kept, key=lambda each: (each.day, each.name))


def _belongs(commit: str, parents: Mapping[str, str], reached: frozenset[str]) -> bool:
    here = commit
    for _ in range(OFF_LINE):
        if here in reached:
            return True
        here = parents.get(here, "").partition(" ")[0]
    return False


def rhythm(found: Sequence[Release], today: int) -> Rhythm:
    """Return how often the package that is released most came out in the last three years, and in the three before."""
    known = [each for each in found if each.day <= today]
    if not known:
        return Rhythm(0, None, None, None)
    counts = Counter(each.package for each in known if each.day > today - RECENT_DAYS) or Counter(each.package for each in known)
    package = min(counts, key=lambda name: (-counts[name], name))
    own = [each for each in known if each.package == package]
    days = sorted({each.day for each in own})
    recent = [day for day in days if day > today - RECENT_DAYS]
    gaps = [later - sooner for sooner, later in pairwise(recent)]
    earlier = sum(today - 2 * RECENT_DAYS < day <= today - RECENT_DAYS for day in days)
    return Rhythm(
        len(recent), earlier if days[0] <= today - 2 * RECENT_DAYS else None, float(median(gaps)) if len(gaps) >= FEW else None,
        today - days[-1], own[-1].name, len({each.package for each in known}),
    )  # fmt: skip


def by_year(found: Sequence[Release]) -> list[tuple[int, str, int]]:
    """Count releases per year and package, newest year first."""
    keys = sorted((-(EPOCH + timedelta(days=each.day)).year, each.package) for each in found)
    return [(-year, package, len(list(group))) for (year, package), group in groupby(keys)]
