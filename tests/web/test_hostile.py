"""What strangers, slips and enemies send: a sentence, nothing lost, nobody let in, and never a failure of the server."""

import io
import json
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils.timezone import now
from pytest_django.fixtures import Settings

from quarterdeck.store.book import models
from quarterdeck.store.book.models import Action, Client, DeparturePlan, Invitation, Link, Person, Run, Source
from quarterdeck.store.selectors.results import latest_snapshot
from quarterdeck.store.selectors.seats import today
from quarterdeck.store.services.followup import actions, record
from quarterdeck.store.services.seating import clients, links, tokens
from tests.web.conftest import OWN, Book, Results
from tests.web.seen import see

MARK = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}{% endblock %}${7*7}"
FORMULA = "=HYPERLINK(1)"
AT = f"/c/{OWN}/"
ADDRESSES = (
    "ext::sh -c id", "file:///etc/passwd", "--upload-pack=id", "-oProxyCommand=id", "ssh://-oProxyCommand=id/x.git", "https://127.0.0.1/x.git",
    "https://localhost/x.git", "https://[::1]/x.git", "https://10.0.0.1/x.git", "https://169.254.169.254/latest/meta-data", "https://2130706433/x.git",
    "https://0x7f.1/x.git", "git://example.org/x.git", "http://example.org/x.git", "fd::17", "/etc", "../../etc", "~/secret",
    "https://user:pass@192.168.1.1/x.git", "git@-oProxyCommand=id:x.git", "https://example.org/\nx.git", "transport::https://example.org/x", "\x00",
    "https://0.0.0.0/x.git", "javascript:alert(1)",
)  # fmt: skip
NAMES = (
    "name", "email", "password", "role", "until", "person", "page", "days", "names", "industry", "head_count", "developers", "revenue", "currency",
    "goals", "model", "stage", "begins", "ends", "hours_per_month", "fee_per_month", "note", "version", "sentence", "detail", "owner", "due", "effort",
    "cost", "done_when", "message", "key", "chosen", "state", "reason", "witness", "what", "seen", "verdict", "stance", "text", "question", "options",
    "decider", "needed_by", "asked_on", "delay_per_week", "choice", "reversal", "review_on", "made_to", "minutes", "day", "theme", "line", "client", "next",
    "p", "title", "leaves_on", "do", "who", "on", "proof", "when", "evidence", "identity", "one", "other", "apart", "team", "contract", "monthly_cost",
    "aliases", "alias", "goes", "address", "schedule", "criticality", "token", "witnessed", "done_witness", "done_effort", "later_due", "later_reason",
    "drop_reason", "login", "code", "file",
)  # fmt: skip
VALUES = ("", MARK, "\x00", "\ud800", "²", "-1", "1e9999", "NaN", "9" * 40, "0000-00-00", "9999-12-31", "x" * 20_000, "١٢")
ASKED = (
    "q",
    "page",
    "month",
    "owner",
    "state",
    "due",
    "effect",
    "text",
    "sort",
    "p",
    "kind",
    "actor",
    "since",
    "until",
    "part",
    "next",
    "practice",
)
ROUNDS = 5


@dataclass
class Looked(HTMLParser):
    """What stands in a page that a browser would run, and what a reader sees."""

    runs: list[str] = field(default_factory=list)
    reads: str = ""
    within: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.within = tag
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.runs.append("<script>")
        self.runs += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        self.runs += [f"{tag} {value}" for value in given.values() if (value or "").strip().lower().startswith("javascript:")]
        self.reads += " ".join(value or "" for value in given.values())

    def handle_data(self, text: str) -> None:
        if self.within != "script":
            self.reads += text


def looked(page: str) -> Looked:
    made = Looked()
    made.feed(page)
    return made


@dataclass(frozen=True)
class Place:
    """An address with what it takes."""

    name: str
    path: str


