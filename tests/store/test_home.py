"""What needs somebody this week: the dearest to leave first, nothing unpriced hidden, each reader their part."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from quarterdeck.store.book.models import (
    Action,
    Client,
    Decision,
    Engagement,
    Event,
    Membership,
    Person,
    Promise,
    Run,
    Source,
    Stance,
    User,
)
from quarterdeck.store.selectors import home
from quarterdeck.store.selectors.home import silence
from quarterdeck.store.selectors.seats import Seat, seat, seats, today
from quarterdeck.store.services import keeping
from quarterdeck.store.services.seating import clients

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def lead() -> User:
    return User.objects.create_user("lead@example.com", "a long enough password", may_open_clients=True)


@pytest.fixture
def north(lead: User) -> Seat:
    return opened(lead, "Northlight")


def opened(user: User, name: str, **about: Any) -> Seat:
    return seat(user, clients.open_client(user, name, **about).pk)


def joined(at: Seat, role: str, person: Person | None = None) -> User:
    user = User.objects.create_user(f"{role}-{at.client.pk}@example.com", "a long enough password")
    Membership.objects.create(client=at.client, user=user, role=role, person=person)
    return user


def asked(at: Seat, question: str, *, cost: int | None = None, due: int | None = None) -> Decision:
    needed = today() + due * DAY if due is not None else None
    return Decision.objects.create(client=at.client, question=question, asked_on=today() - 10 * DAY, needed_by=needed, delay_per_week=cost)


def action(at: Seat, sentence: str, *, due: int, **more: Any) -> Action:
    return Action.objects.create(client=at.client, sentence=sentence, due=today() + due * DAY, **more)


def ran(at: Seat, *changes: dict[str, Any], days: int = 1, state: str = "done") -> Run:
    when = datetime.now(UTC) - days * DAY
    summary = {"answer": "All is quiet.", "compared": {"baseline": False, "changes": list(changes)}}
    return Run.objects.create(
        client=at.client, state=state, summary=summary, created_at=when, ended_at=when, failure="no disk" * (state == "failed")
    )


def change(kind: str, text: str, fingerprint: str, urgency: str = "act now", p50: float | None = None) -> dict[str, Any]:
    exposure = {"p10": 0, "p50": p50, "p90": p50, "unit": "USD"} if p50 is not None else None
    return {"kind": kind, "text": text, "fingerprint": fingerprint, "urgency": urgency, "exposure": exposure, "chance": None}


def texts(items: Any) -> list[str]:
    return [each.text for each in items]


def test_what_costs_most_to_leave_comes_first_whichever_client_it_is_of(lead: User, north: Seat) -> None:
    harbor = opened(lead, "Harbor")
    asked(north, "cheap", cost=500, due=-3)
    asked(harbor, "dear", cost=4000, due=5)
    action(north, "in between", due=2, removes={"p50": 52_000, "unit": "USD"})

    found = home.week([north, harbor])

    assert texts(found.priced["USD"]) == ["dear", "in between", "cheap"]


def test_amounts_in_two_currencies_are_ranked_apart(lead: User, north: Seat) -> None:
    tokyo = opened(lead, "Tokyo", currency="JPY")
    asked(north, "dollars", cost=500, due=1)
    asked(tokyo, "yen", cost=60_000, due=1)

    found = home.week([north, tokyo])

    assert {currency: texts(items) for currency, items in found.priced.items()} == {"JPY": ["yen"], "USD": ["dollars"]}


def test_what_has_no_price_stands_in_its_own_list_by_date_and_is_no_zero(north: Seat) -> None:
    asked(north, "later", due=6)
    action(north, "late", due=-4)
    Promise.objects.create(client=north.client, sentence="soon", due=today() + 2 * DAY)

    found = home.week([north])

    assert (dict(found.priced), texts(found.unpriced)) == ({}, ["late", "soon", "later"])
    assert [each.cost for each in found.unpriced] == [None, None, None]


def test_what_is_due_after_the_week_or_over_needs_nobody(north: Seat) -> None:
    action(north, "far", due=8)
    action(north, "finished", due=-1, state=Action.State.DONE)
    Promise.objects.create(client=north.client, sentence="kept", due=today(), kept_on=today())
    asked(north, "in a month", due=30)

    assert home.week([north]).count == 0


def test_a_week_of_waiting_costs_the_chance_of_that_week_times_the_loss() -> None:
    exposure = {"p50": 100_000}

    assert home.waiting(exposure, None) == pytest.approx(100_000 * 7 / 365)
    assert home.waiting(exposure, 0.15) == pytest.approx(100_000 * (1 - 0.85 ** (7 / 365)))
    assert home.waiting(None, 0.5) is None


def test_a_list_shows_the_first_and_counts_all(north: Seat) -> None:
    for number in range(5):
        action(north, f"action {number}", due=-number)

    found = home.week([north], most=2)

    assert (found.count, len(found.unpriced), found.left_out) == (5, 2, 3)


@pytest.mark.parametrize(
    ("schedule", "days", "needs"),
    [("daily", 3, True), ("daily", 1, False), ("weekly", 10, True), ("weekly", 8, False), ("on demand", 90, False)],
)
def test_a_source_is_stale_when_it_is_older_than_its_schedule_allows(north: Seat, schedule: str, days: int, *, needs: bool) -> None:
    Source.objects.create(client=north.client, kind="repository", name="shop", schedule=schedule, fetched_at=datetime.now(UTC) - days * DAY)

    assert [each.kind for each in home.week([north]).unpriced] == ["Source"] * needs


def test_a_source_that_failed_says_why_and_what_to_do(north: Seat) -> None:
    Source.objects.create(
        client=north.client, kind="repository", name="shop", failure="no key", hint="Add one.", fetched_at=datetime.now(UTC)
    )

    (item,) = home.week([north]).unpriced

    assert (item.text, item.note) == ("shop could not be read: no key", "Add one.")


def test_a_failed_run_needs_somebody_until_a_later_one_is_done(north: Seat) -> None:
    ran(north, days=3, state="failed")
    before = home.week([north]).unpriced
    ran(north, days=1)

    assert [each.kind for each in before] == ["Run failed"]
    assert home.week([north]).count == 0


def test_a_new_finding_that_presses_stays_until_somebody_speaks_or_acts_on_it(north: Seat) -> None:
    ran(
        north,
        change("new", "open", "a1", p50=36_500),
        change("new", "dismissed", "a2"),
        change("new", "taken up", "a3"),
        change("new", "can wait", "a4", "plan"),
        change("back again", "returned", "a5", "plan"),
        change("fixed", "gone", "a6"),
    )
    Stance.objects.create(client=north.client, fingerprint="a2", verdict="dismissed", reason="a test")
    Action.objects.create(client=north.client, fingerprint="a3", sentence="do it")

    found = home.week([north])

    assert ([each.text for each in found.priced["USD"]], texts(found.unpriced)) == (["open"], ["returned"])
    assert found.priced["USD"][0].cost == pytest.approx(700)


def test_an_action_that_did_no_good_comes_back(north: Seat) -> None:
    action(north, "made it worse", due=-40, state=Action.State.DONE, effect=Action.Effect.WORSE)

    assert [(each.kind, each.text) for each in home.week([north]).unpriced] == [("Worse", "made it worse")]


def test_a_contributor_sees_their_own_actions_and_nothing_else(north: Seat) -> None:
    ada = Person.objects.create(client=north.client, name="Ada")
    dev = joined(north, "contributor", ada)
    action(north, "of Ada", due=1, owner=ada)
    action(north, "of nobody", due=1)
    asked(north, "not theirs", cost=100, due=1)
    ran(north, change("new", "secret", "a1"))

    found = home.week(seats(dev))

    assert (texts(found.unpriced), dict(found.priced), list(found.changed)) == (["of Ada"], {}, [])


def test_a_contributor_without_a_person_sees_no_action(north: Seat) -> None:
    dev = joined(north, "contributor")
    action(north, "of nobody", due=1)

    assert home.week(seats(dev)).count == 0


def test_an_executive_decides_and_does_not_mend_sources(lead: User, north: Seat) -> None:
    harbor = opened(lead, "Harbor")
    chief = joined(north, "executive")
    asked(north, "ours", due=1)
    asked(harbor, "theirs", due=1)
    Source.objects.create(client=north.client, kind="repository", name="shop", failure="no key")

    assert texts(home.week(seats(chief)).unpriced) == ["ours"]


def test_an_auditor_reads_what_changed_and_nothing_needs_them(north: Seat) -> None:
    eye = joined(north, "auditor")
    action(north, "late", due=-1)
    asked(north, "open", due=1)

    found = home.week(seats(eye))

    assert (found.count, [each.client.name for each in found.changed]) == (0, ["Northlight"])


def test_what_changed_puts_clients_with_news_first_and_old_runs_last(lead: User, north: Seat) -> None:
    harbor, quiet = opened(lead, "Harbor"), opened(lead, "Arctic")
    ran(north, days=20)
    ran(harbor, change("new", "one", "a1", "watch"), change("still open", "two", "a2"))

    found = home.week([quiet, north, harbor]).changed

    assert [each.client.name for each in found] == ["Harbor", "Northlight", "Arctic"]
    assert dict(found[0].counts) == {"new": 1}


def heard(at: Seat, who: User, *days_ago: int) -> None:
    for number, days in enumerate(sorted(days_ago, reverse=True), 1000):
        told = {"verb": "noted", "kind": "note", "subject": "x", "previous": "", "hash": str(number)}
        Event.objects.create(
            client=at.client, chain=at.client.pk, number=number, at=(today() - days * DAY).isoformat(), actor=who.email, **told
        )


def test_a_client_that_usually_writes_every_other_day_is_silent_after_a_fortnight(north: Seat) -> None:
    heard(north, joined(north, "executive"), *range(15, 40, 2))

    assert [(each.days, each.gap) for each in silence.silent([north])] == [(15, 2)]


def test_a_client_that_writes_every_ten_days_may_be_quiet_for_three_weeks(north: Seat) -> None:
    heard(north, joined(north, "executive"), *range(25, 120, 10))

    assert silence.silent([north]) == []


@pytest.mark.parametrize(("days", "silent"), [(21, False), (22, True)])
def test_with_little_history_three_weeks_are_the_limit(north: Seat, days: int, *, silent: bool) -> None:
    heard(north, joined(north, "executive"), days, days + 3)

    assert [each.gap for each in silence.silent([north])] == [None] * silent


def test_our_own_acts_are_no_sign_of_life_of_the_client(lead: User, north: Seat) -> None:
    heard(north, joined(north, "executive"), 40)
    heard_by_us = Event.objects.filter(actor=lead.email, chain=north.client.pk).count()

    assert heard_by_us
    assert [each.days for each in silence.silent([north])] == [40]


def test_a_client_without_people_here_or_on_pause_is_not_called_silent(lead: User, north: Seat) -> None:
    paused = opened(lead, "Paused")
    heard(paused, joined(paused, "executive"), 90)
    Engagement.objects.filter(client=paused.client).update(stage=Engagement.Stage.PAUSED)

    assert silence.silent([north, paused]) == []


def test_the_bridge_counts_what_is_open_and_the_hours_of_the_month(lead: User, north: Seat) -> None:
    for number in range(5):
        asked(north, f"question {number}", due=number)
    action(north, "due", due=1)
    keeping.change(lead, Engagement.objects.get(client=north.client), hours_per_month=16)

    found = home.bridge(north)

    assert (found.to_decide, len(found.decisions), found.due_in_all, found.hours, found.agreed) == (5, 3, 1, 0, 16)
    assert (found.run, found.has_sources) == (None, False)


def test_no_client_of_somebody_else_is_read(lead: User, north: Seat) -> None:
    other = User.objects.create_user("other@example.com", "a long enough password", may_open_clients=True)
    foreign = opened(other, "Foreign")
    asked(foreign, "theirs", cost=9999, due=1)
    action(foreign, "theirs", due=-1)
    ran(foreign, change("new", "theirs", "a1"))

    found = home.week(seats(lead))

    assert (found.count, [each.client.name for each in found.changed]) == (0, ["Northlight"])
    assert Client.objects.count() == 2
