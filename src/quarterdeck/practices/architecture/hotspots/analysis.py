"""Rank files by how often they change and how hard they are to change."""

import polars as pl

TOP = 0.95  # a hotspot is in the top 5 % of both ranks
MIN_REVISIONS = 10
SWEEP_FILES = 100  # a commit that touches more files than this says nothing about any one of them


def revisions(changes: pl.DataFrame, since: int) -> pl.DataFrame:
    """Count (life, revisions, authors, fragmentation) of files changed on or after a day.

    Fragmentation is 1 - sum((a_i / n)^2) over the revisions a_i of each author (D'Ambros, Lanza; as in code-maat).
    Commits over more than 100 files are left out.
    """
    own = changes.filter((pl.col("day") >= since) & (pl.col("status") != "D") & ~pl.col("co"))
    sweeping = own.group_by("commit").len().filter(pl.col("len") > SWEEP_FILES).select("commit")
    counted = own.join(sweeping, on="commit", how="anti").group_by("life", "person").agg(own=pl.col("commit").n_unique())
    own_squared = (pl.col("own").cast(pl.Int64) ** 2).sum() / pl.col("own").cast(pl.Int64).sum() ** 2
    return counted.group_by("life").agg(revisions=pl.col("own").sum(), authors=pl.len(), fragmentation=1 - own_squared)


def sweeps(changes: pl.DataFrame, since: int) -> int:
    """Count the commits left out because they touch too many files."""
    own = changes.filter((pl.col("day") >= since) & (pl.col("status") != "D") & ~pl.col("co"))
    return own.group_by("commit").len().filter(pl.col("len") > SWEEP_FILES).height


def ranked(files: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """Return files with revisions, both percentile ranks, score and whether they are hotspots, hottest first.

    Complexity is the sum of indentation depth over lines (Hindle, Godfrey, Holt 2008). A percentile rank is the share
    of files with a lower or equal value, ties at their mean rank.
    """
    joined = files.join(counts, on="life", how="left").with_columns(
        pl.col("revisions", "authors").fill_null(0), pl.col("fragmentation").fill_null(0.0)
    )
    count = max(joined.height, 1)
    both = joined.with_columns(
        change_rank=pl.col("revisions").rank("average") / count,
        complexity_rank=pl.col("indentation").rank("average") / count,
    )
    hot = (pl.col("change_rank") > TOP) & (pl.col("complexity_rank") > TOP) & (pl.col("revisions") >= MIN_REVISIONS)
    scored = both.with_columns(score=pl.col("change_rank") * pl.col("complexity_rank"), hotspot=hot)
    return scored.sort(["hotspot", "score", "revisions", "path"], descending=[True, True, True, False])


def top_share(ranked_files: pl.DataFrame) -> float | None:
    """Return the share of all revisions that fall on the busiest 5 % of files, or nothing without revisions."""
    total = float(ranked_files["revisions"].sum())
    busiest = ranked_files["revisions"].sort(descending=True).head(max(1, round(0.05 * ranked_files.height)))
    return float(busiest.sum()) / total if total else None
