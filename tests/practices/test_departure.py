"""What leaves with a person, who could take over, and what it may cost."""

from pathlib import Path

import numpy as np
import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.company import Company, Rate
from quarterdeck.domain.documents import Checklist
from quarterdeck.domain.findings import Outcome
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
