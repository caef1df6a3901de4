"""Maven: `pom.xml` with what its ancestors in the repository pass on; a version that only the network knows stays open."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from xml.etree.ElementTree import Element

from quarterdeck.domain.contents import Component, Origin, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.loaders import line_at, xml_of
from quarterdeck.evidence.inventory.packages.jvm.poms import (
    MAVEN_PLUGINS,
    Coordinates,
    Effective,
    Poms,
    coordinates,
    effective,
    managed,
    managed_plugins,
    parent_of,
    pom_of,
    poms_of,
    project_of,
)
from quarterdeck.evidence.inventory.packages.listing import Listing, Shelf, plausible
from quarterdeck.evidence.inventory.source import Readers, Source

_SCOPES: Mapping[str, Scope] = {
    "": "runtime", "compile": "runtime", "runtime": "runtime", "test": "test", "provided": "build", "system": "build", "import": "build",
}  # fmt: skip
_EXACT = re.compile(r"\[?\s*([\w.+-]+)\s*\]?")
_PARTS = ("", "profiles/profile/")
_PLUGINS = ("build/plugins/plugin", "reporting/plugins/plugin")
_JAVA = ("maven.compiler.release", "java.version", "maven.compiler.source", "maven.compiler.target")


def _pom(source: Source) -> Iterator[Component | Problem]:
    project = project_of(source)
    poms = poms_of(Shelf(source.files))
    model = effective(pom_of(source.path, project), poms)
    listing = Listing(source, "maven", "pom.xml")
    yield from _parent(listing, model, poms)
    yield from _java(listing, project, model)
    versions = _managed(Shelf(source.files), source.path) if source.path in poms.by_path else managed(model, poms)
    for part in _PARTS:
        for element in project.iterfind(f"{part}dependencies/dependency"):
            yield from _dependency(listing, model, coordinates(element), versions, poms)
        for element in project.iterfind(f"{part}dependencyManagement/dependencies/dependency"):
            if (written := coordinates(element)).scope == "import":
                yield from _dependency(listing, model, written, {}, poms)
        yield from _plugins(listing, project, part, model, poms)


@lru_cache(maxsize=2)
def _managed(shelf: Shelf, path: str) -> dict[str, Coordinates]:
    poms = poms_of(shelf)
    return managed(effective(poms.by_path[path], poms), poms)


def _parent(listing: Listing, model: Effective, poms: Poms) -> Iterator[Component]:
    """Name the parent unless it lies in the repository."""
    if model.pom.parent and parent_of(model.pom, poms) is None:
        yield from _entry(listing, model.named(model.pom.parent), "build", "registry")


def _java(listing: Listing, project: Element, model: Effective) -> Iterator[Component]:
    """Name the Java release that the project is compiled for, once."""
    for name in _JAVA:
        element = next((each for each in project.iterfind("properties/*") if each.tag == name), None)
        value = model.filled((element.text or "").strip()) if element is not None else ""
        if element is not None and value[:1].isdigit():
            yield listing.requirement("java", line_at(element), value)
            return


def _dependency(
    listing: Listing, model: Effective, written: Coordinates, versions: Mapping[str, Coordinates], poms: Poms
) -> Iterator[Component]:
    named = model.named(written)
    said = versions.get(named.name, Coordinates("", ""))
    scope: Scope = _SCOPES.get(named.scope or said.scope, "unknown")
    if (named.optional or said.optional) == "true" and scope == "runtime":
        scope = "optional"
    own = poms.by_name.get(named.name)
    version = named.version or said.version or (own.own.version if own else "")
    whole = Coordinates(named.group, named.artifact, model.filled(version), line=named.line)
    yield from _entry(listing, whole, scope, "path" if own else "registry")


def _entry(listing: Listing, named: Coordinates, scope: Scope, origin: Origin) -> Iterator[Component]:
    exact = _EXACT.fullmatch(named.version)
    if plausible(named.artifact) and plausible(named.group):
        yield listing.entry(named.name, named.line, version=exact[1] if exact else "", wanted=named.version, scope=scope, origin=origin)


def _plugins(listing: Listing, project: Element, part: str, model: Effective, poms: Poms) -> Iterator[Component]:
    """Name the plugins of a build, what they load, and its extensions."""
    versions = managed_plugins(model)
    for place in _PLUGINS:
        for element in project.iterfind(f"{part}{place}"):
            yield from _built_with(listing, model, coordinates(element, MAVEN_PLUGINS), versions, poms)
            for inner in element.iterfind("dependencies/dependency"):
                yield from _built_with(listing, model, coordinates(inner), {}, poms)
    for element in project.iterfind(f"{part}build/extensions/extension"):
        yield from _built_with(listing, model, coordinates(element), {}, poms)


def _built_with(
    listing: Listing, model: Effective, written: Coordinates, versions: Mapping[str, Coordinates], poms: Poms
) -> Iterator[Component]:
    named = model.named(written)
    version = named.version or versions.get(named.name, Coordinates("", "")).version
    whole = Coordinates(named.group, named.artifact, model.filled(version), line=named.line)
    yield from _entry(listing, whole, "build", "path" if named.name in poms.by_name else "registry")


def _extensions(source: Source) -> Iterator[Component | Problem]:
    listing = Listing(source, "maven", ".mvn/extensions.xml")
    for element in xml_of(source).iterfind("extension"):
        yield from _entry(listing, coordinates(element), "build", "registry")


READERS: Readers = (
    (re.compile(r"(^|/)\.mvn/extensions\.xml$").search, _extensions),
    (re.compile(r"(^|/)(pom|[\w.-]+[._-]pom|pom[._-][\w.-]+)\.xml$").search, _pom),
)
