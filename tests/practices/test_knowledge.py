"""Who knows the code: the headline, its range, and what is already lost."""

from datetime import date
from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.documents import Answer
from quarterdeck.domain.findings import Outcome
from quarterdeck.domain.records import History
from quarterdeck.kit import experts
from quarterdeck.practices.people.knowledge import analysis, assessment
from tests.conftest import AS_OF, history_of
from tests.making import Maker, code


def view(history: History, as_of: date = AS_OF) -> analysis.View:
    return assessment.view_of(history, experts.written(history), experts.human_changes(history), as_of)


def answer(history: History, as_of: date = AS_OF) -> Answer:
    return assessment.answer(history, bootstrap.company_of(None), as_of)


def names(history: History, people: tuple[int, ...]) -> list[str]:
    return [history.people[person].name for person in people]


def test_the_person_who_does_most_of_the_work_is_the_headline(company_repository: Path) -> None:
    history = history_of(company_repository)

    found = analysis.truck_factor_range(view(history), view(history))

    assert names(history, found.headline.here) == ["Ada Lovelace"]
    assert found.low <= found.headline.size <= found.high <= 3 * found.low


def test_a_founder_who_left_is_not_a_key_person_but_a_past_knower(tmp_path: Path) -> None:
    made = Maker(tmp_path / "founded")
    for number in range(40):
        made.commit("dan", f"2022-0{number % 9 + 1}-1{number % 9}", {f"core/{number}.py": code(30)})
    for number in range(30):
        made.commit("ada", f"2026-0{number % 6 + 1}-1{number % 9}", {f"core/{number}.py": code(31 + number)})

    history = history_of(made.done())
    found = analysis.headline(view(history))

    assert "Dan Ritchie" not in names(history, found.here)
    assert "Ada Lovelace" in names(history, found.here)


def test_files_of_people_who_left_are_lost_not_covered(company_repository: Path) -> None:
    history = history_of(company_repository)

    _, several, alone, nobody = analysis.coverage_now(view(history))

    assert (several, alone, nobody) == (0, 18, 5)


def test_a_robot_a_vendored_tree_and_a_lock_file_change_nothing(tmp_path: Path) -> None:
    def build(folder: Path, *, noisy: bool) -> History:
        made = Maker(folder)
        for number in range(12):
            made.commit("ada", f"2025-{number % 9 + 1:02d}-10", {f"app/a{number}.py": code(20)})
            made.commit("bob", f"2026-0{number % 6 + 1}-11", {f"app/b{number % 4}.py": code(21 + number)})
        if noisy:
            made.commit("ada", "2026-06-01", {"vendor/jquery/jquery.js": code(900), "package-lock.json": "{}\n" * 50_000})
            for number in range(120):
                made.commit("dependabot", "2026-06-02", {"requirements.txt": f"x=={number}\n", "package-lock.json": "{}\n" * number})
        return history_of(made.done())

    quiet, noisy = build(tmp_path / "quiet", noisy=False), build(tmp_path / "noisy", noisy=True)

    one, other = analysis.truck_factor_range(view(quiet), view(quiet)), analysis.truck_factor_range(view(noisy), view(noisy))
    assert names(quiet, one.headline.here) == names(noisy, other.headline.here)
    assert dict(one.readings) == dict(other.readings)
    assert analysis.coverage_now(view(quiet))[1:] == analysis.coverage_now(view(noisy))[1:]


def test_one_author_alone_gets_a_list_and_no_factor(tmp_path: Path) -> None:
    made = Maker(tmp_path / "solo")
    for number in range(30):
        made.commit("ada", f"2026-01-{number % 28 + 1:02d}", {f"a{number}.py": code(5)})

    found = answer(history_of(made.done())).findings[0]

    assert found.outcome is Outcome.UNKNOWN
    assert "One person wrote all 30 source files" in found.statement


def test_three_equal_people_are_no_single_point(tmp_path: Path) -> None:
    made = Maker(tmp_path / "shared")
    for number in range(60):
        made.commit(("ada", "bob", "cy", "dan")[number % 4], f"2026-0{number % 6 + 1}-1{number % 9}", {f"a{number}.py": code(10)})

    finding = answer(history_of(made.done())).findings[0]

    assert finding.outcome is not Outcome.UNMET


def test_the_roster_says_who_has_left(company_repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "company.toml"
    file.write_text('[[roster]]\nname = "Ada Lovelace"\naliases = ["ada@example.com"]\nend = 2026-06-15\n')
    company = bootstrap.company_of(file)

    history = history_of(company_repository, company=company)

    assert "Ada Lovelace" not in names(history, tuple(experts.present(history, AS_OF)))


@pytest.mark.parametrize("half_life", [None, 365.0, 730.0])
def test_shares_add_up_to_one(company_repository: Path, half_life: float | None) -> None:
    here = view(history_of(company_repository))

    assert sum(analysis.files_shares(here, half_life).values()) == pytest.approx(1)
    assert sum(analysis.activity_shares(here, half_life).values()) == pytest.approx(1)
