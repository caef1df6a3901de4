"""The trail of typed data: append, and tell whether anybody rewrote it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.db.models import Max

from quarterdeck.store.book.models import Client, Event, Kept, User
from quarterdeck.store.book.models.base import Record

FIRM = "firm"
START = "0" * 64
UNTOLD = frozenset({"version", "password", "token_hash", "heartbeat_at"})


def values_of(thing: models.Model) -> dict[str, Any]:
    """Return the typed values of a record as plain JSON values, without secrets."""
    fields = (field for field in thing._meta.concrete_fields if field.name not in UNTOLD)
    return {field.attname: plain_value(field.value_from_object(thing)) for field in fields}


def plain_value(value: Any) -> Any:
    """Return a value of a column as JSON can hold it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def append(
    who: User | str, verb: str, thing: Record, *, before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None
) -> Event:
    """Add a line to the trail of the thing's client; call it in the transaction that writes the thing."""
    client = thing.client if isinstance(thing, Kept) else thing if isinstance(thing, Client) else None
    chain = client.pk if client else FIRM
    with transaction.atomic():
        if client:  # one writer at a time for each chain, where the database does not see to it anyway
            Client.objects.select_for_update().filter(pk=client.pk).values_list("pk").first()
        last = Event.objects.filter(chain=chain).order_by("-number").first()
        line = Event(
            client=client,
            chain=chain,
            number=last.number + 1 if last else 1,
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            actor=who if isinstance(who, str) else who.email,
            verb=verb,
            kind=type(thing).__name__.lower(),
            subject=str(thing.pk),
            before=_changed(before, after),
            after=_changed(after, before),
            previous=last.hash if last else START,
        )
        line.hash = hash_of(line)
        line.save(force_insert=True)
    return line


def _changed(values: Mapping[str, Any] | None, others: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Keep of two states only what differs; a state alone is kept whole."""
    if values is None or others is None:
        return dict(values) if values is not None else None
    return {key: value for key, value in values.items() if others.get(key) != value}


def hash_of(line: Event) -> str:
    """Return the hash of a line, which holds the hash of the line before."""
    told = [line.chain, line.number, line.at, line.actor, line.verb, line.kind, line.subject, line.before, line.after, line.previous]
    text = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Verdict:
    """Whether a trail is whole: its length, its head, and the first line that does not fit."""

    lines: int
    head: str
    broken_at: int | None = None


def verify(chain: str) -> Verdict:
    """Read a trail from its beginning and check every hash."""
    return verified(Event.objects.filter(chain=chain).order_by("number").iterator(chunk_size=2000))


def verified(lines: Iterable[Event]) -> Verdict:
    """Check lines of one trail in order."""
    previous, count = START, 0
    for line in lines:
        if line.number != count + 1 or line.previous != previous or hash_of(line) != line.hash:
            return Verdict(count, previous, count + 1)
        previous, count = line.hash, count + 1
    return Verdict(count, previous)


def head(chain: str) -> str:
    """Return the hash of the last line: whoever notes it down can tell later whether the trail before it was touched."""
    last = Event.objects.filter(chain=chain).order_by("-number").values_list("hash", flat=True).first()
    return last or START


def length(chain: str) -> int:
    """Return the number of lines of a trail."""
    return Event.objects.filter(chain=chain).aggregate(most=Max("number"))["most"] or 0
