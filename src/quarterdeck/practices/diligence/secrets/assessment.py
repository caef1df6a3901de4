"""Answer: which passwords, keys and tokens can everybody read who has the code?"""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.contents import Secret
from quarterdeck.domain.documents import Answer, Block, Column, Evidence, Fact, Figure, Findings, Section, Table, Text
from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.money import Estimate
from quarterdeck.domain.records import History
from quarterdeck.domain.text import foreign, in_words, listed, plural
from quarterdeck.kit import citing, costs, rates
from quarterdeck.practices.diligence.secrets import ABOUT, analysis, wording
from quarterdeck.practices.diligence.secrets.analysis import Credential

IN_TREE = Check("diligence/secrets.in_tree", "Is the checked-out code free of credentials in a live format?")
ENVIRONMENT_FILE = Check("diligence/secrets.environment_file", "Is no environment file with secret values committed?")
ELSEWHERE = Check("diligence/secrets.elsewhere", "Are tests, examples and documentation free of credentials in a live format?")
DAYS = (0.5, 1.0, 3.0)  # product default: replace one credential, deploy again, look for use by others
FORMULA = "PERT(0.5, 1, 3) days for each credential: replace it, deploy again, look whether somebody used it; a product default"
MOST_FINDINGS, MOST_CITED, MOST_NAMED = 40, 20, 6
UNPRICED = "not priced: what a leaked credential costs depends on what it opens"


def answer(history: History, company: Company, as_of: date) -> Answer:
    """Group what was found in files by credential and say what must be replaced."""
    if not history.contents.read:
        return _unread(history)
    found = analysis.live(history.contents.secrets, as_of)
    pressing = [each for each in found if each.in_production]
    findings = (
        *_in_tree(history, company, [each for each in pressing if not each.from_environment], as_of),
        *_environment(history, company, [each for each in pressing if each.from_environment], as_of),
        *_elsewhere(history, [each for each in found if not each.in_production]),
    )
    section = _section(history, found, findings, as_of)
    return Answer(findings, (section,), _facts(section, pressing))


def _unread(history: History) -> Answer:
    statement = "File contents were not read, so nothing is known of credentials in them."
    finding = Finding(
        IN_TREE,
        Outcome.UNKNOWN,
        ("files",),
        statement,
        repository=citing.whole_key(history),
        unlock="a full report, which reads the files themselves: run it again without --quick",
    )
    return Answer((finding,), (Section(ABOUT.id, ABOUT.title, statement, (Findings((finding,)),)),))


def _in_tree(history: History, company: Company, credentials: Sequence[Credential], as_of: date) -> tuple[Finding, ...]:
    if not credentials:
        return (_met(history, IN_TREE),)
    numbers = analysis.ordinals(credentials)
    ordered = analysis.weightiest_first(credentials)
    own = [_one(history, company, each, numbers[each.first.same], as_of=as_of) for each in ordered[:MOST_FINDINGS]]
    return (*own, *_rest(history, company, ordered[MOST_FINDINGS:]))


def _one(history: History, company: Company, each: Credential, number: int, *, as_of: date) -> Finding:
    first = each.first
    price, effort = _cost(company, 1)
    return Finding(
        check=IN_TREE,
        outcome=Outcome.UNMET,
        subject=("secret", first.rule, _life(history, first), str(number)),
        repository=citing.key(history, first.repository),
        title=wording.title(history, each),
        statement=wording.statement(history, each, as_of),
        urgency=Urgency.ACT,
        citations=_cited(history, each.places),
        exposure_note=UNPRICED,
        cost_to_cure=price,
        confidence="its format and structure fit; it was not tried",
        recommendation=Recommendation(
            action=wording.action(history, each),
            owner_role="developer",
            effort=effort,
            done_when="the old value opens nothing any more and no file holds it",
        ),
    )


def _rest(history: History, company: Company, credentials: Sequence[Credential]) -> tuple[Finding, ...]:
    """Sum up what would be too long a list."""
    if not credentials:
        return ()
    price, effort = _cost(company, len(credentials))
    statement = f"{plural(len(credentials), 'more credential')} in a live format can be read in the code; the table names each."
    action = "Replace the credentials in the table one by one, then remove them from the files; the history still holds them"
    finding = Finding(
        check=IN_TREE,
        outcome=Outcome.UNMET,
        subject=("secret", "more"),
        repository=citing.whole_key(history),
        title=statement.partition(";")[0],
        statement=statement,
        urgency=Urgency.ACT,
        citations=_cited(history, [each.first for each in credentials]),
        exposure_note=UNPRICED,
        cost_to_cure=price,
        recommendation=Recommendation(action, "developer", effort, "the table has no live row any more"),
    )
    return (finding,)


