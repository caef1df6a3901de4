"""Shipped tables: dated facts with their source, read from files beside this module.

The end-of-life table may be newer than the shipped one: `refresh` writes it to a folder of its own, and functions that are
given that folder use it while it is newer and undamaged.
"""

import csv
import hashlib
import tomllib
from collections.abc import Iterator
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path

from quarterdeck.domain.company import Rate
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.domain.records import Cycle

CYCLES, IDENTIFIERS, ABOUT = "end_of_life.csv", "identifiers.csv", "end_of_life.toml"


class Damaged(ValueError):
    """A refreshed table that is not what was written."""


def _shipped(name: str) -> str:
    return files(__name__).joinpath(name).read_text("utf-8")


def _rows(name: str, folder: Path | None = None) -> Iterator[dict[str, str]]:
    text = _usable(folder).get(name) if folder else None
    return csv.DictReader((_shipped(name) if text is None else text).splitlines())


def rates() -> dict[str, Rate]:
    """Return the shipped rates by key."""
    return {
        row["key"]: Rate(
            row["key"], float(row["low"]), float(row["mid"]), float(row["high"]),
            row["unit"], row["currency"], row["year"], row["grade"], row["source"],
        )
        for row in _rows("rates.csv")
    }  # fmt: skip


def cycles(folder: Path | None = None) -> tuple[Cycle, ...]:
    """Return the release cycles of the end-of-life table; of the refreshed one in `folder`, if that is newer and whole."""
    return tuple(map(_cycle, _rows(CYCLES, folder)))


def _cycle(row: dict[str, str]) -> Cycle:
    return Cycle(
        row["product"], row["cycle"], _day(row["release"]), _day(row["support_until"]), _day(row["security_until"]),
        ended=row["security_until"] == "ended", announced=row["security_until"] != "none-announced",
    )  # fmt: skip


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text[:1].isdigit() else None


def cycles_as_of(folder: Path | None = None) -> date:
    """Return the day on which the end-of-life table was taken that `cycles` returns."""
    text = _usable(folder).get(ABOUT) if folder else None
    return _snapshot(_shipped(ABOUT) if text is None else text)


def _snapshot(text: str) -> date:
    taken = tomllib.loads(text)["snapshot"]
    return taken if isinstance(taken, date) else date.fromisoformat(str(taken))


def notes(folder: Path) -> tuple[Problem, ...]:
    """Say why a refreshed table is there and not used; nothing where it is used, older than the shipped one, or absent."""
    try:
        _refreshed(folder)
    except Damaged as error:
        message = f"the refreshed end-of-life table is not used: {error}; `quarterdeck refresh end-of-life` makes a new one"
        return (Problem(Citation("end-of-life table", CYCLES), message),)
    return ()


def _usable(folder: Path) -> dict[str, str]:
    """Return {file: text} of the refreshed table, or nothing where the shipped one serves better."""
    try:
        return _refreshed(folder)
    except Damaged:
        return {}


def _refreshed(folder: Path) -> dict[str, str]:
    """Return {file: text} of a refreshed table that is newer than the shipped one; raise Damaged for a broken one."""
    if not (folder / ABOUT).is_file():
        return {}
    try:
        texts = {name: (folder / name).read_bytes().decode("utf-8") for name in (ABOUT, CYCLES, IDENTIFIERS)}
        whole = tomllib.loads(texts[ABOUT]).get("digest") == digest(texts[CYCLES], texts[IDENTIFIERS])
        taken = _snapshot(texts[ABOUT])
    except OSError as error:
        raise Damaged(f"it cannot be read ({error.strerror})") from error
    except (ValueError, KeyError) as error:
        raise Damaged("its description is damaged") from error
    if not whole:
        raise Damaged("its files do not belong together")
    return texts if taken > cycles_as_of() else {}


def digest(*texts: str) -> str:
    """Return the digest that holds the files of a refreshed table together."""
    return hashlib.sha256("\0".join(texts).encode("utf-8")).hexdigest()


def products(kind: str, folder: Path | None = None) -> dict[str, tuple[str, str]]:
    """Return {name: (product, fixed cycle or empty)} of one kind: image, tool or package."""
    return _known(kind, folder, _stamp(folder)) if folder else _known(kind, None, 0)


def _stamp(folder: Path) -> int:
    """Return what changes when a table is refreshed."""
    try:
        return (folder / ABOUT).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=16)
def _known(kind: str, folder: Path | None, _stamp: int) -> dict[str, tuple[str, str]]:
    return _products(kind, _rows(IDENTIFIERS, folder))


def _products(kind: str, rows: Iterator[dict[str, str]]) -> dict[str, tuple[str, str]]:
    return {row["name"]: (row["product"], row["cycle"]) for row in rows if row["kind"] == kind}


def spellings() -> dict[tuple[str, str], str]:
    """Return the cycles behind code names and target names: (product, spelling) to cycle."""
    rows = (row for row in _rows(IDENTIFIERS) if row["kind"] in ("tag-os", "version"))
    return {(row["product"], row["name"]): row["cycle"] for row in rows}


@cache
def systems() -> dict[str, str]:
    """Return the operating system that a word in an image tag names."""
    return {row["name"]: row["product"] for row in _rows(IDENTIFIERS) if row["kind"] == "tag-os"}
