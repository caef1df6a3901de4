"""Advice becomes actions, and actions come to an end."""

from datetime import timedelta
from decimal import Decimal

import pytest

from quarterdeck.domain.errors import Conflict, InputError, NotFound, NotPermitted
from quarterdeck.store.book.models import Action, Event, Person, Recommendation, Role
from quarterdeck.store.selectors import actions as reading
from quarterdeck.store.selectors import advice
from quarterdeck.store.selectors.seats import today
from quarterdeck.store.services import keeping
from quarterdeck.store.services.followup import actions
from quarterdeck.usecases.advice import Share
from quarterdeck.usecases.typed import Wrong
from tests.store.table import EFFORT, EXPOSURE, Table, finding, table

pytestmark = pytest.mark.django_db
A = Action.State


@pytest.fixture
def own(db: None) -> Table:
    return table()


def verbs(table: Table, kind: str = "action") -> list[str]:
    return list(Event.objects.filter(chain=table.client.pk, kind=kind).values_list("verb", flat=True))


def test_a_finding_becomes_an_action_that_carries_its_check_and_its_advice(own: Table) -> None:
    made = actions.from_finding(own.owner, finding(), owner=own.ada, due=today())

    assert (made.sentence, made.effort, made.removes, made.done_when) == ("Pair on billing", EFFORT, EXPOSURE, "two people know each file")
    assert (made.fingerprint, made.check_id, made.subject, made.expected) == ("f1", "people/departure.covered", "person · p1", "met")
    assert "Pair on billing" in made.message
    assert made.recommendation
    assert (made.recommendation.state, made.recommendation.proposed_on) == (Recommendation.State.ACCEPTED, today())


def test_two_clicks_on_a_finding_make_one_action_and_one_recommendation(own: Table) -> None:
    once, twice = actions.from_finding(own.owner, finding()), actions.from_finding(own.owner, finding())

    assert once.pk == twice.pk
    assert Recommendation.objects.count() == 1


def test_accepting_what_was_proposed_does_not_propose_it_again(own: Table) -> None:
    proposed = actions.recommend(own.owner, "Pair on billing", finding=finding())

    made = actions.from_finding(own.owner, finding())

    assert made.recommendation_id == proposed.pk
    assert verbs(own, "recommendation") == ["proposed", "accepted"]


def test_a_finding_about_the_whole_company_rests_on_every_repository_of_the_last_run(own: Table) -> None:
    own.run("r2", "r1")

    assert actions.from_finding(own.owner, finding(repository="")).repository == "r1+r2"


def test_a_long_sentence_is_kept_whole_in_the_detail(own: Table) -> None:
    long = "word " * 100

    made = actions.from_finding(own.owner, finding(recommendation=None, title=long))

    assert len(made.sentence) <= 300
    assert long in made.detail


def test_what_is_declined_or_deferred_says_why(own: Table) -> None:
    proposed = actions.recommend(own.owner, "Pair on billing")

    with pytest.raises(Wrong):
        actions.decide_on(own.owner, proposed, "declined")
    actions.decide_on(own.seat(Role.EXECUTIVE), proposed, "deferred", reason="after the audit")

    assert (proposed.state, proposed.reason, proposed.decided_on) == ("deferred", "after the audit", today())


def test_accepted_advice_becomes_an_action_once(own: Table) -> None:
    proposed = actions.recommend(own.owner, "Pair on billing")

    actions.decide_on(own.owner, proposed, "deferred", reason="after the audit")
    actions.decide_on(own.seat(Role.EXECUTIVE), proposed, "accepted")
    actions.decide_on(own.owner, proposed, "accepted")

    assert [each.sentence for each in Action.objects.filter(recommendation=proposed)] == ["Pair on billing"]


def test_the_later_of_two_editors_is_told(own: Table) -> None:
    made = actions.create(own.owner, "Rotate the keys")
    mine, theirs = Action.objects.get(pk=made.pk), Action.objects.get(pk=made.pk)
    actions.edit(own.owner, mine, seen=1, sentence="Rotate all keys")

    with pytest.raises(Conflict):
        actions.edit(own.owner, theirs, seen=1, sentence="Rotate no keys")

    made.refresh_from_db()
    assert made.sentence == "Rotate all keys"


