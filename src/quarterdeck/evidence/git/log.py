"""One pass over history: `git log --raw -M -z`, framed so that no message, name or path can forge a row.

A record is a header token of nine lines, then pairs of a raw entry and its paths, all ended by NUL, which git never
prints inside a message, a name or a path.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import IO

import polars as pl

from quarterdeck.domain.contents import schema
from quarterdeck.domain.records import CHANGES
from quarterdeck.domain.text import clean
from quarterdeck.evidence.git.shadow import NO_PROGRAMS, Shadow

FORMAT = "--format=%H%n%P%n%an%n%ae%n%at%n%ce%n%ct%n%B"
RENAME_LIMIT = 3000  # finds 2,000 files moved to new names in one commit within 2.3 CPU seconds
BLOCK = 1 << 20
SEGMENT_COMMITS = 20_000
_HEADER = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\n")
CO_AUTHOR = "co-authored-by:"
MOST_LINE = 500
HOSTS = frozenset({"noreply@github.com", "noreply@gitlab.com", "noreply@bitbucket.org"})
FAR_PAST, FAR_FUTURE = -(1 << 40), 1 << 40

STORED_COMMITS = schema(
    {
        "commit": pl.String,
        "parents": pl.String,
        "author": pl.String,
        "author_time": pl.Int64,
        "committer_time": pl.Int64,
        "co_authors": pl.List(pl.String),
        "hosted": pl.Boolean,
        "subject": pl.String,
        "position": pl.Int64,
    }
)
STORED_CHANGES = schema({"commit": pl.String, **{k: v for k, v in CHANGES.items() if k not in ("repository", "commit")}})


@dataclass
class Batch:
    """Rows read so far, by column."""

    commits: dict[str, list[object]] = field(default_factory=lambda: {name: [] for name in STORED_COMMITS})
    changes: list[tuple[object, ...]] = field(default_factory=list)

    def drop_last(self, positions: dict[str, int]) -> None:
        """Forget the newest commit: git died while it printed it."""
        if self.commits["commit"]:
            last = str(self.commits["commit"][-1])
            positions.pop(last, None)
            for column in self.commits.values():
                column.pop()
            self.changes = [row for row in self.changes if row[0] != last]

    def take(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the rows as frames of the stored schemas, and start empty again."""
        commits = pl.DataFrame(self.commits, schema=STORED_COMMITS)
        changes = pl.DataFrame(self.changes, schema=STORED_CHANGES, orient="row")
        self.commits = {name: [] for name in STORED_COMMITS}
        self.changes = []
        return commits, changes


@dataclass
class Reading:
    """What a pass yielded beside its rows: git's complaints."""

    complaints: str = ""
    failed: bool = False


def log_arguments(*, exact: bool, walk: bool = True, changes: bool = True) -> list[str]:
    """Return the arguments of the pass.

    `exact` finds only renames without edits, which need no file contents; without `changes` no tree is read at all.
    """
    order = ("--reverse", "--topo-order") if walk else ("--no-walk=unsorted",)
    return [
        "-c", f"diff.renameLimit={RENAME_LIMIT}", "log", "--diff-merges=off", *order,
        *(("--raw", "-M100%" if exact else "-M") if changes else ("-s",)), "-z", "--no-abbrev", "--no-notes", "--no-color", *NO_PROGRAMS, FORMAT, "--stdin",
    ]  # fmt: skip


def read_log(
    shadow: Shadow,
    revisions: Iterable[str],
    *,
    positions: dict[str, int],
    reading: Reading,
    exact: bool = False,
    walk: bool = True,
    changes: bool = True,
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Yield commits and changes, oldest first; `positions` knows the commits read before and learns the new ones."""
    batch = Batch()
    with shadow.open(*log_arguments(exact=exact, walk=walk, changes=changes), feed=revisions) as child:
        try:
            for _ in parse(_tokens(child.stream), batch, positions):
                if len(batch.commits["commit"]) >= SEGMENT_COMMITS:
                    yield batch.take()
        finally:
            reading.failed = child.finish() != 0
            reading.complaints += child.complaints()
        if reading.failed:
            batch.drop_last(positions)
        yield batch.take()


def _tokens(stream: IO[bytes]) -> Iterator[str]:
    """Split the stream at NUL, decoding whole blocks where they are UTF-8."""
    rest = b""
    while block := stream.read(BLOCK):
        block = rest + block
        cut = block.rfind(b"\0") + 1
        rest = block[cut:]
        if cut:
            yield from _decoded(block[: cut - 1])
    if rest:
        yield from _decoded(rest)


def _decoded(block: bytes) -> list[str]:
    try:
        return block.decode("utf-8").split("\0")
    except UnicodeDecodeError:
        return [_decode(token) for token in block.split(b"\0")]


def _decode(token: bytes) -> str:
    """Decode line by line, so that one odd byte in a message does not spoil the author's name."""
    return "\n".join(_line(line) for line in token.split(b"\n"))


def _line(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def parse(tokens: Iterable[str], batch: Batch, positions: dict[str, int]) -> Iterator[str]:
    """Fill a batch from tokens; yield after each commit, so that the caller may take the batch away."""
    take = iter(tokens)
    commit = ""
    for token in take:
        if token.startswith(("\n:", ":")):
            _change(commit, token.lstrip("\n"), take, batch)
        elif _HEADER.match(token):
            if commit:
                yield commit
            commit = _commit(token, batch, positions)
    if commit:
        yield commit


def _change(commit: str, entry: str, take: Iterator[str], batch: Batch) -> None:
    """Add one raw entry: `:mode mode blob blob status` and one or two paths."""
    meta = entry.split(" ")
    status = meta[4][0]
    path = next(take)
    old_path = None
    if status in "RC":
        old_path, path = path, next(take)
    batch.changes.append((commit, status, clean(path), clean(old_path) if old_path else None, meta[3], meta[2], False))


def _commit(header: str, batch: Batch, positions: dict[str, int]) -> str:
    commit, parents, name, email, at, host, ct, body = header.split("\n", 7)
    committed = _time(ct)
    position = max((positions.get(each, 0) for each in parents.split(" ")), default=0) + 1
    positions[commit] = position = max(position, committed)
    row = batch.commits
    row["commit"].append(commit)
    row["parents"].append(parents)
    row["author"].append(alias(name, email))
    row["author_time"].append(_time(at))
    row["committer_time"].append(committed)
    row["co_authors"].append(_co_authors(body) if "uthored-" in body else [])
    row["hosted"].append(host.lower() in HOSTS)
    row["subject"].append(clean(body.partition("\n")[0][:200]))
    row["position"].append(position)
    return commit


def alias(name: str, email: str) -> str:
    """Return an author as git prints one: `Name <email>`."""
    return f"{clean(name).strip()} <{clean(email).strip()}>"


def _time(text: str) -> int:
    digits = text.strip()
    return max(FAR_PAST, min(FAR_FUTURE, int(digits))) if digits.lstrip("-").isdigit() else 0


def _co_authors(body: str) -> list[str]:
    lines = [line[len(CO_AUTHOR) : MOST_LINE] for line in body.split("\n") if line[: len(CO_AUTHOR)].lower() == CO_AUTHOR]
    named = [line.partition("<") for line in lines if "<" in line and ">" in line]
    return sorted({alias(name, rest.partition(">")[0]) for name, _, rest in named})
