"""A client as one open zip: records as JSON lines, files as they are, and a list with a hash of each."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from io import TextIOWrapper
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from quarterdeck.domain.errors import Conflict, InputError
from quarterdeck.evidence.uploads import archives
from quarterdeck.evidence.uploads.received import Limits
from quarterdeck.store.book.models import Client, User
from quarterdeck.store.services import trail
from quarterdeck.store.services.portable import coming, going
from quarterdeck.store.workspace import Workspace

FORMAT = "quarterdeck.client/1"
MANIFEST, README, BOOK, FILES = "manifest.json", "README.txt", "book/", "files/"
LIMITS = Limits(size=4_000_000_000, entries=200_000, unpacked=20_000_000_000, ratio=200)
MOST_LINE = 8_000_000
DAY_ONE = (1980, 1, 1, 0, 0, 0)  # a zip that holds the same has the same bytes
ABOUT = """This is everything a workbench of Quarterdeck holds about one client.

book/*.jsonl   one record a line, as JSON; a file for each kind of record. `event` is the trail: who changed what.
files/         uploaded files, and the results of runs: reports as HTML and PDF, findings as JSON, tables as Parquet.
manifest.json  every file with its SHA-256, and the last hash of the trail.

Nothing here needs Quarterdeck to be read. To put the client into another workbench: choose "Open a client" on the page This week, and there the zip of its export.
Copies of repositories are not in here: they are yours already. Links and tokens that open the old workbench are left out.
"""


class Writer:
    """Writes files into a zip and remembers the hash of each."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        """Take an open zip."""
        self.archive = archive
        self.files: list[dict[str, Any]] = []

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write one file from its pieces."""
        digest, size = hashlib.sha256(), 0
        entry = zipfile.ZipInfo(name, DAY_ONE)
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = 0o644 << 16
        with self.archive.open(entry, "w", force_zip64=True) as out:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                out.write(chunk)
        self.files.append({"path": name, "sha256": digest.hexdigest(), "bytes": size})

    def close(self, about: Mapping[str, Any]) -> None:
        """Write the list of files, last."""
        text = json.dumps({**about, "files": self.files}, indent=1, sort_keys=True, ensure_ascii=False)
        entry = zipfile.ZipInfo(MANIFEST, DAY_ONE)
        entry.compress_type = zipfile.ZIP_DEFLATED
        self.archive.writestr(entry, text + "\n")


def export(client: Client, workspace: Workspace, target: Path) -> None:
    """Write a client's zip; it appears whole or not at all."""
    part = target.with_name(target.name + ".part")
    try:
        with zipfile.ZipFile(part, "w") as archive:
            writer = Writer(archive)
            writer.write(README, [ABOUT.encode()])
            for kind, group in groupby(going.rows(client), key=lambda each: each[0]):
                writer.write(f"{BOOK}{kind}.jsonl", (_line(row) for _, row in group))
            for name, path in files_of(client, workspace):
                writer.write(name, chunks(path))
            writer.close({"format": FORMAT, "client": client.pk, "name": client.name, "trail_head": trail.head(client.pk)})
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InputError(f"{target.name}: cannot be written ({error.strerror})", "Free some space, or name another folder.") from error


def _line(row: Mapping[str, Any]) -> bytes:
    return (json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "replace")


def chunks(path: Path) -> Iterator[bytes]:
    """Yield a file piece by piece."""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def files_of(client: Client, workspace: Workspace) -> Iterator[tuple[str, Path]]:
    """Yield the files that belong to a client: uploads, and the results that records rest on."""
    root = workspace.client(client.pk)
    for digest in going.uploads_of(client):
        if (path := workspace.uploads(client.pk) / digest).is_file():
            yield f"{FILES}uploads/{digest}", path
    for digest in going.snapshots_of(client):
        folder = root / "snapshots" / digest
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            yield f"{FILES}snapshots/{digest}/{path.relative_to(folder).as_posix()}", path


def take(who: User, path: Path, workspace: Workspace) -> Client:
    """Import a client's zip; raises InputError that names what does not fit, and then nothing is kept."""
    coming.check_may_open(who)
    with archives.opened(path, path.name, LIMITS) as archive, TemporaryDirectory(dir=room(workspace)) as spare:
        about, listed = unpacked(archive, FORMAT, Path(spare))
        key = _id(about)
        if Client.objects.filter(pk=key).exists():
            raise Conflict("this client is in this workspace already", "Remove it first, or import into another workspace.")
        client = _placed(who, workspace.client(key), Path(spare), listed)
    return client


def _placed(who: User, place: Path, spare: Path, listed: Iterable[str]) -> Client:
    """Put the files in place and then write the rows, so that no record is ever seen without its files."""
    shutil.rmtree(place, ignore_errors=True)  # left by an import that was killed: there is no such client
    move(spare / FILES, place)
    try:
        client = coming.take(who, _rows(spare, listed))
        if client.pk != place.name:
            raise InputError(
                "the list of this export names another client than its records", "The file was changed; export the client again."
            )
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    return client


def unpacked(archive: archives.Archive, wanted: str, spare: Path) -> tuple[dict[str, Any], list[str]]:
    """Unpack all that a zip of ours lists, each file checked by its hash, and return the list."""
    entries = {each.filename: each for each in archives.files(archive)}
    about = _manifest(archive, entries, wanted)
    for each in about["files"]:
        _unpack(archive, entries, each["path"], each["sha256"], spare)
    return about, [each["path"] for each in about["files"]]


def room(workspace: Workspace) -> Path:
    """Return a folder on the workspace's own disk for files that are coming in."""
    place = workspace.root / "cache" / "incoming"
    place.mkdir(parents=True, exist_ok=True)
    return place


def _id(about: Mapping[str, Any]) -> str:
    key = str(about.get("client", ""))
    if not (key.isascii() and key.isalnum() and len(key) == 12):
        raise InputError("the list of this export names no client", "Choose the zip that the export made.")
    return key


def _manifest(archive: archives.Archive, entries: Mapping[str, archives.Entry], wanted: str) -> dict[str, Any]:
    if MANIFEST not in entries:
        raise InputError(
            f"{archive.name}: was not made by Quarterdeck", "Choose the zip that the export or backup made; it holds manifest.json."
        )
    with archive.stream(entries[MANIFEST]) as stream:
        text = b"".join(iter(stream.read, b""))
    try:
        about = json.loads(text)
        fine = about["format"] == wanted and all({"path", "sha256"} <= set(each) for each in about["files"])
    except (ValueError, KeyError, TypeError):
        fine = False
    if not fine:
        raise InputError(f"{archive.name}: its list of files cannot be read", f"Only files in the format {wanted} can be read here.")
    found: dict[str, Any] = about
    return found


def _unpack(archive: archives.Archive, entries: Mapping[str, archives.Entry], name: str, wanted: str, spare: Path) -> None:
    if name not in entries:
        raise InputError(f"{archive.name}: {name} is missing", "The file was cut short or changed; export the client again.")
    place = spare / name
    place.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with archive.stream(entries[name]) as stream, place.open("wb") as out:
        for chunk in iter(stream.read, b""):
            digest.update(chunk)
            out.write(chunk)
    if digest.hexdigest() != wanted:
        raise InputError(
            f"{archive.name}: {name} is not what it was when it was exported", "The file was changed; export the client again."
        )


def _rows(spare: Path, listed: Iterable[str]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield (place, kind, row) in the order of the export, which is the order in which they can be written."""
    for name in listed:
        if not name.startswith(BOOK):
            continue
        kind = name.removeprefix(BOOK).removesuffix(".jsonl")
        with (spare / name).open("rb") as file:
            text = TextIOWrapper(file, "utf-8", errors="replace", newline="\n")
            for number, line in enumerate(iter(lambda read=text.readline: read(MOST_LINE), ""), 1):  # type: ignore[misc]
                yield f"{name}:{number}", kind, _row(line, f"{name}:{number}")


def _row(line: str, place: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise InputError(f"{place}: is no JSON", "The file was changed or damaged; export the client again.") from error
    if not isinstance(row, dict):
        raise InputError(f"{place}: is no record", "The file was changed or damaged; export the client again.")
    return row


def move(source: Path, place: Path) -> None:
    """Move what a folder holds into another."""
    place.mkdir(parents=True, exist_ok=True)
    for each in source.iterdir() if source.is_dir() else ():
        shutil.move(str(each), str(place / each.name))
