"""Search one file: decode, find, mask; what is found never leaves unmasked, not even in an error."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import chain

from quarterdeck.evidence.secrets import environment, keys, passwords, tokens
from quarterdeck.evidence.secrets.found import Detector, Found, Hit, hit
from quarterdeck.evidence.secrets.text import text_of

VERSION = 3  # rises with every change of rules or checks, so that what was kept is searched again
DETECTORS: tuple[Detector, ...] = (  # the first that claims letters keeps them
    keys.pem,
    keys.packed,
    keys.putty,
    keys.json_key,
    tokens.amazon,
    tokens.vendors,
    passwords.files,
    passwords.registries,
    passwords.rails,
    passwords.headers,
    passwords.curl,
    passwords.queries,
    passwords.urls,
    environment.values,
)


class SearchFailed(Exception):
    """The search of a file failed; the error says where and how, and nothing of the file."""


def find(path: str, content: bytes, key: bytes) -> list[Hit]:
    """Return the credentials in a file, masked, in the order of lines.

    `key` is the key of the HMAC that makes equal secrets recognisable: one per machine, kept beside the cache.
    """
    try:
        return _hits(path, content, key)
    except Exception as error:  # whatever it was, its text may quote the file
        failure = type(error).__name__
    raise SearchFailed(f"{path}: the search failed with {failure}")


def _hits(path: str, content: bytes, key: bytes) -> list[Hit]:
    text = text_of(path, content)
    found = _apart(chain(keys.store(path, content), *(detector(text) for detector in DETECTORS)))
    masked = (hit(each, text, key) for each in sorted(found, key=lambda each: (each.start, each.rule)))
    return list(dict.fromkeys(masked))


def _apart(found: Iterable[Found]) -> Iterator[Found]:
    """Keep one reading of the same letters: the first."""
    starts: list[int] = []
    ends: list[int] = []  # beside the starts; what is kept never overlaps, so both are in order
    for each in found:
        number = bisect_left(starts, each.end)
        if not number or ends[number - 1] <= each.start:
            starts.insert(number, each.start)
            ends.insert(number, each.end)
            yield each
