"""What a company tells about itself: people, rates and what matters. Every part may be missing."""

from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True)
class Member:
    """A row of the roster."""

    name: str
    aliases: tuple[str, ...] = ()
    role: str = ""
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class Rate:
    """A dated rate as low, mid and high, with its source and how good it is."""

    key: str
    low: float
    mid: float
    high: float
    unit: str
    currency: str
    year: str
    grade: str
    source: str
    typical: bool = True

    @property
    def quoted(self) -> str:
        """Return the rate as the quoting rule wants it: range, unit, year, grade and source."""
        origin = f"{self.year}, grade {self.grade}, {self.source}" if self.typical else "from your company file"
        return f"{self.key}: {self.low:g} / {self.mid:g} / {self.high:g} {self.currency} {self.unit} ({origin})"


@dataclass(frozen=True)
class Company:
    """The company file as given; `digest` is empty when there is none."""

    name: str = ""
    currency: str = "USD"
    roster: tuple[Member, ...] = ()
    rates: dict[str, Rate] = field(default_factory=dict)
    criticality: dict[str, str] = field(default_factory=dict)
    same_person: tuple[tuple[str, ...], ...] = ()
    not_same_person: tuple[tuple[str, str], ...] = ()
    digest: str = ""

    @property
    def given(self) -> bool:
        """Tell whether a company file was given at all."""
        return bool(self.digest)
