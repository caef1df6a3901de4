"""Surviving lines: which commit wrote each line that is there now, by plain `git blame`, kept per file and content.

Blame walks back through history for every file, so its cost is about the commits since a file was made, summed over files.
Where that is too dear, a sample stratified by file size stands for the whole: a quarter of all lines in each stratum.
"""

import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from quarterdeck.domain.contents import SURVIVORS, schema
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.domain.progress import Progress
from quarterdeck.evidence.git.read import Raw
from quarterdeck.evidence.git.segments import write_atomically
from quarterdeck.evidence.git.shadow import GitFailed
from quarterdeck.evidence.git.tree import Entry

Extent = Literal["auto", "full", "sample", "none"]
LAYOUT = 1
SECONDS_PER_COMMIT = 12e-6  # measured on eight repositories: 6 to 20 microseconds of git per file and commit of its age
SECONDS_PER_FILE = 2e-3  # starting git
FULL_SECONDS = 180  # above this estimate a sample is drawn
SAMPLE_SECONDS = 60
STRATA = 4
LONGEST = 20_000  # lines: longer files are data, and named
BATCH = 100  # files kept at a time, so that an interrupted run goes on from there
STORED = schema({"path": pl.String, "blob": pl.String, "touches": pl.UInt32, "commit": pl.String, "lines": pl.UInt32})
BLAMED = schema({name: kind for name, kind in SURVIVORS.items() if name != "repository"})
_GROUP = re.compile(rb"^([0-9a-f]{40,64}) \d+ \d+ (\d+)$", re.MULTILINE)
Key = tuple[str, str, int]


@dataclass(frozen=True)
class Wanted:
    """A file to blame: how often it was touched, how many commits it has seen and how long it is."""

    file: Entry
    touches: int
    age: int
    lines: int

    @property
    def key(self) -> Key:
        """Return what its blame depends on: a revert brings back the content, but not who wrote it last."""
        return self.file.path, self.file.blob, self.touches

    @property
    def cost(self) -> float:
        """Estimate the seconds of git that its blame takes."""
        return SECONDS_PER_FILE + SECONDS_PER_COMMIT * self.age


@dataclass(frozen=True)
class Blamed:
    """Surviving lines (path, commit, lines, stratum, weight), how they were counted, and how many files git was asked about."""

    lines: pl.DataFrame
    mode: Literal["none", "sample", "full"]
    asked: int = 0
    problems: tuple[Problem, ...] = ()


def blame(raw: Raw, cache: Path, wish: Extent, progress: Progress) -> Blamed:
    """Count the surviving lines of the files that people wrote, at the commit looked at."""
    if wish == "none":
        return Blamed(BLAMED.to_frame(), "none")
    files, long = _wanted(raw)
    full = wish == "full" or (wish == "auto" and sum(each.cost for each in files) <= FULL_SECONDS)
    strata, chosen = _chosen(files, full=full)
    known = _known(raw, cache)
    asked = [each for group in chosen.values() for each in group if each.key not in known]
    problems = _ask(raw, asked, cache, known, progress)
    frames = [_stratum(number, strata[number], group, known) for number, group in chosen.items()]
    skipped = [Problem(Citation(raw.name, each.file.path), f"over {LONGEST:,} lines: its age was not counted") for each in long]
    lines = pl.concat([BLAMED.to_frame(), *frames]).sort("path", "commit")
    return Blamed(lines, "full" if full else "sample", len(asked), (*skipped, *problems))


def _chosen(files: list[Wanted], *, full: bool) -> tuple[dict[int, list[Wanted]], dict[int, list[Wanted]]]:
    """Return the strata and the files of each to ask about."""
    if full:
        return {0: files}, {0: files}
    strata = stratified(files)
    return strata, dict(zip(sorted(strata), drawn(strata, SAMPLE_SECONDS), strict=True))


def _wanted(raw: Raw) -> tuple[list[Wanted], list[Wanted]]:
    """Return the files that people wrote and maintain, and apart from them those too long to be code."""
    measures = {blob: (lines, mark) for blob, lines, mark in raw.measures.select("blob", "lines", "mark").iter_rows()}
    touched = _touched(raw)
    found = [
        Wanted(each, *touched.get(each.path, (0, raw.commits.height)), measures[each.blob][0])
        for each in raw.files
        if each.kind in ("source", "test") and measures.get(each.blob, (0, ""))[0] and not measures[each.blob][1]
    ]
    return [each for each in found if each.lines <= LONGEST], [each for each in found if each.lines > LONGEST]


def _touched(raw: Raw) -> dict[str, tuple[int, int]]:
    """Return, by path, how many commits touched it and how many were made since it came."""
    reached = raw.commits.filter("at_head").select("commit").with_row_index("row")
    rows = raw.changes.select("commit", "path").join(reached, on="commit")
    counted = rows.group_by("path").agg(touches=pl.len(), first=pl.col("row").min())
    return {path: (touches, reached.height - first) for path, touches, first in counted.iter_rows()}


