"""Findings of the last run together with what people said on them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import Q

from quarterdeck.domain.errors import NotFound
from quarterdeck.store.book.models import Action, Note, Run, Stance
from quarterdeck.store.selectors import results
from quarterdeck.store.selectors.seats import Seat, today
from quarterdeck.store.snapshots import Snapshot

Finding = Mapping[str, Any]
URGENCIES = ("act now", "plan", "watch", "unknown", "fine")  # the most pressing first
OUTCOMES = ("unmet", "unknown", "met", "error", "not_applicable")
STANDINGS = ("open", "accepted", "dismissed", "all")
SORTS = ("urgency", "exposure", "practice", "title", "outcome")
RUNS_BACK = 12  # of the history that a finding's page shows
MOST_NOTES = 50
UNSEEN = "not seen"
NO_PLACE = len(URGENCIES)


@dataclass(frozen=True)
class Wanted:
    """Which findings somebody wants to see, in which order."""

    practice: str = ""
    outcome: str = ""
    urgency: str = ""
    standing: str = "open"
    text: str = ""
    sort: str = "urgency"

    @property
    def narrowed(self) -> bool:
        """Tell whether this leaves anything out that the list shows by itself."""
        return bool(self.practice or self.outcome or self.urgency or self.text or self.standing != "open")


@dataclass(frozen=True)
class Listed:
    """A finding of the list, and what people said on it."""

    finding: Finding
    stance: Stance | None = None
    acted: bool = False


@dataclass(frozen=True)
class Listing:
    """The findings that somebody wants, and what there is to choose from."""

    rows: Sequence[Listed]
    in_all: int
    practices: Sequence[str] = ()
    said: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Sight:
    """What one run saw of a finding."""

    run: Run
    outcome: str
    urgency: str = ""
    exposure: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Told:
    """All that the book knows of one finding."""

    history: Sequence[Sight]
    first_seen: date | None
    stance: Stance | None
    past: Sequence[Stance]
    actions: Sequence[Action]
    notes: Sequence[Note]

    @property
    def more(self) -> bool:
        """Tell whether runs before those of the history may have seen it too."""
        return len(self.history) == RUNS_BACK and self.history[-1].outcome != UNSEEN


def practice_of(finding: Finding) -> str:
    """Return the practice whose check made a finding."""
    return str(finding["check"]).partition("/")[0]


def listing(seat: Seat, snapshot: Snapshot, wanted: Wanted) -> Listing:
    """Return the findings of a run that somebody wants, sorted."""
    found = snapshot.findings(results.names_for(seat))
    stances = standing(seat)
    acted = set(seat.of(Action).exclude(fingerprint="").exclude(state=Action.State.DROPPED).values_list("fingerprint", flat=True))
    rows = [Listed(each, stances.get(key), key in acted) for key, each in found.items() if _fits(each, stances.get(key), wanted)]
    practices = sorted({practice_of(each) for each in found.values()})
    said = Counter(stance.verdict for key, stance in stances.items() if key in found)
    return Listing(sorted(rows, key=lambda row: _place(row.finding, wanted.sort)), len(found), practices, said)


def standing(seat: Seat) -> dict[str, Stance]:
    """Return what stands today on findings, by fingerprint."""
    rows = seat.of(Stance).filter(Q(until=None) | Q(until__gte=today()), withdrawn_at=None)
    return {each.fingerprint: each for each in rows.order_by("created_at", "id")}


def _fits(finding: Finding, stance: Stance | None, wanted: Wanted) -> bool:
    return (
        _stands(finding, stance, wanted)
        and (not wanted.practice or practice_of(finding) == wanted.practice)
        and (not wanted.outcome or finding["outcome"] == wanted.outcome)
        and (not wanted.urgency or finding["urgency"] == wanted.urgency)
        and (not wanted.text or wanted.text.lower() in f"{finding['title']} {finding['statement']} {finding['check']}".lower())
    )


def _stands(finding: Finding, stance: Stance | None, wanted: Wanted) -> bool:
    """Tell whether a finding stands as wanted: open are those unmet, or as asked for by outcome, that nobody spoke on."""
    if wanted.standing == "all":
        return True
    if wanted.standing == "open":
        return stance is None and (bool(wanted.outcome) or finding["outcome"] == "unmet")
    return stance is not None and stance.verdict == wanted.standing


def _place(finding: Finding, sort: str) -> tuple[Any, ...]:
    urgency = URGENCIES.index(finding["urgency"]) if finding["urgency"] in URGENCIES else NO_PLACE
    money = -weight(finding)
    first: dict[str, tuple[Any, ...]] = {
        "exposure": (money, urgency),
        "practice": (finding["check"], urgency, money),
        "title": (finding["title"].lower(),),
        "outcome": (OUTCOMES.index(finding["outcome"]), urgency, money),
    }
    return (*first.get(sort, (urgency, money)), finding["title"], finding["fingerprint"])


def weight(finding: Finding) -> float:
    """Return what a finding weighs in money: the P90 of its exposure times the chance, as page one ranks."""
    exposure = finding["exposure"]
    return float(exposure["p90"]) * float(finding["chance"] or 1.0) if exposure else 0.0


def finding(seat: Seat, run: Run | None, fingerprint: str) -> Finding:
    """Return a finding as the last run that saw it tells it; one that no run saw does not exist."""
    names = results.names_for(seat)
    latest = results.snapshot_of(seat, run) if run else None
    if latest and (found := latest.finding(names, fingerprint)):
        return found
    for each in _done(seat):
        sight, snapshot = _sight(seat, each, names, fingerprint), results.snapshot_of(seat, each)
        if snapshot and sight and sight.outcome != UNSEEN:
            return snapshot.findings(names)[fingerprint]
    raise NotFound("there is no such finding", "It may be of another client, or older than the runs that are kept.")


def told(seat: Seat, fingerprint: str) -> Told:
    """Return what runs saw of a finding, and what people said and did about it."""
    names = results.names_for(seat)
    history = [sight for run in _done(seat) if (sight := _sight(seat, run, names, fingerprint))]
    said = list(seat.of(Stance).filter(fingerprint=fingerprint).select_related("said_by").order_by("-created_at", "-id")[:MOST_NOTES])
    stands = next((each for each in said if each.withdrawn_at is None and (each.until is None or each.until >= today())), None)
    return Told(
        history=history,
        first_seen=next((_day(each.run) for each in reversed(history) if each.outcome != UNSEEN), None),
        stance=stands,
        past=[each for each in said if each is not stands],
        actions=list(seat.of(Action).filter(fingerprint=fingerprint).select_related("owner").order_by("created_at", "id")[:MOST_NOTES]),
        notes=list(
            seat.of(Note)
            .filter(about_kind="finding", about=fingerprint)
            .select_related("written_by")
            .order_by("-created_at", "-id")[:MOST_NOTES]
        ),
    )


def _done(seat: Seat) -> list[Run]:
    return list(seat.of(Run).filter(state=Run.State.DONE).exclude(snapshot="").defer("summary").order_by("-ended_at", "-id")[:RUNS_BACK])


def _sight(seat: Seat, run: Run, names: results.Names, fingerprint: str) -> Sight | None:
    snapshot = results.snapshot_of(seat, run)
    try:
        seen = _sights(snapshot, names).get(fingerprint) if snapshot else None
    except NotFound:
        return None
    return Sight(run, *seen) if seen else Sight(run, UNSEEN)


@lru_cache(64)
def _sights(snapshot: Snapshot, names: results.Names) -> dict[str, tuple[str, str, float | None, str]]:
    """Return outcome, urgency and P50 of every finding of a run: little enough to keep for many runs."""
    found = json.loads(snapshot.file(f"{names}/list.json"))
    return {key: _seen(each) for key, each in found.items()}


def _seen(finding: Finding) -> tuple[str, str, float | None, str]:
    exposure = finding["exposure"] or {"p50": None, "unit": ""}
    return finding["outcome"], finding["urgency"], exposure["p50"], exposure["unit"]


def _day(run: Run) -> date:
    return run.as_of or results.ended(run).date()
