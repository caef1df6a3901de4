"""summary.md: page one as Markdown in which nothing from a repository can become markup."""

import re
from collections.abc import Callable, Iterable

from quarterdeck.deliver.naming import Namer, Names
from quarterdeck.deliver.terms import changed_lines, changed_title, cure_of, exposure_of, money_line
from quarterdeck.domain.findings import Finding
from quarterdeck.domain.report import Report

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&])")  # without brackets there are no links, so parentheses may stay
_LINE_START = re.compile(r"^(\d*)([-=+.)]|#+)(?=\s|$)")


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is, on one line."""
    return _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", " ".join(text.split())))


def render(report: Report, names: Names) -> str:
    """Return page one, and the headline of every section."""
    namer, front = Namer(report.people, names), report.front

    def say(text: str) -> str:
        return escaped(namer.shown(text))

    weak = [f"> Weak: {say(each)}\n" for each in front.weak]
    parts = [
        [
            f"# {say(report.title)}",
            f"{report.as_of:%d %b %Y}",
            f"**{say(front.answer)}**",
            *weak,
            f"Money at risk, 12 months: {say(money_line(report))}",
        ],
        [f"## {changed_title(report)}", _list(map(say, changed_lines(report)))],
        ["## Facts", _list(f"**{escaped(fact.value)}** {say(fact.text)}" for fact in front.facts)],
        ["## Risks", _list((_risk(each, say) for each in front.risks), numbered=True)],
        ["## First actions", _list((_action(each, say) for each in front.actions), numbered=True)],
        ["## Message to send", "\n".join(f"> {say(line)}  " for line in front.message.splitlines())],
        [
            "## Findings by practice",
            _list(f"**{say(s.title)}**: {say(s.headline)}" for p in report.practices for s in p.sections if s.id.count("/") < 2),
        ],
        ["## Not seen", _not_seen(report, say)],
        ["## Not assessed", _list(f"{name}: needs {needs}." for name, needs in report.not_assessed)],
    ]
    return "\n\n".join(line for part in parts for line in part if line) + "\n"


def _list(items: Iterable[str], *, numbered: bool = False) -> str:
    return "\n".join(f"{f'{number}.' if numbered else '-'} {item}" for number, item in enumerate(items, 1))


def _risk(finding: Finding, say: Callable[[str], str]) -> str:
    return f"**{say(finding.title or finding.statement)}** ({finding.urgency}): {say(exposure_of(finding))}; {say(cure_of(finding))}"


def _action(finding: Finding, say: Callable[[str], str]) -> str:
    advice = finding.recommendation
    if advice is None:
        return say(finding.statement)
    effort = advice.effort.span if advice.effort else "effort not estimated"
    return f"{say(advice.action)}: {say(advice.owner_role)}, {say(effort)}; done when {say(advice.done_when)}"


def _not_seen(report: Report, say: Callable[[str], str]) -> str:
    unseen = [f"{say(each.what)}: {say(each.unlock)}. It would tell: {say(each.worth)}." for each in report.unseen]
    return _list([*unseen, *(f"{say(str(each.citation))}: {say(each.message)}" for each in report.problems[:20])])
