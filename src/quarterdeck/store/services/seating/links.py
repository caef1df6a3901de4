"""Read-only links to one page of one client, for people without an account."""

from datetime import timedelta

from django.conf import settings
from django.utils.timezone import now

from quarterdeck.domain.errors import Conflict, InputError, NotFound
from quarterdeck.store.book.models import Link, LinkView, Run, new_id
from quarterdeck.store.selectors.results import Names
from quarterdeck.store.selectors.seats import Right, Seat
from quarterdeck.store.services import keeping
from quarterdeck.store.services.seating.clients import digest_of, new_token
from quarterdeck.store.snapshots import Snapshot

LONGEST_DAYS = 90
POLICIES: tuple[Names, ...] = ("hidden", "roles")
REPORT, PRINTED, BRIDGE, PRACTICE = "report", "report.pdf", "bridge", "practice:"
OVER = "this link is over"
ASK = "Ask whoever sent it for a new one."


def pages(snapshot: Snapshot, names: Names = "hidden") -> list[tuple[str, str]]:
    """Return what can be linked to of a snapshot: (page, title)."""
    kept = set(snapshot.names())
    found = [(BRIDGE, "The bridge: where the client stands, on one page"), (REPORT, "The report, as a web page")]
    if f"{names}/report.pdf" in kept:
        found.append((PRINTED, "The report, as a PDF"))
    titles = {each["id"]: each["title"] for each in snapshot.summary(names)["practices"]}
    return found + [(PRACTICE + each, f"Practice: {title}") for each, title in titles.items() if f"{names}/practices/{each}.html" in kept]


def make(seat: Seat, page: str, *, days: int, names: str, key: str = "") -> str:
    """Make a link to a page as the last run left it, and return its token, which is shown this once; `key` is the id of the form."""
    seat.require(Right.SHARE)
    if not 1 <= days <= LONGEST_DAYS:
        raise InputError(f"a link lives from 1 to {LONGEST_DAYS} days", "Choose a number of days in between.")
    if names not in POLICIES:
        raise InputError("people are either hidden or named by their role", "Choose one of the two.")
    snapshot = latest(seat)
    title = dict(pages(snapshot)).get(page)
    if title is None:
        raise InputError("there is no such page to share", "Choose one from the list.")
    token = new_token()
    kept = Link(
        id=key or new_id(), client=seat.client, token_hash=digest_of(token), page=page, title=title, names=names, snapshot=snapshot.digest
    )
    kept.expires_at, kept.made_by = now() + timedelta(days=days), seat.user
    keeping.keep(seat.user, kept, "link made")
    return token


def latest(seat: Seat) -> Snapshot:
    """Return the results that a new link would show."""
    run = seat.of(Run).filter(state=Run.State.DONE).exclude(snapshot="").defer("summary").order_by("-ended_at", "-id").first()
    if run is None:
        raise Conflict("there is nothing to share yet", "Add a source, and share what its first run found.")
    return Snapshot(settings.WORKSPACE.client(seat.client.pk), run.snapshot)


def revoke(seat: Seat, link: Link) -> None:
    """End a link at once."""
    seat.require(Right.SHARE)
    if link.revoked_at is None:
        keeping.change(seat.user, link, "link revoked", revoked_at=now())


def opened(token: str) -> Link:
    """Return the link that a token stands for while it lasts."""
    living = Link.objects.filter(revoked_at=None, expires_at__gt=now(), client__archived_at=None)
    found = living.filter(token_hash=digest_of(token)).select_related("client").first()
    if found is None:
        raise NotFound(OVER, ASK)
    return found


def shown(link: Link) -> Snapshot:
    """Return the results that a link is frozen to."""
    return Snapshot(settings.WORKSPACE.client(link.client_id), link.snapshot)


def viewed(link: Link, agent: str) -> None:
    """Note that somebody opened a link: when and with what, never from where."""
    LinkView.objects.create(client_id=link.client_id, link=link, agent="".join(each for each in agent if each.isprintable())[:200])
