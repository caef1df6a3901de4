"""Answer: how old is the code in use, and how much of it was written by people who have left?"""

from dataclasses import replace
from datetime import date

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Answer, Block, Chart, Column, Evidence, Fact, Figure, Findings, Section, Table, Text
from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.records import History
from quarterdeck.domain.text import mention, percent, plural
from quarterdeck.kit import citing, costs, experts, rates
from quarterdeck.practices.architecture.code_age import ABOUT, analysis

LEFT = Check("architecture/code_age.left", "Was most of the code that still changes written by people who are here?")
HALF = 0.5
FEW_LINES = 500  # below this a share of moving lines says nothing
READING_HOURS = (2.0, 5.0, 12.0)  # product default per file, as in people/knowledge
DAY_HOURS = 7.0
MOST_PARTS, MOST_PEOPLE = 40, 60
YOUNG = 1 / 6  # years: below this, an age in years says nothing
WIDEST = 5  # a range wider than this many times its low end carries no figure in its middle
NO_BLAME = "run without --quick and without --blame none"


def answer(history: History, company: Company, as_of: date) -> Answer:
    """Count surviving lines by year, part and person, and say how much of what moves nobody here wrote."""
    rows = analysis.lines(history, as_of)
    cut = any(repository.shallow_since for repository in history.repositories)
    if rows.is_empty() or cut:
        return _unknown(history, cut=cut)
    since = citing.window_start(history, as_of)
    moving = analysis.moving(history, rows, experts.ordinal(since))
    whole, left = analysis.share(rows, pl.col("gone")), analysis.share(moving, pl.col("gone"))
    life = analysis.half_life(analysis.cohorts(history, rows, as_of))
    evidence = _evidence(history)
    finding = _finding(history, company, moving, left, since)
    section = _section(history, rows, (whole, left, life), (finding,), evidence)
    return Answer((finding,), (section,), _facts(whole, life, evidence))


def _unknown(history: History, *, cut: bool) -> Answer:
    reason = "the history is cut off, so the lines before the cut have no author" if cut else "who wrote the lines was not looked up"
    unlock = "the whole history: run `git fetch --unshallow` in the clone" if cut else NO_BLAME
    statement = f"How old the code is cannot be said: {reason}."
    finding = Finding(LEFT, Outcome.UNKNOWN, ("lines",), statement, unlock=unlock, repository=citing.whole_key(history))
    return Answer((finding,), (Section(ABOUT.id, ABOUT.title, statement, (Findings((finding,)),)),))


def _evidence(history: History) -> Evidence:
    contents = history.contents
    files = contents.survivors.select("repository", "path").n_unique()
    sampled = contents.blame == "sample"
    how = (
        "a sample of files, drawn by size so that each quarter of the lines is looked at alike; ranges are 90 % intervals. "
        "For every file run again with --blame full"
        if sampled
        else "every source and test file that people wrote"
    )
    method = f"Plain git blame, years by the author's date in UTC, over {plural(files, 'file')}: {how}."
    return citing.evidence(
        history,
        method,
        command=f"{citing.GIT} blame --line-porcelain {history.repositories[0].head[:12]} -- FILE",
        rows="evidence/code-age.csv",
    )


def shown(share: analysis.Share | None) -> str:
    """Return a share in words, with its interval where it has one."""
    if share is None:
        return "unknown"
    spread = percent(share.low), percent(share.high)
    return percent(share.value) if spread[0] == spread[1] else f"{percent(share.value)} ({spread[0]} to {spread[1]})"


def lasting(life: analysis.HalfLife | None) -> str:
    """Return a half-life in words."""
    if life is None:
        return "unknown"
    if not life.reached:
        return f"more than {life.years:.1f} years"
    if life.high > WIDEST * max(life.low, 0.1):
        return f"{life.low:.1f} to {life.high:.1f} years"
    return f"{life.years:.1f} years ({life.low:.1f} to {life.high:.1f})"


