"""Which components are products whose end of life is known: runtimes, frameworks, and images with what they bring along."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from quarterdeck.domain.contents import Component
from quarterdeck.domain.records import Software
from quarterdeck.evidence import tables

RUNNING = (
    "Dockerfile",
    "compose",
    "kubernetes",
    "kustomization",
    "devcontainer.json",
)  # parsers whose images are named even where no product is known
LOWEST = frozenset({"go", "rust"})  # whose manifests name the lowest release that builds them
_SDKMAN = {
    "tem": "temurin", "zulu": "zulu", "amzn": "corretto", "librca": "liberica", "oracle": "oracle", "open": "openjdk", "graalce": "graalvm-community",
    "ms": "microsoft", "sem": "semeru",
}  # fmt: skip


class Names:
    """The names that the end-of-life table knows, by kind; a refreshed table in `folder` brings more of them."""

    def __init__(self, folder: Path | None = None) -> None:
        """Remember where a refreshed table may lie."""
        self.folder = folder

    def find(self, kind: str, name: str) -> tuple[str, str]:
        """Return (product, fixed cycle or empty) behind a name of a kind, two empty texts for an unknown one."""
        known = tables.products(kind, self.folder)
        return known.get(name) or known.get(name.lower()) or ("", "")


def software(components: Sequence[Component], folder: Path | None = None) -> list[Software]:
    """Return what the components name of the end-of-life table; an image without a product stays, with an empty one.

    What only came along with something else is left out, for the one who asked for it decides its version; and so is what
    only tests use. A refreshed table may lie in `folder`.
    """
    names = Names(folder)
    chosen = (component for component in components if component.relation != "transitive" and component.scope != "test")
    found = [each for component in chosen for each in _identified(component, names)]
    rows: dict[tuple[int, str, int, str, str], Software] = {}
    for each in sorted(found, key=lambda row: (row.repository, row.path, row.line, row.product, row.name, row.version)):
        rows.setdefault((each.repository, each.path, each.line, each.product, each.version), each)
    return list(rows.values())


def _identified(component: Component, names: Names) -> Iterator[Software]:
    if component.origin == "path":
        return
    if component.ecosystem == "docker":
        yield from _image(component, names)
    elif component.ecosystem == "generic":
        yield from _tool(component, names)
    else:
        name = f"{component.ecosystem}/{component.name.replace(':', '/')}"
        yield from _known("package", name, component, component.version or component.wanted, names)


def _known(kind: str, name: str, component: Component, version: str, names: Names) -> Iterator[Software]:
    product, cycle = names.find(kind, name)
    if product and (cycle or version):  # a framework whose release is set elsewhere says nothing here
        develops = kind == "package" and component.scope == "dev"
        yield Software(component.repository, product, name, cycle or version, kind, component.path, component.line, develops)


def _tool(component: Component, names: Names) -> Iterator[Software]:
    """Name the product of a tool; the Java of a version manager carries its vendor in front or at the end."""
    version = component.version or component.wanted
    name = component.name
    if name in LOWEST and component.wanted[:1].isdigit():
        version = f">={component.wanted}"
    if name == "java":
        vendor, rest = _vendor(version)
        name, version = f"java:{vendor}", rest
    yield from _known("tool", name, component, version, names)


def _vendor(version: str) -> tuple[str, str]:
    front, _, rest = version.partition("-")
    end = _SDKMAN.get(version.rpartition("-")[2], "")
    if rest and not front[:1].isdigit():
        return (front, rest) if rest[:1].isdigit() else (f"{front}-{rest.partition('-')[0]}", rest.partition("-")[2])
    return (end, version.rpartition("-")[0]) if end else ("", version)


def _image(component: Component, names: Names) -> Iterator[Software]:
    """Name the product of an image, and the operating system that a word of its tag names."""
    name, tag = component.name, component.version or component.wanted
    product, cycle = names.find("image", name)
    for system, word in _systems(tag, product):
        yield Software(component.repository, system, f"{name}:{tag}", word, "image", component.path, component.line)
    if product or component.parser in RUNNING:
        yield Software(component.repository, product, name, cycle or tag, "image", component.path, component.line)


def _systems(tag: str, own: str) -> list[tuple[str, str]]:
    """Return the operating system that the words of a tag name, unless the image is that system itself."""
    words = [word for word in re.split(r"[-_]", tag) if word in tables.systems()]
    return [(tables.systems()[word], word) for word in words[:1] if tables.systems()[word] != own]
