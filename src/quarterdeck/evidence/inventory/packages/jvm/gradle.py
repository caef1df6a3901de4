"""Gradle: lockfiles first, then the literal notations of build scripts and the catalogue entries that they use."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from quarterdeck.domain.contents import Component, Relation, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.loaders import xml_of
from quarterdeck.evidence.inventory.packages.jvm import catalogues
from quarterdeck.evidence.inventory.packages.jvm.catalogues import Catalogue, catalogues_for, exact, marker
from quarterdeck.evidence.inventory.packages.jvm.scripts import Statement, Values, statements, values_of
from quarterdeck.evidence.inventory.packages.listing import LITERAL, LOCK, Listing, Shelf, inside, numbered, parsed, plausible, worst
from quarterdeck.evidence.inventory.source import Readers, Source, Unreadable

_LOCKED = re.compile(r"([^:=\s#]+):([^:=\s]+):([^:=\s]+)(?:=(.*))?$")
_STRING = re.compile(r"""\"((?:[^"\n$]|\$\{[^{}\n]*+\}|\$)*+)\"|'([^'\n]*+)'""")
_NOTATION = re.compile(r"([\w.${}-]+):([\w.${}()-]+)(?::([^:@\"']*))?(?::[^@]*)?(?:@\w+)?")
_CONFIGURATION = re.compile(r"""["']?([A-Za-z_]\w*)["']?\s*(?:\(|\s|(?=["'\[]))(.*)""", re.DOTALL)
_ADD = re.compile(r"""add\s*\(\s*["'](\w+)["']\s*,(.*)""", re.DOTALL)
_PART = r"""\b{0}\s*+[:=]\s*+(?:["']([^"'\n]*+)["']|([\w.]++))"""
_GROUP, _NAME, _VERSION = (re.compile(_PART.format(part)) for part in ("group", "name", "version"))
_KOTLIN = re.compile(r"""\bkotlin\s*+\(\s*+["']([\w-]++)["']\s*+(?:,\s*+(?:version\s*+=\s*+)?["']?([^"')]++)["']?)?\s*+\)""")
_PLUS = re.compile(r"""["']([\w.-]++:[\w.-]++:)["']\s*+\+\s*+([\w.]++)""")
_ACCESSOR = re.compile(r"(?<![\w.])(\w++)\.((?:\w++\.)*\w++)")
_PLUGIN = re.compile(
    r"""\b(id|kotlin|alias)\b\s*+\(?\s*+(?:["']([\w.-]++)["']|([\w.]++))\s*+\)?(?:\s*+\.?version\s*+\(?\s*+(?:["']([^"']++)["']|([\w.]++)))?"""
)
_JAVA = re.compile(
    r"(?:sourceCompatibility|targetCompatibility|JavaLanguageVersion\.of|jvmToolchain)\s*+[=(]?\s*+[\"']?(?:JavaVersion\.VERSION_|JavaVersion\.toVersion\([\"']?)?(\d[\d._]*+)"
)
_LOGIC = re.compile(r"(^|/)(buildSrc|build-logic)/")  # builds of the build itself
_OTHER_WORDS = frozenset(
    "exclude force because version if else for while def val var return print println transitive changing create".split()
)
_CONDITIONS = frozenset(("if", "else", "try", "when", ""))
_BUILD = re.compile(r"classpath$|compileonly(api)?$|provided|annotationprocessor$|^kapt|^ksp|^errorprone$|apt$")
_RUNS = re.compile(
    r"(implementation|api|runtimeonly|runtime|compile|desugaring|shadow|shade|bundle|bundled|include|embed|deploy|earlib|modapi)$"
)


def _scope(configuration: str) -> Scope:
    """Return the scope that the name of a configuration tells."""
    name = configuration.lower()
    rules: tuple[tuple[bool, Scope], ...] = (
        ("test" in name, "test"),
        (name.startswith(("jmh", "debug", "benchmark")) or name == "developmentonly", "dev"),
        (bool(_BUILD.search(name)), "build"),
        (bool(_RUNS.search(name)), "runtime"),
    )
    return next((scope for true, scope in rules if true), "build")


@dataclass(frozen=True)
class Asked:
    """A module as a build script asks for it."""

    name: str
    version: str
    line: int
    scope: Scope


