"""A client comes: its rows become records, all or none."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from django.db import IntegrityError, models, transaction

from quarterdeck.domain.errors import Conflict, InputError, NotPermitted
from quarterdeck.store.book.models import Client, Event, Kept, Membership, Role, Run, User
from quarterdeck.store.services import keeping, trail
from quarterdeck.store.services.portable.rows import KINDS, fields_of, record_of

Rows = Iterable[tuple[str, str, Mapping[str, Any]]]  # (place, kind, row)
BATCH = 1000


def take(who: User, rows: Rows) -> Client:
    """Write a client's rows; raises InputError at the first row that does not fit, and then nothing is kept.

    People whom the rows name and who have no account here become accounts that cannot sign in. Whoever imports the
    client sits at its table as an owner.
    """
    check_may_open(who)
    try:
        with transaction.atomic():
            client = _written(rows)
            _check_references(client)
            _check(client)
            _seat(who, client)
    except IntegrityError as error:
        raise InputError(
            "records of this export refer to others that are not in it", "The file was changed or damaged; export again."
        ) from error
    return client


def check_may_open(who: User) -> None:
    """Refuse whoever may not open clients."""
    if not who.may_open_clients:
        raise NotPermitted("your account may not open clients", "Ask the person who set up this workspace.")


def _written(rows: Rows) -> Client:
    users: dict[str, Any] = {}
    client: Client | None = None
    for kind, group in groupby(rows, key=lambda each: each[1]):
        if kind == "user":
            users |= {str(row.get("email")): _user(row) for _, _, row in group}
            continue
        things = [record_of(kind, row, users, place) for place, _, row in group]
        if kind == "client":
            client = _only(things)
        _check_owner(client, things)
        type(things[0])._default_manager.bulk_create(things, batch_size=BATCH)
    if client is None:
        raise InputError("this export holds no client", "Choose the zip that `export` made.")
    return client


def _only(things: list[models.Model]) -> Client:
    """Return the one client of an export, unless it is here already."""
    first = things[0]
    if len(things) != 1 or not isinstance(first, Client):
        raise InputError("this export holds more than one client", "Import clients one by one.")
    if Client.objects.filter(pk=first.pk).exists():
        raise Conflict(f"{first.name} is in this workspace already", "Export it and remove it first, or import into another workspace.")
    return first


def _check_owner(client: Client | None, things: Iterable[models.Model]) -> None:
    """Let no row of an export belong to another client."""
    for thing in things:
        owner = thing.pk if isinstance(thing, Client) else thing.client_id  # type: ignore[attr-defined]
        if client is None or owner != client.pk or (isinstance(thing, Event) and thing.chain != client.pk):
            raise InputError("a record of this export belongs to another client", "The file was changed; export the client again.")


def _check_references(client: Client) -> None:
    """Let no record of an export point at a record of another client that happens to be here."""
    for kind in KINDS.values():
        for field in fields_of(kind) if issubclass(kind, Kept) else ():
            target = field.related_model
            if not isinstance(target, type) or not issubclass(target, Kept):
                continue
            foreign = (
                kind._default_manager.filter(client=client).exclude(**{field.attname: None}).exclude(**{f"{field.name}__client": client})
            )
            if foreign.exists():
                raise InputError("a record of this export points at another client", "The file was changed; export the client again.")


def _user(row: Mapping[str, Any]) -> Any:
    """Return the id of the account with an address; an unknown address becomes an account that cannot sign in."""
    email = User.objects.normalize_email(str(row.get("email", ""))[:254])
    found = User.objects.filter(email__iexact=email).first()
    if found is None:
        found = User(email=email, name=str(row.get("name", ""))[:120], is_active=False)
        found.set_unusable_password()
        found.save()
    return found.pk


def _check(client: Client) -> None:
    """Check the trail, and let nothing run that was under way where the client came from."""
    verdict = trail.verify(client.pk)
    if verdict.broken_at:
        raise InputError(f"the trail of this export is broken at line {verdict.broken_at}", "Somebody changed it; ask for a fresh export.")
    Run.objects.filter(client=client, state__in=[Run.State.QUEUED, Run.State.RUNNING]).update(
        state=Run.State.CANCELLED, failure="The client moved while this run was under way."
    )


def _seat(who: User, client: Client) -> None:
    mine = Membership.objects.filter(client=client, user=who).first()
    if mine is None:
        keeping.keep(who, Membership(client=client, user=who, role=Role.OWNER), "seated by import")
    elif mine.role != Role.OWNER or mine.until:
        keeping.change(who, mine, "seated by import", role=Role.OWNER, until=None)
