"""Tables of pairs, of thresholds and of what was left out."""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from quarterdeck.domain.documents import Cell, Column, Evidence, Table
from quarterdeck.domain.records import History
from quarterdeck.domain.text import foreign
from quarterdeck.kit import citing
from quarterdeck.practices.architecture.coupling import analysis, classes
from quarterdeck.practices.architecture.coupling.view import LEAST_SHARED, Pair, View, code_pairs

MOST_ROWS = 500
MOST_SUMS = 100
COUNTS = tuple(Column(title, figures=True) for title in ("Both", "Each", "Degree %", "95 % range", "Times chance"))
WORDS = {
    "shared": f"fewer than {analysis.MIN_SHARED} commits in common",
    "average": f"average changes below {analysis.MIN_REVISIONS}",
    "degree": f"degree below {analysis.MIN_DEGREE:.0f} %",
}


def rank(pair: Pair) -> tuple[bool, bool, float, int, str, str]:
    """Order pairs: hidden ones first, then those that cross parts, then the strongest."""
    return not pair.hidden, pair.kind != classes.ACROSS, -pair.degree, -pair.shared, pair.first.path, pair.second.path


def of(history: History, view: View, whole: View, pairs: Sequence[Pair], evidence: Evidence) -> tuple[Table, ...]:
    """Return the tables of files: pairs, sums, thresholds, and what was left out."""
    sums = _sums(history, view, evidence)
    return (
        _pairs(history, view, pairs, evidence),
        *([sums] if sums.rows else []),
        _sensitivity(view, whole, evidence),
        _left_out(view, evidence),
    )


def _pairs(history: History, view: View, pairs: Sequence[Pair], evidence: Evidence) -> Table:
    columns = (Column("File"), Column("Other file"), Column("Pair"), *COUNTS)
    rows = tuple(_row(history, pair) for pair in pairs[:MOST_ROWS])
    return Table("coupling", _title(view, pairs), columns, rows, evidence)


def _title(view: View, pairs: Sequence[Pair]) -> str:
    """Say how many pairs there are, or which threshold left none."""
    if pairs:
        weak = sum(pair.weak for pair in pairs)
        cut = f", the strongest {MOST_ROWS} shown" if len(pairs) > MOST_ROWS else ""
        return f"Pairs of code files that change together: {len(pairs):,}{cut}, of which {weak:,} on weak evidence"
    left = analysis.left_after(code_pairs(view))
    word = analysis.emptied_by(left)
    before = view.counted.pairs.height if word == analysis.FILTERS[0] else left[analysis.FILTERS[analysis.FILTERS.index(word) - 1]]
    return (
        f"No pair of code files is left: the last {before:,} fell to the rule {WORDS[word]!r}"
        if before
        else "No pair of files changed together"
    )


def _row(history: History, pair: Pair) -> tuple[Cell, ...]:
    first, second = (citing.where(history, each.repository, each.path) for each in (pair.first, pair.second))
    kind = pair.kind + (", hidden" if pair.hidden else ", weak evidence" if pair.weak else "")
    return (
        first,
        second,
        kind,
        *_counts(pair.shared, pair.first_revisions, pair.second_revisions, pair.degree, pair.low, pair.high, pair.lift),
    )


def _counts(shared: int, first: int, second: int, degree: float, low: float, high: float, lift: float) -> tuple[Cell, ...]:
    """Return the figures that COUNTS names; the degree without decimals, as code-maat prints it."""
    return shared, f"{first:,} / {second:,}", int(degree), f"{low:.0f} to {high:.0f}", round(lift, 1)


def _sums(history: History, view: View, evidence: Evidence) -> Table:
    """Show the files that bring most others along: the sum of coupling, where it exceeds the least number of changes."""
    known = view.counted.members.join(view.files.select("life", "path", "role", "apart"), on="life")
    code = known.filter((pl.col("apart") == "") & (pl.col("together") > analysis.MIN_REVISIONS))
    top = code.sort(["together", "path"], descending=[True, False]).head(MOST_SUMS)
    rows = tuple(
        (
            citing.where(history, row["repository"], row["path"]),
            row["revisions"],
            row["together"],
            round(row["together"] / row["revisions"], 1),
        )
        for row in top.iter_rows(named=True)
    )
    columns = (Column("File"), Column("Changes", figures=True), Column("Other files changed with it", figures=True), Column("Per change", figures=True))  # fmt: skip
    return Table("coupling-sums", "Files that bring most others along", columns, rows, evidence)


