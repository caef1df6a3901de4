"""What the room says, in sentences."""

from datetime import date, timedelta

from quarterdeck.domain.text import in_words, listed, percent
from quarterdeck.practices.delivery.throughput_change import analysis
from quarterdeck.practices.delivery.throughput_change.analysis import Verdict
from quarterdeck.practices.delivery.throughput_change.views import Look, Move

JOINED = 50  # commits; a smaller history that was merged in explains nothing
MINUS = "\u2212"
BARE = 0.5  # a week: a share of less says nothing


def day(when: date) -> str:
    """Return a day as a reader says it: 9 Mar 2026."""
    return f"{when.day} {when:%b %Y}"


def change(ratio: float) -> str:
    """Return a ratio after/before as a signed percentage."""
    return f"{MINUS}{percent(1 - ratio)}" if ratio < 1 else f"+{100 * (ratio - 1):.0f}\u00a0%"


def span(verdict: Verdict) -> str:
    """Return the range of a change from the milder end to the stronger."""
    low, _, high = verdict.ratio
    ends = (high, low) if verdict.ratio[1] < 1 else (low, high)
    return f"{change(ends[0])} to {change(ends[1])}"


def per_week(value: float) -> str:
    """Return a weekly level with the digits it bears."""
    return f"{value:.0f}" if value >= 10 else f"{value:.1f}"


def what(verdict: Verdict) -> str:
    """Return the name of the measure."""
    return analysis.MEASURES[verdict.measure]


def levels(verdict: Verdict) -> tuple[float, float]:
    """Return the weekly means before and after the run of changes."""
    values = verdict.values
    return float(values[slice(*verdict.run[0].before)].mean()), float(values[slice(*verdict.run[-1].after)].mean())


def dated(verdict: Verdict) -> str:
    """Say since when: a week, a range of weeks, or a slope."""
    first = verdict.run[0].change
    early, late = day(verdict.day(first.first)), day(verdict.day(first.last))
    if len(verdict.run) > 1:
        return f"in {in_words(len(verdict.run))} steps, the first about {day(verdict.day(first.at))}, the last about {day(verdict.day(verdict.run[-1].change.at))}"
    if first.pace == "gradual":
        return f"gradually, around {verdict.day(first.at):%B %Y}"
    when = f"since the week of {day(verdict.day(first.at))}"
    spread = "" if first.pace == "sudden" else "; whether at once or over some months cannot be told"
    return f"{when} (four chances in five: between {early} and {late}{spread})"


def shortly(verdict: Verdict) -> str:
    """Say since when in a few words."""
    first = verdict.run[0].change
    when = verdict.day(first.at)
    if len(verdict.run) > 1:
        return f"in {in_words(len(verdict.run))} steps since {when:%B %Y}"
    return {"gradual": f"over the months around {when:%B %Y}", "open": f"since about {when:%B %Y}"}.get(first.pace, f"since {day(when)}")


def headline(look: Look) -> str:
    """Say the answer in one sentence."""
    verdict = look.verdict
    if verdict.state not in ("fall", "rise"):
        return statement(look)
    before, after = levels(verdict)
    size = percent(abs(1 - verdict.ratio[1]))
    way = "lower" if verdict.state == "fall" else "higher"
    told = f"is {size} {way}" if before >= BARE else "fell" if verdict.state == "fall" else "rose"
    levels_told = f"{per_week(after)} instead of {per_week(before)}"
    return f"{what(verdict).capitalize()} per week {told} {shortly(verdict)}: {levels_told}.{_cut_off(look)}"


def moved(verdict: Verdict) -> str:
    """Say the established change."""
    before, after = levels(verdict)
    verb = "fell" if verdict.ratio[1] < 1 else "rose"
    return f"{what(verdict).capitalize()} {verb} from {per_week(before)} to {per_week(after)} a week ({span(verdict)}) {dated(verdict)}."


def blind(verdict: Verdict) -> str:
    """Say how small a fall could have been seen."""
    if verdict.smallest is None:
        return "at this volume no fall could have been established"
    return f"a fall by less than {smallest(verdict)} could not have been seen"


