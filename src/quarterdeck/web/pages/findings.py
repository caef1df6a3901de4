"""The list of findings, and the page of one: what it rests on, what people said, what is done about it."""

import csv
import io
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from quarterdeck.deliver.exchange.rows import neutral
from quarterdeck.domain.errors import Conflict, NotFound
from quarterdeck.store.book.models import Person, Stance
from quarterdeck.store.selectors import findings as found
from quarterdeck.store.selectors import results
from quarterdeck.store.selectors.findings import Finding, Listed, Listing, Wanted
from quarterdeck.store.selectors.seats import Right, Seat, today
from quarterdeck.store.services.followup import actions as advice
from quarterdeck.store.services.followup import findings as saying
from quarterdeck.usecases import typed
from quarterdeck.usecases.typed import Wrong
from quarterdeck.web.access import seated
from quarterdeck.web.drawing import draw

ON_A_PAGE = 25
ACCEPTED_FOR, DUE_IN = timedelta(days=180), timedelta(days=14)  # what the forms propose
COLUMNS = (
    "fingerprint", "practice", "check", "urgency", "outcome", "title", "statement", "exposure_p10", "exposure_p50", "exposure_p90", "unit",
    "chance", "said", "reason", "until",
)  # fmt: skip


@seated(Right.READ)
@require_safe
def listed(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show the findings of the last run."""
    wanted = _wanted(request)
    listing = _listing(seat, wanted)
    page = Paginator(listing.rows if listing else [], ON_A_PAGE).get_page(request.GET.get("page"))
    query = _query(wanted)
    return draw(
        request,
        "home/findings.html",
        seat,
        listing=listing,
        wanted=wanted,
        page=page,
        page_query=f"{query}&" if query else "",
        query=query,
        choices={"urgency": found.URGENCIES, "outcome": found.OUTCOMES, "standing": found.STANDINGS, "sort": found.SORTS},
    )


def _wanted(request: HttpRequest) -> Wanted:
    """Read what is wanted; what nobody offers is taken as not asked for."""

    def asked(name: str, options: tuple[str, ...], default: str = "") -> str:
        given = request.GET.get(name, "")
        return given if given in options else default

    return Wanted(
        practice=request.GET.get("practice", "")[:40],
        outcome=asked("outcome", found.OUTCOMES),
        urgency=asked("urgency", found.URGENCIES),
        standing=asked("standing", found.STANDINGS, "open"),
        text=request.GET.get("text", "").strip()[:200],
        sort=asked("sort", found.SORTS, "urgency"),
    )


def _query(wanted: Wanted) -> str:
    plain = Wanted()
    names = ("practice", "outcome", "urgency", "standing", "text", "sort")
    return urlencode({name: getattr(wanted, name) for name in names if getattr(wanted, name) != getattr(plain, name)})


def _listing(seat: Seat, wanted: Wanted) -> Listing | None:
    snapshot = results.latest_snapshot(seat)
    return found.listing(seat, snapshot, wanted) if snapshot else None


@seated(Right.READ)
@require_safe
def as_csv(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Send the findings that are listed as CSV; no spreadsheet takes a text of it as a formula."""
    listing = _listing(seat, _wanted(request))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in listing.rows if listing else []:
        writer.writerow([neutral(each) for each in _cells(row)])
    headers = {"Content-Disposition": 'attachment; filename="findings.csv"'}
    return HttpResponse("\ufeff" + out.getvalue(), "text/csv; charset=utf-8", headers=headers)


def _cells(row: Listed) -> list[Any]:
    each, said = row.finding, row.stance
    exposure: Mapping[str, Any] = each["exposure"] or {}
    return [
        each["fingerprint"], found.practice_of(each), each["check"], each["urgency"], each["outcome"], each["title"], each["statement"],
        *(exposure.get(name, "") for name in ("p10", "p50", "p90", "unit")), "" if each["chance"] is None else each["chance"],
        said.verdict if said else "", said.reason if said else "", said.until.isoformat() if said and said.until else "",
    ]  # fmt: skip


@seated(Right.READ)
@require_safe
def one(request: HttpRequest, seat: Seat, fingerprint: str) -> HttpResponse:
    """Show a finding."""
    return _draw(request, seat, fingerprint)


def _draw(request: HttpRequest, seat: Seat, fingerprint: str, wrong: Wrong | Conflict | None = None) -> HttpResponse:
    run = results.latest_run(seat)
    finding = found.finding(seat, run, fingerprint)
    return draw(
        request,
        "home/finding.html",
        seat,
        status=200 if wrong is None else 409 if isinstance(wrong, Conflict) else 422,
        run=run,
        finding=finding,
        practice=found.practice_of(finding),
        told=found.told(seat, fingerprint),
        people=seat.of(Person)[:500] if seat.may(Right.EDIT) else [],
        sent=request.POST,
        wrong={getattr(wrong, "field", "form"): wrong} if wrong else {},
        accept_until=today() + ACCEPTED_FOR,
        due=today() + DUE_IN,
    )


@require_POST
@seated(Right.DECIDE, Right.EDIT)
def say(request: HttpRequest, seat: Seat, fingerprint: str) -> HttpResponse:
    """Accept the risk of a finding, or dismiss it."""
    _there(seat, fingerprint)
    try:
        until = typed.day("until", request.POST.get("until", ""))
        verdict, reason = request.POST.get("verdict", ""), request.POST.get("reason", "")
        stance = saying.stand(seat, fingerprint, verdict, reason=reason, until=until, seen=request.POST.get("seen", ""))
    except (Wrong, Conflict) as wrong:
        return _draw(request, seat, fingerprint, wrong)
    messages.success(request, f"{stance.get_verdict_display()}. It leaves the open findings{' until its last day' if until else ''}.")
    return redirect("finding", seat.client.pk, fingerprint)


@require_POST
@seated(Right.DECIDE, Right.EDIT)
def withdraw(request: HttpRequest, seat: Seat, fingerprint: str) -> HttpResponse:
    """Take back what was said on a finding."""
    stance = seat.of(Stance).filter(pk=request.POST.get("stance", ""), fingerprint=fingerprint).first()
    if stance is None:
        raise NotFound("there is nothing to take back", "Reload the finding to see what stands there now.")
    saying.withdraw(seat, stance)
    messages.success(request, "Taken back: the finding is open again.")
    return redirect("finding", seat.client.pk, fingerprint)


@require_POST
@seated(Right.COMMENT)
def remark(request: HttpRequest, seat: Seat, fingerprint: str) -> HttpResponse:
    """Write a note on a finding."""
    _there(seat, fingerprint)
    try:
        saying.note(seat, fingerprint, request.POST.get("text", ""))
    except Wrong as wrong:
        return _draw(request, seat, fingerprint, wrong)
    messages.success(request, "Your note is kept.")
    return redirect("finding", seat.client.pk, fingerprint)


@require_POST
@seated(Right.EDIT)
def take_up(request: HttpRequest, seat: Seat, fingerprint: str) -> HttpResponse:
    """Turn what a finding recommends into an action."""
    finding = _there(seat, fingerprint)
    try:
        due = typed.day("due", request.POST.get("due", ""))
        owner = seat.one(Person, key) if (key := request.POST.get("owner", "")) else None
        action = advice.from_finding(seat, finding, owner=owner, due=due)
    except (Wrong, Conflict) as wrong:
        return _draw(request, seat, fingerprint, wrong)
    messages.success(request, "The action is written down, with a message that is ready to send.")
    return redirect("action", seat.client.pk, action.pk)


def _there(seat: Seat, fingerprint: str) -> Finding:
    """Return a finding of this client; what no run saw cannot be spoken on."""
    return found.finding(seat, results.latest_run(seat), fingerprint)


urlpatterns = [
    path("c/<slug:client>/findings/", listed, name="findings"),
    path("c/<slug:client>/findings.csv", as_csv, name="findings_csv"),
    path("c/<slug:client>/findings/<slug:fingerprint>/", one, name="finding"),
    path("c/<slug:client>/findings/<slug:fingerprint>/say/", say, name="finding_say"),
    path("c/<slug:client>/findings/<slug:fingerprint>/withdraw/", withdraw, name="finding_withdraw"),
    path("c/<slug:client>/findings/<slug:fingerprint>/note/", remark, name="finding_note"),
    path("c/<slug:client>/findings/<slug:fingerprint>/action/", take_up, name="finding_action"),
]
