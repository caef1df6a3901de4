"""The evidence folder: every table of the report as CSV that no spreadsheet will execute."""

import csv
import io
import re

from quarterdeck.deliver.naming import Namer, Names
from quarterdeck.domain.documents import Cell, Table
from quarterdeck.domain.report import Report

_FORMULA = re.compile(r"^[=+\-@\t\r]")


def neutral(value: Cell) -> Cell:
    """Return a cell that a spreadsheet takes as text, not as a formula."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def render(report: Report, names: Names) -> dict[str, str]:
    """Return {file name: CSV} of all tables."""
    namer = Namer(report.people, names)
    sections = [section for practice in report.practices for section in practice.sections]
    return {
        f"{'continuity/' if section.names else ''}{_file_name(namer.key(block.id))}.csv": _csv(block, namer, continuity=section.names)
        for section in sections
        for block in section.blocks
        if isinstance(block, Table)
    }


def _file_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower())


def _csv(table: Table, namer: Namer, *, continuity: bool) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([column.title for column in table.columns])
    for row in table.rows:
        writer.writerow([neutral(namer.shown(cell, continuity=continuity) if isinstance(cell, str) else cell) for cell in row])
    return out.getvalue()
