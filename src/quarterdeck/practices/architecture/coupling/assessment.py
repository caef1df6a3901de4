"""Answer: which files change together without a visible reason?"""

from datetime import date, timedelta

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Answer, Block, Fact, Figure, Findings, Section, Text
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.records import History
from quarterdeck.domain.text import in_words, percent, plural
from quarterdeck.kit import citing, costs, experts, rates
from quarterdeck.practices.architecture.coupling import ABOUT, analysis, between, classes, pictures, tables
from quarterdeck.practices.architecture.coupling.view import MONTHS_DAYS, Pair, View, code_pairs, pairs_of, parts, view_of

CHECK = Check("architecture/coupling.hidden", "Do files of different parts change independently of each other?")
PAIR_DAYS = (2.0, 5.0, 12.0)  # product default: joining two files, or writing down what holds between them, with tests
FORMULA = "PERT(2, 5, 12) days to join a pair or to give it an interface with tests, a product default"
LEAST_SETS = 30  # commits over two or more files, below which silence proves nothing
MOST_FINDINGS = 10
LIMITS = (
    "No import path was looked for yet: a pair may be joined by an import that a reader of the code sees at once. "
    "Squash merges tie everything in one branch together, and very small commits hide ties. "
    "A pair that changes together for a good reason needs no action; what needs one is a pair that somebody will forget half of."
)


def answer(history: History, company: Company, as_of: date) -> Answer:
    """Count what changes together in the last two years, or since the day that the reader chose."""
    since = history.since or as_of - timedelta(days=MONTHS_DAYS)
    view = view_of(history, experts.ordinal(since))
    pairs = sorted(pairs_of(view, analysis.reported(code_pairs(view))), key=tables.rank)
    hidden = [pair for pair in pairs if pair.hidden]
    own = _findings(history, company, view, hidden, since)
    across = between.answer(history, company, view, since)
    section = _section(history, view, pairs, (own, across), since)
    shown = tuple(finding for finding in (*own, *across.findings) if finding.outcome is not Outcome.NOT_APPLICABLE)
    section = Section(section.id, section.title, section.headline, (*section.blocks, Text(LIMITS), Findings(shown)))
    return Answer((*own, *across.findings), (section,), _facts(section, own))


def _facts(section: Section, own: tuple[Finding, ...]) -> tuple[Fact, ...]:
    """Return the figures worth page one: hidden pairs where there are some, and how far a change spreads."""
    figures = [block for block in section.blocks if isinstance(block, Figure)]
    known = own[0].outcome is not Outcome.UNKNOWN
    return tuple(Fact(each.id, each.value, each.label, ABOUT.id, each.evidence) for each in figures if known and each.value != "0")


def _findings(history: History, company: Company, view: View, hidden: list[Pair], since: date) -> tuple[Finding, ...]:
    if hidden:
        return tuple(_unmet(history, company, pair, since) for pair in hidden[:MOST_FINDINGS])
    reason, unlock = _doubt(history, view, since)
    if reason:
        return (Finding(CHECK, Outcome.UNKNOWN, ("files",), reason, unlock=unlock),)
    statement = (
        f"No two source files of different parts share {analysis.HIDDEN_SHARED} or more commits at a degree of "
        f"{analysis.HIDDEN_DEGREE:.0f}\u00a0% or more since {since:%d %b %Y}, among {plural(view.counted.sets, 'commit')}."
    )
    return (Finding(CHECK, Outcome.MET, ("files",), statement, urgency=Urgency.FINE, citations=citing.cite_all(history)),)


def _doubt(history: History, view: View, since: date) -> tuple[str, str]:
    """Return why finding nothing proves nothing, and what would settle it."""
    cut = next((each for each in history.repositories if each.shallow_since and each.shallow_since > since), None)
    if cut is not None:
        return (
            "The history is cut off inside the window (shallow clone), so ties between files may be missing.",
            "run `git fetch --unshallow`",
        )
    several = view.counted.sets - view.counted.alone
    if several < LEAST_SETS:
        text = f"Only {plural(several, 'commit')} since {since:%d %b %Y} {'touches' if several == 1 else 'touch'} two or more files of today; {LEAST_SETS} are needed."
        return text, "a repository with more work, or --since with an earlier day"
    return "", ""


