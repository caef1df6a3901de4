"""What leaves with a person, who could take over, and what it may cost."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.company import Company, Rate
from quarterdeck.domain.documents import Answer, Checklist, Table
from quarterdeck.domain.findings import Finding, Outcome, Urgency
from quarterdeck.domain.records import History
from quarterdeck.domain.text import plain
from quarterdeck.kit import experts
from quarterdeck.practices.people.departure import analysis, assessment
from tests.conftest import AS_OF, history_of
from tests.making import Maker, code


def fixed(**values: tuple[float, float, float]) -> Company:
    """Return a company whose rates are the ones given."""
    shipped = bootstrap.company_of(None).rates
    names = {key.replace("_", ".", 1): value for key, value in values.items()}
    own = {key: Rate(key, *value, "", "USD", "2026", "A", "test", typical=False) for key, value in names.items()}
    return Company(rates=shipped | own)


def test_the_yearly_loss_equals_the_worked_example() -> None:
    company = fixed(
        engineer_leave_chance=(0.15, 0.15, 0.15),
        engineer_replacement_cost=(0.5, 1, 2),
        engineer_ramp_up=(1.5, 4.5, 9),
        rnd_cost_per_fte=(200_200, 200_200, 200_200),
        benefits_load_factor=(1.3, 1.3, 1.3),
    )

    loss = analysis.loss(company, "p1f", 0.3, 1, notice=False, successor=True)

    assert loss.chance == pytest.approx(0.15)
    assert np.mean(loss.yearly) == pytest.approx(28_600, rel=0.05)
    assert np.median(loss.yearly) == 0


def test_notice_makes_the_departure_certain_and_no_successor_makes_it_dearer() -> None:
    company = bootstrap.company_of(None)

    likely = analysis.loss(company, "p1", 0.5, 2, notice=False, successor=True)
    certain = analysis.loss(company, "p1", 0.5, 2, notice=True, successor=False)

    assert certain.chance == 1
    assert certain.if_happens.p50 > likely.if_happens.p50


def test_a_client_s_own_rates_are_not_called_typical() -> None:
    assert analysis.loss(bootstrap.company_of(None), "p1", 0.5, 1, notice=False, successor=True).if_happens.typical
    own = fixed(rnd_cost_per_fte=(1, 1, 1))
    assert not analysis.loss(own, "p1", 0.5, 1, notice=False, successor=True).if_happens.typical


def test_the_report_names_what_is_lost_and_who_could_take_over(company_repository: Path) -> None:
    history = history_of(company_repository)

    found = assessment.answer(history, bootstrap.company_of(None), AS_OF)

    unmet = [finding for finding in found.findings if finding.outcome is Outcome.UNMET]
    assert {finding.subject[0] for finding in unmet} == {"person"}
    assert any("12 files would have nobody left who knows them" in finding.statement for finding in unmet)
    assert all(finding.exposure and finding.cost_to_cure for finding in unmet)
    assert all(section.names for section in found.sections)


def test_every_step_without_evidence_is_a_question(company_repository: Path) -> None:
    found = assessment.answer(history_of(company_repository), bootstrap.company_of(None), AS_OF)

    steps = [step for section in found.sections for block in section.blocks if isinstance(block, Checklist) for step in block.steps]
    hours = {step.when for step in steps}
    assert hours == {"0 to 2 hours", "24 hours", "72 hours", "30 days"}
    assert all(step.evidence or step.text.startswith("Ask:") for step in steps)


def test_ownership_files_tags_and_branches_are_evidence_for_the_checklist(tmp_path: Path) -> None:
    made = Maker(tmp_path / "owned")
    for number in range(24):
        made.commit("ada", f"2026-0{number % 5 + 1}-1{number % 9}", {f"a{number}.py": code(9), "CODEOWNERS": "* ada@example.com\n"})
    made.commit("bob", "2026-05-01", {"b.py": code(9)}).tag("v1.0", "ada", "2026-05-02")
    made.commit("ada", "2026-05-03", {"wip.py": code(9)}, branch="rewrite", start="main")
    found = assessment.answer(history_of(made.done()), bootstrap.company_of(None), AS_OF)

    steps = [step for section in found.sections for block in section.blocks if isinstance(block, Checklist) for step in block.steps]
    cited = plain(" ".join(step.evidence for step in steps))
    assert "CODEOWNERS:1" in cited
    assert "tag v1.0" in cited
    assert "branch rewrite" in cited


def test_without_anybody_near_there_is_no_successor(tmp_path: Path) -> None:
    made = Maker(tmp_path / "apart")
    for number in range(24):
        made.commit("ada", f"2026-0{number % 5 + 1}-1{number % 9}", {f"engine/a{number}.py": code(9)})
        made.commit("bob", f"2026-0{number % 5 + 1}-1{number % 9}", {f"shop/b{number % 2}.js": code(9)})
    history = history_of(made.done())
    files, changes = experts.written(history), experts.human_changes(history)
    here = experts.present(history, AS_OF)
    known = experts.knowers(experts.authorship(changes, as_of=AS_OF), here)
    ada = next(number for number, person in enumerate(history.people) if person.name == "Ada Lovelace")

    lost = analysis.lost_files(files, known, [ada])
    found = analysis.candidates(lost, changes, here, [ada], experts.ordinal(AS_OF))

    assert lost.height == 24
    assert not analysis.has_successor(found)


def test_somebody_who_gave_notice_is_worked_out_even_when_others_matter_more(company_repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "company.toml"
    file.write_text('[[roster]]\nname = "Bob Hopper"\nrole = "Shop lead"\nend = 2026-08-31\n')
    company = bootstrap.company_of(file)

    found = assessment.answer(history_of(company_repository, company=company), company, AS_OF)

    assert "has given notice" in found.findings[0].title
    assert found.findings[0].chance == 1


def shared(folder: Path, *, pages: int = 8) -> Maker:
    """Make a repository in which Ada and Bob take turns on every file of one part."""
    made = Maker(folder)
    for number in range(6 * pages):
        made.commit(("ada", "bob")[number // pages % 2], day_of(number % 48), {f"shop/page_{number % pages}.py": code(20 + number)})
    return made


def day_of(number: int) -> str:
    return f"2026-{number % 6 + 1:02d}-{number // 6 + 10:02d}"


def departures(history: History) -> list[Finding]:
    return list(answered(history).findings)


def answered(history: History) -> Answer:
    return assessment.answer(history, bootstrap.company_of(None), AS_OF)


def test_who_alone_carries_a_part_that_moves_is_told_with_the_part_and_its_busiest_files(tmp_path: Path) -> None:
    made = shared(tmp_path / "parts")
    for number in range(30):
        made.commit("cy", day_of(number), {f"engine/{('core', 'gear')[number % 2]}/file_{number % 5}.py": code(20 + number)})
    made.commit("bob", "2026-06-20", {"engine/core/file_0.py": code(80)})

    (found,) = departures(history_of(made.done()))

    assert "alone carries engine (10 of 10 moving source files, 31 commits in a year, 39\u00a0% of its repository)" in plain(
        found.statement
    )
    assert found.recommendation is not None and "Give engine, known to" in plain(found.recommendation.action)
    assert len(found.citations) == 6
    assert all(plain(cited.locator).startswith("engine/") for cited in found.citations)


def test_a_part_that_two_people_work_on_hangs_on_neither(tmp_path: Path) -> None:
    answer = answered(history_of(shared(tmp_path / "shared").done()))

    (found,) = answer.findings
    assert found.outcome is Outcome.MET
    assert [block.id for block in answer.sections[0].blocks if isinstance(block, Table)] == ["departure.everybody", "knowers"]
    assert "in the roster or with a commit within a year" in found.statement


def test_the_only_author_of_a_tool_that_nobody_changes_is_no_key_person(tmp_path: Path) -> None:
    made = shared(tmp_path / "tool")
    for number in range(40):
        made.commit("cy", f"2025-{number % 5 + 1:02d}-1{number % 9}", {f"tools/importer/step_{number % 12}.py": code(20 + number)})
    made.commit("cy", "2026-06-01", {"shop/page_0.py": code(90)})

    (found,) = departures(history_of(made.done()))

    assert found.outcome is Outcome.MET


def test_a_colleague_who_did_much_of_the_work_before_this_year_can_take_the_part_over(tmp_path: Path) -> None:
    made = shared(tmp_path / "before", pages=24)
    for number in range(24):
        made.commit("cy", f"2024-{number % 12 + 1:02d}-03", {f"engine/file_{number % 6}.py": code(20 + number)})
    for number in range(12):
        made.commit("dan", f"2025-{number % 6 + 1:02d}-05", {f"engine/file_{number % 6}.py": code(60 + number)})
    for number in range(20):
        made.commit("cy", day_of(number), {f"engine/file_{number % 6}.py": code(80 + number)})
    made.commit("dan", "2026-06-20", {"shop/page_0.py": code(90)})

    (found,) = departures(history_of(made.done()))

    assert found.outcome is Outcome.MET


def test_tests_alone_make_no_key_person(tmp_path: Path) -> None:
    made = shared(tmp_path / "tested")
    for number in range(40):
        made.commit("cy", day_of(number), {f"tests/test_page_{number % 8}.py": code(20 + number)})

    (found,) = departures(history_of(made.done()))

    assert found.outcome is Outcome.MET


def test_a_small_corner_of_a_busy_repository_is_not_worth_a_page(tmp_path: Path) -> None:
    made = Maker(tmp_path / "corner")
    for number in range(480):
        made.commit(
            ("ada", "bob")[number // 8 % 2],
            f"2026-{number % 6 + 1:02d}-{number // 6 % 28 + 1:02d}",
            {f"shop/page_{number % 24}.py": code(9 + number)},
        )
    for number in range(20):
        made.commit("cy", day_of(number), {f"corner/file_{number % 4}.py": code(20 + number)})

    (found,) = departures(history_of(made.done()))

    assert found.outcome is Outcome.MET


def test_a_history_that_is_cut_off_does_not_say_that_nobody_carries_a_part(tmp_path: Path) -> None:
    history = history_of(shared(tmp_path / "cut").done())
    cut = replace(history, repositories=tuple(replace(each, shallow_since=date(2026, 1, 1)) for each in history.repositories))

    (found,) = departures(cut)

    assert (found.outcome, found.unlock) == (Outcome.UNKNOWN, assessment.UNSHALLOW)


@pytest.mark.parametrize(("who", "urgency"), [("Bob Hopper", Urgency.PLAN), ("Ada Lovelace", Urgency.ACT)])
def test_notice_presses_only_where_much_goes_along(company_repository: Path, tmp_path: Path, who: str, urgency: Urgency) -> None:
    file = tmp_path / "company.toml"
    file.write_text(f'[[roster]]\nname = "{who}"\nrole = "Developer"\nend = 2026-08-31\n')
    company = bootstrap.company_of(file)
    made = Maker(tmp_path / "more")
    for number in range(80):
        made.commit("cy", day_of(number % 60), {f"core/part_{number}.py": code(30)})
    history = history_of(company_repository, made.done(), company=company)

    found = assessment.answer(history, company, AS_OF).findings[0]

    assert "has given notice" in found.title
    assert found.urgency is urgency
