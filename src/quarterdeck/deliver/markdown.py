"""summary.md: page one as Markdown in which nothing from a repository can become markup."""

import re

from quarterdeck.deliver.naming import Namer, Names
from quarterdeck.deliver.terms import changed_lines, changed_title, cure_of, exposure_of, money_line
from quarterdeck.domain.report import Report

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~&])")
_LINE_START = re.compile(r"^(\s*)([-=+>#]|\d+[.)])", re.MULTILINE)


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", " ".join(text.split())))


def render(report: Report, names: Names) -> str:
    """Return page one, and the headline of every section."""
    namer, front = Namer(report.people, names), report.front

    def say(text: str) -> str:
        return escaped(namer.shown(text))

    lines = [f"# {say(report.title)}", "", f"{report.as_of:%d %b %Y}", "", f"**{say(front.answer)}**", ""]
    lines += [f"> Weak: {say(each)}\n" for each in front.weak]
    lines += [f"Money at risk, 12 months: {say(money_line(report))}", "", f"## {changed_title(report)}", ""]
    lines += [f"- {say(each)}" for each in changed_lines(report)]
    lines += ["", "## Facts", ""] + [f"- **{escaped(fact.value)}** {say(fact.text)}" for fact in front.facts]
    lines += ["", "## Risks", ""] + [
        f"{n}. **{say(each.title or each.statement)}** ({each.urgency}): {say(exposure_of(each))}; {say(cure_of(each))}"
        for n, each in enumerate(front.risks, 1)
    ]
    lines += ["", "## First actions", ""]
    for n, each in enumerate(front.actions, 1):
        if advice := each.recommendation:
            effort = advice.effort.span if advice.effort else "effort not estimated"
            lines.append(f"{n}. {say(advice.action)}: {say(advice.owner_role)}, {say(effort)}; done when {say(advice.done_when)}")
    lines += ["", "## Message to send", ""] + [f"> {say(line)}  " for line in front.message.splitlines()]
    lines += ["", "## Findings by practice", ""]
    lines += [
        f"- **{say(s.title)}**: {say(s.headline)}"
        for practice in report.practices
        for s in practice.sections
        if "/p" not in s.id or s.id.count("/") < 2
    ]
    lines += ["", "## Not seen", ""] + [
        f"- {say(each.what)}: {say(each.unlock)}. It would tell: {say(each.worth)}." for each in report.unseen
    ]
    lines += [f"- {say(str(each.citation))}: {say(each.message)}" for each in report.problems[:20]]
    lines += ["", "## Not assessed", ""] + [f"- {name}: needs {needs}." for name, needs in report.not_assessed]
    return "\n".join(lines) + "\n"
