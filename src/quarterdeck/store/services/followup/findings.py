"""What people say on findings: dismiss one, accept its risk for a while, take that back, write a note on it."""

from datetime import date

from django.db import transaction
from django.db.models import Q

from quarterdeck.domain.errors import Conflict
from quarterdeck.store.book.models import Client, Note, Stance
from quarterdeck.store.selectors.seats import Right, Seat, today
from quarterdeck.store.services import keeping
from quarterdeck.store.services.followup import record
from quarterdeck.usecases import typed

MOST_REASON = 2000
ABOUT = "finding"  # the kind that notes on findings carry
RIGHTS = {Stance.Verdict.ACCEPTED: Right.DECIDE, Stance.Verdict.DISMISSED: Right.EDIT}


def stand(seat: Seat, fingerprint: str, verdict: str, *, reason: str, until: date | None = None, seen: str = "") -> Stance:
    """Accept the risk of a finding, or dismiss it, with the reason and until when.

    `seen` is the id of what stood when the form was drawn, or empty; whoever decides later than somebody else is told.
    The same said twice is said once. What stood before is withdrawn and stays in the history.
    """
    said, words = (
        _checked(verdict, until),
        typed.words("reason", reason, most=MOST_REASON, needed="Type the reason: one sentence is enough."),
    )
    seat.require(RIGHTS[said])
    with transaction.atomic():
        Client.objects.select_for_update().get(pk=seat.client.pk)  # one decision at a time, however many windows are open
        before = standing(seat, fingerprint)
        if before and (before.verdict, before.reason, before.until) == (said, words, until):
            return before
        if (before.pk if before else "") != seen:
            raise Conflict("somebody else spoke on this finding in the meantime", "Read what stands there now, and decide again.")
        _put_aside(seat, fingerprint)
        made = Stance(client=seat.client, fingerprint=fingerprint, verdict=said, reason=words, until=until, said_by=seat.user)
        return keeping.keep(seat.user, made, str(said))


def _checked(verdict: str, until: date | None) -> Stance.Verdict:
    typed.one_of("verdict", verdict, Stance.Verdict.values)
    if until and until < today():
        raise typed.Wrong("until", "This day lies in the past.", "Choose today or a later day.")
    if verdict == Stance.Verdict.ACCEPTED and until is None:
        raise typed.Wrong("until", "An accepted risk needs a last day.", "Choose the day on which you want to look at it again.")
    return Stance.Verdict(verdict)


def withdraw(seat: Seat, stance: Stance) -> Stance:
    """Take back what was said; the finding is open again."""
    seat.require(RIGHTS[Stance.Verdict(stance.verdict)])
    if stance.withdrawn_at:
        return stance
    return keeping.change(seat.user, stance, "withdrawn", seen=stance.version, withdrawn_at=keeping.moment())


def standing(seat: Seat, fingerprint: str) -> Stance | None:
    """Return what stands on a finding today: said, not withdrawn and not over."""
    rows = seat.of(Stance).filter(Q(until=None) | Q(until__gte=today()), fingerprint=fingerprint, withdrawn_at=None)
    return rows.order_by("-created_at", "-id").first()


def _put_aside(seat: Seat, fingerprint: str) -> None:
    for each in seat.of(Stance).filter(fingerprint=fingerprint, withdrawn_at=None):
        keeping.change(seat.user, each, "replaced", withdrawn_at=keeping.moment())


def note(seat: Seat, fingerprint: str, text: str) -> Note:
    """Write a note on a finding; the same words sent twice by the same person are one note."""
    seat.require(Right.COMMENT)
    last = seat.of(Note).filter(about_kind=ABOUT, about=fingerprint).order_by("-created_at", "-id").first()
    if last and last.text == typed.words("text", text) and last.written_by_id == seat.user.pk:
        return last
    return record.note(seat, text, about_kind=ABOUT, about=fingerprint)
