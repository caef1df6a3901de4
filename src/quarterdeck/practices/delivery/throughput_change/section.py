"""The page of the room: the series, its levels, what else changed, and the releases."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from quarterdeck.domain.documents import Block, Chart, Column, Evidence, Figure, Findings, Samples, Section, Table, Text
from quarterdeck.domain.findings import Finding
from quarterdeck.domain.money import Estimate
from quarterdeck.domain.records import History
from quarterdeck.domain.text import foreign, percent
from quarterdeck.kit import citing
from quarterdeck.kit.experts import ordinal
from quarterdeck.practices.delivery.throughput_change import ABOUT, analysis, releases, wording
from quarterdeck.practices.delivery.throughput_change.analysis import Segment, Verdict
from quarterdeck.practices.delivery.throughput_change.views import Look, shipped

MEASURE_WORDS = {
    "merged": "merges of requests and topics, and squashed requests, in the history of HEAD, by people; one line merged into another is left out",
    "commits": "commits in the history of HEAD that are no merges, by people",
}
BESIDE = (
    ("merged", "Merged work per week"),
    ("commits", "Commits per week"),
    ("files", "Files touched per week"),
    ("people", "People who commit per week"),
)
CONTEXT = (
    "Work per person is context for the team as a whole: small fixes and large features count alike, and reviews, talks and "
    "operations leave no trace in git. It says nothing about any one person."
)


@dataclass(frozen=True)
class Price:
    """What a week of the slower pace costs, and a year of it, with the draws; nothing of it where it cannot be priced."""

    weekly: Estimate | None
    exposure: Estimate | None
    yearly: Samples | None
    note: str
    source: str


def section(history: History, looks: Sequence[Look], findings: tuple[Finding, ...], price: Price | None, as_of: date) -> Section:
    """Compose the page."""
    whole = looks[0]
    evidence = _evidence(history, whole)
    blocks: list[Block] = [*_figures(whole, price, evidence)]
    if whole.verdict.tested:
        blocks += [_chart(whole.verdict, evidence), _segments(whole.verdict, evidence)]
    if whole.verdict.run and whole.verdict.state in ("fall", "rise", "doubt"):
        blocks += [_beside(whole.verdict, evidence), Text(CONTEXT)]
    if len(looks) > 1:
        blocks.append(_each(looks, evidence))
    blocks += [Text(each) for each in wording.cautions(whole)]
    blocks += _releases(history, as_of)
    return Section(ABOUT.id, ABOUT.title, wording.headline(whole), (*blocks, Findings(findings)))


def evidence_of(shown: Section) -> Evidence:
    """Return how the first figure of a section is known."""
    return next(block.evidence for block in shown.blocks if isinstance(block, Figure))


def odds(verdict: Verdict) -> str:
    """Return the odds of the weakest step of a run, as a reader says them."""
    weakest = min(step.change.odds for step in verdict.run)
    return f"{2.718281828**weakest:,.0f} to 1" if weakest < 9 else "above 8,000 to 1"


def _evidence(history: History, look: Look) -> Evidence:
    verdict = look.verdict
    weeks = verdict.weeks
    method = (
        f"Counted by week (Monday to Sunday, UTC, day of the committer): {MEASURE_WORDS[verdict.measure]}. "
        f"{weeks.count} whole weeks from {wording.day(weeks.day(0))}; the two weeks around the end of the year are not tested. "
        "A change is stated when the evidence for two levels against one is 17 to 1, the fall is larger than 30 % and other measures agree."
    )
    return citing.evidence(history, method, command=_command(history, look), rows="evidence/pace_levels.csv")


def _command(history: History, look: Look) -> str:
    """Return the git command that counts the last week, robots included."""
    verdict = look.verdict
    number = look.repository or 0
    start = verdict.weeks.day(max(verdict.weeks.count - 1, 0))
    span = f"--since={start}T00:00:00Z --until={start + timedelta(days=6)}T23:59:59Z"
    head = history.repositories[number].head[:12]
    rest = "" if look.repository is not None else "  # the first repository; the others alike"
    if verdict.measure == "commits":
        return f"{citing.GIT} log --no-merges {span} --format=%h {head} | wc -l{rest}"
    pattern = r"'^([0-9a-f]+ [0-9a-f]+ .*[#!][0-9]|[0-9a-f]+ .*[(][#!][0-9]+[)]$)'"
    return f"{citing.GIT} log {span} --format='%p %s' {head} | grep -cE {pattern}{rest}"


def _figures(whole: Look, price: Price | None, evidence: Evidence) -> list[Figure]:
    verdict = whole.verdict
    found = []
    if verdict.state in ("fall", "rise"):
        label = f"{wording.what(verdict)} per week {wording.dated(verdict)}; range {wording.span(verdict)}"
        found.append(Figure("throughput.change", wording.change(verdict.ratio[1]), label, evidence))
    level = float(verdict.values[verdict.run[-1].after[0] if verdict.run else 0 :].mean()) if verdict.tested else 0.0
    found.append(Figure("throughput.level", wording.per_week(level), f"{wording.what(verdict)} per week now, on average", evidence))
    seen = wording.smallest(verdict) if verdict.smallest is not None else "none"
    label = "is the smallest fall that would be seen in four cases out of five, at this volume and scatter"
    found.append(Figure("throughput.smallest", seen, label, evidence))
    if price and price.weekly:
        text = f"cost of delay per week, most likely {str(price.weekly).rpartition('most likely ')[2]}: {price.weekly.formula}; {price.weekly.basis}"
        found.append(Figure("throughput.delay", price.weekly.span, text, evidence))
    return found


def _chart(verdict: Verdict, evidence: Evidence) -> Chart:
    """Draw the weeks with the level and the usual range of each stretch."""
    parts = analysis.segments(verdict)
    rows = tuple(
        {
            "month": verdict.weeks.day(week).isoformat(),
            "value": int(verdict.counts[week]),
            "level": part.median,
            "low": part.low,
            "high": part.high,
        }
        for part in parts
        for week in range(part.first, part.end)
    )
    stated = verdict.state in ("fall", "rise", "doubt") and verdict.since
    title = wording.moved(verdict) if stated else f"No lasting change of pace in {wording.what(verdict)} shows"
    labels = {"value": f"{wording.what(verdict)} per week", "category": "week", "level": "median of the stretch"}
    if stated and verdict.since:
        labels |= {"mark": verdict.since.isoformat(), "mark_text": wording.day(verdict.since)}
    return Chart("throughput.weeks", "timeline", title.rstrip("."), rows, labels, evidence, alt=title)


def _segments(verdict: Verdict, evidence: Evidence) -> Table:
    columns = (
        Column("From"), Column("To"), Column("Weeks", figures=True), Column("Median per week", figures=True),
        Column("Mean per week", figures=True), Column("People per week", figures=True),
    )  # fmt: skip
    rows = tuple(_segment_row(verdict, part) for part in reversed(analysis.segments(verdict)))
    return Table("pace_levels", f"Levels of {wording.what(verdict)}, newest first", columns, rows, evidence)


def _segment_row(verdict: Verdict, part: Segment) -> tuple[str | int | float, ...]:
    last = verdict.weeks.day(part.end) - timedelta(days=1)
    length = part.end - part.first
    return wording.day(verdict.weeks.day(part.first)), wording.day(last), length, part.median, round(part.mean, 1), round(part.people, 1)


def _beside(verdict: Verdict, evidence: Evidence) -> Table:
    """Set beside the change what else moved: people, files, and the way work lands."""
    pairs = [(title, analysis.beside(verdict, key)) for key, title in BESIDE]
    rows: list[tuple[str, str, str, str]] = [
        (title, wording.per_week(before), wording.per_week(after), wording.change(after / before) if before else "new")
        for title, (before, after) in pairs
    ]
    people = analysis.beside(verdict, "people")
    each = [done / count if count else 0.0 for done, count in zip(analysis.beside(verdict, verdict.measure), people, strict=True)]
    name = f"{wording.what(verdict).capitalize()} per person who commits, per week"
    rows.append((name, f"{each[0]:.1f}", f"{each[1]:.1f}", wording.change(each[1] / each[0]) if each[0] else "new"))
    for title, shares in (
        ("Share that came by requests", analysis.requested(verdict)),
        ("Share of commits that are squashed", analysis.squashed(verdict)),
    ):
        rows.append((title, percent(shares[0]), percent(shares[1]), ""))
    columns = (Column("Measure"), Column("Before", figures=True), Column("After", figures=True), Column("Change", figures=True))
    return Table("pace_beside", "What else changed then (a year on either side at most)", columns, tuple(rows), evidence)


def _each(looks: Sequence[Look], evidence: Evidence) -> Table:
    columns = (Column("Repository"), Column("Measure"), Column("Per week", figures=True), Column("What became of it"))
    rows = tuple(
        (look.name, wording.what(look.verdict), wording.per_week(_mean(look.verdict)), wording.statement(look)) for look in looks[1:]
    )
    return Table("pace_repositories", "Each repository by itself", columns, rows, evidence)


def _mean(verdict: Verdict) -> float:
    return float(verdict.counts.mean()) if verdict.weeks.count else 0.0


def _releases(history: History, as_of: date) -> list[Block]:
    """Tell the rhythm of releases of each repository, and count them by year."""
    blocks: list[Block] = []
    rows: list[tuple[str, str, str, int]] = []
    for number, repository in enumerate(history.repositories):
        found = shipped(history, number)
        rhythm = releases.rhythm(found, ordinal(as_of))
        name = f"{foreign(repository.name)}: " if len(history.repositories) > 1 else ""
        blocks.append(Text(name + rhythm.words(foreign)))
        years = releases.by_year(found)
        rows += [(foreign(repository.name), foreign(package) or "all", str(year), count) for year, package, count in years]
    if not rows:
        return blocks
    columns = (Column("Repository"), Column("Package"), Column("Year"), Column("Releases", figures=True))
    method = (
        "Tags that look like versions, without pre-releases, on the history of HEAD or on lines that left it, by the day of their commit."
    )
    evidence = citing.evidence(
        history, method, command=f"{citing.GIT} tag --list --format='%(refname:short) %(creatordate:short)'", rows="evidence/releases.csv"
    )
    return [
        *blocks,
        Table("releases", "Releases per year", columns, tuple(rows), evidence),
    ]
