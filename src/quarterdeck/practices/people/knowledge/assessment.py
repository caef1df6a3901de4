"""Answer: who understands the system today, and how few people carry half of it?"""

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Answer, Block, Chart, Column, Evidence, Fact, Figure, Findings, Section, Table, Text
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.records import History
from quarterdeck.domain.text import foreign, in_words, listed, mention, percent, plural
from quarterdeck.kit import citing, costs, experts, rates
from quarterdeck.practices.people.knowledge import ABOUT, analysis, lost

SPREAD = Check("people/knowledge.spread", "Would at least three people have to leave before half of the knowledge is gone?")
PRESENT = lost.PRESENT  # the catalogue of checks reads them here
ENOUGH = 3
FEW_COMMITS, FEW_PEOPLE, FEW_FILES = 20, 2, 10
LEAVE = "people would have to leave before half of the knowledge is gone"
PART_LINES = 0.1  # a part with more than this share of all lines must not hang on one person
MOST_PARTS = 8
PAIR = "Let a second person take the next changes in the parts one person carries"
ROSTER = "the roster (who has left, who is about to join) and reviews from the code host"
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
    unknown = lost.files_lost(table, changes, as_of)
    doubt = lost.Doubt(lost.files_in_doubt(table, changes, as_of), view.present, view.paused)
    parts = _parts(history, view, table)
    counts = (several, alone, nobody)
    findings = (*_main_findings(history, company, found, counts, unknown, doubt), *_islands(history, company, parts, table))
    evidence = _evidence(history, found)
    facts = _facts(found, counts, history, as_of, evidence)
    return Answer(findings, (_section(found, parts, counts, findings, evidence),), facts)


def _main_findings(
    history: History, company: Company, found: analysis.Range, counts: tuple[int, int, int], unknown: pl.DataFrame, doubt: lost.Doubt
) -> tuple[Finding, ...]:
    """Return the findings about the whole, the one that leads first."""
    if lost.mostly_lost(counts):
        return lost.nearly_all_lost(history, company, counts, unknown), _no_spread(history, counts)
    return _spread(history, company, found), *lost.known_or_lost(history, company, counts, unknown, doubt)


def view_of(history: History, files: pl.DataFrame, changes: pl.DataFrame, as_of: date) -> analysis.View:
    """Bundle what the estimators count."""
    last = changes.filter("code").group_by("person").agg(pl.col("day").max())
    here, paused = frozenset(experts.present(history, as_of)), frozenset(experts.paused(history, as_of))
    return analysis.View(files, changes, dict(last.iter_rows()), here, as_of, history.imports, paused)


def everything(history: History) -> pl.DataFrame:
    """Return all files at HEAD whose history is known, whatever their kind."""
    return history.files.filter(pl.col("life").is_not_null())


def _too_little(history: History, files: pl.DataFrame, authors: int) -> Answer:
    commits = sum(r.commits for r in history.repositories)
    statement = f"{plural(commits, 'commit')} by {plural(authors, 'person', 'people')} on {lost.in_files(files.height)}: too little for a truck factor."
    if authors == 1:
        statement = f"One person wrote all {lost.in_files(files.height)}: everything hangs on them, and no factor says more."
    finding = Finding(
        SPREAD,
        Outcome.UNKNOWN,
        ("whole",),
        statement,
        repository=citing.whole_key(history),
        unlock="the repository with the full history, or the roster",
    )
    return Answer((finding,), (Section(ABOUT.id, ABOUT.title, statement, (Findings((finding,)),)),))


def _size_words(found: analysis.Range) -> str:
    span = str(found.low) if found.low == found.high else f"{found.low} to {found.high}"
    return f"{found.headline.size} (range {span})"


def _spread_outcome(history: History, found: analysis.Range) -> tuple[Outcome, str]:
    """Judge the range; a history that is cut off decides nothing, since it crowns whoever stands at the cut."""
    if lost.cut_off(history):
        return Outcome.UNKNOWN, lost.UNSHALLOW
    if found.high == 1:
        return Outcome.UNMET, ""
    return (Outcome.MET, "") if found.low >= ENOUGH else (Outcome.UNKNOWN, ROSTER)


