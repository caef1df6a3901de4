"""`pyproject.toml` in the ways of PEP 621 and 735, Poetry, PDM and uv."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from quarterdeck.domain.contents import Component, Origin, Scope
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.evidence.inventory.loaders import Lines, as_rows, as_table, as_text, said, toml_of
from quarterdeck.evidence.inventory.packages.listing import Listing, at, purl_of
from quarterdeck.evidence.inventory.python.requirement import (
    Asked,
    asked,
    canonical,
    origin_of,
    poetry_range,
    purpose,
    ranged,
    without_secret,
)
from quarterdeck.evidence.inventory.source import Source

_PLACES: Mapping[str, Origin] = {"git": "git", "hg": "git", "url": "url", "path": "path"}
Found = tuple[str, Asked | None, Scope, int]  # as written, as understood, purpose, line


def pyproject(source: Source) -> Iterator[Component | Problem]:
    """Read a project's manifest; what it asks for from itself is left out."""
    table = toml_of(source)
    places = Lines(source.text)
    listing = Listing(source, "pypi", "pyproject.toml")
    project, tools = as_table(table.get("project")), as_table(table.get("tool"))
    poetry = as_table(tools.get("poetry"))
    own = {canonical(as_text(each.get("name"))) for each in (project, poetry) if each.get("name")}
    origins = as_table(as_table(tools.get("uv")).get("sources"))
    yield from _python(listing, places, project, poetry)
    rows = [*_standard(table, places), *_tools(tools, places), *_poetry(poetry, places)]
    for written, found, scope, line in rows:
        if found is None:
            yield Problem(Citation(source.name, f"{source.path}:{line}"), f"not understood as a requirement: {said(written[:60])}")
        elif canonical(found.name) not in own:
            yield from entry(listing, _sourced(found, origins), scope, line)


def entry(listing: Listing, found: Asked, scope: Scope, line: int) -> Iterator[Component | Problem]:
    """Yield one requirement of a manifest; a folder outside the repository is named instead."""
    local = found.wanted.removeprefix("file://").removeprefix("file:") if found.origin == "path" else ""
    if local.startswith(("/", "~")) or (local and at(listing.source.folder, local) is None):
        place = Citation(listing.source.name, f"{listing.source.path}:{line}")
        yield Problem(place, f"asks for {said(found.name)} from {said(local)}, which lies outside the repository and was not read")
    yield listing.entry(found.name, line, version=found.version, wanted=found.wanted, scope=scope, origin=found.origin)


def _python(listing: Listing, places: Lines, project: Mapping[str, Any], poetry: Mapping[str, Any]) -> Iterator[Component]:
    """Name the Python releases that the project asks for."""
    wanted = as_text(project.get("requires-python"))
    if wanted:
        yield listing.requirement("python", places.of("requires-python"), wanted)
    asked_for = as_table(poetry.get("dependencies")).get("python")
    if text := as_text(as_table(asked_for).get("version", asked_for)):
        yield listing.requirement("python", places.of("python", after=places.of("tool.poetry.dependencies")), text)


def _standard(table: Mapping[str, Any], places: Lines) -> Iterator[Found]:
    """Yield the requirements of PEP 518, 621 and 735; a group that includes another one leaves its entries to that one."""
    project = as_table(table.get("project"))
    yield from _texts(project.get("dependencies"), "runtime", places, places.of("dependencies"))
    for name, rows in as_table(project.get("optional-dependencies")).items():
        yield from _texts(rows, purpose(name, otherwise="optional"), places, places.of(name))
    for name, rows in as_table(table.get("dependency-groups")).items():
        yield from _texts(rows, purpose(name, otherwise="dev"), places, places.of(name))
    yield from _texts(as_table(table.get("build-system")).get("requires"), "build", places, places.of("requires"))


def _texts(rows: Any, scope: Scope, places: Lines, after: int) -> Iterator[Found]:
    for text in as_rows(rows):
        if isinstance(text, str):
            yield text, asked(text), scope, places.of(text, after=after)


