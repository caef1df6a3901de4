"""A run from beginning to end: fetch what is due, assess everything in a process of its own, make the results visible at once."""

import hashlib
import logging
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils.timezone import now

from quarterdeck.domain.errors import InputError, QuarterdeckError
from quarterdeck.domain.text import clean
from quarterdeck.evidence.git.addresses import parse
from quarterdeck.evidence.git.fetch import MIRROR, Cancelled, Limits, Transport, fetch
from quarterdeck.store.book.models import Run, Source
from quarterdeck.store.services import runs, sources
from quarterdeck.store.services.continuity import people
from quarterdeck.store.snapshots import SNAPSHOTS, Snapshot
from quarterdeck.store.workspace import Workspace
from quarterdeck.web.jobs import child

LOG = logging.getLogger(__name__)
BEAT_SECONDS = 5.0
LOOK_SECONDS = 1.0  # between two looks whether somebody cancelled, and two notes of how far it is
PERIODS = {Source.Schedule.DAILY: timedelta(days=1), Source.Schedule.WEEKLY: timedelta(days=7)}
EARLY = 0.9  # of its period: a source that is nearly due is fetched along
FETCH_LIMITS = Limits(wait=30)  # a fetch whose worker was killed lets go within seconds
OUR_FAULT = ("something failed on our side", "Try again; if it fails again, please report it with the worker's log.")
MOST_NAME_BYTES = 200
COMPARED_WITH = "roles/findings.json"


class Pulse:
    """Keeps a run alive from a thread of its own: says how far it is, and hears when somebody cancels it."""

    def __init__(self, run: Run) -> None:
        """Begin with nothing to tell."""
        self.run = run
        self.cancelled = False
        self.lost = False
        self._news: tuple[str, int, int] | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> "Pulse":
        """Start to beat."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop to beat."""
        self._over.set()
        self._thread.join()

    def note(self, stage: str, done: int, total: int) -> None:
        """Take note of how far the work is."""
        self._news = (stage, done, total)

    def stopped(self) -> bool:
        """Tell whether the work should end: it was cancelled, or is somebody else's by now."""
        return self.cancelled or self.lost

    def _beat(self) -> None:
        told: tuple[str, int, int] | None = None
        last = time.monotonic()
        try:
            while not self._over.wait(LOOK_SECONDS) and not self.lost:
                news = self._news
                if news is not told or time.monotonic() - last >= BEAT_SECONDS:
                    self._tell(news)
                    told, last = news, time.monotonic()
                else:
                    self.cancelled = self.cancelled or Run.objects.filter(pk=self.run.pk, cancel_asked=True).exists()
        finally:
            connection.close()

    def _tell(self, news: tuple[str, int, int] | None) -> None:
        """Write a heartbeat; a database that is away for a while costs no run, only its beats."""
        stage, done, total = news or (None, 0, 0)
        try:
            self.cancelled = runs.beat(self.run, stage=stage, done=done, total=total) or self.cancelled
        except runs.Lost:
            self.lost = True
        except DatabaseError as error:
            LOG.warning("a heartbeat was missed: %s", error)
            connection.close()


@dataclass
class Gathered:
    """What a run reads: repositories with their places, inventories, and what it has to say about each source."""

    repositories: list[dict[str, str]] = field(default_factory=list)
    inventories: list[tuple[str, Path]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)


def run(run_id: str) -> str:
    """Do a run, unless somebody else does it or it is over; delivered twice, it is done once."""
    runs.release_lost(now())
    taken = runs.claim(run_id, f"{crew()}{uuid4().hex[:18]}")
    if taken is None:
        return "somebody else has it, or it is over"
    end = _work(taken)
    try:
        end()
    except runs.Lost:
        return "it is somebody else's by now"
    except Exception:
        LOG.exception("run %s could not be ended", taken.pk)
        runs.fail(taken, *OUR_FAULT)
    return "over"


def crew() -> str:
    """Return how the claims of all processes of this worker begin: they are one group."""
    return hashlib.blake2b(f"{socket.gethostname()} {os.getpgrp()}".encode(), digest_size=6).hexdigest() + ":"


