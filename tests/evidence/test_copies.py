"""Copies: blocks that stand in two places, found whole, once, and however they are indented."""

import os
import subprocess
import sys
from itertools import pairwise

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterdeck.domain.contents import COPIES
from quarterdeck.evidence.code.copies import LINES, PLACES, WINDOWS, copies, windows


def block(word: str, lines: int = 12) -> list[str]:
    """Return lines of code that differ from one another and say enough."""
    return [f"{word}_{number} = compute({word}, {number}, other[{number}]) + {number * 7}" for number in range(lines)]


def text(*lines: str) -> bytes:
    return "\n".join(lines).encode() + b"\n"


def found(**files: bytes) -> list[tuple[str, int, str, int, int]]:
    """Return the copied blocks of files as (path, line, other path, other line, lines)."""
    rows = [(0, path, line, hashed) for path, content in files.items() for line, hashed in windows(path, content)]
    frame = copies(pl.DataFrame(rows, schema=WINDOWS, orient="row"))
    assert frame.schema == COPIES
    return [row[1:] for row in frame.iter_rows()]


def test_a_block_in_two_files_is_found_whole_and_once() -> None:
    one, two = text(*block("a", 5), *block("same"), *block("b", 5)), text(*block("c", 3), *block("same"), *block("d", 9))

    assert found(one=one, two=two) == [("one", 6, "two", 4, 12)]


def test_a_copy_inside_one_file_is_found() -> None:
    assert found(one=text(*block("same"), *block("a", 4), *block("same"))) == [("one", 1, "one", 17, 12)]


def test_blanks_comments_and_lone_brackets_do_not_hide_a_copy() -> None:
    lines = block("same")
    dressed = [part for number, line in enumerate(lines) for part in (f"\t  {line.replace(' ', '  ')}", "", f"// {number}", "}")]

    assert found(one=text(*lines), two=text("/* head", "of the file */", *dressed)) == [("one", 1, "two", 3, 12)]


def test_one_changed_line_ends_a_block() -> None:
    lines = block("same", 30)
    changed = [*lines[:15], "something_else = entirely(1, 2, 3)", *lines[16:]]

    assert found(one=text(*lines), two=text(*changed)) == [("one", 1, "two", 1, 15), ("one", 17, "two", 17, 14)]


def test_fewer_than_ten_lines_are_no_copy() -> None:
    assert found(one=text(*block("same", LINES - 1), *block("a")), two=text(*block("same", LINES - 1), *block("b"))) == []


def test_imports_licences_and_tables_of_numbers_are_no_copies() -> None:
    licence = ["/*", *(f" Permission number {number} is granted to whom it may concern" for number in range(20)), "*/"]
    imports = [f"import package.number{number}.Thing" for number in range(20)]
    imported = ["from package import (", *(f"    name_{number}," for number in range(20)), ")"]
    table = ["    0, 0, 0, 0, 0, 0, 0, 0, 0, 0,"] * 40
    docstring = ['"""What this is for.', *(f"It says sentence number {number} about it." for number in range(20)), '"""']
    same = [*licence, *imports, *imported, *docstring, *table]

    assert found(one=text(*same, *block("a")), two=text(*same, *block("b"))) == []


def test_three_places_are_three_pairs() -> None:
    files = {name: text(*block(name, 3), *block("same")) for name in ("a", "b", "c")}

    assert found(**files) == [("a", 4, "b", 4, 12), ("a", 4, "c", 4, 12), ("b", 4, "c", 4, 12)]


def test_a_block_in_many_places_is_paired_with_the_first_of_them_only() -> None:
    places = PLACES + 20
    files = {f"f{number:02d}": text(*block(f"f{number}", 3), *block("same")) for number in range(places)}

    rows = found(**files)

    assert len(rows) == places - 1
    assert {row[0] for row in rows} == {"f00"}


def test_repositories_are_not_compared_with_one_another() -> None:
    rows = [(number, "a", line, hashed) for number in (0, 1) for line, hashed in windows("a", text(*block("same")))]

    assert copies(pl.DataFrame(rows, schema=WINDOWS, orient="row")).is_empty()


def test_nothing_is_found_in_nothing() -> None:
    assert windows("a", b"") == []
    assert windows("a", b"\n\n{\n}\n") == []
    assert windows("a", b"a\0b\n" * 100) == []
    assert windows("a", b"x = 1\n" * 400_000) == []
    assert copies(pl.DataFrame(schema=WINDOWS)).is_empty()


def test_a_file_of_one_line_repeated_costs_little_and_says_nothing() -> None:
    assert {hashed for _, hashed in windows("a", b"same = line(1, 2, 3, 4)\n" * 20_000)} == {0}


@pytest.mark.parametrize("opener", [b"/*\n", b'"""\n', b"import {\n", b"from a import (\n"])
def test_openers_without_an_end_are_read_in_one_go(opener: bytes) -> None:
    assert windows("a", opener * 60_000) == []


def test_hashes_are_the_same_in_another_process() -> None:
    command = "from quarterdeck.evidence.code.copies import windows; print(windows('a', b'alpha = beta(gamma, 1, 2)\\n' * 3 + bytes(range(32, 127)) * 2))"
    outputs = {
        subprocess.run([sys.executable, "-c", command], capture_output=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    }

    assert len(outputs) == 1


words = st.sampled_from(
    [f"{word} = call({word}, {number})" for number, word in enumerate("alpha beta gamma delta epsilon zeta eta theta".split())]
)
programs = st.lists(words, max_size=40)


@settings(max_examples=60)
@given(programs, programs)
def test_blocks_are_alike_line_by_line_and_as_many_as_by_looking(one: list[str], two: list[str]) -> None:
    rows = found(one=text(*one), two=text(*two))
    across = [row for row in rows if row[0] != row[2]]

    for _, line, _, other, lines in across:
        assert one[line - 1 : line - 1 + lines] == two[other - 1 : other - 1 + lines]
    assert bool(across) == any(
        one[i : i + 10] == two[j : j + 10] and telling(one[i : i + 10]) for i in range(len(one) - 9) for j in range(len(two) - 9)
    )


def telling(lines: list[str]) -> bool:
    """Count changes and tokens the slow way."""
    changes = sum(first != second for first, second in pairwise(lines))
    return changes >= 4 and len(lines) * 8 >= 50
