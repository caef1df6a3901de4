"""sbom.cdx.json: the software inventory as CycloneDX 1.6.

Plain dictionaries, and no library for the format: the same report must give the same bytes whichever version of a library
is installed, and the command line must not wait for one to be imported. The tests validate what is written here with the
official schema, strictly.
"""

from collections.abc import Sequence
from typing import Any
from uuid import uuid5

from quarterdeck.deliver.exchange.compact import compact
from quarterdeck.deliver.exchange.inventory import ROOT, SPACE, Inventory, Part, System, inventory
from quarterdeck.deliver.exchange.licence_ids import IDS, is_expression
from quarterdeck.deliver.naming import Names
from quarterdeck.domain.contents import Component
from quarterdeck.domain.report import Report

SCOPES = {
    "runtime": "required", "peer": "required", "optional": "optional", "dev": "excluded", "test": "excluded", "build": "excluded"
}  # fmt: skip
ALGORITHMS = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}
CONTAINERS = ("docker", "oci", "container", "image")


def render(report: Report, components: Sequence[Component], names: Names) -> str:
    """Return the inventory of all repositories as one CycloneDX document; paths follow the naming policy."""
    known = inventory(report, components, names)
    bom = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": _metadata(report, known),
        "components": [*map(_system, known.systems), *map(_component, known.parts)],
        "dependencies": [{"ref": ref, "dependsOn": list(to)} for ref, to in sorted(known.edges.items())],
    }
    return compact(bom | {"serialNumber": f"urn:uuid:{uuid5(SPACE, compact(bom))}"})


def _metadata(report: Report, known: Inventory) -> dict[str, Any]:
    return {
        "timestamp": f"{report.as_of.isoformat()}T00:00:00Z",
        "lifecycles": [{"phase": "pre-build"}],
        "tools": {"components": [{"type": "application", "name": "quarterdeck", "version": report.engine}]},
        "component": {"type": "application", "bom-ref": ROOT, "name": known.title},
    }


def _system(system: System) -> dict[str, Any]:
    pairs = (("quarterdeck:repository", system.repository), ("quarterdeck:system", system.folder or "."))
    return {"type": "application", "bom-ref": system.ref, "name": system.name, "properties": _properties(pairs)}


def _component(part: Part) -> dict[str, Any]:
    """Return a part with the fields that are known of it."""
    fields: dict[str, Any] = {
        "purl": part.purl,
        "version": part.version,
        "scope": SCOPES.get(part.scope),
        "licenses": _licences(part.licence),
        "hashes": [{"alg": ALGORITHMS[algorithm], "content": digits} for algorithm, digits in part.hashes],
        "evidence": {"occurrences": [{"location": path, "line": line} for path, line in part.places]} if part.places else None,
        "properties": _properties(part.properties),
    }
    kind = "container" if part.ecosystem in CONTAINERS else "library"
    return {"type": kind, "bom-ref": part.ref, "name": part.name} | {name: value for name, value in fields.items() if value}


def _properties(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _licences(text: str) -> list[dict[str, Any]]:
    """Return a licence as identifier, as expression, or as the name that it was given."""
    if text in IDS:
        return [{"license": {"id": text}}]
    if is_expression(text):
        return [{"expression": text}]
    return [{"license": {"name": text}}] if text.strip() else []
