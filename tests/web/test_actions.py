"""The list of actions and the page of one, as each role opens them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quarterdeck.store.book.models import Action, Note, Role
from quarterdeck.store.book.models.base import new_id
from quarterdeck.store.selectors.results import latest_snapshot
from quarterdeck.store.selectors.seats import today
from quarterdeck.store.services.followup import actions, followthrough, record
from quarterdeck.usecases.typed import spread_text
from tests.web.conftest import Book

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15
SCRIPT = "<script>alert(1)</script>"
Send = Callable[..., HttpResponse]


def at(book: Book, name: str, *parts: str) -> str:
    return reverse(name, args=(book.client.pk, *parts))


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def action(book: Book) -> Action:
    return actions.create(book.seat(), "Rotate the keys", owner=book.person, due=today())


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("owner", 200),
        ("practitioner", 200),
        ("executive", 200),
        ("contributor", 200),
        ("auditor", 200),
        ("stranger", 404),
        ("outsider", 404),
    ],
)
def test_the_actions_of_a_client_are_for_those_at_its_table(book: Book, action: Action, role: str, status: int) -> None:
    browser = book.browser(role)

    assert browser.get(at(book, "actions")).status_code == status
    assert browser.get(at(book, "action", action.pk)).status_code == status


def test_a_contributor_sees_their_own_actions_and_no_others(book: Book, action: Action) -> None:
    other = actions.create(book.seat(), "Call the bank")
    browser = book.browser(Role.CONTRIBUTOR)

    listed = text(browser.get(at(book, "actions")))

    assert "Rotate the keys" in listed
    assert "Call the bank" not in listed
    assert browser.get(at(book, "action", other.pk)).status_code == 404
    assert browser.post(at(book, "act_on_action", other.pk, "note"), {"note": "hello"}).status_code == 404
    assert browser.post(at(book, "act_on_action", action.pk, "drop"), {"drop_reason": "no", "version": 1}).status_code == 403


def test_a_contributor_says_how_far_they_are(book: Book, action: Action) -> None:
    browser = book.browser(Role.CONTRIBUTOR)

    browser.post(at(book, "action", action.pk), {"state": "doing", "actual_effort_days": "1.5", "sentence": "Hacked", "version": 1})
    browser.post(at(book, "act_on_action", action.pk, "note"), {"note": "half way"})

    action.refresh_from_db()
    assert (action.state, str(action.actual_effort_days), action.sentence) == ("doing", "1.50", "Rotate the keys")
    assert Note.objects.get().about == action.pk


@pytest.mark.parametrize(("role", "status"), [("executive", 403), ("auditor", 403), ("contributor", 403), ("outsider", 404)])
def test_only_editors_write_actions_down(book: Book, role: str, status: int) -> None:
    browser = book.browser(role)

    assert browser.get(at(book, "new_action")).status_code == status
    assert browser.post(at(book, "change_actions"), {}).status_code == status
    assert not Action.objects.exists()


def test_a_form_that_is_sent_twice_makes_one_action(book: Book) -> None:
    browser, key = book.browser(), new_id()

    once, twice = (browser.post(at(book, "new_action"), {"sentence": "Rotate the keys", "key": key, "owner": "nobody"}) for _ in range(2))

    assert (once.status_code, once.headers["Location"]) == (twice.status_code, twice.headers["Location"]) == (302, at(book, "action", key))
    assert Action.objects.count() == 1


def test_a_key_of_another_client_s_action_gives_nothing_away(book: Book) -> None:
    taken = actions.create(book.seat(), "Rotate the keys")

    answer = book.browser("stranger").post(reverse("new_action", args=(book.foreign.pk,)), {"sentence": "Mine", "key": taken.pk})

    assert answer.status_code == 409
    assert "Rotate the keys" not in text(answer)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"sentence": ""}, "Say in one sentence"),
        ({"sentence": "Do it", "due": "soon"}, "This is not a day"),
        ({"sentence": "Do it", "effort": "much"}, "This is not a number"),
        ({"sentence": "Do it", "owner": "zzzzzzzzzzzz"}, "not known here"),
        ({"sentence": "x" * 301}, "301 characters"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_the_field_and_nothing_typed_is_lost(book: Book, typed: dict[str, str], said: str) -> None:
    answer = book.browser().post(at(book, "new_action"), {"detail": "a long story", **typed})

    assert answer.status_code == 422
    assert said in text(answer)
    assert "a long story" in text(answer)
    assert not Action.objects.exists()


def test_the_later_of_two_editors_sees_both_texts_and_may_save_again(book: Book, action: Action) -> None:
    first = {"sentence": "Rotate all keys", "owner": "nobody", "version": 1}
    browser = book.browser(Role.PRACTITIONER)
    book.browser().post(at(book, "action", action.pk), first)

    answer = browser.post(at(book, "action", action.pk), {**first, "sentence": "Rotate old keys"})
    saved = browser.post(at(book, "action", action.pk), {**first, "sentence": "Rotate old keys", "version": 2})

    assert answer.status_code == 409
    assert "somebody else changed this" in text(answer).lower()
    assert "Rotate all keys" in text(answer)
    assert 'value="Rotate old keys"' in text(answer)
    assert 'name="version" value="2"' in text(answer)
    assert saved.status_code == 302


def test_a_range_that_nobody_touched_keeps_what_it_rests_on(book: Book) -> None:
    snapshot = latest_snapshot(book.seat())
    assert snapshot
    found = next(each for each in snapshot.findings("roles").values() if (each["recommendation"] or {}).get("effort"))
    made = actions.from_finding(book.seat(), found)
    typed = {"sentence": "In other words", "owner": "nobody", "effort": spread_text(made.effort), "version": 1}

    book.browser().post(at(book, "action", made.pk), typed)

    made.refresh_from_db()
    assert made.sentence == "In other words"
    assert made.effort == found["recommendation"]["effort"]


def test_accepting_advice_on_a_finding_takes_its_check_along(book: Book) -> None:
    snapshot = latest_snapshot(book.seat())
    assert snapshot
    found = next(each for each in snapshot.findings("roles").values() if each["recommendation"])

    actions.decide_on(book.seat(), actions.recommend(book.seat(), "As proposed", finding=found), "accepted")

    made = Action.objects.get()
    assert (made.fingerprint, made.check_id, made.done_when) == (found["fingerprint"], found["check"], found["recommendation"]["done_when"])


def test_done_by_hand_asks_for_a_witness_beside_the_field(book: Book, action: Action) -> None:
    browser = book.browser()

    refused = browser.post(at(book, "act_on_action", action.pk, "complete"), {"version": 1, "done_witnessed": "the old key is refused"})
    done = browser.post(at(book, "act_on_action", action.pk, "complete"), {"version": 1, "done_witness": "Bob"})

    assert refused.status_code == 422
    assert "done by hand needs a named witness" in text(refused)
    assert 'value="the old key is refused"' in text(refused)
    assert done.status_code == 302
    action.refresh_from_db()
    assert (action.state, action.witness) == ("done", "Bob")


@pytest.mark.parametrize(
    ("what", "typed", "said"),
    [
        ("postpone", {"later_due": "2000-01-01", "later_reason": "Bob is away"}, "not later"),
        ("postpone", {"later_due": "2190-01-01", "later_reason": ""}, "why it has to wait"),
        ("drop", {"drop_reason": ""}, "why it is given up"),
        ("complete", {"done_witness": "Bob", "done_effort": "much"}, "not a number"),
        ("note", {"note": " "}, "Write a line"),
    ],
)
def test_each_act_says_what_it_needs(book: Book, action: Action, what: str, typed: dict[str, str], said: str) -> None:
    answer = book.browser().post(at(book, "act_on_action", action.pk, what), {"version": 1, **typed})

    assert answer.status_code == 422
    assert said in text(answer)
    assert 'aria-invalid="true"' in text(answer) or what == "note"


def test_an_act_that_nobody_offers_is_not_there(book: Book, action: Action) -> None:
    assert book.browser().post(at(book, "act_on_action", action.pk, "explode")).status_code == 404
    assert book.browser().get(at(book, "act_on_action", action.pk, "drop")).status_code == 405


def test_many_change_at_once_and_what_changed_meanwhile_is_listed(book: Book, action: Action) -> None:
    other = actions.create(book.seat(), "Call the bank")
    actions.edit(book.seat(), other, sentence="Call the other bank")

    answer = book.browser().post(at(book, "change_actions"), {"chosen": [f"{action.pk}:1", f"{other.pk}:1", "nonsense"], "state": "doing"})

    action.refresh_from_db()
    assert answer.status_code == 409
    assert "1 action was left as it was" in text(answer)
    assert action.state == "doing"


def test_filters_stay_after_a_change_of_many(book: Book, action: Action) -> None:
    answer = book.browser().post(at(book, "change_actions") + "?due=week", {"chosen": [f"{action.pk}:1"], "owner": "nobody"})

    assert answer.headers["Location"] == at(book, "actions") + "?due=week"


def test_a_finding_s_action_shows_its_message_its_check_and_what_runs_saw(book: Book) -> None:
    seat = book.seat()
    snapshot = latest_snapshot(seat)
    assert snapshot
    assert book.run
    findings = snapshot.findings("roles")
    found = next(each for each in findings.values() if each["recommendation"] and each["outcome"] == "unmet")
    made = actions.from_finding(seat, found)
    followthrough.measure(book.client, book.run, findings)

    page = text(book.browser().get(at(book, "action", made.pk)))

    assert 'id="message"' in page
    assert 'data-of="message"' in page
    assert made.check_id in page
    assert "Still open" in page
    assert reverse("finding", args=(book.client.pk, made.fingerprint)) in page


@pytest.mark.parametrize("role", ["auditor", "contributor"])
def test_whoever_may_not_read_names_finds_none(book: Book, action: Action, role: str) -> None:
    actions.edit(book.seat(), action, owner=book.person)

    pages = [text(book.browser(role).get(at(book, "actions"))), text(book.browser(role).get(at(book, "action", action.pk)))]

    assert all(("Cora Contributor" in page) == (role == "contributor") for page in pages)


def test_a_script_in_any_field_stays_text(book: Book) -> None:
    seat, browser = book.seat(), book.browser()
    typed = dict.fromkeys(("sentence", "detail", "done_when", "message"), SCRIPT)
    made = actions.create(seat, owner=book.person, due=today(), **typed)
    record.note(seat, SCRIPT, about_kind="action", about=made.pk)
    actions.postpone(seat, made, today() + timedelta(days=3), SCRIPT)
    actions.complete(seat, made, witness=SCRIPT, witnessed=SCRIPT)
    actions.reopen(seat, made)
    actions.drop(seat, made, SCRIPT)

    for page in (
        browser.get(at(book, "action", made.pk)),
        browser.get(at(book, "actions"), {"state": "any", "q": SCRIPT, "owner": SCRIPT}),
    ):
        assert page.status_code == 200
        assert SCRIPT not in text(page)
        assert "&lt;script&gt;" in text(page)


def test_no_page_asks_the_book_too_often(book: Book) -> None:
    seat = book.seat()
    for number in range(60):
        made = actions.create(seat, f"Do {number}", owner=book.person, due=today())
        record.note(seat, "seen", about_kind="action", about=made.pk)
    browser = book.browser()

    for page in (at(book, "actions"), at(book, "actions") + "?page=2&q=do", at(book, "action", made.pk)):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert browser.get(page).status_code == 200
        assert len(asked) <= MOST_QUERIES
