"""What runs found: the last results of a client, and the few values of them that home pages show."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Literal

from django.conf import settings
from django.db.models import OuterRef, Subquery

from quarterdeck.domain.errors import NotFound
from quarterdeck.store.book.models import Client, Role, Run
from quarterdeck.store.selectors.seats import Seat
from quarterdeck.store.snapshots import Snapshot

Names = Literal["roles", "hidden"]
NAMED = (Role.OWNER, Role.PRACTITIONER, Role.EXECUTIVE)  # who reads roles and names; everybody else reads neither
UNDER_WAY = (Run.State.QUEUED, Run.State.RUNNING)
KEPT_SUMMARIES = 400  # of clients; a done run never changes, so its summary is parsed once a process
_Key = tuple[str, int, str]
_summaries: OrderedDict[_Key, dict[str, Any]] = OrderedDict()
_LOCK = Lock()  # several threads of a server read at once


def names_for(seat: Seat) -> Names:
    """Return how people are named for whoever reads: by role, or not at all."""
    return "roles" if seat.role in NAMED else "hidden"


def latest_run(seat: Seat) -> Run | None:
    """Return the client's last run that is done, without its summary, which `summary_of` reads."""
    return seat.of(Run).filter(state=Run.State.DONE).defer("summary").order_by("-ended_at", "-id").first()


def run_under_way(seat: Seat) -> Run | None:
    """Return the client's run that waits or runs, if there is one."""
    return seat.of(Run).filter(state__in=UNDER_WAY).defer("summary").first()


def snapshot_of(seat: Seat, run: Run) -> Snapshot | None:
    """Return the results that a run left behind, or nothing where it left none."""
    return Snapshot(settings.WORKSPACE.client(seat.client.id), run.snapshot) if run.snapshot else None


def latest_snapshot(seat: Seat) -> Snapshot | None:
    """Return the results of the client's last run that is done, or nothing before the first."""
    run = latest_run(seat)
    return snapshot_of(seat, run) if run else None


def summary_of(seat: Seat, run: Run) -> Mapping[str, Any]:
    """Return the plain values of a run as this reader may see them; see `usecases.summary` for the keys.

    The book's own copy names people by role; whoever may not read roles is given the one without names, or nothing.
    """
    if names_for(seat) == "roles":
        return _remembered([run]).get(run.pk, {})
    snapshot = snapshot_of(seat, run)
    try:
        return snapshot.summary("hidden") if snapshot else {}
    except NotFound:
        return {}


def latest_runs(seats: Sequence[Seat]) -> dict[str, Run]:
    """Return the last run that is done of each client, by the client's id: one query however many clients."""
    last = Run.objects.filter(client=OuterRef("pk"), state=Run.State.DONE).order_by("-ended_at", "-id").values("pk")[:1]
    chosen = Client.objects.filter(pk__in=[each.client.pk for each in seats]).annotate(last=Subquery(last)).values("last")
    return {run.client_id: run for run in Run.objects.filter(pk__in=chosen).defer("summary")}


def summaries(seats: Sequence[Seat], runs: Mapping[str, Run] | None = None) -> dict[str, Mapping[str, Any]]:
    """Return the plain values of each client's last run, by the client's id; a client without results is left out."""
    latest = latest_runs(seats) if runs is None else runs
    _remembered(latest.values())
    return {seat.client.pk: summary_of(seat, latest[seat.client.pk]) for seat in seats if seat.client.pk in latest}


def ended(run: Run) -> datetime:
    """Return when a run's results came about."""
    return run.ended_at or run.created_at or datetime.now(UTC)


def _remembered(runs: Iterable[Run]) -> dict[str, dict[str, Any]]:
    """Return summaries by run, reading only those that this process has not read before."""
    wanted: dict[_Key, str] = {(run.pk, run.version, run.snapshot): run.pk for run in runs}
    with _LOCK:
        known = {key: _summaries[key] for key in wanted if key in _summaries}
    missing = [pk for key, pk in wanted.items() if key not in known]
    read = dict(Run.objects.filter(pk__in=missing).values_list("pk", "summary")) if missing else {}
    found = {key: known[key] if key in known else read.get(pk, {}) for key, pk in wanted.items()}
    with _LOCK:
        for key, summary in found.items():
            _summaries[key] = summary
            _summaries.move_to_end(key)
        while len(_summaries) > KEPT_SUMMARIES:
            _summaries.popitem(last=False)
    return {key[0]: summary for key, summary in found.items()}
