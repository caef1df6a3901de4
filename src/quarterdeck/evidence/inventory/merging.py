"""Lay what several files of one system say over each other, so that nothing counts twice.

A lockfile wins over the manifests that it covers: their knowledge of what was asked for directly, and for which purpose,
goes into its components. What only a manifest names stays, with its range.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from quarterdeck.domain.contents import Component, Scope
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.evidence.inventory.graph import ORDER, RANK, strongest
from quarterdeck.evidence.inventory.loaders import said
from quarterdeck.evidence.inventory.source import Source

PLACED = frozenset({"docker", "generic", "github"})  # what each place starts or runs by itself
LOCKED = 1.0  # the confidence of what a lockfile says
Name = tuple[str, str]  # ecosystem, package URL without version
Covers = Callable[[Source], Iterable[str]]


@dataclass(frozen=True)
class Rules:
    """Which folders or manifests each lockfile covers, and which names this repository's own packages have.

    A lockfile that is not in `covers` covers its folder, and the folders below it all of whose names it lists.
    """

    covers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    own: frozenset[Name] = frozenset()

    @classmethod
    def of(cls, sources: Sequence[Source], parts: Sequence[Any]) -> "Rules":
        """Ask the packages of readers (their COVERS and OWN) about each file; a broken file covers nothing."""
        covers = {source.path: frozenset(found) for source, found in _asked(sources, parts, "COVERS")}
        own = frozenset(each for _, found in _asked(sources, parts, "OWN") for each in found)
        return cls(covers, own)


def _asked(sources: Sequence[Source], parts: Sequence[Any], table: str) -> Iterable[tuple[Source, list[Any]]]:
    rules = [row for part in parts for row in getattr(part, table, ())]
    for source in sources:
        for match, ask in rules:
            if match(source.path):
                yield source, _tolerant(ask, source)
                break


def _tolerant(ask: Callable[[Source], Iterable[Any]], source: Source) -> list[Any]:
    try:
        return list(ask(source))
    except Exception:
        return []  # the reader of the file has named what is wrong with it


def name_of(component: Component) -> Name:
    """Return what a component is called in every file: ecosystem and package URL without version and qualifiers."""
    bare = component.purl.partition("?")[0].partition("#")[0]
    bare = bare[: bare.rfind("@")] if "@" in bare else bare
    return component.ecosystem, bare.replace(".", "-") if component.ecosystem == "pypi" else bare


def merged(found: Sequence[Component], rules: Rules, name: str) -> tuple[list[Component], list[Problem]]:
    """Return each component once, sorted, and the lockfiles that contradict one another."""
    locks: dict[tuple[str, str], Lock] = {}
    manifests: list[Component] = []
    for each in found:
        if each.confidence == LOCKED and each.ecosystem != "generic":
            locks.setdefault((each.ecosystem, each.path), Lock(each.system, each.path)).take(each)
        else:
            manifests.append(_ours(each, rules))
    coverage = Coverage(locks, rules, manifests)
    kept = [each for each in manifests if not coverage.absorb(each)]
    components = [each for lock in locks.values() for each in lock.settled()]
    return _once([*components, *kept]), _disagreements(coverage, name)


def _ours(component: Component, rules: Rules) -> Component:
    """Mark what this repository itself makes: a manifest that asks for it asks for no third party's work."""
    if component.origin == "registry" and name_of(component) in rules.own:
        return replace(component, origin="path")
    return component


@dataclass
class Lock:
    """The components of one lockfile, each package and version once."""

    system: str
    path: str
    components: dict[str, Component] = field(default_factory=dict)
    names: dict[Name, list[str]] = field(default_factory=lambda: defaultdict(list))
    asked: dict[str, list[Scope]] = field(default_factory=lambda: defaultdict(list))  # the scopes that manifests give
    covering: bool = False

    def take(self, component: Component) -> None:
        """Add a component; one that is there already gains what the new one knows."""
        known = self.components.get(component.purl)
        self.components[component.purl] = _joined(known, component) if known else component
        if known and known.origin == "path" != component.origin:  # a copy of our own beside the registry's: that one is not ours
            self.components[component.purl] = replace(self.components[component.purl], origin=component.origin)
        if known is None:
            self.names[name_of(component)].append(component.purl)

    def ask(self, manifest: Component) -> bool:
        """Take over what a manifest asks for, and tell whether the lockfile has it."""
        local = manifest.origin == "path"  # a folder is never the registry's package of the same name
        purls = [purl for purl in self.names.get(name_of(manifest), ()) if not local or self.components[purl].origin == "path"]
        for purl in [purl for purl in purls if self.components[purl].relation == "direct"] or purls:
            self.asked[purl].append(manifest.scope)
        return bool(purls)

    def settled(self) -> list[Component]:
        """Fill in what is still open: purposes along the ways from what was asked for, and what nobody asked for."""
        for purl, asked in self.asked.items():
            component = self.components[purl]
            scope = strongest(asked) if component.scope == "unknown" else component.scope
            self.components[purl] = replace(component, scope=scope, relation="direct")
        scopes = self._reached() if any(each.scope == "unknown" for each in self.components.values()) else {}
        return [self._related(replace(each, scope=scopes.get(purl, each.scope))) for purl, each in self.components.items()]

    def _related(self, component: Component) -> Component:
        if component.relation != "unknown" or not self.covering:
            return component
        return replace(component, relation="transitive")

    def _reached(self) -> dict[str, Scope]:
        """Return the scope nearest to production in which each component is reached from a direct one."""
        children = defaultdict(list)
        for purl, component in self.components.items():
            for parent in component.parents:
                children[parent].append(purl)
        found: dict[str, Scope] = {}
        for scope in ORDER[:-1]:
            ahead = [purl for purl, each in self.components.items() if each.scope == scope]
            while ahead:
                purl = ahead.pop()
                if purl not in found:
                    found[purl] = self._fixed(purl) or scope
                    ahead += children[purl]
        return found

    def _fixed(self, purl: str) -> Scope | None:
        """Return the scope that the lockfile itself gives to what nobody asked for directly."""
        component = self.components[purl]
        return None if component.relation == "direct" or component.scope == "unknown" else component.scope


