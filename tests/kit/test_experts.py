"""Degree of authorship and the greedy truck factor, with worked examples and laws."""

from datetime import date
from math import log
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.kit.experts import authorship, edits, knowers, paused, pruned, substantial, truck_factor
from tests.conftest import history_of
from tests.making import Maker, code

AS_OF = date(1970, 1, 1)
Touch = tuple[int, int, str]  # life, person, status


def touches(*rows: Touch) -> pl.DataFrame:
    schema = {"life": pl.UInt32, "person": pl.UInt32, "status": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.with_columns(day=pl.lit(0, pl.Int32)).with_row_index("commit")


def wrote(person: int, *lives: int) -> list[Touch]:
    return [(life, person, "A") for life in lives]


def authors(*rows: Touch) -> pl.DataFrame:
    return authorship(touches(*rows), as_of=AS_OF).filter("author").select("life", "person")


def test_the_degree_of_authorship_is_the_published_formula() -> None:
    rows = authorship(touches((1, 0, "A"), (1, 0, "M"), (1, 1, "M"), (1, 1, "M")), as_of=AS_OF).sort("person")

    assert rows["doa"].to_list() == pytest.approx([3.293 + 1.098 + 0.164 - 0.321 * log(3), 3.293 + 2 * 0.164 - 0.321 * log(2)])


def test_a_later_creation_by_another_person_is_no_change_by_others() -> None:
    rows = authorship(touches((1, 0, "A"), (1, 1, "A")), as_of=AS_OF)

    assert rows["doa"].to_list() == pytest.approx([3.293 + 1.098] * 2)


def test_a_deletion_says_nothing_about_knowledge() -> None:
    assert authors((1, 0, "A"), (1, 1, "D"))["person"].to_list() == [0]


def test_one_person_who_wrote_most_files_is_a_truck_factor_of_one() -> None:
    found = truck_factor(authors(*wrote(0, 1, 2, 3), *wrote(1, 4)), 4)

    assert found.people == (0,)
    assert found.authored == (3,)


def test_a_tie_goes_to_the_lower_number_and_is_reported() -> None:
    found = truck_factor(authors(*wrote(0, 1, 2), *wrote(1, 3, 4), *wrote(2, 5)), 5)

    assert found.people == (0, 1)
    assert not found.tie
    assert truck_factor(authors(*wrote(0, 1), *wrote(1, 2), *wrote(2, 3)), 3).tie


def test_pruning_drops_people_with_less_than_a_tenth_of_the_first() -> None:
    rows = [*wrote(0, *range(20)), *wrote(1, 20), *wrote(2, *range(21, 50, 2))]

    assert 1 not in pruned(truck_factor(authors(*rows), 40)).people


def test_a_passer_by_does_not_inherit_the_file_of_a_founder_who_left() -> None:
    rows = authorship(touches((1, 0, "A"), *[(1, 0, "M")] * 20, (1, 1, "M")), as_of=AS_OF)

    assert knowers(rows, [1]).is_empty()
    assert knowers(rows, [0, 1])["person"].to_list() == [0]


def test_who_made_every_third_of_many_changes_knows_the_file_beside_its_author() -> None:
    rows = authorship(touches((1, 0, "A"), *[(1, 0, "M")] * 39, *[(1, 1, "M")] * 23), as_of=AS_OF)

    assert rows.filter("author")["person"].to_list() == [0]  # the published relative threshold alone
    assert sorted(knowers(rows, [0, 1])["person"]) == [0, 1]


def test_a_visitor_with_few_of_many_changes_does_not_know_the_file() -> None:
    rows = authorship(touches((1, 0, "A"), *[(1, 0, "M")] * 57, *[(1, 1, "M")] * 5), as_of=AS_OF)

    assert knowers(rows, [0, 1])["person"].to_list() == [0]


def test_a_tenth_of_the_work_is_counted_with_recent_work_before_old() -> None:
    rows = touches(*[(1, 1, "M")] * 12, (1, 0, "A"), *[(1, 0, "M")] * 39)
    long_ago = rows.with_columns(day=pl.when(pl.col("person") == 1).then(0).otherwise(3650))

    assert sorted(knowers(authorship(rows, as_of=date(1980, 1, 1)), [0, 1])["person"]) == [0, 1]
    assert knowers(authorship(long_ago, as_of=date(1980, 1, 1)), [0, 1])["person"].to_list() == [0]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5), st.sampled_from("AM")), min_size=1, max_size=60))