def _finding(history: History, company: Company, moving: pl.DataFrame, left: analysis.Share | None, since: date) -> Finding:
    count = int(moving["lines"].sum())
    if left is None or count < FEW_LINES:
        statement = f"Only {plural(count, 'line')} in files changed since {since:%d %b %Y}: too few to say who wrote what moves."
        return Finding(
            LEFT, Outcome.UNKNOWN, ("lines",), statement, unlock="a longer window with --since", repository=citing.whole_key(history)
        )
    unmet = left.low > HALF
    outcome = Outcome.UNMET if unmet else Outcome.MET if left.high <= HALF else Outcome.UNKNOWN
    found = Finding(
        check=LEFT,
        outcome=outcome,
        subject=("lines",),
        repository=citing.whole_key(history),
        title=f"{percent(left.value)} of the lines in code that still changes are by people who are gone",
        statement=f"{shown(left)} of the lines in files changed since {since:%d %b %Y} were written by people who have left or gone quiet.",
        urgency=Urgency.WATCH if unmet else Urgency.FINE if outcome is Outcome.MET else Urgency.UNKNOWN,
        citations=_oldest(history, moving) or citing.cite_all(history),
        exposure_note="not priced: what it costs shows in the time that changes take, which needs tracker data" if unmet else "",
        unlock="" if outcome is not Outcome.UNKNOWN else "every file: run again with --blame full",
    )
    return _with_cure(found, history, company, moving) if unmet else found


def _files_left(moving: pl.DataFrame) -> pl.DataFrame:
    """Return the moving files of which people who are gone wrote more than half, most such lines first."""
    files = moving.group_by("repository", "path").agg(
        lines=pl.col("lines").sum(), gone=pl.col("lines").filter("gone").sum(), weight=pl.col("weight").first()
    )
    return files.filter(pl.col("gone") > HALF * pl.col("lines")).sort(["gone", "repository", "path"], descending=[True, False, False])


def _oldest(history: History, moving: pl.DataFrame) -> tuple[Citation, ...]:
    files = _files_left(moving).head(10)
    return tuple(citing.cite(history, row["repository"], row["path"]) for row in files.iter_rows(named=True))


def _with_cure(finding: Finding, history: History, company: Company, moving: pl.DataFrame) -> Finding:
    files = _files_left(moving).head(20)
    formula = f"{plural(files.height, 'file')} x PERT(2, 5, 12) hours of reading, notes and tests / 7 hours a day, product defaults"
    days = files.height * rates.draw("knowledge.reading", *READING_HOURS) / DAY_HOURS
    first = citing.where(history, files["repository"][0], files["path"][0]) if files.height else "the oldest file that changes"
    recommendation = Recommendation(
        f"Before the next change to {first} and the other files listed, let its new owner read it and write down what it does",
        "lead developer",
        costs.effort(days, formula),
        "at most half of the lines in moving code are by people who are gone, or each such file has notes and tests",
    )
    return replace(finding, cost_to_cure=costs.price(days, company, formula), recommendation=recommendation)


def _facts(whole: analysis.Share | None, life: analysis.HalfLife | None, evidence: Evidence) -> tuple[Fact, ...]:
    gone = Fact("code_age.left", shown(whole), "of today's lines were written by people who have left or gone quiet", ABOUT.id, evidence)
    if life is None or life.high > WIDEST * max(life.low, 0.1):
        return (gone,)
    value = f"{life.years:.1f} y" if life.reached else f"over {life.years:.0f} y"
    return (
        gone,
        Fact("code_age.half_life", value, "half-life of the code: half of the lines written are gone after that time", ABOUT.id, evidence),
    )


def _section(
    history: History,
    rows: pl.DataFrame,
    figures: tuple[analysis.Share | None, analysis.Share | None, analysis.HalfLife | None],
    findings: tuple[Finding, ...],
    evidence: Evidence,
) -> Section:
    whole, left, life = figures
    age = analysis.median_age(rows) or 0.0
    old = f"older than {age:.1f} years" if age >= YOUNG else "younger than two months"
    headline = f"Half of today's lines are {old}, and {shown(whole)} are by people who have left or gone quiet."
    blocks: tuple[Block, ...] = (
        Figure("code_age.left", shown(whole), "of the lines are by people who have left or gone quiet", evidence),
        Figure("code_age.moving", shown(left), "of the lines in files that changed in the window", evidence),
        Figure("code_age.half_life", lasting(life), "until half of the lines written are gone", _life_evidence(history, evidence)),
        _chart(rows, evidence),
        _years(rows, evidence),
        _parts(history, rows, evidence),
        _people(history, rows, evidence),
        Text(_note(history, life)),
        Findings(findings),
    )
    return Section(ABOUT.id, ABOUT.title, headline, blocks)


