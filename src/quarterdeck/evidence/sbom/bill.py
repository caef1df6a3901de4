"""A bill of materials as both formats state it, and how it becomes components."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from packageurl import PackageURL

from quarterdeck.domain.contents import Component, Origin, Relation, Scope
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.domain.text import clean

EXACT, RANGE = 1.0, 0.8  # how sure a component is, with an exact version and without
SYSTEM = "quarterdeck:system"
MOST_LENGTH = 2_000  # characters of a name, a version or a package URL


@dataclass(frozen=True)
class Row:
    """One entry of the file as it stands there; `properties` are our own ones, by name."""

    ref: str
    name: str
    purl: str = ""
    version: str = ""
    licence: str = ""
    hashes: tuple[str, ...] = ()
    scope: str = ""
    line: int = 1
    properties: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def own(self, name: str) -> str:
        """Return the first value of one of our properties."""
        return next(iter(self.properties.get(f"quarterdeck:{name}", ())), "")

    @property
    def structure(self) -> bool:
        """Tell the company and the systems of our own files from what they are made of."""
        return bool(self.own("company") or (self.own("system") and not self.own("relation")))

    @property
    def cleaned(self) -> "Row":
        """Return the row without characters that could act on a screen or break a file."""
        return replace(
            self,
            name=clean(self.name),
            purl=clean(self.purl),
            version=clean(self.version),
            licence=clean(self.licence),
            hashes=tuple(map(clean, self.hashes)),
            properties={name: tuple(map(clean, values)) for name, values in self.properties.items()},
        )


@dataclass
class Bill:
    """What a file holds: rows, edges (parent, child) between their references, and the references of what it describes."""

    parser: str
    rows: list[Row] = field(default_factory=list)
    edges: list[tuple[str, str]] = field(default_factory=list)
    roots: set[str] = field(default_factory=set)
    problems: list[tuple[int, str]] = field(default_factory=list)


class Bad(ValueError):
    """A row that cannot be a component."""


def assembled(bill: Bill, name: str) -> tuple[list[Component], list[Problem]]:
    """Return the components of a bill and the rows that are none, each with what is wrong."""
    tops = bill.roots | {row.ref for row in bill.rows if row.structure}
    kept, wrong = _sorted_out(row.cleaned for row in bill.rows if row.ref not in tops)
    graph = _Graph(bill, tops, kept)
    told = [*bill.problems, *wrong]
    if graph.lost:
        told.append((1, f"{graph.lost:,} dependency entries name components that the file does not list"))
    several = len({row.own("repository") for row, _ in kept}) > 1
    components = [_component(row, purl, graph, name, bill.parser, several=several) for row, purl in kept]
    return components, [Problem(Citation(name, f"{name}:{line}"), message) for line, message in told]


def _sorted_out(rows: Iterable[Row]) -> tuple[list[tuple[Row, PackageURL]], list[tuple[int, str]]]:
    """Return the rows that can be components with their package URLs, and (line, message) of the others."""
    kept: list[tuple[Row, PackageURL]] = []
    wrong: list[tuple[int, str]] = []
    for row in rows:
        try:
            kept.append((row, _purl(row)))
        except (ValueError, TypeError) as error:
            wrong.append((row.line, f"this component was left out: {error}"))
    return kept, wrong


def _purl(row: Row) -> PackageURL:
    """Return the package URL of a row, with its version; a row without one is generic and keeps its name as given."""
    if max(map(len, (row.name, row.purl, row.version))) > MOST_LENGTH:
        raise Bad(f"its name, version or package URL is longer than {MOST_LENGTH:,} characters")
    exact = row.version or None
    if not row.purl:
        if not row.name.strip():
            raise Bad("it has neither a name nor a package URL")
        return PackageURL("generic", None, row.name, exact)
    try:
        purl = PackageURL.from_string(row.purl)
    except ValueError as error:
        raise Bad(f"its package URL cannot be read ({row.purl[:80]})") from error
    return purl if purl.version or not exact else purl._replace(version=exact)


class _Graph:
    """Who brings in whom, by package URL."""

    def __init__(self, bill: Bill, tops: set[str], kept: Sequence[tuple[Row, PackageURL]]) -> None:
        purls = {row.ref: purl.to_string() for row, purl in reversed(kept) if row.ref}
        self.parents: dict[str, set[str]] = defaultdict(set)
        self.direct: set[str] = set()
        self.lost = 0
        for parent, child in bill.edges:
            if parent in tops:
                self.direct.add(child)
            elif parent in purls and child in purls:
                self.parents[child].add(purls[parent])
            else:
                self.lost += child not in tops

    def relation(self, row: Row) -> Relation:
        """Return how a component came in, as far as the file says."""
        stated: Relation | None = next((each for each in get_args(Relation) if each == row.own("relation")), None)
        found: Relation = "direct" if row.ref in self.direct else "transitive" if self.parents.get(row.ref) else "unknown"
        return stated or found


def _component(row: Row, purl: PackageURL, graph: _Graph, name: str, parser: str, *, several: bool) -> Component:
    """Return a row as the component that it names; our own properties say best where it came from."""
    path, line = _place(row, name)
    version = purl.version or ""
    return Component(
        repository=0,
        purl=purl.to_string(),
        ecosystem=row.own("ecosystem") or purl.type,
        name=row.name or _name(purl),
        version=version,
        wanted="" if version else row.own("range"),
        relation=graph.relation(row),
        scope=_scope(row),
        system=_system(row, name, several=several),
        path=path,
        line=line,
        parser=parser,
        confidence=EXACT if version else RANGE,
        parents=tuple(sorted({*graph.parents.get(row.ref, ()), *row.properties.get("quarterdeck:parent", ())})),
        origin=_origin(row),
        licence=row.licence,
        integrity=" ".join([*row.hashes, *row.properties.get("quarterdeck:integrity", ())]),
        released=row.own("released"),
        deprecated=row.own("deprecated"),
    )


def _scope(row: Row) -> Scope:
    return next((each for told in (row.own("scope"), row.scope) for each in get_args(Scope) if each == told), "unknown")


def _origin(row: Row) -> Origin:
    return next((each for each in get_args(Origin) if each == row.own("origin")), "registry" if row.purl else "unknown")


def _place(row: Row, name: str) -> tuple[str, int]:
    path, _, line = row.own("path").rpartition(":")
    return (path, int(line)) if path and line.isascii() and line.isdigit() and len(line) < 9 else (name, row.line)


def _system(row: Row, name: str, *, several: bool) -> str:
    """Return the folder that a row of ours names, below its repository where there are several; else the bill is a system of its own."""
    if not row.own("system"):
        return name
    parts = (row.own("repository") if several else "", row.own("system"))
    return "/".join(part for part in parts if part not in ("", "."))


def _name(purl: PackageURL) -> str:
    return f"{purl.namespace}{':' if purl.type == 'maven' else '/'}{purl.name}" if purl.namespace else purl.name


def properties(pairs: Iterable[tuple[Any, Any]]) -> dict[str, tuple[str, ...]]:
    """Return our own properties out of pairs of name and value."""
    found: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        if isinstance(name, str) and name.startswith("quarterdeck:") and isinstance(value, str):
            found[name].append(value)
    return {name: tuple(values) for name, values in found.items()}
