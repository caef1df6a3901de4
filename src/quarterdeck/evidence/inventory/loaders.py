"""Turn the bytes of a manifest into text, tables and trees; refuse what is broken or built to hurt, in plain words.

Values keep the text as written, so that a version 1.10 stays "1.10" (TOML numbers apart); only true, false and null are
converted. A YAML mapping knows the lines of its keys; for JSON and TOML, `Lines` finds them in one pass over the text.
"""

import codecs
import json
import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Sized
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import yaml
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from quarterdeck.domain.text import clean, foreign
from quarterdeck.evidence.inventory.source import Source, Unreadable

MOST_BYTES = 20_000_000  # lockfiles of very large products stay under 10 MB
MOST_MARKUP_BYTES = 8_000_000  # TOML, YAML and XML are read ten times more slowly than JSON
MOST_DEPTH = 100
MOST_ALIASES = 1_000
MOST_ENTRIES = 100_000  # of one file; the largest products stay under 10,000
MOST_NODES = 1_000_000  # of one file, each repeated part counted as often as it is repeated

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32-le"), (codecs.BOM_UTF32_BE, "utf-32-be"),
          (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))  # fmt: skip
_CONFLICT = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)
_COMMENT = re.compile(r'("(?:[^"\\]++|\\.)*+(?:"|\Z))|//[^\n]*|/\*(?:.*?\*/|.*)', re.DOTALL)
_COMMA = re.compile(r'("(?:[^"\\]++|\\.)*+(?:"|\Z))|,(?=\s*[}\]])', re.DOTALL)
_NAMES = re.compile(r'"((?:[^"\\\n]++|\\.)*+)"|\'([^\'\n]*+)\'|^[ \t-]*([\w./@-]++)[ \t]*[=:]', re.MULTILINE)
OBJECTS = re.compile(r'^[ \t]*"((?:[^"\\\n]++|\\.)*+)"[ \t]*:[ \t]*\{', re.MULTILINE)  # the keys of JSON objects, one to a line
_PLAIN = {"": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "True": True, "false": False, "False": False}
_LONG_KEY = re.compile(r"""(?<![\w"'.-])(?:[\w"'-]++[ \t]*+\.[ \t]*+){100}""")  # a.b.c...: read in quadratic time
_LINE = "{quarterdeck}line"


def decoded(content: bytes) -> str:
    """Return the text of a file in UTF-8, 16 or 32, or Latin-1, with line ends as line feeds; refuse what is no text."""
    if len(content) > MOST_BYTES:
        raise Unreadable(f"larger than {MOST_BYTES // 1_000_000} MB, so it was not read")
    mark, encoding = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", _guessed(content)))
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8" or mark:
            raise Unreadable(f"not valid {encoding.upper()} text") from error
        text = content.decode("latin-1")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if (nul := text.find("\0")) >= 0:
        raise Unreadable("holds a NUL byte, so it is no text file", text.count("\n", 0, nul) + 1)
    return text


def _guessed(content: bytes) -> str:
    """Tell UTF-16 without a mark by its empty half."""
    even, odd = content[:400:2], content[1:400:2]
    if len(odd) < 2 or b"\0" not in content[:400]:
        return "utf-8"
    return "utf-16-le" if not odd.strip(b"\0") else "utf-16-be" if not even.strip(b"\0") else "utf-8"


def refuse_conflicts(text: str) -> None:
    """Refuse a text with the marks of a merge that nobody finished."""
    if match := _CONFLICT.search(text):
        line = text.count("\n", 0, match.start()) + 1
        raise Unreadable(f"a merge conflict marker stands in line {line}", line)


def refuse_crowds(entries: Sized) -> None:
    """Refuse a file with more entries than any product has."""
    if len(entries) > MOST_ENTRIES:
        raise Unreadable(f"has more than {MOST_ENTRIES:,} entries, so it was not read")


def said(words: str) -> str:
    """Return words of a repository as a problem may show them: short, visible, and marked as such."""
    return foreign(clean(words[:100]))


def json_of(source: Source) -> dict[str, Any]:
    """Return the object that a JSON file holds."""
    return _json(source.text)


def jsonc_of(source: Source) -> dict[str, Any]:
    """Return the object that a JSON file with comments and trailing commas holds."""
    text = _COMMENT.sub(lambda match: match[1] or re.sub(r"[^\n]", "", match[0]) or " ", source.text)
    return _json(_COMMA.sub(lambda match: match[1] or "", text))


