"""People of a client: add, correct, join, split, tell apart; all of it in the trail, and used by the next run."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

from quarterdeck.domain.errors import Conflict, InputError
from quarterdeck.domain.text import clean
from quarterdeck.store.book.models import Action, Alias, Apart, Client, Invitation, Membership, Person, Source, new_id
from quarterdeck.store.company_text import Facts, Row, text_of
from quarterdeck.store.selectors.people import Identity, forms
from quarterdeck.store.selectors.seats import Right, Seat
from quarterdeck.store.services import keeping
from quarterdeck.usecases.typed import FIRST_DAY, LAST_DAY

FIELDS = {"name": 120, "role": 120, "team": 120, "begins": 0, "ends": 0, "contract": 60, "monthly_cost": 0}
ALIAS_LETTERS = 200  # more does not fit a company file
MOST_ALIASES = 100
NEXT_RUN = "It takes effect with the next run."


def add(seat: Seat, *, aliases: Iterable[str] = (), key: str = "", **about: Any) -> Person:
    """Add a person with the names and addresses under which they commit; `key` is the id of the form that asks for it."""
    seat.require(Right.EDIT)
    with transaction.atomic():
        person = keeping.keep(seat.user, Person(id=key or new_id(), client=seat.client, **checked(about)), "added")
        for text in aliases:
            add_alias(seat, person, text)
    return person


def edit(seat: Seat, person: Person, *, seen: int | None = None, **about: Any) -> Person:
    """Change what is known of a person."""
    seat.require(Right.EDIT)
    return keeping.change(
        seat.user, person, seen=seen, **checked({"name": person.name, "begins": person.begins, "ends": person.ends} | about)
    )


def checked(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a person, or say what is wrong with them."""
    found = {key: clean(value).strip() if isinstance(value, str) else value for key, value in about.items() if key in FIELDS}
    if not found.get("name"):
        raise InputError("a person needs a name", "Type the name that colleagues use.")
    for key, limit in FIELDS.items():
        if limit and len(str(found.get(key) or "")) > limit:
            raise InputError(f"the {key} is longer than {limit} letters", "Shorten it.")
    begins, ends, cost = found.get("begins"), found.get("ends"), found.get("monthly_cost")
    if begins and ends and ends < begins:
        raise InputError("the last day lies before the first day", "Correct one of the two dates.")
    if cost is not None and not 0 <= Decimal(cost) < Decimal(10) ** 12:
        raise InputError("the cost a month is not a sensible amount", "Type it as a number, or leave it empty.")
    return found


def add_alias(seat: Seat, person: Person, text: str) -> Alias | None:
    """Let a name or an address count as a person; one that stands with somebody else is refused."""
    seat.require(Right.EDIT)
    text = clean(text).strip()
    if not text or len(text) > ALIAS_LETTERS:
        raise InputError(f"a name or an address has 1 to {ALIAS_LETTERS} letters", "Type it as it stands in the commits.")
    with transaction.atomic():
        found = _alias(seat, text)
        if found is not None and found.person_id != person.pk:
            raise Conflict(f"{text} stands with {found.person.name} already", "Take it from there first, or join the two people.")
        if found is None and seat.of(Alias).filter(person=person).count() >= MOST_ALIASES:
            raise InputError(f"a person has at most {MOST_ALIASES} names and addresses", "Take one away first.")
        return found or keeping.keep(seat.user, Alias(client=seat.client, person=person, text=text), "added")


def take_alias(seat: Seat, alias: Alias) -> None:
    """Let a name or an address count as this person no longer."""
    seat.require(Right.EDIT)
    keeping.remove(seat.user, alias)


def _alias(seat: Seat, text: str) -> Alias | None:
    return seat.of(Alias).filter(text__iexact=text).select_related("person").first()


def assign(seat: Seat, person: Person, *identities: Identity) -> Person:
    """Let everything that identities of the last run committed count as a person, whoever held it before."""
    seat.require(Right.EDIT)
    with transaction.atomic():
        for identity in identities:
            for text in identity.aliases:
                _move(seat, text, person)
        _together(seat, person)
    return person


