"""Read one repository whole: history, refs, the tree at HEAD and the few files that rooms ask for."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from quarterdeck.domain.errors import InputError, QuarterdeckError
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.domain.progress import Progress, silent
from quarterdeck.domain.records import Branch, Tag
from quarterdeck.domain.text import clean, plural
from quarterdeck.evidence.git import refs, segments, tree
from quarterdeck.evidence.git.locate import Located
from quarterdeck.evidence.git.log import Reading, read_log
from quarterdeck.evidence.git.shadow import GitFailed, Shadow, cache_name, place_name, shadow_of
from quarterdeck.evidence.secrets import masked

RENAMES_SKIPPED = "renames: one or more commits move more files than the rename limit; pairs were inferred by name"
OLDEST_GIT = (2, 39)
LARGEST_MANIFEST = 20 << 20
MOST_ODD = 20
ONE_ID = 64  # longer texts name several parents
MAX_REPAIRS = 400
HOPELESS_FAILURES, HOPELESS_PROGRESS = 20, 100  # failures, and commits read for each of them


@dataclass
class Raw:
    """A repository as read: rows in the stored schemas plus what only this reading knows."""

    name: str
    located: Located
    shadow: Shadow
    commits: pl.DataFrame
    changes: pl.DataFrame
    head: str
    as_of: date
    targets: refs.Peeled = field(default_factory=dict)
    tags: tuple[Tag, ...] = ()
    branches: tuple[Branch, ...] = ()
    files: list[tree.Entry] = field(default_factory=list)
    measures: pl.DataFrame = field(default_factory=tree.MEASURES.to_frame)
    texts: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, bytes] = field(default_factory=dict)
    mailmap: str = ""
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def day(seconds: int) -> date:
    """Return the UTC day of a time, kept inside what a calendar knows."""
    return datetime.fromtimestamp(max(0, min(seconds, 4_102_444_800)), UTC).date()


def read_repository(
    located: Located,
    name: str,
    cache: Path,
    *,
    as_of: date,
    wanted: Callable[[str], bool],
    manifest: Callable[[str], bool],
    progress: Progress = silent,
) -> Raw:
    """Read a repository through its shadow; `wanted` and `manifest` say which texts and which manifests the rooms need."""
    place = place_name(located.path)
    shadow = shadow_of(located, cache / "shadows" / place)
    if not located.head and not located.refs:
        raise InputError(f"{name}: the repository has no commits yet", "Audit it again after the first commit.")
    raw = Raw(name, located, shadow, pl.DataFrame(), pl.DataFrame(), "", as_of)
    tips = _tips(raw)
    version = checked_version(shadow.output("version").decode())
    store = segments.Segments(cache / "history" / segments.folder_name(cache_name(located), version))
    _read_history(raw, store, tips, progress)
    raw.head = _head_commit(raw, as_of)
    _mark_reachable(raw, tips)
    _note_dates(raw)
    _read_refs(raw, as_of)
    _read_tree(raw, store.folder, progress)
    _read_texts(raw, wanted, manifest)
    return raw


def checked_version(said: str) -> str:
    """Return git's version, or say that it is too old."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", said)[:2])
    if numbers < OLDEST_GIT:
        raise QuarterdeckError(f"{said.strip()} is too old", "Install git 2.39 or later and try again.")
    return said.strip()


def _tips(raw: Raw) -> list[str]:
    """Return the commits that refs and HEAD name; note those that cannot be read."""
    named = {**raw.located.refs, "HEAD": raw.located.head}
    ids = sorted({each for each in named.values() if each})
    found = refs.peeled(raw.shadow, ids)
    for ref, target in sorted(named.items()):
        if target and target not in found:
            raw.problems.append(Problem(Citation(raw.name, masked(ref)), "the object it names is missing or unreadable"))
    found |= refs.peeled(raw.shadow, sorted({target for target, kind, _, _ in found.values() if kind == "tag"}))
    raw.targets = found
    tips = {target for target, kind, _, _ in found.values() if kind == "commit"}
    if not tips:
        raise InputError(f"{raw.name}: none of its commits can be read", "The repository is damaged: clone it again.")
    return sorted(tips)