@pytest.fixture
def full(book: Book, results: Results) -> Book:
    """Put the mark into every text that a form takes, through the forms."""
    see(book, results)
    mine = book.seat()
    browser = book.browser()
    person, day = book.person, (today() + timedelta(days=9)).isoformat()
    assert person is not None and book.run is not None and book.source is not None
    about = finding_of(book)
    plan = {"p": person.pk, "title": MARK, "leaves_on": day}
    posts: tuple[tuple[str, dict[str, str]], ...] = (
        ("actions/new/", dict.fromkeys(("sentence", "detail", "done_when", "message"), MARK) | {"owner": person.pk, "due": day}),
        ("actions/new/", {"sentence": FORMULA, "detail": FORMULA, "owner": "nobody"}),
        ("decisions/", {"question": MARK, "options": MARK, "decider": MARK, "needed_by": day, "delay_per_week": "10"}),
        ("promises/", {"sentence": MARK, "made_to": MARK, "due": day}),
        ("notes/", {"text": MARK}),
        ("notes/", {"text": FORMULA}),
        ("time/", {"minutes": "30m", "text": MARK, "theme": "", "day": today().isoformat()}),
        ("advice/new/", {"sentence": MARK}),
        ("people/new/", {"name": MARK[:100], "role": MARK, "team": MARK, "aliases": f"{MARK}\n=1+1"}),
        ("departure/plans/", plan),
        (f"findings/{about}/say/", {"verdict": "dismissed", "reason": MARK, "until": day}),
        (f"findings/{about}/note/", {"text": MARK}),
        ("tokens/", {"name": MARK[:78], "days": "9"}),
        (f"evidence/{book.source.pk}/", {"name": MARK[:100], "schedule": "weekly", "criticality": "", "version": "1"}),
        ("settings/", {"name": f"{MARK}."[:118], "industry": MARK[:58], "currency": "USD", "goals": MARK, "version": "1"}),
        ("settings/engagement/", {"model": "fractional", "stage": "active", "note": MARK, "version": "1"}),
    )
    for path, body in posts:
        assert browser.post(AT + path, body).status_code == 302, path
    assert browser.post("/account/", {"name": MARK[:110]}).status_code == 302
    assert browser.post("/capture/", {"line": f"p {MARK}", "client": OWN, "next": "/"}).status_code == 302
    links.make(mine, links.BRIDGE, days=9, names="hidden")
    clients.invite(mine, "executive", email="invited@example.org")
    return book


def finding_of(book: Book) -> str:
    snapshot = latest_snapshot(book.seat())
    assert snapshot is not None
    return next(key for key, each in snapshot.findings("roles").items() if each["outcome"] == "unmet")


def places(book: Book) -> list[Place]:
    """Return every address of ours, with things that exist in it."""
    mine = book.seat()

    def first(kind: type[Any]) -> str:
        found = mine.of(kind).order_by("-created_at").first()
        return str(found.pk) if found else "nothing"

    finding = finding_of(book)
    keys = {
        "decision": models.Decision, "act_on_decision": models.Decision, "act_on_promise": models.Promise, "take_out_time": models.TimeEntry,
        "decide_on_advice": models.Recommendation, "source": Source, "remove_source": Source, "run": Run, "run_state": Run, "cancel_run": Run,
        "retry_run": Run, "download": Run, "member": models.Membership, "unseat": models.Membership, "withdraw": Invitation, "link": Link,
        "revoke_link": Link, "revoke_token": models.ApiToken, "week_act": Action, "action": Action, "act_on_action": Action,
    }  # fmt: skip
    known = {"client": OWN, "practice": "people", "fingerprint": finding, "kind": "action", "token": "nothing", "name": "report.html"}
    known |= {"plan": first(DeparturePlan), "step": "s1", "person": first(Person), "what": "note", "provider_id": "oidc", "uidb36": "1"}
    found = []
    for name, parts in named(get_resolver()):
        given = {part: known.get(part, "nothing") for part in parts}
        if "key" in parts:
            given["key"] = first(keys[name]) if name in keys else "nothing"
        found.append(Place(name, reverse(name, kwargs=given)))
        if "what" in parts:
            whats = ("begin", "complete", "postpone", "drop", "reopen", "note", "choice", "keep", "move")
            found += [Place(name, reverse(name, kwargs={**given, "what": each})) for each in whats]
    found += [
        Place("week_act", reverse("week_act", args=[OWN, kind, first(each)]))
        for kind, each in (("promise", models.Promise), ("decision", models.Decision))
    ]
    return found


