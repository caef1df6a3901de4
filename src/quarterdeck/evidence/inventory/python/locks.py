"""Lockfiles of Poetry, PDM and Pipenv."""

from collections.abc import Iterable, Iterator
from typing import Any

from quarterdeck.domain.contents import Component, Origin, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.graph import linked, strongest
from quarterdeck.evidence.inventory.loaders import Lines, as_rows, as_table, as_text, json_of, toml_of
from quarterdeck.evidence.inventory.packages.listing import LOCK, Listing, inside
from quarterdeck.evidence.inventory.python.requirement import asked, canonical, purpose, ranged
from quarterdeck.evidence.inventory.python.uv import Package, packages_of
from quarterdeck.evidence.inventory.source import Source, Unreadable

_MAIN = frozenset({"main", "default"})
ORIGINS: dict[str, Origin] = {
    "git": "git",
    "hg": "git",
    "vcs": "git",
    "url": "url",
    "archive": "url",
    "directory": "path",
    "file": "path",
    "path": "path",
}


def covered(source: Source) -> Iterator[str]:
    """Yield the folder of a lockfile: these tools lock one project."""
    yield source.folder


def poetry_lock(source: Source) -> Iterator[Component | Problem]:
    """Read a lockfile of Poetry; its groups tell the scope from release 2 on, and the manifest before."""
    table = toml_of(source)
    packages = packages_of(table, source.text)
    hashes = as_table(as_table(table.get("metadata")).get("files"))
    listing = Listing(source, "pypi", "poetry.lock", LOCK)
    yield from linked_by_name(
        [
            (
                _node(listing, package, line, _poetry_scope(package), hashes),
                [canonical(name) for name in as_table(package.get("dependencies"))],
            )
            for package, line in packages
        ]
    )


def linked_by_name(rows: list[tuple[Component, list[str]]]) -> Iterator[Component]:
    """Link packages that need one another by name; several versions of one name are all meant."""
    nodes = {f"{number}": component for number, (component, _) in enumerate(rows)}
    by_name: dict[str, list[str]] = {}
    for key, component in nodes.items():
        by_name.setdefault(canonical(component.name), []).append(key)
    needs = {f"{number}": [key for name in names for key in by_name.get(name, ())] for number, (_, names) in enumerate(rows)}
    return linked(nodes, needs, {}, complete=False)


def _poetry_scope(package: Package) -> Scope:
    groups = [as_text(each) for each in as_rows(package.get("groups")) or [package.get("category")] if each]
    scope = strongest(grouped(groups)) if groups else "unknown"
    return "optional" if package.get("optional") is True and scope in ("runtime", "unknown") else scope


def grouped(groups: Iterable[str], optional: Iterable[str] = ()) -> list[Scope]:
    """Return the scopes of groups by their names; the extras among them are optional."""
    return ["runtime" if group in _MAIN else purpose(group, otherwise="optional" if group in optional else "dev") for group in groups]


def _node(listing: Listing, package: Package, line: int, scope: Scope, hashes: dict[str, Any]) -> Component:
    """Return a package of Poetry or PDM; where it comes from stands beside it or in its source."""
    place = as_table(package.get("source"))
    name = as_text(package.get("name"))
    kind = as_text(place.get("type")) or next((kind for kind in ORIGINS if kind in package), "")
    files = as_rows(package.get("files")) or as_rows(hashes.get(name))
    return listing.entry(
        name,
        line,
        version=as_text(package.get("version")),
        relation="unknown",
        scope=scope,
        origin=ORIGINS.get(kind, "registry"),
        integrity=next((as_text(as_table(file).get("hash")) for file in files if as_table(file).get("hash")), ""),
    )


def pdm_lock(source: Source) -> Iterator[Component | Problem]:
    """Read a lockfile of PDM; entries for the extras of a package are that package."""
    table = toml_of(source)
    manifest = as_table(_neighbour(source).get("project"))
    extras = frozenset(as_table(manifest.get("optional-dependencies")))
    hashes = {key.split(" ")[0].split("[")[0]: files for key, files in as_table(as_table(table.get("metadata")).get("files")).items()}
    listing = Listing(source, "pypi", "pdm.lock", LOCK)
    rows = []
    for package, line in packages_of(table, source.text):
        groups = [as_text(each) for each in as_rows(package.get("groups"))]
        scope = strongest(grouped(groups, extras)) if groups else "unknown"
        needs = [found.name for each in as_rows(package.get("dependencies")) if (found := asked(as_text(each)))]
        rows.append((_node(listing, package, line, scope, hashes), [canonical(name) for name in needs]))
    yield from linked_by_name(rows)


def _neighbour(source: Source) -> dict[str, Any]:
    """Return the `pyproject.toml` beside a lockfile, or an empty table."""
    try:
        return toml_of(Source(0, "", "", source.files.get(inside(source.folder, "pyproject.toml"), ""), {}))
    except Unreadable:
        return {}


def pipfile_lock(source: Source) -> Iterator[Component | Problem]:
    """Read a lockfile of Pipenv: what runs, what is for development, and further categories."""
    table = json_of(source)
    if "default" not in table and "develop" not in table:
        raise Unreadable("has no default or develop packages, so it is not the lockfile that its name says")
    places = Lines(source.text)
    listing = Listing(source, "pypi", "Pipfile.lock", LOCK)
    for group, packages in table.items():
        if group == "_meta":
            continue
        scope: Scope = "runtime" if group == "default" else purpose(group, otherwise="dev")
        top = places.of(group)
        for name, package in as_table(packages).items():
            if as_table(package).get("path") not in (".", "./"):
                yield _pipenv(listing, name, as_table(package), places.of(name, after=top), scope)


def _pipenv(listing: Listing, name: str, package: dict[str, Any], line: int, scope: Scope) -> Component:
    version, wanted = ranged(as_text(package.get("version")))
    kind = next((kind for kind in ("git", "hg", "path", "file") if kind in package), "")
    origin: Origin = "url" if kind == "file" and "://" in as_text(package.get("file")) else ORIGINS.get(kind, "registry")
    return listing.entry(
        name,
        line,
        version=version,
        wanted=as_text(package.get("ref")) or wanted,
        relation="unknown",
        scope=scope,
        origin=origin,
        integrity=next(map(as_text, as_rows(package.get("hashes"))), ""),
    )
