"""Plans for a departure: steps are ticked by somebody, on a day, with what shows it."""

from datetime import date, timedelta

import pytest

from quarterdeck.domain.errors import Conflict, InputError, NotFound, NotPermitted
from quarterdeck.store.book.models import Action, DeparturePlan, Event, Role, User
from quarterdeck.store.selectors.seats import Seat, today
from quarterdeck.store.services import trail
from quarterdeck.store.services.continuity import people, plans
from quarterdeck.store.services.seating import clients


@pytest.fixture
def seat(db: None) -> Seat:
    user = User.objects.create_user("owner@example.com", "a long enough password", may_open_clients=True)
    return Seat(user, clients.open_client(user, "Northlight"), Role.OWNER)


@pytest.fixture
def plan(seat: Seat) -> DeparturePlan:
    steps = [
        {"when": "0 to 2 hours", "text": "Ask: who else can enter?", "evidence": ""},
        {"when": "72 hours", "text": "Walk through the 4 moving files.", "evidence": "billing/part_0.py"},
    ]
    who = [{"key": "p1", "name": "Ada"}]
    return plans.save(seat, "If Ada leaves", people=who, falls={"lost": 4}, steps=steps, snapshot="0" * 32, leaves_on=date(2026, 8, 31))


def test_two_people_tick_two_steps_at_once_and_neither_is_lost(seat: Seat, plan: DeparturePlan) -> None:
    first, second = (each["id"] for each in plan.steps)
    mine, yours = DeparturePlan.objects.get(pk=plan.pk), DeparturePlan.objects.get(pk=plan.pk)

    plans.tick(seat, mine, first, who="Olga", day=today(), proof="list of accounts\r\nin the vault\0")
    plans.tick(seat, yours, second, who="Bob", day=today())

    plan.refresh_from_db()
    assert [each["done"]["who"] for each in plan.steps] == ["Olga", "Bob"]
    assert plan.steps[0]["done"]["proof"] == "list of accounts\nin the vault\ufffd"
    assert trail.verify(seat.client.pk).broken_at is None


def test_ticking_twice_is_harmless_and_over_somebody_else_s_tick_is_refused(seat: Seat, plan: DeparturePlan) -> None:
    step = plan.steps[0]["id"]
    plans.tick(seat, plan, step, who="Olga", day=today())
    before = trail.length(seat.client.pk)

    plans.tick(seat, plan, step, who="Olga", day=today())

    assert trail.length(seat.client.pk) == before
    with pytest.raises(Conflict, match="Olga ticked this"):
        plans.tick(seat, plan, step, who="Bob", day=today())


def test_a_tick_needs_a_name_and_a_day_that_has_come(seat: Seat, plan: DeparturePlan) -> None:
    with pytest.raises(InputError):
        plans.tick(seat, plan, plan.steps[0]["id"], who="  ", day=today())
    with pytest.raises(InputError):
        plans.tick(seat, plan, plan.steps[0]["id"], who="Olga", day=today() + timedelta(days=1))


def test_a_tick_taken_back_stays_in_the_trail(seat: Seat, plan: DeparturePlan) -> None:
    step = plan.steps[0]["id"]
    plans.tick(seat, plan, step, who="Olga", day=today())

    plans.untick(seat, plan, step)

    plan.refresh_from_db()
    assert plan.steps[0]["done"] is None
    assert Event.objects.get(verb="tick taken back").before["steps"][0]["done"]["who"] == "Olga"


def test_steps_are_added_by_the_clock_and_removed(seat: Seat, plan: DeparturePlan) -> None:
    plans.add_step(seat, plan, when="24 hours", text="Tell the bank")
    plans.remove_step(seat, plan, plan.steps[0]["id"])

    plan.refresh_from_db()
    assert [(each["when"], each["text"]) for each in plan.steps] == [
        ("24 hours", "Tell the bank"),
        ("72 hours", "Walk through the 4 moving files."),
    ]
    with pytest.raises(NotFound):
        plans.untick(seat, plan, "gone")


def test_a_step_becomes_one_action_however_often_it_is_asked_for(seat: Seat, plan: DeparturePlan) -> None:
    ada = people.add(seat, name="Ada")
    step = plan.steps[0]["id"]

    made = plans.make_action(seat, plan, step, owner=ada)
    again = plans.make_action(seat, plan, step)

    assert made.pk == again.pk
    assert Action.objects.count() == 1
    assert (made.sentence, made.owner, made.due) == ("Who else can enter?", ada, date(2026, 8, 31))
    plan.refresh_from_db()
    assert plan.steps[0]["action"] == made.pk


def test_due_days_follow_from_the_last_day(seat: Seat, plan: DeparturePlan) -> None:
    assert [plans.due_of(plan, each) for each in plan.steps] == [date(2026, 8, 31), date(2026, 9, 3)]

    plans.edit(seat, plan, title="If Ada leaves", leaves_on=None)

    assert plans.due_of(plan, plan.steps[0]) is None


def test_a_reader_changes_no_plan(seat: Seat, plan: DeparturePlan) -> None:
    reads = Seat(seat.user, seat.client, Role.EXECUTIVE)

    for attempt in (
        lambda: plans.tick(reads, plan, plan.steps[0]["id"], who="Eve", day=today()),
        lambda: plans.add_step(reads, plan, when="24 hours", text="x"),
        lambda: plans.make_action(reads, plan, plan.steps[0]["id"]),
        lambda: plans.edit(reads, plan, title="x", leaves_on=None),
        lambda: plans.remove(reads, plan),
    ):
        with pytest.raises(NotPermitted):
            attempt()