def stratified(files: Sequence[Wanted]) -> dict[int, list[Wanted]]:
    """Put files into groups that hold a quarter of all lines each, from the shortest files to the longest."""
    total = sum(each.lines for each in files) or 1
    groups: dict[int, list[Wanted]] = {}
    before = 0
    for each in sorted(files, key=lambda each: (each.lines, each.file.path)):
        groups.setdefault(min(STRATA - 1, STRATA * before // total), []).append(each)
        before += each.lines
    return groups


def drawn(strata: dict[int, list[Wanted]], seconds: float) -> list[list[Wanted]]:
    """Draw files from every stratum in turn until their estimated cost is reached; a stratum may be drawn whole.

    The order within a stratum is the hash of the path, so that a file stays drawn while the repository grows.
    """
    order = [
        sorted(group, key=lambda each: hashlib.blake2b(each.file.path.encode("utf-8", "replace")).digest())
        for _, group in sorted(strata.items())
    ]
    taken: list[list[Wanted]] = [[] for _ in order]
    for turn in range(max(map(len, order), default=0)):
        for group, into in zip(order, taken, strict=True):
            if turn < len(group) and (seconds > 0 or not into):
                into.append(group[turn])
                seconds -= group[turn].cost
    return taken


def _stratum(number: int, everything: Sequence[Wanted], group: Sequence[Wanted], known: dict[Key, Counter[str]]) -> pl.DataFrame:
    """Return the lines of one stratum; its weight is the lines it holds over the lines that were drawn and could be looked at."""
    counted = [each for each in group if each.key in known]
    drawn_only = len(group) < len(everything)
    weight = sum(each.lines for each in everything) / max(1, sum(each.lines for each in counted)) if drawn_only else 1.0
    rows = [(each.file.path, commit, lines, number, weight) for each in counted for commit, lines in known[each.key].items()]
    return pl.DataFrame(rows, schema=BLAMED, orient="row")


def _ask(raw: Raw, asked: Sequence[Wanted], cache: Path, known: dict[Key, Counter[str]], progress: Progress) -> list[Problem]:
    """Blame files, batch after batch, and keep what was found under the tip that it was found at."""
    problems: list[Problem] = []
    folder = cache / f"blame-{LAYOUT}"
    ask: Callable[[Wanted], Counter[str] | None] = lambda each: blamed_lines(raw, each.file.path)  # noqa: E731
    with ThreadPoolExecutor(max(2, min(8, os.cpu_count() or 2))) as pool:
        for at in range(0, len(asked), BATCH):
            batch = asked[at : at + BATCH]
            rows: list[tuple[str, str, int, str, int]] = []
            for done, (each, found) in enumerate(zip(batch, pool.map(ask, batch), strict=True), at):
                progress("age of lines", done, len(asked))
                if found is None:
                    problems.append(
                        Problem(
                            Citation(raw.name, each.file.path),
                            "git cannot tell who wrote its lines: an object is missing, or its name is not plain text",
                        )
                    )
                    continue
                known[each.key] = found
                rows += [(*each.key, commit, lines) for commit, lines in found.items()]
            _keep(folder, raw.head, rows)
    return problems


def blamed_lines(raw: Raw, path: str) -> Counter[str] | None:
    """Return {commit: lines} of one file, or nothing where git cannot read it."""
    try:
        out = raw.shadow.output("blame", "--incremental", raw.head, "--", path)
    except GitFailed:
        return None
    counts: Counter[str] = Counter()
    for commit, lines in _GROUP.findall(out):
        counts[commit.decode()] += int(lines)
    return counts


def _keep(folder: Path, tip: str, rows: Iterable[tuple[str, str, int, str, int]]) -> None:
    frame = pl.DataFrame(list(rows), schema=STORED, orient="row")
    if frame.is_empty():
        return
    folder.mkdir(parents=True, exist_ok=True)
    name = hashlib.blake2b("".join(frame["path"].unique().sort()).encode("utf-8", "replace"), digest_size=6).hexdigest()
    write_atomically(frame, folder / f"{tip}.{name}.blame.parquet")


def _known(raw: Raw, cache: Path) -> dict[Key, Counter[str]]:
    """Return what was found at tips that are still on the first-parent chain: rewritten history counts anew."""
    chain = first_parents(raw)
    known: dict[Key, Counter[str]] = {}
    for path in sorted((cache / f"blame-{LAYOUT}").glob("*.blame.parquet")):
        if path.name.partition(".")[0] not in chain:
            continue
        try:
            frame = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError):
            continue
        if frame.schema == STORED:
            for name, blob, touches, commit, lines in frame.iter_rows():
                known.setdefault((name, blob, touches), Counter())[commit] = lines
    return known


def first_parents(raw: Raw) -> frozenset[str]:
    """Return the commits from the one looked at back along first parents."""
    parent = dict(zip(raw.commits["commit"], raw.commits["parents"].str.split(" ").list.first(), strict=True))
    chain, at = set(), raw.head
    while at in parent and at not in chain:
        chain.add(at)
        at = parent[at]
    return frozenset(chain)
