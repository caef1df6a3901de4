"""The POMs of a repository and what they pass on to each other: parents, properties, managed versions, BOMs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from xml.etree.ElementTree import Element

from quarterdeck.evidence.inventory.loaders import line_at, xml_of
from quarterdeck.evidence.inventory.packages.listing import Shelf, at
from quarterdeck.evidence.inventory.source import Source, Unreadable

MOST_ANCESTORS = 20
MOST_ROUNDS = 10  # of properties inside properties
LONGEST_VALUE = 500
MAVEN_PLUGINS = "org.apache.maven.plugins"
_PLUGINS = ("build/pluginManagement/plugins/plugin", "build/plugins/plugin")
_VARIABLE = re.compile(r"\$\{([^${}]{1,100})\}")


@dataclass(frozen=True)
class Coordinates:
    """A group and an artefact, with the version and all else as written beside them."""

    group: str
    artifact: str
    version: str = ""
    scope: str = ""
    kind: str = ""
    optional: str = ""
    line: int = 1

    @property
    def name(self) -> str:
        """Return the name as registries write it."""
        return f"{self.group}:{self.artifact}"


@dataclass(frozen=True)
class Pom:
    """What a POM passes on to others."""

    path: str
    own: Coordinates
    parent: Coordinates | None
    parent_path: str
    properties: Mapping[str, str]
    managed: tuple[Coordinates, ...]
    plugins: tuple[Coordinates, ...]


@dataclass(frozen=True)
class Poms:
    """All POMs of a repository, by path and by name."""

    by_path: Mapping[str, Pom]
    by_name: Mapping[str, Pom]


def text_of(element: Element | None, name: str) -> str:
    """Return the text of a child, or an empty one."""
    child = element.find(name) if element is not None else None
    return (child.text or "").strip() if child is not None else ""


def project_of(source: Source) -> Element:
    """Return the project element of a POM, also where only a part of one was kept."""
    root = xml_of(source)
    if root.tag == "project":
        return root
    whole: Element = type(root)("project")  # the class that the parser builds with
    whole.append(root)
    return whole


def coordinates(element: Element, group: str = "") -> Coordinates:
    """Return what an element says of an artefact; the line is that of its version, where it has one."""
    version = element.find("version")
    return Coordinates(
        text_of(element, "groupId") or group,
        text_of(element, "artifactId"),
        text_of(element, "version"),
        text_of(element, "scope"),
        text_of(element, "type"),
        text_of(element, "optional"),
        line_at(element if version is None else version),
    )


def pom_of(path: str, project: Element) -> Pom:
    """Return what a project passes on."""
    parent = project.find("parent")
    above = coordinates(parent) if parent is not None else None
    own = coordinates(project)
    if above:
        own = Coordinates(own.group or above.group, own.artifact, own.version or above.version)
    relative = parent.find("relativePath") if parent is not None else None
    return Pom(
        path,
        own,
        above,
        "../pom.xml" if relative is None else (relative.text or "").strip(),
        _properties(project),
        tuple(coordinates(each) for each in project.iterfind("dependencyManagement/dependencies/dependency")),
        tuple(coordinates(each, MAVEN_PLUGINS) for place in _PLUGINS for each in project.iterfind(place)),
    )


def _properties(project: Element) -> dict[str, str]:
    found = {each.tag: (each.text or "").strip() for each in project.iterfind("properties/*")}
    for profile in project.iterfind("profiles/profile"):
        if text_of(profile.find("activation"), "activeByDefault") == "true":
            found |= {each.tag: (each.text or "").strip() for each in profile.iterfind("properties/*")}
    return found


@lru_cache(maxsize=2)
def poms_of(shelf: Shelf) -> Poms:
    """Return the POMs of a repository; the ones that cannot be read are left to their own reader to report."""
    found = [pom for path in shelf.named(".xml") if "pom" in path.rpartition("/")[2] for pom in _read(path, shelf.files[path])]
    by_name: dict[str, Pom] = {}
    for pom in found:
        by_name.setdefault(pom.own.name, pom)
    return Poms({pom.path: pom for pom in found}, by_name)


def _read(path: str, text: str) -> Iterator[Pom]:
    try:
        yield pom_of(path, project_of(Source(0, "", path, text, {})))
    except Unreadable:
        return


def lineage(pom: Pom, poms: Poms) -> list[Pom]:
    """Return a POM and its ancestors inside the repository, nearest first; a circle ends the line."""
    line = [pom]
    while len(line) < MOST_ANCESTORS and (above := parent_of(line[-1], poms)) and above not in line:
        line.append(above)
    return line


def parent_of(pom: Pom, poms: Poms) -> Pom | None:
    """Return the parent that lies in the repository: where the path points, or else by name."""
    if pom.parent is None:
        return None
    path = at(pom.path.rpartition("/")[0], pom.parent_path) or "" if pom.parent_path else ""
    near = poms.by_path.get(path) or poms.by_path.get(f"{path}/pom.xml" if path else "pom.xml")
    fits = near is not None and near.own.artifact == pom.parent.artifact and near.path != pom.path
    found = near if fits else poms.by_name.get(pom.parent.name)
    return found if found is not pom else None


@dataclass(frozen=True)
class Effective:
    """A POM with what it inherits: how its texts are filled in and which versions are managed."""

    pom: Pom
    line: Sequence[Pom]
    values: Mapping[str, str]

    def filled(self, text: str) -> str:
        """Fill in properties; what is not known stays as written."""
        for _ in range(MOST_ROUNDS):
            changed = _VARIABLE.sub(lambda match: self.values.get(match[1].strip(), match[0]), text)
            if changed == text or len(changed) > LONGEST_VALUE:
                break
            text = changed
        return text

    def named(self, written: Coordinates) -> Coordinates:
        """Return coordinates with group and artefact filled in."""
        return Coordinates(
            self.filled(written.group), self.filled(written.artifact), self.filled(written.version),
            self.filled(written.scope), self.filled(written.kind), self.filled(written.optional), written.line,
        )  # fmt: skip


def effective(pom: Pom, poms: Poms) -> Effective:
    """Return a POM with what it inherits inside the repository."""
    line = lineage(pom, poms)
    values = {name: value for each in reversed(line) for name, value in each.properties.items()}
    own, above = pom.own, pom.parent or Coordinates("", "")
    for prefix in ("project.", "pom.", ""):
        values |= {f"{prefix}groupId": own.group, f"{prefix}artifactId": own.artifact, f"{prefix}version": own.version}
        values |= {f"{prefix}parent.groupId": above.group, f"{prefix}parent.version": above.version}
    return Effective(pom, line, values)


def managed(model: Effective, poms: Poms, depth: int = 0) -> dict[str, Coordinates]:
    """Return {name: managed coordinates} of a POM, its ancestors and the BOMs of the repository that they import."""
    found: dict[str, Coordinates] = {}
    imported: list[Coordinates] = []
    for pom in model.line:
        for each in map(model.named, pom.managed):
            if each.scope == "import":
                imported.append(each)
            else:
                found.setdefault(each.name, each)
    for bom in imported if depth < MOST_ROUNDS else ():
        if inner := poms.by_name.get(bom.name):
            found = {**_managed_by(inner, poms, depth + 1), **found}
    return found


def _managed_by(pom: Pom, poms: Poms, depth: int) -> dict[str, Coordinates]:
    return managed(effective(pom, poms), poms, depth)


def managed_plugins(model: Effective) -> dict[str, Coordinates]:
    """Return {name: managed coordinates} of plugins."""
    found: dict[str, Coordinates] = {}
    for pom in model.line:
        for each in map(model.named, pom.plugins):
            if each.version:
                found.setdefault(each.name, each)
    return found
