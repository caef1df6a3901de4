"""The deeper look: when a credential came, within limits and remembered, and what was not searched whole."""

import random
import string
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from quarterdeck import bootstrap
from quarterdeck.evidence import secrets
from quarterdeck.evidence.deep import Depth, read_deep
from quarterdeck.evidence.git import introduced
from quarterdeck.evidence.git.locate import locate
from quarterdeck.evidence.git.read import Raw
from tests.conftest import AS_OF, history_of
from tests.making import Maker

PATH = "config/prod.env"
LIMITS = ("MOST_VERSIONS", "MOST_BYTES", "MOST_OF_ALL")


def password(number: int) -> str:
    return "".join(random.Random(number).choices(string.ascii_letters + string.digits, k=20))


def line(number: int) -> str:
    return f"DB{number}_PASSWORD={password(number)}\n"


def raw_of(path: Path, as_of: date) -> Raw:
    return bootstrap.read_one(bootstrap.Request((path,), as_of), locate(path), path.name)


def firsts(path: Path, home: Path, seen: list[str] | None = None, as_of: date = AS_OF) -> Mapping[tuple[str, str], tuple[str, int]]:
    told = seen if seen is not None else []
    return read_deep(raw_of(path, as_of), Depth(home, b"k" * 32), lambda stage, _, __: told.append(stage)).firsts


