"""Terraform and OpenTofu: the lockfile of providers first, then the versions and modules that configurations ask for."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from quarterdeck.domain.contents import Component, Relation
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.packages.listing import LOCK, Listing, plausible
from quarterdeck.evidence.inventory.source import Readers, Source, Unreadable

MOST_OPEN = 100
LONGEST_TEXT = 4_000_000
_PIECE = re.compile(
    r'(?P<quote>")|(?P<document><<[-~]?\s*(?P<end>\w+)[^\n]*\n)|(?P<comment>#[^\n]*|//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?)'
    r"|(?P<word>[A-Za-z_][\w.-]*+)|(?P<sign>[{}\[\]()=:,\n])|(?P<other>[^\s])"
)
_SPECIAL = re.compile(r'\\.|\$\$\{|%%\{|[$%]\{|[{}"\n]', re.DOTALL)
_REGISTRY = re.compile(r"^(registry\.terraform\.io|registry\.opentofu\.org)/")
_MODULE = re.compile(r"(?:[\w.-]+\.[\w.-]+(?::\d+)?/)?[\w-]+/[\w-]+/[\w-]+")
_EXACT = re.compile(r"=?\s*v?(\d+\.\d+\.\d+[\w.+-]*)")
_GIT = re.compile(r"^(git::|git@|ssh://)|^(github\.com|bitbucket\.org|gitlab\.com)/|\.git(//|\?|$)")


@dataclass(frozen=True)
class Setting:
    """A text that a configuration sets: the blocks around it, its name, its value and line."""

    blocks: tuple[str, ...]
    name: str
    value: str
    line: int


def settings(text: str) -> Iterator[Setting]:
    """Yield the texts that a configuration sets; nothing is evaluated."""
    if len(text) > LONGEST_TEXT:
        raise Unreadable(f"larger than {LONGEST_TEXT // 1_000_000} MB, so it was not read")
    yield from _Reader(text).settings()


class _Reader:
    """Follows a configuration piece by piece."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.line = 1
        self.blocks: list[str] = []
        self.held: list[str] = []  # words and texts since the last line end, brace or comma
        self.name = ""  # what the next text is set to

    def settings(self) -> Iterator[Setting]:
        position = 0
        while match := _PIECE.search(self.text, position):
            self.line += self.text.count("\n", position, match.start())
            position = match.end()
            if match["quote"]:
                end = self._text_end(position)
                yield from self._text(self.text[position : end - 1])
                position = end
            else:
                self._take(match)
            self.line += match[0].count("\n")
            if match["end"]:
                position = self._document_end(match["end"], position)
        if self.blocks:
            raise Unreadable("a block is left open at the end of the file", self.line)

    def _document_end(self, word: str, position: int) -> int:
        end = re.compile(rf"^[ \t]*{re.escape(word)}[ \t]*$", re.MULTILINE).search(self.text, position)
        stop = end.end() if end else len(self.text)
        self.line += self.text.count("\n", position, stop)
        return stop

    def _text_end(self, position: int) -> int:
        """Return where a text ends; what it fills in may hold texts and brackets of its own."""
        inner: list[str] = ['"']
        while inner and (match := _SPECIAL.search(self.text, position)):
            position = match.end()
            sign, quoted = match[0], inner[-1] == '"'
            if (sign == '"' and not quoted) or (sign in ("${", "%{") and quoted) or (sign == "{" and not quoted):
                inner.append('"' if sign == '"' else "}")
            elif sign == inner[-1]:
                inner.pop()
            elif sign == "\n" and len(inner) == 1:
                break
            if len(inner) > MOST_OPEN:
                raise Unreadable(f"nested deeper than {MOST_OPEN} levels", self.line)
        if inner:
            raise Unreadable("a text is left open", self.line)
        return position

    def _text(self, text: str) -> Iterator[Setting]:
        if self.name:
            yield Setting(tuple(self.blocks), self.name, text, self.line)
            self.name = ""
        self.line += text.count("\n")
        self.held.append(text)

    def _take(self, match: re.Match[str]) -> None:
        if match["word"]:
            self.held.append(match["word"])
            self.name = ""
        elif match["sign"]:
            self._sign(match["sign"])

    def _sign(self, sign: str) -> None:
        if sign in "=:":
            self.name = self.held[-1] if self.held else ""
            return
        if sign in "{[(":
            if len(self.blocks) >= MOST_OPEN:
                raise Unreadable(f"nested deeper than {MOST_OPEN} levels", self.line)
            self.blocks.append(" ".join(self.held[-2:]) if sign == "{" else sign)
        elif sign in "}])":
            if not self.blocks:
                raise Unreadable("a bracket is closed that nobody opened", self.line)
            self.blocks.pop()
        self.held = []
        self.name = ""