def hand_over() -> None:
    """Put what this worker had in its hands before others, when it ends because somebody asked it to."""
    try:
        runs.hand_over(crew())
    except DatabaseError as error:  # then its missing heartbeats tell
        LOG.warning("runs could not be handed over: %s", error)


def _work(taken: Run) -> Callable[[], object]:
    """Fetch and assess, and return how the run ends."""
    try:
        with Pulse(taken) as pulse:
            said, told = _results(taken, pulse)
    except (child.Stopped, Cancelled):
        return partial(runs.cancelled, taken)
    except child.BrokenOff as error:
        LOG.warning("run %s: %s; %s", taken.pk, error.message, error.hint)
        return partial(runs.give_back, taken)
    except QuarterdeckError as error:
        return partial(runs.fail, taken, error.message, error.hint)
    except OSError as error:
        LOG.warning("run %s: %s", taken.pk, error)
        message = f"the workspace could not be used ({error.strerror or type(error).__name__})"
        return partial(
            runs.fail, taken, message, "Free some space on its disk and check its rights, then try again; nothing kept before was touched."
        )
    except Exception:
        LOG.exception("run %s failed", taken.pk)
        return partial(runs.fail, taken, *OUR_FAULT)
    return partial(_finish, taken, said, told)


def _results(taken: Run, pulse: Pulse) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Fetch and assess; return what the assessment said, and what was read for it."""
    found = gather(taken, pulse)
    if not found.repositories:
        first = next((each for each in found.told if each["failure"]), None)
        raise InputError(
            f"none of the repositories could be read; {first['name']}: {first['failure']}" if first else "there is no repository to assess",
            first["hint"] if first else "Add a repository first.",
        )
    place: Workspace = settings.WORKSPACE
    folder = place.client(taken.client_id) / "jobs"
    shutil.rmtree(folder, ignore_errors=True)  # what a killed worker left; no other run of this client is under way
    try:
        job = _job(taken, found, folder)
        said = child.assess(job, folder / "job.json", place.evidence(taken.client_id), progress=pulse.note, stopped=pulse.stopped)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return said, found.told


def _finish(taken: Run, said: dict[str, Any], told: list[dict[str, Any]]) -> None:
    """Make the results visible; a source that was not read afresh is said beside them."""
    summary = said["summary"] | {
        "stale_sources": [each for each in told if each["stale"]],
        "missing_sources": [each for each in told if each["missing"]],
    }
    findings = Snapshot(settings.WORKSPACE.client(taken.client_id), said["snapshot"]).findings("roles")
    runs.finish(taken, said["snapshot"], summary, findings, sources=told)


def gather(taken: Run, pulse: Pulse) -> Gathered:
    """Bring the client's sources up to date, one after the other; one that fails costs only itself."""
    found, used = Gathered(), set[str]()
    current = list(Source.objects.filter(client=taken.client_id, removed_at=None).order_by("name", "id"))
    for source in current:
        place = _gathered(taken, source, pulse)
        stale = bool(source.failure) and place is not None
        found.told.append(_told(source, stale=stale, missing=place is None))
        if place is None:
            continue
        if source.kind in runs.NEEDS_SOURCES:
            found.repositories.append({"path": str(place), "name": _unlike(source.name, used)})
        elif source.kind == Source.Kind.INVENTORY:
            found.inventories.append((source.name, place))
    return found


def _gathered(taken: Run, source: Source, pulse: Pulse) -> Path | None:
    """Return where a source can be read, after fetching it if it is due; nothing where there is no copy."""
    place: Workspace = settings.WORKSPACE
    if source.kind == Source.Kind.REPOSITORY:
        if due(source, taken):
            _fetch(source, pulse)
        return _copy(source)
    if source.kind == Source.Kind.UPLOADED_REPOSITORY:
        return _present(place.source(source.client_id, source.pk) / MIRROR)
    return _present(place.uploads(source.client_id) / source.digest) if source.digest else None


def _present(path: Path) -> Path | None:
    return path if path.exists() else None


def due(source: Source, taken: Run) -> bool:
    """Tell whether a run fetches a source: a person's run fetches all, the schedule's those whose time has come; nobody twice."""
    if source.tried_at is None or source.address.startswith("/"):  # what is read in place is looked at each time: it costs nothing
        return True
    if source.tried_at >= taken.created_at:
        return False
    period = PERIODS.get(Source.Schedule(source.schedule))
    return taken.asked_by_id is not None or bool(source.failure) or (period is not None and now() - source.tried_at >= period * EARLY)


