"""Make a large book: 100 clients, 10,000 findings, 20,000 actions, in the workspace that QUARTERDECK_HOME names."""

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quarterdeck.web.settings")

import django

django.setup()

from django.conf import settings  # noqa: E402 - after the book is loaded
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client as Browser  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils.timezone import now  # noqa: E402

from quarterdeck import bootstrap  # noqa: E402
from quarterdeck.store import snapshots  # noqa: E402
from quarterdeck.store.book.models import (  # noqa: E402
    Action,
    Client,
    Decision,
    Membership,
    Note,
    Person,
    Promise,
    Role,
    Run,
    Source,
    User,
)
from quarterdeck.store.selectors.seats import today  # noqa: E402
from quarterdeck.store.services import keeping  # noqa: E402
from quarterdeck.web.jobs.assembling import files_of  # noqa: E402

CLIENTS, FINDINGS, ACTIONS = 100, 100, 200  # per workspace; per client; per client
STATES = ("open", "open", "doing", "done", "dropped")


def base(repository: Path) -> dict[str, str | bytes]:
    """Assess one real repository, whose results all clients share but for their findings."""
    report, history = bootstrap.run(bootstrap.Request((repository,), today(), compare="none", quick=True))
    return dict(files_of(report, history, bootstrap.company_of(None), settings.WORKSPACE.cache))


def stretched(files: dict[str, str | bytes], number: int) -> dict[str, str | bytes]:
    """Return a client's own results: the same pages, and FINDINGS findings of its own."""
    made = dict(files)
    for names in ("roles", "hidden"):
        known = list(json.loads(files[f"{names}/list.json"]).values())
        found = {}
        for place in range(FINDINGS):
            copied = dict(known[place % len(known)])
            copied["fingerprint"] = f"{number:04d}{place:012x}"
            copied["title"] = f"{copied['title']} ({place + 1})"
            found[copied["fingerprint"]] = copied
        made[f"{names}/list.json"] = json.dumps(found)
    return made


def fill(repository: Path) -> dict[str, Any]:
    """Make the book and return the session of its owner and the addresses to open."""
    draws = Random(7)
    user = User.objects.create_user("bench@demo.example", "not used", name="Bench", may_open_clients=True)
    files = base(repository)
    addresses = ["/"]
    for number in range(CLIENTS):
        with transaction.atomic():
            addresses += _client(user, files, number, draws)
    _analyse()
    return {"cookie": _session(user), "addresses": addresses, "queries": _queries(user, addresses[:20])}


def _client(user: User, files: dict[str, str | bytes], number: int, draws: Random) -> list[str]:
    client = keeping.keep(user, Client(name=f"Client {number:03d} Limited", industry="software", head_count=40), "opened")
    keeping.keep(user, Membership(client=client, user=user, role=Role.OWNER))
    digest = snapshots.keep(settings.WORKSPACE.client(client.pk), stretched(files, number))
    summary = json.loads(files["roles/summary.json"])
    for age in (90, 0):
        moment = now() - timedelta(days=age)
        Run.objects.create(client=client, state="done", as_of=today(), snapshot=digest, summary=summary, started_at=moment, ended_at=moment)
    Source.objects.create(client=client, kind="repository", name="product", address="https://git.example/x.git", fetched_at=now())
    people = [Person(client=client, name=f"Person {number} {each}") for each in range(12)]
    Person.objects.bulk_create(people)
    prints = [f"{number:04d}{place:012x}" for place in range(FINDINGS)]
    Action.objects.bulk_create([_action(client, people, prints, draws, each) for each in range(ACTIONS)])
    Decision.objects.bulk_create(
        Decision(client=client, question=f"Question {each}?", asked_on=today() - timedelta(days=20), needed_by=today() + timedelta(days=each - 3), delay_per_week=500)
        for each in range(6)
    )  # fmt: skip
    Promise.objects.bulk_create(Promise(client=client, sentence=f"Promise {each}", due=today() + timedelta(days=each)) for each in range(6))
    Note.objects.bulk_create(Note(client=client, text=f"Note {each} on something", written_by=user) for each in range(20))
    at = f"/c/{client.pk}"
    action = Action.objects.filter(client=client).first()
    finding = draws.choice(prints)
    return [
        f"{at}/", f"{at}/practices/people/", f"{at}/findings/", f"{at}/findings/?outcome=unmet", f"{at}/findings/{finding}/", f"{at}/actions/",
        f"{at}/actions/?state=done", f"{at}/actions/{action.pk if action else ''}/", f"{at}/decisions/", f"{at}/evidence/", f"{at}/advice/",
        f"{at}/people/", "/", f"/search/?q=Question+{number % 6}",
    ]  # fmt: skip


def _action(client: Client, people: list[Person], prints: list[str], draws: Random, number: int) -> Action:
    return Action(
        client=client,
        sentence=f"Action {number}: bring something in order before it costs more",
        owner=draws.choice(people),
        due=today() + timedelta(days=draws.randrange(-30, 200)) if number % 7 else None,
        state=STATES[number % len(STATES)],
        fingerprint=draws.choice(prints),
        check_id="people/knowledge.truck_factor",
        cost={"p10": 1000.0, "p50": 2000.0, "p90": 5000.0, "unit": "USD"},
    )


def _analyse() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _session(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _queries(user: User, addresses: list[str]) -> dict[str, int]:
    """Count the queries of each kind of page, the second time it is opened."""
    browser = Browser(headers={"host": "127.0.0.1"})
    browser.force_login(user)
    counted = {}
    for address in addresses:
        browser.get(address)
        with CaptureQueriesContext(connection) as seen:
            status = browser.get(address).status_code
        if status != 200:
            raise SystemExit(f"{address}: status {status}")
        counted[address] = len(seen)
    return counted


if __name__ == "__main__":
    sys.stdout.write(json.dumps(fill(Path(sys.argv[1]))))
