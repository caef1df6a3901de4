"""What changed since last time: findings matched by fingerprint, facts by id, never by title or order."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from quarterdeck.domain.documents import Fact
from quarterdeck.domain.findings import Finding, Outcome
from quarterdeck.domain.report import Change, Compared

KINDS = ("new", "back again", "still open", "fixed", "not seen this time", "method changed")
OPEN = (Outcome.UNMET,)


@dataclass(frozen=True)
class Past:
    """What a stored run remembers of a finding."""

    check: str
    version: int
    outcome: str
    title: str


@dataclass(frozen=True)
class Run:
    """A run as the comparison needs it: its findings or, of a stored one, what it remembers."""

    as_of: date
    company_digest: str
    findings: Sequence[Finding] = ()
    facts: Sequence[Fact] = ()
    past: Mapping[str, Past] = field(default_factory=dict)
    past_facts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    closed: tuple[str, ...] = ()


def compared(now: Run, before: Run | None) -> Compared:
    """Compare a run with a stored one."""
    if before is None:
        return Compared()
    current = {finding.fingerprint: finding for finding in now.findings}
    changes = [change for key, finding in current.items() if (change := _current(key, finding, before))]
    changes += [change for key, past in before.past.items() if key not in current and (change := _gone(key, past, now))]
    fixed = {change.fingerprint for change in changes if change.kind == "fixed"}
    reopened = {change.fingerprint for change in changes if change.kind == "back again"}
    return Compared(
        baseline=False,
        with_day=before.as_of,
        changes=(*sorted(changes, key=lambda c: (KINDS.index(c.kind), c.text)), *_facts(now, before)),
        counts=Counter(change.kind for change in changes),
        causes=_causes(now, before),
        closed=tuple(sorted((set(before.closed) | fixed) - reopened)),
    )


def _title(finding: Finding) -> str:
    return finding.title or finding.statement


def _current(key: str, finding: Finding, before: Run) -> Change | None:
    past = before.past.get(key)
    if past and past.version != finding.check.version:
        return Change("method changed", _title(finding), key)
    was_open = past is not None and past.outcome == Outcome.UNMET
    if finding.outcome in OPEN:
        return Change(_opened(key, before, was_open=was_open), _title(finding), key)
    if past is None or not was_open:
        return None
    return Change("fixed" if finding.outcome is Outcome.MET else "not seen this time", past.title, key)


def _opened(key: str, before: Run, *, was_open: bool) -> str:
    return "still open" if was_open else "back again" if key in before.closed else "new"


def _gone(key: str, past: Past, now: Run) -> Change | None:
    """A subject that is gone is fixed where its check could still answer, else only not seen."""
    if past.outcome != Outcome.UNMET:
        return None
    answered = any(each.check.id == past.check and each.outcome in (Outcome.MET, Outcome.UNMET) for each in now.findings)
    return Change("fixed" if answered else "not seen this time", past.title, key)


def _facts(now: Run, before: Run) -> list[Change]:
    return [
        Change("figure", f"{fact.text}: {before.past_facts[fact.id][0]} before, {fact.value} now", fact.id)
        for fact in now.facts
        if fact.id in before.past_facts and before.past_facts[fact.id][0] != fact.value
    ]


def _causes(now: Run, before: Run) -> tuple[str, ...]:
    """Say what changed on our side of the figures, so that it is not taken for progress."""
    if now.company_digest == before.company_digest:
        return ()
    if not before.company_digest:
        return ("The company file is new: people, roles and rates in it changed figures below.",)
    return ("The company file is gone: figures rest on typical rates again.",) if not now.company_digest else ("The company file changed.",)
