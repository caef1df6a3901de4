"""Runs for real: a book in a file, real repositories, processes that are killed."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings as config
from django.db import connections
from django.utils.timezone import now
from django_q.models import OrmQ
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from quarterdeck.evidence.git.fetch import MIRROR
from quarterdeck.store import snapshots
from quarterdeck.store.book.models import DeparturePlan, Link, Run, Source, User
from quarterdeck.store.selectors.seats import Seat, seat
from quarterdeck.store.services import keeping, runs, sources
from quarterdeck.store.services.seating import clients
from quarterdeck.store.workspace import Workspace
from quarterdeck.web.jobs import child, intake, running, schedule
from tests.making import Maker, code

ON_SERVER = connections["default"].vendor == "postgresql"
pytestmark = [pytest.mark.django_db(transaction=True)] if ON_SERVER else []
SOON = 60.0  # on a machine that has much else to do; mostly it takes two seconds


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    """Make two repositories that are read in a moment."""
    folder = tmp_path / "repositories"
    Maker(folder / "shop").commit("ada", "2026-01-05", {"shop.py": code(30), "Dockerfile": "FROM python:3.8-slim-buster\n"}).done()
    Maker(folder / "till").commit("bob", "2026-02-01", {"till.py": code(30)}).done()
    return folder


@pytest.fixture
def owner(
    tmp_path: Path,
    roots: Path,
    settings: Settings,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Seat]:
    """Keep the book where threads and other processes see it too, as when it is served: in a file, or on the server."""
    home = tmp_path / "home"
    home.mkdir()
    settings.WORKSPACE = Workspace(home)
    settings.ROOTS = (roots,)
    monkeypatch.setenv("QUARTERDECK_HOME", str(home))
    monkeypatch.setenv("QUARTERDECK_ROOTS", str(roots))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "quarterdeck.web.settings")
    if ON_SERVER:
        server = urlsplit(os.environ["QUARTERDECK_TEST_DATABASE"])
        monkeypatch.setenv("DATABASE_URL", server._replace(path=f"/{connections['default'].settings_dict['NAME']}").geturl())
        user = User.objects.create_user("ada@example.com", "a long password", may_open_clients=True)
        yield seat(user, clients.open_client(user, "Northlight").pk)
        return
    with django_db_blocker.unblock():
        usual, options = connections["default"], connections.settings["default"]
        name = options["NAME"]
        usual.ensure_connection()
        with sqlite3.connect(settings.WORKSPACE.database) as file:
            usual.connection.backup(file)
        del connections["default"]
        options["NAME"] = str(settings.WORKSPACE.database)
        try:
            user = User.objects.create_user("ada@example.com", "a long password", may_open_clients=True)
            yield seat(user, clients.open_client(user, "Northlight").pk)
        finally:
            connections["default"].close()
            options["NAME"], connections["default"] = name, usual


def add(owner: Seat, path: Path, name: str = "") -> Source:
    return intake.add_repository(owner, str(path), name=name, schedule="daily")


def asked(owner: Seat) -> Run:
    return runs.queue(owner, owner.client, "by hand").run


def ran(owner: Seat) -> Run:
    run = asked(owner)
    running.run(run.pk)
    run.refresh_from_db()
    return run


def until(true: Callable[[], object], seconds: float = SOON) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def settings_of(owner: Seat) -> Workspace:
    """Return the workspace in which this test's client lies."""
    workspace: Workspace = config.WORKSPACE
    return workspace


def worker(run: Run) -> subprocess.Popen[bytes]:
    """Start a worker of its own that does one run."""
    does = f"import django; django.setup(); from quarterdeck.web.jobs import running; print(running.run('{run.pk}'))"
    return subprocess.Popen([sys.executable, "-c", does], stdout=subprocess.PIPE, start_new_session=True)


def assessing() -> list[int]:
    """Return the processes that assess for this test's home."""
    mine = os.environ["QUARTERDECK_HOME"].encode()
    found = []
    for each in Path("/proc").iterdir():
        try:
            if each.name.isdigit() and child.MODULE.encode() in (line := (each / "cmdline").read_bytes()) and mine in line:
                found.append(int(each.name))
        except OSError:
            continue
    return found


def under_way(run: Run) -> bool:
    run.refresh_from_db()
    return bool(assessing()) and run.state == Run.State.RUNNING


