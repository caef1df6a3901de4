"""Recommend, turn advice into actions, and bring actions to an end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from quarterdeck.domain.errors import InputError, NotFound, NotPermitted, QuarterdeckError
from quarterdeck.store.book.models import Action, Client, Person, Recommendation, Run, new_id
from quarterdeck.store.selectors import results
from quarterdeck.store.selectors.seats import Right, Seat, today
from quarterdeck.store.services import keeping
from quarterdeck.usecases import advice as judging
from quarterdeck.usecases import typed
from quarterdeck.usecases.typed import Wrong

A, R = Action.State, Recommendation.State
ENDED = (A.DONE, A.DROPPED)
OWN_FIELDS = frozenset({"state", "actual_effort_days", "witness", "witnessed"})
MOST_DAYS = Decimal(9999)
MOST_AT_ONCE = 500
SENTENCE = 300
LETTER = "{sentence}\n\nIt is done when: {done_when}\n\nPlease tell me by when you can do it, or what stands in the way."


@dataclass
class Bulk:
    """What became of a change of many actions: those done, and those refused with the reason."""

    done: list[Action] = field(default_factory=list)
    refused: list[tuple[Action, str]] = field(default_factory=list)


def recommend(seat: Seat, sentence: str, *, finding: Mapping[str, Any] | None = None, key: str = "") -> Recommendation:
    """Propose something, about a finding or not; what is proposed of a finding already is the answer."""
    seat.require(Right.EDIT)
    about = {"fingerprint": finding["fingerprint"], "check_id": finding["check"]} if finding else {}
    text = typed.words("sentence", sentence, needed="Say what you recommend.")
    if finding and (open_one := _undecided(seat, finding["fingerprint"])):
        return open_one
    made = Recommendation(id=key or new_id(), client=seat.client, sentence=text, proposed_on=today(), **about)
    return keeping.keep(seat.user, made, "proposed")


def decide_on(seat: Seat, advice: Recommendation, state: str, *, reason: str = "", seen: int | None = None) -> Recommendation:
    """Note that a recommendation was accepted, declined or deferred, the last two with a reason; an accepted one becomes an action."""
    seat.require(Right.DECIDE)
    _of(seat, advice)
    state = typed.one_of("state", state, (R.ACCEPTED, R.DECLINED, R.DEFERRED))
    needed = "" if state == R.ACCEPTED else "Say why, so that nobody asks again without need."
    why = typed.words("reason", reason, needed=needed)
    with transaction.atomic():
        decided = keeping.change(seat.user, advice, state, seen=seen, state=state, reason=why, decided_on=today(), decided_by=seat.user)
        if state == R.ACCEPTED and not decided.actions.exists():
            keeping.keep(seat.user, _acting_on(seat, decided))
    return decided


def _acting_on(seat: Seat, advice: Recommendation) -> Action:
    """Return the action of an accepted recommendation, with the check of its finding where the last run still saw it."""
    snapshot = results.latest_snapshot(seat) if advice.fingerprint else None
    finding = snapshot.finding("roles", advice.fingerprint) if snapshot else None
    if finding is None:
        return Action(client=seat.client, recommendation=advice, sentence=_short(advice.sentence), detail=advice.sentence)
    repository = finding["repository"] or _all_repositories(seat)
    return Action(client=seat.client, recommendation=advice, repository=repository, **_told(finding))


def from_finding(seat: Seat, finding: Mapping[str, Any], *, owner: Person | None = None, due: date | None = None) -> Action:
    """Turn what a finding recommends into an action; while one is open for the finding, that one is the answer."""
    seat.require(Right.EDIT)
    with transaction.atomic():
        Client.objects.select_for_update().get(pk=seat.client.pk)  # two clicks at once make one action
        if open_one := seat.of(Action).filter(fingerprint=finding["fingerprint"]).exclude(state__in=ENDED).first():
            return open_one
        told = _told(finding)
        accepted = _accepted(seat, finding, told["sentence"])
        made = Action(client=seat.client, recommendation=accepted, owner=_person(seat, owner), due=due, **told)
        made.repository = finding["repository"] or _all_repositories(seat)
        return keeping.keep(seat.user, made)


def _told(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an action takes over from a finding."""
    advice = finding.get("recommendation") or {}
    sentence = str(advice.get("action") or finding["title"])
    done_when = str(advice.get("done_when") or f"this is answered with yes: {finding['question']}")
    return {
        "sentence": _short(sentence),
        "detail": "\n\n".join(filter(None, (sentence if len(sentence) > SENTENCE else "", str(finding["statement"])))),
        "message": str(advice.get("message") or LETTER.format(sentence=sentence, done_when=done_when)),
        "effort": advice.get("effort"),
        "cost": finding.get("cost_to_cure"),
        "removes": finding.get("exposure"),
        "fingerprint": finding["fingerprint"],
        "check_id": finding["check"],
        "check_version": finding.get("check_version"),
        "subject": judging.subject_of(finding),
        "done_when": done_when,
    }


