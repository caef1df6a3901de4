"""The report as a whole: page one, its limits, and rooms that fail."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import Answer
from quarterdeck.domain.findings import Outcome, Urgency
from quarterdeck.domain.records import History
from quarterdeck.domain.report import Report
from quarterdeck.domain.text import plain
from quarterdeck.practices import catalogue
from quarterdeck.usecases import assess as usecase
from quarterdeck.usecases.assess import letters, run_room
from tests.conftest import AS_OF, history_of
from tests.making import Maker, code, git


def report_of(*paths: Path, company: Path | None = None, compare: str = "none") -> Report:
    return bootstrap.run(bootstrap.Request(paths, AS_OF, company, compare=compare))[0]


def test_page_one_has_five_facts_three_risks_and_three_actions(company_repository: Path) -> None:
    front = report_of(company_repository).front

    assert len(front.facts) == 5
    assert len(front.risks) == 3
    assert all(action.recommendation for action in front.actions)
    assert len({risk.check.id for risk in front.risks}) == 3


def test_the_message_to_send_has_at_most_80_words(company_repository: Path) -> None:
    message = report_of(company_repository).front.message

    assert 20 <= len(message.split()) <= 80
    assert "1. " in message


def test_every_risk_has_money_or_says_why_not(company_repository: Path) -> None:
    for finding in report_of(company_repository).findings:
        if finding.outcome is Outcome.UNMET:
            assert finding.exposure or finding.exposure_note
            assert finding.cost_to_cure or finding.cost_note


def test_a_room_that_breaks_costs_only_itself(company_repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_history: History, _company: Company, _as_of: date) -> Answer:
        raise ZeroDivisionError("by zero")

    whole: Callable[[], list[usecase.Room]] = usecase.rooms
    monkeypatch.setattr(usecase, "rooms", lambda: [usecase.Room(each.about, broken) if n == 2 else each for n, each in enumerate(whole())])

    report = report_of(company_repository)

    errors = [finding for finding in report.findings if finding.outcome is Outcome.ERROR]
    assert [finding.check.id for finding in errors] == ["architecture/hotspots.run"]
    assert len(report.practices) == 5


def test_every_room_of_the_catalogue_answers_on_an_almost_empty_repository(tmp_path: Path) -> None:
    folder = Maker(tmp_path / "tiny").commit(write={"notes.txt": "x\n"}).done()
    history, company = history_of(folder), bootstrap.company_of(None)

    for room in usecase.rooms():
        answer = run_room(room, history, company, AS_OF)
        assert answer.sections
        assert all(finding.outcome is not Outcome.ERROR for finding in answer.findings), room.about.id


def test_the_catalogue_names_every_room_in_the_tree() -> None:
    practices = Path(usecase.__file__).parent.parent / "practices"
    rooms = {f"quarterdeck.practices.{path.parent.parent.name}.{path.parent.name}" for path in practices.glob("*/*/assessment.py")}

    assert rooms == set(catalogue.ROOMS)


def test_several_repositories_are_one_company_and_a_broken_one_costs_only_itself(company_repository: Path, tmp_path: Path) -> None:
    other = Maker(tmp_path / "other").commit(write={"b.py": code(5)}).done()

    report = report_of(company_repository, other, tmp_path / "missing")

    assert [plain(look.name) for look in report.looks] == ["shop", "other"]
    assert any("not read" in problem.message for problem in report.problems)


def test_the_company_file_is_named_as_cause_and_changes_page_one(company_repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "company.toml"
    file.write_text(
        'name = "Northlight"\n[rates]\n"rnd.cost_per_fte" = 90000\n[[roster]]\nname = "Ada Lovelace"\nrole = "Lead developer"\nend = 2026-06-01\n'
    )
    report_of(company_repository, compare="")

    report = report_of(company_repository, company=file, compare="")

    assert report.compared.causes == ("The company file is new: people, roles and rates in it changed figures below.",)
    assert any(change.kind == "figure" for change in report.compared.changes)
    assert "Northlight" in report.title
    assert not any(risk.exposure and risk.exposure.typical for risk in report.front.risks)


def test_a_critical_repository_raises_urgency(company_repository: Path, tmp_path: Path) -> None:
    file = tmp_path / "company.toml"
    file.write_text('[[repositories]]\nname = "shop"\ncriticality = "high"\n')
    plain, raised = report_of(company_repository), report_of(company_repository, company=file)

    before = {each.fingerprint: each.urgency for each in plain.findings}
    assert any(before[each.fingerprint] is Urgency.PLAN and each.urgency is Urgency.ACT for each in raised.findings)


def test_squashed_history_is_marked_weak(tmp_path: Path) -> None:
    made = Maker(tmp_path / "squashed")
    for number in range(30):
        made.commit(("ada", "bob")[number % 2], f"2026-01-{number % 28 + 1:02d}", {f"a{number}.py": code(5)}, message=f"Do it (#{number})",
                    committer=("GitHub", "noreply@github.com"))  # fmt: skip

    report = report_of(made.done())

    assert any("squash" in text for text in report.front.weak)
    assert report.counted["commits that are squash merges"] == 30


def test_an_import_commit_is_marked_weak(tmp_path: Path) -> None:
    made = Maker(tmp_path / "imported").commit("ada", write={f"a{number}.py": code(5) for number in range(80)})
    for number in range(25):
        made.commit(("ada", "bob")[number % 2], f"2026-02-{number + 1:02d}", {f"b{number}.py": code(5)})

    assert any("import" in text for text in report_of(made.done()).front.weak)


def test_letters_go_on_after_z() -> None:
    assert [letters(number) for number in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


def test_two_copies_of_one_history_are_said_to_count_twice(company_repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", f"file://{company_repository}", "copy.git")

    assert any("share one history" in text for text in report_of(company_repository, tmp_path / "copy.git").front.weak)
