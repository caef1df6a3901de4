"""A book to open pages of: two clients, somebody in every seat of the first, and one finished run of a real small repository."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from pytest_django.live_server_helper import LiveServer

from quarterdeck import bootstrap
from quarterdeck.store import snapshots
from quarterdeck.store.book.models import Client, Membership, Person, Role, Run, Source, User
from quarterdeck.store.selectors.home import remembered
from quarterdeck.store.selectors.seats import Seat, seat, today
from quarterdeck.store.services import keeping
from quarterdeck.store.services.seating import clients
from quarterdeck.web.jobs.assembling import files_of
from tests.conftest import AS_OF, small_company

PASSWORD = "a long enough password"
OWN, FOREIGN = "northlight22", "harborclinic"


@dataclass(frozen=True)
class Results:
    """What the one run of the session found, as files of a snapshot and as the figures of the home pages."""

    files: dict[str, str | bytes]
    summary: dict[str, Any]


@dataclass
class Book:
    """Two clients and who sits there; `users` are by role, and `outsider` sits nowhere."""

    client: Client
    foreign: Client
    stranger: User
    outsider: User
    users: dict[str, User] = field(default_factory=dict)
    person: Person | None = None
    source: Source | None = None
    run: Run | None = None

    def seat(self, role: str = Role.OWNER) -> Seat:
        """Return the seat of a role at the first client."""
        return seat(self.users[role], self.client.id)

    def browser(self, role: str = Role.OWNER) -> Browser:
        """Return a browser in which the user of a role (or `stranger`, `outsider`) is signed in."""
        made = Browser()
        made.force_login(self.users.get(role) or getattr(self, role))
        return made


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Assess a small company once for all tests."""
    folder = tmp_path_factory.mktemp("company")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUARTERDECK_HOME", str(folder / "home"))
        request = bootstrap.Request((small_company(folder / "shop"),), AS_OF, compare="none")
        report, history = bootstrap.run(request)
        files = files_of(report, history, bootstrap.company_of(None), folder / "cache")
    return Results(files, json.loads(files["roles/summary.json"]))


@pytest.fixture(scope="session")
def snapshot(results: Results) -> str:
    """Keep the results of the one run in the folders of both clients and return their digest."""
    for client in (OWN, FOREIGN):
        digest = snapshots.keep(settings.WORKSPACE.client(client), results.files)
    return digest


@pytest.fixture
def book(db: None, results: Results, snapshot: str) -> Book:
    """Make the book; nothing of it is left after the test."""
    cache.clear()  # attempts to sign in are counted there
    opener = User.objects.create_user("owner@northlight.example", PASSWORD, name="Olga Owner", may_open_clients=True)
    stranger = User.objects.create_user("owner@harbor.example", PASSWORD, name="Sam Stranger", may_open_clients=True)
    outsider = User.objects.create_user("nobody@example.org", PASSWORD, name="Nora Nobody")
    own = clients.open_client(opener, "Northlight Billing", id=OWN, industry="software", head_count=40, currency="USD")
    foreign = clients.open_client(stranger, "Harbor Clinic", id=FOREIGN)
    made = Book(own, foreign, stranger, outsider, {Role.OWNER: opener})
    made.person = keeping.keep(opener, Person(client=own, name="Cora Contributor", role="developer"))
    for role in (Role.PRACTITIONER, Role.EXECUTIVE, Role.CONTRIBUTOR, Role.AUDITOR):
        user = made.users[role] = User.objects.create_user(f"{role}@northlight.example", PASSWORD, name=f"{role.title()} of Northlight")
        sits = Membership(client=own, user=user, role=role, person=made.person if role == Role.CONTRIBUTOR else None)
        sits.until = today() + timedelta(days=30) if role == Role.AUDITOR else None
        keeping.keep(opener, sits, "seated")
    made.source, made.run = evidence(made.seat(), results, snapshot)
    evidence(seat(stranger, FOREIGN), results, snapshot)
    return made


@pytest.fixture
def live(book: Book) -> Iterator[str]:
    """Serve the book on this machine and give the address; the trail refuses to be emptied, so no transactional test."""
    if connection.vendor != "sqlite":
        pytest.skip("what is not committed yet is seen by the server's threads on SQLite alone")
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


def evidence(seat: Seat, results: Results, snapshot: str) -> tuple[Source, Run]:
    """Give a client a repository and the finished run that read it."""
    kept = {"kind": Source.Kind.REPOSITORY, "name": "shop", "address": "https://git.example/shop.git"}
    source = keeping.keep(seat.user, Source(client=seat.client, fetched_at=datetime.now(UTC), **kept))
    ended = {"started_at": datetime.now(UTC), "ended_at": datetime.now(UTC), "as_of": AS_OF}
    run = Run(client=seat.client, state=Run.State.DONE, snapshot=snapshot, summary=results.summary, **ended)
    return source, keeping.keep(seat.user, run, "finished")


@pytest.fixture(autouse=True)
def no_week_of_another_book() -> None:
    """Let no test meet what another one's book made remembered."""
    remembered.forget()
