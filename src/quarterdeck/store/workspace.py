"""Where a workspace keeps its things on disk: one folder, a folder per client in it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from quarterdeck.domain.errors import InputError


def home() -> Path:
    """Return the folder that keeps what was read and found: QUARTERDECK_HOME, or the platform's data folder."""
    chosen = os.environ.get("QUARTERDECK_HOME")
    return Path(chosen).expanduser().absolute() if chosen else user_data_path("quarterdeck", appauthor=False)


@dataclass(frozen=True)
class Workspace:
    """The folder of a workspace; nothing in it is shared between clients but the book."""

    root: Path

    @property
    def database(self) -> Path:
        """Return the file of the book when it is kept in SQLite."""
        return self.root / "book.sqlite3"

    @property
    def cache(self) -> Path:
        """Return the folder of what can be made again."""
        return self.root / "cache"

    def client(self, client: str) -> Path:
        """Return a client's folder: sources, uploads, snapshots and what reading them keeps."""
        if not client.isalnum():
            raise ValueError(f"not the id of a client: {client!r}")
        return self.root / "clients" / client

    def evidence(self, client: str) -> Path:
        """Return the folder in which reading a client's repositories keeps what it read."""
        return self.client(client) / "evidence"

    def source(self, client: str, source: str) -> Path:
        """Return the folder of a source's copy."""
        return self.client(client) / "sources" / source

    def uploads(self, client: str) -> Path:
        """Return the folder of a client's uploaded files."""
        return self.client(client) / "uploads"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the workspace, so that no second server opens it."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "serve.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise InputError(
                    "this workspace is being served already",
                    "Stop the other `quarterdeck serve`, or name another folder with QUARTERDECK_HOME.",
                ) from error
            lock.write(str(os.getpid()))
            lock.flush()
            yield