def adopt(seat: Seat, identities: Sequence[Identity]) -> list[Person]:
    """Add a person for each identity of the last run that is nobody's yet."""
    seat.require(Right.EDIT)
    with transaction.atomic():
        for each in identities:
            if taken := next(filter(None, (_alias(seat, text) for text in each.aliases)), None):
                raise Conflict(f"{each.name} belongs to {taken.person.name} in the meantime", "Reload the page to see what stands now.")
        return [assign(seat, add(seat, name=each.name[:120].strip() or "(no name)"), each) for each in identities]


def gather(seat: Seat, identities: Sequence[Identity]) -> Person:
    """Add one person for several identities, named as the busiest of them."""
    if len(identities) < 2:
        raise InputError("tick at least two identities to join them", "Everything that they committed will count as one person.")
    with transaction.atomic():
        person = adopt(seat, [max(identities, key=lambda each: each.commits)])[0]
        return assign(seat, person, *identities)


def _move(seat: Seat, text: str, person: Person) -> None:
    if not 0 < len(text) <= ALIAS_LETTERS:
        return
    found = _alias(seat, text)
    if found is None:
        keeping.keep(seat.user, Alias(client=seat.client, person=person, text=text), "added")
    elif found.person_id != person.pk:
        keeping.change(seat.user, found, "moved", person=person)


def _together(seat: Seat, person: Person) -> None:
    """Forget that two authors were kept apart who are one person now."""
    own = {form for alias in seat.of(Alias).filter(person=person) for form in forms(alias.text)} | {person.name.casefold()}
    for pair in seat.of(Apart):
        if pair.one.casefold() in own and pair.other.casefold() in own:
            keeping.remove(seat.user, pair)


def merge(seat: Seat, person: Person, other: Person) -> list[str]:
    """Join two people into the first: aliases, actions and seats move along, and empty fields are filled.

    Returns what the other one said differently, which only the trail keeps.
    """
    seat.require(Right.EDIT)
    if person.pk == other.pk:
        raise InputError("these are the same person already", "Choose two people.")
    with transaction.atomic():
        fill = {name: value for name in FIELDS if (value := getattr(other, name)) not in (None, "") and getattr(person, name) in (None, "")}
        dropped = [
            f"{name.replace('_', ' ')} {getattr(other, name)}"
            for name in FIELDS
            if name not in fill and name != "name" and getattr(other, name) not in (None, "", getattr(person, name))
        ]
        checked({name: getattr(person, name) for name in FIELDS} | fill)
        keeping.change(seat.user, person, "joined", **fill)
        for alias in seat.of(Alias).filter(person=other):
            keeping.change(seat.user, alias, "moved", person=person)
        if other.name.casefold() != person.name.casefold() and _alias(seat, other.name) is None:
            _move(seat, other.name, person)
        for action in seat.of(Action).filter(owner=other):
            keeping.change(seat.user, action, "owner joined", owner=person)
        held: list[Membership | Invitation] = [*seat.of(Membership).filter(person=other), *seat.of(Invitation).filter(person=other)]
        for each in held:
            keeping.change(seat.user, each, "person joined", person=person)
        keeping.remove(seat.user, other, "joined into another")
        _together(seat, person)
    return dropped


def split(seat: Seat, person: Person, name: str, *, stays: Sequence[str], goes: Sequence[str]) -> Person:
    """Make two people of one: `goes` are the authors that are somebody else, and no rule may join them again."""
    seat.require(Right.EDIT)
    if not goes or not stays:
        raise InputError("a split needs authors on both sides", "Tick those that belong to the other person, and leave at least one.")
    with transaction.atomic():
        made = add(seat, name=name)
        for text in stays:
            _move(seat, text, person)
        for text in goes:
            _move(seat, text, made)
        for one in stays:
            for other in goes:
                keep_apart(seat, one, other)
    return made


