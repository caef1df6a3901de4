"""After each run: look at every action's acceptance check again, and keep what the run saw of it, with the citation."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from quarterdeck.store.book.models import Action, Client, Measurement, Run
from quarterdeck.store.selectors.seats import today
from quarterdeck.store.services import keeping
from quarterdeck.usecases import advice
from quarterdeck.usecases.advice import Awaited, Effect, Sight, Standing

KEPT_AS_EFFECT = frozenset({Effect.CONFIRMED, Effect.NO_EFFECT, Effect.WORSE})
UNTOLD = frozenset({Action.Effect.NOT_MEASURED, Action.Effect.NOT_MEASURABLE})
Findings = Mapping[str, Mapping[str, Any]]


def measure(client: Client, run: Run, findings: Findings) -> int:
    """Keep what a finished run saw of the client's actions, once for each action and run, and return how many.

    Call it in the transaction that makes the run visible. `findings` are those of the run by fingerprint, with people
    named by role; the run's summary says which repositories it read.
    """
    read = {each["key"] for each in run.summary.get("repositories", ())}
    waiting = _waiting(client, run)
    reached = _reached(client)
    for action in waiting:
        _keep(action, run, advice.look(_awaited(action), findings, read), reached=action.pk in reached)
    return len(waiting)


def _waiting(client: Client, run: Run) -> list[Action]:
    """Return the actions that have a check and that this run has not looked at; what was given up is left alone."""
    seen = Measurement.objects.filter(client=client, run=run).values("action")
    rows = Action.objects.filter(client=client).exclude(fingerprint="").exclude(state=Action.State.DROPPED).exclude(pk__in=seen)
    return list(rows.select_related("client").order_by("created_at", "id"))


def _reached(client: Client) -> Collection[str]:
    """Return the actions of which some run has seen the expected outcome."""
    return set(Measurement.objects.filter(client=client, effect__in=advice.GOOD).values_list("action", flat=True))


def _awaited(action: Action) -> Awaited:
    return Awaited(
        action.fingerprint,
        action.check_id,
        action.subject,
        action.expected,
        action.check_version,
        frozenset(filter(None, action.repository.split("+"))),
    )


def _keep(action: Action, run: Run, sight: Sight, *, reached: bool) -> None:
    """Write down what a run saw, and what that changes of the action."""
    done = action.state == Action.State.DONE
    effect = advice.effect_of(Standing(done, reached and done, action.removes), sight)
    day, who = day_of(run), actor(run)
    exposure = sight.finding["exposure"] if sight.finding and sight.outcome in advice.ANSWERS else None
    seen = Measurement(client=action.client, action=action, run=run, measured_on=day, outcome=sight.outcome, effect=effect)
    seen.statement, seen.citation, seen.exposure = sight.statement, advice.citation_of(sight.finding), exposure
    keeping.keep(who, seen, "measured")
    if changed := _changed(action, effect, day) | _new_method(action, sight):
        keeping.change(who, action, str(effect), **changed)


def _changed(action: Action, effect: Effect, day: date) -> dict[str, Any]:
    """Return what becomes of an action: shipped when first seen so, done by it, and its effect when it was looked at again."""
    if effect in advice.GOOD:
        shipped = {"shipped_on": action.shipped_on or day, "state": Action.State.DONE, "done_on": action.done_on or day}
        return shipped | ({"effect": Action.Effect.CONFIRMED} if effect == Effect.CONFIRMED else {})
    if effect in KEPT_AS_EFFECT:
        return {"effect": str(effect)}
    ended = action.state == Action.State.DONE and effect == Effect.NOT_MEASURABLE
    return {"effect": Action.Effect.NOT_MEASURABLE} if ended and action.effect in UNTOLD else {}


def _new_method(action: Action, sight: Sight) -> dict[str, Any]:
    """Compare from now on with the new method, where the method of a check changed: figures of two methods say nothing."""
    found = sight.finding
    if found is None or action.check_version in (None, found["check_version"]) or found["check"] != action.check_id:
        return {}
    return {"check_version": found["check_version"], "removes": found["exposure"] or action.removes}


def day_of(run: Run) -> date:
    """Return the day that a run's answers are of."""
    return run.as_of or (run.ended_at.date() if run.ended_at else today())


def actor(run: Run) -> str:
    """Return how the trail names a run."""
    day = day_of(run)
    return f"the run of {day.day} {day:%b %Y}"