@dataclass(frozen=True)
class Script:
    """A build script with what its names stand for."""

    values: Values
    catalogues: Mapping[str, Catalogue]
    found: list[Asked] = field(default_factory=list)

    def asked(self, statement: Statement) -> Iterator[Asked]:
        """Read a statement of a `dependencies` block."""
        match = _ADD.match(statement.text) or _CONFIGURATION.match(statement.text)
        if match is None or match[1] in _OTHER_WORDS:
            return
        configuration, rest = match[1], match[2]
        scope: Scope = "build" if re.search(r"\b(platform|enforcedPlatform)\s*\(?", rest) else _scope(configuration)
        if scope == "runtime" and any(block.partition(".")[0].endswith("Test") for block in statement.blocks):
            scope = "test"
        names = [*self._literals(rest), *self._kotlin(rest), *self._catalogued(rest)]
        for name, version in dict.fromkeys(names):
            yield Asked(name, version, statement.line, scope)

    def _literals(self, rest: str) -> Iterator[tuple[str, str]]:
        """Read `"group:name:version"`, the same in parts, and a version that is added to it."""
        if (group := _GROUP.search(rest)) and (name := _NAME.search(rest)):
            version = _VERSION.search(rest)
            yield f"{self._part(group)}:{self._part(name)}", self._part(version) if version else ""
            return
        added = {match[1]: match[2] for match in _PLUS.finditer(rest)}
        bare = re.sub(r"\b(?:project|projects|files|fileTree|kotlin)\s*\([^()]*\)", "", rest)
        for match in _STRING.finditer(bare):
            text = match[1] or match[2] or ""
            yield from self._notation(text + (f"${{{added[text]}}}" if text in added else ""))

    def _part(self, match: re.Match[str]) -> str:
        return self.values.filled(match[1]) if match[1] is not None else self.values.of(match[2]) or f"${{{match[2]}}}"

    def _notation(self, text: str) -> Iterator[tuple[str, str]]:
        if match := _NOTATION.fullmatch(self.values.filled(text)):
            yield f"{match[1]}:{match[2]}", (match[3] or "").partition("!!")[0]

    def _kotlin(self, rest: str) -> Iterator[tuple[str, str]]:
        for match in _KOTLIN.finditer(rest):
            version = self.values.filled(match[2] or "")
            yield f"org.jetbrains.kotlin:kotlin-{match[1]}", self.values.of(version) or version

    def _catalogued(self, rest: str) -> Iterator[tuple[str, str]]:
        """Read accessors of a catalogue, and names that stand for a whole notation."""
        bare = _STRING.sub('""', rest)
        for match in _ACCESSOR.finditer(bare):
            catalogue = self.catalogues.get(match[1])
            if catalogue is None:
                yield from self._notation(self.values.of(match[0]) or "")
            else:
                yield from ((named.name, named.version) for named in _of(catalogue, match[2]))

    def plugin(self, statement: Statement) -> Iterator[Asked]:
        """Read a statement of a `plugins` block that gives a version."""
        for match in _PLUGIN.finditer(statement.text):
            if match[1] == "alias":
                yield from self._aliased(match[3] or "", statement.line)
            elif match[2] and (match[4] or match[5]):
                version = self.values.filled(match[4]) if match[4] else self.values.of(match[5]) or f"${{{match[5]}}}"
                plugin = f"org.jetbrains.kotlin.{match[2]}" if match[1] == "kotlin" else match[2]
                yield Asked(marker(plugin), version, statement.line, "build")

    def _aliased(self, accessor: str, line: int) -> Iterator[Asked]:
        name, _, alias = accessor.partition(".plugins.")
        known = self.catalogues.get(name)
        if known and alias in known.plugins:
            yield Asked(marker(known.plugins[alias].name), known.plugins[alias].version, line, "build")


def _of(catalogue: Catalogue, accessor: str) -> Iterator[catalogues.Named]:
    accessor = re.sub(r"\.(get|asProvider|toString|orNull)$", "", accessor)
    names = catalogue.bundles.get(accessor.removeprefix("bundles."), ()) if accessor.startswith("bundles.") else (accessor,)
    for name in names:
        if name in catalogue.libraries:
            yield catalogue.libraries[name]


@lru_cache(maxsize=64)
def _asked(shelf: Shelf, path: str) -> tuple[Asked, ...]:
    """Return all that a build script asks for."""
    folder = path.rpartition("/")[0]
    script = Script(values_of(shelf, folder), catalogues_for(shelf, folder))
    found: list[Asked] = []
    for statement in statements(shelf.files[path]):
        inner = statement.blocks[-1:]
        if _in_dependencies(statement.blocks):
            found += script.asked(statement)
        elif inner == ("plugins",):
            found += script.plugin(statement)
        elif inner == ("imports",) and statement.text.startswith("mavenBom"):
            found += (Asked(each.name, each.version, each.line, "build") for each in script.asked(statement))
    return tuple(found)


def _in_dependencies(blocks: tuple[str, ...]) -> bool:
    """Tell whether a statement stands in a `dependencies` block, at most inside conditions."""
    rest = list(blocks)
    while rest and rest[-1] in _CONDITIONS:
        rest.pop()
    return bool(rest) and rest[-1].rpartition(".")[2] == "dependencies" and "dependencyManagement" not in blocks


