"""What a run says of an action, and how often advice did what it said."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.usecases import advice
from quarterdeck.usecases.advice import Acted, Advised, Awaited, Effect, Share, Sight, Standing, effect_of, look, scores, wilson

BEFORE = {"p10": 100.0, "p50": 200.0, "p90": 300.0, "unit": "USD"}
WAITED = Awaited("f1", "people/departure.covered", "person · ada", version=1, repositories=frozenset({"r1"}))


def found(fingerprint: str = "f1", outcome: str = "unmet", p50: float | None = 200.0, **more: Any) -> dict[str, Any]:
    exposure = None if p50 is None else {"p10": p50 / 2, "p50": p50, "p90": p50 * 2, "unit": "USD"}
    plain = {"check": WAITED.check, "check_version": 1, "repository": "r1", "subject": ["person", "ada"], "statement": "As seen."}
    return {"fingerprint": fingerprint, "outcome": outcome, "exposure": exposure, "citations": [], **plain, **more}


def seen(outcome: str, p50: float | None = 200.0) -> Sight:
    return Sight(outcome, "", outcome in ("met", "gone"), found(outcome=outcome, p50=p50))


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(7, 10, 0.397, 0.892), (17, 20, 0.640, 0.948), (0, 5, 0.0, 0.435), (0, 0, 0.0, 1.0)]
)
def test_a_share_carries_the_interval_of_wilson(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=0.0006)


@given(st.integers(0, 400), st.integers(1, 400))
def test_the_interval_holds_the_share_and_stays_between_nothing_and_all(hits: int, of: int) -> None:
    hits = min(hits, of)

    low, high = wilson(hits, of)

    assert 0 <= low <= hits / of + 1e-12
    assert hits / of - 1e-12 <= high <= 1


@pytest.mark.parametrize(
    ("standing", "sight", "effect"),
    [
        (Standing(), seen("met", None), Effect.SHIPPED),
        (Standing(), seen("gone", None), Effect.SHIPPED),
        (Standing(done=True), seen("met", None), Effect.CONFIRMED),
        (Standing(done=True, reached=True), seen("met", None), Effect.CONFIRMED),
        (Standing(done=True, exposure=BEFORE), seen("unmet", 200), Effect.NO_EFFECT),
        (Standing(done=True, exposure=BEFORE), seen("unmet", 100), Effect.NO_EFFECT),
        (Standing(done=True, exposure=BEFORE), seen("unmet", 300), Effect.NO_EFFECT),
        (Standing(done=True, exposure=BEFORE), seen("unmet", 99), Effect.FELL),
        (Standing(done=True, exposure=BEFORE), seen("unmet", 301), Effect.WORSE),
        (Standing(exposure=BEFORE), seen("unmet", 301), Effect.WORSE),
        (Standing(exposure=BEFORE), seen("unmet", 99), Effect.STILL_OPEN),
        (Standing(exposure=BEFORE), seen("unmet", None), Effect.STILL_OPEN),
        (Standing(done=True), seen("unmet", None), Effect.NO_EFFECT),
        (Standing(done=True, exposure={**BEFORE, "unit": "EUR"}), seen("unmet", 9000), Effect.NO_EFFECT),
        (Standing(done=True, reached=True), seen("unmet", 200), Effect.WORSE),
        (Standing(), seen("unknown"), Effect.NOT_MEASURABLE),
        (Standing(done=True, reached=True), seen("unknown"), Effect.NOT_MEASURABLE),
        (Standing(done=True), seen("error"), Effect.NOT_MEASURABLE),
        (Standing(done=True), seen("not_applicable"), Effect.NOT_MEASURABLE),
        (Standing(done=True), seen(advice.NOT_SEEN), Effect.NOT_MEASURABLE),
    ],
)
def test_what_a_run_says_follows_from_what_stood_before_and_what_it_saw(standing: Standing, sight: Sight, effect: Effect) -> None:
    assert effect_of(standing, sight) is effect


def test_a_finding_that_is_met_is_what_was_waited_for() -> None:
    sight = look(WAITED, {"f1": found(outcome="met", p50=None)}, {"r1"})

    assert (sight.outcome, sight.reached) == ("met", True)


def test_a_finding_that_is_gone_counts_where_its_check_still_answers_on_the_same_repository() -> None:
    other = found("f2", outcome="met", subject=["people"], citations=[{"source": "shop@4f2a", "locator": "src/pay.py:12"}])

    sight = look(WAITED, {"f2": other}, {"r1"})

    assert (sight.outcome, sight.reached) == (advice.GONE, True)
    assert advice.citation_of(sight.finding) == "shop@4f2a src/pay.py:12"


@pytest.mark.parametrize(
    ("findings", "read"),
    [
        ({}, {"r1"}),  # the check said nothing
        ({"f2": found("f2", outcome="unknown")}, {"r1"}),  # the check could not answer
        ({"f2": found("f2", outcome="met")}, {"r2"}),  # its repository was not read
        ({"f2": found("f2", outcome="met", check_version=2, subject=["people"])}, {"r1"}),  # the method changed
        ({"f1": found(outcome="met")}, set()),  # less evidence is never progress
        ({"f1": found(outcome="met", check_version=2)}, {"r1"}),
        ({"f1": found(outcome="unknown")}, {"r1"}),
    ],
)
def test_what_a_run_could_not_see_is_never_shipped(findings: dict[str, Any], read: set[str]) -> None:
    sight = look(WAITED, findings, read)

    assert not sight.reached
    assert sight.statement
    assert effect_of(Standing(), sight) is Effect.NOT_MEASURABLE


def test_what_is_said_of_the_whole_is_found_again_when_a_repository_is_added() -> None:
    wide = found("f9", outcome="unmet", repository="r1+r2")

    sight = look(WAITED, {"f9": wide}, {"r1", "r2"})

    assert sight.finding is wide
    assert not sight.reached


def test_a_record_counts_what_was_taken_shipped_confirmed_and_estimated_well() -> None:
    estimate = {"p10": 1.0, "p50": 2.0, "p90": 4.0, "unit": "days"}
    advised = [
        Advised("a", "accepted", shipped=True, days_to_ship=4),
        Advised("a", "accepted", shipped=True, days_to_ship=8),
        Advised("b", "declined"),
    ]
    acted = [
        Acted("a", "confirmed", 3, estimate),
        Acted("a", "no effect", 5, estimate),
        Acted("b", "not measurable"),
        Acted("a", "worse", 9, None),
    ]

    whole, rooms = scores(advised, acted), advice.by_room(advised, acted)

    assert (whole.accepted, whole.shipped, whole.confirmed, whole.inside) == (Share(2, 3), Share(2, 2), Share(1, 3), Share(1, 2))
    assert whole.median_days == 6
    assert not whole.confirmed.told
    assert [(each.room, each.accepted) for each in rooms] == [("a", Share(2, 2)), ("b", Share(0, 1))]


def test_waiting_costs_by_the_day_and_never_runs_backwards() -> None:
    asked = date(2027, 3, 1)

    assert advice.cost_of_waiting(asked, date(2027, 3, 11), Decimal(700)) == Decimal("1000.00")
    assert advice.cost_of_waiting(asked, date(2027, 2, 1), Decimal(700)) == 0
    assert advice.cost_of_waiting(asked, date(2027, 3, 11), None) is None