def _tools(tools: Mapping[str, Any], places: Lines) -> Iterator[Found]:
    """Yield the development requirements that PDM, uv and Hatch keep in tables of their own."""
    for name, rows in as_table(as_table(tools.get("pdm")).get("dev-dependencies")).items():
        yield from _texts(rows, purpose(name, otherwise="dev"), places, places.of("dev-dependencies"))
    yield from _texts(as_table(tools.get("uv")).get("dev-dependencies"), "dev", places, places.of("dev-dependencies"))
    for name, environment in as_table(as_table(tools.get("hatch")).get("envs")).items():
        for key in ("dependencies", "extra-dependencies"):
            yield from _texts(as_table(environment).get(key), purpose(name, otherwise="dev"), places, places.of(key))


def _poetry(poetry: Mapping[str, Any], places: Lines) -> Iterator[Found]:
    yield from constraints(poetry.get("dependencies"), "runtime", places, places.of("dependencies"))
    yield from constraints(poetry.get("dev-dependencies"), "dev", places, places.of("dev-dependencies"))
    for name, group in as_table(poetry.get("group")).items():
        scope = "runtime" if name == "main" else purpose(name, otherwise="dev")
        yield from constraints(as_table(group).get("dependencies"), scope, places, places.of(f"tool.poetry.group.{name}.dependencies"))


def constraints(table: Any, scope: Scope, places: Lines, after: int) -> Iterator[Found]:
    """Yield the entries of a table of names and constraints, as Poetry and Pipenv write them."""
    for name, value in as_table(table).items():
        for each in value if isinstance(value, list) else [value]:
            if name.lower() != "python" and as_table(each).get("path") not in (".", "./"):
                optional = as_table(each).get("optional") is True and scope == "runtime"
                yield name, _constraint(name, each), "optional" if optional else scope, places.of(name, after=after)


def _constraint(name: str, value: Any) -> Asked:
    """Read a constraint: a text, or a table with a version or an address."""
    table = as_table(value)
    for kind, origin in (*_PLACES.items(), ("file", "path")):
        if address := without_secret(as_text(table.get(kind))):
            reference = next((as_text(table[key]) for key in ("rev", "tag", "ref", "branch") if table.get(key)), "")
            written = f"{address}@{reference}" if reference else address
            return Asked(name, "", written, origin_of(address) if kind == "file" else origin)
    return Asked(name, *poetry_range(as_text(table.get("version", "" if table else value))))


def _sourced(found: Asked, origins: Mapping[str, Any]) -> Asked:
    """Say where uv takes a package from, if not from the registry."""
    place = next((each for name, each in origins.items() if canonical(name) == canonical(found.name)), None)
    table = as_table(place[0] if isinstance(place, list) and place else place)
    if table.get("workspace"):
        return replace(found, origin="path", version="", wanted=found.wanted)
    for kind, origin in _PLACES.items():
        if address := without_secret(as_text(table.get(kind))):
            return replace(found, origin=origin, version="", wanted=address)
    return found


def own_name(source: Source) -> Iterator[tuple[str, str]]:
    """Yield the name under which a project publishes itself."""
    table = toml_of(source)
    for each in (as_table(table.get("project")), as_table(as_table(table.get("tool")).get("poetry"))):
        if name := as_text(each.get("name")):
            yield "pypi", purl_of("pypi", canonical(name), "")


def pipfile(source: Source) -> Iterator[Component | Problem]:
    """Read a manifest of Pipenv."""
    table = toml_of(source)
    places = Lines(source.text)
    listing = Listing(source, "pypi", "Pipfile")
    requires = as_table(table.get("requires"))
    for key in ("python_full_version", "python_version"):
        if version := as_text(requires.get(key)):
            yield listing.requirement("python", places.of(key), version)
            break
    for group, packages in table.items():
        if group in ("source", "requires", "scripts", "pipenv"):
            continue
        scope: Scope = {"packages": "runtime", "dev-packages": "dev"}.get(group, purpose(group, otherwise="dev"))  # type: ignore[assignment]
        for _, found, _, line in constraints(packages, scope, places, places.of(group)):
            if found:
                yield from entry(listing, _ranged_again(found, packages), scope, line)


def _ranged_again(found: Asked, packages: Mapping[str, Any]) -> Asked:
    """Read a bare version as Pipenv does: as a range, where Poetry takes it as exact."""
    text = as_text(as_table(packages.get(found.name)).get("version", packages.get(found.name)))
    version, wanted = ranged(text)
    return replace(found, version=version, wanted=wanted) if found.origin == "registry" else found
