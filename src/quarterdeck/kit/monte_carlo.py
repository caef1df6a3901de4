"""Estimates by simulation: seeded, vectorised, with the same draws for figures that belong together."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from quarterdeck.domain.money import Estimate

DRAWS = 20_000
Samples = NDArray[np.float64]


def generator(seed: int) -> np.random.Generator:
    """Return a generator whose draws depend on the seed alone."""
    return np.random.Generator(np.random.PCG64(seed))


def pert(rng: np.random.Generator, low: float, mid: float, high: float, draws: int = DRAWS) -> Samples:
    """Draw from the PERT distribution: a beta on [low, high] with weight 4 on the mode (Malcolm et al. 1959).

    Mean (low + 4 mid + high) / 6. A range of no width gives that value.
    """
    if not low <= mid <= high:
        raise ValueError(f"a PERT range needs low <= mid <= high, not {low}, {mid}, {high}")
    if low == high:
        return np.full(draws, float(low))
    alpha = 1 + 4 * (mid - low) / (high - low)
    beta = 1 + 4 * (high - mid) / (high - low)
    return low + (high - low) * rng.beta(alpha, beta, draws)


def estimate(
    samples: Samples, unit: str, basis: str, *, formula: str = "", inputs: tuple[str, ...] = (), typical: bool = False
) -> Estimate:
    """Return the P10, P50 and P90 of samples."""
    low, mid, high = (float(value) for value in np.quantile(samples, (0.1, 0.5, 0.9)))
    return Estimate(low, mid, high, unit, basis, formula, inputs, typical)


def total(parts: Mapping[str, Samples], unit: str, basis: str, *, typical: bool = False) -> Estimate | None:
    """Add the draws of several figures, so that P90s are never added."""
    if not parts:
        return None
    return estimate(np.sum(list(parts.values()), axis=0), unit, basis, typical=typical)