def test_done_by_hand_needs_a_named_witness(own: Table) -> None:
    made = actions.create(own.owner, "Rotate the keys")

    with pytest.raises(Wrong, match="named witness") as told:
        actions.complete(own.owner, made)
    actions.complete(own.owner, made, witness="Bob", witnessed="the old key is refused", effort="1.5")

    assert told.value.field == "witness"
    assert (made.state, made.done_on, made.shipped_on, made.effect) == (A.DONE, today(), today(), Action.Effect.NOT_MEASURABLE)
    assert made.actual_effort_days == Decimal("1.50")


def test_what_a_run_can_check_needs_no_witness_and_ships_when_a_run_says_so(own: Table) -> None:
    made = actions.from_finding(own.owner, finding())

    actions.complete(own.owner, made)

    assert (made.state, made.shipped_on, made.effect) == (A.DONE, None, Action.Effect.NOT_MEASURED)


def test_completing_twice_is_completing_once(own: Table) -> None:
    made = actions.from_finding(own.owner, finding())
    actions.complete(own.owner, made, seen=1)

    actions.complete(own.owner, Action.objects.get(pk=made.pk), seen=1)

    assert verbs(own) == ["created", "done"]


def test_postponing_and_dropping_keep_the_reason(own: Table) -> None:
    made = actions.create(own.owner, "Rotate the keys", due=today())

    actions.postpone(own.owner, made, today() + timedelta(days=7), "Bob is away")
    with pytest.raises(Wrong):
        actions.drop(own.owner, made, " ")
    actions.drop(own.owner, made, "the service is gone")

    assert (made.postponed, made.postponed_reason, made.dropped_reason) == (1, "Bob is away", "the service is gone")
    assert verbs(own) == ["created", "postponed", "dropped"]


@pytest.mark.parametrize("away", [0, -3])
def test_postponing_goes_to_a_later_day(own: Table, away: int) -> None:
    made = actions.create(own.owner, "Rotate the keys", due=today())

    with pytest.raises(Wrong, match="not later"):
        actions.postpone(own.owner, made, today() + timedelta(days=away), "Bob is away")


def test_an_action_that_is_opened_again_has_to_be_shown_to_work_again(own: Table) -> None:
    made = actions.create(own.owner, "Rotate the keys")
    actions.complete(own.owner, made, witness="Bob")

    actions.reopen(own.owner, made)

    assert (made.state, made.done_on, made.shipped_on, made.effect) == (A.OPEN, None, None, Action.Effect.NOT_MEASURED)


def test_a_contributor_changes_the_progress_of_their_own_actions_only(own: Table) -> None:
    mine, other = actions.create(own.owner, "Mine", owner=own.ada), actions.create(own.owner, "Other")
    contributor = own.seat(Role.CONTRIBUTOR)

    actions.edit(contributor, mine, state=A.DOING, actual_effort_days="2")

    assert list(reading.visible(contributor)) == [mine]
    with pytest.raises(NotFound):
        actions.edit(contributor, other, state=A.DOING)
    with pytest.raises(NotPermitted):
        actions.edit(contributor, mine, due=today())
    with pytest.raises(NotPermitted):
        actions.drop(contributor, mine, "no time")


def test_a_contributor_who_is_nobody_in_the_book_sees_no_action(own: Table) -> None:
    actions.create(own.owner, "Nobody's")
    contributor = own.seat(Role.CONTRIBUTOR)

    assert list(reading.visible(type(contributor)(contributor.user, contributor.client, contributor.role))) == []


@pytest.mark.parametrize("role", [Role.EXECUTIVE, Role.AUDITOR])
def test_readers_change_nothing(own: Table, role: str) -> None:
    made = actions.create(own.owner, "Rotate the keys")

    with pytest.raises(NotPermitted):
        actions.edit(own.seat(role), made, state=A.DOING)


def test_nothing_of_another_client_is_touched_or_given_away(own: Table) -> None:
    other = table("Harbor Clinic")
    made = actions.create(own.owner, "Rotate the keys")

    with pytest.raises(NotFound):
        actions.edit(other.owner, made, sentence="Mine now")
    with pytest.raises(Wrong):
        actions.edit(own.owner, made, owner=other.ada)
    assert actions.change_many(other.owner, {made.pk: 1}, state=A.DOING).done == []


def test_of_many_changed_at_once_the_conflicts_are_listed_and_the_rest_is_done(own: Table) -> None:
    first, second, third = (actions.create(own.owner, f"Do {number}") for number in range(3))
    actions.edit(own.owner, second, sentence="Changed meanwhile")

    bulk = actions.change_many(own.owner, {first.pk: 1, second.pk: 1, third.pk: 1}, owner=own.ada, due=today(), state=A.DOING)

    assert {each.pk for each in bulk.done} == {first.pk, third.pk}
    assert [(each.pk, "somebody else" in why) for each, why in bulk.refused] == [(second.pk, True)]
    assert Action.objects.filter(owner=own.ada, due=today(), state=A.DOING).count() == 2
    assert verbs(own).count("changed") == 3


