"""Answer: did speed really change, when, and by how much?"""

from datetime import date

import numpy as np
import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Answer, Fact, Samples, Section, Text
from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.money import Estimate
from quarterdeck.domain.records import History
from quarterdeck.domain.text import plural
from quarterdeck.kit import citing, costs, rates
from quarterdeck.kit.experts import ordinal, robots
from quarterdeck.kit.monte_carlo import DRAWS, estimate, generator
from quarterdeck.practices.delivery.throughput_change import ABOUT, analysis, section, wording
from quarterdeck.practices.delivery.throughput_change.analysis import Verdict
from quarterdeck.practices.delivery.throughput_change.views import SEED, Look, looks

FALL = Check("delivery/throughput_change.fall", "Is the pace of work no lower than it was?", 2)
WEEKS_PER_YEAR = 52
RECENT_DAYS = 365  # an older fall is the pace of today; it is watched, not planned against
COMMITTERS_DAYS = 90
ACTIVE_WEEKS = 3  # somebody who came by once is no engineer of the team
INQUIRY_DAYS = (0.5, 1.0, 3.0)  # product default: asking the team, and reading what changed in those weeks
MOST_PLACES = 20
DAY = 86_400
RATE = "rnd.cost_per_fte"
STOPPED = "the work that was to be done, if any; see the silences under abandoned work"
LONGER = "a longer history (fetch the whole of it), or an export of the tracker with the day each item was finished"


def answer(history: History, company: Company, as_of: date) -> Answer:
    """Judge the pace of the whole and of each repository."""
    found = looks(history, as_of)
    if not found:
        return _nothing()
    whole = found[0]
    price = _price(history, company, whole.verdict, as_of)
    findings = tuple(_finding(history, look, whole, price, as_of) for look in found)
    shown = section.section(history, found, findings, price, as_of)
    losses = {FALL.id: price.yearly} if price and price.yearly is not None else {}
    return Answer(findings, (shown,), _facts(whole, shown), losses=losses)


def _nothing() -> Answer:
    statement = "There is no history to count by week."
    finding = Finding(FALL, Outcome.UNKNOWN, ("pace",), statement, unlock=LONGER)
    return Answer((finding,), (Section(ABOUT.id, ABOUT.title, statement, (Text(statement),)),))


def _facts(whole: Look, shown: Section) -> tuple[Fact, ...]:
    verdict, evidence = whole.verdict, section.evidence_of(shown)
    if verdict.state == "fall":
        text = f"{wording.what(verdict)} per week {wording.shortly(verdict)}"
        return (Fact("throughput.change", wording.change(verdict.ratio[1]), text, ABOUT.id, evidence),)
    if verdict.state == "steady" and analysis.measurable(verdict) and not whole.cut:
        return (
            Fact(
                "throughput.change", "no change", f"of pace seen in {wording.what(verdict)}; {wording.blind(verdict)}", ABOUT.id, evidence
            ),
        )
    return ()


def _outcome(look: Look) -> Outcome:
    """Return the answer; where work moved, that of both repositories together, and none where older history is missing."""
    if look.move:
        return Outcome.UNMET if look.move.together.state == "fall" else Outcome.MET if look.move.whole else Outcome.UNKNOWN
    outcome = _of(look.verdict)
    return Outcome.UNKNOWN if look.cut and outcome is Outcome.MET else outcome


def _of(verdict: Verdict) -> Outcome:
    if verdict.state == "steady":
        return Outcome.MET if analysis.measurable(verdict) else Outcome.UNKNOWN
    states = {"fall": Outcome.UNMET, "rise": Outcome.MET, "stopped": Outcome.NOT_APPLICABLE}
    return states.get(verdict.state, Outcome.UNKNOWN)


def _finding(history: History, look: Look, whole: Look, price: section.Price | None, as_of: date) -> Finding:
    outcome = _outcome(look)
    key = citing.whole_key(history) if look.repository is None else citing.key(history, look.repository)
    subject = ("pace",) if look.repository is not None else ("pace", "all repositories")
    about = "" if len(history.repositories) == 1 else f"{look.name.capitalize() if look.repository is None else look.name}: "
    statement = about + wording.statement(look)
    if outcome is Outcome.UNMET:
        return _fall(history, look, whole, price, as_of, subject=subject, key=key, statement=statement)
    cited = _cited(history, look) if outcome is Outcome.MET else ()
    cited = (*_places(history, look), *cited) if cited and look.move else cited
    urgency = Urgency.UNKNOWN if outcome is Outcome.UNKNOWN else Urgency.FINE
    unlock = LONGER if outcome is Outcome.UNKNOWN else STOPPED if outcome is Outcome.NOT_APPLICABLE else ""
    return Finding(FALL, outcome, subject, statement, repository=key, urgency=urgency, citations=cited, unlock=unlock)


def _cited(history: History, look: Look) -> tuple[Citation, ...]:
    return citing.cite_all(history) if look.repository is None else (citing.cite(history, look.repository),)


def _places(history: History, look: Look) -> tuple[Citation, ...]:
    """Cite the first commit of each week in which the fall may have begun, the likeliest first; of the whole, only that one."""
    numbers = range(len(history.repositories)) if look.repository is None else (look.repository,)
    change = look.verdict.run[0].change
    likely, first, last = (ordinal(look.verdict.day(week)) for week in (change.at, change.first, change.last))
    weeks = (likely,) if look.repository is None else (likely, *range(first, last + 1, 7))  # those around the new year too
    mondays = list(dict.fromkeys(weeks))[:MOST_PLACES]
    found = (_first_commit(history, number, monday) for number in numbers for monday in mondays)
    return tuple(dict.fromkeys(each for each in found if each)) or _cited(history, look)


