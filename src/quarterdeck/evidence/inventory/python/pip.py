"""Requirement files of pip: lists by hand, and those that pip-compile, uv or Poetry wrote out in full."""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from quarterdeck.domain.contents import Component
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.evidence.inventory.loaders import refuse_crowds, said
from quarterdeck.evidence.inventory.packages.listing import LOCK, Listing, at
from quarterdeck.evidence.inventory.python.requirement import Asked, asked, canonical, from_address, is_address, purpose
from quarterdeck.evidence.inventory.python.written import OPTIONS, Line, Parents, is_compiled, lines_of, parents_of
from quarterdeck.evidence.inventory.source import Source, Unreadable

FILE = re.compile(
    r"(^|/)(?:[^/]*requirements?[^/]*\.(?:txt|in|pip)|(?:requirements?|reqs)/(?:[^/]+/)?[^/]+\.(?:txt|in|pip)|reqs?\.txt)$", re.IGNORECASE
)
CONSTRAINTS = re.compile(r"(^|/)[^/]*constraints?[^/]*\.(?:txt|in|pip)$|(^|/)constraints?/[^/]+\.(?:txt|in|pip)$", re.IGNORECASE)
MOST_BYTES = 3_000_000  # a list of packages that a person or a tool keeps stays far below
MOST_INCLUDED = 50

_INCLUDE = re.compile(r"(?:-r|--requirement|-c|--constraint)[\s=]*(\S+)")
_EDITABLE = re.compile(r"(?:-e|--editable)[\s=]+[\"']?([^\"']+)")
_HASH = re.compile(r"--hash[=\s]+(\S+)")


def requirements(source: Source) -> Iterator[Component | Problem]:
    """Read a requirement file; what it includes is read for itself, unless its name does not tell what it is."""
    if len(source.text) > MOST_BYTES:
        raise Unreadable(f"larger than {MOST_BYTES // 1_000_000} MB, which no list of requirements is")
    lines = lines_of(source.text)
    refuse_crowds(lines)
    compiled = is_compiled(source.text, lines)
    listing = Listing(source, "pypi", "requirements", LOCK) if compiled else Listing(source, "pypi", "requirements")
    parents = parents_of(lines) if compiled else None
    pins = _pins(source, lines)
    for line, origin in _followed(source, lines):
        if isinstance(line, Problem):
            yield line
            continue
        yield from _entry(listing, line, origin, pins, parents)


def _followed(source: Source, lines: Iterable[Line]) -> Iterator[tuple[Line | Problem, str]]:
    """Yield the lines of a file and of the files it includes that are not read by their own name, circles cut."""
    ahead, seen = deque((source.path, line) for line in lines), {source.path}
    while ahead:
        path, line = ahead.popleft()
        include = _INCLUDE.match(line.text)
        if include is None:
            yield line, path
            continue
        target = at(path.rpartition("/")[0], include[1])
        if problem := _missing(source, include[1], target, path, line.number):
            yield problem, path
        elif (
            target
            and target not in seen
            and len(seen) < MOST_INCLUDED
            and not line.text.startswith(("-c", "--c"))
            and not FILE.search(target)
        ):
            seen.add(target)
            ahead += [(target, each) for each in lines_of(source.files[target])]


def _missing(source: Source, written: str, target: str | None, path: str, line: int) -> Problem | None:
    place = Citation(source.name, f"{path}:{line}")
    if "://" in written:
        return Problem(place, "includes a list from the network, which was not fetched")
    if target is None or written.startswith(("/", "~", "\\")) or re.match(r"[A-Za-z]:[\\/]", written):
        return Problem(place, f"includes {said(written)}, which lies outside the repository and was not read")
    return None if target in source.files else Problem(place, f"includes {said(written)}, which is not among the files read")


def _pins(source: Source, lines: Iterable[Line]) -> dict[str, str]:
    """Return the exact versions that the constraints of a file prescribe."""
    found: dict[str, str] = {}
    for line in lines:
        target = at(source.folder, include[1]) if (include := _INCLUDE.match(line.text)) and line.text.startswith(("-c", "--c")) else None
        for each in lines_of(source.files.get(target or "", "")):
            if (pin := asked(each.bare)) and pin.version:
                found.setdefault(canonical(pin.name), pin.version)
    return found


def _entry(listing: Listing, line: Line, path: str, pins: Mapping[str, str], parents: Parents | None) -> Iterator[Component | Problem]:
    place = Citation(listing.source.name, f"{path}:{line.number}")
    editable = _EDITABLE.match(line.text)
    if line.text.startswith("-") and not editable:
        return
    text = (OPTIONS.split(editable[1], maxsplit=1)[0] if editable else line.bare).strip().strip("\"'")
    found = from_address(text) if is_address(text) else asked(text)
    if found is None:
        yield Problem(place, f"not understood as a requirement: {said(text[:60])}")
    elif _outside(found, text, path):
        yield Problem(place, f"asks for {said(text)}, which lies outside the repository and was not read")
    elif found.origin != "path" or found.name.strip(". "):
        yield _component(listing, line, path, _pinned(found, pins), parents)


def _outside(found: Asked, text: str, path: str) -> bool:
    local = re.sub(r"^file:(//)?", "", text.partition("#")[0])
    return found.origin == "path" and not found.version and (local.startswith(("/", "~")) or at(path.rpartition("/")[0], local) is None)


def _pinned(found: Asked, pins: Mapping[str, str]) -> Asked:
    pin = pins.get(canonical(found.name), "")
    return replace(found, version=pin, wanted="") if pin and not found.version and found.origin == "registry" else found


def _component(listing: Listing, line: Line, path: str, found: Asked, parents: Parents | None) -> Component:
    name = canonical(found.name)
    integrity = _HASH.search(line.text)
    component = listing.entry(
        found.name,
        line.number,
        version=found.version,
        wanted=found.wanted,
        relation="direct" if parents is None or name in parents.direct else "transitive" if line.via else "unknown",
        scope=purpose(*path.split("/")),
        parents=sorted(parents.of.get(name, ())) if parents else (),
        origin=found.origin,
        integrity=integrity[1] if integrity else "",
    )
    return replace(component, path=path)


def nothing(_source: Source) -> Iterator[Component | Problem]:
    """Read constraints, which only limit what other files ask for."""
    return iter(())
