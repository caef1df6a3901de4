"""One typed line: what it is, for whom, by when."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.usecases.one_line import Kind, Line, understood

TODAY = date(2026, 11, 25)  # a Wednesday
PEOPLE = ("Ada Lovelace", "Bob Stone", "Bob Hill", "Chen")


def read(line: str) -> Line:
    return understood(line, TODAY, PEOPLE)


@pytest.mark.parametrize(
    ("line", "kind", "text", "day"),
    [
        ("d which payroll vendor by 2027-01-05", Kind.DECISION, "which payroll vendor", date(2027, 1, 5)),
        ("d which payroll vendor", Kind.DECISION, "which payroll vendor", None),
        ("p board note by Fri", Kind.PROMISE, "board note", date(2026, 11, 27)),
        ("p board note by wednesday", Kind.PROMISE, "board note", TODAY),
        ("a rotate keys by 12 Dec", Kind.ACTION, "rotate keys", date(2026, 12, 12)),
        ("a rotate keys by Dec 12", Kind.ACTION, "rotate keys", date(2026, 12, 12)),
        ("a rotate keys by 3rd March", Kind.ACTION, "rotate keys", date(2027, 3, 3)),
        ("a rotate keys by 3 March 2028", Kind.ACTION, "rotate keys", date(2028, 3, 3)),
        ("a rotate keys tomorrow", Kind.ACTION, "rotate keys", date(2026, 11, 26)),
        ("a rotate keys by tomorrow", Kind.ACTION, "rotate keys", date(2026, 11, 26)),
        ("a rotate keys 2026-12-01", Kind.ACTION, "rotate keys", date(2026, 12, 1)),
        ("a rotate keys by 31 Feb", Kind.ACTION, "rotate keys by 31 Feb", None),
        ("a stand by", Kind.ACTION, "stand by", None),
        ("a by Fri", Kind.ACTION, "by Fri", None),
        ("a tomorrow", Kind.ACTION, "tomorrow", None),
        ("They meet by Fri", Kind.NOTE, "They meet by Fri", None),
        ("A customer asked for SSO", Kind.NOTE, "A customer asked for SSO", None),
        ("d", Kind.NOTE, "d", None),
    ],
)
def test_a_line_says_what_it_is_and_by_when(line: str, kind: Kind, text: str, day: date | None) -> None:
    found = read(line)

    assert (found.kind, found.text, found.day) == (kind, text, day)


@pytest.mark.parametrize(
    ("line", "person", "text"),
    [
        ("a Ada: rotate keys by Fri", "Ada Lovelace", "rotate keys"),
        ("p ada board note by Fri", "Ada Lovelace", "board note"),
        ("a Ada Lovelace rotate keys", "Ada Lovelace", "rotate keys"),
        ("a Bob Hill: rotate keys", "Bob Hill", "rotate keys"),
        ("a Bob rotate keys", "", "Bob rotate keys"),  # which of the two is not said
        ("a Zoe: rotate keys", "", "Zoe: rotate keys"),
        ("a Chen", "", "Chen"),
        ("d Ada: which vendor", "", "Ada: which vendor"),
    ],
)
def test_whoever_is_named_first_is_meant_when_exactly_one_is_known(line: str, person: str, text: str) -> None:
    found = read(line)

    assert (found.person, found.text) == (person, text)


@pytest.mark.parametrize(
    ("line", "minutes", "text", "day"),
    [
        ("t 45m board note", 45, "board note", None),
        ("t 1:30 review", 90, "review", None),
        ("t 1.5h call", 90, "call", None),
        ("t 1h 30m call with Ada", 90, "call with Ada", None),
        ("t 45m board note yesterday", 45, "board note", date(2026, 11, 24)),
        ("t 45m board note on Mon", 45, "board note", date(2026, 11, 23)),
        ("t 45m yesterday", 45, "", date(2026, 11, 24)),
        ("t 45m", 45, "", None),
        ("t board note", None, "board note", None),
        ("t 2 reviews", None, "2 reviews", None),
    ],
)
def test_time_begins_with_how_long_it_took(line: str, minutes: int | None, text: str, day: date | None) -> None:
    found = read(line)

    assert (found.kind, found.minutes, found.text, found.day) == (Kind.TIME, minutes, text, day)


WORDS = st.sampled_from(
    [
        "d",
        "p",
        "a",
        "t",
        "by",
        "on",
        "Fri",
        "12",
        "Dec",
        "2027",
        "tomorrow",
        "today",
        "yesterday",
        "2027-01-05",
        "45m",
        "1h",
        "30m",
        "Ada",
        "Ada:",
    ]
) | st.text(min_size=1, max_size=8)


@given(st.lists(WORDS, max_size=9).map(" ".join) | st.text(max_size=60))
def test_no_word_of_a_line_is_lost_or_moved(line: str) -> None:
    assert " ".join(read(line).parts).split() == line.split()


@given(st.lists(WORDS, min_size=1, max_size=9).map(" ".join))
def test_a_line_that_says_something_keeps_a_text_or_a_length_of_time(line: str) -> None:
    found = read(line)

    assert found.text or found.minutes is not None or not line.split()


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(["by Fri", "by 29 Feb", "by 31 Dec", "tomorrow", "by 1 January"]))
def test_a_day_without_a_year_is_never_past(today: date, when: str) -> None:
    found = understood(f"a do it {when}", today)

    assert found.day is None or today <= found.day
