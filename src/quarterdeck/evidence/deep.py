"""Look deeper than the history: into every file, who wrote its lines, and how many lines were ever added."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from quarterdeck.domain.contents import ADDITIONS, SURVIVORS, Contents, Secret
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.domain.progress import Progress
from quarterdeck.evidence import inventory, secrets
from quarterdeck.evidence.code import copies
from quarterdeck.evidence.git import line_counts
from quarterdeck.evidence.git.blame import Blamed, Extent, blame
from quarterdeck.evidence.git.introduced import Firsts, firsts
from quarterdeck.evidence.git.read import Raw
from quarterdeck.evidence.git.shadow import cache_name
from quarterdeck.evidence.looking import Looked, look, observed
from quarterdeck.kit import files as kinds

SECONDS_PER_COUNT = 0.6e-3  # of git for each commit whose added lines are counted; measured on git/git
COUNT_SECONDS = 60  # above this estimate added lines are counted only on request
MOST_NAMED = 20  # problems of one kind; the rest are counted


@dataclass(frozen=True)
class Depth:
    """How deep to look: `key` keeps stored marks of secrets private; `quick` leaves all of this out."""

    home: Path
    key: bytes = b""
    blame: Extent = "auto"
    quick: bool = False


@dataclass(frozen=True)
class Deep:
    """What the deeper look at one repository found."""

    looked: Looked = field(default_factory=Looked)
    blamed: Blamed = field(default_factory=lambda: Blamed(SURVIVORS.to_frame().drop("repository"), "none"))
    additions: pl.DataFrame = field(default_factory=ADDITIONS.to_frame)
    firsts: Firsts = field(default_factory=dict)


def read_deep(raw: Raw, depth: Depth, progress: Progress) -> Deep:
    """Look into one repository as deep as asked for."""
    if depth.quick or not raw.files:
        return Deep()
    cache = depth.home / "evidence" / "contents" / cache_name(raw.located)
    looked = look(raw, cache, depth.key, progress)
    found = firsts(raw, looked.frames["hits"], cache, depth.key, progress)
    return Deep(looked, blame(raw, cache, depth.blame, progress), _additions(raw, depth, progress), found)


def _additions(raw: Raw, depth: Depth, progress: Progress) -> pl.DataFrame:
    """Count the lines that each commit added to files that people write, where that does not take too long."""
    own = raw.commits.filter(pl.col("at_head") & ~pl.col("parents").str.contains(" ", literal=True))["commit"]
    wanted = depth.blame == "full" or (depth.blame == "auto" and own.len() * SECONDS_PER_COUNT <= COUNT_SECONDS)
    if not wanted:
        return ADDITIONS.to_frame()
    counted = line_counts.line_counts(raw.shadow, list(own), depth.home / "evidence" / "lines" / cache_name(raw.located), progress=progress)
    code = [path for path in counted["path"].unique() if kinds.classify(path)[0] in ("source", "test")]
    rows = counted.filter(pl.col("path").is_in(code)).group_by("commit").agg(lines=pl.col("added").cast(pl.Int64).sum())
    return (
        rows.join(pl.DataFrame({"commit": own}), on="commit", how="semi").with_columns(repository=pl.lit(0, pl.UInt16)).select(*ADDITIONS)
    )


def contents_of(raw: Raw, deep: Deep, depth: Depth, number: int) -> tuple[Contents, list[Problem]]:
    """Return what was found inside the files of a repository, and what could not be read."""
    components, problems = inventory.inventory(raw.manifests, number, raw.name)
    frames = deep.looked.frames
    numbered = pl.lit(number, pl.UInt16).alias("repository")
    windows = frames["windows"].select(numbered, "path", "line", "hash")
    return Contents(
        components=tuple(components),
        observations=observed(deep.looked, number),
        secrets=tuple(_secrets(deep, number)),
        functions=frames["functions"].drop("blob").select(numbered, pl.all()),
        copies=copies.copies(windows),
        survivors=deep.blamed.lines.select(numbered, pl.all()),
        additions=deep.additions.with_columns(numbered),
        looked_at=deep.looked.files,
        in_part=deep.looked.frames["hits"].filter(rule="").height,
        blame=deep.blamed.mode,
        read=not depth.quick,
    ), [*problems, *deep.blamed.problems, *_unsearched(raw, deep.looked), *_hidden(raw)]


def _unsearched(raw: Raw, looked: Looked) -> list[Problem]:
    """Name the files that were not searched for credentials from end to end, the first of many, and count the rest."""
    rows = [
        Problem(Citation(raw.name, path), note) for path, note in looked.frames["hits"].filter(rule="").select("path", "note").iter_rows()
    ]
    if len(rows) <= MOST_NAMED:
        return rows
    rest = f"{len(rows) - MOST_NAMED:,} more files were not searched for credentials from end to end"
    return [*rows[:MOST_NAMED], Problem(Citation(raw.name, "repository"), rest)]


def _hidden(raw: Raw) -> list[Problem]:
    """Name the files whose path holds what looks like a credential: what git says of a path was not asked."""
    paths = [each.path for each in raw.files if secrets.HIDDEN in each.path]
    return [
        Problem(Citation(raw.name, path), "its path holds what looks like a credential, so its history was not read")
        for path in paths[:MOST_NAMED]
    ]


def _secrets(deep: Deep, number: int) -> Iterator[Secret]:
    """Turn what was found into records, each with the first commit of its file that holds it."""
    for path, _, *row in deep.looked.frames["hits"].filter(pl.col("rule") != "").iter_rows():
        hit = secrets.Hit(*row)
        commit, first = deep.firsts.get((path, hit.same), ("", 0))
        yield Secret(
            number, hit.rule, hit.title, hit.masked, hit.same, path, hit.line, hit.kind, note=hit.note, first_commit=commit, first_day=first
        )
