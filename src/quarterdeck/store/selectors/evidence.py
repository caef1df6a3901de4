"""What answers rest on: sources with their age and state, runs, and what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.timezone import now

from quarterdeck.domain.errors import NotFound
from quarterdeck.domain.text import plural
from quarterdeck.store.book.models import Run, Source
from quarterdeck.store.selectors import results
from quarterdeck.store.selectors.seats import Right, Seat

RUNS_SHOWN = 7
OVERDUE = {
    Source.Schedule.DAILY: timedelta(days=2),
    Source.Schedule.WEEKLY: timedelta(days=10),
    Source.Schedule.ON_DEMAND: timedelta(days=90),
}
HERE = {  # how the workbench settles what the report asks for
    "roster": "upload a roster (CSV), or add the people under People",
    "company file": "upload a roster (CSV), or add the people under People; upload a company file (TOML) with your rates",
}


@dataclass(frozen=True)
class State:
    """How a source or a run is: a word, and the mark that goes with it."""

    word: str
    mark: str
    pressing: bool = False


@dataclass(frozen=True)
class Held:
    """A source as the evidence page shows it; `read` is what the last run read of it."""

    source: Source
    state: State
    read: Mapping[str, Any] | None


@dataclass(frozen=True)
class Gap:
    """Evidence that is not there: what would settle it, and what it would be worth."""

    what: str
    unlock: str
    worth: str


@dataclass(frozen=True)
class Shelf:
    """All evidence of a client."""

    held: Sequence[Held]
    runs: Sequence[Run]
    under_way: Run | None
    latest: Run | None
    gaps: Sequence[Gap]
    problems: int

    @property
    def sentence(self) -> str:
        """Say in one sentence what there is and how it is."""
        if not self.held:
            return "There is no evidence yet: nothing can be answered."
        ages = [each.source.fetched_at for each in self.held if each.source.fetched_at]
        failing = sum(each.state.pressing for each in self.held)
        parts = [plural(len(self.held), "source")]
        if ages:
            parts.append(f"the oldest read {_ago(min(ages))}")
        return ", ".join(parts) + (f"; {plural(failing, 'source needs', 'sources need')} you." if failing else ".")


def shelf(seat: Seat) -> Shelf:
    """Return a client's evidence: four queries, however much there is."""
    recent = recent_runs(seat, RUNS_SHOWN)
    latest = next((run for run in recent if run.state == Run.State.DONE), None) or results.latest_run(seat)
    summary = results.summary_of(seat, latest) if latest else {}
    read = {each["name"]: each for each in summary.get("repositories", ())}
    held = [Held(each, state_of(each), read.get(each.name)) for each in current_sources(seat)]
    held.sort(key=lambda each: not each.state.pressing)
    return Shelf(
        held=held,
        runs=recent,
        under_way=next((run for run in recent if is_under_way(run)), None),
        latest=latest,
        gaps=gaps(summary),
        problems=int(summary.get("problems", 0)),
    )


def current_sources(seat: Seat) -> QuerySet[Source]:
    """Return the sources that runs read, by name."""
    return seat.of(Source).filter(removed_at=None)


def all_runs(seat: Seat) -> QuerySet[Run]:
    """Return a client's runs, the newest first, without what they found."""
    return seat.of(Run).select_related("asked_by").defer("summary", "sources")


def recent_runs(seat: Seat, count: int) -> list[Run]:
    """Return the newest runs; the one under way, if there is one, is the first."""
    return list(all_runs(seat)[:count])


def is_under_way(run: Run) -> bool:
    """Tell whether a run waits or works."""
    return run.state in results.UNDER_WAY


def state_of(source: Source, moment: datetime | None = None) -> State:
    """Return how a source is, in two or three words."""
    moment = moment or now()
    if source.removed_at:
        return State("removed", "unknown")
    if source.failure:
        return State("could not be fetched" if source.fetched_at is None else "last fetch failed", "act", pressing=True)
    if source.fetched_at is None:
        return State("not fetched yet", "unknown")
    if source.kind == Source.Kind.REPOSITORY and moment - source.fetched_at > OVERDUE[Source.Schedule(source.schedule)]:
        return State("getting old", "plan", pressing=True)
    return State("read in part", "plan") if source.problems and source.kind == Source.Kind.INVENTORY else State("fresh", "fine")


def run_state(run: Run) -> State:
    """Return how a run is, in a word."""
    states = {
        Run.State.QUEUED: State("waiting", "unknown"),
        Run.State.RUNNING: State("running", "watch"),
        Run.State.DONE: State("done", "fine"),
        Run.State.FAILED: State("failed", "act", pressing=True),
        Run.State.CANCELLED: State("cancelled", "unknown"),
    }
    if run.state == Run.State.RUNNING and run.cancel_asked:
        return State("stopping", "watch")
    return states[Run.State(run.state)]


def gaps(summary: Mapping[str, Any]) -> list[Gap]:
    """Return what was not there at the last run, and what nothing was there for at all."""
    unseen = [Gap(each["what"], HERE.get(each["what"], each["unlock"]), each["worth"]) for each in summary.get("unseen", ())]
    return unseen + [Gap(each["needs"], "", f"answers on {each['practice']}") for each in summary.get("not_assessed", ())]


def problems_of(seat: Seat, source: Source) -> list[str]:
    """Return what could not be read of a file; a roster's name people, so that only those see them who may."""
    named = source.kind in (Source.Kind.ROSTER, Source.Kind.COMPANY_FILE)
    if named and not seat.may(Right.PEOPLE) and source.problems:
        return [f"{plural(len(source.problems), 'note')} on its rows, which name people; your seat does not show them"]
    return list(source.problems)


def unread(seat: Seat, run: Run) -> list[Mapping[str, Any]]:
    """Return what the last run could not read, each with its place."""
    snapshot = results.snapshot_of(seat, run)
    try:
        return list(snapshot.evidence(results.names_for(seat)).get("problems", ())) if snapshot else []
    except NotFound:
        return []


def waiting_before(run: Run) -> int:
    """Return how many runs of anybody were asked for before this one and are not over: a number only, of no client's."""
    return Run.objects.filter(state__in=results.UNDER_WAY, created_at__lt=run.created_at).count()


def _ago(moment: datetime) -> str:
    days = (now() - moment).days
    return "today" if days < 1 else f"{plural(days, 'day')} ago"
