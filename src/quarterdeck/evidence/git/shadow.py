"""The shadow: an empty bare repository of ours that borrows the objects of theirs.

A repository that somebody hands over carries configuration that runs programs (fsmonitor, textconv, pagers, hooks).
The shadow reads objects, which are data, and never their configuration, hooks, attributes or refs.
"""

import hashlib
import os
import re
import resource
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from quarterdeck.domain.errors import QuarterdeckError
from quarterdeck.evidence.git.locate import Located

_PLACE = re.compile(r"(?<=[\s'\"])/[^\s'\":]*/")  # where things lie on this machine is nobody's business
CHILD_CPU_SECONDS = 3600
CHILD_ADDRESS_SPACE = 64 << 30  # packs are mapped whole, so this must exceed the largest repository
HARDENED = (
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.fsmonitor=false",
    "-c", "core.attributesFile=/dev/null",
    "-c", "core.commitGraph=false",
    "-c", "core.multiPackIndex=false",
    "-c", "core.quotePath=false",
    "-c", "log.showSignature=false",
    "-c", "protocol.allow=never",
    "-c", "gc.auto=0",
)  # fmt: skip
NO_PROGRAMS = ("--no-ext-diff", "--no-textconv", "--no-show-signature")


class GitFailed(QuarterdeckError):
    """A git child ended with an error."""


@dataclass(frozen=True)
class Shadow:
    """A shadow repository on disk and the way to run git in it."""

    folder: Path

    def environment(self) -> dict[str, str]:
        """Return the whole environment of a child: nothing is inherited but the path to programs."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LC_ALL": "C.UTF-8",
            "HOME": str(self.folder / "home"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": "none",
            "GIT_PAGER": "cat",
            "TZ": "UTC",
        }

    def arguments(self, *args: str) -> list[str]:
        """Return the full argument list of a git command in the shadow."""
        return ["git", f"--git-dir={self.folder}", "--no-pager", *HARDENED, *args]

    @contextmanager
    def open(self, *args: str, feed: Iterable[str] | None = None) -> Iterator["Child"]:
        """Run git, feeding lines to its input, and kill it when the reader stops early."""
        with TemporaryFile() as given, TemporaryFile() as errors:
            given.writelines(f"{line}\n".encode() for line in feed or ())
            given.seek(0)
            process = subprocess.Popen(  # noqa: S603 - a list, never a shell; the program is git
                self.arguments(*args),
                stdin=given,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=self.environment(),
                cwd=self.folder,
                start_new_session=True,  # Ctrl-C reaches us first, so that we can keep what was read
            )
            _limit(process.pid)
            child = Child(process, errors)
            try:
                yield child
            finally:
                child.finish()

    def output(self, *args: str, feed: Iterable[str] | None = None, good: Sequence[int] = (0,)) -> bytes:
        """Return what git prints; errors carry git's own words."""
        with self.open(*args, feed=feed) as child:
            out = child.stream.read()
            if child.wait() not in good:
                name = next(word for word in args if word[0] != "-" and "=" not in word)
                raise GitFailed(f"git {name} failed: {_PLACE.sub('', child.complaints()).strip()[:300]}")
        return out


@dataclass(frozen=True)
class Child:
    """A running git."""

    process: subprocess.Popen[bytes]
    errors: IO[bytes]

    @property
    def stream(self) -> IO[bytes]:
        """Return what git prints, as it comes."""
        if self.process.stdout is None:
            raise ValueError("a child is always opened with a pipe")
        return self.process.stdout

    def wait(self) -> int:
        """Wait for the end of a child whose output was read whole, and return its status."""
        return self.process.wait()

    def finish(self) -> int:
        """End the child, whether it was read whole or not, and return its status."""
        if self.process.poll() is None and not self.stream.closed and self.stream.read(1):
            self.process.kill()
        self.stream.close()
        return self.process.wait()

    def complaints(self) -> str:
        """Return what git said on its error channel so far."""
        self.errors.seek(0)
        return self.errors.read(1 << 16).decode("utf-8", "replace")


def _limit(pid: int) -> None:
    """Limit a child's time and memory where the system lets a parent do so."""
    prlimit = getattr(resource, "prlimit", None)
    if prlimit is None:
        return
    try:
        prlimit(pid, resource.RLIMIT_CPU, (CHILD_CPU_SECONDS, CHILD_CPU_SECONDS))
        prlimit(pid, resource.RLIMIT_AS, (CHILD_ADDRESS_SPACE, CHILD_ADDRESS_SPACE))
    except (ProcessLookupError, PermissionError, ValueError):
        return


def shadow_of(located: Located, folder: Path) -> Shadow:
    """Write the shadow of a repository into a folder of ours."""
    if shutil.which("git") is None:
        raise QuarterdeckError("git was not found", "Install git 2.39 or later and try again.")
    (folder / "refs").mkdir(parents=True, exist_ok=True)
    (folder / "home").mkdir(exist_ok=True)
    (folder / "objects" / "info").mkdir(parents=True, exist_ok=True)
    (folder / "HEAD").write_text("ref: refs/heads/none\n")
    (folder / "config").write_text(_config(located.object_format))
    (folder / "objects" / "info" / "alternates").write_bytes(_alternate(located.objects))
    shallow = folder / "shallow"
    if located.shallow:
        shallow.write_text("".join(f"{each}\n" for each in located.shallow))
    else:
        shallow.unlink(missing_ok=True)
    return Shadow(folder)


def _config(object_format: str) -> str:
    if object_format == "sha256":
        return "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n\tobjectFormat = sha256\n"
    return "[core]\n\trepositoryformatversion = 0\n\tbare = true\n"


def _alternate(objects: Path) -> bytes:
    """Quote the path as git's list of alternates wants it, so that no name can become a second entry."""
    raw = os.fsencode(objects)
    quoted = raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    return b'"' + quoted + b'"\n'


def cache_name(located: Located) -> str:
    """Name what is kept of a repository: a clone that is cut off or lacks contents is another one once that is mended."""
    state = "".join(located.shallow)
    if located.partial:
        state += "".join(sorted(each.name for each in (located.objects / "pack").glob("*.idx")))
    mark = f"-{hashlib.blake2b(state.encode(), digest_size=4).hexdigest()}" if state else ""
    return place_name(located.path) + mark


def place_name(path: Path) -> str:
    """Name the place of a repository without telling where it is."""
    return hashlib.blake2b(os.fsencode(path.resolve()), digest_size=10).hexdigest()
