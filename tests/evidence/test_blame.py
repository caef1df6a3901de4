"""Surviving lines: equal to git blame, kept per file, asked again only where a file changed, sampled where that is too dear."""

from collections import Counter
from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.progress import silent
from quarterdeck.evidence.git import blame
from quarterdeck.evidence.git.locate import locate
from quarterdeck.evidence.git.read import Raw
from quarterdeck.store.workspace import home
from tests.conftest import AS_OF
from tests.making import Maker, code, git

FILES = 12


def made(folder: Path) -> Maker:
    maker = Maker(folder)
    for number in range(FILES):
        maker.commit("ada", f"2024-01-{number + 1:02d}", {f"src/part_{number}.py": code(20 + 5 * number)})
    for number in range(0, FILES, 2):
        maker.commit("bob", f"2025-02-{number + 1:02d}", {f"src/part_{number}.py": code(10) + "late = 1\n" + code(8, "more")})
    return maker


def raw_of(path: Path) -> Raw:
    return bootstrap.read_one(bootstrap.Request((path,), AS_OF), locate(path), path.name)


def blamed(path: Path, extent: blame.Extent = "full") -> blame.Blamed:
    return blame.blame(raw_of(path), home() / "blame", extent, silent)


def by_hand(path: Path, file: str) -> Counter[str]:
    lines = git(path, "blame", "-l", "-s", "HEAD", "--", file).splitlines()
    return Counter(line.split()[0].lstrip("^") for line in lines)


def found(result: blame.Blamed, file: str) -> dict[str, int]:
    return {commit: lines for path, commit, lines, *_ in result.lines.iter_rows() if path == file}


def test_lines_equal_what_git_says_of_every_file(tmp_path: Path) -> None:
    path = made(tmp_path / "shop").done()

    result = blamed(path)

    for number in range(FILES):
        file = f"src/part_{number}.py"
        assert {commit[:39]: lines for commit, lines in found(result, file).items()} == {
            commit[:39]: lines for commit, lines in by_hand(path, file).items()
        }
    assert (result.mode, result.asked) == ("full", FILES)


def test_after_new_commits_only_changed_files_are_asked_about_again(tmp_path: Path) -> None:
    maker = made(tmp_path / "shop")
    blamed(maker.done())
    maker.commit("cy", "2025-03-01", {"src/part_1.py": code(31, "new"), "src/part_3.py": code(5), "README.md": "hello\n"})

    result = blamed(maker.done())

    assert result.asked == 2
    assert sum(found(result, "src/part_1.py").values()) == 31


def test_a_second_look_asks_nothing_and_finds_the_same(tmp_path: Path) -> None:
    path = made(tmp_path / "shop").done()
    first = blamed(path)

    second = blamed(path)

    assert second.asked == 0
    assert second.lines.equals(first.lines)


def test_a_revert_is_asked_about_again_though_the_content_is_back(tmp_path: Path) -> None:
    maker = made(tmp_path / "shop")
    blamed(maker.done())
    maker.commit("cy", "2025-03-01", {"src/part_1.py": "gone = 1\n"}).commit("dan", "2025-03-02", {"src/part_1.py": code(25)})
    path = maker.done()

    result = blamed(path)

    assert result.asked == 1
    assert found(result, "src/part_1.py") == dict(by_hand(path, "src/part_1.py"))


def test_rewritten_history_is_asked_about_whole(tmp_path: Path) -> None:
    path = made(tmp_path / "shop").done()
    blamed(path)
    other = made(tmp_path / "other")
    other.stream = [part.replace(b"Ada Lovelace", b"Ada King") for part in other.stream]
    rewritten = other.done()
    git(path, "fetch", "-q", str(rewritten), "+main:main", "--update-head-ok")

    assert blamed(path).asked == FILES


def test_a_sample_stands_for_the_lines_of_all_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "shop").done()
    monkeypatch.setattr(blame, "SAMPLE_SECONDS", 7 * (blame.SECONDS_PER_FILE + 18 * blame.SECONDS_PER_COMMIT))
    whole = blamed(path).lines

    result = blamed(path, "sample")

    sampled = result.lines
    assert result.mode == "sample"
    assert 0 < sampled["path"].n_unique() < FILES
    assert float((sampled["lines"] * sampled["weight"]).sum()) == pytest.approx(float(whole["lines"].sum()), rel=0.02)


def test_where_all_files_would_take_too_long_a_sample_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made(tmp_path / "shop").done()
    monkeypatch.setattr(blame, "FULL_SECONDS", 0.001)

    assert blamed(path, "auto").mode == "sample"


def test_a_damaged_memory_is_asked_again(tmp_path: Path) -> None:
    path = made(tmp_path / "shop").done()
    blamed(path)
    for kept in (home() / "blame").rglob("*.parquet"):
        kept.write_bytes(b"not parquet")

    assert blamed(path).asked == FILES


def test_a_file_too_long_for_code_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blame, "LONGEST", 60)
    result = blamed(made(tmp_path / "shop").done())

    assert {problem.citation.locator for problem in result.problems} == {"src/part_9.py", "src/part_11.py"}
    assert "src/part_11.py" not in result.lines["path"].to_list()
