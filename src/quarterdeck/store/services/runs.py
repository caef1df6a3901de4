"""Ask for a run, take it up, end it: at most one is under way for a client, and none is lost with its worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

from django.db import transaction
from django.db.models import DateField, F, Q, Value
from django.db.models.functions import Coalesce
from django.utils.timezone import now
from django_q.tasks import async_task

from quarterdeck.domain.errors import Conflict, InputError, NotFound
from quarterdeck.store.book.models import Client, Run, Source
from quarterdeck.store.selectors.seats import Right, Seat
from quarterdeck.store.services import keeping, trail
from quarterdeck.store.services.followup import followthrough
from quarterdeck.store.services.keeping import Who

SCHEDULE: Literal["schedule"] = "schedule"
WORKER = "worker"
Asker = Seat | Literal["schedule"]
TASK = "quarterdeck.web.jobs.running.run"  # by name: what does the work lies above the book
NO_TIMEOUT = -1  # the run watches its own time; the queue would end long ones
LOST_AFTER = timedelta(seconds=30)  # six heartbeats
OFFER_AGAIN = timedelta(seconds=40)
MOST_ATTEMPTS = 3
UNDER_WAY = (Run.State.QUEUED, Run.State.RUNNING)
NEEDS_SOURCES = frozenset({Source.Kind.REPOSITORY, Source.Kind.UPLOADED_REPOSITORY})


@dataclass(frozen=True)
class Asked:
    """The run that answers what was asked: a new one, or the one that was under way."""

    run: Run
    new: bool


class Lost(Conflict):
    """The run is no longer this worker's: it was cancelled, or somebody else took it up."""


def queue(who: Asker, client: Client, reason: str) -> Asked:
    """Ask for a run of all of a client's sources; while one is under way, that one is the answer."""
    if isinstance(who, Seat):
        who.require(Right.RUN)
        _own(who, client.pk)
    if not Source.objects.filter(client=client, kind__in=NEEDS_SOURCES, removed_at=None).exists():
        raise InputError("there is no repository to assess yet", "Add a repository first, or upload one.")
    if under_way := current(client):
        return Asked(under_way, new=False)
    run = Run(client=client, reason=reason[:120], asked_by=who.user if isinstance(who, Seat) else None, heartbeat_at=now())
    try:
        with transaction.atomic():
            keeping.keep(_actor(who), run, "asked")
            offer(run)
    except Conflict:
        under_way = current(client)
        if under_way is None:
            raise
        return Asked(under_way, new=False)
    return Asked(run, new=True)


def current(client: Client) -> Run | None:
    """Return the client's run that is under way."""
    return Run.objects.filter(client=client, state__in=UNDER_WAY).first()


def offer(run: Run) -> None:
    """Put a run before the workers; in a transaction they see it when it is committed."""
    async_task(TASK, run.pk, q_options={"timeout": NO_TIMEOUT, "group": run.pk, "save": False})


def claim(run: str, worker: str = "") -> Run | None:
    """Take up a waiting run, or return nothing when somebody else has it or it is over."""
    token, moment = worker or uuid4().hex, now()
    taken = Run.objects.filter(pk=run, state=Run.State.QUEUED).update(
        state=Run.State.RUNNING,
        worker=token,
        attempts=F("attempts") + 1,
        heartbeat_at=moment,
        started_at=moment,
        as_of=Coalesce("as_of", Value(moment.date(), output_field=DateField())),
        stage="starting",
        done=0,
        total=0,
        version=F("version") + 1,
    )
    return Run.objects.select_related("client").get(pk=run) if taken else None


def beat(run: Run, *, stage: str | None = None, done: int = 0, total: int = 0) -> bool:
    """Say that the run is alive, and how far; tell whether somebody asked to cancel it. Raises Lost when it is not ours any more."""
    told: dict[str, Any] = {"heartbeat_at": now()}
    if stage is not None:
        told |= {"stage": stage[:200], "done": done, "total": total}
    if not _ours(run).update(**told):
        raise Lost("this run is no longer ours", "Somebody cancelled it, or another worker took it up.")
    return Run.objects.filter(pk=run.pk, cancel_asked=True).exists()


def cancel(seat: Seat, run: Run) -> Run:
    """Cancel a run: a waiting one at once, a running one as soon as its worker hears of it."""
    seat.require(Right.RUN)
    _own(seat, run.client_id)
    with transaction.atomic():
        found = _locked(run)
        if found.state == Run.State.QUEUED:
            _end(seat.user, found, Run.State.CANCELLED, "cancelled")
        elif found.state == Run.State.RUNNING and not found.cancel_asked:
            found.cancel_asked = True
            found.version += 1
            found.save(update_fields=["cancel_asked", "version"])
            trail.append(seat.user, "asked to cancel", found, before={"cancel_asked": False}, after={"cancel_asked": True})
        elif found.state not in (Run.State.RUNNING, Run.State.CANCELLED):
            raise Conflict("this run is over", "Reload the page to see how it ended.")
    return found


def cancelled(run: Run) -> None:
    """Note that the worker stopped a run because somebody had asked for it."""
    with transaction.atomic():
        _end(WORKER, _locked(run, ours=True), Run.State.CANCELLED, "cancelled")


