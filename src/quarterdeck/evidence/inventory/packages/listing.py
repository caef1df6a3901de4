"""Components as one file names them, with package URLs of the right type."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from packageurl import PackageURL

from quarterdeck.domain.contents import Component, Origin, Relation, Scope
from quarterdeck.evidence.inventory.source import Source, Unreadable

LOCK, MANIFEST, LITERAL = 1.0, 0.8, 0.5  # how sure a name is, by where it stands
LONGEST_LINE = 2_000
MOST_LINES = 200_000  # the longest real ones stay under a tenth of this
LONGEST_NAME = 300
Found = TypeVar("Found")


@dataclass(frozen=True)
class Listing:
    """What all components that one file names have in common."""

    source: Source
    ecosystem: str
    parser: str
    confidence: float = MANIFEST
    system: str | None = None

    def entry(
        self,
        name: str,
        line: int,
        *,
        version: str = "",
        wanted: str = "",
        relation: Relation = "direct",
        scope: Scope = "runtime",
        parents: Iterable[str] = (),
        origin: Origin = "registry",
        licence: str = "",
        integrity: str = "",
        purl: str = "",
        ecosystem: str = "",
    ) -> Component:
        """Return a component of this file; an exact version silences the range."""
        kind = ecosystem or self.ecosystem
        return Component(
            repository=self.source.repository,
            purl=purl or purl_of(kind, name, version),
            ecosystem=kind,
            name=name,
            version=version,
            wanted="" if version else wanted,
            relation=relation,
            scope=scope,
            system=self.source.folder if self.system is None else self.system,
            path=self.source.path,
            line=line,
            parser=self.parser,
            confidence=self.confidence,
            parents=tuple(parents),
            origin=origin,
            licence=licence,
            integrity=integrity,
        )

    def requirement(self, name: str, line: int, text: str) -> Component:
        """Return what a manifest says of the language or runtime that it needs."""
        return self.entry(name, line, wanted=text.strip(), ecosystem="generic")


@lru_cache(maxsize=100_000)
def purl_of(ecosystem: str, name: str, version: str, qualifiers: str = "", subpath: str = "") -> str:
    """Return the package URL of a name as its ecosystem writes it; `qualifiers` as in a query string."""
    namespace, _, last = name.rpartition(":" if ecosystem == "maven" else "/")
    known = dict(pair.partition("=")[::2] for pair in qualifiers.split("&") if pair)
    return PackageURL(ecosystem, namespace or None, last or name, version or None, known or None, subpath or None).to_string()


def plausible(name: str) -> bool:
    """Tell whether a text can be a name: not empty, not endless, no blanks and nothing left to fill in."""
    return bool(name) and len(name) <= LONGEST_NAME and not re.search(r"[\s${}<>\"'`]", name)


def numbered(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text with their numbers; endless lines are left out, an endless text is refused."""
    if text.count("\n") > MOST_LINES:
        raise Unreadable(f"more than {MOST_LINES:,} lines, so it was not read")
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) < LONGEST_LINE:
            yield number, line.rstrip("\r")


def worst(scopes: Iterable[Scope]) -> Scope:
    """Return the scope that reaches furthest of several: what runs anywhere, runs."""
    order: Sequence[Scope] = ("runtime", "optional", "peer", "build", "dev", "test", "unknown")
    found = set(scopes)
    return next((scope for scope in order if scope in found), "unknown")


def at(parent: str, path: str) -> str | None:
    """Return a path below a folder, both inside the repository, or nothing where it leaves the repository."""
    parts: list[str] = []
    for part in f"{parent}/{path}".replace("\\", "/").split("/"):
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def folders_up(folder: str) -> Iterator[str]:
    """Yield a folder and all those above it, the top one, empty, last."""
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]
    yield ""


def inside(folder: str, name: str) -> str:
    """Return the path of a file in a folder that may be the top one."""
    return f"{folder}/{name}" if folder else name


def parsed(source: Source, path: str, load: Callable[[Source], Found]) -> Found | None:
    """Return another file of the repository as a loader reads it, or nothing where it is missing or broken."""
    return _parsed(source.files[path], load) if path in source.files else None


@lru_cache(maxsize=64)
def _parsed(text: str, load: Callable[[Source], Found]) -> Found | None:
    try:
        return load(Source(0, "", "", text, {}))
    except Unreadable:
        return None


class Shelf:
    """All files of a repository, equal to itself only: what is worked out for one manifest can be kept for the next."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """Hold the files, so that nothing else takes their place in memory."""
        self.files = files

    def __eq__(self, other: object) -> bool:
        """Tell whether it is the very same mapping."""
        return isinstance(other, Shelf) and other.files is self.files

    def __hash__(self) -> int:
        """Return a number for the mapping itself."""
        return id(self.files)

    def named(self, name: str) -> list[str]:
        """Return the paths that end in a name, sorted."""
        return sorted(path for path in self.files if path.endswith(name))
