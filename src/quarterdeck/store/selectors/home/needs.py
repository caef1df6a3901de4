"""What needs somebody this week, over all of their clients, and where one client stands."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import Count, DateField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, Window
from django.db.models.fields.json import KeyTransform

from quarterdeck.domain.errors import NotFound
from quarterdeck.domain.text import plural
from quarterdeck.store.book.models import Action, Client, Decision, Engagement, Promise, Run, Source, Stance, TimeEntry
from quarterdeck.store.book.models.base import Kept
from quarterdeck.store.selectors import results
from quarterdeck.store.selectors.home import silence
from quarterdeck.store.selectors.seats import Right, Seat, today

AHEAD = 7  # days that a week looks ahead
YEAR = 365
STALE_AFTER = {Source.Schedule.DAILY: 2, Source.Schedule.WEEKLY: 9}  # days
OPEN_ACTIONS = (Action.State.OPEN, Action.State.DOING)
NO_GOOD = (Action.Effect.NO_EFFECT, Action.Effect.WORSE)
BOXED, SHOWN, FETCHED, MOST = 3, 15, 60, 200  # items of a box; of a list at first, out of how many of each kind; when all are asked for
MOST_FINGERPRINTS = 200
Row = TypeVar("Row", bound=Kept)


@dataclass(frozen=True)
class Item:
    """Something that needs somebody: what it is, where it opens, what a week of waiting costs where anybody knows."""

    kind: str
    client: Client
    text: str
    page: tuple[str, ...]
    due: date | None = None
    age: int | None = None  # days
    note: str = ""
    cost: float | None = None  # of a week of waiting
    currency: str = ""
    record: Action | Promise | Decision | None = None


@dataclass(frozen=True)
class Changed:
    """What the last run of a client changed."""

    client: Client
    run: Run | None
    counts: Mapping[str, int] = field(default_factory=dict)
    changes: Sequence[Mapping[str, Any]] = ()
    answer: str = ""
    recent: bool = False
    baseline: bool = False


@dataclass(frozen=True)
class Week:
    """What needs somebody: priced items by currency, the dearest first; the rest by date; and what changed."""

    priced: Mapping[str, Sequence[Item]]
    unpriced: Sequence[Item]
    count: int
    changed: Sequence[Changed]
    left_out: int = 0


@dataclass(frozen=True)
class Bridge:
    """Where one client stands: its last results, what is to be decided and due, the hours of the month."""

    run: Run | None
    unfinished: Run | None
    summary: Mapping[str, Any]
    decisions: Sequence[Item]
    to_decide: int
    due: Sequence[Item]
    due_in_all: int
    hours: float | None
    agreed: float | None
    said: Mapping[str, int]
    has_sources: bool


def week(seats: Sequence[Seat], *, most: int = FETCHED) -> Week:
    """Return what needs a user this week over all of their clients."""
    reading = _with(seats, Right.READ)
    runs, unfinished = _runs(reading)
    summaries = results.summaries(reading, runs)
    items, found = _collected(seats, summaries, runs, unfinished, most)
    priced = sorted((each for each in items if each.cost is not None), key=lambda each: (-(each.cost or 0), _by_day(each)))
    by_currency: dict[str, list[Item]] = {}
    for each in priced:
        by_currency.setdefault(each.currency, []).append(each)
    unpriced = sorted((each for each in items if each.cost is None), key=_by_day)
    return Week(by_currency, unpriced, found, _changed(reading, runs, summaries), found - len(items))


def _with(seats: Iterable[Seat], *rights: Right) -> list[Seat]:
    return [each for each in seats if any(each.may(right) for right in rights)]


def _by_day(item: Item) -> tuple[date, int]:
    """Return the key that sorts items by their day, and those without one by their age."""
    return item.due or today() - timedelta(days=item.age or 0), -(item.age or 0)


def _runs(seats: Sequence[Seat]) -> tuple[dict[str, Run], dict[str, Run]]:
    """Return of each client the last run that is done, and the newest one where that is another."""
    ids = [each.client.pk for each in seats]
    newest = Run.objects.filter(client=OuterRef("pk")).order_by("-created_at", "-id").values("pk")[:1]
    done = Run.objects.filter(client=OuterRef("pk"), state=Run.State.DONE).order_by("-ended_at", "-id").values("pk")[:1]
    clients = Client.objects.filter(pk__in=ids)
    wanted = Q(pk__in=clients.values_list(Subquery(newest))) | Q(pk__in=clients.values_list(Subquery(done)))
    found = list(Run.objects.filter(wanted).defer("summary").order_by("created_at"))
    return (
        {run.client_id: run for run in found if run.state == Run.State.DONE},
        {run.client_id: run for run in found if run.state != Run.State.DONE},
    )


def _collected(
    seats: Sequence[Seat], summaries: Mapping[str, Mapping[str, Any]], runs: Mapping[str, Run], unfinished: Mapping[str, Run], most: int
) -> tuple[list[Item], int]:
    """Return the items, most of each kind at most, and how many there are in all."""
    clients, by_client, running = _clients(seats), {each.client.pk: each for each in seats}, _with(seats, Right.RUN)
    deciding, editing = _with(seats, Right.DECIDE), _with(seats, Right.EDIT)
    decisions, promises, sources = due_decisions(_clients(deciding)), due_promises(_clients(editing)), due_sources(_clients(running))
    actions = due_actions([each for each in seats if not _only_reads(each)])
    useless = useless_actions(_clients(_with(seats, Right.DECIDE, Right.EDIT)))
    dearest = actions.filter(removes__p50__isnull=False).order_by(KeyTransform("p50", "removes").desc(), "due", "id")
    items = [
        *(_decision(each, clients[each.client_id]) for each in decisions[:most]),
        *(_action(each, by_client[each.client_id], runs.get(each.client_id)) for each in dearest[:most]),
        *(_action(each, by_client[each.client_id], None) for each in actions.filter(removes__p50__isnull=True)[:most]),
        *(_action(each, by_client[each.client_id], None) for each in useless[:most]),
        *(_promise(each, clients[each.client_id]) for each in promises[:most]),
        *(_source(each, clients[each.client_id]) for each in sources[:most]),
    ]
    seen = [
        *_of_findings(_with(seats, Right.DECIDE, Right.EDIT), summaries, runs, most),
        *_failed(running, unfinished),
        *map(_silent, silence.silent(editing)),
    ]
    return [*items, *seen], _count(decisions, actions, useless, promises, sources) + len(seen)


def _count(*rows: QuerySet[Any]) -> int:
    """Return how many rows there are in all of several tables, with one query."""
    first, *others = (each.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("pk")).values_list("n") for each in rows)
    return sum(n for (n,) in first.union(*others, all=True))


def _clients(seats: Iterable[Seat]) -> dict[str, Client]:
    return {each.client.pk: each.client for each in seats}


def _counted(rows: QuerySet[Row], most: int) -> tuple[list[Row], int]:
    """Return the first rows and how many there are in all, with one query."""
    found = list(rows.annotate(in_all=Window(Count("pk")))[:most])
    return found, found[0].in_all if found else 0  # type: ignore[attr-defined]


def _days_since(day: date | datetime | None) -> int | None:
    if isinstance(day, datetime):
        day = day.astimezone(UTC).date()
    return (today() - day).days if day else None


def due_decisions(clients: Iterable[str]) -> QuerySet[Decision]:
    """Return open decisions whose day is past or near, the dearest to wait for first."""
    near = Q(needed_by__lte=today() + timedelta(days=AHEAD)) | Q(needed_by=None, delay_per_week__gt=0)
    rows = Decision.objects.filter(near, client__in=list(clients), decided_on=None)
    return rows.order_by(F("delay_per_week").desc(nulls_last=True), F("needed_by").asc(nulls_last=True), "id")


def _decision(row: Decision, client: Client) -> Item:
    cost = float(row.delay_per_week) if row.delay_per_week else None
    return Item(
        "Decide", client, row.question, ("decision", client.pk, row.pk), row.needed_by, _days_since(row.asked_on),
        f"{row.decider} decides" if row.decider else "", cost, client.currency, row,
    )  # fmt: skip


def due_actions(seats: Sequence[Seat]) -> QuerySet[Action]:
    """Return open actions that are late or due soon, as far as each seat may see them."""
    whole = [each.client.pk for each in _with(seats, Right.READ)]
    own = [each for each in seats if each.client.pk not in whole and each.may(Right.OWN) and each.person]
    seen = Q(client__in=whole)
    if own:
        seen |= Q(client__in=[each.client.pk for each in own], owner__in=[each.person for each in own])
    rows = Action.objects.filter(seen, state__in=OPEN_ACTIONS, due__lte=today() + timedelta(days=AHEAD))
    return rows.select_related("owner").order_by("due", "id")


def useless_actions(clients: Iterable[str]) -> QuerySet[Action]:
    """Return actions that are done and did no good, as later runs saw them."""
    rows = Action.objects.filter(client__in=list(clients), state=Action.State.DONE, effect__in=NO_GOOD)
    return rows.select_related("owner").order_by(F("done_on").desc(nulls_last=True), "id")


def _only_reads(seat: Seat) -> bool:
    """Tell whether somebody reads and nothing else, as an auditor does: nothing needs them."""
    return not any(seat.may(right) for right in (Right.DECIDE, Right.EDIT, Right.OWN))


def _action(row: Action, seat: Seat, run: Run | None) -> Item:
    late = row.due is not None and row.due < today()
    kind = row.get_effect_display() if row.effect in NO_GOOD and row.state == Action.State.DONE else "Overdue" if late else "Due"
    note = str(row.owner) if row.owner else "nobody owns it"
    if row.postponed:
        note += f", postponed {plural(row.postponed, 'time')}"
    finding = _finding(seat, run, row.fingerprint) if run and row.removes and row.fingerprint else None
    cost, unit = waiting(row.removes, finding["chance"] if finding else None), (row.removes or {}).get("unit", seat.client.currency)
    return Item(kind, seat.client, row.sentence, ("action", seat.client.pk, row.pk), row.due, None, note, cost, unit, row)


def waiting(exposure: Mapping[str, Any] | None, chance: float | None) -> float | None:
    """Return what waiting a week is expected to cost: the chance that it happens in these days times the P50 of the loss.

    Without a chance the exposure is a loss that runs through the year (money.md), and a week is its share.
    """
    if not exposure or exposure.get("p50") is None:
        return None
    share = AHEAD / YEAR if chance is None else 1 - (1 - chance) ** (AHEAD / YEAR)
    return float(exposure["p50"]) * share


def due_promises(clients: Iterable[str]) -> QuerySet[Promise]:
    """Return promises that are not kept yet and due soon or late."""
    soon = today() + timedelta(days=AHEAD)
    return Promise.objects.filter(client__in=list(clients), kept_on=None, dropped_on=None, due__lte=soon).order_by("due", "id")


def _promise(row: Promise, client: Client) -> Item:
    return Item(
        "Promise", client, row.sentence, ("promises", client.pk), row.due, None, f"to {row.made_to}" if row.made_to else "", record=row
    )


def _of_findings(seats: Sequence[Seat], summaries: Mapping[str, Mapping[str, Any]], runs: Mapping[str, Run], most: int) -> list[Item]:
    """Return what the last run found anew and nobody spoke about, and what was said for a while that is over."""
    clients, by_client = _clients(seats), {each.client.pk: each for each in seats}
    fresh = [(client, each) for client in clients for each in _pressing(summaries.get(client, {}))]
    fresh = sorted(fresh, key=lambda each: -(waiting(each[1].get("exposure"), each[1].get("chance")) or 0))[:MOST_FINGERPRINTS]
    prints = {each["fingerprint"] for _, each in fresh}
    stances = Stance.objects.filter(Q(until__lt=today()) | Q(fingerprint__in=prints), client__in=list(clients), withdrawn_at=None)
    acted = Action.objects.filter(client__in=list(clients), fingerprint__in=prints).exclude(state=Action.State.DROPPED)
    no_day = Value(None, output_field=DateField())
    spoken = list(
        stances.values_list("client_id", "fingerprint", "until").union(
            acted.annotate(day=no_day).values_list("client_id", "fingerprint", "day")
        )
    )
    said = {(client, fingerprint) for client, fingerprint, _ in spoken}
    over = sorted((until, client, fingerprint) for client, fingerprint, until in spoken if until and until < today())[:most]
    items = (_expired(by_client[client], runs.get(client), fingerprint, until) for until, client, fingerprint in over)
    new = [_fresh(clients[client], each) for client, each in fresh if (client, each["fingerprint"]) not in said]
    return [*new, *(each for each in items if each)]


def _pressing(summary: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what a run changed that presses: new and to be done now, or fixed once and back again."""
    changes = summary.get("compared", {}).get("changes", [])
    return [
        each for each in changes if each["kind"] == "back again" or (each["kind"] == "new" and each.get("urgency") == "act now")
    ]  # fmt: skip


