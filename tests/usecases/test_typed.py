"""What people type into fields."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.usecases import typed
from quarterdeck.usecases.typed import Wrong


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("45m", 45),
        ("1:30", 90),
        ("1:30:00", 90),
        ("1.5h", 90),
        ("1.5", 90),
        ("1h 30m", 90),
        ("1h30", 90),
        ("2 hours", 120),
        ("10 min", 10),
        ("2 h", 120),
    ],
)
def test_a_length_of_time_is_read_as_people_write_it(text: str, minutes: int) -> None:
    assert typed.duration(text) == minutes


@pytest.mark.parametrize("text", ["", "board", "90", "1:75", "h", "m", "-5m", "1.5.2", "٣m"])
def test_what_may_be_no_length_of_time_is_none(text: str) -> None:
    assert typed.duration(text) is None


@pytest.mark.parametrize("text", ["0m", "25h", "999h"])
def test_a_day_has_twenty_four_hours(text: str) -> None:
    with pytest.raises(Wrong) as told:
        typed.minutes("minutes", text)

    assert told.value.field == "minutes"


@pytest.mark.parametrize(
    ("text", "ends"), [("4", (4, 4, 4)), ("2-5", (2, 3.5, 5)), ("2 – 4 – 8", (2, 4, 8)), ("1,000 to 2,000", (1000, 1500, 2000))]
)
def test_an_estimate_is_one_amount_or_a_range(text: str, ends: tuple[float, ...]) -> None:
    found = typed.spread("effort", text, "days")

    assert found
    assert (found["p10"], found["p50"], found["p90"]) == ends


@pytest.mark.parametrize("text", ["a lot", "5-2", "1-2-3-4", "-", "NaN", "1e400"])
def test_what_is_no_estimate_is_told(text: str) -> None:
    with pytest.raises(Wrong):
        typed.spread("effort", text, "days")


@given(st.lists(st.integers(0, 10_000), min_size=3, max_size=3).map(sorted))
def test_an_estimate_reads_back_as_it_was_typed(ends: list[int]) -> None:
    text = "-".join(map(str, ends))

    once = typed.spread("effort", text, "days")

    assert typed.spread("effort", typed.spread_text(once), "days") == once


@pytest.mark.parametrize(
    ("text", "amount"), [("1,500", Decimal("1500.00")), ("1 500.5", Decimal("1500.50")), ("", None), ("0", Decimal("0.00"))]
)
def test_an_amount_is_read_with_or_without_separators(text: str, amount: Decimal | None) -> None:
    assert typed.amount("cost", text) == amount


@pytest.mark.parametrize("text", ["-1", "NaN", "Infinity", "1e99", "free", "１２é"])
def test_what_is_no_amount_is_told(text: str) -> None:
    with pytest.raises(Wrong):
        typed.amount("cost", text)


@pytest.mark.parametrize("text", ["soon", "2027-02-30", "0001-01-01", "9999-12-31"])
def test_what_is_no_day_is_told(text: str) -> None:
    with pytest.raises(Wrong):
        typed.day("due", text)


def test_text_keeps_its_lines_and_loses_what_no_database_takes() -> None:
    assert typed.words("detail", " one\r\ntwo\x00 ") == "one\ntwo"
    assert typed.line("sentence", " one\ntwo ") == "one two"


def test_a_text_that_is_too_long_is_told_not_cut() -> None:
    with pytest.raises(Wrong, match="301 characters"):
        typed.line("sentence", "x" * 301)
