"""Show what files are like inside: their functions, the blocks copied between them, and what such figures are worth."""

from dataclasses import dataclass

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Block, Column, Evidence, Figure, Table, Text
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.records import History
from quarterdeck.domain.text import foreign, percent, plural
from quarterdeck.kit import citing, costs, rates
from quarterdeck.practices.architecture.hotspots import measures

DUPLICATION = Check("architecture/hotspots.duplication", "Does little of the source stand in two places?")
MUCH, VERY_MUCH = 0.10, 0.20  # Heitlager, Kuipers, Visser 2007: up to a tenth is average, over a fifth the worst class
JOIN_DAYS = (3.0, 6.0, 15.0)  # product default: giving the ten largest blocks one home each
CITED, LISTED = 10, 200
NOT_LOOKED = "Functions and copied blocks were not looked at: run without --quick."
HONEST = (
    "What such measures are worth: recomputed from 30,737 published files, the class rated worst had 3.70 defects per file and the best "
    "0.246, 15 times fewer. Per thousand lines the three classes had 4.05, 2.89 and 2.56 defects: a ratio of 1.6, because the worst files "
    "are about seven times as long. This is association, not cause."
)


@dataclass(frozen=True)
class Inside:
    """The source files with what was found inside them: functions, hardest first, and copies, largest first."""

    files: pl.DataFrame
    functions: pl.DataFrame
    copies: pl.DataFrame
    coverage: measures.Coverage
    read: bool

    @property
    def copied(self) -> float | None:
        """The share of source lines that stand elsewhere too."""
        return measures.copied_share(self.copies, self.files) if self.read else None


def look(history: History, files: pl.DataFrame) -> Inside:
    """Gather what is known of the inside of the source files."""
    found = history.contents
    functions = measures.measured(files, found.functions)
    return Inside(files, functions, measures.largest(found.copies, files), measures.coverage(files, found.functions), found.read)


def of_file(functions: pl.DataFrame, row: dict[str, object]) -> pl.DataFrame:
    """Return the functions of one file, hardest first."""
    return functions.filter((pl.col("repository") == row["repository"]) & (pl.col("path") == row["path"]))


def place(history: History, row: dict[str, object]) -> str:
    """Return where a function starts: path:line."""
    return citing.where(history, int(str(row["repository"])), f"{row['path']}:{row['line']}")


def blocks(history: History, inside: Inside, ranked: pl.DataFrame) -> tuple[Block, ...]:
    """Return the figures, tables and words on functions and copies."""
    if not inside.read:
        return (Text(NOT_LOOKED), Text(HONEST))
    return (*_functions(history, inside, ranked), *_copies(history, inside), Text(HONEST))


def _functions(history: History, inside: Inside, ranked: pl.DataFrame) -> tuple[Block, ...]:
    words = Text(covered(inside.coverage))
    if inside.functions.is_empty():
        return (words,)
    changed = bool(ranked["revisions"].sum())
    method = "Functions by tree-sitter; complexity is decisions + 1 (McCabe 1976)."
    evidence = _evidence(history, method, "functions" if changed else "function-sizes")
    every, *bands = measures.bands(inside.functions)
    long = next(band for band in bands if band.name == f"over {measures.LONG[-1]} lines")
    share = percent(long.lines / every.lines) if every.lines else percent(0)
    label = f"of all lines in functions are in {_count(long.functions)} of over {measures.LONG[-1]} lines (n = {every.functions:,})"
    tables = (_bands(history, every, bands), _hot(history, inside, ranked), _hardest(history, inside, ranked, evidence))
    return (Figure("hotspots.long_functions", share, label, evidence), *(table for table in tables if table.rows), words)


def _count(functions: int) -> str:
    return plural(functions, "function") if functions else "functions"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def covered(coverage: measures.Coverage) -> str:
    """Say how much of the source the figures on functions leave out."""
    share = coverage.foreign_lines / coverage.lines if coverage.lines else 0.0
    all_read = "Every source file is in a language with a parser here."
    without = f"{percent(share)} of source lines ({coverage.foreign_files:,} of {plural(coverage.files, 'file')}) are in languages without a parser here."
    unread = f" {plural(coverage.not_read, 'file')} could not be parsed." if coverage.not_read else ""
    partly = f" {plural(coverage.partly_read, 'file')} could be parsed only in part." if coverage.partly_read else ""
    return _sentence(without if coverage.foreign_files else all_read) + unread + partly


def _bands(history: History, every: measures.Band, bands: list[measures.Band]) -> Table:
    rows = tuple(
        (band.name, band.functions, percent(band.functions / every.functions), percent(band.lines / max(every.lines, 1)))
        for band in (every, *bands)
    )
    columns = (
        Column("Band"),
        Column("Functions", figures=True),
        Column("Share of functions", figures=True),
        Column("Share of their lines", figures=True),
    )
    method = (
        "Bands by lines from the first to the last of a function; in shares a line of an inner function counts for that one only. "
        "Bands as in Sokrates, for orientation and not as limits."
    )
    return Table("function-sizes", "Size and complexity of functions", columns, rows, _evidence(history, method, "function-sizes"))


