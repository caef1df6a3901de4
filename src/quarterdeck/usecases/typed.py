"""Values that people typed: read what they mean, or say beside which field what to do."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from quarterdeck.domain.errors import InputError

LONGEST = 5000
MOST_AMOUNT = Decimal("999999999999.99")
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2200, 1, 1)
MOST_MINUTES = 24 * 60
SPREAD = re.compile(r"\s*(?:-|–|\bto\b)\s*")
CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::[0-5]\d)?", re.ASCII)
HOURS = re.compile(r"(\d{1,3}(?:\.\d{1,2})?) ?h(?:ours?|rs?)?(?: ?([0-5]?\d) ?(?:m(?:in(?:ute)?s?)?)?)?", re.ASCII)
MINUTES = re.compile(r"(\d{1,4}) ?m(?:in(?:ute)?s?)?", re.ASCII)
POINT = re.compile(r"\d{1,3}\.\d{1,2}", re.ASCII)
FORBIDDEN = dict.fromkeys((0, *range(0xD800, 0xE000)))  # no database keeps these


class Wrong(InputError):
    """A value that cannot be taken, with the field that it stands in."""

    def __init__(self, field: str, message: str, hint: str = "") -> None:
        """Keep the field, so that a form says it there."""
        super().__init__(message, hint)
        self.field = field


def words(field: str, value: str, *, most: int = LONGEST, needed: str = "") -> str:
    """Return a typed text without space around it; `needed` says what to type where there must be one."""
    text = value.translate(FORBIDDEN).replace("\r\n", "\n").strip()
    if needed and not text:
        raise Wrong(field, needed)
    if len(text) > most:
        raise Wrong(field, f"This is {len(text):,} characters long; {most:,} fit.", "Shorten it, or put the rest into a note.")
    return text


def line(field: str, value: str, *, most: int = 300, needed: str = "") -> str:
    """Return a typed text of one line."""
    return words(field, " ".join(value.split()), most=most, needed=needed)


def day(field: str, value: str | date | None) -> date | None:
    """Return a typed day, or nothing where none was typed."""
    if not value or isinstance(value, date):
        return value or None
    try:
        found = date.fromisoformat(value.strip())
    except ValueError:
        raise Wrong(field, "This is not a day.", "Type it as 2027-03-14.") from None
    if not FIRST_DAY <= found <= LAST_DAY:
        raise Wrong(field, "This day is too far away.", f"Type one between {FIRST_DAY:%Y} and {LAST_DAY:%Y}.")
    return found


def amount(field: str, value: str | Decimal | None, *, most: Decimal = MOST_AMOUNT, places: int = 2) -> Decimal | None:
    """Return a typed amount that is not negative, or nothing where none was typed; 1,500 and 1 500 are read as 1500."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    try:
        found = Decimal(str(value).replace(",", "").replace(" ", "").replace(" ", ""))
    except InvalidOperation:
        raise Wrong(field, "This is not a number.", "Type digits, with a point before decimals: 1500.50.") from None
    if not found.is_finite() or not 0 <= found <= most:
        raise Wrong(field, f"This must be between 0 and {most:,}.")
    return round(found, places)


def one_of(field: str, value: str, options: Iterable[str]) -> str:
    """Return a chosen value, if it was one of the choices."""
    if value not in set(options):
        raise Wrong(field, "This is not one of the choices.", "Choose one from the list.")
    return value


def spread(field: str, value: str | Mapping[str, Any] | None, unit: str) -> dict[str, Any] | None:
    """Return a typed estimate, `4`, `2-5` or `2-4-8`, as {p10, p50, p90, unit, basis}, or nothing where none was typed."""
    if not value or not isinstance(value, str):
        return dict(value) if value else None
    ends = [amount(field, part) for part in SPREAD.split(value.strip())]
    if not 1 <= len(ends) <= 3 or None in ends:
        raise Wrong(field, "This is not an amount or a range.", "Type 4, or 2-5, or lowest, likely and highest: 2-4-8.")
    low, high = float(ends[0] or 0), float(ends[-1] or 0)
    middle = float(ends[1] or 0) if len(ends) == 3 else (low + high) / 2
    if not low <= middle <= high:
        raise Wrong(field, "The range is out of order.", "Type the lowest first: 2-5.")
    return {"p10": low, "p50": middle, "p90": high, "unit": unit, "basis": "as typed"}


def spread_text(value: Mapping[str, Any] | None) -> str:
    """Return an estimate as it would be typed."""
    if not value:
        return ""
    low, middle, high = (f"{float(value[name]):.10g}" for name in ("p10", "p50", "p90"))
    if low == high:
        return low
    return f"{low}-{high}" if float(middle) * 2 == float(low) + float(high) else f"{low}-{middle}-{high}"


def minutes(field: str, value: str) -> int:
    """Return a typed duration in whole minutes: 45m, 1:30, 1.5h, 1h 30m or 1.5 (hours)."""
    found = duration(value)
    if found is None:
        raise Wrong(field, "This is not a length of time.", "Type it as 45m, 1:30 or 1.5h.")
    if not 0 < found <= MOST_MINUTES:
        raise Wrong(field, "A day has 24 hours.", "Type a time between 1m and 24h.")
    return found


def duration(value: str) -> int | None:
    """Return a length of time in minutes, or nothing where the text is none."""
    text = value.strip().lower()
    if clock := CLOCK.fullmatch(text):
        return int(clock[1]) * 60 + int(clock[2])
    if spoken := HOURS.fullmatch(text):
        return int(float(spoken[1]) * 60 + int(spoken[2] or 0) + 0.5)
    if spoken := MINUTES.fullmatch(text):
        return int(spoken[1])
    return int(float(text) * 60 + 0.5) if POINT.fullmatch(text) else None
