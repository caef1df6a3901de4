"""The software inventory: what manifests, lockfiles, images and workflows say the software is made of."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from quarterdeck.domain.contents import Component
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.evidence.inventory import javascript, python
from quarterdeck.evidence.inventory.loaders import decoded, refuse_conflicts
from quarterdeck.evidence.inventory.merging import Rules, merged
from quarterdeck.evidence.inventory.packages import dotnet, golang, jvm, php, ruby, rust
from quarterdeck.evidence.inventory.platform import containers, terraform, tools, workflows
from quarterdeck.evidence.inventory.source import Reader, Readers, Source, Unreadable
from quarterdeck.evidence.secrets import masked_addresses, masked_component, masked_problem
from quarterdeck.kit.files import classify

SKIPPED = frozenset({"vendored", "example", "fixture", "generated", "snapshot", "test"})
LONGEST_NAME = 400
MOST_PROBLEMS = 20  # named of one file
_NEVER = tuple(
    f".{ending}"
    for ending in "c h cc cpp cxx hpp m mm java js jsx ts tsx mjs cjs vue css scss less html htm md rst adoc go rs php kt scala swift cs vb fs png"
    " jpg jpeg gif svg ico woff woff2 ttf pdf zip gz jar class so dll exe po pot sql sh bat csv map snap ipynb".split()
)  # a quick first look: no reader wants these
PARTS = (python, javascript, jvm, dotnet, golang, ruby, php, rust, containers, workflows, terraform, tools)
READERS: Readers = tuple(row for part in PARTS for row in part.READERS)  # the first one that matches a path reads it
_KEPT = re.compile(r"(^|/)(?:setup\.py|conanfile\.py|mix\.exs)$")
_TESTS = re.compile(r"(^|/)(?:tests?|e2e|__tests__|specs?|(?:integration|acceptance|functional|smoke|system)[-_]?tests?)/", re.IGNORECASE)
_TEST_CASES = re.compile(
    r"(^|/)tests?/(?:.*/)?(?:data|resources|inputs?|outputs?|in|out|expected|cases|projects|testsuite)/", re.IGNORECASE
)  # written to be parsed, not built


def reader_of(path: str) -> Reader | None:
    """Return the reader that a path asks for."""
    return next((read for match, read in READERS if match(path)), None)


def wanted(path: str) -> bool:
    """Tell whether a file is one that the inventory reads."""
    if path.endswith(_NEVER) and not _KEPT.search(path):
        return False
    return not _set_aside(path) and reader_of(path) is not None  # in this order: what a path is was asked before


def _set_aside(path: str) -> bool:
    """Tell whether a file is an example, a test case or somebody else's; a lockfile is what the manifest beside it is."""
    if path.endswith("-wrapper.properties"):
        return False
    kind = classify(path.replace("requirements/deps/", "requirements/"))[0]  # a list of requirements, not a folder of copies
    if kind == "lock":
        kind = classify(f"{path.rpartition('/')[0]}/manifest".lstrip("/"))[0]
    return kind in SKIPPED or bool(_TEST_CASES.search(path))


def inventory(contents: Mapping[str, bytes], repository: int, name: str) -> tuple[list[Component], list[Problem]]:
    """Return what the manifests and lockfiles of a repository name, each thing once, and what could not be read."""
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    for path in sorted(filter(wanted, contents)):
        try:
            texts[path] = masked_addresses(decoded(contents[path]))
        except Unreadable as error:
            problems.append(_problem(name, path, error))
    sources = [Source(repository, name, path, text, texts) for path, text in texts.items()]
    found: list[Component] = []
    for source in sources:
        told: list[Problem] = []
        for each in _read(source):
            if isinstance(each, Component):
                found.append(each)
            else:
                told.append(each)
        problems += _capped(told, source)
    components, disagreements = merged(found, Rules.of(sources, PARTS), name)
    told = [*dict.fromkeys(problems), *disagreements]
    return [masked_component(each) for each in components], [masked_problem(each) for each in told]


def _capped(told: list[Problem], source: Source) -> list[Problem]:
    """Name the first problems of a file, and count the rest."""
    if len(told) <= MOST_PROBLEMS:
        return told
    return [*told[:MOST_PROBLEMS], Problem(Citation(source.name, source.path), f"{len(told) - MOST_PROBLEMS:,} more problems in this file")]


def _read(source: Source) -> Iterator[Component | Problem]:
    """Read one file; what stands before the place where its reader fails is kept, and the failure is named."""
    reader = reader_of(source.path)
    try:
        refuse_conflicts(source.text)
        for each in reader(source) if reader else ():
            yield _sound(_tested(each), source.name) if isinstance(each, Component) else each
    except Exception as error:
        yield _problem(source.name, source.path, error)


def _problem(name: str, path: str, error: Exception) -> Problem:
    if isinstance(error, Unreadable):
        return Problem(Citation(name, f"{path}:{error.line}"), str(error))
    return Problem(Citation(name, f"{path}:1"), f"does not have the form that its name promises ({type(error).__name__})")


def _tested(component: Component) -> Component:
    """Mark what a manifest in a folder of tests asks for: nothing from there ships."""
    ships = component.scope in ("runtime", "optional", "peer", "unknown")
    return replace(component, scope="test") if ships and _TESTS.search(component.path) else component


def _sound(component: Component, name: str) -> Component | Problem:
    """Refuse a component whose name or version no registry would take: endless, unprintable or empty."""
    texts = (component.name, component.version, component.wanted, component.purl)
    if component.name and all(len(text) <= LONGEST_NAME and text.isprintable() for text in texts):
        return component
    return Problem(
        Citation(name, f"{component.path}:{component.line}"), "a name or version in this line is none that a registry could hold"
    )
