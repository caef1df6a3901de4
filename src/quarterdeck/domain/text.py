"""Text from outside: cleaned once, and people named by reference only."""

import re
from collections.abc import Callable

_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\uf8ff\ufeff\ufff9-\uffff]")
_PERSON = re.compile("\ue000([^\ue001]*)\ue001")
_FOREIGN = re.compile("\ue002([^\ue003]*)\ue003")


def clean(text: str) -> str:
    """Replace control, bidirectional and private-use characters by a visible mark."""
    return _UNSAFE.sub("\ufffd", text)


def mention(person: str) -> str:
    """Return the mark that stands for a person in a text until a document decides how to name them."""
    return f"\ue000{person}\ue001"


def resolve(text: str, name_of: Callable[[str], str]) -> str:
    """Replace every mention of a person by the name that the document shows."""
    return _PERSON.sub(lambda match: name_of(match.group(1)), text) if "\ue000" in text else text


def foreign(text: str) -> str:
    """Mark words that come from a repository (a path, a branch, a tag), so that a document may hide names in them."""
    return f"\ue002{text}\ue003" if text and "\ue002" not in text else text


def unmarked(text: str, shown: Callable[[str], str]) -> str:
    """Replace marked foreign words by what the document shows of them."""
    return _FOREIGN.sub(lambda match: shown(match.group(1)), text) if "\ue002" in text else text


def plain(text: str) -> str:
    """Return a text with its foreign words as they are."""
    return unmarked(text, str)


def mentioned(text: str) -> list[str]:
    """Return the people that a text mentions, in order."""
    return _PERSON.findall(text)


def plural(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: 1 file, 1,204 files."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(words: list[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


NUMBER_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def in_words(count: int) -> str:
    """Return small counts in words, as prose does."""
    return NUMBER_WORDS[count] if 0 <= count < len(NUMBER_WORDS) else f"{count:,}"


def percent(share: float) -> str:
    """Return a share as whole per cent, never 0 or 100 unless it is exactly that."""
    if 0 < share < 0.01:
        return "below 1\u00a0%"
    if 0.99 < share < 1:
        return "above 99\u00a0%"
    return f"{share * 100:.0f}\u00a0%"