def named(within: URLResolver) -> Iterator[tuple[str, list[str]]]:
    """Return the name and parts of every address but those of the API, which has tests of its own."""
    for each in within.url_patterns:
        if isinstance(each, URLPattern):
            if each.name and not each.name.startswith("openid"):  # single sign-on is not set up here
                yield each.name, list(each.pattern.converters) or list(each.pattern.regex.groupindex)
        elif not str(each.pattern).startswith("api/"):
            yield from named(each)


def owner(book: Book, **options: Any) -> Browser:
    browser = Browser(raise_request_exception=False, **options)
    browser.force_login(book.users["owner"])
    return browser


def test_what_was_typed_is_shown_as_text_on_every_page(full: Book) -> None:
    browser = owner(full)
    showing = 0

    for place in places(full):
        answer = browser.get(place.path)
        assert answer.status_code < 500, place
        if not answer.streaming and "html" in answer["Content-Type"] and place.name != "download":
            found = looked(answer.content.decode())
            assert found.runs == [], place
            assert "title=`" not in found.reads and "<title>49" not in answer.content.decode()
            showing += "{{ 7*7 }}" in found.reads
    assert showing >= 25


def test_exports_hold_no_formula(full: Book) -> None:
    browser = owner(full)

    for path in ("trail.csv", "findings.csv?standing=dismissed"):
        answer = browser.get(AT + path)
        text = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode()  # type: ignore[attr-defined]
        assert "alert(1)" in text, path
        assert not any(cell.lstrip('"')[:1] in ("=", "@") for line in text.splitlines() for cell in line.split(",")), path


def test_the_api_gives_back_what_was_typed_as_json_and_takes_no_broken_text(full: Book) -> None:
    head = {"authorization": f"Bearer {tokens.make(full.seat(), 'test', 30)}"}
    browser = Browser(raise_request_exception=False)
    base = f"/api/v1/clients/{OWN}/actions"

    listed = browser.get(base, headers=head)
    assert listed["Content-Type"].startswith("application/json") and MARK in json.dumps(listed.json(), ensure_ascii=False).replace(
        '\\"', '"'
    )
    for text in ("\ud800", "\x00", "x" * 20_000, ["a"], {"a": 1}, None, 7):
        answer = browser.post(base, json.dumps({"sentence": text}), content_type="application/json", headers=head)
        assert answer.status_code < 500, text
    for body in ("", "{", "[]", "null", '"x"', "[" * 5000):
        assert browser.post(base, body, content_type="application/json", headers=head).status_code < 500, body[:9]


def test_no_form_makes_the_server_fail(full: Book) -> None:
    browser, every = owner(full), places(full)
    doing = ("tick", "untick", "action", "adopt", "assign", "together", "same", "merge", "split", "add", "take")

    for turn in range(ROUNDS):
        bodies = {name: VALUES[(at * 3 + turn * 5) % len(VALUES)].encode("utf-8", "surrogatepass") for at, name in enumerate(NAMES)}
        body = bodies | {"do": doing[turn * 2], "what": ("done", "later")[turn % 2], "state": "done"} if turn else {}
        for place in every:
            with transaction.atomic():
                answer = browser.post(place.path, urlencode(body), content_type="application/x-www-form-urlencoded")
                transaction.set_rollback(True)
            browser.force_login(full.users["owner"])
            assert answer.status_code < 500, (place, body)


