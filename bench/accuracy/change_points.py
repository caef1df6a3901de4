"""Changes of pace: false alarms, halvings found, the smallest fall that is stated, and real weekly series, beside peers."""

import gzip
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from bench.report import Bar, Table, at_least, at_most
from bench.setting import Absent, Setting
from quarterdeck.kit import time_series
from quarterdeck.kit.monte_carlo import generator
from quarterdeck.kit.time_series import Counts, Floats

SEED = 77_345  # never used while the rules were chosen
RUNS, MANY, WEEKS, NEAR = 500, 1000, 104, 6
LEVEL, K, LIKENESS = 8.0, 3.0, 0.3
FALSE_ALARMS, FOUND = 6.0, 0.65
PERMUTATIONS, BLOCK, ALPHA = 199, 4, 0.05
PENALTY = 3.0
WEEKLY = "delivery/weekly_throughput.csv.gz"
FEWEST_A_WEEK, MOST_EMPTY = 2.0, 0.4
Detector = Callable[[Counts], list[int]]
Draw = Callable[[Floats, float, float, np.random.Generator], Counts]


def measure(setting: Setting) -> tuple[list[Bar], list[Table], list[str]]:
    """Test the product's rules and two peers on simulated and on real series."""
    rows = setting.step("change points simulated", simulated)
    bars = [bar for row in rows if row["who"] == "product" for bar in row_bars(row)]
    grid = setting.step("change points by level", by_level)
    slow = setting.step("change points without a step", without_step)
    stated = setting.step("change points smallest fall", smallest)
    bars += [
        at_most(
            "slow declines (to half or a quarter in two years) told as sudden", 100 * max(r["sudden"] for r in slow if r["slow"]), 15, "%"
        ),
        at_most("power at the stated smallest fall, furthest from 80 %", 100 * max(abs(r["power"] - 0.8) for r in stated), 10, "points"),
    ]
    tables = [peers_table(rows), level_table(grid), slow_table(slow), stated_table(stated)]
    try:
        real = setting.step("change points real", partial(real_series, setting.table(WEEKLY)))
    except Absent as reason:
        return bars, tables, [str(reason)]
    return bars, [*tables, real_table(real)], []


# --- what is drawn ---------------------------------------------------------------------------------------------------


def alike_counts(levels: Floats, k: float, likeness: float, rng: np.random.Generator) -> Counts:
    """Draw counts of which each resembles the one before: the hardest reading of likeness."""
    return time_series.simulated(levels, k, likeness, rng)


def alike_levels(levels: Floats, k: float, likeness: float, rng: np.random.Generator) -> Counts:
    """Draw Poisson counts around gamma levels of which each resembles the one before; the counts are negative binomial."""
    normal = chained(levels.shape, likeness, rng)
    rank = normal.argsort(1).argsort(1)  # within a row: keeps the order in time, and so the likeness
    gamma = np.sort(rng.gamma(k, 1 / k, levels.shape), 1)
    return rng.poisson(levels * np.take_along_axis(gamma, rank, 1))


def alike_means(levels: Floats, k: float, likeness: float, rng: np.random.Generator) -> Counts:
    """Draw negative binomial counts around means whose logarithm wanders (sd 0.3), each like the one before."""
    normal = chained(levels.shape, likeness, rng)
    return rng.negative_binomial(k, k / (k + levels * np.exp(0.3 * normal - 0.045)))


def chained(shape: tuple[int, ...], likeness: float, rng: np.random.Generator) -> Floats:
    """Draw normal rows in which each value resembles the one before."""
    normal = rng.standard_normal(shape)
    for week in range(1, shape[1]):
        normal[:, week] = likeness * normal[:, week - 1] + np.sqrt(1 - likeness**2) * normal[:, week]
    return normal


DRAWS: dict[str, Draw] = {"counts alike": alike_counts, "levels alike": alike_levels, "means wander": alike_means}


def flat(level: float, weeks: int = WEEKS, runs: int = RUNS) -> Floats:
    """Return levels without a change."""
    return np.full((runs, weeks), level)


