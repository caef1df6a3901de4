"""What people say on findings: with a reason, for a while, told apart when two speak at once, and never forgotten."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from quarterdeck.domain.errors import Conflict, NotFound, NotPermitted
from quarterdeck.store import snapshots
from quarterdeck.store.book.models import Action, Event, Note, Run, Stance
from quarterdeck.store.selectors import findings as found
from quarterdeck.store.selectors import results
from quarterdeck.store.selectors.findings import Wanted
from quarterdeck.store.selectors.seats import today
from quarterdeck.store.services.followup import findings as saying
from quarterdeck.usecases.typed import Wrong
from tests.store.table import Table, table

DAY = timedelta(days=1)
NEXT_MONTH = {"reason": "small", "until": today() + 30 * DAY}
pytestmark = pytest.mark.django_db


@pytest.fixture
def own(db: None) -> Table:
    return table()


def a_finding(key: str, **more: Any) -> dict[str, Any]:
    return {
        "fingerprint": key, "check": "people/departure.covered", "check_version": 1, "question": "Could somebody take over?",
        "outcome": "unmet", "urgency": "plan", "title": f"finding {key}", "statement": "Nobody else knows it.", "citations": [],
        "exposure": None, "chance": None, "recommendation": None, **more,
    }  # fmt: skip


def ran(at: Table, *findings: dict[str, Any], days: int = 0) -> Run:
    listed = json.dumps({each["fingerprint"]: each for each in findings})
    digest = snapshots.keep(settings.WORKSPACE.client(at.client.pk), {"roles/list.json": listed, "hidden/list.json": listed})
    when = datetime.now(UTC) - days * DAY
    return Run.objects.create(client=at.client, state=Run.State.DONE, snapshot=digest, as_of=when.date(), ended_at=when)


def rows(at: Table, **wanted: str) -> list[str]:
    snapshot = results.latest_snapshot(at.owner)
    assert snapshot
    return [each.finding["fingerprint"] for each in found.listing(at.owner, snapshot, Wanted(**wanted)).rows]


def test_an_accepted_risk_leaves_the_open_findings_and_comes_back_after_its_day(own: Table) -> None:
    ran(own, a_finding("a1"))
    stance = saying.stand(own.owner, "a1", "accepted", reason="small", until=today())

    during = rows(own)
    Stance.objects.filter(pk=stance.pk).update(until=today() - DAY)

    assert (during, rows(own)) == ([], ["a1"])


def test_what_is_taken_back_is_open_again_and_stays_in_the_history(own: Table) -> None:
    ran(own, a_finding("a1"))
    stance = saying.stand(own.owner, "a1", "dismissed", reason="a test folder")

    saying.withdraw(own.owner, stance)
    saying.withdraw(own.owner, stance)

    assert rows(own) == ["a1"]
    assert [each.reason for each in found.told(own.owner, "a1").past] == ["a test folder"]
    assert list(Event.objects.filter(kind="stance").values_list("verb", flat=True)) == ["dismissed", "withdrawn"]


@pytest.mark.parametrize(
    ("verdict", "reason", "until", "field"),
    [
        ("accepted", "  ", today(), "reason"),
        ("accepted", "small", None, "until"),
        ("dismissed", "small", today() - DAY, "until"),
        ("liked", "small", None, "verdict"),
        ("dismissed", "x" * 2001, None, "reason"),
    ],
)
def test_what_is_said_needs_a_reason_and_an_acceptance_a_day_to_come(own: Table, verdict: str, reason: str, until: Any, field: str) -> None:
    with pytest.raises(Wrong) as refused:
        saying.stand(own.owner, "a1", verdict, reason=reason, until=until)

    assert refused.value.field == field
    assert not Stance.objects.exists()


def test_the_later_of_two_who_speak_is_told(own: Table) -> None:
    first = saying.stand(own.owner, "a1", "dismissed", reason="noise")

    with pytest.raises(Conflict):
        saying.stand(own.owner, "a1", "accepted", **NEXT_MONTH)
    second = saying.stand(own.owner, "a1", "accepted", **NEXT_MONTH, seen=first.pk)

    assert saying.standing(own.owner, "a1") == second
    assert Stance.objects.filter(withdrawn_at=None).count() == 1


def test_the_same_said_twice_is_said_once(own: Table) -> None:
    saying.stand(own.owner, "a1", "accepted", **NEXT_MONTH)
    saying.stand(own.owner, "a1", "accepted", **NEXT_MONTH)
    saying.note(own.owner, "a1", "Ask Ada.")
    saying.note(own.owner, "a1", "Ask Ada. ")

    assert (Stance.objects.count(), Note.objects.count()) == (1, 1)


def test_an_executive_accepts_a_risk_and_does_not_dismiss_findings(own: Table) -> None:
    chief, eye = own.seat("executive"), own.seat("auditor")

    saying.stand(chief, "a1", "accepted", **NEXT_MONTH)

    with pytest.raises(NotPermitted):
        saying.stand(chief, "a2", "dismissed", reason="noise")
    with pytest.raises(NotPermitted):
        saying.stand(eye, "a2", "accepted", **NEXT_MONTH)
    with pytest.raises(NotPermitted):
        saying.note(eye, "a1", "seen")


def test_the_most_pressing_come_first_and_of_them_the_dearest(own: Table) -> None:
    dear = {"exposure": {"p10": 1, "p50": 2, "p90": 9000, "unit": "USD"}, "chance": 0.5}
    ran(own, a_finding("watch", urgency="watch"), a_finding("cheap", urgency="act now"), a_finding("dear", urgency="act now", **dear))

    assert rows(own) == ["dear", "cheap", "watch"]
    assert rows(own, sort="title") == ["cheap", "dear", "watch"]
    assert rows(own, sort="exposure")[0] == "dear"


def test_findings_are_found_by_practice_outcome_urgency_words_and_what_was_said(own: Table) -> None:
    ran(own, a_finding("a1"), a_finding("a2", check="delivery/x.y", urgency="watch"), a_finding("a3", outcome="unknown", title="Payroll"))
    saying.stand(own.owner, "a2", "dismissed", reason="noise")

    assert rows(own) == ["a1"]
    assert rows(own, standing="dismissed") == ["a2"]
    assert rows(own, standing="all", practice="delivery") == ["a2"]
    assert rows(own, outcome="unknown") == ["a3"]
    assert rows(own, standing="all", text="pAyRoLl") == ["a3"]
    assert rows(own, standing="all", urgency="watch") == ["a2"]


def test_the_history_says_what_each_run_saw_and_since_when(own: Table) -> None:
    ran(own, a_finding("b1"), days=30)
    ran(own, a_finding("a1", outcome="met", urgency="fine"), days=20)
    ran(own, a_finding("a1"), days=10)

    told = found.told(own.owner, "a1")

    assert [each.outcome for each in told.history] == ["unmet", "met", "not seen"]
    assert told.first_seen == (datetime.now(UTC) - 20 * DAY).date()


def test_a_finding_that_the_last_run_did_not_see_is_shown_as_it_was(own: Table) -> None:
    ran(own, a_finding("old"), days=10)
    latest = ran(own, a_finding("new"))

    assert found.finding(own.owner, latest, "old")["title"] == "finding old"
    with pytest.raises(NotFound):
        found.finding(own.owner, latest, "never")


def test_a_finding_of_another_client_does_not_exist(own: Table) -> None:
    other = table("Harbor Clinic")
    latest = ran(other, a_finding("a1"))
    Action.objects.create(client=other.client, sentence="theirs", fingerprint="a1")

    with pytest.raises(NotFound):
        found.finding(own.owner, results.latest_run(own.owner), "a1")
    assert found.told(own.owner, "a1").actions == []
    assert found.finding(other.owner, latest, "a1")
