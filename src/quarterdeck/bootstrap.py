"""The one place that picks adapters and wires a whole run."""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.contents import Component
from quarterdeck.domain.errors import InputError, QuarterdeckError
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.domain.progress import Progress, silent
from quarterdeck.domain.records import History
from quarterdeck.domain.report import Report
from quarterdeck.domain.text import clean
from quarterdeck.evidence import company_file, inventory, repository, sbom, tables
from quarterdeck.evidence.deep import Deep, Depth, read_deep
from quarterdeck.evidence.git import line_counts as counts
from quarterdeck.evidence.git.blame import Extent
from quarterdeck.evidence.git.locate import Located, locate
from quarterdeck.evidence.git.read import Raw, day, read_repository
from quarterdeck.evidence.git.shadow import cache_name
from quarterdeck.evidence.inventory import products
from quarterdeck.evidence.secrets import masked_component, masked_problem
from quarterdeck.kit.history import assemble
from quarterdeck.store import keys, runs
from quarterdeck.store.workspace import home
from quarterdeck.usecases.assess import assess

NO_REPOSITORY = "Name at least one git repository: a folder with a .git folder in it, or a bare clone (git clone --mirror)."


@dataclass(frozen=True)
class Request:
    """What the caller asked for; `names` are what the repositories are called, in the order of the paths, or else their folders."""

    paths: tuple[Path, ...]
    as_of: date
    company: Path | None = None
    since: date | None = None
    jobs: int = 1
    allowed: tuple[Path, ...] = ()
    compare: str = ""
    blame: Extent = "auto"
    quick: bool = False
    sboms: tuple[Path, ...] = ()
    names: tuple[str, ...] = ()


def engine() -> str:
    """Return the version of this software."""
    return version("quarterdeck")


def company_of(path: Path | None) -> Company:
    """Return the company that a file describes, or one that rests on shipped rates alone."""
    shipped = tables.rates()
    return company_file.read_company(path, shipped) if path else Company(rates=shipped)


def read_history(request: Request, company: Company, progress: Progress = silent) -> History:
    """Read every repository and put their histories together; one that cannot be read costs only itself."""
    if len({os.path.realpath(path) for path in request.paths}) < len(request.paths):
        raise InputError("the same repository was named twice", "Name each repository once.")
    located, names, unread = _located(request)
    if request.jobs > 1 and len(located) > 1:
        _warm(request, located, names, progress)
    read = _read_all(request, located, names, progress, unread)
    raws = [raw for raw, _ in read]
    progress("people and renames", 0, 0)
    _check_days(request, raws)
    depth = _depth(request)
    parts = [repository.part_of(raw, deep, depth, number) for number, (raw, deep) in enumerate(read)]
    bills = [_bill(path, len(parts) + number, request.as_of, unread) for number, path in enumerate(request.sboms)]
    brought = [each for _, found in bills for each in found]
    history = assemble(
        parts,
        company,
        as_of=request.as_of,
        digest=repository.digest_of(raws, _brought(request)),
        software=products.software([*(each for part in parts for each in part.contents.components), *brought], home() / "tables"),
        cycles=tables.cycles(home() / "tables"),
        cycles_as_of=tables.cycles_as_of(home() / "tables"),
        spellings=tables.spellings(),
        since=request.since,
        bills=bills,
    )
    return replace(history, unread=(*unread, *tables.notes(home() / "tables")))


def _brought(request: Request) -> list[bytes]:
    """Return what a report rests on beside the repositories: inventories brought along, and a refreshed table."""
    taken = tables.cycles_as_of(home() / "tables")
    newer = [str(taken).encode()] if taken != tables.cycles_as_of() else []
    return [*(path.read_bytes() for path in request.sboms if path.is_file()), *newer]


def _bill(path: Path, number: int, as_of: date, unread: list[Problem]) -> tuple[str, list[Component]]:
    """Read a software inventory that somebody else made; what cannot be read of it is told beside the rest."""
    if not path.is_file():
        raise InputError(f"--sbom {path.name}: there is no such file", f"Name a file in one of these formats: {sbom.FORMATS}.")
    if path.stat().st_size > sbom.MOST_BYTES:
        raise InputError(f"--sbom {path.name}: is larger than {sbom.MOST_BYTES // 1_000_000} MB", "Split it by application.")
    name, content = clean(path.name), path.read_bytes()
    components, problems = sbom.read(name, content)
    age = sbom.age_note(name, content, as_of)
    unread += [*map(masked_problem, problems), *((age,) if age else ())]
    return name, [masked_component(replace(each, repository=number)) for each in components]


def _check_days(request: Request, raws: Sequence[Raw]) -> None:
    """Refuse a day of report before all history, and a window that begins after it."""
    first = min(day(int(raw.commits["committer_time"].sort()[0])) for raw in raws)
    if request.as_of < first:
        raise InputError(f"--as-of {request.as_of}: lies before the first commit", f"The history begins on {first}.")
    if request.since and request.since > request.as_of:
        raise InputError(f"--since {request.since}: lies after the day of the report", f"Choose a day before {request.as_of}.")


