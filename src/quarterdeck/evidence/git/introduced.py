"""The first commit of each live credential: the versions of its file searched once, oldest first, within limits, and remembered.

What lies beyond the limits stays unknown. The limits count what a search from nothing would read, so that what is remembered
changes no answer.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import polars as pl

from quarterdeck.domain.contents import schema
from quarterdeck.domain.progress import Progress
from quarterdeck.evidence import secrets
from quarterdeck.evidence.git import tree
from quarterdeck.evidence.git.read import Raw, day
from quarterdeck.evidence.git.segments import write_atomically

LAYOUT = 1
MOST_VERSIONS = 300  # of a file
MOST_BYTES = 64 << 20  # of a file's versions
MOST_OF_ALL = 256 << 20  # of a repository
MOST_NAMES = 20  # that a file had, one after another
STORED = schema({"versions": pl.String, "same": pl.String, "commit": pl.String, "day": pl.Int64, "spent": pl.Int64, "limit": pl.Int64})
Firsts = Mapping[tuple[str, str], tuple[str, int]]  # path and mark of a credential: commit and day


class Version(NamedTuple):
    """A file's content as a commit left it."""

    commit: str
    time: int
    blob: str


@dataclass(frozen=True)
class Answer:
    """What the search of one file found, what it read for that, and how much it might have read."""

    found: dict[str, tuple[str, int]]
    spent: int
    limit: int

    def holds(self, limit: int) -> bool:
        """Tell whether a search under another limit would say the same."""
        return limit == self.limit or self.spent <= min(self.limit, limit)


@dataclass(frozen=True)
class Wanted:
    """A file with live credentials (their marks), and its versions, oldest first."""

    path: str
    marks: frozenset[str]
    versions: list[Version]
    name: str = field(default="", compare=False)  # of the versions and marks, under which the answer is remembered


def firsts(raw: Raw, hits: pl.DataFrame, cache: Path, key: bytes, progress: Progress) -> Firsts:
    """Return commit and day of the first version that holds each live credential, where that lies within the limits."""
    live = hits.filter((pl.col("rule") != "") & ((pl.col("note") == "") | pl.col("note").str.starts_with("expires ")))
    if live.is_empty():
        return {}
    place = cache / _file(key)
    known = _load(place)
    kept: dict[str, Answer] = {}
    found: dict[tuple[str, str], tuple[str, int]] = {}
    asked, left = _wanted(raw, live), MOST_OF_ALL
    for done, each in enumerate(asked):
        progress("first commits of credentials", done, len(asked))
        limit = min(MOST_BYTES, left)
        before = known.get(each.name)
        answer = before if before and before.holds(limit) else _search(raw, each, key, limit)
        kept[each.name] = answer
        left -= min(answer.spent, limit)
        found |= {(each.path, same): first for same, first in answer.found.items()}
    if any(known.get(name) != answer for name, answer in kept.items()):
        _store(place, known | kept)
    return found


def _file(key: bytes) -> str:
    parts = (LAYOUT, secrets.VERSION, MOST_VERSIONS, hashlib.blake2b(key).hexdigest())
    return f"firsts-{hashlib.blake2b(repr(parts).encode(), digest_size=6).hexdigest()}.parquet"


def _wanted(raw: Raw, live: pl.DataFrame) -> list[Wanted]:
    """Return the files with live credentials in the order of their paths."""
    marks: dict[tuple[str, str], set[str]] = {}
    for path, blob, same in live.select("path", "blob", "same").iter_rows():
        marks.setdefault((path, blob), set()).add(same)
    rows = _changes(raw, {path for path, _ in marks})
    wanted = []
    for (path, blob), own in sorted(marks.items()):
        versions = _versions(rows, path)
        text = repr((path, blob, sorted(own), versions))
        name = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
        wanted.append(Wanted(path, frozenset(own), versions, name))
    return wanted


Change = tuple[int, str, int, str, str, str | None]  # row, commit, time, status, blob, old path
Changes = dict[str, list[Change]]


