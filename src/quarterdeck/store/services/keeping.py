"""Write a record and its trail together, and tell the later of two editors."""

from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils.timezone import now

from quarterdeck.domain.errors import Conflict
from quarterdeck.store.book.models import User
from quarterdeck.store.book.models.base import Record
from quarterdeck.store.services import trail

Thing = TypeVar("Thing", bound=Record)
Who = User | str


def keep(who: Who, thing: Thing, verb: str = "created") -> Thing:
    """Write a new record."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                thing.save(force_insert=True)
        except IntegrityError as error:
            raise Conflict("this is there already", "Open the existing one, or reload the page to see what changed.") from error
        trail.append(who, verb, thing, after=trail.values_of(thing))
    return thing


def change(who: Who, thing: Thing, verb: str = "changed", *, seen: int | None = None, **fields: Any) -> Thing:
    """Change fields of a record; `seen` is the version that the editor looked at, and a later one refuses the change."""
    with transaction.atomic():
        current = type(thing)._default_manager.select_for_update().get(pk=thing.pk)
        if seen is not None and current.version != seen:
            raise Conflict(
                "somebody else changed this in the meantime",
                "Your text is still in the form. Compare it with what stands there now, and save again.",
            )
        before = trail.values_of(current)
        for name, value in fields.items():
            setattr(current, name, value)
        after = trail.values_of(current)
        if after != before:
            current.version += 1
            current.save(update_fields=[*fields, "version"])
            trail.append(who, verb, current, before=before, after=after)
    for name in (*fields, "version"):
        setattr(thing, name, getattr(current, name))
    return thing


def remove(who: Who, thing: Record, verb: str = "removed") -> None:
    """Delete a record; the trail keeps what it said."""
    with transaction.atomic():
        trail.append(who, verb, thing, before=trail.values_of(thing))
        thing.delete()


def moment() -> Any:
    """Return the present moment, as the book writes it."""
    return now()
