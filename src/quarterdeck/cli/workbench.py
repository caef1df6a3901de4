"""The commands around the workbench: serve it, work for it, fill it, keep it."""

import os
import shutil
import webbrowser
from datetime import UTC, datetime
from pathlib import Path

import typer

from quarterdeck.domain.errors import InputError
from quarterdeck.store.workspace import home

AT_ONCE = 2  # companies that are scored at the same time


def serve(host: str, port: int, *, worker: bool | None) -> None:
    """Serve until told to stop, and say where."""
    from quarterdeck.web import serving  # noqa: PLC0415 - no analysis command loads the web

    serving.serve(host, port, worker=worker, ready=_ready)


def _ready(address: str) -> None:
    if "/setup/" in address:
        typer.echo("Nobody can sign in yet. Open this link once to make the first account:")
    else:
        typer.echo("The workbench is open at")
    typer.echo(f"  {address}")
    typer.echo("Stop it with Ctrl-C; nothing is lost.")


def work() -> None:
    """Run a worker until told to stop."""
    if not os.environ.get("DATABASE_URL"):
        raise InputError(
            "a worker of its own needs a book on PostgreSQL", "Set DATABASE_URL; with SQLite, `quarterdeck serve` brings its own worker."
        )
    from quarterdeck.web import serving  # noqa: PLC0415

    serving.work()


def backup(target: Path) -> None:
    """Write the whole workspace into one zip."""
    _open_book()
    from django.conf import settings  # noqa: PLC0415 - no analysis command loads Django

    from quarterdeck.web.moving import workspaces  # noqa: PLC0415

    count = workspaces.backup(settings.WORKSPACE, target)
    typer.echo(f"{count:,} records and all files are in {target}. It holds secrets: keep it as safe as the workbench.")


def restore(source: Path) -> None:
    """Fill an empty workspace from a backup."""
    _open_book(prepare=True)
    from django.conf import settings  # noqa: PLC0415

    from quarterdeck.web.moving import workspaces  # noqa: PLC0415

    with settings.WORKSPACE.locked():
        count = workspaces.restore(settings.WORKSPACE, _existing(source))
    typer.echo(f"{count:,} records are back. Start the workbench with `quarterdeck serve`.")


def _existing(source: Path) -> Path:
    if not source.is_file():
        raise InputError(f"{source.name}: there is no such file", "Name the zip that `quarterdeck backup` wrote.")
    return source


def _open_book(*, prepare: bool = False) -> None:
    """Load the book in this process; with `prepare` its tables are made first."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quarterdeck.web.settings")
    if prepare:
        from quarterdeck.web import serving  # noqa: PLC0415

        serving.prepared()
    import django  # noqa: PLC0415

    django.setup()
    from django.db import connection  # noqa: PLC0415

    if "book_client" not in connection.introspection.table_names():
        raise InputError("there is no workbench here yet", "Start one with `quarterdeck serve`, or name its folder with QUARTERDECK_HOME.")


def demo(folder: Path | None, *, seed: int, size: int, host: str, port: int, opens: bool) -> None:
    """Make invented companies, fill a workbench of their own with them, and serve it."""
    place = (folder or home() / "demo").absolute()
    os.environ["QUARTERDECK_HOME"] = str(place / "workspace")
    os.environ["QUARTERDECK_ROOTS"] = str(place / "companies")
    os.environ.pop("DATABASE_URL", None)
    from quarterdeck.web import serving  # noqa: PLC0415

    serving.await_port(host, port)  # before minutes of work
    if not (place / "ready").is_file():
        _fill(place, seed, size)
    serving.serve(host, port, worker=True, ready=lambda address: _show(address, opens=opens))


def _fill(place: Path, seed: int, size: int) -> None:
    """Make the companies and the book; one that was broken off is made anew."""
    from quarterdeck.demo.command import generate_all  # noqa: PLC0415

    if place.exists() and any(place.iterdir()) and not (place / "companies").is_dir():
        raise InputError(f"{place.name}: holds something else", "Name an empty folder with --folder.")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    typer.echo("Making five invented companies with two years of history (about a minute)...")
    today = datetime.now(UTC).date()
    made = generate_all(place / "companies", seed, size, end_date=today)
    _open_book(prepare=True)
    from quarterdeck.web.moving import demo as filling  # noqa: PLC0415

    filling.fill(made, today, typer.echo)
    (place / "ready").touch()


def _show(address: str, *, opens: bool) -> None:
    from quarterdeck.web.moving.names import PASSWORD, PRACTITIONER  # noqa: PLC0415

    typer.echo(f"The workbench is open at {address}")
    typer.echo(f"  Sign in as {PRACTITIONER} with the password: {PASSWORD}")
    typer.echo("  Or as owner, executive, contributor or auditor @demo.example, with the same password.")
    typer.echo("Stop it with Ctrl-C; `quarterdeck demo` opens it again as you left it.")
    if opens:
        webbrowser.open(address)


def score(seeds: list[int], noise: str, output: Path | None) -> None:
    """Score the rooms on invented companies whose truths are known."""
    from quarterdeck.demo import command  # noqa: PLC0415

    chosen = tuple(seeds) or command.FRESH_SEEDS

    def say(line: str) -> None:
        typer.echo(line, err=True)

    typer.echo(command.run_score(chosen, noise=(noise,), output=output, processes=AT_ONCE, say=say))
