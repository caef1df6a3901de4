"""The list of actions with filters and bulk edit, and the page of one."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quarterdeck.deliver.words import explained
from quarterdeck.domain.errors import Conflict, InputError, NotFound
from quarterdeck.store.book.models import Action, Person
from quarterdeck.store.selectors import actions as reading
from quarterdeck.store.selectors.actions import NOBODY
from quarterdeck.store.selectors.seats import Right, Seat, today
from quarterdeck.store.services.followup import actions, record
from quarterdeck.usecases.typed import Wrong, spread_text
from quarterdeck.web.access import seated
from quarterdeck.web.drawing import address, draw, plural
from quarterdeck.web.pages import filled
from quarterdeck.web.pages.filled import Filled

ON_A_PAGE = 50
KEEP = "keep"  # in a bulk edit: leave as it is
TYPED = ("sentence", "detail", "owner", "due", "effort", "cost", "done_when", "message")
PROGRESS = ("state", "actual_effort_days")
RANGES = ("effort", "cost")
STATES = (("", "open"), ("open", "not begun"), ("doing", "under way"), ("done", "done"), ("dropped", "dropped"), ("any", "any"))
DUES = (("", "any day"), ("overdue", "overdue"), ("week", "this week"), ("none", "no date"))
EFFECTS = (("", "any effect"), *((each.value, each.label.lower()) for each in Action.Effect))
MOVES = ((KEEP, "as it is"), ("open", "not begun"), ("doing", "under way"), ("done", "done"), ("dropped", "dropped"))


@seated(Right.READ, Right.OWN)
@require_safe
def listed(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show the actions that somebody may see."""
    return _draw_list(request, seat)


def _draw_list(request: HttpRequest, seat: Seat, form: Filled | None = None, *, status: int = 0, **more: Any) -> HttpResponse:
    asked = reading.wanted(request.GET)
    page = Paginator(reading.listed(seat, asked), ON_A_PAGE).get_page(request.GET.get("page"))
    form = form or Filled()
    query = address("actions", seat.client.pk, **asked.query()).partition("?")[2]
    people = reading.owners(seat) if seat.may(Right.READ) else []
    shown = {"asked": asked, "page": page, "page_query": f"{query}&" if query else "", "form": form, "chosen": set(), "refused": []}
    shown |= {
        "people": people,
        "named": reading.named,
        "states": STATES,
        "dues": DUES,
        "moves": MOVES,
        "effects": EFFECTS,
        "counts": reading.counted(seat),
        "late": _late(page.object_list),
    }
    return draw(request, "actions/list.html", seat, status=status or form.status, **shown | more)


def _late(rows: Any) -> set[str]:
    """Return the actions of a page that are past their day."""
    return {each.pk for each in rows if each.due and each.due < today() and each.state in reading.OPEN}


