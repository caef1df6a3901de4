"""Uploads: recognised by what they hold, refused when unsafe, and never lost without a word."""

import io
import json
import os
import stat
import struct
import subprocess
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterdeck.domain.errors import InputError
from quarterdeck.evidence import sbom
from quarterdeck.evidence.company_file import read_company
from quarterdeck.evidence.git.fetch import MIRROR, FetchFailed
from quarterdeck.evidence.git.fetch import Limits as FetchLimits
from quarterdeck.evidence.git.locate import locate
from quarterdeck.evidence.uploads import Limits, Upload, archives, receive, roster
from quarterdeck.evidence.uploads.received import MARK, shown
from quarterdeck.evidence.uploads.repositories import unpack_repository
from tests.making import Maker, git

ROSTER = "Name,Email,Team,Start\nÅsa Öberg,asa@example.com,Core,2024-01-15\n"
COMPANY = 'name = "Acme"\ncurrency = "EUR"\n[[roster]]\nname = "Ada"\n'
BILL = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"name": "left", "version": "1", "type": "library"}]})


def given_file(content: bytes | str, folder: Path, name: str = "file.bin", **limits: int) -> Upload:
    raw = content.encode() if isinstance(content, str) else content
    return receive(name, io.BytesIO(raw), folder, limits=Limits(**limits))


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return whole.getvalue()


def messages(upload: Upload) -> str:
    return " ".join(each.message for each in upload.problems)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (COMPANY, "company"),
        ('[[roster]]\nname = "Ada\n', "company"),
        (BILL, "inventory"),
        ('{"sbom": {"spdxVersion": "SPDX-2.3", "packages": []}}', "inventory"),
        ('<?xml version="1.0"?><bom xmlns="http://cyclonedx.org/schema/bom/1.5"/>', "inventory"),
        ("SPDXVersion: SPDX-2.3\nPackageName: x\n", "inventory"),
        (ROSTER, "roster"),
        (ROSTER.replace(",", ";"), "roster"),
        ("sep=;\n" + ROSTER.replace(",", ";"), "roster"),
        ("Vendor,Amount\nX,5\n", "unknown"),
        ("Name\nAda\n", "unknown"),
        ("dear all,\nplease find", "unknown"),
        ('{"a": 1}', "unknown"),
        ("a = 1\n", "unknown"),
        ("  \n", "unknown"),
        (b"%PDF-1.7", "unknown"),
        (b"\x1f\x8b\x08", "unknown"),
        (b"\x00\x01\x02\x03", "unknown"),
    ],
)
def test_a_file_is_recognised_by_what_it_holds(content: bytes | str, kind: str, tmp_path: Path) -> None:
    upload = given_file(content, tmp_path, "anything.dat")

    assert upload.kind == kind
    assert upload.path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert bool(upload.problems) == (kind == "unknown" or ("Ada\n" in str(content) and kind == "company" and content != COMPANY))


def test_a_file_that_nobody_reads_is_kept_and_the_answer_names_what_is_read(tmp_path: Path) -> None:
    upload = given_file("Vendor,Amount\nX,5\n", tmp_path)

    assert "`Vendor` and `Amount`" in messages(upload)
    assert upload.path.is_file()
    assert "git bundle" in messages(given_file("hello", tmp_path))


@pytest.mark.parametrize(
    ("codec", "said"),
    [("utf-8", ""), ("utf-8-sig", ""), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"), ("cp1252", "Windows-1252")],
)
def test_a_table_in_any_usual_encoding_is_read_and_the_encoding_is_said(codec: str, said: str, tmp_path: Path) -> None:
    upload = given_file(ROSTER.encode(codec), tmp_path)

    assert upload.kind == "roster"
    assert roster.read(upload.name, upload.path.read_bytes()).rows[0].name == "Åsa Öberg"
    assert (said in messages(upload)) if said else not upload.problems


def test_what_other_readers_need_as_utf_8_is_laid_beside_as_that(tmp_path: Path) -> None:
    company = given_file(COMPANY.replace("Acme", "Müller").encode("cp1252"), tmp_path)
    bill = given_file(BILL.encode("utf-16"), tmp_path)

    assert read_company(company.path, {}).name == "Müller"
    assert len(sbom.read(bill.name, bill.path.read_bytes())[0]) == 1


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="empty"):
        given_file(b"", tmp_path)


