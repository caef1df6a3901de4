"""Who sits at a client's table, what was handed out, and what the trail tells."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet
from django.utils.timezone import now

from quarterdeck.store.book.models import ApiToken, Client, Event, Invitation, Link, LinkView, Membership, Person, Role, User
from quarterdeck.store.selectors.seats import Right, Seat, today

MOST_LISTED = 200
MOST_VIEWS = 50
HIDDEN = "hidden"
# kinds whose lines tell who people are; readers without the right to names see that they changed, not how
ABOUT_PEOPLE = frozenset({"person", "alias", "apart", "membership", "invitation", "departureplan"})
KINDS = {  # what the trail calls a kind, where its own name is no word
    "apitoken": "API token", "timeentry": "time entry", "departureplan": "departure plan", "membership": "seat", "savedview": "last look",
}  # fmt: skip
UNSAID = frozenset({"id", "client_id", "created_at"})


def members(seat: Seat) -> list[Membership]:
    """Return who sits here, owners first."""
    order = {role: number for number, role in enumerate(Role.values)}
    rows = seat.of(Membership).select_related("user", "person").order_by("user__name", "user__email")[:MOST_LISTED]
    return sorted(rows, key=lambda each: order[each.role])


def invitations(seat: Seat) -> list[Invitation]:
    """Return the invitations that nobody has accepted, newest first; those whose time is over are among them."""
    return list(seat.of(Invitation).filter(accepted_at=None).select_related("person", "invited_by").order_by("-created_at")[:MOST_LISTED])


def people(seat: Seat) -> list[tuple[str, str]]:
    """Return the client's people as choices, with nobody first."""
    rows = seat.of(Person).order_by("name", "id").values_list("pk", "name", "role")[:1000]
    return [("", "nobody in particular"), *((key, f"{name}, {role}" if role else name) for key, name, role in rows)]


def links(seat: Seat) -> list[Link]:
    """Return the client's read-only links, newest first, each with `seen` (how often) and `last_seen`."""
    rows = seat.of(Link).select_related("made_by").annotate(seen=Count("views"), last_seen=Max("views__at"))
    return list(rows.order_by("-created_at")[:MOST_LISTED])


def views(seat: Seat, link: str) -> list[LinkView]:
    """Return the last views of a link."""
    return list(seat.of(LinkView).filter(link=link).order_by("-at")[:MOST_VIEWS])


def tokens(seat: Seat) -> list[ApiToken]:
    """Return the tokens of the seat's own user at its client."""
    return list(seat.of(ApiToken).filter(user=seat.user).order_by("-created_at"))


def own_tokens(user: User) -> list[ApiToken]:
    """Return all tokens of a user, with the clients they open."""
    return list(ApiToken.objects.filter(user=user).select_related("client").order_by("client__name", "-created_at")[:MOST_LISTED])


def archived(user: User) -> list[Client]:
    """Return the archived clients that a user owns and may bring back."""
    owned = Q(pk__in=Membership.objects.filter(user=user, role=Role.OWNER, until=None).values("client"))
    return list(Client.objects.filter(owned).exclude(archived_at=None).order_by("name")[:MOST_LISTED])


def is_over(moment: datetime | date | None) -> bool:
    """Tell whether a moment or a last day lies behind us."""
    if moment is None:
        return False
    return moment <= now() if isinstance(moment, datetime) else moment < today()


@dataclass(frozen=True)
class Wanted:
    """Which lines of the trail somebody asked for; what is empty does not narrow."""

    kind: str = ""
    actor: str = ""
    since: date | None = None
    until: date | None = None
    subject: str = ""


@dataclass(frozen=True)
class Line:
    """A line of the trail in words: who did what to which thing, and what changed from what to what."""

    number: int
    at: datetime
    who: str
    verb: str
    kind: str
    subject: str
    changes: tuple[tuple[str, str, str], ...]
    hash: str


def events(seat: Seat, wanted: Wanted) -> QuerySet[Event]:
    """Return the lines of the client's trail that were asked for, newest first."""
    narrowed = {"kind": wanted.kind, "actor": wanted.actor, "subject": wanted.subject}
    rows = _trail(seat).filter(**{name: value for name, value in narrowed.items() if value})
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since.isoformat())
    if wanted.until and wanted.until < date.max:
        rows = rows.filter(at__lt=(wanted.until + timedelta(days=1)).isoformat())
    return rows.order_by("-number")


def _trail(seat: Seat) -> QuerySet[Event]:
    return Event.objects.filter(chain=seat.client.pk)


def kinds(seat: Seat) -> list[str]:
    """Return the kinds of things that the trail tells of."""
    return sorted(_trail(seat).order_by().values_list("kind", flat=True).distinct())


def told(seat: Seat, lines: Sequence[Event]) -> list[Line]:
    """Put lines into words; names are for those who may read names."""
    users = {each.user.email: each for each in seat.of(Membership).select_related("user")}
    named = _named(seat) if seat.may(Right.PEOPLE) else {}
    return [
        Line(
            number=each.number,
            at=datetime.fromisoformat(each.at),
            who=actor_of(seat, users, each.actor),
            verb=each.verb,
            kind=KINDS.get(each.kind, each.kind),
            subject=each.subject,
            changes=tuple(_changes(each, named, hide=not seat.may(Right.PEOPLE) and each.kind in ABOUT_PEOPLE)),
            hash=each.hash,
        )
        for each in lines
    ]


def actor_of(seat: Seat, members: Mapping[str, Membership], actor: str) -> str:
    """Return who acted: a name for those who may read names, a role for others, and programs as they are called."""
    sits = members.get(actor)
    if seat.may(Right.PEOPLE):
        return str(sits.user) if sits else actor
    if sits:
        return Role(sits.role).label
    return "somebody who left" if "@" in actor else actor


def _named(seat: Seat) -> dict[Any, str]:
    """Return what ids of people and of users stand for."""
    found: dict[Any, str] = dict(seat.of(Person).values_list("pk", "name"))
    sits = Membership.objects.filter(client=seat.client).values_list("user_id", "user__name", "user__email")
    return found | {key: name or email for key, name, email in sits}


def _changes(line: Event, named: Mapping[Any, str], *, hide: bool) -> Iterable[tuple[str, str, str]]:
    """Return what changed as (field, before, after) in words."""
    before, after = line.before or {}, line.after or {}
    for name in {**before, **after}:
        if name in UNSAID or (not before.get(name) and not after.get(name)):
            continue
        old, new = (
            HIDDEN if hide and value not in (None, "") else _word(name, value, named) for value in (before.get(name), after.get(name))
        )
        yield name.removesuffix("_id").replace("_", " "), old, new


def _word(name: str, value: Any, named: Mapping[Any, str]) -> str:
    """Return a value as readers know it: a name for an id, words for yes and no."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_id"):
        return named.get(value, str(value))
    if name.endswith("_at"):
        return f"{datetime.fromisoformat(value):%-d %b %Y, %H:%M}"
    return str(value)