def _fetch(source: Source, pulse: Pulse) -> None:
    """Fetch a repository, and note how that went."""
    name = clean(source.name)
    pulse.note(f"fetching {name}", 0, 0)
    try:
        address = parse(source.address, roots=settings.ROOTS, private_hosts=settings.PRIVATE_HOSTS)
        state = fetch(
            address,
            settings.WORKSPACE.source(source.client_id, source.pk),
            progress=lambda stage, done, total: pulse.note(f"{name}: {stage}", done, total),
            token=sources.token_of(source) if address.kind == "https" else "",
            limits=FETCH_LIMITS,
            transport=transport(),
            cancelled=pulse.stopped,
        )
    except Cancelled:
        raise
    except QuarterdeckError as error:
        sources.note_failure(source, error.message, error.hint)
    except OSError as error:
        sources.note_failure(
            source, f"it could not be fetched ({error.strerror or error})", "Check the disk of the workspace, then try again."
        )
    else:
        sources.note_fetched(source, digest=state.digest, size=state.bytes)


def transport() -> Transport:
    """Return how this workspace reaches servers: its ssh key and its own authorities lie in its folder `secrets`."""
    folder: Path = settings.WORKSPACE.root / "secrets"
    key, authorities = folder / "ssh_key", folder / "authorities.pem"
    return Transport(
        ca_file=authorities if authorities.is_file() else None,
        identity_file=key if key.is_file() else None,
        known_hosts=folder / "known_hosts" if folder.is_dir() else None,
    )


def _copy(source: Source) -> Path | None:
    """Return where the last copy of a repository is; one that is read in place has none of its own."""
    if source.address.startswith("/"):
        return Path(source.address) if source.digest and not source.failure else None
    mirror: Path = settings.WORKSPACE.source(source.client_id, source.pk) / MIRROR
    return mirror if mirror.is_dir() and source.digest else None


def _told(source: Source, *, stale: bool, missing: bool) -> dict[str, Any]:
    """Return what a run remembers of a source."""
    return {
        "id": source.pk,
        "name": source.name,
        "kind": source.kind,
        "digest": source.digest,
        "fetched_at": _moment(source.fetched_at),
        "stale": stale,
        "missing": missing,
        "failure": source.failure,
        "hint": source.hint,
    }


def _moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _unlike(name: str, used: set[str]) -> str:
    """Return a name that no other repository of this run has."""
    plain = clean(name).strip() or "repository"
    chosen = next(each for each in (plain, *(f"{plain} {number}" for number in range(2, 1000))) if each not in used)
    used.add(chosen)
    return chosen


def _named(inventories: list[tuple[str, Path]], folder: Path) -> list[str]:
    """Lay inventories out under the names that people know them by: reports name them so."""
    made = []
    for number, (name, kept) in enumerate(inventories):
        plain = (
            clean(name).replace("/", "-").encode("utf-8", "replace")[:MOST_NAME_BYTES].decode("utf-8", "ignore").lstrip(".") or "inventory"
        )
        link = folder / str(number) / plain
        link.parent.mkdir(parents=True)
        link.symlink_to(kept)
        made.append(str(link))
    return made


def _job(taken: Run, found: Gathered, folder: Path) -> dict[str, Any]:
    """Return the job as `jobs.assessing` reads it."""
    root = settings.WORKSPACE.client(taken.client_id)
    company = folder / "company.toml"
    folder.mkdir(parents=True, exist_ok=True)
    company.write_text(people.company_file(taken.client), "utf-8")
    previous = (
        Run.objects.filter(client=taken.client_id, state=Run.State.DONE)
        .order_by("-ended_at", "-id")
        .values_list("snapshot", flat=True)
        .first()
    )
    compared = root / SNAPSHOTS / previous / COMPARED_WITH if previous else None
    return {
        "root": str(root),
        "repositories": found.repositories,
        "company": str(company),
        "sboms": _named(found.inventories, folder),
        "as_of": taken.as_of.isoformat() if taken.as_of else now().date().isoformat(),
        "previous": str(compared) if compared and compared.is_file() else None,
    }
