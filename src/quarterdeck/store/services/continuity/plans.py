"""Plans for a departure: keep what falls, tick the steps, make actions of them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from quarterdeck.domain.errors import Conflict, InputError, NotFound
from quarterdeck.domain.text import clean
from quarterdeck.store.book.models import Action, DeparturePlan, Person, new_id
from quarterdeck.store.selectors.seats import Right, Seat, today
from quarterdeck.store.services import keeping
from quarterdeck.store.services.followup import actions

CLOCK = {"0 to 2 hours": 0, "24 hours": 1, "72 hours": 3, "30 days": 30}  # days after the last day
MOST_STEPS, LETTERS, NAME_LETTERS = 200, 2000, 120
Step = dict[str, Any]


def save(
    seat: Seat,
    title: str,
    *,
    people: Sequence[Mapping[str, str]],
    falls: Mapping[str, Any],
    steps: Sequence[Mapping[str, str]],
    snapshot: str,
    leaves_on: date | None = None,
    key: str = "",
) -> DeparturePlan:
    """Keep a departure as a plan: who, what falls, and the checklist, as the last run saw them; `key` is the id of the form."""
    seat.require(Right.EDIT)
    if not people:
        raise InputError("nobody was picked", "Pick at least one person, and save again.")
    plan = DeparturePlan(
        id=key or new_id(),
        client=seat.client,
        title=_title(title),
        people=[dict(each) for each in people],
        falls=dict(falls),
        steps=[_step(each["when"], each["text"], each.get("evidence", ""), each.get("about", "")) for each in steps[:MOST_STEPS]],
        snapshot=snapshot,
        leaves_on=leaves_on,
    )
    return keeping.keep(seat.user, plan, "planned")


def edit(seat: Seat, plan: DeparturePlan, *, title: str, leaves_on: date | None, seen: int | None = None) -> DeparturePlan:
    """Change a plan's title and the last day."""
    seat.require(Right.EDIT)
    return keeping.change(seat.user, plan, seen=seen, title=_title(title), leaves_on=leaves_on)


def tick(seat: Seat, plan: DeparturePlan, step: str, *, who: str, day: date, proof: str = "") -> DeparturePlan:
    """Note that a step is done: by whom, when, and what shows it."""
    who, proof = _typed(who), _typed(proof)
    if not who or len(who) > NAME_LETTERS:
        raise InputError("a step is ticked by somebody", f"Type a name of at most {NAME_LETTERS} letters.")
    if day > today():
        raise InputError("a step cannot be done in the future", "Tick it on the day that it is done.")
    if len(proof) > LETTERS:
        raise InputError(f"what shows it has at most {LETTERS} letters", "Shorten it, or link to where it stands.")
    done = {"who": who, "on": day.isoformat(), "proof": proof}

    def ticked(found: Step) -> Step:
        if found["done"] and found["done"] != done:
            raise Conflict(f"{found['done']['who']} ticked this on {found['done']['on']}", "Take the tick back first if it is wrong.")
        return found | {"done": done}

    return _change(seat, plan, step, "ticked", ticked)


def untick(seat: Seat, plan: DeparturePlan, step: str) -> DeparturePlan:
    """Take a tick back; the trail keeps it."""
    return _change(seat, plan, step, "tick taken back", lambda found: found | {"done": None})


def remove_step(seat: Seat, plan: DeparturePlan, step: str) -> DeparturePlan:
    """Take a step out of a plan; the trail keeps it."""
    return _change(seat, plan, step, "step removed", lambda _: None)