def _lock(source: Source) -> Iterator[Component | Problem]:
    listing = Listing(source, "terraform", ".terraform.lock.hcl", LOCK)
    asked = _asked(source)
    hashes = dict(_hashes(source.text))
    for setting in settings(source.text):
        if len(setting.blocks) == 1 and setting.blocks[0].startswith("provider ") and setting.name == "version":
            name = _provider(setting.blocks[0].removeprefix("provider "))
            relation: Relation = "direct" if name in asked else "unknown"
            if plausible(name):
                yield listing.entry(name, setting.line, version=setting.value, relation=relation, integrity=hashes.get(name, ""))


def _hashes(text: str) -> Iterator[tuple[str, str]]:
    """Return the first checksum of each provider."""
    for block in re.finditer(r'^provider[ \t]++"([^"\n]++)"[ \t]*+\{([^{}]*+)\}', text, re.MULTILINE):
        if first := re.search(r'"((?:h1|zh):[^"]+)"', block[2]):
            yield _provider(block[1]), first[1]


def _provider(address: str) -> str:
    return _REGISTRY.sub("", address.lower())


def _asked(source: Source) -> set[str]:
    """Return the providers that the configuration beside a lockfile names."""
    prefix = f"{source.folder}/" if source.folder else ""
    paths = [
        path for path in source.files if path.startswith(prefix) and path.endswith((".tf", ".tofu")) and "/" not in path[len(prefix) :]
    ]
    return {name for path in sorted(paths) for name, _, _ in _providers(_tolerant(source.files[path]))}


def _tolerant(text: str) -> list[Setting]:
    try:
        return list(settings(text))
    except Unreadable:
        return []


def _providers(found: list[Setting]) -> list[tuple[str, str, int]]:
    """Return (name, version as written, line) of the required providers, new style and old."""
    sources: dict[str, str] = {}
    versions: dict[str, tuple[str, int]] = {}
    for each in found:
        local, name = _required(each)
        if name == "source":
            sources[local] = each.value
            versions.setdefault(local, ("", each.line))
        elif name == "version":
            versions[local] = (each.value, each.line)
    return [(_full(sources.get(local, local)), version, line) for local, (version, line) in versions.items()]


def _required(each: Setting) -> tuple[str, str]:
    """Return the provider that a setting is about, and what it sets: its source or its version."""
    if each.blocks[:2] == ("terraform", "required_providers"):
        return (each.blocks[2], each.name) if len(each.blocks) == 3 else (each.name, "version")
    first = each.blocks[0] if len(each.blocks) == 1 else ""
    return (first.removeprefix("provider "), each.name if each.name == "version" else "") if first.startswith("provider ") else ("", "")


def _full(name: str) -> str:
    """Return the address of a provider; a bare name is one of HashiCorp's."""
    return _provider(name) if "/" in name else f"hashicorp/{name.lower()}"


def _configuration(source: Source) -> Iterator[Component | Problem]:
    found = list(settings(source.text))
    listing = Listing(source, "terraform", "terraform")
    for each in found:
        if each.blocks == ("terraform",) and each.name == "required_version":
            yield _versioned(listing, "terraform", each.value, each.line, ecosystem="generic")
    for name, version, line in _providers(found):
        if plausible(name) and "terraform.io/builtin" not in name:
            yield _versioned(listing, name, version, line)
    yield from _modules(listing, found)


def _versioned(listing: Listing, name: str, version: str, line: int, ecosystem: str = "") -> Component:
    exact = _EXACT.fullmatch(version.strip())
    return listing.entry(name, line, version=exact[1] if exact else "", wanted=version, ecosystem=ecosystem)


def _modules(listing: Listing, found: list[Setting]) -> Iterator[Component]:
    """Name the modules from registries, git and archives; those in folders are our own."""
    blocks: dict[str, dict[str, Setting]] = defaultdict(dict)
    for each in found:
        if len(each.blocks) == 1 and each.blocks[0].startswith("module ") and each.name in ("source", "version"):
            blocks[each.blocks[0]].setdefault(each.name, each)
    for block in blocks.values():
        origin, version = block.get("source"), block.get("version")
        if origin and not origin.value.startswith((".", "/")):
            yield from _module(listing, origin, version.value if version else "")


def _module(listing: Listing, origin: Setting, version: str) -> Iterator[Component]:
    address, _, query = origin.value.partition("?")
    if _GIT.search(origin.value):
        bare = re.sub(r"^git::|^(ssh|https?)://", "", address)
        bare = re.sub(r"^(ssh|https?)://", "", bare)
        name = re.sub(r"\.git$", "", re.sub(r"^[\w.-]+@", "", bare).partition("//")[0]).replace(":", "/")
        reference = re.search(r"(?:^|&)ref=([^&]+)", query)
        if plausible(name):
            yield listing.entry(name, origin.line, version=reference[1] if reference else "", origin="git")
    elif _MODULE.fullmatch(address.partition("//")[0]):
        yield _versioned(listing, _REGISTRY.sub("", address.partition("//")[0]), version, origin.line)
    elif plausible(address) and "://" in address:
        yield listing.entry(address.partition("://")[2], origin.line, origin="url")


READERS: Readers = (
    (re.compile(r"(^|/)\.terraform\.lock\.hcl$").search, _lock),
    (re.compile(r"\.(tf|tofu)$").search, _configuration),
)