def _read_history(raw: Raw, store: segments.Segments, tips: list[str], progress: Progress) -> None:
    raw.commits, raw.changes = store.load()
    notes, problems = store.damage()
    raw.notes += notes
    raw.problems += [Problem(Citation(raw.name, locator), message) for locator, message in problems]
    new = pl.Series(tips).filter(~pl.Series(tips).is_in(raw.commits["commit"].implode())).to_list()
    if not new:
        return
    fresh = _read_new(raw, store, new, progress)
    raw.commits, raw.changes = segments.merged(pl.concat([raw.commits, fresh[0]]), pl.concat([raw.changes, fresh[1]]))


def _read_new(raw: Raw, store: segments.Segments, tips: list[str], progress: Progress) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the commits that are not stored yet, keeping each finished part at once."""
    known = refs.peeled(raw.shadow, frontier(raw.commits))
    revisions = [*tips, *(f"^{commit}" for commit in sorted(known))]
    total = _count(raw, revisions)
    positions = dict(zip(raw.commits["commit"], raw.commits["position"], strict=True))
    before = len(positions)
    parts = []
    reading = Reading()
    for part in read_log(raw.shadow, revisions, positions=positions, reading=reading):
        store.add(*part)
        parts.append(part)
        progress("history", len(positions) - before, total)
    if reading.failed:
        parts += _repair(raw, store, revisions, positions, reading)
    _note_complaints(raw, store, reading)
    return pl.concat([part[0] for part in parts]), pl.concat([part[1] for part in parts])


def _count(raw: Raw, revisions: list[str]) -> int:
    """Estimate the work from the pack's size, since counting commits would cost a walk of its own."""
    packs = sum(each.stat().st_size for each in (raw.located.objects / "pack").glob("*.idx"))
    return 0 if any(each.startswith("^") for each in revisions) else packs // 160


def frontier(commits: pl.DataFrame) -> list[str]:
    """Return the stored commits that are nobody's parents: what a next reading may leave out."""
    parents = commits.select(pl.col("parents").str.split(" ").explode().alias("commit"))
    return sorted(commits.join(parents, on="commit", how="anti")["commit"])


def _repair(
    raw: Raw, store: segments.Segments, revisions: list[str], positions: dict[str, int], reading: Reading
) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
    """Go on after an object that cannot be read: leave out that commit's changes, or cut history where it is broken."""
    rest = [each for each in _walkable(raw, revisions) if each not in positions]
    parts = _read_around(raw, rest, positions)
    if not positions and not parts:
        raise InputError(f"{raw.name}: its history cannot be read ({reading.complaints.strip()[:160]})", "Clone it again.")
    for part in parts:
        store.add(*part)
    store.remember_damage(raw.notes, [(each.citation.locator, each.message) for each in raw.problems])
    return parts


def _read_around(raw: Raw, rest: list[str], positions: dict[str, int]) -> list[tuple[pl.DataFrame, pl.DataFrame]]:
    """Read commits in order; where one fails, take it without the search for edited renames, or leave it out.

    A clone without most file contents fails again and again: then that search is given up for the rest.
    """
    parts: list[tuple[pl.DataFrame, pl.DataFrame]] = []
    exact, lost, start, hopeless = 0, 0, len(rest), False
    for failures in range(1, MAX_REPAIRS):
        parts += read_log(raw.shadow, rest, positions=positions, reading=Reading(), walk=False, exact=hopeless)
        rest = [each for each in rest if each not in positions]
        if not rest:
            break
        parts += read_log(raw.shadow, rest[:1], positions=positions, reading=Reading(), walk=False, exact=True)
        exact, lost = (exact + 1, lost) if rest[0] in positions else (exact, lost + 1)
        if rest[0] not in positions:
            parts += read_log(raw.shadow, rest[:1], positions=positions, reading=Reading(), walk=False, changes=False)
            raw.problems.append(Problem(Citation(raw.name, f"commit {rest[0][:10]}"), "its files cannot be read: an object is missing"))
        rest = rest[1:]
        hopeless = failures >= HOPELESS_FAILURES and (start - len(rest)) / failures < HOPELESS_PROGRESS
    _note_damage(raw, "most commits" if hopeless else plural(exact, "commit") if exact else "", lost + len(rest))
    return parts


