"""Images that Kubernetes manifests start, images that kustomizations swap in, and charts that Helm charts build on."""

import re
from collections.abc import Iterator
from typing import Any

from quarterdeck.domain.contents import Component
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.loaders import Rows, as_rows, as_table, as_text, yaml_of
from quarterdeck.evidence.inventory.packages.listing import LOCK, MANIFEST, Listing, numbered, plausible
from quarterdeck.evidence.inventory.platform.images import image
from quarterdeck.evidence.inventory.source import Readers, Source

_ELSEWHERE = re.compile(
    r"(^|/)(\.github|\.gitea|\.forgejo|\.circleci|\.gitlab|\.woodpecker|locales?|i18n|l10n|translations?|openapi|swagger|_data)/"
    r"|(^|/)(\.gitlab-ci|\.travis|\.pre-commit-config|mkdocs|openapi|swagger|bitbucket-pipelines|\.drone|\.woodpecker|action|codecov|\.codecov|dependabot|renovate|pubspec|appveyor|_config)"
    r"[\w.-]*\.ya?ml$|\.gitlab-ci\.ya?ml$",
    re.IGNORECASE,
)
_KIND = re.compile(r"^kind:\s*[\"']?([A-Z]\w+)")
_VERSION = re.compile(r"^apiVersion:\s*\S")
_IMAGE = re.compile(r"^\s*(?:-\s+)?image:\s*[\"']?([^\s\"'#]+)[\"']?\s*(?:#.*)?$")
_SCALAR = re.compile(r"^(\s*(?:-\s+)?)[\w\"'./-]+:\s*[|>][+-]?\d*\s*(?:#.*)?$")
_EXACT = re.compile(r"=?\s*v?(\d+(?:\.\d+){2}[\w.+-]*)")


def _manifest(source: Source) -> Iterator[Component | Problem]:
    """Read the images of all documents that have a kind; templates need not be YAML, so lines are read."""
    if "image:" not in source.text or "kind:" not in source.text:
        return
    listing = Listing(source, "docker", "kubernetes")
    found: list[tuple[str, int]] = []
    marks: set[str] = set()
    for number, line in [*_outside_texts(source.text), (0, "---")]:
        if line.startswith("---"):
            if marks == {"kind", "version"}:
                for name, place in found:
                    yield from image(listing, name, place, "runtime")
            found, marks = [], set()
        elif match := _IMAGE.match(line):
            found.append((match[1], number))
        else:
            marks |= {mark for mark, pattern in (("kind", _KIND), ("version", _VERSION)) if pattern.match(line)}


def _outside_texts(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines of a YAML file that are no part of a text block, nor comments."""
    inside = -1
    for number, line in numbered(text):
        bare = line.strip()
        depth = len(line) - len(line.lstrip())
        if not bare or bare.startswith("#") or 0 <= inside < depth:
            continue
        inside = depth if _SCALAR.match(line) else -1
        yield number, line


def _kustomization(source: Source) -> Iterator[Component | Problem]:
    listing = Listing(source, "docker", "kustomization")
    rows = yaml_of(source).get("images")
    for each in as_rows(rows):
        row = as_table(each)
        name = as_text(row.get("newName")) or as_text(row.get("name"))
        tag, digest = as_text(row.get("newTag")), as_text(row.get("digest"))
        if name and (tag or digest):
            reference = name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
            yield from image(listing, reference, getattr(each, "line", 1), "runtime")


def _chart(source: Source) -> Iterator[Component | Problem]:
    content = yaml_of(source)
    locked = source.file.endswith(".lock")
    listing = Listing(source, "helm", source.file, LOCK if locked else MANIFEST)
    if as_text(content.get("kubeVersion")):
        yield listing.requirement("kubernetes", content.lines["kubeVersion"], as_text(content["kubeVersion"]))
    rows = content.get("dependencies")
    for number, each in enumerate(as_rows(rows)):
        line = rows.lines[number] if isinstance(rows, Rows) else 1
        yield from _needed(listing, as_table(each), line)


def _needed(listing: Listing, row: dict[str, Any], line: int) -> Iterator[Component]:
    name, version = as_text(row.get("name")), as_text(row.get("version"))
    exact = _EXACT.fullmatch(version)
    local = as_text(row.get("repository")).startswith("file:") or not row.get("repository")
    if plausible(name):
        yield listing.entry(
            name, line, version=exact[0].lstrip("= ") if exact else "", wanted=version, origin="path" if local else "registry"
        )


def _is_manifest(path: str) -> bool:
    return path.endswith((".yaml", ".yml")) and not _ELSEWHERE.search(path)


READERS: Readers = (
    (re.compile(r"(^|/)(Chart|requirements)\.(yaml|lock)$").search, _chart),
    (re.compile(r"(^|/)kustomization\.ya?ml$").search, _kustomization),
    (_is_manifest, _manifest),
)
