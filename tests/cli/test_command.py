"""The command as a user meets it."""

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import history_of, small_company
from tests.making import Maker, code, git

RUN = [sys.executable, "-m", "quarterdeck"]


def quarterdeck(*args: str | Path, check: bool = True, **environment: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [*RUN, *map(str, args)], capture_output=True, text=True, env={**os.environ, "COLUMNS": "120", **environment}, check=False
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def test_assess_writes_the_folder_and_prints_page_one(company_repository: Path, tmp_path: Path) -> None:
    done = quarterdeck("assess", company_repository, "--out", tmp_path / "report", "--as-of", "2026-06-30")

    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {
        "index.html", "report.pdf", "findings.json", "findings.sarif", "summary.md", "sbom.cdx.json", "sbom.spdx.json", "company.draft.toml",
        "proposed.mailmap", "evidence",
    }  # fmt: skip
    assert "FIRST ACTIONS" in done.stdout
    assert "index.html" in done.stdout


def test_a_second_run_says_what_changed_and_nothing_changed(company_repository: Path, tmp_path: Path) -> None:
    options = ("--as-of", "2026-06-30", "--format", "json")
    quarterdeck("assess", company_repository, "--out", tmp_path / "one", *options)

    done = quarterdeck("assess", company_repository, "--out", tmp_path / "two", *options)

    assert "Nothing changed." in done.stdout
    assert not json.loads((tmp_path / "two/findings.json").read_text())["compared"]["baseline"]


def test_a_cold_run_and_one_with_a_warm_store_write_the_same_bytes(company_repository: Path, tmp_path: Path) -> None:
    quarterdeck("assess", company_repository, "--out", tmp_path / "base", "--as-of", "2026-03-10")
    git(company_repository, "tag", "v1")
    options = ("--as-of", "2026-06-30", "--compare", tmp_path / "base/findings.json")

    quarterdeck("assess", company_repository, "--out", tmp_path / "warm", *options)
    quarterdeck("assess", company_repository, "--out", tmp_path / "cold", *options, QUARTERDECK_HOME=str(tmp_path / "cold-home"))

    warm, cold = (sorted(path for path in (tmp_path / name).rglob("*") if path.is_file()) for name in ("warm", "cold"))
    assert [path.name for path in warm] == [path.name for path in cold]
    assert all(one.read_bytes() == other.read_bytes() for one, other in zip(warm, cold, strict=True))


def test_the_shadow_command_gives_a_folder_that_repeats_a_figure(company_repository: Path) -> None:
    folder = quarterdeck("shadow", company_repository).stdout.strip()

    counted = git(company_repository, f"--git-dir={folder}", "log", "--oneline", git(company_repository, "rev-parse", "main"))

    assert len(counted.splitlines()) == 35


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--names", "nobody"), "Choose one of full, roles, hidden"),
        (("--format", "docx"), "Choose some of html,pdf,json,md"),
        (("--as-of", "yesterday"), "YYYY-MM-DD"),
        (("--company", "nowhere.toml"), "cannot be opened"),
        (("--compare", "nowhere.json"), "not a findings.json"),
        (("--paper", "napkin"), "a4, us-letter"),
        (("--since", "2099-01-01"), "lies after the day of the report"),
        (("--as-of", "2001-01-01"), "lies before the first commit"),
    ],
)
def test_a_wrong_option_says_what_is_right(company_repository: Path, tmp_path: Path, args: tuple[str, ...], said: str) -> None:
    done = quarterdeck("assess", company_repository, "--out", tmp_path / "r", *args, check=False)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_without_repository_says_what_to_give(tmp_path: Path) -> None:
    done = quarterdeck("assess", tmp_path, "--out", tmp_path / "r", check=False)

    assert done.returncode == 2
    assert "not a git repository" in done.stderr


