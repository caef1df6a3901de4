"""Answer for several repositories: which of them change together although they share no commit?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Block, Cell, Column, Evidence, Table
from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.records import History
from quarterdeck.domain.text import foreign, in_words, listed, plural
from quarterdeck.kit import citing, costs, experts, rates
from quarterdeck.practices.architecture.coupling import across
from quarterdeck.practices.architecture.coupling.across import Meeting
from quarterdeck.practices.architecture.coupling.view import View

CHECK = Check("architecture/coupling.across_repositories", "Do the repositories change independently of each other?")
PAIR_DAYS = (3.0, 8.0, 20.0)  # product default: a versioned interface with a contract test between two repositories
FORMULA = "PERT(3, 8, 20) days for a versioned interface with a contract test, a product default"
MOST_FINDINGS, MOST_PARTS, EXAMPLES = 10, 10, 3
SHOWN_KINDS = ("source", "data")


@dataclass(frozen=True)
class Found:
    """Findings, the blocks that show them, and what they add to the headline."""

    findings: tuple[Finding, ...] = ()
    blocks: tuple[Block, ...] = ()
    headline: str = ""


@dataclass(frozen=True)
class Tie:
    """Two repositories that are tied, with what changed together and commits to look at."""

    meeting: Meeting
    units: int
    parts: tuple[tuple[str, str, int], ...]
    files: tuple[tuple[str, str, int], ...]
    examples: tuple[tuple[str, str, str], ...]


def answer(history: History, company: Company, view: View, since: date) -> Found:
    """Compare every two repositories."""
    if len(history.repositories) < 2:
        return Found((Finding(CHECK, Outcome.NOT_APPLICABLE, ("repositories",), "Only one repository was looked at."),))
    humans = [number for number, person in enumerate(history.people) if not person.bot]
    table, copies = across.work(history.commits, humans, experts.ordinal(since))
    met = across.meetings(table, [repository.key for repository in history.repositories])
    ties = [_tie(table, view, each) for each in met if each.by_ticket or each.by_time]
    evidence = citing.evidence(history, _method(since, copies), rows="evidence/coupling-across.csv")
    return Found(_findings(history, company, table, met, ties), _tables(history, met, ties, evidence), _headline(ties, met))


def _method(since: date, copies: int) -> str:
    return (
        f"Commits by people since {since:%d %b %Y} ({copies:,} that several repositories hold left out). Tickets: ids such as ABC-12 in the subject, or "
        f"owner/name#12; a bare #12 never links. Time: days of a person in the smaller repository with own work in the other within 24 hours; expected is the "
        f"larger mean over shifts of the other repository by whole weeks, all or up to {across.NEARBY}; p from {across.DRAWS:,} seeded draws. Tied: "
        f">= {across.LEAST_TICKETS} tickets in both and >= {across.TICKET_DEGREE:.0f} % of their average, or >= {across.LEAST_DAYS} days, "
        f">= {across.RATIO} times chance in a window of 24 hours or 1 hour, and <= {across.ALARMS:.0%} false alarms over all pairs tested."
    )


def _headline(ties: Sequence[Tie], met: Sequence[Meeting]) -> str:
    if not met:
        return ""
    number = in_words(len(ties)).capitalize()
    return f" {number} {'pair' if len(ties) == 1 else 'pairs'} of repositories {'changes' if len(ties) == 1 else 'change'} together."


def _tie(table: pl.DataFrame, view: View, meeting: Meeting) -> Tie:
    """Return which parts and files changed together in linked commits."""
    links = across.linked(table, meeting, meeting.window)
    changes = view.rows.filter(pl.col("kind").is_in(SHOWN_KINDS) & (pl.col("role") != "test"))
    parts, files = (tuple(islice(across.together(links, changes, meeting, key), MOST_PARTS)) for key in ("component", "path"))
    return Tie(meeting, links["unit"].n_unique(), parts, files, _examples(table, links, meeting))


def _examples(table: pl.DataFrame, links: pl.DataFrame, meeting: Meeting) -> tuple[tuple[str, str, str], ...]:
    """Return (what links them, commit, commit) of the latest linked work."""
    named = links.join(table.select("row", "repository", "time", "commit"), on="row").sort("time", "row", descending=True)
    one, other = (named.filter(pl.col("repository") == number) for number in (meeting.first, meeting.second))
    firsts = (each.unique("unit", keep="first", maintain_order=True).select("unit", "time", "commit") for each in (one, other))
    left, right = firsts
    both = left.join(right, on="unit", suffix="_other").sort(["time", "unit"], descending=[True, False]).head(EXAMPLES)
    tickets = set(meeting.tickets)
    return tuple(
        (foreign(unit) if unit in tickets else "same person", commit[:10], other_commit[:10])
        for unit, commit, other_commit in both.select("unit", "commit", "commit_other").iter_rows()
    )


def _findings(history: History, company: Company, table: pl.DataFrame, met: Sequence[Meeting], ties: Sequence[Tie]) -> tuple[Finding, ...]:
    if ties:
        return tuple(_unmet(history, company, tie) for tie in ties[:MOST_FINDINGS])
    timed = sum(bool(each.p) for each in met)
    named = across.ticketed(table).group_by("repository").agg(pl.col("ticket").n_unique())
    ticketed = named.filter(pl.col("ticket") >= across.LEAST_TICKETS).height >= 2
    if not timed and not ticketed:
        text = "No ticket ids stand in the subjects of two repositories, and nobody worked in two of them for long enough to compare."
        unlock = "ticket ids such as ABC-12 in commit subjects, or two months of the same people's work in two repositories"
        return (Finding(CHECK, Outcome.UNKNOWN, ("repositories",), text, unlock=unlock),)
    ways = listed([*(["by ticket"] if ticketed else []), *(["by person and time"] if timed else [])])
    text = f"No two of {plural(len(history.repositories), 'repository', 'repositories')} change together more than chance would have it, compared {ways}."
    return (Finding(CHECK, Outcome.MET, ("repositories",), text, urgency=Urgency.FINE, citations=citing.cite_all(history)),)


def _unmet(history: History, company: Company, tie: Tie) -> Finding:
    meeting = tie.meeting
    first, second = (foreign(history.repositories[number].name) for number in (meeting.first, meeting.second))
    keys = sorted(citing.key(history, number) for number in (meeting.first, meeting.second))
    days = rates.draw("coupling.repositories", *PAIR_DAYS)
    return Finding(
        check=CHECK,
        outcome=Outcome.UNMET,
        subject=("repositories", *keys),
        repository=keys[0],
        title=f"{first} and {second} change together",
        statement=" ".join([*_by_ticket(meeting), *_by_time(meeting, first, second), *_most(tie)]),
        urgency=Urgency.PLAN if meeting.by_ticket else Urgency.WATCH,
        citations=_cited(history, tie),
        exposure_note="not priced: it costs when one of the two is released without the other, which needs release and tracker data",
        cost_to_cure=costs.price(days, company, FORMULA),
        confidence="" if meeting.by_ticket else f"share of false alarms at most {max(meeting.false_alarms, 0.001):.1%}",
        recommendation=Recommendation(
            action=f"Look at what {first} and {second} must change together: give them a versioned interface with a contract test, or one repository",
            owner_role="lead developer",
            effort=costs.effort(days, FORMULA),
            done_when=_done(meeting),
        ),
    )


def _done(meeting: Meeting) -> str:
    """Return the measure that tells that a tie is gone: the one that found it."""
    if meeting.by_ticket:
        return f"under {across.TICKET_DEGREE:.0f} % of the tickets of either touch both, for six months"
    return f"the same person works in both within {plural(meeting.window, 'hour')} less than {across.RATIO} times as often as chance gives, for six months"


def _cited(history: History, tie: Tie) -> tuple[Citation, ...]:
    ends = (tie.meeting.first, tie.meeting.second)
    examples = [
        citing.cite(history, number, f"commit {commit}") for _, *pair in tie.examples for number, commit in zip(ends, pair, strict=True)
    ]
    return tuple(examples) or tuple(citing.cite(history, number) for number in ends)


def _by_ticket(meeting: Meeting) -> list[str]:
    if not meeting.tickets:
        return []
    few = listed([foreign(each) for each in meeting.tickets[:EXAMPLES]])
    return [f"{plural(len(meeting.tickets), 'ticket')} ({few}{' and others' if len(meeting.tickets) > EXAMPLES else ''}) touched both, "
            f"{int(meeting.ticket_degree)}\u00a0% of the average."]  # fmt: skip


def _by_time(meeting: Meeting, first: str, second: str) -> list[str]:
    if not meeting.window:
        return []
    hours = meeting.window
    return [
        f"On {meeting.found[hours]:,} of {meeting.days:,} days of work in {first} the same person worked in {second} within {plural(hours, 'hour')}; "
        f"chance gives {meeting.expected[hours]:.0f}. So it happens {meeting.ratio(hours):.1f} times as often ({plural(meeting.people, 'person', 'people')})."
    ]


def _most(tie: Tie) -> list[str]:
    if not tie.files:
        return []
    first, second, number = tie.files[0]
    return [f"Most often {foreign(first)} met {foreign(second)}: {number:,} of {tie.units:,} times."]


def _tables(history: History, met: Sequence[Meeting], ties: Sequence[Tie], evidence: Evidence) -> tuple[Table, ...]:
    """Return what repositories share, how that depends on the window, and what meets in those that are tied."""
    shared, windows = _meetings(history, met, evidence), _windows(history, met, evidence)
    return (
        shared,
        *([windows] if windows.rows else []),
        *([_parts(history, ties, evidence), _linked(history, ties, evidence)] if ties else []),
    )


def _meetings(history: History, met: Sequence[Meeting], evidence: Evidence) -> Table:
    rows = tuple(
        (*_names(history, each), _ways(each), len(each.tickets), int(each.ticket_degree), each.people + each.untested, _per_cent(each))
        for each in met
    )
    columns = (Column("Repository"), Column("Other repository"), Column("Tied by"), Column("Tickets in both", figures=True),
               Column("Degree %", figures=True), Column("People in both", figures=True), Column("False alarms %", figures=True))  # fmt: skip
    title = (
        "Repositories that share tickets or people" if rows else "No two repositories share a ticket, or a person with enough work in both"
    )
    return Table("coupling-across", title, columns, rows, evidence)


def _names(history: History, meeting: Meeting) -> tuple[str, str]:
    return foreign(history.repositories[meeting.first].name), foreign(history.repositories[meeting.second].name)


def _ways(meeting: Meeting) -> str:
    return listed([word for word, tied in (("tickets", meeting.by_ticket), ("people and time", meeting.by_time)) if tied])


def _per_cent(meeting: Meeting) -> float | None:
    """Return the share of false alarms; none where no window reached the least ratio, so that nothing was claimed."""
    return round(100 * meeting.false_alarms, 2) if meeting.window else None


def _windows(history: History, met: Sequence[Meeting], evidence: Evidence) -> Table:
    """Show observed and expected days for each window: how much the answer depends on it."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            " and ".join(_names(history, each)),
            hours,
            each.days,
            each.found[hours],
            round(each.expected[hours], 1),
            round(each.ratio(hours), 2),
            round(each.p[hours], 4),
        )
        for each in met
        for hours in across.WINDOWS
        if hours in each.p
    )
    titles = ("Repositories", "Within hours", "Days of work", "Days with both", "By chance", "Times chance", "p")
    columns = tuple(Column(title, figures=number > 0) for number, title in enumerate(titles))
    return Table("coupling-across-windows", "The same person in two repositories, beside chance", columns, rows, evidence)


def _linked(history: History, ties: Sequence[Tie], evidence: Evidence) -> Table:
    """Show the latest commits that belong together."""
    rows = tuple(
        (word, *(f"{name} {commit}" for name, commit in zip(_names(history, tie.meeting), pair, strict=True)))
        for tie in ties
        for word, *pair in tie.examples
    )
    columns = (Column("Linked by"), Column("Commit"), Column("Other commit"))
    return Table("coupling-across-examples", "Commits to look at", columns, rows, evidence)


def _parts(history: History, ties: Sequence[Tie], evidence: Evidence) -> Table:
    """Show which parts and files of tied repositories meet most often."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (citing.where(history, tie.meeting.first, one), citing.where(history, tie.meeting.second, other), level, number, tie.units)
        for tie in ties
        for level, found in (("files", tie.files), ("parts", tie.parts))
        for one, other, number in found
    )
    columns = (Column("In one"), Column("In the other"), Column("Level"), Column("Times together", figures=True), Column("Of linked changes", figures=True))  # fmt: skip
    return Table("coupling-across-parts", "What meets across repositories", columns, rows, evidence)