def _script(source: Source) -> Iterator[Component | Problem]:
    listing = Listing(source, "maven", "build.gradle", LITERAL)
    for statement in statements(source.text):
        if match := _JAVA.search(statement.text):
            yield listing.requirement("java", statement.line, match[1].replace("_", "."))
            break
    logic = bool(_LOGIC.search(source.path))
    for asked in dict.fromkeys(_asked(Shelf(source.files), source.path)):
        yield from _entry(listing, replace(asked, scope="build") if logic and asked.scope == "runtime" else asked)


def _entry(listing: Listing, asked: Asked) -> Iterator[Component]:
    if plausible(asked.name) and not asked.name.endswith(":"):
        yield listing.entry(
            asked.name,
            asked.line,
            version=asked.version if exact(asked.version) else "",
            wanted=asked.version,
            scope=asked.scope,
        )


def _lock(source: Source) -> Iterator[Component | Problem]:
    """Read a lockfile: each module with the configurations that resolve to it."""
    listing = Listing(source, "maven", "gradle.lockfile", LOCK, system=_locked_folder(source))
    direct = _direct(source)
    hashes = _hashes(source)
    known = False
    for number, line in numbered(source.text):
        known = known or line.startswith(("#", "empty="))
        if match := _LOCKED.match(line.strip()):
            known = True
            name = f"{match[1]}:{match[2]}"
            relation: Relation = "unknown" if direct is None else "direct" if name in direct else "transitive"
            scope = _locked_scope(source, match[4] or "")
            yield listing.entry(name, number, version=match[3], relation=relation, scope=scope, integrity=hashes.get((name, match[3]), ""))
    if not known and source.text.strip():
        raise Unreadable("no line of a Gradle lockfile")


def _locked_folder(source: Source) -> str:
    return re.sub(r"(^|/)gradle/dependency-locks$", "", source.folder)


def _locked_scope(source: Source, configurations: str) -> Scope:
    """Return the scope that the configurations of a locked module tell; the production class path decides first."""
    if source.file.startswith(("buildscript-", "settings-")) or configurations == "classpath":
        return "build"
    names = [name for name in configurations.split(",") if name] or [source.file.removesuffix(".lockfile")]
    return worst(map(_resolved_scope, names))


def _resolved_scope(configuration: str) -> Scope:
    """Return the scope that the name of a resolved configuration tells; a class path of the compiler alone only builds."""
    name = configuration.lower()
    rules: tuple[tuple[bool, Scope], ...] = (
        ("test" in name, "test"),
        (name.startswith(("jmh", "benchmark", "debug")), "dev"),
        (name.endswith("runtimeclasspath") or name in ("runtime", "default", "compile"), "runtime"),
    )
    return next((scope for true, scope in rules if true), "build")


def _direct(source: Source) -> set[str] | None:
    """Return what the build script beside a lockfile asks for, or nothing where there is none."""
    folder = _locked_folder(source)
    paths = [inside(folder, name) for name in ("build.gradle", "build.gradle.kts")]
    found = [path for path in paths if path in source.files]
    return {asked.name for path in found for asked in _asked(Shelf(source.files), path)} if found else None


def _hashes(source: Source) -> Mapping[tuple[str, str], str]:
    """Return the checksums of the verification metadata at the top of the build."""
    paths = sorted((path for path in source.files if path.endswith("gradle/verification-metadata.xml")), key=len)
    fits = [path for path in paths if source.path.startswith(path.removesuffix("gradle/verification-metadata.xml"))]
    return (parsed(source, fits[-1], _checksums) if fits else None) or {}


def _checksums(source: Source) -> dict[tuple[str, str], str]:
    found = {}
    for element in xml_of(source).iterfind("components/component"):
        name, version = f"{element.get('group')}:{element.get('name')}", element.get("version", "")
        file = next((each for each in element.iterfind("artifact") if each.get("name", "").endswith(f"{version}.jar")), None)
        value = file.find("sha256") if file is not None else None
        if value is not None:
            found[name, version] = f"sha256:{value.get('value', '')}"
    return found


def _nothing(_source: Source) -> Iterator[Component | Problem]:
    """Read nothing: the file speaks through others."""
    return iter(())


READERS: Readers = (
    (re.compile(r"(^|/)([\w.-]*gradle\.lockfile|dependency-locks/[\w.-]+\.lockfile)$").search, _lock),
    *catalogues.READERS,
    (re.compile(r"\.gradle(\.kts)?$").search, _script),
    (re.compile(r"(^|/)(gradle\.properties|gradle/verification-metadata\.xml)$").search, _nothing),
)
