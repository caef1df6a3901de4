"""Answer: what if a key person leaves tomorrow?"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Answer, Block, Chart, Column, Evidence, Figure, Findings, Section, Table, Text
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.records import History, Person
from quarterdeck.domain.text import foreign, listed, mention, percent, plural
from quarterdeck.kit import citing, costs, experts, rates
from quarterdeck.practices.people.departure import ABOUT, analysis
from quarterdeck.practices.people.departure.carried import Carried, Part, carried
from quarterdeck.practices.people.departure.checklist import checklist, handover_line

CHECK = Check("people/departure.covered", "Could somebody else take over at once if this person left?", version=2)
MOST_PEOPLE = 5
NAMED_PARTS, CITED_FILES = 3, 6
SCATTERED = 0.25  # of the moving sources: so much is worth a page even if it lies in parts that others work on too
SERIOUS, MATERIAL = 0.25, 0.1  # shares of what moves: to act on where nobody could take over, and to plan
UNSHALLOW = "the whole history: run `git fetch --unshallow` in the clone"
HANDOVER_HOURS = (1.0, 2.5, 6.0)  # product default: hours of pairing per moving file
BLIND = (
    "Git sees commits. Pairing, operations, design and support knowledge leave no trace there. In 21 past departures from public projects, "
    "files counted as lost were touched less than others afterwards in only 8: this evidence is weak, and says where to ask, not what will happen."
)


@dataclass(frozen=True)
class Case:
    """One person's departure, worked out."""

    number: int
    person: Person
    lost: pl.DataFrame
    moving: int
    share: float
    found: list[analysis.Candidate]
    money: analysis.Loss
    notice: bool
    parts: tuple[Part, ...]
    cited: pl.DataFrame
    weight: float

    @property
    def material(self) -> float:
        """Return how much of what moves hangs on the person: the files that are lost, or the work on the parts they carry."""
        return max(self.share, self.weight)


def answer(history: History, company: Company, as_of: date) -> Answer:
    """Work out the departure of each key person, and of everybody who has given notice."""
    files = experts.written(history)
    here = experts.present(history, as_of)
    if files.is_empty() or not here:
        return _unknown(history)
    changes = experts.human_changes(history)
    authors = experts.authorship(experts.edits(changes), as_of=as_of)
    known = experts.knowers(authors, here).join(files.select("life"), on="life", how="semi")
    moving = analysis.with_movement(files, changes, experts.ordinal(as_of))
    alone = carried(history, moving, known, changes, here, as_of)
    people = _key_people(history, alone, here, as_of)
    cases = [_case(history, company, number, moving, known, changes, here, as_of, alone) for number in people]
    findings = tuple(_finding(history, company, case) for case in cases) or (_nobody(history, here),)
    sections = _sections(history, cases, findings, moving, known, as_of)
    return Answer(findings, sections, losses={case.person.id: case.money.yearly for case in cases})


def _unknown(history: History) -> Answer:
    statement = "Nobody who wrote this code has been active within a year, or there is no source code: a departure cannot be worked out."
    finding = Finding(
        CHECK,
        Outcome.UNKNOWN,
        ("people",),
        statement,
        repository=citing.whole_key(history),
        unlock="a roster with start and end dates in the company file",
    )
    return Answer((finding,), (Section(ABOUT.id, ABOUT.title, statement, (Findings((finding,)),), names=True),))


def _key_people(history: History, alone: Carried, here: list[int], as_of: date) -> list[int]:
    """Return those with a last day ahead, and then the people who alone carry parts or a quarter of what moves."""
    leaving = [number for number in here if (end := history.people[number].end) and end > as_of]
    key = [number for number in here if number not in leaving and (alone.of(number) or alone.share(number) >= SCATTERED)]
    key.sort(key=lambda number: (-max(alone.weight(number), alone.share(number)), number))
    return [*leaving, *key][: max(MOST_PEOPLE, len(leaving))]


