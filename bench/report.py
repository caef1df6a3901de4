"""Tables and bars: what a section found, kept as JSON and printed as Markdown."""

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
Stored = Mapping[str, Any]  # our own JSON, as read back


@dataclass(frozen=True)
class Table:
    """A table as printed, with notes below it."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bar:
    """One bar: what was asked, what was measured, and whether it was met (None: could not be measured)."""

    what: str
    asked: str
    measured: str
    met: bool | None


@dataclass(frozen=True)
class Section:
    """What one sub-command found."""

    name: str
    bars: tuple[Bar, ...] = ()
    tables: tuple[Table, ...] = ()
    skipped: tuple[str, ...] = ()
    taken: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"))


def at_most(what: str, value: float, limit: float, unit: str) -> Bar:
    """Return the bar of a figure that must not exceed a limit."""
    return Bar(what, f"<= {limit:g} {unit}".strip(), f"{value:.2f} {unit}".strip(), value <= limit)


def at_least(what: str, value: float, limit: float, unit: str = "") -> Bar:
    """Return the bar of a figure that must reach a limit."""
    figure = f"{value:.3f}" if isinstance(value, float) else str(value)
    return Bar(what, f">= {limit:g} {unit}".strip(), f"{figure} {unit}".strip(), value >= limit)


def equal(what: str, value: object, wanted: object) -> Bar:
    """Return the bar of a figure that must equal another."""
    return Bar(what, str(wanted), str(value), value == wanted)


def missing(what: str, asked: str, reason: str) -> Bar:
    """Return a bar that could not be measured."""
    return Bar(what, asked, f"not measured: {reason}", None)


def keep(section: Section, folder: Path = RESULTS) -> None:
    """Store a section beside the others, and write the page of all."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "latest.json"
    known = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    known[section.name] = asdict(section)
    file.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", "utf-8")
    (folder / "latest.md").write_text(page(known), "utf-8")


def page(known: Mapping[str, Stored]) -> str:
    """Return all sections as Markdown, bars first."""
    sections = [parsed(known[name]) for name in sorted(known)]
    bars = [row for section in sections for row in bar_rows(section)]
    head = ["# Bench", "", machine(), "", *lines(Table("Bars", ("section", "bar", "asked", "measured", "met"), tuple(bars))), ""]
    return "\n".join([*head, *(line for section in sections for line in section_lines(section))]).rstrip() + "\n"


def machine() -> str:
    """Say on what kind of machine this was measured, without naming it."""
    git = subprocess.run(["git", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    python = ".".join(str(part) for part in sys.version_info[:3])
    return f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()}), Python {python}, {git}. CPU s = user + system of the process and all it waited for."


def parsed(stored: Stored) -> Section:
    """Return a section from its stored form."""
    bars = tuple(Bar(**each) for each in stored["bars"])
    return Section(stored["name"], bars, tuple(map(table_of, stored["tables"])), tuple(stored["skipped"]), stored["taken"])


def table_of(stored: Stored) -> Table:
    """Return a table from its stored form."""
    return Table(stored["title"], tuple(stored["columns"]), tuple(map(tuple, stored["rows"])), tuple(stored["notes"]))


def bar_rows(section: Section) -> list[tuple[str, ...]]:
    """Return the bars of a section as rows."""
    words = {True: "yes", False: "**no**", None: "-"}
    return [(section.name, bar.what, bar.asked, bar.measured, words[bar.met]) for bar in section.bars]


def section_lines(section: Section) -> list[str]:
    """Return a section as Markdown lines."""
    out = [f"## {section.name}", "", f"Taken {section.taken}.", ""]
    for table in section.tables:
        out += [*lines(table), ""]
    out += [f"- skipped: {reason}" for reason in section.skipped]
    return [*out, ""] if section.skipped else out


def lines(table: Table) -> list[str]:
    """Return a table as Markdown lines."""
    rows = [table.columns, tuple("---" for _ in table.columns), *table.rows]
    body = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    notes = [f"- {note}" for note in table.notes]
    return [f"**{table.title}**", "", *body, *(["", *notes] if notes else [])]


def shown(section: Section) -> str:
    """Return a section as plain text for a terminal."""
    bars = Table(f"{section.name}: bars", ("bar", "asked", "measured", "met"), tuple(row[1:] for row in bar_rows(section)))
    blocks = [aligned(table) for table in (*section.tables, bars) if table.rows]
    return "\n\n".join([*blocks, *(f"skipped: {reason}" for reason in section.skipped)])


def aligned(table: Table) -> str:
    """Return a table with padded columns."""
    rows = [table.columns, *table.rows]
    widths = [max(len(row[at]) for row in rows) for at in range(len(table.columns))]
    body = [joined(row, widths) for row in rows]
    return "\n".join([table.title, *body, *(f"  ({note})" for note in table.notes)])


def joined(cells: Sequence[str], widths: Iterable[int]) -> str:
    """Return one padded row."""
    return "  " + "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
