"""Everything that a run leaves behind for the pages, as the files of a snapshot."""

import gzip
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from quarterdeck.deliver import fragments, html, pdf
from quarterdeck.deliver.exchange import cyclonedx, data
from quarterdeck.deliver.naming import Namer, Names
from quarterdeck.domain.company import Company
from quarterdeck.domain.progress import Progress, silent
from quarterdeck.domain.records import History, Person
from quarterdeck.domain.report import Look, NamedPerson, Report
from quarterdeck.kit.experts import is_present
from quarterdeck.store import departures
from quarterdeck.usecases.summary import summary

POLICIES: tuple[Names, ...] = ("roles", "hidden")
Files = dict[str, str | bytes]


def files_of(report: Report, history: History, company: Company, cache: Path, progress: Progress = silent) -> Files:
    """Return the files of a snapshot: for each naming policy what pages show, and once what only continuity needs."""
    made: Files = {}
    for number, names in enumerate(POLICIES):
        progress("writing the pages", number, len(POLICIES))
        made |= {f"{names}/{name}": content for name, content in _shown(report, history, names, cache).items()}
    progress("writing the pages", len(POLICIES), len(POLICIES))
    return made | _people(report, history) | departures.files_of(history, company, report.as_of)


def _shown(report: Report, history: History, names: Names, cache: Path) -> Files:
    """Return what readers under one naming policy may see."""
    namer = Namer(report.people, names)
    tree = data.named(data.tree_of(report), namer)
    made: Files = {
        "findings.json": data.text_of(tree),
        "list.json": compact({each["fingerprint"]: each for each in tree["findings"]}),
        "summary.json": compact(data.named(summary(report), namer)),
        "sources.json": compact(data.named(evidence(report, history), namer)),
        "evidence.json": compact(fragments.evidence(report, names)),
        "sbom.cdx.json": cyclonedx.render(report, history.contents.components, names),
        "report.html.gz": gzip.compress(html.render(report, names, cache).encode("utf-8", "replace"), mtime=0),
    }
    made |= {f"practices/{practice}.html": text for practice, text in fragments.practices(report, names).items()}
    made |= {f"charts/{practice}.json": compact(specs) for practice, specs in fragments.specs(report, names).items()}
    return made | _printed(report, names)


def compact(value: object) -> str:
    """Return plain values as JSON, the same for the same values."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _printed(report: Report, names: Names) -> Files:
    """Return the PDF; one format must not cost the others."""
    try:
        return {"report.pdf": pdf.render(report, names)}
    except Exception as error:
        sys.stderr.write(f"report.pdf could not be made: {error}\n")
        return {}


def evidence(report: Report, history: History) -> dict[str, Any]:
    """Return what was read, how far and how old it is, and what could not be read; texts still carry marks."""
    contents = history.contents
    return {
        "as_of": report.as_of.isoformat(),
        "repositories": [_source(look, report.as_of) for look in report.looks],
        "inventories": list(history.bills),
        "company_file": bool(report.options.get("company")),
        "components": len(contents.components),
        "files": history.files.height,
        "files_looked_into": contents.looked_at,
        "files_searched_in_part": contents.in_part,
        "surviving_lines": contents.blame,
        "depth": report.options.get("depth", ""),
        "left_out": dict(report.left_out),
        "counted": dict(report.counted),
        "cycles_as_of": history.cycles_as_of.isoformat() if history.cycles_as_of else None,
        "unseen": [asdict(each) for each in report.unseen],
        "problems": [{"source": str(each.citation), "message": each.message} for each in report.problems],
        "weak": list(report.front.weak),
    }


def _source(look: Look, as_of: date) -> dict[str, Any]:
    row: Mapping[str, Any] = {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(look).items()}
    return {**row, "age_days": (as_of - look.last_day).days if look.last_day else None}


def _people(report: Report, history: History) -> Files:
    """Return who is who, with full names: for continuity and for correcting identities only."""
    texts = dict(history.aliases.select(pl.col("alias"), pl.col("text")).iter_rows())
    named = {each.id: each for each in report.people}
    people = sorted(history.people, key=lambda each: (-each.commits, each.id))
    rows = [_person(each, named[each.id], [texts[alias] for alias in each.aliases], report.as_of) for each in people]
    return {"people.json": compact(rows), "suggestions.json": compact(history.suggestions)}


def _person(person: Person, named: NamedPerson, aliases: list[str], as_of: date) -> dict[str, Any]:
    days = {name: day.isoformat() if (day := getattr(person, name)) else None for name in departures.DAYS}
    words = {"label": named.label, "addresses": list(named.addresses), "names": list(named.names), "aliases": aliases}
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role,
        "commits": person.commits,
        "bot": person.bot,
        "here": not person.bot and is_present(person, as_of),
        "joined_by": list(person.joined_by),
        **days,
        **words,
    }
