"""Decisions with their cost, promises, notes and hours."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from quarterdeck.domain.errors import Conflict, NotFound, NotPermitted
from quarterdeck.store.book.models import Engagement, Event, Role, TimeEntry
from quarterdeck.store.selectors import record as reading
from quarterdeck.store.selectors.seats import today
from quarterdeck.store.services import keeping
from quarterdeck.store.services.followup import actions, record
from quarterdeck.usecases.typed import Wrong
from tests.store.table import Table, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(db: None) -> Table:
    return table()


def test_an_open_decision_has_an_age_and_costs_by_the_week(own: Table) -> None:
    asked = record.ask(
        own.owner,
        "Which payroll vendor?",
        asked_on=today() - timedelta(days=5),
        delay_per_week="4,000",
        needed_by=today() - timedelta(days=1),
    )

    (found,) = reading.open_decisions(own.owner)

    assert (found.decision, found.days, found.cost, found.late) == (asked, 5, Decimal("2857.14"), True)


def test_what_waiting_costs_stays_unknown_where_nobody_said(own: Table) -> None:
    asked = record.ask(own.owner, "Which payroll vendor?")

    assert reading.aged(asked).cost is None


def test_an_executive_decides_with_a_reason_and_what_would_reverse_it(own: Table) -> None:
    asked = record.ask(own.owner, "Which payroll vendor?", asked_on=today() - timedelta(days=7), delay_per_week="700")
    executive = own.seat(Role.EXECUTIVE)

    with pytest.raises(Wrong) as told:
        record.decide(executive, asked, "The first", reason="")
    record.decide(
        executive, asked, "The first", reason="it is cheaper", reversal="it drops our country", review_on=date(2027, 6, 1), seen=1
    )

    assert told.value.field == "reason"
    assert (asked.decided_on, asked.decided_by, asked.review_on) == (today(), executive.user, date(2027, 6, 1))
    assert reading.open_decisions(own.owner) == []
    assert [(each.decision, each.cost) for each in reading.closed_decisions(own.owner)] == [(asked, Decimal("700.00"))]


def test_two_who_decide_at_once_do_not_overwrite_each_other(own: Table) -> None:
    asked = record.ask(own.owner, "Which payroll vendor?")
    record.decide(own.owner, asked, "The first", reason="cheaper", seen=1)

    with pytest.raises(Conflict):
        record.decide(own.owner, asked, "The second", reason="nearer", seen=1)


def test_executives_ask_nothing_and_auditors_decide_nothing(own: Table) -> None:
    asked = record.ask(own.owner, "Which payroll vendor?")

    with pytest.raises(NotPermitted):
        record.ask(own.seat(Role.EXECUTIVE), "And now?")
    with pytest.raises(NotPermitted):
        record.decide(own.seat(Role.AUDITOR), asked, "The first", reason="cheaper")


def test_a_decision_that_is_opened_again_waits_again(own: Table) -> None:
    asked = record.ask(own.owner, "Which payroll vendor?")
    record.decide(own.owner, asked, "The first", reason="cheaper")

    record.reopen(own.owner, asked)

    assert [each.decision.choice for each in reading.open_decisions(own.owner)] == ["The first"]


def test_a_promise_is_kept_late_or_taken_back_with_a_reason(own: Table) -> None:
    late = record.promise(own.owner, "Board note", made_to="Ada", due=today() - timedelta(days=2))
    other = record.promise(own.owner, "Restore test")
    was_open = reading.is_late(late)

    record.keep_promise(own.owner, late)
    with pytest.raises(Wrong):
        record.drop_promise(own.owner, other, "")
    record.drop_promise(own.owner, other, "the vendor does it")

    assert was_open
    assert reading.was_late(late)
    assert reading.open_promises(own.owner) == []
    assert set(reading.closed_promises(own.owner)) == {late, other}


def test_a_kept_promise_is_kept_once_and_cannot_be_taken_back(own: Table) -> None:
    made = record.promise(own.owner, "Board note")
    record.keep_promise(own.owner, made, seen=1)

    record.keep_promise(own.owner, made, seen=1)
    with pytest.raises(Conflict):
        record.drop_promise(own.owner, made, "too late")

    assert Event.objects.filter(subject=made.pk, verb="kept").count() == 1


def test_a_contributor_writes_notes_on_their_own_actions_only(own: Table) -> None:
    mine, other = actions.create(own.owner, "Mine", owner=own.ada), actions.create(own.owner, "Other")
    contributor = own.seat(Role.CONTRIBUTOR)

    record.note(contributor, "Half way", about_kind="action", about=mine.pk)

    for kind, about in [("action", other.pk), ("", ""), ("decision", mine.pk)]:
        with pytest.raises(NotFound):
            record.note(contributor, "Hello", about_kind=kind, about=about)


def test_notes_say_what_they_are_on(own: Table) -> None:
    asked = record.ask(own.owner, "Which payroll vendor?")
    record.note(own.seat(Role.EXECUTIVE), "Ask Ada first", about_kind="decision", about=asked.pk)
    found = list(reading.notes(own.owner, "ADA"))

    assert [each.text for each in found] == ["Ask Ada first"]
    assert reading.subjects(own.owner, found) == {("decision", asked.pk): "Which payroll vendor?"}


def test_a_month_sums_its_hours_against_those_agreed(own: Table) -> None:
    engagement = Engagement.objects.get(client=own.client)
    keeping.change(own.owner.user, engagement, hours_per_month=Decimal(16))
    first = today().replace(day=1)
    record.spend(own.owner, "1:30", "board note", day=first, theme="rhythm")
    record.spend(own.owner, "45m", "review", day=first)
    record.spend(own.owner, "8h", "before", day=first - timedelta(days=1))

    month = reading.month(own.owner, first)

    assert (month.minutes, month.hours, month.agreed) == (135, Decimal("2.25"), Decimal(16))
    assert month.themes == [("rhythm", 90), ("", 45)]
    assert month.share == pytest.approx(0.140625)
    assert month.after == ""


def test_hours_of_a_day_that_has_not_come_are_told(own: Table) -> None:
    with pytest.raises(Wrong, match="not come yet"):
        record.spend(own.owner, "1h", day=today() + timedelta(days=3))


def test_a_wrong_entry_is_taken_out_and_stays_in_the_trail(own: Table) -> None:
    entry = record.spend(own.owner, "1h", "wrong client")
    key = entry.pk

    record.take_out(own.owner, entry)

    assert not TimeEntry.objects.exists()
    assert (Event.objects.get(subject=key, verb="removed").before or {})["text"] == "wrong client"


def test_nothing_of_another_client_is_decided_promised_or_taken_out(own: Table) -> None:
    other = table("Harbor Clinic")
    asked, made, entry = record.ask(own.owner, "Which?"), record.promise(own.owner, "Note"), record.spend(own.owner, "1h")

    for act in (
        lambda: record.decide(other.owner, asked, "Mine", reason="mine"),
        lambda: record.rewrite(other.owner, asked, question="Mine?"),
        lambda: record.keep_promise(other.owner, made),
        lambda: record.take_out(other.owner, entry),
        lambda: record.note(other.owner, "Hello", about_kind="decision", about=asked.pk),
    ):
        with pytest.raises(NotFound):
            act()