def _joined(one: Component, other: Component) -> Component:
    """Join two mentions of the same thing in the same system."""
    return replace(
        one,
        scope=strongest((one.scope, other.scope)),
        relation=min(one.relation, other.relation, key=("direct", "transitive", "unknown").index),
        parents=tuple(sorted({*one.parents, *other.parents})),
        licence=one.licence or other.licence,
        integrity=one.integrity or other.integrity,
        wanted=one.wanted or other.wanted,
    )


class Coverage:
    """Which lockfiles speak for which manifests."""

    def __init__(self, locks: Mapping[tuple[str, str], Lock], rules: Rules, manifests: Iterable[Component]) -> None:
        """Lay out the lockfiles by what they cover."""
        self.locks = locks
        self._by_place: dict[tuple[str, str], list[Lock]] = defaultdict(list)
        self._asked: dict[tuple[str, str], set[Name]] = defaultdict(set)
        self._found: dict[tuple[str, str], list[Lock]] = {}
        self._open: dict[tuple[str, str], list[Lock]] = defaultdict(list)
        for (ecosystem, path), lock in sorted(locks.items()):
            for place in rules.covers.get(path, frozenset({lock.system})):
                self._by_place[ecosystem, place].append(lock)
            if path not in rules.covers:
                self._open[ecosystem, lock.system].append(lock)
        for each in manifests:
            if each.origin == "registry":
                self._asked[each.ecosystem, each.path].add(name_of(each))

    def absorb(self, manifest: Component) -> bool:
        """Tell whether a lockfile has what a manifest names, after it took over what that says."""
        if manifest.ecosystem == "pypi" and manifest.scope == "build":
            return False  # what builds a Python project is installed apart, and no lockfile holds it
        locks = self.of(manifest)
        for lock in locks:
            lock.covering = True
        return sum(lock.ask(manifest) for lock in locks) > 0  # every one of them has to be asked

    def of(self, manifest: Component) -> list[Lock]:
        """Return the lockfiles that cover a manifest."""
        key = (manifest.ecosystem, manifest.path)
        if key not in self._found:
            places = (manifest.path, manifest.system)
            exact = [lock for place in places for lock in self._by_place.get((manifest.ecosystem, place), ())]
            self._found[key] = list({lock.path: lock for lock in exact}.values()) or self._above(manifest)
        return self._found[key]

    def _above(self, manifest: Component) -> list[Lock]:
        """Return the nearest lockfile above that lists every name of a manifest: it locks that folder too."""
        folder = manifest.system
        while folder:
            folder = folder.rpartition("/")[0]
            if locks := self._open.get((manifest.ecosystem, folder)):
                return [lock for lock in locks if self._asked[manifest.ecosystem, manifest.path] <= lock.names.keys()]
        return []

    def rivals(self) -> list[tuple[Lock, Lock]]:
        """Return the lockfiles that cover the same folder or manifest, in pairs."""
        pairs = {(one.path, two.path): (one, two) for locks in self._by_place.values() for one, two in pairwise(locks)}
        return [pairs[key] for key in sorted(pairs)]


def _disagreements(coverage: Coverage, name: str) -> list[Problem]:
    return [problem for one, two in coverage.rivals() for problem in _disagreement(one, two, name)]


def _disagreement(one: Lock, two: Lock, name: str) -> list[Problem]:
    """Say where two lockfiles of one system have no version of a package in common."""
    apart = [
        (one.components[one.names[each][0]], two.components[two.names[each][0]])
        for each in sorted(one.names.keys() & two.names.keys())
        if not set(one.names[each]) & set(two.names[each])
    ]
    if not apart:
        return []
    ours, theirs = apart[0]
    message = (
        f"{said(one.path)} and {said(two.path)} disagree on the version of {len(apart)} {'package' if len(apart) == 1 else 'packages'}, "
        f"first {said(ours.name)}: {said(ours.version)} and {said(theirs.version)}; both were kept"
    )
    return [Problem(Citation(name, f"{ours.path}:{ours.line}"), message)]


def _once(components: Iterable[Component]) -> list[Component]:
    """Keep one row for each thing of a system: by version where that is known, otherwise by scope and range.

    An image, a tool or an action is one thing at each place that names it.
    """
    rows: dict[tuple[str, ...], Component] = {}
    for each in sorted(components, key=lambda row: (-row.confidence, RANK[row.scope], row.path, row.line, row.purl)):
        loose = "" if each.version else f"{each.scope} {each.wanted}"
        key = (each.system, each.ecosystem, each.purl, loose, each.path if each.ecosystem in PLACED else "")
        rows[key] = _joined(rows[key], each) if key in rows else each
    return sorted(rows.values(), key=lambda row: (row.system, row.ecosystem, row.name, row.version, row.scope, row.path, row.line))