def _first_commit(history: History, number: int, monday: int) -> Citation | None:
    """Cite the first commit of HEAD in a week, if there is one."""
    week = pl.col("committer_time").is_between(monday * DAY, (monday + 7) * DAY, closed="left")
    commits = history.commits.filter((pl.col("repository") == number) & pl.col("at_head") & week).sort("committer_time", "position")
    return None if commits.is_empty() else citing.cite(history, number, f"commit {commits['commit'][0][:10]}")


def _fall(
    history: History,
    look: Look,
    whole: Look,
    price: section.Price | None,
    as_of: date,
    *,
    subject: tuple[str, ...],
    key: str,
    statement: str,
) -> Finding:
    verdict = look.verdict
    before, _ = wording.levels(verdict)
    since = verdict.since or as_of
    priced = price if look is whole and price else None
    name = "" if len(history.repositories) == 1 else f" in {look.name}"
    days = rates.draw("throughput.inquiry", *INQUIRY_DAYS)
    goal = f"back near {wording.per_week(before)} a week"
    advice = Recommendation(
        f"Find out with the team what changed around {wording.day(since)}{name}: people, priorities, review, build, or the kind of work",
        "lead developer", costs.effort(days, "PERT(0.5, 1, 3) days, a product default"),
        f"the cause is written down, and {wording.what(verdict)} is {goal} or the new pace is agreed",
    )  # fmt: skip
    return Finding(
        FALL, Outcome.UNMET, subject, statement, repository=key,
        title=f"{wording.what(verdict).capitalize()} per week fell by {wording.change(verdict.ratio[1])[1:]}{name}",
        urgency=Urgency.PLAN if (as_of - since).days <= RECENT_DAYS else Urgency.WATCH,
        citations=_places(history, look), exposure=priced.exposure if priced else None,
        exposure_note=_note(look, whole, price), cost_note="not priced: the cause is not in git",
        confidence=f"odds of a change against none: {section.odds(verdict)}", recommendation=advice,
    )  # fmt: skip


def _note(look: Look, whole: Look, price: section.Price | None) -> str:
    if look is not whole:
        ended = "counted in the whole" if whole.verdict.state == "fall" else "not priced: the whole did not fall, so work may have moved"
        return ended
    return price.note if price else "not priced"


def _price(history: History, company: Company, verdict: Verdict, as_of: date) -> section.Price | None:
    """Price a week of the slower pace, and a year of it; nothing where fewer people do the same each."""
    if verdict.state != "fall":
        return None
    people = analysis.moved(analysis.beside(verdict, "people"))
    each = analysis.moved(analysis.beside(verdict, verdict.measure)) / people if people else 1.0
    if each > analysis.COMPANION:
        return section.Price(
            None, None, None, "not priced: fewer people do as much each as before, so their pay has gone with their work", ""
        )
    engineers, source = _engineers(history, company, as_of)
    lost = np.clip(1 - analysis.run_sizes(verdict.values, verdict.run, generator(SEED), draws=DRAWS), 0.0, 1.0)
    week = np.asarray(lost * engineers * rates.rate_draw(company.rates[RATE]) / WEEKS_PER_YEAR)
    formula = f"(1 - after/before) x {plural(engineers, 'active engineer')} ({source}) x loaded year / {WEEKS_PER_YEAR}"
    weekly = _estimate(week, company, formula)
    if (as_of - (verdict.since or as_of)).days > RECENT_DAYS:
        return section.Price(
            weekly, None, None, "not priced by the year: the fall is older than a year, so plans should rest on the pace of today", source
        )
    yearly = np.asarray(week * WEEKS_PER_YEAR)
    part = "; fewer people explain a part of the fall, which is left in" if people <= analysis.COMPANION else ""
    note = f"cost of delay over 12 months if the pace stays: {formula} per week x {WEEKS_PER_YEAR} weeks{part}"
    return section.Price(
        _estimate(week, company, formula), _estimate(yearly, company, f"{formula} x {WEEKS_PER_YEAR} weeks"), yearly, note, source
    )


def _estimate(samples: Samples, company: Company, formula: str) -> Estimate:
    return estimate(
        samples, rates.currency_of(company, RATE), rates.basis(company, RATE),
        formula=formula, inputs=rates.quotes(company, RATE), typical=rates.typical(company, RATE),
    )  # fmt: skip


def _engineers(history: History, company: Company, as_of: date) -> tuple[int, str]:
    """Count the people on the roster, or else whoever kept committing in 90 days, and say which."""
    here = [one for one in company.roster if (one.start is None or one.start <= as_of) and (one.end is None or one.end > as_of)]
    if here:
        return len(here), "from the roster"
    recent = history.commits.filter(
        pl.col("at_head") & ~pl.col("merge") & ~pl.col("person").is_in(robots(history)) & (pl.col("day") > ordinal(as_of) - COMMITTERS_DAYS)
    )
    weeks = recent.group_by("person").agg(weeks=(pl.col("day") // 7).n_unique())
    active = weeks.filter(pl.col("weeks") >= ACTIVE_WEEKS).height
    return (
        active,
        f"who committed in {ACTIVE_WEEKS} or more weeks of the last {COMMITTERS_DAYS} days, as if employed full time: a roster would replace this",
    )
