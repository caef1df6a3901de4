"""One typed line: what it is, for whom, by when; no word of it is lost."""

import re
from calendar import day_abbr, day_name, month_abbr, month_name
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from quarterdeck.usecases.typed import duration

Day = Callable[[Sequence[str], date], date | None]


class Kind(StrEnum):
    """What a line may be."""

    DECISION = "decision"
    PROMISE = "promise"
    ACTION = "action"
    TIME = "time"
    NOTE = "note"


LETTERS = {"d": Kind.DECISION, "p": Kind.PROMISE, "a": Kind.ACTION, "t": Kind.TIME}
TO_SOMEBODY = (Kind.PROMISE, Kind.ACTION)
MOST_DURATION_WORDS = 4  # 1 h 30 m
MOST_NAME_WORDS = 4
LONGEST_DAY = 4  # by 12 December 2027
WEEKDAYS = {name.lower(): number for names in (day_name, day_abbr) for number, name in enumerate(names)} | {
    "tues": 1,
    "thur": 3,
    "thurs": 3,
}
MONTHS = {name.lower(): number for names in (month_name, month_abbr) for number, name in enumerate(names) if name} | {"sept": 9}
ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
NUMBER = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?", re.ASCII)
YEAR = re.compile(r"\d{4}", re.ASCII)


@dataclass(frozen=True)
class Line:
    """A line as it was understood; the parts in order are all of its words."""

    kind: Kind
    text: str
    letter: str = ""
    who: str = ""
    person: str = ""
    length: str = ""
    minutes: int | None = None
    when: str = ""
    day: date | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """Return every part of the line, in order."""
        return tuple(filter(None, (self.letter, self.length, self.who, self.text, self.when)))


def understood(line: str, today: date, people: Iterable[str] = ()) -> Line:
    """Read one line; `people` are the names that may stand first in a promise or an action."""
    found = line.split()
    if not found or found[0] not in LETTERS:
        return Line(Kind.NOTE, " ".join(found))
    kind, rest = LETTERS[found[0]], found[1:]
    if not rest:
        return Line(Kind.NOTE, found[0])
    if kind == Kind.TIME:
        return _time(found[0], rest, today)
    words, when, day = _day_at_end(rest, today, ahead)
    made = Line(kind, " ".join(words), found[0], when=when, day=day)
    return _addressed(made, words, people) if kind in TO_SOMEBODY else made


def _time(letter: str, rest: Sequence[str], today: date) -> Line:
    """Read a length of time, what it went into, and the day where it was not today."""
    for size in range(min(MOST_DURATION_WORDS, len(rest)), 0, -1):
        length = " ".join(rest[:size])
        if (minutes := duration(length)) is not None:
            words, when, day = _day_at_end(rest[size:], today, past)
            return Line(Kind.TIME, " ".join(words), letter, length=length, minutes=minutes, when=when, day=day)
    return Line(Kind.TIME, " ".join(rest), letter)


def _day_at_end(words: Sequence[str], today: date, read: Day) -> tuple[Sequence[str], str, date | None]:
    """Part the last words from a line, where they are a day and something stands before them."""
    for size in range(min(LONGEST_DAY, len(words) - (read is ahead)), 0, -1):
        if day := read([each.lower() for each in words[-size:]], today):
            return words[:-size], " ".join(words[-size:]), day
    return words, "", None


def _addressed(line: Line, words: Sequence[str], people: Iterable[str]) -> Line:
    """Part whoever is named first from the text, where exactly one known person is called so."""
    known = [(name, name.lower().split()) for name in people]
    for size in range(min(MOST_NAME_WORDS, len(words) - 1), 0, -1):
        called = [each.lower() for each in words[:size]]
        called[-1] = called[-1].rstrip(":,")
        fitting = {name for name, full in known if full == called or (size == 1 and full[:1] == called)}
        if len(fitting) == 1:
            return replace(line, who=" ".join(words[:size]), person=fitting.pop(), text=" ".join(words[size:]))
    return line


def ahead(words: Sequence[str], today: date) -> date | None:
    """Return the day that words name, today or later: by Fri, by 12 Dec, tomorrow, 2027-03-14."""
    named = {"today": today, "tomorrow": today + timedelta(days=1)}
    if words[0] == "by":
        rest = words[1:]
        return _named_day(rest, today) or (named.get(rest[0]) if len(rest) == 1 else None)
    return named.get(words[0]) or _iso(words[0]) if len(words) == 1 else None


def past(words: Sequence[str], today: date) -> date | None:
    """Return the day that words name, today or earlier: yesterday, on Fri, 2027-03-14."""
    if len(words) == 2 and words[0] == "on":
        return _iso(words[1]) or (today - timedelta((today.weekday() - WEEKDAYS[words[1]]) % 7) if words[1] in WEEKDAYS else None)
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    return named.get(words[0]) or _iso(words[0]) if len(words) == 1 else None


def _named_day(words: Sequence[str], today: date) -> date | None:
    if len(words) == 1:
        return _iso(words[0]) or (today + timedelta((WEEKDAYS[words[0]] - today.weekday()) % 7) if words[0] in WEEKDAYS else None)
    return _day_of_month(words, today) if len(words) in (2, 3) else None


def _day_of_month(words: Sequence[str], today: date) -> date | None:
    """Read 12 Dec, Dec 12 or 12 December 2027; without a year the next such day."""
    number, month = (words[0], words[1]) if words[1] in MONTHS else (words[1], words[0])
    number = number.rstrip(",")
    if not (found := NUMBER.fullmatch(number)) or month not in MONTHS:
        return None
    if len(words) == 3:
        return _valid(int(words[2]), MONTHS[month], int(found[1])) if YEAR.fullmatch(words[2]) else None
    this = _valid(today.year, MONTHS[month], int(found[1]))
    return this if this and this >= today else _valid(today.year + 1, MONTHS[month], int(found[1]))


def _iso(word: str) -> date | None:
    found = ISO.fullmatch(word)
    return _valid(*(int(each) for each in found.groups())) if found else None


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
