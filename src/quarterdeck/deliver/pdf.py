"""The report as PDF: a fixed typst template, and everything variable handed to it as data."""

import json
import re
from functools import partial
from importlib.resources import files
from itertools import groupby
from typing import Any

from quarterdeck.deliver import charts
from quarterdeck.deliver.naming import Namer, Names
from quarterdeck.deliver.terms import changed_lines, changed_title, cure_of, exposure_of, money_line, terms_of
from quarterdeck.domain.documents import Block, Chart, Checklist, Figure, Findings, Section, Table, Text
from quarterdeck.domain.findings import Finding
from quarterdeck.domain.report import Report

_COVERED = re.compile(
    "[\\x20-\\x7e\\n\\u00a0-\\u017f\\u0192\\u01fa-\\u01ff\\u0218-\\u021b\\u0391-\\u03a1\\u03a3-\\u03ce\\u0400-\\u045f\\u1e80-\\u1e85\\u2010-\\u2015\\u2018-\\u2022\\u2026\\u2030\\u20ac\\u2122\\u2190-\\u2193\\u25a1\\u25b2\\u25bc\\u25cf\\ufffd]"
)
SHOWN_FINDINGS = 6
CHART_WIDTH = 640


def render(report: Report, names: Names, paper: str = "a4") -> bytes:
    """Return the PDF."""
    import typst  # noqa: PLC0415 - heavy, and only this output needs it

    namer = PrintNamer(report.people, names)
    data = json.dumps(tree_of(report, namer, paper), ensure_ascii=False)
    template = files("quarterdeck.deliver").joinpath("assets", "report.typ").read_bytes()
    compile_with = partial(typst.compile, template, format="pdf", sys_inputs={"data": data}, ignore_system_fonts=True)
    try:
        made: object = compile_with(pdf_standards=["ua-1"])
    except typst.TypstError:  # a character that our print fonts lack: print a box for it rather than nothing at all
        made = compile_with()
    if not isinstance(made, bytes):
        raise TypeError("one document gives one file")
    return made


class PrintNamer(Namer):
    """Also replaces characters that the print fonts do not have."""

    def shown(self, text: str, *, continuity: bool = False) -> str:
        """Return a text as print can show it."""
        return printable(super().shown(text, continuity=continuity))


def printable(text: str) -> str:
    """Replace characters outside Latin, Greek, Cyrillic and common signs by a box: the fonts shipped for print lack them."""
    return text if text.isascii() else "".join(char if _COVERED.match(char) else "\u25a1" for char in text)


def tree_of(report: Report, namer: Namer, paper: str) -> dict[str, Any]:
    """Return what the template shows, names already decided."""
    say = namer.shown
    commits = sum(look.commits for look in report.looks)
    return _front(report, namer) | {
        "title": say(report.title),
        "date": [report.as_of.year, report.as_of.month, report.as_of.day],
        "day": f"{report.as_of:%d %b %Y}",
        "paper": paper,
        "engine": report.engine,
        "digest": report.digest[:12],
        "scope": f"{len(report.looks)} {'repository' if len(report.looks) == 1 else 'repositories'} · {commits:,} commits",
        "practices": [{"title": p.title, "sections": [_section(s, namer) for s in p.sections]} for p in report.practices],
        "not_assessed": [list(each) for each in report.not_assessed],
        "looks": [say(f"{each.name}: {each.commits:,} commits, looked at {each.head[:12]} ({each.branch})") for each in report.looks],
        "rates": list(report.rates),
    }


def _front(report: Report, namer: Namer) -> dict[str, Any]:
    """Return what page one shows."""
    front, say = report.front, namer.shown
    return {
        "answer": say(front.answer),
        "weak": [say(each) for each in front.weak],
        "money": money_line(report),
        "changed": {"title": changed_title(report), "lines": [say(each) for each in changed_lines(report)]},
        "facts": [{"value": fact.value, "text": say(fact.text)} for fact in front.facts],
        "risks": [_risk(each, namer) for each in front.risks],
        "actions": [_action(each, namer) for each in front.actions],
        "message": say(front.message).splitlines(),
        "unseen": [say(f"{each.what}: {each.unlock}. It would tell: {each.worth}.") for each in report.unseen[:8]],
    }


def _risk(finding: Finding, namer: Namer) -> dict[str, str]:
    return {
        "title": namer.shown(finding.title or finding.statement),
        "key": finding.urgency.name.lower(),
        "urgency": str(finding.urgency),
        "exposure": exposure_of(finding),
        "cure": cure_of(finding),
    }


def _action(finding: Finding, namer: Namer) -> dict[str, str]:
    advice = finding.recommendation
    if advice is None:
        raise ValueError("an action needs a recommendation")
    effort = advice.effort.span if advice.effort else "effort not estimated"
    return {"action": namer.shown(advice.action), "who": advice.owner_role, "effort": effort, "done": namer.shown(advice.done_when)}


def _section(section: Section, namer: Namer) -> dict[str, Any]:
    say = partial(namer.shown, continuity=section.names)
    blocks: list[dict[str, Any]] = []
    for kind, group in groupby(section.blocks, key=type):
        if kind is Figure:
            blocks.append(
                {
                    "kind": "figures",
                    "figures": [{"value": say(f.value), "label": say(f.label)} for f in group if isinstance(f, Figure)],
                }
            )
        else:
            blocks += [_block(each, say) for each in group]
    return {"title": say(section.title), "headline": say(section.headline), "blocks": blocks}


def _block(block: Block, say: Any) -> dict[str, Any]:
    match block:
        case Text():
            return {"kind": "text", "text": say(block.text)}
        case Table():
            return _table(block, say)
        case Chart():
            return {"kind": "chart", "title": say(block.title), "alt": say(block.alt), "svg": _svg(block, say)}
        case Checklist():
            steps = [{"when": each.when, "text": say(each.text), "evidence": say(each.evidence)} for each in block.steps]
            return {"kind": "checklist", "title": block.title, "steps": steps}
        case Findings():
            return {"kind": "findings", "findings": [_finding(each, say) for each in block.findings[:SHOWN_FINDINGS]]}
        case Figure():
            raise TypeError("figures are drawn in groups")


def _table(block: Table, say: Any) -> dict[str, Any]:
    rows = [[f"{cell:,}" if isinstance(cell, int | float) else say(cell or "") for cell in row] for row in block.rows[: _shown(block)]]
    left = len(block.rows) - len(rows)
    note = f"The first {len(rows)} of {len(block.rows):,} rows; all of them are in the web page and the evidence folder." if left else ""
    columns = [{"title": each.title, "figures": each.figures} for each in block.columns]
    return {"kind": "table", "title": say(block.title), "columns": columns, "rows": rows, "note": note}


def _shown(block: Table) -> int:
    return len(block.rows) if len(block.rows) <= 12 else max(block.shown, 7)


def _finding(finding: Finding, say: Any) -> dict[str, Any]:
    terms = [[name, say(value)] for name, value in terms_of(finding)]
    return {"key": finding.urgency.name.lower(), "urgency": str(finding.urgency), "outcome": str(finding.outcome).replace("_", " "),
            "title": say(finding.title), "statement": say(finding.statement), "terms": terms}  # fmt: skip


def _svg(chart: Chart, say: Any) -> str:
    import vl_convert  # noqa: PLC0415 - heavy, and only charts on paper need it

    spec = charts.spec_of(chart, "print", say, CHART_WIDTH)
    made = vl_convert.vega_to_svg(spec) if charts.is_vega(chart) else vl_convert.vegalite_to_svg(spec)
    return str(made)