def _environment(history: History, company: Company, credentials: Sequence[Credential], as_of: date) -> tuple[Finding, ...]:
    groups = analysis.by_file(credentials)
    return tuple(_file(history, company, group, as_of) for group in groups) or (_met(history, ENVIRONMENT_FILE),)


def _file(history: History, company: Company, group: Sequence[Credential], as_of: date) -> Finding:
    first = group[0].first
    place = wording.place_of(history, group[0])
    names = [foreign(each.first.masked.partition("=")[0]) for each in group]
    price, effort = _cost(company, len(group))
    return Finding(
        check=ENVIRONMENT_FILE,
        outcome=Outcome.UNMET,
        subject=("environment", _life(history, first)),
        repository=citing.key(history, first.repository),
        title=f"{place} is committed with {plural(len(group), 'secret value')}",
        statement=f"{place} sets {_some(names)}{wording.since(group[0], as_of)}. {wording.NOT_TRIED.replace('it still works', 'the values still work')}",
        urgency=Urgency.ACT,
        citations=_cited(history, [place for each in group for place in each.places]),
        exposure_note=UNPRICED,
        cost_to_cure=price,
        confidence="the names say that the values are secret",
        recommendation=Recommendation(
            action=f"Replace every value that {place} sets and stop tracking the file; the history still holds them",
            owner_role="developer",
            effort=effort,
            done_when="the old values open nothing any more and the file is ignored by git",
        ),
    )


def _elsewhere(history: History, credentials: Sequence[Credential]) -> tuple[Finding, ...]:
    """Group by repository what lies in tests, examples, documentation and other people's code."""
    numbers = sorted({each.first.repository for each in credentials})
    groups = [[each for each in credentials if each.first.repository == number] for number in numbers]
    return tuple(_group(history, group) for group in groups) or (_met(history, ELSEWHERE),)


def _group(history: History, group: Sequence[Credential]) -> Finding:
    number = group[0].first.repository
    kinds = Counter(wording.PLACE_WORDS.get(each.first.kind, each.first.kind) for each in group)
    ordered = sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
    where = listed([f"{kind} ({count})" if len(ordered) > 1 else kind for kind, count in ordered])
    stand = "stands" if len(group) == 1 else "stand"
    title = f"{plural(len(group), 'credential')} in a live format in {listed(sorted(kinds))}"
    return Finding(
        check=ELSEWHERE,
        outcome=Outcome.UNMET,
        subject=("elsewhere",),
        repository=citing.key(history, number),
        title=title,
        statement=f"{title.partition(' in a')[0]} in a live format {stand} in {where}. Most such were made for the purpose; some are not.",
        urgency=Urgency.WATCH,
        citations=_cited(history, [each.first for each in group]),
        exposure_note=UNPRICED,
        cost_note="not priced: somebody has to say first which of them anything trusts",
        confidence="the paths say that they are not in use",
        recommendation=Recommendation(
            action="Say of each whether anything outside of tests trusts it, and replace those that something does",
            owner_role="developer",
            effort=None,
            done_when="each row is known as made for the purpose, or replaced",
        ),
    )


def _met(history: History, check: Check) -> Finding:
    where = {IN_TREE.id: "outside of tests, examples and documentation", ENVIRONMENT_FILE.id: "as an environment file"}
    scope = where.get(check.id, "in tests, examples and documentation")
    if part := history.contents.in_part:
        statement = f"None of the formats looked for was seen {scope}, but {plural(part, 'file')} could be searched only in part."
        unlock = "a look at the large files that are named among what was not seen"
        return Finding(check, Outcome.UNKNOWN, ("files",), statement, repository=citing.whole_key(history), unlock=unlock)
    return Finding(
        check,
        Outcome.MET,
        ("files",),
        f"None of the formats looked for stands {scope}: {plural(_files(history), 'file')} read, their history not. Looked for: {wording.FORMATS}.",
        repository=citing.whole_key(history),
        urgency=Urgency.FINE,
        citations=citing.cite_all(history),
    )


