"""Weekly counts: did their level change, when, by how much, and how small a change could have been seen?

Counts of work are negative binomial rather than Poisson, and one week resembles the next. A change is therefore judged by
the likelihood ratio of two levels against one (negative binomial), divided by how much the likeness of neighbouring weeks
inflates it, averaged over all weeks at which the level may have changed. Transform: Anscombe, Biometrika 35 (1948).
The rules were chosen on simulation; `bench/accuracy/change_points.py` measures them on fresh seeds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

SHORTEST = 6  # weeks in a segment
FEWEST = 26  # weeks that can be tested at all
ODDS = 2.85  # natural logarithm of the evidence for a change that counts as established: about 17 to 1
EPISODE = 4.5  # more evidence is asked for an episode with two ends than for one change
REFERENCE = 104  # weeks; shorter series need more evidence
LIKENESS, LIKENESS_WEEKS = 0.25, 60  # prior of the likeness of neighbouring weeks and its weight, from 134 public repositories
MOST_LIKENESS = 0.8
SPREAD = (0.8, 200.0)  # bounds of the negative binomial's k
OUTLIER = 6.0  # a week above so many times the usual one is cut to that: an import is no week's work
NEAR = 6  # weeks to either side: the week named is the one with most chance of being so near
RAMPS = (26, 52, 104)  # weeks over which a change may have been spread
ARCSINE_LOSS = 1.15  # variance of the transformed counts, measured
SUDDEN, GRADUAL = 0.65, 0.15  # chance that a change came within a few weeks; in between it is open
FALLS = (0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)  # ratios after / before that the power is simulated for
CLAIMED = 0.7  # a smaller fall than to this ratio is never claimed
POWER = 0.8
RUNS, DRAWS = 600, 2_000
INTERVAL = (0.1, 0.5, 0.9)


class Noise(NamedTuple):
    """How weekly counts scatter: k of the negative binomial, and likeness (correlation) of neighbouring weeks."""

    k: Floats
    likeness: Floats

    @property
    def inflation(self) -> Floats:
        """Return by how much likeness inflates the variance of a mean."""
        return (1 + self.likeness) / (1 - self.likeness)


@dataclass(frozen=True)
class Change:
    """A change of level: the first week of the new level with its 80 % interval, the ratio after/before, and the evidence.

    Weeks are positions in the series. `sudden` is the chance that it came within a few weeks rather than over months.
    """

    start: int  # of the old level
    at: int
    end: int  # of the new level, exclusive
    first: int
    last: int
    before: float
    after: float
    ratio: tuple[float, float, float]
    odds: float
    sudden: float

    @property
    def pace(self) -> str:
        """Return whether the change was sudden, gradual, or open."""
        return "sudden" if self.sudden >= SUDDEN else "gradual" if self.sudden < GRADUAL else "open"


def anscombe(counts: Counts | Floats) -> Floats:
    """Return 2 sqrt(x + 3/8), whose variance is about 1 for Poisson counts."""
    return np.asarray(2 * np.sqrt(np.asarray(counts, dtype=np.float64) + 0.375))


def calm(counts: Counts) -> Counts:
    """Cut weeks that stand far above the usual week with work, so that an import or a mass change is not taken for a pace."""
    busy = counts[counts > 0]
    return np.asarray(np.minimum(counts, int(OUTLIER * (np.median(busy) + 1)))) if busy.size else counts


def threshold(weeks: int) -> float:
    """Return the evidence that establishes a change in a series of that length."""
    return ODDS + max(0.0, log(REFERENCE / weeks))


def noise(counts: Floats, levels: Floats | None = None) -> Noise:
    """Estimate the scatter of each row of counts around given levels, or around the two that fit it best.

    The likeness is shrunk towards what public repositories show, since a few dozen weeks say little about it.
    """
    weeks = counts.shape[1]
    levels = _two_levels(counts) if levels is None else levels
    rest = counts - levels
    inverse = (rest**2 - levels).sum(1) / (levels**2).sum(1) * weeks / (weeks - 2)
    k = 1 / np.clip(inverse, 1 / SPREAD[1], 1 / SPREAD[0])
    unit = rest / np.sqrt(levels + levels**2 / k[:, None])
    seen = (unit[:, 1:] * unit[:, :-1]).sum(1) / np.maximum((unit**2).sum(1), 1e-12)
    likeness = (seen * weeks + LIKENESS * LIKENESS_WEEKS) / (weeks + LIKENESS_WEEKS)
    return Noise(k, np.clip(likeness, 0.0, MOST_LIKENESS))


def _two_levels(counts: Floats) -> Floats:
    """Return the means before and after the split with the largest CUSUM of transformed counts, week by week."""
    weeks = counts.shape[1]
    after = np.arange(weeks) >= (np.abs(_cusum(anscombe(counts))).argmax(1) + SHORTEST)[:, None]
    late = (counts * after).sum(1, keepdims=True) / after.sum(1, keepdims=True)
    early = (counts * ~after).sum(1, keepdims=True) / (~after).sum(1, keepdims=True)
    return np.asarray(np.maximum(np.where(after, late, early), 0.1))


def _cusum(values: Floats) -> Floats:
    """Return the standardised difference of means after and before every split that leaves both sides long enough."""
    weeks = values.shape[1]
    split = np.arange(SHORTEST, weeks - SHORTEST + 1)
    sums = np.cumsum(values, 1)
    early, total = sums[:, split - 1], sums[:, -1:]
    return np.asarray(((total - early) / (weeks - split) - early / split) * np.sqrt(split * (weeks - split) / weeks))


def gains(counts: Floats, scatter: Noise) -> Floats:
    """Return for each row and split how much better two levels explain it than one (log likelihood, deflated)."""
    weeks = counts.shape[1]
    split = np.arange(SHORTEST, weeks - SHORTEST + 1)
    sums = np.cumsum(counts, 1)
    early, total, k = sums[:, split - 1], sums[:, -1:], scatter.k[:, None]
    parts = _fit(early, split, k) + _fit(total - early, weeks - split, k) - _fit(total, weeks, k)
    return np.asarray(parts / scatter.inflation[:, None])


def _fit(total: Floats, weeks: NDArray[np.int64] | int, k: Floats | float) -> Floats:
    """Return the log likelihood of a stretch at its own mean, without terms that do not depend on it."""
    mean = np.maximum(total / weeks, 1e-9)
    return np.asarray(total * np.log(mean / (mean + k)) - weeks * k * np.log(mean + k))


def odds(gained: Floats) -> Floats:
    """Return the log of the mean likelihood ratio over all splits: the evidence that the level changed at some week."""
    top = gained.max(1)
    return np.asarray(top + np.log(np.exp(gained - top[:, None]).mean(1)))


def chances(gained: Floats) -> Floats:
    """Return for each split the chance that the level changed there, if it changed once."""
    weight = np.exp(gained - gained.max(1, keepdims=True))
    return np.asarray(weight / weight.sum(1, keepdims=True))


def likeliest(chance: Floats) -> NDArray[np.int64]:
    """Return the week of each row that has most chance within six weeks of it."""
    sums = np.concatenate([np.zeros((len(chance), 1)), np.cumsum(chance, 1)], 1)
    splits = np.arange(chance.shape[1])
    inside = sums[:, np.minimum(splits + NEAR + 1, splits.size)] - sums[:, np.maximum(splits - NEAR, 0)]
    return np.asarray(inside.argmax(1) + SHORTEST)


def changes(counts: Sequence[int] | Counts, rng: np.random.Generator) -> tuple[Change, ...]:
    """Return the established changes of level of a weekly series, oldest first, by binary segmentation."""
    series = calm(np.asarray(counts, dtype=np.int64)).astype(np.float64)[None, :]
    if series.shape[1] < FEWEST:
        return ()
    splits = sorted(_splits(series, 0, series.shape[1]))
    edges = (0, *_confirmed(series, splits), series.shape[1])
    return tuple(_change(series, edges[place : place + 3], rng) for place in range(len(edges) - 2))


def _splits(series: Floats, start: int, end: int) -> Iterator[int]:
    """Yield the splits of a stretch: one change of level, or else an episode with its two ends, and those of the parts."""
    part = series[:, start:end]
    split = _split(part)
    found = _episode(part) if split is None else (split,)
    yield from (start + each for each in found)
    edges = (start, *(start + each for each in found), end)
    if found:
        yield from (split for one, other in pairwise(edges) for split in _splits(series, one, other))


def _episode(part: Floats) -> tuple[int, ...]:
    """Return the ends of an episode after which the level came back, which one change alone describes badly; or nothing."""
    weeks = part.shape[1]
    if weeks < 2 * FEWEST or not part.any():
        return ()
    first, last = np.triu_indices(weeks - SHORTEST + 1, SHORTEST)
    first, last = first[first >= SHORTEST], last[first >= SHORTEST]
    length = last - first
    inside, total = _within(anscombe(part[0]), first, last)
    best = int((np.abs(inside / length - (total - inside) / (weeks - length)) * np.sqrt(length * (weeks - length))).argmax())
    during = (np.arange(weeks) >= first[best]) & (np.arange(weeks) < last[best])
    levels = np.maximum(np.where(during, part[0, during].mean(), part[0, ~during].mean()), 0.1)[None, :]
    scatter = noise(part, levels)
    k = scatter.k[0]
    inside, total = _within(part[0], first, last)
    fits = _fit(inside, length, k) + _fit(total - inside, weeks - length, k) - _fit(np.asarray(total), weeks, k)
    gained = np.asarray(fits / scatter.inflation[0])[None, :]
    if odds(gained)[0] < threshold(weeks) + EPISODE:
        return ()
    best = int(gained.argmax())
    return int(first[best]), int(last[best])


def _within(values: Floats, first: NDArray[np.int64], last: NDArray[np.int64]) -> tuple[Floats, float]:
    """Return the sums of some stretches, and of all."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return sums[last] - sums[first], float(sums[-1])


