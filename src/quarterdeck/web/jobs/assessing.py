"""One assessment in a process of its own: `python -m quarterdeck.web.jobs.assessing JOB.json`.

The caller sets QUARTERDECK_HOME, writes the job as a file and keeps the standard input open as long as it lives: at its
end the process ends itself and its children at once, so that nothing runs on without a parent. On standard output it
talks in lines of JSON: {"stage", "done", "total"} at most five times a second, and last {"snapshot", "summary"} or
{"error", "hint"}. Everything else goes to standard error. The exit status is 0, 2 for bad input, or 1.

The job: {"root": folder of the snapshots, "repositories": [{"path", "name"}], "company": path or null, "sboms": [path],
"as_of": day, "previous": path of a findings.json or null, "blame": auto | full | sample | none, "quick": true | false,
"allowed": [folders outside the repositories that may hold their objects]}. The last four may be missing.
"""

import json
import os
import signal
import sys
import traceback
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Event, Thread
from typing import Any, TextIO

from quarterdeck import bootstrap
from quarterdeck.domain.errors import InputError, QuarterdeckError
from quarterdeck.domain.progress import Progress, silent
from quarterdeck.evidence.git.blame import Extent
from quarterdeck.store import snapshots
from quarterdeck.store.workspace import home
from quarterdeck.web.jobs import assembling

PAUSE = 0.2  # seconds between two lines of progress
NICE = 10  # pages come before background work
BLAMES: tuple[Extent, ...] = ("auto", "full", "sample", "none")


@dataclass(frozen=True)
class Job:
    """What to assess, and where the snapshot is kept."""

    root: Path
    request: bootstrap.Request


def job_of(text: str) -> Job:
    """Return the job that a file describes."""
    try:
        return _job(json.loads(text))
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        raise InputError(f"the job cannot be read ({type(error).__name__}: {error})", "Start the run again.") from error


def _job(given: dict[str, Any]) -> Job:
    repositories, previous = given["repositories"], given.get("previous")
    request = bootstrap.Request(
        paths=tuple(Path(each["path"]) for each in repositories),
        names=tuple(str(each["name"]) for each in repositories),
        as_of=date.fromisoformat(given["as_of"]),
        company=Path(given["company"]) if given.get("company") else None,
        sboms=tuple(Path(each) for each in given.get("sboms", [])),
        compare=str(previous) if previous else "none",
        blame=next(each for each in BLAMES if each == given.get("blame", "auto")),
        quick=bool(given.get("quick", False)),
        allowed=tuple(Path(each) for each in given.get("allowed", [])),
    )
    return Job(Path(given["root"]), request)


def assess(job: Job, progress: Progress = silent) -> dict[str, Any]:
    """Run a job, keep its snapshot and return the last line: the digest, and the summary that names people by role."""
    if not job.request.paths:
        raise InputError("there is no repository to assess", "Add a repository first.")
    report, history = bootstrap.run(job.request, progress)
    company = bootstrap.company_of(job.request.company)
    files = assembling.files_of(report, history, company, home() / "cache", progress)
    progress("keeping the results", 0, 0)
    digest = snapshots.keep(job.root, files)
    return {"snapshot": digest, "summary": snapshots.Snapshot(job.root, digest).summary("roles")}


def main(place: str) -> int:
    """Run the job in a file and return the exit status."""
    _stand_alone()
    teller = Teller(_own_output())
    try:
        status, last = 0, assess(job_of(Path(place).read_text("utf-8")), teller.note)
    except QuarterdeckError as error:
        status, last = 2, {"error": error.message, "hint": error.hint}
    except Exception as error:
        traceback.print_exc()
        status, last = (
            1,
            {
                "error": f"the assessment failed ({type(error).__name__}: {str(error)[:200]})",
                "hint": "Run it again; if it fails again, please report it.",
            },
        )
    teller.end(last)
    return status


class Teller:
    """Tells the caller where the work is: the latest news at each beat, and never more."""

    def __init__(self, out: TextIO) -> None:
        """Begin to tell."""
        self._out = out
        self._latest: dict[str, Any] | None = None
        self._done = Event()
        self._beat = Thread(target=self._tell, daemon=True)
        self._beat.start()

    def note(self, stage: str, done: int, total: int) -> None:
        """Take note of how far the work is."""
        self._latest = {"stage": stage, "done": done, "total": total}

    def end(self, last: dict[str, Any]) -> None:
        """Tell the last line."""
        self._done.set()
        self._beat.join()
        self._write(last)

    def _tell(self) -> None:
        told = None
        while not self._done.wait(PAUSE):
            if (news := self._latest) and news is not told:
                self._write(news)
                told = news

    def _write(self, line: dict[str, Any]) -> None:
        self._out.write(json.dumps(line) + "\n")
        self._out.flush()


def _own_output() -> TextIO:
    """Keep standard output for the lines of this protocol: whatever else prints goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def _stand_alone() -> None:
    """Lead a group of processes of our own, behind the pages in line, that ends when the caller does."""
    os.nice(NICE)
    if os.getpgrp() != os.getpid():
        os.setpgrp()
    Thread(target=_end_with_caller, daemon=True).start()


def _end_with_caller() -> None:
    while os.read(0, 4096):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
