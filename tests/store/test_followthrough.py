"""Each run looks at every action again and keeps what it saw."""

from typing import Any

import pytest
from django.db import transaction

from quarterdeck.store.book.models import Action, Event, Measurement, Run
from quarterdeck.store.selectors.seats import today
from quarterdeck.store.services import trail
from quarterdeck.store.services.followup import actions, followthrough
from tests.store.table import EXPOSURE, Table, finding, table

pytestmark = pytest.mark.django_db
E = Action.Effect


@pytest.fixture
def own(db: None) -> Table:
    return table()


@pytest.fixture
def action(own: Table) -> Action:
    return actions.from_finding(own.owner, finding())


def measured(table: Table, *findings: dict[str, Any], read: tuple[str, ...] = ("r1",)) -> Run:
    run = table.run(*read)
    with transaction.atomic():
        followthrough.measure(table.client, run, {each["fingerprint"]: each for each in findings})
    return run


def effects() -> list[str]:
    return list(Measurement.objects.order_by("created_at").values_list("effect", flat=True))


def test_an_action_ships_with_the_run_that_sees_it_and_a_later_run_confirms_it(own: Table, action: Action) -> None:
    measured(own, finding(exposure=EXPOSURE))
    measured(own, finding(outcome="met", exposure=None))
    action.refresh_from_db()
    shipped = (action.state, action.shipped_on, action.done_on, action.effect)
    measured(own, finding(outcome="met", exposure=None))
    action.refresh_from_db()

    assert shipped == (Action.State.DONE, today(), today(), E.NOT_MEASURED)
    assert action.effect == E.CONFIRMED
    assert effects() == ["still open", "shipped", "confirmed"]


def test_a_measurement_carries_the_citation_and_the_run_signs_the_trail(own: Table, action: Action) -> None:
    run = measured(own, finding(outcome="met"))

    seen = Measurement.objects.get()
    assert (seen.action_id, seen.run_id, seen.citation, seen.outcome) == (action.pk, run.pk, "shop@4f2a src/pay.py:12", "met")
    signed = Event.objects.filter(chain=own.client.pk, kind__in=("measurement", "action")).exclude(verb="created")
    assert [(each.verb, each.actor) for each in signed] == [("measured", followthrough.actor(run)), ("shipped", followthrough.actor(run))]
    assert trail.verify(own.client.pk).broken_at is None


def test_a_run_measures_an_action_once(own: Table, action: Action) -> None:
    run = measured(own, finding())

    again = followthrough.measure(own.client, run, {"f1": finding(outcome="met")})

    assert again == 0
    assert effects() == ["still open"]


def test_done_without_effect_is_said(own: Table, action: Action) -> None:
    actions.complete(own.owner, action)

    measured(own, finding())

    action.refresh_from_db()
    assert (action.effect, action.shipped_on) == (E.NO_EFFECT, None)


def test_done_and_seen_by_the_next_run_is_confirmed(own: Table, action: Action) -> None:
    actions.complete(own.owner, action)

    measured(own, finding(outcome="met"))

    action.refresh_from_db()
    assert (action.effect, action.shipped_on) == (E.CONFIRMED, today())


def test_an_exposure_that_rose_above_its_range_is_worse(own: Table, action: Action) -> None:
    measured(own, finding(exposure={**EXPOSURE, "p50": 400.0, "p90": 500.0}))

    action.refresh_from_db()
    assert (action.effect, action.state) == (E.WORSE, Action.State.OPEN)


def test_what_was_confirmed_and_comes_back_is_worse(own: Table, action: Action) -> None:
    for outcome in ("met", "met", "unmet"):
        measured(own, finding(outcome=outcome))

    action.refresh_from_db()
    assert (action.effect, action.state) == (E.WORSE, Action.State.DONE)


def test_a_finding_that_is_gone_ships_only_where_its_repository_was_read(own: Table, action: Action) -> None:
    answered = finding("f2", outcome="met", subject=["people"])
    measured(own, answered, read=("r2",))
    unread = Action.objects.get(pk=action.pk).shipped_on
    measured(own, answered, read=("r1", "r2"))

    action.refresh_from_db()
    assert unread is None
    assert action.shipped_on == today()
    assert effects() == ["not measurable", "shipped"]


def test_unknown_is_never_shipped_and_takes_nothing_back(own: Table, action: Action) -> None:
    measured(own, finding(outcome="unknown"))
    before = Action.objects.get(pk=action.pk)
    measured(own, finding(outcome="met"))
    measured(own, finding(outcome="met"))
    measured(own, finding(outcome="unknown"))

    action.refresh_from_db()
    assert (before.shipped_on, before.effect, before.state) == (None, E.NOT_MEASURED, Action.State.OPEN)
    assert (action.effect, action.shipped_on) == (E.CONFIRMED, today())


def test_a_new_method_measures_nothing_once_and_is_compared_from_then_on(own: Table, action: Action) -> None:
    measured(own, finding(outcome="met", check_version=2))
    measured(own, finding(outcome="met", check_version=2))

    assert effects() == ["not measurable", "shipped"]


def test_what_was_dropped_or_has_no_check_is_left_alone(own: Table, action: Action) -> None:
    actions.drop(own.owner, action, "no budget")
    actions.create(own.owner, "Call the bank")

    measured(own, finding(outcome="met"))

    assert effects() == []


def test_another_client_s_actions_are_left_alone(own: Table, action: Action) -> None:
    other = table("Harbor Clinic")

    measured(other, finding(outcome="met"))

    assert effects() == []


def test_a_client_with_many_actions_is_measured_in_time(own: Table) -> None:
    for number in range(40):
        actions.from_finding(own.owner, finding(f"f{number}"))

    measured(own, *(finding(f"f{number}", outcome="met") for number in range(40)))

    assert effects() == ["shipped"] * 40
