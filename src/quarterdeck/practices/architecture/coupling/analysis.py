"""Count what changes together, and say how strongly and how surely.

Pairs are counted sparsely: every change set gives its pairs packed into 64-bit numbers, and equal numbers are counted.
No table of all files by all files is ever made.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

MOST_FILES = 30  # code-maat: a commit over more files says nothing about any two of them
MIN_REVISIONS, MIN_SHARED, MIN_DEGREE = 5, 5, 30.0  # code-maat's defaults; the first applies to the average of a pair
HIDDEN_SHARED, HIDDEN_DEGREE = 10, 50.0
WEAK = 30.0  # a pair whose interval begins below this is weak evidence
Z95 = 1.959963984540054
SHARED_STEPS, DEGREE_STEPS = (3, 5, 10), (20.0, 30.0, 50.0)
SHIFT = 32
Codes = NDArray[np.int64]
FILTERS = ("shared", "average", "degree")


@dataclass(frozen=True)
class Thresholds:
    """What a pair must reach to be reported."""

    revisions: float = MIN_REVISIONS
    shared: int = MIN_SHARED
    degree: float = MIN_DEGREE


@dataclass(frozen=True)
class Counted:
    """Pairs with their counts, the revisions of each member, and what was counted and dropped on the way.

    `pairs` holds (first, second, shared, first_revisions, second_revisions), `members` (member, repository, <key>,
    revisions, together), where `together` is the sum of coupling: for every change set, its other members.
    """

    pairs: pl.DataFrame
    members: pl.DataFrame
    sets: int
    dropped: int
    alone: int = 0
    by_repository: dict[int, int] = field(default_factory=dict)


def small_sets(changes: pl.DataFrame, *, unit: str = "commit", most: int = MOST_FILES) -> tuple[pl.DataFrame, int]:
    """Drop change sets over more than `most` files, and count them."""
    wide = changes.group_by("repository", unit).agg(files=pl.col("path").n_unique()).filter(pl.col("files") > most)
    kept = changes if wide.is_empty() else changes.join(wide, on=["repository", unit], how="anti")
    return kept, wide.height


def pairs(changes: pl.DataFrame, key: str = "life", *, unit: str = "commit", most: int = MOST_FILES) -> Counted:
    """Count the pairs of `key` (life, path, component ...) in change sets that are not too wide.

    `unit` is "commit", or "day" to fold the changes of a day into one (the temporal period of code-maat). Wide sets go
    before revisions are counted, as in code-maat.
    """
    own = changes.filter(~pl.col("co")) if "co" in changes.columns else changes
    kept, dropped = small_sets(own, unit=unit, most=most)
    return count(kept, key, unit=unit, dropped=dropped)


def count(rows: pl.DataFrame, key: str, *, unit: str = "commit", dropped: int = 0) -> Counted:
    """Count pairs, revisions and the sum of coupling of every member over the change sets at hand."""
    members = rows.select("repository", key).unique().sort("repository", key).with_row_index("member")
    sets = rows.select("repository", unit).unique(maintain_order=True).with_row_index("set")
    table = rows.select("repository", unit, key).join(members, on=["repository", key]).join(sets, on=["repository", unit])
    table = table.select("set", "member").unique().sort("set", "member")
    sized = table.with_columns(others=pl.len().over("set") - 1)
    counts = sized.group_by("member").agg(revisions=pl.len().cast(pl.Int64), together=pl.col("others").cast(pl.Int64).sum())
    packed, shared = np.unique(_packed(table), return_counts=True)
    revisions = np.zeros(members.height, dtype=np.int64)
    revisions[counts["member"].to_numpy()] = counts["revisions"].to_numpy()
    first, second = packed >> SHIFT, packed & ((1 << SHIFT) - 1)
    found = pl.DataFrame({"first": first, "second": second, "shared": shared.astype(np.int64),
                          "first_revisions": revisions[first], "second_revisions": revisions[second]})  # fmt: skip
    per = dict(sets.group_by("repository").len().sort("repository").iter_rows())
    alone = sized.filter(pl.col("others") == 0).height
    return Counted(found, members.join(counts, on="member", how="left"), sets.height, dropped, alone, per)


def _packed(table: pl.DataFrame) -> Codes:
    """Return every pair of every set as one number; sets of one size are handled at once."""
    member = table["member"].to_numpy().astype(np.int64)
    sizes = table.group_by("set", maintain_order=True).len()["len"].to_numpy().astype(np.int64)
    starts = np.cumsum(sizes) - sizes
    made = [np.zeros(0, dtype=np.int64)]
    for size in np.unique(sizes[sizes > 1]):
        rows = member[starts[sizes == size][:, None] + np.arange(size)]
        low, high = np.triu_indices(size, 1)
        made.append(((rows[:, low] << SHIFT) | rows[:, high]).ravel())
    return np.concatenate(made)


def measured(counted: Counted, *, least: int = 1) -> pl.DataFrame:
    """Add degree, average, interval and lift to the pairs that share at least `least` change sets, strongest first.

    degree = 100 * shared / ((a + b) / 2), as in code-maat. With j = shared / (a + b - shared), the share of the change
    sets of either that hold both, degree = 100 * 2j / (1 + j); the 95 % interval is Wilson's for j, carried over by the
    same formula. lift = P(a and b) / (P(a) P(b)) over the change sets of the repository.
    """
    where = counted.members.select(first=pl.col("member").cast(pl.Int64), repository="repository")
    rows = counted.pairs.filter(pl.col("shared") >= least).join(where, on="first", how="left")
    sets = pl.col("repository").replace_strict(counted.by_repository, return_dtype=pl.Int64)
    shared, total = pl.col("shared"), pl.col("first_revisions") + pl.col("second_revisions")
    rows = rows.with_columns(
        degree=200 * shared / total,
        average=(total / 2).ceil().cast(pl.Int64),
        either=total - shared,
        lift=shared * sets / (pl.col("first_revisions") * pl.col("second_revisions")),
    )
    low, high = wilson(rows["shared"].to_numpy().astype(np.float64), rows["either"].to_numpy().astype(np.float64))
    bounds = (pl.Series("low", 200 * low / (1 + low)), pl.Series("high", 200 * high / (1 + high)))
    return rows.with_columns(*bounds).sort(["degree", "shared", "first", "second"], descending=[True, True, False, False])


def wilson(hits: NDArray[np.float64], trials: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return Wilson's 95 % interval of a share (Wilson 1927), 0..1."""
    share, square = hits / trials, Z95**2 / trials
    middle = share + square / 2
    spread = Z95 * np.sqrt(share * (1 - share) / trials + square / (4 * trials))
    return np.maximum(0.0, (middle - spread) / (1 + square)), np.minimum(1.0, (middle + spread) / (1 + square))


