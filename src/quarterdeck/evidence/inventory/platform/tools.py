"""Runtimes and tools that version files pin: one tool to a file, or a list of them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from quarterdeck.domain.contents import Component, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.loaders import as_rows, as_table, as_text, line_of, toml_of
from quarterdeck.evidence.inventory.packages.listing import Listing, numbered, plausible
from quarterdeck.evidence.inventory.source import Readers, Source, Unreadable

_FILES = {
    ".nvmrc": "node", ".node-version": "node", ".python-version": "python", ".ruby-version": "ruby", ".go-version": "go",
    ".terraform-version": "terraform", ".opentofu-version": "opentofu", ".php-version": "php", ".java-version": "java",
    ".bun-version": "bun", ".perl-version": "perl", ".kotlin-version": "kotlin", ".crystal-version": "crystal", ".swift-version": "swift",
    ".dvmrc": "deno", ".terragrunt-version": "terragrunt",
}  # fmt: skip
_NAMES = {
    "nodejs": "node",
    "golang": "go",
    "dotnet-core": "dotnet-sdk",
    "dotnet": "dotnet-sdk",
    "tofu": "opentofu",
}  # as the same tool is called elsewhere
_BUILD: Mapping[str, Scope] = dict.fromkeys("gradle maven terraform opentofu terragrunt dotnet-sdk kubectl helm pnpm yarn".split(), "build")
_RANGE = re.compile(r"[<>=~^*|,\s]|\.x\b")
_ENGINE = re.compile(r"(ruby|jruby|truffleruby|mruby|rbx|pypy\d?(?:\.\d+)?|miniconda\d?|anaconda\d?|graalpy|python)-(?=\d)")
_WRAPPER = re.compile(r"^[ \t]*+distributionUrl[ \t]*+[=:][ \t]*+(\S++)", re.MULTILINE)
_GRADLE = re.compile(r"gradle-(\d[\w.+-]*?)-(?:bin|all|src)\.zip")
_MAVEN = re.compile(r"apache-maven-(\d[\w.+-]*?)-bin\.(?:zip|tar\.gz)")
LONGEST_VERSION = 100


def tool(listing: Listing, name: str, version: str, line: int) -> Iterator[Component]:
    """Name a tool with its version as written, unless that points to something of this machine."""
    name = _NAMES.get(name, name)
    skipped = version.startswith(("path:", "ref:", "sub-", "prefix:", "system", "ferrocene"))
    if plausible(name) and version and not skipped and len(version) <= LONGEST_VERSION and version.isprintable():
        ranged = bool(_RANGE.search(version))
        scope = _BUILD.get(name, "runtime")
        yield listing.entry(name, line, version="" if ranged else version, wanted=version, scope=scope)


def _single(source: Source) -> Iterator[Component | Problem]:
    """Read the first line that says something; a list of Python releases counts whole."""
    name = _FILES[source.file]
    listing = Listing(source, "generic", source.file)
    for number, line in numbered(source.text):
        value = line.partition("#")[0].strip()
        if value:
            engine = _ENGINE.match(value)
            named = engine[1] if engine else name
            yield from tool(listing, named, value.removeprefix(f"{named}-"), number)
            if name != "python":
                return


def _list(source: Source) -> Iterator[Component | Problem]:
    listing = Listing(source, "generic", ".tool-versions")
    for number, line in numbered(source.text):
        words = line.partition("#")[0].split()
        if len(words) >= 2:
            yield from tool(listing, words[0], words[1], number)


def _mise(source: Source) -> Iterator[Component | Problem]:
    listing = Listing(source, "generic", "mise.toml")
    for name, value in as_table(toml_of(source).get("tools")).items():
        for each in as_rows(value) or [value]:
            version = as_text(as_table(each).get("version")) or as_text(each)
            bare = name.removeprefix("core:")
            if ":" not in bare:
                yield from tool(listing, bare, version, line_of(source.text, name))


def _rust(source: Source) -> Iterator[Component | Problem]:
    listing = Listing(source, "generic", "rust-toolchain")
    if source.file.endswith(".toml") or "[toolchain]" in source.text:
        channel = as_text(as_table(toml_of(source).get("toolchain")).get("channel"))
        yield from tool(listing, "rust", channel, line_of(source.text, "channel"))
        return
    words = [(number, line.strip()) for number, line in numbered(source.text) if line.strip()]
    if words:
        yield from tool(listing, "rust", words[0][1], words[0][0])


def _heroku(source: Source) -> Iterator[Component | Problem]:
    for number, line in numbered(source.text):
        if match := re.fullmatch(r"([a-z]+)-(\d[\w.]*)", line.strip()):
            yield from tool(Listing(source, "generic", "runtime.txt"), match[1], match[2], number)
            return


def _sdkman(source: Source) -> Iterator[Component | Problem]:
    listing = Listing(source, "generic", ".sdkmanrc")
    for number, line in numbered(source.text):
        name, sign, version = line.partition("#")[0].partition("=")
        if sign:
            yield from tool(listing, name.strip(), version.strip(), number)


def _wrapper(source: Source) -> Iterator[Component | Problem]:
    """Read which Gradle or Maven a wrapper loads."""
    match = _WRAPPER.search(source.text)
    if match is None:
        raise Unreadable("no distributionUrl")
    line = source.text.count("\n", 0, match.start(1)) + 1
    checksum = re.search(r"^[ \t]*+distributionSha256Sum[ \t]*+[=:][ \t]*+(\w++)", source.text, re.MULTILINE)
    for name, pattern in (("gradle", _GRADLE), ("maven", _MAVEN)):
        if found := pattern.search(match[1]):
            listing = Listing(source, "generic", source.file)
            yield listing.entry(name, line, version=found[1], scope="build", integrity=f"sha256:{checksum[1]}" if checksum else "")


def _named(*names: str) -> Any:
    return lambda path: path.rpartition("/")[2] in names


READERS: Readers = (
    (_named(*_FILES), _single),
    (_named(".tool-versions"), _list),
    (_named("mise.toml", ".mise.toml", "mise.local.toml"), _mise),
    (_named("rust-toolchain", "rust-toolchain.toml"), _rust),
    (_named("runtime.txt"), _heroku),
    (_named(".sdkmanrc"), _sdkman),
    (_named("gradle-wrapper.properties", "maven-wrapper.properties"), _wrapper),
)