def _note_damage(raw: Raw, exact: str, lost: int) -> None:
    if exact:
        raw.notes.append(f"damaged: file contents are missing, so {exact} were read without finding edited renames")
    if lost:
        raw.notes.append(f"damaged: {plural(lost, 'commit')} could not be read")


def _walkable(raw: Raw, revisions: list[str]) -> list[str]:
    """List commits oldest first; where a commit object is missing, its children become the edge of history."""
    rows: list[list[str]] = []
    for _ in range(MAX_REPAIRS):
        with raw.shadow.open("rev-list", "--parents", "--stdin", feed=revisions) as child:
            rows = [line.split(" ") for line in child.stream.read().decode().splitlines()]
            broken = child.wait() != 0
        edge = _edge(raw, rows) if broken else []
        if not edge:
            break
        with (raw.shadow.folder / "shallow").open("a") as file:
            file.writelines(f"{each}\n" for each in edge)
        raw.problems += [
            Problem(Citation(raw.name, f"commit {each[:10]}"), "a parent is missing: older history is cut off") for each in edge
        ]
        raw.notes.append("damaged: a commit is missing, so older history is cut off")
    return [row[0] for row in reversed(rows)]


def _edge(raw: Raw, rows: list[list[str]]) -> list[str]:
    """Return the commits with a parent that does not exist, among those listed and the ones the listing broke off at."""
    listed = {row[0] for row in rows}
    ahead = sorted({parent for row in rows for parent in row[1:]} - listed)
    content = {each[0]: each[2] for each in refs.batch(raw.shadow, ahead)}
    rows = [*rows, *([commit, *refs.parents(text)] for commit, text in content.items())]
    unsure = sorted({parent for row in rows for parent in row[1:]} - listed)
    gone = set(unsure) - {each[0] for each in refs.batch(raw.shadow, unsure)}
    return [row[0] for row in rows if gone & set(row[1:])]


def _note_complaints(raw: Raw, store: segments.Segments, reading: Reading) -> None:
    """Note that git gave up on renames, and keep the note: a later run, which skips those commits, must say the same."""
    if "rename detection was skipped" in reading.complaints:
        raw.notes.append(RENAMES_SKIPPED)
        store.remember_damage([RENAMES_SKIPPED], [])


def _head_commit(raw: Raw, as_of: date) -> str:
    """Return the last first-parent commit whose committer date is not later than a day."""
    now = raw.commits.filter(pl.col("commit") == raw.located.head)["committer_time"]
    if now.len() and day(now[0]) <= as_of:
        return raw.located.head
    rows = dict(zip(raw.commits["commit"], zip(raw.commits["parents"], raw.commits["committer_time"], strict=True), strict=True))
    commit = raw.located.head if now.len() else str(raw.commits["commit"][-1])
    if not now.len():
        raw.notes.append("HEAD names no commit: the report follows another branch")
    while commit in rows and day(rows[commit][1]) > as_of:
        parent = rows[commit][0].split(" ")[0]
        if parent not in rows:
            break
        commit = parent
    return commit


def _mark_reachable(raw: Raw, tips: list[str]) -> None:
    """Mark the commits HEAD reaches, and drop stored ones that no ref reaches any more."""
    ids = raw.commits["commit"].to_list()
    row_of = {commit: row for row, commit in enumerate(ids)}
    reach = bytearray(len(ids))
    for row in (row_of[tip] for tip in tips if tip in row_of):
        reach[row] |= 1
    reach[row_of[raw.head]] |= 3
    _pass_down(reach, raw.commits["parents"].to_list(), row_of)
    marks = pl.Series("mark", list(reach), dtype=pl.UInt8)
    raw.commits = raw.commits.with_columns(at_head=(marks & 2) > 0).filter(marks > 0)


def _pass_down(reach: bytearray, parents: list[str], row_of: dict[str, int]) -> None:
    """Hand every mark on to the parents; rows are sorted, so that children come after them."""
    for row in range(len(parents) - 1, -1, -1):
        if mark := reach[row]:
            for parent in (parents[row],) if len(parents[row]) <= ONE_ID else parents[row].split(" "):
                if (at := row_of.get(parent)) is not None:
                    reach[at] |= mark


