"""The command `refresh`: newer dates for the tables that ship with the product."""

from datetime import UTC, datetime

from rich.console import Console

from quarterdeck.domain.errors import InputError
from quarterdeck.evidence.tables import refresh
from quarterdeck.store.workspace import home

TABLES = ("end-of-life",)


def run(what: str, source: str) -> None:
    """Refresh a table and say what is new in it."""
    if what not in TABLES:
        raise InputError(f"{what}: no such table", f"Choose one of {', '.join(TABLES)}.")
    done = refresh.refresh(home() / "tables", source, today=datetime.now(UTC).date())
    for sentence in done.sentences:
        Console().print(sentence, markup=False, highlight=False, soft_wrap=True)
