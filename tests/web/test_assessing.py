"""A background run: a process of its own that tells where it is, keeps a whole snapshot and never outlives its caller."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from quarterdeck.domain.errors import InputError
from quarterdeck.store import snapshots
from quarterdeck.store.snapshots import Snapshot
from quarterdeck.web.jobs import assessing
from tests.conftest import small_company

PEOPLE = ("Ada Lovelace", "Bob Hopper", "Dan Ritchie", "ada@example.com", "bob@example.com", "dan@example.com")
SHOWN = {"findings.json", "list.json", "summary.json", "evidence.json", "sources.json", "sbom.cdx.json", "report.html.gz", "report.pdf"}
PRACTICES = ("people", "architecture", "delivery", "governance", "diligence")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    small_company(folder / "sources" / "3f2a77")
    return folder


def job(place: Path, **given: object) -> Path:
    """Write a job file on the small company and return its path."""
    whole = {
        "root": str(place / "client"),
        "repositories": [{"path": str(place / "sources" / "3f2a77"), "name": "Billing"}],
        "company": None,
        "sboms": [],
        "as_of": "2026-06-30",
        "previous": None,
    }
    file = place / f"job-{time.monotonic_ns()}.json"
    file.write_text(json.dumps(whole | given), "utf-8")
    return file


def started(place: Path, file: Path, home: str = "home") -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "quarterdeck.web.jobs.assessing", str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"QUARTERDECK_HOME": str(place / home)},
        text=True,
    )


def ran(place: Path, home: str = "home", **given: object) -> tuple[int, list[dict[str, Any]]]:
    """Run a job to its end and return its exit status and what it told."""
    with started(place, job(place, **given), home) as process:
        assert process.stdout
        lines = [json.loads(line) for line in process.stdout]
        return process.wait(), lines


@pytest.fixture(scope="module")
def first(place: Path) -> list[dict[str, Any]]:
    began = time.monotonic()
    status, lines = ran(place)
    assert status == 0
    assert len(lines) <= 2 + 5 * (time.monotonic() - began)
    return lines


@pytest.fixture(scope="module")
def kept(place: Path, first: list[dict[str, Any]]) -> Snapshot:
    return Snapshot(place / "client", first[-1]["snapshot"])


def test_it_tells_stages_and_at_last_the_snapshot(first: list[dict[str, Any]]) -> None:
    assert all(set(line) == {"stage", "done", "total"} for line in first[:-1])
    assert set(first[-1]) == {"snapshot", "summary"}
    assert first[-1]["summary"]["repositories"][0]["name"] == "Billing"


def test_the_snapshot_is_whole(kept: Snapshot) -> None:
    names = set(kept.names())

    for policy in ("roles", "hidden"):
        assert {name.split("/", 1)[1] for name in names if name.startswith(f"{policy}/") and name.count("/") == 1} == SHOWN
        for practice in PRACTICES:
            assert kept.fragment(policy, practice).startswith("<article")
            assert isinstance(kept.charts(policy, practice), dict)
        assert kept.file(f"{policy}/report.html").startswith(b"<!doctype html>")
        assert kept.file(f"{policy}/report.pdf").startswith(b"%PDF")
        one = next(iter(kept.findings(policy)))
        assert one in kept.evidence_of(policy, one)
        assert kept.finding(policy, one)
    assert kept.departures().known.height > 0


def test_people_are_kept_once_with_full_names_for_continuity(kept: Snapshot) -> None:
    ada = next(person for person in kept.people() if person["name"] == "Ada Lovelace")

    assert ada["here"] and not ada["bot"]
    assert ada["aliases"] == ["Ada Lovelace <ada@example.com>"]
    assert ada["last_day"] == "2026-03-12"
    assert [person["name"] for person in kept.people() if not person["here"]] == ["Dan Ritchie"]


def test_the_evidence_says_what_was_read_and_how_old_it_is(kept: Snapshot) -> None:
    evidence = kept.evidence("hidden")

    assert [(each["name"], each["age_days"]) for each in evidence["repositories"]] == [("Billing", 29)]
    assert evidence["company_file"] is False
    assert evidence["files_looked_into"] > 0


def test_nobody_is_named_in_what_hides_names(kept: Snapshot) -> None:
    for name in kept.names():
        if name.startswith("hidden/") and not name.endswith(".pdf"):
            content = kept.file(name.removesuffix(".gz")).decode().casefold()
            assert not [person for person in PEOPLE if person.casefold() in content], name


def test_no_file_holds_a_folder_of_this_machine(place: Path, kept: Snapshot) -> None:
    for name in kept.names():
        content = kept.file(name.removesuffix(".gz"))
        assert b"3f2a77" not in content, name
        assert str(place).encode() not in content, name


def test_the_run_that_the_caller_names_is_compared_with_and_criticality_goes_by_the_name_people_gave(place: Path, kept: Snapshot) -> None:
    previous = kept.root / "snapshots" / kept.digest / "roles" / "findings.json"
    file = place / "company.toml"
    file.write_text('[[repositories]]\nname = "Billing"\ncriticality = "high"\n')

    summary = ran(place, previous=str(previous), company=str(file))[1][-1]["summary"]

    assert summary["compared"]["with"] == "2026-06-30"
    assert set(summary["compared"]["counts"]) == {"still open"}
    assert summary["counts"]["urgencies"]["act now"] > kept.summary("roles")["counts"]["urgencies"]["act now"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"repositories": []}, "there is no repository"),
        ({"repositories": [{"path": "/nowhere/77ab", "name": "Billing"}]}, "Billing"),
        ({"repositories": [{"path": "/nowhere/77ab", "name": "A"}, {"path": "/nowhere/78ab", "name": "A"}]}, "a name of its own"),
        ({"previous": "/nowhere/findings.json"}, "not a findings.json"),
        ({"as_of": "soon"}, "the job cannot be read"),
        ({"blame": "some"}, "the job cannot be read"),
    ],
)
def test_bad_input_is_said_with_the_next_step(place: Path, given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said) as error:
        assessing.assess(assessing.job_of(job(place, **given).read_text("utf-8")))

    assert error.value.hint
    assert "77ab" not in error.value.message


def test_an_error_is_the_last_line_and_the_status_tells_its_kind(place: Path) -> None:
    status, lines = ran(place, repositories=[])

    assert status == 2
    assert lines == [{"error": "there is no repository to assess", "hint": "Add a repository first."}]


def alive(group: int) -> list[str]:
    """Return the processes of a group that still run."""
    rows = [each.read_text().rpartition(")")[2].split() for each in Path("/proc").glob("[0-9]*/stat") if each.exists()]
    return [row[0] for row in rows if int(row[2]) == group and row[0] != "Z"]


def test_it_ends_with_its_caller_and_takes_its_children_along(place: Path) -> None:
    process = started(place, job(place, root=str(place / "other")), home="new")
    assert process.stdin
    assert process.stdout
    process.stdout.readline()

    began = time.monotonic()
    process.stdin.close()

    assert process.wait(5) == -signal.SIGKILL
    assert time.monotonic() - began < 1
    assert alive(process.pid) == []
    process.stdout.close()


def test_a_killed_run_is_run_again_to_the_same_snapshot_and_is_never_compared_with(place: Path, kept: Snapshot) -> None:
    for wait in (0.3, 1.4):
        process = started(place, job(place, root=str(place / "other")), home="new")
        time.sleep(wait)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()

    status, lines = ran(place, root=str(place / "other"), home="new")

    assert status == 0
    assert lines[-1]["summary"]["compared"]["baseline"]
    snapshots.tidy(place / "other")
    assert {each.name for each in (place / "other" / "snapshots").iterdir()} == {snapshots.LOCK, kept.digest}


def test_a_run_loads_no_django() -> None:
    look = "import sys, quarterdeck.web.jobs.assessing; print('django' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout.strip() == "False"
