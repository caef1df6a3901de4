"""MSBuild projects and the property files above them: package references with central versions, targets and SDKs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from xml.etree.ElementTree import Element

from quarterdeck.domain.contents import Component, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.loaders import line_at, xml_of
from quarterdeck.evidence.inventory.packages.listing import Listing, Shelf, at, folders_up, inside, parsed, plausible
from quarterdeck.evidence.inventory.source import Readers, Source

SHARED = ("Directory.Build.props", "Directory.Packages.props", "Directory.Build.targets", "Packages.props")
MOST_IMPORTS = 30
MOST_ROUNDS = 5
LONGEST_VALUE = 500
_VARIABLE = re.compile(r"\$\(([\w.-]{1,100})\)")
_EXACT = re.compile(r"\[?\s*(\d[\w.+-]*)\s*\]?")
_HERE = re.compile(r"\$\(MSBuildThis(?:FileDirectory|ProjectDirectory)\)[\\/]?")
_TEST_NAME = re.compile(r"(?:^|[.\-_]|(?<=[a-z]))(?:Unit|Integration|Functional|Acceptance)?(?:Tests?|Specs?)$")
_TEST_PACKAGES = frozenset("microsoft.net.test.sdk xunit xunit.v3 nunit nunit3testadapter mstest mstest.testframework tunit".split())
_FRAMEWORK = re.compile(r"net[1-4](?:\d{1,2}|(?:\.\d){1,2})|v[1-4][\d.]*")


@dataclass
class Settings:
    """What the files around a project set: properties and central versions (by name in lower case)."""

    properties: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)

    def filled(self, text: str) -> str:
        """Fill in properties; what is not known stays as written."""
        for _ in range(MOST_ROUNDS):
            changed = _VARIABLE.sub(lambda match: self.properties.get(match[1].lower(), match[0]), text)
            if changed == text or len(changed) > LONGEST_VALUE:
                break
            text = changed
        return text.strip()

    def add(self, root: Element) -> None:
        """Take over what a file sets; a condition only speaks where nothing is known yet."""
        for group in root.iter("PropertyGroup"):
            for each in group:
                bound = "Condition" in each.attrib or "Condition" in group.attrib
                if each.text and not (bound and each.tag.lower() in self.properties):
                    self.properties[each.tag.lower()] = each.text.strip()
        for item in (*root.iter("PackageVersion"), *root.iter("PackageReference"), *root.iter("GlobalPackageReference")):
            if item.tag != "PackageReference" or "Update" in item.attrib:
                self._version(item)

    def _version(self, item: Element) -> None:
        names = item.get("Include") or item.get("Update") or ""
        if version := said(item, "Version"):
            self.versions |= {name.strip().lower(): version for name in names.split(";")}


def said(element: Element, name: str) -> str:
    """Return what an element says in an attribute or a child of that name, in whatever case."""
    texts = (value for key, value in element.items() if key.lower() == name.lower())
    return (next(texts, "") or next((each.text or "" for each in element if each.tag.lower() == name.lower()), "")).strip()


@lru_cache(maxsize=64)
def settings_of(shelf: Shelf, folder: str) -> Settings:
    """Return what the property files of a folder and of those above it set, and what these import by a plain path."""
    source = Source(0, "", "", "", shelf.files)
    found = Settings()
    seen: list[str] = []
    for above in reversed(list(folders_up(folder))):
        for path in (inside(above, name) for name in SHARED):
            _gather(source, path, found, seen)
    return found


def _gather(source: Source, path: str, found: Settings, seen: list[str]) -> None:
    """Read a property file after the ones it imports."""
    root = parsed(source, path, xml_of)
    if root is None or path in seen or len(seen) >= MOST_IMPORTS:
        return
    seen.append(path)
    for each in root.iter("Import"):
        target = at(path.rpartition("/")[0], _HERE.sub("", each.get("Project", "")))
        if target and "$(" not in target:
            _gather(source, target, found, seen)
    found.add(root)


def in_tests(source: Source) -> bool:
    """Tell whether the projects of the folder of a file hold tests only."""
    paths = [path for path in _projects(Shelf(source.files)).get(source.folder, ()) if path != source.path]
    roots = ((path, parsed(source, path, xml_of)) for path in paths)
    return bool(paths) and all(root is not None and _tests(path, root) for path, root in roots)


@lru_cache(maxsize=2)
def _projects(shelf: Shelf) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in sorted(shelf.files):
        if re.search(r"\.(cs|fs|vb)proj$", path):
            found.setdefault(path.rpartition("/")[0], []).append(path)
    return found


def _tests(path: str, root: Element) -> bool:
    """Tell a project of tests by its own word, its name or what it loads."""
    word = next((each.text for each in root.iter("IsTestProject")), "")
    if word:
        return word.strip().lower() == "true"
    if any((each.text or "").strip().lower() == "true" for each in root.iter("IsPackable")):
        return False  # what is packed is delivered, whatever it loads beside
    names = {each.get("Include", "").lower() for each in root.iter("PackageReference")}
    return bool(_TEST_NAME.search(path.rpartition("/")[2].rpartition(".")[0]) or names & _TEST_PACKAGES)


def asked_scopes(source: Source) -> Mapping[str, Scope]:
    """Return {name in lower case: scope} of what the projects beside a lockfile ask for."""
    found: dict[str, Scope] = {}
    for path in _projects(Shelf(source.files)).get(source.folder, ()):
        root = parsed(source, path, xml_of)
        for item in root.iter("PackageReference") if root is not None else ():
            found[item.get("Include", "").lower()] = _scope(item, tests=False)
    return found


def _scope(item: Element, *, tests: bool) -> Scope:
    if tests:
        return "test"
    private = said(item, "PrivateAssets").lower() in (
        "all",
        "compile;runtime;contentfiles;build;buildmultitargeting;buildtransitive;analyzers;native",
    )
    return "dev" if private or item.tag in ("GlobalPackageReference", "DotNetCliToolReference") else "runtime"


def _project(source: Source) -> Iterator[Component | Problem]:
    root = xml_of(source)
    shared = settings_of(Shelf(source.files), source.folder)
    settings = Settings(dict(shared.properties), dict(shared.versions))
    settings.add(root)
    listing = Listing(source, "nuget", "project")
    tests = source.path.endswith("proj") and _tests(source.path, root)
    yield from _targets(listing, root, settings)
    yield from _sdks(listing, root)
    items = [each for each in root.iter() if each.tag in ("PackageReference", "GlobalPackageReference", "DotNetCliToolReference")]
    for item in items:
        yield from _package(listing, item, settings, _scope(item, tests=tests))
    for item in root.iter("ProjectReference"):
        name = re.split(r"[\\/]", item.get("Include", ""))[-1].rpartition(".")[0]
        if plausible(name):
            yield listing.entry(name, line_at(item), scope="test" if tests else "runtime", origin="path")


def _package(listing: Listing, item: Element, settings: Settings, scope: Scope) -> Iterator[Component]:
    """Name the packages of an item; without a version of its own, the central one counts."""
    update = item.get("Update", "") if listing.source.path.endswith("proj") and said(item, "Version") else ""
    for name in map(settings.filled, (item.get("Include") or update).split(";")):
        version = said(item, "VersionOverride") or said(item, "Version") or settings.versions.get(name.lower(), "")
        yield from versioned(listing, name, settings.filled(version), line_at(item), scope)


def versioned(listing: Listing, name: str, version: str, line: int, scope: Scope) -> Iterator[Component]:
    """Name a package with a version or range as NuGet writes it."""
    exact = _EXACT.fullmatch(version)
    if plausible(name) and not re.search(r"[@*%]", name):
        yield listing.entry(name, line, version=exact[1] if exact else "", wanted=version, scope=scope)


def _targets(listing: Listing, root: Element, settings: Settings) -> Iterator[Component]:
    """Name the frameworks that a project is built for."""
    for tag in ("TargetFramework", "TargetFrameworks", "TargetFrameworkVersion"):
        for element in root.iter(tag):
            for target in settings.filled(element.text or "").split(";"):
                word = target.strip().partition("-")[0]
                if re.fullmatch(r"(net|v)\w*[\w.]*", word):
                    yield listing.entry(_runtime(word), line_at(element), version=word, ecosystem="generic")


def _runtime(target: str) -> str:
    return "dotnetfx" if _FRAMEWORK.fullmatch(target) else "netstandard" if target.startswith("netstandard") else "dotnet"


def _sdks(listing: Listing, root: Element) -> Iterator[Component]:
    pairs = [(word.partition("/")[::2], line_at(root)) for word in root.get("Sdk", "").split(";")]
    pairs += [((each.get("Name", ""), each.get("Version", "")), line_at(each)) for each in root.iter("Sdk")]
    for (name, version), line in pairs:
        if version:
            yield from versioned(listing, name, version, line, "build")


READERS: Readers = (
    (re.compile(r"\.(cs|fs|vb)proj$").search, _project),
    (re.compile(r"\.(props|targets)$").search, _project),
)
