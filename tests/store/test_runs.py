"""Runs: one at a time for a client, none lost, none visible by halves."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils.timezone import now
from django_q.models import OrmQ

from quarterdeck.domain.errors import Conflict, InputError, NotFound, NotPermitted
from quarterdeck.store.book.models import Action, Event, Measurement, Membership, Role, Run, Source, User
from quarterdeck.store.selectors.seats import Seat, seat
from quarterdeck.store.services import keeping, runs, sources, trail
from quarterdeck.store.services.seating import clients

MET = {
    "outcome": "met",
    "statement": "support until 2028",
    "title": "",
    "check": "c",
    "check_version": 1,
    "citations": [],
    "exposure": None,
}


@pytest.fixture
def owner(db: None) -> Seat:
    user = User.objects.create_user("ada@example.com", "a long password", name="Ada", may_open_clients=True)
    client = clients.open_client(user, "Northlight")
    made = seat(user, client.pk)
    sources.add_repository(made, "https://git.example/shop.git", name="shop")
    return made


@pytest.fixture
def running(owner: Seat) -> Iterator[Run]:
    taken = runs.claim(runs.queue(owner, owner.client, "by hand").run.pk)
    assert taken is not None
    yield taken


def age(run: Run, **by: float) -> None:
    """Let the last sign of life of a run lie further back."""
    Run.objects.filter(pk=run.pk).update(heartbeat_at=now() - timedelta(**by))


def verbs(owner: Seat) -> list[str]:
    return list(Event.objects.filter(client=owner.client, kind="run").values_list("verb", flat=True))


def test_whoever_asks_while_a_run_is_under_way_is_given_that_one(owner: Seat) -> None:
    first = runs.queue(owner, owner.client, "by hand")

    second = runs.queue(runs.SCHEDULE, owner.client, "weekly")

    assert (first.new, second.new) == (True, False)
    assert second.run == first.run
    assert OrmQ.objects.count() == 1


def test_the_database_itself_refuses_a_second_run_under_way(owner: Seat) -> None:
    runs.queue(owner, owner.client, "by hand")

    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.create(client=owner.client)


def test_a_client_without_a_repository_has_nothing_to_run(owner: Seat) -> None:
    sources.remove(owner, owner.of(Source).get())

    with pytest.raises(InputError, match="no repository"):
        runs.queue(owner, owner.client, "by hand")


def test_only_those_with_the_right_ask_and_only_for_their_own_client(owner: Seat) -> None:
    reader = User.objects.create_user("eve@example.com", "a long password", may_open_clients=True)
    keeping.keep("test", Membership(client=owner.client, user=reader, role=Role.EXECUTIVE))
    other = clients.open_client(reader, "Harbor")

    with pytest.raises(NotPermitted):
        runs.queue(seat(reader, owner.client.pk), owner.client, "by hand")
    with pytest.raises(NotFound):
        runs.queue(seat(reader, other.pk), owner.client, "by hand")
    with pytest.raises(NotFound):
        runs.cancel(seat(reader, other.pk), runs.queue(owner, owner.client, "by hand").run)


def test_a_run_is_taken_up_once(owner: Seat) -> None:
    asked = runs.queue(owner, owner.client, "by hand").run

    taken, again = runs.claim(asked.pk), runs.claim(asked.pk)

    assert taken is not None and taken.attempts == 1 and taken.as_of == now().date()
    assert again is None


def test_a_run_whose_worker_is_gone_is_put_before_the_workers_again(running: Run) -> None:
    age(running, seconds=31)

    released = runs.release_lost(now())

    again = runs.claim(running.pk)
    assert released == 1
    assert again is not None and again.attempts == 2
    assert OrmQ.objects.count() == 2


def test_a_run_with_a_fresh_heartbeat_is_left_alone(running: Run) -> None:
    age(running, seconds=29)

    assert runs.release_lost(now()) == 0
    assert runs.claim(running.pk) is None


def test_a_waiting_run_that_nobody_took_up_is_offered_again(owner: Seat) -> None:
    asked = runs.queue(owner, owner.client, "by hand").run
    OrmQ.objects.all().delete()  # as if a worker died with the task in its hands
    age(asked, seconds=41)

    runs.release_lost(now())

    assert OrmQ.objects.count() == 1
    assert runs.release_lost(now()) == 0


def test_a_run_that_was_broken_off_three_times_says_so_and_ends(running: Run) -> None:
    for _ in range(2):
        age(running, seconds=60)
        runs.release_lost(now())
        assert runs.claim(running.pk)
    age(running, seconds=60)

    runs.release_lost(now())

    running.refresh_from_db()
    assert running.state == Run.State.FAILED
    assert "3 times" in running.failure and "memory" in running.hint


def test_a_worker_that_lost_its_run_can_neither_beat_nor_end_it(running: Run) -> None:
    age(running, seconds=60)
    runs.release_lost(now())
    taken = runs.claim(running.pk)

    for late in (
        lambda: runs.beat(running),
        lambda: runs.finish(running, "0" * 32, {}, {}, sources=[]),
        lambda: runs.fail(running, "late", ""),
        lambda: runs.give_back(running),
    ):
        with pytest.raises(runs.Lost):
            late()
    running.refresh_from_db()
    assert taken is not None and (running.state, running.worker) == (Run.State.RUNNING, taken.worker)


def test_a_waiting_run_is_cancelled_at_once_and_a_running_one_hears_of_it(owner: Seat) -> None:
    waiting = runs.cancel(owner, runs.queue(owner, owner.client, "by hand").run)
    taken = runs.claim(runs.queue(owner, owner.client, "by hand").run.pk)
    assert taken is not None

    told = runs.cancel(owner, taken)
    heard = runs.beat(taken, stage="reading", done=1, total=2)
    runs.cancelled(taken)

    taken.refresh_from_db()
    assert waiting.state == taken.state == Run.State.CANCELLED
    assert told.state == Run.State.RUNNING and heard
    assert verbs(owner) == ["asked", "cancelled", "asked", "asked to cancel", "cancelled"]


def test_a_run_that_was_to_be_cancelled_when_its_worker_died_is_cancelled(owner: Seat, running: Run) -> None:
    runs.cancel(owner, running)
    age(running, seconds=60)

    runs.release_lost(now())

    running.refresh_from_db()
    assert running.state == Run.State.CANCELLED


def test_a_run_that_is_over_cannot_be_cancelled_but_tried_again(owner: Seat, running: Run) -> None:
    runs.fail(running, "the disk is full", "Make room.")

    with pytest.raises(Conflict, match="over"):
        runs.cancel(owner, running)
    running.refresh_from_db()
    again = runs.retry(owner, running)
    once_more = runs.retry(owner, again.run)

    assert again.new and again.run != running
    assert not once_more.new and once_more.run == again.run


def test_results_become_visible_together_with_what_was_seen_of_the_actions(owner: Seat, running: Run) -> None:
    action = keeping.keep(owner.user, Action(client=owner.client, sentence="Upgrade", fingerprint="f" * 24, expected="met"))

    runs.finish(running, "ab" * 16, {"answer": "fine"}, {"f" * 24: MET}, sources=[{"name": "shop"}])

    running.refresh_from_db()
    assert (running.state, running.snapshot, running.summary) == (Run.State.DONE, "ab" * 16, {"answer": "fine"})
    assert Measurement.objects.get(action=action).outcome == "met"
    assert Event.objects.get(kind="run", verb="done").after == {"state": "done", "snapshot": "ab" * 16}


def test_results_that_cannot_be_measured_do_not_become_visible_by_halves(owner: Seat, running: Run) -> None:
    keeping.keep(owner.user, Action(client=owner.client, sentence="Upgrade", fingerprint="f" * 24))

    class Broken(dict[str, Any]):
        def get(self, key: str, default: object = None) -> Any:
            raise RuntimeError("the disk went away")

        __getitem__ = get
        __contains__ = get  # type: ignore[assignment]

    with pytest.raises(RuntimeError):
        runs.finish(running, "ab" * 16, {"answer": "fine"}, Broken(), sources=[])

    running.refresh_from_db()
    assert (running.state, running.snapshot) == (Run.State.RUNNING, "")
    assert verbs(owner) == ["asked"]


def test_heartbeats_leave_no_line_in_the_trail(owner: Seat, running: Run) -> None:
    for number in range(3):
        runs.beat(running, stage="reading", done=number, total=3)

    running.refresh_from_db()
    assert (running.stage, running.done, running.total) == ("reading", 2, 3)
    assert verbs(owner) == ["asked"]
    assert trail.verify(owner.client.pk).broken_at is None


def test_a_worker_that_is_told_to_end_hands_its_run_over_and_that_is_no_failure(owner: Seat) -> None:
    asked = runs.queue(owner, owner.client, "by hand").run
    for _ in range(runs.MOST_ATTEMPTS + 1):
        assert runs.claim(asked.pk, "crew:1")
        assert (runs.hand_over("others:"), runs.hand_over("crew:")) == (0, 1)

    taken = runs.claim(asked.pk)

    assert taken is not None and taken.attempts == 1


def test_a_worker_that_is_alone_takes_up_at_once_what_the_last_one_left(running: Run) -> None:
    assert runs.release_all() == 1

    taken = runs.claim(running.pk)
    assert taken is not None and taken.attempts == 2
