"""A workbench that the bench serves for real, and a person in front of it who remembers what was confirmed."""

import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.setting import Absent, command

UP_SECONDS, ANSWER_SECONDS = 60.0, 40.0
PASSWORD, ADDRESS = "a desk that survives a knife", "owner@desk.example"
NOBODY = 65534
ALPHABET, SIZE = "23456789abcdefghjkmnpqrstuvwxyz", 12  # of ids, as forms carry them
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def below(root: int) -> dict[int, list[str]]:
    """Return the processes below one, with their arguments."""
    parents, found = {}, dict[int, list[str]]()
    for each in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError):
            parents[int(each.name)] = int((each / "stat").read_text().rpartition(")")[2].split()[1])
    row = [root]
    while row:
        row = [pid for pid, parent in parents.items() if parent in row]
        for pid in row:
            with suppress(OSError):
                found[pid] = (Path("/proc") / str(pid) / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")[:-1]
    return found


def family(root: int) -> dict[str, list[int]]:
    """Return the processes of a served workbench by what they are."""
    known = below(root)
    parent = {
        pid: int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]) for pid in known if Path(f"/proc/{pid}").exists()
    }
    web = [pid for pid in known if parent.get(pid) == root and "web" in known[pid]]
    queue = [pid for pid in known if parent.get(pid) == root and "worker" in known[pid]]
    guards = [pid for pid in known if parent.get(pid) in queue]
    return {
        "parent": [root],
        "web master": web,
        "web worker": [pid for pid in known if parent.get(pid) in web],
        "queue master": queue,
        "queue sentinel": guards,
        "queue process": [pid for pid in known if parent.get(pid) in guards],
        "assessment": [pid for pid in known if any("jobs.assessing" in each for each in known[pid])],
        "git": [pid for pid in known if known[pid] and Path(known[pid][0]).name == "git"],
    }


@dataclass
class Desk:
    """A served workbench in a folder of its own."""

    folder: Path
    port: int
    database: str = ""
    parent: subprocess.Popen[bytes] | None = None

    @property
    def home(self) -> Path:
        """Return its workspace."""
        return self.folder / "home"

    def environment(self) -> dict[str, str]:
        """Return the environment of all its processes."""
        given = {name: value for name, value in os.environ.items() if not name.startswith(("QUARTERDECK_", "DATABASE_URL", "DJANGO_"))}
        given |= {"QUARTERDECK_HOME": str(self.home), "QUARTERDECK_ROOTS": str(self.folder / "repositories")}
        return given | ({"DATABASE_URL": self.database} if self.database else {})

    def start(self, **more: Any) -> str:
        """Serve, wait until it answers, and return what it printed; `more` goes to Popen."""
        said = self.folder / "said"
        with said.open("wb") as out, (self.folder / "log").open("ab") as log:
            self.parent = subprocess.Popen(
                [command(), "serve", "--port", str(self.port), "--worker"],
                env=self.environment(),
                stdout=out,
                stderr=log,
                start_new_session=True,
                **more,
            )
        end = time.monotonic() + UP_SECONDS
        while time.monotonic() < end and self.parent.poll() is None:
            if self.answers() and said.stat().st_size:
                return said.read_text("utf-8")
            time.sleep(0.1)
        raise Absent(f"the workbench did not start: {(self.folder / 'log').read_text('utf-8')[-400:]}")

    def answers(self) -> bool:
        """Tell whether pages are served."""
        with suppress(OSError, http.client.HTTPException):
            line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3)
            line.request("GET", "/healthz")
            return line.getresponse().status == 200
        return False

    def stop(self) -> float:
        """Ask it to end and return how many seconds that took."""
        began = time.monotonic()
        if self.parent:
            self.parent.terminate()
            self.parent.wait(60)
            self.parent = None
        return time.monotonic() - began

    def destroy(self) -> None:
        """End whatever is left of it."""
        if self.parent and self.parent.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                self.stop()

    def ask_book(self, script: str) -> Any:
        """Run a script on the book in a process of its own; it prints JSON."""
        given = self.environment() | {"DJANGO_SETTINGS_MODULE": "quarterdeck.web.settings"}
        head = "import json, django; django.setup()\n"
        done = subprocess.run([sys.executable, "-c", head + script], env=given, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Absent(f"the book could not be read: {done.stderr.strip()[-400:]}")
        return json.loads(done.stdout)


@dataclass
class Answer:
    """What came back."""

    status: int
    text: str
    to: str = ""

    @property
    def confirmed(self) -> bool:
        """Tell whether the server said that it is done."""
        return 200 <= self.status < 400


@dataclass
class Visitor:
    """A browser without a picture: cookies, forms, and no redirects."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str) -> Answer:
        """Open a page."""
        return self._send("GET", path)

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form."""
        body = urlencode({**fields, "csrfmiddlewaretoken": self.cookies.get("csrftoken", "")}).encode()
        return self._send("POST", path, body, "application/x-www-form-urlencoded")

    def send(self, path: str, name: str, content: bytes) -> Answer:
        """Upload a file."""
        edge = secrets.token_hex(12)
        head = f'--{edge}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{self.cookies.get("csrftoken", "")}\r\n'
        file = (
            f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        )
        body = head.encode() + file.encode() + content + f"\r\n--{edge}--\r\n".encode()
        return self._send("POST", path, body, f"multipart/form-data; boundary={edge}")

    def _send(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> Answer:
        """Send a request; status 0 stands for no answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        head = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} | ({"Content-Type": kind} if kind else {})
        try:
            line.request(method, path, body, head)
            answer = line.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException) as error:
            return Answer(0, str(error))
        finally:
            line.close()
        for each in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = each.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(answer.status, text, answer.headers.get("Location", ""))


def settle(desk: Desk, link: str) -> Visitor:
    """Make the first account with the setup link, and return who is signed in."""
    visitor = Visitor(desk.port)
    path = link[link.index("/setup/") :].split(maxsplit=1)[0]
    visitor.get(path)
    done = visitor.post(path, name="Olga Owner", email=ADDRESS, password=PASSWORD, firm="Desk")
    if done.status != 302:
        raise Absent(f"the first account could not be made: status {done.status}")
    return visitor


def new_key() -> str:
    """Return an id such as a form for a new thing carries."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SIZE))


def until(true: Callable[[], object], seconds: float, *, every: float = 0.2) -> bool:
    """Wait until something is true, and tell whether it became so in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Start a PostgreSQL of our own and give the address of its book."""
    place = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
    if place is None:
        raise Absent("PostgreSQL is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    other: Mapping[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}
    if other:
        os.chown(folder, NOBODY, NOBODY)
    port = free_port()

    def run(name: str, *rest: str) -> None:
        subprocess.run([str(place / name), *rest], cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **other)

    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off -c shared_buffers=32MB"
    run("initdb", "-D", str(folder / "data"), "-U", "desk", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
    run("pg_ctl", "-D", str(folder / "data"), "-l", str(folder / "log"), "-o", options, "-w", "start")
    try:
        yield f"postgresql://desk@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", str(folder / "data"), "-m", "immediate", "-w", "stop")


def kill(pid: int) -> None:
    """Kill a process as the kernel does when memory runs out."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
