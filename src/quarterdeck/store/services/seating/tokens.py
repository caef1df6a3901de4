"""Keys for programs: one user at one client, never more than that user may there today."""

from datetime import timedelta

from django.utils.timezone import now

from quarterdeck.domain.errors import InputError, NotFound, QuarterdeckError
from quarterdeck.store.book.models import ApiToken, new_id
from quarterdeck.store.selectors.seats import Seat
from quarterdeck.store.selectors.seats import seat as seat_of
from quarterdeck.store.services import keeping
from quarterdeck.store.services.seating.clients import digest_of, new_token

MARK = "qd_"  # so that a token which strays into a text is known for what it is
LONGEST_DAYS = 365
MOST_TOKENS = 20  # of one user at one client
USED_EVERY = timedelta(minutes=1)  # the last use is noted no finer, so that reading does not write each time


class TokenRefused(QuarterdeckError):
    """A program came with no token, or one that does not count: 401, and no word on why."""


def make(seat: Seat, name: str, days: int, *, key: str = "") -> str:
    """Make a token for the seat's user at its client and return it; it is shown this once. `key` is the id of the form."""
    if not name.strip():
        raise InputError("a token needs a name", "Say which program will use it.")
    if not 1 <= days <= LONGEST_DAYS:
        raise InputError(f"a token lives from 1 to {LONGEST_DAYS} days", "Choose a number of days in between.")
    if seat.of(ApiToken).filter(user=seat.user).count() >= MOST_TOKENS:
        raise InputError(f"you have {MOST_TOKENS} tokens here already", "Revoke one that is not used any more.")
    token = MARK + new_token()
    kept = ApiToken(
        id=key or new_id(),
        client=seat.client,
        user=seat.user,
        name=name.strip(),
        token_hash=digest_of(token),
        expires_at=now() + timedelta(days=days),
    )
    keeping.keep(seat.user, kept, "token made")
    return token


def revoke(seat: Seat, key: str) -> None:
    """Take a token of the seat's own user away; it stops at once."""
    found = seat.of(ApiToken).filter(user=seat.user, pk=key).first()
    if found is None:
        raise NotFound("there is no such token", "It may be revoked already; reload the page.")
    keeping.remove(seat.user, found, "token revoked")


def seat_for(token: str) -> Seat:
    """Return the seat that a token stands for, with the role its user has today; raise TokenRefused otherwise."""
    found = ApiToken.objects.select_related("user").filter(token_hash=digest_of(token)).first() if token.startswith(MARK) else None
    if found is None or not found.user.is_active or (found.expires_at and found.expires_at <= now()):
        raise _refused()
    try:
        seat = seat_of(found.user, found.client_id)
    except NotFound as error:
        raise _refused() from error
    _note_use(found)
    return seat


def _note_use(token: ApiToken) -> None:
    moment = now()
    if token.used_at is None or moment - token.used_at > USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(used_at=moment)


def _refused() -> TokenRefused:
    return TokenRefused(
        "this token does not count here", "Make one on the page API tokens of the client, and send it as `Authorization: Bearer …`."
    )
