"""Text in whatever encoding a program wrote it, and tables with whatever mark between their cells."""

import codecs
import csv
import io
from dataclasses import dataclass

DELIMITERS = (",", ";", "\t")
SAMPLE = 1 << 12
HEADING = 1 << 16  # characters in which the first row must end
_MARKED = ((codecs.BOM_UTF8, "utf-8-sig", "UTF-8"), (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"), (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"))


@dataclass(frozen=True)
class Text:
    """A text, the encoding it came in, and what a reader should know of that (empty for UTF-8)."""

    text: str
    encoding: str
    note: str = ""


def decoded(content: bytes) -> Text | None:
    """Return the text of a file; None where it holds no text."""
    for mark, codec, name in _MARKED:
        if content.startswith(mark):
            return _as(content, codec, name)
    if sideways := _utf_16(content[:SAMPLE]):
        return _as(content, sideways, "UTF-16")
    return None if b"\0" in content else _as(content, "utf-8", "UTF-8") or _as(content, "cp1252", "Windows-1252")


def _utf_16(sample: bytes) -> str:
    """Name the kind of UTF-16 that plain letters betray where no mark does: every other byte is zero."""
    if len(sample) < 4 or sample.count(0) * 3 < len(sample):
        return ""
    return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"


def _as(content: bytes, codec: str, name: str) -> Text | None:
    try:
        text = content.decode(codec)
    except UnicodeDecodeError:
        return None
    note = f"is written in {name}, not in UTF-8, and was read as such"
    if name == "Windows-1252":
        note += ": check letters with accents"
    return None if "\0" in text else Text(text, name, "" if name == "UTF-8" else note)


def delimiter_of(line: str) -> str:
    """Return the mark between the cells of a line: the one that makes most cells."""
    return max(DELIMITERS, key=lambda each: len(next(csv.reader([line], delimiter=each), [])))


def rows(text: str) -> list[tuple[int, list[str] | None]]:
    """Return the number and the stripped cells of each row that is not blank, counted as a spreadsheet counts them; None for one that cannot be read.

    Where quotation marks do not pair, each line is a row of its own, so that one bad row does not swallow the rest.
    """
    lines, mark = _lines(text)
    try:
        found: list[list[str] | None] = [_stripped(cells) for cells in csv.reader(lines, delimiter=mark, strict=True)]
    except csv.Error:
        found = [_line(line, mark) for line in lines]
    return [(number, cells) for number, cells in enumerate(found, 1) if cells is None or any(cells)]


def _stripped(cells: list[str]) -> list[str]:
    return [" ".join(cell.split()) if "\n" in cell else cell.strip() for cell in cells]


def first_row(text: str) -> list[str]:
    """Return the cells of the first row that is not blank; none where it cannot be read."""
    lines, mark = _lines(text[:HEADING])
    return _line(next((line for line in lines if line.strip()), ""), mark) or []


def _lines(text: str) -> tuple[list[str], str]:
    """Return the lines of a table and the mark between cells."""
    lines = list(io.StringIO(text, newline=""))
    told = lines[0].strip("\r\n").lower() if lines else ""
    if told.startswith("sep=") and told[4:] in DELIMITERS:  # spreadsheets write this line, and do not count it as a row
        return lines[1:], told[4]
    return lines, delimiter_of(next((line for line in lines if line.strip()), ""))


def _line(line: str, mark: str) -> list[str] | None:
    try:
        return _stripped(next(csv.reader([line], delimiter=mark, strict=True), []))
    except csv.Error:
        return None
