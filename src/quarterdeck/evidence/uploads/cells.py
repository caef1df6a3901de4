"""Dates and amounts as people write them: read only where they can mean one thing."""

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Literal

Order = Literal["", "day first", "month first"]
BLANK = frozenset(
    {"", "-", "--", "–", "—", "n/a", "na", "none", "null", "nil", "tbd", "?", "present", "current", "open", "today", "unknown"}
)
LONGEST_BLANK = max(map(len, BLANK))
FORMULA = ("=", "+", "-", "@")
MOST_AMOUNT = 1e9
MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ][\d:.,]+(?:Z|[+-]\d\d:?\d\d)?)?")
_TURNED = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?: [\d:]+)?")
_NAMED = re.compile(r"(\d{1,2})[ .-]+([A-Za-z]{3,9})\.?,?[ -]+(\d{4})|([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})")
_AMOUNT = re.compile(r"(?:[A-Z]{3}|[$€£])?\s*([0-9](?:[0-9.,'’\s]*[0-9])?)\s*(?:[.,]-{1,2})?\s*(?:[A-Z]{3}|[$€£])?")
_PLAIN = re.compile(r"(\d+)(?:[.,](\d{1,2}))?")
_GROUPED = re.compile(r"(\d{1,3}([.,])\d{3}(?:\2\d{3})*)(?:(?!\2)[.,](\d{1,2}))?")  # a single mark before three digits parts thousands
_CODE = re.compile(r"\b([A-Z]{3})\b|([$€£])")
_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP"}


class Unreadable(ValueError):
    """A cell that cannot be read, or that can be read in two ways."""


def blank(cell: str) -> bool:
    """Tell whether a cell says nothing."""
    return not cell or (len(cell) <= LONGEST_BLANK and cell.casefold() in BLANK)


def order_of(cells: Iterable[str]) -> Order | Literal["open", "mixed"]:
    """Return how a column writes its dates with slashes; `open` where each can be read both ways, `mixed` where they disagree."""
    slashed = {(int(match[1]) > 12, int(match[3]) > 12) for match in map(_TURNED.fullmatch, set(cells)) if match and match[2] != "."}
    day, month = any(first for first, _ in slashed), any(second for _, second in slashed)
    if day and month:
        return "mixed"
    return "day first" if day else "month first" if month else "open" if slashed else ""


@lru_cache(maxsize=50_000)
def day(cell: str, order: Order) -> date | None:
    """Return the day that a cell names, None for a blank one; raise Unreadable otherwise."""
    if blank(cell):
        return None
    try:
        return _day(cell, order)
    except ValueError as error:
        raise Unreadable(str(error) if isinstance(error, Unreadable) else f"`{cell[:40]}` is no day of the calendar") from error


def _day(cell: str, order: Order) -> date:
    if match := _ISO.fullmatch(cell):
        return date(int(match[1]), int(match[2]), int(match[3]))
    if match := _TURNED.fullmatch(cell):
        return _turned(cell, int(match[1]), int(match[3]), int(match[4]), "day first" if match[2] == "." else order)
    if match := _NAMED.fullmatch(cell):
        number, name, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
        if month := MONTHS.get(name[:3].lower()):
            return date(int(year), month, int(number))
    raise Unreadable(f"`{cell[:40]}` is no date that can be read: write it as 2025-12-31")


def _turned(cell: str, first: int, second: int, year: int, order: Order) -> date:
    """Return a day written as 31/12/2025 or 12/31/2025."""
    if first > 12 or second > 12:
        return date(year, second, first) if second <= 12 else date(year, first, second)
    if not order and first != second:
        raise Unreadable(
            f"`{cell}` can be read in two ways: write it as {year}-{second:02d}-{first:02d} or {year}-{first:02d}-{second:02d}"
        )
    return date(year, second, first) if order != "month first" else date(year, first, second)


@lru_cache(maxsize=50_000)
def amount(cell: str) -> float | None:
    """Return an amount of money, whatever marks its thousands; None for a blank cell, Unreadable where it is none."""
    if blank(cell):
        return None
    match = _AMOUNT.fullmatch(cell)
    value = _number(re.sub(r"[\s'’]", "", match[1])) if match else None
    if value is None or not value < MOST_AMOUNT:
        raise Unreadable(f"`{cell[:40]}` is no amount that can be read: write it as 5400 or 5400.50")
    return value


def _number(text: str) -> float | None:
    """Return a number, whichever of point and comma marks its thousands; None where that cannot be told."""
    if match := _GROUPED.fullmatch(text):
        return float(f"{re.sub('[.,]', '', match[1])}.{match[3] or 0}")
    match = _PLAIN.fullmatch(text)
    return float(f"{match[1]}.{match[2] or 0}") if match else None


def currency(text: str) -> str:
    """Return the currency that a heading or a cell names; empty where it names none."""
    match = _CODE.search(text)
    return "" if match is None else match[1] or _SYMBOLS[match[2]]


def like_a_formula(cell: str) -> bool:
    """Tell whether a spreadsheet would run a cell instead of showing it."""
    return cell.startswith(FORMULA) and not blank(cell)
