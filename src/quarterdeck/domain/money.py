"""Money and estimates: ranges with their basis, rounded to what the evidence bears."""

from dataclasses import dataclass, field
from math import floor, log10

SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "CHF": "CHF ", "JPY": "¥"}


@dataclass(frozen=True)
class Estimate:
    """A range from P10 to P90 with the basis it rests on; unit is a currency code or a word such as `days`."""

    p10: float
    p50: float
    p90: float
    unit: str
    basis: str
    formula: str = ""
    inputs: tuple[str, ...] = field(default=())
    typical: bool = False

    def __post_init__(self) -> None:
        """Refuse a range that is out of order."""
        if not self.p10 <= self.p50 <= self.p90:
            raise ValueError(f"an estimate needs p10 <= p50 <= p90, not {self.p10}, {self.p50}, {self.p90}")

    def __str__(self) -> str:
        """Return the range in words: `$60k to $310k, most likely $140k`."""
        low, mid, high = (quantity(value, self.unit) for value in (self.p10, self.p50, self.p90))
        return mid if low == high else f"{low} to {high}, most likely {mid}"

    @property
    def span(self) -> str:
        """Return the range alone: `$60k to $310k`."""
        low, high = quantity(self.p10, self.unit), quantity(self.p90, self.unit)
        return low if low == high else f"{low} to {high}"


def significant(value: float, digits: int = 2) -> float:
    """Round to significant figures."""
    if not value:
        return 0.0
    return round(value, digits - 1 - floor(log10(abs(value))))


def short_money(amount: float, currency: str) -> str:
    """Return an amount as a business page prints it: $310k, €1.2M."""
    value = significant(amount)
    symbol = SYMBOLS.get(currency, f"{currency} ")
    for size, suffix in ((1e9, "bn"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{symbol}{value / size:.3g}{suffix}"
    return f"{symbol}{value:.0f}"


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit, money first."""
    if unit.isupper():
        return short_money(value, unit)
    rounded = significant(value)
    unit = unit.removesuffix("s") if rounded == 1 else unit
    return f"{rounded:,.0f} {unit}" if rounded >= 10 or rounded == int(rounded) else f"{rounded:g} {unit}"
