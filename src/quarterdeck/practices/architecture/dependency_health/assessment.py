"""Answer: which runtimes, frameworks and base images are out of support, or will be within a year?"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Answer, Block, Chart, Column, Evidence, Fact, Figure, Findings, Section, Table, Text
from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.records import Cycle, History, Software
from quarterdeck.domain.text import foreign, in_words, listed, plural
from quarterdeck.kit import citing, costs, rates
from quarterdeck.kit.monte_carlo import Samples
from quarterdeck.practices.architecture.dependency_health import ABOUT, analysis, fixing, order

CHECK = Check("architecture/dependency_health.end_of_life", "Is everything the software stands on still supported?", 2)
DAYS_PER_MAJOR = (2.0, 6.0, 20.0)  # product default
FURTHER_DEPLOYABLE = 0.4  # each further place of use costs less than the first
ORDER = {"ended": 0, "ending": 1, "unknown": 2, "security_only": 3, "supported": 4}
WORDS = {"ended": "out of support", "ending": "ends within a year", "security_only": "security repairs only", "supported": "supported",
         "unknown": "unknown"}  # fmt: skip
TABLE_AGE_DAYS = 180


@dataclass(frozen=True)
class Standing:
    """A named piece of software with the state of its release on the day."""

    software: Software
    cycle: Cycle | None
    status: analysis.Status
    ranged: bool


def answer(history: History, company: Company, as_of: date) -> Answer:
    """Match what the files name against the end-of-life table."""
    cycles = analysis.by_product(history.cycles)
    standings = [_standing(each, cycles, history, as_of) for each in history.software]
    known = [each for each in standings if each.software.product]
    fixed = fixing.findings(history, company, as_of)
    if not known and not history.contents.components:
        return _nothing(history)
    findings = (*_ends(history, company, standings, cycles, as_of), *fixed)
    section = _section(history, standings, findings, cycles, as_of)
    return Answer(findings, (section,), _facts(known, section))


def _ends(history: History, company: Company, standings: list[Standing], cycles: analysis.Cycles, as_of: date) -> tuple[Finding, ...]:
    """Return a finding for each release out of support or soon to be, or one that says how the whole stands."""
    known = [each for each in standings if each.software.product]
    if not known:
        return (_no_product(history),)
    return tuple(_finding(history, company, group, cycles, as_of) for group in _pressing(known)) or (_settled(history, standings),)


def _facts(known: list[Standing], section: Section) -> tuple[Fact, ...]:
    if not known:
        return ()
    figure = next(block for block in section.blocks if isinstance(block, Figure))
    return (Fact("eol.ended", figure.value, figure.label, ABOUT.id, figure.evidence),)


def _pressing(known: Sequence[Standing]) -> list[list[Standing]]:
    """Group what is out of support, or soon will be, by release: the ended ones first."""
    groups: dict[tuple[str, str], list[Standing]] = defaultdict(list)
    for each in known:
        if each.status in ("ended", "ending") and each.cycle:
            groups[each.software.product, each.cycle.name].append(each)
    return sorted(groups.values(), key=lambda group: (ORDER[group[0].status], group[0].software.product, group[0].software.version))


def _standing(software: Software, cycles: analysis.Cycles, history: History, as_of: date) -> Standing:
    cycle = analysis.find_cycle(software.product, software.version, cycles, history.spellings)
    return Standing(software, cycle, analysis.status_on(cycle, as_of), analysis.is_range(software.version))


def _no_product(history: History) -> Finding:
    statement = "No file names a runtime, a framework or a base image that the end-of-life table knows."
    unlock = "a Dockerfile, .tool-versions file or manifest in the repository"
    return Finding(CHECK, Outcome.UNKNOWN, ("software",), statement, unlock=unlock, repository=citing.whole_key(history))


def _nothing(history: History) -> Answer:
    finding = _no_product(history)
    return Answer((finding,), (Section(ABOUT.id, ABOUT.title, finding.statement, (Findings((finding,)),)),))


def _cited(history: History, group: Sequence[Standing]) -> tuple[Citation, ...]:
    return tuple(citing.cite(history, each.software.repository, f"{each.software.path}:{each.software.line}") for each in group[:20])


def _name(each: Standing) -> str:
    return f"{label(each.software.product)} {each.cycle.name if each.cycle else each.software.version}"


def label(product: str) -> str:
    """Return a product's name as people write it."""
    special = {"nodejs": "Node.js", "php": "PHP", "postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "mongodb": "MongoDB",
               "dotnet": ".NET", "dotnetfx": ".NET Framework", "ruby-on-rails": "Ruby on Rails", "nextjs": "Next.js", "jquery": "jQuery",
               "centos": "CentOS", "almalinux": "AlmaLinux", "rabbitmq": "RabbitMQ", "nginx": "nginx", "angularjs": "AngularJS",
               "numpy": "NumPy", "eslint": "ESLint", "log4j": "Log4j", "cakephp": "CakePHP", "go": "Go"}  # fmt: skip
    words = product.replace("-", " ").capitalize()
    return special.get(product, words.replace("linux", "Linux").replace("http server", "HTTP Server").replace("server", "Server"))