def days(path: Path) -> list[tuple[str, int]]:
    """Return the path and the day in January 2026 on which each credential came, 0 where that is not known."""
    first = 20_454  # 2026-01-01, counted from 1970
    return sorted((each.path, max(each.first_day - first + 1, 0)) for each in history_of(path).contents.secrets)


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Collect what is searched for first commits."""
    contents: list[bytes] = []
    find = introduced.secrets.find

    def counted(path: str, content: bytes, key: bytes) -> list[secrets.Hit]:
        contents.append(content)
        return find(path, content, key)

    monkeypatch.setattr(introduced.secrets, "find", counted)
    return contents


def test_each_credential_of_a_file_has_the_day_of_its_own_first_commit(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "shop").commit(day="2026-01-02", write={"old.env": "A=1\n"})
    maker.commit(day="2026-01-03", write={"old.env": line(1)}).commit(day="2026-01-04", write={"old.env": line(1) + "B=2\n"})
    maker.commit(day="2026-01-05", move={"old.env": PATH}).commit(day="2026-01-06", write={PATH: line(1) + "B=2\n" + line(2)})

    assert days(maker.done()) == [(PATH, 3), (PATH, 6)]


def test_a_credential_that_went_and_came_back_has_the_day_it_came_first(tmp_path: Path) -> None:
    maker = Maker(tmp_path / "shop")
    for number, text in enumerate((line(1), "A=1\n", line(1)), 2):
        maker.commit(day=f"2026-01-0{number}", write={PATH: text})

    assert days(maker.done()) == [(PATH, 2)]


def test_every_version_is_searched_once_however_many_credentials_it_holds(tmp_path: Path, searched: list[bytes]) -> None:
    maker = Maker(tmp_path / "shop")
    for number in range(1, 7):
        maker.commit(day=f"2026-01-0{number}", write={PATH: f"A={number}\n"})
    path = maker.commit(day="2026-01-09", write={PATH: "".join(map(line, range(30)))}).done()

    assert days(path) == [(PATH, 9)] * 30
    assert len(searched) == 1 + 7  # the file as it is, and its versions


def test_the_search_ends_with_the_last_credential_found(tmp_path: Path, searched: list[bytes]) -> None:
    maker = Maker(tmp_path / "shop").commit(day="2026-01-01", write={PATH: line(1)})
    for number in range(2, 9):
        maker.commit(day=f"2026-01-0{number}", write={PATH: f"{line(1)}A={number}\n"})

    assert days(maker.done()) == [(PATH, 1)]
    assert len(searched) == 1 + 1


def test_a_second_run_searches_nothing_and_says_the_same(tmp_path: Path, searched: list[bytes]) -> None:
    maker = Maker(tmp_path / "shop").commit(day="2026-01-01", write={PATH: "A=1\n"}).commit(day="2026-01-02", write={PATH: line(1)})
    path = maker.done()
    told: list[str] = []
    first = firsts(path, tmp_path / "home", told)
    searched.clear()

    assert firsts(path, tmp_path / "home") == first
    assert len(first) == 1
    assert searched == []
    assert "first commits of credentials" in told


@pytest.mark.parametrize("damage", [b"broken", b""])
def test_a_damaged_memory_is_searched_again(tmp_path: Path, damage: bytes, searched: list[bytes]) -> None:
    path = Maker(tmp_path / "shop").commit(day="2026-01-02", write={PATH: line(1)}).done()
    first = firsts(path, tmp_path / "home")
    next((tmp_path / "home").rglob("firsts-*.parquet")).write_bytes(damage)
    searched.clear()

    assert firsts(path, tmp_path / "home") == first
    assert len(searched) == 1


def test_the_memory_holds_no_credential(tmp_path: Path) -> None:
    firsts(Maker(tmp_path / "shop").commit(write={PATH: line(1)}).done(), tmp_path / "home")

    kept = pl.read_parquet(next((tmp_path / "home").rglob("firsts-*.parquet")))

    assert password(1) not in kept.write_json()


@pytest.mark.parametrize(("limit", "value"), [("MOST_VERSIONS", 3), ("MOST_BYTES", 3 * 1_100), ("MOST_OF_ALL", 3 * 1_100)])
def test_beyond_a_limit_the_first_commit_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int) -> None:
    maker = Maker(tmp_path / "shop").commit(day="2026-01-01", write={PATH: line(1) + "# " + "x" * 1_000})
    for number in range(2, 5):
        maker.commit(day=f"2026-01-0{number}", write={PATH: f"{line(1)}A={number}\n#" + "x" * 1_000})
    path = maker.commit(day="2026-01-09", write={PATH: line(1) + line(2) + "x" * 1_000}).done()
    monkeypatch.setattr(introduced, limit, value)

    assert days(path) == [(PATH, 0), (PATH, 1)]


def test_what_is_remembered_changes_no_answer_where_the_limit_of_all_is_spent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maker = Maker(tmp_path / "shop")
    for name in "bcd":
        maker.commit(day="2026-01-01", write={f"{name}.env": "#" + "x" * 1_000})
        maker.commit(day="2026-01-02", write={f"{name}.env": line(ord(name)) + "#" + "x" * 1_000})
    path = maker.commit(day="2026-01-03", write={"a.env": line(9)}).done()
    monkeypatch.setattr(introduced, "MOST_OF_ALL", 2 * 2_200)
    firsts(path, tmp_path / "home", as_of=date(2026, 1, 2))

    warm, cold = firsts(path, tmp_path / "home"), firsts(path, tmp_path / "cold")

    assert dict(warm) == dict(cold)
    assert {name for name, _ in cold} == {"a.env", "b.env", "c.env"}


def test_a_version_that_cannot_be_searched_leaves_the_day_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Maker(tmp_path / "shop").commit(write={PATH: "A=1\n"}).commit(day="2026-01-06", write={PATH: line(1)}).done()
    find = introduced.secrets.find

    def failing(path: str, content: bytes, key: bytes) -> list[secrets.Hit]:
        if content == b"A=1\n":
            raise secrets.SearchFailed(path)
        return find(path, content, key)

    monkeypatch.setattr(introduced.secrets, "find", failing)

    assert days(path) == [(PATH, 0)]


def problems(path: Path) -> dict[str, str]:
    return {each.citation.locator: each.message for each in history_of(path).repositories[0].problems}


def test_long_texts_searched_in_part_are_named_and_pictures_are_not(tmp_path: Path) -> None:
    long = "lorem ipsum dolor\n" * 62_000
    write = {"a.sql": long, "b.log": long * 5, "c.png": b"\x89PNG\0" + b"x" * 1_200_000, "d.sql": "x\n"}

    found = problems(Maker(tmp_path / "shop").commit(write=write).done())

    assert found["a.sql"] == "only its beginning and end were searched for credentials"
    assert found["b.log"] == "only parts of its first 5 MB were searched for credentials"
    assert "c.png" not in found
    assert "d.sql" not in found


def test_of_many_long_texts_the_first_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    long = "lorem ipsum dolor\n" * 62_000

    found = problems(Maker(tmp_path / "shop").commit(write={f"{number:02d}.sql": long for number in range(23)}).done())

    assert sum("its beginning and end" in message for message in found.values()) == 20
    assert found["repository"] == "3 more files were not searched for credentials from end to end"
