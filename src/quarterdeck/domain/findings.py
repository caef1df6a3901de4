"""Findings: what was established, with the evidence for it."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.money import Estimate


class Outcome(StrEnum):
    """The answer of a check."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    ERROR = "error"


class Urgency(StrEnum):
    """What the reader should do about a finding."""

    ACT = "act now"
    PLAN = "plan"
    WATCH = "watch"
    FINE = "fine"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """One yes/no question; its version rises when its method changes."""

    id: str
    question: str
    version: int = 1


@dataclass(frozen=True)
class Recommendation:
    """What to do, who should, how much work it is and the check that will show success."""

    action: str
    owner_role: str
    effort: Estimate | None
    done_when: str
    message: str = ""


@dataclass(frozen=True)
class Finding:
    """The outcome of a check for a subject, with citations, money and what to do.

    `repository` is the key of the repository (its root commits), so that a finding survives a move of the folder.
    `unlock` names the file that would settle an unknown.
    """

    check: Check
    outcome: Outcome
    subject: tuple[str, ...]
    statement: str
    repository: str = ""
    title: str = ""
    urgency: Urgency = Urgency.UNKNOWN
    citations: tuple[Citation, ...] = ()
    chance: float | None = None
    exposure: Estimate | None = None
    exposure_note: str = ""
    cost_to_cure: Estimate | None = None
    cost_note: str = ""
    confidence: str = ""
    unlock: str = ""
    recommendation: Recommendation | None = None

    def __post_init__(self) -> None:
        """Refuse a claim without evidence and an unknown that helps nobody."""
        if self.outcome in (Outcome.MET, Outcome.UNMET) and not self.citations:
            raise ValueError(f"{self.check.id}: {self.outcome} needs a citation")
        if self.outcome is Outcome.UNKNOWN and not self.unlock:
            raise ValueError(f"{self.check.id}: unknown needs the evidence that would settle it")

    @property
    def fingerprint(self) -> str:
        """Identify the finding by check, repository and subject: never by its text, numbers, lines or tip."""
        return fingerprint(self.check.id, self.repository, self.subject)


def fingerprint(check: str, repository: str, subject: tuple[str, ...]) -> str:
    """Return the stable id of a finding."""
    digest = blake2b(digest_size=8)
    for part in (check, repository, *subject):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\x00")
    return digest.hexdigest()