def _finding(history: History, company: Company, group: list[Standing], cycles: analysis.Cycles, as_of: date) -> Finding:
    first = group[0]
    places = sorted({citing.where(history, each.software.repository, each.software.path) for each in group})
    target = analysis.oldest_safe(first.software.product, cycles, as_of)
    ranged = all(each.ranged for each in group)
    days, formula = _days(group, target, cycles)
    repositories = {each.software.repository for each in group}
    title = f"{_name(first)} {_when(first, as_of)}"
    return Finding(
        check=CHECK,
        outcome=Outcome.UNMET if first.status == "ended" else Outcome.UNKNOWN,
        subject=("product", first.software.product, first.cycle.name if first.cycle else ""),
        repository=citing.key(history, min(repositories)) if len(repositories) == 1 else citing.whole_key(history),
        title=title,
        statement=f"{title}. {'The lowest release allowed is named' if ranged else 'It is named'} in {_places(places)}.",
        urgency=_urgency(group),
        citations=_cited(history, group),
        exposure_note="not priced: that needs what an incident would cost you",
        cost_to_cure=costs.price(days, company, formula),
        cost_note="an allowed range, not what runs: dropping it may be a line of text" if ranged else "",
        confidence="read from files; what really runs was not seen",
        unlock="an upgrade before that day" if first.status == "ending" else "",
        recommendation=_recommendation(first, target, days, formula, ranged=ranged),
    )


def _urgency(group: list[Standing]) -> Urgency:
    """Ask to act where something that ended is named outright and runs; a range or a tool for development is to be watched."""
    if all(each.ranged or each.software.develops for each in group):
        return Urgency.WATCH
    return Urgency.ACT if group[0].status == "ended" else Urgency.PLAN


def _days(group: list[Standing], target: Cycle | None, cycles: analysis.Cycles) -> tuple[Samples, str]:
    cycle = group[0].cycle
    majors = analysis.majors_between(cycle, target, cycles) if cycle and target else 1
    deployables = len({(each.software.repository, each.software.path.rpartition("/")[0]) for each in group})
    weight = majors * (1 + FURTHER_DEPLOYABLE * (deployables - 1))
    formula = f"{plural(majors, 'major release')} x PERT(2, 6, 20) days x (1 + 0.4 x {plural(deployables - 1, 'further place')}), product defaults"
    return weight * rates.draw("end_of_life.major", *DAYS_PER_MAJOR), formula


def _recommendation(first: Standing, target: Cycle | None, days: Samples, formula: str, *, ranged: bool) -> Recommendation:
    goal = f"{label(first.software.product)} {target.name}" if target else "a supported release"
    verb = f"Raise the lowest allowed release to {goal}" if ranged else f"Move from {_name(first)} to {goal}{' or later' if target else ''}"
    return Recommendation(
        action=verb,
        owner_role="developer",
        effort=costs.effort(days, formula),
        done_when=f"no file names {_name(first)} any more",
    )


