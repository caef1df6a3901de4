"""Images that Dockerfiles build on and that compose files start."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from quarterdeck.domain.contents import Component
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.loaders import Table, as_table, as_text, jsonc_of, line_of, yaml_of
from quarterdeck.evidence.inventory.packages.listing import Listing, Shelf, numbered, parsed
from quarterdeck.evidence.inventory.platform import kubernetes
from quarterdeck.evidence.inventory.platform.images import filled, image
from quarterdeck.evidence.inventory.source import Readers, Source

LONGEST_INSTRUCTION = 10_000
_FROM = re.compile(r"FROM\s++(?:--\S++\s++)*+(\S++)(?:\s++AS\s++(\S++))?", re.IGNORECASE)
_COPIED = re.compile(r"(?:COPY|ADD)\s++(?:--(?!from=)\S++\s++)*+--from=(\S++)", re.IGNORECASE)
_MOUNTED = re.compile(r"--mount=(\S++)")
_ARGUMENT = re.compile(r"""(\w+)=("[^"]*"|'[^']*'|\S*)""")
_HEREDOC = re.compile(r"<<-?\s*[\"']?(\w+)[\"']?")
_CODE = re.compile(
    r"\.(go|py|js|ts|rb|java|rs|md|rst|txt|html?|json|ya?ml|toml|sh|lock|dockerignore|j2|tt|erb|tmpl|template|in|gotmpl|test|patch|diff)$",
    re.I,
)
_COMPOSE = re.compile(r"(^|/)([\w.-]+[.-])?(docker-)?(compose|stack)([._-][\w.-]*)?\.ya?ml$")
_DOCKERFILE = re.compile(r"(^|/)([^/]*[._-])?(dockerfile|containerfile)([._-][^/]*)?$", re.IGNORECASE)


@dataclass
class Stage:
    """A stage of a Dockerfile: what it builds on, and the images that it copies from."""

    base: str
    line: int
    copies: list[tuple[str, int]] = field(default_factory=list)


@dataclass
class Build:
    """The stages of a Dockerfile in order; `names` leads from the name of a stage to its number."""

    stages: list[Stage] = field(default_factory=list)
    names: dict[str, int] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)

    def take(self, instruction: str, line: int) -> None:
        """Take in one instruction."""
        word = instruction[:5].upper()
        if word.startswith("ARG") and not self.stages:
            self.values |= {name: filled(value.strip("\"'"), self.values) for name, value in _ARGUMENT.findall(instruction[3:])}
        elif start := _FROM.match(instruction):
            self.stages.append(Stage(filled(start[1].strip("\"'"), self.values), line))
            if start[2]:
                self.names.setdefault(start[2].lower(), len(self.stages) - 1)
        elif self.stages:
            self.stages[-1].copies += ((name.strip("\"'"), line) for name in _others(instruction))

    def runs(self) -> set[int]:
        """Return the numbers of the last stage and of those that it builds on: what ends up running."""
        found: set[int] = set()
        number: int | None = len(self.stages) - 1
        while number is not None and number >= 0 and number not in found:
            found.add(number)
            below = self.names.get(self.stages[number].base.lower())
            number = below if below is not None and below < number else None
        return found

    def is_stage(self, name: str, before: int) -> bool:
        """Tell whether a name is that of an earlier stage, or its number."""
        return name.isdigit() or self.names.get(name.lower(), before) < before


def _others(instruction: str) -> Iterator[str]:
    """Yield the stages and images that an instruction takes files from."""
    if copied := _COPIED.match(instruction):
        yield copied[1]
    elif instruction[:3].upper() == "RUN":
        options = (option for mount in _MOUNTED.findall(instruction) for option in mount.split(","))
        yield from (option.removeprefix("from=") for option in options if option.startswith("from="))


def _dockerfile(source: Source) -> Iterator[Component | Problem]:
    build = _build(source.text)
    listing = Listing(source, "docker", "Dockerfile")
    runs = build.runs()
    for number, stage in enumerate(build.stages):
        if not build.is_stage(stage.base, number) or stage.base.isdigit():
            yield from image(listing, stage.base, stage.line, "runtime" if number in runs else "build")
        for name, line in stage.copies:
            if not build.is_stage(name, number + 1):
                yield from image(listing, name, line, "build")


def _build(text: str) -> Build:
    build = Build()
    for line, instruction in _instructions(text):
        build.take(instruction, line)
    return build


def _instructions(text: str) -> Iterator[tuple[int, str]]:
    """Join continued lines; leave out comments and the text of here-documents."""
    escape = "`" if re.match(r"(?:#[^\n]*\n)*#\s*escape\s*=\s*`", text[:500]) else "\\"
    held, start, until = "", 0, ""
    for number, line in numbered(text):
        bare = line.strip()
        if until:
            until = "" if bare == until else until
        elif not bare or bare.startswith("#"):
            continue
        else:
            start = start if held else number
            held += bare.removesuffix(escape)[: LONGEST_INSTRUCTION - len(held)] + " "
            if bare.endswith(escape):
                continue
            until = _document(held)
            yield start, held.strip()
            held = ""
    if held:
        yield start, held.strip()


def _document(instruction: str) -> str:
    """Return the word that ends a here-document, where an instruction starts one."""
    match = _HEREDOC.search(instruction) if re.match(r"(RUN|COPY|ADD)\b", instruction, re.IGNORECASE) else None
    return match[1] if match else ""


def _compose(source: Source) -> Iterator[Component | Problem]:
    listing = Listing(source, "docker", "compose")
    own = _built(Shelf(source.files), source.folder)
    for table in _services(yaml_of(source)):
        line = table.lines.get("image", table.line)
        name = filled(as_text(table.get("image")), {})
        if name and not table.get("build") and name not in own:  # what the project builds itself is no third party's
            yield from image(listing, name, line, "runtime")
        yield from _inline(listing, as_table(table.get("build")), line)


def _services(content: Table) -> list[Table]:
    services = content.get("services") if "services" in content else content
    return [service for service in as_table(services).values() if isinstance(service, Table)]


@lru_cache(maxsize=256)
def _built(shelf: Shelf, folder: str) -> frozenset[str]:
    """Return the images that the compose files of a folder build."""
    source = Source(0, "", "", "", shelf.files)
    contents = (
        parsed(source, path, yaml_of) for path in sorted(shelf.files) if path.rpartition("/")[0] == folder and _COMPOSE.search(path)
    )
    services = (service for content in contents if content is not None for service in _services(content))
    return frozenset(filled(as_text(service.get("image")), {}) for service in services if service.get("build"))


def _inline(listing: Listing, build: dict[str, Any], line: int) -> Iterator[Component]:
    text = as_text(build.get("dockerfile_inline"))
    for stage in _build(text).stages if text else ():
        yield from image(listing, stage.base, line, "runtime")


def _devcontainer(source: Source) -> Iterator[Component | Problem]:
    name = as_text(jsonc_of(source).get("image"))
    yield from image(Listing(source, "docker", "devcontainer.json"), name, line_of(source.text, "image"), "dev")


def _is_dockerfile(path: str) -> bool:
    return bool(_DOCKERFILE.search(path)) and not _CODE.search(path)


READERS: Readers = (
    (_is_dockerfile, _dockerfile),
    (_COMPOSE.search, _compose),
    (re.compile(r"(^|/)\.?devcontainer\.json$").search, _devcontainer),
    *kubernetes.READERS,
)
