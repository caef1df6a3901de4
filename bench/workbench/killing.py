"""Kill -9 at random moments: no confirmed write is lost, no run stays stuck, no result is visible by halves."""

import json
import os
import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from bench import generate
from bench.report import Bar, Section, Table, at_most, equal, missing
from bench.setting import Absent, Setting, git, say
from bench.workbench.audit import audited, corruption
from bench.workbench.place import Desk, Visitor, family, free_port, kill, new_key, postgresql, settle, until

SEED, MOMENTS, MOMENTS_POSTGRESQL = 20, 20, 5
COMMITS = 400
VICTIMS = (
    "parent",
    "web worker",
    "queue process",
    "assessment",
    "web master",
    "queue master",
    "queue sentinel",
    "git",
    "parent",
    "assessment",
)
STUCK_SECONDS, OVER_SECONDS, GONE_SECONDS = 60.0, 150.0, 5.0
AFTERWARDS = 2.0  # seconds in which the person goes on writing
TYPED = ("sentence", "detail", "owner", "due", "effort", "cost", "done_when", "message")


@dataclass
class Writer:
    """Somebody who writes notes and actions and uploads files, and remembers what was confirmed."""

    visitor: Visitor
    client: str
    chance: random.Random
    notes: set[str] = field(default_factory=set)
    actions: dict[str, int] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    refused: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def confirmed(self) -> int:
        """Return how many writes were confirmed."""
        return len(self.notes) + len(self.files) + len(self.runs) + sum(each + 1 for each in self.actions.values())

    def note(self) -> None:
        """Write a note."""
        key = new_key()
        if self._sent(self.visitor.post(f"/c/{self.client}/notes/", key=key, text=f"note {key}").confirmed):
            self.notes.add(key)

    def act(self) -> None:
        """Write an action down, or change one."""
        if not self.actions or self.chance.random() < 0.4:
            key = new_key()
            given = {"key": key, "sentence": f"action {key}", "detail": "0"}
            if self._sent(self.visitor.post(f"/c/{self.client}/actions/new/", **given).confirmed):
                self.actions[key] = 0
        else:
            self._edit(self.chance.choice(sorted(self.actions)))

    def _edit(self, key: str) -> None:
        path = f"/c/{self.client}/actions/{key}/"
        version = self.visitor.get(path).text.partition('name="version" value="')[2].partition('"')[0]
        count = self.actions[key] + 1
        fields = dict.fromkeys(TYPED, "") | {"sentence": f"action {key}", "detail": str(count), "owner": "", "version": version}
        if version and self._sent(self.visitor.post(path, **fields).confirmed):
            self.actions[key] = count

    def upload(self) -> None:
        """Upload a software inventory that nobody had before."""
        name = f"{new_key()}.cdx.json"
        parts = [{"type": "library", "name": f"part-{number}", "version": name[:4]} for number in range(40)]
        text = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": parts})
        if self._sent(self.visitor.send(f"/c/{self.client}/evidence/upload/", name, text.encode()).confirmed):
            self.files.add(name)

    def ask(self) -> str:
        """Ask for a run and return its id."""
        answer = self.visitor.post(f"/c/{self.client}/runs/new/")
        run = answer.to.rstrip("/").rpartition("/")[2] if answer.status == 302 else ""
        if not run:
            raise Absent(f"a run could not be asked for: status {answer.status}")
        self.runs.add(run)
        return run

    def write_on(self) -> None:
        """Write until told to stop."""
        while not self._over.is_set():
            self.chance.choice((self.note, self.note, self.act, self.act, self.act, self.upload))()
            self._over.wait(self.chance.uniform(0.02, 0.15))

    def stop(self) -> None:
        """Stop to write."""
        self._over.set()

    def begin(self) -> threading.Thread:
        """Begin to write, beside whatever goes on."""
        self._over.clear()
        thread = threading.Thread(target=self.write_on)
        thread.start()
        return thread

    def _sent(self, confirmed: bool) -> bool:  # noqa: FBT001 - the one thing it takes
        self.refused += not confirmed
        return confirmed

    def lost(self, found: Any) -> list[str]:
        """Return what was confirmed and is not there."""
        return [
            *(f"note {key}" for key in self.notes - set(found["notes"])),
            *(f"action {key}" for key, count in self.actions.items() if int(found["actions"].get(key, "-1")) < count),
            *(f"file {name}" for name in self.files - set(found["sources"])),
            *(f"run {key}" for key in self.runs - set(found["runs"])),
        ]


