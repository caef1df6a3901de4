"""Hotspots: ranks and fragmentation on worked examples."""

from pathlib import Path

import polars as pl
import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.findings import Outcome
from quarterdeck.domain.text import plain
from quarterdeck.practices.architecture.hotspots import analysis, assessment
from tests.conftest import AS_OF, history_of
from tests.making import Maker, code


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


def test_ranks_are_shares_with_ties_at_their_mean() -> None:
    files = pl.DataFrame({"life": [0, 1, 2, 3], "path": list("abcd"), "indentation": [0, 5, 5, 9]}, schema_overrides={"life": pl.UInt32})
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
