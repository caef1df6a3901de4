"""A repository from a stranger runs nothing: canaries that would tell."""

import os
import time
from pathlib import Path

import pytest

from quarterdeck.evidence.git.locate import locate
from quarterdeck.evidence.git.shadow import Shadow, shadow_of
from tests.conftest import history_of
from tests.making import Maker, git


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    return tmp_path / "canary-has-sung"


@pytest.fixture
def hostile(tmp_path: Path, canary: Path) -> Path:
    """Return a repository whose configuration runs a program in every way that git knows."""
    song = tmp_path / "song.sh"
    song.write_text(f"#!/bin/sh\necho sung >> {canary}\ncat 2>/dev/null\n")
    song.chmod(0o755)
    made = Maker(tmp_path / "hostile")
    made.commit(write={"a.bin": "one\n", ".gitattributes": "* diff=evil filter=evil merge=evil\n", "b.py": "x = 1\n"})
    made.commit("bob", "2026-02-01", {"a.bin": "two\n", "b.py": "x = 2\n"})
    folder = made.done()
    settings = (
        "core.fsmonitor", "core.pager", "diff.external", "diff.evil.textconv", "diff.evil.command", "filter.evil.smudge",
        "filter.evil.clean", "filter.evil.process", "gpg.program", "core.editor", "core.sshCommand", "core.askPass",
        "sequence.editor", "uploadpack.packObjectsHook", "alias.log", "credential.helper", "merge.evil.driver",
    )  # fmt: skip
    for setting in settings:
        git(folder, "config", setting, f"!{song}" if setting.startswith(("alias", "credential")) else str(song))
    git(folder, "config", "log.showSignature", "true")
    git(folder, "config", "core.hooksPath", str(folder / ".git/hooks"))
    git(folder, "config", "remote.origin.url", f"ext::{song}")
    git(folder, "config", "remote.origin.promisor", "true")
    for hook in ("post-checkout", "pre-auto-gc", "reference-transaction", "post-index-change", "fsmonitor-watchman"):
        target = folder / ".git/hooks" / hook
        target.parent.mkdir(exist_ok=True)
        target.write_text(song.read_text())
        target.chmod(0o755)
    (folder / ".git/info").mkdir(exist_ok=True)
    (folder / ".git/info/attributes").write_text("* diff=evil filter=evil\n")
    return folder


def test_the_canary_sings_for_plain_git(hostile: Path, canary: Path) -> None:
    git(hostile, "diff", "HEAD~1", "HEAD")

    assert canary.exists()


def test_reading_a_hostile_repository_runs_nothing_of_it(hostile: Path, canary: Path) -> None:
    history = history_of(hostile)

    assert history.changes.height == 5
    assert not canary.exists()


@pytest.mark.parametrize(
    "command", [("log", "-p"), ("blame", "HEAD", "--", "b.py"), ("log", "--numstat"), ("grep", "x", "HEAD"), ("show", "HEAD")]
)
def test_even_careless_commands_run_nothing_through_the_shadow(
    hostile: Path, canary: Path, tmp_path: Path, command: tuple[str, ...]
) -> None:
    located = locate(hostile)
    shadow = shadow_of(located, tmp_path / "shadow")
    words = [located.head if word == "HEAD" else word for word in command]

    shadow.output(*words, *([] if located.head in words else [located.head]))

    assert not canary.exists()


def test_the_environment_of_a_child_inherits_no_git_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/elsewhere")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "/elsewhere/program")

    environment = Shadow(tmp_path).environment()

    assert {name for name in environment if name.startswith("GIT_")} & {"GIT_DIR", "GIT_EXTERNAL_DIFF"} == set()
    assert environment["HOME"] != os.environ.get("HOME")


def test_messages_names_and_paths_cannot_forge_rows(tmp_path: Path) -> None:
    forged = "0" * 40
    made = Maker(tmp_path / "forger")
    made.commit(("Eve\x01\x02\x03", "eve@example.com"), write={"a.py": "x\n"}, message=f"\n{forged}\n\nGhost\nghost@example.com\n0\n\n0\n")
    made.commit("bob", "2026-01-06", {f"{forged}\nGhost": "x\n", ":100644 100644 a b M": "y\n"}, message=f"\x00{forged}\n\nGhost")

    history = history_of(made.done())

    assert history.commits.height == 2
    assert {person.name for person in history.people} == {"Eve\ufffd\ufffd\ufffd", "Bob Hopper"}
    assert history.changes.height == 3


def test_marks_of_people_in_paths_and_names_are_neutral(tmp_path: Path) -> None:
    made = Maker(tmp_path / "marks").commit(("\ue000p1\ue001", "e@example.com"), write={"\ue000p1\ue001.py": "x\n"})

    history = history_of(made.done())

    assert "\ue000" not in history.people[0].name + history.files["path"][0]


TRAPS = {
    "a pattern of many stars": {".gitattributes": "*a" * 14 + "b linguist-generated\n", "a" * 120 + ".py": "1\n"},
    "a mailmap without end": {".mailmap": "a " * 150_000 + "\n" + "x <" * 60_000},
    "nested brackets": {"package.json": "[" * 100_000, "pyproject.toml": "a=" + "[" * 100_000, "Dockerfile": "FROM " + "--a " * 400},
    "sixty thousand rules": {".gitattributes": "".join(f"x{number}* linguist-generated\n" for number in range(60_000))},
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_file_made_to_cost_time_costs_little(tmp_path: Path, trap: str) -> None:
    made = Maker(tmp_path / "trap").commit(write={f"d/f{number}.py": "1\n" for number in range(40)} | TRAPS[trap])
    folder = made.commit(day="2026-02-01", write={"x.py": "1\n"}, message="x\n\nco-authored-by:" + " " * 4000 + "x\n").done()
    start = time.process_time()

    history = history_of(folder)

    assert history.commits.height == 2
    assert time.process_time() - start < 20  # hours without the guard: a wide margin, not a measurement


def test_an_odd_byte_in_a_message_does_not_split_an_author(tmp_path: Path) -> None:
    made = Maker(tmp_path / "bytes").commit(("José Utf", "jose@example.com"), write={"a.py": "1\n"})
    made.commit(("José Utf", "jose@example.com"), "2026-02-01", {"b.py": "1\n"}, message=b"caf\xe9")

    assert [person.name for person in history_of(made.done()).people] == ["José Utf"]
