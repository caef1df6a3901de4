"""Compose page one: the answer, five facts, three risks, three actions, a message to send."""

from collections import ChainMap
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Answer, Fact, Samples
from quarterdeck.domain.findings import Finding, Outcome, Urgency
from quarterdeck.domain.money import Estimate, short_money
from quarterdeck.domain.records import History
from quarterdeck.domain.report import FrontPage
from quarterdeck.domain.text import foreign, plural
from quarterdeck.kit import rates
from quarterdeck.kit.monte_carlo import total

FACTS, RISKS, ACTIONS = 5, 3, 3
MESSAGE_WORDS = 80
PRESSING = (Urgency.ACT, Urgency.PLAN, Urgency.WATCH, Urgency.UNKNOWN, Urgency.FINE)


def compose(history: History, company: Company, answers: Sequence[Answer], weak: Sequence[str], as_of: date) -> FrontPage:
    """Choose what stands on page one."""
    ranked = _ranked(answers)
    risks = _varied(ranked, RISKS)
    actions = _varied([each for each in ranked if each.recommendation], ACTIONS)
    losses = dict(ChainMap(*(dict(answer.losses) for answer in answers)))
    keys = ("rnd.cost_per_fte",)
    money = total(losses, rates.currency_of(company, *keys), rates.basis(company, *keys), typical=rates.typical(company, *keys))
    return FrontPage(
        answer=_answer(answers, ranked),
        facts=_facts(answers),
        risks=tuple(risks),
        actions=tuple(actions),
        message=message(company.name or foreign(history.repositories[0].name), actions, as_of),
        money_at_risk=money,
        money_note=_money_note(losses, money),
        unpriced=sum(each.outcome is Outcome.UNMET and each.exposure is None for each in ranked),
        weak=tuple(weak),
    )


def _ranked(answers: Sequence[Answer]) -> list[Finding]:
    """Return the findings that may be risks, the most pressing first."""
    return sorted((finding for answer in answers for finding in answer.findings if is_risk(finding)), key=pressing)


def is_risk(finding: Finding) -> bool:
    """Tell whether a finding may stand among the risks."""
    return finding.outcome is Outcome.UNMET or (finding.outcome is Outcome.UNKNOWN and finding.recommendation is not None)


def pressing(finding: Finding) -> tuple[int, float]:
    """Return the key that sorts findings, the most pressing first."""
    worth = (finding.exposure.p90 * (finding.chance or 1.0)) if finding.exposure else 0.0
    return PRESSING.index(finding.urgency), -worth


def _varied(ranked: Sequence[Finding], most: int) -> list[Finding]:
    """Take the most pressing finding of each check first, so that one subject does not fill the page."""
    first = {finding.check.id: finding for finding in reversed(ranked)}
    chosen = [finding for finding in ranked if first[finding.check.id] is finding][:most]
    rest = [finding for finding in ranked if finding not in chosen]
    return [*chosen, *rest[: most - len(chosen)]]


def _answer(answers: Sequence[Answer], ranked: Sequence[Finding]) -> str:
    """Join the headlines of the rooms whose findings press most, two at most."""
    if not ranked:
        return _nothing_pressing(answers)
    order = [answer for finding in ranked for answer in answers if finding in answer.findings and answer.sections]
    lead = list(dict.fromkeys(answer.sections[0].headline for answer in [answers[0], *order] if answer.sections))
    return " ".join(lead[:2])


def _nothing_pressing(answers: Sequence[Answer]) -> str:
    """Say that nothing presses, and never as if what had no answer were fine."""
    found = [finding.outcome for answer in answers for finding in answer.findings]
    unanswered = found.count(Outcome.UNKNOWN) + found.count(Outcome.ERROR)
    if not unanswered:
        return "Nothing here calls for action now; what was not seen is listed below."
    return f"Too little could be assessed: {plural(unanswered, 'question')} had no answer, and nothing else calls for action."


def _facts(answers: Sequence[Answer]) -> tuple[Fact, ...]:
    """Take each room's best fact, those of rooms whose findings press most first, then second-best ones."""
    ranked = sorted(answers, key=_pressure)
    deep = max((len(answer.facts) for answer in answers), default=0)
    ordered = [answer.facts[level] for level in range(deep) for answer in ranked if level < len(answer.facts)]
    return tuple(ordered[:FACTS])


def _pressure(answer: Answer) -> int:
    """Rank a room by its most pressing risk; rooms without one come last."""
    return min((PRESSING.index(finding.urgency) for finding in answer.findings if is_risk(finding)), default=len(PRESSING))


def _money_note(losses: Mapping[str, Samples], money: Estimate | None) -> str:
    """Say the yearly loss in words: in most years nothing happens, so the average and the bad year count."""
    if money is None:
        return "Nothing could be priced"
    mean = short_money(float(np.mean(np.sum(list(losses.values()), axis=0))), money.unit)
    bad = short_money(money.p90, money.unit)
    count = f"{len(losses)} priced {'risk' if len(losses) == 1 else 'risks'} simulated together"
    typical = ", at typical rates" if money.typical else ""
    return f"{mean} a year on average, above {bad} in one year of ten ({count}{typical})"


def message(name: str, actions: Sequence[Finding], as_of: date) -> str:
    """Write the message to the developer or agency: at most 80 words, ready to send."""
    opening = f"We had our code audited on {as_of:%d %b %Y}. Please tell us by when you can:"
    closing = "Please answer with a date for each. Thank you."
    points: list[str] = []
    for number, finding in enumerate(actions, 1):
        if finding.recommendation is None:
            continue
        point = f"{number}. {finding.recommendation.action}."
        if len(" ".join((opening, *points, point, closing)).split()) <= MESSAGE_WORDS:
            points.append(point)
    if not points:
        return f"We had the code of {name} audited on {as_of:%d %b %Y}. Nothing needs your action now. Thank you."
    return "\n".join((opening, *points, closing))
