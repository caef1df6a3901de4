"""Answer: which few files take most change while being hard to change?"""

from datetime import date

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Answer, Block, Chart, Column, Evidence, Fact, Figure, Findings, Section, Table
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.records import History, Repository
from quarterdeck.domain.text import foreign, in_words, listed, percent, plural
from quarterdeck.kit import citing, costs, experts, rates
from quarterdeck.practices.architecture.hotspots import ABOUT, analysis, inside

CHECK = Check("architecture/hotspots.hot_file", "Is no file both among the busiest and among the hardest to change?", 2)
CHECK_DUPLICATION = inside.DUPLICATION
REVIEW_DAYS = (2.0, 5.0, 12.0)  # product default: cutting one hot file into parts, with tests
OWN = " It stands out in its own repository, and not among the files of all."
MAP_FILES = 250
MOST_FINDINGS = 10


def answer(history: History, company: Company, as_of: date) -> Answer:
    """Rank the files and report the hotspots."""
    files = experts.written(history).filter(pl.col("kind") == "source")
    since = citing.window_start(history, as_of)
    changes = experts.human_changes(history)
    counts = analysis.revisions(changes, experts.ordinal(since))
    table = analysis.ranked(files, counts)
    cut = tuple(each for each in history.repositories if each.shallow_since and each.shallow_since > since)
    if table.is_empty() or not table["revisions"].sum():
        return _unknown(history, company, table, since)
    hot, within = table.filter("hotspot"), inside.look(history, files)
    hottest = analysis.chosen(hot, MOST_FINDINGS).iter_rows(named=True)
    ranked = tuple(_finding(history, company, row, inside.of_file(within.functions, row)) for row in hottest)
    rest = (_cut_off(cut),) if cut else () if ranked else (_met(history, table),)
    findings = (*ranked, *rest, inside.duplication(history, company, within))
    section = _section(history, table, within, findings, since, as_of)
    share = analysis.top_share(table) or 0.0
    fact = Fact(
        "hotspots.top_share",
        percent(share),
        "of all changes fall on the busiest 5 % of source files",
        ABOUT.id,
        section_evidence(section),
    )
    return Answer(findings, (section,), (fact,))


def _cut_off(cut: tuple[Repository, ...]) -> Finding:
    """Say that changes are missing where history is cut off inside the window, so that finding nothing proves nothing."""
    names = listed([foreign(each.name) for each in cut])
    statement = f"The history of {names} is cut off inside the window (shallow clone), so which other files change often is not known."
    return Finding(CHECK, Outcome.UNKNOWN, ("files",), statement, unlock="the whole history: run `git fetch --unshallow`")


def section_evidence(section: Section) -> Evidence:
    """Return how the first figure of a section is known."""
    return next(block.evidence for block in section.blocks if isinstance(block, Figure))


def _unknown(history: History, company: Company, table: pl.DataFrame, since: date) -> Answer:
    """Say that nothing can be ranked; what files are like inside can be told all the same."""
    sweeps = analysis.sweeps(experts.human_changes(history), experts.ordinal(since))
    only = f" but in {plural(sweeps, 'commit')} over more than {analysis.SWEEP_FILES} files each" if sweeps else ""
    statement = f"No source file changed since {since:%d %b %Y}{only}, so nothing can be ranked."
    finding = Finding(
        CHECK,
        Outcome.UNKNOWN,
        ("files",),
        statement,
        unlock="a repository with recent work, or --since with an earlier day",
    )
    if table.is_empty():
        return Answer((finding,), (Section(ABOUT.id, ABOUT.title, statement, (Findings((finding,)),)),))
    within = inside.look(history, table)
    findings = (finding, inside.duplication(history, company, within))
    return Answer(findings, (Section(ABOUT.id, ABOUT.title, statement, (*inside.blocks(history, within, table), Findings(findings))),))


def _finding(history: History, company: Company, row: dict[str, object], functions: pl.DataFrame) -> Finding:
    repository, path = int(str(row["repository"])), str(row["path"])
    days = rates.draw("hotspot.review", *REVIEW_DAYS)
    formula = "PERT(2, 5, 12) days to cut one file into parts with tests, a product default"
    place = citing.where(history, repository, path)
    described, first, name = inside.words(history, functions)
    line = f":{functions['line'][0]}" if first else ""
    action = f"Cut {place} into smaller parts at the places that change most, with tests first"
    return Finding(
        check=CHECK,
        outcome=Outcome.UNMET,
        subject=("file", str(row["life_key"])),
        repository=citing.key(history, repository),
        title=f"{place} is changed often and hard to change",
        statement=f"{place} was changed {row['revisions']} times by {plural(int(str(row['authors'])), 'person', 'people')} in the window; "
        f"it has {row['lines']:,} lines.{OWN if row['own_hotspot'] else ''}{described}",
        urgency=Urgency.WATCH if row["own_hotspot"] else Urgency.PLAN,
        citations=(citing.cite(history, repository, f"{path}{line}"),),
        exposure_note="not priced: a hotspot costs through the defects and delays in it, which need tracker data",
        cost_to_cure=costs.price(days, company, formula),
        recommendation=Recommendation(
            action=f"{action}; begin with {name} at {first}" if first else action,
            owner_role="lead developer",
            effort=costs.effort(days, formula),
            done_when=f"the file leaves the top 5 % of either rank, or has at most {analysis.MIN_LINES} lines",
        ),
    )


