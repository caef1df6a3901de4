"""Gradle version catalogues (`libs.versions.toml`): what each accessor of a build script stands for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from quarterdeck.domain.contents import Component
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.loaders import as_rows, as_table, as_text, toml_of
from quarterdeck.evidence.inventory.packages.listing import Listing, Shelf, folders_up, inside, numbered, plausible
from quarterdeck.evidence.inventory.source import Readers, Source, Unreadable

_RICH = ("strictly", "require", "prefer")
_HEAD = re.compile(r"\s*\[([\w.-]+)\]")
_KEY = re.compile(r"\s*[\"']?([\w.-]+?)[\"']?\s*(?:\.\w+\s*)?=")


@dataclass(frozen=True)
class Named:
    """A module with the version as written, and the line of its entry."""

    name: str
    version: str
    line: int = 1


@dataclass(frozen=True)
class Catalogue:
    """The libraries, plugins and bundles of a catalogue by accessor: `a-b_c` is written `a.b.c`."""

    libraries: Mapping[str, Named]
    plugins: Mapping[str, Named]
    bundles: Mapping[str, tuple[str, ...]]


def exact(version: str) -> bool:
    """Tell whether a Gradle or Maven version names one release."""
    return bool(re.fullmatch(r"[\w][\w.-]*", version)) and not version.endswith(".+") and not version.startswith("latest.")


def marker(plugin: str) -> str:
    """Return the module by which a registry serves a Gradle plugin."""
    return f"{plugin}:{plugin}.gradle.plugin"


def catalogue(content: dict[str, Any], text: str) -> Catalogue:
    """Return what a catalogue file declares."""
    versions = {name: _rich(value) for name, value in as_table(content.get("versions")).items()}
    lines = _lines(text)
    libraries = {
        _accessor(alias): Named(_module(value), _version(value, versions), lines.get(("libraries", alias), 1))
        for alias, value in as_table(content.get("libraries")).items()
    }
    plugins = {
        _accessor(alias): Named(_plugin(value), _version(value, versions), lines.get(("plugins", alias), 1))
        for alias, value in as_table(content.get("plugins")).items()
    }
    bundles = {
        _accessor(alias): tuple(_accessor(as_text(each)) for each in as_rows(rows))
        for alias, rows in as_table(content.get("bundles")).items()
    }
    return Catalogue(libraries, plugins, bundles)


def _lines(text: str) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    table = ""
    for number, line in numbered(text):
        if head := _HEAD.match(line):
            group, _, alias = head[1].partition(".")
            table = group
            if alias:
                found.setdefault((group, alias), number)
        elif key := _KEY.match(line):
            found.setdefault((table, key[1]), number)
    return found


def _accessor(alias: str) -> str:
    return re.sub(r"[-_]", ".", alias)


def _rich(value: Any) -> str:
    """Return a version, also of a table that demands or prefers one."""
    table = as_table(value)
    return as_text(value) or next((as_text(table[key]) for key in _RICH if key in table), "")


def _module(value: Any) -> str:
    if isinstance(value, str):
        return ":".join(value.split(":")[:2])
    table = as_table(value)
    return as_text(table.get("module")) or f"{as_text(table.get('group'))}:{as_text(table.get('name'))}"


def _plugin(value: Any) -> str:
    return value.partition(":")[0] if isinstance(value, str) else as_text(as_table(value).get("id"))


def _version(value: Any, versions: Mapping[str, str]) -> str:
    if isinstance(value, str):
        return value.rpartition(":")[2] if ":" in value and (value.count(":") != 1 or not _is_module(value)) else ""
    version = as_table(value).get("version")
    reference = as_text(as_table(version).get("ref"))
    return versions.get(reference, "") if reference else _rich(version)


def _is_module(value: str) -> bool:
    """Tell a module without version from a plugin with one: a version starts with a digit."""
    return not value.rpartition(":")[2][:1].isdigit()


@lru_cache(maxsize=64)
def catalogues_for(shelf: Shelf, folder: str) -> Mapping[str, Catalogue]:
    """Return the catalogues that a build in a folder can use, by the name it knows them by."""
    found: dict[str, Catalogue] = {}
    for above in folders_up(folder):
        for path in _paths(shelf).get(inside(above, "gradle"), ()):
            name = path.rpartition("/")[2].partition(".")[0]
            loaded = _loaded(shelf.files[path])
            if name not in found and loaded:
                found[name] = loaded
    return found


@lru_cache(maxsize=2)
def _paths(shelf: Shelf) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(shelf.files):
        if path.endswith(".versions.toml"):
            found.setdefault(path.rpartition("/")[0], []).append(path)
    return found


@lru_cache(maxsize=16)
def _loaded(text: str) -> Catalogue | None:
    try:
        return catalogue(toml_of(Source(0, "", "", text, {})), text)
    except Unreadable:
        return None


def _catalogue(source: Source) -> Iterator[Component | Problem]:
    """Name what a catalogue offers; which build uses it in which scope, the scripts say."""
    found = catalogue(toml_of(source), source.text)
    system = re.sub(r"(^|/)gradle$", "", source.folder)
    listing = Listing(source, "maven", "libs.versions.toml", system=system)
    for named in found.libraries.values():
        if named.name.count(":") == 1 and plausible(named.name) and not named.name.startswith(":"):
            yield listing.entry(named.name, named.line, **_written(named.version), scope="unknown")
    for named in found.plugins.values():
        if plausible(named.name):
            yield listing.entry(marker(named.name), named.line, **_written(named.version), scope="build")


def _written(version: str) -> dict[str, Any]:
    return {"version": version} if exact(version) else {"wanted": version}


READERS: Readers = ((re.compile(r"\.versions\.toml$").search, _catalogue),)
