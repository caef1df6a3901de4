"""Environments of conda, with the part that pip installs into them."""

import re
from collections.abc import Iterator

from quarterdeck.domain.contents import Component
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.evidence.inventory.loaders import Rows, Table, as_text, said, yaml_of
from quarterdeck.evidence.inventory.packages.listing import Listing
from quarterdeck.evidence.inventory.python.pyproject import entry
from quarterdeck.evidence.inventory.python.requirement import asked, from_address, is_address, purpose
from quarterdeck.evidence.inventory.source import Source

# channel::name, a version after blanks or a sign, and a build: "numpy", "conda-forge::numpy=1.26", "python=3.11.4=h123_0"
_SPEC = re.compile(r"(?:[^\s:]+(?:/[^\s:]+)?::)?([A-Za-z0-9_][\w.-]*)\s*(.*)")
_EXACT = re.compile(r"=?=?\s*(\d[\w.!+]*)\s*=\s*[\w*]+|==\s*(\d[\w.!+]*)")


def environment(source: Source) -> Iterator[Component | Problem]:
    """Read an environment; a YAML file of that name without packages is something else and names nothing."""
    table = yaml_of(source)
    rows = table.get("dependencies")
    listing = Listing(source, "conda", "environment.yml")
    if isinstance(rows, Rows):
        for row, line in zip(rows, rows.lines, strict=True):
            if isinstance(row, Table):
                yield from _pip(source, row.get("pip"))
            elif as_text(row):
                yield from _package(listing, as_text(row), line)


def _package(listing: Listing, text: str, line: int) -> Iterator[Component | Problem]:
    match = _SPEC.fullmatch(re.sub(r"\[.*\]$", "", text.strip()))
    if match is None:
        yield Problem(
            Citation(listing.source.name, f"{listing.source.path}:{line}"), f"not understood as a package of conda: {said(text[:60])}"
        )
        return
    exact = _EXACT.fullmatch(match[2])
    version = (exact[1] or exact[2]) if exact and "*" not in match[2].partition("=")[0] else ""
    scope = purpose(listing.source.file)
    yield listing.entry(match[1].lower(), line, version=version, wanted=match[2].strip(), scope=scope)


def _pip(source: Source, rows: object) -> Iterator[Component | Problem]:
    """Read the part of pip; options of its own are left out."""
    listing = Listing(source, "pypi", "environment.yml")
    for row, line in zip(rows, rows.lines, strict=True) if isinstance(rows, Rows) else ():
        text = re.sub(r"^(-e|--editable)[\s=]+", "", as_text(row)).strip()
        if text and not text.startswith("-"):
            yield from _installed(listing, text, line)


def _installed(listing: Listing, text: str, line: int) -> Iterator[Component | Problem]:
    found = from_address(text) if is_address(text) else asked(text)
    if found is None:
        yield Problem(Citation(listing.source.name, f"{listing.source.path}:{line}"), f"not understood as a requirement: {said(text[:60])}")
    elif found.origin != "path" or found.name.strip(". "):
        yield from entry(listing, found, purpose(listing.source.file), line)