def _fresh(client: Client, change: Mapping[str, Any]) -> Item:
    exposure = change.get("exposure")
    return Item(
        "Back again" if change["kind"] == "back again" else "New", client, change["text"], ("finding", client.pk, change["fingerprint"]),
        note="act now" if change.get("urgency") == "act now" else "", cost=waiting(exposure, change.get("chance")),
        currency=exposure["unit"] if exposure else client.currency,
    )  # fmt: skip


def _expired(seat: Seat, run: Run | None, fingerprint: str, until: date) -> Item | None:
    """Return a finding that was accepted or dismissed until a day that is over, where the last run still sees it open."""
    finding = _finding(seat, run, fingerprint) if run else None
    if finding is None or finding["outcome"] != "unmet":
        return None
    exposure = finding["exposure"]
    return Item(
        "Ran out", seat.client, finding["title"], ("finding", seat.client.pk, fingerprint), until,
        note="it was accepted or dismissed until then", cost=waiting(exposure, finding["chance"]),
        currency=exposure["unit"] if exposure else seat.client.currency,
    )  # fmt: skip


def _finding(seat: Seat, run: Run, fingerprint: str) -> Mapping[str, Any] | None:
    snapshot = results.snapshot_of(seat, run)
    try:
        return snapshot.finding(results.names_for(seat), fingerprint) if snapshot else None
    except NotFound:
        return None


