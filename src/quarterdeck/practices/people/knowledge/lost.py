"""What nobody here knows any more: which files, and what to do about them."""

from datetime import date

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.records import History
from quarterdeck.domain.text import plural
from quarterdeck.kit import citing, costs, experts, rates
from quarterdeck.kit.monte_carlo import Samples

PRESENT = Check("people/knowledge.present", "Does somebody who is still here know every part that changes?")
READING_HOURS = (2.0, 5.0, 12.0)  # product default per lost and moving file
MOVING_DAYS = 365
LOST = 0.1  # where the people still here know no more than this share of the files, a truck factor would count people who are gone
INHERIT = "Find somebody to take the code over, and ask its last authors for a handover while they can still be reached"
UNPRICED = "not priced: knowledge that is gone shows as slower and riskier changes, which need tracker data"


def in_files(count: int) -> str:
    """Return a count of files in words."""
    return plural(count, "source or test file", "source and test files")


def mostly_lost(counts: tuple[int, int, int]) -> bool:
    """Tell whether the people still here know so little that knowledge is gone rather than in few hands."""
    several, alone, nobody = counts
    return nobody > 0 and several + alone <= LOST * sum(counts)


def files_lost(table: pl.DataFrame, changes: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return the files without a knower and how often they changed within the year, those that move most first."""
    recent = (
        changes.filter((pl.col("day") > experts.ordinal(as_of) - MOVING_DAYS) & ~pl.col("co"))
        .group_by("life")
        .agg(recent=pl.col("commit").n_unique())
    )
    joined = table.filter(pl.col("knowers") == 0).join(recent, on="life", how="left").with_columns(pl.col("recent").fill_null(0))
    return joined.sort(["recent", "path"], descending=[True, False])


def known_or_lost(history: History, company: Company, counts: tuple[int, int, int], lost: pl.DataFrame) -> Finding:
    """Say whether somebody here knows each file, and each one that changes."""
    total, nobody, moving = sum(counts), counts[2], _moving(lost)
    if not nobody:
        return Finding(
            PRESENT, Outcome.MET, ("whole",), f"Somebody still here knows each of {in_files(total)}.",
            repository=citing.whole_key(history), urgency=Urgency.FINE, citations=citing.cite_all(history),
        )  # fmt: skip
    days, formula = _adoption(moving)
    return Finding(
        check=PRESENT,
        outcome=Outcome.UNMET if moving else Outcome.MET,
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
        )
        if moving
        else None,
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