def _hot(history: History, inside: Inside, ranked: pl.DataFrame) -> Table:
    """Name the most complex and the longest function of each hotspot."""
    files = ranked.filter("hotspot").select(*measures.FILE).with_row_index("rank")
    inner = inside.functions.join(files, on=measures.FILE, how="semi")
    second = measures.longest(inner).select(*measures.FILE, long_name="name", long_line="line", long_lines="lines")
    deepest = inner.group_by(measures.FILE).agg(deepest=pl.col("nesting").max())
    found = (
        measures.hardest(inner).join(second, on=measures.FILE).join(deepest, on=measures.FILE).join(files, on=measures.FILE).sort("rank")
    )
    columns = (Column("Hotspot"), Column("Most complex function"), Column("Complexity", figures=True), Column("Longest function"),
               Column("Lines", figures=True), Column("Deepest nesting", figures=True))  # fmt: skip
    rows = tuple(
        (
            citing.where(history, row["repository"], row["path"]),
            f"{foreign(row['name'])} (line {row['line']})",
            row["complexity"],
            f"{foreign(row['long_name'])} (line {row['long_line']})",
            row["long_lines"],
            row["deepest"],
        )
        for row in found.iter_rows(named=True)
    )
    evidence = _evidence(
        history, "The hardest and the longest function of each hotspot, by lines from the first to the last.", "hot-functions"
    )
    return Table("hot-functions", "Inside the hotspots", columns, rows, evidence)


def _hardest(history: History, inside: Inside, ranked: pl.DataFrame, evidence: Evidence) -> Table:
    shown = measures.in_changed_files(inside.functions, ranked)
    columns = (Column("Function"), Column("Place"), Column("Complexity", figures=True), Column("Lines", figures=True),
               Column("Nesting", figures=True), Column("Parameters", figures=True), Column("Changes of its file", figures=True))  # fmt: skip
    rows = tuple(
        (foreign(row["name"]), place(history, row), row["complexity"], row["lines"], row["nesting"], row["parameters"], row["revisions"])
        for row in shown.iter_rows(named=True)
    )
    return Table("functions", "The most complex functions in files that changed", columns, rows, evidence)


def _copies(history: History, inside: Inside) -> tuple[Block, ...]:
    method = "Runs of at least ten lines with code that stand in two places of a repository, blanks and comments apart; tests left out."
    evidence = _evidence(history, method, "copies" if inside.copies.height else "")
    label = f"of source lines stand in two places, in {plural(inside.copies.height, 'pair')} of blocks"
    rows = tuple((*_both(history, row), row["lines"]) for row in inside.copies.head(LISTED).iter_rows(named=True))
    columns = (Column("Place"), Column("Other place"), Column("Lines", figures=True))
    figure = Figure("hotspots.copied", percent(inside.copied or 0.0), label, evidence)
    return (figure, Table("copies", "The largest copied blocks", columns, rows, evidence)) if rows else (figure,)


def _both(history: History, row: dict[str, object]) -> tuple[str, str]:
    other = {"repository": row["repository"], "path": row["other_path"], "line": row["other_line"]}
    return place(history, row), place(history, other)


def _evidence(history: History, method: str, table: str) -> Evidence:
    command = f'{citing.GIT} ls-tree -r --format="%(objectname) %(path)" {history.repositories[0].head[:12]}'
    return citing.evidence(history, method, command=command, rows=f"evidence/{table}.csv" if table else "")


def duplication(history: History, company: Company, inside: Inside) -> Finding:
    """Judge how much of the source stands in two places."""
    share = inside.copied
    if share is None:
        unlock = "a full report, which reads the files themselves: run it again without --quick"
        return Finding(DUPLICATION, Outcome.UNKNOWN, ("copies",), NOT_LOOKED, repository=citing.whole_key(history), unlock=unlock)
    lines = inside.coverage.lines
    statement = _sentence(f"{percent(share)} of {plural(lines, 'source line')} stand in two places (blocks of ten lines or more).")
    if share <= MUCH:
        urgency, cited = Urgency.FINE, citing.cite_all(history)
        whole = citing.whole_key(history)
        return Finding(DUPLICATION, Outcome.MET, ("copies",), statement, repository=whole, urgency=urgency, citations=cited)
    return _copied(history, company, inside, statement)


def _copied(history: History, company: Company, inside: Inside, statement: str) -> Finding:
    top = list(inside.copies.head(CITED).iter_rows(named=True))
    first, second = _both(history, top[0])
    days = rates.draw("hotspot.copies", *JOIN_DAYS)
    formula = "PERT(3, 6, 15) days to give the ten largest copied blocks one home each, a product default"
    return Finding(
        check=DUPLICATION,
        outcome=Outcome.UNMET,
        subject=("copies",),
        repository=citing.whole_key(history),
        title="Much of the source stands in two places",
        statement=f"{statement} The largest block has {top[0]['lines']:,} lines: {first} and {second}.",
        urgency=Urgency.PLAN if (inside.copied or 0.0) > VERY_MUCH else Urgency.WATCH,
        citations=tuple(citing.cite(history, row["repository"], f"{row['path']}:{row['line']}") for row in top),
        exposure_note="not priced: a copy costs when one place is mended and the other forgotten, which needs tracker data",
        cost_to_cure=costs.price(days, company, formula),
        recommendation=Recommendation(
            action=f"Give the block at {first} and {second} one home first, then the others of the table, when they next change",
            owner_role="lead developer",
            effort=costs.effort(days, formula),
            done_when=f"at most {percent(MUCH)} of source lines stand in two places",
        ),
    )


def words(history: History, functions: pl.DataFrame) -> tuple[str, str, str]:
    """Return what to say of a hotspot's functions: a sentence, the place of the function to cut first, and its name."""
    if functions.is_empty():
        return "", "", ""
    row = functions.row(0, named=True)
    longest = measures.longest(functions).row(0, named=True)
    sentence = (
        f" Its most complex function is {foreign(row['name'])} (line {row['line']}): complexity {row['complexity']}, "
        f"{plural(row['lines'], 'line')}, nesting {row['nesting']}."
    )
    if longest["line"] != row["line"]:
        sentence += f" The longest is {foreign(longest['name'])} (line {longest['line']}): {plural(longest['lines'], 'line')}."
    return sentence, place(history, row), foreign(row["name"])
