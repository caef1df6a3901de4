"""Ruby gems: `Gemfile.lock` first; the literals of `Gemfile` and gemspecs give groups and ranges."""

import re
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from quarterdeck.domain.contents import Component, Origin, Scope
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.packages.listing import LOCK, Listing, Shelf, inside, numbered, plausible, purl_of, worst
from quarterdeck.evidence.inventory.source import Readers, Source, Unreadable

_ORIGINS: Mapping[str, Origin] = {"GEM": "registry", "GIT": "git", "PATH": "path", "PLUGIN SOURCE": "registry"}
_SECTION = re.compile(r"[A-Z][A-Z ]+$")
_SPEC = re.compile(r"    ([^\s()!]+) \(([^()\s]+)\)$")
_EDGE = re.compile(r"      ([^\s()!]+)(?: \(|$)")
_DIRECT = re.compile(r"  ([^\s()!]+?)!?(?: \([^)]*\))?!?$")
_CHECKSUM = re.compile(r"  (\S+) \(([^)]+)\) (\S+)$")
_RUBY = re.compile(r"\s+(ruby|jruby|truffleruby) (\d[\w.]*?)(?:p\d+)?(?: |$)")

_GROUPS: Mapping[str, Scope] = {
    **dict.fromkeys(("test", "tests", "testing", "spec", "cucumber", "integration", "ci", "travis", "system_tests"), "test"),
    **dict.fromkeys(("development", "dev", "develop", "doc", "docs", "documentation", "lint", "linting", "rubocop", "style", "debug"), "dev"),
    **dict.fromkeys(("debugging", "console", "tools", "release", "guard", "benchmark", "benchmarks", "profile", "profiling", "local"), "dev"),
}  # fmt: skip
_QUOTED = r"""["']([^"'#{}]+)["']"""
_GEM = re.compile(rf"\s*gem[\s(]\s*{_QUOTED}(.*)")
_ADDED = re.compile(r"\s*\w+\.add_(runtime_|development_|)dependency[\s(]+(?:%q[<({\[])?[\"']?([A-Za-z0-9][\w.-]*)[\"'>)}\]]*(.*)")
_LEADING = re.compile(r"""\s*,\s*(?:\[|%w[\[(])?\s*((?:["'][^"'#]*["']\s*,?\s*)+)""")
_RUBY_LINE = re.compile(rf"\s*ruby[\s(]+{_QUOTED}((?:\s*,\s*[\"'][^\"']+[\"'])*)")
_REQUIRED = re.compile(r"\s*\w+\.required_ruby_version\s*=\s*(.*)")
_GROUP_BLOCK = re.compile(r"\s*+group[\s(](.*)(?:\bdo|\{)\s*+$")
_SOURCE_BLOCK = re.compile(r"\s*+(git|github|path|gist|bitbucket)[\s(].*\bdo\s*+(?:\|[^|]*+\|\s*+)?$")
_OPENS = re.compile(
    r"(?:\bdo\b\s*(?:\|[^|]*\|)?|\bbegin)\s*(?:#.*)?$|^\s*(?:if|unless|case|def|while|begin|module|class|for|until)\b(?!.*\bend\b)|^\s*\w+\s*=\s*(?:if|case)\b"
)
_SYMBOL = re.compile(r"""[:"'](\w+)""")
_OPTION = r"""(?::{0}\s*=>|\b{0}:)\s*"""
_GROUP_OPTION = re.compile(_OPTION.format("groups?") + r"(\[[^\]]*\]|%[iw]\[[^\]]*\]|[:\"']\w+)")
_ORIGIN_OPTION = re.compile(_OPTION.format("(git|github|gist|bitbucket|path)"))
_EXACT = re.compile(r"=?\s*(\d+(?:\.\w+)*)")


@dataclass
class Spec:
    """A gem as a lockfile resolves it, with the names of what it needs."""

    name: str
    version: str
    line: int
    origin: Origin
    needs: list[str] = field(default_factory=list)


@dataclass
class Locked:
    """What a `Gemfile.lock` says: resolved gems, the ones asked for, checksums and the Ruby release."""

    specs: dict[str, Spec] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    checksums: dict[tuple[str, str], str] = field(default_factory=dict)
    ruby: tuple[str, str, int] | None = None


