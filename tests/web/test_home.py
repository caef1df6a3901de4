"""The pages that a day begins with, as somebody in each seat opens them."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse
from playwright.sync_api import Page, sync_playwright

from quarterdeck.store import snapshots
from quarterdeck.store.book.models import Action, Client, Decision, Membership, Note, Promise, Role, Run, Source, Stance, User
from quarterdeck.store.selectors import home
from quarterdeck.store.selectors.seats import today
from tests.web.conftest import OWN, Book, Results

DAY = timedelta(days=1)
MOST_QUERIES = 15
CHROMIUM = "/usr/bin/chromium"
CALM = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
SCRIPT = "<script>alert(1)</script>"
pytestmark = pytest.mark.django_db


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def open_finding(results: Results) -> dict[str, Any]:
    listed = json.loads(results.files["roles/list.json"])
    found: dict[str, Any] = next(each for each in listed.values() if each["outcome"] == "unmet" and each["exposure"])
    return found


def finding_page(results: Results, tail: str = "") -> str:
    return f"/c/{OWN}/findings/{open_finding(results)['fingerprint']}/{tail}"


def many_things(book: Book, each: int = 30) -> None:
    """Give a client more of everything than a page shows."""
    client = book.client
    for number in range(each):
        due = today() - number * DAY
        Action.objects.create(
            client=client, sentence=f"Action {number}", due=due, removes={"p50": number, "unit": "USD"} if number % 2 else None
        )
        Decision.objects.create(client=client, question=f"Question {number}", asked_on=due, needed_by=due)
        Promise.objects.create(client=client, sentence=f"Promise {number}", due=due)
        Source.objects.create(client=client, kind="repository", name=f"source {number}", failure="no key")


@pytest.mark.parametrize(
    "address", ["/", "/?all=1", f"/c/{OWN}/", f"/c/{OWN}/practices/people/", f"/c/{OWN}/findings/", f"/c/{OWN}/findings.csv"]
)
@pytest.mark.parametrize("role", [Role.OWNER, Role.EXECUTIVE, Role.AUDITOR])
def test_no_page_asks_the_database_more_than_fifteen_times(book: Book, django_assert_max_num_queries: Any, address: str, role: str) -> None:
    many_things(book)
    browser = book.browser(role)

    with django_assert_max_num_queries(MOST_QUERIES):
        response = browser.get(address)

    assert response.status_code == 200


def test_a_finding_is_drawn_with_few_queries(book: Book, results: Results, django_assert_max_num_queries: Any) -> None:
    browser = book.browser()

    with django_assert_max_num_queries(MOST_QUERIES):
        response = browser.get(finding_page(results))

    assert open_finding(results)["title"] in text(response)


def test_whoever_has_no_client_is_led_to_the_first(db: None) -> None:
    browser = Browser()
    browser.force_login(User.objects.create_user("new@example.com", "a long enough password", may_open_clients=True))

    assert "Open your first client" in text(browser.get("/"))


def test_a_client_is_opened_once_its_name_is_typed_and_figures_left_empty_stay_unknown(book: Book) -> None:
    browser = book.browser()
    wrong = browser.post("/clients/new/", {"name": " ", "goals": SCRIPT, "head_count": "many"})
    made = browser.post("/clients/new/", {"name": SCRIPT, "currency": "EUR", "goals": ""})

    client = Client.objects.get(name=SCRIPT)
    assert (wrong.status_code, SCRIPT in wrong.content.decode()) == (422, False)
    assert (made.status_code, made["Location"], client.head_count) == (302, f"/c/{client.pk}/", None)
    assert SCRIPT not in browser.get("/").content.decode()


def test_nobody_without_the_right_opens_a_client(book: Book) -> None:
    assert book.browser(Role.EXECUTIVE).post("/clients/new/", {"name": "Mine"}).status_code == 403


def test_a_list_shows_some_and_offers_all(book: Book) -> None:
    many_things(book)
    browser = book.browser()

    first, whole = browser.get("/"), browser.get("/?all=1")

    assert "All 15" not in text(first)
    assert re.search(r"All 1\d\d", text(first))
    assert first.content.count(b"data-row") < whole.content.count(b"data-row")


def test_an_action_without_a_check_is_done_when_somebody_has_seen_it(book: Book) -> None:
    action = Action.objects.create(client=book.client, sentence="Prove a restore", due=today())
    address = f"/c/{OWN}/week/action/{action.pk}/"
    browser = book.browser()

    alone = browser.post(address, {"what": "done", "seen": 1, "reason": "it came up"})
    seen = browser.post(address, {"what": "done", "seen": 1, "witness": "Ada", "reason": "it came up"})

    action.refresh_from_db()
    assert (alone.status_code, 'value="it came up"' in alone.content.decode()) == (422, True)
    assert (seen.status_code, seen["Location"], action.state, action.witness) == (302, "/", "done", "Ada")


@pytest.mark.parametrize("kind", ["action", "promise", "decision"])
def test_what_is_postponed_needs_a_reason_and_keeps_it(book: Book, kind: str) -> None:
    made: Any = {
        "action": lambda: Action.objects.create(client=book.client, sentence="Thing", due=today()),
        "promise": lambda: Promise.objects.create(client=book.client, sentence="Thing", due=today()),
        "decision": lambda: Decision.objects.create(client=book.client, question="Thing", asked_on=today(), needed_by=today()),
    }[kind]()
    address, later = f"/c/{OWN}/week/{kind}/{made.pk}/", (today() + 5 * DAY).isoformat()
    browser = book.browser()

    bare = browser.post(address, {"what": "later", "due": later, "reason": " ", "seen": 1})
    moved = browser.post(address, {"what": "later", "due": later, "reason": SCRIPT, "seen": 1})

    made.refresh_from_db()
    kept = made.postponed_reason if kind == "action" else Note.objects.get(about=made.pk).text
    assert (bare.status_code, f'value="{later}"' in bare.content.decode()) == (422, True)
    assert (moved.status_code, (made.needed_by if kind == "decision" else made.due).isoformat()) == (302, later)
    assert SCRIPT in kept


def test_whoever_postpones_later_than_somebody_else_is_told_and_loses_no_word(book: Book) -> None:
    promise = Promise.objects.create(client=book.client, sentence="Board note", due=today(), version=2)

    late = book.browser().post(
        f"/c/{OWN}/week/promise/{promise.pk}/", {"what": "later", "due": today().isoformat(), "reason": "waiting for Ada", "seen": 1}
    )

    assert (late.status_code, "somebody else changed this" in text(late).lower()) == (409, True)
    assert 'value="waiting for Ada"' in late.content.decode()
    assert not Note.objects.exists()


def test_a_promise_is_kept_with_one_click(book: Book) -> None:
    promise = Promise.objects.create(client=book.client, sentence="Board note", due=today())

    book.browser().post(f"/c/{OWN}/week/promise/{promise.pk}/", {"what": "done", "seen": 1})

    promise.refresh_from_db()
    assert promise.kept_on == today()


def test_a_contributor_completes_their_own_action_and_no_other(book: Book) -> None:
    own = Action.objects.create(client=book.client, sentence="Mine", due=today(), owner=book.person, fingerprint="a1")
    other = Action.objects.create(client=book.client, sentence="Not mine", due=today(), fingerprint="a2")
    browser = book.browser(Role.CONTRIBUTOR)

    page = browser.get("/")
    done = browser.post(f"/c/{OWN}/week/action/{own.pk}/", {"what": "done", "seen": 1})
    refused = browser.post(f"/c/{OWN}/week/action/{other.pk}/", {"what": "done", "seen": 1})

    assert ("Mine" in text(page), "Not mine" in text(page)) == (True, False)
    assert (done.status_code, refused.status_code) == (302, 404)


def test_things_of_another_client_cannot_be_touched_from_here(book: Book) -> None:
    theirs = Promise.objects.create(client=book.foreign, sentence="Theirs", due=today())
    sent = {"what": "done", "seen": 1}

    own = book.browser().post(f"/c/{OWN}/week/promise/{theirs.pk}/", sent)
    foreign = book.browser().post(f"/c/{book.foreign.pk}/week/promise/{theirs.pk}/", sent)

    assert (own.status_code, foreign.status_code) == (404, 404)


def test_the_bridge_says_the_state_the_money_and_what_nobody_priced(book: Book, results: Results) -> None:
    shown = text(book.browser().get(f"/c/{OWN}/"))

    assert results.summary["answer"] in shown
    assert f"{results.summary['money']['note']}." in shown
    assert f"{results.summary['money']['unpriced']} open findings are not priced" in shown
    assert "not assessed" in shown
    assert "First run: baseline." in shown


def test_the_bridge_says_how_many_findings_were_dismissed_since_the_run(book: Book) -> None:
    Stance.objects.create(client=book.client, fingerprint="a1", verdict="dismissed", reason="noise")

    assert "dismissed since (1)" in text(book.browser().get(f"/c/{OWN}/"))


def test_before_the_first_source_the_bridge_leads_to_adding_one(book: Book) -> None:
    fresh = Client.objects.create(name="Fresh")
    Membership.objects.create(client=fresh, user=book.users[Role.OWNER], role=Role.OWNER)

    page = book.browser().get(f"/c/{fresh.pk}/")

    assert "Add a repository" in text(page)
    assert reverse("new_source", args=[fresh.pk]) in page.content.decode()


def test_a_run_under_way_says_how_far_it_is_and_its_end_loads_the_page_anew(book: Book) -> None:
    run = Run.objects.create(client=book.client, state=Run.State.RUNNING, stage="reading", done=5, total=9, created_at=datetime.now(UTC))
    browser = book.browser()

    page, part = browser.get(f"/c/{OWN}/"), browser.get(f"/c/{OWN}/?part=progress")
    Run.objects.filter(pk=run.pk).update(state=Run.State.DONE)
    over = browser.get(f"/c/{OWN}/?part=progress")

    assert ("reading, 5 of 9" in text(page), "reading, 5 of 9" in text(part), "<html" in part.content.decode()) == (True, True, False)
    assert over.headers["HX-Refresh"] == "true"


def test_a_practice_shows_the_sections_of_the_report_with_its_charts(book: Book, results: Results) -> None:
    page = book.browser().get(f"/c/{OWN}/practices/people/").content.decode()

    sections = results.files["roles/practices/people.html"]
    specs = json.loads(page.split('id="specs">')[1].split("</script>")[0])
    assert isinstance(sections, str)
    assert sections in page
    assert specs == json.loads(results.files["roles/charts/people.json"])
    assert specs


def test_an_auditor_reads_a_practice_without_roles(book: Book, results: Results) -> None:
    page = book.browser(Role.AUDITOR).get(f"/c/{OWN}/practices/people/").content.decode()

    assert results.files["hidden/practices/people.html"] in page


def test_a_practice_that_was_not_assessed_does_not_exist(book: Book) -> None:
    browser = book.browser()

    assert [browser.get(f"/c/{OWN}/practices/{name}/").status_code for name in ("strategy", "..", "list")] == [404, 404, 404]


def test_the_chart_library_is_packed_and_kept_by_the_browser(book: Book) -> None:
    answer = Browser().get("/charts/vega.js", headers={"accept-encoding": "gzip"})

    assert (answer.status_code, answer["Content-Encoding"], "immutable" in answer["Cache-Control"]) == (200, "gzip", True)
    assert len(answer.content) > 100_000


def test_findings_are_filtered_and_asked_again_with_the_same_filter(book: Book) -> None:
    many = book.browser().get(f"/c/{OWN}/findings/?standing=all&practice=governance&text=tell")

    assert b'value="tell"' in many.content
    assert "findings.csv?practice=governance&amp;standing=all&amp;text=tell" in many.content.decode()
    assert "People ·" not in text(many)


def test_a_filter_that_nobody_offers_is_no_error(book: Book) -> None:
    assert book.browser().get(f"/c/{OWN}/findings/?urgency=%3Cscript%3E&sort=x&page=99&standing=").status_code == 200


def test_no_spreadsheet_takes_a_finding_as_a_formula(book: Book, results: Results) -> None:
    finding = open_finding(results) | {"title": "=cmd|' /C calc'!A1", "statement": "+1"}
    listed = json.dumps({finding["fingerprint"]: finding})
    digest = snapshots.keep(settings.WORKSPACE.client(OWN), {**results.files, "roles/list.json": listed})
    Run.objects.filter(client=book.client).update(snapshot=digest)

    answer = book.browser().get(f"/c/{OWN}/findings.csv?standing=all")

    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["title"], row["statement"]) == ("'=cmd|' /C calc'!A1", "'+1")
    assert row["exposure_p50"] == str(finding["exposure"]["p50"])


def test_a_finding_shows_its_evidence_and_the_formula_behind_its_money(book: Book, results: Results) -> None:
    finding = open_finding(results)

    shown = text(book.browser().get(finding_page(results)))

    assert finding["citations"][0]["locator"] in shown
    assert finding["exposure"]["formula"].split(";")[0][:30].replace("<", "&lt;") in shown
    assert finding["check"] in shown


def test_a_finding_is_accepted_shown_as_such_and_taken_back(book: Book, results: Results) -> None:
    browser, until = book.browser(Role.EXECUTIVE), today() + 30 * DAY
    said = browser.post(finding_page(results, "say/"), {"verdict": "accepted", "reason": SCRIPT, "until": until.isoformat(), "seen": ""})
    page = browser.get(finding_page(results)).content.decode()
    stance = Stance.objects.get()

    back = browser.post(finding_page(results, "withdraw/"), {"stance": stance.pk})

    stance.refresh_from_db()
    assert (said.status_code, back.status_code, SCRIPT in page, "Risk accepted" in page) == (302, 302, False, True)
    assert stance.withdrawn_at


def test_what_was_typed_stays_when_it_cannot_be_taken(book: Book, results: Results) -> None:
    no_day = book.browser().post(finding_page(results, "say/"), {"verdict": "accepted", "reason": "small enough", "until": "", "seen": ""})

    assert (no_day.status_code, "small enough" in no_day.content.decode()) == (422, True)
    assert "An accepted risk needs a last day" in text(no_day)


def test_two_people_who_speak_on_a_finding_do_not_overrule_each_other_unseen(book: Book, results: Results) -> None:
    browser = book.browser()
    browser.post(finding_page(results, "say/"), {"verdict": "dismissed", "reason": "noise", "until": "", "seen": ""})

    late = browser.post(finding_page(results, "say/"), {"verdict": "dismissed", "reason": "other words", "until": "", "seen": ""})

    assert (late.status_code, "other words" in late.content.decode(), Stance.objects.count()) == (409, True, 1)


def test_a_finding_becomes_one_action_with_a_message_to_send(book: Book, results: Results) -> None:
    browser, person = book.browser(), book.person
    assert person
    sent = {"owner": person.pk, "due": (today() + 9 * DAY).isoformat()}

    first, second = browser.post(finding_page(results, "action/"), sent), browser.post(finding_page(results, "action/"), sent)

    action = Action.objects.get()
    assert (first["Location"], second["Location"]) == (f"/c/{OWN}/actions/{action.pk}/",) * 2
    assert (action.owner, bool(action.message), action.fingerprint) == (person, True, open_finding(results)["fingerprint"])


def test_waiting_with_an_action_costs_the_chance_of_the_week_and_not_the_whole_loss(book: Book, results: Results) -> None:
    finding = open_finding(results)
    book.browser().post(finding_page(results, "action/"), {"due": today().isoformat()})

    (item,) = (each for each in home.week([book.seat()]).priced["USD"] if each.kind == "Due")

    assert finding["chance"]
    assert item.cost == pytest.approx(finding["exposure"]["p50"] * (1 - (1 - finding["chance"]) ** (7 / 365)))


def test_a_note_on_a_finding_is_kept_as_it_was_written(book: Book, results: Results) -> None:
    browser = book.browser()
    browser.post(finding_page(results, "note/"), {"text": f"Ask Ada. {SCRIPT}"})

    page = browser.get(finding_page(results)).content.decode()

    assert ("Ask Ada." in page, SCRIPT in page) == (True, False)


@pytest.mark.parametrize("tail", ["", "say/", "withdraw/", "note/", "action/"])
def test_a_finding_of_a_foreign_client_or_of_no_run_does_not_exist(book: Book, results: Results, tail: str) -> None:
    browser = book.browser()
    fingerprint = open_finding(results)["fingerprint"]

    for address in (f"/c/{book.foreign.pk}/findings/{fingerprint}/{tail}", f"/c/{OWN}/findings/0000000000000000/{tail}"):
        answer = browser.post(address, {"verdict": "dismissed", "reason": "x", "text": "x"}) if tail else browser.get(address)
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("role", "tail"), [(Role.AUDITOR, "say/"), (Role.AUDITOR, "note/"), (Role.EXECUTIVE, "action/"), (Role.CONTRIBUTOR, "note/")]
)
def test_whoever_may_only_read_changes_nothing(book: Book, results: Results, role: str, tail: str) -> None:
    answer = book.browser(role).post(finding_page(results, tail), {"verdict": "dismissed", "reason": "x", "text": "x"})

    assert answer.status_code == 403


def test_without_a_login_every_page_asks_for_one(book: Book, results: Results) -> None:
    for address in ("/", f"/c/{OWN}/", f"/c/{OWN}/findings/", finding_page(results)):
        assert Browser().get(address)["Location"].startswith("/accounts/login/")


def walked(book: Book, live: str, steps: Callable[[Page], Any]) -> tuple[Any, list[str]]:
    """Take steps in a browser in which the owner is signed in; return what they see and what the browser complains about."""
    said: list[str] = []
    key = book.browser().cookies["sessionid"].value  # before the browser runs: its loop would open another connection
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM, args=CALM.split())
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, base_url=live)
        context.add_cookies([{"name": "sessionid", "value": key, "url": live}])
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        seen = steps(page)
        chromium.close()
    return seen, said


def test_keys_walk_complete_and_postpone(book: Book, live: str) -> None:
    promise = Promise.objects.create(client=book.client, sentence="Board note", due=today() - 2 * DAY)
    action = Action.objects.create(client=book.client, sentence="Prove a restore", due=today())

    def steps(page: Page) -> None:
        page.goto("/")
        page.keyboard.press("j")
        page.keyboard.press("x")
        page.wait_for_selector("text=Kept: Board note")
        page.keyboard.press("j")
        page.keyboard.press("z")
        page.keyboard.type("Ada is away")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=Postponed: Prove a restore")

    _, said = walked(book, live, steps)

    promise.refresh_from_db()
    action.refresh_from_db()
    assert (promise.kept_on, action.due, action.postponed_reason) == (today(), today() + 8 * DAY, "Ada is away")
    assert said == []


def test_a_practice_draws_its_charts_and_nothing_complains(book: Book, live: str) -> None:
    def steps(page: Page) -> int:
        page.goto(f"/c/{OWN}/practices/people/")
        page.locator("[data-chart]").first.scroll_into_view_if_needed()
        page.wait_for_selector("[data-chart] svg")
        return page.locator("[data-chart] svg").count()

    drawn, said = walked(book, live, steps)

    assert drawn
    assert said == []


def test_the_bridge_fits_one_screen_and_a_phone_shows_what_to_decide_first(book: Book, live: str) -> None:
    def steps(page: Page) -> tuple[float, float, list[float]]:
        page.goto(f"/c/{OWN}/")
        bottom = float(page.evaluate("document.querySelector('.practices').getBoundingClientRect().bottom"))
        page.set_viewport_size({"width": 360, "height": 740})
        tops = page.evaluate("['box-decisions', 'box-actions', 'changed', 'practices'].map((id) => document.getElementById(id).offsetTop)")
        return bottom, page.evaluate("document.documentElement.scrollWidth"), tops

    (bottom, width, tops), said = walked(book, live, steps)

    assert bottom <= 800
    assert width <= 360
    assert tops == sorted(tops)
    assert said == []
