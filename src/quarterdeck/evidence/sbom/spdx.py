"""SPDX 2.2 and 2.3, as JSON or tag-value; tag-value becomes the same tree first, so that there is one reading of both."""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from quarterdeck.evidence.inventory.loaders import as_rows, as_table, as_text
from quarterdeck.evidence.sbom.bill import Bill, Row, properties

VERSIONS = ("SPDX-2.2", "SPDX-2.3")
DOCUMENT = "SPDXRef-DOCUMENT"
NOWHERE = ("", "NOASSERTION", "NONE")
LINE = "quarterdeck line"
# Relationships that are edges: (scope of what is depended on, does it come first). What an image CONTAINS is not brought in by it.
EDGES = {
    "DEPENDS_ON": ("", False), "DEPENDENCY_OF": ("", True),
    "RUNTIME_DEPENDENCY_OF": ("runtime", True), "DEV_DEPENDENCY_OF": ("dev", True), "TEST_DEPENDENCY_OF": ("test", True),
    "BUILD_DEPENDENCY_OF": ("build", True), "OPTIONAL_DEPENDENCY_OF": ("optional", True),
    "PROVIDED_DEPENDENCY_OF": ("peer", True), "DEV_TOOL_OF": ("dev", True), "BUILD_TOOL_OF": ("build", True),
    "TEST_TOOL_OF": ("test", True),
}  # fmt: skip
_REFERENCE = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")


def bill(tree: dict[str, Any], line_of: Callable[..., int]) -> Bill:
    """Return what a document holds; `line_of` finds the line of an identifier."""
    found = Bill("spdx")
    links = list(_links(tree))
    edges = [_edge(*link) for link in links if link[1] in EDGES]
    scopes = {child: scope for _, child, scope in edges if scope}
    licences = _own_licences(tree)
    for entry in as_rows(tree.get("packages")):
        if isinstance(entry, dict):
            found.rows.append(_row(entry, scopes, licences, line_of))
        else:
            found.problems.append((1, "this package was left out: it is not a table of names and values"))
    packages = {row.ref for row in found.rows}
    found.roots = _roots(_described(tree, links) & packages, packages, {parent for parent, _, _ in edges})
    found.edges += [(parent, child) for parent, child, _ in edges if _between(parent, child, packages)]
    return found


def _described(tree: dict[str, Any], links: Sequence[tuple[str, str, str]]) -> set[str]:
    """Return what a document says that it describes."""
    ends = (((element, kind), other) if kind == "DESCRIBES" else ((other, kind), element) for element, kind, other in links)
    told = {other for (end, kind), other in ends if end == DOCUMENT and kind in ("DESCRIBES", "DESCRIBED_BY")}
    return told | set(map(as_text, as_rows(tree.get("documentDescribes"))))


def taken(tree: dict[str, Any]) -> str:
    """Return the time at which a document says that it was made."""
    return as_text(as_table(tree.get("creationInfo")).get("created"))


def _roots(described: set[str], packages: set[str], parents: set[str]) -> set[str]:
    """Return the described packages that stand for the product itself; some tools say of every package that it is described."""
    return described & parents if described == packages else described


def _between(parent: str, child: str, packages: set[str]) -> bool:
    """Tell edges between packages from those to files, to other documents and to nothing, which are none of ours."""
    foreign = (other for other in (parent, child) if other not in packages)
    return not any(other in NOWHERE or other == DOCUMENT or "File" in other or ":" in other for other in foreign)


def _links(tree: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for each in map(as_table, as_rows(tree.get("relationships"))):
        yield as_text(each.get("spdxElementId")), as_text(each.get("relationshipType")), as_text(each.get("relatedSpdxElement"))


def _edge(element: str, kind: str, other: str) -> tuple[str, str, str]:
    """Return (parent, child, scope of the child)."""
    scope, first = EDGES[kind]
    return (other, element, scope) if first else (element, other, scope)


def _row(entry: dict[str, Any], scopes: Mapping[str, str], licences: Mapping[str, str], line_of: Callable[..., int]) -> Row:
    ref = as_text(entry.get("SPDXID"))
    version = as_text(entry.get("versionInfo"))
    return Row(
        ref=ref,
        name=as_text(entry.get("name")),
        purl=_purl(entry),
        version="" if version in NOWHERE else version,
        licence=_licence(entry, licences),
        hashes=tuple(_hashes(entry)),
        scope=scopes.get(ref, ""),
        line=entry.get(LINE) or line_of(ref),
        properties=_properties(as_text(entry.get("comment"))),
    )


def _purl(entry: dict[str, Any]) -> str:
    references = map(as_table, as_rows(entry.get("externalRefs")))
    return next((as_text(each.get("referenceLocator")) for each in references if each.get("referenceType") == "purl"), "")


def _licence(entry: dict[str, Any], own: Mapping[str, str]) -> str:
    """Return what was concluded, or else declared, with the document's own licences by the names it gives them."""
    told = (as_text(entry.get(name)).strip() for name in ("licenseConcluded", "licenseDeclared"))
    text = next((each for each in told if each not in NOWHERE), "")
    return _REFERENCE.sub(lambda match: own.get(match[0], match[0]), text)


def _own_licences(tree: dict[str, Any]) -> dict[str, str]:
    """Return the names of licences that are not on the SPDX list."""
    found = {}
    for each in map(as_table, as_rows(tree.get("hasExtractedLicensingInfos"))):
        name = as_text(each.get("name"))
        if name not in NOWHERE:
            found[as_text(each.get("licenseId"))] = name
    return found


def _hashes(entry: dict[str, Any]) -> Iterator[str]:
    for each in map(as_table, as_rows(entry.get("checksums"))):
        algorithm, digits = as_text(each.get("algorithm")), as_text(each.get("checksumValue")).strip()
        if algorithm and digits:
            yield f"{algorithm.lower()}:{digits.lower()}"


def _properties(comment: str) -> dict[str, tuple[str, ...]]:
    """Return our own properties out of a comment that we wrote; anybody else's comment has none."""
    if not comment.startswith('{"quarterdeck:'):
        return {}
    try:
        known = as_table(json.loads(comment))
    except (ValueError, RecursionError):
        return {}
    together: dict[str, list[Any]] = defaultdict(list)
    for name, values in known.items():
        together[name] += as_rows(values)
    return properties((name, value) for name, values in together.items() for value in values)
