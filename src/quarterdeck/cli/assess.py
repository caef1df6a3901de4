"""The command `assess`: read, assess, write the folder, print page one."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from quarterdeck import bootstrap
from quarterdeck.deliver import draft, folder, html, markdown, pdf, terminal
from quarterdeck.deliver.exchange import cyclonedx, data, rows, sarif, spdx
from quarterdeck.deliver.naming import Names
from quarterdeck.domain.errors import InputError
from quarterdeck.domain.records import History
from quarterdeck.domain.report import Report
from quarterdeck.domain.text import clean
from quarterdeck.evidence.git.blame import Extent
from quarterdeck.evidence.git.locate import locate
from quarterdeck.evidence.git.shadow import place_name, shadow_of
from quarterdeck.store.workspace import home

Choice = TypeVar("Choice", bound=str)
FORMATS = ("html", "pdf", "json", "md", "sarif", "cdx", "spdx")
NAMES: tuple[Names, ...] = ("full", "roles", "hidden")
PAPERS = ("a4", "us-letter")
BLAMES: tuple[Extent, ...] = ("auto", "full", "sample", "none")


@dataclass(frozen=True)
class Wish:
    """The options as the command line gave them."""

    paths: tuple[Path, ...]
    company: Path | None
    out: Path
    since: str
    as_of: str
    names: str
    formats: str
    jobs: int
    compare: str
    paper: str
    allowed: tuple[Path, ...]
    sboms: tuple[Path, ...]
    blame: str
    quick: bool


def run(wish: Wish) -> None:
    """Do what the command line asked for."""
    names, formats = _checked(wish)
    request = bootstrap.Request(
        wish.paths,
        day_of(wish.as_of, "--as-of") or datetime.now(UTC).date(),
        wish.company,
        day_of(wish.since, "--since"),
        wish.jobs,
        wish.allowed,
        wish.compare,
        _chosen("--blame", wish.blame, BLAMES),
        wish.quick,
        wish.sboms,
    )
    folder.check_writable(wish.out)
    console = Console(stderr=True)
    with _bars(console) as progress:
        report, history = bootstrap.run(request, _progress(progress))
        step = progress.add_task("writing the report", total=None, count="")
        written = folder.write(wish.out, _files(report, history, request, names, formats, wish.paper))
        if names == "hidden":
            folder.forget(wish.out, ["proposed.mailmap"])
        progress.remove_task(step)
    terminal.show(report, names, Console())
    _farewell(written, wish.out)


def _checked(wish: Wish) -> tuple[Names, list[str]]:
    """Return how people are named and what is written, or say which choice is not known."""
    names = _chosen("--names", wish.names, NAMES)
    _chosen("--paper", wish.paper, PAPERS)
    formats = [each.strip() for each in wish.formats.split(",") if each.strip()]
    if not formats or set(formats) - set(FORMATS):
        raise InputError(f"--format {wish.formats}: not known", f"Choose some of {','.join(FORMATS)}.")
    return names, formats


def _chosen(option: str, wish: str, choices: Sequence[Choice]) -> Choice:
    """Return the choice that an option names, or say which there are."""
    found = next((each for each in choices if each == wish), None)
    if found is None:
        raise InputError(f"{option} {wish}: not known", f"Choose one of {', '.join(choices)}.")
    return found


def day_of(text: str, option: str) -> date | None:
    """Return the day that an option names."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{option} {text}: not a day", "Write it as YYYY-MM-DD.") from error


def _files(
    report: Report, history: History, request: bootstrap.Request, names: Names, formats: list[str], paper: str
) -> dict[str, str | bytes]:
    """Render what was asked for."""
    company = bootstrap.company_of(request.company)
    made: dict[str, str | bytes] = {}
    if "html" in formats:
        made["index.html"] = html.render(report, names, home() / "cache")
    if "pdf" in formats and (printed := _printed(report, names, paper)):
        made["report.pdf"] = printed
    if "json" in formats:
        made["findings.json"] = data.render(report, names)
    if "md" in formats:
        made["summary.md"] = markdown.render(report, names)
    if "sarif" in formats:
        made["findings.sarif"] = sarif.render(report, names)
    made |= _bills(report, history, names, formats)
    made |= {f"evidence/{name}": text for name, text in rows.render(report, names).items()}
    made["company.draft.toml"] = draft.render(history, company, names)
    if names != "hidden":
        made["proposed.mailmap"] = draft.proposed_mailmap(history)
    return made


def _bills(report: Report, history: History, names: Names, formats: list[str]) -> dict[str, str | bytes]:
    """Render the software inventory in the formats asked for."""
    ways = {"cdx": ("sbom.cdx.json", cyclonedx.render), "spdx": ("sbom.spdx.json", spdx.render)}
    return {name: render(report, history.contents.components, names) for way, (name, render) in ways.items() if way in formats}


def _printed(report: Report, names: Names, paper: str) -> bytes | None:
    """Return the PDF, or say that it could not be made: one format must not cost the others."""
    try:
        return pdf.render(report, names, paper)
    except Exception as error:
        Console(stderr=True).print(f"report.pdf could not be made ({str(error)[:200]}); the other files are not affected.", markup=False)
        return None


def _bars(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[count]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty())


def _progress(progress: Progress) -> Callable[[str, int, int], None]:
    """Show one bar per stage, with what is read and how long is left."""
    tasks: dict[str, TaskID] = {}

    def show(stage: str, done: int, total: int) -> None:
        for other, task in tasks.items():
            if other != stage and ":" not in stage:
                progress.update(task, visible=False)
        if stage not in tasks:
            tasks[stage] = progress.add_task(stage, total=None, count="")
        count = f"{done:,} of about {max(total, done):,}" if total else f"{done:,}" if done else ""
        progress.update(tasks[stage], completed=done, total=max(total, done) or None, count=count)

    return show


def _farewell(written: list[Path], out: Path) -> None:
    """Say where the report is."""
    console = Console()
    console.print()
    main = next((path for path in written if path.name == "index.html"), written[0])
    console.print(f"Report: {clean(str(main.absolute()))}", markup=False, highlight=False, soft_wrap=True)
    others = ", ".join(path.name for path in written if path.parent == out and path != main)
    console.print(f"Beside it: {others}, and the rows behind the figures in evidence/", markup=False, highlight=False, soft_wrap=True)


def print_shadow(path: Path, allowed: tuple[Path, ...]) -> None:
    """Print the folder of the shadow of a repository, making it if needed."""
    located = locate(path, allowed=allowed)
    shadow = shadow_of(located, home() / "evidence" / "shadows" / place_name(located.path))
    sys.stdout.write(f"{shadow.folder}\n")
