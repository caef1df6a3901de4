"""Versions that are fixed and versions that move, several majors at once, deprecated packages, and the order of the work."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.contents import Component, Contents
from quarterdeck.domain.findings import Finding, Outcome
from quarterdeck.domain.records import History
from quarterdeck.practices.architecture.dependency_health import fixing, order, pins
from tests.conftest import AS_OF, history_of
from tests.making import Maker

BASE = Component(
    0, "pkg:npm/left-pad@1.3.0", "npm", "left-pad", "1.3.0", "", "direct", "runtime", "", "package-lock.json", 7, "package-lock.json"
)


def component(name: str = "left-pad", version: str = "1.3.0", **other: object) -> Component:
    purl = f"pkg:npm/{name}@{version}" if version else f"pkg:npm/{name}"
    return replace(BASE, name=name, version=version, purl=purl, **other)  # type: ignore[arg-type]


@pytest.fixture
def history(tmp_path: Path) -> History:
    return history_of(Maker(tmp_path / "shop").commit(write={"a.py": "a = 1\n"}).done())


def found(history: History, *components: Component) -> dict[str, Finding]:
    looked = replace(history, contents=Contents(components=components, read=True))
    return {each.check.id.rpartition(".")[2]: each for each in fixing.findings(looked, bootstrap.company_of(None), AS_OF)}


def test_a_system_whose_packages_all_have_one_version_is_pinned(history: History) -> None:
    assert found(history, component())["pinned"].outcome is Outcome.MET


def test_a_package_without_an_exact_version_is_named_with_its_place(history: History) -> None:
    finding = found(history, component(version="", wanted="^1.0", path="package.json", line=12))["pinned"]

    assert finding.outcome is Outcome.UNMET
    assert [str(each.locator) for each in finding.citations] == ["\ue002package.json:12\ue003"]


def asked(name: str, version: str = "", path: str = "pyproject.toml", **other: object) -> Component:
    wanted = "" if version else ">=1.0"
    return component(name, version, wanted=wanted, ecosystem="pypi", path=path, confidence=0.8, **other)


def test_a_compiled_list_of_requirements_beside_the_manifest_is_its_lock(history: History) -> None:
    listed = [asked("click", "8.1.8", "requirements.txt"), asked("colorama", "0.4.6", "requirements.txt")]

    assert found(history, asked("click"), *listed)["pinned"].outcome is Outcome.MET


def test_what_the_compiled_list_leaves_out_or_holds_for_tests_alone_is_still_loose(history: History) -> None:
    listed = [asked("click", "8.1.8", "requirements.txt"), asked("httpx", "0.27.0", "requirements-test.txt", scope="test")]

    finding = found(history, asked("click"), asked("httpx"), *listed)["pinned"]

    assert finding.outcome is Outcome.UNMET
    assert "1 package without an exact version" in finding.statement


def test_a_list_in_another_folder_locks_nothing_here(history: History) -> None:
    finding = found(history, asked("click"), asked("click", "8.1.8", "tools/requirements.txt", system="tools"))["pinned"]

    assert finding.outcome is Outcome.UNMET


def test_a_compiled_list_is_read_from_a_repository_as_the_lock_of_its_manifest(tmp_path: Path) -> None:
    made = Maker(tmp_path / "dates").commit(
        write={
            "pyproject.toml": '[project]\nname = "dates"\nversion = "1"\ndependencies = ["click>=8.1", "Py.Dateutil>=2.9"]\n',
            "requirements.txt": f"click==8.1.8 \\\n    --hash=sha256:{'0' * 64}\npy-dateutil==2.9.0 \\\n    --hash=sha256:{'1' * 64}\n",
        }
    )

    outcomes = {each.check.id: each for each in fixing.findings(history_of(made.done()), bootstrap.company_of(None), AS_OF)}

    assert outcomes["architecture/dependency_health.pinned"].outcome is Outcome.MET


def test_ranges_for_development_do_not_unpin_a_system(history: History) -> None:
    assert found(history, component(), component("jest", "", wanted="*", scope="dev"))["pinned"].outcome is Outcome.MET


@pytest.mark.parametrize(("tag", "moves"), [("latest", True), ("", True), ("3.13-slim", False)])
def test_an_image_without_a_version_may_change_under_its_name(tag: str, moves: bool) -> None:
    image = component("python", tag, ecosystem="docker")

    assert bool(pins.moving([image])) is moves


def test_a_digest_fixes_an_image_whatever_its_tag() -> None:
    assert pins.moving([component("python", "latest", ecosystem="docker", integrity="sha256:" + "0" * 64)]) == []


def test_two_majors_of_a_package_asked_for_directly_are_unmet(history: History) -> None:
    finding = found(history, component("react", "17.0.2"), component("react", "18.2.0", relation="transitive"))["one_major"]

    assert finding.outcome is Outcome.UNMET
    assert "react (17, 18)" in finding.statement


def test_two_majors_that_others_bring_along_are_counted_only(history: History) -> None:
    several = [component("semver", version, relation="transitive") for version in ("6.3.1", "7.5.4")]

    finding = found(history, component(), *several)["one_major"]

    assert finding.outcome is Outcome.MET
    assert "1 package that others bring along" in finding.statement


@pytest.mark.parametrize(
    ("version", "major"), [("1.2.3", "1"), ("0.9.1", "0.9"), ("v2.0.0+incompatible", "2"), ("2024a", "2024"), ("edge", "edge")]
)
def test_the_major_release_is_the_first_number_or_the_second_below_one(version: str, major: str) -> None:
    assert pins.major(version) == major


def test_a_deprecated_package_is_unmet_in_the_words_of_its_registry(history: History) -> None:
    finding = found(history, component("request", "2.88.2", deprecated="request has been deprecated"))["maintained"]

    assert finding.outcome is Outcome.UNMET
    assert "request has been deprecated" in finding.statement


def test_without_release_days_upkeep_is_unknown(history: History) -> None:
    assert found(history, component())["maintained"].outcome is Outcome.UNKNOWN


def test_an_old_release_is_a_question_and_a_recent_one_is_fine(history: History) -> None:
    assert found(history, component(released="2026-01-01"))["maintained"].outcome is Outcome.MET
    assert found(history, component(released="2019-01-01"))["maintained"].outcome is Outcome.UNKNOWN


def test_releases_older_than_three_years_come_oldest_first() -> None:
    aged = pins.old(
        [component("b", released="2020-01-01"), component("a", released="2018-01-01"), component("c", released="2026-01-01")],
        date(2026, 6, 30),
    )

    assert [each.name for each in aged] == ["a", "b"]


def test_without_any_component_nothing_is_said_to_be_fine(history: History) -> None:
    assert {each.outcome for each in found(history).values()} == {Outcome.UNKNOWN}


def test_systems_and_runtimes_come_before_frameworks_and_stores() -> None:
    assert order.ordered(["postgresql", "django", "python", "debian"]) == ["debian", "python", "django", "postgresql"]


def test_a_version_that_a_parent_or_bom_elsewhere_sets_is_not_called_loose(history: History) -> None:
    managed = component("org.slf4j:slf4j-api", "", ecosystem="maven", path="pom.xml")

    assert found(history, managed)["pinned"].outcome is Outcome.MET
