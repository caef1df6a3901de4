"""PHP packages: `composer.lock` first, then `composer.json`; PHP itself and its extensions are the platform, not packages."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from quarterdeck.domain.contents import Component, Origin, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.loaders import OBJECTS, Lines, as_rows, as_table, as_text, json_of, line_of
from quarterdeck.evidence.inventory.packages.listing import LOCK, Listing, Shelf, inside, parsed, plausible, purl_of
from quarterdeck.evidence.inventory.source import Readers, Source

_PLATFORM = re.compile(r"(php|hhvm|php-64bit|php-ipv6|php-zts|php-debug)$|(ext|lib)-[\w.-]+$|composer(-\w+-api)?$")
_EXACT = re.compile(r"=*\s*(v?\d+(?:\.\d+){2,3}(?:-(?:alpha|beta|RC|patch|p|a|b)[.\d]*)?)", re.IGNORECASE)
_NAME = re.compile(r'"name"\s*+:\s*+"([^"\n]++)"')
_OWN_NAME = re.compile(r'^[ \t]*+"name"[ \t]*+:[ \t]*+"([^"\n]++)"', re.MULTILINE)


def _lock(source: Source) -> Iterator[Component | Problem]:
    content = json_of(source)
    listing = Listing(source, "composer", "composer.lock", LOCK)
    groups: tuple[tuple[Scope, list[dict[str, Any]]], ...] = (
        ("runtime", _packages(content, "packages")),
        ("dev", _packages(content, "packages-dev")),
    )
    parents = _parents([package for _, packages in groups for package in packages])
    asked = _asked(source)
    places = Lines(source.text, _NAME)
    line = 1
    for scope, packages in groups:
        for package in packages:
            line = places.of(package["name"], after=line)
            yield _locked(listing, package, line, scope, parents, asked)
    yield from _platform(listing, content)


def _packages(content: dict[str, Any], group: str) -> list[dict[str, Any]]:
    rows = [package for package in as_rows(content.get(group)) if isinstance(package, dict)]
    return [package for package in rows if plausible(as_text(package.get("name"))) and as_text(package.get("version"))]


def _locked(
    listing: Listing, package: dict[str, Any], line: int, scope: Scope, parents: Mapping[str, list[str]], asked: set[str] | None
) -> Component:
    name = package["name"]
    licences = [as_text(each) for each in as_rows(package.get("license"))]
    return listing.entry(
        name,
        line,
        version=as_text(package["version"]),
        relation="unknown" if asked is None else "direct" if name.lower() in asked else "transitive",
        scope=scope,
        parents=parents.get(name.lower(), ()),
        origin=_origin(package),
        licence=licences[0] if len(licences) == 1 else f"({' OR '.join(licences)})" if licences else "",
        integrity=as_text(as_table(package.get("dist")).get("shasum")),
    )


def _origin(package: dict[str, Any]) -> Origin:
    """Tell a local folder from what a registry serves; the registry itself serves archives of git."""
    if as_table(package.get("dist")).get("type") == "path" or as_table(package.get("source")).get("type") == "path":
        return "path"
    return "registry" if package.get("dist") or package.get("notification-url") or package.get("type") == "metapackage" else "git"


def _parents(packages: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return who requires each name, also through a package that provides or replaces it."""
    stands_for: dict[str, list[str]] = defaultdict(list)
    for package in packages:
        for group in ("provide", "replace"):
            for name in as_table(package.get(group)):
                stands_for[name.lower()].append(package["name"].lower())
    present = {package["name"].lower() for package in packages}
    found: dict[str, list[str]] = defaultdict(list)
    for package in packages:
        purl = purl_of("composer", package["name"], as_text(package["version"]))
        needs = (name.lower() for name in as_table(package.get("require")))
        for need in dict.fromkeys(real for name in needs for real in ([name] if name in present else stands_for[name])):
            found[need].append(purl)
    return found


def _asked(source: Source) -> set[str] | None:
    """Return what the manifest beside a lockfile asks for, or nothing where there is none that can be read."""
    content = parsed(source, inside(source.folder, source.file.removesuffix(".lock") + ".json"), json_of)
    if content is None:
        return None
    return {name.lower() for group in ("require", "require-dev") for name in as_table(content.get(group))}


def _platform(listing: Listing, content: dict[str, Any]) -> Iterator[Component]:
    groups: tuple[tuple[str, Scope], ...] = (("platform", "runtime"), ("platform-dev", "dev"))
    for group, scope in groups:
        for name, wanted in as_table(content.get(group)).items():
            if _PLATFORM.match(name):
                line = line_of(listing.source.text, name, after=line_of(listing.source.text, group))
                yield listing.entry(name, line, wanted=as_text(wanted), scope=scope, ecosystem="generic")


def _manifest(source: Source) -> Iterator[Component | Problem]:
    content = json_of(source)
    listing = Listing(source, "composer", "composer.json")
    own = _own_names(Shelf(source.files))
    groups: tuple[tuple[str, Scope], ...] = (("require", "runtime"), ("require-dev", "dev"))
    for group, scope in groups:
        start = Lines(source.text, OBJECTS).of(group)
        for name, value in as_table(content.get(group)).items():
            line = line_of(source.text, name, after=start)
            if _PLATFORM.match(name):
                yield listing.entry(name, line, wanted=as_text(value), scope=scope, ecosystem="generic")
            elif plausible(name):
                yield _asked_for(listing, name, as_text(value), line, scope, own)


def _asked_for(listing: Listing, name: str, value: str, line: int, scope: Scope, own: frozenset[str]) -> Component:
    wanted = value.partition(" as ")[0].partition("#")[0].strip() if value.startswith("dev-") else value.strip()
    exact = _EXACT.fullmatch(wanted.partition("@")[0])
    origin: Origin = "path" if name.lower() in own or wanted == "self.version" else "registry"
    return listing.entry(name, line, version=exact[1] if exact else "", wanted=wanted, scope=scope, origin=origin)


@lru_cache(maxsize=2)
def _own_names(shelf: Shelf) -> frozenset[str]:
    """Return the names of the packages that this repository itself holds."""
    names = (_OWN_NAME.search(shelf.files[path][:20_000]) for path in shelf.named("composer.json"))
    return frozenset(name[1].lower() for name in names if name)


READERS: Readers = (
    (re.compile(r"(^|/)composer\.lock$").search, _lock),
    (re.compile(r"(^|/)composer\.json$").search, _manifest),
)