def _short(sentence: str) -> str:
    return sentence if len(sentence) <= SENTENCE else sentence[: SENTENCE - 1].rstrip() + "…"


def _accepted(seat: Seat, finding: Mapping[str, Any], sentence: str) -> Recommendation:
    """Accept what was proposed for a finding, or propose and accept it in one step."""
    decided: dict[str, Any] = {"state": R.ACCEPTED, "decided_on": today(), "decided_by": seat.user}
    if proposed := _undecided(seat, finding["fingerprint"]):
        return keeping.change(seat.user, proposed, R.ACCEPTED, **decided)
    about = {"fingerprint": finding["fingerprint"], "check_id": finding["check"], "sentence": sentence}
    return keeping.keep(seat.user, Recommendation(client=seat.client, proposed_on=today(), **about, **decided), R.ACCEPTED)


def _undecided(seat: Seat, fingerprint: str) -> Recommendation | None:
    return seat.of(Recommendation).filter(fingerprint=fingerprint, state__in=(R.PROPOSED, R.DEFERRED)).first()


def _all_repositories(seat: Seat) -> str:
    """Return the keys of all that the last run read: a finding about the company as a whole rests on it."""
    summary = seat.of(Run).filter(state=Run.State.DONE).order_by("-ended_at", "-id").values_list("summary", flat=True).first()
    return "+".join(sorted(each["key"] for each in (summary or {}).get("repositories", ())))


def create(seat: Seat, sentence: str, *, key: str = "", **more: Any) -> Action:
    """Write down an action that somebody thought of; `key` is the id of the form, so that a form sent twice makes one."""
    seat.require(Right.EDIT)
    fields = _read(seat, {"sentence": sentence, **more})
    return keeping.keep(seat.user, Action(id=key or new_id(), client=seat.client, **fields))


def edit(seat: Seat, action: Action, *, seen: int | None = None, reason: str = "", **fields: Any) -> Action:
    """Change an action; a contributor changes the state and the actual effort of their own."""
    _require(seat, action, fields)
    read = _read(seat, fields)
    if "state" in read and read["state"] != action.state:
        read |= _moved(action, read["state"], {**fields, "reason": reason})
    return keeping.change(seat.user, action, _verb(read), seen=seen, **read)


def _verb(fields: Mapping[str, Any]) -> str:
    return {A.DONE: "done", A.DROPPED: "dropped"}.get(fields.get("state", ""), "changed")


def complete(
    seat: Seat, action: Action, *, witness: str = "", witnessed: str = "", effort: str | Decimal | None = None, seen: int | None = None
) -> Action:
    """Note that an action is done; without a check that a run can repeat it needs a named witness."""
    if action.state == A.DONE:
        _require(seat, action, {"state": A.DONE})
        return action
    told: dict[str, Any] = {"witness": witness, "witnessed": witnessed, "actual_effort_days": effort}
    return edit(seat, action, seen=seen, state=A.DONE, **{name: value for name, value in told.items() if value not in (None, "")})


def postpone(seat: Seat, action: Action, due: date | str, reason: str, *, seen: int | None = None) -> Action:
    """Move an action to a later day, with the reason."""
    _require(seat, action, {"due": due})
    if action.state in ENDED:
        raise Wrong("due", f"This action is {action.get_state_display().lower()}.", "Open it again first.")
    later = typed.day("due", due)
    if later is None or later <= max(today(), action.due or today()):
        raise Wrong("due", "This day is not later than the present one.", "Choose a day after it.")
    why = typed.words("reason", reason, needed="Say why it has to wait.")
    moved = {"due": later, "postponed": action.postponed + 1, "postponed_reason": why}
    return keeping.change(seat.user, action, "postponed", seen=seen, **moved)


def drop(seat: Seat, action: Action, reason: str, *, seen: int | None = None) -> Action:
    """Give an action up, with the reason."""
    return edit(seat, action, seen=seen, state=A.DROPPED, reason=reason)


def reopen(seat: Seat, action: Action, *, seen: int | None = None) -> Action:
    """Take up again an action that was done or dropped."""
    return edit(seat, action, seen=seen, state=A.OPEN) if action.state in ENDED else action


