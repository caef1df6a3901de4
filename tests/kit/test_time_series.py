"""Changes of level in weekly counts: planted ones are found, dated and sized, and noise, slopes and mass changes are not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from quarterdeck.kit import time_series
from quarterdeck.kit.monte_carlo import generator

CALM = (8, 9, 7, 8, 10, 8, 7, 9)


def steady(weeks: int, level: int = 8) -> list[int]:
    """Return a series that goes on at a level, week by week a little different."""
    return [CALM[week % len(CALM)] * level // 8 for week in range(weeks)]


def drawn(levels: NDArray[np.float64], runs: int, seed: int) -> NDArray[np.int64]:
    return time_series.simulated(np.tile(levels, (runs, 1)), 3.0, 0.3, generator(seed))


def halved(weeks: int, at: int, level: float = 8.0) -> NDArray[np.float64]:
    return np.where(np.arange(weeks) < at, level, level / 2)


def test_a_steady_series_has_no_change() -> None:
    assert time_series.changes(steady(104), generator(1)) == ()


def test_a_planted_halving_is_found_with_its_week_and_size() -> None:
    counts = steady(60, 16) + steady(44, 8)

    (found,) = time_series.changes(counts, generator(1))

    assert abs(found.at - 60) <= 1
    assert found.first <= 60 <= found.last
    assert (found.before, found.after) == pytest.approx((16.5, 8.25), abs=0.3)
    assert found.ratio[0] < 0.5 < found.ratio[2]
    assert found.pace == "sudden"


def test_a_fall_and_its_recovery_are_two_changes() -> None:
    found = time_series.changes(steady(50, 16) + steady(40, 4) + steady(50, 16), generator(1))

    assert [abs(each.at - at) <= 2 for each, at in zip(found, (50, 90), strict=True)] == [True, True]
    assert found[0].after < found[0].before
    assert found[1].after > found[1].before


def test_a_slow_decline_is_not_told_as_sudden() -> None:
    levels = np.round(40 * 0.25 ** (np.arange(156) / 156)).astype(int)

    found = time_series.changes(levels.tolist(), generator(1))

    assert found
    assert all(each.pace != "sudden" for each in found)


def test_one_mass_import_is_no_change_of_pace() -> None:
    counts = steady(104)
    counts[80] = 4_000

    assert time_series.changes(counts, generator(1)) == ()


def test_false_alarms_stay_below_six_per_cent() -> None:
    counts = drawn(np.full(104, 8.0), 1_000, seed=5)

    alarms = sum(bool(time_series.changes(row, generator(1))) for row in counts[:300]) / 300

    assert alarms <= 0.06
    assert time_series.claims(counts).mean() <= 0.06


def test_most_halvings_are_found_near_their_week() -> None:
    counts = drawn(halved(104, 52, level=20.0), 200, seed=6)

    found = [time_series.changes(row, generator(1)) for row in counts]

    assert sum(any(abs(each.at - 52) <= 6 for each in row) for row in found) / 200 >= 0.65


def test_the_smallest_fall_falls_with_volume_and_with_length() -> None:
    small, large = (time_series.smallest_fall(level, 3.0, 0.2, 104, generator(3)) for level in (4.0, 40.0))
    long = time_series.smallest_fall(4.0, 3.0, 0.2, 156, generator(3))

    assert small and large and long
    assert 0.3 < large < small
    assert long < small


def test_the_stated_smallest_fall_is_found_in_four_cases_of_five() -> None:
    fall = time_series.smallest_fall(8.0, 3.0, 0.3, 104, generator(3)) or 0.0

    assert time_series.power(8.0, 3.0, 0.3, 104, generator(99), ratio=1 - fall) == pytest.approx(0.8, abs=0.1)


@pytest.mark.parametrize(("level", "weeks"), [(0.05, 104), (8.0, 20), (0.0, 104)])
def test_a_trickle_or_a_short_series_reveals_no_fall_at_all(level: float, weeks: int) -> None:
    assert time_series.smallest_fall(level, 3.0, 0.2, weeks, generator(3)) is None


def test_simulated_counts_have_the_level_scatter_and_likeness_asked_for() -> None:
    counts = time_series.simulated(np.full((400, 200), 8.0), 3.0, 0.3, generator(8)).astype(float)
    centred = counts - counts.mean()

    assert counts.mean() == pytest.approx(8.0, abs=0.15)
    assert counts.var() == pytest.approx(8 + 64 / 3, rel=0.05)
    assert (centred[:, 1:] * centred[:, :-1]).mean() / counts.var() == pytest.approx(0.28, abs=0.04)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=0, max_size=160))
def test_any_series_gives_ordered_changes_inside_itself(counts: list[int]) -> None:
    found = time_series.changes(counts, generator(1))

    assert [each.at for each in found] == sorted({each.at for each in found})
    for each in found:
        assert each.start < each.first <= each.at <= each.last < each.end <= len(counts)
        assert 0 <= each.ratio[0] <= each.ratio[1] <= each.ratio[2]
        assert 0 <= each.sudden <= 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=26, max_size=120))
def test_the_same_series_gives_the_same_answer(counts: list[int]) -> None:
    assert time_series.changes(counts, generator(4)) == time_series.changes(counts, generator(4))


@pytest.mark.parametrize("counts", [[], [0] * 104, [1], [5] * 25, [10**9] * 60])
def test_empty_dead_short_and_huge_series_are_survived(counts: list[int]) -> None:
    assert time_series.changes(counts, generator(1)) == ()
