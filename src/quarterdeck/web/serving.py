"""`quarterdeck serve`: a parent that holds the workspace and keeps a web server and a worker alive beneath it."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType

from quarterdeck.domain.errors import InputError, QuarterdeckError

FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
STEADY = 60.0  # a child that lived so long starts again after the first wait
GRACE = 15.0  # longer than the web server gives open requests
PORT_WAIT = 3.0  # what a killed server leaves is gone within moments
WEB_WORKERS, WEB_THREADS = 2, 8
SCHEMA_WAIT = 120.0
TICK = 5.0
NOT_OPENED = ("the book could not be opened", "The lines above say why: check DATABASE_URL, free space and rights on the folder.")


@dataclass
class Child:
    """A process beneath the parent, in a group of its own, that is started again whenever it ends."""

    name: str
    arguments: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    wait: float = FIRST_WAIT
    again_at: float = field(default=0.0)

    def start(self) -> None:
        """Start the process; its input is a pipe from us, so that it notices when we are gone."""
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "quarterdeck.web.serving", *self.arguments], stdin=subprocess.PIPE, start_new_session=True
        )
        self.began = time.monotonic()

    def look(self, now: float) -> None:
        """Start the process when it ended, and wait longer each time that it ends soon."""
        if self.process is None:
            if now >= self.again_at:
                self.start()
        elif (status := self.process.poll()) is not None:
            self.kill()
            wait = FIRST_WAIT if now - self.began > STEADY else self.wait
            self.again_at, self.wait, self.process = now + wait, min(wait * 2, LONGEST_WAIT), None
            _say(f"the {self.name} ended (status {status}); starting it again in {wait:.0f} s")

    def kill(self) -> None:
        """End whatever is left of the process's group."""
        if self.process is not None:
            _signal_group(self.process.pid, signal.SIGKILL)

    def stop(self) -> None:
        """Make the process end that was asked to, after a while."""
        if self.process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(GRACE)
        self.kill()
        self.process.wait()

    def ask_to_stop(self) -> None:
        """Ask the process to end."""
        if self.process is not None:
            self.process.terminate()


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def serve(host: str, port: int, *, worker: bool | None = None, ready: Callable[[str], None] | None = None) -> None:
    """Serve the workbench until told to stop: migrate, then keep the web server and, unless told otherwise, a worker.

    With SQLite the worker is included; with DATABASE_URL workers are separate unless `worker` is true.
    """
    from quarterdeck.store.workspace import Workspace, home  # noqa: PLC0415 - the parent of a served workspace alone needs it

    with Workspace(home()).locked():
        await_port(host, port)
        token = prepared()
        children = [Child("web server", ("web", f"[{host}]:{port}" if ":" in host else f"{host}:{port}"))]
        if worker if worker is not None else not os.environ.get("DATABASE_URL"):
            children.append(Child("worker", ("worker",)))
        if ready:
            shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - only compared
            address = os.environ.get("QUARTERDECK_URL", "").rstrip("/") or f"http://{shown}:{port}"
            ready(f"{address}/setup/{token}/" if token else f"{address}/")
        _watch(children)


def await_port(host: str, port: int) -> None:
    """Refuse a port that somebody else listens on, or an address that is not ours."""
    until = time.monotonic() + PORT_WAIT
    while True:
        try:
            socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                why = "ask for more rights, or" if error.errno == errno.EACCES else "check the address, or"
                raise InputError(
                    f"{host}, port {port}, cannot be listened on ({error.strerror})", f"{why} name another.".capitalize()
                ) from error
            if time.monotonic() >= until:
                hint = f"Choose another one, for instance --port {port + 1 if port < 65_535 else 8400}, or stop what listens there."
                raise InputError(f"port {port} is in use", hint) from error
            time.sleep(0.2)
        else:
            return


def prepared() -> str:
    """Bring the tables up to date in a process of its own and return the setup token where there is no user yet."""
    done = subprocess.run([sys.executable, "-m", "quarterdeck.web.serving", "prepare"], stdout=subprocess.PIPE, check=False, text=True)
    try:
        said = json.loads(done.stdout)
    except ValueError as error:
        raise QuarterdeckError(*NOT_OPENED) from error
    if "error" in said:
        raise InputError(said["error"], said["hint"])
    return str(said["token"])


def work() -> None:
    """Run a worker alone, beside web servers on the same PostgreSQL."""
    child = Child("worker", ("worker",))
    _watch([child])


def _watch(children: Sequence[Child]) -> None:
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        while not stopped.is_set():
            for child in children:
                child.look(time.monotonic())
            stopped.wait(0.2)
    finally:
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.stop()


def _say(text: str) -> None:
    sys.stderr.write(f"quarterdeck: {text}\n")
    sys.stderr.flush()


