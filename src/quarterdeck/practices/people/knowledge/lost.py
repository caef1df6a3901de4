"""What nobody here knows any more, or only people of whom nothing says that they are still here: which files, and what to do."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.records import History
from quarterdeck.domain.text import listed, mention, plural
from quarterdeck.kit import citing, costs, experts, rates
from quarterdeck.kit.monte_carlo import Samples

PRESENT = Check("people/knowledge.present", "Does somebody who is still here know every part that changes?", version=2)
READING_HOURS = (2.0, 5.0, 12.0)  # product default per lost and moving file
MOVING_DAYS = 365
LOST = 0.1  # where the people still here know no more than this share of the files, a truck factor would count people who are gone
INHERIT = "Find somebody to take the code over, and ask its last authors for a handover while they can still be reached"
UNSHALLOW = "the whole history: run `git fetch --unshallow` in the clone"
ROSTER = "a roster with last days in the company file: it says who of them is still here"
MOST_NAMES = 3
UNPRICED = "not priced: knowledge that is gone shows as slower and riskier changes, which need tracker data"


def in_files(count: int) -> str:
    """Return a count of files in words."""
    return plural(count, "source or test file", "source and test files")


def mostly_lost(counts: tuple[int, int, int]) -> bool:
    """Tell whether the people still here know so little that knowledge is gone rather than in few hands."""
    several, alone, nobody = counts
    return nobody > 0 and several + alone <= LOST * sum(counts)


@dataclass(frozen=True)
class Doubt:
    """The moving files that only people know who have paused, and who counts as here."""

    files: pl.DataFrame
    here: frozenset[int]
    paused: frozenset[int]


def cut_off(history: History) -> bool:
    """Tell whether a history is cut off: whoever stands at the cut seems to have made everything."""
    return any(repository.shallow_since for repository in history.repositories)


def files_lost(table: pl.DataFrame, changes: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return the files without a knower and how often they changed within the year, those that move most first."""
    return _with_changes(table.filter(pl.col("knowers") == 0), changes, as_of)


