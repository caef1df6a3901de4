"""End of life: known answers, and names read from files."""

import csv
from datetime import date
from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.evidence import Problem
from quarterdeck.domain.findings import Outcome
from quarterdeck.domain.records import Software
from quarterdeck.evidence import inventory, tables
from quarterdeck.evidence.inventory import products
from quarterdeck.practices.architecture.dependency_health import analysis, assessment
from tests.conftest import AS_OF, history_of
from tests.making import Maker

CASES = Path(__file__).parent.parent / "cases" / "end_of_life.csv"
KNOWN = analysis.by_product(tables.cycles())
SPELLINGS = tables.spellings()


def test_every_known_answer_is_right() -> None:
    rows = list(csv.DictReader(CASES.read_text("utf-8").splitlines()))

    wrong = [row for row in rows if status(row["product"], row["version"], row["day"]) != row["status"]]

    assert len(rows) >= 300
    assert wrong == []


def status(product: str, version: str, day: str) -> str:
    return analysis.status_on(analysis.find_cycle(product, version, KNOWN, SPELLINGS), date.fromisoformat(day))


@pytest.mark.parametrize(
    ("product", "version"), [("never-heard-of", "1.0"), ("python", ""), ("python", "latest"), ("python", "99.9"), ("nodejs", "lts")]
)
def test_what_is_not_known_is_never_supported(product: str, version: str) -> None:
    assert status(product, version, "2026-11-22") == "unknown"


def software(texts: dict[str, str]) -> tuple[list[Software], list[Problem]]:
    components, problems = inventory.inventory({path: text.encode() for path, text in texts.items() if inventory.wanted(path)}, 0, "shop")
    return products.software(components), problems


def named(path: str, text: str) -> list[tuple[str, str, int]]:
    found, problems = software({path: text})
    assert problems == []
    return [(each.product, each.version, each.line) for each in found]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("Dockerfile", "ARG V=3.9\nFROM --platform=linux/amd64 python:${V}-slim-bullseye AS base\nFROM base\n", [("debian", "bullseye", 2), ("python", "3.9-slim-bullseye", 2)]),
        ("deploy/api.Dockerfile", "FROM docker.io/library/node:18@sha256:abc\n", [("nodejs", "18", 1)]),
        ("docker-compose.yml", "services:\n  db:\n    image: postgres:12-alpine\n", [("postgresql", "12-alpine", 3)]),
        (".tool-versions", "# tools\nnodejs 16.20.0\njava temurin-17.0.1+12\n", [("nodejs", "16.20.0", 2), ("eclipse-temurin", "17.0.1+12", 3)]),
        (".nvmrc", "v14.17.0\n", [("nodejs", "v14.17.0", 1)]),
        ("package.json", '{\n "engines": {"node": ">=16"},\n "dependencies": {"react": "^17.0.2", "left-pad": "1"}\n}\n', [("nodejs", ">=16", 2), ("react", "^17.0.2", 3)]),
        ("pyproject.toml", '[project]\nrequires-python = ">=3.8"\ndependencies = [\n "Django>=3.2,<4",\n]\n', [("python", ">=3.8", 2), ("django", ">=3.2,<4", 4)]),
        ("requirements.txt", "django==2.2.28  # old\nrequests\n", [("django", "2.2.28", 1)]),
        ("go.mod", "module x\n\ngo 1.19\n", [("go", ">=1.19", 3)]),
        ("Gemfile", "ruby '2.7.6'\ngem 'rails', '~> 5.2'\n", [("ruby", "2.7.6", 1), ("ruby-on-rails", "~> 5.2", 2)]),
        ("composer.json", '{"require": {"php": "^7.4", "laravel/framework": "^8.0"}}', [("php", "^7.4", 1), ("laravel", "^8.0", 1)]),
        ("global.json", '{"sdk": {"version": "6.0.100"}}', [("dotnet", "6.0.100", 1)]),
        ("app/App.csproj", "<Project>\n<TargetFramework>net5.0</TargetFramework>\n</Project>\n", [("dotnet", "net5.0", 2)]),
        ("pom.xml", "<parent>\n<groupId>org.springframework.boot</groupId>\n<artifactId>spring-boot-starter-parent</artifactId>\n<version>2.5.0</version>\n</parent>\n",
         [("spring-boot", "2.5.0", 4)]),
    ],
)  # fmt: skip
def test_files_name_their_software_with_line_numbers(path: str, text: str, expected: list[tuple[str, str, int]]) -> None:
    assert sorted(named(path, text)) == sorted(expected)


@pytest.mark.parametrize("path", ["examples/Dockerfile", "vendor/x/package.json", "tests/fixtures/go.mod"])
def test_examples_and_vendored_files_say_nothing_about_this_software(path: str) -> None:
    assert named(path, "FROM python:2.7\n") == []


@pytest.mark.parametrize(
    ("path", "text"), [("package.json", "{not json"), ("pyproject.toml", "x = = 1"), ("package.json", "[1]"), ("composer.json", '"x"')]
)
def test_a_broken_manifest_is_a_problem_beside_the_others(path: str, text: str) -> None:
    found, problems = software({path: text, ".nvmrc": "14\n"})

    assert [each.product for each in found] == ["nodejs"]
    assert problems[0].citation.locator.startswith(path)


def test_an_ended_runtime_is_unmet_and_priced_in_days(company_repository: Path) -> None:
    found = assessment.answer(history_of(company_repository), bootstrap.company_of(None), AS_OF)

    titles = {finding.title for finding in found.findings}
    assert "Python 3.8 has been out of support since 07 Oct 2024" in titles
    ended = [finding for finding in found.findings if finding.check == assessment.CHECK]
    assert all(finding.outcome is Outcome.UNMET for finding in ended)
    assert all(finding.cost_to_cure and finding.recommendation for finding in ended)


def test_majors_that_nobody_has_to_stop_at_do_not_count() -> None:
    node = KNOWN["nodejs"]

    assert analysis.majors_between(node["18"], node["22"], KNOWN) == 2
    assert analysis.majors_between(KNOWN["python"]["3.8"], KNOWN["python"]["3.12"], KNOWN) == 1


def test_nothing_named_is_unknown(tmp_path: Path) -> None:
    made = Maker(tmp_path / "bare").commit(write={"a.py": "1\n"})

    assert assessment.answer(history_of(made.done()), bootstrap.company_of(None), AS_OF).findings[0].outcome is Outcome.UNKNOWN
