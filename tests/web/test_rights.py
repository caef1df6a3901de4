"""The table in docs/reference/rights.md is the test: every address, every role, one's own client and another's.

To add a page, add its rows to the table. Placeholders such as `<action>` stand for real records, which `things` makes;
what a form must send to get as far as the question of rights stands in `SENT`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client as Browser
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from quarterdeck.store.book.models import (
    Action,
    Client,
    Decision,
    DeparturePlan,
    Invitation,
    Link,
    Membership,
    Person,
    Promise,
    Recommendation,
    Role,
    Run,
    Source,
    Stance,
    TimeEntry,
    User,
)
from quarterdeck.store.selectors.seats import Seat, today
from quarterdeck.store.selectors.seats import seat as seat_of
from quarterdeck.store.services import keeping
from quarterdeck.store.services.continuity import plans
from quarterdeck.store.services.seating import clients, links, tokens
from quarterdeck.store.services.seating.clients import digest_of
from quarterdeck.store.snapshots import Snapshot
from tests.web.conftest import FOREIGN, OWN, Book

TABLE = Path(__file__).parents[2] / "docs" / "reference" / "rights.md"
WORDS = {401: "no token", 403: "refused", 404: "hidden"}
TOLD = "/capture/"  # which asks for a client that one may write to, and takes nothing without
NOT_ALLOWED = 405
IDLE = {"POST /c/<client>/time/<time>/out/"}  # taking out what is not there changes nothing and says so, like the same click twice
OPEN = {"/api/v1/docs", "/api/v1/openapi.json"}  # the library's own pages, which answer every method alike
ROLES = ("owner", "practitioner", "executive", "contributor", "auditor")
# a plan as the simulator writes it
STEP = {"id": "one", "when": next(iter(plans.CLOCK)), "text": "Hand over the keys", "evidence": "", "about": "", "done": None, "action": ""}
COST = {"p10": 1, "p50": 2, "p90": 3, "unit": "USD"}
FALLS = {
    "sentence": "x",
    "lost": 1,
    "files": 2,
    "moving": 1,
    "cost": COST,
    "basis": "typical",
    "parts": [],
    "paths": [],
    "as_of": "2026-06-30",
}
# what must be sent for the rights to be asked at all; everything else is sent empty
SENT: dict[str, dict[str, Any]] = {
    "POST /c/<client>/decisions/": {"question": "Which vendor?", "asked_on": "2026-01-01"},
    "POST /c/<client>/promises/": {"sentence": "A note to the board", "due": "2030-01-01"},
    "POST /c/<client>/notes/": {"text": "a note"},
    "POST /c/<client>/time/": {"day": "2026-01-05", "minutes": "60", "spent": "1 h", "text": "a call"},
    "POST /c/<client>/decisions/<decision>/": {"question": "Which vendor?", "asked_on": "2026-01-01", "version": "1", "seen": "1"},
    "POST /c/<client>/decisions/<decision>/choice/": {"choice": "the first", "reason": "it is cheaper", "seen": "1"},
    "POST /c/<client>/decisions/<decision>/note/": {"text": "a note"},
    "POST /c/<client>/actions/<action>/": {"sentence": "Rotate the keys", "seen": "1", "version": "1"},
    "POST /c/<client>/actions/<action>/drop/": {"reason": "not needed", "seen": "1"},
    "POST /c/<client>/actions/<action>/postpone/": {"due": "2030-01-01", "reason": "later", "seen": "1"},
    "POST /c/<client>/actions/<action>/complete/": {"witness": "Bob", "witnessed": "saw it", "seen": "1", "done_on": "2026-01-01"},
    "POST /c/<client>/actions/<action>/note/": {"note": "a note"},
    "POST /c/<client>/week/action/<action>/": {"what": "later", "due": "2030-01-01", "reason": "later"},
    "POST /c/<client>/week/decision/<decision>/": {"what": "later", "due": "2030-01-01", "reason": "later"},
    "POST /c/<client>/week/promise/<promise>/": {"what": "later", "due": "2030-01-01", "reason": "later"},
    "POST /c/<client>/findings/<finding>/withdraw/": {"stance": "<stance>"},
    "POST /c/<client>/findings/<finding>/say/": {"verdict": "accepted", "reason": "known"},
    "POST /c/<client>/evidence/<source>/": {"name": "shop", "schedule": "weekly", "criticality": "", "version": "1", "seen": "1"},
    "POST /c/<client>/departure/plans/<plan>/": {"title": "If Ada leaves", "seen": "1", "version": "1"},
    "POST /capture/": {"line": "remember this", "client": OWN},
    "POST /clients/new/": {"name": "Third", "currency": "USD"},
    "POST /api/v1/clients/<client>/sources": {"address": "https://git.example/x.git", "name": "x"},
    "PATCH /api/v1/clients/<client>/sources/<source>": {"version": 1, "name": "y"},
    "POST /api/v1/clients/<client>/findings/<finding>/stance": {"verdict": "accepted", "reason": "known"},
    "POST /api/v1/clients/<client>/findings/<finding>/action": {"due": "2030-01-01"},
    "POST /api/v1/clients/<client>/actions": {"sentence": "Rotate the keys"},
    "PATCH /api/v1/clients/<client>/actions/<action>": {"version": 1, "sentence": "Rotate"},
    "POST /api/v1/clients/<client>/actions/<action>/done": {"version": 1, "witness": "Bob", "witnessed": "saw it"},
}


FILE = SimpleUploadedFile("people.csv", b"nothing of use")


@dataclass(frozen=True)
class Row:
    """A row of the table: what who may do at an address."""

    method: str
    address: str
    cells: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return f"{self.method} {self.address}"

    @property
    def is_api(self) -> bool:
        return self.address.startswith("/api/")


def rows() -> Iterator[Row]:
    """Read the tables of the page."""
    heads: list[str] = []
    for line in TABLE.read_text("utf-8").splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]
        if cells[0] == "Method":
            heads = cells[2:]
        elif re.fullmatch("GET|POST|PATCH|PUT|DELETE", cells[0]):
            yield Row(cells[0], cells[1], tuple(zip(heads, cells[2:], strict=True)))


ROWS = list(rows())


@dataclass
class Table:
    """The book with a record of every kind at both clients, and somebody for every column."""

    book: Book
    own: dict[str, str]
    foreign: dict[str, str]
    sessions: dict[str, str]
    keys: dict[str, str]
    browser: Browser = field(default_factory=lambda: Browser(raise_request_exception=False))


def things(seat: Seat, snapshot: str) -> dict[str, str]:
    """Make a record of every kind at a client and return their keys by placeholder."""

    def keep(thing: Any) -> str:
        return str(keeping.keep(seat.user, thing).pk)

    own, person = {"client": seat.client}, seat.of(Person).first() or keeping.keep(seat.user, Person(client=seat.client, name="Pat"))
    guest = User.objects.create_user(f"guest@{seat.client.pk}.example", None, name="Guest")
    hashed = {"expires_at": clients.now() + clients.INVITED_FOR}
    finding = next(iter(Snapshot(settings.WORKSPACE.client(seat.client.pk), snapshot).findings("hidden")))
    return {
        "client": seat.client.pk,
        "person": person.pk,
        "source": str(seat.of(Source)[0].pk),
        "run": str(seat.of(Run)[0].pk),
        "finding": finding,
        "stance": keep(Stance(**own, fingerprint=finding, verdict=Stance.Verdict.ACCEPTED, reason="known", said_by=seat.user)),
        "practice": "people",
        "action": keep(Action(**own, sentence="Rotate the keys", owner=person)),
        "done action": keep(Action(**own, sentence="Rotate the keys", owner=person, state=Action.State.DONE, done_on=today())),
        "decision": keep(Decision(**own, question="Which vendor?", asked_on=today())),
        "promise": keep(Promise(**own, sentence="A note to the board")),
        "recommendation": keep(Recommendation(**own, sentence="Own the keys", proposed_on=today())),
        "time": keep(TimeEntry(**own, day=today(), minutes=60, spent_by=seat.user)),
        "plan": keep(DeparturePlan(**own, title="If Ada leaves", steps=[STEP], falls=FALLS)),
        "step": "one",
        "member": keep(Membership(**own, user=guest, role=Role.EXECUTIVE)),
        "open invitation": keep(Invitation(**own, **hashed, token_hash=digest_of(f"i{seat.client.pk}"), role=Role.EXECUTIVE)),
        "invitation": f"i{seat.client.pk}",
        "link": keep(Link(**own, **hashed, token_hash=digest_of(f"l{seat.client.pk}"), page=links.BRIDGE, title="x", snapshot=snapshot)),
        "shared": f"l{seat.client.pk}",
        "setup": "used",
        "key": "x",
        "uid": "1",
        "provider": "oidc",
    }


def session_of(user: User) -> str:
    """Sign a user in and return the session."""
    browser = Browser()
    browser.force_login(user)
    return browser.cookies["sessionid"].value


@pytest.fixture
def table(book: Book, snapshot: str) -> Table:
    """Seat somebody in every column."""
    foreign = seat_of(book.stranger, FOREIGN)
    sessions = {role: session_of(user) for role, user in {**book.users, "no seat": book.outsider}.items()}
    keys = {role: tokens.make(book.seat(role), "test", 30) for role in ROLES}
    keys["no seat"] = tokens.make(foreign, "test", 30)
    made = Table(book, things(book.seat(), snapshot), things(foreign, snapshot), sessions, keys)
    put_away = clients.open_client(book.users[Role.OWNER], "Put away")
    Client.objects.filter(pk=put_away.pk).update(archived_at=clients.now())
    made.own["archived client"] = made.foreign["archived client"] = put_away.pk
    return made


def filled(address: str, values: dict[str, str]) -> str:
    return re.sub(r"<([\w ]+)>", lambda match: values[match[1]], address)


def asked(table: Table, row: Row, column: str, values: dict[str, str]) -> HttpResponse:
    """Send what a row says as whoever a column says, and undo whatever it did."""
    browser, headers = table.browser, {}
    browser.cookies.clear()
    signs_in = "session" if row.is_api else "token"
    if column == "token" or (row.is_api and column in table.keys):
        headers["authorization"] = f"Bearer {table.keys['owner' if column == 'token' else column]}"
    elif column == signs_in == "session":
        browser.cookies["sessionid"] = table.sessions["owner"]
    elif column in table.sessions:
        browser.cookies["sessionid"] = table.sessions[column]
    if "own token" in row.address and column in ROLES:
        held = table.book.seat(column).of(tokens.ApiToken).filter(user=table.book.users[column])[0]
        values = {**values, "own token": str(held.pk)}
    address = filled(row.address, {"own token": "x", **values})
    sent = {name: filled(value, values) if isinstance(value, str) else value for name, value in SENT.get(row.name, {}).items()}
    with transaction.atomic():
        if row.address.endswith("/uploads"):
            answer = browser.generic(row.method, address, encode_multipart(BOUNDARY, {"file": FILE}), MULTIPART_CONTENT, headers=headers)
        elif row.is_api:
            answer = browser.generic(row.method, address, json.dumps(sent), content_type="application/json", headers=headers)
        else:
            answer = browser.generic(row.method, address, **form(sent if row.method == "POST" else {}), headers=headers)
        transaction.set_rollback(True)
    return answer


def form(sent: dict[str, Any]) -> dict[str, Any]:
    return {"data": urlencode(sent), "content_type": "application/x-www-form-urlencoded"}


def word_of(answer: HttpResponse, row: Row) -> str:
    """Return what an answer is called in the table."""
    if answer.status_code == 302 and answer["Location"].startswith("/accounts/login/"):
        return "login"
    if answer.status_code == 401 and not row.is_api:
        return "allowed"  # the page that says that single sign-on failed
    if answer.status_code == 422 and row.address == TOLD:
        return "told"
    return WORDS.get(answer.status_code, "allowed" if answer.status_code < 500 else f"error {answer.status_code}")


def test_every_role_gets_what_the_table_says(table: Table) -> None:
    wrong = {}
    for row in ROWS:
        cache.clear()  # attempts to sign in are counted there
        found = {column: word_of(asked(table, row, column, table.own), row) for column, _ in row.cells}
        if found != dict(row.cells):
            wrong[row.name] = {column: word for column, word in found.items() if word != dict(row.cells)[column]}

    assert wrong == {}


def test_another_client_and_its_records_are_hidden_from_every_role(table: Table) -> None:
    mixed, shown = {**table.foreign, "client": OWN}, []
    for row in ROWS:
        if "<client>" not in row.address:
            continue
        named = set(re.findall(r"<([\w ]+)>", row.address)) - {"client", "practice", "finding", "step", "own token"}
        for role in ROLES:
            if word_of(asked(table, row, role, table.foreign), row) != "hidden":
                shown.append(f"{row.name} to {role}")
            if (
                named
                and dict(row.cells)[role] == "allowed"
                and row.name not in IDLE
                and word_of(asked(table, row, role, mixed), row) != "hidden"
            ):
                shown.append(f"{row.name} to {role}: a record of another client under one's own")

    assert shown == []


def test_a_method_that_the_table_does_not_name_is_not_allowed(table: Table) -> None:
    answered = []
    for address in sorted({row.address for row in ROWS if not row.address.startswith("/accounts/")} - OPEN):
        for method in {"GET", "POST"} - {row.method for row in ROWS if row.address == address}:
            answer = asked(table, Row(method, address, ()), "owner", table.own)
            if answer.status_code not in (NOT_ALLOWED, 403, 404):
                answered.append(f"{method} {address}: {answer.status_code}")

    assert answered == []


def patterns(found: list[URLPattern | URLResolver] | None = None, before: str = "") -> Iterator[str]:
    """Yield every address that urls.py knows, as Django writes them."""
    for each in get_resolver().url_patterns if found is None else found:
        route = before + str(each.pattern).removeprefix("^")
        if isinstance(each, URLPattern):
            yield route
        else:
            yield from patterns(each.url_patterns, route)


def test_every_address_is_in_the_table(table: Table) -> None:
    covered = {resolve(filled(row.address, {"own token": "x", **table.own})).route for row in ROWS}

    assert sorted(set(patterns()) - covered) == []


def test_the_table_has_no_row_twice() -> None:
    assert len({row.name for row in ROWS}) == len(ROWS)
