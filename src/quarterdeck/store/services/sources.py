"""Add, change and remove what answers rest on; tokens lie in files of their own, never in the book."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.timezone import now

from quarterdeck.domain.errors import Conflict, InputError
from quarterdeck.store.book.models import Client, Source, new_id
from quarterdeck.store.selectors.seats import Right, Seat
from quarterdeck.store.services import keeping, trail

TOKEN_VARIABLE = "QUARTERDECK_TOKEN_"  # noqa: S105 - followed by the source's id, so that no source is given another one's token
CRITICALITIES = ("", "high", "medium", "low")
MOST_SOURCES = 500
MOST_PROBLEMS = 200  # kept of one file; the rest is counted
UPLOADED = " (uploaded)"
MOST_NAME, MOST_TOKEN = 120, 2_000
SINGLE = frozenset({Source.Kind.COMPANY_FILE, Source.Kind.ROSTER})  # a newer one takes the place of the former, whatever its name


@dataclass(frozen=True)
class Brought:
    """A file that was taken in: what it is, and where its bytes are by digest."""

    kind: str
    name: str
    digest: str
    size: int
    problems: Sequence[str] = ()


def add_repository(
    seat: Seat, address: str, *, name: str, schedule: str = Source.Schedule.WEEKLY, criticality: str = "", token: str = ""
) -> Source:
    """Add a repository by an address that was checked before; one that was removed comes back with what was kept of it."""
    seat.require(Right.EDIT)
    fields: dict[str, Any] = {"name": _name(name), "schedule": _schedule(schedule), "criticality": _criticality(criticality)}
    token = _token(token)
    with transaction.atomic():
        _alone(seat.client)
        known = seat.of(Source).filter(kind=Source.Kind.REPOSITORY, address=address).first()
        if known and known.removed_at is None:
            raise Conflict(f"this repository is a source already: {known.name}", "Open it under Evidence; a run fetches it again.")
        _check_name(seat, fields["name"], known)
        if known:
            source = keeping.change(seat.user, known, "added again", removed_at=None, failure="", hint="", **fields)
        else:
            source = keeping.keep(seat.user, Source(client=seat.client, kind=Source.Kind.REPOSITORY, address=address, **fields), "added")
        if token:
            _write_token(source, token)
    return source


def place_for(seat: Seat, name: str) -> str:
    """Return the id under which an uploaded repository is unpacked: that of the source which it replaces, or a new one."""
    seat.require(Right.UPLOAD)
    known = _former(seat, Source.Kind.UPLOADED_REPOSITORY, name)
    return known.pk if known else new_id()


def take(seat: Seat, brought: Brought, *, key: str = "") -> Source:
    """Keep an uploaded file as a source; a newer one of the same kind and name takes the place of the former."""
    seat.require(Right.UPLOAD)
    fields: dict[str, Any] = {
        "digest": brought.digest,
        "size": brought.size,
        "problems": _problems(brought.problems),
        "fetched_at": now(),
        "tried_at": now(),
        "failure": "",
        "hint": "",
    }
    with transaction.atomic():
        _alone(seat.client)
        known = _former(seat, brought.kind, brought.name)
        if known and key not in ("", known.pk):
            raise Conflict(
                "somebody else uploaded the same at the same time", "Look at what is there now, and upload again if yours is newer."
            )
        if known:
            if brought.kind in SINGLE:
                fields["name"] = _free_name(seat, brought.name, known)
            return keeping.change(seat.user, known, "uploaded again", **fields)
        source = Source(
            id=key or new_id(),
            client=seat.client,
            kind=brought.kind,
            name=_free_name(seat, brought.name, None),
            schedule=Source.Schedule.ON_DEMAND,
            **fields,
        )
        return keeping.keep(seat.user, source, "uploaded")


def _former(seat: Seat, kind: str, name: str) -> Source | None:
    """Return the source that an upload replaces."""
    current = seat.of(Source).filter(kind=kind, removed_at=None)
    return current.first() if kind in SINGLE else current.filter(name__in=_names(name)).first()


def _free_name(seat: Seat, name: str, own: Source | None) -> str:
    """Return what an upload is called: its own name, or one that says that it was uploaded where something else has that."""
    plain, apart = _names(name)
    others = seat.of(Source).filter(removed_at=None).exclude(pk=own.pk if own else "")
    chosen = apart if others.filter(name=plain).exists() else plain
    _check_name(seat, chosen, own)
    return chosen


def _names(name: str) -> tuple[str, str]:
    plain = _name(name)
    return plain, f"{plain[: MOST_NAME - len(UPLOADED)]}{UPLOADED}"


def change(seat: Seat, source: Source, *, name: str, schedule: str, criticality: str, token: str = "", seen: int | None = None) -> Source:
    """Change what a source is called, how often it is fetched and how much hangs on it; an empty token leaves the present one."""
    seat.require(Right.EDIT)
    fields: dict[str, Any] = {"name": _name(name), "schedule": _schedule(schedule), "criticality": _criticality(criticality)}
    token = _token(token)
    with transaction.atomic():
        _alone(seat.client)
        seat.one(Source, source.pk)
        _check_name(seat, fields["name"], source)
        changed = keeping.change(seat.user, source, seen=seen, **fields)
        if token and source.kind == Source.Kind.REPOSITORY:
            _write_token(source, token)
            trail.append(seat.user, "token replaced", source)
    return changed


def remove(seat: Seat, source: Source) -> Source:
    """Leave a source out of future runs; what was read of it stays until the client goes, its token goes now."""
    seat.require(Right.EDIT)
    source = seat.one(Source, source.pk)
    if source.removed_at:
        return source
    removed = keeping.change(seat.user, source, "removed", removed_at=now())
    token_file(source).unlink(missing_ok=True)
    return removed


def note_fetched(source: Source, *, digest: str, size: int) -> None:
    """Note that a source was read; no person said this, so the trail does not."""
    moment = now()
    fields: dict[str, Any] = {"tried_at": moment, "fetched_at": moment, "failure": "", "hint": "", "digest": digest, "size": size or None}
    _note(source, fields)


def note_failure(source: Source, message: str, hint: str) -> None:
    """Note why a source could not be read, and what to do about it."""
    _note(source, {"tried_at": now(), "failure": message, "hint": hint})


def _note(source: Source, fields: dict[str, Any]) -> None:
    Source.objects.filter(pk=source.pk).update(**fields)
    for field, value in fields.items():
        setattr(source, field, value)


def token_variable(source: Source) -> str:
    """Return the name of the environment variable that may hold a source's token."""
    return f"{TOKEN_VARIABLE}{source.pk.upper()}"


