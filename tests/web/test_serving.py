"""`quarterdeck serve` in earnest: it comes up, keeps its children alive, and leaves nothing behind."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from quarterdeck.web import serving

SOON = 60.0  # what waits this long on a busy machine waits no longer than needed on an idle one
COMMAND = str(Path(sys.executable).with_name("quarterdeck"))


def environment(home: Path, **more: str) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith(("QUARTERDECK_", "DATABASE_URL", "DJANGO_"))}
    return given | {"QUARTERDECK_HOME": str(home), "QUARTERDECK_WEB_WORKERS": "1"} | more


def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def refused(home: Path, *arguments: str, **more: str) -> str:
    """Return what a command says that ends at once with status 2, and nothing else."""
    done = subprocess.run([COMMAND, *arguments], env=environment(home, **more), capture_output=True, text=True, timeout=SOON, check=False)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + SOON
    while not true():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.05)


def living(home: Path) -> dict[int, tuple[int, str]]:
    """Return the processes of a workspace: the parent and the arguments of each."""
    mark, found = f"QUARTERDECK_HOME={home}".encode(), {}
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (each / "environ").read_bytes().split(b"\0"):
                row = (each / "stat").read_text().rpartition(")")[2].split()
                if row[0] != "Z":
                    found[int(each.name)] = (int(row[1]), (each / "cmdline").read_bytes().decode().replace("\0", " "))
    return found


class Served:
    """A workbench that was started with the command."""

    def __init__(self, home: Path) -> None:
        self.home, self.port, self.log = home, port(), home.with_suffix(".log")
        self.start()

    def start(self) -> None:
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [COMMAND, "serve", "--port", str(self.port)], env=environment(self.home), stdout=out, stderr=out, start_new_session=True
            )
        until(self.answers)

    def answers(self) -> bool:
        assert self.process.poll() is None, self.said()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def children(self, of: int, named: str = "") -> list[int]:
        return [pid for pid, (parent, words) in living(self.home).items() if parent == of and named in words]

    def master(self, name: str) -> int:
        """Return the web server's or the worker's first process."""
        found: list[int] = []
        until(lambda: found or found.extend(self.children(self.process.pid, f"serving {name}")))
        return found[0]

    def worker_is_whole(self) -> bool:
        """Tell whether the queue has its sentinel, its reader, its writer and somebody who works."""
        masters = self.children(self.process.pid, "serving worker")
        sentinels = [pid for master in masters for pid in self.children(master)]
        return len(sentinels) == 1 and len(self.children(sentinels[0])) == 3

    def none_is_left(self) -> None:
        until(lambda: not living(self.home))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    made = Served(tmp_path_factory.mktemp("served") / "home")
    yield made
    for pid in living(made.home):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    made.process.wait()


def test_a_workspace_is_served_once_and_survives_the_loss_of_any_process(served: Served) -> None:
    assert f"http://127.0.0.1:{served.port}/setup/" in served.said()
    assert "served already" in refused(served.home, "serve", "--port", str(port()))
    until(served.worker_is_whole)

    web, queue = served.master("web"), served.master("worker")
    os.kill(served.children(web)[0], signal.SIGKILL)
    os.kill(queue, signal.SIGKILL)
    until(lambda: served.children(web) and queue not in living(served.home) and served.worker_is_whole())
    queue = served.master("worker")
    sentinel = served.children(queue)[0]
    os.kill(served.children(sentinel)[0], signal.SIGKILL)
    until(lambda: served.worker_is_whole() and served.children(sentinel))
    os.kill(sentinel, signal.SIGKILL)
    os.kill(web, signal.SIGKILL)
    until(lambda: not {web, sentinel} & set(living(served.home)) and served.answers() and served.worker_is_whole())

    assert "starting it again" in served.said()


def test_a_killed_parent_leaves_nothing_and_the_next_start_is_like_any_other(served: Served) -> None:
    served.process.kill()
    served.process.wait()
    served.none_is_left()

    served.start()
    until(served.worker_is_whole)
    began = time.monotonic()
    served.process.terminate()

    assert served.process.wait(SOON) == 0
    assert time.monotonic() - began < serving.GRACE
    served.none_is_left()


def test_a_port_that_is_taken_is_said_with_the_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]

        said = refused(tmp_path, "serve", "--port", str(number))

    assert f"port {number} is in use" in said and "--port" in said


def test_an_address_of_another_machine_cannot_be_listened_on(tmp_path: Path) -> None:
    assert "cannot be listened on" in refused(tmp_path, "serve", "--host", "192.0.2.1", "--port", str(port()))


@pytest.mark.parametrize(
    ("address", "said"),
    [("postgresql://desk@127.0.0.1:1/desk", "the book on PostgreSQL cannot be opened"), ("mysql://desk@127.0.0.1/desk", "DATABASE_URL")],
)
def test_a_book_that_cannot_be_reached_is_said_in_a_sentence(tmp_path: Path, address: str, said: str) -> None:
    assert said in refused(tmp_path, "serve", "--port", str(port()), DATABASE_URL=address)


@pytest.mark.parametrize("damage", ["all of it", "a page"])
def test_a_damaged_book_is_not_served(tmp_path: Path, damage: str) -> None:
    book = tmp_path / "book.sqlite3"
    with sqlite3.connect(book) as line:
        line.executescript("CREATE TABLE row (text); CREATE INDEX row_text ON row (text);")
        line.executemany("INSERT INTO row VALUES (?)", [(f"{number:0200}",) for number in range(500)])
    line.close()
    whole = bytearray(book.read_bytes())
    at = slice(0, len(whole)) if damage == "all of it" else slice(len(whole) - 8192, len(whole) - 4096)
    whole[at] = b"\xa5" * (at.stop - at.start)
    book.write_bytes(whole)

    said = refused(tmp_path, "serve", "--port", str(port()))

    assert "the book is damaged" in said and "quarterdeck restore" in said
    assert book.read_bytes()[100:] == bytes(whole)[100:]  # but for the header, which opening it changes


def test_a_worker_of_its_own_says_which_book_it_needs(tmp_path: Path) -> None:
    assert "Set DATABASE_URL" in refused(tmp_path, "worker")


def test_a_child_that_ends_again_and_again_is_started_less_and_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    child = serving.Child("worker", ())
    starts: list[float] = []
    moment = 0.0

    def start() -> None:
        starts.append(moment)
        child.process, child.began = subprocess.Popen(["true"], start_new_session=True), moment
        child.process.wait()

    monkeypatch.setattr(child, "start", start)
    while len(starts) < 9:
        child.look(moment)
        moment += 0.25

    waits = [round(later - earlier) for earlier, later in pairwise(starts)]
    assert waits == [1, 2, 4, 8, 16, 30, 30, 30]