def add_step(seat: Seat, plan: DeparturePlan, *, when: str, text: str, evidence: str = "", key: str = "") -> DeparturePlan:
    """Add a step of one's own, once for each form, whose id is `key`."""
    seat.require(Right.EDIT)
    text, evidence = _typed(text), _typed(evidence)
    if when not in CLOCK:
        raise InputError("a step belongs to one of the four clocks", f"Choose one of {', '.join(CLOCK)}.")
    if not text or len(text) > LETTERS or len(evidence) > LETTERS:
        raise InputError(f"a step has 1 to {LETTERS} letters", "Type what is to be done.")
    with transaction.atomic():
        current = _locked(seat, plan)
        if len(current.steps) >= MOST_STEPS:
            raise InputError(f"a plan has at most {MOST_STEPS} steps", "Remove one first.")
        if key and any(each["id"] == key for each in current.steps):
            return current
        made = _step(when, text, evidence, "") | ({"id": key} if key else {})
        return keeping.change(seat.user, plan, "step added", steps=in_order([*current.steps, made]))


def make_action(seat: Seat, plan: DeparturePlan, step: str, *, owner: Person | None = None, due: date | None = None) -> Action:
    """Make an action of a step, once; asked again, return the one that was made."""
    seat.require(Right.EDIT)
    with transaction.atomic():
        current = _locked(seat, plan)
        found = _of(current, step)
        if found["action"] and (made := seat.of(Action).filter(pk=found["action"]).first()):
            return made
        text = found["text"].removeprefix("Ask: ")
        sentence = f"{text[:1].upper()}{text[1:]}"
        action = actions.create(
            seat,
            sentence if len(sentence) <= actions.SENTENCE else f"{sentence[: actions.SENTENCE - 1]}…",
            detail="\n".join(filter(None, [f"From the plan: {current.title}", found["evidence"] and f"Evidence: {found['evidence']}"])),
            owner=owner,
            due=due or due_of(current, found),
            done_when="The step is ticked in the plan, with what shows it.",
        )
        _change(seat, plan, step, "step became an action", lambda each: each | {"action": action.pk})
    return action


def due_of(plan: DeparturePlan, step: Mapping[str, Any]) -> date | None:
    """Return the day by which a step is due, when the last day is known."""
    return plan.leaves_on + timedelta(days=CLOCK.get(step["when"], 0)) if plan.leaves_on else None


def remove(seat: Seat, plan: DeparturePlan) -> None:
    """Throw a plan away; the trail keeps what it said."""
    seat.require(Right.EDIT)
    keeping.remove(seat.user, plan)


def in_order(steps: Sequence[Step]) -> list[Step]:
    """Return steps by the clock."""
    clock = list(CLOCK)
    return sorted(steps, key=lambda each: clock.index(each["when"]) if each["when"] in clock else len(clock))


def _step(when: str, text: str, evidence: str, about: str) -> Step:
    return {
        "id": new_id(),
        "when": when,
        "text": text[:LETTERS],
        "evidence": evidence[:LETTERS],
        "about": about,
        "done": None,
        "action": "",
    }


def _typed(text: str) -> str:
    """Return a text as a form sends it, without what no page should print."""
    return clean(text.replace("\r\n", "\n")).strip()


def _title(text: str) -> str:
    text = _typed(text)
    if not text or len(text) > 200:
        raise InputError("a plan needs a title of at most 200 letters", "Type what it is for.")
    return text


def _locked(seat: Seat, plan: DeparturePlan) -> DeparturePlan:
    return seat.of(DeparturePlan).select_for_update().get(pk=plan.pk)


def _of(plan: DeparturePlan, step: str) -> Step:
    found: Step | None = next((each for each in plan.steps if each["id"] == step), None)
    if found is None:
        raise NotFound("this step is not there any more", "Reload the plan: somebody removed it.")
    return found


def _change(seat: Seat, plan: DeparturePlan, step: str, verb: str, changed: Callable[[Step], Step | None]) -> DeparturePlan:
    """Change one step of the plan as it stands now, so that two people may work on different steps at once."""
    seat.require(Right.EDIT)
    with transaction.atomic():
        current = _locked(seat, plan)
        _of(current, step)
        steps = [changed(each) if each["id"] == step else each for each in current.steps]
        return keeping.change(seat.user, plan, verb, steps=[each for each in steps if each is not None])