def _split(part: Floats) -> int | None:
    """Return the split of a stretch, or nothing where a change is not established."""
    weeks = part.shape[1]
    if weeks < FEWEST or not part.any():
        return None
    gained = gains(part, noise(part))
    return int(likeliest(chances(gained))[0]) if odds(gained)[0] >= threshold(weeks) else None


def _confirmed(series: Floats, splits: list[int]) -> list[int]:
    """Look at each split again between its neighbours, and drop those that no longer hold."""
    edges = [0, *splits, series.shape[1]]
    place = 1
    while place < len(edges) - 1:
        found = _split(series[:, edges[place - 1] : edges[place + 1]])
        if found is None:
            del edges[place]
        else:
            edges[place] = edges[place - 1] + found
            place += 1
    return edges[1:-1]


def _change(series: Floats, edges: Sequence[int], rng: np.random.Generator) -> Change:
    start, at, end = edges
    part = series[:, start:end]
    scatter = noise(part)
    gained = gains(part, scatter)
    chance = chances(gained)[0]
    first, last = (int(np.searchsorted(np.cumsum(chance), bound)) + SHORTEST + start for bound in (0.1, 0.9))
    low, mid, high = (float(each) for each in np.quantile(ratios(part[0], scatter, chance, rng), INTERVAL))
    return Change(
        start, at, end, min(first, at), max(last, at), float(series[0, start:at].mean()), float(series[0, at:end].mean()),
        (low, mid, high), float(odds(gained)[0]), suddenness(part, scatter),
    )  # fmt: skip