def _gemfile_lock(source: Source) -> Iterator[Component | Problem]:
    locked = _locked(source.text)
    listing = Listing(source, "gem", "Gemfile.lock", LOCK)
    if locked.ruby:
        name, version, line = locked.ruby
        yield listing.entry(name, line, version=version, ecosystem="generic")
    scopes = _asked_scopes(source, {spec.name for spec in locked.specs.values() if spec.origin == "path"})
    direct = locked.asked | {need for spec in locked.specs.values() if spec.origin == "path" for need in spec.needs}
    parents = _parents(locked.specs)
    for spec in locked.specs.values():
        yield listing.entry(
            spec.name,
            spec.line,
            version=spec.version,
            relation="direct" if spec.name in direct else "transitive",
            scope=scopes.get(spec.name, "unknown") if spec.name in direct else "unknown",
            parents=parents[spec.name],
            origin=spec.origin,
            integrity=locked.checksums.get((spec.name, spec.version), ""),
        )


def _locked(text: str) -> Locked:
    found, section, spec = Locked(), "", None
    for number, line in numbered(text):
        if _SECTION.match(line):
            section = line.strip()
            spec = None
        elif section in _ORIGINS:
            spec = _spec_line(found, line, number, _ORIGINS[section]) or spec
            if spec and (edge := _EDGE.match(line)):
                spec.needs.append(edge[1])
        else:
            _other_line(found, section, line, number)
    if not section:
        raise Unreadable("no section of a Gemfile.lock")
    return found


def _spec_line(found: Locked, line: str, number: int, origin: Origin) -> Spec | None:
    """Read one resolved gem; builds of the same release for other platforms are the same gem."""
    if not (match := _SPEC.match(line)):
        return None
    name, version = match[1], match[2].partition("-")[0]
    return found.specs.setdefault(name, Spec(name, version, number, origin))


def _other_line(found: Locked, section: str, line: str, number: int) -> None:
    if section == "DEPENDENCIES" and (match := _DIRECT.match(line)):
        found.asked.add(match[1])
    elif section == "CHECKSUMS" and (match := _CHECKSUM.match(line)):
        found.checksums[match[1], match[2]] = match[3]
    elif section == "RUBY VERSION" and (match := _RUBY.match(line)):
        found.ruby = (match[1], match[2], number)


