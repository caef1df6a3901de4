"""The departure simulator, and the plans that came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quarterdeck.deliver.charts.squares import Placed, lay_out
from quarterdeck.domain.errors import Conflict, InputError, QuarterdeckError
from quarterdeck.domain.text import listed
from quarterdeck.practices.people.departure.assessment import BLIND
from quarterdeck.store.book.models import Action, DeparturePlan, Person
from quarterdeck.store.selectors import plans as kept
from quarterdeck.store.selectors.people import WhoIsWho, who_is_who
from quarterdeck.store.selectors.seats import Right, Seat, today
from quarterdeck.store.services.continuity import plans
from quarterdeck.store.services.continuity.people import day_of
from quarterdeck.usecases.leaving import Tile
from quarterdeck.web.access import seated
from quarterdeck.web.drawing import draw
from quarterdeck.web.pages import filled

MOST_PICKED = 20
WIDE, NARROW = (720.0, 340.0), (330.0, 460.0)  # of the code map: on a desk and on a phone
STATES = ("falls", "nobody", "one", "more")


@dataclass(frozen=True)
class CodeMap:
    """The busiest files as rectangles, laid out for a desk and for a phone, and how many stand in each state."""

    wide: Sequence[Placed[Tile]]
    narrow: Sequence[Placed[Tile]]
    counts: Mapping[str, int]


@require_safe
@seated(Right.PEOPLE)
def departure(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show what falls if the picked people leave."""
    return _simulator(request, seat, request.GET.getlist("p"))


def _simulator(
    request: HttpRequest, seat: Seat, keys: list[str], *, error: QuarterdeckError | None = None, status: int = 200
) -> HttpResponse:
    who = who_is_who(seat)
    everybody = kept.picks(who)
    picked = _picked(everybody, keys)
    snapshot = who.snapshot
    return draw(
        request,
        "departure/simulator.html",
        seat,
        status=status,
        everybody=everybody,
        picked=picked,
        run=who.run,
        picture=kept.picture(snapshot, picked, everybody) if snapshot and picked else None,
        code=_map(kept.tiles(snapshot, picked)) if snapshot and everybody else None,
        plans=kept.plans(seat),
        purpose=kept.PURPOSE,
        blind=BLIND,
        error=error,
        typed=request.POST,
        suggested=_title(picked),
        key=filled.key(request),
    )


def _map(tiles: Sequence[Tile]) -> CodeMap:
    parts: dict[str, list[tuple[Tile, float]]] = {}
    for tile in tiles:
        parts.setdefault(tile.part, []).append((tile, float(max(1, tile.changes))))
    counts = {state: sum(tile.state == state for tile in tiles) for state in STATES}
    return CodeMap(lay_out(parts, *WIDE), lay_out(parts, *NARROW), counts)


def _picked(everybody: list[kept.Pick], keys: list[str]) -> list[kept.Pick]:
    """Return those who were picked; whoever is not here any more is left out."""
    return [each for each in everybody if not {each.key, *each.ids}.isdisjoint(keys)][:MOST_PICKED]


def _title(picked: list[kept.Pick]) -> str:
    names = [each.name for each in picked]
    return f"If {listed(names)} {'leaves' if len(names) == 1 else 'leave'}"[:200] if names else ""


