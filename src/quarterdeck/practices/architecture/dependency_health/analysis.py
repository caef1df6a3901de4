"""Match a version as somebody wrote it to a release cycle, and tell what state that cycle is in on a day."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

from quarterdeck.domain.records import Cycle

Status = Literal["ended", "ending", "security_only", "supported", "unknown"]
ENDING_DAYS = 365
LONG_LIVED_DAYS = 700
Cycles = Mapping[str, Mapping[str, Cycle]]
Spellings = Mapping[tuple[str, str], str]

_RANGE = re.compile(r"[<>=~^|*,\s]|\.x\b")
_LOWER = re.compile(r"(?:>=|>|\^|~>|~=|~|==|===|=|\[|\()?\s*v?(\d[\w.+-]*)")


def by_product(cycles: Iterable[Cycle]) -> dict[str, dict[str, Cycle]]:
    """Index cycles by product and name."""
    index: dict[str, dict[str, Cycle]] = {}
    for cycle in cycles:
        index.setdefault(cycle.product, {})[cycle.name] = cycle
    return index


def is_range(version: str) -> bool:
    """Tell whether a version allows several releases rather than naming one."""
    return bool(re.search(r"[<>^~|*]|\.x\b|,", version)) and not version.startswith("==")


def lower_bound(version: str) -> str:
    """Return the lowest release that a range allows; of alternatives, the lowest one."""
    bounds = [bound for part in version.split("||") for bound in _bounds(part)]
    return min(bounds, key=_order) if bounds else ""


def _bounds(part: str) -> list[str]:
    lows = [item.strip() for item in part.split(",") if not item.strip().startswith(("<", "!"))]
    words = [word for item in lows for word in re.split(r"\s+(?!\d)", item) if not word.startswith(("<", "!"))]
    found = [_LOWER.match(word.strip()) for word in words]
    return [match[1].rstrip(".") for match in found if match][:1]


def _order(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]


def find_cycle(product: str, version: str, cycles: Cycles, spellings: Spellings) -> Cycle | None:
    """Return the longest cycle that equals a version or is its prefix at a boundary, or nothing.

    A range counts as the lowest release it allows; where that is no cycle of its own, as the next one above.
    """
    known = cycles.get(product)
    text = version.strip().strip("\"'")
    if not known or not text:
        return None
    exact = _prefix(product, text, known, spellings)
    if exact or not is_range(text):
        return exact
    bound = lower_bound(text)
    return (_prefix(product, bound, known, spellings) or _next_above(bound, known)) if bound else None


def _prefix(product: str, text: str, known: Mapping[str, Cycle], spellings: Spellings) -> Cycle | None:
    """Cut a version from the right until it is a known spelling or a cycle."""
    for start in dict.fromkeys((text, re.sub(r"^(==?=?\s*|v|ruby-)(?=\S)", "", text), re.sub(r"(\.\*|\.x)$", "", text))):
        rest = start
        while rest:
            name = spellings.get((product, rest), rest)
            if name in known:
                return known[name]
            cut = max((match.start() for match in re.finditer(r"[.\-+_ ]|(?<=\d)u(?=\d)", rest)), default=0)
            rest = rest[:cut]
    return None


def _next_above(bound: str, known: Mapping[str, Cycle]) -> Cycle | None:
    above = [name for name in known if _order(name) >= _order(bound)]
    return known[min(above, key=_order)] if above else None


def status_on(cycle: Cycle | None, day: date) -> Status:
    """Return the state of a cycle on a day; a cycle without an announced end is supported, not supported for ever."""
    if cycle is None:
        return "unknown"
    end = cycle.security_until
    if cycle.ended or (end is not None and end <= day):
        return "ended"
    if end is not None and (end - day).days <= ENDING_DAYS:
        return "ending"
    if cycle.support_until is not None and cycle.support_until <= day:
        return "security_only"
    return "supported"


def majors_between(cycle: Cycle, target: Cycle, cycles: Cycles) -> int:
    """Count the major releases from a cycle up to its target, at least 1.

    Majors that live shorter than two years are stepping stones nobody has to stop at, and do not count.
    """
    start, end = ((_order(each.name) or [0])[0] for each in (cycle, target))
    passed = {(_order(name) or [0])[0] for name, other in cycles[cycle.product].items() if _long_lived(other)}
    return max(1, len({major for major in passed if start < major <= end}))


def _long_lived(cycle: Cycle) -> bool:
    if cycle.release is None or cycle.security_until is None:
        return not cycle.ended
    return (cycle.security_until - cycle.release).days >= LONG_LIVED_DAYS


def oldest_safe(product: str, cycles: Cycles, day: date) -> Cycle | None:
    """Return the oldest cycle with more than a year of support left: the shortest move that lasts."""
    safe = [
        c
        for c in cycles.get(product, {}).values()
        if status_on(c, day) in ("supported", "security_only") and (not c.release or c.release <= day)
    ]
    return min(safe, key=lambda c: (_order(c.name), c.name)) if safe else None
