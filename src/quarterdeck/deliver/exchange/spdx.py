"""sbom.spdx.json: the software inventory as SPDX 2.3.

Plain dictionaries, for the reasons that `cyclonedx` gives: the same bytes with every version of a library, and nothing to
import. What SPDX has no field for stands in the `comment` of a package as a JSON object with the names of our properties.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid5

from quarterdeck.deliver.exchange.compact import compact
from quarterdeck.deliver.exchange.inventory import ROOT, SPACE, Inventory, Part, System, inventory
from quarterdeck.deliver.exchange.licence_ids import is_expression
from quarterdeck.deliver.naming import Names
from quarterdeck.domain.contents import Component
from quarterdeck.domain.report import Report

DOCUMENT = "SPDXRef-DOCUMENT"
UNKNOWN = "NOASSERTION"
# How a direct component stands to its system, by scope: (relationship, does the component come first)
DIRECT = {
    "runtime": ("RUNTIME_DEPENDENCY_OF", True), "dev": ("DEV_DEPENDENCY_OF", True), "test": ("TEST_DEPENDENCY_OF", True),
    "build": ("BUILD_DEPENDENCY_OF", True), "optional": ("OPTIONAL_DEPENDENCY_OF", True),
    "peer": ("PROVIDED_DEPENDENCY_OF", True), "unknown": ("DEPENDS_ON", False),
}  # fmt: skip
CONTAINERS = ("docker", "oci", "container", "image")
ALGORITHMS = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA256", "sha384": "SHA384", "sha512": "SHA512"}


def render(report: Report, components: Sequence[Component], names: Names) -> str:
    """Return the inventory of all repositories as one SPDX document; paths follow the naming policy."""
    known = inventory(report, components, names)
    texts = sorted({part.licence for part in known.parts if part.licence.strip() and not is_expression(part.licence)})
    own = {text: f"LicenseRef-quarterdeck-{number}" for number, text in enumerate(texts, 1)}
    ids = _ids(known)
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": DOCUMENT,
        "name": known.title,
        "creationInfo": {"created": f"{report.as_of.isoformat()}T00:00:00Z", "creators": [f"Tool: quarterdeck-{report.engine}"]},
        "packages": [*_applications(known, ids), *(_package(part, ids, own) for part in known.parts)],
        "relationships": [_related(*each) for each in sorted(_relations(known, ids))],
        "hasExtractedLicensingInfos": [{"licenseId": ref, "name": text, "extractedText": text} for text, ref in own.items()],
    }
    return compact(document | {"documentNamespace": f"urn:uuid:{uuid5(SPACE, compact(document))}"})


def _ids(known: Inventory) -> dict[str, str]:
    """Return {reference: identifier}; SPDX allows letters, digits, dots and dashes only."""
    ids = {ref: f"SPDXRef-{ref}" for ref in (ROOT, *(system.ref for system in known.systems))}
    return ids | {part.ref: f"SPDXRef-package-{number}" for number, part in enumerate(known.parts, 1)}


def _applications(known: Inventory, ids: dict[str, str]) -> list[dict[str, Any]]:
    """Return the company's software as a whole, and its systems."""
    return [
        _bare(ids[ROOT], known.title, "APPLICATION") | {"comment": _comment((("quarterdeck:company", known.title),))},
        *(_bare(ids[each.ref], each.name, "APPLICATION") | {"comment": _comment(_about(each))} for each in known.systems),
    ]


def _about(system: System) -> tuple[tuple[str, str], ...]:
    return (("quarterdeck:repository", system.repository), ("quarterdeck:system", system.folder or "."))


def _bare(identifier: str, name: str, purpose: str) -> dict[str, Any]:
    return {
        "SPDXID": identifier,
        "name": name,
        "downloadLocation": UNKNOWN,
        "filesAnalyzed": False,
        "licenseConcluded": UNKNOWN,
        "licenseDeclared": UNKNOWN,
        "copyrightText": UNKNOWN,
        "primaryPackagePurpose": purpose,
    }


def _package(part: Part, ids: dict[str, str], own: dict[str, str]) -> dict[str, Any]:
    """Return a part with the fields that are known of it."""
    fields: dict[str, Any] = {
        "versionInfo": part.version,
        "licenseDeclared": own.get(part.licence, part.licence.strip()),
        "checksums": [{"algorithm": ALGORITHMS[algorithm], "checksumValue": digits} for algorithm, digits in part.hashes],
        "externalRefs": [_purl(part.purl)] if part.purl else None,
        "comment": _comment(part.properties),
    }
    purpose = "CONTAINER" if part.ecosystem in CONTAINERS else "LIBRARY"
    return _bare(ids[part.ref], part.name, purpose) | {name: value for name, value in fields.items() if value}


def _purl(purl: str) -> dict[str, str]:
    return {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": purl}


def _comment(pairs: Iterable[tuple[str, str]]) -> str:
    together: dict[str, list[str]] = {}
    for name, value in pairs:
        together.setdefault(name, []).append(value)
    return json.dumps(together, ensure_ascii=False, sort_keys=True)


def _relations(known: Inventory, ids: dict[str, str]) -> Iterable[tuple[str, str, str]]:
    """Yield (element, relationship, other element) of every edge."""
    yield DOCUMENT, "DESCRIBES", ids[ROOT]
    scopes = {part.ref: part.scope for part in known.parts}
    systems = {system.ref for system in known.systems}
    for ref, others in known.edges.items():
        for other in others:
            kind, first = DIRECT[scopes[other]] if ref in systems else DIRECT["unknown"]
            yield (ids[other], kind, ids[ref]) if first else (ids[ref], kind, ids[other])


def _related(element: str, kind: str, other: str) -> dict[str, str]:
    return {"spdxElementId": element, "relationshipType": kind, "relatedSpdxElement": other}