def _json(text: str) -> dict[str, Any]:
    try:
        return _top(json.loads(text, parse_int=str, parse_float=str, parse_constant=str))
    except json.JSONDecodeError as error:
        raise Unreadable(f"not valid JSON at line {error.lineno}", error.lineno) from error
    except RecursionError as error:
        raise Unreadable(f"nested deeper than {MOST_DEPTH} levels") from error


def toml_of(source: Source) -> dict[str, Any]:
    """Return the table that a TOML file holds."""
    _bounded(source.text)
    if match := _LONG_KEY.search(source.text):
        raise Unreadable(f"nested deeper than {MOST_DEPTH} levels", source.text.count("\n", 0, match.start()) + 1)
    try:
        return _top(tomllib.loads(source.text))
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"at line (\d+)", str(error))
        line = int(place[1]) if place else source.text.count("\n") + 1
        raise Unreadable(f"not valid TOML at line {line}", line) from error
    except RecursionError as error:
        raise Unreadable(f"nested deeper than {MOST_DEPTH} levels") from error


def _bounded(text: str) -> None:
    if len(text) > MOST_MARKUP_BYTES:
        raise Unreadable(f"larger than {MOST_MARKUP_BYTES // 1_000_000} MB, so it was not read")


def _top(value: Any) -> dict[str, Any]:
    """Refuse a file whose outermost value is no table, and one that is nested without end."""
    if not isinstance(value, dict):
        raise Unreadable("does not hold a table of names and values, so it is not what its name says")
    level: list[Any] = [value]
    for _ in range(MOST_DEPTH):
        level = [
            inner for outer in level for inner in (outer.values() if isinstance(outer, dict) else outer) if isinstance(inner, dict | list)
        ]
        if not level:
            return value
    raise Unreadable(f"nested deeper than {MOST_DEPTH} levels")


class Table(dict[str, Any]):
    """A YAML mapping that knows the line of each key, and its own."""

    def __init__(self, line: int) -> None:
        """Start empty."""
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


class Rows(list[Any]):
    """A YAML list that knows the line of each entry."""

    def __init__(self, line: int) -> None:
        """Start empty."""
        super().__init__()
        self.line = line
        self.lines: list[int] = []


def yaml_of(source: Source) -> Table:
    """Return the mapping that a YAML file holds; an empty file is an empty one."""
    first = next(iter(yaml_documents_of(source)), None)
    if first is None:
        return Table(1)
    if not isinstance(first, Table):
        raise Unreadable("does not hold a table of names and values, so it is not what its name says")
    return first


