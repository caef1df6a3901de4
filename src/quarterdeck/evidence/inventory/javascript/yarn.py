"""`yarn.lock`: the grammar of Yarn 1, and the YAML of Yarn 2 and later."""

import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

from quarterdeck.domain.contents import Component, Origin, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.graph import linked, strongest
from quarterdeck.evidence.inventory.javascript.manifest import GROUPS, Asked, asked, groups_of
from quarterdeck.evidence.inventory.javascript.npm import origin_of
from quarterdeck.evidence.inventory.javascript.workspaces import manifest_of, workspaces
from quarterdeck.evidence.inventory.javascript.yarn_text import DESCRIPTOR, Entry, entries_of
from quarterdeck.evidence.inventory.loaders import refuse_crowds
from quarterdeck.evidence.inventory.packages.listing import LOCK, Listing, at, purl_of
from quarterdeck.evidence.inventory.source import Source, Unreadable
from quarterdeck.kit.files import classify


def yarn_lock(source: Source) -> Iterator[Component | Problem]:
    """Read a lockfile of Yarn; which dependency is for development stands in the manifests of the workspace."""
    entries = entries_of(source.text)
    refuse_crowds(entries)
    listing = Listing(source, "npm", "yarn.lock", LOCK)
    by_descriptor = {descriptor: f"{number}" for number, entry in enumerate(entries) for descriptor in entry.descriptors}
    nodes = {f"{number}": _node(listing, entry) for number, entry in enumerate(entries) if entry.workspace is None}
    needs = {key: list(_resolved(by_descriptor, entries[int(key)].needs)) for key in nodes}
    roots = _roots(source, entries, by_descriptor)
    yield from linked(nodes, needs, roots, complete=bool(roots))


def _roots(source: Source, entries: list[Entry], by_descriptor: Mapping[str, str]) -> dict[str, Scope]:
    """Return the entries that packages of one's own ask for, each in the scope nearest to production."""
    asked_for = [(GROUPS[group], name, text) for folder in _folders(source, entries) for group, name, text in _manifest(source, folder)]
    for entry in entries:
        if entry.workspace is not None:
            asked_for += [(_unseen(source.folder, entry.workspace), name, text) for name, text in entry.needs]
    roots: dict[str, Scope] = {}
    for scope, name, text in asked_for:
        for key in _resolved(by_descriptor, [(name, text)]):
            roots[key] = strongest((scope, roots.get(key, "unknown")))
    return roots


def _manifest(source: Source, folder: str) -> Iterator[tuple[str, str, str]]:
    return groups_of(manifest_of(source.files, folder))


def _resolved(by_descriptor: Mapping[str, str], needs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the entries that ranges lead to; Yarn 2 writes `npm:` in front of what names no other protocol."""
    for name, text in needs:
        for descriptor in (f"{name}@{text}", f"{name}@npm:{text}"):
            if descriptor in by_descriptor:
                yield by_descriptor[descriptor]
                break


def _node(listing: Listing, entry: Entry) -> Component:
    """Return the package behind an entry: an alias is what it stands for, a patched one what it was."""
    match = DESCRIPTOR.fullmatch(entry.fields.get("resolution") or entry.descriptors[0])
    if match is None or not entry.fields.get("version"):
        raise Unreadable(f"not a lockfile of Yarn at line {entry.line}", entry.line)
    place = unquote(match[2])
    patched = re.match(r"patch:((?:@[^/@]+/)?[^@]+)@", place)
    found = Asked(patched[1]) if patched else asked(match[1], place)
    origin = _origin(place, entry.fields.get("resolved", ""), found.origin)
    return listing.entry(
        found.name,
        entry.line,
        version="" if origin == "path" and "resolved" not in entry.fields and ":" in place else entry.fields["version"],
        wanted=found.wanted,
        relation="unknown",
        scope="unknown",
        origin=origin,
        integrity=entry.fields.get("integrity") or entry.fields.get("checksum", ""),
    )


def _origin(place: str, resolved: str, asked_for: Origin) -> Origin:
    """Tell where an entry comes from: by its address where it has one, else by what was asked for."""
    if place.startswith(("file:", "link:", "portal:")):
        return "path"
    return origin_of(resolved) if resolved and asked_for in ("registry", "path") else asked_for


def _unseen(folder: str, workspace: str) -> Scope:
    """Return the scope of what a package asks for whose manifest is set aside, as those of examples and tests are."""
    kind = classify(f"{folder}/{workspace}/package.json".lstrip("/"))[0]
    return "test" if kind in ("example", "fixture", "test", "snapshot") else "unknown"


def _folders(source: Source, entries: Iterable[Entry]) -> list[str]:
    """Return the folders of the packages of one's own: Yarn 2 lists them, Yarn 1 leaves them to the manifest."""
    listed = [at(source.folder, entry.workspace) for entry in entries if entry.workspace is not None]
    return [folder for folder in listed if folder is not None] or workspaces(source.files, source.folder)


def covered(source: Source) -> Iterator[str]:
    """Yield the folders of the workspace that a lockfile is for."""
    yield source.folder
    yield from _folders(source, entries_of(source.text))


def own_names(source: Source) -> Iterator[tuple[str, str]]:
    """Yield the names of the workspace's own packages that a lockfile of Yarn 2 or later lists."""
    for entry in entries_of(source.text):
        if entry.workspace is not None and (match := DESCRIPTOR.fullmatch(entry.descriptors[-1])):
            yield "npm", purl_of("npm", match[1], "")
