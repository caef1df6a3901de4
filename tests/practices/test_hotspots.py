"""Hotspots: ranks and fragmentation on worked examples."""

import re
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck import bootstrap
from quarterdeck.domain.contents import COPIES, FUNCTIONS, Contents
from quarterdeck.domain.documents import Answer, Figure, Table, Text
from quarterdeck.domain.findings import Outcome
from quarterdeck.domain.records import History
from quarterdeck.domain.text import foreign, percent, plain
from quarterdeck.practices.architecture.hotspots import analysis, assessment, inside, measures
from tests.conftest import AS_OF, history_of
from tests.making import Maker, code, git


def touches(*rows: tuple[int, int, int]) -> pl.DataFrame:
    """Return changes from (commit, life, person)."""
    schema = {"commit": pl.UInt32, "life": pl.UInt32, "person": pl.UInt32}
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        day=pl.lit(10, pl.Int32), status=pl.lit("M"), co=pl.lit(value=False)
    )


def test_fragmentation_is_one_minus_the_sum_of_squared_shares() -> None:
    found = analysis.revisions(touches((1, 0, 0), (2, 0, 0), (3, 0, 1), (4, 0, 2)), 0)

    assert found["revisions"].to_list() == [4]
    assert found["fragmentation"][0] == pytest.approx(1 - (0.5**2 + 0.25**2 + 0.25**2))


def test_one_hand_is_no_fragmentation() -> None:
    assert analysis.revisions(touches((1, 0, 0), (2, 0, 0)), 0)["fragmentation"][0] == 0


def test_a_sweep_over_many_files_counts_for_none_of_them() -> None:
    sweep = [(1, life, 0) for life in range(101)]

    assert analysis.revisions(touches(*sweep, (2, 0, 0)), 0)["revisions"].to_list() == [1]


def test_old_changes_are_outside_the_window() -> None:
    assert analysis.revisions(touches((1, 0, 0)), 11).is_empty()


def ranked_files(indentation: list[int], *, repositories: list[int] | None = None, lines: int = 500) -> pl.DataFrame:
    count = len(indentation)
    rows = {
        "repository": repositories or [0] * count,
        "life": range(count),
        "path": [f"{chr(97 + number)}" for number in range(count)],
        "indentation": indentation,
        "lines": [lines] * count,
    }
    return pl.DataFrame(rows, schema_overrides={"life": pl.UInt32})


def test_ranks_are_shares_with_ties_at_their_mean() -> None:
    files = ranked_files([0, 5, 5, 9])
    counts = pl.DataFrame(
        {"life": [3, 1], "revisions": [8, 2], "authors": [1, 1], "fragmentation": [0.0, 0.0]}, schema_overrides={"life": pl.UInt32}
    )

    found = analysis.ranked(files, counts).sort("path")

    assert found["change_rank"].to_list() == [0.375, 0.75, 0.375, 1.0]
    assert found["complexity_rank"].to_list() == [0.25, 0.625, 0.625, 1.0]


def repository(folder: Path) -> Maker:
    made = Maker(folder)
    for number in range(40):
        made.commit("ada", "2026-01-05", {f"lib/f{number}.py": code(10)})
    for number in range(14):
        made.commit(
            "bob" if number % 2 else "ada", f"2026-02-{number + 1:02d}", {"lib/f0.py": code(200 + number), "CHANGELOG.md": f"{number}\n"}
        )
    return made


def test_a_busy_and_deep_file_is_a_hotspot_and_a_changelog_is_not(tmp_path: Path) -> None:
    found = assessment.answer(history_of(repository(tmp_path / "hot").done()), bootstrap.company_of(None), AS_OF)

    hot = [finding for finding in found.findings if finding.outcome is Outcome.UNMET]
    assert [plain(finding.title) for finding in hot] == ["lib/f0.py is changed often and hard to change"]


def hot_of(files: pl.DataFrame, revisions: list[int]) -> list[str]:
    counts = pl.DataFrame(
        {"life": range(len(revisions)), "revisions": revisions, "authors": [1] * len(revisions), "fragmentation": [0.0] * len(revisions)},
        schema_overrides={"life": pl.UInt32},
    )
    found = analysis.ranked(files, counts).filter("hotspot").sort("life")
    return [f"{life}{' in its repository' if own else ''}" for life, own in found.select("life", "own_hotspot").iter_rows()]