def _spread(history: History, company: Company, found: analysis.Range) -> Finding:
    size = found.headline.size
    outcome, unlock = _spread_outcome(history, found)
    names = listed([mention(history.people[person].id) for person in found.headline.here]) or "nobody who is still here"
    sensitive = f" Sensitive to: {found.mover}." if found.mover and found.high >= 2 * found.low and found.high > found.low + 1 else ""
    days = rates.draw("knowledge.second_owner", 5, 10, 20)
    return Finding(
        check=SPREAD,
        outcome=outcome,
        subject=("whole",),
        repository=citing.whole_key(history),
        title=f"{in_words(size).capitalize()} {'person carries' if size == 1 else 'people carry'} half of what is known about the code",
        statement=f"Truck factor {_size_words(found)}: half of the knowledge is with {names}.{sensitive}",
        urgency=Urgency.ACT if found.high == 1 else Urgency.FINE if outcome is Outcome.MET else Urgency.PLAN,
        citations=citing.cite_all(history),
        exposure_note="priced per person under departures, so that it is not counted twice",
        cost_to_cure=costs.price(days, company, "PERT(5, 10, 20) days of pairing, a product default")
        if outcome is not Outcome.MET
        else None,
        confidence=agreement(found),
        unlock=unlock,
        recommendation=None
        if outcome is Outcome.MET
        else Recommendation(
            PAIR if found.headline.here else lost.INHERIT,
            "lead developer",
            costs.effort(days, "PERT(5, 10, 20) days of pairing, a product default"),
            "the low end of the truck factor range is 3 or more",
        ),
    )


def agreement(found: analysis.Range) -> str:
    """Say how many of the readings lie in the range shown, which is narrower than all of them where they lie far apart."""
    inside = sum(found.low <= size <= found.high for _, size in found.readings)
    span = f"are {found.low}" if found.low == found.high else f"lie in {found.low} to {found.high}"
    return f"{inside} of {plural(len(found.readings), 'reading')} {span}"


def _no_spread(history: History, counts: tuple[int, int, int]) -> Finding:
    """Give no truck factor where those who would be counted carry next to nothing; a history that is cut off decides nothing."""
    several, alone, _ = counts
    statement = f"The people still here know {several + alone:,} of {lost.in_files(sum(counts))}: too few for a truck factor, which would count people who are gone."
    cut = lost.cut_off(history)
    outcome, unlock = (Outcome.UNKNOWN, lost.UNSHALLOW) if cut else (Outcome.NOT_APPLICABLE, "")
    urgency = Urgency.UNKNOWN if cut else Urgency.FINE
    return Finding(SPREAD, outcome, ("whole",), statement, repository=citing.whole_key(history), urgency=urgency, unlock=unlock)


@dataclass(frozen=True)
class Part:
    """A part of the system with its own truck factor; low and high are 0 where it has too few files."""

    repository: int
    component: str
    name: str
    files: int
    counts: tuple[int, int, int]
    lines_share: float
    low: int = 0
    high: int = 0


def _parts(history: History, view: analysis.View, table: pl.DataFrame) -> list[Part]:
    """Return the parts by size; the largest ones with a truck factor of their own."""
    lines = float(table["lines"].sum() or 1)
    grouped = table.group_by("repository", "component").agg(
        files=pl.len(),
        several=(pl.col("knowers") > 1).sum(),
        alone=(pl.col("knowers") == 1).sum(),
        nobody=(pl.col("knowers") == 0).sum(),
        lines=pl.col("lines").sum(),
    )
    parts = []
    for rank, row in enumerate(grouped.sort(["files", "component"], descending=[True, False]).iter_rows(named=True)):
        inside = table.filter((pl.col("repository") == row["repository"]) & (pl.col("component") == row["component"]))
        worth = row["files"] >= FEW_FILES and rank < MOST_PARTS
        low, high = analysis.quick_range(replace(view, files=inside)) if worth else (0, 0)
        name = citing.where(history, row["repository"], row["component"])
        counts = (row["several"], row["alone"], row["nobody"])
        parts.append(Part(row["repository"], foreign(row["component"]), name, row["files"], counts, row["lines"] / lines, low, high))
    return parts


def _islands(history: History, company: Company, parts: list[Part], table: pl.DataFrame) -> list[Finding]:
    """Report each large part that hangs on one person, whatever reading of the method is taken."""
    days = rates.draw("knowledge.second_owner", 5, 10, 20)
    formula = "PERT(5, 10, 20) days of pairing, a product default"
    found = []
    for part in parts:
        if part.high != 1 or part.lines_share <= PART_LINES or part.files == table.height or lost.mostly_lost(part.counts):
            continue
        advice = Recommendation(
            f"Find a second owner for {part.name}", "lead developer", costs.effort(days, formula), "its truck factor is 2 or more"
        )
        found.append(
            Finding(
                check=SPREAD,
                outcome=Outcome.UNMET,
                subject=("part", part.component),  # without the name of the repository, which may change
                repository=citing.key(history, part.repository),
                title=f"{part.name} hangs on one person",
                statement=f"{part.name} ({plural(part.files, 'file')}, {percent(part.lines_share)} of the lines) has a truck factor of 1 in every reading.",
                urgency=Urgency.PLAN,
                citations=(citing.cite(history, part.repository),),
                exposure_note="priced per person under departures, so that it is not counted twice",
                cost_to_cure=costs.price(days, company, formula),
                recommendation=advice,
            )
        )
    return found