def test_many_are_not_done_without_a_witness(own: Table) -> None:
    by_hand, by_check = actions.create(own.owner, "By hand"), actions.from_finding(own.owner, finding())

    bulk = actions.change_many(own.owner, {by_hand.pk: 1, by_check.pk: 1}, state=A.DONE)

    assert [each.pk for each in bulk.done] == [by_check.pk]
    assert "named witness" in bulk.refused[0][1]


def test_changing_nothing_or_nonsense_is_told_before_anything_changes(own: Table) -> None:
    made = actions.create(own.owner, "Rotate the keys")

    for chosen, changes in [
        ({}, {"state": A.DOING}),
        ({made.pk: 1}, {}),
        ({made.pk: 1}, {"state": "finished"}),
        ({made.pk: 1}, {"due": "soon"}),
    ]:
        with pytest.raises(InputError):
            actions.change_many(own.owner, chosen, **changes)
    assert verbs(own) == ["created"]


def test_actions_are_found_by_state_owner_day_effect_and_words(own: Table) -> None:
    late = actions.create(own.owner, "Rotate the keys", due=today() - timedelta(days=1), owner=own.ada)
    soon = actions.create(own.owner, "Restore a backup", due=today() + timedelta(days=6))
    far = actions.create(own.owner, "Write it down", due=today() + timedelta(days=7))
    never = actions.create(own.owner, "Some day", detail="a rotten idea")
    done = actions.complete(own.owner, actions.create(own.owner, "Done already"), witness="Bob")

    def found(**given: str) -> list[Action]:
        return list(reading.listed(own.owner, reading.wanted(given)))

    assert found() == [late, soon, far, never]
    assert found(due="overdue") == [late]
    assert found(due="week") == [soon]
    assert found(due="none") == [never]
    assert found(owner=own.ada.pk) == [late]
    assert found(owner="nobody") == [soon, far, never]
    assert found(q="ROT") == [late, never]
    assert found(state="done", effect="not measurable") == [done]
    assert len(found(state="any", due="nonsense")) == 5
    assert reading.counted(own.owner) == {"open": 4, "overdue": 1, "week": 1, "none": 1}


def test_whoever_may_not_read_names_reads_roles(own: Table) -> None:
    nameless = keeping.keep(own.owner.user, Person(client=own.client, name="Zed"))

    auditor = own.seat(Role.AUDITOR)

    assert reading.named(auditor, own.ada) == "lead developer"
    assert reading.named(auditor, nameless) == "somebody at the client"
    assert reading.named(own.seat(Role.EXECUTIVE), own.ada) == "Ada Lovelace"


def test_the_history_of_an_action_is_told_in_words(own: Table) -> None:
    made = actions.create(own.owner, "Rotate the keys")
    actions.edit(own.owner, made, owner=own.ada, effort="2-5")

    told = reading.story(own.owner, made, [own.ada]).history

    assert [each.verb for each in told] == ["changed", "created"]
    assert set(told[0].changes) == {("owner", "", "Ada Lovelace"), ("effort", "", "2.0 to 5.0 days")}
    assert reading.story(own.seat(Role.CONTRIBUTOR), made).history == ()


def test_the_record_counts_advice_by_room(own: Table) -> None:
    made = actions.from_finding(own.owner, finding())
    actions.complete(own.owner, made, witness="Bob", effort="4")
    actions.decide_on(own.owner, actions.recommend(own.owner, "Move to Rust"), "declined", reason="no")

    found = advice.advice_record(own.owner)

    assert (found.whole.accepted, found.whole.shipped, found.whole.inside) == (Share(1, 2), Share(1, 1), Share(1, 1))
    assert found.whole.median_days == 0
    assert [each.room for each in found.rooms] == ["by hand", "people/departure"]


@pytest.mark.parametrize("field", ["sentence", "detail", "message", "done_when", "witness", "witnessed"])
def test_text_that_no_database_takes_is_kept_without_it(own: Table, field: str) -> None:
    made = actions.create(own.owner, "Rotate the keys")

    actions.edit(own.owner, made, **{field: "<script>\x00\ud800alert(1)</script>"})

    assert getattr(Action.objects.get(pk=made.pk), field) == "<script>alert(1)</script>"