def test_a_short_file_is_no_hotspot_however_it_ranks() -> None:
    depths, revisions = [10] * 39 + [900], [1] * 39 + [60]

    assert hot_of(ranked_files(depths, lines=200), revisions) == []
    assert hot_of(ranked_files(depths, lines=201), revisions) == ["39"]


def test_the_hot_file_of_a_slow_repository_is_found_beside_those_of_a_busy_one() -> None:
    depths = [2000 + number for number in range(60)] + [100] * 29 + [900]
    revisions = [40 + number for number in range(60)] + [1] * 29 + [12]
    files = ranked_files(depths, repositories=[0] * 60 + [1] * 30)

    assert "89 in its repository" in hot_of(files, revisions)


def test_many_hotspots_of_one_repository_do_not_crowd_out_the_hottest_of_another() -> None:
    hot = pl.DataFrame({"repository": [0, 0, 0, 1, 0, 1], "path": list("abcdef")})

    assert analysis.chosen(hot, 3)["path"].to_list() == ["a", "b", "d"]


def test_a_handful_of_files_has_no_top_twentieth_of_its_own() -> None:
    files = ranked_files([2000] * 60 + [100] * 9 + [900], repositories=[0] * 60 + [1] * 10)

    assert hot_of(files, [40] * 60 + [1] * 9 + [12]) == []


def test_history_that_is_cut_off_inside_the_window_leaves_hotspots_unknown(tmp_path: Path) -> None:
    whole, cut = repository(tmp_path / "hot").done(), tmp_path / "cut.git"
    git(tmp_path, "clone", "-q", "--bare", "--depth", "3", whole.as_uri(), str(cut))

    (finding, *_) = assessment.answer(history_of(cut), bootstrap.company_of(None), AS_OF).findings

    assert finding.outcome is Outcome.UNKNOWN
    assert "unshallow" in finding.unlock


def test_a_finding_keeps_its_fingerprint_when_its_file_is_renamed(tmp_path: Path) -> None:
    before = assessment.answer(history_of(repository(tmp_path / "before").done()), bootstrap.company_of(None), AS_OF)
    moved = repository(tmp_path / "after").commit("cy", "2026-03-01", move={"lib/f0.py": "core/engine.py"})
    after = assessment.answer(history_of(moved.done()), bootstrap.company_of(None), AS_OF)

    assert plain(after.findings[0].title).startswith("core/engine.py")
    assert after.findings[0].fingerprint == before.findings[0].fingerprint


def test_without_recent_work_nothing_can_be_ranked(tmp_path: Path) -> None:
    made = Maker(tmp_path / "old").commit(day="2020-01-01", write={"a.py": code(5)})

    found = assessment.answer(history_of(made.done()), bootstrap.company_of(None), AS_OF)

    assert found.findings[0].outcome is Outcome.UNKNOWN


FUNCTION_ROWS = (
    # path, name, line, lines, complexity, nesting, parameters
    ("lib/f0.py", "run", 1, 150, 4, 2, 1),
    ("lib/f0.py", "inner", 101, 40, 30, 6, 0),
    ("lib/f1.py", "small", 1, 8, 2, 1, 3),
    ("lib/f2.py", "partly read", 0, 0, 0, 0, 0),
)
COPY_ROWS = (("lib/f0.py", 1, "lib/f1.py", 1, 10), ("lib/f0.py", 6, "lib/f2.py", 1, 10))


def looked_into(
    folder: Path, functions: tuple[tuple[object, ...], ...] = FUNCTION_ROWS, copies: tuple[tuple[object, ...], ...] = ()
) -> History:
    """Return the history of a repository with a hotspot, and what was found inside its files."""
    contents = Contents(
        functions=pl.DataFrame([(0, *row) for row in functions], schema=FUNCTIONS, orient="row"),
        copies=pl.DataFrame([(0, *row) for row in copies], schema=COPIES, orient="row"),
        read=True,
    )
    return replace(history_of(repository(folder).done()), contents=contents)


def answered(history: History) -> Answer:
    return assessment.answer(history, bootstrap.company_of(None), AS_OF)