def yaml_documents_of(source: Source) -> list[Any]:
    """Return all documents of a YAML file."""
    _bounded(source.text)
    try:
        return _Builder().documents(source.text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise Unreadable(f"not valid YAML at line {line}", line) from error
    except yaml.YAMLError as error:
        raise Unreadable("not valid YAML: it holds characters that no YAML file may hold") from error


def _row(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


class _Builder:
    """Build YAML documents from events: no recursion, no objects, and a count of what aliases repeat."""

    def __init__(self) -> None:
        self.open: list[tuple[Any, str | None, int]] = []  # container, key that waits for its value, nodes before it
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.found: list[Any] = []
        self.nodes = 0
        self.aliases = 0

    def documents(self, text: str) -> list[Any]:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        for event in yaml.parse(text, Loader=loader):
            self._take(event)
        return self.found

    def _take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            value: Any = event.value
            self._counted(1)
            if event.anchor:
                self.anchors[event.anchor] = (value, 1)
            self._put(_PLAIN.get(value, value) if event.implicit[0] else value, event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end()
        elif isinstance(event, yaml.AliasEvent):
            self._repeat(event)

    def _counted(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MOST_NODES:
            raise Unreadable(f"holds more than {MOST_NODES:,} values, some of them by repeating parts of itself")

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        line = _row(event)
        container = Table(line) if isinstance(event, yaml.MappingStartEvent) else Rows(line)
        self._put(container, event)
        if event.anchor:
            self.anchors[event.anchor] = (container, MOST_NODES + 1)  # until it ends, an alias to it would be a circle
        if len(self.open) >= MOST_DEPTH:
            raise Unreadable(f"nested deeper than {MOST_DEPTH} levels", line)
        self._counted(1)
        self.open.append((container, None, self.nodes - 1))

    def _end(self) -> None:
        container, _, before = self.open.pop()
        for name, (anchored, size) in self.anchors.items():
            if anchored is container and size > MOST_NODES:
                self.anchors[name] = (container, self.nodes - before)
        if isinstance(container, Table) and "<<" in container:
            _inherit(container, container["<<"])

    def _repeat(self, event: yaml.AliasEvent) -> None:
        self.aliases += 1
        line = _row(event)
        if self.aliases > MOST_ALIASES:
            raise Unreadable(f"repeats parts of itself more than {MOST_ALIASES:,} times", line)
        if event.anchor not in self.anchors:
            raise Unreadable(f"not valid YAML at line {line}", line)
        value, size = self.anchors[event.anchor]
        self._counted(size)
        self._put(value, event)

    def _put(self, value: Any, event: yaml.Event) -> None:
        line = _row(event)
        if not self.open:
            self.found.append(value)
            return
        container, key, before = self.open[-1]
        if isinstance(container, Rows):
            container.append(value)
            container.lines.append(line)
        elif key is None:
            name = event.value if isinstance(event, yaml.ScalarEvent) else str(value)[:80]
            container.lines[name] = line
            self.open[-1] = (container, name, before)
        else:
            container[key] = value
            self.open[-1] = (container, None, before)


def _inherit(table: Table, base: Any) -> None:
    """Fill in what a mapping takes over from others by `<<`."""
    for other in base if isinstance(base, list) else [base]:
        for key in other if isinstance(other, Table) and other is not table else ():
            if key not in table:
                table[key] = other[key]
                table.lines[key] = other.lines.get(key, table.line)


class _LinedParser(DefusedXMLParser):  # type: ignore[misc]  # the package has no types
    def _fixname(self, key: str) -> str:
        return key.rpartition("}")[2]

    depth = 0

    def _start(self, tag: str, attributes: list[str]) -> Any:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise Unreadable(f"nested deeper than {MOST_DEPTH} levels", self.parser.CurrentLineNumber)
        element = super()._start(tag, attributes)
        element.set(_LINE, str(self.parser.CurrentLineNumber))
        return element

    def _end(self, tag: str) -> Any:
        self.depth -= 1
        return super()._end(tag)


def xml_of(source: Source) -> Element:
    """Return the root of an XML file, names without their namespaces; entities and outside definitions are refused."""
    _bounded(source.text)
    parser = _LinedParser(forbid_dtd=False, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(source.text)
        root: Element = parser.close()
    except ParseError as error:
        line = error.position[0]
        raise Unreadable(f"not valid XML at line {line}", line) from error
    except DefusedXmlException as error:
        raise Unreadable(
            "defines entities or points to definitions elsewhere, which are not followed", parser.parser.CurrentLineNumber
        ) from error
    return root


def line_at(element: Element) -> int:
    """Return the line on which an element of `xml_of` starts."""
    return int(element.get(_LINE, "1"))


def as_text(value: Any) -> str:
    """Return a value as text: a text or a number as it is, all else empty."""
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""


def as_table(value: Any) -> dict[str, Any]:
    """Return a value if it is a table, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_rows(value: Any) -> list[Any]:
    """Return a value if it is a list, or an empty one."""
    return value if isinstance(value, list) else []


class Lines:
    """Where names stand in a text: quoted ones, and bare ones in front of a `=` or `:`."""

    def __init__(self, text: str, pattern: re.Pattern[str] = _NAMES) -> None:
        """Index a text in one pass; the last group that matched is the name."""
        self._places: dict[str, list[int]] = {}
        for name, line in _placed(text, pattern):
            self._places.setdefault(name, []).append(line)

    def of(self, name: str, *, after: int = 1) -> int:
        """Return the first line from `after` on where a name stands; `after` itself where it is not found."""
        places = self._places.get(name, [])
        position = bisect_left(places, after)
        return places[position] if position < len(places) else after


def _placed(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, int]]:
    line, last = 1, 0
    for match in pattern.finditer(text):
        start = match.start(match.lastindex or 0)
        line += text.count("\n", last, start)
        last = start
        yield match[match.lastindex or 0], line


@lru_cache(maxsize=2)
def lines(text: str) -> Lines:
    """Return the index of a text, made once for the file in hand."""
    return Lines(text)


def line_of(text: str, name: str, *, after: int = 1) -> int:
    """Return the first line from `after` on where a quoted name or a key stands."""
    return lines(text).of(name, after=after)
