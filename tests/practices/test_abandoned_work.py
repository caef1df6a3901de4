"""Silences, revivals and idle branches."""

from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from quarterdeck import bootstrap
from quarterdeck.domain.documents import Figure, Table
from quarterdeck.domain.findings import Outcome
from quarterdeck.domain.text import plain
from quarterdeck.practices.delivery.abandoned_work import analysis, assessment
from tests.conftest import AS_OF, history_of
from tests.making import Maker


def test_a_long_gap_is_a_silence_and_three_days_of_work_revive_it() -> None:
    days = [*range(0, 100, 5), *range(400, 430, 5)]

    found = analysis.silences(days, today=430)

    assert [(each.first, each.last, each.revived) for each in found] == [(96, 399, True)]


def test_a_lone_commit_does_not_end_a_silence() -> None:
    days = [*range(0, 100, 5), 300, *range(700, 730, 5)]

    found = analysis.silences(days, today=730)

    assert [(each.first, each.last) for each in found] == [(96, 699)]


def test_a_team_that_often_rests_has_a_longer_limit() -> None:
    assert analysis.long_gap([0, 50, 100, 150]) == 150
    assert analysis.long_gap([0, 1, 2, 3]) == 90


def test_silence_that_still_lasts_is_said_to() -> None:
    assert analysis.silences([0, 1, 2], today=400)[0].ongoing


@given(st.lists(st.integers(0, 3000), min_size=2, max_size=60), st.integers(3000, 4000))
def test_silences_never_overlap_and_hold_at_most_a_lone_day(days: list[int], today: int) -> None:
    found = analysis.silences(days, today)

    for one, other in pairwise(found):
        assert one.last < other.first
    for each in found:
        assert each.days > analysis.LONG_GAP_DAYS - 1


def test_a_year_of_silence_and_an_idle_branch_are_found(tmp_path: Path) -> None:
    made = Maker(tmp_path / "left")
    for number in range(20):
        made.commit("ada", f"2024-01-{number + 1:02d}", {f"a{number}.py": "1\n"})
    made.commit("bob", "2024-03-01", {"wip.py": "1\n"}, branch="rewrite", start="main")

    found = assessment.answer(history_of(made.done()), bootstrap.company_of(None), AS_OF)

    outcomes = {finding.check.id: finding for finding in found.findings}
    assert outcomes["delivery/abandoned_work.active"].outcome is Outcome.UNMET
    assert outcomes["delivery/abandoned_work.branches"].outcome is Outcome.UNMET
    assert outcomes["delivery/abandoned_work.branches"].exposure is None
    assert "at least 1 person-week went into these branches" in outcomes["delivery/abandoned_work.branches"].exposure_note


def test_a_young_repository_is_unknown(tmp_path: Path) -> None:
    made = Maker(tmp_path / "young").commit(day="2026-05-01", write={"a.py": "1\n"})

    found = assessment.answer(history_of(made.done()), bootstrap.company_of(None), AS_OF)

    assert found.findings[0].outcome is Outcome.UNKNOWN


def test_commits_without_releases_are_told_from_work_that_stopped(tmp_path: Path) -> None:
    made = Maker(tmp_path / "stuck")
    for number in range(24):
        month = f"202{4 + number // 12}-{number % 12 + 1:02d}"
        made.commit("ada", f"{month}-03", {f"a{number}.py": "1\n"})
        if number < 10:
            made.tag(f"v{number}", day=f"{month}-04")
    for number in range(6):
        made.commit("bob", f"2026-0{number + 1}-03", {f"b{number}.py": "1\n"})

    found = assessment.answer(history_of(made.done()), bootstrap.company_of(None), AS_OF)

    outcomes = {finding.check.id: finding for finding in found.findings}
    assert outcomes["delivery/abandoned_work.active"].outcome is Outcome.MET
    assert "since v9" in plain(outcomes["delivery/abandoned_work.releases"].statement)


def test_release_lines_and_proposals_of_robots_are_no_abandoned_work(tmp_path: Path) -> None:
    made = Maker(tmp_path / "lines")
    for number in range(20):
        made.commit("ada", f"2025-01-{number + 1:02d}", {f"a{number}.py": "1\n"})
    made.commit("ada", "2025-02-01", {"fix.py": "1\n"}, branch="7.x", start="main")
    made.commit("ada", "2025-02-02", {"other.py": "1\n"}, branch="autumn", start="main").tag("v7.1", branch="autumn")
    made.commit("dependabot", "2025-02-03", {"bump.txt": "1\n"}, branch="dependabot/pip/x", start="main")
    made.commit("bob", "2025-02-04", {"wip.py": "1\n"}, branch="login-rewrite", start="main")

    found = assessment.answer(history_of(made.done()), bootstrap.company_of(None), AS_OF)

    branches = next(finding for finding in found.findings if finding.check.id.endswith("branches"))
    assert branches.statement.startswith("1 branch with 1 commit")
    assert "3 branches set aside: release lines" in branches.statement


def test_a_website_and_a_decided_branch_are_set_aside_and_shown(tmp_path: Path) -> None:
    made = Maker(tmp_path / "site")
    for number in range(20):
        made.commit("ada", f"2025-01-{number + 1:02d}", {f"a{number}.py": "1\n"})
    made.commit("ada", "2025-02-01", {"index.html": "1\n"}, branch="website")
    made.commit("bob", "2025-02-02", {"wip.py": "1\n"}, branch="rewrite-is-cancelled", start="main")

    found = assessment.answer(history_of(made.done()), bootstrap.company_of(None), AS_OF)

    branches = next(finding for finding in found.findings if finding.check.id.endswith("branches"))
    aside = next(block for block in found.sections[0].blocks if isinstance(block, Table) and block.id == "branches.aside")
    assert branches.outcome is Outcome.MET
    assert "2 branches set aside" in branches.statement
    assert [plain(str(row[0])) for row in aside.rows] == ["rewrite-is-cancelled", "website"]


def test_the_last_day_of_work_stands_in_the_section_and_not_on_page_one(company_repository: Path) -> None:
    found = assessment.answer(history_of(company_repository), bootstrap.company_of(None), AS_OF)

    assert found.facts == ()
    assert "01 Jun 2026" in [block.value for block in found.sections[0].blocks if isinstance(block, Figure)]