def _when(each: Standing, as_of: date) -> str:
    end = each.cycle.security_until if each.cycle else None
    if each.status == "ended":
        return f"has been out of support since {end:%d %b %Y}" if end else "is out of support"
    return f"loses support on {end:%d %b %Y}, in {(end - as_of).days} days" if end else "loses support soon"


def _places(places: list[str]) -> str:
    return f"{', '.join(places[:2])} and {plural(len(places) - 2, 'more file')}" if len(places) > 2 else " and ".join(places)


def _met(history: History, known: list[Standing]) -> Finding:
    statement = (
        f"All {plural(len(known), 'named runtime, framework or base image', 'named runtimes, frameworks and base images')} are supported."
    )
    return Finding(CHECK, Outcome.MET, ("software",), statement, urgency=Urgency.FINE, citations=_cited(history, known))


def _settled(history: History, standings: list[Standing]) -> Finding:
    """Say that all is supported only where every name was understood."""
    return _unknown(standings) if any(each.status == "unknown" for each in standings) else _met(history, standings)


def _unknown(known: list[Standing]) -> Finding:
    unmatched = sum(each.status == "unknown" for each in known)
    statement = f"{plural(unmatched, 'name')} without a release that the table knows; the rest is supported."
    return Finding(
        CHECK,
        Outcome.UNKNOWN,
        ("software",),
        statement,
        unlock="an exact version where a name stands alone, like python:3.13 for python",
    )


def _section(history: History, standings: list[Standing], findings: tuple[Finding, ...], cycles: analysis.Cycles, as_of: date) -> Section:
    known = [each for each in standings if each.software.product]
    count = Counter(each.status for each in known)
    headline = _headline(known, count)
    taken = history.cycles_as_of
    age = f"end-of-life table of {taken:%d %b %Y}" if taken else "no end-of-life table"
    evidence = citing.evidence(history, "Names and versions in files, matched to dated release cycles; a range counts as the lowest release it allows.",
                               command="see file and line of each row", rows="evidence/software.csv", age=age)  # fmt: skip
    table = _table(history, standings, evidence)
    blocks: tuple[Block, ...] = (
        _ended(known, evidence),
        *_chart(known, as_of, evidence),
        *_order(known, cycles, as_of, evidence),
        *((table,) if table.rows else ()),
        *fixing.blocks(history, evidence),
        *_age_note(taken, as_of),
        Findings(findings),
    )
    return Section(ABOUT.id, ABOUT.title, headline, blocks)


def _ended(known: list[Standing], evidence: Evidence) -> Figure:
    """Count the releases that are out of support, and apart from them those that a range still allows."""
    releases = {(_name(each), each.ranged): each.status for each in known}
    ended = sum(status == "ended" and not ranged for (_, ranged), status in releases.items())
    allowed = sum(status == "ended" and ranged for (_, ranged), status in releases.items())
    text = "named releases of runtimes, frameworks and base images are out of support"
    more = (
        f", and {allowed} of them is still allowed by a range"
        if allowed == 1
        else f", and {allowed} are still allowed by ranges"
        if allowed
        else ""
    )
    return Figure("eol.ended", f"{ended} of {len(releases)}", text + more, evidence)


def _headline(known: list[Standing], count: Counter[analysis.Status]) -> str:
    if not known:
        return "No file names a runtime, a framework or a base image whose end of support is known."
    ended = [each for each in known if each.status == "ended"]
    running = [each for each in ended if not each.ranged]
    if not ended:
        soon = f"; {plural(count['ending'], 'name')} will be within a year" if count["ending"] else ""
        return f"Nothing that the files name is out of support{soon}."
    names = sorted({_name(each) for each in running or ended})
    allowed = "" if running else " (allowed by a range, perhaps not in use)"
    return f"{_several(names)} {'are' if len(names) > 1 else 'is'} out of support{allowed}."