def _case(
    history: History,
    company: Company,
    number: int,
    files: pl.DataFrame,
    known: pl.DataFrame,
    changes: pl.DataFrame,
    here: list[int],
    as_of: date,
    alone: Carried,
) -> Case:
    person = history.people[number]
    lost = analysis.lost_files(files, known, [number])
    moving, total = lost.filter("moving").height, files.filter("moving").height
    share = moving / total if total else lost.height / files.height
    found = analysis.candidates(lost, changes, here, [number], experts.ordinal(as_of)) if lost.height else []
    working = analysis.regulars(changes, lost, {*here} - {number}, experts.ordinal(as_of))
    notice = person.end is not None and person.end > as_of
    money = analysis.loss(company, person.id, share, working, notice=notice, successor=analysis.has_successor(found))
    parts = alone.of(number)
    return Case(number, person, lost, moving, share, found, money, notice, parts, _cited(lost, alone, parts), alone.weight(number))


def _cited(lost: pl.DataFrame, alone: Carried, parts: tuple[Part, ...]) -> pl.DataFrame:
    """Return the busiest files that nobody else knows: of the parts that the finding names, in turn, or else of all that is lost."""
    if not parts:
        return lost.sort(["recent", "path"], descending=[True, False]).head(CITED_FILES)
    each = CITED_FILES // len(parts[:NAMED_PARTS])
    return pl.concat([alone.files(part).head(each).select("repository", "path") for part in parts[:NAMED_PARTS]])


def _finding(history: History, company: Company, case: Case) -> Finding:
    who = mention(case.person.id)
    days = rates.draw("departure.handover", *HANDOVER_HOURS) * max(case.moving, 1) / 8
    formula = f"PERT(1, 2.5, 6) hours of pairing x {plural(max(case.moving, 1), 'moving file')} / 8, a product default"
    return Finding(
        check=CHECK,
        outcome=Outcome.UNMET if case.lost.height else Outcome.UNKNOWN,
        subject=("person", case.person.id),
        title=f"{who} {'has given notice' if case.notice else 'leaves'}",
        statement=f"{_carries(history, case)}{plural(case.lost.height, 'file')} would have nobody left who knows {'it' if case.lost.height == 1 else 'them'}; "
        f"{_moving_words(case)} {_who_could(history, case)}",
        urgency=_urgency(case),
        citations=tuple(citing.cite(history, repository, path) for repository, path in case.cited.select("repository", "path").iter_rows()),
        chance=case.money.chance,
        exposure=case.money.if_happens,
        exposure_note=f"if it happens; chance within a year {percent(case.money.chance)} ({case.money.chance_note})",
        cost_to_cure=costs.price(days, company, formula),
        confidence="from commits alone",
        unlock="" if case.lost.height else "a conversation: this person has given notice, and git shows nothing that only they know",
        recommendation=Recommendation(
            action=f"Give {_place(history, case)}, known to {who} alone, a second owner by pairing on the files that move",
            owner_role="lead developer",
            effort=costs.effort(days, formula),
            done_when=_fewer(case.moving, "known to this person alone"),
        ),
    )


def _urgency(case: Case) -> Urgency:
    """Act where somebody who matters has given notice, or so much would be lost that nobody could take it over."""
    matters = bool(case.parts) or case.share >= MATERIAL
    if (case.notice and matters) or (case.material >= SERIOUS and not analysis.has_successor(case.found)):
        return Urgency.ACT
    return Urgency.PLAN if case.notice or case.material >= MATERIAL else Urgency.WATCH


def _carries(history: History, case: Case) -> str:
    """Say which parts hang on the person, with what makes them matter."""
    if not case.parts:
        return ""
    told = [
        f"{_folder(history, part)} ({part.alone} of {plural(part.files, 'moving source file')}, {_pace(part)})"
        for part in case.parts[:NAMED_PARTS]
    ]
    more = len(case.parts) - NAMED_PARTS
    return f"{mention(case.person.id)} alone carries {listed([*told, *([plural(more, 'more part')] if more > 0 else [])])}. "


def _pace(part: Part) -> str:
    return f"{plural(part.commits, 'commit')} in a year" + (f", {percent(part.share)} of its repository" if part.folder else "")


def _folder(history: History, part: Part) -> str:
    if part.folder:
        return citing.where(history, part.repository, part.folder)
    return f"all of {foreign(history.repositories[part.repository].name)}"