def _located(request: Request) -> tuple[list[Located], list[str], list[Problem]]:
    """Find the repositories and what they are called; one that is not there is a problem beside the others."""
    located: list[Located] = []
    names: list[str] = []
    unread: list[Problem] = []
    for path, name in zip(request.paths, _given(request), strict=True):
        try:
            located.append(locate(path, allowed=request.allowed))
            names.append(name)
        except InputError as error:
            told = InputError(error.message.replace(path.name, name), error.hint) if name else error
            if len(request.paths) == 1:
                raise told from error
            problem = f"not read: {told.message}; audit it alone to see what to do"
            unread.append(Problem(Citation(name or clean(path.name), "repository"), problem))
    return located, names if request.names else _names(located), unread


def _given(request: Request) -> list[str]:
    """Return the names that were given, one for each repository and no two alike; without any, blanks."""
    if not request.names:
        return [""] * len(request.paths)
    names = [clean(name).strip() for name in request.names]
    if len(names) != len(request.paths) or "" in names or len(set(names)) < len(names):
        raise InputError("each repository needs a name of its own", "Give as many names as repositories, no two alike.")
    return names


def _read_all(
    request: Request, located: Sequence[Located], names: Sequence[str], progress: Progress, unread: list[Problem]
) -> list[tuple[Raw, Deep]]:
    raws: list[tuple[Raw, Deep]] = []
    for each, name in zip(located, names, strict=True):
        try:
            raws.append(_read_deep(request, each, name, progress))
        except QuarterdeckError as error:
            unread.append(Problem(Citation(name, "repository"), f"not read: {error.message}; audit it alone to see what to do"))
            if len(request.paths) == 1:
                raise
    if not raws:
        why = "; ".join(problem.message for problem in unread[:3])
        raise InputError("none of the repositories can be read", why or NO_REPOSITORY)
    return raws


def read_one(request: Request, located: Located, name: str, progress: Progress = silent) -> Raw:
    """Read one repository: its history, refs, tree and the few texts that rooms ask for."""
    return read_repository(
        located,
        name,
        home() / "evidence",
        as_of=request.as_of,
        wanted=repository.wanted,
        manifest=inventory.wanted,
        progress=lambda stage, done, total: progress(f"{name}: {stage}", done, total),
    )


def _depth(request: Request) -> Depth:
    return Depth(home(), keys.private_key(home()), request.blame, request.quick)


def _read_deep(request: Request, located: Located, name: str, progress: Progress) -> tuple[Raw, Deep]:
    """Read a repository, and then look into its files as deep as asked for."""
    raw = read_one(request, located, name, progress)
    return raw, read_deep(raw, _depth(request), lambda stage, done, total: progress(f"{name}: {stage}", done, total))


def _warm(request: Request, located: Sequence[Located], names: Sequence[str], progress: Progress) -> None:
    """Read repositories in several processes, each of which only fills the store; errors come up again afterwards."""
    with ProcessPoolExecutor(min(request.jobs, len(located)), mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(_fill, request, each, name) for each, name in zip(located, names, strict=True)]
        try:
            for done, _ in enumerate(as_completed(waiting), 1):
                progress("repositories", done, len(waiting))
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _fill(request: Request, located: Located, name: str) -> None:
    with suppress(QuarterdeckError):
        _read_deep(request, located, name, silent)


def line_counts(request: Request) -> pl.DataFrame:
    """Count added and deleted lines of every change that HEAD reaches: (repository, commit, path, added, deleted)."""
    located, names, _ = _located(request)
    frames = []
    for each, name in zip(located, names, strict=True):
        raw = read_one(request, each, name, silent)
        commits = raw.commits.filter(pl.col("at_head") & ~pl.col("parents").str.contains(" ", literal=True))["commit"]
        cache = home() / "evidence" / "lines" / cache_name(each)
        counted = counts.line_counts(raw.shadow, list(commits), cache)
        frames.append(counted.select(pl.lit(name).alias("repository"), pl.all()))
    return pl.concat(frames)


def _names(located: Sequence[Located]) -> list[str]:
    """Name repositories by their folders, and apart where two folders are named alike."""
    names = [_name(each.path) for each in located]
    alike = {name for name in names if names.count(name) > 1}
    return [f"{clean(each.path.parent.name)}/{name}" if name in alike else name for each, name in zip(located, names, strict=True)]


def _name(path: Path) -> str:
    name = clean(path.name).removesuffix(".git") or path.parent.name
    return clean(path.parent.name) if name in ("", "repo") else name


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
        options={
            "since": request.since.isoformat() if request.since else "",
            "company": company.digest,
            "depth": "quick" if request.quick else f"blame {request.blame}",
            "sbom": "\n".join(history.bills),
        },
        previous=runs.previous(folder, request.compare, request.as_of),
        progress=progress,
    )
    runs.remember(folder, report, company.digest)
    return report, history
