"""Findings over the API."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from ninja import Query, Router, Status

from quarterdeck.domain.errors import NotFound
from quarterdeck.store.book.models import Stance
from quarterdeck.store.selectors.results import latest_snapshot, names_for
from quarterdeck.store.selectors.seats import Right, Seat, today
from quarterdeck.store.services.followup import actions
from quarterdeck.store.services.followup import findings as verbs
from quarterdeck.web.api.common import answers, part, person_of, seat_at
from quarterdeck.web.api.shapes import ActionOut, FindingFilter, FindingOut, FromFinding, StanceIn

router = Router(tags=["findings"])


@router.get("/clients/{client}/findings", response=answers(200, list[FindingOut]), summary="Findings of the last run")
def list_findings(request: HttpRequest, client: str, wanted: Query[FindingFilter]) -> Any:
    """Return the findings of the last run; none before the first."""
    seat = seat_at(request, client, Right.READ)
    chosen = [each for each in _found(seat).values() if _fits(each, wanted)]
    said = _said(seat)
    return [_out(each, said) for each in part(chosen, wanted)]


@router.get("/clients/{client}/findings/{fingerprint}", response=answers(200, FindingOut), summary="One finding")
def one(request: HttpRequest, client: str, fingerprint: str) -> Any:
    """Return a finding of the last run."""
    seat = seat_at(request, client, Right.READ)
    return _out(_one(seat, fingerprint), _said(seat))


@router.post("/clients/{client}/findings/{fingerprint}/stance", response=answers(200, FindingOut), summary="Accept or dismiss")
def say(request: HttpRequest, client: str, fingerprint: str, wish: StanceIn) -> Any:
    """Accept the risk of a finding, or dismiss it, with the reason."""
    seat = seat_at(request, client, Right.EDIT, Right.DECIDE)
    found = _one(seat, fingerprint)
    before = verbs.standing(seat, fingerprint)
    verbs.stand(seat, fingerprint, wish.verdict, reason=wish.reason, until=wish.until, seen=before.pk if before else "")
    return _out(found, _said(seat))


@router.post("/clients/{client}/findings/{fingerprint}/action", response=answers(201, ActionOut), summary="Turn into an action")
def act(request: HttpRequest, client: str, fingerprint: str, wish: FromFinding) -> Any:
    """Turn what a finding recommends into an action; while one is open, that one is the answer."""
    seat = seat_at(request, client, Right.EDIT)
    return Status(201, actions.from_finding(seat, _one(seat, fingerprint), owner=person_of(seat, wish.owner), due=wish.due))


def _found(seat: Seat) -> Mapping[str, Mapping[str, Any]]:
    snapshot = latest_snapshot(seat)
    return snapshot.findings(names_for(seat)) if snapshot else {}


def _one(seat: Seat, fingerprint: str) -> Mapping[str, Any]:
    found = _found(seat).get(fingerprint)
    if found is None:
        raise NotFound("the last run has no such finding", "List the findings; it may be gone since.")
    return found


def _said(seat: Seat) -> dict[str, str]:
    """Return what stands on findings today, by fingerprint."""
    standing = seat.of(Stance).filter(Q(until=None) | Q(until__gte=today()), withdrawn_at=None).order_by("created_at", "pk")
    return dict(standing.values_list("fingerprint", "verdict"))


def _fits(finding: Mapping[str, Any], wanted: FindingFilter) -> bool:
    pairs = (
        (wanted.outcome, finding["outcome"]),
        (wanted.urgency, finding["urgency"]),
        (wanted.practice, finding["check"].partition("/")[0]),
    )
    return all(asked is None or asked == has for asked, has in pairs)


def _out(finding: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    return {**finding, "stance": said.get(finding["fingerprint"], "open")}
