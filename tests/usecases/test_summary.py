"""The few plain values that home pages show of a run."""

import json
from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.deliver.exchange.data import named
from quarterdeck.deliver.naming import Namer
from quarterdeck.domain.findings import Outcome
from quarterdeck.domain.report import Report
from quarterdeck.usecases.summary import summary
from tests.conftest import AS_OF, small_company


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUARTERDECK_HOME", str(tmp_path_factory.mktemp("home")))
        return bootstrap.run(bootstrap.Request((small_company(tmp_path_factory.mktemp("one") / "shop"),), AS_OF, compare="none"))[0]


def test_it_is_small_and_plain(report: Report) -> None:
    text = json.dumps(summary(report))

    assert len(text) < 20_000
    assert json.loads(text)["as_of"] == "2026-06-30"


def test_the_counts_are_those_of_the_findings(report: Report) -> None:
    told = summary(report)

    assert told["counts"]["open"] == sum(each.outcome is Outcome.UNMET for each in report.findings)
    assert sum(told["counts"]["outcomes"].values()) == told["counts"]["findings"] == len(report.findings)
    assert sum(told["counts"]["urgencies"].values()) == told["counts"]["open"]
    assert sum(each["counts"]["findings"] for each in told["practices"]) == len(report.findings)
    assert sum(each["unknown"] for each in told["practices"]) == told["counts"]["outcomes"]["unknown"]


def test_a_practice_opens_with_the_section_that_presses_most(report: Report) -> None:
    architecture = next(each for each in summary(report)["practices"] if each["id"] == "architecture")

    assert architecture["urgency"] == "act now"
    assert "out of support" in architecture["headline"]


def test_money_at_risk_stands_beside_the_count_that_is_not_priced(report: Report) -> None:
    money = summary(report)["money"]

    assert money["range"]["p10"] <= money["range"]["p50"] <= money["range"]["p90"]
    assert money["range"]["unit"] == "USD"
    assert money["range"]["typical"]
    assert money["unpriced"] == report.front.unpriced > 0
    assert "a year on average" in money["note"]


def test_what_changed_what_is_missing_and_where_it_was_read_are_told(report: Report) -> None:
    told = summary(report)

    assert told["compared"] == {"baseline": True, "with": None, "counts": {}, "causes": [], "changes": []}
    assert {"what", "unlock", "worth"} == set(told["unseen"][0])
    assert told["repositories"][0]["last_day"] == "2026-06-01"
    assert len(told["facts"]) == 5
    assert len(told["not_assessed"]) == len(report.not_assessed)


def test_names_follow_the_policy_of_the_reader(report: Report) -> None:
    for names in ("roles", "hidden"):
        text = json.dumps(named(summary(report), Namer(report.people, "roles" if names == "roles" else "hidden")), ensure_ascii=False)
        assert "Ada" not in text
        assert "Developer A" in text
        assert not [char for char in "\ue000\ue001\ue002\ue003" if char in text]


def test_a_company_folder_without_money_says_so(tmp_path: Path, report: Report) -> None:
    from dataclasses import replace

    told = summary(replace(report, front=replace(report.front, money_at_risk=None, money_note="Nothing could be priced")))

    assert told["money"]["range"] is None
    assert told["money"]["note"] == "Nothing could be priced"