def sizes(counts: Sequence[int] | Counts, change: Change, rng: np.random.Generator, *, draws: int = DRAWS) -> Floats:
    """Draw the ratio of the levels after and before a change, with the doubt about its week."""
    part = calm(np.asarray(counts, dtype=np.int64)).astype(np.float64)[None, change.start : change.end]
    scatter = noise(part)
    return ratios(part[0], scatter, chances(gains(part, scatter))[0], rng, draws=draws)


def sizes_between(before: Sequence[int], after: Sequence[int], rng: np.random.Generator, *, draws: int = DRAWS) -> Floats:
    """Draw the ratio of the levels of two stretches that are known to differ, as after several steps."""
    part = np.asarray([*before, *after], dtype=np.float64)[None, :]
    chance = np.zeros(part.shape[1] - 2 * SHORTEST + 1)
    chance[len(before) - SHORTEST] = 1.0
    return ratios(part[0], noise(part), chance, rng, draws=draws)


def ratios(part: Floats, scatter: Noise, chance: Floats, rng: np.random.Generator, *, draws: int = DRAWS) -> Floats:
    """Draw the ratio of the levels after and before, over all weeks at which the change may have come."""
    weeks = part.size
    split = rng.choice(chance.size, draws, p=chance) + SHORTEST
    sums = np.cumsum(part)
    early, late = sums[split - 1], sums[-1] - sums[split - 1]
    before, after = (early + 0.5) / split, (late + 0.5) / (weeks - split)
    extra = 1 / scatter.k[0]
    variance = ((1 / before + extra) / split + (1 / after + extra) / (weeks - split)) * scatter.inflation[0]
    return np.asarray(after / before * np.exp(rng.standard_normal(draws) * np.sqrt(variance)))


def suddenness(part: Floats, scatter: Noise) -> float:
    """Return the chance that one step rather than a slope over half a year or more explains a change best.

    Step and slopes have the same prior. Transform: arcsine for the negative binomial (Anscombe 1948), one scale for all.
    """
    k = scatter.k[:, None]
    values = 2 * np.sqrt(k) * np.arcsinh(np.sqrt((part + 0.375) / np.maximum(k - 0.25, 0.5)))
    values = values - values.mean(1, keepdims=True)
    weight = 2 * ARCSINE_LOSS * scatter.inflation[:, None]
    weeks = part.shape[1]
    spans = [span for span in RAMPS if span <= weeks] + [weeks]
    step, *slopes = (odds((values @ _slopes(weeks, span).T) ** 2 / weight)[0] for span in (0, *spans))
    against = np.mean(np.exp(np.asarray(slopes) - step))
    return float(1 / (1 + against))


