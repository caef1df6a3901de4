"""The book on PostgreSQL: tables by migrations alone, a worker of its own, and pages in the same order as on SQLite."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from quarterdeck.store.book.models import Decision, Promise
from quarterdeck.store.selectors import record
from quarterdeck.store.services import keeping
from tests.making import Maker, code
from tests.store import postgres
from tests.store.table import table
from tests.web.test_serving import COMMAND, environment, living, port, until

MAKE = """
import django, json, sys; django.setup()
from quarterdeck.store.book.models import User
from quarterdeck.store.selectors.seats import seat
from quarterdeck.store.services import runs
from quarterdeck.store.services.seating import clients
from quarterdeck.web.jobs import intake
user = User.objects.create_user("ada@example.com", "a long password", may_open_clients=True)
own = seat(user, clients.open_client(user, "Northlight").pk)
intake.add_repository(own, sys.argv[1], name="shop", schedule="on demand")
print(json.dumps(runs.queue(own, own.client, "by hand").run.pk))
"""


@pytest.fixture
def address() -> Iterator[str]:
    """Start a server of our own and give the address of an empty database."""
    if not postgres.is_there():
        pytest.skip("this machine has no PostgreSQL server")
    with postgres.running() as found:
        yield found


def test_the_migrations_are_those_of_the_models(db: None) -> None:
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_servers_and_workers_start_in_any_order_and_a_run_is_done(address: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    repository = tmp_path / "repositories" / "shop"
    Maker(repository).commit("ada", "2026-01-05", {"shop.py": code(30)}).done()
    given = environment(home, DATABASE_URL=address, QUARTERDECK_ROOTS=str(tmp_path / "repositories"))
    log = (tmp_path / "log").open("wb")

    def started(*arguments: str, **more: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([COMMAND, *arguments], env=given | more, stdout=log, stderr=log, start_new_session=True)

    def said() -> str:
        return (tmp_path / "log").read_text("utf-8")

    processes = [started("worker")]
    try:
        until(lambda: "the worker waits" in said())
        processes += [
            started("serve", "--port", str(port())),
            started("serve", "--port", str(port()), QUARTERDECK_HOME=str(tmp_path / "other")),
        ]
        until(lambda: said().count("Stop it with Ctrl-C") == 2)
        made = subprocess.run(
            [sys.executable, "-c", MAKE, str(repository)],
            env=given | {"DJANGO_SETTINGS_MODULE": "quarterdeck.web.settings"},
            capture_output=True,
            text=True,
            check=True,
        )
        with psycopg.connect(address, autocommit=True) as line:
            asked = (json.loads(made.stdout),)
            until(lambda: line.execute("SELECT state FROM book_run WHERE id = %s", asked).fetchone() == ("done",))
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        ends = [process.wait(60) for process in processes]
        log.close()
        for pid in (*living(home), *living(tmp_path / "other")):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    assert ends == [0, 0, 0]
    assert "Traceback" not in said()


def test_a_promise_taken_back_stands_among_the_kept_ones_by_its_day(db: None) -> None:
    own = table()
    days: dict[str, dict[str, Any]] = {
        "first": {"kept_on": date(2026, 3, 1)},
        "second": {"dropped_on": date(2026, 3, 2)},
        "third": {"kept_on": date(2026, 3, 3)},
    }
    for sentence, ended in days.items():
        keeping.keep(own.owner.user, Promise(client=own.client, sentence=sentence, **ended))

    assert [each.sentence for each in record.closed_promises(own.owner)] == ["third", "second", "first"]


def test_a_decision_without_a_day_comes_after_those_with_one(db: None) -> None:
    own = table()
    for question, needed in (("later", date(2026, 9, 1)), ("never", None), ("soon", date(2026, 8, 1))):
        keeping.keep(own.owner.user, Decision(client=own.client, question=question, asked_on=date(2026, 7, 1), needed_by=needed))

    assert [each.decision.question for each in record.open_decisions(own.owner)] == ["soon", "later", "never"]
