"""Find code that was copied: blocks of lines that are alike but for blanks and comments.

Ten lines and a hundred tokens are what SonarQube asks of a duplicated block; shorter likeness is idiom more often than copying.
"""

import re
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quarterdeck.domain.contents import COPIES

VERSION = 1
LINES, TOKENS = 10, 50  # of a window: ten lines as SonarQube has it, fifty tokens as jscpd has it
CHANGES = 5  # lines of a window that differ from the one before: rows of a table are no code
PLACES = 8  # a window in more places than this is paired with the first of them only
MOST_BYTES = 1_000_000
WINDOWS = pl.Schema({"repository": pl.UInt16, "path": pl.String, "line": pl.UInt32, "hash": pl.UInt64})

Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
_NO_CODE = re.compile(
    rb"^[ \t]*(?:/\*(?s:.*?)(?:\*/|\Z)|[rRuUbB]?(?:\"\"\"(?s:.*?)(?:\"\"\"|\Z)|'''(?s:.*?)(?:'''|\Z))"
    rb"|(?:import|from[ \t]+[\w.]+[ \t]+import)[ \t]*(?:type[ \t]*)?[({][^)}]*(?:[)}]|\Z).*"
    rb"|(?://|#|\*[ /]|\*$|-- |import\b|from\b|using\b|use\b|require|include|package\b|namespace\b|export\b.*\bfrom\b).*)",
    re.MULTILINE,
)
_ODD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_BLANK = np.isin(np.arange(256), [*b" \t\r\f\v\0"])
_WORD = np.array([chr(code).isalnum() or code == ord("_") or code > 127 for code in range(256)])


def windows(path: str, content: bytes) -> list[tuple[int, int]]:
    """Return (line, hash) of every significant line: the hash of it and the nine after it, or 0 where they say too little.

    Blank lines, lines without a word, comments of their own and imports are no significant lines; blanks do not count.
    """
    del path  # one rule for every language
    if len(content) > MOST_BYTES or b"\0" in content:
        return []
    lines, hashes, tokens = _lines(_NO_CODE.sub(lambda found: b"\n" * found[0].count(b"\n"), content))
    return list(zip(lines.tolist(), _rolled(hashes, tokens).tolist(), strict=True))


def _lines(content: bytes) -> tuple[Numbers, Hashes, Numbers]:
    """Return number, hash and tokens of each line that holds a word."""
    codes = np.frombuffer(content + b"\n", np.uint8)
    ends, word = codes == ord("\n"), _WORD[codes]
    kept = ~_BLANK[codes]
    starts = word.copy()
    starts[1:] &= ~word[:-1]
    tokens = _per_line(starts | (kept & ~word & ~ends), ends)
    prefix = np.zeros(int(kept.sum()) + 1, np.uint64)
    left = codes[kept]
    powers, inverses = _powers(left.size)
    np.cumsum((left.astype(np.uint64) + _MIX) * powers[: left.size], out=prefix[1:])
    stop = np.flatnonzero(left == ord("\n"))
    start = np.concatenate(([0], stop[:-1] + 1))
    hashes = _mixed((prefix[stop] - prefix[start]) * inverses[start])
    lines = np.flatnonzero(_per_line(starts, ends))
    return lines + 1, hashes[lines], tokens[lines]


def _per_line(marks: NDArray[np.bool_], ends: NDArray[np.bool_]) -> Numbers:
    counted = np.cumsum(marks, dtype=np.int64)[ends]
    return np.diff(counted, prepend=0)


@lru_cache(maxsize=1)
def _table() -> tuple[Hashes, Hashes]:
    size = MOST_BYTES + 2
    inverse = np.uint64(pow(int(_ODD), -1, 1 << 64))
    powers, inverses = np.full(size, _ODD), np.full(size, inverse)
    powers[0] = inverses[0] = 1
    return np.cumprod(powers), np.cumprod(inverses)


def _powers(size: int) -> tuple[Hashes, Hashes]:
    """Return the powers of an odd number modulo 2^64 and of its inverse: hashes of lines come from one running sum."""
    powers, inverses = _table()
    return powers[:size], inverses[: size + 1]