def _slopes(weeks: int, span: int) -> Floats:
    """Return a row of unit length for each place of a step (span 0) or of a slope of so many weeks whose middle is inside."""
    week = np.arange(weeks)[None, :]
    start = np.arange(SHORTEST, weeks - SHORTEST + 1)[:, None] - span // 2
    rows = np.clip((week - start + (0.5 if span else 1.0)) / max(span, 1), 0.0, 1.0)
    rows = rows - rows.mean(1, keepdims=True)
    return np.asarray(rows / np.sqrt((rows**2).sum(1, keepdims=True)))


def simulated(levels: Floats, k: float, likeness: float, rng: np.random.Generator) -> Counts:
    """Draw negative binomial counts around levels (rows x weeks, few distinct ones) whose neighbouring weeks are alike."""
    normal = _alike(levels.shape, likeness, rng)
    counts = np.zeros(levels.shape, dtype=np.int64)
    for level in np.unique(levels):
        here = levels == level
        counts[here] = np.searchsorted(_bounds(float(level), k), normal[here])
    return counts


def _alike(shape: tuple[int, ...], likeness: float, rng: np.random.Generator) -> Floats:
    """Draw standard normal rows in which each week resembles the one before."""
    normal = rng.standard_normal(shape)
    for week in range(1, shape[1]):
        normal[:, week] = likeness * normal[:, week - 1] + np.sqrt(1 - likeness**2) * normal[:, week]
    return normal


def _bounds(level: float, k: float) -> Floats:
    """Return the normal quantiles at which a negative binomial count steps up by one."""
    top = int(level + 10 * np.sqrt(level + level**2 / k) + 20)
    steps = np.arange(top, dtype=np.float64)
    # the ratio of neighbouring terms is (x + k) / (x + 1) x level / (level + k)
    factors = np.log((steps[:-1] + k) / (steps[:-1] + 1) * level / (level + k)) if level > 0 else np.full(top - 1, -50.0)
    terms = np.concatenate([[k * log(k / (k + level))], factors]).cumsum()
    total = np.clip(np.exp(terms).cumsum(), 1e-15, 1 - 1e-15)
    normal = NormalDist()
    return np.array([normal.inv_cdf(each) for each in total])


def power(level: float, k: float, likeness: float, weeks: int, rng: np.random.Generator, *, ratio: float = 0.5) -> float:
    """Return the share of simulated falls to a ratio that would be claimed; they begin in the middle three fifths."""
    return float(_powers(level, k, likeness, weeks, rng, (ratio,))[0])


def _powers(level: float, k: float, likeness: float, weeks: int, rng: np.random.Generator, falls: Sequence[float]) -> Floats:
    begins = rng.integers(weeks // 5, weeks - weeks // 5, RUNS)[:, None]
    late = np.arange(weeks)[None, :] >= begins
    normal = _alike((RUNS, weeks), likeness, rng)  # the same luck for every size of fall
    full = np.searchsorted(_bounds(level, k), normal)
    claimed = [claims(np.where(late, np.searchsorted(_bounds(level * fall, k), normal), full)).mean() for fall in falls]
    return np.asarray(claimed)


def claims(counts: Counts) -> NDArray[np.bool_]:
    """Tell for each row whether a fall by more than 30 % would be claimed."""
    series = np.asarray(counts, dtype=np.float64)
    gained = gains(series, noise(series))
    at = likeliest(chances(gained))[:, None]
    late = np.arange(series.shape[1])[None, :] >= at
    after, before = (series * late).sum(1) / late.sum(1), (series * ~late).sum(1) / (~late).sum(1)
    return np.asarray((odds(gained) >= threshold(series.shape[1])) & (after < CLAIMED * before))


def smallest_fall(level: float, k: float, likeness: float, weeks: int, rng: np.random.Generator) -> float | None:
    """Return the smallest fall (0..1) that would be claimed in four cases out of five, or nothing if none would.

    Simulated at the team's own level, scatter and likeness of weeks; between simulated sizes by linear interpolation.
    """
    if weeks < FEWEST or level <= 0:
        return None
    found = np.maximum.accumulate(_powers(level, k, likeness, weeks, rng, FALLS))
    if found[-1] < POWER:
        return None
    return float(np.interp(POWER, found, 1 - np.asarray(FALLS)))


def scatter_of(counts: Sequence[int] | Counts) -> tuple[float, float]:
    """Return k and the likeness of weeks of one series."""
    found = noise(calm(np.asarray(counts, dtype=np.int64)).astype(np.float64)[None, :])
    return float(found.k[0]), float(found.likeness[0])
