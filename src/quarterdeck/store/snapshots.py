"""What a run leaves behind: a folder that is named by its content, appears whole or not at all, and never changes."""

import fcntl
import gzip
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from quarterdeck.domain.errors import InputError, NotFound

if TYPE_CHECKING:
    from quarterdeck.store.departures import Departures

SNAPSHOTS = "snapshots"
UNFINISHED = ".unfinished-"
LOCK = ".writers"
KEPT_TEXTS, KEPT_FRAMES = 256, 4  # parsed files that stay in memory; frames are large
_DIGEST = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*", re.ASCII)


def keep(root: Path, files: Mapping[str, str | bytes]) -> str:
    """Keep files as one snapshot under `root` and return its digest; the same files again are the same snapshot.

    The folder appears under its name in one step, when every byte is on the disk. Raises InputError when it cannot be
    written, and then leaves nothing behind.
    """
    contents = {
        _checked(name): content.encode("utf-8", "replace") if isinstance(content, str) else content for name, content in files.items()
    }
    digest = _digest_of(contents)
    place = root / SNAPSHOTS / digest
    if place.is_dir():
        return digest
    try:
        _write_whole(place, contents)
    except OSError as error:
        raise InputError(
            f"the results cannot be kept ({error.strerror or error})",
            "Free some space on the disk of the workspace and run again; everything kept before is untouched.",
        ) from error
    return digest


def forget(root: Path, digest: str) -> None:
    """Remove a snapshot; it is gone from its name in one step, and one that is not there is no error."""
    place = root / SNAPSHOTS / _known(digest)
    grave = place.with_name(f"{UNFINISHED}{token_hex(8)}")
    with suppress(FileNotFoundError):
        place.rename(grave)
        shutil.rmtree(grave, ignore_errors=True)


def tidy(root: Path) -> int:
    """Remove what killed writers left and return how many folders; while somebody writes, it leaves that to the next time."""
    folder = root / SNAPSHOTS
    if not folder.is_dir():
        return 0
    with _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB) as alone:
        left = list(folder.glob(f"{UNFINISHED}*")) if alone else []
        for each in left:
            shutil.rmtree(each, ignore_errors=True)
    return len(left)


@dataclass(frozen=True)
class Snapshot:
    """A kept snapshot, read file by file.

    What the readers return is shared between callers: do not change it. `names` is the naming policy of the reader,
    `roles` or `hidden`. A file that is not there raises NotFound.
    """

    root: Path
    digest: str

    def findings(self, names: str) -> dict[str, dict[str, Any]]:
        """Return the findings by fingerprint, as findings.json describes them."""
        found: dict[str, dict[str, Any]] = self._json(f"{_policy(names)}/list.json")
        return found

    def finding(self, names: str, fingerprint: str) -> dict[str, Any] | None:
        """Return one finding, or nothing where this run did not see it."""
        return self.findings(names).get(fingerprint)

    def summary(self, names: str) -> dict[str, Any]:
        """Return the plain values that the home pages show: see `usecases.summary`."""
        found: dict[str, Any] = self._json(f"{_policy(names)}/summary.json")
        return found

    def fragment(self, names: str, practice: str) -> str:
        """Return the sections of a practice as HTML without script or style."""
        return str(_parsed(self._path(f"{_policy(names)}/practices/{practice}.html"), _text))

    def charts(self, names: str, practice: str) -> dict[str, Any]:
        """Return the charts of a practice: {id: {mode, light, dark}}."""
        found: dict[str, Any] = self._json(f"{_policy(names)}/charts/{practice}.json")
        return found

    def evidence_of(self, names: str, fingerprint: str) -> str:
        """Return one finding as HTML, with citations and how we know; empty where this run did not see it."""
        return str(self._json(f"{_policy(names)}/evidence.json").get(fingerprint, ""))

    def people(self) -> list[dict[str, Any]]:
        """Return the people with full names, the busiest first.

        Keys: id, name, label, role, addresses, names, aliases, joined_by, commits, first_day, last_day, start, end, bot, here.
        """
        found: list[dict[str, Any]] = self._json("people.json")
        return found

    def suggestions(self) -> list[list[str]]:
        """Return pairs of aliases that may be one person, each with the reason."""
        found: list[list[str]] = self._json("suggestions.json")
        return found

    def evidence(self, names: str = "roles") -> dict[str, Any]:
        """Return what was read: repositories with head, last day and age, inventories, coverage, and what could not be read."""
        found: dict[str, Any] = self._json(f"{_policy(names)}/sources.json")
        return found

    def departures(self) -> "Departures":
        """Return what it takes to work out a departure without the repositories; loads polars on first use."""
        return _departures(self)

    def names(self) -> list[str]:
        """Return the names of all files."""
        folder = self._folder()
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())

    def file(self, name: str) -> bytes:
        """Return the bytes of a file by its name inside the snapshot, unpacked where it is kept as NAME.gz; no name leads outside."""
        path = self._path(name)
        packed = path.with_name(f"{path.name}.gz")
        try:
            return gzip.decompress(packed.read_bytes()) if packed.is_file() else path.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise NotFound("the results have no such file") from error

    def _folder(self) -> Path:
        return self.root / SNAPSHOTS / _known(self.digest)

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise NotFound("the results have no such file")
        return self._folder() / name

    def _json(self, name: str) -> Any:
        return _parsed(self._path(name), json.loads)


@lru_cache(KEPT_TEXTS)
def _parsed(path: Path, parse: Callable[[bytes], Any]) -> Any:
    """Read and parse a file once: what a digest names never changes."""
    try:
        return parse(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound("the results have no such file") from error


def _text(content: bytes) -> str:
    return content.decode("utf-8")


@lru_cache(KEPT_FRAMES)
def _departures(snapshot: Snapshot) -> "Departures":
    from quarterdeck.store import departures  # noqa: PLC0415 - polars takes longer to load than most pages to draw

    return departures.read(snapshot.file)


def _policy(names: str) -> str:
    if names not in ("roles", "hidden"):
        raise NotFound("the results have no such file")
    return names


def _known(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise NotFound("there are no such results")
    return digest


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name for a file of a snapshot: {name!r}")
    return name


def _digest_of(contents: Mapping[str, bytes]) -> str:
    whole = blake2b(digest_size=16)
    for name in sorted(contents):
        whole.update(name.encode() + b"\0" + blake2b(contents[name]).digest())
    return whole.hexdigest()


def _write_whole(place: Path, contents: Mapping[str, bytes]) -> None:
    """Write into a sibling folder and rename it; when two write the same, the first wins and both are right."""
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f"{UNFINISHED}{token_hex(8)}")
    with _lock(place.parent, fcntl.LOCK_SH):
        try:
            for name, content in contents.items():
                _write(part / name, content)
            for folder in (part, *(each for each in part.rglob("*") if each.is_dir())):
                _sync(folder)
            _rename(part, place)
            _sync(place.parent)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _rename(part: Path, place: Path) -> None:
    try:
        part.rename(place)
    except OSError:
        if not place.is_dir():
            raise


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _lock(folder: Path, kind: int) -> Iterator[bool]:
    """Hold the lock of the writers: shared by all who write, alone by whoever tidies; tell whether it was had."""
    with (folder / LOCK).open("ab") as file:
        try:
            fcntl.flock(file, kind)
        except BlockingIOError:
            yield False
        else:
            yield True