def test_a_run_assesses_real_repositories_and_the_next_one_says_what_changed_and_what_it_read_from_old_copies(
    owner: Seat, roots: Path
) -> None:
    add(owner, roots / "shop")
    first = ran(owner)
    stale = add(owner, roots / "till")
    shutil.copytree(roots / "till" / ".git", settings_of(owner).source(owner.client.pk, stale.pk) / MIRROR)
    Source.objects.filter(pk=stale.pk).update(address="https://127.0.0.1/till.git", digest="a" * 32, fetched_at=now() - timedelta(days=9))
    missing = sources.add_repository(owner, "ext::whoami", name="odd")  # past the check, as if an old book held it

    second = ran(owner)

    assert (first.state, second.state, first.failure, second.failure) == (Run.State.DONE, Run.State.DONE, "", "")
    assert first.summary["compared"]["baseline"] and not second.summary["compared"]["baseline"]
    assert {"new", "still open"} <= second.summary["compared"]["counts"].keys()
    assert sorted(each["name"] for each in second.summary["repositories"]) == ["shop", "till"]
    assert [each["name"] for each in second.summary["stale_sources"]] == ["till"]
    assert "private network" in second.summary["stale_sources"][0]["failure"]
    assert [each["name"] for each in second.summary["missing_sources"]] == ["odd"]
    missing.refresh_from_db()
    assert "program" in missing.failure and missing.hint and missing.tried_at
    kept = snapshots.Snapshot(settings_of(owner).client(owner.client.pk), second.snapshot)
    assert kept.summary("roles")["answer"] == second.summary["answer"]
    assert not (settings_of(owner).client(owner.client.pk) / "jobs").exists()


def test_a_run_of_which_no_source_can_be_read_fails_with_the_reason(owner: Seat, roots: Path) -> None:
    add(owner, roots / "shop")
    shutil.rmtree(roots / "shop")

    run = ran(owner)

    assert run.state == Run.State.FAILED
    assert run.failure.startswith("none of the repositories could be read; shop: ") and run.hint


def test_a_folder_that_may_no_longer_be_read_is_not_read(owner: Seat, roots: Path, settings: Settings) -> None:
    add(owner, roots / "shop")
    Source.objects.update(digest="a" * 32, fetched_at=now(), tried_at=now())
    settings.ROOTS = ()

    run = ran(owner)

    assert run.state == Run.State.FAILED
    assert "outside the folders" in run.failure


def test_a_run_whose_assessment_is_killed_waits_to_be_done_again(owner: Seat, roots: Path) -> None:
    add(owner, roots / "shop")
    run = asked(owner)

    def does() -> None:
        running.run(run.pk)
        connections["default"].close()

    doing = threading.Thread(target=does)
    doing.start()

    until(assessing)
    os.kill(assessing()[0], signal.SIGKILL)
    doing.join(SOON)
    run.refresh_from_db()

    assert (run.state, run.attempts, run.snapshot) == (Run.State.QUEUED, 1, "")
    assert OrmQ.objects.count() == 2  # it was offered when it was asked for, and now again


def test_a_killed_worker_takes_its_children_along_and_its_run_is_picked_up_again(owner: Seat, roots: Path) -> None:
    add(owner, roots / "shop")
    run = asked(owner)
    process = worker(run)
    until(lambda: under_way(run))

    process.kill()
    process.wait()

    until(lambda: not assessing(), seconds=5)
    assert running.run(run.pk).startswith("somebody else has it")  # delivered again while the heartbeat is fresh
    Run.objects.filter(pk=run.pk).update(heartbeat_at=now() - timedelta(seconds=31))
    running.run(run.pk)
    run.refresh_from_db()
    assert (run.state, run.attempts) == (Run.State.DONE, 2)


def test_a_run_that_is_cancelled_stops_within_seconds_and_leaves_nothing(owner: Seat, roots: Path) -> None:
    add(owner, roots / "shop")
    run = asked(owner)
    process = worker(run)
    until(lambda: under_way(run))

    runs.cancel(owner, run)

    assert process.wait(SOON) == 0
    run.refresh_from_db()
    assert (run.state, run.snapshot) == (Run.State.CANCELLED, "")
    assert not assessing()


