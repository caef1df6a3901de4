"""`uv.lock`: every package with what it needs, and the project's own packages with their groups and extras."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from quarterdeck.domain.contents import Component, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.graph import linked, strongest
from quarterdeck.evidence.inventory.loaders import as_rows, as_table, as_text, toml_of
from quarterdeck.evidence.inventory.packages.listing import LOCK, Listing, at
from quarterdeck.evidence.inventory.python.requirement import purpose, without_secret
from quarterdeck.evidence.inventory.source import Source, Unreadable

_ORIGINS = {"registry": "registry", "git": "git", "url": "url", "path": "path", "directory": "path", "editable": "path", "virtual": "path"}
Package = dict[str, Any]


def table_lines(text: str, name: str) -> list[int]:
    """Return the lines of the headers `[[name]]`, in order."""
    return [number for number, line in enumerate(text.split("\n"), 1) if line.startswith(f"[[{name}]]")]


@lru_cache(maxsize=1)
def _table(source_text: str) -> dict[str, Any]:
    return toml_of(Source(0, "", "uv.lock", source_text, {}))


def packages_of(table: dict[str, Any], text: str, key: str = "package") -> list[tuple[Package, int]]:
    """Return the packages of a lockfile in TOML with their lines; refuse a table without any form of them."""
    rows = table.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable(f"has no list of [[{key}]] entries, so it is not the lockfile that its name says")
    places = table_lines(text, key)
    places += [places[-1] if places else 1] * (len(rows) - len(places))
    return list(zip(rows, places, strict=False))


def uv_lock(source: Source) -> Iterator[Component | Problem]:
    """Read a lockfile of uv."""
    table = _table(source.text)
    listing = Listing(source, "pypi", "uv.lock", LOCK)
    packages = packages_of(table, source.text)
    versions: dict[str, list[str]] = {}
    for package, _ in packages:
        versions.setdefault(as_text(package.get("name")), []).append(_key(package, {}))
    own = {_key(package, {}) for package, _ in packages if _is_own(package, table)}
    nodes = {_key(package, {}): _node(listing, package, line) for package, line in packages if _key(package, {}) not in own}
    needs = {_key(package, {}): [key for key, _ in _needs(package, versions)] for package, _ in packages if _key(package, {}) in nodes}
    roots: dict[str, Scope] = {}
    for key, scope in _asked(table, packages, own, versions):
        roots[key] = strongest((scope, roots.get(key, "unknown")))
    yield from linked(nodes, needs, roots)


def _key(package: Package, versions: dict[str, list[str]]) -> str:
    """Return name and version; a need without a version means the only one there is."""
    name, version = as_text(package.get("name")), as_text(package.get("version"))
    known = versions.get(name, [])
    return known[0] if not version and len(known) == 1 else f"{name} {version}"


def _is_own(package: Package, table: dict[str, Any]) -> bool:
    place = as_table(package.get("source"))
    members = as_rows(as_table(table.get("manifest")).get("members"))
    return bool(place.keys() & {"virtual", "editable"}) and (
        package.get("name") in members or (not members and place.get("virtual", place.get("editable")) == ".")
    )


def _node(listing: Listing, package: Package, line: int) -> Component:
    place = as_table(package.get("source"))
    kind = next((kind for kind in _ORIGINS if kind in place), "registry")
    files = [*as_rows(package.get("wheels")), package.get("sdist")]
    return listing.entry(
        as_text(package.get("name")),
        line,
        version=as_text(package.get("version")),
        wanted=without_secret(as_text(place.get(kind))) if kind != "registry" else "",
        relation="unknown",
        scope="unknown",
        origin=_ORIGINS[kind],  # type: ignore[arg-type]
        integrity=next((as_text(as_table(file).get("hash")) for file in files if as_table(file).get("hash")), ""),
    )


def _needs(package: Package, versions: dict[str, list[str]]) -> Iterator[tuple[str, Scope]]:
    """Yield what a package brings in, each with the scope that it would have for a project of one's own."""
    groups: list[tuple[Any, Scope]] = [(package.get("dependencies"), "runtime")]
    groups += [(rows, purpose(name, otherwise="optional")) for name, rows in as_table(package.get("optional-dependencies")).items()]
    groups += [(rows, purpose(name, otherwise="dev")) for name, rows in as_table(package.get("dev-dependencies")).items()]
    for rows, scope in groups:
        for row in map(as_table, as_rows(rows)):
            yield _key(row, versions), scope


def _asked(
    table: dict[str, Any], packages: list[tuple[Package, int]], own: set[str], versions: dict[str, list[str]]
) -> Iterator[tuple[str, Scope]]:
    for package, _ in packages:
        if _key(package, {}) in own:
            yield from _needs(package, versions)
    manifest = as_table(table.get("manifest"))
    loose = {"dependencies": manifest.get("requirements"), "dev-dependencies": manifest.get("dependency-groups")}
    yield from _needs(loose, versions)


def covered(source: Source) -> Iterator[str]:
    """Yield the folders of the project and of its workspace's members."""
    yield source.folder
    for package, _ in packages_of(_table(source.text), source.text):
        place = as_table(package.get("source"))
        folder = as_text(place.get("editable") or place.get("virtual") or place.get("directory"))
        inside = at(source.folder, folder) if folder and not re.match(r"[/\\~]|[A-Za-z]:", folder) else None
        if inside is not None:
            yield inside
