"""Phrases that several outputs print alike: money, changes, what to do."""

from quarterdeck.domain.findings import Finding
from quarterdeck.domain.report import Report
from quarterdeck.domain.text import percent

MARKS = (
    ("new", "▲"),
    ("back again", "▲"),
    ("fixed", "▼"),
    ("still open", "●"),
    ("not seen this time", "◌"),
    ("method changed", "◌"),
)


def money_line(report: Report) -> str:
    """Return the sentence on money at risk."""
    unpriced = report.front.unpriced
    rest = f" {unpriced} open {'finding is' if unpriced == 1 else 'findings are'} not priced." if unpriced else ""
    return f"{report.front.money_note}.{rest}"


def exposure_of(finding: Finding) -> str:
    """Return the exposure of a finding in a few words."""
    if finding.exposure is None:
        return "exposure not priced"
    going_on = " over 12 months if nothing changes"
    when = f" if it happens, chance {percent(finding.chance)} a year" if finding.chance is not None else going_on
    return finding.exposure.span + when


def cure_of(finding: Finding) -> str:
    """Return the cost to cure in a few words, person-days first."""
    if finding.cost_to_cure is None:
        return "cure not priced"
    effort = finding.recommendation.effort.span + ", " if finding.recommendation and finding.recommendation.effort else ""
    return f"cure {effort}{finding.cost_to_cure.span}{' at typical rates' if finding.cost_to_cure.typical else ''}"


def changed_title(report: Report) -> str:
    """Return the title of what changed."""
    day = report.compared.with_day
    return f"What changed since {day:%d %b %Y}" if day else "What changed"


def changed_lines(report: Report) -> list[str]:
    """Return what changed, counts first."""
    compared = report.compared
    if compared.baseline:
        return ["First report: baseline. Next time this says what is new, fixed or still open."]
    counts = [f"{mark} {compared.counts[kind]} {kind}" for kind, mark in MARKS if compared.counts.get(kind)]
    quiet = all(change.kind == "still open" for change in compared.changes)
    return [*compared.causes, *(["Nothing changed."] if quiet else []), "   ".join(counts)] if counts or quiet else list(compared.causes)


def terms_of(finding: Finding) -> list[tuple[str, str]]:
    """Return the labelled lines under a finding."""
    advice = finding.recommendation
    lines = [("Exposure", f"{finding.exposure}, {finding.exposure_note}" if finding.exposure else finding.exposure_note)]
    cost = (
        f"{advice.effort}; {finding.cost_to_cure}" if advice and advice.effort and finding.cost_to_cure else str(finding.cost_to_cure or "")
    )
    lines.append(("Cost to cure", cost + (f" ({finding.cost_note})" if finding.cost_note and cost else finding.cost_note)))
    if advice:
        lines += [("Do", f"{advice.action} ({advice.owner_role})"), ("Done when", advice.done_when)]
    lines.append(("To settle", finding.unlock))
    return [(name, text) for name, text in lines if text]
