"""Read a roster (CSV): one row per person, with what a company keeps of them."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from quarterdeck.domain.errors import InputError
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.domain.text import clean, listed
from quarterdeck.evidence.uploads import cells as cell_of
from quarterdeck.evidence.uploads import columns, texts
from quarterdeck.evidence.uploads.cells import Order, Unreadable
from quarterdeck.evidence.uploads.columns import Columns

MOST_BYTES = 100 << 20
MOST_ROWS = 500_000
MOST_LENGTH = 200  # characters of a cell
MOST_NAMED = 20  # marked rows that are named one by one; the rest are counted
WORDS = ("role", "team", "manager", "location", "contract")
Table = Sequence[tuple[int, list[str] | None]]
_BETWEEN = re.compile(r"[;,|\s]+")


@dataclass(frozen=True)
class Row:
    """A person of the roster as written; `number` is the row in the file, the header being row 1."""

    number: int
    name: str
    emails: tuple[str, ...] = ()
    role: str = ""
    team: str = ""
    start: date | None = None
    end: date | None = None
    manager: str = ""
    location: str = ""
    contract: str = ""
    monthly_cost: float | None = None
    currency: str = ""
    marked: tuple[str, ...] = ()  # columns whose text looks like a formula


@dataclass(frozen=True)
class Roster:
    """Rows in = rows kept + problems; notes say what a reader should know of the file and of rows that were kept."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    total: int
    columns: tuple[str, ...]


@dataclass(frozen=True)
class _Reading:
    """How the rows of one file are read."""

    columns: Columns
    orders: dict[str, Order]
    assumed: str
    currency: str

    def cell(self, cells: Sequence[str], field: str) -> str:
        """Return what stands in a field's column of a row that `_fitted` made fit; nothing where there is no such column."""
        return cells[self.columns.at.get(field, -1)]


def read(name: str, content: bytes, *, dates: Order = "") -> Roster:
    """Return the people of a roster; `dates` decides how 03/04/2025 is read where the file itself does not.

    Raise InputError, which names the columns found and wanted, for a file that is no roster.
    """
    if len(content) > MOST_BYTES:
        raise InputError(f"{name}: larger than {MOST_BYTES >> 20} MB", "A roster has one row per person: export only that.")
    text = texts.decoded(content)
    if text is None:
        raise InputError(f"{name}: is not text", "Save the sheet as CSV (UTF-8) and upload that.")
    found, table = headed(name, text.text)
    reading = _reading(found, table, dates)
    rows, problems = _sorted_out(name, table, reading)
    notes = [Problem(Citation(name, name), note) for note in (text.note, _unread(found), reading.assumed) if note]
    return Roster(tuple(rows), tuple(problems), (*notes, *_marked(name, rows)), len(table), found.header)


def headed(name: str, text: str) -> tuple[Columns, Table]:
    """Return the columns of a roster and its rows below the heading; raise InputError where the columns are not a roster's."""
    table = texts.rows(clean(text.replace("\r\n", "\n").replace("\r", "\n")))
    if len(table) > MOST_ROWS:
        raise InputError(f"{name}: has {len(table):,} rows, more than {MOST_ROWS:,}", "A roster has one row per person: export only that.")
    found = columns.recognised(table[0][1] or ()) if table else Columns({}, (), (), ())
    if not found.roster:
        there = listed([f"`{each}`" for each in found.header[:20] if each]) or "none"
        raise InputError(
            f"{name}: is no roster that can be read: its first row names the columns {there}", f"Name the columns: {columns.WANTED}."
        )
    return found, table[1:]


def _heading(found: Columns, field: str) -> str:
    return found.header[found.at[field]] if field in found.at else ""


def _reading(found: Columns, table: Table, dates: Order) -> _Reading:
    """Decide how dates are read: as their column shows, else as the file's other column of dates does, else as the caller says."""
    shown = {field: cell_of.order_of(_column(found, table, field)) for field in ("start", "end")}
    decided = [order for order in shown.values() if order in ("day first", "month first")]
    fallback = decided[0] if len(decided) == 1 else dates
    orders: dict[str, Order] = {}
    for field, order in shown.items():
        orders[field] = fallback if order == "open" else "" if order == "mixed" else order
    guessed = [f"`{_heading(found, field)}`" for field, order in shown.items() if order == "open" and fallback]
    reason = "as the other dates of this file are" if decided else "as asked for"
    assumed = f"dates in {listed(guessed)} were read {fallback}, {reason}" if guessed else ""
    return _Reading(found, orders, assumed, cell_of.currency(_heading(found, "cost")))


