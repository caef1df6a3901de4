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
from quarterdeck.evidence.git import line_counts, tree
from quarterdeck.evidence.git.blame import Blamed, Extent, blame
from quarterdeck.evidence.git.read import Raw, day
from quarterdeck.evidence.git.shadow import cache_name
from quarterdeck.evidence.looking import Looked, look, observed
from quarterdeck.kit import files as kinds

SECONDS_PER_COUNT = 0.6e-3  # of git for each commit whose added lines are counted; measured on git/git
COUNT_SECONDS = 60  # above this estimate added lines are counted only on request
MOST_VERSIONS = 300  # of a file, looked at to find the commit that brought a secret


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


def read_deep(raw: Raw, depth: Depth, progress: Progress) -> Deep:
    """Look into one repository as deep as asked for."""
    if depth.quick or not raw.files:
        return Deep()
    cache = depth.home / "evidence" / "contents" / cache_name(raw.located)
    looked = look(raw, cache, depth.key, progress)
    return Deep(looked, blame(raw, cache, depth.blame, progress), _additions(raw, depth, progress))


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
        secrets=tuple(_secrets(raw, deep.looked, depth, number)),
        functions=frames["functions"].drop("blob").select(numbered, pl.all()),
        copies=copies.copies(windows),
        survivors=deep.blamed.lines.select(numbered, pl.all()),
        additions=deep.additions.with_columns(numbered),
        looked_at=deep.looked.files,
        blame=deep.blamed.mode,
        read=not depth.quick,
    ), [*problems, *deep.blamed.problems, *_unsearched(raw, deep.looked)]


def _unsearched(raw: Raw, looked: Looked) -> list[Problem]:
    """Name the files in which the search for credentials failed."""
    rows = looked.frames["hits"].filter(pl.col("rule") == "").select("path", "note").iter_rows()
    return [Problem(Citation(raw.name, path), note) for path, note in rows]


def _secrets(raw: Raw, looked: Looked, depth: Depth, number: int) -> Iterator[Secret]:
    """Turn what was found into records, each with the first commit of its file that holds it."""
    for path, _, *row in looked.frames["hits"].filter(pl.col("rule") != "").iter_rows():
        hit = secrets.Hit(*row)
        dead = hit.note and not hit.note.startswith("expires ")
        commit, first = ("", 0) if dead else secrets.introduced(_versions(raw, path), path, hit, depth.key) or ("", 0)
        yield Secret(
            number, hit.rule, hit.title, hit.masked, hit.same, path, hit.line, hit.kind, note=hit.note, first_commit=commit, first_day=first
        )


def _versions(raw: Raw, path: str) -> Iterator[tuple[str, int, bytes]]:
    """Yield (commit, day, content) of a file's versions, oldest first, under its earlier names too."""
    times = raw.commits.filter("at_head").select("commit", "committer_time").with_row_index("row")
    rows = raw.changes.join(times, on="commit").sort("row", descending=True)
    found: list[tuple[str, int, str]] = []
    name, before = path, times.height
    while len(found) < MOST_VERSIONS:
        own = rows.filter((pl.col("path") == name) & (pl.col("row") < before) & (pl.col("status") != "D"))
        found += [(row["commit"], row["committer_time"], row["blob"]) for row in own.iter_rows(named=True)]
        moved = own.filter(pl.col("status") == "R")
        if moved.is_empty():
            break
        name, before = str(moved["old_path"][-1]), int(moved["row"][-1])
    content = dict(tree.contents(raw.shadow, sorted({blob for _, _, blob in found})))
    epoch = day(0).toordinal()
    for commit, time, blob in reversed(found):
        if blob in content:
            yield commit, day(time).toordinal() - epoch, content[blob]