def tables(answer: Answer) -> dict[str, Table]:
    return {block.id: block for section in answer.sections for block in section.blocks if isinstance(block, Table)}


def shown(answer: Answer) -> str:
    return plain(" ".join(block.text for section in answer.sections for block in section.blocks if isinstance(block, Text)))


def test_a_hotspot_names_the_function_to_cut_first_and_cites_its_line(tmp_path: Path) -> None:
    hot = answered(looked_into(tmp_path / "hot")).findings[0]

    assert plain(hot.citations[0].locator) == "lib/f0.py:101"
    assert "most complex function is inner (line 101): complexity 30, 40 lines, nesting 6" in plain(hot.statement)
    assert "The longest is run (line 1): 150 lines" in plain(hot.statement)
    assert hot.recommendation is not None
    assert plain(hot.recommendation.action).endswith("begin with inner at lib/f0.py:101")


def test_every_table_has_rows_and_every_figure_leads_to_a_table_of_the_section(tmp_path: Path) -> None:
    found = answered(looked_into(tmp_path / "hot", copies=COPY_ROWS))
    blocks = [block for section in found.sections for block in section.blocks if isinstance(block, Figure | Table)]

    assert all(table.rows for table in tables(found).values())
    assert {block.evidence.rows for block in blocks} == {f"evidence/{name}.csv" for name in tables(found)}


def test_who_is_a_hotspot_does_not_depend_on_what_is_inside(tmp_path: Path) -> None:
    without = answered(replace(looked_into(tmp_path / "one"), contents=Contents()))
    within = answered(looked_into(tmp_path / "two", copies=COPY_ROWS))

    assert [found.fingerprint for found in without.findings[:1]] == [found.fingerprint for found in within.findings[:1]]
    assert tables(without)["hotspots"].rows == tables(within)["hotspots"].rows


def test_lines_of_an_inner_function_count_once(tmp_path: Path) -> None:
    bands = {row[0]: row[1:] for row in tables(answered(looked_into(tmp_path / "hot")))["function-sizes"].rows}

    assert bands["all functions"][0] == 3
    assert bands["over 100 lines"] == (1, "33\u00a0%", percent(110 / 158))
    assert bands["complexity over 25"] == (1, "33\u00a0%", percent(40 / 158))


def test_the_hardest_functions_come_with_their_places_hardest_first(tmp_path: Path) -> None:
    rows = tables(answered(looked_into(tmp_path / "hot")))["functions"].rows

    assert [(plain(str(row[0])), plain(str(row[1])), row[2], row[6]) for row in rows] == [
        ("inner", "lib/f0.py:101", 30, 15),
        ("run", "lib/f0.py:1", 4, 15),
        ("small", "lib/f1.py:1", 2, 1),
    ]


def test_what_could_not_be_measured_is_said(tmp_path: Path) -> None:
    made = repository(tmp_path / "hot").commit("ada", "2026-02-20", {"lib/job.pl": code(100)})
    history = replace(history_of(made.done()), contents=looked_into(tmp_path / "other").contents)

    words = shown(answered(history))

    assert re.search(r"\d+\s% of source lines \(1 of 41 files\) are in languages without a parser here", words)
    assert "1 file could be parsed only in part" in words


def test_the_finding_the_table_and_the_bands_measure_a_function_alike(tmp_path: Path) -> None:
    found = answered(looked_into(tmp_path / "hot"))

    row = tables(found)["hot-functions"].rows[0]
    assert [plain(str(row[3])), row[4]] == ["run (line 1)", 150]
    assert "The longest is run (line 1): 150 lines" in plain(found.findings[0].statement)


def test_no_long_function_is_told_without_a_zero_and_sentences_begin_with_a_capital(tmp_path: Path) -> None:
    short = looked_into(tmp_path / "hot", functions=FUNCTION_ROWS[2:3], copies=(("lib/f0.py", 1, "lib/f1.py", 1, 1),))
    found = answered(short)

    labels = [block.label for section in found.sections for block in section.blocks if isinstance(block, Figure)]
    assert "of all lines in functions are in functions of over 100 lines (n = 1)" in labels
    assert found.findings[-1].statement.startswith("Below 1\u00a0% of ")


