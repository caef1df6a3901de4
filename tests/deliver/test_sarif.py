"""Places in code for code hosts and editors: relative, escaped, and with fingerprints that stay."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from quarterdeck import bootstrap
from quarterdeck.deliver.exchange import sarif
from quarterdeck.domain.documents import About
from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.money import Estimate
from quarterdeck.domain.report import Practice, Report
from quarterdeck.domain.text import foreign, mention
from tests.conftest import AS_OF, small_company
from tests.deliver import hostile
from tests.deliver.inventories import LOOKS, REPORT

CHECK = Check("governance/setup.pinned", "Are actions pinned?", 2)
ABOUT = About("governance/setup", "Setup", "Is the house in order?", "It saves work.", ("Kim 2016",))


def unmet(*locators: str, source: str = "shop", **more: Any) -> Finding:
    citations = tuple(Citation(source, locator) for locator in locators)
    return Finding(
        **{"check": CHECK, "outcome": Outcome.UNMET, "subject": locators, "statement": "An action moves.", "citations": citations} | more
    )


def report(*findings: Finding, looks: Any = LOOKS[:1]) -> Report:
    practices = tuple(Practice(name, name.title(), ()) for name in ("governance", "people"))
    return replace(REPORT, findings=findings, practices=practices, looks=looks, rooms=(ABOUT,))


def log(*findings: Finding, names: Any = "full", looks: Any = LOOKS[:1]) -> dict[str, Any]:
    return dict(json.loads(sarif.render(report(*findings, looks=looks), names)))


def results(*findings: Finding, **more: Any) -> list[dict[str, Any]]:
    return [each for run in log(*findings, **more)["runs"] for each in run["results"]]


def placed(*locators: str, **more: Any) -> list[tuple[str, int, int]]:
    """Return (address, first line, last line) of the places of one finding."""
    found = [each["physicalLocation"] for result in results(unmet(*locators, **more)) for each in result["locations"]]
    regions = [each.get("region", {}) for each in found]
    return [(p["artifactLocation"]["uri"], r.get("startLine", 0), r.get("endLine", 0)) for p, r in zip(found, regions, strict=True)]


def test_lines_of_files_become_regions() -> None:
    found = placed(foreign("app/x.py:12-30"), foreign("app/y.py:7"), foreign("Makefile"), "setup.cfg", foreign("a:b/c.py:9"))

    assert found == [("app/x.py", 12, 30), ("app/y.py", 7, 7), ("Makefile", 0, 0), ("setup.cfg", 0, 0), ("a%3Ab/c.py", 9, 9)]


@pytest.mark.parametrize(
    "locator", ["commit 9f2c41a0b7", "tag v1.0", "branch wip at 9f2c41a0b7", "row 41", "refs/heads/x", "/etc/passwd", "repository"]
)
def test_what_is_no_place_in_a_file_is_left_to_the_other_outputs(locator: str) -> None:
    assert placed(locator) == []


def test_sources_that_are_no_repository_have_no_places() -> None:
    assert placed("contracts.csv:4", source="company file") == []
    assert placed("x.py:0") == [("x.py%3A0", 0, 0)], "there is no line 0, so this is a name"
    assert placed("x.py:30-12") == [("x.py", 30, 30)], "a region never ends before it begins"


def test_addresses_are_escaped_and_relative_to_a_repository() -> None:
    (result,) = results(unmet(foreign("a b/ü#?%.py:1"), source=foreign("api")), looks=LOOKS)
    runs = log(looks=LOOKS)["runs"]

    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "a%20b/%C3%BC%23%3F%25.py", "uriBaseId": "%SRCROOT_2%"}
    assert runs[0]["originalUriBaseIds"]["%SRCROOT_2%"] == {"description": {"text": "The top folder of the repository api."}}
    assert runs[0]["versionControlProvenance"][1]["revisionId"] == "b" * 40
    assert runs[0]["versionControlProvenance"][1]["mappedTo"] == {"uriBaseId": "%SRCROOT_2%"}


@pytest.mark.parametrize(("urgency", "level"), [(Urgency.ACT, "error"), (Urgency.PLAN, "warning"), (Urgency.WATCH, "note")])
def test_urgency_is_the_level(urgency: Urgency, level: str) -> None:
    assert [each["level"] for each in results(unmet("x.py", urgency=urgency))] == [level]


def test_a_result_says_what_to_do_and_what_it_costs() -> None:
    cost = Estimate(1234.5, 2345.6, 3456.7, "USD", "a basis")
    advice = Recommendation("Pin them", "CTO", None, "all pinned")

    (result,) = results(unmet("x.py", title="Actions move", cost_to_cure=cost, recommendation=advice))

    assert result["message"]["text"] == "Actions move. An action moves. Pin them."
    assert result["properties"]["cost"] == {"p10": 1200, "p50": 2300, "p90": 3500, "unit": "USD"}
    assert result["properties"]["outcome"] == "unmet"
    assert result["properties"]["exposure"] is None


def test_only_what_is_wrong_is_reported_and_every_check_is_a_rule() -> None:
    met = unmet("y.py", outcome=Outcome.MET, check=Check("governance/setup.ci", "Is there CI?"))
    run, other = log(unmet("x.py"), met)["runs"]

    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["governance/setup.ci", "governance/setup.pinned"]
    assert [(result["ruleId"], result["ruleIndex"]) for result in run["results"]] == [("governance/setup.pinned", 1)]
    assert run["tool"]["driver"]["rules"][1]["shortDescription"]["text"] == "Are actions pinned?"
    assert "Kim 2016" in run["tool"]["driver"]["rules"][1]["help"]["text"]
    assert (run["automationDetails"]["id"], other["results"]) == ("quarterdeck/governance/2026-06-30", [])


def test_a_part_that_failed_is_told_even_without_a_place() -> None:
    failed = Finding(CHECK, Outcome.ERROR, ("room",), "This part failed.")

    run, other = log(failed)["runs"]

    assert run["invocations"][0]["executionSuccessful"] is False
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"] == "This part failed."
    assert other["invocations"] == [{"executionSuccessful": True}]


def test_the_fingerprint_stays_when_lines_move() -> None:
    before, after = (results(unmet(f"x.py:{line}", subject=("x",)))[0] for line in (4, 9))

    assert before["partialFingerprints"] == after["partialFingerprints"] == {"quarterdeck/v1": unmet("x.py", subject=("x",)).fingerprint}


def test_words_of_a_repository_become_neither_link_nor_placeholder() -> None:
    (result,) = results(unmet("x.py", statement=f"See {foreign('[click](javascript:alert(1))')} and {foreign('{0}')}."))

    assert result["message"]["text"] == "See \\[click\\](javascript:alert(1)) and {{0}}."


def test_people_and_paths_follow_the_naming_policy() -> None:
    finding = unmet(foreign("docs/Lovelace.md:3"), statement=f"{mention('p1')} alone knows {foreign('docs/Lovelace.md')}.")

    shown, roles, hidden = (results(finding, names=names)[0] for names in ("full", "roles", "hidden"))

    assert shown["message"]["text"].startswith("Ada Lovelace alone")
    assert roles["message"]["text"].startswith("Developer A alone")
    assert "Lovelace" not in json.dumps(hidden)
    assert hidden["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "docs/%E2%80%A6.md"


def test_a_real_report_has_consistent_rules_and_no_place_of_this_machine(tmp_path: Any) -> None:
    paths = (small_company(tmp_path / "shop"), hostile.repository(tmp_path / "evil"))
    made, _ = bootstrap.run(bootstrap.Request(paths, AS_OF, compare="none"))

    text = sarif.render(made, "full")
    tree = json.loads(text)

    assert (tree["version"], made.as_of) == ("2.1.0", date(2026, 6, 30))
    assert [run["automationDetails"]["id"].split("/")[1] for run in tree["runs"]] == [each.id for each in made.practices]
    found = [(run, result) for run in tree["runs"] for result in run["results"]]
    assert found
    for run, result in found:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        for place in result["locations"]:
            address = place["physicalLocation"]["artifactLocation"]
            assert address["uriBaseId"] in run["originalUriBaseIds"]
            assert address["uri"].isascii() and not set(address["uri"]) & set(' "<>[]{}#?\\^`|')
    assert str(tmp_path) not in text
    assert text == sarif.render(made, "full")
