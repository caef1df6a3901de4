"""`setup.cfg`, and what stands written out in `setup.py`, which is read but never run."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from configparser import ConfigParser, Error
from dataclasses import dataclass, field

from quarterdeck.domain.contents import Component, Scope
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.evidence.inventory.loaders import said
from quarterdeck.evidence.inventory.packages.listing import LITERAL, Listing
from quarterdeck.evidence.inventory.python.pyproject import entry
from quarterdeck.evidence.inventory.python.requirement import asked, purpose
from quarterdeck.evidence.inventory.source import Source, Unreadable

MOST_BYTES = 1_000_000  # a script that describes a package
MOST_STEPS = 20  # names that stand for names, and sums of lists
_LISTS: Mapping[str, Scope] = {"install_requires": "runtime", "requires": "runtime", "setup_requires": "build", "tests_require": "test"}
Row = tuple[str, int]  # a requirement as written, line


def setup_cfg(source: Source) -> Iterator[Component | Problem]:
    """Read the options of setuptools; a file that other tools alone use names nothing."""
    parser = ConfigParser(interpolation=None, strict=False, allow_no_value=True, empty_lines_in_values=True)
    try:
        parser.read_string(source.text[:MOST_BYTES])
    except Error as error:
        line = int(getattr(error, "lineno", None) or 1)
        raise Unreadable(f"not valid as a file of sections and options at line {line}", line) from error
    places = _Places(source.text)
    listing = Listing(source, "pypi", "setup.cfg")
    if wanted := parser.get("options", "python_requires", fallback=None):
        yield listing.requirement("python", places.of("python_requires", 1), wanted)
    for option, scope in _LISTS.items():
        yield from _entries(listing, _split(parser.get("options", option, fallback=None), places, option), scope)
    extras = parser["options.extras_require"] if parser.has_section("options.extras_require") else {}
    for extra in extras:
        yield from _entries(listing, _split(extras.get(extra), places, extra), _extra(extra))


class _Places:
    """The lines of a text by what stands on them."""

    def __init__(self, text: str) -> None:
        self._index: dict[str, list[int]] = {}
        for number, line in enumerate(text.split("\n"), 1):
            for word in {line.strip(), line.partition("=")[0].strip().lower()}:
                self._index.setdefault(word, []).append(number)

    def of(self, text: str, after: int) -> int:
        return next((number for number in self._index.get(text, ()) if number >= after), after)


def _split(value: str | None, places: _Places, option: str) -> list[Row]:
    """Split a list as setuptools does, by lines or else by semicolons; `file:` points to a list that is read for itself."""
    top = places.of(option.lower(), 1)
    if not value or value.strip().startswith(("file:", "attr:")):
        return []
    texts = value.split("\n" if "\n" in value else ";")
    bare = [text.partition(" #")[0].strip() for text in texts]
    return [(text, places.of(text, top)) for text in bare if text and not text.startswith("#")]


def _extra(name: str) -> Scope:
    """Return the scope of an extra; `name:marker` is the old way of writing a condition, without a name it always applies."""
    name = name.partition(":")[0].strip()
    return purpose(name, otherwise="optional") if name else "runtime"


def _entries(listing: Listing, rows: Iterable[Row], scope: Scope) -> Iterator[Component | Problem]:
    for text, line in rows:
        if found := asked(text):
            yield from entry(listing, found, scope, line)
        else:
            yield Problem(
                Citation(listing.source.name, f"{listing.source.path}:{line}"), f"not understood as a requirement: {said(text[:60])}"
            )


@dataclass
class _Script:
    """The values that a script assigns once, at its outermost level."""

    values: dict[str, ast.expr] = field(default_factory=dict)

    def strings(self, node: ast.expr | None, depth: int = 0) -> tuple[list[Row], bool]:
        """Return the texts that stand written out in an expression, and whether that was all of it."""
        match node if depth <= MOST_STEPS else False:
            case None:
                return [], True
            case ast.Constant(value=str(text), lineno=line):
                return [(each, line) for each in text.split("\n") if each.strip()], True
            case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
                return self._all(parts, depth)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._all([left, right], depth)
            case ast.Name(id=name) if name in self.values:
                return self.strings(self.values[name], depth + 1)
        return [], False

    def _all(self, nodes: list[ast.expr], depth: int) -> tuple[list[Row], bool]:
        parts = [self.strings(node, depth + 1) for node in nodes]
        return [row for rows, _ in parts for row in rows], all(whole for _, whole in parts)

    def table(self, node: ast.expr | None) -> dict[str, ast.expr]:
        """Return the entries with written-out names of a dictionary."""
        if isinstance(node, ast.Name):
            node = self.values.get(node.id)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
            return {word.arg: word.value for word in node.keywords if word.arg}
        if not isinstance(node, ast.Dict):
            return {}
        pairs = zip(node.keys, node.values, strict=True)
        return {str(key.value): value for key, value in pairs if isinstance(key, ast.Constant)}


def setup_py(source: Source) -> Iterator[Component | Problem]:
    """Read the literal arguments of `setup()`; what code works out is named as unknown."""
    arguments, script = _arguments(source)
    listing = Listing(source, "pypi", "setup.py")
    wanted, _ = script.strings(arguments.get("python_requires"))
    for text, line in wanted[:1]:
        yield listing.requirement("python", line, text)
    lists = [(arguments.get(option), scope, option) for option, scope in _LISTS.items()]
    extras = arguments.get("extras_require")
    lists += [(node, _extra(name), "extras_require") for name, node in script.table(extras).items()]
    for node, scope, option in lists:
        rows, whole = script.strings(node)
        yield from _entries(listing if whole else _unsure(listing), rows, scope)
        if not whole and node is not None:
            place = Citation(source.name, f"{source.path}:{node.lineno}")
            yield Problem(place, f"{option} is worked out by code, which is not run: only what stands written out in it is known")


def _unsure(listing: Listing) -> Listing:
    return Listing(listing.source, listing.ecosystem, listing.parser, LITERAL)


def _arguments(source: Source) -> tuple[dict[str, ast.expr], _Script]:
    """Return the arguments of the call to `setup`, and the values that the script assigns."""
    nodes = list(ast.walk(_parsed(source.text)))
    script = _Script()
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            script.values.setdefault(node.targets[0].id, node.value)
    words = [word for node in nodes if isinstance(node, ast.Call) and _called(node) == "setup" for word in node.keywords]
    found: dict[str, ast.expr] = {}
    for word in words:
        found.update({word.arg: word.value} if word.arg else script.table(word.value))
    return found, script


def _parsed(text: str) -> ast.Module:
    if len(text) > MOST_BYTES:
        raise Unreadable(f"larger than {MOST_BYTES // 1_000_000} MB, which no setup script is")
    try:
        return ast.parse(text)
    except SyntaxError as error:
        line = error.lineno or 1
        raise Unreadable(f"not valid Python 3 at line {line}", line) from error
    except (RecursionError, MemoryError) as error:
        raise Unreadable("nested deeper than Python reads") from error


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""
