"""Shipped tables: dated facts with their source, read from files beside this module."""

import csv
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files

from quarterdeck.domain.company import Rate
from quarterdeck.domain.records import Cycle


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files(__name__).joinpath(name).read_text("utf-8")
    return csv.DictReader(text.splitlines())


def rates() -> dict[str, Rate]:
    """Return the shipped rates by key."""
    return {
        row["key"]: Rate(
            row["key"], float(row["low"]), float(row["mid"]), float(row["high"]),
            row["unit"], row["currency"], row["year"], row["grade"], row["source"],
        )
        for row in _rows("rates.csv")
    }  # fmt: skip


def cycles() -> tuple[Cycle, ...]:
    """Return the release cycles of the end-of-life table."""
    return tuple(
        Cycle(
            row["product"], row["cycle"], _day(row["release"]), _day(row["support_until"]), _day(row["security_until"]),
            ended=row["security_until"] == "ended", announced=row["security_until"] != "none-announced",
        )
        for row in _rows("end_of_life.csv")
    )  # fmt: skip


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text[:1].isdigit() else None


def cycles_as_of() -> date:
    """Return the day on which the end-of-life table was taken."""
    about = tomllib.loads(files(__name__).joinpath("end_of_life.toml").read_text("utf-8"))
    taken = about["snapshot"]
    return taken if isinstance(taken, date) else date.fromisoformat(str(taken))


@cache
def products(kind: str) -> dict[str, tuple[str, str]]:
    """Return {name: (product, fixed cycle or empty)} of one kind: image, tool or package."""
    return {row["name"]: (row["product"], row["cycle"]) for row in _rows("identifiers.csv") if row["kind"] == kind}


def spellings() -> dict[tuple[str, str], str]:
    """Return the cycles behind code names and target names: (product, spelling) to cycle."""
    rows = (row for row in _rows("identifiers.csv") if row["kind"] in ("tag-os", "version"))
    return {(row["product"], row["name"]): row["cycle"] for row in rows}


@cache
def systems() -> dict[str, str]:
    """Return the operating system that a word in an image tag names."""
    return {row["name"]: row["product"] for row in _rows("identifiers.csv") if row["kind"] == "tag-os"}
