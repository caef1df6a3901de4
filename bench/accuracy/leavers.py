"""Real departures in public histories: who did much, went silent for years, and did not come back under another name."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from quarterdeck.domain.records import History
from quarterdeck.kit.experts import ordinal

SHARE = 0.10  # of the commits of the trailing year
YEAR, SILENT = 365, 730  # days
ACTIVE_MONTHS, TRAILING, LATER = 6, 100, 100
MONTH = 30.4375


@dataclass(frozen=True)
class Leaver:
    """A person who left, and the day after their last commit."""

    person: int
    day: date
    share: float


def leavers(found: History, most: int) -> list[Leaver]:
    """Return the departures with the largest shares of the trailing year."""
    work = found.commits.filter(pl.col("at_head") & ~pl.col("merge")).select("person", "day")
    end = int(str(found.commits.filter("at_head")["day"].max()))
    people = [number for number, person in enumerate(found.people) if not person.bot]
    last = {number: ordinal(found.people[number].last_day) for number in people if found.people[number].commits >= TRAILING * SHARE}
    gone = [number for number, day in last.items() if end - day > SILENT and not lives_on(found, number, day)]
    cases = [case for number in gone if (case := departure(work, number, last[number]))]
    return sorted(cases, key=lambda case: (-case.share, case.person))[:most]


def departure(work: pl.DataFrame, person: int, last: int) -> Leaver | None:
    """Return the departure of a person if they carried enough of a living project."""
    trailing = work.filter(pl.col("day").is_between(last - YEAR + 1, last))
    own = trailing.filter(pl.col("person") == person)
    later = work.filter(pl.col("day").is_between(last + 1, last + SILENT) & (pl.col("person") != person)).height
    months = (own["day"] / MONTH).floor().n_unique()
    if trailing.height < TRAILING or later < LATER or own.height < SHARE * trailing.height or months < ACTIVE_MONTHS:
        return None
    return Leaver(person, date(1970, 1, 1) + timedelta(days=last + 1), own.height / trailing.height)


def lives_on(found: History, person: int, last: int) -> bool:
    """Tell whether the rules suspect that a person went on under another name or address."""
    own = texts(found, found.people[person].aliases)
    others = {b if a in own else a for a, b, _ in found.suggestions if (a in own) != (b in own)}
    owner = owners(found)
    return any(ordinal(found.people[owner[each]].last_day) > last for each in others if each in owner)


def texts(found: History, aliases: Iterable[int]) -> set[str]:
    """Return aliases as git prints them."""
    rows = found.aliases.select("name", "email").rows()
    return {f"{rows[alias][0]} <{rows[alias][1]}>" for alias in aliases}


def owners(found: History) -> dict[str, int]:
    """Return the person behind each alias as git prints it."""
    rows = found.aliases.select("name", "email").rows()
    return {f"{rows[alias][0]} <{rows[alias][1]}>": number for number, person in enumerate(found.people) for alias in person.aliases}