def token_file(source: Source) -> Path:
    """Return the file that may hold a source's token."""
    if not source.pk.isalnum():
        raise ValueError(f"not the id of a source: {source.pk!r}")
    folder: Path = settings.WORKSPACE.client(source.client_id)
    return folder / "secrets" / source.pk


def token_of(source: Source) -> str:
    """Return a source's token: from the environment, from its file, or none."""
    if given := os.environ.get(token_variable(source), ""):
        return given.strip()
    try:
        return token_file(source).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _write_token(source: Source, token: str) -> None:
    """Write a token so that nobody else on this machine can read it, and so that it is the old or the new one."""
    place = token_file(source)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = place.with_name(f"{place.name}.{new_id()}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(token)
    part.replace(place)


def _alone(client: Client) -> None:
    """Let one change of a client's list of sources happen at a time."""
    Client.objects.select_for_update().filter(pk=client.pk).values_list("pk").first()


def _check_name(seat: Seat, name: str, own: Source | None) -> None:
    """Refuse a name that another source has: a report could not tell them apart."""
    others = seat.of(Source).filter(removed_at=None).exclude(pk=own.pk if own else "")
    if others.count() >= MOST_SOURCES:
        raise InputError(f"there are {MOST_SOURCES} sources already", "Remove those that nobody needs.")
    if others.filter(name=name).exists():
        raise InputError(f"another source is called {name!r} already", "Give this one another name.")


def _name(text: str) -> str:
    name = " ".join(text.split())[:MOST_NAME]
    if not name:
        raise InputError("a source needs a name", "Type what people call it.")
    return name


def _schedule(text: str) -> str:
    if text not in Source.Schedule.values:
        raise InputError(f"there is no schedule {text!r}", f"Choose one of {', '.join(Source.Schedule.values)}.")
    return text


def _criticality(text: str) -> str:
    if text not in CRITICALITIES:
        raise InputError(f"there is no criticality {text!r}", "Choose high, medium or low, or leave it open.")
    return text


def _token(text: str) -> str:
    token = text.strip()
    if len(token) > MOST_TOKEN or not token.isascii() or any(each.isspace() or not each.isprintable() for each in token):
        raise InputError("the token holds spaces, line breaks or letters that no token has", "Copy it again, without anything around it.")
    return token


def _problems(found: Sequence[str]) -> list[str]:
    kept = [each[:500] for each in found[:MOST_PROBLEMS]]
    more = len(found) - len(kept)
    return [*kept, f"and {more:,} more"] if more else kept
