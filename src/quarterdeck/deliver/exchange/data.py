"""findings.json: everything the report says, in a documented and versioned schema."""

import json
from dataclasses import asdict
from typing import Any

from quarterdeck.deliver.naming import Namer, Names
from quarterdeck.domain.documents import Chart, Checklist, Figure, Findings, Section, Table, Text
from quarterdeck.domain.findings import Finding
from quarterdeck.domain.money import Estimate
from quarterdeck.domain.report import FrontPage, Report
from quarterdeck.domain.text import foreign

SCHEMA = "quarterdeck.findings/1"


def render(report: Report, names: Names) -> str:
    """Return the report as JSON text; what people are called follows the naming policy."""
    return text_of(named(tree_of(report), Namer(report.people, names)))


def text_of(tree: dict[str, Any]) -> str:
    """Return plain values as the text of a file, the same for the same values."""
    return json.dumps(tree, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def named(value: Any, namer: Namer) -> Any:
    """Return plain values with every text as the naming policy shows it."""
    if isinstance(value, str):
        return namer.key(namer.shown(value))
    if isinstance(value, dict):
        return {key: named(each, namer) for key, each in value.items()}
    return [named(each, namer) for each in value] if isinstance(value, list | tuple) else value


def tree_of(report: Report) -> dict[str, Any]:
    """Return the report as plain values."""
    return _front(report.front) | {
        "schema": SCHEMA,
        "title": report.title,
        "company": report.company,
        "as_of": report.as_of.isoformat(),
        "digest": report.digest,
        "engine": report.engine,
        "options": dict(report.options),
        "company_digest": report.options.get("company", ""),
        "repositories": [_look(each) for each in report.looks],
        "compared": {
            "baseline": report.compared.baseline,
            "with": report.compared.with_day.isoformat() if report.compared.with_day else None,
            "counts": dict(report.compared.counts),
            "changes": [asdict(change) for change in report.compared.changes],
            "causes": list(report.compared.causes),
        },
        "closed": list(report.compared.closed),
        "findings": [finding_of(finding) for finding in report.findings],
        "practices": [{"id": p.id, "title": p.title, "sections": [_section(s) for s in p.sections]} for p in report.practices],
        "not_assessed": [{"practice": name, "needs": needs} for name, needs in report.not_assessed],
        "not_seen": [asdict(each) for each in report.unseen],
        "problems": [{"source": str(each.citation), "message": each.message} for each in report.problems],
        "left_out": dict(report.left_out),
        "counted": dict(report.counted),
        "rates": list(report.rates),
    }


def _front(front: FrontPage) -> dict[str, Any]:
    """Return page one as plain values; risks and actions by the fingerprints of their findings."""
    return {
        "answer": front.answer,
        "facts": [asdict(fact) for fact in front.facts],
        "risks": [finding.fingerprint for finding in front.risks],
        "actions": [finding.fingerprint for finding in front.actions],
        "message": front.message,
        "money_at_risk": estimate(front.money_at_risk),
        "weak": list(front.weak),
    }


def _look(look: Any) -> dict[str, Any]:
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in asdict(look).items()}


def estimate(value: Estimate | None) -> dict[str, Any] | None:
    """Return an estimate as plain values, rounded to what it bears."""
    if value is None:
        return None
    return asdict(value) | {name: float(f"{getattr(value, name):.4g}") for name in ("p10", "p50", "p90")}


def finding_of(finding: Finding) -> dict[str, Any]:
    """Return a finding as plain values."""
    advice = finding.recommendation
    return {
        "fingerprint": finding.fingerprint,
        "check": finding.check.id,
        "check_version": finding.check.version,
        "question": finding.check.question,
        "outcome": str(finding.outcome),
        "urgency": str(finding.urgency),
        "subject": [foreign(part) for part in finding.subject],
        "repository": finding.repository,
        "title": finding.title or finding.statement,
        "statement": finding.statement,
        "citations": [{"source": foreign(each.source), "locator": each.locator} for each in finding.citations],
        "chance": round(finding.chance, 4) if finding.chance is not None else None,
        "exposure": estimate(finding.exposure),
        "exposure_note": finding.exposure_note,
        "cost_to_cure": estimate(finding.cost_to_cure),
        "cost_note": finding.cost_note,
        "confidence": finding.confidence,
        "unlock": finding.unlock,
        "recommendation": {
            "action": advice.action,
            "owner_role": advice.owner_role,
            "effort": estimate(advice.effort),
            "done_when": advice.done_when,
        }
        if advice
        else None,
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "id": section.id,
        "title": section.title,
        "headline": section.headline,
        "blocks": [_block(each) for each in section.blocks],
    }


def _block(block: object) -> dict[str, Any]:
    match block:
        case Findings():
            return {"kind": "findings", "findings": [each.fingerprint for each in block.findings]}
        case Table():
            return {"kind": "table", **asdict(block)}
        case Chart():
            return {"kind": "chart", **{key: value for key, value in asdict(block).items() if key != "kind"}, "chart": block.kind}
        case Text() | Figure() | Checklist():
            return {"kind": type(block).__name__.lower(), **asdict(block)}
    raise TypeError(f"no such block: {type(block).__name__}")
