"""What changed since last time, by fingerprint only."""

from dataclasses import replace
from datetime import date

import pytest

from quarterdeck.domain.documents import Evidence, Fact
from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.findings import Check, Finding, Outcome
from quarterdeck.usecases.compare import Past, Run, compared

DAY = date(2026, 6, 30)


def finding(outcome: Outcome, subject: str = "x", version: int = 1) -> Finding:
    return Finding(
        Check("room.check", "?", version), outcome, (subject,), f"It is {outcome}.", citations=(Citation("s", "l"),), unlock="a file"
    )


def past(*findings: Finding, closed: tuple[str, ...] = (), facts: dict[str, str] | None = None, digest: str = "") -> Run:
    kept = {each.fingerprint: Past(each.check.id, each.check.version, str(each.outcome), each.statement) for each in findings}
    return Run(DAY, digest, past=kept, closed=closed, past_facts={key: (value, "") for key, value in (facts or {}).items()})


def kinds(now: Run, before: Run | None) -> list[str]:
    return [change.kind for change in compared(now, before).changes]


def now(*findings: Finding, digest: str = "", facts: tuple[Fact, ...] = ()) -> Run:
    return Run(DAY, digest, findings, facts)


OPEN, MET, UNKNOWN = (finding(outcome) for outcome in (Outcome.UNMET, Outcome.MET, Outcome.UNKNOWN))


def test_the_first_run_is_the_baseline() -> None:
    assert compared(now(OPEN), None).baseline


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ((), (OPEN,), ["new"]),
        ((OPEN,), (OPEN,), ["still open"]),
        ((OPEN,), (MET,), ["fixed"]),
        ((OPEN,), (UNKNOWN,), ["not seen this time"]),
        ((OPEN,), (finding(Outcome.UNMET, version=2),), ["method changed"]),
        ((MET,), (OPEN,), ["new"]),
        ((MET,), (MET,), []),
        ((OPEN,), (finding(Outcome.MET, "other"),), ["fixed"]),
        ((OPEN,), (finding(Outcome.UNKNOWN, "other"),), ["not seen this time"]),
        ((OPEN,), (), ["not seen this time"]),
    ],
)
def test_outcomes_then_and_now_give_the_kind_of_change(before: tuple[Finding, ...], after: tuple[Finding, ...], kind: list[str]) -> None:
    assert kinds(now(*after), past(*before)) == kind


def test_what_was_fixed_and_opens_again_is_back() -> None:
    fixed = compared(now(MET), past(OPEN))

    assert fixed.closed == (OPEN.fingerprint,)
    assert kinds(now(OPEN), past(MET, closed=fixed.closed)) == ["back again"]
    assert compared(now(OPEN), past(MET, closed=fixed.closed)).closed == ()


def test_the_same_run_twice_changes_nothing() -> None:
    again = compared(now(OPEN, finding(Outcome.MET, "y")), past(OPEN, finding(Outcome.MET, "y")))

    assert {change.kind for change in again.changes} == {"still open"}


def test_facts_that_moved_are_listed_with_both_values() -> None:
    fact = Fact("share", "71 %", "of files", "room", Evidence("counted"))

    changes = compared(now(facts=(fact,)), past(facts={"share": "62 %"})).changes

    assert [change.text for change in changes] == ["of files: 62 % before, 71 % now"]


def test_a_company_file_is_named_as_the_cause_and_not_taken_for_progress() -> None:
    assert "is new" in compared(now(digest="d"), past()).causes[0]
    assert "changed" in compared(now(digest="e"), past(digest="d")).causes[0]
    assert "is gone" in compared(now(), past(digest="d")).causes[0]


def at(repository: str, outcome: Outcome, subject: str = "x", check: str = "room.check") -> Finding:
    return Finding(
        Check(check, "?"), outcome, (subject,), f"{subject} is {outcome}.", repository, citations=(Citation("s", "l"),), unlock="a file"
    )


def run(*findings: Finding, repositories: str = "", bills: str = "", digest: str = "") -> Run:
    return Run(DAY, digest, findings, repositories=tuple(repositories), bills=tuple(bills))


def kept(given: Run) -> Run:
    """Return what is remembered of a run."""
    return replace(past(*given.findings, digest=given.company_digest), repositories=given.repositories, bills=given.bills)


def test_a_repository_that_was_not_read_fixes_nothing() -> None:
    before = run(at("a", Outcome.UNMET), at("b", Outcome.UNMET, "y"), repositories="ab")

    assert kinds(run(at("a", Outcome.UNMET), repositories="a"), kept(before)) == ["still open", "not seen this time"]


def test_an_answer_about_the_whole_from_fewer_repositories_is_no_progress() -> None:
    before = run(at("", Outcome.UNMET, "people"), at("a+b", Outcome.UNMET, "spread"), repositories="ab")
    fewer = run(at("", Outcome.MET, "people"), at("a", Outcome.MET, "spread"), repositories="a")

    assert kinds(fewer, kept(before)) == ["not seen this time", "not seen this time"]


def test_fewer_repositories_open_nothing_new_about_the_whole() -> None:
    before = run(at("a+b", Outcome.MET, "spread"), repositories="ab")
    fewer = run(at("", Outcome.UNMET, "bob"), at("a", Outcome.UNMET, "spread"), repositories="a")

    assert kinds(fewer, kept(before)) == []


def test_what_is_met_in_a_repository_that_was_read_is_fixed_whatever_else_is_missing() -> None:
    before = run(at("a", Outcome.UNMET), at("b", Outcome.UNMET, "y"), repositories="abc")

    assert kinds(run(at("a", Outcome.MET), at("b", Outcome.UNMET, "y"), repositories="ab"), kept(before)) == ["still open", "fixed"]


def test_a_finding_about_the_whole_is_the_same_when_a_repository_is_added() -> None:
    before = run(at("a", Outcome.UNMET, "spread"), repositories="a")
    more = compared(run(at("a+b", Outcome.UNMET, "spread"), repositories="ab"), kept(before))

    assert [change.kind for change in more.changes] == ["still open"]
    assert "1 source is new" in more.causes[0]


@pytest.mark.parametrize("given", [{"bills": "x"}, {"digest": "d"}])
def test_a_missing_inventory_or_company_file_fixes_nothing(given: dict[str, str]) -> None:
    before = run(at("a", Outcome.UNMET), at("a", Outcome.UNMET, "y"), repositories="a", **given)

    assert kinds(run(at("a", Outcome.MET), repositories="a"), kept(before)) == ["not seen this time", "not seen this time"]


def test_figures_over_fewer_sources_are_not_compared() -> None:
    fact = Fact("share", "71 %", "of files", "room", Evidence("counted"))
    before = replace(past(facts={"share": "62 %"}), repositories=("a", "b"))

    fewer = compared(replace(now(facts=(fact,)), repositories=("a",)), before)

    assert fewer.changes == ()
    assert "1 source of last time was not there" in fewer.causes[0]