def _unmet(history: History, company: Company, pair: Pair, since: date) -> Finding:
    repository = pair.first.repository
    first, second = (citing.where(history, repository, each.path) for each in (pair.first, pair.second))
    days = rates.draw("coupling.pair", *PAIR_DAYS)
    alike = (
        " Both bear the same name: perhaps one began as a copy of the other."
        if classes.same_name(pair.first.path, pair.second.path)
        else ""
    )
    return Finding(
        check=CHECK,
        outcome=Outcome.UNMET,
        subject=("pair", *sorted((pair.first.key, pair.second.key))),
        repository=citing.key(history, repository),
        title=f"{first} and {second} change together",
        statement=f"Since {since:%d %b %Y}, {pair.shared} commits changed both; {pair.first_revisions} changed the first and "
        f"{pair.second_revisions} the second. That is {_degree(pair)}, {tables.times(pair.lift)} what chance gives. They lie in different parts.{alike}",
        urgency=Urgency.PLAN if pair.low >= analysis.HIDDEN_DEGREE else Urgency.WATCH,
        citations=tuple(citing.cite(history, repository, each.path) for each in (pair.first, pair.second)),
        exposure_note="not priced: it costs when one of the two is forgotten, which needs tracker data",
        cost_to_cure=costs.price(days, company, FORMULA),
        confidence=f"95 % interval of the degree {pair.low:.0f} to {pair.high:.0f} %",
        recommendation=Recommendation(
            action=f"Look at why {first} and {second} change together: merge them, or give them a written interface with a test",
            owner_role="lead developer",
            effort=costs.effort(days, FORMULA),
            done_when=f"the degree of the pair stays under {analysis.MIN_DEGREE:.0f} % for six months, or both lie in one folder",
        ),
    )  # fmt: skip


def _degree(pair: Pair) -> str:
    return f"{int(pair.degree)}\u00a0% of their average changes (95\u00a0% interval {pair.low:.0f} to {pair.high:.0f}\u00a0%)"


def _section(history: History, view: View, pairs: list[Pair], found: tuple[tuple[Finding, ...], between.Found], since: date) -> Section:
    hidden = [pair for pair in pairs if pair.hidden]
    counted, (several, commits) = parts(view)
    components = analysis.measured(counted, least=analysis.MIN_SHARED)
    method = (
        f"Pairs of files of today, under all their names, in commits by people since {since:%d %b %Y}; "
        f"degree = 100 x shared / ((a + b) / 2), with average changes >= {analysis.MIN_REVISIONS}, shared >= {analysis.MIN_SHARED}, "
        f"degree >= {analysis.MIN_DEGREE:.0f} %; {plural(view.counted.dropped, 'commit')} over more than {analysis.MOST_FILES} files left out. "
        f"Hidden: source files of different parts, shared >= {analysis.HIDDEN_SHARED}, degree >= {analysis.HIDDEN_DEGREE:.0f} %. "
        "The command counts the shared commits of the first pair."
    )
    evidence = citing.evidence(
        history, method, command=tables.shared_command(history, pairs[0], since) if pairs else "", rows="evidence/coupling.csv"
    )
    spread = citing.evidence(
        history,
        f"Commits by people since {since:%d %b %Y} that change source files of two or more parts; tests, build and version files apart.",
        rows="evidence/coupling-components.csv" if components.height else "",
    )
    share = percent(several / commits) if commits else "unknown"
    figures = (
        Figure(
            "coupling.hidden",
            str(len(hidden)),
            f"{'pair' if len(hidden) == 1 else 'pairs'} of files in different parts change together",
            evidence,
        ),
        Figure("coupling.spread", share, f"of {plural(commits, 'commit')} to source files touch two or more parts", spread),
    )
    whole = view_of(history, 0, view.files)
    blocks: tuple[Block, ...] = (
        *figures,
        *pictures.charts(history, pairs, counted, components, evidence, spread),
        *tables.of(history, view, whole, pairs, evidence),
        *([tables.components(history, counted, components, spread)] if components.height else []),
        *found[1].blocks,
    )
    return Section(ABOUT.id, ABOUT.title, _headline(found[0], hidden, several, commits, since) + found[1].headline, blocks)


def _headline(own: tuple[Finding, ...], hidden: list[Pair], several: int, commits: int, since: date) -> str:
    if own[0].outcome is Outcome.UNKNOWN:
        return own[0].statement
    pairs = "pair" if len(hidden) <= 1 else "pairs"
    subject = (
        f"{in_words(len(hidden)).capitalize()} {pairs} of files in different parts changed together at least {analysis.HIDDEN_SHARED} times"
    )
    spread = f"; {percent(several / commits)} of {plural(commits, 'commit')} touch two or more parts" if commits else ""
    return f"{subject}, and in half of their changes or more, since {since:%d %b %Y}{spread}."
