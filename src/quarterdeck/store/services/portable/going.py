"""A client goes: every record of it as rows, and the files that belong to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction

from quarterdeck.store.book.models import Client, DeparturePlan, Event, Link, Run, Source, User
from quarterdeck.store.selectors.seats import Right, Seat
from quarterdeck.store.services import trail
from quarterdeck.store.services.portable.rows import KINDS, row_of, users_in
from quarterdeck.store.services.seating import clients

CHUNK = 2000


@contextmanager
def one_moment() -> Iterator[None]:
    """Read the book as of one moment without keeping anybody from writing."""
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        postgresql = connection.vendor == "postgresql"
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" if postgresql else "BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("COMMIT")


def rows(client: Client) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (kind, row) of everything a client owns, as of one moment, users first by address and name."""
    with one_moment():
        users = _users(client)
        for user in users:
            yield "user", {"email": user.email, "name": user.name}
        addresses = {user.pk: user.email for user in users}
        for name, kind in KINDS.items():
            for thing in _all(kind, client):
                yield name, row_of(thing, addresses)


def _all(kind: type[models.Model], client: Client) -> Iterator[models.Model]:
    """Yield the records of a kind in an order that is always the same."""
    if kind is Client:
        yield client
        return
    chosen = {"chain": client.pk} if kind.__name__ == "Event" else {"client": client}
    order = "number" if kind.__name__ == "Event" else "pk"
    yield from kind._default_manager.filter(**chosen).order_by(order).iterator(chunk_size=CHUNK)


def _users(client: Client) -> list[User]:
    """Return the users that any record of the client names."""
    named: set[Any] = set()
    for kind in KINDS.values():
        if kind is not Client and (columns := users_in(kind)):
            for column in columns:
                named |= set(kind._default_manager.filter(client=client).values_list(column, flat=True))
    return list(User.objects.filter(pk__in=named - {None}).order_by("email"))


def snapshots_of(client: Client) -> list[str]:
    """Return the results that records of the client rest on, each once."""
    kinds: tuple[type[models.Model], ...] = (Run, DeparturePlan, Link)
    found = {digest for kind in kinds for digest in kind._default_manager.filter(client=client).values_list("snapshot", flat=True)}
    return sorted(found - {""})


def uploads_of(client: Client) -> list[str]:
    """Return the digests of uploaded files that sources rest on."""
    return sorted(set(Source.objects.filter(client=client).values_list("digest", flat=True)) - {""})


def let_go(seat: Seat) -> None:
    """Remove a client and all its records; the firm's own trail keeps that it was here, and the last hash of its trail."""
    seat.require(Right.MANAGE)
    client = seat.client
    with transaction.atomic():
        told = {"client": client.pk, "name": client.name, "lines": trail.length(client.pk), "trail_head": trail.head(client.pk)}
        client.delete()
        Event.objects.filter(chain=told["client"]).delete()  # the database lets them go only after their client
        trail.append(seat.user, "let go", clients.firm(), after=told)
