"""What changed since last time: findings matched by fingerprint, facts by id, never by title or order.

Less evidence is never progress. When a source that the last run read is missing (a repository, a software inventory, the
company file), what is gone was not seen this time, and nothing that is said of the company as a whole is new or fixed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from quarterdeck.domain.documents import Fact
from quarterdeck.domain.findings import Finding, Outcome, fingerprint
from quarterdeck.domain.report import Change, Compared
from quarterdeck.domain.text import plural

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
    """A run as the comparison needs it: its findings or, of a stored one, what it remembers.

    `repositories` are the keys of those that were read, `bills` the names of software inventories brought along.
    """

    as_of: date
    company_digest: str
    findings: Sequence[Finding] = ()
    facts: Sequence[Fact] = ()
    past: Mapping[str, Past] = field(default_factory=dict)
    past_facts: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    closed: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    bills: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """Return the key that findings about all repositories carry."""
        return "+".join(sorted(self.repositories))

    @property
    def sources(self) -> Counter[str]:
        """Return what the run rests on."""
        company = ["company file"] if self.company_digest else []
        return Counter([*self.repositories, *(f"bill {name}" for name in self.bills), *company])


def compared(now: Run, before: Run | None) -> Compared:
    """Compare a run with a stored one."""
    if before is None:
        return Compared()
    current = {_known_as(finding, now, before): finding for finding in now.findings}
    changes = [change for key, finding in current.items() if (change := _current(key, finding, now, before))]
    changes += [change for key, past in before.past.items() if key not in current and (change := _gone(key, past, now, before))]
    fixed = {change.fingerprint for change in changes if change.kind == "fixed"}
    reopened = {key for key, finding in current.items() if finding.outcome in OPEN}
    return Compared(
        baseline=False,
        with_day=before.as_of,
        changes=(*sorted(changes, key=lambda c: (KINDS.index(c.kind), c.text)), *_facts(now, before)),
        counts=Counter(change.kind for change in changes),
        causes=_causes(now, before),
        closed=tuple(sorted((set(before.closed) | fixed) - reopened)),
    )


def _lost(now: Run, before: Run) -> int:
    """Count the sources that the last run read and this one did not."""
    return (before.sources - now.sources).total()


def _gained(now: Run, before: Run) -> int:
    """Count the repositories and inventories that are new."""
    return (now.sources - before.sources - Counter(["company file"])).total() if before.repositories else 0


def _known_as(finding: Finding, now: Run, before: Run) -> str:
    """Return the fingerprint under which the last run knew a finding: one about the whole carries the keys of all repositories."""
    own = finding.fingerprint
    several = max(len(now.repositories), len(before.repositories)) > 1
    if own in before.past or not several or not before.repositories or finding.repository != now.whole:
        return own
    then = fingerprint(finding.check.id, before.whole, finding.subject)
    return then if then in before.past or then in before.closed else own


def _is_wide(key: str, finding: Finding, now: Run, before: Run) -> bool:
    """Tell whether a finding is about the company as a whole, and so rests on every source."""
    whole = now.whole if len(now.repositories) > 1 or now.whole == before.whole else ""
    return finding.repository in ("", whole) or key != finding.fingerprint


def _title(finding: Finding) -> str:
    return finding.title or finding.statement


def _current(key: str, finding: Finding, now: Run, before: Run) -> Change | None:
    past = before.past.get(key)
    told = finding.fingerprint
    if past and past.version != finding.check.version:
        return Change("method changed", _title(finding), told)
    was_open = past is not None and past.outcome == Outcome.UNMET
    unlike = bool(_lost(now, before)) and _is_wide(key, finding, now, before)
    if finding.outcome in OPEN:
        return None if unlike and not was_open else Change(_opened(key, before, was_open=was_open), _title(finding), told)
    if past is None or not was_open:
        return None
    return Change("fixed" if finding.outcome is Outcome.MET and not unlike else "not seen this time", past.title, told)


def _opened(key: str, before: Run, *, was_open: bool) -> str:
    return "still open" if was_open else "back again" if key in before.closed else "new"


def _gone(key: str, past: Past, now: Run, before: Run) -> Change | None:
    """A subject that is gone is fixed where its check could still answer from what it had and no more, else only not seen."""
    if past.outcome != Outcome.UNMET:
        return None
    answered = any(each.check.id == past.check and each.outcome in (Outcome.MET, Outcome.UNMET) for each in now.findings)
    alike = not _lost(now, before) and not _gained(now, before)
    return Change("fixed" if answered and alike else "not seen this time", past.title, key)


def _facts(now: Run, before: Run) -> list[Change]:
    """List the figures that moved; over fewer sources they are other figures, and say nothing."""
    return [
        Change("figure", f"{fact.text}: {before.past_facts[fact.id][0]} before, {fact.value} now", fact.id)
        for fact in now.facts
        if not _lost(now, before) and fact.id in before.past_facts and before.past_facts[fact.id][0] != fact.value
    ]


def _causes(now: Run, before: Run) -> tuple[str, ...]:
    """Say what changed on our side of the figures, so that it is not taken for progress."""
    return (*_company_cause(now, before), *_source_causes(now, before))


def _source_causes(now: Run, before: Run) -> list[str]:
    lost = (before.sources - now.sources - Counter(["company file"])).total()
    gained = _gained(now, before)
    less = f"{plural(lost, 'source')} of last time {'was' if lost == 1 else 'were'} not there: what it showed was not seen, and nothing about the whole counts as new or fixed."
    more = f"{plural(gained, 'source is', 'sources are')} new: figures below rest on more than last time."
    return [*([less] if lost else []), *([more] if gained else [])]


def _company_cause(now: Run, before: Run) -> tuple[str, ...]:
    if now.company_digest == before.company_digest:
        return ()
    if not before.company_digest:
        return ("The company file is new: people, roles and rates in it changed figures below.",)
    return ("The company file is gone: figures rest on typical rates again.",) if not now.company_digest else ("The company file changed.",)
