"""Actions, images and machines that pipelines use: GitHub, GitLab, and images of other services."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from quarterdeck.domain.contents import Component
from quarterdeck.domain.evidence import Problem
from quarterdeck.evidence.inventory.loaders import Rows, Table, as_rows, as_table, as_text, yaml_documents_of, yaml_of
from quarterdeck.evidence.inventory.packages.listing import Listing, purl_of
from quarterdeck.evidence.inventory.platform.images import filled, image
from quarterdeck.evidence.inventory.source import Readers, Source

MOST_VALUES = 200_000
_USES = re.compile(r"([\w.-]+)/([\w.-]+)((?:/[\w.-]+)*)@([^\s@]+)")
_MACHINE = re.compile(r"(ubuntu|windows|macos)-([\w.-]+)")
_MATRIX = re.compile(r"\$\{\{\s*matrix\.([\w-]+)\s*\}\}")
_NODE = re.compile(r"node(\d+)")


def _workflow(source: Source) -> Iterator[Component | Problem]:
    content = yaml_of(source)
    actions, images = Listing(source, "github", "workflow"), Listing(source, "docker", "workflow")
    for job in as_table(content.get("jobs")).values():
        if isinstance(job, Table):
            yield from _used(actions, images, job)
            yield from _machines(actions, job)
            for step in _steps(job):
                yield from _used(actions, images, step)
            yield from _container(images, job, "container", "image")
            for service in as_table(job.get("services")).values():
                yield from _container(images, service, "image", "")


def _action(source: Source) -> Iterator[Component | Problem]:
    runs = yaml_of(source).get("runs")
    if not isinstance(runs, Table):
        return
    actions, images = Listing(source, "github", "action"), Listing(source, "docker", "action")
    if match := _NODE.fullmatch(as_text(runs.get("using"))):
        yield actions.entry("node", runs.lines["using"], version=match[1], ecosystem="generic")
    if as_text(runs.get("image")).startswith("docker://"):
        yield from image(images, as_text(runs["image"]).removeprefix("docker://"), runs.lines["image"], "runtime")
    for step in _steps(runs):
        yield from _used(actions, images, step)


def _steps(job: Table) -> Iterator[Table]:
    """Yield the steps of a job, and those that a step groups."""
    for step in as_rows(job.get("steps")):
        if isinstance(step, Table):
            yield step
            yield from (inner for rows in step.values() for inner in as_rows(rows) if isinstance(inner, Table))


def _used(actions: Listing, images: Listing, step: Table) -> Iterator[Component]:
    """Name the action of a step, or the workflow that a job hands over to; what starts with a dot is our own."""
    text, line = as_text(step.get("uses")).strip(), step.lines.get("uses", step.line)
    if text.startswith("docker://"):
        yield from image(images, text.removeprefix("docker://"), line, "build")
    elif match := _USES.fullmatch(text):
        owner, repository, folder, reference = match.groups()
        name = f"{owner}/{repository}"
        yield actions.entry(
            name, line, version=reference, scope="build", origin="git", purl=purl_of("github", name, reference, subpath=folder.strip("/"))
        )


def _container(images: Listing, table: Any, key: str, inner: str) -> Iterator[Component]:
    if not isinstance(table, Table):
        return
    value = table.get(key)
    line = table.lines.get(key, table.line)
    if isinstance(value, Table):
        line, value = value.lines.get(inner, line), value.get(inner)
    yield from image(images, as_text(value), line, "build")


def _machines(listing: Listing, job: Table) -> Iterator[Component]:
    """Name the hosted machines that a job runs on, also through its matrix."""
    value = job.get("runs-on")
    labels = as_rows(as_table(value).get("labels")) or as_rows(value) or [as_table(value).get("labels") or value]
    line = job.lines.get("runs-on", job.line)
    for label in map(as_text, labels):
        rows = _of_matrix(job, match[1]) if (match := _MATRIX.fullmatch(label.strip())) else [(label, line)]
        for text, place in dict.fromkeys(rows):
            if machine := _MACHINE.fullmatch(text):
                yield listing.entry(machine[1], place, version=machine[2], scope="build", ecosystem="generic")


def _of_matrix(job: Table, name: str) -> Iterator[tuple[str, int]]:
    matrix = as_table(as_table(job.get("strategy")).get("matrix"))
    rows = matrix.get(name)
    if isinstance(rows, Rows):
        yield from zip(map(as_text, rows), rows.lines, strict=True)
    for extra in as_rows(matrix.get("include")):
        if isinstance(extra, Table) and name in extra:
            yield as_text(extra[name]), extra.lines[name]


def _gitlab(source: Source) -> Iterator[Component | Problem]:
    listing = Listing(source, "docker", "gitlab-ci")
    documents = [each for each in yaml_documents_of(source) if isinstance(each, Table)]
    values: dict[str, str] = {}
    for content in documents:
        values |= {name: as_text(as_table(value).get("value") or value) for name, value in as_table(content.get("variables")).items()}
    for content in documents:
        for table in (content, *content.values()):
            if isinstance(table, Table):
                yield from _gitlab_images(listing, table, values)


def _gitlab_images(listing: Listing, table: Table, values: Mapping[str, str]) -> Iterator[Component]:
    rows = [(table.get("image"), table.lines.get("image", table.line))]
    services = table.get("services")
    rows += zip(services, services.lines, strict=True) if isinstance(services, Rows) else []
    for value, line in rows:
        name = as_text(as_table(value).get("name")) or as_text(value)
        place = value.lines.get("name", line) if isinstance(value, Table) else line
        yield from image(listing, filled(name, values), place, "build")


def _images(source: Source) -> Iterator[Component | Problem]:
    """Read what stands under `image` at any depth, as most other services write it."""
    listing = Listing(source, "docker", "pipeline")
    ahead: list[Any] = list(yaml_documents_of(source))
    for _ in range(MOST_VALUES):
        if not ahead:
            return
        value = ahead.pop(0) if len(ahead) < 1000 else ahead.pop()
        if isinstance(value, Table):
            named = value.get("image")
            name = as_text(as_table(named).get("name")) or as_text(named)
            yield from image(listing, name, value.lines.get("image", value.line), "build")
            ahead += (inner for key, inner in value.items() if key != "machine")  # there, an image is a whole machine
        elif isinstance(value, list):
            ahead += value


READERS: Readers = (
    (re.compile(r"(^|/)\.(github|gitea|forgejo)/workflows/[^/]+\.ya?ml$").search, _workflow),
    (re.compile(r"(^|/)action\.ya?ml$").search, _action),
    (re.compile(r"(^|/)[^/]*\.gitlab-ci\.ya?ml$|(^|/)\.gitlab/.*\.ya?ml$").search, _gitlab),
    (re.compile(r"(^|/)(\.circleci/[^/]+|bitbucket-pipelines|\.drone|\.woodpecker(/[^/]+)?)\.ya?ml$").search, _images),
)
