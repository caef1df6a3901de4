"""The report: page one, a page per practice, and all that stands behind them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from quarterdeck.domain.documents import About, Fact, Section
from quarterdeck.domain.evidence import Problem, Unseen
from quarterdeck.domain.findings import Finding
from quarterdeck.domain.money import Estimate


@dataclass(frozen=True)
class Change:
    """A finding, or a fact, that is not what it was last time."""

    kind: str
    text: str
    fingerprint: str = ""


@dataclass(frozen=True)
class Compared:
    """What changed since the run compared with; `baseline` says there was none."""

    baseline: bool = True
    with_day: date | None = None
    changes: tuple[Change, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    causes: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()


@dataclass(frozen=True)
class FrontPage:
    """Page one answers before anything describes."""

    answer: str
    facts: tuple[Fact, ...]
    risks: tuple[Finding, ...]
    actions: tuple[Finding, ...]
    message: str
    money_at_risk: Estimate | None
    money_note: str
    unpriced: int
    weak: tuple[str, ...]


@dataclass(frozen=True)
class Practice:
    """The rooms of one practice that ran, as sections."""

    id: str
    title: str
    sections: tuple[Section, ...]


@dataclass(frozen=True)
class Look:
    """One repository as the report looked at it."""

    name: str
    key: str
    head: str
    branch: str
    commits: int
    first_day: date | None
    last_day: date | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NamedPerson:
    """A person with the words that the naming policies show."""

    id: str
    name: str
    label: str
    addresses: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """Everything a document needs; documents choose what to show and how to name people."""

    title: str
    company: str
    currency: str
    as_of: date
    front: FrontPage
    compared: Compared
    practices: tuple[Practice, ...]
    not_assessed: tuple[tuple[str, str], ...]
    unseen: tuple[Unseen, ...]
    findings: tuple[Finding, ...]
    looks: tuple[Look, ...]
    people: tuple[NamedPerson, ...]
    problems: tuple[Problem, ...]
    left_out: Mapping[str, int]
    rooms: tuple[About, ...]
    digest: str
    engine: str
    options: Mapping[str, str]
    rates: tuple[str, ...] = ()
    counted: Mapping[str, int] = field(default_factory=dict)
