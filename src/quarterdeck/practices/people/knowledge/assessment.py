"""Answer: who understands the system today, and how few people carry half of it?"""

from datetime import date

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Answer, Block, Chart, Column, Evidence, Fact, Figure, Findings, Section, Table, Text
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.records import History
from quarterdeck.domain.text import in_words, listed, mention, percent, plural
from quarterdeck.kit import citing, costs, experts, rates
from quarterdeck.practices.people.knowledge import ABOUT, analysis

SPREAD = Check("people/knowledge.spread", "Would at least three people have to leave before half of the knowledge is gone?")
PRESENT = Check("people/knowledge.present", "Does somebody who is still here know every part that changes?")
ENOUGH = 3
FEW_COMMITS, FEW_PEOPLE, FEW_FILES = 20, 2, 10
READING_HOURS = (2.0, 5.0, 12.0)  # product default per lost and moving file
MOVING_DAYS = 365
DIFFERENCE = "Nearly half of developers asked about such figures saw no trouble if their key people left: treat them as where to ask first."


def answer(history: History, company: Company, as_of: date) -> Answer:
    """Estimate the truck factor as a range, and list what nobody here knows any more."""
    files = experts.written(history)
    changes = experts.human_changes(history)
    authors = changes.join(files.select("life"), on="life", how="semi")["person"].n_unique()
    if files.is_empty() or authors < FEW_PEOPLE or sum(r.commits for r in history.repositories) < FEW_COMMITS:
        return _too_little(history, files, authors)
    view = view_of(history, files, changes, as_of)
    found = analysis.truck_factor_range(view, view_of(history, everything(history), changes, as_of))
    covered, several, alone, nobody = analysis.coverage_now(view)
    table = files.join(covered, on="life", how="left")
    lost = _lost_and_moving(table, changes, as_of)
    findings = (_spread(history, company, found), _present(history, company, table, lost))
    evidence = _evidence(history, found)
    facts = _facts(found, several, alone, nobody, history, as_of, evidence)
    return Answer(findings, (_section(history, found, table, (several, alone, nobody), findings, evidence),), facts)


def view_of(history: History, files: pl.DataFrame, changes: pl.DataFrame, as_of: date) -> analysis.View:
    """Bundle what the estimators count."""
    last = changes.filter("code").group_by("person").agg(pl.col("day").max())
    return analysis.View(files, changes, dict(last.iter_rows()), frozenset(experts.present(history, as_of)), as_of, history.imports)


def everything(history: History) -> pl.DataFrame:
    """Return all files at HEAD whose history is known, whatever their kind."""
    return history.files.filter(pl.col("life").is_not_null())


def _too_little(history: History, files: pl.DataFrame, authors: int) -> Answer:
    commits = sum(r.commits for r in history.repositories)
    statement = f"{plural(commits, 'commit')} by {plural(authors, 'person', 'people')} on {plural(files.height, 'source file')}: too little for a truck factor."
    if authors == 1:
        statement = f"One person wrote all {plural(files.height, 'source file')}: everything hangs on them, and no factor says more."
    finding = Finding(
        SPREAD,
        Outcome.UNKNOWN,
        ("whole",),
        statement,
        repository=citing.key(history, 0),
        unlock="the repository with the full history, or the roster",
    )
    return Answer((finding,), (Section(ABOUT.id, ABOUT.title, statement, (Findings((finding,)),)),))


def _size_words(found: analysis.Range) -> str:
    span = str(found.low) if found.low == found.high else f"{found.low} to {found.high}"
    return f"{found.headline.size} (range {span})"


