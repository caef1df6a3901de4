"""Project the packages of a system onto a CycloneDX inventory, as a build tool would write it."""

import json
from datetime import date

from quarterdeck.demo.generator.tree.manifests import digest

TYPES = {"Python": "pypi", "JavaScript": "npm", "TypeScript": "npm", "PHP": "composer", "Java": "maven", "Go": "golang"}


def cyclonedx(name: str, language: str, packages: dict[str, str], day: date) -> str:
    """Return the inventory of a system as CycloneDX 1.5 JSON."""
    kind = TYPES[language]
    number = digest(name, day.isoformat())
    serial = f"{number[:8]}-{number[8:12]}-4{number[13:16]}-8{number[17:20]}-{number[20:32]}"
    rows = [
        {
            "type": "library",
            "bom-ref": _purl(kind, package, version),
            "name": package.split(":")[-1],
            "version": version,
            "purl": _purl(kind, package, version),
        }
        for package, version in packages.items()
    ]
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "timestamp": f"{day}T06:00:00Z",
            "component": {"type": "application", "bom-ref": name, "name": name, "version": "1.0.0"},
        },
        "components": rows,
    }
    return json.dumps(document, indent=2) + "\n"


def _purl(kind: str, package: str, version: str) -> str:
    prefix = "v" if kind == "golang" else ""
    return f"pkg:{kind}/{package.replace(':', '/')}@{prefix}{version}"