@require_POST
@seated(Right.EDIT)
def save(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Keep what falls as a plan."""
    keys, key = request.POST.getlist("p"), filled.key(request)
    if seat.of(DeparturePlan).filter(pk=key).exists():
        return redirect("plan", seat.client.pk, key)  # the form was sent twice
    try:
        plan = _saved(seat, who_is_who(seat), keys, key, request.POST)
    except InputError as error:
        return _simulator(request, seat, keys, error=error, status=422)
    messages.success(request, "The plan is kept. Tick its steps as they are done.")
    return redirect("plan", seat.client.pk, plan.pk)


def _saved(seat: Seat, who: WhoIsWho, keys: list[str], key: str, form: Mapping[str, str]) -> DeparturePlan:
    everybody = kept.picks(who)
    picked = _picked(everybody, keys)
    if who.snapshot is None or not picked:
        raise InputError("nobody was picked", "Pick at least one person who is here, and save again.")
    picture = kept.picture(who.snapshot, picked, everybody)
    return plans.save(
        seat,
        form.get("title") or _title(picked),
        key=key,
        people=[{"key": each.key, "name": each.name} for each in picked],
        falls=picture.kept,
        steps=[{"when": each.when, "text": each.text, "evidence": each.evidence, "about": each.about} for each in picture.steps],
        snapshot=who.snapshot.digest,
        leaves_on=day_of(form.get("leaves_on", ""), "the last day"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@seated(Right.PEOPLE)
def plan(request: HttpRequest, seat: Seat, plan: str) -> HttpResponse:
    """Show a plan, and change its title and last day."""
    found = seat.one(DeparturePlan, plan)
    if request.method != "POST":
        return _plan(request, seat, found)
    try:
        leaves_on = day_of(request.POST.get("leaves_on", ""), "the last day")
        plans.edit(seat, found, title=request.POST.get("title", ""), leaves_on=leaves_on, seen=filled.seen(request))
    except (InputError, Conflict) as error:
        return _plan(request, seat, found, error=error, status=409 if isinstance(error, Conflict) else 422)
    messages.success(request, "The plan is changed.")
    return redirect("plan", seat.client.pk, found.pk)


def _plan(
    request: HttpRequest, seat: Seat, found: DeparturePlan, *, error: QuarterdeckError | None = None, step: str = "", status: int = 200
) -> HttpResponse:
    actions = {each.pk: each for each in seat.of(Action).filter(pk__in=[each["action"] for each in found.steps if each["action"]])}
    return draw(
        request,
        "departure/plan.html",
        seat,
        status=status,
        plan=found,
        clock=[(when, [each for each in found.steps if each["when"] == when]) for when in plans.CLOCK],
        done=sum(bool(each["done"]) for each in found.steps),
        due={each["id"]: plans.due_of(found, each) for each in found.steps},
        actions=actions,
        people=list(seat.of(Person)[:500]) if seat.may(Right.EDIT) else [],
        purpose=kept.PURPOSE,
        error=error,
        wrong=step,
        typed=request.POST,
        clocks=[(each, each) for each in plans.CLOCK],
        me=str(seat.user),
        key=filled.key(request),
    )


@require_POST
@seated(Right.EDIT)
def step(request: HttpRequest, seat: Seat, plan: str, step: str) -> HttpResponse:
    """Tick a step, take the tick back, remove it, or make an action of it."""
    found = seat.one(DeparturePlan, plan)
    try:
        said = _done(request, seat, found, step)
    except (InputError, Conflict) as error:
        found.refresh_from_db()
        return _plan(request, seat, found, error=error, step=step, status=409 if isinstance(error, Conflict) else 422)
    messages.success(request, said)
    return redirect(f"{_address(seat, found)}#step-{step}")


def _done(request: HttpRequest, seat: Seat, found: DeparturePlan, step: str) -> str:
    """Do what the button says and return what to tell."""
    form = request.POST
    match form.get("do", ""):
        case "tick":
            day = day_of(form.get("on", ""), "the day") or today()
            plans.tick(seat, found, step, who=form.get("who", ""), day=day, proof=form.get("proof", ""))
            return "The step is ticked."
        case "untick":
            plans.untick(seat, found, step)
            return "The tick is taken back; the trail keeps it."
        case "remove":
            plans.remove_step(seat, found, step)
            return "The step is removed; the trail keeps it."
        case "action":
            return _action(request, seat, found, step)
    raise InputError("this form is out of date", "Reload the page and try again.")


def _action(request: HttpRequest, seat: Seat, found: DeparturePlan, step: str) -> str:
    owner = request.POST.get("owner", "")
    due = day_of(request.POST.get("due", ""), "the due day")
    made = plans.make_action(seat, found, step, owner=seat.one(Person, owner) if owner else None, due=due)
    return f"It is an action now: {made.sentence[:80]}"


def _address(seat: Seat, found: DeparturePlan) -> str:
    return redirect("plan", seat.client.pk, found.pk).url


@require_POST
@seated(Right.EDIT)
def steps(request: HttpRequest, seat: Seat, plan: str) -> HttpResponse:
    """Add a step to a plan."""
    found = seat.one(DeparturePlan, plan)
    form = request.POST
    try:
        plans.add_step(
            seat, found, when=form.get("when", ""), text=form.get("text", ""), evidence=form.get("evidence", ""), key=filled.key(request)
        )
    except InputError as error:
        return _plan(request, seat, found, error=error, step="new", status=422)
    messages.success(request, "The step is added.")
    return redirect("plan", seat.client.pk, found.pk)


@require_POST
@seated(Right.EDIT)
def drop(request: HttpRequest, seat: Seat, plan: str) -> HttpResponse:
    """Throw a plan away."""
    plans.remove(seat, seat.one(DeparturePlan, plan))
    messages.success(request, "The plan is removed; the trail keeps what it said.")
    return redirect("departure", seat.client.pk)


_ROOT = "c/<slug:client>/departure/"
urlpatterns = [
    path(_ROOT, departure, name="departure"),
    path(f"{_ROOT}plans/", save, name="plans"),
    path(f"{_ROOT}plans/<slug:plan>/", plan, name="plan"),
    path(f"{_ROOT}plans/<slug:plan>/steps/", steps, name="plan_steps"),
    path(f"{_ROOT}plans/<slug:plan>/steps/<slug:step>/", step, name="plan_step"),
    path(f"{_ROOT}plans/<slug:plan>/remove/", drop, name="plan_remove"),
]