def test_no_address_makes_the_server_fail(full: Book) -> None:
    browser, every = owner(full), places(full)

    for turn in range(3):
        asked = {name: VALUES[(at * 5 + turn * 4 + 1) % len(VALUES)].encode("utf-8", "surrogatepass") for at, name in enumerate(ASKED)}
        for place in every:
            assert browser.get(f"{place.path}?{urlencode(asked)}").status_code < 500, (place, asked)


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_hostile_address_of_a_repository_is_refused_with_a_sentence(book: Book, address: str) -> None:
    before = Source.objects.count()

    answer = owner(book).post(f"{AT}evidence/new/", {"address": address, "schedule": "weekly", "name": "x"})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert Source.objects.count() == before


@pytest.mark.parametrize(
    "name",
    [
        "../people.json",
        "..%2fpeople.json",
        "%2e%2e/%2e%2e/book.sqlite3",
        "people.json",
        "roles/report.html",
        "report.html%00",
        "/etc/passwd",
    ],
)
def test_only_the_files_of_a_run_that_are_meant_to_leave_do(book: Book, name: str) -> None:
    assert book.run is not None

    assert owner(book).get(f"{AT}runs/{book.run.pk}/files/{name}").status_code == 404
    assert owner(book).get(f"{AT}runs/../{book.run.pk}/files/report.html").status_code == 404


