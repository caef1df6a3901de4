"""The record of our advice: what was proposed, taken, shipped and confirmed, by room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F

from quarterdeck.store.book.models import Action, Recommendation
from quarterdeck.store.selectors.seats import Seat
from quarterdeck.usecases.advice import Acted, Advised, Scores, by_room, room_of, scores

MOST_WAITING = 50
UNDECIDED = (Recommendation.State.PROPOSED, Recommendation.State.DEFERRED)


@dataclass(frozen=True)
class AdviceRecord:
    """How our advice did: in all, and room by room."""

    whole: Scores
    rooms: Sequence[Scores]


def advice_record(seat: Seat) -> AdviceRecord:
    """Count what became of a client's recommendations and actions."""
    named = ("recommendation", "check_id", "effect", "shipped_on", "actual_effort_days", "effort")
    acts = list(seat.of(Action).exclude(state=Action.State.DROPPED).values(*named))
    shipped = {row["recommendation"]: row["shipped_on"] for row in acts if row["recommendation"] and row["shipped_on"]}
    advised = [_advised(row, shipped) for row in seat.of(Recommendation).values("id", "check_id", "state", "decided_on", "proposed_on")]
    acted = [_acted(row) for row in acts]
    return AdviceRecord(scores(advised, acted), by_room(advised, acted))


def _advised(row: Mapping[str, Any], shipped: Mapping[str, Any]) -> Advised:
    on = shipped.get(row["id"])
    days = max(0, (on - (row["decided_on"] or row["proposed_on"])).days) if on else None
    return Advised(room_of(row["check_id"]), row["state"], on is not None, days)


def _acted(row: Mapping[str, Any]) -> Acted:
    took = row["actual_effort_days"]
    return Acted(room_of(row["check_id"]), row["effect"], None if took is None else float(took), row["effort"])


def waiting(seat: Seat) -> list[Recommendation]:
    """Return recommendations that nobody decided on, the oldest first."""
    return list(seat.of(Recommendation).filter(state__in=UNDECIDED).order_by("proposed_on", "id")[:MOST_WAITING])


def declined(seat: Seat) -> list[Recommendation]:
    """Return recommendations that were declined, the latest first."""
    rows = seat.of(Recommendation).filter(state=Recommendation.State.DECLINED).select_related("decided_by")
    return list(rows.order_by(F("decided_on").desc(nulls_last=True), "id")[:MOST_WAITING])
