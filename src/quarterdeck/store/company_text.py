"""Write the company file of a run: TOML that `evidence.company_file` reads back, the same text for the same facts."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

MOST_LETTERS = 200  # of a text in a company file
_CURRENCY = re.compile(r"[A-Z]{3}")
_LEVELS = ("high", "medium", "low")


@dataclass(frozen=True)
class Row:
    """A person of the roster as the book knows them."""

    name: str
    aliases: tuple[str, ...] = ()
    role: str = ""
    begins: date | None = None
    ends: date | None = None


@dataclass(frozen=True)
class Facts:
    """What the book and an uploaded company file say about a company."""

    name: str
    currency: str
    rates: Mapping[str, float | Sequence[float]] = field(default_factory=dict)
    roster: Sequence[Row] = ()
    repositories: Mapping[str, str] = field(default_factory=dict)
    same: Sequence[Sequence[str]] = ()
    different: Sequence[tuple[str, str]] = ()


def text_of(facts: Facts) -> str:
    """Return the company file; what the format cannot hold is left out rather than refused."""
    lines = ["# Written by the workbench from the client's book.", f"name = {quoted(facts.name[:MOST_LETTERS])}"]
    if _CURRENCY.fullmatch(facts.currency):
        lines.append(f"currency = {quoted(facts.currency)}")
    if facts.rates:
        lines += ["", "[rates]", *(f"{quoted(key)} = {_numbers(value)}" for key, value in sorted(facts.rates.items()))]
    lines += [line for row in _unique(facts.roster) for line in _member(row)]
    for name, level in sorted(facts.repositories.items()):
        if level in _LEVELS and _fits(name):
            lines += ["", "[[repositories]]", f"name = {quoted(name)}", f"criticality = {quoted(level)}"]
    lines += ["", "[identity]", f"same = {_lists(facts.same)}", f"different = {_lists(facts.different)}"]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """Return a TOML basic string: JSON's escapes are a part of TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _numbers(value: float | Sequence[float]) -> str:
    return f"[{', '.join(map(repr, value))}]" if isinstance(value, Sequence) else repr(value)


def _fits(text: str) -> bool:
    return 0 < len(text.strip()) <= MOST_LETTERS


def _lists(rows: Iterable[Sequence[str]]) -> str:
    kept = sorted({tuple(each.strip() for each in row) for row in rows if all(map(_fits, row))})
    if not kept:
        return "[]"
    inside = ",\n".join(f"  [{', '.join(map(quoted, row))}]" for row in kept)
    return f"[\n{inside},\n]"


def _unique(roster: Sequence[Row]) -> list[Row]:
    """Let every name and alias stand with one person only, as the format demands.

    People who share a name are told apart by an address or a number: none of them may claim all commits under that name.
    """
    names = [row.name.strip().casefold() for row in roster]
    taken = {name for name in names if name}
    plain = frozenset(taken)
    rows = []
    for row, name in zip(roster, names, strict=True):
        called = row.name.strip() if names.count(name) == 1 else _apart(row, taken)
        taken.add(called.casefold())
        own: list[str] = []
        for alias in (each.strip() for each in row.aliases):
            if _fits(alias) and alias.casefold() not in taken:
                taken.add(alias.casefold())
                own.append(alias)
        rows.append(Row(called, tuple(own), row.role, row.begins, row.ends))
    return sorted(rows, key=lambda row: not _borrows(row, plain))


def _borrows(row: Row, names: frozenset[str]) -> bool:
    """Tell whether an author of this person commits under the name of another: such rows come first, for the first match counts."""
    called = (alias.partition("<")[0].strip().casefold() for alias in row.aliases if "<" in alias)
    return any(name in names and name != row.name.casefold() for name in called)


def _apart(row: Row, taken: set[str]) -> str:
    name = row.name.strip()
    choices = [*(f"{name} ({alias})" for alias in row.aliases), *(f"{name} ({number})" for number in range(1, 10_000))]
    return next(each for each in choices if each.casefold() not in taken and _fits(each))


def _member(row: Row) -> list[str]:
    begins = None if row.begins and row.ends and row.ends < row.begins else row.begins
    lines = ["", "[[roster]]", f"name = {quoted(row.name)}", f"aliases = [{', '.join(map(quoted, row.aliases))}]"]
    lines += [f"role = {quoted(row.role[:MOST_LETTERS])}"] if row.role else []
    lines += [f"start = {begins.isoformat()}"] if begins else []
    return [*lines, f"end = {row.ends.isoformat()}"] if row.ends else lines
