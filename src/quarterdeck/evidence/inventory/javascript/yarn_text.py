"""The text of a `yarn.lock`: the grammar of Yarn 1, and the YAML of Yarn 2 and later."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from quarterdeck.evidence.inventory.loaders import Table, as_table, as_text, yaml_of
from quarterdeck.evidence.inventory.source import Source, Unreadable

_BERRY = re.compile(r"^__metadata:", re.MULTILINE)
_WORDS = re.compile(r'"((?:[^"\\]++|\\.)*+)"|([^\s",]+)')
DESCRIPTOR = re.compile(r"((?:@[^/@]+/)?[^@]+)@(.*)", re.DOTALL)


@dataclass
class Entry:
    """One entry of a lockfile: what asks for it, what it is, and what it needs as (name, range)."""

    descriptors: list[str]
    line: int
    fields: dict[str, str] = field(default_factory=dict)
    needs: list[tuple[str, str]] = field(default_factory=list)
    workspace: str | None = None


@lru_cache(maxsize=1)
def entries_of(text: str) -> list[Entry]:
    """Return the entries of a lockfile, read once for the file in hand."""
    return list(_berry(text) if _BERRY.search(text) else _classic(text))


def _classic(text: str) -> Iterator[Entry]:
    """Read the grammar of Yarn 1: entries, their fields two blanks deep, and what they need four blanks deep."""
    entry: Entry | None = None
    section = ""
    for number, line in _lines(text):
        if not line.startswith(" "):
            if entry:
                yield entry
            entry, section = Entry(_headed(line, number), number), ""
        elif entry is None:
            raise Unreadable(f"not a lockfile of Yarn at line {number}", number)
        else:
            section = _field(entry, section, line, number)
    if entry:
        yield entry


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines that say something."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.rstrip()


def _words(line: str) -> list[str]:
    return [match[1] if match[1] is not None else match[2] for match in _WORDS.finditer(line)]


def _field(entry: Entry, section: str, line: str, number: int) -> str:
    """Take a line into an entry, and return the section that the next line stands in."""
    words = _words(line)
    depth = len(line) - len(line.lstrip(" "))
    if depth not in (2, 4) or not words:
        raise Unreadable(f"not a lockfile of Yarn at line {number}", number)
    if depth == 2 and len(words) == 1:
        return words[0].rstrip(":")
    if depth == 2:
        entry.fields[words[0]] = words[1]
        return ""
    if section in ("dependencies", "optionalDependencies") and len(words) > 1:
        entry.needs.append((words[0], words[1]))
    return section


def _headed(line: str, number: int) -> list[str]:
    if not line.endswith(":"):
        raise Unreadable(f"not a lockfile of Yarn at line {number}", number)
    return _words(line[:-1])


def _berry(text: str) -> Iterator[Entry]:
    table = yaml_of(Source(0, "", "yarn.lock", text, {}))
    for key, value in table.items():
        if key == "__metadata" or not isinstance(value, Table):
            continue
        fields = {name: as_text(each) for name, each in value.items()}
        needs = [(name, as_text(wanted)) for name, wanted in as_table(value.get("dependencies")).items()]
        place = DESCRIPTOR.fullmatch(fields.get("resolution", ""))
        workspace = place[2].removeprefix("workspace:") if place and place[2].startswith("workspace:") else None
        yield Entry(key.split(", "), table.lines[key], fields, needs, workspace)