def _mixed(values: Hashes) -> Hashes:
    values = (values ^ (values >> np.uint64(31))) * _MIX
    return values ^ (values >> np.uint64(29))


def _rolled(hashes: Hashes, tokens: Numbers) -> Hashes:
    """Return the hash of each run of ten lines that starts at a line; 0 at the end of the file and for runs that say little."""
    result = np.zeros(hashes.size, np.uint64)
    count = hashes.size - LINES + 1
    if count <= 0:
        return result
    total = np.zeros(count, np.uint64)
    for step in range(LINES):
        total = total * _ODD + hashes[step : step + count]
    changes = np.concatenate(([0], np.cumsum(hashes[1:] != hashes[:-1])))
    said = np.concatenate(([0], np.cumsum(tokens)))
    telling = (changes[LINES - 1 :] - changes[:count] >= CHANGES - 1) & (said[LINES:] - said[:count] >= TOKENS)
    result[:count] = np.where(telling, _mixed(total), 0)
    return result


def copies(windows: pl.DataFrame) -> pl.DataFrame:
    """Return the longest blocks that two places share (COPIES), each pair once, longest first.

    `windows` holds repository, path, line and hash. Places are compared within a repository. A window in more than eight
    places is paired with the first of them only, so that the work grows with the lines and not with their square.
    """
    rows = windows.select(list(WINDOWS)).cast(WINDOWS).sort("repository", "path", "line").with_row_index("row")
    first, second = _pairs(rows)
    start, end, delta = _runs(first, second, rows.select(pl.struct("repository", "path").rle_id())["repository"].to_numpy())
    lines = rows["line"].to_numpy().astype(np.int64)
    found = pl.DataFrame({"start": start, "other": start + delta, "lines": lines[end] - lines[start] + 1})
    return _named(rows, found)


def _pairs(rows: pl.DataFrame) -> tuple[Numbers, Numbers]:
    """Return the rows of equal windows, two by two, the earlier first."""
    places = rows.filter(pl.col("hash") != 0).select("row", group=pl.struct("repository", "hash").rank("dense"))
    places = places.sort("group", "row")
    group, row = places["group"].to_numpy(), places["row"].to_numpy().astype(np.int64)
    begins = np.flatnonzero(np.diff(group, prepend=0)) if group.size else np.zeros(0, np.int64)
    sizes = np.diff(np.append(begins, group.size))
    size, leader = np.repeat(sizes, sizes), np.repeat(row[begins], sizes)
    few = [(row[:-step], row[step:], (group[:-step] == group[step:]) & (size[step:] <= PLACES)) for step in range(1, PLACES)]
    first = [early[same] for early, _, same in few if early.size] + [leader[(size > PLACES) & (row != leader)]]
    second = [late[same] for _, late, same in few if late.size] + [row[(size > PLACES) & (row != leader)]]
    return np.concatenate(first), np.concatenate(second)


def _runs(first: Numbers, second: Numbers, file: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """Join pairs whose windows touch into blocks, and return (first row, last row, distance to the other place)."""
    apart = (file[first] != file[second]) | (second - first >= LINES)
    order = np.lexsort((first[apart], file[second[apart]], (second - first)[apart]))
    begin, other = first[apart][order], second[apart][order]
    delta = other - begin
    new = np.ones(begin.size, bool)
    new[1:] = (np.diff(delta) != 0) | (np.diff(begin) > LINES) | (np.diff(file[begin]) != 0) | (np.diff(file[other]) != 0)
    starts = np.flatnonzero(new)
    start, delta = begin[starts], delta[starts]
    last = begin[np.append(starts[1:], begin.size)[: starts.size] - 1] + LINES - 1
    own = file[start] == file[start + delta]
    return start, np.where(own, np.minimum(last, start + delta - 1), last), delta


def _named(rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    known = rows.select("row", "repository", "path", "line")
    other = known.select(other="row", other_path="path", other_line="line").cast({"other": pl.Int64})
    named = found.join(known.cast({"row": pl.Int64}), left_on="start", right_on="row").join(other, on="other")
    order = ["lines", "repository", "path", "line", "other_path", "other_line"]
    return named.select(pl.col(name).cast(kind) for name, kind in COPIES.items()).sort(order, descending=[True, *[False] * 5])