def _place(history: History, case: Case) -> str:
    """Name the part that is carried alone or that most lost files lie in, so that whoever gets the message knows what is meant."""
    names = [_folder(history, part) for part in case.parts] or [str(row[0]) for row in _parts(history, case)]
    more = f" and {plural(len(names) - 1, 'more part')}" if len(names) > 1 else ""
    return f"{names[0]}{more}" if names else "the work in progress"


def _fewer(moving: int, what: str) -> str:
    goal = moving // 2
    return f"at most {plural(goal, 'moving file')} {'is' if goal == 1 else 'are'} {what}" if goal else f"no moving file is {what}"


def _moving_words(case: Case) -> str:
    return "None of them changed within a year." if not case.moving else f"{case.moving:,} of them changed within a year."


def _who_could(history: History, case: Case) -> str:
    able = [each for each in case.found if each.chance != "unlikely"]
    if not able:
        return "No internal successor."
    best = able[0]
    return f"Closest successor: {mention(history.people[best.person].id)}, who has worked on {best.files:,} of them ({best.chance})."


def _nobody(history: History, here: list[int]) -> Finding:
    """Say that nobody carries a part alone; a history that is cut off cannot show it."""
    cut = any(repository.shallow_since for repository in history.repositories)
    if cut:
        statement = (
            "The history is cut off: whoever stands at the cut seems to have made everything, so nobody can be told to carry a part alone."
        )
        return Finding(CHECK, Outcome.UNKNOWN, ("people",), statement, repository=citing.whole_key(history), unlock=UNSHALLOW)
    people = plural(len(here), "person", "people")
    statement = f"Among {people} in the roster or with a commit within a year, nobody alone carries a part that matters and moves, or {SCATTERED:.0%} of the moving source files."
    return Finding(CHECK, Outcome.MET, ("people",), statement, urgency=Urgency.FINE, citations=citing.cite_all(history))


def _sections(
    history: History,
    cases: list[Case],
    findings: tuple[Finding, ...],
    files: pl.DataFrame,
    known: pl.DataFrame,
    as_of: date,
) -> tuple[Section, ...]:
    method = (
        "A file is lost when every person still here would be gone who knows it, by degree of authorship or by a tenth of the work on it. Still here: "
        "active within 365 days, or in the roster without an end date. Moving: changed within a year. Carried alone: a folder that moves, more than half "
        "of whose source files one person alone knows, and where nobody else here did a tenth of the work."
    )
    evidence = citing.evidence(history, method, rows="evidence/continuity/knowers.csv")
    tables = (_everybody(history, known, files, evidence), _knowers(history, known, files, evidence))
    if not cases:
        return (Section(ABOUT.id, ABOUT.title, findings[0].statement, (*tables, Text(BLIND), Findings(findings)), names=True),)
    worst = max(cases, key=lambda case: (case.moving, case.lost.height))
    headline = f"If {mention(worst.person.id)} left, {plural(worst.lost.height, 'file')} would have nobody left who knows {'it' if worst.lost.height == 1 else 'them'}."
    blocks: tuple[Block, ...] = (
        _chart(cases, evidence),
        *tables,
        Text(BLIND),
        Findings(findings),
    )
    overview = Section(ABOUT.id, ABOUT.title, headline, blocks, names=True)
    return (overview, *(_page(history, case, evidence, as_of) for case in cases))


def _chart(cases: list[Case], evidence: Evidence) -> Chart:
    rows = tuple(
        {"name": mention(case.person.id), "value": part, "state": state}
        for case in cases
        for part, state in ((case.moving, "changed within a year"), (case.lost.height - case.moving, "quiet"))
    )
    total = sum(case.lost.height for case in cases)
    title = f"{plural(total, 'file')} hang on {'one person' if len(cases) == 1 else f'{len(cases)} people, each alone'}"
    return Chart(
        "departure.lost",
        "bars",
        title,
        rows,
        {"value": "files that lose their last knower", "category": "if this person leaves"},
        evidence,
        alt=title,
    )