def test_of_two_workers_with_the_same_run_one_does_it(owner: Seat, roots: Path) -> None:
    add(owner, roots / "till")
    run = asked(owner)

    both = [worker(run), worker(run)]
    until(lambda: under_way(run) and any(each.poll() is not None for each in both))
    runs.cancel(owner, run)
    said = sorted(each.communicate(timeout=SOON)[0].decode().strip() for each in both)

    run.refresh_from_db()
    assert said == ["over", "somebody else has it, or it is over"]
    assert (run.state, run.attempts) == (Run.State.CANCELLED, 1)


def test_the_assessment_is_given_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("QUARTERDECK_TOKEN_ABC", "DATABASE_URL", "QUARTERDECK_SECRET_KEY"):
        monkeypatch.setenv(name, "secret")

    assert "secret" not in child.environment(tmp_path).values()


def test_what_is_due_is_asked_for_once_and_a_run_that_was_cancelled_is_not_asked_for_again(owner: Seat, roots: Path) -> None:
    add(owner, roots / "shop")

    asked_for = [schedule.queue_due(now()), schedule.queue_due(now())]
    run = owner.of(Run).get()
    runs.cancel(owner, run)

    assert asked_for == [1, 0]
    assert (run.reason, run.asked_by) == ("shop: added", None)
    assert schedule.queue_due(now()) == 0


@pytest.mark.parametrize(
    ("how_often", "days", "failure", "due"),
    [("daily", 0.9, "", 0), ("daily", 1.1, "", 1), ("weekly", 6, "", 0), ("weekly", 7.4, "", 1), ("on demand", 90, "", 0),
     ("weekly", 1.5, "the server was away", 0), ("weekly", 2, "the server was away", 1)],
)  # fmt: skip
def test_a_source_is_due_after_its_period_and_sooner_when_it_failed(
    owner: Seat, how_often: str, days: float, failure: str, due: int
) -> None:
    source = sources.add_repository(owner, "https://git.example/shop.git", name="shop", schedule=how_often)
    done = keeping.keep("test", Run(client=owner.client, state=Run.State.DONE))
    Run.objects.filter(pk=done.pk).update(created_at=now() - timedelta(days=days))
    Source.objects.filter(pk=source.pk).update(
        tried_at=now() - timedelta(days=days), failure=failure, created_at=now() - timedelta(days=99)
    )

    assert schedule.queue_due(now()) == due


def test_snapshots_that_somebody_may_still_open_are_kept_and_old_ones_go(owner: Seat) -> None:
    root = settings_of(owner).client(owner.client.pk)
    named = {name: snapshots.keep(root, {"a.txt": name}) for name in ("forgotten", "old run", "link", "plan", "recent", "young")}
    for name, digest in named.items():
        if name != "young":
            os.utime(root / snapshots.SNAPSHOTS / digest, (0, 0))
    for name, days in (("old run", 500), ("recent", 3)):
        keeping.keep("test", Run(client=owner.client, state=Run.State.DONE, snapshot=named[name], ended_at=now() - timedelta(days=days)))
    keeping.keep("test", Link(client=owner.client, token_hash="x", page="bridge", title="t", snapshot=named["link"], expires_at=now()))
    keeping.keep("test", DeparturePlan(client=owner.client, title="t", snapshot=named["plan"]))

    schedule.tidy(now())

    left = {name for name, digest in named.items() if (root / snapshots.SNAPSHOTS / digest).is_dir()}
    assert left == {"link", "plan", "recent", "young"}


def test_a_queue_that_nobody_reads_is_noticed(owner: Seat, roots: Path) -> None:
    add(owner, roots / "shop")
    clock = schedule.Clock()
    nothing_waits = schedule.stuck(clock)
    asked(owner)

    first_look = schedule.stuck(clock)
    clock.idle_since = time.monotonic() - schedule.STUCK_SECONDS - 1

    assert (nothing_waits, first_look, schedule.stuck(clock)) == (False, False, True)


def test_a_tick_puts_a_lost_run_before_the_workers_again(owner: Seat, roots: Path) -> None:
    add(owner, roots / "shop")
    run = asked(owner)
    runs.claim(run.pk)
    OrmQ.objects.all().delete()
    Run.objects.filter(pk=run.pk).update(heartbeat_at=now() - timedelta(seconds=31))

    schedule.tick(schedule.Clock())

    run.refresh_from_db()
    assert run.state == Run.State.QUEUED
    assert OrmQ.objects.count() == 1
