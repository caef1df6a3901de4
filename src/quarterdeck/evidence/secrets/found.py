"""What a search finds before it is masked, and what leaves the package after it."""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from quarterdeck.evidence.secrets.text import Text

HIDDEN = "****"
SHOWN_FROM = 16  # characters from which the first and the last two are shown
SAME_LENGTH = 16


class Hit(NamedTuple):
    """A credential at a line, masked; `note` says why it is no live one, `kind` is the kind of place.

    A note that reads `expires 2031-05-01` belongs to a token that is live until that day.
    """

    rule: str
    title: str
    masked: str
    same: str
    line: int
    kind: str
    note: str


@dataclass(frozen=True)
class Found:
    """A value at its place in the text; it never leaves the package and never prints itself."""

    rule: str
    title: str
    start: int
    end: int
    value: str | bytes = field(repr=False)
    note: str = ""
    hidden: bool = False  # nothing of a password or a key is shown
    label: str = ""  # what stands before the mask: the name of a variable


Detector = Callable[[Text], Iterator[Found]]


def hit(found: Found, text: Text, key: bytes) -> Hit:
    """Mask what was found: the value itself ends here."""
    return Hit(
        found.rule, found.title, found.label + _masked(found), _same(found.value, key), text.line(found.start), text.place, found.note
    )


def _masked(found: Found) -> str:
    value = found.value
    if found.hidden or isinstance(value, bytes) or len(value) < SHOWN_FROM or not value.isascii():
        return HIDDEN
    return f"{value[:2]}{HIDDEN}{value[-2:]}"


def _same(value: str | bytes, key: bytes) -> str:
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
    return hmac.new(key, raw, hashlib.sha256).hexdigest()[:SAME_LENGTH]
