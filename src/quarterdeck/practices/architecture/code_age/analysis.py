"""Surviving lines by year, person and part, how long lines last, and how sure a sample is of it."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quarterdeck.domain.records import History
from quarterdeck.kit import experts
from quarterdeck.kit.monte_carlo import generator

DAYS_PER_YEAR = 365.25
QUARTER_DAYS = 91
RESAMPLES = 400
MIN_COHORTS = 8  # quarters: below two years of history nothing can be said about how long lines last
MIN_LINES = 2_000
Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Share:
    """A share with its 90 % interval; the interval has no width where every file was looked at."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class HalfLife:
    """Years until half of the lines written are gone; `reached` is false where more than half still stand at the longest age seen."""

    years: float
    low: float
    high: float
    reached: bool = True


def lines(history: History, as_of: date) -> pl.DataFrame:
    """Return one row per file and writing commit: (repository, path, component, year, age in days, person, gone, lines, worth, stratum).

    `gone` marks lines of people who have left or gone quiet, robots not among them; `worth` is lines times weight.
    """
    commits = history.commits.select("repository", "commit", "day", "person")
    files = history.files.select("repository", "path", "component", "kind", "life")
    rows = history.contents.survivors.join(commits, on=["repository", "commit"]).join(files, on=["repository", "path"])
    stay = [*experts.present(history, as_of), *experts.robots(history)]
    return rows.with_columns(
        year=(pl.col("day").cast(pl.Date)).dt.year(),
        age=(experts.ordinal(as_of) - pl.col("day")).clip(0),
        gone=~pl.col("person").is_in(stay),
        worth=pl.col("lines") * pl.col("weight"),
    ).sort("repository", "path", "commit")


def per_year(rows: pl.DataFrame) -> pl.DataFrame:
    """Return (year, gone, lines): estimated surviving lines by the year they were written in."""
    return rows.group_by("year", "gone").agg(lines=pl.col("worth").sum()).sort("year", "gone")


def median_age(rows: pl.DataFrame) -> float | None:
    """Return the age in years that half of the lines exceed."""
    if rows.is_empty():
        return None
    ordered = rows.sort("age").with_columns(upto=pl.col("worth").cum_sum())
    half = float(ordered["worth"].sum()) / 2
    return float(ordered.filter(pl.col("upto") >= half)["age"][0]) / DAYS_PER_YEAR


def share(rows: pl.DataFrame, wanted: pl.Expr) -> Share | None:
    """Return the share of lines for which something holds, resampling files within their strata for the interval.

    The number of lines of a stratum is known, so only the share of them that is hit varies: a ratio estimate. 400
    resamples with a fixed seed; a stratum that was looked at whole (weight 1) does not vary.
    """
    files = rows.group_by("repository", "stratum", "path").agg(
        weight=pl.col("weight").first(), lines=pl.col("lines").sum(), hit=(pl.col("lines") * wanted.cast(pl.Float64)).sum()
    )
    if not files["lines"].sum():
        return None
    rng = generator(20_260_630)
    groups = files.sort("repository", "stratum", "path").partition_by("repository", "stratum", maintain_order=True)
    sizes = np.array([float((group["weight"] * group["lines"]).sum()) for group in groups])
    value = float(sum((group["weight"] * group["hit"]).sum() for group in groups) / sizes.sum())
    drawn = sum(size * _resampled(group, rng) for size, group in zip(sizes, groups, strict=True)) / sizes.sum()
    low, high = (float(each) for each in np.quantile(drawn, (0.05, 0.95)))
    return Share(value, min(value, low), max(value, high))


def _resampled(group: pl.DataFrame, rng: np.random.Generator) -> Vector:
    """Return the share hit in each resample of a stratum's files."""
    lines, hit = (group[name].to_numpy().astype(float) for name in ("lines", "hit"))
    if group["weight"][0] == 1:
        return np.full(RESAMPLES, hit.sum() / max(lines.sum(), 1))
    picks = rng.integers(0, group.height, (RESAMPLES, group.height))
    shares: Vector = hit[picks].sum(1) / np.maximum(lines[picks].sum(1), 1)
    return shares


