"""A full disk: the person is told, nothing is corrupted, and work goes on when there is room again."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

from bench.report import Bar, Section, Table, equal, missing
from bench.setting import Absent, Setting
from bench.workbench.audit import audited, corruption
from bench.workbench.killing import OVER_SECONDS, Writer, opened, repository, rest, rows
from bench.workbench.place import Answer, Desk, free_port, new_key, settle, until

SIZE_MB = 96
ROOM = 3_000_000  # bytes: enough for the book, too little for results
NOTES = 400  # what fits into pages that are there already is still saved
WORDS = ("disk", "space", "room")


@dataclass(frozen=True)
class Told:
    """What somebody did while the disk was full, and how that was answered."""

    what: str
    answer: str
    clear: bool


def measure(setting: Setting) -> Section:
    """Fill the disk under a workspace, and make room again."""
    try:
        found = setting.step("full disk", filled)
    except Absent as reason:
        return Section("disk", (missing("full disk: a clear error, nothing corrupted", "yes", str(reason)),), (), (str(reason),))
    told = [Told(**each) for each in found["told"]]
    bars = (
        equal("full disk: answers that say so, of " + str(len(told)), sum(each.clear for each in told), len(told)),
        equal("full disk: books, trails and results broken, confirmed writes lost", len(found["broken"]), 0),
        Bar("room again: edit, upload and run work", "yes", "yes" if found["works"] else "no", found["works"]),
    )
    table = Table("a disk of 96 MB that is full", ("done meanwhile", "answer"), tuple((each.what, each.answer) for each in told))
    return Section("disk", bars, (table,), tuple(found["broken"]))


def filled() -> dict[str, Any]:
    """Serve a workspace on a small disk, fill it, and look."""
    with tempfile.TemporaryDirectory(prefix="quarterdeck-bench-") as folder, small_disk(Path(folder) / "home"):
        desk = Desk(Path(folder), free_port())
        repository(desk.folder / "repositories" / "shop")
        try:
            visitor = settle(desk, desk.start())
            client = opened(visitor, "Northlight", desk.folder / "repositories" / "shop")
            writer = Writer(visitor, client, Random(1))
            rest(desk)
            told = [*while_full(desk, writer), *run_while_short(desk, writer), *run_while_filling(desk, writer)]
            works = again(desk, writer)
            found = audited(desk)
            broken = [*corruption(found), *writer.lost(found)]
        finally:
            desk.destroy()
    return {"told": [asdict(each) for each in told], "broken": broken, "works": works}


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """Mount a small disk in memory."""
    place.mkdir()
    if os.getuid() != 0:
        raise Absent("a small disk can be mounted by root only")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", str(place)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Absent("a small disk cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)


def fill(desk: Desk, *, leave: int = 0) -> None:
    """Write until nothing more fits, or little is left."""
    with (desk.home / "filler").open("ab", buffering=0) as file, suppress(OSError):
        while (free := os.statvfs(desk.home).f_bavail * os.statvfs(desk.home).f_frsize - leave) > 0:
            file.write(b"\0" * min(free, 1 << 20))


def make_room(desk: Desk) -> None:
    """Take the filler away."""
    (desk.home / "filler").unlink(missing_ok=True)


def while_full(desk: Desk, writer: Writer) -> list[Told]:
    """Write and upload on a disk that takes nothing more."""
    fill(desk)
    edit = Answer(302, "")
    for _ in range(NOTES):
        key = new_key()
        edit = writer.visitor.post(f"/c/{writer.client}/notes/", key=key, text=f"note {key} " + "x" * 2000)
        if not edit.confirmed:
            break
        writer.notes.add(key)
    fill(desk)
    upload = writer.visitor.send(
        f"/c/{writer.client}/evidence/upload/", "parts.cdx.json", b'{"bomFormat": "CycloneDX", "x": "' + b"y" * 400_000 + b'"}'
    )
    run = writer.visitor.post(f"/c/{writer.client}/runs/new/")
    page = writer.visitor.get(f"/c/{writer.client}/evidence/")
    reads = Told("open a page", f"{page.status}", page.status == 200)
    make_room(desk)
    return [told("write a note", edit), told("upload a file", upload), told("ask for a run", run), reads]


def told(what: str, answer: Answer) -> Told:
    """Tell whether an answer says that there is no room."""
    body = answer.text.partition("<main")[2] or answer.text
    said = " ".join(part.partition(">")[2] for part in body.split("<"))
    clear = not answer.confirmed and answer.status not in (0, 500) and any(word in said for word in WORDS)
    at = max(0, min((said.find(word) for word in WORDS if word in said), default=0) - 40)
    return Told(what, f"{answer.status}: {' '.join(said[at : at + 160].split())}", clear)


def run_while_short(desk: Desk, writer: Writer) -> list[Told]:
    """Run where the results do not fit."""
    rest(desk)
    evidence = desk.home / "clients" / writer.client / "evidence"
    subprocess.run(["rm", "-rf", str(evidence)], check=True)  # what reading keeps is to be written anew
    fill(desk, leave=ROOM)
    said = ended(desk, writer.ask())
    make_room(desk)
    return [said]


def run_while_filling(desk: Desk, writer: Writer) -> list[Told]:
    """Fill the disk in the middle of a run, and make room after a while: it ends by itself, one way or the other."""
    rest(desk)
    evidence = desk.home / "clients" / writer.client / "evidence"
    subprocess.run(["rm", "-rf", str(evidence)], check=True)
    run = writer.ask()
    until(lambda: rows(desk, f"SELECT 1 FROM book_run WHERE id = '{run}' AND state = 'running'"), 60)
    fill(desk)
    time.sleep(15)
    make_room(desk)
    said = ended(desk, run)
    return [Told("the disk fills during a run, then there is room", said.answer, said.clear or said.answer.startswith("done"))]


def ended(desk: Desk, run: str) -> Told:
    """Return how a run ended."""
    until(lambda: rows(desk, f"SELECT 1 FROM book_run WHERE id = '{run}' AND state NOT IN ('queued', 'running')"), OVER_SECONDS)
    state, failure = rows(desk, f"SELECT state, failure FROM book_run WHERE id = '{run}'")[0]
    return Told("run where results do not fit", f"{state}: {failure}", state == "failed" and any(word in failure for word in WORDS))


def again(desk: Desk, writer: Writer) -> bool:
    """Tell whether everything works when there is room."""
    rest(desk)
    before = writer.confirmed
    writer.note()
    writer.upload()
    run = writer.ask()
    rest(desk)
    return writer.confirmed == before + 3 and rows(desk, f"SELECT state FROM book_run WHERE id = '{run}'")[0][0] == "done"
