"""Answer: did work stop, was it taken up again, and which branches hold work that nobody finished?"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Answer, Block, Chart, Column, Evidence, Figure, Findings, Section, Table
from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.records import Branch, History
from quarterdeck.domain.text import foreign, in_words, listed, percent, plural
from quarterdeck.kit import citing, costs, rates
from quarterdeck.kit.experts import ordinal, robots
from quarterdeck.practices.delivery.abandoned_work import ABOUT, analysis, finished

ACTIVE = Check("delivery/abandoned_work.active", "Is work on the repository going on, or was it finished?", 2)
BRANCHES = Check("delivery/abandoned_work.branches", "Is every branch with unfinished work still being worked on?", 2)
RELEASES = Check("delivery/abandoned_work.releases", "Does the software still ship?")
IDLE_DAYS = 90
FEW_RELEASES = 5
DAY = 86_400
EPOCH = date(1970, 1, 1)
ASIDE = "release lines, work that its name says was decided, other histories or proposals of robots"
Branches = list[tuple[int, Branch]]


def answer(history: History, _: Company, as_of: date) -> Answer:
    """Look at each repository, and at the branches of all of them."""
    findings: list[Finding] = []
    rows: list[tuple[str, str, str, int, str]] = []
    open_work, aside = _sorted_out(history)
    for number in range(len(history.repositories)):
        days = _days(history, number)
        silences = analysis.silences(days, ordinal(as_of)) if _old_enough(days, as_of) else None
        findings += [_finding(history, number, days, silences, open_work), _releases(history, number, silences or [], as_of)]
        rows += [_silence_row(history, number, each) for each in silences or []]
    idle = [(number, branch) for number, branch in open_work if (as_of - _day(branch.time)).days >= IDLE_DAYS]
    findings.append(_branches(history, len(open_work), idle, len(aside)))
    return Answer(tuple(findings), (_section(history, tuple(findings), rows, (idle, aside), as_of),))


def _by_people(history: History, number: int) -> pl.DataFrame:
    return history.commits.filter((pl.col("repository") == number) & ~pl.col("merge") & ~pl.col("person").is_in(robots(history)))


def _days(history: History, number: int) -> list[int]:
    days: list[int] = _by_people(history, number)["day"].unique().sort().to_list()
    return days


def _old_enough(days: Sequence[int], as_of: date) -> bool:
    return bool(days) and ordinal(as_of) - days[0] >= analysis.YEAR


def _finding(history: History, number: int, days: list[int], silences: list[analysis.Silence] | None, open_work: Branches) -> Finding:
    if silences is None:
        return _young(history, number, days)
    ongoing = next((each for each in silences if each.ongoing), None)
    if ongoing is None:
        statement = f"Work on {_name(history, number)} goes on; the last working day was {_date(days[-1])}."
        return _resting(history, number, statement, Urgency.FINE, days[-1])
    state = finished.state(history, number, [day for day in days if day < ongoing.first], open_work)
    silent = f"Nobody has worked on {_name(history, number)} for {ongoing.days:,} days, since {_date(ongoing.first - 1)}."
    if state.finished:
        statement = f"{silent} {_reasons(state)} It reads like software that is finished, not left lying."
        return _resting(history, number, statement, Urgency.WATCH, ongoing.first - 1)
    statement = f"{silent} It does not read like finished software: {listed(list(state.doubts))}."
    return _stopped(history, number, statement, ongoing.first - 1)


def _reasons(state: finished.State) -> str:
    return (
        f"All that people did is in the release {foreign(state.release)}, no branch holds unfinished work, "
        f"it was quiet before (less than half of one person's time in the last {finished.LAST_DAYS} days of work), and it is small."
    )


def _young(history: History, number: int, days: list[int]) -> Finding:
    """Say that there is too little history, and what would settle it."""
    name = _name(history, number)
    cut = history.repositories[number].shallow_since
    statement = f"{name} has less than a year of history: too little to call a silence unusual."
    if not days:
        statement = f"No commit by a person is in the history of {name}, so nobody's silence can be told."
    unlock = "the whole history: run `git fetch --unshallow`" if cut else "older history, if the code came from elsewhere"
    return Finding(ACTIVE, Outcome.UNKNOWN, ("repository",), statement, repository=citing.key(history, number), unlock=unlock)


def _resting(history: History, number: int, statement: str, urgency: Urgency, last: int) -> Finding:
    key, cited = citing.key(history, number), _last_by_people(history, number, last)
    return Finding(ACTIVE, Outcome.MET, ("repository",), statement, repository=key, urgency=urgency, citations=cited)


def _stopped(history: History, number: int, statement: str, last: int) -> Finding:
    name = _name(history, number)
    return Finding(
        ACTIVE, Outcome.UNMET, ("repository",), statement, repository=citing.key(history, number), title=f"Work on {name} has stopped",
        urgency=Urgency.WATCH, citations=_last_by_people(history, number, last),
        exposure_note="not priced: finished software may rest; ask what still depends on it",
        cost_note="not priced: that needs the list of what was still to be done",
        recommendation=Recommendation(
            f"Decide whether {name} is finished, to be continued, or to be retired", "chief executive", None,
            "the decision is written down with a date, or work goes on",
        ),
    )  # fmt: skip


def _last_by_people(history: History, number: int, last: int) -> tuple[Citation, ...]:
    """Cite the last commit that a person made on the last day of work, and a lone one after it: robots may go on for years."""
    own = _by_people(history, number).sort("day", "position")
    found = (own.filter(pl.col("day") <= last)["commit"], own["commit"])
    return tuple(dict.fromkeys(citing.cite(history, number, f"commit {commits[-1][:10]}") for commits in found))


def _name(history: History, number: int) -> str:
    return foreign(history.repositories[number].name)


def _releases(history: History, number: int, silences: list[analysis.Silence], as_of: date) -> Finding:
    """Apply the same rule to tags: commits may go on while nothing ships."""
    repository, key = history.repositories[number], citing.key(history, number)
    name = foreign(repository.name)
    shipped = sorted({tag.time // DAY for tag in repository.tags})
    if len(shipped) < FEW_RELEASES:
        statement = f"{name} has {plural(len(shipped), 'day')} with a tag: too few to say how often it ships."
        return Finding(
            RELEASES, Outcome.UNKNOWN, ("releases",), statement, repository=key, unlock="a tag for each release, or the deployment log"
        )
    if any(each.ongoing for each in silences):
        statement = f"Work on {name} has stopped, so that nothing is released is no news."
        return Finding(RELEASES, Outcome.NOT_APPLICABLE, ("releases",), statement, repository=key, urgency=Urgency.FINE)
    ongoing = next((each for each in analysis.silences(shipped, ordinal(as_of)) if each.ongoing), None)
    last = next(tag for tag in reversed(repository.tags))
    cited = (citing.cite(history, number, f"tag {last.name}"),)
    if ongoing is None:
        statement = f"{name} ships as it is used to; the last tag is {foreign(last.name)} of {_date(shipped[-1])}."
        return Finding(RELEASES, Outcome.MET, ("releases",), statement, repository=key, urgency=Urgency.FINE, citations=cited)
    statement = f"Work on {name} goes on, but nothing was released for {ongoing.days:,} days, since {foreign(last.name)}."
    advice = Recommendation(
        "Find out what keeps the next release from going out, and ship it", "lead developer", None, "a new tag stands on the main line"
    )
    return Finding(
        RELEASES, Outcome.UNMET, ("releases",), statement, repository=key, title=f"{name} has stopped shipping", urgency=Urgency.PLAN,
        citations=cited, exposure_note="not priced: that needs what the waiting work would earn", cost_note="not priced: the cause is not in git",
        recommendation=advice,
    )  # fmt: skip


def _merged(history: History, as_of: date) -> int:
    return history.commits.filter(pl.col("merge") & pl.col("at_head") & (pl.col("day") > ordinal(as_of) - analysis.YEAR)).height


def machines(history: History) -> frozenset[str]:
    """Return the aliases of robots, as branches name their authors."""
    owned = {alias for person in history.people if person.bot for alias in person.aliases}
    return frozenset(text for alias, text in history.aliases.select("alias", "text").iter_rows() if alias in owned)


def _sorted_out(history: History) -> tuple[Branches, Branches]:
    """Return the branches with work that people may want to finish, and those that are set aside."""
    robots = machines(history)
    found: tuple[Branches, Branches] = ([], [])
    for number, repository in enumerate(history.repositories):
        for branch in repository.branches:
            found[branch.released or robots.issuperset(branch.authors)].append((number, branch))
    return found


def _aside_words(count: int) -> str:
    return f" {plural(count, 'branch', 'branches')} set aside: {ASIDE}." if count else ""


def _day(seconds: int) -> date:
    return datetime.fromtimestamp(max(0, min(seconds, 4_102_444_800)), UTC).date()


def _date(day: int) -> str:
    return f"{EPOCH + timedelta(days=day):%d %b %Y}"


def _branches(history: History, total: int, idle: Branches, aside: int) -> Finding:
    if not idle:
        statement = f"None of {plural(total, 'branch', 'branches')} with unfinished work lies idle for more than {IDLE_DAYS} days."
        if not total:
            statement = "There is no branch with unfinished work in this copy of the repository."
        statement += _aside_words(aside)
        return Finding(BRANCHES, Outcome.MET, ("branches",), statement, urgency=Urgency.FINE, citations=citing.cite_all(history))
    weeks = sum(branch.weeks for _, branch in idle)
    return Finding(
        check=BRANCHES,
        outcome=Outcome.UNMET,
        subject=("branches",),
        title=f"{plural(len(idle), 'branch holds', 'branches hold')} work that nobody finished",
        statement=f"{plural(len(idle), 'branch', 'branches')} with {plural(sum(b.unmerged for _, b in idle), 'commit')} never reached "
        f"the main line and {'has' if len(idle) == 1 else 'have'} been idle for more than {IDLE_DAYS} days.{_aside_words(aside)}",
        urgency=Urgency.WATCH,
        citations=tuple(citing.cite(history, number, f"branch {branch.name} at {branch.commit[:10]}") for number, branch in idle[:20]),
        exposure_note=f"not at risk: at least {plural(weeks, 'person-week')} went into these branches, and what is spent is spent, "
        "whether or not they are finished",
        cost_note="not priced: what finishing takes needs a backlog",
        recommendation=Recommendation(
            "Go through the idle branches once: finish, or close with a line that says why",
            "lead developer",
            costs.effort(
                rates.draw("branches.triage", 0.5, 1, 2) * min(1 + len(idle) / 20, 5),
                "PERT(0.5, 1, 2) days per 20 branches",
            ),
            "no branch idle for more than 90 days holds unmerged commits",
        ),
    )


def _silence_row(history: History, number: int, silence: analysis.Silence) -> tuple[str, str, str, int, str]:
    after = _people(history, number, silence.last + 1, silence.last + 180)
    share = analysis.continuity(_people(history, number, 0, silence.first), after)
    came = "still silent" if silence.ongoing else "taken up again" if silence.revived else "little came after"
    known = (
        f", {percent(share)} of {plural(len(after), 'person', 'people')} had been there before"
        if share is not None and not silence.ongoing
        else ""
    )
    return foreign(history.repositories[number].name), _date(silence.first), _date(silence.last), silence.days, came + known


def _people(history: History, number: int, first: int, last: int) -> set[int]:
    rows = history.commits.filter(
        (pl.col("repository") == number) & pl.col("day").is_between(first, last) & ~pl.col("person").is_in(robots(history))
    )
    return set(rows["person"])


def _section(
    history: History,
    findings: tuple[Finding, ...],
    silences: list[tuple[str, str, str, int, str]],
    branches: tuple[Branches, Branches],
    as_of: date,
) -> Section:
    method = (
        "A silence is longer than 90 days and than three times the 99th percentile of the repository's own gaps; one lone commit does not end it. "
        f"A branch is idle after 90 days. Set aside are {ASIDE}, told by tags on their own commits, by name, by a first commit that the main "
        "line does not have, and by author. Commits by robots and merges do not count."
    )
    evidence = citing.evidence(
        history,
        method,
        command=f"{citing.GIT} log --no-merges --format=%ad --date=short {history.repositories[0].head[:12]}",
    )
    idle, aside = branches
    blocks: list[Block] = [
        *_last_commit(history, evidence),
        Figure("abandoned.silences", str(len(silences)), "unusual silences in the whole history", evidence),
        Figure("abandoned.branches", str(len(idle)), f"branches idle for more than {IDLE_DAYS} days with unmerged commits", evidence),
        Figure("abandoned.aside", str(len(aside)), f"branches set aside: {ASIDE}", evidence),
        Figure("abandoned.merges", f"{_merged(history, as_of):,}", "merges into the main line within a year", evidence),
        _activity(history, as_of, evidence),
    ]
    if silences:
        spans = (Column("Repository"), Column("Silent from"), Column("Until"), Column("Days", figures=True), Column("What came after"))
        blocks.append(Table("silences", "Silences", spans, tuple(silences), evidence))
    blocks += _tables(history, idle, aside, evidence)
    return Section(ABOUT.id, ABOUT.title, _headline(history, findings, len(idle)), (*blocks, Findings(findings)))


def _headline(history: History, findings: Sequence[Finding], idle: int) -> str:
    active = [each for each in findings if each.check is ACTIVE]
    stopped = [each for each in active if each.outcome is Outcome.UNMET]
    if len(stopped) == 1:
        return stopped[0].statement
    if stopped:
        return f"Work has stopped in {in_words(len(stopped))} of {plural(len(history.repositories), 'repository', 'repositories')}."
    lead = _lead([each.urgency for each in active if each.outcome is Outcome.MET])
    if idle:
        return f"{lead}; {plural(idle, 'branch', 'branches')} {'lies' if idle == 1 else 'lie'} idle with work that nobody finished."
    return f"{lead}, and no unfinished branch lies idle."


def _lead(known: Sequence[Urgency]) -> str:
    """Say whether work goes on where it has not stopped; what rests is to be watched."""
    resting = sum(urgency is Urgency.WATCH for urgency in known)
    if not known:
        return "Whether work goes on cannot be told"
    if not resting:
        return "Work goes on"
    which = plural(resting, "repository rests", "repositories rest")
    return f"{'Work goes on, but ' if resting < len(known) else ''}{which} and {'reads' if resting == 1 else 'read'} like finished software"


def _last_commit(history: History, evidence: Evidence) -> tuple[Figure, ...]:
    last = max((repository.last_day for repository in history.repositories if repository.last_day), default=None)
    return (Figure("abandoned.last_commit", f"{last:%d %b %Y}", "was the day of the last commit", evidence),) if last else ()


def _tables(history: History, idle: Branches, aside: Branches, evidence: Evidence) -> list[Block]:
    """Show the idle branches, and, so that a wrong guess is seen, those that were set aside."""
    columns = (
        Column("Branch"),
        Column("Last commit"),
        Column("Unmerged commits", figures=True),
        Column("Active person-weeks", figures=True),
    )
    found: list[Block] = []
    for name, title, branches, shown in (("branches", "Idle branches", idle, 7), ("branches.aside", "Branches set aside", aside, 4)):
        ordered = sorted(branches, key=lambda pair: (-pair[1].weeks, pair[1].name))
        rows = tuple((citing.where(history, n, b.name), f"{_day(b.time):%d %b %Y}", b.unmerged, b.weeks) for n, b in ordered)
        found += [Table(name, title, columns, rows, evidence, shown=shown)] if rows else []
    return found


def _activity(history: History, as_of: date, evidence: Evidence) -> Chart:
    """Draw commits per month over the last five years."""
    start = as_of.year * 12 + as_of.month - 60
    dates = pl.from_epoch(pl.col("day"), time_unit="d")
    months = (
        history.commits.filter(~pl.col("merge") & ~pl.col("person").is_in(robots(history)))
        .select(month=dates.dt.year().cast(pl.Int32) * 12 + dates.dt.month().cast(pl.Int32) - 1)
        .group_by("month").len()
    )  # fmt: skip
    counts = dict(months.iter_rows())
    rows = tuple(
        {"month": f"{m // 12:04d}-{m % 12 + 1:02d}-01", "value": counts.get(m, 0)} for m in range(start, as_of.year * 12 + as_of.month)
    )
    quiet = sum(row["value"] == 0 for row in rows)
    title = (
        f"{plural(quiet, 'month')} of the last five years without a commit by a person"
        if quiet
        else "Somebody worked on the code in every month of the last five years"
    )
    return Chart(
        "abandoned.activity",
        "timeline",
        title,
        rows,
        {"value": "commits per month", "category": "month"},
        evidence,
        alt=title,
    )
