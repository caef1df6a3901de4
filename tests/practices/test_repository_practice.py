"""Repository practice: points per check on worked examples, the published aggregate, and what the room says."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck import bootstrap
from quarterdeck.domain.contents import Contents, Observation
from quarterdeck.domain.documents import Answer, Findings, Table
from quarterdeck.domain.findings import Finding, Outcome, Urgency
from quarterdeck.domain.records import History
from quarterdeck.domain.text import plain
from quarterdeck.evidence.observations import observe
from quarterdeck.practices.governance.repository_practice import analysis, assessment, cures
from tests.conftest import AS_OF, history_of
from tests.making import Maker

# published for FortAwesome/Font-Awesome on 21 June 2023: 480 points over a weight of 92.5 make 5.2
FONT_AWESOME = {
    "Binary-Artifacts": 10, "Branch-Protection": -1, "CI-Tests": 0, "CII-Best-Practices": 0, "Code-Review": 0, "Contributors": 6,
    "Dangerous-Workflow": 10, "Dependency-Update-Tool": 0, "Fuzzing": 0, "License": 9, "Maintained": 9, "Packaging": -1,
    "Pinned-Dependencies": 10, "SAST": 0, "Security-Policy": 0, "Signed-Releases": 0, "Token-Permissions": 10, "Vulnerabilities": 10,
}  # fmt: skip
SHA = "0123456789abcdef0123456789abcdef01234567"
SAFE = f"on: push\npermissions: read-all\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@{SHA}\n"
OPEN = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo ${{ github.event.issue.title }}\n"


def seen(**files: str) -> list[Observation]:
    """Observe files; `__` stands for a slash and `_dot_` for a dot."""
    named = {path.replace("__", "/").replace("_dot_", "."): text for path, text in files.items()}
    return observed(named, 0)


def observed(files: dict[str, str], number: int) -> list[Observation]:
    return [
        Observation(number, topic, kind, path, line, value)
        for path, text in files.items()
        for topic, kind, line, value in observe(path, text.encode())
    ]


def workflow(text: str, path: str = ".github/workflows/a.yml") -> list[Observation]:
    return observed({path: text}, 0)


def marks(rows: list[Observation], commits: int = 0, robot: str = "") -> dict[str, analysis.Mark]:
    return analysis.marks(rows, analysis.Activity(commits, robot))


def tokens(*texts: str) -> int:
    rows = [row for number, text in enumerate(texts) for row in workflow(text, f".github/workflows/{number}.yml")]
    return marks(rows)["Token-Permissions"].score


def test_the_aggregate_is_the_published_one() -> None:
    assert analysis.printed(analysis.aggregate(FONT_AWESOME)) == "5.2"


def test_the_weights_are_those_of_the_eighteen_default_checks() -> None:
    assert len(analysis.WEIGHTS) == 18
    assert sum(analysis.WEIGHTS.values()) == 105


def test_without_a_conclusive_check_there_is_no_aggregate() -> None:
    assert analysis.aggregate({"License": -1}) is None
    assert analysis.printed(None) == "?"


@given(st.dictionaries(st.sampled_from(sorted(analysis.WEIGHTS)), st.integers(0, 10), min_size=1))
def test_an_aggregate_lies_between_its_lowest_and_highest_check(scores: dict[str, int]) -> None:
    found = analysis.aggregate(scores)

    assert found is not None
    assert min(scores.values()) - 1e-9 <= found <= max(scores.values()) + 1e-9


def test_each_compiled_file_costs_a_point() -> None:
    rows = [Observation(0, "binary_artifacts", "file", f"{n}.jar", 0, "jar") for n in range(4)]

    assert marks(rows)["Binary-Artifacts"].score == 6
    assert marks(rows * 4)["Binary-Artifacts"].score == 0


@pytest.mark.parametrize(
    ("names", "outcome", "urgency"),
    [
        (("bin/tool.exe", "bin/tool.dll"), Outcome.UNMET, Urgency.WATCH),
        (("a.exe", "b.exe", "c.exe"), Outcome.UNMET, Urgency.PLAN),
        (("gradle/wrapper/gradle-wrapper.jar",), Outcome.MET, Urgency.FINE),
        ((), Outcome.MET, Urgency.FINE),
    ],
)
def test_one_compiled_file_is_named_and_few_are_to_watch(
    tmp_path: Path, names: tuple[str, ...], outcome: Outcome, urgency: Urgency
) -> None:
    history = history_of(Maker(tmp_path / "shop").commit(write={"a.py": "a = 1\n"}).done())
    rows = tuple(Observation(0, "binary_artifacts", "file", name, 0, "exe") for name in names)
    looked = replace(history, contents=Contents(observations=rows, read=True))

    found = assessment.answer(looked, bootstrap.company_of(None), AS_OF).findings
    finding = next(each for each in found if each.check.id.endswith("binary_artifacts"))

    assert (finding.outcome, finding.urgency) == (outcome, urgency)
    assert all(name in plain(finding.statement) for name in names)
    assert f"Binary-Artifacts: {10 - len(names)} of 10" in finding.statement


@pytest.mark.parametrize(("value", "points"), [("MIT", 10), ("NOASSERTION", 9)])
def test_a_licence_file_gives_nine_and_a_known_licence_ten(value: str, points: int) -> None:
    assert marks([Observation(0, "license", "file", "LICENSE", 1, value)])["License"].score == points
    assert marks([])["License"].score == 0


def licences(*files: tuple[str, str]) -> analysis.Mark:
    rows = [Observation(0, "license", "folder" if "/" in path else "file", path, 1, value) for path, value in files]
    return marks(rows)["License"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ((("LICENSE", "MIT"),), "the licence is MIT"),
        ((("LICENSE-APACHE", "Apache-2.0"), ("LICENSE-MIT", "MIT"), ("LICENSE-THIRD-PARTY", "NOASSERTION")), "Apache-2.0 and MIT texts"),
        ((("COPYING", "several"), ("LICENSE.APACHE", "Apache-2.0"), ("LICENSE.GPL", "GPL-2.0")),
         "several licence texts: read them (Apache-2.0 and GPL-2.0 among them)"),
        ((("COPYING", "NOASSERTION"), ("LICENSE.MIT", "MIT")), "several licence texts: read them"),
        ((("LICENSE", "several"),), "several licence texts: read them"),
        ((("LICENSE", "NOASSERTION"),), "a licence file whose text is no single known licence"),
        ((("LICENSE.txt", "Apache-2.0"), ("license/LICENSE.base64.txt", "CC0-1.0"), ("PATENTS", "NOASSERTION")), "the licence is Apache-2.0"),
        ((("license/LICENSE.a.txt", "MIT"),), "the licence is MIT"),
    ],
)  # fmt: skip
def test_every_licence_is_named_and_none_for_another(files: tuple[tuple[str, str], ...], words: str) -> None:
    assert licences(*files).found == words
    assert licences(*files).score == (10 if any(value not in ("several", "NOASSERTION") for _, value in files) else 9)


def test_a_licence_at_the_top_is_cited_and_those_of_parts_in_a_folder_are_not() -> None:
    found = licences(("LICENSE.txt", "Apache-2.0"), *((f"license/LICENSE.{n}.txt", "MIT") for n in range(25)))

    assert [place.path for place in found.speaking] == ["LICENSE.txt"]


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("Report a vulnerability to a@example.org within 90 days.", 10),
        ("See https://example.org/report please.", 9),
        ("https://example.org", 6),
        ("We disclose each vulnerability.", 4),
        ("Be kind.", 3),
        ("", 0),
    ],
)
def test_a_policy_earns_points_for_links_text_and_hints(text: str, points: int) -> None:
    assert marks(seen(SECURITY_dot_md=text))["Security-Policy"].score == points


def test_the_first_policy_in_the_order_of_paths_counts() -> None:
    rows = observed({"docs/security.md": "https://example.org", ".github/SECURITY.md": "Be kind."}, 0)

    assert marks(rows)["Security-Policy"].score == 3


def test_an_update_tool_is_its_settings_or_a_commit_of_its_robot() -> None:
    assert marks(seen(renovate_dot_json="{}"))["Dependency-Update-Tool"].score == 10
    assert marks([], robot="commit 12")["Dependency-Update-Tool"].score == 10
    assert marks([])["Dependency-Update-Tool"].score == 0


def test_a_dangerous_workflow_is_worth_nothing_and_none_at_all_is_not_judged() -> None:
    assert marks(workflow(OPEN))["Dangerous-Workflow"].score == 0
    assert marks(workflow(SAFE))["Dangerous-Workflow"].score == 10
    assert marks([])["Dangerous-Workflow"].state == "inconclusive"


def top(permissions: str, job: str = "") -> str:
    return f"on: push\n{permissions}jobs:\n  a:\n{job}    steps:\n      - run: ls\n"


JOB_READS = "    permissions:\n      contents: read\n"
JOB_WRITES = "    permissions:\n      contents: write\n"


@pytest.mark.parametrize(
    ("permissions", "job", "points"),
    [
        ("permissions: read-all\n", "", 10),
        ("permissions: {}\n", "", 10),
        ("permissions:\n  contents: read\n", JOB_WRITES, 10),
        ("", "", 0),
        ("", JOB_READS, 9),
        ("permissions: write-all\n", "", 0),
        ("permissions: write-all\n", JOB_WRITES, 0),
        ("permissions: write-all\n", JOB_READS, 9),
        ("permissions:\n  contents: write\n", "", 0),
        ("permissions:\n  deployments: write\n", "", 9),
        ("permissions:\n  statuses: write\n", "", 9),
        ("permissions:\n  issues: write\n", "", 10),
    ],
)
def test_tokens_lose_points_for_what_the_top_of_a_workflow_leaves_open(permissions: str, job: str, points: int) -> None:
    assert tokens(top(permissions, job)) == points


def test_half_points_add_up_over_workflows_and_are_cut() -> None:
    half = top("", JOB_READS)

    assert [tokens(*[half] * count) for count in (1, 2, 3)] == [9, 9, 8]


def pinned(**groups: tuple[int, int]) -> int:
    return analysis.pin_score({kind.replace("_", " "): counts for kind, counts in groups.items()})


def test_pins_are_weighted_by_kind_and_by_count() -> None:
    # published for ossf/scorecard at d99ae690 and for pallets/flask at d718ecf6, both in 2024
    assert pinned(own_action=(56, 56), other_action=(44, 46), image=(25, 25), go=(1, 1)) == 9
    assert pinned(own_action=(10, 10), other_action=(3, 3), pip=(0, 5)) == 4
    assert pinned(own_action=(1, 2)) == 5
    assert pinned(own_action=(0, 1), other_action=(1, 1)) == 8


def test_nothing_to_pin_is_not_judged() -> None:
    assert marks(workflow(top("")))["Pinned-Dependencies"].state == "inconclusive"


def test_locked_projects_pin_every_restore() -> None:
    loose = observed({"build.sh": "dotnet restore\n"}, 0)
    locked = observed({"a.csproj": "<RestoreLockedMode>true</RestoreLockedMode>"}, 0)

    assert marks(loose)["Pinned-Dependencies"].score == 0
    assert marks(loose + locked)["Pinned-Dependencies"].score == 10


def test_a_workflow_that_cannot_be_read_leaves_its_checks_open_and_says_where() -> None:
    found = marks(workflow("on: [push\n"))

    for name in ("Dangerous-Workflow", "Token-Permissions", "Pinned-Dependencies", "SAST"):
        assert found[name].state == "inconclusive"
        assert found[name].unread[0].path == ".github/workflows/a.yml"


def test_commits_give_a_lower_bound_that_no_aggregate_counts() -> None:
    found = marks([], commits=7)

    assert (found["Maintained"].score, found["Maintained"].state) == (5, "at least")
    assert "Maintained" not in analysis.exact(found)


def test_analysers_settle_their_check_unless_codeql_is_the_only_one() -> None:
    def of(*names: str) -> tuple[int, str]:
        mark = marks([Observation(0, "sast", "tool", "a.yml", 1, name) for name in names])["SAST"]
        return mark.score, mark.state

    assert of("Snyk", "CodeQL") == (10, "exact")
    assert of("CodeQL") == (7, "at least")
    assert of() == (0, "unknown")


def test_open_checks_leave_a_range() -> None:
    low, high = analysis.bounds(marks(workflow(SAFE), commits=12))

    assert low is not None
    assert high is not None
    assert low < high


def company(tmp_path: Path, *repositories: dict[str, str]) -> History:
    """Return the history of repositories that hold files, with what the files show."""
    folders = []
    for number, files in enumerate(repositories):
        made = Maker(tmp_path / f"repo{number}")
        made.commit("ada", "2026-06-20", {**files, f"src/{number}.py": "x = 1\n"})
        folders.append(made.done())
    rows = [row for number, files in enumerate(repositories) for row in observed(files, number)]
    return replace(history_of(*folders), contents=Contents(observations=tuple(rows), read=True))


def said(history: History) -> Answer:
    return assessment.answer(history, bootstrap.company_of(None), AS_OF)


def finding(answer: Answer, check: str, repository: str = "") -> Finding:
    return next(each for each in answer.findings if each.check.id.endswith(f".{check}") and each.repository.startswith(repository))


def test_a_dangerous_workflow_comes_first_with_its_line_and_what_to_do(tmp_path: Path) -> None:
    found = said(company(tmp_path, {".github/workflows/a.yml": OPEN}))

    danger = finding(found, "dangerous_workflow")
    assert (danger.outcome, danger.urgency) == (Outcome.UNMET, Urgency.ACT)
    assert [plain(cited.locator) for cited in danger.citations] == [".github/workflows/a.yml:6"]
    assert danger.recommendation is not None
    assert danger.cost_to_cure is not None
    assert found.facts[0].value == "1"
    assert found.sections[0].headline.startswith("Workflows take in what strangers write, at 1 place")


def test_many_places_make_one_finding_with_twenty_citations(tmp_path: Path) -> None:
    steps = "".join(f"      - uses: org/action{n}@v1\n" for n in range(30))

    found = finding(said(company(tmp_path, {".github/workflows/a.yml": SAFE + steps})), "pinned_dependencies")

    assert found.outcome is Outcome.UNMET
    assert len(found.citations) == 20
    assert "30 of 31" in found.statement


def test_what_a_clone_cannot_tell_names_the_export_that_would(tmp_path: Path) -> None:
    found = said(company(tmp_path, {"README.md": "x"}))

    for name in ("branch_protection", "code_review", "vulnerabilities", "signed_releases", "maintained", "sast", "fuzzing"):
        assert finding(found, name).outcome is Outcome.UNKNOWN
        assert finding(found, name).unlock


def test_a_repository_without_workflows_has_none_to_judge(tmp_path: Path) -> None:
    found = said(company(tmp_path, {".gitlab-ci.yml": "a: 1"}))

    assert finding(found, "dangerous_workflow").outcome is Outcome.NOT_APPLICABLE
    assert "GitLab is not looked into" in finding(found, "dangerous_workflow").statement


def test_an_unreadable_workflow_is_unknown_and_cites_the_line(tmp_path: Path) -> None:
    found = finding(said(company(tmp_path, {".github/workflows/a.yml": "on: push\njobs: [\n"})), "dangerous_workflow")

    assert found.outcome is Outcome.UNKNOWN
    assert plain(found.citations[0].locator).startswith(".github/workflows/a.yml:")


def test_each_repository_gets_its_own_findings_and_fingerprints(tmp_path: Path) -> None:
    history = company(tmp_path, {".github/workflows/a.yml": OPEN}, {".github/workflows/a.yml": SAFE})
    found = said(history)

    first, second = (finding(found, "dangerous_workflow", each.key) for each in history.repositories)
    assert (first.outcome, second.outcome) == (Outcome.UNMET, Outcome.MET)
    assert first.fingerprint != second.fingerprint


def test_a_row_with_points_that_do_not_enter_the_aggregate_says_so(tmp_path: Path) -> None:
    found = said(company(tmp_path, {"LICENSE": "all rights reserved"}))

    table = next(block for block in found.sections[0].blocks if isinstance(block, Table) and block.id == "repository-practice")
    assert {row[2] for row in table.rows if row[1] == "Maintained"} <= {f"at least {n} (not counted)" for n in range(11)}


def test_a_headline_over_several_checks_names_one_of_them_as_one_of_them(tmp_path: Path) -> None:
    headline = said(company(tmp_path, {"a.py": "x"})).sections[0].headline

    assert headline == "Three of 4 checks that could be answered are not met, among them: No tool proposes updates of dependencies."


def test_a_missing_policy_is_told_as_a_missing_file(tmp_path: Path) -> None:
    assert finding(said(company(tmp_path, {"a.py": "x"})), "security_policy").title == "No security policy file in this repository"


def test_the_aggregate_never_stands_without_its_checks(tmp_path: Path) -> None:
    found = said(company(tmp_path, {"LICENSE": "all rights reserved"}))

    figure = next(block for block in found.sections[0].blocks if getattr(block, "id", "") == "repository_practice.aggregate")
    totals = next(block for block in found.sections[0].blocks if isinstance(block, Table) and block.id == "repository-practice-totals")
    assert "over 4 of 18 checks" in figure.label
    assert totals.rows[0][2] == "4 of 18"
    assert any("Not counted" in getattr(block, "text", "") for block in found.sections[0].blocks)


def test_a_dependabot_commit_counts_as_its_settings_would(tmp_path: Path) -> None:
    made = Maker(tmp_path / "robot").commit("ada", "2026-06-01", {"a.py": "x"}).commit("dependabot", "2026-06-02", {"a.py": "y"})
    history = replace(history_of(made.done()), contents=Contents(read=True))

    assert finding(said(history), "dependency_update_tool").outcome is Outcome.MET


def test_a_quick_report_says_what_it_did_not_read(tmp_path: Path) -> None:
    history = replace(company(tmp_path, {"LICENSE": "x"}), contents=Contents(read=False))

    found = finding(said(history), "license")
    assert (found.outcome, found.unlock) == (Outcome.UNKNOWN, "run without --quick")


@pytest.mark.parametrize(("files", "outcome", "word"), [(10, Outcome.UNKNOWN, "whole clone"), (1, Outcome.UNMET, "")])
def test_a_clone_that_lacks_files_is_not_judged_by_their_absence(tmp_path: Path, files: int, outcome: Outcome, word: str) -> None:
    history = company(tmp_path, {f"src/f{n}.py": "x" for n in range(199)})
    partial = tuple(replace(each, partial=True) for each in history.repositories)
    history = replace(history, repositories=partial, contents=replace(history.contents, looked_at=history.files.height - files))

    found = finding(said(history), "security_policy")
    assert found.outcome is outcome
    assert word in found.unlock
    assert ("missing" in found.confidence) == (outcome is Outcome.UNMET)


def test_a_danger_found_in_a_part_of_the_files_stays_a_danger(tmp_path: Path) -> None:
    history = company(tmp_path, {".github/workflows/a.yml": OPEN, **{f"src/f{n}.py": "x" for n in range(20)}})
    partial = tuple(replace(each, partial=True) for each in history.repositories)
    history = replace(history, repositories=partial, contents=replace(history.contents, looked_at=10))

    danger = finding(said(history), "dangerous_workflow")
    assert danger.outcome is Outcome.UNMET
    assert "at most 0" in danger.statement


def test_every_check_is_answered_once_per_repository_or_once_for_all(tmp_path: Path) -> None:
    found = said(company(tmp_path, {"a": "x"}, {"a": "y"}))

    assert len(found.findings) == len({each.fingerprint for each in found.findings})
    assert {each.check.id for each in found.findings} == {check.id for check in assessment.CHECKS.values()}
    assert any(isinstance(block, Findings) for block in found.sections[0].blocks)


def test_whatever_can_be_unmet_has_a_cure() -> None:
    partial = {"SAST", "Maintained", "Fuzzing"}  # these are met, or bounded from below, or unknown

    assert set(cures.CURES) == set(assessment.READ) - partial