def test_without_the_contents_of_files_functions_and_copies_are_not_judged(tmp_path: Path) -> None:
    found = answered(replace(looked_into(tmp_path / "hot"), contents=Contents()))

    assert found.findings[-1].check == inside.DUPLICATION
    assert found.findings[-1].outcome is Outcome.UNKNOWN
    assert "run without --quick" in shown(found)
    assert "functions" not in tables(found)


def test_without_recent_work_functions_and_copies_are_still_told(tmp_path: Path) -> None:
    made = Maker(tmp_path / "old").commit(day="2020-01-01", write={f"lib/f{number}.py": code(200) for number in range(3)})
    history = replace(history_of(made.done()), contents=looked_into(tmp_path / "other", copies=COPY_ROWS).contents)

    found = answered(history)

    assert [(finding.check.id.rpartition(".")[2], finding.outcome) for finding in found.findings] == [
        ("hot_file", Outcome.UNKNOWN),
        ("duplication", Outcome.MET),
    ]
    assert set(tables(found)) == {"function-sizes", "copies"}


def test_a_line_that_stands_in_three_places_counts_once() -> None:
    copies = pl.DataFrame([(0, *row) for row in COPY_ROWS], schema=COPIES, orient="row")

    assert dict(measures.copied_lines(copies).select("path", "copied").iter_rows()) == {"lib/f0.py": 15, "lib/f1.py": 10, "lib/f2.py": 10}


def test_little_copying_is_met_and_much_names_the_block_to_join_first(tmp_path: Path) -> None:
    little = answered(looked_into(tmp_path / "little", copies=COPY_ROWS[:1])).findings[-1]
    many = tuple((f"lib/f{number}.py", 1, f"lib/f{number + 1}.py", 1, 10) for number in range(1, 38, 2))
    much = answered(looked_into(tmp_path / "much", copies=(("lib/f0.py", 1, "lib/f39.py", 3, 120), *many))).findings[-1]

    assert little.outcome is Outcome.MET
    assert much.outcome is Outcome.UNMET
    assert "lib/f0.py:1 and lib/f39.py:3" in plain(much.statement)
    assert plain(much.citations[0].locator) == "lib/f0.py:1"


def test_what_size_is_worth_is_told_per_file_and_per_thousand_lines(tmp_path: Path) -> None:
    words = shown(answered(looked_into(tmp_path / "hot")))

    assert all(part in words for part in ("3.70", "0.246", "4.05, 2.89 and 2.56", "1.6", "30,737", "association, not cause"))


def test_names_of_functions_from_a_repository_stay_marked_as_foreign(tmp_path: Path) -> None:
    hostile = (("lib/f0.py", "<script>alert(1)</script>", 3, 9, 5, 1, 0),)

    found = answered(looked_into(tmp_path / "hot", functions=hostile))

    assert foreign("<script>alert(1)</script>") in found.findings[0].statement


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 30)), max_size=12))
def test_own_lines_never_exceed_what_the_functions_cover(spans: list[tuple[int, int]]) -> None:
    rows = [(0, "a.py", f"f{number}", line, lines, 1, 0, 0) for number, (line, lines) in enumerate(spans)]
    functions = pl.DataFrame(rows, schema=FUNCTIONS, orient="row").unique(["line"], keep="first", maintain_order=True)
    nested = [row for row in functions.iter_rows(named=True) if all(_apart(row, other) for other in functions.iter_rows(named=True))]
    kept = pl.DataFrame(nested, schema=FUNCTIONS)
    files = pl.DataFrame({"repository": [0], "path": ["a.py"]}, schema={"repository": pl.UInt16, "path": pl.String})
    covered = {line for row in nested for line in range(row["line"], row["line"] + row["lines"])}

    assert int(measures.measured(files, kept)["own"].sum()) == len(covered)


def _apart(one: dict[str, int], other: dict[str, int]) -> bool:
    """Tell whether two functions lie apart or one inside the other, as functions do."""
    begin, end, start, stop = one["line"], one["line"] + one["lines"], other["line"], other["line"] + other["lines"]
    return end <= start or stop <= begin or (begin <= start and stop <= end) or (start <= begin and end <= stop)
