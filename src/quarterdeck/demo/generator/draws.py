"""Draw from a seed: the same words give the same draws on every machine, and new draws elsewhere change nothing here."""

import math
import random
from collections.abc import Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import TypeVar

T = TypeVar("T")
BASE62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
HEX = "0123456789abcdef"
LARGE = 40.0  # above this mean, counts are drawn from the normal curve


class Draws:
    """A source of draws that a list of words names."""

    def __init__(self, *words: object) -> None:
        """Begin the draws that belong to these words."""
        self._words = words
        name = "\x1f".join(str(word) for word in words)
        self._random = random.Random(int.from_bytes(sha256(name.encode()).digest()[:16], "big"))  # noqa: S311 - no secret

    def of(self, *words: object) -> "Draws":
        """Begin draws of their own for a part."""
        return Draws(*self._words, *words)

    def whole(self, low: int, high: int) -> int:
        """Draw a whole number from low to high, both included."""
        return low + min(int(self._random.random() * (high - low + 1)), high - low)

    def between(self, low: float, high: float) -> float:
        """Draw a number between two others."""
        return low + (high - low) * self._random.random()

    def chance(self, share: float) -> bool:
        """Tell whether something happens that happens in this share of cases."""
        return self._random.random() < share

    def pick(self, among: Sequence[T]) -> T:
        """Draw one of several."""
        return among[self.whole(0, len(among) - 1)]

    def shuffled(self, among: Sequence[T]) -> list[T]:
        """Return all in an order drawn."""
        left, drawn = list(among), []
        while left:
            drawn.append(left.pop(self.whole(0, len(left) - 1)))
        return drawn

    def some(self, among: Sequence[T], count: int) -> list[T]:
        """Draw several different ones."""
        return self.shuffled(among)[:count]

    def weighted(self, among: Sequence[T], weights: Sequence[float]) -> T:
        """Draw one of several, each as often as its weight says."""
        at = self._random.random() * math.fsum(weights)
        for each, weight in zip(among, weights, strict=True):
            at -= weight
            if at < 0:
                return each
        return among[-1]

    def letters(self, count: int, alphabet: str = BASE62) -> str:
        """Draw letters."""
        return "".join(self.pick(alphabet) for _ in range(count))

    def hex(self, count: int) -> str:
        """Draw hexadecimal digits."""
        return self.letters(count, HEX)

    def day(self, first: date, last: date) -> date:
        """Draw a day from first to last."""
        return first + timedelta(days=self.whole(0, max((last - first).days, 0)))

    def count(self, mean: float, dispersion: float) -> int:
        """Draw a count that scatters more than chance alone: Poisson around a gamma of that shape."""
        return self._poisson(self._random.gammavariate(dispersion, mean / dispersion)) if mean > 0 else 0

    def _poisson(self, mean: float) -> int:
        if mean > LARGE:
            return max(0, round(self._random.gauss(mean, math.sqrt(mean))))
        limit, product, count = math.exp(-mean), self._random.random(), 0
        while product > limit:
            product *= self._random.random()
            count += 1
        return count
