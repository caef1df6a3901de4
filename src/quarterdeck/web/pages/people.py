"""People and identities: who is who, corrected by people."""

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quarterdeck.domain.errors import Conflict, InputError, QuarterdeckError
from quarterdeck.domain.text import plural
from quarterdeck.store.book.models import Alias, Apart, Person
from quarterdeck.store.selectors.people import Identity, Known, WhoIsWho, who_is_who
from quarterdeck.store.selectors.seats import Right, Seat
from quarterdeck.store.services.continuity import people
from quarterdeck.store.services.continuity.people import NEXT_RUN, day_of
from quarterdeck.web.access import seated
from quarterdeck.web.drawing import draw
from quarterdeck.web.pages import filled

SHOWN = 100  # identities without a person; those who are here come first
FIELDS = ("name", "role", "team", "begins", "ends", "contract", "monthly_cost")
FORMS = ["GET", "HEAD", "POST"]


@require_safe
@seated(Right.EDIT)
def everybody(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show the book's people beside the identities of the last run."""
    return _everybody(request, seat, who_is_who(seat))


def _everybody(
    request: HttpRequest,
    seat: Seat,
    who: WhoIsWho,
    *,
    error: QuarterdeckError | None = None,
    ticked: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    return draw(
        request,
        "people/list.html",
        seat,
        status=status,
        who=who,
        unassigned=who.unassigned[:SHOWN],
        here=sum(each.here for each in who.unassigned),
        error=error,
        ticked=ticked or [],
        next_run=NEXT_RUN,
    )


@require_POST
@seated(Right.EDIT)
def identities(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Assign identities to people, join them, or keep them apart."""
    form, who = request.POST, who_is_who(seat)
    chosen = form.getlist("identity")
    acts: dict[str, Callable[[], str]] = {
        "adopt": lambda: _adopt(seat, [who.identity(each) for each in chosen]),
        "assign": lambda: _assign(seat, who, [who.identity(each) for each in chosen], form.get("person", "")),
        "together": lambda: _together(seat, [who.identity(each) for each in chosen]),
        "same": lambda: _same(seat, who, form.get("one", ""), form.get("other", "")),
        "apart": lambda: _apart(seat, form.get("one", ""), form.get("other", "")),
        "rejoin": lambda: _rejoin(seat, form.get("apart", "")),
    }
    try:
        said = _act(acts, form.get("do", ""))
    except (InputError, Conflict) as error:
        return _everybody(request, seat, who_is_who(seat), error=error, ticked=chosen, status=409 if isinstance(error, Conflict) else 422)
    messages.success(request, f"{said} {NEXT_RUN}")
    return redirect("people", seat.client.pk)


def _act(acts: dict[str, Callable[[], str]], name: str) -> str:
    if name not in acts:
        raise InputError("this form is out of date", "Reload the page and try again.")
    return acts[name]()


def _adopt(seat: Seat, chosen: list[Identity]) -> str:
    if not chosen:
        raise InputError("no identity is ticked", "Tick those that are people of the company.")
    made = people.adopt(seat, chosen)
    return f"{plural(len(made), 'person', 'people')} added."


def _assign(seat: Seat, who: WhoIsWho, chosen: list[Identity], person: str) -> str:
    if not chosen or not person:
        raise InputError("tick identities and choose a person", "Both are needed to assign them.")
    known = who.of(person)
    people.assign(seat, known.person, *chosen)
    return f"Assigned to {known.person.name}."


def _together(seat: Seat, chosen: list[Identity]) -> str:
    person = people.gather(seat, chosen)
    return f"{len(chosen)} identities are {person.name} now."


def _same(seat: Seat, who: WhoIsWho, one: str, other: str) -> str:
    """Join the two sides of a suspicion, whoever they belong to now."""
    found = next((each for each in who.suspected if (each.one, each.other) == (one, other)), None)
    if found is None or found.one_is is None or found.other_is is None:
        raise Conflict("this was settled in the meantime", "Reload the page to see what stands now.")
    sides = found.one_is, found.other_is
    known = [each for each in (_owner(who, side) for side in sides) if each]
    if len(known) > 1:
        return _dropped(people.merge(seat, known[0].person, known[1].person), known[0].person)
    person = people.assign(seat, known[0].person, *sides) if known else people.gather(seat, sides)
    return f"Both are {person.name} now."


def _owner(who: WhoIsWho, identity: Identity) -> Known | None:
    return next((each for each in who.people if identity in each.identities), None)


def _dropped(dropped: list[str], person: Person) -> str:
    told = f" What the other one said differently is in the trail alone: {', '.join(dropped)}." if dropped else ""
    return f"Both are {person.name} now.{told}"


def _apart(seat: Seat, one: str, other: str) -> str:
    people.keep_apart(seat, one, other)
    return "They are two people."


def _rejoin(seat: Seat, apart: str) -> str:
    people.let_join(seat, seat.one(Apart, apart))
    return "The rules decide again whether they are one person."


@require_http_methods(FORMS)
@seated(Right.EDIT)
def new(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Add a person."""
    key = filled.key(request)
    if request.method != "POST":
        return draw(request, "people/new.html", seat, typed={}, key=key, error=None)
    if seat.of(Person).filter(pk=key).exists():
        return redirect("person", seat.client.pk, key)  # the form was sent twice
    try:
        with_aliases = [line for line in request.POST.get("aliases", "").splitlines() if line.strip()]
        made = people.add(seat, aliases=with_aliases[: people.MOST_ALIASES], key=key, **_typed(request))
    except (InputError, Conflict) as error:
        return draw(
            request, "people/new.html", seat, typed=request.POST, key=key, error=error, status=409 if isinstance(error, Conflict) else 422
        )
    messages.success(request, f"{made.name} is added. {NEXT_RUN}")
    return redirect("person", seat.client.pk, made.pk)


def _typed(request: HttpRequest) -> dict[str, Any]:
    form = request.POST
    return {
        **{name: form.get(name, "") for name in ("name", "role", "team", "contract")},
        "begins": day_of(form.get("begins", ""), "the first day"),
        "ends": day_of(form.get("ends", ""), "the last day"),
        "monthly_cost": _amount(form.get("monthly_cost", "")),
    }


def _amount(text: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        found = Decimal(text.strip()).quantize(Decimal("0.01"))
        if found.is_finite():
            return found
        raise InvalidOperation
    except InvalidOperation as error:
        raise InputError(f"the cost a month: {text.strip()[:20]} is not a number", "Write it as 8500 or 8500.50.") from error


@require_http_methods(FORMS)
@seated(Right.EDIT)
def person(request: HttpRequest, seat: Seat, person: str) -> HttpResponse:
    """Show a person, and change what is known of them."""
    known = who_is_who(seat)
    if request.method != "POST":
        return _person(request, seat, known, person)
    try:
        people.edit(seat, known.of(person).person, seen=filled.seen(request), **_typed(request))
    except (InputError, Conflict) as error:
        return _person(
            request, seat, who_is_who(seat), person, error=error, wrong="edit", status=409 if isinstance(error, Conflict) else 422
        )
    messages.success(request, f"Saved. {NEXT_RUN}")
    return redirect("person", seat.client.pk, person)


def _person(
    request: HttpRequest, seat: Seat, who: WhoIsWho, key: str, *, error: QuarterdeckError | None = None, wrong: str = "", status: int = 200
) -> HttpResponse:
    known = who.of(key)
    return draw(
        request,
        "people/person.html",
        seat,
        status=status,
        known=known,
        person=known.person,
        others=[each.person for each in who.people if each.person.pk != key],
        typed=request.POST if wrong == "edit" else {name: getattr(known.person, name) for name in FIELDS},
        form=request.POST,
        error=error,
        wrong=wrong,
        next_run=NEXT_RUN,
    )


@require_POST
@seated(Right.EDIT)
def correct(request: HttpRequest, seat: Seat, person: str) -> HttpResponse:
    """Join, split or remove a person, or change their names and addresses."""
    form, who = request.POST, who_is_who(seat)
    known = who.of(person)
    acts: dict[str, Callable[[], str]] = {
        "merge": lambda: _merge(seat, who, known, form.get("other", "")),
        "split": lambda: _split(seat, known, form.get("name", ""), form.getlist("goes")),
        "add": lambda: _add(seat, known, form.get("text", "")),
        "take": lambda: _take(seat, known, form.get("alias", "")),
        "remove": lambda: _remove(seat, known),
    }
    what = form.get("do", "")
    try:
        said = _act(acts, what)
    except (InputError, Conflict) as error:
        status = 409 if isinstance(error, Conflict) else 422
        return _person(request, seat, who_is_who(seat), person, error=error, wrong=what, status=status)
    messages.success(request, f"{said} {NEXT_RUN}")
    return redirect("people", seat.client.pk) if what == "remove" else redirect("person", seat.client.pk, person)


def _merge(seat: Seat, who: WhoIsWho, known: Known, other: str) -> str:
    if not other:
        raise InputError("nobody was chosen", "Choose the person who is the same.")
    return _dropped(people.merge(seat, known.person, who.of(other).person), known.person)


def _split(seat: Seat, known: Known, name: str, goes: list[str]) -> str:
    leave = [text for text in known.texts if text in goes]
    made = people.split(seat, known.person, name, stays=[text for text in known.texts if text not in leave], goes=leave)
    return f"{made.name} is a person of their own now."


def _add(seat: Seat, known: Known, text: str) -> str:
    people.add_alias(seat, known.person, text)
    return "Added."


def _take(seat: Seat, known: Known, alias: str) -> str:
    found = seat.one(Alias, alias)
    if found.person_id != known.person.pk:
        raise Conflict("this stands with somebody else now", "Reload the page.")
    people.take_alias(seat, found)
    return f"{found.text} is taken away."


def _remove(seat: Seat, known: Known) -> str:
    people.remove(seat, known.person)
    return f"{known.person.name} is removed; the trail keeps what stood here."


_ROOT = "c/<slug:client>/people/"
urlpatterns = [
    path(_ROOT, everybody, name="people"),
    path(f"{_ROOT}new/", new, name="new_person"),
    path(f"{_ROOT}identities/", identities, name="identities"),
    path(f"{_ROOT}<slug:person>/", person, name="person"),
    path(f"{_ROOT}<slug:person>/correct/", correct, name="person_correct"),
]