def _files(history: History) -> int:
    return history.contents.looked_at or history.files.height


def _cost(company: Company, count: int) -> tuple[Estimate, Estimate]:
    days = count * rates.draw("secret.replace", *DAYS)
    formula = FORMULA if count == 1 else f"{count} x {FORMULA}"
    return costs.price(days, company, formula), costs.effort(days, formula)


def _cited(history: History, places: Sequence[Secret]) -> tuple[Citation, ...]:
    return tuple(citing.cite(history, each.repository, f"{each.path}:{each.line}") for each in places[:MOST_CITED])


def _life(history: History, secret: Secret) -> str:
    """Return the stable key of a file under all its names; its path where the history does not know it."""
    rows = history.files.filter((pl.col("repository") == secret.repository) & (pl.col("path") == secret.path))
    return str(rows["life_key"][0]) if rows.height else secret.path


def _some(names: list[str]) -> str:
    unique = list(dict.fromkeys(names))
    more = [plural(len(unique) - MOST_NAMED, "more value")] if len(unique) > MOST_NAMED else []
    return listed([*unique[:MOST_NAMED], *more])


def _facts(section: Section, pressing: Sequence[Credential]) -> tuple[Fact, ...]:
    if not pressing:
        return ()
    evidence = next(block.evidence for block in section.blocks if isinstance(block, Figure))
    text = (
        "credential in a live format can be read in the code"
        if len(pressing) == 1
        else "credentials in a live format can be read in the code"
    )
    return (Fact("secrets.live", str(len(pressing)), text, ABOUT.id, evidence),)


def _section(history: History, found: Sequence[Credential], findings: tuple[Finding, ...], as_of: date) -> Section:
    pressing = sum(each.in_production for each in found)
    method = f"Vendors' token formats, private keys, environment files and passwords in addresses, each checked by structure; equal values count once. {wording.SCOPE}"
    rows = "evidence/secrets.csv" if history.contents.secrets else ""
    evidence = citing.evidence(history, method, command="open file and line of each row" if rows else "", rows=rows)
    blocks: tuple[Block, ...] = (
        Figure("secrets.live", str(pressing), "distinct credentials in a live format outside of tests and examples", evidence),
        Figure("secrets.elsewhere", str(len(found) - pressing), "more in tests, examples, documentation and other people's code", evidence),
        *([_table(history, found, as_of, evidence)] if rows else []),
        Text(wording.SCOPE),
        Findings(findings),
    )
    return Section(ABOUT.id, ABOUT.title, _headline(history, pressing, len(found) - pressing), blocks)


def _headline(history: History, pressing: int, others: int) -> str:
    elsewhere = f"; {in_words(others)} more {'stands' if others == 1 else 'stand'} in tests, examples or documentation" if others else ""
    if not pressing:
        part = f", {history.contents.in_part:,} of them only in part" if history.contents.in_part else ""
        read = f"{plural(_files(history), 'file')} read{part}, not the history"
        return f"None of the formats looked for stands in the code itself ({read}){elsewhere}."
    count = in_words(pressing).capitalize()
    return f"{count} {'credential' if pressing == 1 else 'credentials'} can be read by everybody who has the code{elsewhere}."


def _table(history: History, found: Sequence[Credential], as_of: date, evidence: Evidence) -> Table:
    """List every place, live ones first; what is no live credential says why."""
    live = [(place, "") for each in found for place in each.places]
    others = [
        (each, why)
        for each in sorted(history.contents.secrets, key=lambda each: (each.repository, each.path, each.line, each.rule))
        if (why := analysis.standing(each, as_of))
    ]
    columns = (
        "What",
        "Masked",
        "Where",
        "Kind of place",
        "First commit in this file",
        "In this file for at least",
        "Why it is not counted",
    )
    rows = tuple(_row(history, place, why, as_of) for place, why in [*live, *others])
    return Table("secrets", "Credentials by place", tuple(Column(title) for title in columns), rows, evidence)


def _row(history: History, place: Secret, why: str, as_of: date) -> tuple[str, ...]:
    where = f"{citing.where(history, place.repository, place.path)}:{place.line}"
    commit, age = place.first_commit[:10], wording.age(place, as_of)
    return analysis.named(place.title), foreign(place.masked), where, place.kind, commit, age, why
