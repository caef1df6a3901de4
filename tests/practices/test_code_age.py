"""Code age: years, people who are gone, how long lines last, and the range of a sample."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck import bootstrap
from quarterdeck.domain.company import Company, Member
from quarterdeck.domain.contents import Contents
from quarterdeck.domain.documents import Figure, Table
from quarterdeck.domain.findings import Outcome
from quarterdeck.domain.records import History
from quarterdeck.practices.architecture.code_age import analysis, assessment
from tests.conftest import AS_OF, history_of
from tests.making import Maker, code, git

ROOM = "architecture/code_age"


def company_with(*members: Member) -> Company:
    return replace(bootstrap.company_of(None), roster=members)


def repository(folder: Path) -> Path:
    made = Maker(folder)
    made.commit("dan", "2021-03-01", {"core/engine.py": code(800), "core/old.py": code(100)})
    made.commit("ada", "2025-11-01", {"shop/page.py": code(300)})
    made.commit("ada", "2026-04-01", {"core/engine.py": code(900)})
    return made.done()


def figure(history: History, name: str, company: Company | None = None) -> str:
    section = assessment.answer(history, company or bootstrap.company_of(None), AS_OF).sections[0]
    return next(block.value for block in section.blocks if isinstance(block, Figure) and block.id == name)


def test_lines_are_counted_under_the_year_they_were_written(tmp_path: Path) -> None:
    section = assessment.answer(history_of(repository(tmp_path / "shop")), bootstrap.company_of(None), AS_OF).sections[0]

    table = next(block for block in section.blocks if isinstance(block, Table) and block.id == "code-age")
    assert [row[:2] for row in table.rows] == [("2026", 100), ("2025", 300), ("2021", 900)]


def test_code_that_moves_and_was_written_by_somebody_who_left_is_unmet(tmp_path: Path) -> None:
    found = assessment.answer(history_of(repository(tmp_path / "shop")), bootstrap.company_of(None), AS_OF)

    finding = found.findings[0]
    assert finding.outcome is Outcome.UNMET
    assert [citation.locator for citation in finding.citations] == ["\ue002core/engine.py\ue003"]
    assert finding.cost_to_cure is not None


def test_the_roster_says_who_is_still_here(tmp_path: Path) -> None:
    company = company_with(Member("Dan Ritchie", ("dan@example.com",), "founder", date(2020, 1, 1), None))

    found = assessment.answer(history_of(repository(tmp_path / "shop"), company=company), company, AS_OF)

    assert found.findings[0].outcome is Outcome.MET


def test_lines_of_robots_are_nobodys_loss(tmp_path: Path) -> None:
    made = Maker(tmp_path / "shop").commit("dependabot", "2021-03-01", {"core/pins.py": code(700)})
    made.commit("ada", "2026-04-01", {"core/pins.py": code(710)})

    assert figure(history_of(made.done()), "code_age.left") == "0\xa0%"


def test_without_blame_the_age_is_unknown(tmp_path: Path) -> None:
    history = replace(history_of(repository(tmp_path / "shop")), contents=Contents())

    finding = assessment.answer(history, bootstrap.company_of(None), AS_OF).findings[0]

    assert finding.outcome is Outcome.UNKNOWN
    assert "--quick" in finding.unlock


def test_a_history_that_is_cut_off_says_nothing_of_age(tmp_path: Path) -> None:
    whole = repository(tmp_path / "shop")
    git(tmp_path, "clone", "-q", "--bare", "--depth=1", f"file://{whole}", "cut")

    finding = assessment.answer(history_of(tmp_path / "cut"), bootstrap.company_of(None), AS_OF).findings[0]

    assert finding.outcome is Outcome.UNKNOWN
    assert "unshallow" in finding.unlock


def exponential(half_life: float, quarters: int = 60) -> pl.DataFrame:
    ages = (np.arange(quarters) + 0.5) * analysis.QUARTER_DAYS / analysis.DAYS_PER_YEAR
    return pl.DataFrame({"quarter": range(quarters), "added": [10_000] * quarters, "alive": 10_000 * 0.5 ** (ages / half_life)})


@pytest.mark.parametrize("years", [1.0, 3.0, 8.0])
def test_the_half_life_of_lines_that_decay_evenly_is_found(years: float) -> None:
    found = analysis.half_life(exponential(years))

    assert found is not None
    assert found.reached
    assert found.years == pytest.approx(years, abs=0.3)
    assert found.low <= years + 0.3
    assert found.high >= years - 0.3


def test_a_half_life_longer_than_the_history_is_said_to_be_longer() -> None:
    found = analysis.half_life(exponential(40.0, quarters=12))

    assert found is not None
    assert not found.reached
    assert assessment.lasting(found).startswith("more than 2.9 years")


def test_two_years_are_needed_to_say_how_long_lines_last() -> None:
    assert analysis.half_life(exponential(1.0, quarters=7)) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 100)), min_size=1, max_size=40))
def test_the_isotonic_fit_rises_and_keeps_the_weighted_mean(points: list[tuple[float, float]]) -> None:
    values, weights = (np.array(column) for column in zip(*points, strict=True))

    fit = analysis.isotonic(values, weights)

    assert np.all(np.diff(fit) >= -1e-9)
    assert np.average(fit, weights=weights) == pytest.approx(np.average(values, weights=weights), abs=1e-9)


def sample(seed: int) -> tuple[pl.DataFrame, float]:
    """Return a sample of a made-up repository, and the true share of lines by people who are gone."""
    rng = np.random.default_rng(seed)
    lines = rng.integers(20, 400, 400)
    gone = rng.random(400) < 0.4
    truth = lines[gone].sum() / lines.sum()
    picked = rng.permutation(400)[:60]
    weight = lines.sum() / lines[picked].sum()
    frame = pl.DataFrame(
        {
            "repository": 0,
            "stratum": 0,
            "path": [f"f{number:03d}" for number in picked],
            "lines": lines[picked],
            "gone": gone[picked],
            "weight": weight,
        }
    )
    return frame, float(truth)


def test_the_range_of_a_sample_holds_the_truth_nine_times_in_ten() -> None:
    held = 0
    for seed in range(100):
        frame, truth = sample(seed)
        found = analysis.share(frame, pl.col("gone"))
        assert found is not None
        held += found.low <= truth <= found.high

    assert held >= 82  # 90 % of 100 draws, less three standard errors


def test_looking_at_every_file_leaves_no_range() -> None:
    frame = sample(1)[0].with_columns(weight=pl.lit(1.0))

    found = analysis.share(frame, pl.col("gone"))

    assert found is not None
    assert found.low == found.value == found.high