def reported(rows: pl.DataFrame, limits: Thresholds | None = None) -> pl.DataFrame:
    """Keep the pairs that reach every threshold; the average of revisions is compared before it is rounded up."""
    return rows.filter(pl.all_horizontal(*passes(limits or Thresholds()).values()))


def passes(limits: Thresholds) -> dict[str, pl.Expr]:
    """Return the condition that each threshold sets, in the order in which they are asked."""
    average = (pl.col("first_revisions") + pl.col("second_revisions")) / 2
    conditions = (pl.col("shared") >= limits.shared, average >= limits.revisions, pl.col("degree") >= limits.degree)
    return dict(zip(FILTERS, conditions, strict=True))


def left_after(rows: pl.DataFrame, limits: Thresholds | None = None) -> dict[str, int]:
    """Count the pairs that are left after each threshold, one after the other."""
    left: dict[str, int] = {}
    for name, condition in passes(limits or Thresholds()).items():
        rows = rows.filter(condition)
        left[name] = rows.height
    return left


def emptied_by(left: dict[str, int]) -> str:
    """Return the threshold after which no pair was left, or nothing when some are."""
    return next((name for name, number in left.items() if not number), "")


def sensitivity(rows: pl.DataFrame) -> list[tuple[int, float, int]]:
    """Count the pairs at each mix of thresholds: (least shared, least degree, pairs)."""
    return [
        (shared, degree, reported(rows, Thresholds(min(shared, MIN_REVISIONS), shared, degree)).height)
        for shared in SHARED_STEPS
        for degree in DEGREE_STEPS
    ]


def spread(rows: pl.DataFrame, key: str) -> tuple[int, int]:
    """Count the commits that touch two or more values of a key, and all commits."""
    touched = rows.group_by("repository", "commit").agg(parts=pl.col(key).n_unique())
    return touched.filter(pl.col("parts") >= 2).height, touched.height
