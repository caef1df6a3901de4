"""A client leaves with everything, and comes back equal."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings

from quarterdeck.domain.errors import Conflict, InputError, NotPermitted
from quarterdeck.store.book.models import Action, Client, Event, Person, User
from quarterdeck.store.selectors.seats import today
from quarterdeck.store.services import keeping, trail
from quarterdeck.store.services.portable import going
from quarterdeck.store.workspace import Workspace
from quarterdeck.web.moving import clients as portable
from tests.web.conftest import Book

WORKSPACE: Workspace = settings.WORKSPACE


@pytest.fixture
def exported(book: Book, tmp_path: Path) -> Path:
    owner = book.seat()
    action = Action(client=book.client, sentence="Zweite Person für die Abrechnung 🚢 =1+1", owner=book.person, due=today())
    keeping.keep(owner.user, action)
    keeping.change(owner.user, action, state="doing")
    portable.export(book.client, WORKSPACE, tmp_path / "client.zip")
    return tmp_path / "client.zip"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "elsewhere")


def test_a_client_that_left_and_came_back_has_an_equal_book(book: Book, exported: Path, elsewhere: Workspace, tmp_path: Path) -> None:
    key = book.client.pk
    going.let_go(book.seat())

    back = portable.take(book.users["owner"], exported, elsewhere)
    portable.export(back, elsewhere, tmp_path / "again.zip")

    assert back.pk == key
    assert Action.objects.get(client=back).sentence == "Zweite Person für die Abrechnung 🚢 =1+1"
    assert (tmp_path / "again.zip").read_bytes() == exported.read_bytes()
    assert trail.verify(key).broken_at is None


def test_what_a_client_takes_along_is_open_and_complete(book: Book, exported: Path) -> None:
    with zipfile.ZipFile(exported) as archive:
        about = json.loads(archive.read("manifest.json"))
        names = archive.namelist()
        people = [json.loads(line) for line in archive.read("book/person.jsonl").splitlines()]

    assert about["trail_head"] == trail.head(book.client.pk)
    assert {each["path"] for each in about["files"]} == set(names) - {"manifest.json"}
    assert [each["name"] for each in people] == ["Cora Contributor"]
    assert any(name.endswith("report.pdf") for name in names)
    assert [name for name in names if name.startswith("book/") and b"md5$" in archive_text(exported, name)] == []


def archive_text(path: Path, name: str) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return archive.read(name)


def test_letting_a_client_go_leaves_nothing_but_a_line_of_the_firm(book: Book) -> None:
    key, head = book.client.pk, trail.head(book.client.pk)

    going.let_go(book.seat())

    assert not Client.objects.filter(pk=key).exists()
    assert not Event.objects.filter(chain=key).exists()
    assert Event.objects.filter(chain="firm").latest("number").after["trail_head"] == head


def test_only_an_owner_lets_a_client_go(book: Book) -> None:
    with pytest.raises(NotPermitted):
        going.let_go(book.seat("practitioner"))


def test_a_client_that_is_here_is_not_imported_over(book: Book, exported: Path, elsewhere: Workspace) -> None:
    with pytest.raises(Conflict, match="already"):
        portable.take(book.users["owner"], exported, elsewhere)


def rewritten(path: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """Return a copy of an export whose files were changed, with a list that fits them."""
    import hashlib

    made = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w") as new:
        about = json.loads(old.read("manifest.json"))
        for each in about["files"]:
            content = change(each["path"], old.read(each["path"]))
            each["sha256"] = hashlib.sha256(content).hexdigest()
            new.writestr(each["path"], content)
        new.writestr("manifest.json", json.dumps(about))
    return made


CHANGES: dict[str, tuple[Callable[[str, bytes], bytes], str]] = {
    "a trail that somebody rewrote": (lambda n, c: c.replace(b'"verb":"created"', b'"verb":"creatod"') if n == "book/event.jsonl" else c, "broken"),
    "a column nobody knows": (lambda n, c: c.replace(b'"name":', b'"nome":') if n == "book/person.jsonl" else c, "has no nome"),
    "a row that is no JSON": (lambda n, c: c[:-9] if n == "book/person.jsonl" else c, "person.jsonl:1: is no JSON"),
    "a day that is none": (lambda n, c: c.replace(b'"due":"20', b'"due":"xx') if n == "book/action.jsonl" else c, "cannot be read"),
    "somebody else's record": (lambda n, c: c.replace(b'"client_id":"northlight22"', b'"client_id":"harborclinic"') if n == "book/person.jsonl" else c, "another client"),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_an_export_that_was_changed_is_refused_whole(case: str, book: Book, exported: Path, elsewhere: Workspace) -> None:
    change, message = CHANGES[case]
    key = book.client.pk
    going.let_go(book.seat())

    with pytest.raises(InputError, match=message):
        portable.take(book.users["owner"], rewritten(exported, change), elsewhere)

    assert not Client.objects.filter(pk=key).exists()
    assert not elsewhere.client(key).exists()


def test_a_file_that_differs_from_the_list_is_refused(book: Book, exported: Path, elsewhere: Workspace) -> None:
    going.let_go(book.seat())
    cut = exported.with_name("cut.zip")
    with zipfile.ZipFile(exported) as old, zipfile.ZipFile(cut, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name) + (b" " if name in {"book/note.jsonl", "book/action.jsonl"} else b""))

    with pytest.raises(InputError, match="not what it was"):
        portable.take(book.users["owner"], cut, elsewhere)


def test_a_record_cannot_point_at_another_client(book: Book, exported: Path, elsewhere: Workspace) -> None:
    spy = keeping.keep(book.stranger, Person(client=book.foreign, name="Secret Person"))
    mine = book.person.pk if book.person else ""
    going.let_go(book.seat())
    changed = rewritten(
        exported, lambda name, content: content.replace(f'"owner_id":"{mine}"'.encode(), f'"owner_id":"{spy.pk}"'.encode()) if name == "book/action.jsonl" else content
    )  # fmt: skip

    with pytest.raises(InputError, match="points at another client"):
        portable.take(book.users["owner"], changed, elsewhere)


def test_people_without_an_account_here_come_as_names_that_cannot_sign_in(book: Book, exported: Path, elsewhere: Workspace) -> None:
    going.let_go(book.seat())
    User.objects.filter(email="executive@northlight.example").delete()

    portable.take(book.users["owner"], exported, elsewhere)

    came = User.objects.get(email="executive@northlight.example")
    assert (came.is_active, came.has_usable_password()) == (False, False)


def test_whoever_may_not_open_clients_may_not_import_one(book: Book, exported: Path, elsewhere: Workspace) -> None:
    with pytest.raises(NotPermitted):
        portable.take(book.outsider, exported, elsewhere)


def test_a_zip_of_something_else_says_so(book: Book, tmp_path: Path, elsewhere: Workspace) -> None:
    path = tmp_path / "other.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")

    with pytest.raises(InputError, match="not made by Quarterdeck"):
        portable.take(book.users["owner"], path, elsewhere)
