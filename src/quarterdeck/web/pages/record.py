"""What was decided, promised, noted and spent, how our advice did, and the one line that captures."""

from collections.abc import Mapping
from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quarterdeck.domain.errors import Conflict, InputError, NotFound, NotPermitted
from quarterdeck.store.book.models import Decision, Note, Promise, Recommendation, TimeEntry
from quarterdeck.store.selectors import actions as reading
from quarterdeck.store.selectors import advice as advising
from quarterdeck.store.selectors import record as recorded
from quarterdeck.store.selectors.seats import Right, Seat, seats, today, with_right
from quarterdeck.store.services.followup import actions, record
from quarterdeck.store.services.followup.capture import Captured, capture
from quarterdeck.usecases.one_line import Kind
from quarterdeck.usecases.typed import FIRST_DAY, Wrong
from quarterdeck.web.access import seated, user_of
from quarterdeck.web.drawing import address, day, draw, plural
from quarterdeck.web.pages import filled
from quarterdeck.web.pages.filled import Filled

ON_A_PAGE = 50
QUESTION = ("question", "options", "asked_on", "needed_by", "decider", "delay_per_week")
CHOICE = ("choice", "reason", "reversal", "review_on")
PROMISE = ("sentence", "made_to", "due")
SPENT = ("minutes", "text", "day", "theme")


def _said(request: HttpRequest, sentence: str, name: str, *parts: object) -> HttpResponse:
    messages.success(request, sentence)
    return redirect(name, *parts)


