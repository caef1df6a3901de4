"""Go modules: `go.mod` is both list and lock; `go.sum` holds checksums of more than is used, and is never a list."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from quarterdeck.domain.contents import Component, Relation, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.packages.listing import LOCK, Listing, numbered, plausible
from quarterdeck.evidence.inventory.source import Readers, Source, Unreadable

_DIRECTIVES = frozenset("module go toolchain require replace exclude retract tool godebug ignore use".split())
_INDIRECT = re.compile(r"//\s*+indirect\s*+(;|$)")
_LOCAL = re.compile(r"\.{0,2}/|[A-Za-z]:[\\/]|\.{1,2}$")
_VERSION = re.compile(r"v\d+\.\d+\.\d+\S*")


@dataclass(frozen=True)
class Statement:
    """One line of a `go.mod`: the directive it belongs to, its words and what a comment says."""

    directive: str
    words: tuple[str, ...]
    line: int
    indirect: bool = False


@dataclass
class Module:
    """The statements of a `go.mod` by directive."""

    statements: dict[str, list[Statement]] = field(default_factory=lambda: defaultdict(list))

    def __getitem__(self, directive: str) -> list[Statement]:
        """Return the statements of a directive."""
        return self.statements.get(directive, [])


def _module(text: str) -> Module:
    found = Module()
    for statement in _statements(text):
        found.statements[statement.directive].append(statement)
    return found


def _statements(text: str) -> Iterator[Statement]:
    block = ""
    for number, line in numbered(text):
        words = _words(line)
        if not words:
            continue
        if words[0] == ")":
            block = ""
            continue
        directive = block or words[0]
        rest = words if block else words[1:]
        if directive not in _DIRECTIVES:
            raise Unreadable(f"no go.mod: {directive[:40]}", number)
        if rest[:1] == ["("]:
            block = directive
            rest = rest[1:]
        if rest:
            yield Statement(directive, tuple(rest), number, indirect=bool(_INDIRECT.search(line)))


def _words(line: str) -> list[str]:
    bare = re.sub(r"(^|\s)//.*", "", line)
    return [word.strip('"`') for word in re.sub(r"\($", " (", bare.strip()).split()]


def _go_mod(source: Source) -> Iterator[Component | Problem]:
    module = _module(source.text)
    listing = Listing(source, "golang", "go.mod", LOCK)
    yield from _runtime(listing, module)
    replaced = _replacements(module)
    barred = {statement.words[:2] for statement in module["exclude"]}
    tools = [statement.words[0] for statement in module["tool"]]
    for statement in module["require"]:
        if len(statement.words) >= 2 and plausible(statement.words[0]) and _VERSION.fullmatch(statement.words[1]):
            yield _required(listing, statement, replaced, barred, tools)


def _runtime(listing: Listing, module: Module) -> Iterator[Component]:
    """Name the Go release that the module asks for, and the one that builds it where that is said."""
    for statement in module["go"][:1]:
        yield listing.requirement("go", statement.line, statement.words[0])
    for statement in module["toolchain"][:1]:
        version = statement.words[0].removeprefix("go")
        if version[:1].isdigit():
            yield listing.entry("go", statement.line, version=version, ecosystem="generic", scope="build")


def _replacements(module: Module) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return {(module,) or (module, version): (module, version) or (path,)} of the `replace` lines."""
    found = {}
    for statement in module["replace"]:
        if "=>" in statement.words:
            middle = statement.words.index("=>")
            found[statement.words[:middle]] = statement.words[middle + 1 :]
    return found


def _required(
    listing: Listing,
    statement: Statement,
    replaced: dict[tuple[str, ...], tuple[str, ...]],
    barred: set[tuple[str, ...]],
    tools: list[str],
) -> Component:
    name, version = statement.words[:2]
    tool = statement.indirect and any(each == name or each.startswith(f"{name}/") for each in tools)
    target = replaced.get((name, version)) or replaced.get((name,)) or (name, version)
    relation: Relation = "transitive" if statement.indirect and not tool else "direct"
    scope: Scope = "dev" if tool else "runtime"
    if len(target) == 1 or _LOCAL.match(target[0]):
        return listing.entry(name, statement.line, wanted=version, relation=relation, scope=scope, origin="path")
    if target[:2] in barred:  # Go then takes the next higher release, which only the network knows
        return listing.entry(target[0], statement.line, wanted=f">{target[1]}", relation=relation, scope=scope)
    return listing.entry(target[0], statement.line, version=target[1], relation=relation, scope=scope)


def _go_work(source: Source) -> Iterator[Component | Problem]:
    yield from _runtime(Listing(source, "golang", "go.work"), _module(source.text))


READERS: Readers = (
    (re.compile(r"(^|/)(go|vendor)\.mod$").search, _go_mod),  # some projects without modules keep theirs in vendor.mod
    (re.compile(r"(^|/)go\.work$").search, _go_work),
)