def _met(history: History, table: pl.DataFrame) -> Finding:
    return Finding(
        CHECK,
        Outcome.MET,
        ("files",),
        f"None of {plural(table.height, 'source file')} is at the same time among the busiest and the most nested, "
        f"changed {analysis.MIN_REVISIONS} times or more, and longer than {analysis.MIN_LINES} lines.",
        urgency=Urgency.FINE,
        citations=citing.cite_all(history),
    )


def _section(
    history: History, table: pl.DataFrame, within: inside.Inside, findings: tuple[Finding, ...], since: date, as_of: date
) -> Section:
    hot = table.filter("hotspot")
    share = analysis.top_share(table) or 0.0
    headline = (
        f"{in_words(hot.height).capitalize() if hot.height else 'None'} of {plural(table.height, 'source file')} "
        f"{'is' if hot.height == 1 else 'are'} both busy and hard to change; the busiest 5 % take {percent(share)} of all changes."
    )
    if findings[0].outcome is Outcome.UNKNOWN:
        headline = findings[0].statement
    method = (
        f"Revisions since {since:%d %b %Y} times summed indentation depth, each as a percentile rank over all files and over those of each repository; "
        f"hot from {analysis.MIN_REVISIONS} revisions and above {analysis.MIN_LINES} lines. Commits over more than "
        f"{analysis.SWEEP_FILES} files are left out ({analysis.sweeps(history.changes, experts.ordinal(since))} here)."
    )
    evidence = citing.evidence(history, method, command=citing.log_command(history, since=since), rows="evidence/hotspots.csv")
    blocks: tuple[Block, ...] = (
        Figure("hotspots.count", str(hot.height), f"of {plural(table.height, 'source file')} are hotspots", evidence),
        Figure("hotspots.top_share", percent(share), "of all changes fall on the busiest 5 % of files", evidence),
        _map(history, table, as_of, evidence),
        Table(
            "hotspots",
            "Files by change and difficulty",
            (Column("File"), Column("Changes", figures=True), Column("People", figures=True), Column("Spread over people", figures=True),
             Column("Lines", figures=True), Column("Nesting", figures=True), Column("Hotspot")),
            tuple(_row(history, row) for row in table.filter(pl.col("revisions") > 0).head(200).iter_rows(named=True)),
            evidence,
        ),
        *inside.blocks(history, within, table),
        Findings(findings),
    )  # fmt: skip
    return Section(ABOUT.id, ABOUT.title, headline, blocks)


def _row(history: History, row: dict[str, object]) -> tuple[str | int | float, ...]:
    path = citing.where(history, int(str(row["repository"])), str(row["path"]))
    spread = round(float(str(row["fragmentation"])), 2)
    return (
        path,
        int(str(row["revisions"])),
        int(str(row["authors"])),
        spread,
        int(str(row["lines"])),
        int(str(row["indentation"])),
        "in its repository" if row["own_hotspot"] else "hotspot" if row["hotspot"] else "",
    )


def _map(history: History, table: pl.DataFrame, as_of: date, evidence: Evidence) -> Chart:
    """Draw the busiest files, larger with more changes, shaded by how many people here still know them."""
    authors = experts.authorship(experts.edits(experts.human_changes(history)), as_of=as_of)
    here = experts.known_by(authors, experts.present(history, as_of))
    shown = table.filter(pl.col("revisions") > 0).sort(["revisions", "path"], descending=[True, False]).head(MAP_FILES)
    joined = shown.join(here, on="life", how="left").with_columns(pl.col("knowers").fill_null(0))
    rows = tuple(
        {
            "path": citing.where(history, row["repository"], row["path"]),
            "component": _component(history, row),
            "size": row["revisions"],
            "knowers": row["knowers"],
            "lines": row["lines"],
        }
        for row in joined.iter_rows(named=True)
    )
    alone = joined.filter(pl.col("knowers") <= 1).height
    title = f"{alone} of the {plural(len(rows), 'busiest file')} {'has' if alone == 1 else 'have'} one person or nobody left who knows them"
    return Chart(
        "hotspots.map",
        "treemap",
        title,
        rows,
        {"size": "changes in the window", "shade": "people here who know the file"},
        evidence,
        alt=f"Map of files sized by changes and shaded by people who know them: {title}.",
    )


def _component(history: History, row: dict[str, object]) -> str:
    return citing.where(history, int(str(row["repository"])), str(row["component"]))
