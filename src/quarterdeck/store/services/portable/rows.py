"""A record as a row of plain values, and back."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from quarterdeck.domain.errors import InputError
from quarterdeck.store.book.models import (
    Action,
    Alias,
    Apart,
    Client,
    Decision,
    DeparturePlan,
    Engagement,
    Event,
    Measurement,
    Membership,
    Note,
    Person,
    Promise,
    Recommendation,
    Run,
    SavedView,
    Source,
    Stance,
    TimeEntry,
    User,
)
from quarterdeck.store.services.trail import plain_value

# In the order in which they can be written; links, invitations and tokens open this workspace, and stay here.
KINDS: dict[str, type[models.Model]] = {
    kind.__name__.lower(): kind
    for kind in (
        Client, Engagement, Person, Alias, Apart, Membership, Source, Run, Stance, Recommendation, Action, Measurement, Decision, Promise,
        Note, TimeEntry, DeparturePlan, SavedView, Event,
    )
}  # fmt: skip


def fields_of(kind: type[models.Model]) -> "list[models.Field[Any, Any]]":
    """Return the columns of a kind that travel: all but numbers that mean something in this database alone."""
    return [field for field in kind._meta.concrete_fields if not (kind is Event and field.primary_key)]


def row_of(thing: models.Model, addresses: Mapping[Any, str]) -> dict[str, Any]:
    """Return a record as plain values; users are named by their address."""
    row = {field.attname: plain_value(field.value_from_object(thing)) for field in fields_of(type(thing))}
    for name in users_in(type(thing)):
        row[name] = addresses.get(row[name])
    return row


def users_in(kind: type[models.Model]) -> list[str]:
    """Return the columns of a kind that name a user."""
    return [field.attname for field in fields_of(kind) if field.is_relation and field.related_model is User]


def record_of(name: str, row: Mapping[str, Any], users: Mapping[str, Any], place: str) -> models.Model:
    """Return the record that a row describes, checked value by value."""
    kind = KINDS.get(name)
    if kind is None:
        raise InputError(f"{place}: there is no kind of record named {name!r}", "This file was made by a newer version, or is no export.")
    known = {field.attname: field for field in fields_of(kind)}
    if unknown := sorted(set(row) - set(known)):
        raise InputError(f"{place}: a {name} has no {', '.join(unknown)}", "This file was made by a newer version, or was changed.")
    named = users_in(kind)
    try:
        values = {key: users.get(value) if key in named else known[key].to_python(value) for key, value in row.items()}
        thing = kind(**values)
        thing.clean_fields(
            exclude=[field.name for field in known.values() if field.is_relation or field.get_internal_type() == "JSONField"]
        )
    except (ValidationError, TypeError, ValueError) as error:
        raise InputError(
            f"{place}: this {name} cannot be read ({_first(error)})", "The file was changed or damaged; export the client again."
        ) from error
    return thing


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return str(error.messages[0])
    return str(error)[:120]
