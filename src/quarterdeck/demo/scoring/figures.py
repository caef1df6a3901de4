"""Count and sum up: recall, precision and look-alikes, each with its interval."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from math import sqrt

Z95 = 1.959963984540054


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share (Wilson 1927); without trials everything is possible."""
    if not trials:
        return 0.0, 1.0
    share, square = hits / trials, Z95**2 / trials
    middle, spread = share + square / 2, Z95 * sqrt(share * (1 - share) / trials + square / (4 * trials))
    return max(0.0, (middle - spread) / (1 + square)), min(1.0, (middle + spread) / (1 + square))


@dataclass(frozen=True)
class Share:
    """Hits out of trials, with the interval."""

    hits: int
    trials: int

    @property
    def value(self) -> float | None:
        """Return the share, or nothing without trials."""
        return self.hits / self.trials if self.trials else None

    def plain(self) -> dict[str, object]:
        """Return the share as plain values."""
        low, high = wilson(self.hits, self.trials)
        shown = None if self.value is None else round(self.value, 4)
        return {"hits": self.hits, "of": self.trials, "share": shown, "low": round(low, 4), "high": round(high, 4)}


@dataclass
class Count:
    """What was counted for a kind, a company or a noise."""

    plants: int = 0
    hits: int = 0
    false: int = 0
    pressing_hits: int = 0  # hits and false claims of urgency act now or plan, watched ones apart
    pressing_false: int = 0
    decoys: int = 0
    fired: int = 0
    exact: int = 0
    duplicates: int = 0
    needing: int = 0  # plants whose source was removed
    honest: int = 0  # of these, said to be unknown

    def add(self, other: "Count") -> None:
        """Add another count."""
        for name, value in asdict(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def recall(self) -> Share:
        """Return the share of plants that were found."""
        return Share(self.hits, self.plants)

    @property
    def precision(self) -> Share:
        """Return the share of claims that were true."""
        return Share(self.hits, self.hits + self.false)

    @property
    def pressing(self) -> Share:
        """Return the precision among claims that ask for something now or in a plan."""
        return Share(self.pressing_hits, self.pressing_hits + self.pressing_false)

    @property
    def decoy_rate(self) -> Share:
        """Return the share of look-alikes taken for real."""
        return Share(self.fired, self.decoys)

    @property
    def evidence(self) -> Share:
        """Return the share of hits that cite the exact place."""
        return Share(self.exact, self.hits)

    @property
    def honesty(self) -> Share:
        """Return the share of plants said to be unknown once their source was gone."""
        return Share(self.honest, self.needing)

    def plain(self) -> dict[str, object]:
        """Return the counts and shares as plain values."""
        shares = {name: getattr(self, name).plain() for name in ("recall", "precision", "pressing", "decoy_rate", "evidence", "honesty")}
        return {**asdict(self), **shares}


@dataclass
class Table:
    """Counts by name, in the order in which names came."""

    rows: dict[str, Count] = field(default_factory=dict)

    def at(self, name: str) -> Count:
        """Return the count of a name, a new one at first."""
        return self.rows.setdefault(name, Count())

    def total(self) -> Count:
        """Return the sum of all counts."""
        return total(self.rows.values())


def total(counts: Iterable[Count]) -> Count:
    """Return the sum of counts."""
    result = Count()
    for each in counts:
        result.add(each)
    return result
