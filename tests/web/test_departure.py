"""The departure simulator and its plans, as people use them."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quarterdeck.store.book.models import Action, DeparturePlan, Role
from quarterdeck.store.selectors import plans as kept
from quarterdeck.store.selectors.people import who_is_who
from quarterdeck.store.selectors.seats import today
from quarterdeck.store.services.continuity import people, plans
from tests.web.conftest import FOREIGN, OWN, Book, Results
from tests.web.seen import see

PAGE = f"/c/{OWN}/departure/"
SCRIPT = "<script>alert(1)</script>"
MOST_QUERIES = 15


@pytest.fixture(autouse=True)
def seen(book: Book, results: Results) -> None:
    see(book, results)


def key_of(book: Book, name: str) -> str:
    return next(each.key for each in kept.picks(who_is_who(book.seat())) if each.name == name)


def text(book: Book, address: str, role: str = Role.OWNER, **query: object) -> str:
    answer = book.browser(role).get(address, query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def saved(book: Book) -> DeparturePlan:
    book.browser().post(f"{PAGE}plans/", {"p": key_of(book, "Ada Lovelace"), "title": "If Ada leaves", "leaves_on": "2026-08-31"})
    return DeparturePlan.objects.get()


def test_the_page_offers_those_who_are_here_and_the_rest_of_the_roster(book: Book) -> None:
    shown = text(book, PAGE)

    assert "Ada Lovelace" in shown and "Bob Hopper" in shown
    assert "Cora Contributor" in shown and "in the roster, in no commit" in shown
    assert "Dan Ritchie" not in shown
    assert "For continuity only" in shown


def test_it_says_what_falls_in_the_figures_of_the_report(book: Book, results: Results) -> None:
    shown = text(book, PAGE, p=key_of(book, "Ada Lovelace"))

    findings = [each for each in results_of(results) if each["check"] == "people/departure.covered"]
    ada = next(each for each in findings if "12 files would have nobody left" in each["statement"])
    span = f"{money(ada['exposure']['p10'])} to {money(ada['exposure']['p90'])}"
    assert "If Ada Lovelace left, 12 files would have nobody left who knows them; 4 of them changed within a year." in shown
    assert span in shown
    assert "No internal successor" in shown
    assert 'class="falls"' in shown and "billing/part_0.py" in shown
    assert "72 hours" in shown and "30 days" in shown


def results_of(results: Results) -> list[dict]:  # type: ignore[type-arg]
    import json

    return list(json.loads(results.files["roles/list.json"]).values())


def money(value: float) -> str:
    from quarterdeck.domain.money import short_money

    return short_money(value, "USD")


def test_somebody_of_the_roster_whom_no_commit_names_gets_questions_and_a_price(book: Book) -> None:
    shown = text(book, PAGE, p=key_of(book, "Cora Contributor"))

    assert "every file would still have somebody here who knows it" in shown
    assert "to ask" in shown and "it may cost if it happens" in shown


def test_two_identities_of_one_person_are_picked_and_replaced_as_one(book: Book) -> None:
    who = who_is_who(book.seat())
    one = people.gather(book.seat(), [each for each in who.unassigned if each.here])

    shown = text(book, PAGE, p=one.pk)

    assert f"If {one.name} left, 18 files" in shown


def test_a_script_in_a_name_is_text(book: Book) -> None:
    eve = people.add(book.seat(), name=SCRIPT, role=SCRIPT)

    shown = text(book, PAGE, p=eve.pk)

    assert SCRIPT not in shown and "If &lt;script&gt;" in shown


def test_unknown_and_foreign_picks_are_left_out(book: Book) -> None:
    assert "Pick people" in text(book, PAGE, p="nobody")


def test_the_page_stays_within_its_queries(book: Book) -> None:
    saved(book)
    browser, ada = book.browser(), key_of(book, "Ada Lovelace")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        browser.get(PAGE, {"p": ada})

    assert len(queries) <= MOST_QUERIES


def test_who_may_not_read_about_people_sees_no_departure(book: Book) -> None:
    assert book.browser(Role.AUDITOR).get(PAGE).status_code == 403
    assert book.browser(Role.CONTRIBUTOR).get(PAGE).status_code == 403
    assert book.browser("stranger").get(PAGE).status_code == 404
    assert book.browser("outsider").get(PAGE).status_code == 404


def test_an_executive_reads_and_saves_nothing(book: Book) -> None:
    ada = key_of(book, "Ada Lovelace")

    assert "Save as a plan" not in text(book, PAGE, Role.EXECUTIVE, p=ada)
    assert book.browser(Role.EXECUTIVE).post(f"{PAGE}plans/", {"p": ada}).status_code == 403


def test_a_plan_keeps_what_falls_and_its_steps(book: Book) -> None:
    plan = saved(book)

    shown = text(book, f"{PAGE}plans/{plan.pk}/")

    assert plan.leaves_on == date(2026, 8, 31)
    assert plan.falls["lost"] == 12 and len(plan.steps) > 8
    assert "12 of 24" not in shown and "If Ada Lovelace left, 12 files" in shown
    assert f"0 of {len(plan.steps)} steps done" in shown
    assert "If Ada leaves" in text(book, PAGE)


def test_a_plan_of_nobody_is_refused_with_a_sentence(book: Book) -> None:
    answer = book.browser().post(f"{PAGE}plans/", {"title": "x"})

    assert answer.status_code == 422
    assert "Nobody was picked" in answer.content.decode()
    assert not DeparturePlan.objects.exists()


def test_a_wrong_day_loses_nothing_that_was_typed(book: Book) -> None:
    answer = book.browser().post(f"{PAGE}plans/", {"p": key_of(book, "Ada Lovelace"), "title": "My title", "leaves_on": "soon"})

    assert answer.status_code == 422
    assert "My title" in answer.content.decode() and "soon is not a day" in answer.content.decode()


def test_steps_are_ticked_with_who_when_and_what_shows_it(book: Book) -> None:
    plan = saved(book)
    step = plan.steps[0]["id"]
    address = f"{PAGE}plans/{plan.pk}/steps/{step}/"

    done = book.browser().post(address, {"do": "tick", "who": "Olga", "on": today().isoformat(), "proof": SCRIPT})

    shown = text(book, f"{PAGE}plans/{plan.pk}/")
    assert done.status_code == 302
    assert "by Olga on" in shown and SCRIPT not in shown and "&lt;script&gt;" in shown
    late = book.browser(Role.PRACTITIONER).post(address, {"do": "tick", "who": "Bob", "proof": "mine"})
    assert late.status_code == 409
    assert "Olga ticked this" in late.content.decode()
    book.browser().post(address, {"do": "untick"})
    assert "by Olga on" not in text(book, f"{PAGE}plans/{plan.pk}/")


def test_a_step_becomes_an_action_and_can_be_removed(book: Book) -> None:
    plan = saved(book)
    step = plan.steps[0]["id"]
    address = f"{PAGE}plans/{plan.pk}/steps/{step}/"

    for _ in range(2):
        book.browser().post(address, {"do": "action", "owner": book.person.pk if book.person else "", "due": "2026-09-01"})

    action = Action.objects.get()
    assert (action.owner, action.due) == (book.person, date(2026, 9, 1))
    assert f"/c/{OWN}/actions/{action.pk}/" in text(book, f"{PAGE}plans/{plan.pk}/")
    book.browser().post(address, {"do": "remove"})
    assert book.browser().post(address, {"do": "tick", "who": "Olga"}).status_code == 404


def test_own_steps_are_added_and_bad_ones_come_back_as_typed(book: Book) -> None:
    plan = saved(book)
    address = f"{PAGE}plans/{plan.pk}/steps/"

    assert book.browser().post(address, {"when": "24 hours", "text": SCRIPT}).status_code == 302
    refused = book.browser().post(address, {"when": "next year", "text": "Tell the bank"})

    assert SCRIPT not in text(book, f"{PAGE}plans/{plan.pk}/")
    assert refused.status_code == 422 and "Tell the bank" in refused.content.decode()


def test_two_who_change_the_title_at_once_the_later_is_told(book: Book) -> None:
    plan = saved(book)
    plans.edit(book.seat(), plan, title="Their title", leaves_on=None)

    answer = book.browser().post(f"{PAGE}plans/{plan.pk}/", {"title": "My title", "leaves_on": "", "version": "1"})

    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "My title" in shown and "Now: Their title" in shown


def test_a_plan_of_another_client_does_not_exist(book: Book) -> None:
    plan = saved(book)

    assert book.browser("stranger").get(f"/c/{FOREIGN}/departure/plans/{plan.pk}/").status_code == 404
    assert book.browser("stranger").post(f"/c/{FOREIGN}/departure/plans/{plan.pk}/remove/").status_code == 404


def test_a_plan_is_removed_and_the_trail_keeps_it(book: Book) -> None:
    plan = saved(book)

    assert book.browser().post(f"{PAGE}plans/{plan.pk}/remove/").status_code == 302
    assert not DeparturePlan.objects.exists()


def test_a_form_sent_twice_makes_one_plan_and_one_step(book: Book) -> None:
    form = {"p": key_of(book, "Ada Lovelace"), "title": "If Ada leaves", "key": "23456789abcd"}
    step = {"when": "24 hours", "text": "Tell the bank", "key": "23456789abce"}

    for _ in range(2):
        assert book.browser().post(f"{PAGE}plans/", form).status_code == 302
    for _ in range(2):
        assert book.browser().post(f"{PAGE}plans/23456789abcd/steps/", step).status_code == 302

    assert sum(each["text"] == "Tell the bank" for each in DeparturePlan.objects.get().steps) == 1


def test_results_that_are_gone_are_said_and_break_nothing(book: Book) -> None:
    from quarterdeck.store.book.models import Run

    Run.objects.filter(client=book.client).update(snapshot="0" * 32)

    assert "Not assessed" in text(book, PAGE) or "No results yet" in text(book, PAGE)
    assert book.browser().get(f"/c/{OWN}/people/").status_code == 200
