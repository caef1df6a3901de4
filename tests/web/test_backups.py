"""A backup is made while the workspace is used, and fills an empty one."""

import zipfile
from pathlib import Path

import pytest
from django.conf import settings

from quarterdeck.domain.errors import Conflict, InputError
from quarterdeck.store.book.models import Action, Client, Event, Firm, User
from quarterdeck.store.services import keeping, trail
from quarterdeck.store.services.portable import going
from quarterdeck.store.workspace import Workspace
from quarterdeck.web.moving import workspaces as backups
from tests.web.conftest import PASSWORD, Book


def emptied(book: Book) -> None:
    for client, user in ((book.client, book.users["owner"]), (book.foreign, book.stranger)):
        going.let_go(book.seat() if client == book.client else seat_of(user, client))
    User.objects.all().delete()


def seat_of(user: User, client: Client):  # type: ignore[no-untyped-def]
    from quarterdeck.store.selectors.seats import seat

    return seat(user, client.pk)


def test_a_restored_workspace_is_equal(book: Book, tmp_path: Path) -> None:
    keeping.keep(book.users["owner"], Action(client=book.client, sentence="Rotate the keys"))
    heads = {key: trail.head(key) for key in (book.client.pk, book.foreign.pk)}
    kept = backups.backup(settings.WORKSPACE, tmp_path / "all.zip")
    emptied(book)
    Event.objects.count()

    got = backups.restore(Workspace(tmp_path / "new"), tmp_path / "all.zip")

    assert got == kept
    assert {key: trail.head(key) for key in heads} == heads
    assert User.objects.get(email="owner@northlight.example").check_password(PASSWORD)
    assert Action.objects.get().sentence == "Rotate the keys"
    assert Firm.objects.count() <= 1
    assert (tmp_path / "new" / "clients" / book.client.pk / "snapshots").is_dir()


def test_a_workspace_that_is_used_is_not_restored_over(book: Book, tmp_path: Path) -> None:
    backups.backup(settings.WORKSPACE, tmp_path / "all.zip")

    with pytest.raises(Conflict, match="not empty"):
        backups.restore(Workspace(tmp_path / "new"), tmp_path / "all.zip")


def test_a_backup_that_cannot_be_written_says_so_and_leaves_nothing(book: Book, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        backups.backup(settings.WORKSPACE, tmp_path / "nowhere" / "all.zip")


def test_the_export_of_a_client_is_no_backup(db: None, tmp_path: Path) -> None:
    path = tmp_path / "client.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", '{"format": "quarterdeck.client/1", "files": []}')

    with pytest.raises(InputError, match="cannot be read"):
        backups.restore(Workspace(tmp_path / "new"), path)
