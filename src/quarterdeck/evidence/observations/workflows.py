"""Observe workflows: what strangers may make them do, what their token may do, and what they bring in."""

import re
from collections.abc import Iterator, Sequence

from quarterdeck.evidence.observations import jobs, trees
from quarterdeck.evidence.observations.commands import SHELLS, installs
from quarterdeck.evidence.observations.jobs import Job, Step
from quarterdeck.evidence.observations.rows import DANGER, MOST_VALUE, PINNING, SAST, TOKENS, WORKFLOW, Row, install_rows, pin_row
from quarterdeck.evidence.observations.shell import Unreadable
from quarterdeck.evidence.observations.trees import Node

MOST_EXPRESSION = 2_000  # characters of one `${{ }}`
_STRANGERS_START = frozenset({"pull_request_target", "workflow_run"})
_STRANGERS_CODE = ("github.event.pull_request", "github.event.workflow_run")
# what a stranger can write into an event: securitylab.github.com/research/github-actions-untrusted-input
_STRANGERS_WORDS = (
    "issue.title issue.body pull_request.title pull_request.body discussion.title discussion.body comment.body review.body review_comment.body "
    "head_commit.message head_commit.author.email head_commit.author.name blocked_user.name blocked_user.email pull_request.head.ref "
    "pull_request.head.label pull_request.head.repo.default_branch"
).split()
_STRANGERS_LISTS = (("pages", ".page_name"), ("commits", ".message"), ("commits", ".author.email"), ("commits", ".author.name"))
_WHOLE_EVENT = re.compile(r"tojson\s*+\(\s*+github(?:\.event)?\s*+\)", re.IGNORECASE)
_VARIABLE = re.compile(r"\{\{[^{}]*+\}\}")
_PINNED_ACTION = re.compile(r"@[0-9a-fA-F]{40,}")
_PINNED_CONTAINER = re.compile(r"@sha256:[0-9a-fA-F]{64}")
_ANALYSERS = (
    ("CodeQL", re.compile(r"github/codeql-action/analyze\Z")),
    ("Snyk", re.compile(r"snyk/actions/")),
    ("Pysa", re.compile(r"facebook/pysa-action\Z")),
    ("Qodana", re.compile(r"JetBrains/qodana-action\Z")),
    ("Hadolint", re.compile(r"hadolint/hadolint-action\Z")),
)


def named(path: str) -> bool:
    """Tell whether a file is a workflow of the code host."""
    folder, _, name = path.rpartition("/")
    return folder.lower() == ".github/workflows" and name.endswith((".yml", ".yaml"))


def observe(content: bytes) -> Iterator[Row]:
    """Yield what a workflow file shows."""
    text = content.decode("utf-8-sig", "replace")
    if all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines()):
        return
    yield WORKFLOW, "file", 1, ""
    try:
        root = trees.read(text)
    except trees.Unreadable as problem:
        yield WORKFLOW, "unreadable", problem.line, str(problem)
        return
    found = jobs.read(root)
    yield from _tokens(root, found)
    yield from _dangers(root, found)
    for job in found:
        yield from _actions(job)
        yield from _scripts(job)


def _tokens(root: Node, found: Sequence[Job]) -> Iterator[Row]:
    top = root.get("permissions")
    yield from _permissions("top", top, 1) if top else [(TOKENS, "top undeclared", 1, "")]
    for job in found:
        yield from _permissions("job", job.permissions, job.line) if job.permissions else [(TOKENS, "job undeclared", job.line, job.name)]


def _permissions(level: str, node: Node, line: int) -> Iterator[Row]:
    yield TOKENS, f"{level} declared", node.line or line, node.text[:MOST_VALUE]
    if node.text == "write-all":
        yield TOKENS, f"{level} write", node.line, "write-all"
    for name, value in node.pairs:
        if value.text.lower() == "write":
            yield TOKENS, f"{level} write", name.line, name.text.lower()[:MOST_VALUE]


def _dangers(root: Node, found: Sequence[Job]) -> Iterator[Row]:
    started = bool(_STRANGERS_START & set(jobs.events(root)))
    for step in (step for job in found for step in job.steps):
        if started and "actions/checkout" in step.uses and any(each in step.ref for each in _STRANGERS_CODE):
            yield DANGER, "untrusted checkout", step.line, step.ref[:MOST_VALUE]
        if step.run:
            yield from _injections(step)


def _injections(step: Step) -> Iterator[Row]:
    at = 0
    while (start := step.run.find("${{", at)) >= 0:
        end = step.run.find("}}", start)
        line = step.run_line + step.run.count("\n", 0, start)
        if end < 0:
            yield DANGER, "unreadable", line, "an expression that does not end"
            return
        said = step.run[start + 3 : min(end, start + MOST_EXPRESSION)]
        if _by_strangers(said):
            yield DANGER, "script injection", line, said.strip()[:MOST_VALUE]
        at = end


def _by_strangers(said: str) -> bool:
    """Tell whether an expression holds words that a stranger wrote."""
    if "github.head_ref" in said or _WHOLE_EVENT.search(said):
        return True
    if "github.event." not in said:
        return False
    return any(word in said for word in _STRANGERS_WORDS) or any(last in said.partition(first)[2] for first, last in _STRANGERS_LISTS)


def _actions(job: Job) -> Iterator[Row]:
    for uses, line in [(job.uses, job.uses_line), *((step.uses, step.uses_line) for step in job.steps)]:
        if not uses or uses.startswith("./"):
            continue
        owned = uses.startswith(("actions/", "github/"))
        yield pin_row("own action" if owned else "other action", line, uses, pinned=action_pinned(uses))
        action = uses.removeprefix("actions://").partition("@")[0]
        yield from ((SAST, "tool", line, name) for name, pattern in _ANALYSERS if pattern.match(action))


def action_pinned(uses: str) -> bool:
    """Tell whether a use names a commit or the digest of a container."""
    return bool(_PINNED_ACTION.search(uses)) or (uses.startswith("docker://") and bool(_PINNED_CONTAINER.search(uses)))


def _scripts(job: Job) -> Iterator[Row]:
    fetched: set[str] = set()
    for step in job.steps:
        if not step.run or jobs.shell_of(step, job) not in SHELLS:
            continue
        try:
            yield from install_rows(installs(_VARIABLE.sub("GITHUB_VARIABLE", step.run), fetched), step.run_line)
        except Unreadable as problem:
            yield PINNING, "script not read", step.run_line + problem.line - 1, "the shell commands do not close what they open"
