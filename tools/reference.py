"""Write the generated pages of the reference from the code itself: commands, rooms, rates, end-of-life table.

Usage: reference.py [--check] [FOLDER].  With --check nothing is written, and the exit status is 1 when a page is stale.
The same code gives the same bytes.
"""

from __future__ import annotations

import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import typer

from quarterdeck.cli.main import app
from quarterdeck.domain.documents import About
from quarterdeck.domain.findings import Check
from quarterdeck.evidence import tables
from quarterdeck.practices import catalogue

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
NOTE = "<!-- Made by tools/reference.py: change the code, then run `make docs`. -->"


@dataclass(frozen=True)
class Room:
    """A room as the reference shows it: its card and its checks."""

    about: About
    checks: tuple[Check, ...]


def rooms() -> list[Room]:
    """Return the rooms of the catalogue in its order."""
    return [Room(import_module(path).ABOUT, checks_of(path)) for path in catalogue.ROOMS]


def checks_of(path: str) -> tuple[Check, ...]:
    """Return the checks that stand as constants in a room's assessment."""
    constants = vars(import_module(f"{path}.assessment")).values()
    return tuple(each for each in constants if isinstance(each, Check))


def page(title: str, opening: str, lines: Iterable[str]) -> str:
    """Return a page with its title, the note that it is generated, and its text."""
    return "\n".join((f"# {title}", "", NOTE, "", opening, "", *lines)).rstrip() + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a Markdown table followed by an empty line."""
    lines = [row(heads), row("---" for _ in heads), *(row(cells) for cells in rows)]
    return [*lines, ""]


def row(cells: Iterable[str]) -> str:
    """Return one row of a Markdown table."""
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def commands() -> dict[str, Any]:
    """Return the commands of the command line by name."""
    group: Any = typer.main.get_command(app)
    return dict(sorted(group.commands.items()))


def cli() -> str:
    """Return the page of commands and options."""
    opening = "`quarterdeck COMMAND --help` prints the same. The exit status is 0 when the command did its work, 2 for a mistake in the input, 130 after Ctrl-C."
    return page("Commands and options", opening, (line for name, command in commands().items() for line in command_lines(name, command)))


def command_lines(name: str, command: Any) -> list[str]:
    """Return the section of one command."""
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    usage = " ".join(("quarterdeck", name, *map(placeholder, arguments), "[OPTIONS]"))
    given = [(f"`{placeholder(each)}`", each.help or "") for each in arguments]
    chosen = [(f"`{', '.join(each.opts)}`", each.help or "", default_of(each)) for each in options]
    head = [f"## quarterdeck {name}", "", str(command.help), "", "```text", usage, "```", ""]
    return [*head, *table(("Argument", "Meaning"), given), *table(("Option", "Meaning", "Unless given"), chosen)]


def placeholder(argument: Any) -> str:
    """Return how a usage line shows an argument."""
    return str(argument.metavar or argument.name.upper())


def default_of(option: Any) -> str:
    """Return the default of an option, and that it may be given again where it may."""
    again = "none; may be given several times" if option.multiple else ""
    return again or (f"`{option.default}`" if option.default not in (None, "") else "")


def rooms_page() -> str:
    """Return the page of rooms with their questions and checks."""
    opening = "A room answers one question of the business. Each has a page on its method."
    return page("Rooms and checks", opening, (line for room in rooms() for line in room_lines(room)))


def room_lines(room: Room) -> list[str]:
    """Return the section of one room."""
    about = room.about
    method = f"../methods/{about.id.rpartition('/')[2]}.md"
    checks = [(f"`{each.id}`", each.question, str(each.version)) for each in room.checks]
    text = [f"## {about.id}", "", f"**{about.title}.** {about.question}", "", about.why, "", f"Method: [{about.title}]({method}).", ""]
    sources = ["Sources:", "", *(f"- {source}" for source in about.sources), ""]
    return [*text, *table(("Check", "Question", "Version"), checks), *sources]


def rates_page() -> str:
    """Return the page of shipped rates."""
    opening = (
        "Shipped rates, used until your [company file](../company-file.md) replaces them. Low, mid and high are the ends and the mode of a "
        "PERT distribution. Grade A is a public statistic, B a published survey, C practitioners' figures or a default of this product."
    )
    heads = ("Key", "Low", "Mid", "High", "Unit", "Currency", "Years", "Grade", "Source")
    rows = (
        (f"`{r.key}`", f"{r.low:,g}", f"{r.mid:,g}", f"{r.high:,g}", r.unit, r.currency, r.year, r.grade, r.source)
        for r in tables.rates().values()
    )
    return page("Rates", opening, table(heads, rows))


def end_of_life_page() -> str:
    """Return the page of products in the end-of-life table."""
    cycles = Counter(cycle.product for cycle in tables.cycles())
    text = files("quarterdeck.evidence.tables").joinpath("end_of_life.toml").read_text("utf-8")
    about = tomllib.loads(text)
    opening = (
        f"Table of {about['snapshot']}: {sum(cycles.values()):,} release cycles of {len(cycles)} products, from [{about['source']}]({about['url']}) "
        f"at `{about['commit'][:12]}` (licence {about['licence']}, {about['copyright']}). How it is used: [dependency health](../methods/dependency_health.md)."
    )
    return page("End-of-life table", opening, table(("Product", "Cycles"), ((name, str(count)) for name, count in sorted(cycles.items()))))


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli,
    "rooms.md": rooms_page,
    "rates.md": rates_page,
    "end-of-life.md": end_of_life_page,
}


def stale(folder: Path) -> list[str]:
    """Return the names of the pages that do not say what the code says."""
    return [name for name, make in PAGES.items() if not (folder / name).is_file() or (folder / name).read_text("utf-8") != make()]


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or tell which are stale."""
    folder = next((Path(each) for each in arguments if not each.startswith("-")), FOLDER)
    if "--check" in arguments:
        old = stale(folder)
        print(*(f"{name} is stale: run `make docs`" for name in old), sep="\n", end="\n" if old else "")
        return int(bool(old))
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in PAGES.items():
        (folder / name).write_text(make(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
