"""A repository is found without asking git, and nothing outside the given folder is read."""

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
