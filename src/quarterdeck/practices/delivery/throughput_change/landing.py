"""How work lands: which commits are merged pieces of work, and how long others wait until HEAD has them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

DAY = 86_400
LANDED = 0.9  # share of commits that have reached HEAD after the wait that is allowed for
LONGEST_WAIT = 13  # weeks left out at the end, at most
WHOLE_LINE = 100  # a merge that brings more commits joins a line or a repository; its commits have not waited for review
NUMBERED = r"[#!]\d+"  # a merge of a request that a host has numbered
GITLAB = r"^Merge branch '.+' into '.+'$"
SQUASHED = r"\([#!]\d+\)\s*$|^Merged PR \d+:"  # one commit that a host made from a request: GitHub, Gitea, GitLab; Azure
# a line of the repository merged into another, or a pull of somebody's copy, is no piece of work
SYNC = (
    r"(?i)^Merged? (remote-tracking )?(branch(es)?|tag|commit)? ?'?(origin/|upstream/|refs/heads/)?"
    r"(main|master|trunk|devel|develop|development|dev|next|stable|maint|release|hotfix|support|v?\d+[._x])"
)
PULLED = r"(?i)^Merge (remote-tracking |branch '[^']+' of )"
ROBOT_BRANCH = r"(?i)[/ ](dependabot|renovate|pyup|pre-commit-ci|greenkeeper|snyk)[-/]"
KINDS = ("merge", "squash", "direct")


def main_line(parents: Mapping[str, str], head: str) -> Iterator[str]:
    """Walk from HEAD along first parents, newest first."""
    here = head
    while here in parents:
        yield here
        here = parents[here].partition(" ")[0]


@dataclass(frozen=True)
class Arrivals:
    """What the main line shows: its commits, weeks until work arrives on it, and commits that came with another repository."""

    line: tuple[str, ...]
    wait: int
    imported: frozenset[str]
    joins: tuple[tuple[int, int], ...] = ()  # (time, commits) of each repository that was merged in


def arrivals(commits: pl.DataFrame, head: str, since: int) -> Arrivals:
    """Follow the main line and see what each merge brought in.

    The wait is the number of weeks after which nine commits of ten (since a day) have reached the main line, at most a
    quarter of a year: younger weeks are not yet whole. A merge that brings a root of its own joins another repository.
    """
    reached = commits.filter("at_head")
    parents = dict(reached.select("commit", "parents").iter_rows())
    times = dict(reached.select("commit", "committer_time").iter_rows())
    line = tuple(main_line(parents, head))
    waits: list[float] = []
    imported: list[str] = []
    joins: list[tuple[int, int]] = []
    for place in reversed(line):
        brought, foreign = _brought(place, parents)
        if foreign and place != line[-1]:
            imported += brought
            joins.append((times[place], len(brought) - 1))
        elif times[place] >= since * DAY and len(brought) <= WHOLE_LINE:
            waits += [max(0.0, (times[place] - times[each]) / DAY) for each in brought]
    weeks = int(np.ceil(np.quantile(waits, LANDED) / 7)) if waits else 0
    return Arrivals(line, min(max(weeks - 1, 0), LONGEST_WAIT), frozenset(imported) - set(line), tuple(joins))


def _brought(place: str, parents: dict[str, str]) -> tuple[list[str], bool]:
    """Return the commits that a commit of the main line brought in, itself included, and whether a root is among them.

    They are forgotten, so that each is brought in once.
    """
    waiting, brought, root = [place], [], False
    while waiting:
        commit = waiting.pop()
        above = parents.pop(commit, None)
        if above is not None:
            brought.append(commit)
            root = root or not above
            waiting += above.split(" ")
    return brought, root


def own_history(commits: pl.DataFrame, arrived: Arrivals) -> pl.DataFrame:
    """Return the commits of HEAD that were made in this repository, not in one that was merged into it."""
    return commits.filter(pl.col("at_head") & ~pl.col("commit").is_in(list(arrived.imported)))


def landings(commits: pl.DataFrame, arrived: Arrivals, robots: list[int]) -> pl.DataFrame:
    """Return (commit, time, kind, person) of what reached HEAD as a piece: merged, squashed, or directly on the main line.

    A merge counts when it names a numbered request anywhere in the history of HEAD (requests to release lines come in by
    those), or joins a topic on the main line. Merges of one line into another and pieces by robots are left out.
    """
    reached = own_history(commits, arrived)
    subject = pl.col("subject")
    second = pl.col("parents").str.split(" ").list.get(1, null_on_oob=True)
    authors = reached.select(second="commit", second_person="person")
    rows = reached.with_columns(second=second, on_line=pl.col("commit").is_in(arrived.line)).join(authors, on="second", how="left")
    numbered = subject.str.contains(NUMBERED) | subject.str.contains(GITLAB)
    other_line = (subject.str.contains(SYNC) & ~subject.str.contains(NUMBERED)) | subject.str.contains(PULLED)
    merge = pl.col("merge") & ~other_line & (numbered | pl.col("on_line"))
    squash = ~pl.col("merge") & subject.str.contains(SQUASHED)
    kind = (
        pl.when(merge)
        .then(pl.lit("merge"))
        .when(squash)
        .then(pl.lit("squash"))
        .when(~pl.col("merge") & pl.col("on_line"))
        .then(pl.lit("direct"))
    )
    worker = pl.when("merge").then(pl.col("second_person").fill_null(pl.col("person"))).otherwise("person")
    by_people = ~worker.is_in(robots) & ~(pl.col("merge") & subject.str.contains(ROBOT_BRANCH))
    kept = rows.with_columns(kind=kind, by_people=by_people).filter(pl.col("kind").is_not_null() & pl.col("by_people"))
    return kept.select("repository", "commit", "kind", "person", time="committer_time")
