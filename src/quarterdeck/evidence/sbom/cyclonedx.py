"""CycloneDX 1.2 and later, as JSON or XML; XML becomes the same tree first, so that there is one reading of both."""

from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

from quarterdeck.evidence.inventory.loaders import as_rows, as_table, as_text
from quarterdeck.evidence.sbom.bill import Bill, Row, properties

VERSIONS = ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7")
SCOPES = {"required": "runtime", "optional": "optional", "excluded": "dev"}
# Entries that name no software package: single files, keys and data. They are counted, not read.
NO_PACKAGES = ("file", "cryptographic-asset", "data")
NOWHERE = ("", "NOASSERTION", "NONE")
LINE = "quarterdeck line"

LineOf = Callable[..., int]


def bill(tree: dict[str, Any], line_of: LineOf) -> Bill:
    """Return what a document holds; `line_of` finds the line of a reference or package URL."""
    found = Bill("cyclonedx")
    main = as_table(as_table(tree.get("metadata")).get("component"))
    found.roots |= {ref} if (ref := as_text(main.get("bom-ref"))) else set()
    entries = [*_entries(as_rows(tree.get("components"))), *_entries(as_rows(main.get("components")))]
    left_out = 0
    for entry in entries:
        if not isinstance(entry, dict):
            found.problems.append((1, "this component was left out: it is not a table of names and values"))
        elif entry.get("type") in NO_PACKAGES:
            left_out += 1
        else:
            found.rows.append(_row(entry, line_of))
    if left_out:
        found.problems.append((1, f"{left_out:,} entries are single files, keys or data and no packages, so they were left out"))
    found.edges += _edges(as_rows(tree.get("dependencies")))
    found.roots |= _systems(entries, {parent for parent, _ in found.edges})
    return found


def _systems(entries: list[Any], parents: set[str]) -> set[str]:
    """Return the applications that only hold others together: no package URL, and components that they depend on."""
    applications = (each for each in map(as_table, entries) if each.get("type") == "application" and not each.get("purl"))
    return {ref for each in applications if (ref := as_text(each.get("bom-ref"))) in parents}


def taken(tree: dict[str, Any]) -> str:
    """Return the time at which a document says that it was made."""
    return as_text(as_table(tree.get("metadata")).get("timestamp"))


def _entries(components: list[Any]) -> Iterator[Any]:
    """Yield components and those inside them, in the order of the file."""
    waiting = components[::-1]
    while waiting:
        entry = waiting.pop()
        yield entry
        waiting += as_rows(as_table(entry).get("components"))[::-1]


def _row(entry: dict[str, Any], line_of: LineOf) -> Row:
    ref, purl = as_text(entry.get("bom-ref")), as_text(entry.get("purl"))
    pairs = [(each.get("name"), each.get("value")) for each in map(as_table, as_rows(entry.get("properties")))]
    own = properties(pairs)
    if range_ := as_text(entry.get("versionRange")):
        own = {"quarterdeck:range": (range_,)} | own
    development = ("cdx:npm:package:development", "true") in pairs
    return Row(
        ref=ref or purl,
        name=_named(as_text(entry.get("group")), as_text(entry.get("name")), purl),
        purl=purl,
        version=as_text(entry.get("version")),
        licence=_licence(as_rows(entry.get("licenses"))),
        hashes=tuple(_hashes(as_rows(entry.get("hashes")))),
        scope="dev" if development else SCOPES.get(as_text(entry.get("scope")), ""),
        line=entry.get(LINE) or line_of(ref or purl),
        properties=own,
    )


def _named(group: str, name: str, purl: str) -> str:
    """Return group and name as their ecosystem writes them."""
    return f"{group}{':' if purl.startswith('pkg:maven/') else '/'}{name}" if group and name else name


def _licence(choices: list[Any]) -> str:
    """Return what was concluded, or else declared; several licences are listed, since the format does not say how they combine."""
    told = [as_table(as_table(each).get("license")) or as_table(each) for each in choices]
    concluded = [each for each in told if each.get("acknowledgement") == "concluded"]
    texts = dict.fromkeys(map(_licence_text, concluded or told))
    return ", ".join(text for text in texts if text not in NOWHERE)


def _licence_text(licence: dict[str, Any]) -> str:
    return next((text for name in ("expression", "id", "name") if (text := as_text(licence.get(name)).strip())), "")


def _hashes(entries: list[Any]) -> Iterator[str]:
    for entry in map(as_table, entries):
        algorithm, digits = as_text(entry.get("alg")), as_text(entry.get("content")).strip()
        if algorithm and digits:
            yield f"{algorithm.lower().replace('sha-', 'sha')}:{digits.lower()}"


def _edges(entries: list[Any]) -> Iterator[tuple[str, str]]:
    for entry in map(as_table, entries):
        for child in as_rows(entry.get("dependsOn")):
            yield as_text(entry.get("ref")), as_text(child)


def tree_of(root: Element, line_at: Callable[[Element], int]) -> dict[str, Any]:
    """Return an XML document as the tree that the same document would be in JSON."""
    metadata = root.find("metadata")
    main = metadata.find("component") if metadata is not None else None
    return {
        "metadata": {
            "timestamp": _text(metadata, "timestamp"),
            "component": _component(main, line_at) | {"components": _components(main, line_at)} if main is not None else {},
        },
        "components": _components(root, line_at),
        "dependencies": [
            {"ref": each.get("ref"), "dependsOn": [inner.get("ref") for inner in each.findall("dependency")]}
            for each in root.iterfind("dependencies/dependency")
        ],
    }


def _components(root: Element, line_at: Callable[[Element], int]) -> list[dict[str, Any]]:
    """Return all components below an element, those inside others too, but none that one was made from (its pedigree)."""
    found: list[dict[str, Any]] = []
    waiting = root.findall("components/component")[::-1]
    while waiting:
        element = waiting.pop()
        found.append(_component(element, line_at))
        waiting += element.findall("components/component")[::-1]
    return found


def _component(element: Element, line_at: Callable[[Element], int]) -> dict[str, Any]:
    names = ("group", "name", "version", "versionRange", "scope", "purl")
    return {name: _text(element, name) for name in names} | {
        "type": element.get("type"),
        "bom-ref": element.get("bom-ref"),
        "hashes": [{"alg": each.get("alg"), "content": each.text} for each in element.iterfind("hashes/hash")],
        "licenses": [_choice(each) for each in element.iterfind("licenses/*")],
        "properties": [{"name": each.get("name"), "value": each.text} for each in element.iterfind("properties/property")],
        LINE: line_at(element),
    }


def _choice(element: Element) -> dict[str, Any]:
    if element.tag == "expression":
        return {"expression": (element.text or "").strip(), "acknowledgement": element.get("acknowledgement")}
    licence = {"id": _text(element, "id"), "name": _text(element, "name"), "acknowledgement": element.get("acknowledgement")}
    return {"license": licence}


def _text(element: Element | None, name: str) -> str:
    return (element.findtext(name) or "").strip() if element is not None else ""