def change_many(seat: Seat, chosen: Mapping[str, int], *, reason: str = "", witness: str = "", **changes: Any) -> Bulk:
    """Change owner, due day or state of many actions by id and seen version; what is refused does not hold up the rest."""
    seat.require(Right.EDIT)
    if not chosen or not changes:
        raise InputError("there is nothing to change", "Tick at least one action, and choose what to change.")
    if len(chosen) > MOST_AT_ONCE:
        raise InputError(f"{len(chosen):,} actions are too many at once", f"Tick at most {MOST_AT_ONCE}.")
    _read(seat, changes)  # what is wrong for every action is said once, before any is changed
    found = {each.pk: each for each in seat.of(Action).filter(pk__in=chosen).select_related("client", "owner")}
    bulk = Bulk()
    for key, seen in chosen.items():
        if action := found.get(key):
            _change_one(seat, bulk, action, seen=seen, reason=reason, witness=witness, **changes)
    return bulk


def _change_one(seat: Seat, bulk: Bulk, action: Action, *, seen: int, witness: str, **changes: Any) -> None:
    named = {"witness": witness} if witness and changes.get("state") == A.DONE else {}
    try:
        bulk.done.append(edit(seat, action, seen=seen, **changes, **named))
    except QuarterdeckError as error:
        action.refresh_from_db()
        bulk.refused.append((action, error.message))


def _require(seat: Seat, action: Action, fields: Mapping[str, Any]) -> None:
    """Let editors change everything, and contributors the progress of what is theirs."""
    _of(seat, action)
    if seat.may(Right.EDIT):
        return
    seat.require(Right.OWN)
    if action.owner_id is None or action.owner_id != seat.person:
        raise NotFound("there is nothing here", "Check the address, or go back to your actions.")
    if not fields.keys() <= OWN_FIELDS or fields.get("state") == A.DROPPED:
        raise NotPermitted(
            "only the progress of your own actions is yours to change", "Write a note on the action that says what should change."
        )


def _of(seat: Seat, thing: Action | Recommendation) -> None:
    if thing.client_id != seat.client.pk:
        raise NotFound("there is nothing here", "Check the address, or go back to the client's bridge.")


def _person(seat: Seat, owner: Person | None) -> Person | None:
    if owner is not None and owner.client_id != seat.client.pk:
        raise Wrong("owner", "This person is not known here.", "Choose one from the list.")
    return owner


def _moved(action: Action, state: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what else changes when an action comes to a state."""
    if state == A.DONE:
        return _ended_well(action, given.get("witness") or action.witness)
    if state == A.DROPPED:
        why = typed.words("reason", given.get("reason") or "", needed="Say why it is given up.")
        return {"dropped_reason": why}
    return {"done_on": None, "shipped_on": None, "effect": Action.Effect.NOT_MEASURED} if action.state in ENDED else {}


def _ended_well(action: Action, witness: str) -> dict[str, Any]:
    """Return what a finished action keeps: a run will look at its check, else a witness stands for it."""
    fields: dict[str, Any] = {"done_on": today()}
    if witness:
        fields["shipped_on"] = action.shipped_on or today()
    if not action.fingerprint:
        if not witness:
            raise Wrong("witness", "No run can check this: done by hand needs a named witness.", "Name who saw that it works.")
        fields["effect"] = Action.Effect.NOT_MEASURABLE
    return fields


def _read(seat: Seat, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return typed fields as values of an action."""
    return {name: FIELDS[name](seat, name, value) for name, value in fields.items()}


FIELDS: dict[str, Callable[[Seat, str, Any], Any]] = {
    "sentence": lambda _, name, value: typed.line(name, value, most=SENTENCE, needed="Say in one sentence what is to be done."),
    "detail": lambda _, name, value: typed.words(name, value),
    "message": lambda _, name, value: typed.words(name, value),
    "done_when": lambda _, name, value: typed.words(name, value),
    "owner": lambda seat, _, value: _person(seat, value),
    "due": lambda _, name, value: typed.day(name, value),
    "state": lambda _, name, value: typed.one_of(name, value, A.values),
    "effort": lambda _, name, value: typed.spread(name, value, "days"),
    "cost": lambda seat, name, value: typed.spread(name, value, seat.client.currency),
    "actual_effort_days": lambda _, name, value: typed.amount(name, value, most=MOST_DAYS),
    "witness": lambda _, name, value: typed.line(name, value, most=120),
    "witnessed": lambda _, name, value: typed.words(name, value),
}