def retry(seat: Seat, run: Run) -> Asked:
    """Ask for the same again; what was fetched and read before is used."""
    seat.require(Right.RUN)
    _own(seat, run.client_id)
    if run.state in UNDER_WAY:
        return Asked(run, new=False)
    return queue(seat, seat.client, "tried again")


def finish(run: Run, digest: str, summary: Mapping[str, Any], findings: Mapping[str, Mapping[str, Any]], *, sources: list[Any]) -> Run:
    """Make a run's results visible in one step: the run is done, and what it saw of every action is kept."""
    with transaction.atomic():
        found = _locked(run, ours=True)
        found.snapshot, found.summary, found.sources = digest, dict(summary), sources
        _end(WORKER, found, Run.State.DONE, "done", snapshot=digest)
        followthrough.measure(found.client, found, findings)
    return found


def fail(run: Run, message: str, hint: str) -> Run:
    """Note why a run failed and what to do; what earlier runs found stays."""
    with transaction.atomic():
        found = _locked(run, ours=True)
        return _failed(found, message, hint)


def give_back(run: Run) -> None:
    """Put a run before the workers again whose assessment was killed, unless that happened too often."""
    with transaction.atomic():
        _again(_locked(run, ours=True), now())


def release_lost(moment: datetime) -> int:
    """Put runs whose worker is gone before the workers again, and those that nobody took up; return how many."""
    lost = Q(state=Run.State.RUNNING, heartbeat_at__lt=moment - LOST_AFTER)
    waiting = Q(state=Run.State.QUEUED, heartbeat_at__lt=moment - OFFER_AGAIN)
    return sum(_release(pk, moment) for pk in Run.objects.filter(lost | waiting).values_list("pk", flat=True))


def _release(pk: str, moment: datetime) -> int:
    """Release one run, unless somebody else did in between."""
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",)).select_related("client").get(pk=pk)
        limit = moment - (LOST_AFTER if run.state == Run.State.RUNNING else OFFER_AGAIN)
        if run.state not in UNDER_WAY or (run.heartbeat_at and run.heartbeat_at >= limit):
            return 0
        _again(run, moment)
        return 1


def hand_over(crew: str) -> int:
    """Put the runs of workers that were told to end before others; that does not count as broken off. Return how many."""
    held = Run.objects.filter(state=Run.State.RUNNING, worker__startswith=crew)
    return sum(_handed_over(run) for run in held)


def release_all() -> int:
    """Put all runs before the workers again, when it is known that no worker lives; return how many."""
    return sum(_broken_off(run) for run in Run.objects.filter(state=Run.State.RUNNING))


def _broken_off(run: Run) -> int:
    try:
        give_back(run)
    except Lost:
        return 0
    return 1


def _handed_over(run: Run) -> int:
    with transaction.atomic():
        try:
            found = _locked(run, ours=True)
        except Lost:
            return 0
        found.attempts -= 1
        found.save(update_fields=["attempts"])
        _again(found, now())
        return 1


def _again(run: Run, moment: datetime) -> None:
    """Put a run before the workers once more, or end it where that helps nobody."""
    if run.state == Run.State.RUNNING and run.cancel_asked:
        _end(WORKER, run, Run.State.CANCELLED, "cancelled")
    elif run.state == Run.State.RUNNING and run.attempts >= MOST_ATTEMPTS:
        message = f"the run was broken off {MOST_ATTEMPTS} times, each time without a word"
        _failed(run, message, "Most often memory runs out: give the worker more, or remove the largest repository, and try again.")
    else:
        run.state, run.worker, run.heartbeat_at, run.stage = Run.State.QUEUED, "", moment, ""
        run.save(update_fields=["state", "worker", "heartbeat_at", "stage"])
        offer(run)


def _own(seat: Seat, client: str) -> None:
    """Refuse what is another client's as if it were not there."""
    if seat.client.pk != client:
        raise NotFound("there is nothing here", "Check the address, or go back to the client's bridge.")


def _actor(who: Asker) -> Who:
    return who.user if isinstance(who, Seat) else who


def _ours(run: Run) -> Any:
    return Run.objects.filter(pk=run.pk, state=Run.State.RUNNING, worker=run.worker)


def _locked(run: Run, *, ours: bool = False) -> Run:
    found = Run.objects.select_for_update(of=("self",)).select_related("client").get(pk=run.pk)
    if ours and (found.state != Run.State.RUNNING or found.worker != run.worker):
        raise Lost("this run is no longer ours", "Somebody cancelled it, or another worker took it up.")
    return found


def _failed(run: Run, message: str, hint: str) -> Run:
    run.failure, run.hint = message, hint
    return _end(WORKER, run, Run.State.FAILED, "failed", failure=message)


def _end(who: Who, run: Run, state: str, verb: str, **told: str) -> Run:
    """End a run; the trail says how, not all that it found."""
    before = {"state": str(run.state)}
    run.state, run.ended_at, run.stage, run.version = state, now(), "", run.version + 1
    run.save()
    trail.append(who, verb, run, before=before, after={"state": str(state), **told})
    return run
