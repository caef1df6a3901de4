"""Rank files by how often they change and how hard they are to change."""

import polars as pl

TOP = 0.95  # a hotspot is in the top 5 % of both ranks
MIN_REVISIONS = 10
MIN_LINES = 200  # Sokrates, Thresholds.java@61fa991c: files up to 200 lines are small; ranks alone always put some file on top
MIN_FILES = 20  # source files of a repository, below which its top 5 % is less than one file
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
    """Return files with revisions, percentile ranks, score and whether they are hotspots, hottest first.

    Complexity is the sum of indentation depth over lines (Hindle, Godfrey, Holt 2008). A percentile rank is the share
    of files with a lower or equal value, ties at their mean rank. Ranks are taken over all files and, beside that, over
    those of each repository: `own_hotspot` is hot in its repository, `hotspot` there or in the whole.
    """
    joined = files.join(counts, on="life", how="left").with_columns(
        pl.col("revisions", "authors").fill_null(0), pl.col("fragmentation").fill_null(0.0)
    )
    change, complexity, count = pl.col("revisions").rank("average"), pl.col("indentation").rank("average"), pl.len()
    both = joined.with_columns(
        change_rank=change / count,
        complexity_rank=complexity / count,
        own_change_rank=change.over("repository") / count.over("repository"),
        own_complexity_rank=complexity.over("repository") / count.over("repository"),
    )
    enough = (pl.col("revisions") >= MIN_REVISIONS) & (pl.col("lines") > MIN_LINES)
    whole = (pl.col("change_rank") > TOP) & (pl.col("complexity_rank") > TOP)
    own = (pl.col("own_change_rank") > TOP) & (pl.col("own_complexity_rank") > TOP) & (count.over("repository") >= MIN_FILES)
    scored = both.with_columns(
        score=pl.col("change_rank") * pl.col("complexity_rank"), hotspot=enough & (whole | own), own_hotspot=enough & own & ~whole
    )
    return scored.sort(["hotspot", "score", "revisions", "path"], descending=[True, True, True, False])


def chosen(hot: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return at most so many hotspots, hottest first: the hottest of each repository, and then the hottest of all."""
    placed = hot.with_row_index("place").with_columns(first=pl.int_range(pl.len()).over("repository") > 0)
    return placed.sort("first", "place").head(most).sort("place").drop("place", "first")


def top_share(ranked_files: pl.DataFrame) -> float | None:
    """Return the share of all revisions that fall on the busiest 5 % of files, or nothing without revisions."""
    total = float(ranked_files["revisions"].sum())
    busiest = ranked_files["revisions"].sort(descending=True).head(max(1, round(0.05 * ranked_files.height)))
    return float(busiest.sum()) / total if total else None