def cohorts(history: History, rows: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return (quarter, added, alive), quarters counted back from the day of the report."""
    today = experts.ordinal(as_of)
    quarter = ((today - pl.col("day")).clip(0) // QUARTER_DAYS).alias("quarter")
    days = history.commits.select("repository", "commit", "day")
    added = history.contents.additions.join(days, on=["repository", "commit"]).group_by(quarter).agg(added=pl.col("lines").sum())
    alive = rows.group_by((pl.col("age") // QUARTER_DAYS).alias("quarter")).agg(alive=pl.col("worth").sum())
    table = added.join(alive, on="quarter", how="left").with_columns(pl.col("alive").fill_null(0.0)).filter(pl.col("added") > 0)
    return table.with_columns(alive=pl.min_horizontal("alive", pl.col("added").cast(pl.Float64))).sort("quarter")


def half_life(table: pl.DataFrame) -> HalfLife | None:
    """Return the age at which half of the lines written are gone.

    Of each line we know how old it is or would be, and whether it still stands: current status data. The likeliest
    distribution of lifetimes is the isotonic regression of the share gone on age, weighted by lines. The interval
    resamples quarters.
    """
    if table.height < MIN_COHORTS or table["added"].sum() < MIN_LINES:
        return None
    ages = (table["quarter"].to_numpy() + 0.5) * QUARTER_DAYS / DAYS_PER_YEAR
    added, alive = table["added"].to_numpy().astype(float), table["alive"].to_numpy()
    value, reached = crossing(ages, 1 - alive / added, added)
    rng = generator(20_260_701)
    drawn = []
    for _ in range(RESAMPLES):
        picks = np.sort(rng.integers(0, len(ages), len(ages)))
        drawn.append(crossing(ages[picks], (1 - alive / added)[picks], added[picks])[0])
    low, high = (float(each) for each in np.quantile(drawn, (0.05, 0.95)))
    return HalfLife(value, min(low, value), max(high, value), reached)


def crossing(ages: Vector, gone: Vector, weight: Vector) -> tuple[float, bool]:
    """Return the first age at which the rising fit of `gone` reaches one half, or the largest age and false."""
    fit = isotonic(gone, weight)
    over = np.flatnonzero(fit >= 0.5)
    return (float(ages[over[0]]), True) if over.size else (float(ages[-1]), False)


def isotonic(values: Vector, weight: Vector) -> Vector:
    """Return the closest non-decreasing sequence (pool adjacent violators, weighted least squares)."""
    means: list[float] = []
    weights: list[float] = []
    sizes: list[int] = []
    for value, mass in zip(values, weight, strict=True):
        means.append(float(value))
        weights.append(float(mass))
        sizes.append(1)
        while len(means) > 1 and means[-2] > means[-1]:
            joined = weights[-2] + weights[-1]
            means[-2:] = [(means[-2] * weights[-2] + means[-1] * weights[-1]) / joined]
            weights[-2:] = [joined]
            sizes[-2:] = [sizes[-2] + sizes[-1]]
    return np.repeat(means, sizes)


def moving(history: History, rows: pl.DataFrame, since: int) -> pl.DataFrame:
    """Return the rows of files that people changed on or after a day: where knowledge is needed now."""
    changed = experts.edits(experts.human_changes(history)).filter(pl.col("day") >= since).select("life").unique()
    return rows.join(changed, on="life", how="semi", maintain_order="left")


def by_component(rows: pl.DataFrame) -> pl.DataFrame:
    """Return (repository, component, files, lines, left, median age) of the parts with most lines first."""
    parts = rows.group_by("repository", "component").agg(
        files=pl.col("path").n_unique(),
        lines=pl.col("worth").sum(),
        left=pl.col("worth").filter("gone").sum() / pl.col("worth").sum(),
    )
    ages = [(*key, median_age(group)) for key, group in rows.group_by("repository", "component", maintain_order=True)]
    medians = pl.DataFrame(ages, schema={"repository": pl.UInt16, "component": pl.String, "age": pl.Float64}, orient="row")
    return parts.join(medians, on=["repository", "component"]).sort(["lines", "repository", "component"], descending=[True, False, False])


def by_person(rows: pl.DataFrame) -> pl.DataFrame:
    """Return (person, gone, lines, share) of the people whose lines stand, for continuity, most lines first."""
    people = rows.group_by("person", "gone").agg(lines=pl.col("worth").sum())
    return people.with_columns(share=pl.col("lines") / pl.col("lines").sum()).sort(["lines", "person"], descending=[True, False])
