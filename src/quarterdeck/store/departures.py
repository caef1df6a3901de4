"""What it takes to work out a departure later, without the repositories: frames as Parquet, the rest as JSON."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import cached_property
from io import BytesIO
from typing import Any

import polars as pl

from quarterdeck.domain.company import Company, Rate
from quarterdeck.domain.records import Branch, History, Person, Repository, Tag
from quarterdeck.kit import experts
from quarterdeck.practices.people.departure import analysis

FOLDER = "departure"
CHANGES = ("repository", "commit", "status", "path", "day", "life", "person", "co")
FILES = ("repository", "path", "kind", "component", "life", "lines")
AUTHORS = ("life", "person", "created", "work", "doa")
DAYS = ("first_day", "last_day", "start", "end")


@dataclass(frozen=True)
class Departures:
    """What `practices.people.departure` reads: a history with the columns it needs, and who knows which file.

    `authors` holds (life, person, created, work, doa) for the files that people write, as of the day of the run. `history` has
    no commits and no contents of files.
    """

    history: History
    company: Company
    as_of: date
    authors: pl.DataFrame

    @cached_property
    def here(self) -> list[int]:
        """Return the numbers of the people who are still here."""
        return experts.present(self.history, self.as_of)

    @cached_property
    def known(self) -> pl.DataFrame:
        """Return (life, person): who of those still here knows which file."""
        return experts.knowers(self.authors, self.here)

    @cached_property
    def changes(self) -> pl.DataFrame:
        """Return the changes by people, robots left out."""
        return experts.human_changes(self.history)

    @cached_property
    def files(self) -> pl.DataFrame:
        """Return the files that people write, with `recent` changes and whether they move."""
        return analysis.with_movement(experts.written(self.history), self.changes, experts.ordinal(self.as_of))

    def number_of(self, person: str) -> int | None:
        """Return the number of a person by id, or nothing where the run did not see them."""
        return next((number for number, each in enumerate(self.history.people) if each.id == person), None)


def files_of(history: History, company: Company, as_of: date) -> dict[str, bytes]:
    """Return the files of a snapshot that `read` needs."""
    written = experts.written(history)
    authors = experts.authorship(experts.edits(experts.human_changes(history)), as_of=as_of)
    authors = authors.join(written.select("life"), on="life", how="semi")
    rest = {
        "as_of": as_of,
        "company": {"name": company.name, "currency": company.currency, "digest": company.digest, "rates": _rates(company)},
        "repositories": [_repository(each) for each in history.repositories],
        "people": [asdict(each) for each in history.people],
        "aliases": history.aliases.select("alias", "text", "name", "email").rows(),
    }
    return {
        f"{FOLDER}/changes.parquet": _parquet(history.changes.select(CHANGES)),
        f"{FOLDER}/files.parquet": _parquet(history.files.select(FILES)),
        f"{FOLDER}/authors.parquet": _parquet(authors.select(AUTHORS).sort("life", "person")),
        f"{FOLDER}/history.json": json.dumps(rest, default=str, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
    }


def read(file: Callable[[str], bytes]) -> Departures:
    """Read what `files_of` wrote; `file` returns the bytes of a file by its name."""
    rest = json.loads(file(f"{FOLDER}/history.json"))
    frames = {name: pl.read_parquet(BytesIO(file(f"{FOLDER}/{name}.parquet"))) for name in ("changes", "files", "authors")}
    aliases = pl.DataFrame(
        rest["aliases"], schema={"alias": pl.UInt32, "text": pl.String, "name": pl.String, "email": pl.String}, orient="row"
    )
    history = History(
        repositories=tuple(_read_repository(each) for each in rest["repositories"]),
        commits=pl.DataFrame(),
        changes=frames["changes"],
        files=frames["files"],
        people=tuple(_read_person(each) for each in rest["people"]),
        aliases=aliases,
    )
    company = rest["company"] | {"rates": {key: Rate(**rate) for key, rate in rest["company"]["rates"].items()}}
    authors = frames["authors"]
    if "work" not in authors.columns:  # kept before shares of work counted: the relative threshold alone then tells who knows a file
        authors = authors.with_columns(work=pl.lit(0.0))
    return Departures(history, Company(**company), date.fromisoformat(rest["as_of"]), authors)


def _rates(company: Company) -> dict[str, Any]:
    return {key: asdict(rate) for key, rate in company.rates.items()}


def _repository(repository: Repository) -> dict[str, Any]:
    """Return what a checklist says about a repository: who owns what, who tags releases, which branches are unmerged."""
    names = ("key", "name", "head", "head_name", "commits", "owners_files", "first_day", "last_day")
    tags = [asdict(tag) for tag in repository.tags if tag.tagger]
    return {name: getattr(repository, name) for name in names} | {"tags": tags, "branches": [asdict(each) for each in repository.branches]}


def _read_repository(row: Mapping[str, Any]) -> Repository:
    lists = {
        "owners_files": tuple((path, line, text) for path, line, text in row["owners_files"]),
        "tags": tuple(Tag(**each) for each in row["tags"]),
        "branches": tuple(Branch(**(each | {"authors": tuple(each["authors"])})) for each in row["branches"]),
    }
    return Repository(**(_with_days(row) | lists))


def _read_person(row: Mapping[str, Any]) -> Person:
    return Person(**(_with_days(row) | {"aliases": tuple(row["aliases"]), "joined_by": tuple(row["joined_by"])}))


def _with_days(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: date.fromisoformat(value) if name in DAYS and value else value for name, value in row.items()}


def _parquet(frame: pl.DataFrame) -> bytes:
    out = BytesIO()
    frame.write_parquet(out, compression="zstd")
    return out.getvalue()
