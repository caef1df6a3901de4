"""Measure functions and copied blocks: bands of size, the function to cut first, shares of lines."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from quarterdeck.kit.files import language

PARSED = frozenset(("Python", "JavaScript", "TypeScript", "Java", "Kotlin", "C", "C++", "C#", "Go", "Rust", "Ruby", "PHP"))
OTHER = ("coffee", "pyx", "pxd", "erb", "twig")  # endings that belong to these languages and that no parser here reads
NOT_READ, PARTLY_READ = "not read", "partly read"  # rows on line 0 speak of a file, not of a function
LONG, COMPLEX = (50, 100), (10, 25, 50)  # bands for orientation: Sokrates, Thresholds.java@61fa991c
SHOWN = 20
FILE = ["repository", "path"]


@dataclass(frozen=True)
class Coverage:
    """How much of the source the figures on functions speak of: files and lines, and what no parser here reads."""

    files: int
    lines: int
    foreign_files: int
    foreign_lines: int
    not_read: int
    partly_read: int


@dataclass(frozen=True)
class Band:
    """Functions above a threshold and their share of all lines in functions."""

    name: str
    functions: int
    lines: int


def parsed(path: str) -> bool:
    """Tell whether the functions of a file can be measured, from its name."""
    return language(path) in PARSED and path.rpartition(".")[2].lower() not in OTHER


def coverage(files: pl.DataFrame, functions: pl.DataFrame) -> Coverage:
    """Count the source files and lines that figures on functions speak of."""
    foreign = files.filter(~pl.Series([parsed(path) for path in files["path"]], dtype=pl.Boolean))
    noted = functions.filter(pl.col("line") == 0).join(files.select(FILE), on=FILE, how="semi")["name"]
    sums = (int(frame["lines"].sum()) for frame in (files, foreign))
    lines, foreign_lines = sums
    not_read, partly = int((noted == NOT_READ).sum()), int((noted == PARTLY_READ).sum())
    return Coverage(files.height, lines, foreign.height, foreign_lines, not_read, partly)


def measured(files: pl.DataFrame, functions: pl.DataFrame) -> pl.DataFrame:
    """Return the functions of the files with `own` lines, which leave out those of functions inside, hardest first."""
    found = functions.filter(pl.col("line") > 0).join(files.select(FILE), on=FILE, how="semi")
    placed = found.sort(*FILE, "line", "lines", "name", descending=[False, False, False, True, False])
    own = _own_lines(placed.select(*FILE, "line", "lines").iter_rows())
    order = ["complexity", "lines", *FILE, "line", "name"]
    return placed.with_columns(own=pl.Series(own, dtype=pl.Int64)).sort(order, descending=[True, True, False, False, False, False])


def _own_lines(rows: Iterable[tuple[int, str, int, int]]) -> list[int]:
    """Take the lines of inner functions from those of the function around them."""
    own: list[int] = []
    around: list[tuple[tuple[int, str], int, int]] = []  # file, last line, place in the list
    for place, (repository, path, line, lines) in enumerate(rows):
        file, last = (repository, path), line + lines - 1
        while around and (around[-1][0] != file or around[-1][1] < line):
            around.pop()
        if around:
            own[around[-1][2]] -= min(lines, around[-1][1] - line + 1)
        own.append(lines)
        around.append((file, last, place))
    return [max(lines, 0) for lines in own]


def bands(functions: pl.DataFrame) -> tuple[Band, ...]:
    """Return all functions and those in each band by their lines from first to last; the lines of a band are counted once each."""
    wanted = [("all functions", pl.lit(value=True))]
    wanted += [(f"over {most} lines", pl.col("lines") > most) for most in LONG]
    wanted += [(f"complexity over {most}", pl.col("complexity") > most) for most in COMPLEX]
    chosen = ((name, functions.filter(condition)["own"]) for name, condition in wanted)
    return tuple(Band(name, own.len(), int(own.sum())) for name, own in chosen)


def hardest(functions: pl.DataFrame) -> pl.DataFrame:
    """Return of each file the most complex function, longest first among equals."""
    return functions.unique(FILE, keep="first", maintain_order=True)


def longest(functions: pl.DataFrame) -> pl.DataFrame:
    """Return of each file the function with most lines, from its first to its last."""
    order = ["lines", "complexity", *FILE, "line", "name"]
    return functions.sort(order, descending=[True, True, False, False, False, False]).unique(FILE, keep="first", maintain_order=True)


def in_changed_files(functions: pl.DataFrame, ranked_files: pl.DataFrame) -> pl.DataFrame:
    """Return the most complex functions of files that changed in the window, with the revisions of the file."""
    changed = ranked_files.filter(pl.col("revisions") > 0).select(*FILE, "revisions")
    return functions.join(changed, on=FILE, maintain_order="left").head(SHOWN)


def copied_lines(copies: pl.DataFrame) -> pl.DataFrame:
    """Return (repository, path, copied): how many lines of each file stand elsewhere too, each line once."""
    there = copies.select("repository", path="other_path", line="other_line", lines="lines")
    both = pl.concat([copies.select(*FILE, "line", "lines"), there])
    spans = both.unique().sort(*FILE, "line", "lines").with_columns(pl.col("line", "lines").cast(pl.Int64))
    spans = spans.with_columns(end=pl.col("line") + pl.col("lines"))
    reached = pl.col("end").cum_max().shift(1).over(FILE).fill_null(0)
    fresh = (pl.col("end") - pl.max_horizontal("line", reached)).clip(0)
    return spans.with_columns(fresh=fresh).group_by(FILE, maintain_order=True).agg(copied=pl.col("fresh").sum())


def copied_share(copies: pl.DataFrame, files: pl.DataFrame) -> float | None:
    """Return the share of source lines that stand elsewhere too, 0..1, or nothing without lines."""
    known = files.select(*FILE, "lines").join(copied_lines(copies), on=FILE, how="left").with_columns(pl.col("copied").fill_null(0))
    total = int(known["lines"].sum())
    return int(known.select(pl.min_horizontal("copied", "lines"))["copied"].sum()) / total if total else None


def largest(copies: pl.DataFrame, files: pl.DataFrame) -> pl.DataFrame:
    """Return the copied blocks between source files, largest first."""
    kept = copies.join(files.select(FILE), on=FILE, how="semi")
    return kept.sort("lines", *FILE, "line", "other_path", "other_line", descending=[True, *[False] * 5])
