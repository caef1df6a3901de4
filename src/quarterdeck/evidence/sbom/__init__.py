"""Bills of materials that others made (SBOM): CycloneDX 1.2 to 1.7 as JSON or XML, SPDX 2.2 and 2.3 as JSON or tag-value.

A row that cannot be read is a problem beside the good ones. A file that cannot be read as a bill at all is refused with a
sentence that says what to do.
"""

import json
import re
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from quarterdeck.domain.contents import Component
from quarterdeck.domain.errors import InputError
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.evidence.inventory.loaders import Lines, as_table, as_text
from quarterdeck.evidence.sbom import cyclonedx, spdx, tag_value
from quarterdeck.evidence.sbom.bill import Bill, assembled

MOST_BYTES = 50_000_000
MOST_DEPTH = 200
FRESH_DAYS = 90  # our default, as the method note on diligence has it
FORMATS = "CycloneDX 1.2 to 1.7 (JSON or XML) or SPDX 2.2 or 2.3 (JSON or tag-value)"
_PLACES = re.compile(r'"(?:bom-ref|purl|SPDXID)"\s*+:\s*+"((?:[^"\\]++|\\.)*+)"')
_NAMESPACE = re.compile(r"\{http://cyclonedx\.org/schema/bom/([0-9.]+)\}bom")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LINE = "{quarterdeck}line"


def read(name: str, content: bytes) -> tuple[list[Component], list[Problem]]:
    """Return the components of a bill and its problems; raise InputError for a file that is none, or of a version not known."""
    tree, text = _opened(name, content)
    places = Lines(text, _PLACES)
    found: Bill = spdx.bill(tree, places.of) if "packages" in tree or "spdxVersion" in tree else cyclonedx.bill(tree, places.of)
    return assembled(found, name)


def taken(content: bytes) -> date | None:
    """Return the day on which a bill says that it was made; None where it does not say, or is no bill."""
    try:
        tree, _ = _opened("the file", content)
    except InputError:
        return None
    match = _DAY.match(cyclonedx.taken(tree) or spdx.taken(tree))
    try:
        return date.fromisoformat(match[0]) if match else None
    except ValueError:
        return None


def age_note(name: str, content: bytes, as_of: date) -> Problem | None:
    """Return what a reader must know of the age of a bill: that it is old, or that nobody can say."""
    made = taken(content)
    if made is None:
        return Problem(Citation(name, name), "does not say when it was made, so its age is not known")
    if (days := (as_of - made).days) > FRESH_DAYS:
        return Problem(Citation(name, name), f"is {days:,} days old: what is in use may have changed, so make a new one")
    return None


def _opened(name: str, content: bytes) -> tuple[dict[str, Any], str]:
    """Return the tree of a bill of a version that we know, and the text in which lines are found."""
    if len(content) > MOST_BYTES:
        raise InputError(f"{name}: larger than {MOST_BYTES // 1_000_000} MB", "Export one bill of materials per system instead.")
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        return _xml(name, content), ""
    text = _text(name, content)
    if start == b"{":
        return _json(name, text), text
    if re.search(r"^SPDXVersion:", text, re.MULTILINE):
        _refuse_version(name, (re.findall(r"^SPDXVersion:[ \t]*(\S*)", text, re.MULTILINE) or [""])[0])
        return tag_value.tree_of(text), ""
    raise _not_a_bill(name)


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name}: not UTF-8 text", f"Export the bill of materials again, as {FORMATS}.") from error


def _json(name: str, text: str) -> dict[str, Any]:
    """Return the tree of a JSON file, out of the envelope that some exports put around it."""
    try:
        tree = as_table(json.loads(text, parse_int=str))
    except json.JSONDecodeError as error:
        hint = "The file may be cut short: export it again."
        raise InputError(f"{name}: not valid JSON at line {error.lineno}", hint) from error
    except RecursionError as error:
        raise InputError(f"{name}: nested too deeply to be a bill of materials", f"Export it again, as {FORMATS}.") from error
    for envelope in ("sbom", "predicate"):  # GitHub's export, and signed statements
        tree = as_table(tree.get(envelope)) or tree
    if "spdxVersion" in tree or "@context" in tree:
        _refuse_version(name, as_text(tree.get("spdxVersion")) or "SPDX 3")
    elif tree.get("bomFormat") == "CycloneDX":
        _refuse_cyclonedx(name, as_text(tree.get("specVersion")))
    else:
        raise _not_a_bill(name)
    return tree


def _xml(name: str, content: bytes) -> dict[str, Any]:
    """Return the tree of an XML file; entities and definitions elsewhere are never followed."""
    parser = _Parser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    try:
        parser.feed(content)
        root: Element = parser.close()
    except ParseError as error:
        hint = "The file may be cut short: export it again."
        raise InputError(f"{name}: not valid XML at line {error.position[0]}", hint) from error
    except (DefusedXmlException, ValueError, LookupError) as error:
        raise InputError(f"{name}: uses XML that no bill of materials needs", f"Export it again, as {FORMATS}.") from error
    if parser.space is None:
        raise _not_a_bill(name)
    _refuse_cyclonedx(name, parser.space)
    return cyclonedx.tree_of(root, lambda element: int(element.get(_LINE, "1")))


class _Parser(DefusedXMLParser):  # type: ignore[misc]  # the package has no types
    """Keeps the line of each element, drops namespaces and refuses depth."""

    depth = 0
    space: str | None = None

    def _fixname(self, key: str) -> str:
        name: str = super()._fixname(key)
        match = _NAMESPACE.fullmatch(name) if self.space is None else None
        self.space = match[1] if match else self.space
        return name.rpartition("}")[2]

    def _start(self, tag: str, attributes: list[str]) -> Any:
        self.depth += 1
        if self.depth > MOST_DEPTH:
            raise ValueError("nested too deeply")
        element = super()._start(tag, attributes)
        element.set(_LINE, str(self.parser.CurrentLineNumber))
        return element

    def _end(self, tag: str) -> Any:
        self.depth -= 1
        return super()._end(tag)


def _refuse_version(name: str, version: str) -> None:
    if version not in spdx.VERSIONS:
        raise InputError(f"{name}: {version or 'a version of SPDX'} is not supported", "Export it as SPDX 2.3, or as CycloneDX 1.6.")


def _refuse_cyclonedx(name: str, version: str) -> None:
    if version not in cyclonedx.VERSIONS:
        raise InputError(f"{name}: CycloneDX {version or 'of no version'} is not supported", "Export it as CycloneDX 1.6.")


def _not_a_bill(name: str) -> InputError:
    return InputError(f"{name}: not a bill of materials that can be read", f"Export it as {FORMATS}.")
