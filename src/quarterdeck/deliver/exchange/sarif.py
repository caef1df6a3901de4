"""findings.sarif: places in code that findings cite, as SARIF 2.1.0, for code hosts and editors.

One run per practice, so that each has a category of its own in a code host, and a practice without findings closes what
was open. A repository is a base of addresses (`uriBaseId`) and never a path of a machine.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid5

from quarterdeck.deliver.exchange.inventory import SPACE
from quarterdeck.deliver.naming import Namer, Names
from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.findings import Check, Finding, Outcome, Urgency
from quarterdeck.domain.money import Estimate, significant
from quarterdeck.domain.report import Look, Practice, Report
from quarterdeck.domain.text import clean, foreign, plain

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Urgency.ACT: "error", Urgency.PLAN: "warning", Urgency.WATCH: "note", Urgency.FINE: "note", Urgency.UNKNOWN: "warning"}
REPORTED = (Outcome.UNMET, Outcome.ERROR)
# Locators that name something of a repository which is no file.
_OTHER = re.compile(r"commit [0-9a-f]{4,64}|(?:tag|row|rows|branch) .*|refs/.*")
_PLACE = re.compile(r"(?P<path>.+?)(?::(?P<first>[1-9]\d{0,8})(?:-(?P<last>[1-9]\d{0,8}))?)?", re.DOTALL)
_PATH = re.compile(r"[./]")  # what a bare word must hold to be a file, where nobody marked it as one
_LINK = re.compile(r"[\[\]]")


@dataclass(frozen=True)
class Place:
    """Lines of a file of a repository; 0 where no line is known."""

    repository: int
    path: str
    first: int = 0
    last: int = 0


@dataclass(frozen=True)
class _Context:
    """What every part of the file needs."""

    report: Report
    namer: Namer
    bases: Sequence[str]


def render(report: Report, names: Names) -> str:
    """Return the findings that name a place in a file as SARIF text; names and paths follow the naming policy."""
    several = len(report.looks) > 1
    bases = [f"%SRCROOT_{number}%" if several else "%SRCROOT%" for number in range(1, len(report.looks) + 1)]
    context = _Context(report, Namer(report.people, names), bases)
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(context, practice) for practice in report.practices]}
    return json.dumps(log, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _run(context: _Context, practice: Practice) -> dict[str, Any]:
    """Return what one practice found."""
    report = context.report
    own = [each for each in report.findings if each.check.id.startswith(f"{practice.id}/")]
    checks = sorted({finding.check for finding in own}, key=lambda check: check.id)
    numbers = {check.id: number for number, check in reversed([*enumerate(checks)])}
    found = ((finding, places(finding, report.looks)) for finding in own if finding.outcome in REPORTED)
    return {
        "tool": {"driver": _driver(context, practice, checks)},
        "automationDetails": {"id": f"quarterdeck/{practice.id}/{report.as_of.isoformat()}"},
        "invocations": [_invocation(context, own)],
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {base: _base(context, look) for base, look in zip(context.bases, report.looks, strict=True)},
        "versionControlProvenance": [_provenance(context, *each) for each in zip(context.bases, report.looks, strict=True)],
        "results": [_result(context, finding, numbers, cited) for finding, cited in found if cited],
    }


def _driver(context: _Context, practice: Practice, checks: Sequence[Check]) -> dict[str, Any]:
    return {
        "name": "Quarterdeck",
        "version": context.report.engine,
        "rules": [_rule(context.report, practice, check) for check in checks],
    }


def _rule(report: Report, practice: Practice, check: Check) -> dict[str, Any]:
    """Return a check as a rule, explained by the room that it belongs to."""
    room = next((about for about in report.rooms if check.id.startswith(f"{about.id}.")), None)
    why = f"{room.question} {room.why}" if room else check.question
    sources = f" Sources: {'; '.join(room.sources)}." if room and room.sources else ""
    return {
        "id": check.id,
        "shortDescription": {"text": check.question},
        "fullDescription": {"text": why},
        "help": {"text": f"{check.question} {why}{sources}"},
        "properties": {"tags": [practice.id], "checkVersion": check.version},
    }


def _invocation(context: _Context, own: Sequence[Finding]) -> dict[str, Any]:
    """Say whether every part of the practice ran; a part that failed seldom has a place to point to."""
    failed = [finding for finding in own if finding.outcome is Outcome.ERROR]
    notes = [{"level": "error", "message": _message(context, finding.statement)} for finding in failed]
    return {"executionSuccessful": not failed} | ({"toolExecutionNotifications": notes} if notes else {})


def _base(context: _Context, look: Look) -> dict[str, Any]:
    return {"description": _message(context, f"The top folder of the repository {foreign(plain(look.name))}.")}


def _provenance(context: _Context, base: str, look: Look) -> dict[str, Any]:
    """Return the commit that was looked at; the repository is named by an id of its first commits, as no address is known."""
    branch = context.namer.shown(foreign(clean(plain(look.branch))))
    known = {"revisionId": look.head, "branch": branch}
    address = f"urn:uuid:{uuid5(SPACE, look.key)}"
    return {"repositoryUri": address, "mappedTo": {"uriBaseId": base}} | {name: value for name, value in known.items() if value}


def _result(context: _Context, finding: Finding, numbers: Mapping[str, int], cited: Sequence[Place]) -> dict[str, Any]:
    return {
        "ruleId": finding.check.id,
        "ruleIndex": numbers[finding.check.id],
        "level": LEVELS[finding.urgency],
        "message": _message(context, _words(finding)),
        "locations": [_location(context, place) for place in cited],
        "partialFingerprints": {"quarterdeck/v1": finding.fingerprint},
        "properties": {
            "outcome": str(finding.outcome),
            "urgency": str(finding.urgency),
            "exposure": _range(finding.exposure),
            "cost": _range(finding.cost_to_cure),
        },
    }


def _range(value: Estimate | None) -> dict[str, Any] | None:
    """Return a range without its basis, which findings.json tells."""
    if value is None:
        return None
    return {"p10": significant(value.p10), "p50": significant(value.p50), "p90": significant(value.p90), "unit": value.unit}


def _words(finding: Finding) -> str:
    """Return title, statement and what to do, each once."""
    action = finding.recommendation.action if finding.recommendation else ""
    return " ".join(
        each if each.endswith((".", "!", "?")) else f"{each}." for each in dict.fromkeys((finding.title, finding.statement, action)) if each
    )


def _message(context: _Context, text: str) -> dict[str, str]:
    """Return a plain message: braces would be placeholders, and words of a repository must not become a link."""
    shown = clean(context.namer.shown(text)).replace("{", "{{").replace("}", "}}")
    return {"text": _LINK.sub(r"\\\g<0>", shown) if "](" in shown else shown}


def _location(context: _Context, place: Place) -> dict[str, Any]:
    uri = quote(clean(context.namer.shown(foreign(place.path))), safe="/")
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": context.bases[place.repository]}}
    if place.first:
        physical["region"] = {"startLine": place.first, "endLine": place.last}
    return {"physicalLocation": physical}


def places(finding: Finding, looks: Sequence[Look]) -> tuple[Place, ...]:
    """Return the places in files that a finding cites, in the order of the citations, each once."""
    numbers = {plain(look.name): number for number, look in enumerate(looks)}
    return tuple(dict.fromkeys(place for citation in finding.citations for place in _place(citation, numbers)))


def _place(citation: Citation, numbers: Mapping[str, int]) -> Iterator[Place]:
    """Yield the place that a citation names, if it is one in a file of a known repository."""
    locator, number = plain(citation.locator), numbers.get(plain(citation.source))
    match = _PLACE.fullmatch(locator)
    if number is None or match is None or _OTHER.fullmatch(locator) or locator.startswith("/"):
        return
    if not match["first"] and locator == citation.locator and not _PATH.search(locator):
        return
    first = int(match["first"] or 0)
    yield Place(number, match["path"], first, max(first, int(match["last"] or 0)))
