"""What a report says has changed when a source is added, taken away or read again, on real repositories."""

from dataclasses import replace
from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.deliver.exchange import data
from quarterdeck.deliver.terms import changed_lines
from quarterdeck.domain.errors import InputError
from quarterdeck.domain.findings import Outcome
from quarterdeck.domain.report import Report
from quarterdeck.domain.text import plain
from tests.conftest import AS_OF, small_company
from tests.making import Maker, code

COMPANY = 'name = "Northlight"\n[[roster]]\nname = "Ada Lovelace"\nrole = "Lead"\nend = 2026-07-15\n'
BILL = '{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[{"type":"library","name":"django","version":"2.2","purl":"pkg:pypi/django@2.2"}]}'


def other_repository(folder: Path) -> Path:
    made = Maker(folder)
    for number in range(14):
        made.commit("cy", f"2026-04-{number + 1:02d}", {f"pay/step_{number}.py": code(50), "Dockerfile": "FROM node:14\n"})
    return made.done()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sources")


@pytest.fixture(scope="module")
def everything(place: Path) -> bootstrap.Request:
    (place / "company.toml").write_text(COMPANY)
    (place / "bill.cdx.json").write_text(BILL)
    paths = (small_company(place / "one"), other_repository(place / "two"))
    return bootstrap.Request(paths, AS_OF, place / "company.toml", compare="none", sboms=(place / "bill.cdx.json",), names=("shop", "pay"))


@pytest.fixture(autouse=True)
def own_home(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the tests of this file share what was read: none of them looks at it."""
    monkeypatch.setenv("QUARTERDECK_HOME", str(place / "home"))
    return place / "home"


def again(first: bootstrap.Request, second: bootstrap.Request, folder: Path) -> Report:
    """Run twice, the second compared with what is kept of the first."""
    file = folder / "findings.json"
    file.write_text(data.render(bootstrap.run(first)[0], "roles"), "utf-8")
    report = bootstrap.run(replace(second, compare=str(file)))[0]
    assert not [finding for finding in report.findings if finding.outcome is Outcome.ERROR]
    return report


def only(request: bootstrap.Request, number: int) -> bootstrap.Request:
    return replace(request, paths=request.paths[number : number + 1], names=request.names[number : number + 1])


def kinds(report: Report) -> set[str]:
    return {change.kind for change in report.compared.changes}


def test_the_same_sources_again_change_nothing(everything: bootstrap.Request, tmp_path: Path) -> None:
    report = again(everything, everything, tmp_path)

    assert kinds(report) == {"still open"}
    assert report.compared.causes == ()
    assert "Nothing changed." in changed_lines(report)


@pytest.mark.parametrize("kept", [0, 1])
def test_a_repository_taken_away_only_hides(everything: bootstrap.Request, tmp_path: Path, kept: int) -> None:
    assert kinds(again(everything, only(everything, kept), tmp_path)) == {"still open", "not seen this time"}


def test_a_repository_that_cannot_be_read_only_hides_and_is_named_as_people_name_it(everything: bootstrap.Request, tmp_path: Path) -> None:
    broken = tmp_path / "3f2a"
    broken.mkdir()

    report = again(everything, replace(everything, paths=(everything.paths[0], broken)), tmp_path)

    assert kinds(report) == {"still open", "not seen this time"}
    assert [plain(str(problem.citation)) for problem in report.problems if "not read" in problem.message] == ["pay: repository"]
    assert not [problem for problem in report.problems if "3f2a" in problem.message]


def test_an_inventory_taken_away_only_hides(everything: bootstrap.Request, tmp_path: Path) -> None:
    assert kinds(again(everything, replace(everything, sboms=()), tmp_path)) <= {"still open", "not seen this time"}


def test_the_company_file_taken_away_only_hides(everything: bootstrap.Request, tmp_path: Path) -> None:
    assert kinds(again(everything, replace(everything, company=None), tmp_path)) <= {"still open", "not seen this time"}


def test_a_repository_added_takes_nothing_for_fixed(everything: bootstrap.Request, tmp_path: Path) -> None:
    report = again(only(everything, 0), everything, tmp_path)

    assert "fixed" not in kinds(report)
    assert report.compared.causes == ("1 source is new: figures below rest on more than last time.",)


def test_a_repository_keeps_its_findings_under_another_name(everything: bootstrap.Request, tmp_path: Path) -> None:
    assert kinds(again(everything, replace(everything, names=("till", "billing")), tmp_path)) == {"still open"}


def test_without_any_repository_the_refusal_says_what_to_add() -> None:
    with pytest.raises(InputError, match="none of the repositories") as refused:
        bootstrap.run(bootstrap.Request((), AS_OF, compare="none"))

    assert "git repository" in refused.value.hint


def test_folders_that_are_no_repositories_are_named_in_the_refusal(tmp_path: Path) -> None:
    folders = tuple(tmp_path / name for name in ("one", "two"))
    for folder in folders:
        folder.mkdir()

    with pytest.raises(InputError) as refused:
        bootstrap.run(bootstrap.Request(folders, AS_OF, compare="none"))

    assert "one: not a git repository" in refused.value.hint
    assert "two: not a git repository" in refused.value.hint
