"""The software inventory as both SBOM formats need it: systems, parts and edges, named by the policy and in order.

A part belongs to one system: the same package in two systems is two parts, because what brings it in differs and an edge
must not jump from one system to another. Rows that differ in their place only are one part with several places.

Package names and package URLs are printed as they are under every naming policy: an inventory without them is none.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count
from uuid import UUID

from quarterdeck.deliver.exchange.digests import digest, split
from quarterdeck.deliver.naming import Namer, Names
from quarterdeck.domain.contents import Component
from quarterdeck.domain.report import Report
from quarterdeck.domain.text import clean, foreign, plain

SPACE = UUID("0d3f3f0e-6c1b-5c52-9b2f-5d7a4d0f6b11")  # of every id that is made from content; drawn once
ROOT = "root"
RELATIONS = ("direct", "transitive", "unknown")

Place = tuple[str, int]


@dataclass(frozen=True)
class System:
    """One application: a folder of a repository that has its own manifest or lockfile."""

    ref: str
    repository: str
    folder: str

    @property
    def name(self) -> str:
        """Return repository and folder as one name."""
        return f"{self.repository}/{self.folder}" if self.folder not in ("", self.repository) else self.repository


@dataclass(frozen=True)
class Part:
    """One component of one system; `loose` are parents that its system does not list."""

    ref: str
    system: System
    purl: str
    name: str
    version: str
    wanted: str
    scope: str
    relation: str
    ecosystem: str
    origin: str
    licence: str
    places: tuple[Place, ...]
    integrity: tuple[str, ...]
    loose: tuple[str, ...]
    released: str = ""
    deprecated: str = ""

    @cached_property
    def hashes(self) -> tuple[tuple[str, str], ...]:
        """Return (algorithm, digits) of the integrity values in a known form."""
        return tuple(sorted({found for each in self.integrity if (found := digest(each, self.ecosystem))}))

    @cached_property
    def properties(self) -> tuple[tuple[str, str], ...]:
        """Return what the formats have no field for, as sorted pairs of name and value."""
        pairs = [
            ("resolved", "true" if self.version else "false"),
            ("range", self.wanted),
            ("scope", self.scope),
            ("relation", self.relation),
            ("ecosystem", self.ecosystem),
            ("origin", self.origin),
            ("system", self.system.folder or "."),
            ("repository", self.system.repository),
            ("released", self.released),
            ("deprecated", self.deprecated),
            *(("path", f"{path}:{line}") for path, line in self.places),
            *(("parent", parent) for parent in self.loose),
            *(("integrity", each) for each in self.integrity if not digest(each, self.ecosystem)),
        ]
        return tuple(sorted((f"quarterdeck:{name}", value) for name, value in pairs if value))


@dataclass(frozen=True)
class Inventory:
    """All parts in order, and the edges between references; what has no entry in `edges` has an unknown graph."""

    title: str
    systems: tuple[System, ...]
    parts: tuple[Part, ...]
    edges: Mapping[str, tuple[str, ...]]


def inventory(report: Report, components: Iterable[Component], names: Names) -> Inventory:
    """Arrange components; the order of the rows does not matter."""
    namer = Namer(report.people, names)
    rows = sorted({_cleaned(each) for each in components}, key=lambda row: tuple(vars(row).values()))
    grouped: dict[tuple[str, int, str], list[Component]] = defaultdict(list)
    for row in rows:
        grouped[_repository(report, row.repository), row.repository, row.system].append(row)
    systems: list[System] = []
    parts: list[Part] = []
    edges: dict[str, tuple[str, ...]] = {}
    for number, (repository, index, folder) in enumerate(sorted(grouped), 1):
        systems.append(System(f"system-{number}", namer.shown(foreign(repository)), namer.shown(foreign(folder))))
        drawn = _Drawn(systems[-1], grouped[repository, index, folder], namer)
        parts += drawn.parts
        edges |= drawn.edges
    edges[ROOT] = tuple(system.ref for system in systems)
    return Inventory(clean(namer.shown(report.company or report.title)) or "company", tuple(systems), tuple(parts), edges)


def _cleaned(row: Component) -> Component:
    """Return a row whose texts can be written to any file."""
    texts = {name: clean(value) for name, value in vars(row).items() if isinstance(value, str)}
    return replace(row, **texts, parents=tuple(map(clean, row.parents)))  # type: ignore[arg-type]


def _repository(report: Report, number: int) -> str:
    """Return the name of a repository; the bills of others that were brought are counted on from the repositories."""
    names = [*(look.name for look in report.looks), *report.options.get("sbom", "").split("\n")]
    return clean(plain(names[number])) if number < len(names) and names[number] else f"repository {number + 1}"


class _Drawn:
    """The parts and edges of one system."""

    def __init__(self, system: System, rows: Sequence[Component], namer: Namer) -> None:
        self.system, self.namer = system, namer
        self.refs: set[str] = set()
        kinds: dict[tuple[str, ...], list[Component]] = defaultdict(list)
        for row in rows:
            kinds[row.purl, row.name, row.version, row.wanted, row.scope, row.ecosystem, row.origin, row.licence].append(row)
        named = [(self._ref(same[0]), same) for same in kinds.values()]
        self.by_purl: dict[str, list[str]] = defaultdict(list)
        for ref, same in named:
            self.by_purl[same[0].purl].append(ref)
        self.parts = [self._part(ref, same) for ref, same in named]
        self.edges = self._edges(named)

    def _ref(self, row: Component) -> str:
        """Name a part by its package URL, and apart where scope, range or licence differ."""
        base = f"{self.system.ref}/{row.purl or f'{row.name}@{row.version}'}"
        ref = next(each for each in (f"{base}~{number}" if number else base for number in count()) if each not in self.refs)
        self.refs.add(ref)
        return ref

    def _part(self, ref: str, same: Sequence[Component]) -> Part:
        one = same[0]
        return Part(
            ref, self.system, one.purl, one.name or one.purl or "unnamed", one.version, one.wanted, one.scope,
            min((row.relation for row in same), key=RELATIONS.index), one.ecosystem, one.origin, one.licence,
            places=tuple(sorted({(self.namer.shown(foreign(row.path)), row.line) for row in same if row.path})),
            integrity=tuple(sorted({each for row in same for each in split(row.integrity)})),
            loose=tuple(sorted({parent for row in same for parent in row.parents if not self._among(parent, one.purl)})),
            released=max(row.released for row in same),
            deprecated=max(row.deprecated for row in same),
        )  # fmt: skip

    def _among(self, parent: str, purl: str) -> bool:
        return parent in self.by_purl and parent != purl

    def _edges(self, named: Sequence[tuple[str, Sequence[Component]]]) -> dict[str, tuple[str, ...]]:
        """Return what brings in what; once any edge of a system is known, a resolved part without one has none."""
        drawn: dict[str, set[str]] = defaultdict(set)
        for ref, same in named:
            for parent in self._parents(same):
                drawn[parent].add(ref)
        known = [part.ref for part in self.parts if part.version] if drawn else []
        direct = {self.system.ref: {part.ref for part in self.parts if part.relation == "direct"}}
        return {ref: tuple(sorted(to)) for ref, to in (dict.fromkeys(known, frozenset[str]()) | drawn | direct).items()}

    def _parents(self, same: Sequence[Component]) -> set[str]:
        """Return the parts that bring in a part."""
        purls = {parent for row in same for parent in row.parents if self._among(parent, row.purl)}
        return {ref for purl in purls for ref in self.by_purl[purl]}