def _spread(history: History, company: Company, found: analysis.Range) -> Finding:
    size = found.headline.size
    outcome = Outcome.UNMET if found.high == 1 else Outcome.MET if found.low >= ENOUGH else Outcome.UNKNOWN
    names = listed([mention(history.people[person].id) for person in found.headline.here]) or "nobody who is still here"
    sensitive = f" Sensitive to: {found.mover}." if found.mover and found.high >= 2 * found.low and found.high > found.low + 1 else ""
    days = rates.draw("knowledge.second_owner", 5, 10, 20)
    return Finding(
        check=SPREAD,
        outcome=outcome,
        subject=("whole",),
        repository=citing.key(history, 0),
        title=f"{in_words(size).capitalize()} {'person carries' if size == 1 else 'people carry'} half of what is known about the code",
        statement=f"Truck factor {_size_words(found)}: half of the knowledge is with {names}.{sensitive}",
        urgency=Urgency.ACT if found.high == 1 else Urgency.FINE if outcome is Outcome.MET else Urgency.PLAN,
        citations=citing.cite_all(history),
        exposure_note="priced per person under departures, so that it is not counted twice",
        cost_to_cure=costs.price(days, company, "PERT(5, 10, 20) days of pairing, a product default")
        if outcome is not Outcome.MET
        else None,
        confidence=f"{len(found.readings)} readings agree on {found.low} to {found.high}",
        unlock="the roster (who has left, who is about to join) and reviews from the code host" if outcome is Outcome.UNKNOWN else "",
        recommendation=None
        if outcome is Outcome.MET
        else Recommendation(
            "Let a second person take the next changes in the parts one person carries",
            "lead developer",
            costs.effort(days, "PERT(5, 10, 20) days of pairing, a product default"),
            "the low end of the truck factor range is 3 or more",
        ),
    )


def _lost_and_moving(table: pl.DataFrame, changes: pl.DataFrame, as_of: date) -> pl.DataFrame:
    recent = (
        changes.filter((pl.col("day") > experts.ordinal(as_of) - MOVING_DAYS) & ~pl.col("co"))
        .group_by("life")
        .agg(recent=pl.col("commit").n_unique())
    )
    return table.filter(pl.col("knowers") == 0).join(recent, on="life", how="inner").sort(["recent", "path"], descending=[True, False])


def _present(history: History, company: Company, table: pl.DataFrame, lost: pl.DataFrame) -> Finding:
    nobody = table.filter(pl.col("knowers") == 0).height
    if not nobody:
        return Finding(
            PRESENT, Outcome.MET, ("whole",), f"Somebody still here knows each of {plural(table.height, 'source file')}.",
            repository=citing.key(history, 0), urgency=Urgency.FINE, citations=citing.cite_all(history),
        )  # fmt: skip
    moving = lost.height
    days = rates.draw("knowledge.reading", *READING_HOURS) * max(moving, 1) / 8
    formula = f"{max(moving, 1)} lost and moving file(s) x PERT(2, 5, 12) hours / 8, a product default"
    cited = lost if moving else table.filter(pl.col("knowers") == 0)
    return Finding(
        check=PRESENT,
        outcome=Outcome.UNMET if moving else Outcome.MET,
        subject=("whole",),
        repository=citing.key(history, 0),
        title=f"Nobody still here knows {plural(nobody, 'source file')}",
        statement=f"{plural(nobody, 'source file')} of {table.height:,} {'was' if nobody == 1 else 'were'} written by people silent for a year or more; "
        f"{moving:,} of them changed within the year.",
        urgency=Urgency.PLAN if moving > table.height * 0.05 else Urgency.WATCH,
        citations=tuple(citing.cite(history, r, p) for r, p in cited.head(5).select("repository", "path").iter_rows()),
        exposure_note="not priced: knowledge that is gone shows as slower and riskier changes, which need tracker data",
        cost_to_cure=costs.price(days, company, formula),
        recommendation=Recommendation(
            "Adopt the lost files that still change: read, describe on one page, add a test",
            "lead developer",
            costs.effort(days, formula),
            f"fewer than {max(1, moving // 2):,} moving files have no knower",
        )
        if moving
        else None,
    )


def _evidence(history: History, found: analysis.Range) -> Evidence:
    shown = "; ".join(f"{name}: {size}" for name, size in found.readings)
    method = (
        "Half each of file authorship (degree of authorship, half-life 730 days) and of days with work on source files, halved per year of silence; "
        f"the fewest people with half of the total. Readings: {shown}."
    )
    return citing.evidence(history, method, rows="evidence/knowers.csv")


