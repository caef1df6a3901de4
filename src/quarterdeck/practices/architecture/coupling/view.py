"""Take from a history what coupling counts, and count what it leaves out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from quarterdeck.domain.records import History
from quarterdeck.kit import experts
from quarterdeck.practices.architecture.coupling import analysis, classes
from quarterdeck.practices.architecture.coupling.classes import Member

MONTHS_DAYS = 730  # two years: recent coupling is what the next plan meets
LEAST_SHARED = min(analysis.SHARED_STEPS)
ROW = pl.Struct({"apart": pl.String, "role": pl.String})


@dataclass(frozen=True)
class Pair:
    """Two files that change together, with every figure of the pair."""

    first: Member
    second: Member
    shared: int
    first_revisions: int
    second_revisions: int
    degree: float
    low: float
    high: float
    lift: float
    average: int
    kind: str
    apart: str = ""

    @property
    def weak(self) -> bool:
        """Tell whether the interval of the degree reaches below what counts as coupling at all."""
        return self.low < analysis.WEAK

    @property
    def hidden(self) -> bool:
        """Tell whether the pair crosses parts, is code on both ends, and is tied strongly and often."""
        strong = self.degree >= analysis.HIDDEN_DEGREE and self.shared >= analysis.HIDDEN_SHARED
        return strong and not self.apart and self.kind == classes.ACROSS


@dataclass(frozen=True)
class View:
    """Changes that count, their pairs, and what was left out by which rule."""

    rows: pl.DataFrame
    files: pl.DataFrame
    counted: analysis.Counted
    measured: pl.DataFrame
    left_out: tuple[tuple[str, int, str], ...] = ()
    apart: Mapping[str, int] = field(default_factory=dict)


def view_of(history: History, since: int, files: pl.DataFrame | None = None) -> View:
    """Return what people's edits since a day say about the files of today."""
    files = files_of(history) if files is None else files
    changes = history.changes.filter((pl.col("day") >= since) & ~pl.col("co"))
    human = changes.filter(~pl.col("person").is_in(experts.robots(history)))
    small, dropped = analysis.small_sets(human)
    edits = experts.edits(small.filter(pl.col("status") != "D"))
    known = edits.drop("path").join(files.drop("repository"), on="life")
    rows = known.filter(pl.col("kind").is_in(classes.COUNTED))
    counted = analysis.count(rows, "life", dropped=dropped)
    measured = _roles(analysis.measured(counted, least=LEAST_SHARED), counted, files)
    left_out = (
        ("commits by robots", changes["commit"].n_unique() - human["commit"].n_unique(), "people alone plan work"),
        (f"commits over more than {analysis.MOST_FILES} files", dropped, "a sweep says nothing about two of its files; dropped before changes are counted"),
        ("deletions and moves without an edit", small.height - edits.height, "they tie files by where they lie"),
        ("changes to files that are gone", edits.height - known.height, "nothing is left to plan for"),
        ("changes to files made by programs or others", known.height - rows.height, "lock, generated, vendored, translation, fixture, migration and example files"),
    )  # fmt: skip
    return View(rows, files, counted, measured, left_out, dict(Counter(word for word in _code(measured, code=False)["apart"])))


def files_of(history: History) -> pl.DataFrame:
    """Return the files of today whose history is known, one per life, with why their pairs are left apart and their role."""
    files = history.files.filter(pl.col("life").is_not_null()).unique("life", keep="first", maintain_order=True)
    table = files.select("life", "repository", "path", "kind", "component", "life_key")
    rows = table.select("path", "kind").iter_rows()
    words = [{"apart": classes.apart(path, kind), "role": classes.kind_of(path, kind)} for path, kind in rows]
    return _opened(table.with_columns(pl.Series("words", words, dtype=ROW)).unnest("words"))


def _opened(files: pl.DataFrame) -> pl.DataFrame:
    """Open parts that hold most source files of their repository, so that there is something to reach across."""
    source = files.filter((pl.col("role") == "source") & (pl.col("apart") == ""))
    found = [
        part.select("life").with_columns(
            part=pl.Series(classes.opened(part["path"].to_list(), part["component"].to_list()), dtype=pl.String)
        )
        for part in source.partition_by("repository", maintain_order=True)
    ]
    parts = pl.concat([source.select("life", part="component").clear(), *found])
    joined = files.join(parts, on="life", how="left", maintain_order="left")
    return joined.with_columns(component=pl.coalesce("part", "component")).drop("part")


def _roles(measured: pl.DataFrame, counted: analysis.Counted, files: pl.DataFrame) -> pl.DataFrame:
    """Add to each pair why it is left apart: because of either of its files."""
    known = counted.members.select("member", "life").join(files.select("life", "apart"), on="life").select("member", "apart")
    words = dict(known.iter_rows())
    ends = zip(measured["first"], measured["second"], strict=True)
    return measured.with_columns(apart=pl.Series([words[one] or words[other] for one, other in ends], dtype=pl.String))


def _code(measured: pl.DataFrame, *, code: bool = True) -> pl.DataFrame:
    chosen = pl.col("apart") == ""
    return measured.filter(chosen if code else ~chosen)


def code_pairs(view: View) -> pl.DataFrame:
    """Return the measured pairs of code alone."""
    return _code(view.measured)


def pairs_of(view: View, rows: pl.DataFrame) -> list[Pair]:
    """Return pairs with the files that they join, by path, and their class."""
    known = view.counted.members.select("member", "life").join(view.files, on="life")
    members = {row["member"]: _member(row) for row in known.iter_rows(named=True)}
    return [_pair(members, row) for row in rows.iter_rows(named=True)]


def _member(row: Mapping[str, object]) -> Member:
    return Member(int(str(row["repository"])), str(row["path"]), str(row["role"]), str(row["component"]), str(row["life_key"]))


def _pair(members: Mapping[int, Member], row: Mapping[str, object]) -> Pair:
    ends = ((members[int(str(row[end]))], int(str(row[f"{end}_revisions"]))) for end in ("first", "second"))
    (first, changes), (second, others) = sorted(ends, key=lambda each: each[0].path)
    apart = str(row["apart"])
    shared, average = int(str(row["shared"])), int(str(row["average"]))
    degree, low, high, lift = (float(str(row[name])) for name in ("degree", "low", "high", "lift"))
    kind = apart or classes.class_of(first, second)
    return Pair(first, second, shared, changes, others, degree, low, high, lift, average, kind, apart)


def parts(view: View) -> tuple[analysis.Counted, tuple[int, int]]:
    """Count the parts that change together, over source files alone, and the commits that touch two or more parts."""
    source = view.rows.filter((pl.col("role") == "source") & (pl.col("apart") == ""))
    return analysis.count(source, "component"), analysis.spread(source, "component")
