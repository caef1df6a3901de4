"""Rust crates: `Cargo.lock` of every version first, then `Cargo.toml` with what a workspace passes on."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from quarterdeck.domain.contents import Component, Origin, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.loaders import as_rows, as_table, as_text, toml_of
from quarterdeck.evidence.inventory.packages.listing import (
    LOCK,
    Listing,
    Shelf,
    folders_up,
    inside,
    numbered,
    parsed,
    plausible,
    purl_of,
    worst,
)
from quarterdeck.evidence.inventory.source import Readers, Source

_GROUPS: Mapping[str, Scope] = {
    "dependencies": "runtime", "dev-dependencies": "dev", "dev_dependencies": "dev", "build-dependencies": "build", "build_dependencies": "build",
}  # fmt: skip
_EXACT = re.compile(r"=\s*(\d+\.\d+\.\d+[\w.+-]*)")
_LOCKED = re.compile(r'^name\s*=\s*"([^"]+)"\s*\nversion\s*=\s*"([^"]+)"', re.MULTILINE)
_PACKAGE_NAME = re.compile(r"^\[package\][^\[]*?^name\s*=\s*[\"']([^\"'\n]+)", re.MULTILINE)
_TABLE = re.compile(r"\s*+\[{1,2}+([^\]]++)\]")
_KEY = re.compile(r"\s*(?:\"([^\"]+)\"|'([^']+)'|([\w-]+))\s*[=.]")


@dataclass(frozen=True)
class Crate:
    """A crate in a lockfile: its name, version and where it comes from; no source is a crate of this repository."""

    name: str
    version: str
    source: str
    checksum: str
    needs: tuple[str, ...]

    @property
    def purl(self) -> str:
        """Return the package URL."""
        return purl_of("cargo", self.name, self.version)


def _lock(source: Source) -> Iterator[Component | Problem]:
    content = toml_of(source)
    crates = [_crate(row) for row in (*as_rows(content.get("package")), content.get("root")) if isinstance(row, dict)]
    checksums = _old_checksums(content)
    listing = Listing(source, "cargo", "Cargo.lock", LOCK)
    needed = _needed(crates)
    lines = _lock_lines(source.text)
    wishes = _asked_scopes(source, {crate.name for crate in crates if not crate.source})
    for crate in _used(crates, needed):
        above = needed.get(crate, [])
        direct = not crate.source or any(not parent.source for parent in above)
        yield listing.entry(
            crate.name,
            lines.get((crate.name, crate.version), 1),
            version=crate.version,
            relation="direct" if direct else "transitive",
            scope=worst(wishes.get((parent.name, crate.name), "unknown") for parent in above if not parent.source),
            parents=[parent.purl for parent in above if parent.source or (parent in needed and _brings(wishes, parent, crate))],
            origin=_origin_of(crate.source),
            integrity=crate.checksum or checksums.get((crate.name, crate.version), ""),
        )


def _used(crates: list[Crate], needed: Mapping[Crate, list[Crate]]) -> list[Crate]:
    """Return the crates that something needs; one without a source that nothing needs is the software itself."""
    return [crate for crate in dict.fromkeys(crates) if plausible(crate.name) and (crate.source or crate in needed)]


def _crate(row: dict[str, Any]) -> Crate:
    source = as_text(row.get("source"))
    if as_text(row.get("replace")):
        source = source or "replaced"
    needs = tuple(as_text(each) for each in as_rows(row.get("dependencies")))
    return Crate(as_text(row.get("name")), as_text(row.get("version")), source, as_text(row.get("checksum")), needs)


def _old_checksums(content: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Return the checksums that the first lockfile version keeps in a table of their own."""
    keys = ((key.split(), as_text(value)) for key, value in as_table(content.get("metadata")).items() if key.startswith("checksum "))
    return {(words[1], words[2]): value for words, value in keys if len(words) >= 3}


def _needed(crates: list[Crate]) -> dict[Crate, list[Crate]]:
    """Return the crates that need each crate; a need names its version only where the name alone is not enough."""
    by_name: dict[str, list[Crate]] = defaultdict(list)
    for crate in dict.fromkeys(crates):
        by_name[crate.name].append(crate)
    found: dict[Crate, list[Crate]] = defaultdict(list)
    for crate in dict.fromkeys(crates):
        for need in dict.fromkeys(crate.needs):
            name, version, origin = [*need.split(" ", 2), "", ""][:3]
            fits = [each for each in by_name.get(name, ()) if version in ("", each.version)]
            exact = [each for each in fits if f"({each.source})" == origin or f"({each.source.partition('#')[0]})" == origin]
            for each in (exact or fits)[:1]:
                found[each].append(crate)
    return dict(found)


def _lock_lines(text: str) -> dict[tuple[str, str], int]:
    found, line, last = {}, 1, 0
    for match in _LOCKED.finditer(text):
        line += text.count("\n", last, match.start())
        last = match.start()
        found[match[1], match[2]] = line
    return found


def _origin_of(source: str) -> Origin:
    return "path" if not source else "git" if source.startswith("git+") else "registry"


def _brings(wishes: Mapping[tuple[str, str], Scope], parent: Crate, crate: Crate) -> bool:
    """Tell whether a crate of this repository brings another one to those who use it: what it needs for development stays."""
    return wishes.get((parent.name, crate.name)) != "dev"


def _asked_scopes(source: Source, own: set[str]) -> dict[tuple[str, str], Scope]:
    """Return {(crate of this repository, crate): scope} of what the crates of this repository ask for."""
    found: dict[tuple[str, str], list[Scope]] = defaultdict(list)
    for path, name in _members(source, own):
        content = parsed(source, path, toml_of) or {}
        for asked in _asked(content, _workspace_above(source, path, content)):
            found[name, asked.name].append(asked.scope)
    return {pair: worst(scopes) for pair, scopes in found.items()}


