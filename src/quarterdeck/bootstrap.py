"""The one place that picks adapters and wires a whole run."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_data_path

from quarterdeck.domain.company import Company
from quarterdeck.domain.errors import InputError
from quarterdeck.domain.progress import Progress, silent
from quarterdeck.domain.records import History
from quarterdeck.domain.report import Report
from quarterdeck.evidence import company_file, repository, tables
from quarterdeck.evidence.git.locate import Located, locate
from quarterdeck.evidence.git.read import Raw, read_repository
from quarterdeck.kit.history import assemble
from quarterdeck.store import runs
from quarterdeck.usecases.assess import assess


@dataclass(frozen=True)
class Request:
    """What the caller asked for."""

    paths: tuple[Path, ...]
    as_of: date
    company: Path | None = None
    since: date | None = None
    jobs: int = 2
    allowed: tuple[Path, ...] = ()
    compare: str = ""


def home() -> Path:
    """Return the folder that keeps what was read and found: QUARTERDECK_HOME, or the platform's data folder."""
    chosen = os.environ.get("QUARTERDECK_HOME")
    return Path(chosen) if chosen else user_data_path("quarterdeck", appauthor=False)


def engine() -> str:
    """Return the version of this software."""
    return version("quarterdeck")


def company_of(path: Path | None) -> Company:
    """Return the company that a file describes, or one that rests on shipped rates alone."""
    shipped = tables.rates()
    return company_file.read_company(path, shipped) if path else Company(rates=shipped)


def read_history(request: Request, company: Company, progress: Progress = silent) -> History:
    """Read every repository and put their histories together."""
    located = [locate(path, allowed=request.allowed) for path in request.paths]
    names = _names(located)

    def read(number: int) -> Raw:
        return read_repository(
            located[number], names[number], home() / "evidence", as_of=request.as_of, wanted=repository.wanted,
            progress=lambda stage, done, total: progress(f"{names[number]}: {stage}", done, total),
        )  # fmt: skip

    with ThreadPoolExecutor(max_workers=max(1, request.jobs)) as pool:
        raws = list(pool.map(read, range(len(located))))
    built = [repository.part_of(raw, number) for number, raw in enumerate(raws)]
    progress("people and renames", 0, 0)
    return assemble(
        [part for part, _ in built],
        company,
        as_of=request.as_of,
        digest=repository.digest_of(raws),
        software=[each for _, software in built for each in software],
        cycles=tables.cycles(),
        cycles_as_of=tables.cycles_as_of(),
        spellings=tables.spellings(),
        since=request.since,
    )


def _names(located: Sequence[Located]) -> list[str]:
    """Name repositories by their folders, and apart where two folders are named alike."""
    names = [_name(each.path) for each in located]
    if len({each.path for each in located}) < len(located):
        raise InputError("the same repository was named twice", "Name each repository once.")
    alike = {name for name in names if names.count(name) > 1}
    return [f"{each.path.parent.name}/{name}" if name in alike else name for each, name in zip(located, names, strict=True)]


def _name(path: Path) -> str:
    name = path.name.removesuffix(".git") or path.parent.name
    return path.parent.name if name in ("", "repo") else name


def run(request: Request, progress: Progress = silent) -> tuple[Report, History]:
    """Read, assess and compare; the run is remembered for the next comparison."""
    company = company_of(request.company)
    history = read_history(request, company, progress)
    folder = home() / "runs" / runs.folder_name(history)
    report = assess(
        history,
        company,
        as_of=request.as_of,
        engine=engine(),
        options={"since": request.since.isoformat() if request.since else "", "company": company.digest},
        previous=runs.previous(folder, request.compare),
        progress=progress,
    )
    runs.remember(folder, report, company.digest)
    return report, history
