"""The whole workspace as one zip, made while it is being served, and put back into an empty one."""

import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from django.apps import apps
from django.core import serializers
from django.core.management.color import no_style
from django.core.serializers.base import DeserializationError
from django.db import connection, models, transaction

from quarterdeck.domain.errors import Conflict, InputError
from quarterdeck.evidence.uploads import archives
from quarterdeck.store.book.models import Client, Firm, Setup, User
from quarterdeck.store.services import trail
from quarterdeck.store.services.portable.going import one_moment
from quarterdeck.store.workspace import Workspace
from quarterdeck.web.moving import clients as portable

FORMAT = "quarterdeck.workspace/1"
APPS = ("book", "account", "mfa", "socialaccount")
BATCH = 500
ABOUT = """This is the backup of a workbench of Quarterdeck: `quarterdeck restore FILE` puts it into an empty workspace.

It holds hashes of passwords and the keys of two-step logins: keep it as safe as the workbench itself.
"""


def tables() -> list[type[models.Model]]:
    """Return the tables of the book and of its accounts."""
    return [model for name in APPS for model in apps.get_app_config(name).get_models()]


def backup(workspace: Workspace, target: Path) -> int:
    """Write the workspace's zip and return how many records it holds; it appears whole or not at all."""
    part = target.with_name(target.name + ".part")
    count = 0
    try:
        part.touch(mode=0o600)
        with zipfile.ZipFile(part, "w") as archive:
            writer = portable.Writer(archive)
            writer.write(portable.README, [ABOUT.encode()])
            with one_moment():
                heads = {client: trail.head(client) for client in Client.objects.values_list("pk", flat=True)}
                for model in tables():
                    counted = _Counted(model)
                    writer.write(f"{portable.BOOK}{model._meta.label_lower}.jsonl", counted)
                    count += counted.rows
                kept = [(client.pk, list(portable.files_of(client, workspace))) for client in Client.objects.all()]
            for client, files in kept:
                for name, path in files:
                    writer.write(name.replace(portable.FILES, f"{portable.FILES}{client}/", 1), portable.chunks(path))
            writer.close({"format": FORMAT, "trail_heads": heads, "engine": workspace_engine()})
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"{target.name}: cannot be written ({error.strerror})", "Free some space, or name another folder.") from error
    return count


def workspace_engine() -> str:
    """Return the version that made the backup."""
    from django.conf import settings  # noqa: PLC0415 - only a name for the list of files

    return str(settings.ENGINE)


class _Counted:
    """Yields the rows of a table as JSON lines and counts them."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model, self.rows = model, 0

    def __iter__(self) -> Iterator[bytes]:
        found = self.model._default_manager.order_by("pk").iterator(chunk_size=BATCH)
        while batch := list(islice(found, BATCH)):
            self.rows += len(batch)
            yield serializers.serialize("jsonl", batch).encode("utf-8", "replace")


def restore(workspace: Workspace, path: Path) -> int:
    """Fill an empty workspace from a backup and return how many records it held; all or nothing."""
    if User.objects.exists() or Client.objects.exists():
        raise Conflict("this workspace is not empty", "Name an empty folder with QUARTERDECK_HOME, or an empty database with DATABASE_URL.")
    with archives.opened(path, path.name, portable.LIMITS) as archive, TemporaryDirectory(dir=portable.room(workspace)) as spare:
        _, listed = portable.unpacked(archive, FORMAT, Path(spare))
        portable.move(Path(spare) / portable.FILES, workspace.root / "clients")
        return _read(Path(spare), listed)


def _read(spare: Path, listed: Iterable[str]) -> int:
    names = {f"{portable.BOOK}{model._meta.label_lower}.jsonl": model for model in tables()}
    if unknown := [name for name in listed if name.startswith(portable.BOOK) and name not in names]:
        raise InputError(
            f"{unknown[0]}: this version knows no such table", "Restore with the version that made the backup, or a newer one."
        )
    count = 0
    with transaction.atomic():
        Firm.objects.all().delete()  # an empty workspace has one without a name
        Setup.objects.all().delete()
        for name, model in names.items():
            for batch in _batches(spare / name):
                model._default_manager.bulk_create(batch)
                count += len(batch)
        _after(names.values())
        _check()
    return count


def _batches(path: Path) -> Iterator[list[models.Model]]:
    with path.open("r", encoding="utf-8") as file:
        try:
            while lines := list(islice(file, BATCH)):
                yield [each.object for each in serializers.deserialize("jsonl", "".join(lines))]
        except (DeserializationError, ValueError) as error:
            raise InputError(f"{path.name}: cannot be read", "The backup was made by another version, or was changed.") from error


def _after(models_: Iterable[type[models.Model]]) -> None:
    """Let numbers that the database gives begin after those that are there."""
    statements = connection.ops.sequence_reset_sql(no_style(), list(models_))
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _check() -> None:
    for client in Client.objects.all():
        if broken := trail.verify(client.pk).broken_at:
            raise InputError(f"the trail of {client.name} is broken at line {broken}", "The backup was changed; use another one.")
