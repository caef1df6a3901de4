"""A PostgreSQL of one's own for a test, reached by a socket in a folder that goes away."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


def is_there() -> bool:
    """Tell whether this machine has a PostgreSQL server."""
    return shutil.which("initdb") is not None and shutil.which("pg_ctl") is not None


@contextmanager
def running() -> Iterator[str]:
    """Start a server and give the address of an empty database in it."""
    folder = Path(tempfile.mkdtemp(prefix="qd-pg-"))
    other = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    if other:
        os.chown(folder, NOBODY, NOBODY)  # the server refuses to run as root
    options = f"-c listen_addresses='' -k {folder} -c fsync=off -c shared_buffers=16MB"

    def run(*command: str) -> None:
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **other)  # type: ignore[call-overload]

    try:
        run("initdb", "-D", f"{folder}/data", "-U", "book", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
        run("pg_ctl", "-D", f"{folder}/data", "-l", f"{folder}/log", "-o", options, "-w", "start")
        try:
            yield f"postgresql://book@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
