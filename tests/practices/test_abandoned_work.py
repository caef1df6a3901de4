"""Silences, revivals and idle branches."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck import bootstrap
from quarterdeck.domain.documents import Figure, Table
from quarterdeck.domain.findings import Finding, Outcome, Urgency
from quarterdeck.domain.text import plain
from quarterdeck.practices.delivery.abandoned_work import analysis, assessment
from tests.conftest import AS_OF, history_of
from tests.making import Maker, git


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


def test_one_working_day_long_ago_is_a_silence_too() -> None:
    (silence,) = analysis.silences([100], today=650)

    assert (silence.first, silence.last, silence.ongoing) == (101, 650, True)
    assert analysis.silences([], today=650) == []


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


def at_rest(folder: Path, *, tag: str = "v1.2.0", days: int = 20) -> Maker:
    """Make a small library on which work ended in January 2025, with a release at the end and a robot that goes on."""
    made = Maker(folder)
    for number in range(days):
        made.commit("ada", f"2025-01-{number + 1:02d}", {f"a{number}.py": "1\n"})
    if tag:
        made.tag(tag, day=f"2025-01-{days + 1:02d}")
    return made.commit("dependabot", "2026-05-02", {"requirements.txt": "click==8.1.8\n"})


def active(made: Maker) -> Finding:
    return assessment.answer(history_of(made.done()), bootstrap.company_of(None), AS_OF).findings[0]


def test_a_small_library_whose_last_work_is_released_is_finished_and_not_abandoned(tmp_path: Path) -> None:
    finding = active(at_rest(tmp_path / "dates"))

    assert finding.outcome is Outcome.MET
    assert finding.urgency is Urgency.WATCH
    assert "in the release v1.2.0" in plain(finding.statement)
    assert "finished" in finding.statement


@pytest.mark.parametrize(
    ("tag", "extra", "reason"),
    [
        ("", {}, "no release from 1.0 on is tagged"),
        ("v0.9.0", {}, "no release from 1.0 on is tagged"),
        ("v2.0.0-rc.1", {}, "no release from 1.0 on is tagged"),
        ("v1.2.0", {"day": "2025-02-20"}, "never released"),
        ("v1.2.0", {"day": "2025-02-20", "branch": "rewrite", "start": "main"}, "a branch holds work"),
    ],
)
def test_what_was_left_open_is_said_of_work_that_stopped(tmp_path: Path, tag: str, extra: dict[str, str], reason: str) -> None:
    made = at_rest(tmp_path / "engine", tag=tag)
    if extra:
        made.commit("ada", write={"later.py": "1\n"}, **extra)

    finding = active(made)

    assert finding.outcome is Outcome.UNMET
    assert reason in finding.statement


def test_work_at_full_pace_until_its_last_day_is_not_called_finished(tmp_path: Path) -> None:
    made = Maker(tmp_path / "product")
    for number in range(28):
        for who in ("ada", "bob"):
            made.commit(who, f"2025-01-{number + 1:02d}", {f"{who}{number}.py": "1\n"})
    made.tag("v1.0.0", day="2025-01-29")

    assert "56 person-days" in active(made).statement


def test_work_that_stopped_cites_the_last_commit_by_a_person_and_not_the_robots(tmp_path: Path) -> None:
    made = at_rest(tmp_path / "left", tag="")
    finding = active(made)
    last = git(made.folder, "log", "-1", "--author=Ada", "--format=%H", "main")

    assert [plain(each.locator) for each in finding.citations] == [f"commit {last[:10]}"]


def test_resting_software_is_not_told_as_work_that_goes_on(tmp_path: Path) -> None:
    found = assessment.answer(history_of(at_rest(tmp_path / "dates").done()), bootstrap.company_of(None), AS_OF)

    assert found.sections[0].headline.startswith("1 repository rests and reads like finished software")


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
