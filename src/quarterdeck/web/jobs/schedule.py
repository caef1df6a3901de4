"""What happens by itself: runs of sources whose time has come, runs whose worker is gone, snapshots that nobody needs."""

import hashlib
import logging
import os
import shutil
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import Error, close_old_connections, connection
from django.db.models import Max, OuterRef, Q, Subquery
from django.utils.timezone import now

from quarterdeck.store import snapshots
from quarterdeck.store.book.models import Client, DeparturePlan, Link, Run, Source
from quarterdeck.store.services import runs
from quarterdeck.store.workspace import Workspace
from quarterdeck.web.jobs.running import PERIODS

LOG = logging.getLogger(__name__)
LOOK_SECONDS = 30.0  # between two looks which sources are due
TIDY_SECONDS = 3600.0
STUCK_SECONDS = 25.0  # a waiting run is taken up within two seconds when a worker is free
MOST_AT_ONCE = 4  # runs that one look asks for: after a holiday the clients come one after the other
AFTER_FAILURE = 0.25  # of its period, until a source that failed is tried again
KEPT_FOR = timedelta(days=400)
YOUNG = timedelta(days=1)  # a snapshot or a file whose run or upload is not written yet is never touched


@dataclass
class Clock:
    """When each thing was last done, on the clock that never goes back."""

    looked: float = field(default=-TIDY_SECONDS)
    tidied: float = field(default_factory=time.monotonic)
    idle_since: float | None = None


_clock = Clock()


def tick(clock: Clock | None = None) -> None:
    """Do what is due; call it every few seconds. A database that is away for a moment is tried again at the next tick."""
    clock = clock or _clock
    try:
        close_old_connections()
        runs.release_lost(now())
        if stuck(clock):
            _end_worker()
        if time.monotonic() - clock.looked >= LOOK_SECONDS:
            clock.looked = time.monotonic()
            queue_due(now())
        if time.monotonic() - clock.tidied >= TIDY_SECONDS:
            clock.tidied = time.monotonic()
            tidy(now())
    except Error as error:
        LOG.warning("the schedule waits for the book: %s", error)
        connection.close()
    except OSError as error:
        LOG.warning("the schedule could not use the workspace: %s", error)


def stuck(clock: Clock) -> bool:
    """Tell whether runs wait for long and nobody does any: a queue whose idle reader was killed never moves again."""
    states = set(Run.objects.filter(state__in=runs.UNDER_WAY).values_list("state", flat=True))
    if states != {Run.State.QUEUED}:
        clock.idle_since = None
        return False
    clock.idle_since = clock.idle_since or time.monotonic()
    return time.monotonic() - clock.idle_since > STUCK_SECONDS


def _end_worker() -> None:
    """End this worker with all its processes, at once: whoever watches it starts it afresh, and nothing it holds is worth keeping."""
    LOG.critical("runs wait and nobody takes them up: the worker starts afresh")
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def queue_due(moment: datetime) -> int:
    """Ask for runs of clients of which a source is due, and return how many were asked for."""
    under_way = set(Run.objects.filter(state__in=runs.UNDER_WAY).values_list("client_id", flat=True))
    last = last_runs()
    asked = 0
    for client, found in by_client().items():
        reason = due_reason(found, last.get(client.pk), moment)
        if client.pk not in under_way and reason and asked < MOST_AT_ONCE:
            asked += runs.queue(runs.SCHEDULE, client, reason).new
    return asked


def by_client() -> dict[Client, list[Source]]:
    """Return the current sources of the clients that have a repository to assess."""
    found: dict[Client, list[Source]] = {}
    for source in Source.objects.filter(removed_at=None, client__archived_at=None).select_related("client").order_by("client_id", "id"):
        found.setdefault(source.client, []).append(source)
    return {client: sources for client, sources in found.items() if any(each.kind in runs.NEEDS_SOURCES for each in sources)}


def last_runs() -> dict[str, Run]:
    """Return each client's last run, however it ended, without what it found."""
    last = Run.objects.filter(client=OuterRef("pk")).order_by("-created_at", "-id").values("pk")[:1]
    chosen = Client.objects.filter(archived_at=None).annotate(last=Subquery(last)).values("last")
    return {run.client_id: run for run in Run.objects.filter(pk__in=chosen).only("client_id", "state", "created_at")}


def due_reason(found: Iterable[Source], last: Run | None, moment: datetime) -> str:
    """Return why a client is due for a run, or nothing."""
    for source in found:
        if why := _due(source, last, moment):
            return f"{source.name}: {why}"
    return ""


def _due(source: Source, last: Run | None, moment: datetime) -> str:
    if source.kind != Source.Kind.REPOSITORY:
        return "uploaded" if source.fetched_at and (last is None or source.fetched_at > last.created_at) else ""
    if source.tried_at is None:
        return "added" if last is None or source.created_at > last.created_at else ""
    period = PERIODS.get(Source.Schedule(source.schedule))
    if period is None:
        return ""
    since = source.tried_at
    if last and last.state != Run.State.DONE:  # one that failed or was cancelled is not asked for again at once
        since = max(since, last.created_at)
    wait = period * (AFTER_FAILURE if source.failure else 1 + _spread(source))
    return source.schedule if moment - since >= wait else ""


def _spread(source: Source) -> float:
    """Return a share of a period, 0 to 1/24, that is always the same for a client: so that not all come at once."""
    return hashlib.blake2b(source.client_id.encode(), digest_size=1).digest()[0] / 256 / 24


def tidy(moment: datetime) -> int:
    """Remove what killed writers left, and snapshots that no run of the last 400 days, link or plan names; return how many."""
    workspace: Workspace = settings.WORKSPACE
    removed = 0
    for client in Client.objects.values_list("pk", flat=True):
        root = workspace.client(client)
        removed += snapshots.tidy(root)
        for digest in sorted(_old(root / snapshots.SNAPSHOTS, moment) - pinned(client, moment)):
            snapshots.forget(root, digest)
            removed += 1
        removed += _tidy_uploads(workspace.uploads(client), client, moment)
    return removed


def pinned(client: str, moment: datetime) -> set[str]:
    """Return the snapshots that somebody may still open: of recent runs and the last one, of links, and of plans."""
    done = Run.objects.filter(client=client, state=Run.State.DONE)
    newest = done.aggregate(newest=Max("ended_at"))["newest"] or moment
    recent = done.filter(Q(ended_at__gte=moment - KEPT_FOR) | Q(ended_at=newest))
    named = [
        rows.filter(client=client).exclude(snapshot="").values_list("snapshot", flat=True) for rows in (Link.objects, DeparturePlan.objects)
    ]
    return set(recent.values_list("snapshot", flat=True)).union(*named)


def _old(folder: Path, moment: datetime) -> set[str]:
    """Return the names of snapshots that have been there for a while."""
    if not folder.is_dir():
        return set()
    limit = (moment - YOUNG).timestamp()
    return {each.name for each in folder.iterdir() if each.is_dir() and not each.name.startswith(".") and each.stat().st_mtime < limit}


def _tidy_uploads(folder: Path, client: str, moment: datetime) -> int:
    """Remove uploaded bytes that became no source, and those of uploads that never ended."""
    if not folder.is_dir():
        return 0
    known = set(Source.objects.filter(client=client).values_list("digest", flat=True))
    limit = (moment - YOUNG).timestamp()
    left = [each for each in folder.iterdir() if each.name not in known and each.stat().st_mtime < limit]
    for each in left:
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)
    return len(left)
