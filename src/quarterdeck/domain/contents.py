"""What was found inside files: components, practices of a repository, secrets, functions, copies and surviving lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl


def schema(columns: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.Schema:
    """Declare the columns of a frame."""
    return pl.Schema(dict(columns))


Relation = Literal["direct", "transitive", "unknown"]
Scope = Literal["runtime", "dev", "test", "build", "optional", "peer", "unknown"]
Origin = Literal["registry", "git", "path", "url", "vendored", "unknown"]


@dataclass(frozen=True)
class Component:
    """One thing that the software is made of or runs on, as one file names it.

    `purl` is the package URL, with the version where that is exact. Exactly one of `version` (exact) and `wanted` (the
    range as written) is filled, or neither where the file names no version. `system` is the folder of the manifest or
    lockfile; `parents` are the purls of the components that bring this one in. `confidence` is 1.0 from a lockfile, 0.8
    from a manifest, 0.5 for a literal found in a build script. `released` is the day (YYYY-MM-DD) and `deprecated` the
    registry's warning, where a lockfile carries them.
    """

    repository: int
    purl: str
    ecosystem: str
    name: str
    version: str
    wanted: str
    relation: Relation
    scope: Scope
    system: str
    path: str
    line: int
    parser: str
    confidence: float = 1.0
    parents: tuple[str, ...] = ()
    origin: Origin = "registry"
    licence: str = ""
    integrity: str = ""
    released: str = ""
    deprecated: str = ""


@dataclass(frozen=True)
class Observation:
    """Something that a file shows about how its repository is run; `topic` is the check that it speaks to."""

    repository: int
    topic: str
    kind: str
    path: str
    line: int
    value: str


@dataclass(frozen=True)
class Secret:
    """A credential at one place in the checked-out tree, masked: the secret itself is never kept.

    `same` is equal for equal secrets and says nothing about them. `first_commit` is the first commit of the file that
    holds it; `kind` is the kind of place (production, test, example, documentation, vendored). `note` says why something is
    no live credential, is empty for one that must be taken as live, and reads `expires 2031-05-01` for one live until then.
    """

    repository: int
    rule: str
    title: str
    masked: str
    same: str
    path: str
    line: int
    kind: str
    note: str = ""
    first_commit: str = ""
    first_day: int = 0


FUNCTIONS = schema(
    {
        "repository": pl.UInt16,
        "path": pl.String,
        "name": pl.String,
        "line": pl.UInt32,
        "lines": pl.UInt32,  # from the first to the last line of the function
        "complexity": pl.UInt32,  # decisions + 1 (McCabe 1976)
        "nesting": pl.UInt32,  # deepest level of control flow inside it
        "parameters": pl.UInt32,
    }
)
COPIES = schema(
    {
        "repository": pl.UInt16,
        "path": pl.String,
        "line": pl.UInt32,
        "other_path": pl.String,
        "other_line": pl.UInt32,
        "lines": pl.UInt32,
    }
)
SURVIVORS = schema(
    {
        "repository": pl.UInt16,
        "path": pl.String,
        "commit": pl.String,  # full id of the commit that wrote the lines
        "lines": pl.UInt32,
        "stratum": pl.UInt32,  # group of like files that the sample drew from
        "weight": pl.Float64,  # files of the group for each file looked at; 1 where all were
    }
)
ADDITIONS = schema(
    {
        "repository": pl.UInt16,
        "commit": pl.String,
        "lines": pl.Int64,  # lines that the commit added to source and test files
    }
)


@dataclass(frozen=True)
class Contents:
    """What was found inside the files of all repositories; `blame` says how surviving lines were counted.

    Frames: `functions` (FUNCTIONS), `copies` (COPIES), `survivors` (SURVIVORS), `additions` (ADDITIONS; empty where counting
    added lines would take too long). `looked_at` counts the files that were looked into, `in_part` those that were not searched for credentials whole. `read` is false where file contents were
    not looked into beyond manifests, because a quick report was asked for.
    """

    components: tuple[Component, ...] = ()
    observations: tuple[Observation, ...] = ()
    secrets: tuple[Secret, ...] = ()
    functions: pl.DataFrame = field(default_factory=FUNCTIONS.to_frame)
    copies: pl.DataFrame = field(default_factory=COPIES.to_frame)
    survivors: pl.DataFrame = field(default_factory=SURVIVORS.to_frame)
    additions: pl.DataFrame = field(default_factory=ADDITIONS.to_frame)
    looked_at: int = 0
    in_part: int = 0
    blame: Literal["none", "sample", "full"] = "none"
    read: bool = False