@dataclass(frozen=True)
class Moment:
    """What one kill did."""

    victim: str
    after: float
    left: int
    again: float
    over: float
    lost: tuple[str, ...]
    broken: tuple[str, ...]
    unfinished: tuple[str, ...]
    confirmed: int
    refused: int


def measure(setting: Setting) -> Section:
    """Kill twenty times on SQLite and five times on PostgreSQL."""
    bars: list[Bar] = []
    tables: list[Table] = []
    skipped: list[str] = []
    for name, count in (("SQLite", MOMENTS), ("PostgreSQL", MOMENTS_POSTGRESQL)):
        try:
            moments = [Moment(**each) for each in setting.step(f"killing {name}", partial(killed, name, count))]
        except Absent as reason:
            skipped.append(str(reason))
            bars.append(missing(f"{name}: confirmed writes lost", "0", str(reason)))
            continue
        bars += bars_of(name, moments)
        tables.append(table_of(name, moments))
    return Section("killing", tuple(bars), tuple(tables), tuple(skipped))


def bars_of(name: str, moments: list[Moment]) -> list[Bar]:
    """Return what was asked and what came of it."""
    confirmed = sum(each.confirmed for each in moments)
    return [
        equal(f"{name}, {len(moments)} times kill -9: confirmed writes lost, of {confirmed:,}", sum(len(each.lost) for each in moments), 0),
        equal(f"{name}: books, trails and results broken", sum(len(each.broken) for each in moments), 0),
        equal(f"{name}: runs that did not end well", sum(len(each.unfinished) for each in moments), 0),
        at_most(
            f"{name}: longest time in which nobody worked on a run, after the restart",
            max(each.again for each in moments),
            STUCK_SECONDS,
            "s",
        ),
        equal(f"{name}: processes left by a killed parent", sum(each.left for each in moments), 0),
    ]


def table_of(name: str, moments: list[Moment]) -> Table:
    """Return every kill as a row."""
    rows = tuple(
        (each.victim, f"{each.after:.1f}", f"{each.again:.1f}", f"{each.over:.1f}", str(each.confirmed), str(each.refused),
         "; ".join((*each.lost, *each.broken, *each.unfinished)) or "-")
        for each in moments
    )  # fmt: skip
    notes = ("writes not confirmed are those sent while nothing answered; they may be there or not",)
    columns = ("killed", "s into the run", "s nobody worked on it", "s until all ended", "confirmed", "not confirmed", "lost or broken")
    return Table(f"kill -9 on {name}", columns, rows, notes)


def killed(name: str, count: int) -> list[dict[str, Any]]:
    """Kill as often as asked, in one workspace that is never cleaned in between."""
    with tempfile.TemporaryDirectory(prefix="quarterdeck-bench-") as folder, book(name, Path(folder)) as address:
        Path(folder).chmod(0o755)  # the database runs as somebody else
        desk = Desk(Path(folder), free_port(), address)
        repository(desk.folder / "repositories" / "shop")
        try:
            visitor = settle(desk, desk.start())
            client = opened(visitor, "Northlight", desk.folder / "repositories" / "shop")
            rest(desk)
            writer = Writer(visitor, client, random.Random(SEED))
            moments = []
            for number in range(count):
                moments.append(moment(desk, writer, VICTIMS[number % len(VICTIMS)]))
                say(f"{name} {number + 1}: {moments[-1]}")
        finally:
            desk.destroy()
    return [asdict(each) for each in moments]