@require_http_methods(["GET", "HEAD", "POST"])
@seated(Right.READ)
def decisions(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show what waits for a decision and what was decided, and take a new question."""
    form, key = Filled(filled.sent(request, *QUESTION)), filled.key(request)
    if request.method == "POST":
        if seat.of(Decision).filter(pk=key).exists():
            return redirect("decision", seat.client.pk, key)  # the form was sent twice
        try:
            record.ask(seat, key=key, **form.values)
        except (InputError, Conflict) as error:
            form = Filled(form.values, error)
        else:
            return _said(request, "Asked. It stands among the decisions until somebody decides.", "decision", seat.client.pk, key)
    found = {"waiting": recorded.open_decisions(seat), "decided": recorded.closed_decisions(seat)}
    return draw(request, "record/decisions.html", seat, status=form.status, form=form, key=key, **found)


@require_http_methods(["GET", "HEAD", "POST"])
@seated(Right.READ)
def decision(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Show a decision, or change its question."""
    found = seat.one(Decision, key)
    if request.method == "POST":
        typed = filled.sent(request, *QUESTION)
        try:
            record.rewrite(seat, found, seen=filled.seen(request), **typed)
        except (InputError, Conflict) as error:
            return _draw_decision(request, seat, key, Filled(typed, error, "question"))
        return _said(request, "Saved.", "decision", seat.client.pk, key)
    return _draw_decision(request, seat, key)


def _draw_decision(request: HttpRequest, seat: Seat, key: str, form: Filled | None = None) -> HttpResponse:
    aged = recorded.decision(seat, key)
    now = Filled(_typed(aged.decision, QUESTION + CHOICE))
    form = form or Filled()
    forms = {of: form if form.of == of else now for of in ("question", "choice")}
    told = {"notes": reading.notes(seat, "decision", key), "history": reading.history(seat, "decision", key, {}), "now": now}
    return draw(request, "record/decision.html", seat, status=form.status, aged=aged, form=form, forms=forms, **told)


def _typed(thing: Decision, names: tuple[str, ...]) -> dict[str, str]:
    """Return a record as it would be typed."""
    values = ((name, getattr(thing, name)) for name in names)
    return {name: "" if value is None else value.isoformat() if isinstance(value, date) else str(value) for name, value in values}


@require_POST
@seated(Right.DECIDE, Right.COMMENT)
def on_decision(request: HttpRequest, seat: Seat, key: str, what: str) -> HttpResponse:
    """Decide, open again, or write a note."""
    found = seat.one(Decision, key)
    typed = filled.sent(request, *(CHOICE if what == "choice" else ("text",)))
    try:
        sentence = _acted_on_decision(seat, found, what, typed, filled.seen(request))
    except (InputError, Conflict) as error:
        return _draw_decision(request, seat, key, Filled(typed, error, what))
    return _said(request, sentence, "decision", seat.client.pk, key)


def _acted_on_decision(seat: Seat, found: Decision, what: str, typed: Mapping[str, str], seen: int) -> str:
    match what:
        case "choice":
            record.decide(seat, found, seen=seen, **typed)
            return "Decided. The reason is kept with it."
        case "reopen":
            record.reopen(seat, found, seen=seen)
            return "Open again."
        case "note":
            record.note(seat, typed["text"], about_kind="decision", about=found.pk)
            return "Noted."
    raise NotFound("there is nothing here", "Go back to the decision.")


@require_http_methods(["GET", "HEAD", "POST"])
@seated(Right.READ)
def promises(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show what we promised, and take a new promise."""
    form, key = Filled(filled.sent(request, *PROMISE)), filled.key(request)
    if request.method == "POST":
        if seat.of(Promise).filter(pk=key).exists():
            return redirect("promises", seat.client.pk)
        try:
            record.promise(seat, key=key, **form.values)
        except (InputError, Conflict) as error:
            form = Filled(form.values, error, "new")
        else:
            return _said(request, "Promised.", "promises", seat.client.pk)
    return _draw_promises(request, seat, form, key=key)


def _draw_promises(request: HttpRequest, seat: Seat, form: Filled, *, key: str, at: str = "") -> HttpResponse:
    waiting, over = recorded.open_promises(seat), recorded.closed_promises(seat)
    late = {each.pk for each in (*waiting, *over) if recorded.is_late(each) or recorded.was_late(each)}
    return draw(request, "record/promises.html", seat, status=form.status, waiting=waiting, over=over, late=late, form=form, key=key, at=at)


@require_POST
@seated(Right.EDIT)
def on_promise(request: HttpRequest, seat: Seat, key: str, what: str) -> HttpResponse:
    """Keep a promise, move it or take it back."""
    found = seat.one(Promise, key)
    typed = filled.sent(request, "due", "reason")
    try:
        sentence = _acted_on_promise(seat, found, what, typed, filled.seen(request))
    except (InputError, Conflict) as error:
        return _draw_promises(request, seat, Filled(typed, error, what), key=filled.key(request), at=found.pk)
    return _said(request, sentence, "promises", seat.client.pk)


def _acted_on_promise(seat: Seat, found: Promise, what: str, typed: Mapping[str, str], seen: int) -> str:
    match what:
        case "keep":
            record.keep_promise(seat, found, seen=seen)
            return "Kept."
        case "move":
            record.move_promise(seat, found, typed["due"], seen=seen)
            return "Moved."
        case "drop":
            record.drop_promise(seat, found, typed["reason"], seen=seen)
            return "Taken back."
    raise NotFound("there is nothing here", "Go back to the promises.")


@require_http_methods(["GET", "HEAD", "POST"])
@seated(Right.READ)
def notes(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show notes, and take a new one."""
    form, key = Filled(filled.sent(request, "text")), filled.key(request)
    if request.method == "POST":
        if seat.of(Note).filter(pk=key).exists():
            return redirect("notes", seat.client.pk)
        try:
            record.note(seat, form["text"], key=key)
        except (InputError, Conflict) as error:
            form = Filled(form.values, error)
        else:
            return _said(request, "Noted.", "notes", seat.client.pk)
    asked = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    page = Paginator(recorded.notes(seat, asked), ON_A_PAGE).get_page(request.GET.get("page"))
    shown = {"page": page, "subjects": recorded.subjects(seat, list(page.object_list)), "asked": asked}
    query = address("notes", seat.client.pk, q=asked).partition("?")[2]
    return draw(
        request, "record/notes.html", seat, status=form.status, form=form, key=key, page_query=f"{query}&" if query else "", **shown
    )


@require_http_methods(["GET", "HEAD", "POST"])
@seated(Right.READ)
def time(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show a month's hours against those agreed, and take an entry."""
    form, key = Filled(filled.sent(request, *SPENT)), filled.key(request)
    if request.method == "POST":
        if seat.of(TimeEntry).filter(pk=key).exists():
            return redirect("time", seat.client.pk)
        try:
            record.spend(seat, key=key, **form.values)
        except (InputError, Conflict) as error:
            form = Filled(form.values, error)
        else:
            return _said(request, "Saved.", "time", seat.client.pk)
    month = recorded.month(seat, _month(request.GET.get("month", "")))
    return draw(request, "record/time.html", seat, status=form.status, form=form, key=key, month=month, themes=record.THEMES)


def _month(asked: str) -> date:
    """Return the first day of the month that an address names, else of this one; hours are of the past."""
    this = today().replace(day=1)
    try:
        return min(this, max(FIRST_DAY, date.fromisoformat(f"{asked}-01")))
    except ValueError:
        return this


@require_POST
@seated(Right.EDIT)
def take_out(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Remove a time entry; one that is gone already is no mistake."""
    if entry := seat.of(TimeEntry).filter(pk=key).first():
        record.take_out(seat, entry)
    return _said(request, "Taken out. The trail keeps it.", "time", seat.client.pk)


@seated(Right.READ)
@require_safe
def advice(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show how our advice did."""
    return _draw_advice(request, seat)


def _draw_advice(request: HttpRequest, seat: Seat, form: Filled | None = None, at: str = "") -> HttpResponse:
    form = form or Filled()
    shown = {"scores": advising.advice_record(seat), "waiting": advising.waiting(seat), "declined": advising.declined(seat)}
    return draw(request, "record/advice.html", seat, status=form.status, form=form, at=at, key=filled.key(request), **shown)


@require_POST
@seated(Right.EDIT)
def propose(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Propose something."""
    typed, key = filled.sent(request, "sentence"), filled.key(request)
    if not seat.of(Recommendation).filter(pk=key).exists():
        try:
            actions.recommend(seat, typed["sentence"], key=key)
        except (InputError, Conflict) as error:
            return _draw_advice(request, seat, Filled(typed, error, "new"))
    return _said(request, "Proposed.", "advice", seat.client.pk)


@require_POST
@seated(Right.DECIDE)
def on_advice(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Accept, decline or defer a recommendation."""
    found = seat.one(Recommendation, key)
    typed = filled.sent(request, "state", "reason")
    try:
        actions.decide_on(seat, found, typed["state"], reason=typed["reason"], seen=filled.seen(request))
    except (InputError, Conflict) as error:
        return _draw_advice(request, seat, Filled(typed, error, "decide"), at=found.pk)
    return _said(request, f"{found.get_state_display()}.", "advice", seat.client.pk)


@require_POST
@login_required
def captured(request: HttpRequest) -> HttpResponse:
    """Take one line from anywhere and say what was understood."""
    typed = filled.sent(request, "line", "client", "next")
    able = with_right(seats(user_of(request)), Right.COMMENT)
    try:
        done = capture(_chosen(able, typed["client"]), typed["line"])
    except (InputError, Conflict, NotPermitted) as error:
        refusal = Wrong("line", error.message, error.hint) if isinstance(error, NotPermitted) else error
        status = 403 if isinstance(error, NotPermitted) else 422
        return draw(request, "record/capture.html", status=status, form=Filled(typed, refusal), clients=[each.client for each in able])
    messages.success(request, _understood(done))
    return redirect(_own_path(typed["next"]))


def _chosen(able: list[Seat], client: str) -> Seat:
    """Return the seat that a line goes to; whoever has a single one need not choose."""
    chosen = [each for each in able if each.client.pk == client] if client else able
    if len(chosen) != 1:
        raise Wrong("client", "Say which client this is for.", "Choose one from the list.")
    return chosen[0]


def _own_path(asked: str) -> str:
    """Return where to go back to, if it is a page of ours."""
    ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if ours else address("week")


WHERE = {Kind.DECISION: "decision", Kind.ACTION: "action", Kind.PROMISE: "promises", Kind.TIME: "time", Kind.NOTE: "notes"}


def _understood(done: Captured) -> str:
    """Say what a line became, with a link; everything that was typed is escaped."""
    read, client = done.line, done.thing.client
    one = read.kind in (Kind.DECISION, Kind.ACTION)
    where = address(WHERE[read.kind], client.pk, *([done.thing.pk] if one else []))
    length = f" of {plural(read.minutes, 'minute')}" if read.minutes else ""
    person = f", {'to' if read.kind == Kind.PROMISE else 'for'} {read.person}" if read.person else ""
    until = f", {'on' if read.kind == Kind.TIME else 'by'} {day(read.day)}" if read.day else ""
    saved = "Saved already as" if done.again else "Saved as"
    told = f": {read.text}" if read.text else ""
    what = f"{_article(read.kind)} {read.kind}"
    return format_html('{} <a href="{}">{}{}</a>{}{}{}. ({})', saved, where, what, length, person, until, told, client.name)


def _article(kind: Kind) -> str:
    return "an" if kind == Kind.ACTION else "a"


urlpatterns = [
    path("capture/", captured, name="capture"),
    path("c/<slug:client>/decisions/", decisions, name="decisions"),
    path("c/<slug:client>/decisions/<slug:key>/", decision, name="decision"),
    path("c/<slug:client>/decisions/<slug:key>/<slug:what>/", on_decision, name="act_on_decision"),
    path("c/<slug:client>/promises/", promises, name="promises"),
    path("c/<slug:client>/promises/<slug:key>/<slug:what>/", on_promise, name="act_on_promise"),
    path("c/<slug:client>/notes/", notes, name="notes"),
    path("c/<slug:client>/time/", time, name="time"),
    path("c/<slug:client>/time/<slug:key>/out/", take_out, name="take_out_time"),
    path("c/<slug:client>/advice/", advice, name="advice"),
    path("c/<slug:client>/advice/new/", propose, name="propose"),
    path("c/<slug:client>/advice/<slug:key>/", on_advice, name="decide_on_advice"),
]