def _facts(
    found: analysis.Range, several: int, alone: int, nobody: int, history: History, as_of: date, evidence: Evidence
) -> tuple[Fact, ...]:
    total = several + alone + nobody
    people = [person for person in history.people if not person.bot]
    here = len(experts.present(history, as_of))
    return (
        Fact("truck_factor", str(found.headline.size) if found.low == found.high else f"{found.low}–{found.high}",
             "people would have to leave before half of the knowledge is gone", ABOUT.id, evidence),
        Fact("known_to_one", percent(alone / total), f"of {total:,} source files are known to one person here, {percent(nobody / total)} to nobody", ABOUT.id, evidence),
        Fact("people", f"{here} of {len(people):,}", "people who wrote the code were active within a year", ABOUT.id, evidence),
    )  # fmt: skip


def _headline(found: analysis.Range) -> str:
    main = found.headline
    size = in_words(main.size).capitalize()
    carry = f"{size} {'person carries' if main.size == 1 else 'people carry'} half of what is known about this code"
    if not main.here:
        return f"{carry}, and none of them has been active for a year."
    if main.gone:
        return f"{carry}; {in_words(len(main.gone))} more who did {'has' if len(main.gone) == 1 else 'have'} gone."
    return f"{carry}."


def _section(
    history: History,
    found: analysis.Range,
    table: pl.DataFrame,
    counts: tuple[int, int, int],
    findings: tuple[Finding, ...],
    evidence: Evidence,
) -> Section:
    _, alone, nobody = counts
    total = max(table.height, 1)
    blocks: list[Block] = [
        Figure(
            "knowledge.truck_factor",
            _size_words(found),
            "people would have to leave before half of the knowledge is gone",
            evidence,
        ),
        Figure(
            "knowledge.alone",
            percent(alone / total),
            f"of {total:,} source files are known to one person who is still here",
            evidence,
        ),
        Figure("knowledge.lost", percent(nobody / total), "are already lost: their authors have been silent for a year", evidence),
        _chart(history, table, evidence),
        _components(history, table, evidence),
        Text(DIFFERENCE),
        _readings(found, evidence),
        Findings(findings),
    ]
    return Section(ABOUT.id, ABOUT.title, _headline(found), tuple(blocks))


def _by_component(history: History, table: pl.DataFrame) -> list[tuple[str, int, int, int, int]]:
    grouped = table.group_by("repository", "component").agg(
        files=pl.len(),
        several=(pl.col("knowers") > 1).sum(),
        alone=(pl.col("knowers") == 1).sum(),
        nobody=(pl.col("knowers") == 0).sum(),
    )
    ordered = grouped.sort(["files", "component"], descending=[True, False]).iter_rows(named=True)
    return [(citing.where(history, r["repository"], r["component"]), r["files"], r["several"], r["alone"], r["nobody"]) for r in ordered]


def _chart(history: History, table: pl.DataFrame, evidence: Evidence) -> Chart:
    parts = [row for row in _by_component(history, table) if row[1] >= FEW_FILES][:12]
    rows = tuple(
        {"name": row[0], "value": count, "state": state}
        for row in parts
        for count, state in ((row[2], "two or more people"), (row[3], "one person"), (row[4], "nobody here"))
    )
    worst = max(parts, key=lambda row: (row[3] + row[4]) / row[1], default=None)
    title = (
        f"{percent((worst[3] + worst[4]) / worst[1])} of {worst[0]} is known to one person or nobody"
        if worst
        else "No part has ten files or more"
    )
    return Chart("knowledge.parts", "bars", title, rows, {"value": "source files", "category": "part of the system"}, evidence, alt=title)


def _components(history: History, table: pl.DataFrame, evidence: Evidence) -> Table:
    columns = (Column("Part"), Column("Files", figures=True), Column("Known to several", figures=True), Column("to one", figures=True),
               Column("to nobody here", figures=True), Column("State"))  # fmt: skip
    rows = tuple((*row, _state(row)) for row in _by_component(history, table))
    return Table("knowledge.components", "Who knows which part", columns, rows, evidence)


def _state(row: tuple[str, int, int, int, int]) -> str:
    if row[1] < FEW_FILES:
        return "unknown: too few files"
    if row[4] > row[1] / 2:
        return "mostly lost"
    return "island: mostly one person" if row[3] > row[1] / 2 else ""


def _readings(found: analysis.Range, evidence: Evidence) -> Table:
    columns = (Column("Reading of the method"), Column("People", figures=True))
    return Table("knowledge.readings", "The same question, asked in other ways", columns, found.readings, evidence, shown=4)
