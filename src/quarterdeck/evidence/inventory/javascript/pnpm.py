"""`pnpm-lock.yaml` from form 5 to form 9."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from quarterdeck.domain.contents import Component, Origin, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.graph import linked, strongest
from quarterdeck.evidence.inventory.javascript.manifest import GROUPS
from quarterdeck.evidence.inventory.loaders import Table, as_table, as_text, refuse_crowds, yaml_documents_of
from quarterdeck.evidence.inventory.packages.listing import LOCK, Listing, at
from quarterdeck.evidence.inventory.source import Source, Unreadable

_AT = re.compile(r"/?((?:@[^/@]+/)?[^/@]+)@(.+)")  # forms 6 and 9: name@version
_SLASH = re.compile(r"/((?:@[^/]+/)?[^/]+)/([^/_]+)(?:_.*)?")  # form 5: /name/version_peers


@lru_cache(maxsize=1)
def _table(text: str) -> Table:
    """Return the lockfile; since pnpm 11 a document about pnpm itself may stand in front of it."""
    tables = [each for each in yaml_documents_of(Source(0, "", "pnpm-lock.yaml", text, {})) if isinstance(each, Table)]
    if not tables or "lockfileVersion" not in tables[-1]:
        raise Unreadable("names no lockfileVersion, so it is not the lockfile that its name says")
    return tables[-1]


def pnpm_lock(source: Source) -> Iterator[Component | Problem]:
    """Read a lockfile of pnpm; packages that differ in their peers alone are one."""
    table = _table(source.text)
    listing = Listing(source, "npm", "pnpm-lock", LOCK)
    form = as_text(table.get("lockfileVersion")).partition(".")[0]
    packages = as_table(table.get("packages"))
    entries = {key: as_table(each) for key, each in as_table(table.get("snapshots", packages)).items()}
    refuse_crowds(entries)
    lines = packages.lines if isinstance(packages, Table) else {}
    nodes: dict[str, Component] = {}
    for key in entries:
        bare = _bare(key) if "snapshots" in table else key
        if node := _node(listing, bare, as_table(packages.get(bare)), lines.get(bare, 1)):
            nodes[key] = node
    needs = {key: _keys(entry.get("dependencies"), form) for key, entry in entries.items()}
    wishes = {key: _keys(entry.get("optionalDependencies"), form) for key, entry in entries.items()}
    roots: dict[str, Scope] = {}
    for group, key in _asked(table, form):
        roots[key] = strongest((GROUPS[group], roots.get(key, "unknown")))
    yield from linked(nodes, needs, roots, wishes=wishes)


def _keys(rows: Any, form: str) -> list[str]:
    return [_key(name, as_text(version), form) for name, version in as_table(rows).items()]


def _bare(key: str) -> str:
    """Return the key of a package without the peers that it was installed with."""
    if key.startswith("file:"):
        return key
    return re.sub(r"_[^/]*$", "", key) if _SLASH.fullmatch(key) and not _AT.fullmatch(key.partition("(")[0]) else key.partition("(")[0]


def _node(listing: Listing, key: str, value: Mapping[str, Any], line: int) -> Component | None:
    """Return a package, or nothing for a folder."""
    place = as_table(value.get("resolution"))
    name, version = _named(key, value)
    if not name or place.get("type") == "directory":
        return None
    return listing.entry(
        name,
        line,
        version="" if "/" in version or ":" in version else version,
        wanted=version,
        relation="unknown",
        scope=_said(value),
        origin=_origin(place, version),
        integrity=as_text(place.get("integrity")),
    )


def _named(key: str, value: Mapping[str, Any]) -> tuple[str, str]:
    """Return name and version: what the entry says of itself, or else its key."""
    match = _AT.fullmatch(_bare(key)) or _SLASH.fullmatch(_bare(key))
    name, version = (match[1], match[2]) if match else ("", "")
    return as_text(value.get("name")) or name, as_text(value.get("version")) or version


def _said(value: Mapping[str, Any]) -> Scope:
    """Return the scope that forms 5 and 6 tell; form 9 leaves it to the ways: its `optional` also marks what only development wishes for."""
    if value.get("dev") is True:
        return "dev"
    if value.get("optional") is True:
        return "optional"
    return "runtime" if value.get("dev") is False else "unknown"


def _origin(place: Mapping[str, Any], version: str) -> Origin:
    if place.get("type") == "git" or "repo" in place or "codeload.github.com" in as_text(place.get("tarball")):
        return "git"
    if as_text(place.get("tarball")).startswith("file:") or version.startswith("file:"):
        return "path"
    return "url" if "tarball" in place and "integrity" not in place else "registry"


def _key(name: str, version: str, form: str) -> str:
    """Return the key of the package that a name with a resolved version leads to; an alias brings its own name along."""
    bare = version.partition("(")[0]
    if form in ("5", "6") and "/" in bare:
        return version
    if form == "5":
        return f"/{name}/{version}"
    prefix = "/" if form == "6" else ""
    return version if _AT.fullmatch(bare) else f"{prefix}{name}@{version}"


def _asked(table: Table, form: str) -> Iterator[tuple[str, str]]:
    """Yield (group, key) of what the packages of one's own ask for; links among them are left out."""
    importers = as_table(table.get("importers")) or {".": table}
    for importer in map(as_table, importers.values()):
        for group in GROUPS:
            for name, value in as_table(importer.get(group)).items():
                version = as_text(as_table(value).get("version", value))
                if not version.startswith("link:") and version:
                    yield group, _key(name, version, form)


def covered(source: Source) -> Iterator[str]:
    """Yield the folder of a lockfile and those of the packages in its workspace."""
    yield source.folder
    for place in as_table(_table(source.text).get("importers")):
        if (folder := at(source.folder, place)) is not None:
            yield folder
