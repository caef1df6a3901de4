"""What a room hands over: sections of a few kinds of blocks that every output draws in its own way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from quarterdeck.domain.evidence import Unseen
from quarterdeck.domain.findings import Finding

Samples = NDArray[np.float64]

Cell = str | int | float | None
ChartKind = Literal["treemap", "bars", "timeline", "areas", "graph"]


@dataclass(frozen=True)
class Evidence:
    """How a figure is known: method, coverage, age, and the command or rows that reproduce it."""

    method: str
    command: str = ""
    coverage: str = ""
    age: str = ""
    rows: str = ""


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Figure:
    """One number that matters, with the sentence it belongs to and how it is known."""

    id: str
    value: str
    label: str
    evidence: Evidence


@dataclass(frozen=True)
class Column:
    """A column of a table; figures are set to the right."""

    title: str
    figures: bool = False


@dataclass(frozen=True)
class Table:
    """Rows with a title; the first `shown` rows matter most."""

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    evidence: Evidence
    shown: int = 7


@dataclass(frozen=True)
class Chart:
    """A kind out of a few, rows, and the conclusion as the title."""

    id: str
    kind: ChartKind
    title: str
    rows: tuple[Mapping[str, object], ...]
    labels: Mapping[str, str]
    evidence: Evidence
    alt: str


@dataclass(frozen=True)
class Checklist:
    """Steps by the clock; a step without evidence is a question to ask, never a tick."""

    title: str
    steps: tuple["Step", ...]


@dataclass(frozen=True)
class Step:
    """One line of a checklist; `evidence` is empty when only a person can answer."""

    when: str
    text: str
    evidence: str = ""


@dataclass(frozen=True)
class Findings:
    """The findings of a section, drawn as a list."""

    findings: tuple[Finding, ...]


Block = Text | Figure | Table | Chart | Checklist | Findings


@dataclass(frozen=True)
class Section:
    """A part of a page that opens with the sentence that states the finding."""

    id: str
    title: str
    headline: str
    blocks: tuple[Block, ...]
    names: bool = False


@dataclass(frozen=True)
class Fact:
    """A number that may stand on page one, with the section that opens it."""

    id: str
    value: str
    text: str
    section: str
    evidence: Evidence


@dataclass(frozen=True)
class Answer:
    """What a room found out: findings, the sections that show them, and the facts worth page one, best first."""

    findings: tuple[Finding, ...] = ()
    sections: tuple[Section, ...] = ()
    facts: tuple[Fact, ...] = ()
    losses: Mapping[str, Samples] = field(default_factory=dict)
    unseen: tuple[Unseen, ...] = ()
    weak: tuple[str, ...] = ()


@dataclass(frozen=True)
class About:
    """A room's card: the question that it answers, why it matters and where its method comes from."""

    id: str
    title: str
    question: str
    why: str
    sources: tuple[str, ...]
    version: int = 1