def due_sources(clients: Iterable[str]) -> QuerySet[Source]:
    """Return sources that failed, or were not fetched for longer than their schedule allows."""
    moment = datetime.now(UTC)
    old = [Q(schedule=name, fetched_at__lt=moment - timedelta(days=days)) for name, days in STALE_AFTER.items()]
    rows = Source.objects.filter(~Q(failure="") | old[0] | old[1], client__in=list(clients), removed_at=None)
    return rows.order_by(F("fetched_at").asc(nulls_first=True), "id")


def _source(row: Source, client: Client) -> Item:
    age = _days_since(row.fetched_at or row.created_at)
    told = f"could not be read: {row.failure}" if row.failure else f"was last fetched {plural(age or 0, 'day')} ago"
    note = row.hint if row.failure else f"its schedule is {row.get_schedule_display().lower()}"
    return Item("Source", client, f"{row.name} {told}", ("source", client.pk, row.pk), None, age, note)


def _failed(seats: Sequence[Seat], unfinished: Mapping[str, Run]) -> list[Item]:
    """Return runs that failed with none since."""
    clients = _clients(seats)
    rows = [run for client, run in unfinished.items() if client in clients and run.state == Run.State.FAILED]
    return [
        Item("Run failed", clients[run.client_id], run.failure or "The last run failed", ("run", run.client_id, run.pk),
             None, _days_since(run.ended_at), run.hint)
        for run in rows
    ]  # fmt: skip


