"""What the API takes and gives."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

Line = Annotated[str, Field(min_length=1, max_length=300)]
Paragraph = Annotated[str, Field(max_length=5000)]


class Mistake(Schema):
    """What went wrong, and what to do next."""

    error: str
    hint: str


class ClientOut(Schema):
    """A client; figures that nobody gave are null."""

    id: str
    name: str
    industry: str
    head_count: int | None
    developers: int | None
    revenue: Decimal | None
    currency: str
    role: str


class SourceOut(Schema):
    """A source of evidence."""

    id: str
    kind: str
    name: str
    address: str
    schedule: str
    criticality: str
    digest: str
    size: int | None
    fetched_at: datetime | None
    failure: str
    hint: str
    problems: list[str]


class UploadOut(Schema):
    """What became of an upload."""

    sources: list[SourceOut]
    problems: list[str]


class SourceIn(Schema):
    """A repository to add."""

    address: Annotated[str, Field(min_length=1, max_length=500)]
    name: Annotated[str, Field(max_length=120)] = ""
    schedule: Literal["daily", "weekly", "on demand"] = "weekly"
    criticality: Literal["", "high", "medium", "low"] = ""


class SourceChange(Schema):
    """What of a source to change."""

    name: Annotated[str, Field(min_length=1, max_length=120)] | None = None
    schedule: Literal["daily", "weekly", "on demand"] | None = None
    criticality: Literal["", "high", "medium", "low"] | None = None


class RunOut(Schema):
    """A run; `summary` is there when it is done."""

    id: str
    state: str
    reason: str
    as_of: date | None
    stage: str
    done: int
    total: int
    started_at: datetime | None
    ended_at: datetime | None
    failure: str
    hint: str
    snapshot: str


class RunWhole(RunOut):
    """A run with the figures of its results."""

    summary: dict[str, Any]


class FindingOut(Schema):
    """A finding of the last run, as findings.json describes it, with what people said about it."""

    fingerprint: str
    check: str
    question: str
    outcome: str
    urgency: str
    title: str
    statement: str
    citations: list[dict[str, Any]]
    exposure: dict[str, Any] | None
    cost_to_cure: dict[str, Any] | None
    recommendation: dict[str, Any] | None
    unlock: str
    stance: str


class StanceIn(Schema):
    """What somebody says on a finding."""

    verdict: Literal["accepted", "dismissed"]
    reason: Annotated[str, Field(min_length=1, max_length=5000)]
    until: date | None = None


class ActionOut(Schema):
    """An action."""

    id: str
    version: int
    sentence: str
    detail: str
    owner: str | None = Field(alias="owner_id")
    due: date | None
    state: str
    fingerprint: str
    expected: str
    done_when: str
    witness: str
    effort: dict[str, Any] | None
    cost: dict[str, Any] | None
    removes: dict[str, Any] | None
    shipped_on: date | None
    done_on: date | None
    effect: str


class ActionIn(Schema):
    """An action to write down."""

    sentence: Line
    detail: Paragraph = ""
    owner: Annotated[str, Field(max_length=12)] | None = None
    due: date | None = None
    done_when: Paragraph = ""


class ActionChange(Schema):
    """What of an action to change; `version` is the one that was read, so that nobody's change is lost."""

    version: int
    sentence: Line | None = None
    detail: Paragraph | None = None
    owner: Annotated[str, Field(max_length=12)] | None = None
    due: date | None = None
    state: Literal["open", "doing"] | None = None


class Done(Schema):
    """An action was done; one that no run can check needs a witness."""

    version: int
    witness: Annotated[str, Field(max_length=120)] = ""
    witnessed: Paragraph = ""


class FromFinding(Schema):
    """Who does what a finding recommends, and until when."""

    owner: Annotated[str, Field(max_length=12)] | None = None
    due: date | None = None


class Page(Schema):
    """How much of a list."""

    limit: Annotated[int, Field(ge=1, le=500)] = 100
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class FindingFilter(Page):
    """Which findings."""

    outcome: Literal["met", "unmet", "unknown", "not_applicable", "error"] | None = None
    urgency: Literal["act now", "plan", "watch", "fine", "unknown"] | None = None
    practice: Annotated[str, Field(max_length=40)] | None = None


class ActionFilter(Page):
    """Which actions."""

    state: Literal["open", "doing", "done", "dropped"] | None = None
    owner: Annotated[str, Field(max_length=12)] | None = None
