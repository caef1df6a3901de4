"""Decisions, promises, notes, hours, our advice, and the line that captures."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from quarterdeck.store.book.models import Action, Decision, Engagement, Note, Promise, Recommendation, Role, TimeEntry
from quarterdeck.store.book.models.base import new_id
from quarterdeck.store.selectors.seats import today
from quarterdeck.store.services import keeping
from quarterdeck.store.services.followup import actions, record
from tests.web.conftest import Book
from tests.web.test_actions import MOST_QUERIES, SCRIPT, at, text

pytestmark = pytest.mark.django_db
LISTS = ("decisions", "promises", "notes", "time", "advice")


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("owner", 200),
        ("practitioner", 200),
        ("executive", 200),
        ("contributor", 403),
        ("auditor", 200),
        ("stranger", 404),
        ("outsider", 404),
    ],
)
@pytest.mark.parametrize("name", LISTS)
def test_the_record_is_for_those_who_read_the_client_s_pages(book: Book, name: str, role: str, status: int) -> None:
    assert book.browser(role).get(at(book, name)).status_code == status


@pytest.mark.parametrize("role", ["auditor", "executive"])
def test_readers_write_nothing_but_notes(book: Book, role: str) -> None:
    browser = book.browser(role)

    for name, typed in [
        ("decisions", {"question": "Which?"}),
        ("promises", {"sentence": "Note"}),
        ("time", {"minutes": "1h"}),
        ("propose", {"sentence": "Do"}),
    ]:
        assert browser.post(at(book, name), typed).status_code == 403
    assert browser.post(at(book, "notes"), {"text": "hello"}).status_code == (302 if role == "executive" else 403)
    assert (Decision.objects.count(), Promise.objects.count(), TimeEntry.objects.count(), Recommendation.objects.count()) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("name", "typed", "kind"),
    [
        ("decisions", {"question": "Which vendor?"}, Decision),
        ("promises", {"sentence": "Board note"}, Promise),
        ("notes", {"text": "They moved"}, Note),
        ("time", {"minutes": "1h"}, TimeEntry),
        ("propose", {"sentence": "Pair on billing"}, Recommendation),
    ],
)
def test_a_form_that_is_sent_twice_makes_one_record(book: Book, name: str, typed: dict[str, str], kind: Any) -> None:
    browser, key = book.browser(), new_id()

    answers = [browser.post(at(book, name), {**typed, "key": key}).status_code for _ in range(2)]

    assert answers == [302, 302]
    assert kind.objects.count() == 1


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("decisions", {"question": "", "options": "kept as typed"}, "Type the question"),
        ("decisions", {"question": "Which?", "options": "kept as typed", "delay_per_week": "-3"}, "must be between"),
        ("promises", {"sentence": "kept as typed", "due": "soon"}, "not a day"),
        ("notes", {"text": ""}, "Write a line"),
        ("time", {"minutes": "a while", "text": "kept as typed"}, "not a length of time"),
        ("propose", {"sentence": " "}, "Say what you recommend"),
    ],
)
def test_what_cannot_be_taken_is_said_and_nothing_typed_is_lost(book: Book, name: str, typed: dict[str, str], said: str) -> None:
    answer = book.browser().post(at(book, name), typed)

    assert answer.status_code == 422
    assert said in text(answer)
    assert "kept as typed" not in typed.values() or "kept as typed" in text(answer)


def test_an_executive_decides_and_the_page_says_what_waiting_cost(book: Book) -> None:
    asked = record.ask(book.seat(), "Which vendor?", asked_on=today() - timedelta(days=7), delay_per_week="4000")
    browser = book.browser(Role.EXECUTIVE)
    before = text(browser.get(at(book, "decision", asked.pk)))

    refused = browser.post(at(book, "act_on_decision", asked.pk, "choice"), {"choice": "The first", "version": 1})
    done = browser.post(at(book, "act_on_decision", asked.pk, "choice"), {"choice": "The first", "reason": "cheaper", "version": 1})
    stale = browser.post(at(book, "act_on_decision", asked.pk, "choice"), {"choice": "The second", "reason": "nearer", "version": 1})

    assert "that has cost $4k so far" in before
    assert (refused.status_code, done.status_code, stale.status_code) == (422, 302, 409)
    assert "The first" in text(refused)
    assert "waiting cost $4k" in text(browser.get(at(book, "decision", asked.pk)))


def test_a_promise_is_kept_moved_and_taken_back_from_the_list(book: Book) -> None:
    made = record.promise(book.seat(), "Board note", due=today() - timedelta(days=1))
    browser = book.browser()

    late = text(browser.get(at(book, "promises")))
    refused = browser.post(at(book, "act_on_promise", made.pk, "drop"), {"reason": "", "version": 1})
    moved = browser.post(at(book, "act_on_promise", made.pk, "move"), {"due": (today() + timedelta(days=5)).isoformat(), "version": 1})
    kept = browser.post(at(book, "act_on_promise", made.pk, "keep"), {"version": 2})

    assert "1 of them late" in late
    assert (refused.status_code, moved.status_code, kept.status_code) == (422, 302, 302)
    assert "Say why it is taken back" in text(refused)
    made.refresh_from_db()
    assert made.kept_on == today()


def test_hours_stand_against_those_agreed(book: Book) -> None:
    keeping.change(book.stranger, Engagement.objects.get(client=book.client), hours_per_month=2)
    entry = record.spend(book.seat(), "3h", "board note", theme="board preparation")
    browser = book.browser()

    page = text(browser.get(at(book, "time")))
    out = browser.post(at(book, "take_out_time", entry.pk))
    again = browser.post(at(book, "take_out_time", entry.pk))

    assert "3:00 hours of 2 agreed: 1:00 over" in page
    assert (out.status_code, again.status_code, TimeEntry.objects.count()) == (302, 302, 0)


@pytest.mark.parametrize("month", ["", "2026-02", "nonsense", "0001-01", "9999-12"])
def test_any_month_may_be_asked_for(book: Book, month: str) -> None:
    assert book.browser().get(at(book, "time"), {"month": month}).status_code == 200


def test_our_advice_tells_counts_where_there_are_too_few_for_a_share(book: Book) -> None:
    seat = book.seat()
    for number in range(5):
        state = "accepted" if number < 3 else "declined"
        actions.decide_on(seat, actions.recommend(seat, f"Do {number}"), state, reason="as agreed")

    page = text(book.browser(Role.EXECUTIVE).get(at(book, "advice")))

    assert "60 %" in page
    assert "3 of 5; 95 %: 23 to 88 %" in page
    assert "0 of 3" in page
    assert "0 of 3;" not in page


def test_a_recommendation_is_declined_with_a_reason_on_the_page(book: Book) -> None:
    made = actions.recommend(book.seat(), "Move to Rust")
    browser = book.browser(Role.EXECUTIVE)

    refused = browser.post(at(book, "decide_on_advice", made.pk), {"state": "declined", "version": 1})
    done = browser.post(at(book, "decide_on_advice", made.pk), {"state": "declined", "reason": "no need", "version": 1})

    assert (refused.status_code, done.status_code) == (422, 302)
    assert "Say why" in text(refused)
    assert "no need" in text(browser.get(at(book, "advice")))


def test_a_captured_line_is_said_back_with_a_link(book: Book) -> None:
    browser = book.browser()
    back = at(book, "decisions")

    answer = browser.post(
        reverse("capture"), {"line": f"a Cora: rotate {SCRIPT} by 2190-01-05", "client": book.client.pk, "next": back}, follow=True
    )

    made = Action.objects.get()
    assert answer.redirect_chain == [(back, 302)]
    assert made.owner == book.person
    assert f'<a href="{at(book, "action", made.pk)}">an action</a>, for Cora Contributor, by 5 Jan 2190: rotate &lt;script&gt;' in text(
        answer
    )
    assert SCRIPT not in text(answer)


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "evil", "", "/\n/evil"]
)
def test_a_captured_line_leads_to_pages_of_ours_only(book: Book, elsewhere: str) -> None:
    answer = book.browser().post(reverse("capture"), {"line": "a note", "client": book.client.pk, "next": elsewhere})

    assert answer.headers["Location"] == reverse("week")


def test_a_captured_line_that_cannot_be_taken_comes_back_whole(book: Book) -> None:
    for role, line, status in [("owner", "t board note", 422), ("executive", "a rotate keys", 403), ("contributor", "hello", 422)]:
        answer = book.browser(role).post(reverse("capture"), {"line": line, "client": book.client.pk, "next": "/"})

        assert answer.status_code == status
        assert f'value="{line}"' in text(answer)


def test_nothing_is_captured_at_a_foreign_client(book: Book) -> None:
    answer = book.browser().post(reverse("capture"), {"line": "hello there", "client": book.foreign.pk, "next": "/"})

    assert answer.status_code == 422
    assert not Note.objects.exists()


def test_nothing_of_a_foreign_client_is_reached_by_its_id(book: Book) -> None:
    asked, made, entry = record.ask(book.seat(), "Which?"), record.promise(book.seat(), "Note"), record.spend(book.seat(), "1h")
    advice = actions.recommend(book.seat(), "Pair")
    stranger = book.browser("stranger")

    for name, key, *what in [("act_on_decision", asked.pk, "choice"), ("act_on_promise", made.pk, "keep"), ("decide_on_advice", advice.pk)]:
        assert stranger.post(reverse(name, args=(book.foreign.pk, key, *what))).status_code == 404
    stranger.post(reverse("take_out_time", args=(book.foreign.pk, entry.pk)))
    assert TimeEntry.objects.count() == 1


def test_a_script_in_any_field_stays_text(book: Book) -> None:
    seat = book.seat()
    asked = record.ask(seat, SCRIPT, options=SCRIPT, decider=SCRIPT)
    record.decide(seat, asked, SCRIPT, reason=SCRIPT, reversal=SCRIPT)
    record.note(seat, SCRIPT, about_kind="decision", about=asked.pk)
    record.drop_promise(seat, record.promise(seat, SCRIPT, made_to=SCRIPT), SCRIPT)
    record.promise(seat, SCRIPT, made_to=SCRIPT)
    record.spend(seat, "1h", SCRIPT, theme=SCRIPT)
    actions.decide_on(seat, actions.recommend(seat, SCRIPT), "declined", reason=SCRIPT)
    actions.recommend(seat, SCRIPT)

    for page in (*(at(book, name) for name in LISTS), at(book, "decision", asked.pk)):
        shown = text(book.browser().get(page))
        assert SCRIPT not in shown
        assert "&lt;script&gt;" in shown


def test_no_page_asks_the_book_too_often(book: Book) -> None:
    seat = book.seat()
    for number in range(30):
        asked = record.ask(seat, f"Which {number}?")
        record.note(seat, "seen", about_kind="decision", about=asked.pk)
        record.promise(seat, f"Note {number}")
        record.spend(seat, "1h", f"Work {number}")
        actions.recommend(seat, f"Do {number}")
    browser = book.browser()

    for page in (*(at(book, name) for name in LISTS), at(book, "decision", asked.pk)):
        with CaptureQueriesContext(connection) as made:
            assert browser.get(page).status_code == 200
        assert len(made) <= MOST_QUERIES