def _several(names: list[str]) -> str:
    return listed(names) if len(names) <= 2 else f"{', '.join(names[:2])} and {in_words(len(names) - 2)} more"


def _order(known: list[Standing], cycles: analysis.Cycles, as_of: date, evidence: Evidence) -> tuple[Block, ...]:
    """List the moves in the order in which each opens the way for the next, with their effort."""
    groups = sorted(
        _pressing(known), key=lambda group: (order.step_of(group[0].software.product).rank, group[0].software.product, _name(group[0]))
    )
    if len(groups) < 2:
        return ()
    columns = (Column("Step", figures=True), Column("Move"), Column("Days of work", figures=True), Column("Why here"))
    rows = []
    for number, group in enumerate(groups, 1):
        target = analysis.oldest_safe(group[0].software.product, cycles, as_of)
        low, mid, high = (round(float(each), 1) for each in np.quantile(_days(group, target, cycles)[0], (0.1, 0.5, 0.9)))
        goal = f" to {target.name}" if target else ""
        rows.append(
            (number, f"{_name(group[0])}{goal}", f"{low:g} to {high:g}, most likely {mid:g}", order.step_of(group[0].software.product).why)
        )
    return (Table("upgrade-order", "Upgrades in the order that opens the way for the next", columns, tuple(rows), evidence),)


def _age_note(taken: date | None, as_of: date) -> tuple[Block, ...]:
    if taken is None or (as_of - taken).days <= TABLE_AGE_DAYS:
        return ()
    return (
        Text(
            f"The end-of-life table is {(as_of - taken).days} days old: dates announced since then are missing. Run `quarterdeck refresh end-of-life` where there is network."
        ),
    )


def _table(history: History, standings: list[Standing], evidence: Evidence) -> Table:
    rows = sorted(
        standings,
        key=lambda each: (
            ORDER[each.status],
            each.ranged,
            each.software.product,
            each.software.path,
            each.software.line,
        ),
    )
    return Table(
        "software",
        "What the files name",
        (Column("Software"), Column("As written"), Column("State"), Column("Support ends"), Column("Where")),
        tuple(_row(history, each) for each in rows),
        evidence,
    )


def _row(history: History, each: Standing) -> tuple[str, str, str, str, str]:
    end = each.cycle.security_until if each.cycle else None
    name = (
        _name(each)
        if each.cycle
        else label(each.software.product)
        if each.software.product
        else f"not in the table: {foreign(each.software.name)}"
    )
    state = WORDS[each.status] + (" (lowest allowed)" if each.ranged and each.cycle else "")
    place = f"{citing.where(history, each.software.repository, each.software.path)}:{each.software.line}"
    announced = "" if each.cycle is None or each.cycle.announced else "no end announced"
    return name, foreign(each.software.version), state, f"{end:%d %b %Y}" if end else announced, place


def _chart(known: list[Standing], as_of: date, evidence: Evidence) -> tuple[Block, ...]:
    """Draw how many days each product has left, or is past its end."""
    seen: dict[str, Standing] = {}
    for each in sorted(known, key=lambda e: e.ranged):
        if each.cycle and each.cycle.security_until:
            seen.setdefault(_name(each), each)
    ends = [(name, each.cycle.security_until, each.status) for name, each in seen.items() if each.cycle and each.cycle.security_until]
    ends = sorted(ends, key=lambda row: (row[1], row[0]))[:12]
    if not ends:
        return ()
    past = sum(end <= as_of for _, end, _ in ends)
    title = f"{past} of {len(ends)} releases drawn are past their end of support"
    rows = tuple({"name": name, "value": round((end - as_of).days / 365.25, 2), "state": WORDS[status]} for name, end, status in ends)
    labels = {"value": f"years of support left on {as_of:%d %b %Y}", "category": "release"}
    return (Chart("eol.chart", "bars", title, rows, labels, evidence, alt=f"Years of support left: {title}."),)
