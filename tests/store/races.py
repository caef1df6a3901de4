"""Several people at once on a real database; `test_trail` lets this run in a process of its own."""

import threading
from collections.abc import Callable
from typing import Any

from django.core.management import call_command
from django.db import Error, connection, connections, transaction

from quarterdeck.domain.errors import QuarterdeckError
from quarterdeck.store.book.models import Client, Event, Membership, Note, Role, User
from quarterdeck.store.selectors.seats import seat
from quarterdeck.store.services import keeping, trail
from quarterdeck.store.services.seating import clients

THREADS, EACH = 4, 10
TRIGGERS = {
    "sqlite": ("DROP TRIGGER trail_keeps", "DROP TRIGGER trail_stays"),
    "postgresql": ("ALTER TABLE book_event DISABLE TRIGGER trail_keeps",),
}


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Do all acts at the same moment and return how each ended: done, or the name of the error."""
    gate, ends = threading.Barrier(len(acts)), [""] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        gate.wait()
        try:
            act()
            ends[number] = "done"
        except (QuarterdeckError, Error) as error:
            ends[number] = type(error).__name__
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=given) for given in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(ends)


def refused(statement: str) -> str:
    """Return what the database says to a statement, or nothing where it does as it is told."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except Error as error:
        return str(error).splitlines()[0]
    return ""


def write_notes(owner: User, client: Client) -> Callable[[], None]:
    """Return an act that writes notes one after the other."""

    def act() -> None:
        for number in range(EACH):
            keeping.keep(owner, Note(client=client, text=f"note {number}", written_by=owner))

    return act


def account(name: str) -> User:
    return User.objects.create_user(f"{name}@example.com", "a long enough password", name=name, may_open_clients=True)


def experiments() -> dict[str, Any]:
    """Do each experiment and return what came of it."""
    call_command("migrate", verbosity=0)
    token = clients.setup_token()
    first = {"name": "Ada", "password": "a long enough password"}
    setups = at_once(*(lambda n=n: clients.first_user(token, email=f"first{n}@example.com", **first) for n in range(3)))
    found: dict[str, Any] = {"setups": setups, "users": User.objects.count()}
    ada, bob, cy = account("ada"), account("bob"), account("cy")
    client = clients.open_client(ada, "Northlight")
    found["notes"] = at_once(*(write_notes(ada, client) for _ in range(THREADS)))
    found["lines"], found["verdict"] = trail.length(client.pk), trail.verify(client.pk).broken_at
    invited = clients.invite(seat(ada, client.pk), Role.OWNER)
    found["accepts"] = at_once(lambda: clients.accept(invited, bob), lambda: clients.accept(invited, cy))
    found["seats"] = Membership.objects.filter(client=client).count()
    one, other = Membership.objects.filter(client=client)
    found["leaving"] = at_once(
        lambda: clients.unseat(seat(one.user, client.pk), Membership.objects.get(pk=one.pk)),
        lambda: clients.unseat(seat(other.user, client.pk), Membership.objects.get(pk=other.pk)),
    )
    found["owners"] = Membership.objects.filter(client=client, role=Role.OWNER).count()
    return found | tampering(client)


def tampering(client: Client) -> dict[str, Any]:
    """Try to rewrite the trail, first against the triggers, then without them."""
    row = Event.objects.get(chain=client.pk, number=7).pk
    found: dict[str, Any] = {
        "update": refused(f"UPDATE book_event SET actor = 'nobody' WHERE id = {row}"),
        "delete": refused(f"DELETE FROM book_event WHERE id = {row}"),
        "whole": trail.verify(client.pk).broken_at,
    }
    with connection.cursor() as cursor:
        for statement in TRIGGERS[connection.vendor]:
            cursor.execute(statement)
    Event.objects.filter(pk=row).update(actor="somebody.else@example.com")
    found["changed"] = trail.verify(client.pk).broken_at
    Event.objects.filter(chain=client.pk, number=5).delete()
    found["gap"] = trail.verify(client.pk).broken_at
    return found
