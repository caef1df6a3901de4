"""Open a zip that nobody vouches for: its names are checked before, its sizes while it is unpacked."""

import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from quarterdeck.domain.errors import InputError
from quarterdeck.domain.text import clean
from quarterdeck.evidence.uploads.received import CHUNK, MB, Limits, room

Entry = zipfile.ZipInfo

NESTED = "this is a zip inside a zip, which is not opened: upload it by itself"
BEGINS = (b"PK\x03\x04", b"PK\x05\x06")
ENCRYPTED = 0x1
RATIO_FROM = 1 * MB  # below this size a high ratio harms nobody
MOST_DEPTH = 60
MOST_NAME = 1_000
JUNK = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
REPACK = "Make the zip again from plain files, without a password, and without links. A repository also comes as a git bundle."
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may ask for gigabytes of memory
LISTED_BYTES = 300  # of an entry's line in the list, with a long name
LAST_BYTES = 22 + (1 << 16) + 76  # a zip ends with a comment, its end record and the same for large ones


@dataclass
class Archive:
    """An open zip whose names were checked; `unpacked` counts what came out of it so far."""

    name: str
    zip: zipfile.ZipFile
    limits: Limits
    size: int
    unpacked: int = 0

    @contextmanager
    def stream(self, entry: Entry) -> Iterator["Stream"]:
        """Open a file of the archive; reading it counts towards the limits."""
        try:
            inner = self.zip.open(entry)
        except _BROKEN as error:
            raise broken(self.name) from error
        with inner:
            yield Stream(self, inner)

    def count(self, size: int) -> None:
        """Count bytes that came out, and stop at the limit."""
        self.unpacked += size
        if self.unpacked > self.limits.unpacked:
            raise InputError(f"{self.name}: unpacks to more than {self.limits.unpacked / MB:,.0f} MB", "Upload its files one by one.")
        if self.unpacked > RATIO_FROM and self.unpacked > self.limits.ratio * self.size:
            raise InputError(f"{self.name}: unpacks to more than {self.limits.ratio} times its size", "Upload its files one by one.")


class Stream:
    """A file of an archive as it is unpacked."""

    def __init__(self, archive: Archive, inner: IO[bytes]) -> None:
        """Keep the archive that counts."""
        self._archive, self._inner = archive, inner

    def read(self, size: int = CHUNK) -> bytes:
        """Return the next bytes; reading is always by small pieces, however many are asked for."""
        try:
            chunk = self._inner.read(min(size, CHUNK) if size > 0 else CHUNK)
        except _BROKEN as error:
            raise broken(self._archive.name) from error
        self._archive.count(len(chunk))
        return chunk


def is_zip(path: Path) -> bool:
    """Tell whether a file begins as a zip does."""
    with path.open("rb") as file:
        return file.read(4) in BEGINS


@contextmanager
def opened(path: Path, name: str, limits: Limits, *, check: Literal["everything", "repository"] = "everything") -> Iterator[Archive]:
    """Open a zip and check its names; with `repository`, only those below the folder of its repository, if it has one.

    Who asks for that unpacks nothing else: a work tree may well hold links, and names that differ only in capital letters.
    """
    try:
        if _listing(path) > limits.entries * LISTED_BYTES:
            raise InputError(f"{name}: holds more than {limits.entries:,} files", "Upload only what is to be read.")
        archive = zipfile.ZipFile(path)
    except _BROKEN as error:
        raise broken(name) from error
    with archive:
        entries = archive.infolist()
        if len(entries) > limits.entries:
            raise InputError(f"{name}: holds {len(entries):,} files, more than {limits.entries:,}", "Upload only what is to be read.")
        whole = Archive(name, archive, limits, path.stat().st_size)
        top = repository_in(whole) if check == "repository" else None
        _check_names(name, [each for each in entries if each.filename.startswith(top or "")])
        yield whole


def _listing(path: Path) -> int:
    """Return the bytes of a zip's list of entries, found as Python's own reader finds them, before that reads them all."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LAST_BYTES))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    sizes = [int.from_bytes(tail[at + 12 : at + 16], "little")] if at >= 0 else [0]
    if at >= 76 and tail[at - 20 : at - 16] == b"PK\x06\x07":
        sizes.append(int.from_bytes(tail[at - 36 : at - 28], "little"))
    return sizes[-1]


def broken(name: str) -> InputError:
    """Return the refusal of a zip that cannot be read."""
    return InputError(f"{name}: this zip is damaged, or cut short", "Make it again, or upload its files one by one.")


def _check_names(name: str, entries: Sequence[Entry]) -> None:
    seen: dict[str, str] = {}
    for entry in entries:
        wrong = _wrong(entry)
        other = seen.setdefault(str(PurePosixPath(entry.filename)).casefold(), entry.filename)
        if not wrong and other is not entry.filename:
            wrong = "stands in it twice" if other == entry.filename else f"differs from {clean(other)[:80]} only in capital letters"
        if wrong:
            raise InputError(f"{name}: refused, because {clean(entry.filename)[:80]!r} {wrong}", REPACK)


def _wrong(entry: Entry) -> str:
    """Return what is wrong with an entry; nothing where it is a plain file or folder with a plain name."""
    name = entry.orig_filename
    parts = PurePosixPath(name).parts
    faults = {
        "is no path inside the archive": not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in name[:2],
        "holds characters that cannot be seen": clean(name) != name or "\t" in name or "\n" in name,
        "lies too deep, or has too long a name": len(parts) > MOST_DEPTH or len(name) > MOST_NAME,
        "is a link or a device": stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR),
        "is locked with a password": bool(entry.flag_bits & ENCRYPTED),
        "is packed in a way that is not read": entry.compress_type not in _METHODS,
    }
    return next((fault for fault, there in faults.items() if there), "")


def files(archive: Archive) -> list[Entry]:
    """Return the files of an archive without what computers add by themselves."""
    return [each for each in archive.zip.infolist() if not each.is_dir() and not set(PurePosixPath(each.filename).parts) & set(JUNK)]


def office(archive: Archive) -> str:
    """Say what a zip is that belongs to another program; empty where it is a plain one."""
    names = {each.filename for each in archive.zip.infolist()}
    if "[Content_Types].xml" in names:
        return "this is an Office file: save the sheet as CSV (UTF-8) and upload that"
    if "mimetype" in names:
        return "this is an OpenDocument file or a book: save the sheet as CSV (UTF-8) and upload that"
    return "this is a Java program, not evidence: upload the sources" if "META-INF/MANIFEST.MF" in names else ""


def repository_in(archive: Archive) -> str | None:
    """Return the folder of the zip that is a repository's own (`shop/.git/`, or empty for its top), or None where there is none."""
    names = {each.filename for each in archive.zip.infolist()}
    stores = {name[: name.rfind("/objects/") + 1] for name in names if "/objects/" in f"/{name}"}
    return min((top for top in stores if f"{top}HEAD" in names), key=lambda top: (top.count("/"), top), default=None)


def unpack(archive: Archive, top: str, folder: Path, wanted: Sequence[str]) -> None:
    """Unpack the wanted files and folders (`refs/`) below `top`, as plain files that nobody can run."""
    folders = tuple(each for each in wanted if each.endswith("/"))
    for entry in files(archive):
        inner = entry.filename.removeprefix(top)
        if entry.filename.startswith(top) and (inner in wanted or inner.startswith(folders)):
            _unpack(archive, entry, folder / inner)


def _unpack(archive: Archive, entry: Entry, place: Path) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with room(), archive.stream(entry) as stream, place.open("xb") as file:
            while chunk := stream.read():
                file.write(chunk)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise broken(archive.name) from error