def test_an_output_folder_that_cannot_be_written_fails_before_the_work(company_repository: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    done = quarterdeck("assess", company_repository, "--out", tmp_path / "file" / "report", check=False)

    assert done.returncode == 2
    assert "cannot write" in done.stderr


def test_several_repositories_are_read_by_several_processes(company_repository: Path, tmp_path: Path) -> None:
    other = small_company(tmp_path / "second")

    quarterdeck("assess", company_repository, other, "--out", tmp_path / "r", "--as-of", "2026-06-30", "--format", "json", "--jobs", "2")

    assert len(json.loads((tmp_path / "r/findings.json").read_text())["repositories"]) == 2


def test_ctrl_c_half_way_keeps_what_was_read(tmp_path: Path) -> None:
    made = Maker(tmp_path / "long")
    for number in range(45_000):
        made.commit("ada", 1_700_000_000 + number, {f"a{number % 50}.py": f"{number}\n"})
    folder, home = made.done(), tmp_path / "interrupted"
    environment = {**os.environ, "QUARTERDECK_HOME": str(home)}
    child = subprocess.Popen(
        [*RUN, "assess", str(folder), "--out", str(tmp_path / "r"), "--format", "json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 60
    while not list(home.rglob("*.commits.parquet")) and time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.01)
    child.send_signal(signal.SIGINT)
    _, errors = child.communicate(timeout=60)

    kept = len(list(home.rglob("*.commits.parquet")))
    if child.returncode != 0:
        assert child.returncode == 130
        assert b"goes on from there" in errors
    quarterdeck("assess", folder, "--out", tmp_path / "r", "--format", "json", QUARTERDECK_HOME=str(home))

    assert kept >= 1
    assert json.loads((tmp_path / "r/findings.json").read_text())["repositories"][0]["commits"] == 45_000


def test_a_damaged_store_is_read_again(company_repository: Path, tmp_path: Path) -> None:
    home = tmp_path / "damaged"
    quarterdeck("assess", company_repository, "--out", tmp_path / "r", "--format", "json", QUARTERDECK_HOME=str(home))
    for path in home.rglob("*.parquet"):
        path.write_bytes(b"not parquet")

    quarterdeck("assess", company_repository, "--out", tmp_path / "r", "--format", "json", QUARTERDECK_HOME=str(home))

    assert json.loads((tmp_path / "r/findings.json").read_text())["repositories"][0]["commits"] == 35


def test_help_names_every_option() -> None:
    text = re.sub(r"\x1b\[[0-9;]*m", "", quarterdeck("assess", "--help").stdout)

    for option in ("--company", "--out", "--since", "--as-of", "--names", "--format", "--jobs"):
        assert option in text


def test_five_thousand_files_renamed_at_once_are_followed(tmp_path: Path) -> None:
    made = Maker(tmp_path / "storm").commit(write={f"old/d{n % 40}/f{n}.py": code(8, f"w{n}") for n in range(5000)})
    made.commit("bob", "2026-02-01", move={"old": "new"})

    folder = made.done()

    quarterdeck("assess", folder, "--out", tmp_path / "r", "--format", "json", "--as-of", "2026-06-30")
    history = history_of(folder)

    assert json.loads((tmp_path / "r/findings.json").read_text())["repositories"][0]["commits"] == 2
    assert history.changes["life"].n_unique() == 5000
    assert set(history.changes.filter(pl.col("commit") == 1)["status"]) == {"R"}


def test_a_report_of_an_earlier_day_is_not_compared_with_a_later_one(company_repository: Path, tmp_path: Path) -> None:
    quarterdeck("assess", company_repository, "--out", tmp_path / "later", "--as-of", "2026-06-30", "--format", "json")

    quarterdeck("assess", company_repository, "--out", tmp_path / "earlier", "--as-of", "2026-03-30", "--format", "json")

    assert json.loads((tmp_path / "earlier/findings.json").read_text())["compared"]["baseline"]


def test_any_script_in_names_and_paths_can_be_printed(tmp_path: Path) -> None:
    made = Maker(tmp_path / "scripts")
    for number in range(24):
        made.commit(
            (("王伟", "wang@example.com"), ("김민수", "kim@example.com"))[number % 2],
            f"2026-01-{number + 1:02d}",
            {f"源/文件{number % 5}.py": code(number + 5)},
        )

    quarterdeck("assess", made.done(), "--out", tmp_path / "r", "--as-of", "2026-06-30", "--names", "full", PYTHONIOENCODING="ascii")

    assert (tmp_path / "r/report.pdf").stat().st_size > 10_000
    assert "文件" in (tmp_path / "r/index.html").read_text("utf-8")


def test_a_damaged_newest_commit_does_not_cost_the_report(tmp_path: Path) -> None:
    made = Maker(tmp_path / "headless")
    git(made.folder, "config", "fastimport.unpackLimit", "100000")
    for number in range(5):
        made.commit("ada", f"2026-01-0{number + 1}", {"a.py": code(number + 1)})
    folder = made.done()
    tree = git(folder, "rev-parse", "main^{tree}")
    (folder / ".git/objects" / tree[:2] / tree[2:]).unlink()

    quarterdeck("assess", folder, "--out", tmp_path / "r", "--as-of", "2026-06-30", "--format", "json")

    found = json.loads((tmp_path / "r/findings.json").read_text())
    assert any("cannot be read" in each["message"] for each in found["problems"])


def test_a_terminal_sees_the_stages_and_the_run_ends_well(company_repository: Path, tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    command = [*RUN, "assess", str(company_repository), "--out", str(tmp_path / "r"), "--as-of", "2026-06-30"]
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=follower, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"})
    os.close(follower)
    shown = b""
    with suppress(OSError):  # the system says so when the other end closes
        while block := os.read(leader, 65_536):
            shown += block
    os.close(leader)

    assert child.wait() == 0
    assert b"writing the report" in shown
    assert (tmp_path / "r/index.html").exists()


def test_a_damaged_repository_gives_the_same_bytes_cold_and_warm(tmp_path: Path) -> None:
    made = Maker(tmp_path / "torn")
    git(made.folder, "config", "fastimport.unpackLimit", "100000")
    for number in range(5):
        made.commit("ada", f"2026-01-0{number + 1}", {f"d{number}/a.py": code(number + 1)})
    folder = made.done()
    tree = git(folder, "rev-parse", "main~2^{tree}")
    (folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    (folder / ".git/refs/heads/lost").write_text("1" * 40 + "\n")
    options = ("--as-of", "2026-06-30", "--format", "json", "--compare", "none")

    for name in ("cold", "warm"):
        quarterdeck("assess", folder, "--out", tmp_path / name, *options)

    assert (tmp_path / "cold/findings.json").read_bytes() == (tmp_path / "warm/findings.json").read_bytes()
