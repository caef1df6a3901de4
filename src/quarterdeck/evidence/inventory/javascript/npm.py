"""`package-lock.json` and `npm-shrinkwrap.json` in their three forms."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from quarterdeck.domain.contents import Component, Origin, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.graph import linked
from quarterdeck.evidence.inventory.javascript.manifest import GROUPS, asked, groups_of, without_secret
from quarterdeck.evidence.inventory.javascript.workspaces import manifest_of
from quarterdeck.evidence.inventory.loaders import OBJECTS, Lines, as_table, as_text, json_of, refuse_crowds
from quarterdeck.evidence.inventory.packages.listing import LOCK, Listing, at, purl_of
from quarterdeck.evidence.inventory.source import Source, Unreadable

_INSTALLED = "node_modules/"
Entries = dict[str, dict[str, Any]]


@lru_cache(maxsize=1)
def _table(text: str) -> dict[str, Any]:
    return json_of(Source(0, "", "package-lock.json", text, {}))


def package_lock(source: Source) -> Iterator[Component | Problem]:
    """Read a lockfile of npm; its second form holds the first one too, which is then left aside."""
    table = _table(source.text)
    places = Lines(source.text, OBJECTS)
    listing = Listing(source, "npm", "package-lock", LOCK)
    if "packages" in table:
        yield from _by_folder(listing, places, {key: as_table(each) for key, each in as_table(table["packages"]).items()})
    elif "dependencies" in table or "lockfileVersion" in table:
        yield from _nested(listing, places, table)
    else:
        raise Unreadable("has neither packages nor dependencies, so it is not the lockfile that its name says")


def _by_folder(listing: Listing, places: Lines, entries: Entries) -> Iterator[Component]:
    """Read the forms 2 and 3: one entry for each folder below `node_modules`, and one for each package of one's own."""
    refuse_crowds(entries)
    nodes = {key: _node(listing, key, entry, places) for key, entry in entries.items() if _is_installed(key, entry)}
    needs = {key: [found for name in _names(entries[key]) if (found := _found(entries, key, name))] for key in nodes}
    roots: dict[str, Scope] = {}
    for key in (key for key in entries if _INSTALLED not in key):
        for group, name, _ in groups_of(entries[key]):
            if found := _found(entries, key, name):
                roots.setdefault(found, GROUPS[group])
    yield from linked(nodes, needs, roots)


def _is_installed(key: str, entry: Mapping[str, Any]) -> bool:
    return _INSTALLED in key and entry.get("link") is not True and bool(as_text(entry.get("version")))


def _node(listing: Listing, key: str, entry: Mapping[str, Any], places: Lines) -> Component:
    name = as_text(entry.get("name")) or key.rpartition(_INSTALLED)[2]
    resolved = as_text(entry.get("resolved"))
    licence = entry.get("license")
    return listing.entry(
        name,
        places.of(key),
        version=as_text(entry.get("version")),
        scope=flagged(entry),
        origin=origin_of(resolved),
        licence=as_text(licence) or as_text(as_table(licence).get("type")),
        integrity=as_text(entry.get("integrity")),
    )


def flagged(entry: Mapping[str, Any]) -> Scope:
    """Return the scope that the flags of a lockfile tell; what is both for development and optional is not for production."""
    order: tuple[tuple[str, Scope], ...] = (("dev", "dev"), ("devOptional", "optional"), ("optional", "optional"), ("peer", "peer"))
    return next((scope for flag, scope in order if entry.get(flag) is True), "runtime")


def origin_of(resolved: str) -> Origin:
    """Tell a registry from a repository, a folder and a download by the address that a package came from."""
    if resolved.startswith("file:"):
        return "path"
    if resolved.startswith(("git", "ssh:")):
        return "git"
    is_download = resolved.startswith("http") and "/-/" not in resolved and not resolved.endswith(".tgz")
    return "url" if is_download or "codeload.github.com" in resolved else "registry"


def _names(entry: Mapping[str, Any]) -> Iterator[str]:
    for group in ("dependencies", "optionalDependencies", "peerDependencies"):
        yield from as_table(entry.get(group))


def _found(entries: Entries, key: str, name: str) -> str:
    """Return the folder in which Node finds a package: the nearest `node_modules` on the way up; links are followed."""
    folder = key
    while True:
        candidate = f"{folder}/{_INSTALLED}{name}" if folder else f"{_INSTALLED}{name}"
        if candidate in entries:
            return candidate
        if not folder:
            return ""
        folder = (
            folder.rpartition(f"/{_INSTALLED}")[0]
            if f"/{_INSTALLED}" in folder
            else ""
            if _INSTALLED in folder
            else folder.rpartition("/")[0]
        )


def _nested(listing: Listing, places: Lines, table: dict[str, Any]) -> Iterator[Component]:
    """Read form 1: a tree of dependencies within dependencies; what was asked for stands in the manifest only."""
    nodes: dict[str, Component] = {}
    entries: Entries = {}
    line = 1
    for key, name, value in _walked(table):
        entries[key] = {"dependencies": as_table(value.get("requires"))}
        line = places.of(name, after=line)
        if node := _old(listing, name, value, line):
            nodes[key] = node
    needs = {key: [found for name in _names(entries[key]) if (found := _found(entries, key, name))] for key in nodes}
    manifest = manifest_of(listing.source.files, listing.source.folder)
    asked_for = {_found(entries, "", name): GROUPS[group] for group, name, _ in groups_of(manifest) if group != "peerDependencies"}
    yield from linked(nodes, needs, asked_for, complete=bool(manifest))


def _walked(table: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (folder, name, entry) of a tree of dependencies, in the order of the text."""
    ahead = [("", iter(as_table(table.get("dependencies")).items()))]
    while ahead:
        parent, level = ahead[-1]
        name, value = next(level, ("", None))
        if not name:
            ahead.pop()
            continue
        key = f"{parent}/{_INSTALLED}{name}".lstrip("/")
        yield key, name, as_table(value)
        ahead.append((key, iter(as_table(as_table(value).get("dependencies")).items())))


def _old(listing: Listing, name: str, value: Mapping[str, Any], line: int) -> Component | None:
    """Return an entry of form 1, whose version may be an address or an alias; a folder of one's own is none."""
    found = asked(name, as_text(value.get("version")))
    if found.origin == "path":
        return None
    return listing.entry(
        found.name,
        line,
        version=found.version or ("" if found.origin != "registry" else found.wanted),
        wanted=without_secret(found.wanted),
        scope=flagged(value),
        origin=found.origin if found.origin != "registry" else origin_of(as_text(value.get("resolved"))),
        integrity=as_text(value.get("integrity")),
    )


def covered(source: Source) -> Iterator[str]:
    """Yield the folder of a lockfile and those of the packages of one's own that it lists."""
    yield source.folder
    for key in as_table(_table(source.text).get("packages")):
        if key and _INSTALLED not in key and (folder := at(source.folder, key)) is not None:
            yield folder


def own_names(source: Source) -> Iterator[tuple[str, str]]:
    """Yield the names under which packages of one's own are linked."""
    for key, entry in as_table(_table(source.text).get("packages")).items():
        if as_table(entry).get("link") is True:
            yield "npm", purl_of("npm", key.rpartition(_INSTALLED)[2], "")
