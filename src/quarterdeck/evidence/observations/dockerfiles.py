"""Observe Dockerfiles: base images with and without a digest, and what their RUN lines install."""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from quarterdeck.evidence.observations.commands import any_shell, installs
from quarterdeck.evidence.observations.rows import PINNING, Row, install_rows, pin_row
from quarterdeck.evidence.observations.shell import Unreadable

MOST_TEXT = 400_000
MOST_VALUE = 300  # characters that an ARG may put into a FROM line
_NOT_DOCKER = (".go", ".c", ".cpp", ".rs", ".js", ".py", ".pyc", ".java", ".md", ".rst", ".adoc", ".html", ".json")
_VENDORED = frozenset({"vendor", "third_party"})
_TEMPLATE = frozenset({"template", "tmpl", "tpl"})
_DIGEST = re.compile(r"@sha256:(?:[a-f0-9]{64}|\$\{[^}]*\})")
_KEYWORD = re.compile(r"\s*([A-Za-z]+)(?=\s|\Z)")
_OPTION = re.compile(r"\s*--\w[\w-]*+(?:=\S*+)?")
_TEXT_OF_ITS_OWN = re.compile(r"<<-?[\"']?([A-Za-z_]\w*+)[\"']?")


@dataclass(frozen=True)
class Instruction:
    """An instruction: its keyword, where it starts, and the rest of its lines; `own` is the text of `RUN <<END`."""

    keyword: str
    line: int
    rest: str
    own: str | None = None


def named(path: str) -> bool:
    """Tell whether a file is named like a Dockerfile and lies in no folder of others' code."""
    return "dockerfile" in path.rpartition("/")[2].lower() and not _VENDORED & set(path.lower().split("/"))


def observe(path: str, content: bytes) -> Iterator[Row]:
    """Yield the images and commands of a Dockerfile."""
    if path.endswith(_NOT_DOCKER) or any_shell(path, content):
        return
    text = content[:MOST_TEXT].decode("utf-8", "replace")
    found = list(instructions(text))
    if not found:
        return
    if not _TEMPLATE & set(re.split(r"[._-]", path.rpartition("/")[2].lower())):
        yield from _images(found)
    yield from _runs(found)


def instructions(text: str) -> Iterator[Instruction]:
    """Yield the instructions of a Dockerfile; a continued line keeps its break, so that lines can be counted."""
    lines = text.splitlines()
    ends: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        ends.setdefault(line.strip(), []).append(number)
    number = 0
    while number < len(lines):
        start, line = number, lines[number]
        number += 1
        match = _KEYWORD.match(line)
        if not match:
            continue
        parts = _continued(line[match.end() :], lines, number)
        number += len(parts) - 1
        rest = "\n".join(parts)
        own = _TEXT_OF_ITS_OWN.search(parts[0]) if match[1].upper() in ("RUN", "COPY", "ADD") else None
        end = _next(ends.get(own[1], []), number) if own else None
        yield Instruction(match[1].upper(), start + 1, rest, "\n".join(lines[number:end]) if end is not None else None)
        number = end + 1 if end is not None else number


def _continued(first: str, lines: list[str], number: int) -> list[str]:
    """Return a line and those that continue it; comments and empty lines between them become breaks."""
    parts = [first]
    while parts[-1].rstrip().endswith("\\") and number < len(lines):
        parts[-1] = parts[-1].rstrip()
        following = lines[number]
        parts.append(following if following.strip() and not following.lstrip().startswith("#") else "\\")
        number += 1
    return parts


def _next(numbers: list[int], start: int) -> int | None:
    at = bisect_left(numbers, start)
    return numbers[at] if at < len(numbers) else None


def _images(found: list[Instruction]) -> Iterator[Row]:
    """Yield each FROM with whether it names a digest, or a stage that does."""
    values: dict[str, str] = {}
    pinned_stages: dict[str, bool] = {}
    for each in found:
        if each.keyword == "ARG":
            values.update(
                (name, value[:MOST_VALUE]) for name, equals, value in (word.partition("=") for word in each.rest.split()) if equals
            )
        if each.keyword == "FROM":
            yield from _image(each, values, pinned_stages)


def _image(each: Instruction, values: dict[str, str], pinned_stages: dict[str, bool]) -> Iterator[Row]:
    words = [_filled(word, values) for word in _without_options(each.rest).replace("\\\n", " ").split()]
    stage = words[2] if len(words) == 3 and words[1].lower() == "as" else ""
    if words and words[0].lower() == "scratch":
        pinned_stages[stage] = True
        return
    if len(words) != 1 and not stage:
        yield PINNING, "unreadable", each.line, "a FROM line that names no single image"
        return
    pinned = pinned_stages[words[0]] if words[0] in pinned_stages else bool(_DIGEST.search(words[0]))
    pinned_stages.update({stage: pinned} if stage else {})
    yield pin_row("image", each.line, words[0], pinned=pinned)


def _filled(word: str, values: dict[str, str]) -> str:
    """Put the defaults of ARG lines into `${NAME}`."""
    return re.sub(r"\$\{(\w++)\}", lambda match: values.get(match[1], match[0]), word[:MOST_VALUE])[: 4 * MOST_VALUE]


def _without_options(rest: str) -> str:
    at = 0
    while option := _OPTION.match(rest, at):
        at = option.end()
    return rest[at:]


def _runs(found: list[Instruction]) -> Iterator[Row]:
    fetched: set[str] = set()
    for each in found:
        if each.keyword != "RUN":
            continue
        script, first = (each.own, each.line + 1) if each.own is not None else (_script(each.rest), each.line)
        try:
            yield from install_rows(installs(script, fetched), first)
        except Unreadable as problem:
            yield PINNING, "script not read", first + problem.line - 1, "the shell commands do not close what they open"


def _script(rest: str) -> str:
    """Return the shell text of a RUN line, also of its list form."""
    text = _without_options(rest)
    if not text.lstrip().startswith("["):
        return text
    try:
        words = json.loads(text.replace("\\\n", " "))
    except (ValueError, RecursionError):
        return text
    return " ".join(word for word in words if isinstance(word, str)) if isinstance(words, list) else text