def zipped(*members: tuple[str, bytes], link: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
        if link:
            pointer = zipfile.ZipInfo("link")
            pointer.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(pointer, link)
    return out.getvalue()


UPLOADS = {
    "a zip that climbs out": zipped(("../../evil.csv", b"name,email\nA,a@example.com\n")),
    "a zip with an absolute path": zipped(("/tmp/evil.csv", b"name,email\nA,a@example.com\n")),
    "a zip that points elsewhere": zipped(link="/etc/passwd"),
    "a zip bomb": zipped(("roster.csv", b"name,email\n" + b"a" * 60_000_000)),
    "a zip in a zip in a zip": zipped(("a.zip", zipped(("b.zip", zipped(("c.zip", b"PK")))))),
    "half a zip": zipped(("roster.csv", b"name,email\n" * 99))[:60],
    "a roster without its columns": b"colour,size\nred,9\n",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(99),
    "nothing": b"",
    "NUL bytes": b"name,email\n\x00\x00,\x00\n" * 9,
    "JSON too deep": b"[" * 200_000,
}  # fmt: skip


@pytest.mark.parametrize("kind", UPLOADS)
def test_a_hostile_file_is_refused_and_nothing_of_it_is_kept(book: Book, kind: str) -> None:
    before, place = Source.objects.count(), django_settings.WORKSPACE.client(OWN)
    files = {each for each in place.rglob("*") if each.is_file()}

    answer = owner(book).post(f"{AT}evidence/upload/", {"file": SimpleUploadedFile("roster.csv", UPLOADS[kind])})

    assert answer.status_code == 422
    assert 'class="said error"' in answer.content.decode()
    assert Source.objects.count() == before
    assert {each for each in place.rglob("*") if each.is_file()} == files


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_a_roster_in_another_encoding_is_read_or_refused_but_never_garbled(book: Book, encoding: str) -> None:
    rows = "name;email;role\r\nJosé Müller;jose@example.com;Lead\r\n=1+1;sum@example.com;\r\n".encode(encoding)

    answer = owner(book).post(f"{AT}evidence/upload/", {"file": SimpleUploadedFile("staff.csv", rows)})

    assert answer.status_code in (302, 422)
    names = set(Person.objects.filter(client=OWN).values_list("name", flat=True)) - {"Cora Contributor"}
    assert names in (set(), {"José Müller"}, {"José Müller", "=1+1"})


def test_an_upload_over_the_limit_is_refused_unread_with_a_sentence(book: Book, settings: Settings) -> None:
    settings.MOST_UPLOAD_BYTES = 10_000

    answer = owner(book).post(f"{AT}evidence/upload/", {"file": SimpleUploadedFile("big.csv", bytes(1_200_000))})

    assert answer.status_code == 413
    assert "Nothing was kept." in answer.content.decode()
    assert not Source.objects.filter(name="big.csv").exists()


def test_links_and_invitations_that_are_over_open_nothing(book: Book) -> None:
    mine = book.seat()
    revoked, expired, invited = (links.make(mine, links.BRIDGE, days=9, names="hidden") for _ in range(3))
    invited = clients.invite(mine, "owner")
    for token, change in ((revoked, {"revoked_at": now()}), (expired, {"expires_at": now()})):
        Link.objects.filter(token_hash=clients.digest_of(token)).update(**change)
    Invitation.objects.update(expires_at=now())
    body = {"name": "Mallory", "email": "mallory@example.org", "password": "a very long password"}

    assert [Browser().get(f"/shared/{each}/").status_code for each in (revoked, expired, "x" * 5000, "%00")] == [404] * 4
    assert Browser().post(f"/invitation/{invited}/", body).status_code == 404
    assert Browser().post("/setup/anything/", {**body, "firm": "M"}).status_code == 404
    assert not models.User.objects.filter(email="mallory@example.org").exists()


FORMS: dict[str, tuple[str, type[Any], dict[str, str]]] = {
    "action": ("actions/new/", Action, {"sentence": "Do it", "owner": "nobody"}),
    "decision": ("decisions/", models.Decision, {"question": "Which?"}),
    "promise": ("promises/", models.Promise, {"sentence": "Send it"}),
    "note": ("notes/", models.Note, {"text": "Noted"}),
    "hours": ("time/", models.TimeEntry, {"minutes": "30m", "text": "Review", "theme": "", "day": today().isoformat()}),
    "recommendation": ("advice/new/", models.Recommendation, {"sentence": "Buy it"}),
    "person": ("people/new/", Person, {"name": "New Person", "aliases": "new@example.com"}),
    "source": ("evidence/new/", Source, {"address": "", "name": "other", "schedule": "weekly"}),
    "captured line": ("/capture/", models.Promise, {"line": "p send it by Fri", "client": OWN, "next": "/"}),
    "client": ("/clients/new/", Client, {"name": "Twice & Sons"}),
}


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_that_is_sent_twice_makes_one_record(book: Book, kind: str, settings: Settings, company_repository: Path) -> None:
    settings.ROOTS = (company_repository.parent,)
    path, made, body = FORMS[kind]
    body = body | ({"address": str(company_repository)} if kind == "source" else {})
    browser, address = owner(book), path if path.startswith("/") else AT + path
    page = browser.get(f"{AT}advice/" if kind == "recommendation" else address).content.decode()
    sent = body | ({"key": page.partition('name="key" value="')[2].partition('"')[0]} if 'name="key"' in page else {})
    before = made.objects.count()

    answers = [browser.post(address, sent).status_code for _ in range(2)]

    assert made.objects.count() == before + 1, answers
    assert max(answers) < 500


def test_what_hangs_on_a_finding_is_made_once(book: Book) -> None:
    browser, about = owner(book), f"{AT}findings/{finding_of(book)}/"

    for _ in range(2):
        browser.post(f"{about}action/", {"owner": "", "due": ""})
        browser.post(f"{about}say/", {"verdict": "dismissed", "reason": "Not here", "until": "", "seen": ""})

    assert Action.objects.filter(client=OWN).count() == 1
    assert models.Stance.objects.filter(client=OWN).count() == 1


@pytest.mark.parametrize("kind", FORMS)
def test_a_text_that_is_too_long_comes_back_whole_with_a_sentence(book: Book, kind: str) -> None:
    path, made, body = FORMS[kind]
    long = "All work and no play. " * 1000
    texts = ("sentence", "question", "text", "name", "line", "goals", "detail")
    before = made.objects.count()

    answer = owner(book).post(path if path.startswith("/") else AT + path, body | {each: long for each in texts if each in body})

    assert answer.status_code == 422
    assert "All work and no play. All work" in answer.content.decode()
    assert made.objects.count() == before


@pytest.mark.parametrize("day", ["31 February", "2027-02-30", "0001-01-01", "99999-01-01", "2027-1-1T00:00", "\x00"])
def test_a_day_that_is_none_is_said_beside_its_field(book: Book, day: str) -> None:
    browser = owner(book)
    bodies = {"actions/new/": {"sentence": "Do it", "owner": "nobody", "due": day}, "decisions/": {"question": "Which?", "needed_by": day},
              "promises/": {"sentence": "Send it", "due": day}, "people/new/": {"name": "Somebody", "begins": day}}  # fmt: skip

    for path, body in bodies.items():
        answer = browser.post(AT + path, body)
        assert answer.status_code == 422, path
        assert next(iter(body.values())) in answer.content.decode()


def test_no_form_is_taken_without_its_token(full: Book) -> None:
    browser = owner(full, enforce_csrf_checks=True)
    taken = []

    for place in places(full):
        with transaction.atomic():
            if browser.post(place.path, {"name": "x", "text": "x"}).status_code not in (403, 404, 405):
                taken.append(place)
            transaction.set_rollback(True)
    assert taken == []


@pytest.mark.parametrize(
    "wish",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "https:evil.example",
    ],
)
def test_nobody_is_led_away_from_here(book: Book, wish: str) -> None:
    captured = owner(book).post("/capture/", {"line": "a note", "client": OWN, "next": wish})
    inside = owner(book).get("/accounts/login/", {"next": wish})
    out = owner(book).post("/accounts/logout/", {"next": wish})

    for answer in (captured, inside, out):
        assert answer.get("Location", "/").replace("\\", "/").startswith("/") and "evil" not in answer.get("Location", "")


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "evil.example:80", "", "testserver\r\nX: y"]
)
def test_another_host_name_is_not_answered(book: Book, host: str) -> None:
    assert owner(book).get("/", headers={"host": host}).status_code == 400
    assert owner(book).post(f"{AT}members/invite/", {"role": "owner"}, headers={"host": host}).status_code == 400
    assert not Invitation.objects.exists()


