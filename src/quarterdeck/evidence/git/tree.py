"""The files at one commit: names, kinds and sizes, and for source files how long and how deep they are."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from quarterdeck.domain.text import clean
from quarterdeck.evidence.git.segments import write_atomically
from quarterdeck.evidence.git.shadow import Shadow
from quarterdeck.evidence.secrets import masked
from quarterdeck.kit import files as kinds

MAX_BLOB = 5 << 20
MOST_RULES = 2_000  # attributes beyond this many are a trap, not a wish
_MODE_KIND = {"120000": ("symlink", "symbolic link"), "160000": ("submodule", "submodule")}
_INDENT = re.compile(rb"^([ \t]*)[^\s]", re.MULTILINE)
MEASURES = pl.Schema({"blob": pl.String, "lines": pl.UInt32, "indentation": pl.UInt32, "mark": pl.String})


@dataclass(frozen=True)
class Entry:
    """One file of a tree."""

    path: str
    blob: str
    kind: str
    rule: str
    size: int


def entries(shadow: Shadow, commit: str) -> list[Entry]:
    """Return the files at a commit, told apart by name and by the repository's attributes."""
    listing = shadow.output("ls-tree", "-r", "-z", "-l", "--full-tree", commit)
    rows = [_row(line) for line in listing.split(b"\0") if line]
    rules = _attribute_rules(shadow, rows)
    return [_entry(row, rules) for row in rows]


def _row(line: bytes) -> tuple[str, str, int, str]:
    meta, _, path = line.partition(b"\t")
    mode, _, blob, size = meta.decode().split()
    try:
        name = path.decode("utf-8")
    except UnicodeDecodeError:
        name = path.decode("latin-1")
    return mode, blob, int(size) if size.isdigit() else 0, masked(clean(name))


def _entry(row: tuple[str, str, int, str], rules: list[tuple[re.Pattern[str], str, bool]]) -> Entry:
    mode, blob, size, path = row
    kind, rule = _MODE_KIND.get(mode) or kinds.decide(path, rules)
    return Entry(path, blob, kind, rule, size)


def _attribute_rules(shadow: Shadow, rows: list[tuple[str, str, int, str]]) -> list[tuple[re.Pattern[str], str, bool]]:
    found = {row[1]: row[3] for row in rows if row[3].rpartition("/")[2] == ".gitattributes" and row[0] != "120000"}
    rules: list[tuple[re.Pattern[str], str, bool]] = []
    for blob, content in sorted(contents(shadow, found), key=lambda pair: found[pair[0]].count("/")):
        folder = found[blob].rpartition("/")[0]
        rules += kinds.attribute_rules(content.decode("utf-8", "replace"), f"{folder}/" if folder else "")
    return rules[-MOST_RULES:]


def contents(shadow: Shadow, blobs: Iterable[str], *, limit: int = MAX_BLOB) -> Iterator[tuple[str, bytes]]:
    """Yield (id, content) of the blobs that exist and are not too large."""
    return ((blob, content) for blob, content, size in _batch(shadow, blobs, limit) if size <= limit)


def heads(shadow: Shadow, blobs: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Yield (id, content) of the blobs that exist; of large ones the beginning."""
    return ((blob, content) for blob, content, _ in _batch(shadow, blobs, MAX_BLOB))


def _batch(shadow: Shadow, blobs: Iterable[str], limit: int) -> Iterator[tuple[str, bytes, int]]:
    """Yield (id, content up to the limit, size) of the blobs that exist."""
    wanted = list(blobs)
    if not wanted:
        return
    with shadow.open("cat-file", "--batch", feed=wanted) as child:
        while header := child.stream.readline().split():
            if len(header) != 3:
                continue
            size = int(header[2])
            content = child.stream.read(min(size, limit))
            _skip(child.stream.read, size + 1 - len(content))
            if header[1] == b"blob":
                yield header[0].decode(), content, size


def _skip(read: Callable[[int], bytes], size: int) -> None:
    while size > 0 and (block := read(min(size, 1 << 20))):
        size -= len(block)


def measure(path: str, content: bytes) -> tuple[int, int, str]:
    """Return (lines, sum of indentation depth over lines, mark) of a source file."""
    if b"\0" in content[:8000]:
        return 0, 0, "binary"
    leads = Counter(_INDENT.findall(content))
    mark = "generated marker" if kinds.marked_generated(content) else "minified" if kinds.minified(path, content) else ""
    return sum(leads.values()), _depth(leads), mark


def _depth(leads: Counter[bytes]) -> int:
    """Sum indentation in levels: a tab is one level, and spaces count in twos or fours as the file itself does."""
    spaces = Counter({len(lead): count for lead, count in leads.items() if lead and b"\t" not in lead})
    odd = sum(count for width, count in spaces.items() if width % 4 == 2)
    unit = 2 if odd * 10 > sum(spaces.values()) else 4
    tabbed = sum(count * (lead.count(b"\t") + lead.count(b" ") // 4) for lead, count in leads.items() if b"\t" in lead)
    return tabbed + sum(count * (width // unit) for width, count in spaces.items())


def _kept(cache: Path) -> Iterator[pl.DataFrame]:
    """Yield the measures of earlier runs; a damaged file is measured again."""
    for path in sorted(cache.glob("*.measures.parquet")):
        try:
            frame = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError):
            continue
        if frame.schema == MEASURES:
            yield frame


def measures(shadow: Shadow, wanted: dict[str, str], cache: Path) -> pl.DataFrame:
    """Return lines, depth and marks of blobs (id to path), reading only those not measured before."""
    known = pl.concat([MEASURES.to_frame(), *_kept(cache)])
    missing = sorted(set(wanted) - set(known["blob"]))
    rows = [(blob, *measure(wanted[blob], content)) for blob, content in contents(shadow, missing)]
    if rows:
        fresh = pl.DataFrame(rows, schema=MEASURES, orient="row")
        cache.mkdir(parents=True, exist_ok=True)
        write_atomically(fresh, cache / f"{missing[0][:16]}-{len(missing)}.measures.parquet")
        known = pl.concat([known, fresh])
    return known.unique("blob")
