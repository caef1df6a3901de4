"""Who knows the code: the headline, its range, and what is already lost."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.documents import Answer
from quarterdeck.domain.findings import Finding, Outcome
from quarterdeck.domain.records import History
from quarterdeck.domain.text import plain
from quarterdeck.kit import experts
from quarterdeck.practices.people.knowledge import analysis, assessment, lost
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
    assert "One person wrote all 30 source and test files" in found.statement


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


def left_behind(folder: Path, *, kept: int = 0) -> History:
    """Forty files of people who are silent for years; Bob rewrote some of them lately, and touched one."""
    made = Maker(folder)
    for number in range(40):
        made.commit(("ada", "dan")[number % 2], f"2019-0{number % 9 + 1}-1{number % 9}", {f"core/{number}.py": code(30)})
        made.commit(("ada", "dan")[number % 2], f"2020-0{number % 9 + 1}-1{number % 9}", {f"core/{number}.py": code(31)})
    for number in range(kept):
        for day in range(9):
            made.commit("bob", f"2026-05-1{day}", {f"core/{number}.py": code(32 + day, "other")})
    made.commit("bob", "2026-06-01", {"core/39.py": code(32)})
    return history_of(made.done())


def test_where_nobody_here_knows_the_code_that_leads_and_no_truck_factor_is_given(tmp_path: Path) -> None:
    found = answer(left_behind(tmp_path / "left"))

    lead, factor = found.findings
    assert found.sections[0].headline == "Nobody still here knows any of the 40 source and test files."
    assert (lead.check.id, lead.outcome) == ("people/knowledge.present", Outcome.UNMET)
    assert lead.title == "Nobody still here knows any of the 40 source and test files"
    assert lead.statement == "Nobody active still counts as knowing 40 of 40 source and test files; 1 of them changed within the year."
    assert (factor.check.id, factor.outcome, factor.recommendation) == ("people/knowledge.spread", Outcome.NOT_APPLICABLE, None)
    assert lead.recommendation is not None
    assert "one person carries" not in lead.recommendation.action
    assert not any("people would have to leave" in fact.text for fact in found.facts)


@pytest.mark.parametrize(("kept", "first"), [(4, "people/knowledge.present"), (5, "people/knowledge.spread")])
def test_a_tenth_of_the_files_is_where_few_hands_begin(tmp_path: Path, kept: int, first: str) -> None:
    found = answer(left_behind(tmp_path / "kept", kept=kept))

    assert found.findings[0].check.id == first


def test_the_few_files_that_are_known_are_counted(tmp_path: Path) -> None:
    found = answer(left_behind(tmp_path / "few", kept=3))

    assert found.sections[0].headline == "The people still here know only 3 of the 40 source and test files."


def test_lost_code_that_rests_is_not_priced_and_still_cited(tmp_path: Path) -> None:
    made = Maker(tmp_path / "rests")
    for number in range(30):
        made.commit(("ada", "dan")[number % 2], f"2019-0{number % 9 + 1}-1{number % 9}", {f"core/{number}.py": code(30)})

    lead = answer(history_of(made.done())).findings[0]

    assert "0 of them changed within the year" in lead.statement
    assert lead.cost_to_cure is None and lead.cost_note
    assert len(lead.citations) == 5


def test_confidence_counts_the_readings_that_lie_in_the_range_shown(company_repository: Path) -> None:
    wide = analysis.Range(analysis.Headline((0, 1), ()), 1, 3, (("a", 1), ("b", 3), ("c", 9), ("d", 2)), "c")

    assert assessment.agreement(wide) == "3 of 4 readings lie in 1 to 3"
    found = answer(history_of(company_repository))
    size = next(fact.value for fact in found.facts if fact.id == "truck_factor")
    assert found.findings[0].confidence.endswith(size.replace("–", " to "))


def test_tests_are_counted_and_named_as_such(company_repository: Path) -> None:
    found = answer(history_of(company_repository))

    assert "of 23 source and test files are known to one person here" in " ".join(fact.text for fact in found.facts)


def present(history: History, company: Path | None = None, as_of: date = AS_OF) -> list[Finding]:
    found = assessment.answer(history, bootstrap.company_of(company), as_of)
    return [finding for finding in found.findings if finding.check.id == "people/knowledge.present"]


def went_quiet(folder: Path, *, last: int) -> Path:
    """Make a repository where Bob works on his own part every week of 2026, and Ada on hers up to a month."""
    made = Maker(folder)
    for month in range(1, 7):
        for week in range(4):
            day = f"2026-{month:02d}-{week * 7 + 2:02d}"
            made.commit("bob", day, {f"shop/page_{week}.py": code(20 + month)})
            if month <= last:
                made.commit("ada", day, {f"billing/part_{week}.py": code(30 + month)})
    made.commit("bob", "2026-06-25", {"billing/part_0.py": code(60)})
    return made.done()


def roster(folder: Path, *lines: str) -> Path:
    file = folder / "company.toml"
    file.write_text("".join(f"[[roster]]\n{line}\n" for line in lines))
    return file


def test_without_a_roster_the_silence_of_an_only_knower_leaves_it_open_whether_the_part_is_known(tmp_path: Path) -> None:
    (found,) = present(history_of(went_quiet(tmp_path / "quiet", last=4)))

    assert found.outcome is Outcome.UNKNOWN
    assert found.unlock == "a roster with last days in the company file: it says who of them is still here"
    assert "4 files that change are known only to people who have been silent for longer than usual for them" in found.statement
    assert "(last commit 23 Apr 2026)" in found.statement
    assert {plain(cited.locator) for cited in found.citations} == {f"billing/part_{week}.py" for week in range(4)}


def test_where_everybody_is_heard_of_as_usual_it_is_met_and_says_that_commits_alone_tell(tmp_path: Path) -> None:
    (found,) = present(history_of(went_quiet(tmp_path / "heard", last=6)))

    assert found.outcome is Outcome.MET
    assert found.statement.endswith("2 people count as here by commits alone, the last of 25 Jun 2026; no roster says who has left.")


def test_the_roster_settles_whether_a_silent_knower_is_still_here(tmp_path: Path) -> None:
    made = went_quiet(tmp_path / "settled", last=4)
    here = roster(tmp_path, 'name = "Ada Lovelace"\nrole = "Developer"', 'name = "Bob Hopper"\nrole = "Developer"')

    (stays,) = present(history_of(made, company=bootstrap.company_of(here)), here)
    assert stays.outcome is Outcome.MET
    assert stays.statement.endswith("The roster says who is still here.")

    gone = roster(tmp_path, 'name = "Ada Lovelace"\nend = 2026-05-01', 'name = "Bob Hopper"\nrole = "Developer"')
    (left,) = present(history_of(made, company=bootstrap.company_of(gone)), gone)
    assert left.outcome is Outcome.UNMET


def test_what_is_lost_and_what_is_in_doubt_are_told_apart(tmp_path: Path) -> None:
    made = went_quiet(tmp_path / "both", last=4)
    more = Maker(tmp_path / "old")
    for day in range(1, 6):
        more.commit("dan", f"2022-01-0{day}", {f"legacy/old_{number}.py": code(30 + day) for number in range(5)})
    more.commit("bob", "2026-06-02", {"legacy/old_0.py": code(31)})

    gone, doubt = present(history_of(made, more.done()))

    assert (gone.outcome, doubt.outcome) == (Outcome.UNMET, Outcome.UNKNOWN)
    assert gone.fingerprint != doubt.fingerprint
    assert "Nobody active still counts as knowing 5 of" in gone.statement


def test_a_history_that_is_cut_off_does_not_say_that_somebody_knows_the_code(tmp_path: Path) -> None:
    history = history_of(went_quiet(tmp_path / "cut", last=6))
    cut = replace(history, repositories=tuple(replace(each, shallow_since=date(2026, 1, 1)) for each in history.repositories))

    (found,) = present(cut)

    assert (found.outcome, found.unlock) == (Outcome.UNKNOWN, lost.UNSHALLOW)
