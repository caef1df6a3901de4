"""Decisions with their age and cost, promises, notes and hours, as a seat may see them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from quarterdeck.store.book.models import Action, Decision, Engagement, Note, Promise, TimeEntry
from quarterdeck.store.selectors.seats import Seat, today
from quarterdeck.usecases.advice import cost_of_waiting

MOST_OPEN, MOST_CLOSED = 100, 50
ACTIVE = (Engagement.Stage.ACTIVE, Engagement.Stage.ENDING)


@dataclass(frozen=True)
class Open:
    """A decision with its age and what waiting has cost, until today or until it was decided."""

    decision: Decision
    days: int
    cost: Decimal | None

    @property
    def late(self) -> bool:
        """Tell whether it was needed before today and is not decided."""
        return bool(self.decision.needed_by and not self.decision.decided_on and self.decision.needed_by < today())


def aged(decision: Decision) -> Open:
    """Return a decision with its age and cost so far."""
    until = decision.decided_on or today()
    return Open(decision, max(0, (until - decision.asked_on).days), cost_of_waiting(decision.asked_on, until, decision.delay_per_week))


def open_decisions(seat: Seat) -> list[Open]:
    """Return what waits for a decision: the dearest to wait for first, then the first needed."""
    rows = seat.of(Decision).filter(decided_on=None)
    ranked = rows.order_by(F("delay_per_week").desc(nulls_last=True), F("needed_by").asc(nulls_last=True), "asked_on")
    return [aged(each) for each in ranked[:MOST_OPEN]]


def closed_decisions(seat: Seat) -> list[Open]:
    """Return what was decided, the latest first."""
    rows = seat.of(Decision).exclude(decided_on=None).select_related("decided_by").order_by("-decided_on", "-id")
    return [aged(each) for each in rows[:MOST_CLOSED]]


def decision(seat: Seat, key: str) -> Open:
    """Return one decision of the client."""
    return aged(seat.one(Decision, key))


def open_promises(seat: Seat) -> list[Promise]:
    """Return promises that were neither kept nor taken back, the first due first."""
    rows = seat.of(Promise).filter(kept_on=None, dropped_on=None)
    return list(rows.order_by(F("due").asc(nulls_last=True), "created_at")[:MOST_OPEN])


def closed_promises(seat: Seat) -> list[Promise]:
    """Return promises that were kept or taken back, the latest first."""
    rows = seat.of(Promise).filter(Q(kept_on__isnull=False) | Q(dropped_on__isnull=False))
    return list(rows.order_by(Coalesce("kept_on", "dropped_on").desc(), "-created_at")[:MOST_CLOSED])


def is_late(promise: Promise) -> bool:
    """Tell whether a promise is past its day and still open."""
    return bool(promise.due and promise.due < today() and not promise.kept_on and not promise.dropped_on)


def was_late(promise: Promise) -> bool:
    """Tell whether a promise was kept after its day."""
    return bool(promise.due and promise.kept_on and promise.kept_on > promise.due)


def notes(seat: Seat, text: str = "") -> QuerySet[Note]:
    """Return notes, the latest first, all or those that say something."""
    rows = seat.of(Note).select_related("written_by").order_by("-created_at", "-id")
    return rows.filter(text__icontains=text) if text else rows


def subjects(seat: Seat, found: list[Note]) -> Mapping[tuple[str, str], str]:
    """Return what notes are about, in words, by kind and id: one query for each kind."""
    kinds: tuple[tuple[str, type[Action | Decision | Promise], str], ...] = (
        ("action", Action, "sentence"), ("decision", Decision, "question"), ("promise", Promise, "sentence"),
    )  # fmt: skip
    said: dict[tuple[str, str], str] = {}
    for kind, rows, words in kinds:
        if ids := {each.about for each in found if each.about_kind == kind}:
            said |= {(kind, key): text for key, text in seat.of(rows).filter(pk__in=ids).values_list("pk", words)}
    return said


@dataclass(frozen=True)
class Month:
    """A month's time: the entries, their sum, and what was agreed."""

    first: date
    entries: list[TimeEntry]
    minutes: int
    agreed: Decimal | None
    themes: list[tuple[str, int]]

    @property
    def hours(self) -> Decimal:
        """Return the hours spent."""
        return Decimal(self.minutes) / 60

    @property
    def share(self) -> float | None:
        """Return which part of the agreed hours is spent, where hours were agreed."""
        return float(self.hours / self.agreed) if self.agreed else None

    @property
    def over(self) -> int:
        """Return the minutes beyond those agreed."""
        return max(0, self.minutes - int(self.agreed * 60)) if self.agreed else 0

    @property
    def before(self) -> str:
        """Return the month before, as an address names it."""
        return f"{self.first - timedelta(days=1):%Y-%m}"

    @property
    def after(self) -> str:
        """Return the month after, as an address names it; nothing when it has not begun."""
        following = (self.first + timedelta(days=31)).replace(day=1)
        return f"{following:%Y-%m}" if following <= today() else ""


def month(seat: Seat, first: date) -> Month:
    """Return the time spent on a client in a month."""
    ends = (first + timedelta(days=31)).replace(day=1)
    rows = seat.of(TimeEntry).filter(day__gte=first, day__lt=ends)
    themes = [(row["theme"], row["sum"]) for row in rows.values("theme").annotate(sum=Sum("minutes")).order_by("-sum", "theme")]
    entries = list(rows.select_related("spent_by").order_by("-day", "-created_at"))
    return Month(first, entries, sum(minutes for _, minutes in themes), agreed_hours(seat), themes)


def agreed_hours(seat: Seat) -> Decimal | None:
    """Return the hours a month that the present engagement gives, where that was agreed."""
    rows = seat.of(Engagement).filter(stage__in=ACTIVE).order_by(F("begins").desc(nulls_last=True), "-created_at")
    return rows.values_list("hours_per_month", flat=True).first()
