"""Page one for a terminal."""

import re

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from quarterdeck.deliver.naming import Namer, Names
from quarterdeck.deliver.terms import changed_lines, cure_of, exposure_of, money_line
from quarterdeck.domain.report import FrontPage, Report

STYLES = {"act now": "bold red", "plan": "yellow", "watch": "yellow", "fine": "green", "unknown": "dim"}
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


class _Printer:
    """Prints texts so that nothing in them is read as markup or as escape codes."""

    def __init__(self, namer: Namer, console: Console) -> None:
        self.namer, self.console = namer, console

    def say(self, text: str, style: str = "") -> Text:
        return Text(_CONTROL.sub("\ufffd", self.namer.shown(text)), style=style)

    def line(self, text: str, style: str = "") -> None:
        self.console.print(self.say(text, style))

    def heading(self, text: str) -> None:
        self.console.print()
        self.line(text.upper(), "dim bold")

    def aside(self, text: str) -> None:
        self.console.print(Padding(self.say(text, "dim"), (0, 0, 0, 3)))


def show(report: Report, names: Names, console: Console) -> None:
    """Print the answer, the facts, the risks and the first actions."""
    out, front = _Printer(Namer(report.people, names), console), report.front
    console.print()
    out.line(f"{report.title}  {report.as_of:%d %b %Y}", "dim")
    out.line(front.answer, "bold")
    for weak in front.weak:
        out.line(f"weak  {weak}", "yellow")
    out.line(f"Money at risk, 12 months: {money_line(report)}")
    for change in changed_lines(report):
        out.line(change)
    out.heading("Facts")
    console.print(_facts(front, out))
    out.heading("Risks")
    for number, risk in enumerate(front.risks, 1):
        word = Text(f"  {risk.urgency}", style=STYLES[str(risk.urgency)])
        console.print(out.say(f"{number}. {risk.title or risk.statement}") + word)
        out.aside(f"{exposure_of(risk)}; {cure_of(risk)}")
    _actions(front, out)
    out.heading("Not seen")
    for unseen in report.unseen:
        out.line(f"{unseen.what}: {unseen.unlock}")


def _facts(front: FrontPage, out: _Printer) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", style="bold", no_wrap=True)
    table.add_column()
    for fact in front.facts:
        table.add_row(out.say(fact.value), out.say(fact.text))
    return table


def _actions(front: FrontPage, out: _Printer) -> None:
    out.heading("First actions")
    for number, action in enumerate(front.actions, 1):
        if advice := action.recommendation:
            out.line(f"{number}. {advice.action}")
            effort = advice.effort.span if advice.effort else "effort not estimated"
            out.aside(f"{advice.owner_role}, {effort}; done when {advice.done_when}")
