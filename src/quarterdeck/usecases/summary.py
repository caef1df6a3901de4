"""What a run says in a few plain values, for pages that show many clients at once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from quarterdeck.domain.documents import Findings, Section
from quarterdeck.domain.findings import Finding, Outcome
from quarterdeck.domain.money import Estimate
from quarterdeck.domain.report import Compared, FrontPage, Look, Practice, Report
from quarterdeck.usecases.front_page import PRESSING, is_risk, pressing


def summary(report: Report) -> dict[str, Any]:
    """Return a report as small plain values; texts still carry marks for people and foreign words.

    Keys: title, company, currency, as_of, digest, engine, answer, message, facts [id, value, text, section], money {range
    {p10, p50, p90, unit, typical} or None, note, unpriced}, risks [fingerprint, title, urgency, exposure, chance], actions
    [fingerprint, action, owner_role, effort, done_when], counts {findings, open, outcomes {outcome: n}, urgencies
    {urgency: n of the open ones}}, compared {baseline, with, counts, causes, changes [kind, text, fingerprint and,
    where this run saw the finding, urgency, exposure, chance]}, practices
    [id, title, headline, urgency, counts, unknown], not_assessed [practice, needs], unseen [what, unlock, worth],
    repositories [name, key, head, branch, first_day, last_day, commits, notes], weak, problems.
    """
    return {
        "title": report.title,
        "company": report.company,
        "currency": report.currency,
        "as_of": report.as_of.isoformat(),
        "digest": report.digest,
        "engine": report.engine,
        **_front(report.front),
        "counts": counts(report.findings),
        "compared": _compared(report.compared, report.findings),
        "practices": [_practice(each, report.findings) for each in report.practices],
        "not_assessed": [{"practice": name, "needs": needs} for name, needs in report.not_assessed],
        "unseen": [asdict(each) for each in report.unseen],
        "repositories": [_look(each) for each in report.looks],
        "problems": len(report.problems),
    }


def counts(findings: Iterable[Finding]) -> dict[str, Any]:
    """Count findings by outcome, and the open ones by urgency."""
    found = list(findings)
    opened = [each for each in found if each.outcome is Outcome.UNMET]
    return {
        "findings": len(found),
        "open": len(opened),
        "outcomes": dict(Counter(str(each.outcome) for each in found)),
        "urgencies": dict(Counter(str(each.urgency) for each in opened)),
    }


def _front(front: FrontPage) -> dict[str, Any]:
    return {
        "answer": front.answer,
        "message": front.message,
        "facts": [{"id": each.id, "value": each.value, "text": each.text, "section": each.section} for each in front.facts],
        "money": {"range": span(front.money_at_risk), "note": front.money_note, "unpriced": front.unpriced},
        "risks": [_risk(each) for each in front.risks],
        "actions": [_action(each) for each in front.actions if each.recommendation],
        "weak": list(front.weak),
    }


def span(estimate: Estimate | None) -> dict[str, Any] | None:
    """Return a range as plain values, rounded to what it bears."""
    if estimate is None:
        return None
    rounded = {name: float(f"{getattr(estimate, name):.4g}") for name in ("p10", "p50", "p90")}
    return rounded | {"unit": estimate.unit, "typical": estimate.typical}


def _risk(finding: Finding) -> dict[str, Any]:
    return {
        "fingerprint": finding.fingerprint,
        "title": finding.title or finding.statement,
        "urgency": str(finding.urgency),
        "exposure": span(finding.exposure),
        "chance": round(finding.chance, 4) if finding.chance is not None else None,
    }


def _action(finding: Finding) -> dict[str, Any]:
    advice = finding.recommendation
    if advice is None:
        raise ValueError("an action needs a recommendation")
    return {
        "fingerprint": finding.fingerprint,
        "action": advice.action,
        "owner_role": advice.owner_role,
        "effort": span(advice.effort),
        "done_when": advice.done_when,
    }


def _compared(compared: Compared, findings: Sequence[Finding]) -> dict[str, Any]:
    found = {each.fingerprint: each for each in findings}
    return {
        "baseline": compared.baseline,
        "with": _day(compared.with_day),
        "counts": dict(compared.counts),
        "causes": list(compared.causes),
        "changes": [asdict(each) | _pressing_now(found.get(each.fingerprint)) for each in compared.changes],
    }


def _pressing_now(finding: Finding | None) -> dict[str, Any]:
    if finding is None:
        return {}
    return {"urgency": str(finding.urgency), "exposure": span(finding.exposure), "chance": round(finding.chance or 0, 4) or None}


def _practice(practice: Practice, findings: Sequence[Finding]) -> dict[str, Any]:
    own = [each for each in findings if each.check.id.startswith(f"{practice.id}/")]
    risks = [each.urgency for each in own if is_risk(each)] or [each.urgency for each in own]
    return {
        "id": practice.id,
        "title": practice.title,
        "headline": _headline(practice.sections),
        "urgency": str(min(risks, key=PRESSING.index)) if risks else "",
        "counts": counts(own),
        "unknown": sum(each.outcome is Outcome.UNKNOWN for each in own),
    }


def _headline(sections: Sequence[Section]) -> str:
    """Return the headline of the section whose findings press most; of equal ones the first."""
    return min(sections, key=_pressure).headline if sections else ""


def _pressure(section: Section) -> tuple[int, float]:
    shown = (each for block in section.blocks if isinstance(block, Findings) for each in block.findings)
    return min((pressing(each) for each in shown if is_risk(each)), default=(len(PRESSING), 0.0))


def _look(look: Look) -> dict[str, Any]:
    return asdict(look) | {"first_day": _day(look.first_day), "last_day": _day(look.last_day), "notes": list(look.notes)}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
