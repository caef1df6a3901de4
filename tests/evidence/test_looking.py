"""Looking into files once: what was seen is kept by path and content, and what is kept changes no answer."""

from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.progress import silent
from quarterdeck.evidence import looking
from quarterdeck.evidence.git.locate import locate
from quarterdeck.store.workspace import home
from tests.conftest import AS_OF, history_of
from tests.making import Maker

LOOP = "def total(rows):\n    result = 0\n    for row in rows:\n        if row:\n            result += row\n    return result\n"


def made(folder: Path) -> Maker:
    return Maker(folder).commit(
        write={"app/sums.py": LOOP, "web/sums.js": "function f(a) { return a ? 1 : 2 }\n", "LICENSE": "MIT License\n"}
    )


def looked(path: Path, seen: list[int] | None = None) -> looking.Looked:
    raw = bootstrap.read_one(bootstrap.Request((path,), AS_OF), locate(path), path.name)

    def progress(_stage: str, _done: int, total: int) -> None:
        if seen is not None:
            seen.append(total)

    return looking.look(raw, home() / "looks", b"k" * 32, progress)


def same(one: looking.Looked, other: looking.Looked) -> bool:
    return one.files == other.files and all(frame.equals(other.frames[kind]) for kind, frame in one.frames.items())


def test_functions_are_found_with_place_and_measures(tmp_path: Path) -> None:
    found = looked(made(tmp_path / "shop").done()).frames["functions"]

    assert [row[0] for row in found.iter_rows()] == ["app/sums.py", "web/sums.js"]
    assert found.row(0, named=True)["complexity"] == 3


def test_a_second_look_opens_nothing_and_says_the_same(tmp_path: Path) -> None:
    path = made(tmp_path / "shop").done()
    first = looked(path)
    seen: list[int] = []

    second = looked(path, seen)

    assert seen == []
    assert same(first, second)


def test_only_new_contents_are_opened_and_the_answer_is_that_of_a_cold_look(tmp_path: Path) -> None:
    maker = made(tmp_path / "shop")
    looked(maker.done())
    moved = {"web/moved.js": "function f(a) { return a ? 1 : 2 }\n", "app/more.py": LOOP.replace("total", "more")}
    maker.commit(day="2026-02-01", write=moved, delete=["web/sums.js"])
    path = maker.done()
    seen: list[int] = []

    warm = looked(path, seen)
    cold = looking.look(bootstrap.read_one(bootstrap.Request((path,), AS_OF), locate(path), path.name), home() / "cold", b"k" * 32, silent)

    assert set(seen) == {2}
    assert same(warm, cold)


@pytest.mark.parametrize("kind", ["seen", *looking.KINDS])
def test_a_damaged_memory_is_looked_at_again(tmp_path: Path, kind: str) -> None:
    path = made(tmp_path / "shop").done()
    first = looked(path)
    next((home() / "looks").rglob(f"*.{kind}.parquet")).write_bytes(b"broken")

    assert same(looked(path), first)


def test_another_key_looks_anew_since_marks_of_secrets_hang_on_it(tmp_path: Path) -> None:
    path = made(tmp_path / "shop").done()
    raw = bootstrap.read_one(bootstrap.Request((path,), AS_OF), locate(path), path.name)

    for key in (b"a" * 32, b"b" * 32):
        looking.look(raw, home() / "looks", key, silent)

    assert len(list((home() / "looks").iterdir())) == 2


def test_the_same_content_at_two_places_is_found_at_both(tmp_path: Path) -> None:
    path = Maker(tmp_path / "shop").commit(write={"a/one.py": LOOP, "b/two.py": LOOP}).done()

    assert looked(path).frames["functions"]["path"].to_list() == ["a/one.py", "b/two.py"]


def test_a_quick_report_looks_into_no_file(tmp_path: Path) -> None:
    path = made(tmp_path / "shop").done()

    history = bootstrap.read_history(bootstrap.Request((path,), AS_OF, quick=True), bootstrap.company_of(None))

    assert not history.contents.read
    assert history.contents.functions.is_empty()
    assert history_of(path).contents.read


def test_a_file_whose_role_changes_by_attributes_is_looked_at_again(tmp_path: Path) -> None:
    maker = made(tmp_path / "shop")
    before = looked(maker.done())
    maker.commit(day="2026-02-01", write={".gitattributes": "app/** linguist-generated\n"})

    after = looked(maker.done())

    assert "app/sums.py" in before.frames["functions"]["path"].to_list()
    assert "app/sums.py" not in after.frames["functions"]["path"].to_list()


def test_rows_damaged_behind_a_sound_footer_are_looked_at_again(tmp_path: Path) -> None:
    path = made(tmp_path / "shop").done()
    first = looked(path)
    kept = next((home() / "looks").rglob("*.functions.parquet"))
    content = bytearray(kept.read_bytes())
    content[4:40] = b"\xff" * 36
    kept.write_bytes(bytes(content))

    assert same(looked(path), first)
