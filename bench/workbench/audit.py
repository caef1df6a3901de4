"""What must be true of a workspace after anything: read by a process of its own, straight from the book and the disk."""

from collections.abc import Mapping
from typing import Any

from bench.workbench.place import Desk

SCRIPT = """
from django.conf import settings
from django.db import connection
from quarterdeck.store import snapshots
from quarterdeck.store.book.models import Action, Client, Note, Run, Source
from quarterdeck.store.services import trail
import hashlib

def faults_of_book():
    if connection.vendor != "sqlite":
        return []
    with connection.cursor() as cursor:
        said = [row[0] for row in cursor.execute("PRAGMA integrity_check").fetchall()]
        loose = cursor.execute("PRAGMA foreign_key_check").fetchall()
    return [each for each in said if each != "ok"] + [str(each) for each in loose]

def whole(run):
    folder = settings.WORKSPACE.client(run.client_id) / "snapshots" / run.snapshot
    files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return snapshots._digest_of(files) == run.snapshot

def lies(source):
    place = settings.WORKSPACE.uploads(source.client_id) / source.digest
    if source.kind == Source.Kind.INVENTORY:
        return place.is_file() and hashlib.blake2b(place.read_bytes(), digest_size=16).hexdigest() == source.digest
    mirror = settings.WORKSPACE.source(source.client_id, source.pk) / "mirror.git"
    return (mirror / "HEAD").is_file() if source.kind == Source.Kind.UPLOADED_REPOSITORY else True

chains = ["firm", *Client.objects.values_list("pk", flat=True)]
print(json.dumps({
    "faults": faults_of_book(),
    "broken": [chain for chain in chains if trail.verify(chain).broken_at is not None],
    "notes": list(Note.objects.values_list("pk", flat=True)),
    "actions": dict(Action.objects.values_list("pk", "detail")),
    "sources": {each.name: lies(each) for each in Source.objects.filter(removed_at=None)},
    "runs": dict(Run.objects.values_list("pk", "state")),
    "failures": list(Run.objects.exclude(failure="").values_list("failure", flat=True)),
    "torn": [run.pk for run in Run.objects.filter(state="done") if not whole(run)],
    "twice": Run.objects.filter(state__in=["queued", "running"]).count() - Run.objects.filter(state__in=["queued", "running"]).values("client").distinct().count(),
}))
"""


def audited(desk: Desk) -> Mapping[str, Any]:
    """Return what the book and the disk say."""
    found: Mapping[str, Any] = desk.ask_book(SCRIPT)
    return found


def corruption(found: Mapping[str, Any]) -> list[str]:
    """Return what is broken in it."""
    return [
        *(f"book: {each}" for each in found["faults"]),
        *(f"trail of {each}" for each in found["broken"]),
        *(f"results of run {each}" for each in found["torn"]),
        *(f"bytes of {name}" for name, there in found["sources"].items() if not there),
        *(["two runs of one client"] if found["twice"] > 0 else []),
    ]
