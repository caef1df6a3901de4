"""What an upload is, once it lies on disk, and how much of it is taken."""

import errno
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Literal, Protocol

from quarterdeck.domain.errors import InputError, QuarterdeckError
from quarterdeck.domain.evidence import Citation, Problem
from quarterdeck.domain.text import clean

Kind = Literal["company", "inventory", "roster", "bundle", "repository", "archive", "unknown"]
READ_TODAY = (
    "a company file (TOML), a software inventory (CycloneDX or SPDX), a roster (CSV), a git bundle, "
    "a zip of a repository, or a zip of these files"
)
MB = 1 << 20
CHUNK = 1 << 18
MOST_NAME = 120
LEFT_SECONDS = 6 * 3600
MARK = "quarterdeck-upload-"  # begins the name of a file that is still coming in


@dataclass(frozen=True)
class Limits:
    """How much is taken: bytes of a file, and for an archive its entries, its size unpacked and how far it may expand."""

    size: int = 500 * MB
    entries: int = 100_000
    unpacked: int = 2_000 * MB
    ratio: int = 200


LIMITS = Limits()


@dataclass(frozen=True)
class Upload:
    """A file as received: digest and size are of the bytes that came; `path` holds them, or the same text as UTF-8."""

    kind: Kind
    name: str
    path: Path
    digest: str
    size: int
    problems: tuple[Problem, ...] = ()
    parts: tuple["Upload", ...] = ()

    def become(self, kind: Kind, *problems: Problem, path: Path | None = None, parts: tuple["Upload", ...] = ()) -> "Upload":
        """Return the upload as what it turned out to be."""
        return replace(self, kind=kind, problems=(*self.problems, *problems), path=path or self.path, parts=parts)


class Incoming(Protocol):
    """Bytes that come piece by piece."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most so many; none at the end."""
        ...


def problem(name: str, message: str, locator: str = "") -> Problem:
    """Return a problem of a whole file, or of a place in it."""
    return Problem(Citation(name, locator or name), message)


def shown(name: str) -> str:
    """Return a file's name for people: its last part only, without what could act on a screen, and not too long."""
    last = re.split(r"[/\\]", clean(name))[-1].replace("\n", " ").replace("\t", " ").strip().lstrip(".")
    stem, dot, end = last.rpartition(".")
    short = (
        last if len(last) <= MOST_NAME else f"{stem[: MOST_NAME - len(end) - 2]}…{dot}{end}" if len(end) < 12 else f"{last[:MOST_NAME]}…"
    )
    return short or "upload"


def sweep(folder: Path) -> None:
    """Remove what uploads left that broke off long ago, as when the server was killed."""
    for left in folder.glob(f"{MARK}*"):
        try:
            if time.time() - left.lstat().st_mtime > LEFT_SECONDS:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
        except FileNotFoundError:
            continue


def stored(name: str, stream: Incoming, folder: Path, limits: Limits, length: int | None, *, empty: bool = False) -> Upload:
    """Write a stream to disk under its digest; a file that is too large is refused as soon as that is known, and nothing of it stays."""
    if length is not None and length > limits.size:
        raise too_large(name, limits)
    folder.mkdir(parents=True, exist_ok=True)
    with room(), NamedTemporaryFile(dir=folder, prefix=MARK, delete=False) as file:
        place = Path(file.name)
        try:
            digest, size = _copied(name, stream, file, limits)
            if not size and not empty:
                raise InputError(f"{name}: the file is empty", "Export it again and look into it before you upload it.")
            path = folder / digest
            place.replace(path)
        finally:
            place.unlink(missing_ok=True)
    return Upload("unknown", name, path, digest, size)


@contextmanager
def room() -> Iterator[None]:
    """Say plainly that the disk is full, where that is what went wrong."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise QuarterdeckError(
                "the disk of this machine is full", "Make room, then upload the file again; nothing else was lost."
            ) from error
        raise


def _copied(name: str, stream: Incoming, file: IO[bytes], limits: Limits) -> tuple[str, int]:
    whole, size = hashlib.blake2b(digest_size=16), 0
    while chunk := stream.read(CHUNK):
        size += len(chunk)
        if size > limits.size:
            raise too_large(name, limits)
        whole.update(chunk)
        file.write(chunk)
    file.flush()
    os.fsync(file.fileno())
    return whole.hexdigest(), size


def too_large(name: str, limits: Limits) -> InputError:
    """Return the refusal of a file above the limit."""
    return InputError(
        f"{name}: larger than {limits.size / MB:,.0f} MB", "Upload a smaller export, or ask whoever runs this workbench to raise the limit."
    )