def _everybody(history: History, known: pl.DataFrame, files: pl.DataFrame, evidence: Evidence) -> Table:
    """List, for continuity only, what hangs on each person still here."""
    alone = known.filter(pl.len().over("life") == 1).join(files.select("life", "moving"), on="life")
    counts = alone.group_by("person").agg(files=pl.len(), moving=pl.col("moving").sum())
    knows = known.group_by("person").agg(knows=pl.len())
    rows = knows.join(counts, on="person", how="left").fill_null(0).sort(["files", "knows", "person"], descending=[True, True, False])
    return Table(
        "departure.everybody",
        "What hangs on each person, for continuity only",
        (
            Column("Person"),
            Column("Files known", figures=True),
            Column("Known to nobody else", figures=True),
            Column("of these moving", figures=True),
        ),
        tuple((mention(history.people[r["person"]].id), r["knows"], r["files"], r["moving"]) for r in rows.head(100).iter_rows(named=True)),
        evidence,
    )


def _knowers(history: History, known: pl.DataFrame, files: pl.DataFrame, evidence: Evidence) -> Table:
    """List each file with the people still here who know it: the rows behind every figure about knowers."""
    who = known.sort("person").group_by("life").agg("person")
    rows = files.join(who, on="life", how="left").sort(["recent", "path"], descending=[True, False])
    columns = (Column("File"), Column("Known to"), Column("People", figures=True), Column("Changes in a year", figures=True))
    named = ((row["person"] or [], row) for row in rows.iter_rows(named=True))
    cells = tuple(
        (
            citing.where(history, row["repository"], row["path"]),
            ", ".join(mention(history.people[person].id) for person in people) or "nobody here",
            len(people),
            row["recent"],
        )
        for people, row in named
    )
    return Table("knowers", "Who knows which file", columns, cells, evidence)


def _page(history: History, case: Case, evidence: Evidence, as_of: date) -> Section:
    who = mention(case.person.id)
    able = [each.person for each in case.found if each.chance != "unlikely"]
    parts = _parts(history, case)
    headline = (
        f"{who} alone knows {plural(case.lost.height, 'file')}, mostly in {listed([str(row[0]) for row in parts[:2]])}."
        if parts
        else f"{who} is the only knower of no file."
    )
    money = case.money
    blocks: list[Block] = [
        Figure(f"departure.lost.{case.person.id}", f"{case.lost.height:,}", f"files lose their last knower, {case.moving:,} of them moving", evidence),
        Figure(f"departure.cost.{case.person.id}", money.if_happens.span, f"if it happens, most likely {str(money.if_happens).rpartition(' ')[2]}; chance within a year {percent(money.chance)}",
               Evidence(money.if_happens.formula, rows="; ".join(money.if_happens.inputs), coverage=money.if_happens.basis)),
    ]  # fmt: skip
    if parts:
        columns = (
            Column("Part"),
            Column("Files lost", figures=True),
            Column("Moving", figures=True),
            Column("Changes in a year", figures=True),
        )
        blocks.append(Table(f"departure.parts.{case.person.id}", "Where they are", columns, tuple(parts), evidence))
        blocks.append(_successors(history, case, evidence))
    blocks.append(checklist(history, case.number, case.lost, as_of, handover_line(able, history)))
    return Section(f"{ABOUT.id}/{case.person.id}", f"If {who} leaves", headline, tuple(blocks), names=True)


def _parts(history: History, case: Case) -> list[tuple[str, int, int, int]]:
    grouped = case.lost.group_by("repository", "component").agg(
        files=pl.len(), moving=pl.col("moving").sum(), recent=pl.col("recent").sum()
    )
    ordered = grouped.sort(["moving", "files", "component"], descending=[True, True, False])
    return [
        (citing.where(history, r["repository"], r["component"]), r["files"], r["moving"], r["recent"])
        for r in ordered.iter_rows(named=True)
    ]


def _successors(history: History, case: Case, evidence: Evidence) -> Table:
    rows = tuple((mention(history.people[each.person].id), each.files, each.chance) for each in case.found) or (
        ("no internal successor", 0, "hire or pair now"),
    )
    columns = (Column("Who could take over"), Column("Worked on of the lost files", figures=True), Column("How sure"))
    return Table(f"departure.successors.{case.person.id}", "Who could take over", columns, rows, evidence)