def _sensitivity(view: View, whole: View, evidence: Evidence) -> Table:
    """Show how the number of pairs depends on the thresholds and on the window."""
    recent, ever = analysis.sensitivity(code_pairs(view)), analysis.sensitivity(code_pairs(whole))
    rows = tuple((shared, int(degree), number, all_time) for (shared, degree, number), (*_, all_time) in zip(recent, ever, strict=True))
    titles = ("Least shared commits", "Least degree %", "Pairs in the window", "Pairs in all history")
    return Table(
        "coupling-sensitivity",
        "How many pairs other thresholds would give",
        tuple(Column(title, figures=True) for title in titles),
        rows,
        evidence,
        shown=len(rows),
    )


def _left_out(view: View, evidence: Evidence) -> Table:
    """Show every filter with its count."""
    code = code_pairs(view)
    seen = (
        "pairs seen",
        view.counted.pairs.height,
        f"in {view.counted.sets:,} commits, {view.counted.alone:,} of them over one file alone",
    )
    fell, before = [], code.height
    for name, left in analysis.left_after(code).items():
        fell.append((f"pairs of code with {WORDS[name]}", before - left, f"of those that share {LEAST_SHARED} or more commits"))
        before = left
    apart = [(f"pairs with a file of the kind: {word}", number, f"left apart; share {LEAST_SHARED} or more commits") for word, number in _ordered(view.apart)]  # fmt: skip
    rows: tuple[tuple[Cell, ...], ...] = (*view.left_out, seen, *apart, *fell)
    return Table(
        "coupling-filters",
        "What was left out, and why",
        (Column("What"), Column("Count", figures=True), Column("Why")),
        rows,
        evidence,
        shown=len(rows),
    )


def _ordered(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))


def components(history: History, counted: analysis.Counted, measured: pl.DataFrame, evidence: Evidence) -> Table:
    """Show the parts that change together."""
    names = part_names(history, counted)
    figures = ("shared", "first_revisions", "second_revisions", "degree", "low", "high", "lift")
    rows = tuple(
        (names[row["first"]], names[row["second"]], *_counts(*(row[name] for name in figures)))
        for row in measured.head(MOST_ROWS).iter_rows(named=True)
    )
    columns = (Column("Part"), Column("Other part"), *COUNTS)
    return Table("coupling-components", "Parts that change together", columns, rows, evidence)


def part_names(history: History, counted: analysis.Counted) -> dict[int, str]:
    """Return the name of each part that was counted."""
    rows = counted.members.select("member", "repository", "component").iter_rows()
    return {member: citing.where(history, repository, component) for member, repository, component in rows}


def times(lift: float) -> str:
    """Say how much more often than by chance."""
    return f"{lift:.0f} times" if lift >= 2 else f"{lift:.1f} times"


def shared_command(history: History, pair: Pair, since: date) -> str:
    """Return the command that counts the commits which changed both files of a pair, under all their names."""
    head = history.repositories[pair.first.repository].head[:12]
    lists = (_list(head, each.path, since) for each in (pair.first, pair.second))
    narrow = f"while read c; do [ $({citing.GIT} show --format= --name-only $c | wc -l) -le {analysis.MOST_FILES} ] && echo $c; done"
    return f"comm -12 {' '.join(lists)} | {narrow} | wc -l"


def _list(head: str, path: str, since: date) -> str:
    named = foreign(citing.quoted(path))
    log = f"{citing.GIT} log --no-merges --date=short --format='%ad %H' {head} --follow -- {named}"
    return f"<({log} | awk '$1 >= \"{since.isoformat()}\" {{print $2}}' | sort)"
