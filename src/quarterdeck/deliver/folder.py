"""Write the report folder: each file whole or not at all, and errors said in a sentence."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from quarterdeck.domain.errors import InputError


def write(folder: Path, files: Mapping[str, str | bytes]) -> list[Path]:
    """Write files into a folder and return their paths; a file appears only when it is complete."""
    return [_write(folder, name, content) for name, content in files.items()]


def _write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content.encode("utf-8", "replace") if isinstance(content, str) else content)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise InputError(
            f"{folder}: cannot write {name} ({error.strerror})",
            "Name a folder you may write to with --out, or free some space; what was read is kept for the next run.",
        ) from error
    return path


def forget(folder: Path, names: Iterable[str]) -> None:
    """Remove files of an earlier report that this one must not stand beside."""
    for name in names:
        (folder / name).unlink(missing_ok=True)


def check_writable(folder: Path) -> None:
    """Fail before the work begins when the folder cannot be written."""
    probe = _write(folder, ".quarterdeck-probe", "")
    probe.unlink(missing_ok=True)
