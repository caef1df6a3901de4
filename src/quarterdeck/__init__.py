"""Quarterdeck does the work of a fractional CTO from a company's own evidence.

The same audit as on the command line:

    import quarterdeck

    audit = quarterdeck.assess("path/to/repository")
    print(audit.markdown())
    print(audit.history.changes)  # a polars frame: one row per change and person
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

    from quarterdeck.api import Audit
    from quarterdeck.evidence.git.blame import Extent

__all__ = ["assess"]


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
    """Audit one or several repositories and return the report with the history behind it.

    `as_of` is today's UTC date unless given; `blame` is auto, full, sample or none, and `quick` leaves file contents out. Raises QuarterdeckError with a hint when something cannot be read.
    """
    from quarterdeck import api  # noqa: PLC0415 - importing the package stays cheap

    return api.assess(
        *paths,
        company=company,
        as_of=as_of,
        since=since,
        compare=compare,
        allow_objects=allow_objects,
        sboms=sboms,
        blame=blame,
        quick=quick,
    )
