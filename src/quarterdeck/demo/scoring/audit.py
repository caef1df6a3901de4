"""Look at an invented company the way the product looks at a client: without its truth, and with a home of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from quarterdeck.bootstrap import Request, run
from quarterdeck.demo.generator import Made
from quarterdeck.domain.records import History
from quarterdeck.domain.report import Report

HOME = "QUARTERDECK_HOME"


def request_of(made: Made, *, jobs: int = 1) -> Request:
    """Return what a reader would ask for of a company: all its repositories, with the company file."""
    return Request(made.repositories, made.today, company=made.company_file, jobs=jobs)


def audit(made: Made, home: Path, *, request: Request | None = None) -> tuple[Report, History]:
    """Return the report on a company; what is read is kept in the home given, not in the reader's own."""
    with at_home(home):
        return run(request or request_of(made))


@contextmanager
def at_home(home: Path) -> Iterator[None]:
    """Let the product keep its files in another folder for a while."""
    before = os.environ.get(HOME)
    os.environ[HOME] = str(home)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(HOME, None)
        else:
            os.environ[HOME] = before


def without_contents(made: Made) -> Request:
    """Ask without a look into the files."""
    return replace(request_of(made), quick=True)


def without_history(made: Made, folder: Path) -> Request:
    """Ask of clones that are cut off after the last commit."""
    return replace(request_of(made), paths=tuple(_shallow(path, folder / path.name) for path in made.repositories))


def without_roster(made: Made, folder: Path) -> Request:
    """Ask with a company file that says nothing of people."""
    text = made.company_file.read_text("utf-8")
    kept = [part for part in text.split("\n\n") if not part.startswith("[[roster]]")]
    target = folder / "company.toml"
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text("\n\n".join(kept), "utf-8")
    return replace(request_of(made), company=target)


def without_repository(made: Made, name: str, folder: Path) -> Request:
    """Ask of all repositories, one of which cannot be read."""
    broken = folder / f"{name}.git"
    shutil.rmtree(broken, ignore_errors=True)
    broken.mkdir(parents=True)
    paths = tuple(broken if path.name == broken.name else path for path in made.repositories)
    return replace(request_of(made), paths=paths)


def _shallow(path: Path, target: Path) -> Path:
    """Clone the last commit alone; where the branch ends in a merge, its parents are cut off."""
    shutil.rmtree(target, ignore_errors=True)
    words = ["git", "clone", "-q", "--bare", "--depth", "1", "--single-branch", path.absolute().as_uri(), str(target)]
    subprocess.run(words, check=True, capture_output=True)  # noqa: S603
    return target