def _members(source: Source, own: set[str]) -> list[tuple[str, str]]:
    """Return (manifest, crate) of the crates that a lockfile speaks for: those below it, or else elsewhere in the repository."""
    found: dict[str, list[tuple[bool, str]]] = defaultdict(list)
    for path, name in _crates(Shelf(source.files)):
        if name in own:
            found[name].append((_lock_above(source, path.rpartition("/")[0]) != source.path, path))
    return [(path, name) for name, places in found.items() for _, path in sorted(places)[:1]]


@lru_cache(maxsize=2)
def _crates(shelf: Shelf) -> list[tuple[str, str]]:
    """Return (manifest, crate) of all crates of the repository."""
    named = ((path, _PACKAGE_NAME.search(shelf.files[path])) for path in sorted(shelf.files) if path.endswith("Cargo.toml"))
    return [(path, match[1]) for path, match in named if match]


def _lock_above(source: Source, folder: str) -> str:
    """Return the nearest lockfile in a folder or above it, or an empty text."""
    paths = (inside(above, "Cargo.lock") for above in folders_up(folder))
    return next((path for path in paths if path in source.files), "")


def _system(source: Source, content: dict[str, Any]) -> str:
    """Return the folder of the lockfile that holds this crate, or the crate's own folder."""
    lock = _lock_above(source, source.folder)
    name = as_text(as_table(content.get("package")).get("name"))
    return lock.rpartition("/")[0] if lock and f'name = "{name}"\n' in source.files[lock] else source.folder


@dataclass(frozen=True)
class Asked:
    """A dependency as a manifest writes it, with what the workspace adds."""

    key: str
    name: str
    wanted: str
    scope: Scope
    origin: Origin
    table: str


def _manifest(source: Source) -> Iterator[Component | Problem]:
    content = toml_of(source)
    listing = Listing(source, "cargo", "Cargo.toml", system=_system(source, content))
    lines = _key_lines(source.text)
    shared = _workspace_above(source, source.path, content)
    yield from _language(listing, content, lines)
    for asked in dict.fromkeys(_asked(content, shared)):
        exact = _EXACT.fullmatch(asked.wanted.strip())
        table = _unquoted(asked.table)
        line = lines.get((table, asked.key)) or lines.get((f"{table}.{asked.key}", ""), 1)
        if plausible(asked.name):
            yield listing.entry(
                asked.name, line, version=exact[1] if exact else "", wanted=asked.wanted, scope=asked.scope, origin=asked.origin
            )


def _language(listing: Listing, content: dict[str, Any], lines: dict[tuple[str, str], int]) -> Iterator[Component]:
    for table, package in (("package", content.get("package")), ("workspace.package", as_table(content.get("workspace")).get("package"))):
        release = as_text(as_table(package).get("rust-version"))
        if release:
            yield listing.requirement("rust", lines.get((table, "rust-version"), 1), release)


def _workspace_above(source: Source, path: str, content: dict[str, Any]) -> dict[str, Any]:
    """Return the dependencies that the workspace of a manifest declares for all its members."""
    if "workspace" in content:
        return as_table(as_table(content["workspace"]).get("dependencies"))
    if "workspace" not in source.files.get(path, ""):
        return {}
    for folder in folders_up(path.rpartition("/")[0]):
        above = parsed(source, inside(folder, "Cargo.toml"), toml_of) or {}
        if "workspace" in above:
            return as_table(as_table(above["workspace"]).get("dependencies"))
    return {}


def _asked(content: dict[str, Any], shared: dict[str, Any]) -> Iterator[Asked]:
    places = [("", content), *((f"target.{name}.", as_table(table)) for name, table in as_table(content.get("target")).items())]
    for prefix, table in places:
        for group, scope in _GROUPS.items():
            for key, value in as_table(table.get(group)).items():
                yield _one(key, value, shared, scope, f"{prefix}{group}")
    yield from _unused_shared(content)


def _unused_shared(content: dict[str, Any]) -> Iterator[Asked]:
    """Name what a workspace declares for its members; whether one uses it, the member says."""
    for key, value in as_table(as_table(content.get("workspace")).get("dependencies")).items():
        yield _one(key, value, {}, "unknown", "workspace.dependencies")


def _one(key: str, value: Any, shared: dict[str, Any], scope: Scope, table: str) -> Asked:
    said = value if isinstance(value, dict) else {"version": as_text(value)}
    if said.get("workspace") is True:
        base = shared.get(key)
        said = {**(base if isinstance(base, dict) else {"version": as_text(base)}), **said}
    optional: Scope = "optional" if said.get("optional") is True and scope == "runtime" else scope
    origin: Origin = "path" if said.get("path") else "git" if said.get("git") else "registry"
    return Asked(key, as_text(said.get("package")) or key, as_text(said.get("version")), optional, origin, table)


def _key_lines(text: str) -> dict[tuple[str, str], int]:
    """Return the line of each (table, key), and of each table under an empty key."""
    found: dict[tuple[str, str], int] = {}
    table = ""
    for number, line in numbered(text):
        if head := _TABLE.match(line):
            table = _unquoted(re.sub(r"\s*\.\s*", ".", head[1].strip()))
            found.setdefault((table, ""), number)
        elif key := _KEY.match(line):
            found.setdefault((table, key[1] or key[2] or key[3]), number)
    return found


def _unquoted(table: str) -> str:
    return re.sub(r"[\"'\\]", "", table)


READERS: Readers = (
    (re.compile(r"(^|/)Cargo\.lock$").search, _lock),
    (re.compile(r"(^|/)Cargo\.toml$").search, _manifest),
)
