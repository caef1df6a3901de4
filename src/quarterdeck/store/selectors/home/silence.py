"""Which clients have gone quiet: how long since their own people last did anything here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Substr

from quarterdeck.store.book.models import Client, Engagement, Event, LinkView, Membership, Role, SavedView
from quarterdeck.store.selectors.seats import Seat, today

THEIRS = (Role.EXECUTIVE, Role.CONTRIBUTOR)  # whose acts are the client's own
AT_LEAST, TIMES, FEW_GAPS, FLAT = 14, 3, 5, 21  # days, median gaps, gaps, days: engagement.md section 7
LOOKS_BACK = 180  # days
QUIET_BY_NATURE = (Engagement.Stage.LEAD, Engagement.Stage.PAUSED, Engagement.Stage.DORMANT)


@dataclass(frozen=True)
class Silence:
    """A client that is quiet for longer than usual; `gap` is the usual pause in days, nothing with little history."""

    client: Client
    days: int
    gap: int | None
    heard: bool


def silent(seats: Sequence[Seat]) -> list[Silence]:
    """Return the clients that are quiet: over 14 days and three usual pauses; over 21 days where hardly anything is known."""
    clients = {each.client.pk: each.client for each in seats}
    theirs = _theirs(list(clients))
    last = {client: max((_heard(each) for each in people), key=lambda heard: (heard[1], heard[0])) for client, people in theirs.items()}
    candidates = {client: when for client, when in last.items() if (today() - when[0]).days > AT_LEAST}
    emails = {each.email for client in candidates for each in theirs[client]}
    gaps = _gaps(list(candidates), emails, theirs) if candidates else {}
    found = [_silence(clients[client], when, gaps.get(client)) for client, when in candidates.items()]
    return [each for each in found if each]


def _silence(client: Client, when: tuple[date, bool], gap: float | None) -> Silence | None:
    days = (today() - when[0]).days
    limit = FLAT if gap is None else max(AT_LEAST, TIMES * gap)
    return Silence(client, days, round(gap) if gap is not None else None, when[1]) if days > limit else None


@dataclass(frozen=True)
class _Member:
    """Somebody of the client, and the last signs of life: what they did, looked at, or was opened by a link."""

    email: str
    seated: datetime
    did: str | None
    looked: datetime | None
    opened: datetime | None


def _theirs(clients: list[str]) -> dict[str, list[_Member]]:
    """Return the clients' own people; clients without any, or that are quiet by nature, are left out."""
    did = Event.objects.filter(chain=OuterRef("client_id"), actor=OuterRef("user__email")).order_by("-at").values("at")[:1]
    looked = SavedView.objects.filter(client=OuterRef("client_id"), user=OuterRef("user_id")).values("seen_at")[:1]
    opened = LinkView.objects.filter(client=OuterRef("client_id")).order_by("-at").values("at")[:1]
    latest = F("begins").desc(nulls_last=True)
    stage = Engagement.objects.filter(client=OuterRef("client_id")).order_by(latest, "-created_at").values("stage")[:1]
    rows = Membership.objects.filter(client__in=clients, role__in=THEIRS).annotate(stage_now=Subquery(stage))
    found: dict[str, list[_Member]] = {}
    for client, stage_now, *seen in rows.values_list(
        "client_id", "stage_now", "user__email", "created_at", Subquery(did), Subquery(looked), Subquery(opened)
    ):
        if stage_now not in QUIET_BY_NATURE:
            found.setdefault(client, []).append(_Member(*seen))
    return found


def _heard(member: _Member) -> tuple[date, bool]:
    """Return the day of somebody's last sign of life, or since when there could have been one."""
    days = [date.fromisoformat(member.did[:10])] if member.did else []
    days += [each.date() for each in (member.looked, member.opened) if each]
    return (max(days), True) if days else (member.seated.date(), False)


def _gaps(clients: list[str], emails: set[str], theirs: Mapping[str, Sequence[_Member]]) -> Mapping[str, float]:
    """Return the usual pause between two days with an act of the client's people, where there are enough of them."""
    since = (today() - timedelta(days=LOOKS_BACK)).isoformat()
    acts = Event.objects.filter(chain__in=clients, actor__in=emails, at__gte=since)
    own = {client: {each.email for each in theirs[client]} for client in clients}
    days: dict[str, set[str]] = {}
    for client, email, day in acts.order_by().values_list("chain", "actor", Substr("at", 1, 10)).distinct():
        if email in own[client]:
            days.setdefault(client, set()).add(day)
    return {client: _usual(sorted(map(date.fromisoformat, found))) for client, found in days.items() if len(found) > FEW_GAPS}


def _usual(days: list[date]) -> float:
    return median((later - earlier).days for earlier, later in pairwise(days))
