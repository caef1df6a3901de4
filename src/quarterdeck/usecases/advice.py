"""What became of our advice: what a run sees of an action's acceptance check, and how often advice did what it said.

Less evidence is never progress: an answer counts only when the run read every repository that the first answer rested on.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from math import sqrt
from statistics import median
from typing import Any

from quarterdeck.domain.findings import Outcome

Z = 1.959963984540054  # two-sided 95 % of the normal distribution: Wilson 1927, the score interval
FEWEST = 5  # below so many cases a share says nothing, and only the counts are told
DAYS_A_WEEK = 7
ANSWERS = frozenset({str(Outcome.MET), str(Outcome.UNMET)})
GONE, NOT_SEEN = "gone", "not seen"
ELSEWHERE = "by hand"  # the room of advice that no check stands behind

Found = Mapping[str, Any]  # a finding, as findings.json describes it


class Effect(StrEnum):
    """What a run says of an action."""

    SHIPPED = "shipped"
    CONFIRMED = "confirmed"
    NO_EFFECT = "no effect"
    WORSE = "worse"
    STILL_OPEN = "still open"
    FELL = "exposure fell"
    NOT_MEASURABLE = "not measurable"


GOOD = frozenset({Effect.SHIPPED, Effect.CONFIRMED})
REMEASURED = frozenset({Effect.CONFIRMED, Effect.NO_EFFECT, Effect.WORSE})


@dataclass(frozen=True)
class Awaited:
    """An acceptance check: which finding must have which outcome, by which method, over which repositories."""

    fingerprint: str
    check: str = ""
    subject: str = ""
    expected: str = str(Outcome.MET)
    version: int | None = None
    repositories: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Standing:
    """How an action stood before a run: done or not, whether a run had seen the expected outcome, and the exposure."""

    done: bool = False
    reached: bool = False
    exposure: Found | None = None


@dataclass(frozen=True)
class Sight:
    """What a run saw of an acceptance check, in words, and whether it is what was expected."""

    outcome: str
    statement: str
    reached: bool = False
    finding: Found | None = None


def look(awaited: Awaited, findings: Mapping[str, Found], read: Collection[str]) -> Sight:
    """Look an acceptance check up in the findings of a run; `read` are the keys of the repositories that it read."""
    missing = len(awaited.repositories - set(read))
    if missing:
        what = "a repository that this rests on" if missing == 1 else f"{missing} repositories that this rests on"
        return Sight(NOT_SEEN, f"This run did not read {what}.")
    finding = findings.get(awaited.fingerprint) or _same_of_the_whole(awaited, findings, read)
    return _answered(awaited, finding) if finding else _gone(awaited, findings)


def _same_of_the_whole(awaited: Awaited, findings: Mapping[str, Found], read: Collection[str]) -> Found | None:
    """Find what is said of all repositories together: its fingerprint changes when a repository is added."""
    whole = "+".join(sorted(read))
    alike = (each for each in findings.values() if each["check"] == awaited.check and each["repository"] == whole)
    return next((each for each in alike if awaited.subject and subject_of(each) == awaited.subject), None)


def subject_of(finding: Found) -> str:
    """Return what a finding is about as one line, as far as an action keeps it."""
    return " · ".join(str(part) for part in finding["subject"])[:300]


def _answered(awaited: Awaited, finding: Found) -> Sight:
    outcome = str(finding["outcome"])
    if awaited.version not in (None, finding["check_version"]):
        return Sight(NOT_SEEN, "The method of the check changed; the next run compares again.", finding=finding)
    if outcome not in ANSWERS:
        return Sight(outcome, str(finding["statement"]), finding=finding)
    return Sight(outcome, str(finding["statement"]), outcome == awaited.expected, finding)


def _gone(awaited: Awaited, findings: Mapping[str, Found]) -> Sight:
    """Judge a finding that is not there any more: it is settled where its check could still answer from all it had."""
    peers = [each for each in findings.values() if each["check"] == awaited.check]
    answering = next((each for each in peers if each["outcome"] in ANSWERS), None)
    if answering is None or awaited.expected != Outcome.MET:
        return Sight(NOT_SEEN, "This run could not answer the check.")
    if awaited.version not in (None, answering["check_version"]):
        return Sight(NOT_SEEN, "The method of the check changed, and the subject was not seen.")
    return Sight(GONE, "The check ran on the same repositories and does not find this any more.", reached=True, finding=answering)


def effect_of(standing: Standing, sight: Sight) -> Effect:
    """Return what a run says of an action, from how it stood before and what the run saw."""
    if not sight.reached and sight.outcome not in ANSWERS:
        return Effect.NOT_MEASURABLE
    if sight.reached:
        return Effect.CONFIRMED if standing.done or standing.reached else Effect.SHIPPED
    drift = _drift(sight.finding["exposure"] if sight.finding else None, standing.exposure)
    if standing.reached or drift > 0:
        return Effect.WORSE
    if not standing.done:
        return Effect.STILL_OPEN
    return Effect.FELL if drift < 0 else Effect.NO_EFFECT


def _drift(now: Found | None, before: Found | None) -> int:
    """Return 1 where an exposure rose above its former range, -1 where it fell below, 0 inside or where nobody can tell."""
    if not now or not before or now["unit"] != before["unit"]:
        return 0
    return int(now["p50"] > before["p90"]) - int(now["p50"] < before["p10"])


def citation_of(finding: Found | None) -> str:
    """Return the citations of a finding, one a line."""
    return "\n".join(" ".join(filter(None, (each["source"], each["locator"]))) for each in (finding or {}).get("citations", []))


@dataclass(frozen=True)
class Share:
    """How many of how many, with the 95 % interval of the share behind it."""

    hits: int
    of: int

    @property
    def told(self) -> bool:
        """Tell whether there are enough cases for a share."""
        return self.of >= FEWEST

    @property
    def value(self) -> float:
        """Return the share."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Return the range in which the true share lies, in 95 of 100 cases."""
        return wilson(self.hits, self.of)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share; of nothing, everything is possible."""
    if not of:
        return 0.0, 1.0
    share, weight = hits / of, Z * Z / of
    centre, half = share + weight / 2, Z * sqrt(share * (1 - share) / of + weight / (4 * of))
    return max(0.0, (centre - half) / (1 + weight)), min(1.0, (centre + half) / (1 + weight))


@dataclass(frozen=True)
class Advised:
    """One recommendation: its room, whether it was accepted, and after how many days it shipped."""

    room: str
    state: str
    shipped: bool = False
    days_to_ship: int | None = None


@dataclass(frozen=True)
class Acted:
    """One action: its room, what a later run said, the effort it took and the effort that was estimated."""

    room: str
    effect: str = ""
    took: float | None = None
    estimate: Found | None = None


@dataclass(frozen=True)
class Scores:
    """How often advice was taken, shipped, worked, and took the effort that was said."""

    room: str
    accepted: Share
    shipped: Share
    confirmed: Share
    inside: Share
    median_days: float | None = None
    shipped_days: int = 0
    states: Mapping[str, int] = field(default_factory=dict)


def scores(advised: Sequence[Advised], acted: Sequence[Acted], room: str = "") -> Scores:
    """Count a record of advice, of one room or of all."""
    accepted = [each for each in advised if each.state == "accepted"]
    measured = [each for each in acted if each.effect in REMEASURED]
    estimated = [each for each in acted if each.took is not None and (each.estimate or {}).get("unit") == "days"]
    days = [each.days_to_ship for each in accepted if each.days_to_ship is not None]
    return Scores(
        room,
        accepted=Share(len(accepted), len(advised)),
        shipped=Share(sum(each.shipped for each in accepted), len(accepted)),
        confirmed=Share(sum(each.effect == Effect.CONFIRMED for each in measured), len(measured)),
        inside=Share(sum(_inside(each) for each in estimated), len(estimated)),
        median_days=median(days) if days else None,
        shipped_days=len(days),
        states={state: sum(each.state == state for each in advised) for state in {each.state for each in advised}},
    )


def _inside(each: Acted) -> bool:
    return bool(each.estimate and each.took is not None and each.estimate["p10"] <= each.took <= each.estimate["p90"])


def by_room(advised: Sequence[Advised], acted: Sequence[Acted]) -> list[Scores]:
    """Count a record of advice room by room, the room with most advice first."""
    rooms = {each.room for each in advised} | {each.room for each in acted}
    counted = [scores([a for a in advised if a.room == room], [a for a in acted if a.room == room], room) for room in rooms]
    return sorted(counted, key=lambda each: (-each.accepted.of, each.room))


def room_of(check: str) -> str:
    """Return the room of a check: people/departure of people/departure.covered."""
    return check.partition(".")[0] or ELSEWHERE


def cost_of_waiting(asked: date, until: date, a_week: Decimal | None) -> Decimal | None:
    """Return what waiting cost so far, to the cent; unknown where nobody said what a week costs."""
    if a_week is None:
        return None
    return round(Decimal(max(0, (until - asked).days)) * a_week / DAYS_A_WEEK, 2)