def dropped(level: float, ratio: float, rng: np.random.Generator, weeks: int = WEEKS, runs: int = RUNS) -> tuple[Floats, NDArray[np.int64]]:
    """Return levels that drop to a ratio at a random week of the middle three fifths, and that week."""
    at = rng.integers(weeks // 5, weeks - weeks // 5, runs)
    return np.where(np.arange(weeks)[None, :] < at[:, None], level, level * ratio), at


# --- detectors -------------------------------------------------------------------------------------------------------


def product(counts: Counts) -> list[int]:
    """Return the changes that the product establishes."""
    return [change.at for change in time_series.changes(counts, generator(1))]


def permutation(counts: Counts) -> list[int]:
    """Return the change of the plain method: largest CUSUM of transformed counts, p by permutation of blocks of weeks."""
    values = time_series.anscombe(counts)
    rng = generator(int(counts.sum()))
    blocks, rest = divmod(values.size, BLOCK)
    order = rng.random((PERMUTATIONS, blocks)).argsort(1)
    shuffled = values[rest:].reshape(blocks, BLOCK)[order].reshape(PERMUTATIONS, -1)
    shuffled = np.concatenate([np.broadcast_to(values[:rest], (PERMUTATIONS, rest)), shuffled], 1)
    own = cusum(values[None, :])[0]
    above = int((cusum(shuffled).max(1) >= own.max()).sum())
    return [int(own.argmax()) + time_series.SHORTEST] if (1 + above) / (1 + PERMUTATIONS) <= ALPHA else []


def cusum(values: Floats) -> Floats:
    """Return the absolute standardised difference of means at every split."""
    weeks, short = values.shape[1], time_series.SHORTEST
    split = np.arange(short, weeks - short + 1)
    sums = np.cumsum(values, 1)
    early, total = sums[:, split - 1], sums[:, -1:]
    return np.asarray(np.abs((total - early) / (weeks - split) - early / split) * np.sqrt(split * (weeks - split) / weeks))


def pelt(counts: Counts) -> list[int]:
    """Return the changes with least squared error plus 3 ln n each: what PELT finds, by plain dynamic programming."""
    values = time_series.anscombe(counts)
    scale = max(float(np.median(np.abs(np.diff(values)))) / 0.6745 / np.sqrt(2), 0.5)
    values = values / scale
    weeks, short = values.size, time_series.SHORTEST
    sums, squares = np.concatenate([[0], np.cumsum(values)]), np.concatenate([[0], np.cumsum(values**2)])
    best, last = np.full(weeks + 1, np.inf), np.zeros(weeks + 1, dtype=int)
    best[0] = -PENALTY * log(weeks)
    for end in range(short, weeks + 1):
        start = np.arange(0, end - short + 1)
        error = squares[end] - squares[start] - (sums[end] - sums[start]) ** 2 / (end - start)
        total = best[start] + error + PENALTY * log(weeks)
        last[end], best[end] = int(total.argmin()), total.min()
    found, here = [], weeks
    while last[here]:
        here = int(last[here])
        found.append(here)
    return sorted(found)


DETECTORS: dict[str, Detector] = {"product": product, "permutation, alpha .05": permutation, "PELT, 3 ln n": pelt}


def alarms(found: Sequence[list[int]]) -> float:
    """Return the share of series with any change."""
    return sum(map(bool, found)) / len(found)


def hits(found: Sequence[list[int]], planted: NDArray[np.int64]) -> float:
    """Return the share of series with a change near the planted week."""
    return sum(any(abs(week - at) <= NEAR for week in weeks) for weeks, at in zip(found, planted, strict=True)) / len(found)


# --- steps -----------------------------------------------------------------------------------------------------------


def simulated() -> list[dict[str, Any]]:
    """Return false alarms and hits of every detector for every reading of likeness."""
    return [row for number, (kind, draw) in enumerate(DRAWS.items()) for row in one_kind(kind, draw, np.random.default_rng(SEED + number))]


def one_kind(kind: str, draw: Draw, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Return a row for each detector on the same series."""
    quiet = draw(flat(LEVEL, runs=MANY), K, LIKENESS, rng)
    falls = {ratio: drawn(draw, ratio, rng) for ratio in (0.7, 0.5, 0.3)}
    for who, detector in DETECTORS.items():
        found = {ratio: hits([detector(row) for row in counts], at) for ratio, (counts, at) in falls.items()}
        yield {"kind": kind, "who": who, "alarms": alarms([detector(row) for row in quiet]), "found": [found[0.7], found[0.5], found[0.3]]}


def drawn(draw: Draw, ratio: float, rng: np.random.Generator) -> tuple[Counts, NDArray[np.int64]]:
    """Return series with a planted fall and its weeks."""
    levels, at = dropped(LEVEL, ratio, rng, runs=MANY)
    return draw(levels, K, LIKENESS, rng), at


def by_level() -> list[dict[str, Any]]:
    """Return false alarms and power by level, scatter, likeness and length."""
    cases = [(level, K, LIKENESS, WEEKS) for level in (2.0, 8.0, 20.0, 50.0)]
    cases += [(LEVEL, 1.0, 0.3, WEEKS), (LEVEL, 10.0, 0.3, WEEKS), (LEVEL, K, 0.0, WEEKS), (LEVEL, K, 0.5, WEEKS)]
    cases += [(LEVEL, K, 0.3, 52), (LEVEL, K, 0.3, 156)]
    return [level_row(*case, np.random.default_rng(SEED + 100 + number)) for number, case in enumerate(cases)]


def level_row(level: float, k: float, likeness: float, weeks: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return how the product does on one kind of series, and how good its ranges are."""
    quiet = time_series.simulated(flat(level, weeks), k, likeness, rng)
    levels, at = dropped(level, 0.5, rng, weeks)
    found = [time_series.changes(row, generator(1)) for row in time_series.simulated(levels, k, likeness, rng)]
    single = [(each[0], int(week)) for each, week in zip(found, at, strict=True) if len(each) == 1]
    return {
        "case": [level, k, likeness, weeks],
        "alarms": alarms([product(row) for row in quiet]),
        "any": sum(map(bool, found)) / len(found),
        "found": hits([[change.at for change in each] for each in found], at),
        "week": float(np.mean([change.first <= week <= change.last for change, week in single])),
        "ratio": float(np.mean([change.ratio[0] <= 0.5 <= change.ratio[2] for change, _ in single])),
        "sudden": float(np.mean([change.pace == "sudden" for change, _ in single])),
        "gradual": float(np.mean([change.pace == "gradual" for change, _ in single])),
    }


def without_step() -> list[dict[str, Any]]:
    """Return what is said of series that move without a sudden lasting change."""
    week = np.arange(WEEKS)
    holiday = np.where((week % 52 >= 49) | (week % 52 == 0), 0.15, 1.0)
    shapes = {
        "grows twofold in two years": (2 ** (week / WEEKS), False),
        "grows fourfold": (4 ** (week / WEEKS), False),
        "declines to half": (0.5 ** (week / WEEKS), True),
        "declines to a quarter": (0.25 ** (week / WEEKS), True),
        "four weeks a year at 15 %, not masked": (holiday, False),
        "the last three weeks at 10 %": (np.where(week >= WEEKS - 3, 0.1, 1.0), False),
        "threefold for 13 weeks": (np.where((week > 50) & (week < 64), 3.0, 1.0), False),
    }
    rng = np.random.default_rng(SEED + 200)
    return [shape_row(name, shape * level, level, rng, slow=slow) for name, (shape, slow) in shapes.items() for level in (8.0, 20.0)]


def shape_row(name: str, shape: Floats, level: float, rng: np.random.Generator, *, slow: bool) -> dict[str, Any]:
    """Return the shares of series with a fall, and with a fall told as sudden."""
    levels = np.exp(np.round(np.log(shape) * 30) / 30)
    counts = time_series.simulated(np.broadcast_to(levels, (RUNS, WEEKS)).copy(), K, LIKENESS, rng)
    falls = [[each for each in time_series.changes(row, generator(1)) if each.after < time_series.CLAIMED * each.before] for row in counts]
    sudden = sum(any(each.pace == "sudden" for each in row) for row in falls) / RUNS
    return {"name": name, "level": level, "fall": sum(map(bool, falls)) / RUNS, "sudden": sudden, "slow": slow}


def smallest() -> list[dict[str, Any]]:
    """Return the stated smallest fall, the power at it on new seeds, and how far statements from one series scatter."""
    cases = [(level, K, LIKENESS, weeks) for level in (5.0, 8.0, 20.0, 50.0) for weeks in (WEEKS, 156)]
    return [row for number, case in enumerate(cases) if (row := stated_row(*case, np.random.default_rng(SEED + 300 + number)))]


def stated_row(level: float, k: float, likeness: float, weeks: int, rng: np.random.Generator) -> dict[str, Any] | None:
    """Return a row, or nothing where no fall could be seen."""
    fall = time_series.smallest_fall(level, k, likeness, weeks, generator(7))
    if fall is None:
        return None
    levels, _ = dropped(level, 1 - fall, rng, weeks, 2 * RUNS)
    reached = float(time_series.claims(time_series.simulated(levels, k, likeness, rng)).mean())
    series = time_series.simulated(flat(level, weeks, 60), k, likeness, rng)
    said = [time_series.smallest_fall(float(row.mean()), *time_series.scatter_of(row), weeks, generator(7)) or 1.0 for row in series]
    return {"case": [level, weeks], "fall": fall, "power": reached, "said": [float(each) for each in np.quantile(said, (0.1, 0.5, 0.9))]}


def real_series(file: Path) -> list[dict[str, Any]]:
    """Return alarms and hits on real weekly series, as they are and with a planted halving (each piece kept by a coin)."""
    weekly = pl.read_csv(gzip.decompress(file.read_bytes()))
    rng = np.random.default_rng(SEED + 400)
    out = []
    for measure_ in ("commits", "merged_prs"):
        windows = [
            time_series.calm(each) for _, own in weekly.group_by("repo", maintain_order=True) for each in cut(own[measure_].to_numpy())
        ]
        at = rng.integers(WEEKS // 5, WEEKS - WEEKS // 5, len(windows))
        halved = [np.where(np.arange(WEEKS) < week, row, rng.binomial(row, 0.5)) for row, week in zip(windows, at, strict=True)]
        for who, detector in DETECTORS.items():
            plain = [detector(row) for row in windows]
            found = hits([detector(row) for row in halved], at)
            out.append(
                {"measure": measure_, "n": len(windows), "who": who, "alarms": alarms(plain), "chance": hits(plain, at), "found": found}
            )
    return out


def cut(counts: Counts) -> Iterator[Counts]:
    """Cut a series into windows of two years that have enough work, from the newest back."""
    for end in range(counts.size, WEEKS - 1, -WEEKS):
        part = counts[end - WEEKS : end]
        if part.mean() >= FEWEST_A_WEEK and (part == 0).mean() <= MOST_EMPTY:
            yield part


# --- what is printed -------------------------------------------------------------------------------------------------


def row_bars(row: dict[str, Any]) -> list[Bar]:
    """Return the bars of the product for one reading of likeness."""
    return [
        at_most(f"false alarms ({row['kind']})", 100 * row["alarms"], FALSE_ALARMS, "%"),
        at_least(f"halvings found within {NEAR} weeks ({row['kind']})", row["found"][1], FOUND),
    ]


def peers_table(rows: list[dict[str, Any]]) -> Table:
    """Return the table of detectors."""
    lines = tuple((r["kind"], r["who"], f"{r['alarms']:.1%}", *(f"{share:.1%}" for share in r["found"])) for r in rows)
    notes = (
        f"negative binomial, k {K:g}, likeness of neighbouring weeks {LIKENESS:g}, mean {LEVEL:g} a week, {WEEKS} weeks, {MANY} series each, seeds not used before",
        "found: a change within 6 weeks of the planted one, which lies anywhere in the middle three fifths",
    )
    return Table(
        "changes of pace, product and peers", ("likeness lies in", "detector", "false alarms", "to 0.7", "to 0.5", "to 0.3"), lines, notes
    )


def level_table(rows: list[dict[str, Any]]) -> Table:
    """Return the table by level, scatter and length."""
    columns = (
        "mean",
        "k",
        "likeness",
        "weeks",
        "false alarms",
        "halving: any",
        "within 6 weeks",
        "week in its range",
        "ratio in its range",
        "sudden",
        "gradual",
    )
    keys = ("alarms", "any", "found", "week", "ratio", "sudden", "gradual")
    lines = tuple((*(f"{value:g}" for value in row["case"]), *(f"{row[key]:.0%}" for key in keys)) for row in rows)
    notes = ("ranges are stated as four chances in five; they are measured over the halvings that were found as one change",)
    return Table("changes of pace by level", columns, lines, notes)


def slow_table(rows: list[dict[str, Any]]) -> Table:
    """Return the table of series without a lasting sudden change."""
    lines = tuple((row["name"], f"{row['level']:g}", f"{row['fall']:.1%}", f"{row['sudden']:.1%}") for row in rows)
    notes = ("the end of 13 busy weeks is a true change of level; the room compares habits of half a year and does not call it a fall",)
    return Table("series without a lasting sudden change", ("series", "mean", "a fall is found", "and called sudden"), lines, notes)


def stated_table(rows: list[dict[str, Any]]) -> Table:
    """Return the table of stated smallest falls."""
    lines = tuple(
        (
            *(f"{value:g}" for value in row["case"]),
            f"{row['fall']:.0%}",
            f"{row['power']:.0%}",
            " / ".join(f"{each:.0%}" for each in row["said"]),
        )
        for row in rows
    )
    columns = ("mean", "weeks", "smallest fall", "power there, new seeds", "stated from one series: P10 / P50 / P90")
    return Table("the smallest fall that would be seen", columns, lines)


def real_table(rows: list[dict[str, Any]]) -> Table:
    """Return the table of real series."""
    lines = tuple(
        (row["measure"], str(row["n"]), row["who"], f"{row['alarms']:.0%}", f"{row['found']:.0%}", f"{row['chance']:.0%}") for row in rows
    )
    notes = ("real series change by themselves, so an alarm is not a false one; by chance: changes so near the same week without planting",)
    return Table(
        "real weekly series of 104 weeks",
        ("measure", "windows", "detector", "any change", "planted halving found", "by chance"),
        lines,
        notes,
    )
