"""The pages that a day begins with: this week over all clients, a client's bridge, a practice of a client."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quarterdeck.deliver.terms import MARKS
from quarterdeck.domain.errors import Conflict, InputError, NotFound, NotPermitted
from quarterdeck.store.book.models import Action, Client, Decision, Promise
from quarterdeck.store.selectors import home, results
from quarterdeck.store.selectors.seats import Right, Seat, seats, today
from quarterdeck.store.services.followup import actions, record
from quarterdeck.store.services.seating import clients
from quarterdeck.usecases import typed
from quarterdeck.usecases.typed import Wrong
from quarterdeck.web.access import seated, user_of
from quarterdeck.web.drawing import draw, trusted
from quarterdeck.web.pages import filled

PUT_OFF = timedelta(days=home.AHEAD + 1)  # what a postponed thing is moved by, unless somebody types another day: off this page
FRESH_CLIENTS = 8  # whose changes are shown at first
FOREVER = "public, max-age=31536000, immutable"
CURRENCIES = ("USD", "EUR", "GBP", "CHF", "JPY")
LONGEST_VERSION = 10  # digits
MOST_PEOPLE = 10_000_000
Sent = Mapping[str, str]


@dataclass(frozen=True)
class Refused:
    """A change on *This week* that was not taken: where, what was typed, and why."""

    key: str
    typed: Sent
    error: InputError | Conflict


@login_required
@require_safe
def week(request: HttpRequest) -> HttpResponse:
    """Show what needs somebody this week, over all of their clients."""
    return _draw_week(request)


def _draw_week(request: HttpRequest, refused: Refused | None = None) -> HttpResponse:
    taken = seats(user_of(request))
    everything = bool(request.GET.get("all"))
    found = home.week(taken, most=home.MOST if everything else home.FETCHED)
    return draw(
        request,
        "home/week.html",
        status=200 if refused is None else 409 if isinstance(refused.error, Conflict) else 422,
        week=found,
        everything=everything,
        seats={each.client.pk: each for each in taken},
        capture_clients=[each.client for each in taken if each.may(Right.COMMENT)],
        opens=user_of(request).may_open_clients,
        shown=home.MOST if everything else home.SHOWN,
        shown_clients=len(taken) if everything else FRESH_CLIENTS,
        marks=MARKS,
        later=today() + PUT_OFF,
        refused=refused,
    )


@require_POST
@seated(Right.EDIT, Right.DECIDE, Right.OWN)
def act(request: HttpRequest, seat: Seat, kind: str, key: str) -> HttpResponse:
    """Complete or postpone one thing from *This week*."""
    sent: Sent = {name: str(request.POST.get(name, "")) for name in ("what", "due", "reason", "witness", "seen")}
    try:
        messages.success(request, _acted(seat, kind, key, sent))
    except (InputError, Conflict) as error:
        return _draw_week(request, Refused(key, sent, error))
    return redirect("week")


def _acted(seat: Seat, kind: str, key: str, sent: Sent) -> str:
    """Do what was asked and return the sentence that says so."""
    seen = int(sent["seen"]) if sent["seen"].isascii() and sent["seen"].isdigit() and len(sent["seen"]) < LONGEST_VERSION else None
    acts = {"action": _act_on_action, "promise": _act_on_promise, "decision": _act_on_decision}
    if kind not in acts or sent["what"] not in ("done", "later"):
        raise NotFound("there is nothing here", "Go back to This week.")
    return acts[kind](seat, key, sent, seen)


def _act_on_action(seat: Seat, key: str, sent: Sent, seen: int | None) -> str:
    action = seat.one(Action, key)
    if sent["what"] == "done":
        actions.complete(seat, action, witness=sent["witness"], witnessed=sent["reason"], seen=seen)
        return f"Done: {action.sentence}"
    actions.postpone(seat, action, sent["due"], sent["reason"], seen=seen)
    return f"Postponed: {action.sentence}"


def _act_on_promise(seat: Seat, key: str, sent: Sent, seen: int | None) -> str:
    promise = seat.one(Promise, key)
    if sent["what"] == "done":
        record.keep_promise(seat, promise, seen=seen)
        return f"Kept: {promise.sentence}"
    with transaction.atomic():
        record.move_promise(seat, promise, _later(sent), seen=seen)
        _note_why(seat, "promise", key, sent)
    return f"Postponed: {promise.sentence}"


def _act_on_decision(seat: Seat, key: str, sent: Sent, seen: int | None) -> str:
    decision = seat.one(Decision, key)
    if sent["what"] == "done":
        raise InputError("a decision needs its answer", "Open it and write down what was chosen, and why.")
    with transaction.atomic():
        record.rewrite(seat, decision, seen=seen, needed_by=_later(sent))
        _note_why(seat, "decision", key, sent)
    return f"Postponed: {decision.question}"


def _later(sent: Sent) -> date:
    """Return the day that something is moved to."""
    day = typed.day("due", sent["due"])
    if day is None or day < today():
        raise Wrong("due", "This needs a day that is still to come.", "Choose one.")
    return day


def _note_why(seat: Seat, kind: str, key: str, sent: Sent) -> None:
    """Keep the reason of a postponement as a note on the thing."""
    why = typed.line("reason", sent["reason"], most=2000, needed="Say why it has to wait.")
    record.note(seat, f"Postponed to {sent['due']}: {why}", about_kind=kind, about=key)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_client(request: HttpRequest) -> HttpResponse:
    """Open a client."""
    user = user_of(request)
    if not user.may_open_clients:
        raise NotPermitted("your account may not open clients", "Ask the person who set up this workspace.")
    sent = {name: request.POST.get(name, "") for name in ("name", "industry", "head_count", "developers", "revenue", "currency", "goals")}
    error, key = None, filled.key(request)
    if request.method == "POST":
        if Client.objects.filter(pk=key).exists():
            return redirect("bridge", key)  # the form was sent twice
        try:
            made = clients.open_client(user, id=key, **_about(sent))
        except Wrong as wrong:
            error = wrong
        else:
            messages.success(request, f"{made.name} is open. Add a repository, and the first run says where they stand.")
            return redirect("bridge", made.pk)
    return draw(
        request,
        "home/new_client.html",
        status=422 if error else 200,
        sent=sent,
        key=key,
        wrong={error.field: error} if error else {},
        currencies=[(each, each) for each in CURRENCIES],
    )


def _about(sent: Sent) -> dict[str, Any]:
    """Return what was typed about a client; unknown figures stay empty."""
    return {
        "name": typed.line("name", sent["name"], most=120, needed="Type the company's name."),
        "industry": typed.line("industry", sent["industry"], most=60),
        "head_count": _count("head_count", sent["head_count"]),
        "developers": _count("developers", sent["developers"]),
        "revenue": typed.amount("revenue", sent["revenue"]),
        "currency": typed.one_of("currency", sent["currency"] or CURRENCIES[0], CURRENCIES),
        "goals": typed.words("goals", sent["goals"]),
    }


def _count(field: str, value: str) -> int | None:
    if value.strip() and not value.strip().isdecimal():
        raise Wrong(field, "This is not a whole number.", "Type digits only, or leave it empty.")
    count = typed.amount(field, value)
    if count is not None and count > MOST_PEOPLE:
        raise Wrong(field, "No company has so many people.", "Check the number.")
    return int(count) if count is not None else None


@seated(Right.READ)
@require_safe
def bridge(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show where a client stands."""
    if request.GET.get("part") == "progress":
        return _progress(request, seat)
    return draw(request, "home/bridge.html", seat, bridge=home.bridge(seat), marks=MARKS, ahead=home.AHEAD)