def _note_dates(raw: Raw) -> None:
    """Count the commits whose author date cannot be right; they count as of the nearest day that can."""
    last = (raw.as_of.toordinal() - date(1970, 1, 1).toordinal() + 1) * 86_400
    odd = raw.commits.filter((pl.col("author_time") < 0) | (pl.col("author_time") >= last)).height
    if odd:
        raw.notes.append(f"dates: {plural(odd, 'commit')} dated before 1970 or after {raw.as_of}, counted as of the nearest day")


def _read_refs(raw: Raw, as_of: date) -> None:
    raw.tags = tuple(tag for tag in refs.tags_of(raw.located, raw.targets) if day(tag.time) <= as_of)
    columns = ("commit", "parents", "committer_time", "at_head", "author")
    rows = {row[0]: row[1:] for row in raw.commits.filter(~pl.col("at_head")).select(columns).iter_rows()}
    raw.branches = tuple(
        branch for branch in refs.branches_of(raw.located, rows, frozenset(tag.commit for tag in raw.tags)) if day(branch.time) <= as_of
    )


def _read_tree(raw: Raw, cache: Path, progress: Progress) -> None:
    try:
        raw.files = tree.entries(raw.shadow, raw.head)
    except GitFailed as error:
        raw.problems.append(Problem(Citation(raw.name, f"commit {raw.head[:10]}"), f"the files cannot be listed: {error.message[:120]}"))
        return
    raw.problems += _odd_files(raw)
    sources = {
        each.blob: each.path for each in raw.files if each.kind in ("source", "test", "example", "migration") and each.size <= tree.MAX_BLOB
    }
    progress("files", 0, len(sources))
    raw.measures = tree.measures(raw.shadow, sources, cache)
    progress("files", len(sources), len(sources))


def _odd_files(raw: Raw) -> list[Problem]:
    """Name files that differ only in capitals, and source files too large to be looked into."""
    first: dict[str, str] = {}
    clash = "differs from {} only in capitals: on many machines only one of them exists"
    odd = [(each.path, clash.format(other)) for each in raw.files if (other := first.setdefault(each.path.lower(), each.path)) != each.path]
    large = [each for each in raw.files if each.kind in ("source", "test") and each.size > tree.MAX_BLOB]
    odd += [(each.path, f"{each.size >> 20} MB: larger than {tree.MAX_BLOB >> 20} MB, so it was not measured") for each in large]
    more = [Problem(Citation(raw.name, "files"), f"{len(odd) - MOST_ODD:,} more like the last ones")] if len(odd) > MOST_ODD else []
    return [*(Problem(Citation(raw.name, path), message) for path, message in odd[:MOST_ODD]), *more]


def _read_texts(raw: Raw, wanted: Callable[[str], bool], manifest: Callable[[str], bool]) -> None:
    """Read the texts and the manifests that rooms ask for; a manifest too large to be one is named."""
    raw.texts = {path: clean_lines(content) for path, content in _chosen(raw, wanted, tree.MAX_BLOB)}
    raw.mailmap = raw.texts.get(".mailmap", "")
    raw.manifests = dict(_chosen(raw, manifest, LARGEST_MANIFEST))
    for each in raw.files:
        if each.kind == "symlink" and manifest(each.path):
            raw.problems.append(Problem(Citation(raw.name, each.path), "is a link, and links are not followed: it was not read"))
        elif each.size > LARGEST_MANIFEST and manifest(each.path):
            size = f"{each.size >> 20} MB: larger than {LARGEST_MANIFEST >> 20} MB, so it was not read"
            raw.problems.append(Problem(Citation(raw.name, each.path), size))


def _chosen(raw: Raw, wanted: Callable[[str], bool], limit: int) -> Iterator[tuple[str, bytes]]:
    """Yield (path, content) of the files that are asked for, in the order of their paths; links are never followed."""
    asked: dict[str, list[str]] = {}
    for each in raw.files:
        if each.kind not in ("symlink", "submodule") and wanted(each.path):
            asked.setdefault(each.blob, []).append(each.path)
    found = tree.contents(raw.shadow, sorted(asked), limit=limit)
    yield from sorted((path, content) for blob, content in found for path in asked[blob])


def clean_lines(content: bytes) -> str:
    """Decode a text file for reading; what is not UTF-8 is read as Latin-1."""
    try:
        return clean(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return clean(content.decode("latin-1"))
