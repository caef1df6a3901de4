"""Follow each file through its renames: a life is one file under all the names it ever had."""

from collections.abc import Iterable

import polars as pl

Event = tuple[int, str, int, int]  # repository, path, row, life


def with_lives(changes: pl.DataFrame) -> pl.DataFrame:
    """Add the column `life` to changes that are sorted from old to new.

    A rename carries the history along; renames of one commit apply at once, so a swap stays a swap. On parallel
    branches an edit may name the old path after the rename: the old path leads to the same life until a new file
    takes it. Deleting and re-creating a path continues its life, as the published authorship measure counts it.
    """
    rows = changes.with_row_index("row")
    structural = rows.filter(pl.col("status").is_in(["A", "R", "C"])).select("row", "repository", "commit", "status", "path", "old_path")
    events = list(_events(structural.iter_rows()))
    table = pl.DataFrame(events, schema={"repository": pl.UInt16, "path": pl.String, "row": pl.UInt32, "life": pl.UInt32}, orient="row")
    joined = rows.join_asof(table, on="row", by=["repository", "path"], strategy="backward", check_sortedness=False)
    return _unborn(joined, len({event[3] for event in events})).drop("row")


def _events(rows: Iterable[tuple[int, int, int, str, str, str | None]]) -> Iterable[Event]:
    lives: dict[tuple[int, str], int] = {}
    moved: set[tuple[int, str]] = set()
    pending: list[tuple[int, int, str, str]] = []
    current, count = -1, 0
    for row, repository, commit, status, path, old in rows:
        if commit != current:
            yield from _renamed(pending, lives, moved)
            pending, current = [], commit
        key = (repository, path)
        if status == "R" and old is not None and (repository, old) in lives:
            pending.append((row, repository, old, path))
            continue
        if status != "A" or key not in lives or key in moved:
            lives[key], count = count, count + 1
            moved.discard(key)
        yield repository, path, row, lives[key]
    yield from _renamed(pending, lives, moved)


def _renamed(pending: list[tuple[int, int, str, str]], lives: dict[tuple[int, str], int], moved: set[tuple[int, str]]) -> Iterable[Event]:
    """Apply the renames of one commit from the state before it."""
    before = [lives[repository, old] for _, repository, old, _ in pending]
    moved.update((repository, old) for _, repository, old, _ in pending)
    for (row, repository, _, path), life in zip(pending, before, strict=True):
        lives[repository, path] = life
        moved.discard((repository, path))
        yield repository, path, row, life


def _unborn(rows: pl.DataFrame, count: int) -> pl.DataFrame:
    """Give paths whose creation was never seen (history cut off) a life of their own."""
    orphans = rows.filter(pl.col("life").is_null()).select("repository", "path").unique(maintain_order=True)
    if orphans.is_empty():
        return rows
    born = orphans.with_row_index("born", offset=count)
    joined = rows.join(born, on=["repository", "path"], how="left", maintain_order="left")
    return joined.with_columns(life=pl.coalesce("life", "born").cast(pl.UInt32)).drop("born")


def infer_renames(changes: pl.DataFrame, limit: int) -> pl.DataFrame:
    """Pair the deleted and added files of a commit too large for git's rename search, by their base names.

    Only pairs whose base name is unique on both sides are taken; they are marked `inferred`.
    """
    counts = changes.group_by("commit").agg(added=(pl.col("status") == "A").sum(), deleted=(pl.col("status") == "D").sum())
    large = counts.filter(pl.col("added").cast(pl.Int64) * pl.col("deleted") > limit * limit).select("commit")
    if large.is_empty():
        return changes
    rows = changes.with_row_index("row").with_columns(base=pl.col("path").str.split("/").list.last())
    inside = rows.join(large, on="commit", how="semi")
    added, deleted = (_once(inside.filter(pl.col("status") == status)) for status in ("A", "D"))
    pairs = added.join(deleted, on=["commit", "base"], suffix="_gone")
    renames = pl.DataFrame({"row": pairs["row"], "from": pairs["path_gone"]}, schema={"row": pl.UInt32, "from": pl.String})
    paired = rows.join(renames, on="row", how="left", maintain_order="left").filter(~pl.col("row").is_in(pairs["row_gone"].implode()))
    found = pl.col("from").is_not_null()
    return paired.with_columns(
        status=pl.when(found).then(pl.lit("R", dtype=changes.schema["status"])).otherwise("status"),
        old_path=pl.coalesce("from", "old_path"),
        inferred=found | pl.col("inferred"),
    ).select(changes.columns)


def _once(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.len().over("commit", "base") == 1).select("row", "commit", "base", "path")
