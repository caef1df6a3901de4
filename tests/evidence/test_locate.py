"""A repository is found without asking git, and nothing outside the given folder is read."""

import os
from pathlib import Path

import pytest

from quarterdeck.domain.errors import InputError
from quarterdeck.evidence.git.locate import locate
from tests.making import Maker, git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return Maker(tmp_path / "one").commit(write={"a.py": "x = 1\n"}).done()


def test_a_work_tree_and_a_bare_repository_are_both_found(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare.git")

    assert locate(repository).head == locate(tmp_path / "bare.git").head != ""
    assert not locate(repository).bare
    assert locate(tmp_path / "bare.git").bare


def test_a_missing_path_a_file_and_a_plain_folder_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    for path, said in ((tmp_path / "nowhere", "cannot be opened"), (tmp_path / "file", "not a folder"), (tmp_path, "not a git repository")):
        with pytest.raises(InputError, match=said) as error:
            locate(path)
        assert error.value.hint


def test_objects_borrowed_from_outside_are_refused_unless_allowed(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--shared", str(repository), "shared")

    with pytest.raises(InputError, match="outside") as error:
        locate(tmp_path / "shared")

    assert "--allow-objects" in error.value.hint
    assert locate(tmp_path / "shared", allowed=(repository,)).head == locate(repository).head


def test_a_worktree_that_points_outside_is_refused_unless_allowed(repository: Path, tmp_path: Path) -> None:
    git(repository, "worktree", "add", "-q", str(tmp_path / "tree"))

    with pytest.raises(InputError, match="outside"):
        locate(tmp_path / "tree")

    assert locate(tmp_path / "tree", allowed=(repository / ".git",)).head == locate(repository).head


@pytest.mark.parametrize("place", ["objects", "objects/pack"])
def test_linked_object_folders_are_refused(repository: Path, tmp_path: Path, place: str) -> None:
    inside = repository / ".git" / place
    inside.rename(tmp_path / "elsewhere")
    inside.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(InputError, match="outside"):
        locate(repository)


def test_a_linked_pack_is_refused(repository: Path, tmp_path: Path) -> None:
    git(repository, "repack", "-qad")
    pack = next((repository / ".git/objects/pack").glob("*.pack"))
    pack.rename(tmp_path / "other.pack")
    pack.symlink_to(tmp_path / "other.pack")

    with pytest.raises(InputError, match="outside"):
        locate(repository)


def test_linked_refs_are_not_followed(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a" * 40)
    (repository / ".git/refs/heads/evil").symlink_to(tmp_path / "secret")
    (repository / ".git/refs/heads/folder").symlink_to(tmp_path)

    assert set(locate(repository).refs) == {"refs/heads/main"}


def test_a_reftable_is_said_to_be_unsupported(repository: Path) -> None:
    (repository / ".git/reftable").mkdir()

    with pytest.raises(InputError, match="not supported"):
        locate(repository)


def outside(folder: Path) -> tuple[Path, str]:
    """Return the objects of somebody else's repository, and its tip."""
    other = Maker(folder / "other").commit("bob", write={"secret.py": "1\n"}).done()
    return other / ".git/objects", git(other, "rev-parse", "main")


@pytest.mark.parametrize("line", ['"{octal}"', '../o/x"', "../in\x0b#/../../../../other/.git/objects", "{plain}\\"])
def test_a_list_of_alternates_that_git_reads_otherwise_than_we_do_is_refused(repository: Path, tmp_path: Path, line: str) -> None:
    objects, tip = outside(tmp_path)
    octal = str(objects).replace("/", "\\057")
    (repository / ".git/objects/info").mkdir(exist_ok=True)
    (repository / ".git/objects/info/alternates").write_text(line.format(octal=octal, plain=objects) + "\n")
    (repository / ".git/refs/heads").mkdir(parents=True, exist_ok=True)
    (repository / ".git/refs/heads/theirs").write_text(tip)

    with pytest.raises(InputError, match=r"alternates|outside"):
        locate(repository)


def test_a_linked_loose_object_is_refused(repository: Path, tmp_path: Path) -> None:
    objects, _ = outside(tmp_path)
    theirs = objects.parent / "lent"
    theirs.write_text("x")
    folder = repository / ".git/objects/ab"
    folder.mkdir(exist_ok=True)
    (folder / ("c" * 38)).symlink_to(theirs)

    with pytest.raises(InputError, match="outside"):
        locate(repository)


def test_alternates_that_name_each_other_end(repository: Path) -> None:
    inner = repository / ".git/inner"
    (inner / "info").mkdir(parents=True)
    (inner / "info/alternates").write_text("../objects\n")
    (repository / ".git/objects/info").mkdir(exist_ok=True)
    (repository / ".git/objects/info/alternates").write_text("../inner\n")

    assert locate(repository).head


@pytest.mark.parametrize("place", ["HEAD", "refs/heads/pipe", "objects/info/alternates", "objects/ab/pipe"])
def test_a_pipe_is_refused_and_never_waited_for(repository: Path, place: str) -> None:
    path = repository / ".git" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    os.mkfifo(path)

    with pytest.raises(InputError, match="not a plain file"):
        locate(repository)