def keep_apart(seat: Seat, one: str, other: str) -> Apart:
    """Note that two authors are two people, whatever they look like."""
    seat.require(Right.EDIT)
    first, second = sorted(clean(each).strip()[:ALIAS_LETTERS] for each in (one, other))
    if not first or first.casefold() == second.casefold():
        raise InputError("two people need two different authors", "Choose two authors as they stand in the commits.")
    found = seat.of(Apart).filter(one=first, other=second).first()
    return found or keeping.keep(seat.user, Apart(client=seat.client, one=first, other=second), "kept apart")


def let_join(seat: Seat, apart: Apart) -> None:
    """Take back that two authors are two people; the rules decide again."""
    seat.require(Right.EDIT)
    keeping.remove(seat.user, apart, "may be joined again")


def remove(seat: Seat, person: Person) -> None:
    """Take a person out of the book; the next run knows the authors without them."""
    seat.require(Right.EDIT)
    with transaction.atomic():
        for alias in seat.of(Alias).filter(person=person):
            keeping.remove(seat.user, alias)
        for action in seat.of(Action).filter(owner=person):
            keeping.change(seat.user, action, "owner removed", owner=None)
        keeping.remove(seat.user, person)


def company_file(client: Client) -> str:
    """Return the company file of a client's next run, from the book and from an uploaded company file's rates."""
    aliases: dict[str, list[str]] = {}
    for person, text in Alias.objects.filter(client=client).order_by("text", "pk").values_list("person_id", "text"):
        aliases.setdefault(person, []).append(text)
    people = Person.objects.filter(client=client).order_by("name", "pk")
    roles = told_apart(people)
    given = _uploaded(client)
    rates = given["rates"] if isinstance(given.get("rates"), dict) else {}
    repositories = Source.objects.filter(client=client, removed_at=None).exclude(criticality="").order_by("name", "pk")
    return text_of(
        Facts(
            name=client.name,
            currency=str(given["currency"]) if rates and given.get("currency") else client.currency,
            rates=rates,
            roster=[Row(each.name, tuple(aliases.get(each.pk, ())), roles[each.pk], each.begins, each.ends) for each in people],
            repositories={clean(each.name).strip(): each.criticality for each in repositories},  # as a run names them
            different=list(Apart.objects.filter(client=client).values_list("one", "other")),
        )
    )


def told_apart(people: Iterable[Person]) -> dict[str, str]:
    """Return roles as runs name people by them: who shares one keeps a number, so that two runs mean the same person."""
    known = sorted(people, key=lambda each: (each.created_at, each.pk))
    shared, given = Counter(each.role for each in known), Counter[str]()
    roles = {}
    for each in known:
        given[each.role] += 1
        roles[each.pk] = f"{each.role} {given[each.role]}" if each.role and shared[each.role] > 1 else each.role
    return roles


def _uploaded(client: Client) -> dict[str, Any]:
    """Return the newest uploaded company file that can be read; the evidence page says what is wrong with others."""
    rows = Source.objects.filter(client=client, kind=Source.Kind.COMPANY_FILE, removed_at=None).exclude(digest="")
    for source in rows.order_by(F("fetched_at").desc(nulls_last=True), "-created_at", "-pk"):
        try:
            return tomllib.loads((settings.WORKSPACE.uploads(client.pk) / source.digest).read_bytes().decode("utf-8-sig"))
        except (OSError, ValueError):
            continue
    return {}


def day_of(text: str, what: str) -> date | None:
    """Return a day as a form sends it, or nothing where it is empty."""
    if not text.strip():
        return None
    try:
        found = date.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(f"{what}: {text.strip()[:20]} is not a day", "Write it as 2026-03-31.") from error
    if not FIRST_DAY <= found <= LAST_DAY:
        raise InputError(f"{what} is too far away", f"Type a day between {FIRST_DAY:%Y} and {LAST_DAY:%Y}.")
    return found
