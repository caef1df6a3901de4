"""`pylock.toml`, the lockfile of PEP 751."""

import re
from collections.abc import Iterator

from quarterdeck.domain.contents import Component, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.graph import strongest
from quarterdeck.evidence.inventory.loaders import as_rows, as_table, as_text, toml_of
from quarterdeck.evidence.inventory.packages.listing import LOCK, Listing
from quarterdeck.evidence.inventory.python.locks import ORIGINS, grouped, linked_by_name
from quarterdeck.evidence.inventory.python.requirement import canonical, purpose
from quarterdeck.evidence.inventory.python.uv import Package, packages_of
from quarterdeck.evidence.inventory.source import Source, Unreadable


def pylock(source: Source) -> Iterator[Component | Problem]:
    """Read a lockfile of PEP 751; a name between `pylock` and `toml` tells its purpose."""
    table = toml_of(source)
    usual = purpose(*source.folder.split("/"), re.sub(r"^pylock\.?|\.?toml$", "", source.file))
    listing = Listing(source, "pypi", "pylock", LOCK)
    if "packages" not in table and "lock-version" not in table:
        raise Unreadable("has no list of [[packages]] entries, so it is not the lockfile that its name says")
    rows = []
    for package, line in packages_of(table, source.text, "packages"):
        if as_table(package.get("directory")).get("path") == ".":
            continue
        needs = [canonical(as_text(as_table(each).get("name"))) for each in as_rows(package.get("dependencies"))]
        rows.append((_locked(listing, package, line, _marked(as_text(package.get("marker")), usual)), needs))
    yield from linked_by_name(rows)


def _locked(listing: Listing, package: Package, line: int, scope: Scope) -> Component:
    files = [*map(as_table, as_rows(package.get("wheels"))), as_table(package.get("sdist")), as_table(package.get("archive"))]
    digests = [f"{name}:{value}" for file in files for name, value in as_table(file.get("hashes")).items()]
    kind = next((kind for kind in ("vcs", "directory", "archive") if kind in package), "")
    version = as_text(package.get("version"))
    place = as_table(package.get(kind))
    return listing.entry(
        as_text(package.get("name")),
        line,
        version=version,
        wanted=as_text(place.get("commit-id")),
        relation="unknown",
        scope=scope,
        origin=ORIGINS.get(kind, "registry"),
        integrity=digests[0] if digests else "",
    )


def _marked(marker: str, usual: Scope) -> Scope:
    """Return the scope that a marker of groups and extras tells."""
    groups = re.findall(r"[\"']([\w.-]+)[\"']\s+in\s+dependency_groups", marker)
    extras = re.findall(r"[\"']([\w.-]+)[\"']\s+in\s+extras", marker)
    scopes: list[Scope] = [*grouped(groups), *grouped(extras, extras)]
    return strongest(scopes) if scopes else usual
