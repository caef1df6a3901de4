"""Records that cross into the rooms: small ones as dataclasses, long ones as frames with a declared schema."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from quarterdeck.domain.contents import Contents, schema
from quarterdeck.domain.evidence import Problem

COMMITS = schema(
    {
        "repository": pl.UInt16,  # index into History.repositories
        "commit": pl.String,
        "parents": pl.String,  # ids, separated by blanks
        "position": pl.Int64,  # committer time, raised where needed so that parents come before children
        "author": pl.UInt32,  # alias
        "co_authors": pl.List(pl.UInt32),
        "person": pl.UInt32,  # index into History.people
        "author_time": pl.Int64,  # seconds since 1970, as written
        "committer_time": pl.Int64,
        "day": pl.Int32,  # days since 1970 of the author time, clamped to the day of the report
        "hosted": pl.Boolean,  # committed by a code host on somebody's behalf
        "merge": pl.Boolean,
        "at_head": pl.Boolean,
        "subject": pl.String,
    }
)
CHANGES = schema(
    {
        "repository": pl.UInt16,
        "commit": pl.UInt32,  # row of the commit
        "status": pl.Enum(["A", "M", "D", "R", "C", "T", "U", "X"]),
        "path": pl.String,
        "old_path": pl.String,
        "blob": pl.String,
        "old_blob": pl.String,
        "inferred": pl.Boolean,
    }
)
TOUCHES = schema(
    {
        **CHANGES,
        "day": pl.Int32,
        "code": pl.Boolean,  # the path is one of source or test
        "life": pl.UInt32,  # the file under all its names
        "person": pl.UInt32,
        "co": pl.Boolean,  # the person is a co-author
    }
)
FILES = schema(
    {
        "repository": pl.UInt16,
        "path": pl.String,
        "blob": pl.String,
        "kind": pl.String,
        "rule": pl.String,
        "component": pl.String,
        "bytes": pl.Int64,
        "lines": pl.UInt32,
        "indentation": pl.UInt32,
    }
)


@dataclass(frozen=True)
class Tag:
    """A tag with the commit it names, who made it and when."""

    name: str
    commit: str
    tagger: str
    time: int


@dataclass(frozen=True)
class Branch:
    """A branch that is not part of HEAD: its tip and the commits that only it has."""

    name: str
    commit: str
    time: int
    unmerged: int
    weeks: int
    authors: tuple[str, ...]
    released: bool = False  # no unfinished work: a line of releases, decided by its name, or another history


@dataclass(frozen=True)
class Software:
    """A runtime, framework or base image named in a file."""

    repository: int
    product: str
    name: str
    version: str
    kind: str
    path: str
    line: int
    develops: bool = False  # used to develop or test only; it does not run with the product


@dataclass(frozen=True)
class Cycle:
    """A release cycle of a product in the end-of-life table."""

    product: str
    name: str
    release: date | None
    support_until: date | None
    security_until: date | None
    ended: bool
    announced: bool


@dataclass(frozen=True)
class Repository:
    """What is known of a repository beside its history."""

    key: str
    name: str
    head: str
    head_name: str
    first_day: date | None
    last_day: date | None
    shallow_since: date | None = None
    partial: bool = False
    bare: bool = False
    object_format: str = "sha1"
    commits: int = 0
    tags: tuple[Tag, ...] = ()
    branches: tuple[Branch, ...] = ()
    owners_files: tuple[tuple[str, int, str], ...] = ()
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    submodules: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Person:
    """One human (or robot) behind one or more aliases."""

    id: str
    name: str
    aliases: tuple[int, ...]
    first_day: date
    last_day: date
    commits: int
    bot: bool = False
    role: str = ""
    start: date | None = None
    end: date | None = None
    joined_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class History:
    """The evidence of all repositories of a company, ready for the rooms.

    Frames: `commits` (COMMITS, sorted), `changes` (TOUCHES: one row per change and person), `files` (FILES plus `life` and
    `life_key`), `aliases` (alias, text, name, email). `bills` names the software inventories that were brought
    along; a component counts them on after the repositories.
    """

    repositories: tuple[Repository, ...]
    commits: pl.DataFrame
    changes: pl.DataFrame
    files: pl.DataFrame
    people: tuple[Person, ...]
    aliases: pl.DataFrame
    suggestions: tuple[tuple[str, str, str], ...] = ()
    imports: tuple[int, ...] = ()
    software: tuple[Software, ...] = ()
    cycles: tuple[Cycle, ...] = ()
    cycles_as_of: date | None = None
    spellings: Mapping[tuple[str, str], str] = field(default_factory=dict)
    since: date | None = None
    digest: str = ""
    unread: tuple[Problem, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    contents: Contents = field(default_factory=Contents)
    bills: tuple[str, ...] = ()
