"""`bun.lock`, the text form of Bun's lockfile."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from quarterdeck.domain.contents import Component, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.graph import linked, strongest
from quarterdeck.evidence.inventory.javascript.manifest import GROUPS, asked, groups_of
from quarterdeck.evidence.inventory.loaders import Lines, as_rows, as_table, as_text, jsonc_of, refuse_crowds
from quarterdeck.evidence.inventory.packages.listing import LOCK, Listing, at
from quarterdeck.evidence.inventory.source import Source, Unreadable

_ROWS = re.compile(r'^[ \t]*"((?:[^"\\\n]++|\\.)*+)"[ \t]*:[ \t]*\[', re.MULTILINE)
_RESOLVED = re.compile(r"((?:@[^/@]+/)?[^/@]+)@(.*)")


@lru_cache(maxsize=1)
def _table(text: str) -> dict[str, Any]:
    table = jsonc_of(Source(0, "", "bun.lock", text, {}))
    if "lockfileVersion" not in table:
        raise Unreadable("names no lockfileVersion, so it is not the lockfile that its name says")
    return table


def bun_lock(source: Source) -> Iterator[Component | Problem]:
    """Read a lockfile of Bun: packages by the way to them, and the workspaces that ask for them."""
    table = _table(source.text)
    packages = {key: as_rows(row) for key, row in as_table(table.get("packages")).items()}
    refuse_crowds(packages)
    listing = Listing(source, "npm", "bun.lock", LOCK)
    places = Lines(source.text, _ROWS)
    nodes = {key: node for key, row in packages.items() if (node := _node(listing, row, places.of(key)))}
    needs = {key: [found for name in _names(row) if (found := _found(packages, key, name))] for key, row in packages.items()}
    roots: dict[str, Scope] = {}
    for workspace in map(as_table, as_table(table.get("workspaces")).values()):
        for group, name, _ in groups_of(workspace):
            if found := _found(packages, as_text(workspace.get("name")), name):
                roots[found] = strongest((GROUPS[group], roots.get(found, "unknown")))
    yield from linked(nodes, needs, roots)


def _node(listing: Listing, row: list[Any], line: int) -> Component | None:
    match = _RESOLVED.fullmatch(as_text(row[0]) if row else "")
    if match is None or match[2].startswith(("workspace:", "link:")):
        return None
    found = asked(match[1], match[2])
    return listing.entry(
        match[1],
        line,
        version=found.version or ("" if found.origin != "registry" else found.wanted),
        wanted=found.wanted,
        relation="unknown",
        scope="unknown",
        origin=found.origin,
        integrity=next((text for each in row[1:] if (text := as_text(each)).startswith(("sha512-", "sha1-", "sha256-"))), ""),
    )


def _names(row: list[Any]) -> Iterator[str]:
    needs: Mapping[str, Any] = next((each for each in row if isinstance(each, dict)), {})
    for group in ("dependencies", "optionalDependencies", "peerDependencies"):
        yield from as_table(needs.get(group))


def _found(packages: Mapping[str, Any], key: str, name: str) -> str:
    """Return the key under which a package finds another one: the nearest on the way up."""
    while key:
        if f"{key}/{name}" in packages:
            return f"{key}/{name}"
        parent = key.rpartition("/")[0]
        key = parent.rpartition("/")[0] if parent.rpartition("/")[2].startswith("@") else parent
    return name if name in packages else ""


def covered(source: Source) -> Iterator[str]:
    """Yield the folder of a lockfile and those of its workspaces."""
    yield source.folder
    for place in as_table(_table(source.text).get("workspaces")):
        if (folder := at(source.folder, place)) is not None:
            yield folder
