"""The truck factor of people who are still here, and how far it moves when the method does.

Headline: each person's share of knowledge (files split between their authors by degree of authorship, old work
halved every 730 days) and share of activity (days with a commit to source files, halved likewise) are averaged and
halved for every year of silence. The fewest people who together hold half of that are the headline; those of them
who are gone are named as past knowers. Constants are the published ones or plain halves; none was fitted to names.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from math import ceil

import polars as pl

from quarterdeck.kit import experts
from quarterdeck.kit.experts import TruckFactor, ordinal

HALF_LIFE = 730.0
KNOWLEDGE_WEIGHT = 0.5
SILENCE_HALF_LIFE = 365.0
HALF = 0.5
PERTURBED = (0.45, 0.55)  # stands in for one file or one tie more or less
WIDEST = 3  # a range never goes above three times its low end
NEVER = None


@dataclass(frozen=True)
class View:
    """The rows that one reading of the truck factor counts; `last_seen` is each person's last day of work on source files.

    `paused` are those present who are silent for longer than usual, and of whom no roster says that they are still here.
    """

    files: pl.DataFrame
    changes: pl.DataFrame
    last_seen: dict[int, int]
    present: frozenset[int]
    as_of: date
    imports: tuple[int, ...] = ()
    paused: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Headline:
    """The fewest people who hold half of what is known, best-informed first: still here, and gone."""

    here: tuple[int, ...]
    gone: tuple[int, ...]

    @property
    def size(self) -> int:
        """Return how many people have to leave; people who are gone count only when nobody is left."""
        return len(self.here) or len(self.gone)


@dataclass(frozen=True)
class Range:
    """The truck factor as a headline with the range over all switches, and the switch that moves it most."""

    headline: Headline
    low: int
    high: int
    readings: tuple[tuple[str, int], ...]
    mover: str


def files_shares(view: View, half_life: float | None, *, without: Iterable[int] = ()) -> dict[int, float]:
    """Return each person's share of the files, a file split equally between its authors."""
    authors = _authors(view, half_life, without=without)
    split = (
        authors.with_columns(part=(experts.EXACT / pl.len().over("life")).round() / experts.EXACT)
        .group_by("person")
        .agg(pl.col("part").sum())
    )
    total = float(split["part"].sum() or 1.0)
    return {person: part / total for person, part in split.iter_rows()}


def activity_shares(view: View, half_life: float | None) -> dict[int, float]:
    """Return each person's share of working days on source files, old days counting less."""
    days = view.changes.filter("code").select("person", "day").unique()
    sums = days.group_by("person").agg(weight=experts.halved(ordinal(view.as_of) - pl.col("day"), half_life).sum())
    total = float(sums["weight"].sum() or 1.0)
    return {person: value / total for person, value in sums.iter_rows()}


def strength(view: View, half_life: float | None = HALF_LIFE, *, without: Iterable[int] = ()) -> dict[int, float]:
    """Return what each person holds: mean of both shares, halved for every year of silence."""
    knows, active = files_shares(view, half_life, without=without), activity_shares(view, half_life)
    latest = max(view.last_seen.values(), default=0)
    return {
        person: (KNOWLEDGE_WEIGHT * knows.get(person, 0.0) + (1 - KNOWLEDGE_WEIGHT) * active.get(person, 0.0))
        * 0.5 ** (max(0, latest - view.last_seen.get(person, latest)) / SILENCE_HALF_LIFE)
        for person in sorted(knows.keys() | active.keys())
    }


def headline(view: View, half_life: float | None = HALF_LIFE, *, cover: float = HALF, without: Iterable[int] = ()) -> Headline:
    """Return the fewest people who hold at least the share `cover`, told apart by whether they are still here."""
    held = strength(view, half_life, without=without)
    total = sum(held.values())
    ranked = sorted(held, key=lambda person: (-held[person], person))
    chosen, sum_so_far = [], 0.0
    for person in ranked:
        if sum_so_far >= cover * total:
            break
        chosen.append(person)
        sum_so_far += held[person]
    here = tuple(person for person in chosen if person in view.present)
    gone = tuple(person for person in chosen if person not in view.present)
    return Headline(here, gone)


def _authors(view: View, half_life: float | None, *, without: Iterable[int] = ()) -> pl.DataFrame:
    inside = view.changes.join(view.files.select("life"), on="life", how="semi")
    return experts.authorship(inside, as_of=view.as_of, half_life=half_life, without=without).filter("author").select("life", "person")