def _silent(found: silence.Silence) -> Item:
    note = "little history" if found.gap is None else f"usually they do something every {plural(found.gap, 'day')}"
    told = "Nothing heard from them" if found.heard else "Nobody of theirs has looked in"
    return Item("Silent", found.client, f"{told} for {plural(found.days, 'day')}", ("bridge", found.client.pk), None, found.days, note)


def _changed(seats: Sequence[Seat], runs: Mapping[str, Run], summaries: Mapping[str, Mapping[str, Any]]) -> list[Changed]:
    """Return what changed at each client, those with the most that is new first."""
    since = datetime.now(UTC) - timedelta(days=AHEAD)
    rows = [_change(each, runs.get(each.client.pk), summaries.get(each.client.pk, {}), since) for each in seats]
    return sorted(rows, key=lambda row: (not row.recent, -_news(row), row.run is None, row.client.name))


def _change(seat: Seat, run: Run | None, summary: Mapping[str, Any], since: datetime) -> Changed:
    if run is None:
        return Changed(seat.client, None)
    compared = summary.get("compared", {})
    changes = [each for each in compared.get("changes", []) if each["kind"] not in ("still open", "figure")]
    counts: Mapping[str, int] = Counter(each["kind"] for each in changes)
    return Changed(
        seat.client, run, counts, changes, summary.get("answer", ""), results.ended(run) >= since, bool(compared.get("baseline"))
    )


