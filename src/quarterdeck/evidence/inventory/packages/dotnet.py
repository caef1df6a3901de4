"""NuGet: what was resolved (`packages.lock.json`, `*.deps.json`, `project.assets.json`, `packages.config`), then projects."""

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from quarterdeck.domain.contents import Component, Relation, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.loaders import Lines, as_rows, as_table, as_text, json_of, jsonc_of, line_at, line_of, xml_of
from quarterdeck.evidence.inventory.packages import projects
from quarterdeck.evidence.inventory.packages.listing import LOCK, Listing, plausible, purl_of
from quarterdeck.evidence.inventory.packages.projects import asked_scopes, in_tests, versioned
from quarterdeck.evidence.inventory.source import Readers, Source

Key = tuple[str, str]  # name in lower case, version
FLAT = 0.9  # exact, but no lockfile: it does not tell what was asked for
_KEYS = re.compile(r'"([^"\\\n]+)"\s*:\s*\{')


@dataclass(frozen=True)
class Resolved:
    """A package as a list of resolved ones names it, with the names that it needs."""

    name: str
    version: str
    own: bool
    integrity: str
    needs: tuple[str, ...]
    label: str  # as the file writes it, to find its line

    @property
    def key(self) -> Key:
        """Return what tells it from others; NuGet names are the same in every case."""
        return self.name.lower(), self.version


@dataclass(frozen=True)
class Target:
    """What one target framework resolves to, and which names the project itself asks for."""

    packages: tuple[Resolved, ...]
    direct: frozenset[str]


def _listed(listing: Listing, targets: Iterable[Target]) -> Iterator[Component]:
    """Name every package once, whatever number of targets resolve to it."""
    targets = list(targets)
    parents = _parents(targets)
    direct = {package.key for target in targets for package in target.packages if package.name.lower() in target.direct}
    scopes = _scopes(listing.source, direct)
    places = Lines(listing.source.text, _KEYS)
    packages = {package.key: package for target in reversed(targets) for package in reversed(target.packages)}
    for key, package in sorted(packages.items()):
        relation: Relation = "direct" if key in direct else "transitive"
        if plausible(package.name) and (package.version or package.own):
            yield listing.entry(
                package.name,
                places.of(package.label),
                version=package.version,
                relation=relation,
                scope=scopes(key),
                parents=dict.fromkeys(parents[key]),
                origin="path" if package.own else "registry",
                integrity=package.integrity,
            )


def _scopes(source: Source, direct: Container[Key]) -> Callable[[Key], Scope]:
    """Return what tells the scope of a package: all of a project of tests is for tests; what came along is left open."""
    asked, tests = asked_scopes(source), in_tests(source)
    return lambda key: "test" if tests else asked.get(key[0], "runtime") if key in direct else "unknown"


def _parents(targets: Iterable[Target]) -> dict[Key, list[str]]:
    found: dict[Key, list[str]] = defaultdict(list)
    for target in targets:
        present = {package.name.lower(): package for package in target.packages}
        for package in target.packages:
            purl = purl_of("nuget", package.name, package.version)
            for need in package.needs:
                if need.lower() in present:
                    found[present[need.lower()].key].append(purl)
    return found


def _lock(source: Source) -> Iterator[Component | Problem]:
    targets = as_table(json_of(source).get("dependencies"))
    yield from _listed(Listing(source, "nuget", "packages.lock.json", LOCK), (_locked(as_table(rows)) for rows in targets.values()))


def _locked(rows: dict[str, Any]) -> Target:
    kinds = {name.lower(): as_text(as_table(said).get("type")).lower() for name, said in rows.items()}
    packages = tuple(
        Resolved(
            name,
            as_text(as_table(said).get("resolved")),
            kinds[name.lower()] == "project",
            as_text(as_table(said).get("contentHash")),
            tuple(as_table(as_table(said).get("dependencies"))),
            name,
        )
        for name, said in rows.items()
    )
    return Target(packages, frozenset(name for name, kind in kinds.items() if kind in ("direct", "project")))


def _graph(source: Source) -> Iterator[Component | Problem]:
    """Read the two files that a build writes: `*.deps.json` and `project.assets.json` share their form."""
    content = json_of(source)
    libraries = {label: as_table(said) for label, said in as_table(content.get("libraries")).items()}
    asked = {_asked_name(each) for rows in as_table(content.get("projectFileDependencyGroups")).values() for each in as_rows(rows)}
    targets = as_table(content.get("targets")).values()
    parser = "deps.json" if source.file.endswith(".deps.json") else "project.assets.json"
    yield from _listed(Listing(source, "nuget", parser, LOCK), (_target(as_table(rows), libraries, asked) for rows in targets))


def _asked_name(text: object) -> str:
    return as_text(text).partition(" ")[0].lower()


def _target(rows: dict[str, Any], libraries: dict[str, dict[str, Any]], asked: set[str]) -> Target:
    """Return a target; in a `deps.json` the project itself is the entry that no other one needs."""
    packages, direct = [], set(asked)
    needed = {need.lower() for said in rows.values() for need in as_table(as_table(said).get("dependencies"))}
    for label, said in rows.items():
        name, _, version = label.rpartition("/")
        kind = as_text(libraries.get(label, {}).get("type")) or as_text(as_table(said).get("type"))
        needs = tuple(as_table(as_table(said).get("dependencies")))
        root = kind == "project" and name.lower() not in needed and not asked
        if kind == "project":
            direct |= {need.lower() for need in needs}
        if not root and kind in ("package", "project"):
            version = "" if kind == "project" else version
            packages.append(Resolved(name, version, kind == "project", as_text(libraries.get(label, {}).get("sha512")), needs, label))
    return Target(tuple(packages), frozenset(direct))


def _config(source: Source) -> Iterator[Component | Problem]:
    """Read `packages.config`: flat, so nothing tells what the project asked for from what came along."""
    listing = Listing(source, "nuget", "packages.config", FLAT)
    tests = in_tests(source)
    for element in xml_of(source).iter("package"):
        name, version = element.get("id", ""), element.get("version", "")
        dev = element.get("developmentDependency", "").lower() == "true"
        if plausible(name):
            scope: Scope = "test" if tests else "dev" if dev else "runtime"
            yield listing.entry(name, line_at(element), version=version, relation="unknown", scope=scope)


def _global(source: Source) -> Iterator[Component | Problem]:
    content = jsonc_of(source)
    listing = Listing(source, "nuget", "global.json")
    release = as_text(as_table(content.get("sdk")).get("version"))
    if release:
        yield listing.entry("dotnet-sdk", line_of(source.text, "version"), version=release, scope="build", ecosystem="generic")
    for name, version in as_table(content.get("msbuild-sdks")).items():
        yield from versioned(listing, name, as_text(version), line_of(source.text, name), "build")


def _tools(source: Source) -> Iterator[Component | Problem]:
    listing = Listing(source, "nuget", "dotnet-tools.json")
    for name, said in as_table(jsonc_of(source).get("tools")).items():
        yield from versioned(listing, name, as_text(as_table(said).get("version")), line_of(source.text, name), "dev")


READERS: Readers = (
    (re.compile(r"(^|/)packages(\.[\w.-]+)?\.lock\.json$").search, _lock),
    (re.compile(r"(\.deps\.json|(^|/)project\.assets\.json)$").search, _graph),
    (re.compile(r"(^|/)packages(\.[\w.-]+)?\.config$").search, _config),
    (re.compile(r"(^|/)global\.json$").search, _global),
    (re.compile(r"(^|/)dotnet-tools\.json$").search, _tools),
    *projects.READERS,
)