def _parents(specs: Mapping[str, Spec]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for spec in specs.values():
        purl = purl_of("gem", spec.name, spec.version)
        for need in dict.fromkeys(spec.needs):
            found[need].append(purl)
    return found


def _asked_scopes(source: Source, own: set[str]) -> dict[str, Scope]:
    """Return the scope of each gem that the Gemfile beside a lockfile, or a gemspec of the gems in folders, asks for."""
    manifest = inside(source.folder, "gems.rb" if source.file == "gems.locked" else source.file.removesuffix(".lock"))
    gemspecs = _own_gemspecs(Shelf(source.files)).items()
    specs = [path for name, path in gemspecs if name in own or path.rpartition("/")[0] == source.folder]
    found: dict[str, list[Scope]] = defaultdict(list)
    for path in (manifest, *specs):
        text = source.files.get(path, "")
        for gem in _gems(text) if path == manifest else _added(text):
            found[gem.name].append(gem.scope)
    return {name: worst(scopes) for name, scopes in found.items()}


@lru_cache(maxsize=2)
def _own_gemspecs(shelf: Shelf) -> dict[str, str]:
    """Return {gem: path of its gemspec} of the gems that this repository itself holds."""
    return {path.rpartition("/")[2].removesuffix(".gemspec"): path for path in shelf.named(".gemspec")}


@dataclass(frozen=True)
class Gem:
    """A gem as a Gemfile or gemspec asks for it."""

    name: str
    line: int
    requirement: str
    scope: Scope
    origin: Origin = "registry"


def _gemfile(source: Source) -> Iterator[Component | Problem]:
    listing = Listing(source, "gem", "Gemfile")
    for number, line in numbered(source.text):
        if match := _RUBY_LINE.match(line):
            yield listing.requirement("ruby", number, match[1] + match[2].replace("'", "").replace('"', ""))
    library = any(path.rpartition("/")[0] == source.folder for path in Shelf(source.files).named(".gemspec"))
    for gem in _gems(source.text):
        yield _entry(listing, replace(gem, scope="dev") if library and gem.scope == "runtime" else gem)


def _gemspec(source: Source) -> Iterator[Component | Problem]:
    listing = Listing(source, "gem", "gemspec")
    for number, line in numbered(source.text):
        if (match := _REQUIRED.match(line)) and (wanted := ", ".join(re.findall(r"[\"']([^\"']+)[\"']", match[1]))):
            yield listing.requirement("ruby", number, wanted)
    own = _own_gemspecs(Shelf(source.files))
    for gem in _added(source.text):
        yield _entry(listing, gem, own)


def _entry(listing: Listing, gem: Gem, own: Container[str] = ()) -> Component:
    exact = _EXACT.fullmatch(gem.requirement)
    return listing.entry(
        gem.name,
        gem.line,
        version=exact[1] if exact else "",
        wanted=gem.requirement,
        scope=gem.scope,
        origin="path" if gem.name in own else gem.origin,
    )


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Join lines that a comma at the end continues, and leave out comments."""
    held, start = "", 0
    for number, line in numbered(text):
        bare = re.sub(r"(^|\s)#(?!\{).*", "", line)
        start = start if held else number
        held += f" {bare.strip()}" if held else bare.rstrip()
        if held.rstrip().endswith((",", "(", "[", "\\")) and len(held) < 4000:
            held = held.rstrip("\\ ")
            continue
        yield start, held
        held = ""
    if held:
        yield start, held


def _gems(text: str) -> Iterator[Gem]:
    """Read the literal `gem` lines of a Gemfile, with the groups and sources of the blocks around them."""
    blocks: list[tuple[str, str]] = []  # (kind, groups or empty)
    for number, line in _statements(text):
        if re.match(r"\s*(end\b|\})", line):
            blocks[-1:] = []
        elif match := _GROUP_BLOCK.match(line):
            blocks.append(("group", match[1]))
        elif match := _SOURCE_BLOCK.match(line):
            blocks.append(("path" if match[1] == "path" else "git", ""))
        elif match := _GEM.match(line):
            yield _gem(match[1], match[2], number, blocks)
        elif _OPENS.search(line):
            blocks.append(("", ""))


def _gem(name: str, rest: str, line: int, blocks: list[tuple[str, str]]) -> Gem:
    option = _GROUP_OPTION.search(rest)
    groups = [groups for kind, groups in blocks if kind == "group"] + ([option[1]] if option else [])
    origin: Origin = "path" if ("path", "") in blocks else "git" if ("git", "") in blocks else "registry"
    if said := _ORIGIN_OPTION.search(rest):
        origin = "path" if "path" in said[0] else "git"
    return Gem(name, line, _requirement(rest), _scope(" ".join(groups)), origin)


def _scope(groups: str) -> Scope:
    """Return the scope of group names: test or development where all of them say so, else what runs."""
    text = re.sub(r"%[iw]\[([^\]]*)\]", lambda match: " ".join(f":{word}" for word in match[1].split()), groups)
    scopes = {_GROUPS.get(name, "runtime") for name in _SYMBOL.findall(text) if name != "optional"}
    scope = worst(scopes) if scopes else "runtime"
    return "optional" if scope == "runtime" and re.search(r"optional\s*(:|=>)\s*true", groups) else scope


def _requirement(rest: str) -> str:
    """Return the version requirements that follow a name, as written."""
    if not (match := _LEADING.match(rest)):
        return ""
    words = re.findall(r"[\"']\s*([^\"']*?)\s*[\"']\s*(=>)?", match[1])
    ends = rest[match.end() :].lstrip().startswith("=>")
    texts = [word for word, arrow in words if not arrow]
    texts = texts[:-1] if ends else texts
    return ", ".join(text for text in texts if re.match(r"[<>=~!]*\s*\d", text))


def _added(text: str) -> Iterator[Gem]:
    for number, line in _statements(text):
        if (match := _ADDED.match(line)) and plausible(match[2]):
            yield Gem(match[2], number, _requirement(match[3]), "dev" if match[1] == "development_" else "runtime")


READERS: Readers = (
    (re.compile(r"(^|/)(Gemfile|gemfiles/[^/]+\.gemfile|[^/]+\.gemfile)\.lock$|(^|/)(gems\.locked)$").search, _gemfile_lock),
    (re.compile(r"(^|/)(Gemfile|[^/]+\.gemfile|gems\.rb|Gemfile[.-][\w.-]+)(?<!\.tt)(?<!\.erb)$").search, _gemfile),
    (re.compile(r"\.gemspec$").search, _gemspec),
)
