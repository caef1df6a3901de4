"""The statements of a Gradle build script and the values it defines, read as text; nothing of it runs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from quarterdeck.evidence.inventory.packages.listing import Shelf, folders_up, inside

LONGEST_STATEMENT = 20_000
LONGEST_SCRIPT = 2_000_000
MOST_OPEN = 200
MOST_ROUNDS = 5
_PIECE = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+"""|"(?:[^"\\\n$]|\\.|\$\{[^{}\n]*+\}|\$)*+"|\'(?:[^\'\\\n]|\\.)*+\'|//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?|[{}()\[\]\n;]|[^"\'/{}()\[\]\n;]++|.',
    re.DOTALL,
)
_BLOCK = re.compile(r"""\s*+(?:val\s++)?(?:(?:named|getByName|create|register)\s*+\(\s*+["'](\w++)["']|["']?([\w.]*+))""")
_STRING = r"""["']([^"'\n]*+)["']"""
_ASSIGNED = re.compile(rf"(?<![\w.])([A-Za-z_][\w.]*+)(?:\s*+:\s*+String)?\s*+=\s*+{_STRING}\s*+$")
_BY_EXTRA = re.compile(rf"\bval\s++(\w++)(?:\s*+:\s*+String)?\s++by\s++extra\s*+\(\s*+{_STRING}")
_SET = re.compile(rf"(?:\bset\s*+\(\s*+|\b(?:ext|extra)\s*+\[\s*+){_STRING}\s*+\]?\s*+[,=]\s*+{_STRING}")
_MAP = re.compile(r"(?<![\w.])([A-Za-z_][\w.]*+)\s*+\+?=\s*+\[")
_ENTRY = re.compile(rf"(?<![\w.-])([\w.-]++)[\"']?\s*+:\s*+{_STRING}")
_PROPERTY = re.compile(r"^[ \t]*+([\w.-]++)[ \t]*+[=:][ \t]*+(\S[^\n]*+)", re.MULTILINE)
_INSIDE = re.compile(
    r"\$\{\s*(?:[\w.]*(?:property|findProperty|get)\s*\(\s*[\"']([\w.]+)[\"']\s*\)|([\w.]++(?:\[[\"']\w++[\"']\])?+))(?:\s*+(?:\?:|\.|\()[^{}\n]*+)?\}|\$([A-Za-z_]\w*+(?:\.\w++)*+)"
)
_PREFIX = re.compile(r"^(?:rootProject\.|project\.|ext\.|extra\.|gradle\.|this\.)+")


@dataclass(frozen=True)
class Statement:
    """One statement of a script: its text on one line, where it starts and the blocks around it."""

    text: str
    line: int
    blocks: tuple[str, ...]


@lru_cache(maxsize=64)
def statements(script: str) -> tuple[Statement, ...]:
    """Split a script into statements; comments are left out, brackets and commas carry a statement on."""
    return tuple(_Reader().read(script[:LONGEST_SCRIPT]))


class _Reader:
    """Follows a script piece by piece."""

    def __init__(self) -> None:
        self.held: list[str] = []
        self.size = 0
        self.start = 1
        self.line = 1
        self.depth = 0
        self.blocks: list[str] = []

    def read(self, script: str) -> Iterator[Statement]:
        for match in _PIECE.finditer(script):
            piece = match[0]
            if piece in ("{", "}", "\n", ";"):
                yield from self._boundary(piece)
            elif not piece.startswith(("//", "/*")):
                self._hold(piece)
            self.line += piece.count("\n")
        yield from self._flush()

    def _hold(self, piece: str) -> None:
        if not self.held and not piece.strip():
            return
        if not self.held:
            self.start = self.line
        self.depth = max(0, self.depth + (piece in "([") - (piece in ")]"))
        self.size += len(piece)
        if self.size <= LONGEST_STATEMENT:
            self.held.append(piece)

    def _boundary(self, piece: str) -> Iterator[Statement]:
        """End a statement, or carry on where brackets are open or a comma stands at the end."""
        if (
            piece == "\n"
            and (self.depth or (self.held and self.held[-1].rstrip().endswith((",", "+", "=", ":"))))
            and self.size < LONGEST_STATEMENT
        ):
            self._hold(" ")
            return
        name = _BLOCK.match("".join(self.held[:8]))
        yield from self._flush()
        if piece == "{" and len(self.blocks) < MOST_OPEN:
            self.blocks.append((name[1] or name[2]) if name else "")
        elif piece == "}" and self.blocks:
            self.blocks.pop()

    def _flush(self) -> Iterator[Statement]:
        text = "".join(self.held).strip()
        self.held, self.size, self.depth = [], 0, 0
        if text:
            yield Statement(text, self.start, tuple(self.blocks[-8:]))


@dataclass(frozen=True)
class Values:
    """What the names of a build stand for."""

    known: Mapping[str, str]

    def of(self, name: str) -> str | None:
        """Return the value of a name, with or without the object that it hangs on."""
        name = re.sub(r"\[[\"'](\w+)[\"']\]", r".\1", name.strip())
        return self.known.get(name, self.known.get(_PREFIX.sub("", name)))

    def _inside(self, match: re.Match[str]) -> str:
        """Return what a name in a text stands for; of `$a.b`, all may be the name or only the first word."""
        name = match[1] or match[2] or match[3]
        first, dot, rest = name.partition(".")
        short = self.of(first) if match[3] and dot else None
        return self.of(name) or (f"{short}.{rest}" if short else match[0])

    def filled(self, text: str) -> str:
        """Fill in what is known; the rest stays as written."""
        for _ in range(MOST_ROUNDS):
            changed = _INSIDE.sub(self._inside, text)
            if changed == text or len(changed) > LONGEST_STATEMENT:
                break
            text = changed
        return text


@lru_cache(maxsize=64)
def values_of(shelf: Shelf, folder: str) -> Values:
    """Return the values that the scripts and property files of a folder, and of those above it, define."""
    known: dict[str, str] = {}
    for above in reversed(list(folders_up(folder))):
        known |= _properties(shelf.files.get(inside(above, "gradle.properties"), ""))
        for path in _scripts(shelf).get(inside(above, "gradle"), ()):
            known |= _defined(shelf.files[path])
        for path in _scripts(shelf).get(above, ()):
            known |= _defined(shelf.files[path])
    return Values(known)


@lru_cache(maxsize=2)
def _scripts(shelf: Shelf) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(shelf.files):
        if path.endswith((".gradle", ".gradle.kts")):
            found.setdefault(path.rpartition("/")[0], []).append(path)
    return found


def _properties(text: str) -> dict[str, str]:
    return {match[1]: match[2].strip() for match in _PROPERTY.finditer(text[:200_000]) if not match[1].startswith("#")}


@lru_cache(maxsize=256)
def _defined(script: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for statement in statements(script):
        found |= _definitions(statement.text)
    return found


def _definitions(text: str) -> dict[str, str]:
    found = {_PREFIX.sub("", match[1]): match[2] for match in _ASSIGNED.finditer(text)}
    found |= {match[1]: match[2] for pattern in (_BY_EXTRA, _SET) for match in pattern.finditer(text)}
    if table := _MAP.search(text):
        name = _PREFIX.sub("", table[1])
        found |= {f"{name}.{match[1]}": match[2] for match in _ENTRY.finditer(text, table.end())}
    return found