def main(arguments: Sequence[str]) -> None:
    """Be one of the children."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quarterdeck.web.settings")
    what, *rest = arguments
    if what != "prepare":
        _end_with_parent()
    children: dict[str, Callable[..., None]] = {"prepare": _prepare, "web": _web, "worker": _worker}
    children[what](*rest)


def _end_with_parent() -> None:
    """End with the parent, and so does every process that this one forks: nothing may go on unwatched."""
    pipe = os.dup(0)  # forked processes may close their standard input

    def watch() -> None:
        while os.read(pipe, 1):
            pass
        os.killpg(0, signal.SIGKILL)

    def begin() -> None:
        threading.Thread(target=watch, daemon=True).start()

    begin()
    os.register_at_fork(after_in_child=begin)


def _prepare() -> None:
    """Say on standard output, as JSON, the setup token or why the book cannot be opened."""
    try:
        import django  # noqa: PLC0415 - Django is loaded by the children alone

        django.setup()
        said = {"token": _migrated()}
    except Exception as error:
        known = _why_not(error)
        if known is None:
            raise
        said = {"error": known.message, "hint": known.hint}
    sys.stdout.write(json.dumps(said))


def _migrated() -> str:
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import DatabaseError, connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_lock(7214001)")  # two servers that start at once migrate one after the other
        elif (found := cursor.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise DatabaseError(f"malformed: {found}")
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    from quarterdeck.store.services.seating.clients import firm, setup_token  # noqa: PLC0415

    firm()
    return setup_token()


def _why_not(error: Exception) -> InputError | None:
    """Say why the book cannot be opened, where a person can mend it."""
    from django.db import DatabaseError  # noqa: PLC0415

    text = " ".join(str(error).split())[:300]
    if isinstance(error, DatabaseError) and os.environ.get("DATABASE_URL"):
        return InputError(
            f"the book on PostgreSQL cannot be opened ({text})", "Start PostgreSQL, or correct DATABASE_URL; then start again."
        )
    if "malformed" in text or "not a database" in text:
        hint = "Move book.sqlite3 (and its -wal and -shm) out of the workspace, then `quarterdeck restore` your last backup."
        return InputError(f"the book is damaged ({text[:120]})", hint)
    if isinstance(error, OSError | DatabaseError):
        return InputError(f"the book cannot be opened ({text})", "Check free space, and the rights on the folder of the workspace.")
    if isinstance(error, ValueError) and "DATABASE_URL" in text:
        return InputError(text, "Correct DATABASE_URL and start again.")
    return None


def _web(bind: str) -> None:
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415 - only the web server needs it

    options = {
        "bind": bind,
        "workers": int(os.environ.get("QUARTERDECK_WEB_WORKERS", str(WEB_WORKERS))),
        "threads": int(os.environ.get("QUARTERDECK_WEB_THREADS", str(WEB_THREADS))),
        "worker_class": "gthread",
        "timeout": 120,
        "graceful_timeout": 10,
        "keepalive": 15,
        "loglevel": "warning",
        "control_socket_disable": True,
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108, PTH112 - heartbeats stay off the disk
        "forwarded_allow_ips": "*" if os.environ.get("QUARTERDECK_BEHIND_PROXY") else "127.0.0.1",
    }

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for key, value in options.items():
                self.cfg.set(key, value)

        def load(self) -> object:
            from quarterdeck.web.wsgi import application  # noqa: PLC0415 - after the fork, so that nothing is shared

            return application

    Server().run()


def _worker() -> None:
    import django  # noqa: PLC0415

    stopped = threading.Event()
    django.setup()
    _await_tables()
    from django.db import connections  # noqa: PLC0415
    from django_q.cluster import Cluster  # noqa: PLC0415

    from quarterdeck.store.services import runs  # noqa: PLC0415
    from quarterdeck.web.jobs import running, schedule  # noqa: PLC0415

    connections.close_all()  # what is forked next must not share a line to the database
    if not os.environ.get("DATABASE_URL"):
        runs.release_all()  # on SQLite there is one worker, and this is it
    cluster = Cluster()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stopped.set())  # in place of the cluster's own, which waits for long jobs
    cluster.start()
    while cluster.sentinel.is_alive() and not stopped.is_set():
        schedule.tick()
        stopped.wait(TICK)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    if stopped.is_set():
        running.hand_over()
    os.killpg(0, signal.SIGKILL)


def _await_tables() -> None:
    """Wait until somebody brought the tables up to date."""
    from django.db import connection  # noqa: PLC0415
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415
    from django.db.utils import OperationalError  # noqa: PLC0415

    end, told = time.monotonic() + SCHEMA_WAIT, ""
    while time.monotonic() < end:
        try:
            executor = MigrationExecutor(connection)
            if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return
            why = "the book is not up to date: start `quarterdeck serve`, which does that"
        except OperationalError as error:
            why = f"the book cannot be reached ({' '.join(str(error).split())[:300]})"
            connection.close()
        if why != told:
            _say(f"the worker waits: {why}")
        told = why
        time.sleep(1)
    sys.exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
