"""What past runs found, as small JSON files: enough to say what is new, fixed or back again."""

import hashlib
import json
import os
from datetime import date
from pathlib import Path

from quarterdeck.domain.errors import InputError
from quarterdeck.domain.records import History
from quarterdeck.domain.report import Report
from quarterdeck.domain.text import plain, resolve
from quarterdeck.usecases.compare import Past, Run

FORMAT = 1


def folder_name(history: History) -> str:
    """Name the folder of a company's runs by the repositories in it."""
    keys = "".join(sorted(repository.key for repository in history.repositories))
    return hashlib.blake2b(keys.encode(), digest_size=8).hexdigest()


def previous(folder: Path, chosen: str, as_of: date) -> Run | None:
    """Return the run to compare with: the last one not later than this report, none when told so, or a named file."""
    if chosen == "none":
        return None
    if not chosen:
        kept = (_read(path) for path in sorted(folder.glob("*.json"), reverse=True))
        return next((run for run in kept if run and run.as_of <= as_of), None)
    run = _read(Path(chosen))
    if run is None:
        raise InputError(f"{Path(chosen).name}: is not a findings.json to compare with", "Name the findings.json of an earlier report.")
    return run


def _read(path: Path) -> Run | None:
    """Return a stored run; a damaged memory costs the comparison, not the report."""
    try:
        return _parse(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _parse(stored: dict[str, object]) -> Run:
    findings, facts = stored["findings"], stored["facts"]
    if not isinstance(findings, list) or not isinstance(facts, list):
        raise TypeError("findings and facts must be lists")
    closed = stored.get("closed", [])
    return Run(
        as_of=date.fromisoformat(str(stored["as_of"])),
        company_digest=str(stored.get("company_digest", "")),
        past={f["fingerprint"]: Past(f["check"], int(f["check_version"]), f["outcome"], f["title"]) for f in findings},
        past_facts={f["id"]: (f["value"], f["text"]) for f in facts},
        closed=tuple(closed) if isinstance(closed, list) else (),
        repositories=tuple(each["key"] for each in _list(stored.get("repositories"))),
        bills=tuple(name for name in _bills(stored.get("options")).split("\n") if name),
    )


def _list(value: object) -> list[dict[str, str]]:
    return value if isinstance(value, list) else []


def _bills(options: object) -> str:
    """Return the names of the software inventories that a run rested on, one a line."""
    return str(options.get("sbom", "")) if isinstance(options, dict) else ""


def remember(folder: Path, report: Report, company_digest: str) -> None:
    """Keep a run under its number, so that the next one can be compared with it."""
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.glob("*.json"))) + 1
    labels = {person.id: person.label for person in report.people}
    stored = {
        "format": FORMAT,
        "as_of": report.as_of.isoformat(),
        "company_digest": company_digest,
        "digest": report.digest,
        "closed": list(report.compared.closed),
        "repositories": [{"key": look.key} for look in report.looks],
        "options": {"sbom": report.options.get("sbom", "")},
        "facts": [{"id": fact.id, "value": fact.value, "text": fact.text} for fact in report.front.facts],
        "findings": [
            {
                "fingerprint": finding.fingerprint,
                "check": finding.check.id,
                "check_version": finding.check.version,
                "outcome": str(finding.outcome),
                "title": plain(resolve(finding.title or finding.statement, lambda each: labels.get(each, "somebody"))),
            }
            for finding in report.findings
        ],
    }
    part = folder / f"{number:06d}.{os.getpid()}.part"
    part.write_text(json.dumps(stored, indent=1, ensure_ascii=False), "utf-8")
    part.replace(folder / f"{number:06d}.json")
