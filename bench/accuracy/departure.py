"""Departures that happened: whom the room would have named on the day, and who really took over within two years."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from statistics import fmean
from typing import Any

import polars as pl

from bench.accuracy.evidence import at_commit, day_of, history
from bench.accuracy.leavers import Leaver, leavers, owners, texts
from bench.report import Bar, Section, Table, at_least, missing
from bench.setting import Absent, Setting
from quarterdeck.domain.records import History
from quarterdeck.kit import experts
from quarterdeck.practices.people.departure import analysis

REPOSITORIES = (
    "celery/celery", "ipython/ipython", "less/less.js", "netty/netty", "jquery/jquery", "libgit2/libgit2", "scrapy/scrapy", "pypa/pip",
    "networkx/networkx", "radareorg/radare2", "mesonbuild/meson", "puppetlabs/puppet", "owncloud/client", "mpv-player/mpv", "dask/dask",
    "osquery/osquery", "powerline/powerline", "nilearn/nilearn",
)  # fmt: skip
MOST_PER_REPOSITORY = 2
FEWEST_FILES = 10
FEWEST_JUDGED = 10  # a hit rate over fewer files says nothing
REGULAR_HALF_LIFE = 180  # days
LATER = timedelta(days=730)
HIT3, TOUCHED_LESS, CASES = 0.35, 4 / 6, 6
GRAINS = ("departure", "component", "file")
Guess = Callable[[pl.DataFrame], list[int]]


@dataclass(frozen=True)
class Then:
    """The history as it was on the day of a departure, with what the room works out from it."""

    found: History
    leaver: int
    here: list[int]
    day: date
    files: pl.DataFrame
    lost: pl.DataFrame
    changes: pl.DataFrame

    def candidates(self, lost: pl.DataFrame) -> list[int]:
        """Return the people whom the room names for some lost files, best first."""
        found = analysis.candidates(lost, self.changes, self.here, [self.leaver], experts.ordinal(self.day))
        return [each.person for each in found]

    def busiest(self) -> list[int]:
        """Return the three people with most changes in the last year: the naive guess."""
        recent = self.changes.filter((pl.col("day") > experts.ordinal(self.day) - 365) & (pl.col("person") != self.leaver) & ~pl.col("co"))
        counts = recent.filter(pl.col("person").is_in(self.here)).group_by("person").len()
        return counts.sort(["len", "person"], descending=[True, False])["person"].head(3).to_list()

    def regulars(self) -> list[int]:
        """Return the three people who were there on most days, recent days counting more: a guess that no file enters."""
        days = self.changes.filter(pl.col("person").is_in(self.here) & (pl.col("person") != self.leaver)).select("person", "day").unique()
        weight = 0.5 ** ((experts.ordinal(self.day) - pl.col("day")).clip(0) / REGULAR_HALF_LIFE)
        sums = days.group_by("person").agg(weight=weight.sum())
        return sums.sort(["weight", "person"], descending=[True, False])["person"].head(3).to_list()


def measure(setting: Setting) -> Section:
    """Test the room on every departure found."""
    rows: list[dict[str, Any]] = []
    skipped = []
    for name in REPOSITORIES:
        try:
            rows += setting.step(f"departure {name}", partial(tested, setting, name))
        except Absent as reason:
            skipped.append(str(reason))
    if not rows:
        return Section("departure", (missing("hit@3", f">= {HIT3}", "no departures found"),), skipped=tuple(skipped))
    return Section("departure", tuple(bars(rows)), (table(rows),), tuple(skipped))


def tested(setting: Setting, name: str) -> list[dict[str, Any]]:
    """Return a row for each departure of a repository."""
    place = at_commit(setting, name, "HEAD")
    after = history(setting, place, day_of(place))
    cases = ((leaver, then(history(setting, place, leaver.day), after, leaver)) for leaver in leavers(after, MOST_PER_REPOSITORY))
    return [{"repo": name, **scored(before, after, leaver)} for leaver, before in cases if before]


def then(found: History, after: History, leaver: Leaver) -> Then | None:
    """Return what the room sees on the day; nothing when too few files would be lost."""
    here = experts.present(found, leaver.day)
    own = owners(found)
    number = next(own[text] for text in sorted(texts(after, after.people[leaver.person].aliases)) if text in own)
    files, changes = experts.written(found), experts.human_changes(found)
    authors = experts.authorship(changes, as_of=leaver.day)
    known = experts.knowers(authors, here).join(files.select("life"), on="life", how="semi")
    lost = analysis.lost_files(files, known, [number])
    return Then(found, number, here, leaver.day, files, lost, changes) if lost.height >= FEWEST_FILES else None


def scored(before: Then, after: History, leaver: Leaver) -> dict[str, Any]:
    """Compare what was foretold with what happened."""
    touched = later_changes(after, leaver)
    heirs = dict(heirs_of(before.lost, touched).iter_rows())
    known = {number: owners(after)[text] for number, text in first_aliases(before.found).items()}
    guesses: dict[str, Guess] = {
        "departure": once(before.candidates, before.lost),
        "component": by(before, "component"),
        "file": by(before, "life_key"),
        "busiest": once(lambda _: before.busiest(), before.lost),
        "regular": once(lambda _: before.regulars(), before.lost),
    }
    hits = {name: hit(before.lost, heirs, known, guess) for name, guess in guesses.items()}
    here = {known[number] for number in before.here}
    rest = before.files.filter(~pl.col("life").is_in(before.lost["life"].implode()))
    return {
        "year": leaver.day.year, "share": leaver.share, "lost": before.lost.height, "judged": len(heirs), "hits": hits,
        "touched": share(before.lost, touched), "others": share(rest, touched),
        "present": fmean(heir in here for heir in heirs.values()) if heirs else 0.0,
        "weak": not analysis.has_successor(analysis.candidates(before.lost, before.changes, before.here, [before.leaver], experts.ordinal(before.day))),
    }  # fmt: skip


def later_changes(after: History, leaver: Leaver) -> pl.DataFrame:
    """Return (life_key, person, day) of the changes by others within 24 months."""
    first, last = experts.ordinal(leaver.day), experts.ordinal(leaver.day + LATER)
    changes = experts.human_changes(after)
    born = changes.group_by("life").agg(pl.col("commit").first(), pl.col("path").first())
    born = born.with_columns(life_key=after.commits["commit"].gather(born["commit"]).str.head(12) + ":" + pl.col("path"))
    inside = changes.filter(pl.col("day").is_between(first, last) & (pl.col("status") != "D") & ~pl.col("co"))
    return (
        inside.filter(pl.col("person") != leaver.person)
        .join(born.select("life", "life_key"), on="life")
        .select("life_key", "person", "day")
    )


def heirs_of(lost: pl.DataFrame, touched: pl.DataFrame) -> pl.DataFrame:
    """Return (life_key, person): who changed each lost file most; of several, who came first."""
    counts = (
        touched.join(lost.select("life_key"), on="life_key", how="semi").group_by("life_key", "person").agg(pl.len(), pl.col("day").min())
    )
    ranked = counts.sort(["life_key", "len", "day", "person"], descending=[False, True, False, False])
    return ranked.group_by("life_key", maintain_order=True).agg(pl.col("person").first())


def first_aliases(found: History) -> dict[int, str]:
    """Return one alias of each person, as git prints it."""
    return {number: min(texts(found, person.aliases[:1])) for number, person in enumerate(found.people)}


def once(guess: Guess, lost: pl.DataFrame) -> Guess:
    """Return a guess that is the same for every file."""
    people = guess(lost)
    return lambda _: people


def by(before: Then, column: str) -> Guess:
    """Return a guess for each group of lost files."""
    groups = {str(key[0]): before.candidates(part) for key, part in before.lost.group_by(column)}
    return lambda row: groups[str(row[column][0])]


def hit(lost: pl.DataFrame, heirs: dict[str, int], known: dict[int, int], guess: Guess) -> list[float]:
    """Return the shares of judged files whose heir was named first, and among the first three."""
    found = [(heirs[row["life_key"][0]], named(guess(row), known)) for row in lost.iter_slices(1) if row["life_key"][0] in heirs]
    return [sum(heir in people[:first] for heir, people in found) / max(1, len(found)) for first in (1, 3)]


def named(people: Iterable[int], known: dict[int, int]) -> Sequence[int]:
    """Return people by the numbers they have today."""
    return [known[person] for person in people]


def share(files: pl.DataFrame, touched: pl.DataFrame) -> float:
    """Return the share of files that anybody else changed later."""
    return files.join(touched, on="life_key", how="semi").height / max(1, files.height)


def bars(rows: list[dict[str, Any]]) -> list[Bar]:
    """Return the bars over all cases."""
    less = sum(row["touched"] < row["others"] for row in rows)
    return [
        at_least(f"departures tested, in {len({row['repo'] for row in rows})} repositories", len(rows), CASES),
        at_least("mean hit@3 of the people the report names for a departure", mean(rows, "departure", 1), HIT3),
        Bar(
            "lost files touched less than others",
            f">= {TOUCHED_LESS:.0%} of cases",
            f"{less} of {len(rows)}",
            less >= TOUCHED_LESS * len(rows),
        ),
    ]


def mean(rows: Iterable[dict[str, Any]], guess: str, at: int) -> float:
    """Return the mean of a hit rate over cases."""
    return fmean(row["hits"][guess][at] for row in rows if row["judged"] >= FEWEST_JUDGED)


def table(rows: list[dict[str, Any]]) -> Table:
    """Return a line per departure and their means; nobody is named."""
    guesses = ("busiest", "regular", *GRAINS)
    heads = tuple(f"{name} @1 / @3" for name in ("busiest", "regular", *(f"per {grain}" for grain in GRAINS)))
    columns = ("repository, year", "share of year", "lost files", "judged", *heads, "heir was here", "lost touched", "others touched")
    last = (
        "mean",
        "",
        "",
        "",
        *(f"{mean(rows, g, 0):.2f} / {mean(rows, g, 1):.2f}" for g in guesses),
        f"{fmean(r['present'] for r in rows):.0%}",
        "",
        "",
    )
    notes = (
        f"means over cases with at least {FEWEST_JUDGED} judged files; busiest: most changes in the last year; regular: most days with a change, half-life {REGULAR_HALF_LIFE} days",
        "heir: who changed a lost file most within 24 months; judged: lost files that somebody else changed",
        "per departure: one list of three for all lost files, as the report prints it; per component, per file: a list for each",
        "heir was here: the most that any forecast from history could reach",
    )
    return Table("departures that happened", columns, (*(line(row, guesses) for row in rows), last), notes)


def line(row: dict[str, Any], guesses: Sequence[str]) -> tuple[str, ...]:
    """Return a line of the table."""
    hits = (f"{row['hits'][name][0]:.2f} / {row['hits'][name][1]:.2f}" for name in guesses)
    name = f"{row['repo']}, {row['year']}" + (" (no successor said)" if row["weak"] else "")
    rates = (f"{row['present']:.0%}", f"{row['touched']:.0%}", f"{row['others']:.0%}")
    return (name, f"{row['share']:.0%}", str(row["lost"]), str(row["judged"]), *hits, *rates)
