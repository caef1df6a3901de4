"""Work *This week* out once for each state of the book: over a hundred clients it is the dearest page to make."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from quarterdeck.store.selectors.home import needs
from quarterdeck.store.selectors.home.needs import FETCHED, Week
from quarterdeck.store.selectors.seats import Seat, today

KEPT_SECONDS = 30.0  # guests who open a link, and transactions that end out of order, do not raise the last event
MOST_KEPT = 64


@dataclass(frozen=True)
class _Kept:
    state: tuple[object, ...]
    until: float
    week: Week


_kept: OrderedDict[tuple[int, int], _Kept] = OrderedDict()
_lock = Lock()


def week(seats: Sequence[Seat], *, most: int = FETCHED) -> Week:
    """Return what needs a user this week; the same until the book changes, the day ends, or half a minute is over."""
    if not seats:
        return needs.week(seats, most=most)
    key = (seats[0].user.pk, most)
    state = (today(), seats[0].book, tuple((each.client.pk, each.client.version, each.role, each.person) for each in seats))
    found = _kept.get(key)
    if found and found.state == state and time.monotonic() < found.until and seats[0].book:
        return found.week
    made = _Kept(state, time.monotonic() + KEPT_SECONDS, needs.week(seats, most=most))
    with _lock:
        _kept[key] = made
        _kept.move_to_end(key)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return made.week


def forget() -> None:
    """Forget all weeks: a book was put in the place of another."""
    with _lock:
        _kept.clear()