def test_a_second_knower_never_makes_a_file_known_that_nobody_else_knows(rows: list[Touch]) -> None:
    written = authorship(touches(*rows), as_of=AS_OF)
    here = [0, 1, 2]

    alone = knowers(written.with_columns(work=pl.lit(0.0)), here)

    assert set(knowers(written, here)["life"]) == set(alone["life"])


@pytest.mark.parametrize(("own", "everybody", "knows"), [(23, 63, True), (5, 12, True), (4, 12, False), (6, 63, False), (15, 200, False)])
def test_a_substantial_share_of_a_part_is_a_tenth_that_outweighs_the_others(own: int, everybody: int, *, knows: bool) -> None:
    counts = pl.DataFrame({"own": [own], "everybody": [everybody]})

    assert counts.select(substantial(pl.col("own"), pl.col("everybody"))).item() is knows


def test_silence_is_told_from_a_person_s_own_rhythm(tmp_path: Path) -> None:
    made = Maker(tmp_path / "silent")
    for week in range(30):
        made.commit("ada", f"2025-{week // 4 + 1:02d}-{week % 4 * 7 + 1:02d}", {"a.py": code(9 + week)})  # weekly, until August
    for month in (1, 5, 9):
        made.commit("bob", f"2025-{month:02d}-03", {"b.py": code(9 + month)})  # now and then, the last time in September
    made.commit("cy", "2025-12-15", {"c.py": code(9)})
    history = history_of(made.done(), as_of=date(2026, 1, 5))

    quiet = [history.people[number].name for number in paused(history, date(2026, 1, 5))]

    assert quiet == ["Ada Lovelace"]


def test_old_work_counts_less_with_a_half_life() -> None:
    rows = touches((1, 0, "A"), (1, 1, "M"), (1, 1, "M")).with_columns(day=pl.Series([0, 1460, 1460], dtype=pl.Int32))

    decayed = authorship(rows, as_of=date(1974, 1, 1), half_life=365).sort("person")

    assert decayed["created"][0] == pytest.approx(0.5 ** (1461 / 365))
    assert decayed["doa"][1] > decayed["doa"][0]


people_and_files = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 5), st.sampled_from("AM")), min_size=1, max_size=60)


@given(people_and_files)
def test_losing_the_key_people_orphans_over_half_of_the_files(rows: list[Touch]) -> None:
    files = len({row[0] for row in rows})
    written = authors(*rows)

    gone = set(truck_factor(written, files).people)
    left = written.filter(~pl.col("person").is_in(list(gone)))["life"].n_unique()

    assert left / files < 0.5 or gone == set(written["person"])


@given(people_and_files)
def test_every_file_with_a_creator_has_an_author(rows: list[Touch]) -> None:
    created = {life for life, _, status in rows if status == "A"}

    assert created <= set(authors(*rows)["life"])


def test_moving_a_folder_makes_nobody_its_knower(tmp_path: Path) -> None:
    made = Maker(tmp_path / "moved").commit("dan", "2022-01-01", {f"old/a{number}.py": code(9) for number in range(12)})
    made.commit("bob", "2026-05-01", move={"old": "new"})
    history = history_of(made.done())
    bob = [number for number, person in enumerate(history.people) if person.name == "Bob Hopper"]

    moved = authorship(history.changes, as_of=date(2026, 6, 30))
    edited = authorship(edits(history.changes), as_of=date(2026, 6, 30))

    assert knowers(moved, bob).height == 12
    assert knowers(edited, bob).is_empty()
