"""What was read of a repository, kept as immutable Parquet segments: a second run reads only what is new."""

import errno
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from quarterdeck.evidence.git.log import RENAME_LIMIT, STORED_CHANGES, STORED_COMMITS

LAYOUT = 1  # rises when the stored rows change their meaning


@dataclass(frozen=True)
class Segments:
    """The segments of one repository."""

    folder: Path

    def load(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return all stored commits and changes, sorted, each commit once."""
        pairs = [pair for path in sorted(self.folder.glob("*.commits.parquet")) if (pair := _pair(path))]
        commits = pl.concat([STORED_COMMITS.to_frame(), *(pair[0] for pair in pairs)])
        changes = pl.concat([STORED_CHANGES.to_frame(), *(pair[1] for pair in pairs)])
        return merged(commits, changes)

    def add(self, commits: pl.DataFrame, changes: pl.DataFrame) -> None:
        """Write a segment; the commits file comes last, and only a pair counts."""
        if commits.is_empty():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.blake2b("".join(commits["commit"]).encode(), digest_size=8).hexdigest()
        write_atomically(changes, self.folder / f"{name}.changes.parquet")
        write_atomically(commits, self.folder / f"{name}.commits.parquet")

    def remember_damage(self, notes: list[str], problems: list[tuple[str, str]]) -> None:
        """Keep what could not be read, so that later runs, which skip it, still say so."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = json.dumps({"notes": notes, "problems": problems})
        name = hashlib.blake2b(content.encode(), digest_size=8).hexdigest()
        part = self.folder / f"{name}.{os.getpid()}.part"
        part.write_text(content, "utf-8")
        part.replace(self.folder / f"{name}.damage.json")

    def damage(self) -> tuple[list[str], list[tuple[str, str]]]:
        """Return the notes and problems of earlier readings."""
        kept = [each for path in sorted(self.folder.glob("*.damage.json")) if (each := _remembered(path))]
        return [note for each in kept for note in each["notes"]], [(p[0], p[1]) for each in kept for p in each["problems"]]


def _remembered(path: Path) -> dict[str, list[Any]] | None:
    """Return what a reading noted of damage, or nothing where the note itself is damaged."""
    try:
        kept = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) and {"notes", "problems"} <= kept.keys() else None


def write_atomically(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame so that a reader sees all of it or nothing; a full disk is an OSError, as for any other file."""
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        frame.write_parquet(part, compression="zstd", compression_level=1)
    except pl.exceptions.PolarsError as error:
        part.unlink(missing_ok=True)
        raise OSError(errno.EIO, "what was read cannot be kept (is the disk full?)", path.name) from error
    part.replace(path)


def _pair(path: Path) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """Return a segment, or nothing where its files are damaged: then its commits are read again."""
    other = path.with_name(path.name.replace(".commits.", ".changes."))
    try:
        commits, changes = pl.read_parquet(path), pl.read_parquet(other)
    except (OSError, pl.exceptions.PolarsError):
        return None
    return (commits, changes) if commits.schema == STORED_COMMITS and changes.schema == STORED_CHANGES else None


def merged(commits: pl.DataFrame, changes: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Put readings in an order that depends on the commits alone, each commit once."""
    if commits["commit"].n_unique() < commits.height:  # two runs read the same commits at the same time
        commits = commits.unique("commit")
        changes = changes.unique(["commit", "status", "path", "old_path"], maintain_order=True)
    return commits.sort("position", "commit"), changes


def folder_name(place: str, git_version: str) -> str:
    """Name the folder by what the stored rows depend on."""
    settings = f"{LAYOUT} {git_version} {RENAME_LIMIT}"
    return f"{place}-{hashlib.blake2b(settings.encode(), digest_size=4).hexdigest()}"
