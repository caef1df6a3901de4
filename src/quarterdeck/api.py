"""The same capabilities from Python."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from quarterdeck import bootstrap
from quarterdeck.deliver import html, markdown, pdf
from quarterdeck.deliver.exchange import cyclonedx, data, sarif, spdx
from quarterdeck.deliver.naming import Names
from quarterdeck.domain.records import History
from quarterdeck.domain.report import Report
from quarterdeck.evidence.git.blame import Extent
from quarterdeck.store.workspace import home


@dataclass(frozen=True)
class Audit:
    """A report and the history behind it, whose long tables are polars frames."""

    report: Report
    history: History
    request: bootstrap.Request

    def html(self, names: Names = "roles") -> str:
        """Return the report as one self-contained page."""
        return html.render(self.report, names, home() / "cache")

    def pdf(self, names: Names = "roles", *, paper: str = "a4") -> bytes:
        """Return the report as PDF."""
        return pdf.render(self.report, names, paper)

    def json(self, names: Names = "roles") -> str:
        """Return the findings as JSON text."""
        return data.render(self.report, names)

    def line_counts(self) -> pl.DataFrame:
        """Return added and deleted lines per change; counted on first use, which takes several times the audit itself."""
        return bootstrap.line_counts(self.request)

    def sarif(self, names: Names = "roles") -> str:
        """Return the findings that have a place in a file as SARIF text."""
        return sarif.render(self.report, names)

    def cyclonedx(self, names: Names = "roles") -> str:
        """Return the software inventory as CycloneDX text."""
        return cyclonedx.render(self.report, self.history.contents.components, names)

    def spdx(self, names: Names = "roles") -> str:
        """Return the software inventory as SPDX text."""
        return spdx.render(self.report, self.history.contents.components, names)

    def markdown(self, names: Names = "roles") -> str:
        """Return page one as Markdown."""
        return markdown.render(self.report, names)


def assess(
    *paths: str | Path,
    company: str | Path | None = None,
    as_of: date | None = None,
    since: date | None = None,
    compare: str = "",
    allow_objects: Sequence[str | Path] = (),
    sboms: Sequence[str | Path] = (),
    blame: Extent = "auto",
    quick: bool = False,
) -> Audit:
    """Audit one or several repositories."""
    request = bootstrap.Request(
        tuple(Path(path) for path in paths),
        as_of or datetime.now(UTC).date(),
        Path(company) if company else None,
        since,
        allowed=tuple(Path(each) for each in allow_objects),
        compare=compare,
        blame=blame,
        quick=quick,
        sboms=tuple(Path(each) for each in sboms),
    )
    return Audit(*bootstrap.run(request), request)
