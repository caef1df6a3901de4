"""Added and deleted lines per change: seven times dearer than the pass itself, so only on request, and cached."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from quarterdeck.domain.contents import schema
from quarterdeck.domain.progress import Progress, silent
from quarterdeck.domain.text import clean
from quarterdeck.evidence.git.log import RENAME_LIMIT
from quarterdeck.evidence.git.segments import write_atomically
from quarterdeck.evidence.git.shadow import NO_PROGRAMS, GitFailed, Shadow

BATCH = 2_500  # commits per child: starting one costs a tenth of a second of unpacking, and two cores need an even end
COUNTS = schema({"commit": pl.String, "path": pl.String, "added": pl.Int32, "deleted": pl.Int32})


def line_counts(shadow: Shadow, commits: Sequence[str], cache: Path, *, jobs: int = 2, progress: Progress = silent) -> pl.DataFrame:
    """Return (commit, path, added, deleted) of commits that are not merges.

    Binary files have no counts; commits whose contents are missing have no rows. What was counted before comes from the
    cache, which holds one file per batch.
    """
    known = pl.concat([COUNTS.to_frame(), *_kept(cache)])
    counted = set(known["commit"])
    missing = [commit for commit in commits if commit not in counted]
    batches = [missing[at : at + BATCH] for at in range(0, len(missing), BATCH)]
    with ThreadPoolExecutor(max(1, min(jobs, os.cpu_count() or 1))) as pool:
        fresh = []
        for batch, frame in zip(batches, pool.map(lambda batch: _count(shadow, batch), batches), strict=True):
            cache.mkdir(parents=True, exist_ok=True)
            write_atomically(frame, cache / f"{batch[0][:16]}.lines.parquet")
            fresh.append(frame)
            progress("added lines", len(fresh) * BATCH, len(missing))
    return pl.concat([known, *fresh]).filter(pl.col("path") != "").sort("commit", "path")


def _kept(cache: Path) -> Iterator[pl.DataFrame]:
    """Yield what was counted before; a damaged file is counted again."""
    for path in sorted(cache.glob("*.lines.parquet")):
        try:
            frame = pl.read_parquet(path)
        except (OSError, pl.exceptions.PolarsError):
            continue
        if frame.schema == COUNTS:
            yield frame


def _count(shadow: Shadow, batch: Sequence[str]) -> pl.DataFrame:
    """Count a batch; where a file's content is missing, halve it until only that commit is left out."""
    try:
        out = shadow.output(
            "-c", f"diff.renameLimit={RENAME_LIMIT}", "log", "--no-walk=unsorted", "--diff-merges=off", "--numstat", "-M", "-z",
            "--no-notes", *NO_PROGRAMS, "--format=%x01%H", "--stdin", feed=batch,
        )  # fmt: skip
    except GitFailed:
        if len(batch) == 1:
            return pl.DataFrame([(batch[0], "", None, None)], schema=COUNTS, orient="row")
        half = len(batch) // 2
        return pl.concat([_count(shadow, batch[:half]), _count(shadow, batch[half:])])
    return pl.DataFrame(_rows(out.decode("utf-8", "replace").split("\0")), schema=COUNTS, orient="row")


def _rows(tokens: list[str]) -> list[tuple[str, str, int | None, int | None]]:
    """Read numstat: `added TAB deleted TAB path`, or an empty path and the old and new one after it; a row marks each commit."""
    rows: list[tuple[str, str, int | None, int | None]] = []
    commit, take = "", iter(tokens)
    for token in take:
        if token.startswith("\x01"):
            commit = token[1:]
            rows.append((commit, "", None, None))
        elif token.count("\t") >= 2:
            added, deleted, path = token.lstrip("\n").split("\t", 2)
            if not path:
                next(take)
                path = next(take)
            rows.append((commit, clean(path), _number(added), _number(deleted)))
    return rows


def _number(text: str) -> int | None:
    return int(text) if text.isdigit() else None