def _news(row: Changed) -> int:
    return row.counts.get("new", 0) + row.counts.get("back again", 0)


def bridge(seat: Seat) -> Bridge:
    """Return where a client stands."""
    runs, unfinished = _runs([seat])
    run, client = runs.get(seat.client.pk), seat.client
    waiting_for = seat.of(Decision).filter(decided_on=None).order_by(F("needed_by").asc(nulls_last=True), "asked_on", "id")
    decisions, to_decide = _counted(waiting_for, BOXED)
    actions, acts = _counted(due_actions([seat]), BOXED)
    promises, promised = _counted(due_promises([client.pk] if seat.may(Right.EDIT) else []), BOXED)
    due = [*(_action(each, seat, run) for each in actions), *(_promise(each, client) for each in promises)]
    hours, agreed = _hours(seat)
    return Bridge(
        run=run,
        unfinished=unfinished.get(client.pk),
        summary=results.summary_of(seat, run) if run else {},
        decisions=[_decision(each, client) for each in decisions],
        to_decide=to_decide,
        due=sorted(due, key=_by_day)[:BOXED],
        due_in_all=acts + promised,
        hours=hours,
        agreed=agreed,
        said=dict(_valid_stances(seat).order_by().values_list("verdict").annotate(Count("pk"))),
        has_sources=run is not None or seat.of(Source).filter(removed_at=None).exists(),
    )


def _valid_stances(seat: Seat) -> QuerySet[Stance]:
    return seat.of(Stance).filter(Q(until=None) | Q(until__gte=today()), withdrawn_at=None)


def _hours(seat: Seat) -> tuple[float | None, float | None]:
    """Return the hours of this month and those agreed, for those who steer the engagement."""
    if _only_reads(seat):
        return None, None
    minutes = seat.of(TimeEntry).filter(day__gte=today().replace(day=1), day__lte=today()).aggregate(Sum("minutes"))["minutes__sum"]
    agreed = (
        seat.of(Engagement).order_by(F("begins").desc(nulls_last=True), "-created_at").values_list("hours_per_month", flat=True).first()
    )
    return (minutes or 0) / 60, float(agreed) if agreed is not None else None
