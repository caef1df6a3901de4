"""`package.json`: what a package asks for, its workspaces, and the runtime and tools that it names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from quarterdeck.domain.contents import Component, Origin, Scope
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.evidence.inventory.loaders import Lines, as_rows, as_table, as_text, json_of, said, yaml_of
from quarterdeck.evidence.inventory.packages.listing import Listing, at, folders_up, inside, purl_of
from quarterdeck.evidence.inventory.source import Source, Unreadable

# in this order: a package that stands in several groups is installed for the first of them
GROUPS: Mapping[str, Scope] = {
    "optionalDependencies": "optional",
    "dependencies": "runtime",
    "devDependencies": "dev",
    "peerDependencies": "peer",
}
TOOLS = ("node", "npm", "pnpm", "yarn", "bun", "deno")  # what engines, packageManager and volta may name; other engines are hosts
MOST_BYTES = 5_000_000
MOST_WORKSPACES = 200

_NAME = re.compile(r"(?:@[\w.~!*'()-]+/)?[\w.~!*'()-]+")
_EXACT = re.compile(r"[=v\s]*(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)")
_ALIAS = re.compile(r"npm:((?:@[^/@]+/)?[^/@\s]+)@(.*)|npm:(@[^/@]+/[^/@\s]+|[A-Za-z][\w.-]*)")  # `npm:^1.0.0` is a range
_GIT = re.compile(r"(?:git(?:hub|lab)?|bitbucket|gist|git\+\w+|ssh):|git@|https?://[^#]*\.git(?:#|$)|[\w.-]+/[\w.-]+(?:#.*)?$")
_PATH = re.compile(r"(?:file|link|portal|workspace):|\.{1,2}/|/|~/")
_PLACES: tuple[tuple[re.Pattern[str], Origin], ...] = ((_PATH, "path"), (_GIT, "git"), (re.compile(r"https?://"), "url"))


@dataclass(frozen=True)
class Asked:
    """A dependency as a `package.json` writes it: its true name, an exact version or a range, and where it comes from."""

    name: str
    version: str = ""
    wanted: str = ""
    origin: Origin = "registry"


def asked(name: str, text: str) -> Asked:
    """Read one dependency: a range, an alias, a repository, a download or a folder."""
    text = text.strip()
    if alias := _ALIAS.fullmatch(text):
        return asked(alias[1] or alias[3], alias[2] or "")
    text = text.removeprefix("npm:")
    for pattern, origin in _PLACES:
        if pattern.match(text):
            return Asked(name, "", without_secret(text), origin)
    exact = _EXACT.fullmatch(text)
    return Asked(name, exact[1], "") if exact else Asked(name, "", "" if text == "*" else text)


def without_secret(url: str) -> str:
    """Return an address without the password, or a user that is a token, in it."""
    return re.sub(r"(?<=://)(?!git@)[^/@\s]*@(?=[^/])", "", url)


def groups_of(table: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield (group, name, text) of each dependency; an optional one replaces the one of the same name that is not."""
    optional = as_table(table.get("optionalDependencies"))
    for group in GROUPS:
        for name, text in as_table(table.get(group)).items():
            if group != "dependencies" or name not in optional:
                yield group, name, as_text(text)


def package_json(source: Source) -> Iterator[Component | Problem]:
    """Read a manifest of npm, Yarn, pnpm or Bun."""
    if len(source.text) > MOST_BYTES:
        raise Unreadable(f"larger than {MOST_BYTES // 1_000_000} MB, which no manifest is")
    table = json_of(source)
    places = Lines(source.text)
    listing = Listing(source, "npm", "package.json")
    yield from _tools(listing, places, table)
    yield from _far_workspaces(source, table, places)
    catalogs = _catalogs(source) if "catalog:" in source.text else {}
    optional_peers = {name for name, meta in as_table(table.get("peerDependenciesMeta")).items() if as_table(meta).get("optional") is True}
    for group, name, text in groups_of(table):
        line = places.of(name, after=places.of(group))
        if not _NAME.fullmatch(name) or not isinstance(table[group][name], str):
            yield Problem(Citation(source.name, f"{source.path}:{line}"), "a dependency here has no name or range that npm takes")
            continue
        found = asked(name, catalogs.get((text, name), text))
        scope: Scope = "optional" if group == "peerDependencies" and name in optional_peers else GROUPS[group]
        yield from _outside(source, found, line)
        yield listing.entry(found.name, line, version=found.version, wanted=found.wanted, scope=scope, origin=found.origin)


def _far_workspaces(source: Source, table: Mapping[str, Any], places: Lines) -> Iterator[Problem]:
    """Name workspaces that lie outside the repository."""
    rows = table.get("workspaces")
    globs = [as_text(each) for each in as_rows(as_table(rows).get("packages") if isinstance(rows, dict) else rows)]
    for each in globs[:MOST_WORKSPACES]:
        path = each.removeprefix("!")
        if path.startswith(("/", "~")) or at(source.folder, path) is None:
            place = Citation(source.name, f"{source.path}:{places.of('workspaces')}")
            yield Problem(place, f"joins the workspace {said(each)}, which lies outside the repository and was not read")


def _outside(source: Source, found: Asked, line: int) -> Iterator[Problem]:
    """Name a folder that lies outside the repository."""
    local = (
        re.sub(r"^(file|link|portal):(//)?", "", found.wanted)
        if found.origin == "path" and not found.wanted.startswith("workspace:")
        else ""
    )
    if local.startswith(("/", "~")) or (local and at(source.folder, local) is None):
        place = Citation(source.name, f"{source.path}:{line}")
        yield Problem(place, f"asks for {said(found.name)} from {said(local)}, which lies outside the repository and was not read")


def _tools(listing: Listing, places: Lines, table: Mapping[str, Any]) -> Iterator[Component]:
    """Name the runtime and the package managers that the package asks for; they build it, whatever else they do."""
    for group in ("engines", "volta"):
        for name, wanted in as_table(table.get(group)).items():
            if name in TOOLS and as_text(wanted):
                yield _tool(listing, name, as_text(wanted), places.of(name, after=places.of(group)))
    manager, _, version = as_text(table.get("packageManager")).partition("@")
    if manager in TOOLS and version:
        yield _tool(listing, manager, version.partition("+")[0], places.of("packageManager"))


def _tool(listing: Listing, name: str, text: str, line: int) -> Component:
    exact = _EXACT.fullmatch(text)
    return listing.entry(name, line, version=exact[1] if exact else "", wanted=text.strip(), scope="build", ecosystem="generic")


def _catalogs(source: Source) -> dict[tuple[str, str], str]:
    """Return {(catalog, name): range} of the pnpm workspace above a package."""
    for folder in folders_up(source.folder):
        path = inside(folder, "pnpm-workspace.yaml")
        if path in source.files:
            table = yaml_of(Source(source.repository, source.name, path, source.files[path], {}))
            named = {"": table.get("catalog"), "default": table.get("catalog"), **as_table(table.get("catalogs"))}
            return {(f"catalog:{key}", name): as_text(text) for key, rows in named.items() for name, text in as_table(rows).items()}
    return {}


def own_name(source: Source) -> Iterator[tuple[str, str]]:
    """Yield the name of a package, if this repository publishes or shares it under one."""
    name = as_text(json_of(source).get("name"))
    if _NAME.fullmatch(name):
        yield "npm", purl_of("npm", name, "")


def nothing(_source: Source) -> Iterator[Component | Problem]:
    """Read a file that manifests point to and that asks for nothing by itself."""
    return iter(())
