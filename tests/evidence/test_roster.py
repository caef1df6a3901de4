"""The roster: every row is kept or named, dates and amounts mean one thing, and formulas are only text."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.domain.errors import InputError
from quarterdeck.evidence.uploads import cells
from quarterdeck.evidence.uploads.roster import Roster, Row, read


def table(*lines: str) -> Roster:
    return read("roster.csv", "\n".join(lines).encode())


def told(roster: Roster) -> dict[str, str]:
    return {each.citation.locator: each.message for each in roster.problems}


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_full_row_is_read_whatever_stands_between_its_cells(mark: str) -> None:
    header = "Person|E-Mail|Job Title|Department|Start date|End date|Reports to|Office|Employment type|Monthly cost (EUR)"
    row = 'Åsa Öberg|"asa@x.example; ASA@y.example"|Developer|Core|2024-01-15|31.12.2025|Ada|Oslo|permanent|"5.400,50"'

    roster = table(header.replace("|", mark), row.replace("|", mark))

    assert roster.rows == (
        Row(2, "Åsa Öberg", ("asa@x.example", "asa@y.example"), "Developer", "Core", date(2024, 1, 15), date(2025, 12, 31), "Ada", "Oslo",
            "permanent", 5400.5, "EUR"),
    )  # fmt: skip
    assert (roster.problems, roster.notes, roster.total) == ((), (), 1)


def test_first_and_last_name_make_a_name_and_other_columns_are_named() -> None:
    roster = table("First name,Surname,Team,Shoe size", "Ada,Lovelace,Core,38")

    assert roster.rows[0].name == "Ada Lovelace"
    assert [note.message for note in roster.notes] == ["columns that are not read: Shoe size"]


@pytest.mark.parametrize("content", ["", "\n\n", "Vendor,Amount\nX,1\n", "Name\nAda\n", "Team,Start\nCore,2025-01-01\n", '"open quote\nx'])
def test_a_table_that_is_no_roster_is_refused_with_the_columns_found_and_wanted(content: str) -> None:
    with pytest.raises(InputError) as refused:
        read("roster.csv", content.encode())

    assert "names the columns" in refused.value.message
    assert "person (or name), email, role, team" in refused.value.hint


def test_rows_that_cannot_be_kept_are_each_named_with_the_reason() -> None:
    roster = table(
        "Name,Email,Start,End,Monthly cost",
        "Ada,ada@x.example,2025-01-01,,",
        ",nobody@x.example,2025-01-01,,",
        "Bob,,2025-02-01,2025-01-01,",
        "Cy,,2025-02-30,,",
        "Di,,yesterday,,",
        "Ed,,,,lots",
        "Flo,flo at x,,,",
        "Ada L.,ADA@x.example,2025-01-01,,",
        "Gil,,2025-01-01,,,,,",
        "Gil,,2025-01-01,,",
        "Hal,,,,,x",
        "I" * 300 + ",,,,",
        "Ada,ada@x.example,2026-01-01,,",
    )

    assert [row.number for row in roster.rows] == [2, 10, 14]
    assert {place: message.split("`")[0] for place, message in told(roster).items()} == {
        "row 3": "has no name",
        "row 4": "ends on 2025-01-01 before it starts on 2025-02-01",
        "row 5": "start: ",
        "row 6": "start: ",
        "row 7": "monthly cost: ",
        "row 8": "has ",
        "row 9": "is the same person and time as row 2",
        "row 11": "is the same person and time as row 10",
        "row 12": "has 6 cells where the heading has 5",
        "row 13": "has a cell of more than 200 characters",
    }
    assert roster.total == 13 == len(roster.rows) + len(roster.problems)


def test_blank_lines_are_no_rows_but_count_as_a_spreadsheet_counts() -> None:
    roster = table("", "Name,Team", "", "Ada,Core", ",", " ,")

    assert (roster.total, roster.rows[0].number) == (1, 4)


def test_a_quotation_mark_that_does_not_pair_loses_only_its_own_row() -> None:
    roster = table("Name,Team", 'Ada,"Core', "Bob,Core", '"Cy ""the"" Turing",Core')

    assert [row.name for row in roster.rows] == ["Bob", 'Cy "the" Turing']
    assert told(roster) == {"row 2": "its quotation marks do not pair"}


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)"])
def test_a_formula_is_text_and_is_marked(cell: str) -> None:
    roster = table("Name,Team", f"Ada,{cell}", "Bob,-")

    assert (roster.rows[0].team, roster.rows[0].marked) == (cell, ("Team",))
    assert roster.rows[1].marked == ()
    assert [(note.citation.locator, note.message) for note in roster.notes] == [
        ("row 2", "Team: begins like a formula and was kept as text")
    ]


def test_a_column_shows_by_itself_how_its_dates_are_written() -> None:
    day_first = table("Name,Start", "Ada,03/04/2025", "Bob,31/12/2025")
    month_first = table("Name,Start", "Ada,03/04/2025", "Bob,12/31/2025")

    assert [row.start for row in day_first.rows] == [date(2025, 4, 3), date(2025, 12, 31)]
    assert [row.start for row in month_first.rows] == [date(2025, 3, 4), date(2025, 12, 31)]


def test_dates_that_can_be_read_in_two_ways_are_problems_until_somebody_says_how() -> None:
    lines = ("Name,Start", "Ada,03/04/2025", "Bob,05/05/2025", "Cy,2025-01-01", "Di,03.04.2025")

    open_ended, decided = table(*lines), read("roster.csv", "\n".join(lines).encode(), dates="month first")

    assert told(open_ended) == {"row 2": "start: `03/04/2025` can be read in two ways: write it as 2025-04-03 or 2025-03-04"}
    assert [row.start for row in open_ended.rows] == [date(2025, 5, 5), date(2025, 1, 1), date(2025, 4, 3)]
    assert decided.rows[0].start == date(2025, 3, 4)
    assert decided.notes[0].message == "dates in `Start` were read month first, as asked for"


def test_a_column_that_contradicts_itself_decides_nothing() -> None:
    roster = table("Name,Start", "Ada,31/12/2025", "Bob,12/31/2025", "Cy,03/04/2025")

    assert [row.start for row in roster.rows] == [date(2025, 12, 31)] * 2
    assert list(told(roster)) == ["row 4"]


def test_the_other_column_of_dates_decides_where_one_is_silent_and_that_is_said() -> None:
    roster = table("Name,Start,End", "Ada,31/12/2024,03/04/2025")

    assert roster.rows[0].end == date(2025, 4, 3)
    assert roster.notes[0].message == "dates in `End` were read day first, as the other dates of this file are"


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("5400", 5400), ("5,400", 5400), ("5.400", 5400), ("5 400", 5400), ("5'400.-", 5400), ("5,400.50", 5400.5), ("5.400,50", 5400.5),
        ("5400,5", 5400.5), ("1.234.567", 1234567), ("€ 5\u00a0400", 5400), ("5400 EUR", 5400), ("$1,234", 1234), ("n/a", None), ("-", None),
    ],
)  # fmt: skip
def test_an_amount_is_read_whatever_marks_its_thousands(cell: str, value: float | None) -> None:
    assert cells.amount(cell) == value


@pytest.mark.parametrize("cell", ["1,2345", "5,400,50", "-500", "5400-", "5.4k", "1.234,567", "=1+1", "9" * 20, "٣"])
def test_what_is_no_amount_is_refused(cell: str) -> None:
    with pytest.raises(cells.Unreadable):
        cells.amount(cell)


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2025-12-31", date(2025, 12, 31)), ("2025-12-31T10:00:00Z", date(2025, 12, 31)), ("2025/1/2", date(2025, 1, 2)),
        ("31.12.2025", date(2025, 12, 31)), ("31-Dec-2025", date(2025, 12, 31)), ("31 December 2025", date(2025, 12, 31)),
        ("Dec 31, 2025", date(2025, 12, 31)), ("present", None),
    ],
)  # fmt: skip
def test_a_day_is_read_as_people_write_it(cell: str, day: date | None) -> None:
    assert cells.day(cell, "") == day


@pytest.mark.parametrize("cell", ["31.12.25", "45000", "2025-13-01", "31 Foo 2025", "0000-01-01", "99/99/2025", "x"])
def test_what_is_no_day_is_refused(cell: str) -> None:
    with pytest.raises(cells.Unreadable):
        cells.day(cell, "day first")


CELLS = st.text(st.characters(exclude_characters="\0"), max_size=12) | st.sampled_from(
    ["Ada", "ada@x.example", "2025-01-01", "03/04/2025", "1.000", "=1", '"', "\r\n", ";"]
)


@given(st.lists(st.lists(CELLS, max_size=6), max_size=8), st.sampled_from([",", ";", "\t"]))
def test_rows_in_are_rows_kept_and_problems_whatever_the_file_holds(rows: list[list[str]], mark: str) -> None:
    text = "\n".join(mark.join(cells) for cells in [["Name", "Email", "Start", "End", "Monthly cost"], *rows])

    roster = read("roster.csv", text.encode("utf-8", "replace"))

    assert roster.total == len(roster.rows) + len(roster.problems)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"Name\x00,Team", b"\x00" * 10])
def test_what_is_no_text_is_refused(content: bytes) -> None:
    with pytest.raises(InputError):
        read("roster.csv", content)


def test_a_hundred_thousand_people_are_read_in_three_seconds() -> None:
    head = "Person;E-Mail;Role;Team;Start date;End date;Manager;Location;Contract type;Monthly cost\n"
    lines = "".join(
        f"Person {n};p{n}@x.example;Developer;Team {n % 30};{n % 28 + 1}/{n % 12 + 1}/2024;;Boss;Oslo;permanent;{n % 9 + 1}.{n % 1000:03d},50\n"
        for n in range(100_000)
    )

    began = time.process_time()
    roster = read("roster.csv", (head + lines).encode())

    assert time.process_time() - began < 3
    assert (len(roster.rows), roster.problems) == (100_000, ())