@require_POST
@seated(Right.EDIT)
def bulk(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Change many actions at once; what is refused is listed, the rest is done."""
    typed = filled.sent(request, "owner", "due", "state", "reason", "witness")
    chosen = _chosen(request.POST.getlist("chosen"))
    try:
        done = actions.change_many(seat, chosen, reason=typed["reason"], witness=typed["witness"], **_changes(seat, typed))
    except (InputError, Conflict) as error:
        return _draw_list(request, seat, Filled(typed, error), chosen=set(chosen))
    if done.done:
        messages.success(request, f"{plural(len(done.done), 'action')} changed.")
    if done.refused:
        return _draw_list(request, seat, Filled(typed), refused=done.refused, chosen={each.pk for each, _ in done.refused}, status=409)
    return redirect(address("actions", seat.client.pk, **reading.wanted(request.GET).query()))


def _chosen(given: list[str]) -> dict[str, int]:
    """Return the ticked actions with the version that was seen of each."""
    parts = (each.partition(":") for each in given)
    return {key: int(version) for key, _, version in parts if version.isascii() and version.isdigit() and len(version) < 10}


def _changes(seat: Seat, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return what a bulk edit changes: what was left as it is stays out."""
    changes: dict[str, Any] = {}
    if typed["owner"] not in ("", KEEP):
        changes["owner"] = _owner(seat, typed["owner"])
    if typed["due"]:
        changes["due"] = typed["due"]
    if typed["state"] not in ("", KEEP):
        changes["state"] = typed["state"]
    return changes


def _owner(seat: Seat, key: str) -> Person | None:
    """Return who was chosen from the list of owners."""
    try:
        return seat.one(Person, key) if key not in ("", NOBODY) else None
    except NotFound:
        raise Wrong("owner", "This person is not known here.", "Choose one from the list.") from None


@require_http_methods(["GET", "HEAD", "POST"])
@seated(Right.EDIT)
def new(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Write down an action."""
    form = Filled(filled.sent(request, *TYPED))
    key = filled.key(request)
    if request.method == "POST":
        if known := seat.of(Action).filter(pk=key).first():
            return redirect("action", seat.client.pk, known.pk)  # the form was sent twice
        try:
            made = actions.create(seat, key=key, **_typed(seat, form.values))
        except (InputError, Conflict) as error:
            form = Filled(form.values, error)
        else:
            messages.success(request, "Saved. A colleague finds it in the list of actions.")
            return redirect("action", seat.client.pk, made.pk)
    return draw(request, "actions/new.html", seat, status=form.status, form=form, key=key, people=reading.owners(seat))


def _typed(seat: Seat, values: Mapping[str, str]) -> dict[str, Any]:
    return {**values, "owner": _owner(seat, values["owner"])}


@require_http_methods(["GET", "HEAD", "POST"])
@seated(Right.READ, Right.OWN)
def one(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Show an action, or change it."""
    action = reading.one(seat, key)
    if request.method != "POST":
        return _draw_one(request, seat, action)
    names = TYPED if seat.may(Right.EDIT) else PROGRESS
    typed = filled.sent(request, *names)
    try:
        fields = _changed(seat, action, typed) if seat.may(Right.EDIT) else {name: value for name, value in typed.items() if value}
        actions.edit(seat, action, seen=filled.seen(request), **fields)
    except (InputError, Conflict) as error:
        return _draw_one(request, seat, reading.one(seat, key), Filled(typed, error, "edit"))
    messages.success(request, "Saved.")
    return redirect("action", seat.client.pk, key)


def _changed(seat: Seat, action: Action, typed: Mapping[str, str]) -> dict[str, Any]:
    """Leave out ranges that nobody touched: typed again, they would lose what they rest on."""
    return _typed(seat, {name: value for name, value in typed.items() if name not in RANGES or value != spread_text(getattr(action, name))})


def _draw_one(request: HttpRequest, seat: Seat, action: Action, form: Filled | None = None) -> HttpResponse:
    people = reading.owners(seat) if seat.may(Right.READ) else []
    now = Filled(_values(action), of="edit")
    form = form or Filled()
    return draw(
        request,
        "actions/one.html",
        seat,
        status=form.status,
        action=action,
        owner=reading.named(seat, action.owner),
        late=bool(_late([action])),
        form=form,
        now=now,
        edit=form if form.of == "edit" else now,
        people=people,
        story=reading.story(seat, action, people),
        explained=explained,
        mine=seat.may(Right.OWN) and action.owner_id is not None and action.owner_id == seat.person,
        ended=action.state in actions.ENDED,
    )


def _values(action: Action) -> dict[str, str]:
    """Return an action as it would be typed."""
    plain = {name: getattr(action, name) for name in ("sentence", "detail", "done_when", "message", "state", "witness", "witnessed")}
    took = action.actual_effort_days
    return plain | {
        "owner": action.owner_id or NOBODY,
        "due": action.due.isoformat() if action.due else "",
        "effort": spread_text(action.effort),
        "cost": spread_text(action.cost),
        "actual_effort_days": "" if took is None else f"{took.normalize():f}",
    }


ACTS = ("begin", "complete", "postpone", "drop", "reopen", "note")
SAID = {"begin": "Under way.", "complete": "Done.", "postpone": "Postponed.", "drop": "Dropped.", "reopen": "Open again.", "note": "Noted."}
# the names of fields on the page, where several forms stand side by side, and those the services know
FIELDS = {
    "complete": {"done_witness": "witness", "done_witnessed": "witnessed", "done_effort": "effort"},
    "postpone": {"later_due": "due", "later_reason": "reason"},
    "drop": {"drop_reason": "reason"},
    "reopen": {},
    "begin": {},
    "note": {"note": "text"},
}  # fmt: skip
AS_SERVICES_SAY = {"actual_effort_days": "effort"}


@require_POST
@seated(Right.EDIT, Right.OWN, Right.COMMENT)
def act(request: HttpRequest, seat: Seat, key: str, what: str) -> HttpResponse:
    """Begin, complete, postpone, drop or reopen an action, or write a note on it."""
    action = reading.one(seat, key)
    if what not in ACTS:
        raise NotFound("there is nothing here", "Go back to the action.")
    typed = filled.sent(request, *FIELDS[what])
    given = {FIELDS[what][name]: value for name, value in typed.items()}
    try:
        _acted(seat, action, what, given, filled.seen(request))
    except (InputError, Conflict) as error:
        return _draw_one(request, seat, reading.one(seat, key), Filled(typed, _renamed(error, what), what))
    messages.success(request, SAID[what])
    return redirect("action", seat.client.pk, key)


def _acted(seat: Seat, action: Action, what: str, given: Mapping[str, str], seen: int) -> None:
    match what:
        case "begin":
            actions.edit(seat, action, seen=seen, state=Action.State.DOING)
        case "complete":
            actions.complete(seat, action, seen=seen, **given)
        case "postpone":
            actions.postpone(seat, action, given["due"], given["reason"], seen=seen)
        case "drop":
            actions.drop(seat, action, given["reason"], seen=seen)
        case "reopen":
            actions.reopen(seat, action, seen=seen)
        case _:
            record.note(seat, given["text"], about_kind="action", about=action.pk)


def _renamed(error: filled.Refusal, what: str) -> filled.Refusal:
    """Say an error beside the field as it is named on the page."""
    if not isinstance(error, Wrong):
        return error
    named = AS_SERVICES_SAY.get(error.field, error.field)
    page = {service: name for name, service in FIELDS[what].items()}
    return Wrong(page.get(named, named), error.message, error.hint)


urlpatterns = [
    path("c/<slug:client>/actions/", listed, name="actions"),
    path("c/<slug:client>/actions/new/", new, name="new_action"),
    path("c/<slug:client>/actions/change/", bulk, name="change_actions"),
    path("c/<slug:client>/actions/<slug:key>/", one, name="action"),
    path("c/<slug:client>/actions/<slug:key>/<slug:what>/", act, name="act_on_action"),
]