def _progress(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show how far the run is that is under way; when it is over, have the page loaded anew."""
    run = results.run_under_way(seat)
    if run is None:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return draw(request, "home/progress.html", seat, run=run)


@seated(Right.READ)
@require_safe
def practice(request: HttpRequest, seat: Seat, practice: str) -> HttpResponse:
    """Show the sections of a practice as the report has them."""
    run = results.latest_run(seat)
    summary = results.summary_of(seat, run) if run else {}
    about = next((each for each in summary.get("practices", []) if each["id"] == practice), None)
    snapshot = results.snapshot_of(seat, run) if run else None
    if run is None or about is None or snapshot is None:
        raise NotFound("this practice was not assessed", "Go back to the bridge to see which were, and what the others need.")
    names = results.names_for(seat)
    return draw(
        request,
        "home/practice.html",
        seat,
        run=run,
        about=about,
        practices=summary["practices"],
        sections=trusted(snapshot.fragment(names, practice)),
        specs=snapshot.charts(names, practice),
        vega=_vega_version(),
    )


@lru_cache(1)
def _vega_version() -> str:
    return version("vl-convert-python")


@lru_cache(1)
def _vega(*, packed: bool) -> bytes:
    """Return the chart library, made once for each version of its package."""
    from quarterdeck.deliver.html import bundle  # noqa: PLC0415 - most pages draw no chart

    plain = bundle(settings.WORKSPACE.cache).encode("utf-8")
    return gzip.compress(plain, mtime=0) if packed else plain


@require_safe
def vega(request: HttpRequest) -> HttpResponse:
    """Send the chart library, which is the same for everybody and changes with its version only."""
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    return HttpResponse(
        _vega(packed=packed), "text/javascript; charset=utf-8", headers=headers | ({"Content-Encoding": "gzip"} if packed else {})
    )


urlpatterns = [
    path("", week, name="week"),
    path("clients/new/", new_client, name="new_client"),
    path("charts/vega.js", vega, name="vega"),
    path("c/<slug:client>/", bridge, name="bridge"),
    path("c/<slug:client>/practices/<slug:practice>/", practice, name="practice"),
    path("c/<slug:client>/week/<slug:kind>/<slug:key>/", act, name="week_act"),
]