def test_a_method_that_an_address_does_not_have_is_refused(full: Book) -> None:
    browser = owner(full)
    ours = [place for place in places(full) if not place.path.startswith("/accounts/")]

    wrong = [
        (each.name, method)
        for each in ours
        for method in ("put", "patch", "delete")
        if getattr(browser, method)(each.path).status_code not in (403, 404, 405)
    ]

    assert wrong == []


def test_nothing_is_changed_by_looking(full: Book) -> None:
    browser = owner(full)
    before = models.Event.objects.count()

    for place in places(full):
        browser.get(place.path)

    assert models.Event.objects.count() == before


def test_what_belongs_to_another_client_cannot_be_smuggled_into_a_form(book: Book) -> None:
    stranger = Person.objects.create(client=book.foreign, name="Foreign Person")
    mine = actions.create(book.seat(), "Do it")
    browser = owner(book)

    for body in ({"sentence": "Do it", "owner": stranger.pk}, {"sentence": "Do it", "owner": f"{stranger.pk}' OR 1=1"}):
        assert browser.post(f"{AT}actions/{mine.pk}/", body | {"version": str(mine.version)}).status_code == 422
    assert browser.post(f"{AT}members/invite/", {"role": "executive", "person": stranger.pk}).status_code == 422
    theirs = record.ask(book.seat(), "Which?")
    assert browser.get(f"/c/{book.foreign.pk}/decisions/{theirs.pk}/").status_code == 404
    assert not Action.objects.filter(owner=stranger).exists()