def repository(folder: Path) -> None:
    """Make a repository with a history that takes some seconds to assess."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "--bare", "-b", "main", ".")
    generate.fill(folder, COMMITS)


@contextmanager
def book(name: str, folder: Path) -> Iterator[str]:
    """Give the address of an empty book."""
    if name == "SQLite":
        yield ""
    else:
        folder.chmod(0o755)
        with postgresql(folder / "postgresql") as address:
            yield address


def opened(visitor: Visitor, name: str, repository: Path) -> str:
    """Open a client with one repository, and return its id."""
    visitor.get("/clients/new/")
    made = visitor.post("/clients/new/", name=name)
    if made.status != 302:
        raise Absent(f"a client could not be opened: status {made.status}")
    client = made.to.strip("/").partition("/")[2]
    added = visitor.post(f"/c/{client}/evidence/new/", address=str(repository), name="shop", schedule="on demand", criticality="", token="")
    if added.status != 302:
        raise Absent(f"a repository could not be added: status {added.status}")
    return client


def moment(desk: Desk, writer: Writer, victim: str) -> Moment:
    """Begin a run, write beside it, kill, and look at everything."""
    rest(desk)
    before, refused, chance = writer.confirmed, writer.refused, writer.chance
    run, began = writer.ask(), time.monotonic()
    thread = writer.begin()
    time.sleep(chance.uniform(0.1, 6.0))
    victim, pid = chosen(desk, victim, chance)
    kill(pid)
    at, moved = time.time(), time.monotonic()
    left = 0
    if desk.parent and pid == desk.parent.pid:
        left = bury(desk)
        desk.start()
        at, moved = time.time(), time.monotonic()
    until(desk.answers, STUCK_SECONDS)
    time.sleep(AFTERWARDS)
    writer.stop()
    thread.join()
    again = stillness(desk, run, at)
    stuck = [] if rest(desk) else ["a run that never ended"]
    found = audited(desk)
    ended = [state for state in found["runs"].values() if state not in ("done", "queued", "running")]  # the schedule may have begun one
    unfinished = [*stuck, *(f"run {state}: {', '.join(found['failures'])}" for state in ended)]
    told = (tuple(writer.lost(found)), tuple(corruption(found)), tuple(unfinished))
    return Moment(victim, moved - began, left, again, time.monotonic() - moved, *told, writer.confirmed - before, writer.refused - refused)


def chosen(desk: Desk, victim: str, chance: random.Random) -> tuple[str, int]:
    """Return a process of the kind that is to be killed; when none appears in time, one of the queue."""
    if desk.parent is None:
        raise Absent("the workbench is not served")
    root = desk.parent.pid
    until(lambda: family(root)[victim], 4.0, every=0.02)
    known = family(root)
    victim = victim if known[victim] else "queue process"
    if not known[victim]:
        raise Absent("the worker did not come back")
    return victim, chance.choice(known[victim])


def bury(desk: Desk) -> int:
    """Wait for a killed parent and return how many of its processes live on."""
    if desk.parent is None:
        return 0
    desk.parent.wait()
    desk.parent = None
    mark = f"QUARTERDECK_HOME={desk.home}".encode()
    until(lambda: not alive(mark), GONE_SECONDS, every=0.1)
    return len(alive(mark))


def alive(mark: bytes) -> list[int]:
    """Return the processes whose environment holds a mark."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (each / "environ").read_bytes().split(b"\0") and int(each.name) != os.getpid():
                found.append(int(each.name))
        except OSError:
            continue
    return found


def rows(desk: Desk, query: str) -> list[tuple[Any, ...]]:
    """Ask the book past the product."""
    if desk.database:
        with psycopg.connect(desk.database) as line:
            return line.execute(query.encode()).fetchall()
    with closing(sqlite3.connect(f"file:{desk.home / 'book.sqlite3'}?mode=ro", uri=True, timeout=20)) as file:
        return file.execute(query).fetchall()


def stillness(desk: Desk, run: str, since: float) -> float:
    """Watch a run to its end and return the longest time in which nobody worked on it, in seconds."""
    last, longest, end = since, 0.0, time.monotonic() + OVER_SECONDS
    while time.monotonic() < end:
        state, beat = rows(desk, f"SELECT state, heartbeat_at FROM book_run WHERE id = '{run}'")[0]
        longest = max(longest, time.time() - last)
        if state not in ("queued", "running"):
            break
        moment = datetime.fromisoformat(str(beat))
        if state == "running":
            last = max(last, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
        time.sleep(0.3)
    return longest


def rest(desk: Desk) -> bool:
    """Wait until nothing is under way, and tell whether that came."""
    return until(lambda: not rows(desk, "SELECT 1 FROM book_run WHERE state IN ('queued', 'running')"), OVER_SECONDS, every=0.5)