def _column(found: Columns, table: Table, field: str) -> list[str]:
    place = found.at.get(field)
    return [] if place is None else [cells[place] for _, cells in table if cells and place < len(cells)]


def _unread(found: Columns) -> str:
    return f"columns that are not read: {', '.join(found.unread[:20])}" if found.unread else ""


def _sorted_out(name: str, table: Table, reading: _Reading) -> tuple[list[Row], list[Problem]]:
    """Return the rows that can be kept, and a problem for each of the others."""
    rows: list[Row] = []
    problems: list[Problem] = []
    seen: dict[Hashable, int] = {}
    for number, cells in table:
        try:
            row = _row(number, cells, reading)
            first = seen.setdefault(_same(row), number)
            if first != number:
                raise Unreadable(f"is the same person and time as row {first}")
            rows.append(row)
        except Unreadable as error:
            problems.append(Problem(Citation(name, f"row {number}"), str(error)))
    return rows, problems


def _same(row: Row) -> Hashable:
    """Return what makes two rows one: the address and the start where there is an address, else everything but the row's number."""
    return (frozenset(row.emails), row.start) if row.emails else replace(row, number=0)


def _row(number: int, cells: list[str] | None, reading: _Reading) -> Row:
    if cells is None:
        raise Unreadable("its quotation marks do not pair")
    cells = _fitted(cells, reading.columns)
    words = {field: reading.cell(cells, field) for field in WORDS}
    cost = reading.cell(cells, "cost")
    row = Row(
        number=number,
        name=_name(cells, reading),
        emails=_emails(cells, reading.columns),
        start=_day(cells, reading, "start"),
        end=_day(cells, reading, "end"),
        monthly_cost=_cost(cost) if cost else None,
        currency=(cell_of.currency(cost) or reading.currency) if cost else "",
        marked=tuple(
            reading.columns.header[place] for place, cell in enumerate(cells) if cell and cell[0] in "=+-@" and cell_of.like_a_formula(cell)
        ),
        **words,
    )
    if row.start and row.end and row.end < row.start:
        raise Unreadable(f"ends on {row.end} before it starts on {row.start}")
    return row


def _fitted(cells: list[str], found: Columns) -> list[str]:
    """Return a row as long as its heading and an empty cell more; refuse one that does not fit, or says too much in one cell."""
    width = len(found.header)
    if len(cells) > width and any(cells[width:]):
        raise Unreadable(f"has {len(cells)} cells where the heading has {width}")
    whole = cells[:width] + [""] * (width - len(cells) + 1 if len(cells) < width else 1)
    if max(map(len, whole)) > MOST_LENGTH and any(len(whole[at]) > MOST_LENGTH for at in (*found.at.values(), *found.emails)):
        raise Unreadable(f"has a cell of more than {MOST_LENGTH} characters")
    return whole


def _name(cells: list[str], reading: _Reading) -> str:
    name = reading.cell(cells, "name") or f"{reading.cell(cells, 'first')} {reading.cell(cells, 'last')}".strip()
    if not any(map(str.isalpha, name)):
        raise Unreadable("has no name")
    return name


def _emails(cells: list[str], found: Columns) -> tuple[str, ...]:
    """Return the addresses of a row in the order in which they stand there, each once."""
    given = [cells[place] for place in found.emails if not cell_of.blank(cells[place])]
    words = [word for cell in given for word in _BETWEEN.split(cell.lower()) if word]
    if wrong := next((word for word in words if not 0 < word.find("@") < len(word) - 1), ""):
        raise Unreadable(f"has `{wrong[:40]}` where an e-mail address should be")
    return tuple(dict.fromkeys(word.strip("<>") for word in words))


def _day(cells: list[str], reading: _Reading, field: str) -> date | None:
    cell = reading.cell(cells, field)
    if not cell:
        return None
    try:
        return cell_of.day(cell, reading.orders[field])
    except Unreadable as error:
        raise Unreadable(f"{field}: {error}") from error


def _cost(cell: str) -> float | None:
    try:
        return cell_of.amount(cell)
    except Unreadable as error:
        raise Unreadable(f"monthly cost: {error}") from error


def _marked(name: str, rows: Sequence[Row]) -> tuple[Problem, ...]:
    """Return a note for each of the first rows that hold what a spreadsheet would run."""
    marked = [row for row in rows if row.marked]
    notes = [
        Problem(Citation(name, f"row {row.number}"), f"{listed(list(row.marked))}: begins like a formula and was kept as text")
        for row in marked[:MOST_NAMED]
    ]
    if rest := len(marked) - len(notes):
        notes.append(Problem(Citation(name, name), f"{rest:,} more rows hold text that begins like a formula"))
    return tuple(notes)