def smallest(verdict: Verdict) -> str:
    """Return the smallest fall that could be seen, to the next five per cent."""
    return percent(min(1.0, -(-round(100 * (verdict.smallest or 1.0), 3) // 5) * 0.05))


def people(verdict: Verdict) -> str:
    """Say whether people became fewer, or the work of each."""
    before, after = analysis.beside(verdict, "people")
    done = analysis.beside(verdict, verdict.measure)
    each = tuple(work / count if count else 0.0 for work, count in zip(done, (before, after), strict=True))
    change_each = each[1] / each[0] if each[0] else 1.0
    lead = f"People who commit in a week: {per_week(before)} before, {per_week(after)} after. "
    if before and after / before <= analysis.COMPANION < change_each:
        return lead + "So there were fewer people rather than slower ones."
    if before and after / before <= analysis.COMPANION:
        return lead + "There were fewer people, and less was merged per person; that may be the kind of work as well as the pace."
    return lead + "The number of people does not explain it."


def statement(look: Look) -> str:
    """Say what became of the pace in a sentence or two."""
    return f"{_alone(look)}{_moved_work(look)}{_cut_off(look)}"


def _moved_work(look: Look) -> str:
    """Say where the work went, and what became of the pace of both together."""
    if look.move is None:
        return ""
    told = [
        f"{name} began on {day(analysis.EPOCH + timedelta(days=heir.began))} "
        + (f"with {heir.files:,} files that were here before" if heir.files else "and is made mostly by the same people")
        for name, heir in zip(look.move.names, look.move.heirs, strict=True)
    ]
    whose = "" if look.move.heirs[0].files else " (there, by these people)"
    names = listed(list(look.move.names))
    return f" {'. '.join(told)}. Together with {names}{whose}: {_together(look.move)}"


def _together(move: Move) -> str:
    """Say what became of the pace of a repository and of those that took over its work."""
    kept = f"{what(move.together)} per week changed by {change(move.kept)} over the same weeks"
    if move.together.state == "fall":
        return f"{kept}. So the work moved, and became less too."
    if move.whole:
        return f"{kept}. So the work moved, and did not become slower."
    return f"{kept}, which is no established fall. So whether the work moved or became slower is open."


def _cut_off(look: Look) -> str:
    """Say that older work is not in the history."""
    return f" The history is cut off before {day(look.cut)} (shallow clone), so an earlier fall would not be seen." if look.cut else ""


def _alone(look: Look) -> str:
    """Say what became of the pace by itself."""
    verdict = look.verdict
    if verdict.state == "short":
        return f"There are {len(verdict.tested)} whole weeks to look at: too few to tell a change of pace from chance."
    if verdict.state == "stopped":
        return "No person has committed for a quarter of a year: work has stopped, which is not the same as slower."
    if verdict.state == "doubt":
        return f"{moved(verdict)} But {verdict.doubt}: whether work became slower is open."
    if verdict.state in ("fall", "rise"):
        return f"{moved(verdict)} {people(verdict) if verdict.state == 'fall' else aftermath(verdict)}".strip()
    seen = f"No lasting change of pace shows in {what(verdict)} over {verdict.weeks.count} weeks"
    if analysis.measurable(verdict):
        return f"{seen}; {blind(verdict)}."
    level = float(verdict.values.mean())
    return f"{seen}, but with {per_week(level)} a week there is too little of it to judge: {blind(verdict)}."


def aftermath(verdict: Verdict) -> str:
    """Say when a rise only makes good a part of an earlier fall."""
    best = max((part for part in analysis.segments(verdict) if part.end - part.first >= analysis.HABIT), key=lambda part: part.mean)
    now = levels(verdict)[1]
    if now > analysis.CLAIMED * best.mean:
        return ""
    until = day(verdict.weeks.day(best.end))
    return f"It is still below the {per_week(best.mean)} a week of before {until}."


def cautions(look: Look) -> list[str]:
    """List what else happened that may explain a change or hide one."""
    verdict = look.verdict
    found = []
    if verdict.measure == "commits" and verdict.series["merged"].sum():
        found.append("Commits are counted because too little of the work arrives by merged requests; people cut commits differently.")
    if look.wait:
        found.append(f"The last {look.wait} weeks are left out: one commit in ten takes longer than that to reach the main line.")
    if cut := analysis.bursts(verdict):
        weeks = ", ".join(day(verdict.weeks.day(week)) for week in cut[:3])
        found.append(
            f"In {in_words(len(cut))} {'week' if len(cut) == 1 else 'weeks'} a mass of work landed at once ({weeks}); it counts as a busy week, no more."
        )
    found += [f"Another repository was merged in on {day(when)} ({count:,} commits, not counted)." for when, count in _joined(look)]
    if verdict.run and verdict.run[-1].after[1] - verdict.run[-1].after[0] < analysis.HABIT:
        found.append("The new level is younger than half a year, so it may yet prove an episode.")
    return found


def _joined(look: Look) -> list[tuple[date, int]]:
    """Return the repositories that were merged in within the window."""
    weeks = look.verdict.weeks
    return [
        (analysis.EPOCH.fromordinal(analysis.EPOCH.toordinal() + time // 86_400), count)
        for time, count in look.joins
        if time // 86_400 >= weeks.first and count >= JOINED
    ][:3]
