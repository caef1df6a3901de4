"""SPDX tag-value: one `Tag: value` a line, texts over several lines between `<text>` and `</text>`."""

import re
from collections.abc import Iterator
from typing import Any

from quarterdeck.evidence.sbom.spdx import LINE

_TAG = re.compile(r"([A-Za-z]+):[ \t]*(.*)")
# Tags that stand for one text of a package, and the name of that text in JSON.
PACKAGE = {
    "SPDXID": "SPDXID", "PackageVersion": "versionInfo", "PackageLicenseConcluded": "licenseConcluded",
    "PackageLicenseDeclared": "licenseDeclared", "PackageComment": "comment",
}  # fmt: skip
OTHER_SECTIONS = ("FileName", "SnippetSPDXID", "LicenseID")


def tree_of(text: str) -> dict[str, Any]:
    """Return a tag-value document as the tree that the same document would be in JSON."""
    reading = _Reading()
    for line, tag, value in tags(text):
        reading.take(line, tag, value)
    return reading.tree


def tags(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield (line, tag, value); a text that never ends goes to the end of the file."""
    lines = enumerate(text.split("\n"), 1)
    for number, line in lines:
        match = _TAG.match(line.rstrip("\r"))
        if match is None:
            continue
        value = match[2]
        if value.startswith("<text>") and "</text>" not in value:
            rest = []
            for _, more in lines:
                rest.append(more)
                if "</text>" in more:
                    break
            value = "\n".join([value, *rest])
        yield number, match[1], value.strip().removeprefix("<text>").partition("</text>")[0].strip()


class _Reading:
    """The document so far, and the package that the next tag belongs to."""

    def __init__(self) -> None:
        self.packages: list[dict[str, Any]] = []
        self.licences: list[dict[str, str]] = []
        self.relationships: list[dict[str, str]] = []
        self.creation: dict[str, str] = {}
        self.package: dict[str, Any] = {}
        self.tree = {
            "packages": self.packages,
            "relationships": self.relationships,
            "hasExtractedLicensingInfos": self.licences,
            "creationInfo": self.creation,
        }

    def take(self, line: int, tag: str, value: str) -> None:
        """Put one tag where it belongs."""
        if tag == "PackageName":
            self.package = {"name": value, LINE: line}
            self.packages.append(self.package)
        elif tag in OTHER_SECTIONS:
            self.package = {}
            self.licences += [{"licenseId": value}] if tag == "LicenseID" else []
        elif tag in PACKAGE:
            self.package.setdefault(PACKAGE[tag], value)
        else:
            self._take_rest(tag, value)

    def _take_rest(self, tag: str, value: str) -> None:
        words = value.split()
        if tag == "PackageChecksum":
            algorithm, _, digits = value.partition(":")
            self.package.setdefault("checksums", []).append({"algorithm": algorithm.strip(), "checksumValue": digits.strip()})
        elif tag == "ExternalRef" and len(words) == 3:
            self.package.setdefault("externalRefs", []).append({"referenceType": words[1], "referenceLocator": words[2]})
        elif tag == "Relationship" and len(words) == 3:
            self.relationships.append(dict(zip(("spdxElementId", "relationshipType", "relatedSpdxElement"), words, strict=True)))
        elif tag == "LicenseName" and self.licences:
            self.licences[-1]["name"] = value
        elif tag == "Created":
            self.creation["created"] = value