def _evidence(history: History, found: analysis.Range) -> Evidence:
    shown = "; ".join(f"{name}: {size}" for name, size in found.readings)
    method = (
        "Half each of file authorship (degree of authorship, half-life 730 days) and of days with work on source and test files, halved per year of silence; "
        f"the fewest people with half of the total. Readings: {shown}."
    )
    return citing.evidence(history, method, rows="evidence/continuity/knowers.csv")


def _facts(found: analysis.Range, counts: tuple[int, int, int], history: History, as_of: date, evidence: Evidence) -> tuple[Fact, ...]:
    several, alone, nobody = counts
    total = several + alone + nobody
    people = [person for person in history.people if not person.bot]
    here = len(experts.present(history, as_of))
    size = str(found.headline.size) if found.low == found.high else f"{found.low}–{found.high}"
    main = (
        Fact("known_to_nobody", percent(nobody / total), f"of {lost.in_files(total)} are known to nobody who is still here", ABOUT.id, evidence),
    ) if lost.mostly_lost(counts) else (
        Fact("truck_factor", size, LEAVE, ABOUT.id, evidence),
        Fact("known_to_one", percent(alone / total), f"of {lost.in_files(total)} are known to one person here, {percent(nobody / total)} to nobody", ABOUT.id, evidence),
    )  # fmt: skip
    return (*main, Fact("people", f"{here} of {len(people):,}", "people who wrote the code were active within a year", ABOUT.id, evidence))


def _headline(found: analysis.Range, counts: tuple[int, int, int]) -> str:
    if lost.mostly_lost(counts):
        return f"{lost.known_here(counts)}."
    main = found.headline
    size = in_words(main.size).capitalize()
    carry = f"{size} {'person carries' if main.size == 1 else 'people carry'} half of what is known about this code"
    if not main.here:
        return f"{carry}, and {'that person has not' if main.size == 1 else 'none of them has'} been active for a year."
    if main.gone:
        return f"{carry}; {in_words(len(main.gone))} more who did {'has' if len(main.gone) == 1 else 'have'} gone."
    return f"{carry}."


def _section(
    found: analysis.Range, parts: list[Part], counts: tuple[int, int, int], findings: tuple[Finding, ...], evidence: Evidence
) -> Section:
    _, alone, nobody = counts
    total, gone = max(sum(counts), 1), lost.mostly_lost(counts)
    blocks: list[Block] = [
        *(() if gone else (Figure("knowledge.truck_factor", _size_words(found), LEAVE, evidence),)),
        Figure("knowledge.alone", percent(alone / total), f"of {lost.in_files(total)} are known to one person who is still here", evidence),
        Figure("knowledge.lost", percent(nobody / total), "are known to nobody who is still here", evidence),
        *_chart(parts, evidence),
        _components(parts, evidence),
        Text(DIFFERENCE),
        *(() if gone else (_readings(found, evidence),)),
        Findings(findings),
    ]
    return Section(ABOUT.id, ABOUT.title, _headline(found, counts), tuple(blocks))


def _chart(parts: list[Part], evidence: Evidence) -> tuple[Chart, ...]:
    drawn = [part for part in parts if part.files >= FEW_FILES][:12]
    if not drawn:
        return ()
    rows = tuple(
        {"name": part.name, "value": count, "state": state}
        for part in drawn
        for count, state in zip(part.counts, ("two or more people", "one person", "nobody here"), strict=True)
    )
    worst = max(drawn, key=lambda part: (part.files - part.counts[0]) / part.files)
    title = f"{percent(1 - worst.counts[0] / worst.files)} of {worst.name} is known to one person or nobody"
    labels = {"value": "source and test files", "category": "part of the system"}
    return (Chart("knowledge.parts", "bars", title, rows, labels, evidence, alt=title),)


def _components(parts: list[Part], evidence: Evidence) -> Table:
    columns = (Column("Part"), Column("Files", figures=True), Column("Known to several", figures=True), Column("to one", figures=True),
               Column("to nobody here", figures=True), Column("Truck factor", figures=True), Column("State"))  # fmt: skip
    rows = tuple((part.name, part.files, *part.counts, _factor(part), _state(part)) for part in parts)
    return Table("knowledge.components", "Who knows which part", columns, rows, evidence)


def _factor(part: Part) -> str:
    return "" if not part.high else str(part.low) if part.low == part.high else f"{part.low}–{part.high}"


def _state(part: Part) -> str:
    if part.files < FEW_FILES:
        return "unknown: too few files"
    if part.counts[2] > part.files / 2:
        return "mostly lost"
    return "island: mostly one person" if part.counts[1] > part.files / 2 else ""


def _readings(found: analysis.Range, evidence: Evidence) -> Table:
    columns = (Column("Reading of the method"), Column("People", figures=True))
    return Table("knowledge.readings", "The same question, asked in other ways", columns, found.readings, evidence, shown=4)
