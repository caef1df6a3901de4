import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quarterdeck.store.book.models import Client, Event, Note, User
from quarterdeck.store.selectors.seats import seat
from quarterdeck.store.services import keeping, trail
from quarterdeck.store.services.seating import clients
from tests.store import postgres

ROOT = Path(__file__).parents[2]
SCRIPT = "import django, json; django.setup(); from tests.store.races import experiments; print(json.dumps(experiments()))"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What came of several people at once, on a file of SQLite and on a PostgreSQL."""
    home = str(tmp_path_factory.mktemp("races"))
    if request.param == "sqlite":
        yield races(home, "")
    elif not postgres.is_there():
        pytest.skip("this machine has no PostgreSQL server")
    else:
        with postgres.running() as address:
            yield races(home, address)


def races(home: str, address: str) -> dict[str, Any]:
    given = {**os.environ, "QUARTERDECK_HOME": home, "DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "quarterdeck.web.settings"}
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_database_refuses_to_change_a_line(outcome: dict[str, Any]) -> None:
    assert "the trail is append-only" in outcome["update"]


def test_the_database_refuses_to_delete_a_line(outcome: dict[str, Any]) -> None:
    assert "the trail is append-only" in outcome["delete"]
    assert outcome["whole"] is None


def test_a_line_that_was_changed_past_the_database_is_found(outcome: dict[str, Any]) -> None:
    assert outcome["changed"] == 7


def test_a_line_that_was_taken_away_is_found(outcome: dict[str, Any]) -> None:
    assert outcome["gap"] == 5


def test_several_writers_at_once_keep_the_chain_whole(outcome: dict[str, Any]) -> None:
    assert outcome["notes"] == ["done"] * 4
    assert outcome["lines"] == 3 + 40
    assert outcome["verdict"] is None


def test_of_two_who_accept_one_invitation_at_once_one_is_seated(outcome: dict[str, Any]) -> None:
    assert outcome["accepts"].count("done") == 1
    assert outcome["seats"] == 2


def test_the_setup_link_makes_one_user_however_often_it_is_sent_at_once(outcome: dict[str, Any]) -> None:
    assert outcome["setups"].count("done") == 1
    assert outcome["users"] == 1


def test_two_owners_who_leave_at_once_leave_one_owner(outcome: dict[str, Any]) -> None:
    assert outcome["leaving"].count("done") == 1
    assert outcome["owners"] == 1


@pytest.fixture
def owner(db: None) -> User:
    return User.objects.create_user("ada@example.com", "a long enough password", name="Ada", may_open_clients=True)


@pytest.fixture
def client(owner: User) -> Client:
    return clients.open_client(owner, "Northlight")


def test_a_line_says_who_changed_what_from_what_to_what(owner: User, client: Client) -> None:
    note = keeping.keep(owner, Note(client=client, text="old", written_by=owner))

    keeping.change(owner, note, text="new")

    line = Event.objects.filter(chain=client.pk).latest("number")
    assert (line.actor, line.verb, line.kind, line.subject) == ("ada@example.com", "changed", "note", note.pk)
    assert (line.before, line.after) == ({"text": "old"}, {"text": "new"})


def test_saving_without_a_change_adds_no_line(owner: User, client: Client) -> None:
    note = keeping.keep(owner, Note(client=client, text="same", written_by=owner))
    before = trail.length(client.pk)

    keeping.change(owner, note, text="same")

    assert trail.length(client.pk) == before


def test_secrets_do_not_come_into_the_trail(owner: User, client: Client) -> None:
    clients.invite(seat(owner, client.pk), "executive")

    assert "token_hash" not in json.dumps([[each.before, each.after] for each in Event.objects.all()])


def test_each_client_has_a_trail_of_its_own(owner: User, client: Client) -> None:
    other = clients.open_client(owner, "Harbor")

    assert trail.verify(client.pk).lines == trail.verify(other.pk).lines == 3
    assert trail.head(client.pk) != trail.head(other.pk)


def test_what_people_type_in_any_script_leaves_the_trail_whole(owner: User, client: Client) -> None:
    keeping.keep(owner, Note(client=client, text='naïve 漢字 \U0001f680 \u2028 \\ "', written_by=owner))

    assert trail.verify(client.pk).broken_at is None
