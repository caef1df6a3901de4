"""The process that assesses: start it, listen to it, and end it with everything that it started."""

import errno
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from quarterdeck.domain.errors import InputError, QuarterdeckError
from quarterdeck.domain.progress import Progress

MODULE = "quarterdeck.web.jobs.assessing"
POLL_SECONDS = 0.2
GRACE_SECONDS = 10.0
MOST_SECONDS = 6 * 3600.0
MOST_LINE = 32 << 20  # bytes; the last line holds the summary
LAST_WORDS = 2_000
TOKENS = ("QUARTERDECK_TOKEN_", "QUARTERDECK_SECRET_KEY", "DATABASE_URL", "QUARTERDECK_SMTP", "QUARTERDECK_OIDC")


class Stopped(QuarterdeckError):
    """Somebody asked to stop."""


class BrokenOff(QuarterdeckError):
    """The process ended without a last word: it was killed, or the machine ran out of memory."""


@dataclass
class Heard:
    """What a process said so far."""

    rest: bytes = b""
    last: dict[str, Any] = field(default_factory=dict)

    def take(self, chunk: bytes, progress: Progress) -> None:
        """Take in what came and pass on how far the work is."""
        *lines, self.rest = (self.rest + chunk).split(b"\n")
        if len(self.rest) > MOST_LINE:
            raise QuarterdeckError("the assessment said more than anybody can read", "Run it again; if it fails again, please report it.")
        for line in lines:
            said = json.loads(line)
            if "stage" in said:
                progress(str(said["stage"]), int(said["done"]), int(said["total"]))
            else:
                self.last = said


def assess(job: Mapping[str, Any], place: Path, home: Path, *, progress: Progress, stopped: Callable[[], bool]) -> dict[str, Any]:
    """Run a job and return its last word, {"snapshot", "summary"}.

    `place` is where the job is written, `home` where reading repositories keeps what it read. Raises InputError for what a
    person can mend, Stopped when told so, BrokenOff when the process was killed.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(job), "utf-8")
    try:
        with TemporaryFile() as errors, _started(place, home, errors) as process:
            heard = _listen(process, progress, stopped)
            status = process.wait(GRACE_SECONDS)
            return _outcome(heard.last, status, _last_words(errors))
    finally:
        place.unlink(missing_ok=True)


@contextmanager
def _started(place: Path, home: Path, errors: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Start the process in a session of its own; whatever happens, nothing of it outlives us."""
    process = subprocess.Popen(  # noqa: S603 - our own module and a path that we made
        [sys.executable, "-m", MODULE, str(place)],
        stdin=subprocess.PIPE,  # never written: at its end the process knows that we are gone
        stdout=subprocess.PIPE,
        stderr=errors,
        env=environment(home),
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()


def environment(home: Path) -> dict[str, str]:
    """Return our environment without secrets: what reads a client's files needs none."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(TOKENS)}
    return kept | {"QUARTERDECK_HOME": str(home)}


def _listen(process: subprocess.Popen[bytes], progress: Progress, stopped: Callable[[], bool]) -> Heard:
    """Hear the process out until it closes its output; raises Stopped when told so."""
    heard, until = Heard(), time.monotonic() + MOST_SECONDS
    output = process.stdout
    if output is None:
        raise TypeError("the process was started without a pipe")
    with selectors.DefaultSelector() as ready:
        ready.register(output, selectors.EVENT_READ)
        while True:
            if stopped():
                raise Stopped("the run was cancelled")
            if time.monotonic() > until:
                raise InputError(
                    f"the assessment took longer than {MOST_SECONDS / 3600:.0f} hours",
                    "Remove the largest repository, or give the worker more.",
                )
            if ready.select(POLL_SECONDS):
                chunk = os.read(output.fileno(), 1 << 16)
                if not chunk:
                    return heard
                heard.take(chunk, progress)


def _outcome(last: Mapping[str, Any], status: int, words: str) -> dict[str, Any]:
    """Return what the process found, or raise what went wrong."""
    if "snapshot" in last and not status:
        return dict(last)
    if os.strerror(errno.ENOSPC) in str(last.get("error", "")):
        raise InputError("the disk of the workspace is full", "Free some space, then try again; nothing kept before was touched.")
    if "error" in last:
        raise InputError(str(last["error"]), str(last.get("hint", "")))
    raise BrokenOff(f"the assessment ended without a word (status {status})", words)


def _last_words(errors: IO[bytes]) -> str:
    errors.seek(0, os.SEEK_END)
    errors.seek(max(0, errors.tell() - LAST_WORDS))
    return errors.read().decode("utf-8", "replace").strip()