class Endless(io.RawIOBase):
    """A stream that never ends and counts what was taken."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        return b"x" * size


def test_a_file_above_the_limit_is_refused_as_soon_as_that_is_known_and_nothing_stays(tmp_path: Path) -> None:
    stream = Endless()

    with pytest.raises(InputError, match="larger than 1 MB"):
        receive("a.csv", stream, tmp_path, limits=Limits(size=1 << 20))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="larger than 1 MB"):
        receive("a.csv", stream, tmp_path / "never", limits=Limits(size=1 << 20), length=2 << 20)  # type: ignore[arg-type]

    assert stream.taken < 2 << 20
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_upload_left_is_removed_in_time(tmp_path: Path) -> None:
    for name, hours in (("old", 7), ("new", 1)):
        left = tmp_path / f"{MARK}{name}"
        left.write_bytes(b"half")
        os.utime(left, (time.time() - hours * 3600,) * 2)

    upload = given_file(ROSTER, tmp_path)

    assert {path.name for path in tmp_path.iterdir()} == {upload.digest, f"{MARK}new"}


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\roster.csv", "roster.csv"),
        ("ros\u202etxt.exe", "ros\ufffdtxt.exe"),
        ("a\nb\x00.csv", "a b\ufffd.csv"),
        (".hidden", "hidden"),
        ("", "upload"),
        ("..", "upload"),
        ("<script>.csv", "<script>.csv"),
        ("x" * 300 + ".csv", "x" * 115 + "…" + ".csv"),
    ],
)
def test_a_name_is_shown_clean(name: str, clean: str) -> None:
    assert shown(name) == clean


def test_the_files_of_a_zip_become_parts(tmp_path: Path) -> None:
    inner = zipped(("x.csv", b"a"))
    content = zipped(
        ("all/roster.csv", ROSTER.encode()), ("all/company.toml", COMPANY.encode()), ("inner.zip", inner), ("__MACOSX/._x", b"junk")
    )

    upload = given_file(content, tmp_path)

    assert upload.kind == "archive"
    assert [(each.name, each.kind) for each in upload.parts] == [
        ("roster.csv", "roster"),
        ("company.toml", "company"),
        ("inner.zip", "unknown"),
    ]
    assert "zip inside a zip" in messages(upload)


def test_an_office_file_is_no_zip_of_evidence(tmp_path: Path) -> None:
    upload = given_file(zipped(("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<x/>")), tmp_path)

    assert upload.kind == "unknown"
    assert "save the sheet as CSV" in messages(upload)


def link(name: str, kind: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system = 3
    entry.external_attr = (kind | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    "entries",
    [
        [("../evil.csv", b"x")],
        [("/etc/evil.csv", b"x")],
        [("a/../../evil.csv", b"x")],
        [("C:evil.csv", b"x")],
        [("a\\..\\evil.csv", b"x")],
        [(link("link", stat.S_IFLNK), b"/etc/passwd")],
        [(link("pipe", stat.S_IFIFO), b"")],
        [(link("device", stat.S_IFCHR), b"")],
        [("a\nb.csv", b"x")],
        [("a\u202eb.csv", b"x")],
        [("a.csv", b"x"), ("A.CSV", b"y")],
        [("a.csv", b"x"), ("./a.csv", b"y")],
        [("/".join("d" * 70) + "/a.csv", b"x")],
    ],
)
def test_a_zip_with_names_that_could_do_harm_is_refused(entries: list[tuple[str | zipfile.ZipInfo, bytes]], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="refused, because") as refused:
        given_file(zipped(*entries), tmp_path / "in")

    assert refused.value.hint
    assert {each.name for each in tmp_path.rglob("*")} <= {
        "in",
        *(each.name for each in (tmp_path / "in").iterdir() if len(each.name) == 32),
    }


def test_a_zip_with_a_password_or_a_name_twice_is_refused(tmp_path: Path) -> None:
    plain = bytearray(zipped(("a.csv", b"x")))
    plain[plain.index(b"PK\x01\x02") + 8] |= 1
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = zipped(("a.csv", b"x"), ("a.csv", b"y"))

    with pytest.raises(InputError, match="password"):
        given_file(bytes(plain), tmp_path)
    with pytest.raises(InputError, match="twice"):
        given_file(twice, tmp_path)


def test_a_zip_bomb_is_refused_while_it_unpacks(tmp_path: Path) -> None:
    bomb = zipped(("a.csv", bytes(30 << 20)))

    with pytest.raises(InputError, match="200 times its size"):
        given_file(bomb, tmp_path)
    with pytest.raises(InputError, match="more than 8 MB"):
        given_file(bomb, tmp_path, unpacked=8 << 20, ratio=10**6)
    with pytest.raises(InputError, match="larger than 4 MB"):
        given_file(bomb, tmp_path, size=4 << 20, ratio=10**6)
    assert list(tmp_path.iterdir()) == []


def test_sizes_that_a_zip_states_wrongly_do_not_help_it(tmp_path: Path) -> None:
    bomb = bytearray(zipped(("a.csv", bytes(30 << 20))))
    at = bomb.index(b"PK\x01\x02")
    bomb[at + 24 : at + 28] = struct.pack("<L", 1_000)

    with pytest.raises(InputError):
        given_file(bytes(bomb), tmp_path, size=4 << 20)


def test_a_zip_of_too_many_files_is_refused_before_they_are_listed(tmp_path: Path) -> None:
    many = zipped(*((f"{number}.csv", b"") for number in range(600)))

    with pytest.raises(InputError, match="600 files, and no repository"):
        given_file(many, tmp_path)
    with pytest.raises(InputError, match="more than 10"):
        given_file(many, tmp_path, entries=10)


def test_a_packing_that_asks_for_much_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="packed in a way"):
        given_file(zipped(("a.csv", b"x"), method=zipfile.ZIP_LZMA), tmp_path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_zip_is_refused_or_read_but_never_ends_in_an_unforeseen_error(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(zipped(("roster.csv", ROSTER.encode() * 5), ("b/company.toml", COMPANY.encode())))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(30, len(content)))

    try:
        upload = given_file(bytes(content[:cut]), tmp_path_factory.getbasetemp() / "damaged")
    except InputError as refused:
        assert refused.hint
    else:
        assert upload.kind in ("archive", "unknown", "repository")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    made = Maker(tmp_path / "shop").commit("ada", "2025-01-01", {"a.py": "1\n"}).commit("bob", "2025-02-01", {"b.py": "2\n"}).done()
    git(made, "tag", "v1")
    return made


def zip_of(folder: Path) -> bytes:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return zipped(*((path.relative_to(folder.parent).as_posix(), path.read_bytes()) for path in files))


@pytest.mark.parametrize("how", ["bundle", "clone", "bare"])
def test_a_repository_that_came_as_a_file_is_read_like_any_other(how: str, shop: Path, tmp_path: Path) -> None:
    if how == "bundle":
        git(shop, "bundle", "create", "../shop.bundle", "--all")
        content = (tmp_path / "shop.bundle").read_bytes()
    elif how == "clone":
        (shop / "link").symlink_to("/etc/passwd")
        content = zip_of(shop)
    else:
        git(tmp_path, "clone", "-q", "--bare", "shop", "shop.git")
        content = zip_of(tmp_path / "shop.git")
    upload = given_file(content, tmp_path / "in")

    got = unpack_repository(upload, tmp_path / "source")

    assert upload.kind == ("bundle" if how == "bundle" else "repository")
    assert got.head == git(shop, "rev-parse", "main")
    assert locate(got.path).head_name == "main"
    assert locate(got.path).refs.keys() == {"refs/heads/main", "refs/tags/v1"}
    assert git(got.path, "log", "--format=%an", "main") == "Bob Hopper\nAda Lovelace"
    assert not unpack_repository(upload, tmp_path / "source").refs_changed


def test_nothing_of_a_zipped_repository_that_could_act_is_taken(shop: Path, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    (shop / ".git" / "hooks").mkdir(exist_ok=True)
    (shop / ".git" / "hooks" / "post-checkout").write_text(f"#!/bin/sh\ntouch {marker}\n")
    (shop / ".git" / "config").write_text(
        f"[core]\n\tfsmonitor = touch {marker}\n\tsshCommand = touch {marker}\n[alias]\n\tlog = !touch {marker}\n"
    )
    (shop / ".git" / "objects" / "info").mkdir(exist_ok=True)
    (shop / ".git" / "objects" / "info" / "alternates").write_text("/etc\n")

    got = unpack_repository(given_file(zip_of(shop), tmp_path / "in"), tmp_path / "source")

    names = {path.relative_to(got.path).as_posix() for path in got.path.rglob("*") if path.is_file()}
    assert not [name for name in names if name.startswith("hooks") or "alternates" in name]
    assert (got.path / "config").read_text() == "[core]\n\tbare = true\n\trepositoryformatversion = 0\n"
    assert not marker.exists()


def test_beside_a_repository_nothing_is_taken_but_whoever_opens_the_whole_zip_is_warned(shop: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "shop.zip", "w") as archive:
        for path in sorted((shop / ".git").rglob("*")):
            archive.write(path, path.relative_to(shop))
        archive.writestr("../evil", b"x")
        archive.writestr(link("readme", stat.S_IFLNK), b"/etc/passwd")

    upload = given_file((tmp_path / "shop.zip").read_bytes(), tmp_path / "in")
    got = unpack_repository(upload, tmp_path / "source")

    assert got.head == git(shop, "rev-parse", "main")
    assert not list(tmp_path.rglob("evil"))
    with pytest.raises(InputError, match="refused"), archives.opened(upload.path, "shop.zip", Limits()):
        pass


def test_a_part_of_a_repository_is_refused_and_the_former_one_stays(shop: Path, tmp_path: Path) -> None:
    git(shop, "bundle", "create", "../all.bundle", "--all")
    git(shop, "bundle", "create", "../part.bundle", "main~1..main")
    whole, part = (given_file((tmp_path / name).read_bytes(), tmp_path / "in", name) for name in ("all.bundle", "part.bundle"))
    cut = given_file((tmp_path / "all.bundle").read_bytes()[:-30], tmp_path / "in", "cut.bundle")
    before = unpack_repository(whole, tmp_path / "source")

    for bad in (part, cut):
        with pytest.raises(InputError, match="damaged, or holds only a part") as refused:
            unpack_repository(bad, tmp_path / "source")
        assert "git bundle create" in refused.value.hint

    assert locate(tmp_path / "source" / MIRROR).head == before.head
    assert {path.name for path in (tmp_path / "source").iterdir()} == {MIRROR, "fetch.lock", "refs.digest"}


def test_a_bundle_that_is_too_large_is_refused(shop: Path, tmp_path: Path) -> None:
    git(shop, "bundle", "create", "../all.bundle", "--all")
    upload = given_file((tmp_path / "all.bundle").read_bytes(), tmp_path / "in")

    with pytest.raises(FetchFailed) as failed:
        unpack_repository(upload, tmp_path / "source", fetch_limits=FetchLimits(size=200))

    assert failed.value.reason == "too large"


def test_a_zip_whose_repository_is_not_whole_is_refused(tmp_path: Path) -> None:
    upload = given_file(zipped(("shop/.git/HEAD", b"ref: refs/heads/main\n"), ("shop/.git/objects/info/packs", b"")), tmp_path / "in")

    with pytest.raises(InputError):
        unpack_repository(upload, tmp_path / "source")
    with pytest.raises(InputError, match="holds no repository"):
        unpack_repository(given_file(ROSTER, tmp_path / "in"), tmp_path / "source")

    assert not (tmp_path / "source" / MIRROR).exists()


def test_a_repository_with_newer_ids_comes_as_a_bundle_too(tmp_path: Path) -> None:
    made = Maker(tmp_path / "new", "--object-format=sha256").commit(write={"a": "1"}).done()
    subprocess.run(["git", "bundle", "create", "-q", "../new.bundle", "--all"], cwd=made, check=True)

    got = unpack_repository(given_file((tmp_path / "new.bundle").read_bytes(), tmp_path / "in"), tmp_path / "source")

    assert len(got.head) == 64