def files_in_doubt(table: pl.DataFrame, changes: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return the moving files all of whose knowers have paused, those that move most first."""
    return _with_changes(table.filter((pl.col("knowers") > 0) & (pl.col("heard") == 0)), changes, as_of).filter(pl.col("recent") > 0)


def _with_changes(files: pl.DataFrame, changes: pl.DataFrame, as_of: date) -> pl.DataFrame:
    recent = (
        changes.filter((pl.col("day") > experts.ordinal(as_of) - MOVING_DAYS) & ~pl.col("co"))
        .group_by("life")
        .agg(recent=pl.col("commit").n_unique())
    )
    joined = files.join(recent, on="life", how="left").with_columns(pl.col("recent").fill_null(0))
    return joined.sort(["recent", "path"], descending=[True, False])


def known_or_lost(
    history: History, company: Company, counts: tuple[int, int, int], lost: pl.DataFrame, doubt: Doubt
) -> tuple[Finding, ...]:
    """Say whether somebody here knows each file, and each one that changes; where nothing says who is here, leave it open."""
    if cut_off(history):
        statement = "The history is cut off: whoever stands at the cut seems to have made everything, so nobody can be told to know a file."
        return (Finding(PRESENT, Outcome.UNKNOWN, ("whole",), statement, repository=citing.whole_key(history), unlock=UNSHALLOW),)
    if _moving(lost):
        open_question = () if doubt.files.is_empty() else (_in_doubt(history, doubt, ("paused",)),)
        return _some_lost(history, company, counts, lost), *open_question
    if doubt.files.is_empty():
        return (_known(history, counts, lost, doubt),)
    return (_in_doubt(history, doubt, ("whole",)),)


def _known(history: History, counts: tuple[int, int, int], lost: pl.DataFrame, doubt: Doubt) -> Finding:
    """Say that what changes is known, and on what it rests that those who know it are still here."""
    total, nobody = sum(counts), counts[2]
    known = _unknown_files(nobody, total, 0) if nobody else f"Somebody still here knows each of {in_files(total)}."
    return Finding(
        PRESENT, Outcome.MET, ("whole",), f"{known} {_rests_on(history, doubt)}", repository=citing.whole_key(history),
        title=f"Nobody still here knows {in_files(nobody)}" if nobody else "", urgency=Urgency.WATCH if nobody else Urgency.FINE,
        citations=_cited(history, lost) if nobody else citing.cite_all(history),
    )  # fmt: skip


def _rests_on(history: History, doubt: Doubt) -> str:
    """Say how it is known that people are still here."""
    named = sum(experts.on_roster(history.people[number]) for number in doubt.here)
    unnamed = len(doubt.here) - named
    if not unnamed:
        return "The roster says who is still here."
    last = max(history.people[number].last_day for number in doubt.here if not experts.on_roster(history.people[number]))
    silent = f", {len(doubt.paused)} of whom have been silent for longer than usual for them" if doubt.paused else ""
    by_commits = f"{plural(unnamed, 'person counts', 'people count')} as here by commits alone, the last of {last:%d %b %Y}{silent}"
    return f"{by_commits}; the roster names {named} more." if named else f"{by_commits}; no roster says who has left."


def _in_doubt(history: History, doubt: Doubt, subject: tuple[str, ...]) -> Finding:
    """Leave open whether somebody here knows files whose knowers have paused; name those who know most of them."""
    knowers = doubt.files["who"].explode().value_counts().sort(["count", "who"], descending=[True, False])["who"].to_list()
    told = [f"{mention(history.people[each].id)} (last commit {history.people[each].last_day:%d %b %Y})" for each in knowers[:MOST_NAMES]]
    more = [plural(len(knowers) - MOST_NAMES, "more person", "more people")] if len(knowers) > MOST_NAMES else []
    files = plural(doubt.files.height, "file that changes", "files that change")
    return Finding(
        PRESENT, Outcome.UNKNOWN, subject,
        f"{files} {'is' if doubt.files.height == 1 else 'are'} known only to people who have been silent for longer than usual for them, "
        f"and of whom no roster says that they are still here: {listed([*told, *more])}.",
        repository=citing.whole_key(history), citations=_cited(history, doubt.files), unlock=ROSTER,
    )  # fmt: skip


def _some_lost(history: History, company: Company, counts: tuple[int, int, int], lost: pl.DataFrame) -> Finding:
    total, nobody, moving = sum(counts), counts[2], _moving(lost)
    days, formula = _adoption(moving)
    return Finding(
        check=PRESENT,
        outcome=Outcome.UNMET,
        subject=("whole",),
        repository=citing.whole_key(history),
        title=f"Nobody still here knows {in_files(nobody)}",
        statement=_unknown_files(nobody, total, moving),
        urgency=Urgency.PLAN if moving > total * 0.05 else Urgency.WATCH,
        citations=_cited(history, lost),
        exposure_note=UNPRICED,
        cost_to_cure=costs.price(days, company, formula),
        recommendation=Recommendation(
            "Adopt the lost files that still change: read, describe on one page, add a test",
            "lead developer",
            costs.effort(days, formula),
            f"at most {plural(moving // 2, 'moving file')} {'has' if moving // 2 == 1 else 'have'} no knower",
        ),
    )


def nearly_all_lost(history: History, company: Company, counts: tuple[int, int, int], lost: pl.DataFrame) -> Finding:
    """Report that nearly nothing is known to anybody here: that is unmet whatever changes, since the next change meets it."""
    total, nobody, moving = sum(counts), counts[2], _moving(lost)
    days, formula = _adoption(moving)
    return Finding(
        check=PRESENT,
        outcome=Outcome.UNMET,
        subject=("whole",),
        repository=citing.whole_key(history),
        title=known_here(counts),
        statement=_unknown_files(nobody, total, moving),
        urgency=Urgency.PLAN if moving > total * 0.05 else Urgency.WATCH,
        citations=_cited(history, lost),
        exposure_note=UNPRICED,
        cost_to_cure=costs.price(days, company, formula) if moving else None,
        cost_note="" if moving else "not priced: no lost file changed within the year, so nobody needs to read one yet",
        recommendation=Recommendation(
            INHERIT,
            "lead developer",
            costs.effort(days, formula) if moving else None,
            "somebody who is still here knows each file that changes",
        ),
    )


def known_here(counts: tuple[int, int, int]) -> str:
    """Say how much the people still here know."""
    several, alone, _ = counts
    known = f"{several + alone:,} of the" if several + alone else "any of the"
    who = "The people still here know only" if several + alone else "Nobody still here knows"
    return f"{who} {known} {in_files(sum(counts))}"


def _unknown_files(nobody: int, total: int, moving: int) -> str:
    return f"Nobody active still counts as knowing {nobody:,} of {in_files(total)}; {moving:,} of them changed within the year."


def _moving(lost: pl.DataFrame) -> int:
    return lost.filter(pl.col("recent") > 0).height


def _adoption(moving: int) -> tuple[Samples, str]:
    days = rates.draw("knowledge.reading", *READING_HOURS) * max(moving, 1) / 8
    return days, f"{plural(max(moving, 1), 'lost and moving file')} x PERT(2, 5, 12) hours / 8, a product default"


def _cited(history: History, lost: pl.DataFrame) -> tuple[Citation, ...]:
    """Cite the lost files that change most; those that rest only where all do."""
    cited = lost.filter((pl.col("recent") > 0) | (pl.col("recent").max() == 0)).head(5)
    return tuple(citing.cite(history, r, p) for r, p in cited.select("repository", "path").iter_rows())
