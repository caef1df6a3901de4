"""History is read whole, in an order of its own, and read on from where the last run stopped."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.errors import InputError
from quarterdeck.domain.records import COMMITS, TOUCHES
from quarterdeck.evidence.git import refs
from quarterdeck.evidence.git.locate import locate
from quarterdeck.evidence.git.read import Raw
from quarterdeck.store.workspace import home
from tests.conftest import AS_OF, history_of
from tests.making import Maker, code, git


def raw_of(path: Path, as_of: date = AS_OF) -> Raw:
    return bootstrap.read_one(bootstrap.Request((path,), as_of), locate(path), path.name)


def loose(folder: Path, object_id: str) -> Path:
    return folder / ".git/objects" / object_id[:2] / object_id[2:]


def unpacked(made: Maker) -> Path:
    """Write the commits with every object in a file of its own, so that single ones can be damaged."""
    made.folder.mkdir(exist_ok=True)
    git(made.folder, "config", "fastimport.unpackLimit", "100000")
    return made.done()


def test_merges_are_rows_without_changes(tmp_path: Path) -> None:
    made = Maker(tmp_path / "merged").commit(write={"a.py": "1\n"})
    made.commit("bob", "2026-01-06", {"b.py": "1\n"}, branch="side", start="main")
    made.commit("ada", "2026-01-07", {"c.py": "1\n"})
    made.commit("ada", "2026-01-08", branch="main", merge=["side"])

    history = history_of(made.done())

    assert history.commits.filter("merge").height == 1
    assert history.changes["path"].to_list() == ["a.py", "b.py", "c.py"]


def test_a_second_run_reads_only_what_is_new_and_finds_the_same_as_a_cold_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Maker(tmp_path / "growing")
    for number in range(30):
        made.commit("ada" if number % 3 else "bob", f"2026-01-{number % 28 + 1:02d}", {f"a{number % 7}.py": code(number + 1)})
    folder = made.done()
    history_of(folder)
    tip = git(folder, "rev-parse", "main")
    made.stream.append(f"reset refs/heads/main\nfrom {tip}\n\n".encode())
    made.tips = {}
    made.commit("cy", "2026-03-01", {"new.py": "x\n"}, move={"a1.py": "b1.py"}).done()

    warm = history_of(folder)
    segments = len(list((home() / "evidence/history").rglob("*.commits.parquet")))
    monkeypatch.setenv("QUARTERDECK_HOME", str(tmp_path / "cold-home"))
    cold = history_of(folder)

    assert segments == 2
    assert warm.digest == cold.digest
    assert warm.changes.equals(cold.changes)
    assert warm.files.equals(cold.files)
    assert warm.people == cold.people


def test_rewritten_history_drops_what_no_ref_reaches(tmp_path: Path) -> None:
    made = Maker(tmp_path / "forced").commit(write={"a.py": "1\n"}).commit("bob", "2026-02-01", {"secret.py": "1\n"})
    folder = made.done()
    history_of(folder)
    git(folder, "update-ref", "refs/heads/main", "main~1")

    history = history_of(folder)

    assert history.changes["path"].to_list() == ["a.py"]
    assert [person.name for person in history.people] == ["Ada Lovelace"]


def test_as_of_looks_at_the_last_commit_of_that_day(tmp_path: Path) -> None:
    made = Maker(tmp_path / "aged").commit(day="2026-01-01", write={"a.py": "1\n"}).commit("bob", "2026-05-01", {"b.py": "1\n"})

    history = history_of(made.done(), as_of=date(2026, 3, 1))

    assert history.files["path"].to_list() == ["a.py"]
    assert [person.name for person in history.people] == ["Ada Lovelace"]


def test_pull_request_refs_are_left_out(tmp_path: Path) -> None:
    folder = (
        Maker(tmp_path / "hub").commit(write={"a.py": "1\n"}).commit("bob", "2026-02-01", {"b.py": "1\n"}, branch="pr", start="main").done()
    )
    git(folder, "update-ref", "refs/pull/7/head", "pr")
    git(folder, "update-ref", "-d", "refs/heads/pr")

    assert history_of(folder).commits.height == 1


def test_an_empty_repository_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no commits yet"):
        history_of(Maker(tmp_path / "empty").folder)


def test_a_shallow_clone_says_what_is_missing(tmp_path: Path) -> None:
    made = Maker(tmp_path / "deep")
    for number in range(5):
        made.commit(day=f"2026-01-{number + 1:02d}", write={"a.py": code(number + 1)})
    git(tmp_path, "clone", "-q", "--depth=2", f"file://{made.done()}", "shallow")

    history = history_of(tmp_path / "shallow")

    assert history.commits.height == 2
    assert history.repositories[0].shallow_since == date(2026, 1, 4)


def test_a_partial_clone_is_read_without_fetching(tmp_path: Path) -> None:
    made = Maker(tmp_path / "whole").commit(write={"a.py": code(30)}).commit("bob", "2026-02-01", {"b.py": code(31)}, delete=["a.py"])
    folder = made.done()
    git(folder, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--bare", "--filter=blob:none", f"file://{folder}", "partial.git")

    history = history_of(tmp_path / "partial.git")

    assert history.repositories[0].partial
    assert history.commits.height == 2
    assert any("without finding edited renames" in note for note in history.repositories[0].notes)


def test_a_missing_tree_costs_one_commit_and_is_said(tmp_path: Path) -> None:
    made = Maker(tmp_path / "torn")
    for number in range(4):
        made.commit(day=f"2026-01-0{number + 1}", write={f"f{number}/a.py": code(number + 1)})
    folder = unpacked(made)
    loose(folder, git(folder, "rev-parse", "main~2^{tree}")).unlink()

    raw = raw_of(folder)

    assert raw.commits.height == 4
    assert raw.changes.height < 4
    assert any("cannot be read" in problem.message for problem in raw.problems)
    assert any("damaged" in note for note in raw.notes)


def test_a_missing_commit_cuts_history_there_and_is_said(tmp_path: Path) -> None:
    made = Maker(tmp_path / "cut")
    for number in range(5):
        made.commit(day=f"2026-01-0{number + 1}", write={"a.py": code(number + 1)})
    folder = unpacked(made)
    loose(folder, git(folder, "rev-parse", "main~3")).unlink()

    raw = raw_of(folder)

    assert raw.commits.height == 3
    assert any("older history is cut off" in problem.message for problem in raw.problems)


def test_a_missing_blob_costs_edited_renames_only(tmp_path: Path) -> None:
    made = Maker(tmp_path / "hole").commit(write={"a.py": code(30), "keep.py": "1\n"})
    made.commit("bob", "2026-02-01", {"b.py": code(31)}, delete=["a.py"]).commit("cy", "2026-03-01", {"c.py": "2\n"})
    folder = unpacked(made)
    loose(folder, git(folder, "rev-parse", "main~2:a.py")).unlink()

    raw = raw_of(folder)

    assert raw.commits.height == 3
    assert sorted(raw.changes["status"]) == ["A", "A", "A", "A", "D"]


def test_sha256_repositories_are_read(tmp_path: Path) -> None:
    made = Maker(tmp_path / "new", "--object-format=sha256").commit(write={"a.py": "1\n"}).commit("bob", "2026-02-01", {"a.py": "2\n"})

    history = history_of(made.done())

    assert history.commits.height == 2
    assert len(history.repositories[0].head) == 64


def test_strange_bytes_dates_and_names_are_kept_readable(tmp_path: Path) -> None:
    made = Maker(tmp_path / "strange")
    made.commit(("", ""), -86_400, {"caf\udce9.py": "1\n"}, message=b"caf\xe9")
    made.commit(("", "nobody@example.com"), 4_300_000_000, {"b.py": "1\n"})

    history = history_of(made.done(), as_of=date(2120, 1, 1))

    assert history.commits.height == 2
    assert history.files["path"].to_list() == ["b.py", "caf\u00e9.py"]
    assert all(person.name for person in history.people)


def test_symlinks_and_submodules_are_listed_but_never_followed(tmp_path: Path) -> None:
    folder = Maker(tmp_path / "linked").commit(write={"a.py": "1\n"}).done()
    blob = git(folder, "hash-object", "-w", "--stdin", feed=b"/etc/passwd")
    tree = f"120000 blob {blob}\tpasswd.py\n160000 commit {'1' * 40}\tmodule\n".encode()
    commit = git(folder, "commit-tree", git(folder, "mktree", "--missing", feed=tree), "-p", "main", "-m", "links")
    git(folder, "update-ref", "refs/heads/main", commit)

    history = history_of(folder, as_of=date(2200, 1, 1))

    assert dict(history.files.select("path", "kind").iter_rows()) == {"module": "submodule", "passwd.py": "symlink"}
    assert history.repositories[0].submodules == (("module", "1" * 40),)


def test_attributes_of_the_repository_decide_first(tmp_path: Path) -> None:
    attributes = "lib/** linguist-vendored\nvendor/ours/* -linguist-vendored\n*.pyx linguist-generated=true\n"
    made = Maker(tmp_path / "said").commit(
        write={".gitattributes": attributes, "lib/x.py": "1\n", "vendor/ours/y.py": "1\n", "vendor/z.py": "1\n", "q.pyx": "1\n"}
    )

    kinds = dict(history_of(made.done()).files.select("path", "kind").iter_rows())

    assert kinds == {
        ".gitattributes": "data",
        "lib/x.py": "vendored",
        "vendor/ours/y.py": "source",
        "vendor/z.py": "vendored",
        "q.pyx": "generated",
    }


def test_one_person_across_two_repositories_is_one_person(tmp_path: Path) -> None:
    one = Maker(tmp_path / "one").commit("ada", write={"a.py": "1\n"}).done()
    two = Maker(tmp_path / "two").commit(("Ada Lovelace", "ada@other.example"), write={"b.py": "1\n"}).done()

    history = history_of(one, two)

    assert [person.name for person in history.people] == ["Ada Lovelace"]
    assert history.files["repository"].to_list() == [0, 1]


def test_the_frames_have_the_columns_that_they_declare(tmp_path: Path) -> None:
    made = Maker(tmp_path / "declared").commit(write={"a.py": "1\n"}).commit("bob", "2026-02-01", {"a.py": "2\n"})

    history = history_of(made.done())

    assert history.commits.schema == COMMITS
    assert history.changes.schema == TOUCHES


def test_names_that_differ_only_in_capitals_and_linked_manifests_are_named(tmp_path: Path) -> None:
    made = Maker(tmp_path / "shop").commit(write={"README.md": "a\n", "readme.md": "b\n", "app.py": "a = 1\n"})
    made.stream.append(b"M 120000 inline package-lock.json\ndata 11\n/etc/passwd\n")
    path = made.done()

    problems = {problem.citation.locator: problem.message for problem in raw_of(path).problems}

    assert "README.md only in capitals" in problems["readme.md"]
    assert "links are not followed" in problems["package-lock.json"]


def test_a_clone_that_was_cut_off_and_then_completed_is_read_anew(tmp_path: Path) -> None:
    whole = Maker(tmp_path / "whole")
    for number in range(4):
        whole.commit("ada" if number % 2 else "bob", f"2026-01-{number + 1:02d}", {f"f{number}.py": code(5)})
    source = whole.done()
    git(tmp_path, "clone", "-q", "--bare", "--depth=1", f"file://{source}", "clone")
    first = raw_of(tmp_path / "clone")
    git(tmp_path / "clone", "fetch", "-q", "--unshallow", "origin")

    second = raw_of(tmp_path / "clone")

    assert (first.commits.height, second.commits.height) == (1, 4)
    assert second.changes.filter(pl.col("path") == "f0.py").height == 1


def test_a_damaged_note_on_damage_costs_the_note_only(tmp_path: Path) -> None:
    path = Maker(tmp_path / "shop").commit(write={"a.py": "a = 1\n"}).done()
    raw_of(path)
    folder = next((home() / "evidence/history").iterdir())
    (folder / "abc.damage.json").write_text('{"notes": [', "utf-8")

    assert raw_of(path).commits.height == 1


@pytest.mark.parametrize(
    "name",
    [
        "tags/netty-3.x", "origin/tags/V7-0", "rust-1.94.0", "docker-29.x", "v1.2", "7.x", "1.x-maint", "v0.1.x", "2-stable", "stable10",
        "release-10.z", "releasev3.6.0", "stable/28", "two-oh-is-cancelled", "cancelled_41", "master_deprecated", "obsolete-parser",
        "archive/master", "attic/x", "old/ui", "old-master", "read_stats_old", "backup/2019", "backup-2019-02-01",
    ],
)  # fmt: skip
def test_a_name_says_that_a_branch_is_a_line_of_releases_or_decided(name: str) -> None:
    assert refs.set_aside(name)


@pytest.mark.parametrize(
    "name",
    [
        "login-rewrite", "v2", "python3", "gold", "bump-1.2", "update-1.2.3", "issue-12-3", "JIRA-123", "test/python-3.9", "2fa-login",
        "remove-deprecated", "fix/deprecated", "archive-flag", "backup-and-restore", "old-versions-support-drop", "add/tags/list",
    ],
)  # fmt: skip
def test_a_name_that_says_what_the_work_does_is_unfinished_work(name: str) -> None:
    assert not refs.set_aside(name)


def test_a_hostile_name_of_a_branch_takes_no_time() -> None:
    for part in ("1.", "old-", ".x", "a-", "/", "add_", "1"):
        assert not refs.set_aside(part * 5_000 + "!")


def test_a_branch_with_a_root_of_its_own_is_another_history_and_one_that_merged_some_is_not(tmp_path: Path) -> None:
    made = Maker(tmp_path / "site").commit(write={"a.py": "1\n"})
    made.commit("ada", "2026-02-01", {"index.html": "1\n"}, branch="website")
    made.commit("ada", "2026-02-02", {"index.html": "2\n"}, branch="website", merge=["main"])
    made.commit("bob", "2026-02-03", {"b.py": "1\n"}, branch="takeover", start="main")
    made.commit("bob", "2026-02-04", branch="takeover", merge=["website"])

    found = {branch.name: branch.released for branch in raw_of(made.done()).branches}

    assert found == {"takeover": False, "website": True}


def test_where_a_clone_is_cut_off_a_branch_is_no_other_history(tmp_path: Path) -> None:
    made = Maker(tmp_path / "whole").commit(write={"a.py": "1\n"}).commit("ada", "2026-01-06", {"a.py": "2\n"})
    made.commit("bob", "2026-02-01", {"b.py": "1\n"}, branch="login", start="main").commit("ada", "2026-02-02", {"a.py": "3\n"})
    git(tmp_path, "clone", "-q", "--bare", "--depth=1", "--no-single-branch", f"file://{made.done()}", "clone")

    assert [(branch.name, branch.released) for branch in raw_of(tmp_path / "clone").branches] == [("login", False)]