def greedy(view: View, half_life: float | None = NEVER, *, without: Iterable[int] = ()) -> TruckFactor:
    """Return the published greedy truck factor (Avelino et al. 2016), without co-authors as published."""
    alone = View(view.files, view.changes.filter(~pl.col("co")), view.last_seen, view.present, view.as_of)
    lives = view.files["life"].n_unique()
    return experts.truck_factor(_authors(alone, half_life, without=without), lives)


def half_of_commits(view: View, half_life: float | None) -> int:
    """Return the fewest people with half of the commits to source files (CHAOSS contributor absence factor)."""
    rows = view.changes.filter(pl.col("code") & ~pl.col("co")).select("commit", "person", "day").unique()
    weight = experts.halved(ordinal(view.as_of) - pl.col("day"), half_life)
    sums = rows.group_by("person").agg(weight=weight.sum()).sort("weight", descending=True)["weight"]
    return int((sums.cum_sum().shift(1, fill_value=0) < HALF * float(sums.sum())).sum())


def readings(view: View, everything: View) -> tuple[tuple[str, int], ...]:
    """Return the team size under every switch; `everything` counts all files instead of sources and tests."""
    main = headline(view)
    published = greedy(view)
    found = [
        ("headline", main.size),
        ("past knowers not removed", len(main.here) + len(main.gone)),
        *((f"coverage {cover:.0%}", headline(view, cover=cover).size) for cover in PERTURBED),
        ("all files", headline(everything).size),
        ("half-life 365 days", headline(view, 365.0).size),
        ("no half-life", headline(view, NEVER).size),
        ("import commits dropped", headline(view, without=view.imports).size),
        ("published greedy", len(published.people)),
        ("published greedy, pruned", len(experts.pruned(published).people)),
        ("published greedy, all files", len(greedy(everything).people)),
        ("published greedy, half-life 730 days", len(greedy(view, 730.0).people)),
        ("published greedy, half-life 365 days", len(greedy(view, 365.0).people)),
        ("published greedy, import commits dropped", len(greedy(view, without=view.imports).people)),
        ("half of all commits", half_of_commits(view, NEVER)),
        ("half of commits, half-life 365 days", half_of_commits(view, 365.0)),
    ]
    return tuple((name, size) for name, size in found if size)


def truck_factor_range(view: View, everything: View) -> Range:
    """Return the headline with the range over the switches, never wider than three times its low end."""
    main = headline(view)
    sizes = readings(view, everything)
    low, high = min(size for _, size in sizes), max(size for _, size in sizes)
    if high > WIDEST * low:
        high = min(high, max(main.size, WIDEST * low))
        low = max(low, ceil(high / WIDEST))
    mover = max(sizes, key=lambda row: (abs(row[1] - main.size), -sizes.index(row)))
    return Range(main, low, high, sizes, mover[0] if mover[1] != main.size else "")


def quick_range(view: View) -> tuple[int, int]:
    """Return the lowest and highest size over the three readings that differ most, for a part of the system."""
    inside = replace(view, changes=view.changes.join(view.files.select("life"), on="life", how="semi"))
    sizes = [size for size in (headline(inside).size, len(greedy(inside).people), half_of_commits(inside, NEVER)) if size]
    return min(sizes, default=0), max(sizes, default=0)


def coverage_now(view: View) -> tuple[pl.DataFrame, int, int, int]:
    """Return (life, knowers, heard, who) and the counts of files known to several, to one, and to nobody still here.

    `heard` counts the knowers without those who have paused, `who` lists them all.
    """
    inside = experts.edits(view.changes).join(view.files.select("life"), on="life", how="semi")
    pairs = experts.knowers(experts.authorship(inside, as_of=view.as_of), view.present)
    heard = (~pl.col("person").is_in(list(view.paused))).sum()
    known = pairs.group_by("life").agg(knowers=pl.len(), heard=heard, who=pl.col("person").sort())
    joined = view.files.select("life").unique().join(known, on="life", how="left").with_columns(pl.col("knowers", "heard").fill_null(0))
    counts = [joined.filter(condition).height for condition in (pl.col("knowers") > 1, pl.col("knowers") == 1, pl.col("knowers") == 0)]
    return joined, counts[0], counts[1], counts[2]
