"""The jobs and steps of a workflow as far as the rules look at them."""

import re
from dataclasses import dataclass

from quarterdeck.evidence.observations.trees import Node

MOST_STEPS = 5_000  # of one file; aliases could make it more
_ONLY_WINDOWS = re.compile(
    r"runner\.os\s*+==\s*+['\"]windows['\"]|\$\{\{\s*+startsWith\(runner\.os,\s*+['\"]windows['\"]\)|matrix\.os\s*+==\s*+['\"]windows-",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Step:
    """A step that uses an action or runs a script; lines are those of the file."""

    line: int
    uses: str = ""
    uses_line: int = 0
    ref: str = ""
    run: str = ""
    run_line: int = 0
    shell: str = ""
    condition: str = ""


@dataclass(frozen=True)
class Job:
    """A job: its steps, or the workflow that it calls; `systems` is nothing where they cannot be told."""

    name: str
    line: int
    permissions: Node | None
    uses: str
    uses_line: int
    shell: str
    systems: tuple[str, ...] | None
    steps: tuple[Step, ...]


def read(root: Node) -> list[Job]:
    """Return the jobs of a workflow, with no more steps than anybody writes."""
    found, steps = [], 0
    jobs = root.get("jobs")
    for name, node in jobs.pairs if jobs else ():
        job = _job(name, node, MOST_STEPS - steps)
        steps += len(job.steps)
        found.append(job)
    return found


def events(root: Node) -> list[str]:
    """Return the names of what starts a workflow; YAML 1.1 would read the key `on` as a truth value, names do not."""
    on = root.get("on")
    if on is None:
        return []
    return [each.text for each in (on, *on.items, *(name for name, _ in on.pairs)) if each.text]


def shell_of(step: Step, job: Job) -> str:
    """Return the shell that runs a step: as said, or by the system; empty where the system cannot be told."""
    said = step.shell or job.shell
    if said:
        return said.rpartition("/")[2].lower()
    if _ONLY_WINDOWS.search(step.condition):
        return "pwsh"
    if job.systems is None:
        return ""
    return "pwsh" if all(system.lower().startswith("windows") for system in job.systems) else "bash"


def _text(node: Node | None) -> str:
    return node.text if node else ""


def _job(name: Node, node: Node, most: int) -> Job:
    uses, steps = node.get("uses"), node.get("steps")
    return Job(
        name.text[:80],
        name.line,
        node.get("permissions"),
        _text(uses),
        uses.line if uses else 0,
        _text(node.at("defaults", "run", "shell")),
        _systems(node),
        tuple(_step(each) for each in (steps.items[: max(most, 0)] if steps else ())),
    )


def _step(node: Node) -> Step:
    run, uses = node.get("run"), node.get("uses")
    if run:
        first = run.line + 1 if run.block else run.line
        return Step(node.line, run=run.text, run_line=first, shell=_text(node.get("shell")), condition=_text(node.get("if")))
    return Step(node.line, _text(uses), uses.line if uses else 0, _text(node.at("with", "ref")))


def _systems(node: Node) -> tuple[str, ...] | None:
    """Return the systems that a job runs on: its labels, or those of its matrix."""
    on = node.get("runs-on")
    labels = _texts(on.get("labels") if on and on.kind == "mapping" else on)
    if len(labels) != 1 or "matrix.os" not in labels[0]:
        return labels
    more = node.at("strategy", "matrix", "include")
    added = (_text(each.get("os")) for each in (more.items if more else ()))
    return (*_texts(node.at("strategy", "matrix", "os")), *filter(None, added)) or None


def _texts(node: Node | None) -> tuple[str, ...]:
    """Return one text, or those of a list."""
    return tuple(each.text for each in (node, *node.items) if each.text) if node else ()
