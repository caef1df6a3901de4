"""The command `quarterdeck`: parse, call, print. Heavy parts are imported by the command that needs them."""

import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="quarterdeck",
    help="The work of a fractional CTO, from a company's own evidence. Nothing leaves this machine.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _commands() -> None:
    """The work of a fractional CTO, from a company's own evidence. Nothing leaves this machine."""


@app.command("assess")
def assess_command(
    paths: Annotated[list[Path], typer.Argument(help="Git repositories: work trees or bare ones.", metavar="PATH...", show_default=False)],
    company: Annotated[Path | None, typer.Option(help="Company file (TOML): people, rates, what matters.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("quarterdeck-report"),
    since: Annotated[str, typer.Option(help="First day of figures about recent activity (YYYY-MM-DD).")] = "",
    as_of: Annotated[str, typer.Option(help="Day of the report (YYYY-MM-DD); today unless given.")] = "",
    names: Annotated[str, typer.Option(help="How people are named: full, roles (names on the continuity page only) or hidden.")] = "roles",
    formats: Annotated[
        str, typer.Option("--format", help="Files to write: html,pdf,json,md,sarif,cdx,spdx.")
    ] = "html,pdf,json,md,sarif,cdx,spdx",
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Repositories read at the same time.")] = 2,
    compare: Annotated[str, typer.Option(help="findings.json to compare with, or `none`; the last run unless given.")] = "",
    paper: Annotated[str, typer.Option(help="Paper of the PDF: a4 or us-letter.")] = "a4",
    allow_objects: Annotated[list[Path] | None, typer.Option(help="Folder outside a repository whose git objects may be read.")] = None,
    sbom: Annotated[list[Path] | None, typer.Option(help="Software inventory to add: CycloneDX or SPDX.")] = None,
    blame: Annotated[
        str, typer.Option(help="Who wrote the lines: auto (a sample where all would take over 3 minutes), full, sample or none.")
    ] = "auto",
    quick: Annotated[bool, typer.Option("--quick", help="History and manifests only: look into no other file.")] = False,  # noqa: FBT002 - typer's way
) -> None:
    """Audit one or several repositories and write a report."""
    from quarterdeck.cli.assess import Wish, run  # noqa: PLC0415 - `--help` stays fast

    wish = Wish(
        tuple(paths),
        company,
        out,
        since,
        as_of,
        names,
        formats,
        jobs,
        compare,
        paper,
        tuple(allow_objects or ()),
        tuple(sbom or ()),
        blame,
        quick,
    )
    _guarded(lambda: run(wish))


@app.command("refresh")
def refresh_command(
    what: Annotated[str, typer.Argument(help="What to refresh: end-of-life.", metavar="TABLE")],
    source: Annotated[str, typer.Option("--from", help="Saved copy or address of the endoflife.date API answer.")] = "",
) -> None:
    """Fetch the dates on which support ends, where there is network; reports use them from then on."""
    from quarterdeck.cli.refresh import run  # noqa: PLC0415 - `--help` stays fast

    _guarded(lambda: run(what, source))


@app.command("serve")
def serve_command(
    host: Annotated[str, typer.Option(help="Address to listen on; a proxy in front of it speaks TLS.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8400,
    worker: Annotated[
        bool | None,
        typer.Option("--worker/--no-worker", help="Run background jobs here too; the default with SQLite, not with DATABASE_URL."),
    ] = None,
) -> None:
    """Open the workbench in the browser: clients, runs, findings, actions, decisions."""
    from quarterdeck.cli.workbench import serve  # noqa: PLC0415 - `--help` stays fast

    _guarded(lambda: serve(host, port, worker=worker))


@app.command("worker")
def worker_command() -> None:
    """Run background jobs for a workbench on PostgreSQL (DATABASE_URL)."""
    from quarterdeck.cli.workbench import work  # noqa: PLC0415 - `--help` stays fast

    _guarded(work)


@app.command("demo")
def demo_command(
    folder: Annotated[Path | None, typer.Option(help="Folder for the companies and their workbench.", show_default=False)] = None,
    seed: Annotated[list[int] | None, typer.Option(help="Seed of the companies; several with --score.", show_default=False)] = None,
    size: Annotated[int, typer.Option(min=5, max=60, help="People in each company.")] = 14,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8400,
    browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the browser.")] = True,  # noqa: FBT002 - typer's way
    score: Annotated[bool, typer.Option("--score", help="Print how well planted problems are found, on fresh companies, instead.")] = False,  # noqa: FBT002
    noise: Annotated[str, typer.Option(help="With --score, how messy the companies are: low, mid or high.")] = "high",
    output: Annotated[Path | None, typer.Option(help="With --score, a file for the figures as JSON.", show_default=False)] = None,
) -> None:
    """Open a workbench filled with invented companies, or score the rooms on such companies."""
    from quarterdeck.cli import workbench  # noqa: PLC0415 - `--help` stays fast

    if score:
        _guarded(lambda: workbench.score(seed or [], noise, output))
    else:
        _guarded(lambda: workbench.demo(folder, seed=(seed or [1])[0], size=size, host=host, port=port, opens=browser))


@app.command("backup")
def backup_command(
    target: Annotated[Path, typer.Argument(help="The zip to write.", metavar="FILE")],
) -> None:
    """Write the whole workspace into one zip; the workbench may be in use meanwhile."""
    from quarterdeck.cli.workbench import backup  # noqa: PLC0415 - `--help` stays fast

    _guarded(lambda: backup(target))


@app.command("restore")
def restore_command(
    source: Annotated[Path, typer.Argument(help="The zip that `quarterdeck backup` wrote.", metavar="FILE")],
) -> None:
    """Fill an empty workspace from a backup."""
    from quarterdeck.cli.workbench import restore  # noqa: PLC0415 - `--help` stays fast

    _guarded(lambda: restore(source))


@app.command("shadow")
def shadow_command(
    path: Annotated[Path, typer.Argument(help="A git repository.")],
    allow_objects: Annotated[list[Path] | None, typer.Option(help="Folder outside it whose git objects may be read.")] = None,
) -> None:
    """Print the git folder through which reports read a repository, to repeat a figure by hand."""
    from quarterdeck.cli.assess import print_shadow  # noqa: PLC0415 - `--help` stays fast

    _guarded(lambda: print_shadow(path, tuple(allow_objects or ())))


def _guarded(work: Callable[[], None]) -> None:
    """Turn errors that we know into a sentence and an exit status."""
    from quarterdeck.domain.errors import QuarterdeckError  # noqa: PLC0415 - `--help` stays fast

    try:
        work()
    except QuarterdeckError as error:
        typer.echo(f"quarterdeck: {_plain(error.message)}", err=True)
        if error.hint:
            typer.echo(f"  {_plain(error.hint)}", err=True)
        raise typer.Exit(2) from None
    except OSError as error:
        typer.echo(f"quarterdeck: {error.strerror or error}: {_plain(str(error.filename or ''))}", err=True)
        typer.echo("  Check the space and the permissions of that place, or name another with QUARTERDECK_HOME.", err=True)
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        typer.echo("\nquarterdeck: stopped. What was read is kept; the same command goes on from there.", err=True)
        raise typer.Exit(130) from None


def _plain(text: str) -> str:
    from quarterdeck.domain.text import clean  # noqa: PLC0415 - `--help` stays fast

    return clean(text)


def main() -> None:
    """Run the command line; a terminal that lacks a character gets a mark in its place."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(app())