def _life_evidence(history: History, evidence: Evidence) -> Evidence:
    method = (
        "Lines that commits added to source and test files, by quarter, against how many of them still stand: isotonic regression of the "
        "share gone on age. A line that moves to another file counts as gone and written anew. The range resamples quarters (90 %)."
    )
    return citing.evidence(
        history, method, command=f"{citing.GIT} log --numstat -M --no-merges {history.repositories[0].head[:12]}", age=evidence.age
    )


def _note(history: History, life: analysis.HalfLife | None) -> str:
    if history.contents.additions.is_empty():
        missing = "How long lines last was not counted: that needs every added line of the history; run with --blame full."
    elif life is None:
        missing = "The history is too short to say how long lines last."
    else:
        missing = ""
    return f"Old code is not bad code: age matters where code changes and nobody who wrote it is here. {missing}".strip()


def _chart(rows: pl.DataFrame, evidence: Evidence) -> Chart:
    years = analysis.per_year(rows)
    grid = pl.DataFrame({"year": range(int(str(years["year"].min())), int(str(years["year"].max())) + 1)}, schema={"year": pl.Int32})
    states = {False: "by people here", True: "by people who have left or gone quiet"}
    marks = []
    for gone, state in states.items():
        values = grid.join(years.filter(pl.col("gone") == gone), on="year", how="left").with_columns(pl.col("lines").fill_null(0))
        marks += [{"x": f"{row['year']}-01-01", "value": round(row["lines"]), "state": state} for row in values.iter_rows(named=True)]
    left = float(years.filter("gone")["lines"].sum()) / float(years["lines"].sum())
    title = f"{percent(left)} of the lines are by people who have left or gone quiet"
    labels = {"value": "lines that still stand", "x": "year written"}
    return Chart(
        "code_age.years", "areas", title, tuple(marks), labels, evidence, alt=f"Surviving lines by the year they were written: {title}."
    )


def _years(rows: pl.DataFrame, evidence: Evidence) -> Table:
    years = rows.group_by("year").agg(lines=pl.col("worth").sum(), gone=pl.col("worth").filter("gone").sum()).sort("year", descending=True)
    columns = (Column("Year written"), Column("Lines that stand", figures=True), Column("Of them by people who are gone", figures=True))
    cells = tuple((str(row["year"]), round(row["lines"]), percent(row["gone"] / row["lines"])) for row in years.iter_rows(named=True))
    return Table("code-age", "Lines by the year they were written", columns, cells, evidence)


def _parts(history: History, rows: pl.DataFrame, evidence: Evidence) -> Table:
    columns = (
        Column("Part"),
        Column("Files looked at", figures=True),
        Column("Lines", figures=True),
        Column("Median age in years", figures=True),
        Column("By people who are gone", figures=True),
    )
    parts = analysis.by_component(rows).head(MOST_PARTS).iter_rows(named=True)
    cells = tuple(
        (
            citing.where(history, row["repository"], row["component"]),
            row["files"],
            round(row["lines"]),
            round(row["age"], 1),
            percent(row["left"]),
        )
        for row in parts
    )
    return Table("code-age-parts", "Parts by lines", columns, cells, evidence)


def _people(history: History, rows: pl.DataFrame, evidence: Evidence) -> Table:
    """List whose lines stand, so that a handover knows where to ask; it says nothing about anybody's work."""
    columns = (Column("Person"), Column("Lines that stand", figures=True), Column("Share", figures=True), Column("Still here"))
    people = analysis.by_person(rows).head(MOST_PEOPLE).iter_rows(named=True)
    cells = tuple(
        (
            mention(history.people[row["person"]].id),
            round(row["lines"]),
            percent(row["share"]),
            "robot" if history.people[row["person"]].bot else "no" if row["gone"] else "yes",
        )
        for row in people
    )
    return Table("code-age-people", "Whose lines stand, for continuity only", columns, cells, evidence)
