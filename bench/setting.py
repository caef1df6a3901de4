"""Where the bench finds repositories, reference tables and peers, and how a step that was done is not done again."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import quarterdeck
from bench.costs import Cost, run

SOURCE = Path(quarterdeck.__file__).parent


class Absent(Exception):
    """Something the bench needs is not on this machine."""


@dataclass(frozen=True)
class Setting:
    """The folders the bench uses; none of them is ever printed."""

    work: Path
    repositories: Path | None = None
    reference: Path | None = None
    peers: Path | None = None
    fresh: bool = False
    engine: str = field(default_factory=lambda: digest(SOURCE))

    def repository(self, name: str) -> Path:
        """Return the git folder of a repository named owner/name."""
        if self.repositories is None:
            raise Absent(f"{name}: set QUARTERDECK_BENCH_REPOS")
        folder = self.repositories / name.replace("/", "+")
        for place in (folder / "repo", folder / "repo" / ".git", folder, folder / ".git"):
            if (place / "HEAD").is_file() and (place / "objects").is_dir():
                return place
        raise Absent(f"{name}: not among the repositories")

    def table(self, name: str) -> Path:
        """Return a reference table."""
        if self.reference is None or not (self.reference / name).is_file():
            raise Absent(f"{name}: set QUARTERDECK_REFERENCE")
        return self.reference / name

    def step(self, name: str, work: Callable[[], Any]) -> Any:
        """Return the result of a step, done once per state of the source code."""
        file = self.work / "steps" / self.engine / (name.replace("/", "+").replace(" ", "_") + ".json")
        if file.is_file() and not self.fresh:
            return json.loads(file.read_text("utf-8"))
        say(name)
        result = work()
        if digest(SOURCE) != self.engine:
            say(f"{name}: the source code changed meanwhile, so this is not kept")
            return json.loads(json.dumps(result))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(result), "utf-8")
        return json.loads(json.dumps(result))

    def costs(self, name: str, work: Callable[[], Mapping[str, Cost]]) -> dict[str, Cost]:
        """Return the costs of a step, done once."""
        kept = self.step(name, lambda: {key: asdict(cost) for key, cost in work().items()})
        return {key: Cost(**cost) for key, cost in kept.items()}

    @contextmanager
    def home(self, *, charts: bool = True) -> Iterator[Path]:
        """Give a fresh home of Quarterdeck, with the chart library cached or not, and take it away again."""
        with TemporaryDirectory(prefix="quarterdeck-bench-") as folder:
            if charts:
                shutil.copytree(self._charts(), Path(folder) / "cache")
            yield Path(folder)

    def _charts(self) -> Path:
        warm = self.work / "charts" / self.engine
        if not (warm / "cache").is_dir():
            sample = borrowed(self, "sample", tiny(self.work / "tiny"), "refs/heads/main")
            assess(sample, warm, self.work / "out" / "sample", "html")
        return warm / "cache"

    def reading_home(self) -> Path:
        """Return a lasting home for questions of accuracy, one per state of the reader."""
        return self.work / "homes" / digest(SOURCE / "evidence")


def say(text: str) -> None:
    """Tell what is being done."""
    sys.stderr.write(f"bench: {text}\n")
    sys.stderr.flush()


def digest(folder: Path) -> str:
    """Return the digest of all source files below a folder."""
    whole = hashlib.blake2b(digest_size=6)
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            whole.update(file.relative_to(folder).as_posix().encode() + file.read_bytes())
    return whole.hexdigest()


def git(folder: Path, *args: str) -> str:
    """Return what git prints about a repository that the bench chose."""
    quiet = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", str(folder), *args],
        capture_output=True,
        text=True,
        env=quiet,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise Absent(f"git {args[0]} failed: {done.stderr.strip()[:120].replace(str(folder), '')}")
    return done.stdout.strip()


@dataclass(frozen=True)
class Borrowed:
    """A bare repository of ours whose refs we choose and whose objects are another's."""

    folder: Path
    lender: Path

    def point(self, commit: str, tags: Mapping[str, str] | None = None) -> "Borrowed":
        """Let its only branch name a commit, beside the given tags."""
        (self.folder / "refs" / "heads" / "main").write_text(f"{commit}\n")
        rows = [f"{target} {name}\n" for name, target in sorted((tags or {}).items())]
        (self.folder / "packed-refs").write_text("".join(["# pack-refs with: peeled fully-peeled sorted \n", *rows]))
        return self


def borrowed(setting: Setting, name: str, lender: Path, revision: str) -> Borrowed:
    """Make a bare repository whose HEAD is a revision of another one."""
    folder = setting.work / "borrowed" / name.replace("/", "+")
    (folder / "refs" / "heads").mkdir(parents=True, exist_ok=True)
    (folder / "objects" / "info").mkdir(parents=True, exist_ok=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
    (folder / "objects" / "info" / "alternates").write_text(f"{lender.resolve() / 'objects'}\n")
    return Borrowed(folder, lender.resolve()).point(git(lender, "rev-parse", f"{revision}^{{commit}}"))


def tiny(folder: Path) -> Path:
    """Make a repository of one commit."""
    if not (folder / "HEAD").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "-q", "--bare", "-b", "main", ".")
        stream = (
            "commit refs/heads/main\ncommitter A Person <a@example.org> 1700000000 +0000\ndata 1\nx\nM 100644 inline a.py\ndata 2\nx\n\n"
        )
        subprocess.run(["git", "-C", str(folder), "fast-import", "--quiet"], input=stream.encode(), check=True)
    return folder


def command() -> str:
    """Return the installed command."""
    return str(Path(sys.executable).with_name("quarterdeck"))


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a run of ours with a home of its own."""
    return {**os.environ, "QUARTERDECK_HOME": str(home), "LC_ALL": "C.UTF-8", "COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": ""}


def assess(repository: Path | Borrowed, home: Path, out: Path, formats: str, *options: str) -> Cost:
    """Run the command on a repository and return what it cost."""
    place = repository.folder if isinstance(repository, Borrowed) else repository
    allowed = ("--allow-objects", str(repository.lender)) if isinstance(repository, Borrowed) else ()
    arguments = [command(), "assess", str(place), "--out", str(out), "--format", formats, *allowed, *options]
    cost = run(arguments, env=environment(home))
    if cost.status:
        raise Absent(f"assess ended with status {cost.status}: {last_words(cost.said)}")
    return cost


def last_words(said: str) -> str:
    """Return the last line of an error, shortened, without the folders in it."""
    last = next((line for line in reversed(said.splitlines()) if line.strip()), "")
    return " ".join(word for word in last.split() if "/" not in word)[:160]
