"""Answer: are the repositories run so that neither strangers nor surprises get into what you ship?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Answer, Block, Chart, Column, Evidence, Fact, Figure, Findings, Section, Table, Text
from quarterdeck.domain.evidence import Citation, Unseen
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.records import History
from quarterdeck.domain.text import foreign, in_words, listed, percent, plural
from quarterdeck.kit import citing, costs
from quarterdeck.practices.governance.repository_practice import ABOUT, analysis, cures
from quarterdeck.practices.governance.repository_practice.analysis import Mark, Place

DANGEROUS = Check("governance/repository_practice.dangerous_workflow", "Does no workflow take in what strangers write?")
BINARIES = Check(
    "governance/repository_practice.binary_artifacts", "Is everything in the repository readable source, and nothing compiled?", 2
)
TOKENS = Check("governance/repository_practice.token_permissions", "Do workflows get no more rights than they need?")
UPDATES = Check("governance/repository_practice.dependency_update_tool", "Does a tool propose updates of dependencies?")
PINNED = Check("governance/repository_practice.pinned_dependencies", "Is what builds bring in pinned, so that it cannot change unseen?")
POLICY = Check("governance/repository_practice.security_policy", "Does the repository say how to report a weakness?")
LICENCE = Check("governance/repository_practice.license", "Does the repository say under which licence it stands?")
ANALYSIS = Check("governance/repository_practice.sast", "Does a tool look for weaknesses in the source before it is merged?")
MAINTAINED = Check("governance/repository_practice.maintained", "Is somebody looking after the repository?")
FUZZING = Check("governance/repository_practice.fuzzing", "Is the software tried with random input?")
PROTECTION = Check("governance/repository_practice.branch_protection", "Is the main branch protected from unreviewed changes?")
REVIEW = Check("governance/repository_practice.code_review", "Does a second person approve each change?")
TESTS = Check("governance/repository_practice.ci_tests", "Are changes tested before they are merged?")
BADGE = Check("governance/repository_practice.cii_best_practices", "Does the project work towards the OpenSSF best practices badge?")
CONTRIBUTORS = Check("governance/repository_practice.contributors", "Do people of several organisations contribute?")
PACKAGING = Check("governance/repository_practice.packaging", "Is the software published by a workflow?")
SIGNED = Check("governance/repository_practice.signed_releases", "Are releases signed?")
ADVISORIES = Check("governance/repository_practice.vulnerabilities", "Is the software free of known vulnerabilities?")

CHECKS: Mapping[str, Check] = {
    "Dangerous-Workflow": DANGEROUS, "Binary-Artifacts": BINARIES, "Token-Permissions": TOKENS, "Dependency-Update-Tool": UPDATES,
    "Pinned-Dependencies": PINNED, "Security-Policy": POLICY, "License": LICENCE, "SAST": ANALYSIS, "Maintained": MAINTAINED,
    "Fuzzing": FUZZING, "Branch-Protection": PROTECTION, "Code-Review": REVIEW, "CI-Tests": TESTS, "CII-Best-Practices": BADGE,
    "Contributors": CONTRIBUTORS, "Packaging": PACKAGING, "Signed-Releases": SIGNED, "Vulnerabilities": ADVISORIES,
}  # fmt: skip
READ = ("Dangerous-Workflow", "Binary-Artifacts", "Token-Permissions", "Dependency-Update-Tool", "Pinned-Dependencies", "Security-Policy", "License",
        "SAST", "Maintained", "Fuzzing")  # fmt: skip
EXPORTS = {
    "Branch-Protection": "the branch protection rules, exported from the code host",
    "Code-Review": "the pull requests with their reviews, exported from the code host",
    "CI-Tests": "the pull requests with their check runs, exported from the code host",
    "SAST": "the pull requests with their check runs, exported from the code host",
    "CII-Best-Practices": "the project's entry at bestpractices.dev",
    "Contributors": "the contributors with their organisations, exported from the code host",
    "Packaging": "the runs of the publishing workflow, exported from the code host",
    "Signed-Releases": "the releases with the names of their files, exported from the code host",
    "Vulnerabilities": "the known advisories (OSV) for the components of the software",
    "Maintained": "the repository's entry (created, archived) and its issues, exported from the code host",
    "Fuzzing": "the list of projects of the fuzzing service in use",
}
UNREAD = "a file that can be read"
MOST_CITED = 20
MOST_MISSING = 0.01  # our threshold: with more of the files missing from a partial clone, nothing is said about it
WHOLE = "a whole clone: this one lacks the contents of files"
SHOWN_PLACES = 3
HONEST = "The score is a weighted mean of checks by OpenSSF Scorecard, made for public projects: read the checks, not the number."


@dataclass(frozen=True)
class Scored:
    """A repository with its marks."""

    number: int
    marks: Mapping[str, Mark]


def answer(history: History, company: Company, as_of: date) -> Answer:
    """Score each repository by what its files and its history show."""
    if not history.contents.read:
        return _not_read(history)
    scored = [Scored(number, marks_of(history, number, as_of)) for number in range(len(history.repositories))]
    findings = (
        *(_finding(history, company, each.number, each.marks[name]) for name in READ for each in scored),
        *(_export_only(history, name) for name in EXPORTS if name not in READ),
    )
    section = _section(history, scored, findings)
    return Answer(tuple(findings), (section,), _facts(section, scored), unseen=_unseen())


def marks_of(history: History, number: int, as_of: date) -> dict[str, Mark]:
    """Return the marks of one repository."""
    rows = (row for row in history.contents.observations if row.repository == number)
    found = analysis.marks(rows, analysis.Activity(_recent(history, number, as_of), _robot(history, number)))
    if _missing(history, number) <= MOST_MISSING:
        return found
    return {name: _of_a_part(mark) for name, mark in found.items()}


def _of_a_part(mark: Mark) -> Mark:
    """Keep of a mark what stays true when more files come to light: that places cost points."""
    if mark.state == "exact" and mark.costing and mark.score < cures.needed(mark):
        return replace(mark, state="at most")
    return Mark(mark.check, 0, "unknown", "files that this rests on are missing")


def _missing(history: History, number: int) -> float:
    """Return the share of files at the commit looked at whose contents a partial clone lacks; 0 for a whole one."""
    files = history.files.filter(~pl.col("kind").is_in(["symlink", "submodule"])).height
    seen = history.contents.looked_at or files
    return max(0, files - seen) / files if files and history.repositories[number].partial else 0.0


def _recent(history: History, number: int, as_of: date) -> int:
    """Count the commits of the last 90 days up to the end of the day of the report."""
    end = datetime.combine(as_of + timedelta(days=1), time(), UTC).timestamp()
    since = end - analysis.MAINTAINED_DAYS * 86_400
    return history.commits.filter(
        (pl.col("repository") == number) & pl.col("at_head") & pl.col("committer_time").is_between(since, end, closed="left")
    ).height


def _robot(history: History, number: int) -> str:
    """Return a commit that the update robot of the code host made, or nothing."""
    robots = history.aliases.filter(pl.col("email").str.starts_with(analysis.UPDATE_ROBOT)).select("alias")
    commits = history.commits.filter((pl.col("repository") == number) & pl.col("at_head"))
    made = commits.join(robots, left_on="author", right_on="alias", how="semi").sort("position", "commit", descending=True)
    return f"commit {made['commit'][0][:10]}" if made.height else ""


def _unseen() -> tuple[Unseen, ...]:
    worth = f"{in_words(len(EXPORTS))} of the {len(analysis.WEIGHTS)} checks on how repositories are run"
    return (Unseen("rules, reviews and releases on the code host", "export them from the code host", worth),)


def _not_read(history: History) -> Answer:
    statement = "The contents of files were not looked into, so nothing can be said about how the repositories are run."
    unknown = [
        Finding(CHECKS[name], Outcome.UNKNOWN, ("repository",), statement, citing.key(history, number), unlock="run without --quick")
        for name in READ
        for number in range(len(history.repositories))
    ]
    findings = (*unknown, *(_export_only(history, name) for name in EXPORTS if name not in READ))
    return Answer(findings, (Section(ABOUT.id, ABOUT.title, statement, (Findings(findings),)),), unseen=_unseen())


def _export_only(history: History, name: str) -> Finding:
    """Say of all repositories together what no clone can answer."""
    return Finding(
        CHECKS[name],
        Outcome.UNKNOWN,
        ("repositories",),
        f"{name}: a clone cannot tell.",
        citing.whole_key(history),
        unlock=EXPORTS[name],
    )


def _finding(history: History, company: Company, number: int, mark: Mark) -> Finding:
    statement, unlock = _sentence(history, number, mark), EXPORTS.get(mark.check, UNREAD)
    stated = Finding(CHECKS[mark.check], Outcome.UNKNOWN, ("repository",), statement, citing.key(history, number), unlock=unlock)
    missing = _missing(history, number)
    if missing > MOST_MISSING and mark.state != "at most":
        return replace(stated, unlock=WHOLE)
    if mark.state == "inconclusive":
        return _inconclusive(history, number, mark, stated)
    stated = replace(stated, confidence=f"{percent(missing)} of the files are missing and may change this" if missing else "")
    if mark.state not in ("exact", "at most"):
        return replace(stated, citations=_cited(history, number, mark.speaking) if mark.speaking else ())
    if mark.score >= cures.needed(mark):
        citations = _cited(history, number, mark.costing or mark.speaking)
        return replace(stated, outcome=Outcome.MET, urgency=Urgency.FINE, citations=citations, unlock="")
    return _unmet(history, company, number, mark, stated)


def _sentence(history: History, number: int, mark: Mark) -> str:
    name = f"{foreign(history.repositories[number].name)}: " if len(history.repositories) > 1 else ""
    text = f"{mark.found}{cures.named(mark)} ({_points(mark)})."
    return f"{name}{text if name else text[0].upper() + text[1:]}"


def _points(mark: Mark) -> str:
    words = {
        "exact": f"{mark.score} of 10",
        "at least": f"at least {mark.score} of 10",
        "at most": f"at most {mark.score} of 10",
        "inconclusive": "not scored",
        "unknown": "not scored",
    }
    return f"{mark.check}: {words[mark.state]}"


def _inconclusive(history: History, number: int, mark: Mark, stated: Finding) -> Finding:
    if not mark.unread:
        return replace(stated, outcome=Outcome.NOT_APPLICABLE, unlock="")
    place = mark.unread[0]
    where = f"{citing.where(history, number, place.path)}:{place.line}"
    return replace(stated, citations=_cited(history, number, mark.unread), unlock=f"a repair of {where}, where {place.what}")


def _unmet(history: History, company: Company, number: int, mark: Mark, stated: Finding) -> Finding:
    files = len({place.path for place in mark.costing}) or 1
    cure = cures.CURES[mark.check]
    days = cures.days_of(mark.check, files)
    formula = cures.formula_of(mark.check, files)
    return replace(
        stated,
        outcome=Outcome.UNMET,
        title=_title(history, number, mark, cure),
        urgency=cure.urgency if mark.score < cures.ENOUGH else Urgency.WATCH,
        citations=_cited(history, number, mark.costing),
        exposure_note="not priced: that needs what an incident would cost you",
        cost_to_cure=costs.price(days, company, formula),
        confidence="; ".join(filter(None, (cure.confidence, stated.confidence))),
        unlock="",
        recommendation=Recommendation(
            action=_action(history, number, mark, cure),
            owner_role=cure.role,
            effort=costs.effort(days, formula),
            done_when=f"{mark.check} is at {cures.needed(mark)}{' or above' if cures.needed(mark) < analysis.BEST else ''}",
        ),
    )


def _title(history: History, number: int, mark: Mark, cure: cures.Cure) -> str:
    files = len({place.path for place in mark.costing})
    own = mark.found[0].upper() + mark.found[1:] if mark.check == "Security-Policy" and mark.speaking else ""
    title = own or cure.title.format(files=plural(files, "file"), places=plural(len(mark.costing), "place"))
    return f"{foreign(history.repositories[number].name)}: {title}" if len(history.repositories) > 1 else title


def _action(history: History, number: int, mark: Mark, cure: cures.Cure) -> str:
    paths = sorted({place.path for place in mark.costing})
    where = listed([citing.where(history, number, path) for path in paths[:2]]) if paths else ""
    more = f" and {plural(len(paths) - 2, 'more file')}" if len(paths) > 2 else ""
    return f"{cure.action} (start with {where}{more})" if where and cure.names_files else cure.action


def _cited(history: History, number: int, places: Sequence[Place]) -> tuple[Citation, ...]:
    """Cite up to twenty places once each; without any, the commit that was looked at."""
    locators = dict.fromkeys(f"{place.path}:{place.line}" if place.line else place.path for place in places)
    return tuple(citing.cite(history, number, each) for each in list(locators)[:MOST_CITED]) or (citing.cite(history, number),)


def _facts(section: Section, scored: Sequence[Scored]) -> tuple[Fact, ...]:
    """Give page one a number only where strangers can reach in."""
    places = [place for each in scored for place in each.marks["Dangerous-Workflow"].costing]
    if not places:
        return ()
    evidence = next(block.evidence for block in section.blocks if isinstance(block, Figure))
    text = f"{'place' if len(places) == 1 else 'places'} where a workflow takes in what strangers write"
    return (Fact("repository_practice.dangerous", str(len(places)), text, ABOUT.id, evidence),)


def _section(history: History, scored: Sequence[Scored], findings: Sequence[Finding]) -> Section:
    evidence = citing.evidence(
        history,
        "Every file at the commit looked at, by the rules of OpenSSF Scorecard 5; the aggregate is the weighted mean of the scored checks "
        "(weights: critical 10, high 7.5, medium 5, low 2.5), to one decimal.",
        command="see file and line of each row",
        rows="evidence/repository-practice.csv",
    )
    shown = tuple(finding for finding in findings if finding.outcome is not Outcome.NOT_APPLICABLE)
    blocks: tuple[Block, ...] = (
        *_figures(history, scored, evidence),
        *_chart(scored, evidence),
        _table(history, scored, evidence),
        _repositories(history, scored, evidence),
        Text(HONEST),
        Text(_left_open(scored)),
        Findings(shown),
    )
    return Section(ABOUT.id, ABOUT.title, _headline(scored, findings), blocks)


def _headline(scored: Sequence[Scored], findings: Sequence[Finding]) -> str:
    danger = [place for each in scored for place in each.marks["Dangerous-Workflow"].costing]
    unmet = [finding for finding in findings if finding.outcome is Outcome.UNMET]
    answered = f"of {plural(sum(f.outcome in (Outcome.MET, Outcome.UNMET) for f in findings), 'check')} that could be answered"
    if danger:
        first = f"Workflows take in what strangers write, at {plural(len(danger), 'place')}: a known way into a build"
        return f"{first}; {in_words(len(unmet))} {answered} {'is' if len(unmet) == 1 else 'are'} not met."
    if unmet:
        which = "is not met" if len(unmet) == 1 else "are not met, among them"
        return f"{in_words(len(unmet)).capitalize()} {answered} {which}: {_worst(unmet)}."
    return f"All {answered.removeprefix('of ')} are met; a clone cannot tell about reviews, branch protection and releases."


def _worst(unmet: Sequence[Finding]) -> str:
    order = {urgency: place for place, urgency in enumerate(Urgency)}
    return min(unmet, key=lambda finding: order[finding.urgency]).title


def _figures(history: History, scored: Sequence[Scored], evidence: Evidence) -> Iterable[Figure]:
    """Show the aggregate with what it rests on: of one repository, or the lowest of several."""
    totals = [(analysis.aggregate(analysis.exact(each.marks)), each) for each in scored]
    known = [(total, each) for total, each in totals if total is not None]
    if known:
        total, lowest = min(known, key=lambda pair: (pair[0], pair[1].number))
        name = f"the lowest, of {foreign(history.repositories[lowest.number].name)}" if len(scored) > 1 else "the aggregate"
        label = f"of 10 is {name}, over {len(analysis.exact(lowest.marks))} of {len(analysis.WEIGHTS)} checks; the others are unknown or do not apply"
        yield Figure("repository_practice.aggregate", analysis.printed(total), label, evidence)
    danger = sum(len(each.marks["Dangerous-Workflow"].costing) for each in scored)
    yield Figure(
        "repository_practice.dangerous",
        str(danger),
        f"{'place' if danger == 1 else 'places'} where a workflow takes in what strangers write",
        evidence,
    )


def _chart(scored: Sequence[Scored], evidence: Evidence) -> tuple[Chart, ...]:
    """Draw the points of each check, as a mean over the repositories where it was scored."""
    means = {name: _mean(scored, name) for name in analysis.WEIGHTS}
    known = [mean for mean in means.values() if mean is not None]
    if not known:
        return ()
    rows = tuple(row for name, mean in means.items() for row in _bar(name, mean))
    short = sum(mean < cures.ENOUGH for mean in known)
    title = f"{short} of {plural(len(known), 'scored check')} {'is' if short == 1 else 'are'} below {cures.ENOUGH} of 10"
    labels = {"category": "check", "value": "points of 10" + (", mean of the repositories" if len(scored) > 1 else "")}
    return (Chart("repository_practice.checks", "bars", title, rows, labels, evidence, alt=f"Points of each check: {title}."),)


def _mean(scored: Sequence[Scored], name: str) -> float | None:
    points = [each.marks[name].score for each in scored if name in each.marks and each.marks[name].state == "exact"]
    return sum(points) / len(points) if points else None


def _bar(name: str, mean: float | None) -> list[dict[str, object]]:
    parts = (("unknown", float(analysis.BEST)),) if mean is None else (("reached", mean), ("missing", analysis.BEST - mean))
    return [{"name": name, "value": round(value, 1), "state": state} for state, value in parts if value]


def _table(history: History, scored: Sequence[Scored], evidence: Evidence) -> Table:
    columns = (
        Column("Repository"),
        Column("Check"),
        Column("Points of 10"),
        Column("Weight", figures=True),
        Column("What was found"),
        Column("Where"),
    )
    rows = [_row(history, each.number, name, each.marks.get(name)) for name in analysis.WEIGHTS for each in scored]
    ordered = sorted(rows, key=lambda row: row[0])
    return Table("repository-practice", "Checks by points", columns, tuple(row[1] for row in ordered), evidence, shown=18)


def _row(history: History, number: int, name: str, mark: Mark | None) -> tuple[float, tuple[str | float, ...]]:
    """Return the row of a check with what it is sorted by: the fewest points first, then what was not scored."""
    repository, weight = foreign(history.repositories[number].name), analysis.WEIGHTS[name]
    if mark is None:
        return 20.0, (repository, name, "unknown", weight, "a clone cannot tell", EXPORTS[name])
    words = {
        "exact": str(mark.score),
        "at least": f"at least {mark.score} (not counted)",
        "at most": f"at most {mark.score} (not counted)",
        "unknown": "unknown",
        "inconclusive": "unreadable" if mark.unread else "does not apply",
    }
    place = {"at least": 12.0, "inconclusive": 15.0, "unknown": 18.0}.get(mark.state, float(mark.score))
    return place, (repository, name, words[mark.state], weight, mark.found, _where(mark))


def _where(mark: Mark) -> str:
    places = mark.unread or mark.costing or mark.speaking
    shown = [f"{foreign(place.path)}:{place.line}" if place.line else foreign(place.path) for place in places[:SHOWN_PLACES]]
    more = len(places) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more else "")


def _repositories(history: History, scored: Sequence[Scored], evidence: Evidence) -> Table:
    """Show each aggregate with the number of checks behind it and what the others leave open."""
    rows = []
    for each in scored:
        known, (low, high) = analysis.exact(each.marks), analysis.bounds(each.marks)
        lower = {"Maintained": each.marks["Maintained"].score, **known}
        rows.append(
            (
                foreign(history.repositories[each.number].name),
                analysis.printed(analysis.aggregate(known)),
                f"{len(known)} of {len(analysis.WEIGHTS)}",
                analysis.printed(analysis.aggregate(lower)),
                f"{analysis.printed(low)} to {analysis.printed(high)}",
            )
        )
    columns = (Column("Repository"), Column("Aggregate", figures=True), Column("Checks scored"),
               Column("With recent commits alone for Maintained", figures=True), Column("Range that the open checks leave"))  # fmt: skip
    own = replace(evidence, rows="evidence/repository-practice-totals.csv")
    return Table("repository-practice-totals", "Aggregates and what they rest on", columns, tuple(rows), own)


def _left_open(scored: Sequence[Scored]) -> str:
    """Name the checks that no aggregate here counts, with their weights."""
    states = {name: {each.marks[name].state if name in each.marks else "unknown" for each in scored} for name in analysis.WEIGHTS}
    names = [f"{name} ({analysis.WEIGHTS[name]:g})" for name, found in states.items() if not found <= {"exact", "inconclusive"}]
    return f"Not counted, with their weights, because a clone cannot settle them: {listed(names)}."
