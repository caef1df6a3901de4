"""Ranges by simulation agree with the closed forms."""

import numpy as np
import pytest

from quarterdeck.kit.monte_carlo import estimate, generator, pert, total
from quarterdeck.kit.rates import draw


def test_the_mean_of_pert_is_the_textbook_one() -> None:
    samples = pert(generator(1), 2, 6, 20, draws=200_000)

    assert np.mean(samples) == pytest.approx((2 + 4 * 6 + 20) / 6, rel=0.01)
    assert samples.min() >= 2
    assert samples.max() <= 20


def test_a_range_of_no_width_is_its_value() -> None:
    assert set(pert(generator(1), 3, 3, 3)) == {3.0}


def test_ends_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="low <= mid <= high"):
        pert(generator(1), 3, 2, 4)


def test_the_same_rate_gives_the_same_draws_everywhere() -> None:
    assert np.array_equal(draw("a", 1, 2, 3), draw("a", 1, 2, 3))
    assert not np.array_equal(draw("a", 1, 2, 3), draw("b", 1, 2, 3))


def test_totals_add_draws_and_never_p90s() -> None:
    parts = {name: draw(name, 0, 1, 10) for name in "abcd"}

    summed = total(parts, "USD", "x")

    assert summed is not None
    assert summed.p90 < sum(estimate(samples, "USD", "x").p90 for samples in parts.values())
    assert total({}, "USD", "x") is None
