"""Files that people hand over: streamed to disk, recognised by what they hold, never by their name."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from quarterdeck.domain.errors import InputError
from quarterdeck.evidence.uploads import archives, recognition
from quarterdeck.evidence.uploads.received import LIMITS, MARK, Incoming, Limits, Upload, problem, shown, stored, sweep

MOST_PARTS = 500  # files of a zip that is no repository

__all__ = ["LIMITS", "Limits", "Upload", "receive"]


def receive(name: str, stream: Incoming, folder: Path, *, limits: Limits = LIMITS, length: int | None = None) -> Upload:
    """Stream an upload into a folder and tell what it is; `length`, where known, refuses what is too large before it is read.

    A file that nothing here reads comes back as `unknown` with the reason; only what is too large, empty or unsafe raises InputError,
    and leaves nothing. The files of a zip become parts; the zip of a repository stays whole for `unpack_repository`.
    Files lie under their digest, so two uploads of the same bytes share one.
    """
    name = shown(name)
    sweep(folder)
    kept = stored(name, stream, folder, limits, length)
    if not archives.is_zip(kept.path):
        return recognition.recognised(kept)
    try:
        return _archive(kept, folder, limits)
    except InputError:
        kept.path.unlink(missing_ok=True)
        raise


def _archive(kept: Upload, folder: Path, limits: Limits) -> Upload:
    """Return what a zip holds: a repository, or files, each of which is an upload of its own."""
    with archives.opened(kept.path, kept.name, limits, check="repository") as archive:
        if found := archives.office(archive):
            return kept.become("unknown", problem(kept.name, found))
        if archives.repository_in(archive) is not None:
            return kept.become("repository")
        parts = _parts(archive, folder, limits)
    if not parts:
        return kept.become("unknown", problem(kept.name, "this zip is empty"))
    return kept.become("archive", *(each for part in parts for each in part.problems), parts=parts)


def _parts(archive: archives.Archive, folder: Path, limits: Limits) -> tuple[Upload, ...]:
    """Return the files of a zip; they come to lie beside it once all of them are there."""
    entries = archives.files(archive)
    if len(entries) > MOST_PARTS:
        raise InputError(f"{archive.name}: holds {len(entries):,} files, and no repository", "Upload only the files that are to be read.")
    with TemporaryDirectory(dir=folder, prefix=MARK) as place:
        parts = [_part(archive, entry, Path(place), limits) for entry in entries]
        for file in Path(place).iterdir():
            file.replace(folder / file.name)
    return tuple(replace(part, path=folder / part.path.name) for part in parts)


def _part(archive: archives.Archive, entry: archives.Entry, folder: Path, limits: Limits) -> Upload:
    with archive.stream(entry) as stream:
        kept = stored(shown(entry.filename), stream, folder, limits, None, empty=True)
    if archives.is_zip(kept.path):
        return kept.become("unknown", problem(kept.name, archives.NESTED))
    return recognition.recognised(kept)
