"""Find silences in a series of working days, and what came after them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LONG_GAP_DAYS = 90
GAP_FACTOR = 3.0
FEW_GAPS = 4
REVIVAL_DAYS = 30
REVIVAL_ACTIVE = 3
YEAR = 365


@dataclass(frozen=True)
class Silence:
    """A stretch without work: first and last silent day, and whether it was taken up again."""

    first: int
    last: int
    revived: bool
    ongoing: bool = False

    @property
    def days(self) -> int:
        """Return the length in days."""
        return self.last - self.first + 1


def long_gap(days: Sequence[int]) -> float:
    """Return the gap above which silence is more than the team's own habit: max(90 days, 3 x P99 of its usual gaps).

    Usual gaps leave out the longest twentieth, at least two where there are five or more, so that a silence does not
    raise its own bar.
    """
    gaps = np.sort(np.diff(np.unique(days)))
    usual = gaps[: -max(2, gaps.size // 20)] if gaps.size > FEW_GAPS else gaps
    return max(LONG_GAP_DAYS, GAP_FACTOR * float(np.percentile(usual, 99))) if usual.size else float(LONG_GAP_DAYS)


def silences(days: Sequence[int], today: int) -> list[Silence]:
    """Return the silences of a series of working days (days since 1970), the one that still lasts included.

    A single commit inside a silence does not end it. A silence is revived when at least 3 distinct working days
    follow within 30 days of its end.
    """
    active = np.unique(days)
    if not active.size:
        return []
    limit = long_gap(days)
    found: list[Silence] = []
    start = int(active[0])
    for position in range(1, active.size):
        here = int(active[position])
        lone = position + 1 < active.size and active[position + 1] - here > limit
        if here - start > limit and not lone:
            found.append(Silence(start + 1, here - 1, revived=_revived(active, here)))
        start = start if lone and here - start > limit else here
    if today - start > limit:
        found.append(Silence(start + 1, today, revived=False, ongoing=True))
    return found


def _revived(active: NDArray[np.int64], first: int) -> bool:
    return bool(((active >= first) & (active < first + REVIVAL_DAYS)).sum() >= REVIVAL_ACTIVE)


def continuity(before: set[int], after: set[int]) -> float | None:
    """Return the share of people after a silence who were there before it, or nothing when nobody came."""
    return len(before & after) / len(after) if after else None
