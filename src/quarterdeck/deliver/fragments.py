"""The parts of a report as HTML without script or style: the report's page and the pages of the workbench draw them alike."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from quarterdeck.deliver import charts
from quarterdeck.deliver.naming import Namer, Names
from quarterdeck.deliver.terms import cure_of, exposure_of
from quarterdeck.deliver.words import explained
from quarterdeck.domain.documents import Chart, Findings, Section
from quarterdeck.domain.findings import Finding
from quarterdeck.domain.report import Report

MOST_ROWS = 200


def practices(report: Report, names: Names) -> dict[str, str]:
    """Return the sections of each practice: {practice: HTML}."""
    drawing = Drawing(report, names)
    return {practice.id: "".join(map(drawing.section, practice.sections)) for practice in report.practices}


def specs(report: Report, names: Names) -> dict[str, dict[str, Any]]:
    """Return the charts of each practice: {practice: {id: {mode, light, dark}}}, ids as in `data-chart` of its sections."""
    drawing = Drawing(report, names)
    return {practice.id: drawing.specs(practice.sections) for practice in report.practices}


def evidence(report: Report, names: Names) -> dict[str, str]:
    """Return each finding with its money, advice, citations and check: {fingerprint: HTML}."""
    drawing = Drawing(report, names)
    open_names = {each.fingerprint for part in sections_of(report) if part.names for each in _findings(part)}
    return {each.fingerprint: drawing.finding(each, continuity=each.fingerprint in open_names) for each in report.findings}


def sections_of(report: Report) -> list[Section]:
    """Return all sections of a report in order."""
    return [section for practice in report.practices for section in practice.sections]


def charts_of(sections: Sequence[Section]) -> list[tuple[Section, Chart]]:
    """Return the charts of sections, each with the section it stands in."""
    return [(section, block) for section in sections for block in section.blocks if isinstance(block, Chart)]


def _findings(section: Section) -> Iterator[Finding]:
    return (each for block in section.blocks if isinstance(block, Findings) for each in block.findings)


class Drawing:
    """Draws parts of one report in HTML under one naming policy."""

    def __init__(self, report: Report, names: Names) -> None:
        """Take the report and how people are named in it."""
        self.namer = Namer(report.people, names)
        self.environment = Environment(
            loader=PackageLoader("quarterdeck.deliver", "assets"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.environment.globals.update(anchor=self.anchor, exposure_of=exposure_of, cure_of=cure_of, MOST_ROWS=MOST_ROWS)

    def say(self, text: str, *, continuity: bool = False) -> Markup:
        """Return a text with people named and terms explained."""
        return explained(self.namer.shown(str(text), continuity=continuity))

    def plain(self, text: str, *, continuity: bool = False) -> str:
        """Return a text with people named, for headings and attributes."""
        return self.namer.shown(text, continuity=continuity)

    def anchor(self, name: str) -> str:
        """Return a name as the id of an element."""
        return re.sub(r"[^A-Za-z0-9]+", "-", self.namer.key(name))

    def section(self, part: Section) -> Markup:
        """Draw a section."""
        groups = [{"kind": kind, "blocks": list(group)} for kind, group in groupby(part.blocks, key=lambda block: type(block).__name__)]
        return self._draw("section.html.j2", continuity=part.names, part=part, groups=groups)

    def finding(self, finding: Finding, *, continuity: bool = False) -> Markup:
        """Draw one finding."""
        return self._draw("finding.html.j2", continuity=continuity, finding=finding)

    def specs(self, sections: Sequence[Section]) -> dict[str, Any]:
        """Return the charts of sections as the chart library draws them, for light and for dark pages."""
        return {chart.id: _both(chart, partial(self.namer.shown, continuity=section.names)) for section, chart in charts_of(sections)}

    def _draw(self, template: str, *, continuity: bool, **shown: object) -> Markup:
        say, head = partial(self.say, continuity=continuity), partial(self.plain, continuity=continuity)
        text = self.environment.get_template(template).render(say=say, head=head, **shown)
        return Markup(text)  # noqa: S704 - a template with autoescape made it


def _both(chart: Chart, say: Any) -> dict[str, Any]:
    mode = "vega" if charts.is_vega(chart) else "vega-lite"
    return {"mode": mode, "light": charts.spec_of(chart, "light", say), "dark": charts.spec_of(chart, "dark", say)}