def _changes(raw: Raw, paths: set[str]) -> Changes:
    """Return the changes of files by path, newest first, and those of the names that they had before."""
    times = raw.commits.filter("at_head").select("commit", "committer_time").with_row_index("row")
    rows = raw.changes.filter(pl.col("status") != "D").join(times, on="commit")
    found: Changes = {}
    for _ in range(MOST_NAMES):
        paths = paths - found.keys()
        if not paths:
            break
        found |= {path: [] for path in paths}
        own = rows.filter(pl.col("path").is_in(sorted(paths))).sort("row", descending=True)
        for path, *row in own.select("path", "row", "commit", "committer_time", "status", "blob", "old_path").iter_rows():
            found[path].append((row[0], row[1], row[2], row[3], row[4], row[5]))
        paths = {change[5] for path in paths for change in found[path] if change[3] == "R" and change[5]}
    return found


def _versions(changes: Changes, path: str) -> list[Version]:
    """Return the first versions of a file, oldest first, those under its earlier names too, each content once."""
    found: list[Version] = []
    before = 1 << 62
    for _ in range(MOST_NAMES):
        own = [change for change in changes.get(path, ()) if change[0] < before]
        found += [Version(commit, time, blob) for _, commit, time, _, blob, _ in own]
        moves = [change for change in own if change[3] == "R"]
        if not moves:
            break
        before, path = moves[-1][0], moves[-1][5] or ""
    once = {version.blob: version for version in found}  # the last one stays, which is the oldest
    order = {version: number for number, version in enumerate(found)}
    return sorted(once.values(), key=lambda version: order[version], reverse=True)[:MOST_VERSIONS]


def _search(raw: Raw, wanted: Wanted, key: bytes, limit: int) -> Answer:
    """Search the versions of a file until every credential has its first commit; one that cannot be read or searched ends it."""
    if limit <= 0:
        return Answer({}, 1, limit)
    found: dict[str, tuple[str, int]] = {}
    spent = 0
    for version, content in _contents(raw, wanted.versions):
        spent += len(content)
        marks = _marks(wanted.path, content, key) if spent <= limit else None
        if marks is None:
            break
        when = (version.commit, day(version.time).toordinal() - day(0).toordinal())
        found |= dict.fromkeys(sorted(marks & wanted.marks - found.keys()), when)
        if len(found) == len(wanted.marks):
            break
    return Answer(found, spent, limit)


def _contents(raw: Raw, versions: list[Version]) -> Iterator[tuple[Version, bytes]]:
    """Yield versions with their contents, one at a time, up to the first that is missing."""
    contents = tree.heads(raw.shadow, [version.blob for version in versions])
    for version, (blob, content) in zip(versions, contents, strict=False):
        if blob != version.blob:
            return
        yield version, content


def _marks(path: str, content: bytes, key: bytes) -> set[str] | None:
    try:
        return {hit.same for hit in secrets.find(path, content, key)}
    except secrets.SearchFailed:
        return None


def _load(place: Path) -> dict[str, Answer]:
    """Return the answers of earlier runs by name; where they are damaged, nothing."""
    try:
        frame = pl.read_parquet(place)
    except (OSError, pl.exceptions.PolarsError):
        return {}
    known: dict[str, Answer] = {}
    for name, same, commit, when, spent, limit in frame.iter_rows() if frame.schema == STORED else ():
        answer = known.setdefault(name, Answer({}, spent, limit))
        if commit:
            answer.found[same] = (commit, when)
    return known


def _store(place: Path, answers: Mapping[str, Answer]) -> None:
    """Keep answers; one that found nothing is a row without a commit."""
    rows = [
        (name, same, commit, when, each.spent, each.limit)
        for name, each in sorted(answers.items())
        for same, (commit, when) in sorted(each.found.items()) or [("", ("", 0))]
    ]
    place.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(pl.DataFrame(rows, schema=STORED, orient="row"), place)
