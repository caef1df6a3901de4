"""Who sits at which client's table, and what each role may do: the one table of rights."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TypeVar

from django.db.models import Q, QuerySet, Subquery

from quarterdeck.domain.errors import NotFound, NotPermitted
from quarterdeck.store.book.models import Client, Event, Kept, Membership, Role, User

Row = TypeVar("Row", bound=Kept)


class Right(StrEnum):
    """What a page or an act asks for."""

    READ = "read"  # bridge, practices, findings, actions, decisions
    EVIDENCE = "evidence"  # sources, runs, the trail
    PEOPLE = "people"  # names of people, and what a departure means
    DECIDE = "decide"
    COMMENT = "comment"
    EDIT = "edit"  # actions, promises, stances, people
    OWN = "own actions"
    UPLOAD = "upload"
    RUN = "run"
    SHARE = "share"  # read-only links
    MANAGE = "manage"  # members, settings, export


R = Right
RIGHTS: dict[str, frozenset[Right]] = {
    Role.OWNER: frozenset(Right),
    Role.PRACTITIONER: frozenset(Right) - {R.MANAGE},
    Role.EXECUTIVE: frozenset({R.READ, R.PEOPLE, R.DECIDE, R.COMMENT}),
    Role.CONTRIBUTOR: frozenset({R.OWN, R.UPLOAD}),
    Role.AUDITOR: frozenset({R.READ, R.EVIDENCE}),
}


@dataclass(frozen=True)
class Seat:
    """A user at a client's table; everything a request reads of the client comes through it."""

    user: User
    client: Client
    role: str
    person: str | None = None
    book: int = 0  # the last event of the whole book when `seats` read it: what was derived before is good until it rises

    def may(self, right: Right) -> bool:
        """Tell whether the role has the right."""
        return right in RIGHTS[self.role]

    def require(self, right: Right) -> None:
        """Refuse what the role may not do."""
        if not self.may(right):
            raise NotPermitted(
                f"this needs the right to {right}, which a seat as {self.role} does not have",
                f"Ask an owner of {self.client.name} for it.",
            )

    def of(self, kind: type[Row]) -> QuerySet[Row]:
        """Return this client's records of a kind, and no other client's."""
        return kind._default_manager.filter(client=self.client)

    def one(self, kind: type[Row], key: str) -> Row:
        """Return one record of this client, or say that there is none."""
        found = self.of(kind).filter(pk=key).first() if key.isalnum() else None
        if found is None:
            raise NotFound("there is nothing here", "Check the address, or go back to the client's bridge.")
        return found


def today() -> date:
    """Return today's date as the book counts it."""
    return datetime.now(UTC).date()


def seat(user: User, client: str) -> Seat:
    """Return the user's seat at a client's table; without one the client does not exist for them."""
    found = _valid(Membership.objects.filter(user=user, client=client, client__archived_at=None)).select_related("client").first()
    if found is None:
        raise NotFound("there is nothing here", "Check the address, or ask for an invitation.")
    return Seat(user, found.client, found.role, found.person_id)


def seats(user: User) -> list[Seat]:
    """Return all seats of a user, by the clients' names."""
    last = Event.objects.order_by("-pk").values("pk")[:1]
    rows = _valid(Membership.objects.filter(user=user, client__archived_at=None)).select_related("client").annotate(book=Subquery(last))
    return [Seat(user, each.client, each.role, each.person_id, each.book or 0) for each in rows.order_by("client__name", "client_id")]


def with_right(found: Iterable[Seat], right: Right) -> list[Seat]:
    """Keep the seats that have a right."""
    return [each for each in found if each.may(right)]


def _valid(rows: QuerySet[Membership]) -> QuerySet[Membership]:
    """Leave out seats whose time is over."""
    return rows.filter(Q(until=None) | Q(until__gte=today()))
