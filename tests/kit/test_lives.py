"""Renames carry the history of a file along."""

from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.kit.lives import infer_renames, with_lives
from tests.conftest import history_of
from tests.making import Maker, code

Row = tuple[int, str, str, str | None]


def lives(*rows: Row) -> dict[tuple[int, str], int]:
    """Return the life of each (commit, path) of rows (commit, status, path, old path)."""
    schema = {"commit": pl.UInt32, "status": pl.String, "path": pl.String, "old_path": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(repository=pl.lit(0, pl.UInt16))
    found = with_lives(frame)
    return {(row["commit"], row["path"]): row["life"] for row in found.iter_rows(named=True)}


def test_a_chain_of_renames_is_one_life() -> None:
    found = lives((0, "A", "a", None), (1, "R", "b", "a"), (2, "R", "c", "b"), (3, "M", "c", None))

    assert len(set(found.values())) == 1


def test_a_swap_in_one_commit_keeps_both_histories_apart() -> None:
    found = lives((0, "A", "a", None), (0, "A", "b", None), (1, "R", "a", "b"), (1, "R", "b", "a"), (2, "M", "a", None))

    assert found[2, "a"] == found[0, "b"] != found[0, "a"]


def test_a_path_taken_again_after_a_rename_is_a_new_life() -> None:
    found = lives((0, "A", "a", None), (1, "R", "b", "a"), (2, "A", "a", None), (3, "M", "b", None))

    assert found[2, "a"] != found[0, "a"] == found[3, "b"]


def test_an_edit_to_the_old_path_on_a_parallel_branch_is_not_lost() -> None:
    found = lives((0, "A", "a", None), (1, "R", "b", "a"), (2, "M", "a", None))

    assert found[2, "a"] == found[0, "a"]


def test_a_deleted_and_created_again_path_continues_its_life() -> None:
    found = lives((0, "A", "a", None), (1, "D", "a", None), (2, "A", "a", None))

    assert len(set(found.values())) == 1


def test_history_that_starts_in_the_middle_gives_each_path_a_life() -> None:
    found = lives((0, "M", "a", None), (1, "R", "c", "b"), (2, "M", "a", None), (3, "M", "c", None))

    assert found[0, "a"] == found[2, "a"]
    assert found[1, "c"] == found[3, "c"] != found[0, "a"]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("abc")), max_size=12))
def test_every_row_has_a_life(moves: list[tuple[str, str]]) -> None:
    rows: list[Row] = [(0, "A", "a", None), (0, "A", "b", None)]
    rows += [(number, "R", new, old) for number, (old, new) in enumerate(moves, 1) if old != new]

    found = lives(*rows)

    assert len(found) == len({(row[0], row[2]) for row in rows})
    assert None not in found.values()


def test_pairs_by_base_name_are_inferred_where_git_gives_up() -> None:
    rows = [(7, "D", f"old/{n}.c", None) for n in range(4)] + [(7, "A", f"new/{n}.c", None) for n in range(4)] + [(7, "A", "new/x.c", None)]
    schema = {"commit": pl.UInt32, "status": pl.Enum(list("AMDRCTUX")), "path": pl.String, "old_path": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row").with_columns(inferred=pl.lit(value=False))

    found = infer_renames(frame, limit=3)

    assert sorted(found["status"]) == ["A", "R", "R", "R", "R"]
    assert found.filter("inferred")["old_path"].sort().to_list() == [f"old/{n}.c" for n in range(4)]


def test_two_thousand_files_moved_and_edited_in_one_commit_keep_their_history(tmp_path: Path) -> None:
    made = Maker(tmp_path / "moved")
    made.commit("ada", "2026-01-01", {f"src/{n}/file_{n}.py": code(12, f"w{n}") for n in range(2000)})
    moves = {f"src/{n}/file_{n}.py": f"lib/{n}/file_{n}.py" for n in range(2000)}
    made.commit("bob", "2026-02-01", {f"lib/{n}/file_{n}.py": code(13, f"w{n}") for n in range(2000)}, delete=moves)

    history = history_of(made.done())

    assert history.files["life"].n_unique() == 2000
    assert history.changes["life"].n_unique() == 2000
