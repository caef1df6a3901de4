"""Change of pace: what counts as landed work, what is said of falls, bursts, switches of practice, stops and releases."""

import subprocess
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from quarterdeck import bootstrap
from quarterdeck.domain.company import Member
from quarterdeck.domain.documents import Answer, Chart, Figure, Table
from quarterdeck.domain.findings import Outcome, Urgency
from quarterdeck.domain.records import History, Tag
from quarterdeck.domain.text import plain
from quarterdeck.kit.experts import ordinal
from quarterdeck.kit.monte_carlo import generator
from quarterdeck.practices.delivery.throughput_change import analysis, assessment, landing, releases
from tests.conftest import AS_OF, history_of
from tests.making import CLEAN, Maker

LAST = date(2026, 6, 28)  # the Sunday before AS_OF
WAVE = (0, 1, -1, 0, 2, -1, 0, -1)


def paced(folder: Path, *levels: int, who: Iterable[str] = ("ada", "bob"), squash: Iterable[bool] = ()) -> Path:
    """Make a repository that ends on the last whole week, with a level of commits for each half year."""
    made = Maker(folder)
    people, squashed = list(who), list(squash) or [False] * len(levels)
    start = LAST - timedelta(days=7 * 26 * len(levels) - 1)
    number = 0
    for week in range(26 * len(levels)):
        level, hosted = levels[week // 26], squashed[week // 26]
        for each in range(max(0, level + WAVE[week % len(WAVE)] * (level > 3))):
            number += 1
            day = start + timedelta(days=7 * week + each % 5)
            message = f"Add part {number} (#{number})" if hosted else "work"
            made.commit(people[number % len(people)], day.isoformat(), {f"f{number % 40}.py": f"{number}\n"}, message=message)
    return made.done()


def falling(folder: Path, known: dict[str, History] = {}) -> History:  # noqa: B006
    """Return a history that fell by more than half for its last half year, read once for all tests."""
    if not known:
        known["falling"] = history_of(paced(folder / "falling", 12, 12, 12, 5))
    return known["falling"]


def answered(*paths: Path, as_of: date = AS_OF, **company: object) -> Answer:
    given = replace(bootstrap.company_of(None), **company)  # type: ignore[arg-type]
    return assessment.answer(history_of(*paths, as_of=as_of, company=given), given, as_of)


def figures(answer: Answer) -> dict[str, str]:
    return {block.id: block.value for block in answer.sections[0].blocks if isinstance(block, Figure)}


def test_an_established_halving_is_stated_with_its_week_its_size_and_its_price(tmp_path: Path) -> None:
    found = assessment.answer(falling(tmp_path), bootstrap.company_of(None), AS_OF)

    (finding,) = found.findings
    assert finding.outcome is Outcome.UNMET
    assert finding.urgency is Urgency.PLAN
    assert plain(finding.title) == "Commits per week fell by 59\u00a0%"
    assert found.facts[0].value == "\u221259\u00a0%"
    assert "since 29 Dec 2025" in found.facts[0].text or "since 5 Jan 2026" in found.facts[0].text
    assert finding.exposure and finding.exposure.formula.startswith("(1 - after/before) x 2 active engineers")
    assert "a roster would replace this" in finding.exposure_note
    assert list(found.losses) == [finding.check.id]


def test_the_cost_of_a_week_is_the_lost_share_of_the_engineers_loaded_week(tmp_path: Path) -> None:
    roster = tuple(Member(name) for name in ("Ada Lovelace", "Bob Hopper", "Cy Turing", "Dan Ritchie"))
    company = replace(bootstrap.company_of(None), roster=roster)
    found = assessment.answer(falling(tmp_path), company, AS_OF)

    exposure = found.findings[0].exposure
    year = bootstrap.company_of(None).rates["rnd.cost_per_fte"]
    assert exposure and "4 active engineers (from the roster)" in exposure.formula
    assert exposure.p50 == pytest.approx(0.59 * 4 * year.mid, rel=0.15)


def test_a_steady_pace_is_met_and_says_what_could_not_have_been_seen(tmp_path: Path) -> None:
    found = answered(paced(tmp_path / "shop", 12, 12, 12))

    assert found.findings[0].outcome is Outcome.MET
    assert "could not have been seen" in found.facts[0].text
    assert figures(found)["throughput.smallest"].endswith("\u00a0%")
    assert found.losses == {}


def test_a_fall_by_a_quarter_is_never_claimed(tmp_path: Path) -> None:
    found = answered(paced(tmp_path / "shop", 12, 12, 9, 9))

    assert found.findings[0].outcome is Outcome.MET


def test_a_rise_is_information(tmp_path: Path) -> None:
    found = answered(paced(tmp_path / "shop", 5, 5, 12))

    assert found.findings[0].outcome is Outcome.MET
    assert "rose from" in found.findings[0].statement


def test_the_end_of_a_burst_is_no_fall() -> None:
    values = np.array([8] * 60 + [40] * 15 + [8] * 29)

    found = judged(values)

    assert len(found.changes) == 2
    assert found.state == "steady"


def test_fewer_people_at_the_same_pace_each_are_not_slower_and_are_not_priced(tmp_path: Path) -> None:
    made = Maker(tmp_path / "shop")
    for week in range(104):
        for person in ("ada", "bob", "cy", "dan") if week < 70 else ("ada",):
            for each in range(3 + (week + each_of(person)) % 2):
                day = LAST - timedelta(days=7 * (103 - week) + 6 - each)
                made.commit(person, day.isoformat(), {f"{person}{each}.py": f"{week}\n"})

    (finding,) = answered(made.done()).findings

    assert finding.outcome is Outcome.UNMET
    assert "fewer people rather than slower ones" in finding.statement
    assert finding.exposure is None
    assert "pay has gone" in finding.exposure_note


def each_of(person: str) -> int:
    return ("ada", "bob", "cy", "dan").index(person)


def test_a_fall_older_than_a_year_is_watched_and_not_priced_by_the_year(tmp_path: Path) -> None:
    found = answered(paced(tmp_path / "shop", 12, 12, 4, 4, 4))

    (finding,) = found.findings
    assert finding.urgency is Urgency.WATCH
    assert finding.exposure is None
    assert "older than a year" in finding.exposure_note
    assert "throughput.delay" in figures(found)


def test_a_stop_is_not_called_slower(tmp_path: Path) -> None:
    (finding,) = answered(paced(tmp_path / "shop", 8, 8, 0)).findings

    assert finding.outcome is Outcome.NOT_APPLICABLE
    assert "stopped" in finding.statement


@pytest.mark.parametrize("levels", [(2, 1, 2, 1), (12,)])
def test_too_little_work_or_too_short_a_history_is_unknown(tmp_path: Path, levels: tuple[int, ...]) -> None:
    (finding,) = answered(paced(tmp_path / "shop", *levels)).findings

    assert finding.outcome is Outcome.UNKNOWN
    assert "tracker" in finding.unlock


def test_a_switch_to_squashed_commits_is_not_taken_for_a_fall(tmp_path: Path) -> None:
    made = Maker(tmp_path / "shop")
    for week in range(104):
        day = (LAST - timedelta(days=7 * (103 - week) + 3)).isoformat()
        names = [f"p{week % 7}_{part}.py" for part in range(12 + WAVE[week % 8])]
        groups = [names[at : at + 3] for at in range(0, len(names), 3)] if week >= 60 else [[name] for name in names]
        for group in groups:
            made.commit("ada", day, dict.fromkeys(group, f"{week}\n"), message=f"Part (#{week})" if week >= 60 else "work")

    (finding,) = answered(made.done()).findings

    assert finding.outcome is Outcome.UNKNOWN
    assert "as many files as before" in finding.statement


def test_robots_do_not_count(tmp_path: Path) -> None:
    found = answered(paced(tmp_path / "noisy", 8, 8, who=("ada", "dependabot")))

    assert float(figures(found)["throughput.level"]) == pytest.approx(4.0, abs=0.3)


def test_two_repositories_are_judged_together_and_each_by_itself(tmp_path: Path) -> None:
    other = paced(tmp_path / "two", 4, 4, 10, who=("cy", "dan"))
    found = answered(paced(tmp_path / "one", 10, 10, 4), other)

    outcomes = [finding.outcome for finding in found.findings]
    assert outcomes == [Outcome.MET, Outcome.UNMET, Outcome.MET]
    assert found.findings[1].exposure is None
    assert "moved" in found.findings[1].exposure_note
    assert len({finding.fingerprint for finding in found.findings}) == 3
    assert [block.id for block in found.sections[0].blocks if isinstance(block, Table)].count("pace_repositories") == 1


def moving(folder: Path, *, people: tuple[str, ...] = ("ada", "bob"), files: bool = True, level: int = 7) -> tuple[Path, Path]:
    """Make a repository that falls in its last half year, and one that begins in that week with some of its files."""
    old = paced(folder / "app", 12, 12, 5)
    new = Maker(folder / "exports")
    start = LAST - timedelta(days=7 * 26 - 1)
    name = "f" if files else "other"
    for week in range(26):
        for each in range(level):
            number = week * level + each
            day = start + timedelta(days=7 * week + each % 5)
            new.commit(people[number % len(people)], day.isoformat(), {f"{name}{number % 20}.py": f"new {number}\n"})
    return old, new.done()


@pytest.mark.parametrize(("people", "files"), [(("cy", "dan"), True), (("ada", "bob"), False)])
def test_work_that_moved_to_another_repository_with_its_files_or_its_people_is_no_fall(
    tmp_path: Path, people: tuple[str, ...], files: bool
) -> None:
    app = answered(*moving(tmp_path, people=people, files=files)).findings[1]

    assert app.outcome is Outcome.MET
    assert "So the work moved, and did not become slower" in app.statement
    assert ("files that were here before" in app.statement) is files


def test_a_new_repository_by_other_people_with_other_files_explains_no_fall(tmp_path: Path) -> None:
    app = answered(*moving(tmp_path, people=("cy", "dan"), files=False)).findings[1]

    assert app.outcome is Outcome.UNMET


def test_a_new_repository_of_the_same_people_that_makes_up_for_little_explains_no_fall(tmp_path: Path) -> None:
    app = answered(*moving(tmp_path, files=False, level=2)).findings[1]

    assert app.outcome is Outcome.UNMET


def test_files_that_moved_do_not_hide_a_fall_of_both_together(tmp_path: Path) -> None:
    app = answered(*moving(tmp_path, level=1)).findings[1]

    assert app.outcome is Outcome.UNMET
    assert "moved, and became less too" in app.statement


def test_a_fall_cites_the_first_commit_of_its_weeks_and_not_the_last_of_all(tmp_path: Path) -> None:
    history = falling(tmp_path)
    (finding,) = assessment.answer(history, bootstrap.company_of(None), AS_OF).findings

    cited = [plain(each.locator).removeprefix("commit ") for each in finding.citations]
    days = dict(history.commits.select(pl.col("commit").str.head(10), "day").iter_rows())
    assert history.repositories[0].head[:10] not in cited
    assert all(abs(days[each] - ordinal(date(2025, 12, 29))) <= 42 for each in cited)


def shallow(path: Path, target: Path, depth: int) -> Path:
    words = ["git", "clone", "-q", "--bare", "--depth", str(depth), path.as_uri(), str(target)]
    subprocess.run(words, check=True, capture_output=True, env=CLEAN)
    return target


def test_several_histories_that_are_cut_off_leave_the_pace_of_the_whole_unknown(tmp_path: Path) -> None:
    one, two = (shallow(paced(tmp_path / name, *levels), tmp_path / f"{name}.git", 1) for name, levels in (("a", (8, 8)), ("b", (8, 0))))

    outcomes = [finding.outcome for finding in answered(one, two).findings]

    assert Outcome.MET not in outcomes
    assert outcomes[0] is Outcome.UNKNOWN


def test_a_steady_pace_after_the_cut_of_a_shallow_clone_is_unknown_and_says_why(tmp_path: Path) -> None:
    (finding,) = answered(shallow(paced(tmp_path / "shop", 8, 8), tmp_path / "cut.git", 250)).findings

    assert finding.outcome is Outcome.UNKNOWN
    assert "cut off before" in finding.statement


def test_the_same_history_gives_the_same_answer(tmp_path: Path) -> None:
    first, second = (assessment.answer(falling(tmp_path), bootstrap.company_of(None), AS_OF) for _ in range(2))

    assert first.findings == second.findings
    assert first.sections == second.sections


def test_the_chart_marks_the_change_and_carries_the_level_of_each_week(tmp_path: Path) -> None:
    found = assessment.answer(falling(tmp_path), bootstrap.company_of(None), AS_OF)

    chart = next(block for block in found.sections[0].blocks if isinstance(block, Chart))
    assert date.fromisoformat(chart.labels["mark"]).weekday() == 0
    assert {row["level"] for row in chart.rows} == {12.0, 5.0}
    assert all(row["low"] <= row["level"] <= row["high"] for row in chart.rows)  # type: ignore[operator]


@pytest.mark.parametrize("squashed", [False, True])
def test_the_command_beside_the_figure_repeats_the_last_weekly_count(tmp_path: Path, squashed: bool) -> None:
    path = paced(tmp_path / "shop", 6, 6, squash=[squashed, squashed])

    found = answered(path)

    chart = next(block for block in found.sections[0].blocks if isinstance(block, Chart))
    repeated = subprocess.run(
        ["bash", "-c", chart.evidence.command], check=True, env={**CLEAN, "SHADOW": f"{path}/.git"}, capture_output=True, text=True
    )
    assert chart.labels["value"].startswith("merged work" if squashed else "commits")
    assert int(repeated.stdout) == chart.rows[-1]["value"]


def test_the_last_week_is_counted_only_when_it_is_whole() -> None:
    sunday, saturday = ordinal(date(2026, 6, 28)), ordinal(date(2026, 6, 27))

    assert analysis.window(0, 0, sunday).day(analysis.window(0, 0, sunday).count - 1) == date(2026, 6, 22)
    assert analysis.window(0, 0, saturday).day(analysis.window(0, 0, saturday).count - 1) == date(2026, 6, 15)
    assert analysis.window(0, 0, sunday).count == analysis.MOST_WEEKS


def test_the_weeks_around_the_end_of_the_year_are_two_in_every_year() -> None:
    mondays = [date(2015, 1, 5) + timedelta(days=7 * week) for week in range(52 * 12)]

    masked = [day for day in mondays if analysis.holiday(day)]

    assert {sum(day < date(year, 7, 1) and day >= date(year - 1, 7, 1) for day in masked) for year in range(2016, 2026)} == {2}


def series(commits: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    none = np.zeros_like(commits)
    return {"merge": none, "squash": none, "direct": commits, "merged": none, "commits": commits, "files": commits, "people": none + 2}


def judged(commits: NDArray[np.int64]) -> analysis.Verdict:
    return analysis.judged(series(commits), analysis.Weeks(analysis.monday(19_000), commits.size), generator(1))


def test_a_season_that_came_a_year_before_too_is_not_called_a_fall() -> None:
    year = [20] * 38 + [6] * 14
    values = np.array([each + WAVE[week % 8] for week, each in enumerate([*([20] * 26), *year, *year, *([20] * 26)])])[: 26 + 104]

    found = judged(values)

    assert found.state in ("doubt", "steady")


def test_merged_work_is_the_measure_only_where_most_work_comes_that_way() -> None:
    weeks = np.ones(60, dtype=np.int64)
    base = series(weeks * 9)

    assert analysis.chosen({**base, "merged": weeks * 6, "direct": weeks * 2}) == "merged"
    assert analysis.chosen({**base, "merged": weeks * 2, "direct": weeks * 6}) == "commits"
    assert analysis.chosen({**base, "merged": weeks, "direct": weeks * 0}) == "commits"
    late = np.where(np.arange(60) < 30, 0, 6)
    assert analysis.chosen({**base, "merged": late, "direct": 8 - late}) == "commits"


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Merge pull request #12 from ada/topic", "merge"),
        ("Merge branch 'feature/pay' into 'master'", "merge"),
        ("Merge branch 'ada/topic'", "merge"),
        ("Merged in fix-cart (pull request #7)", "merge"),
        ("Auto merge of #1234 - bob:topic, r=ada", "merge"),
        ("bug #5123 [Cart] Count once (ada)", "merge"),
        ("Merge branch 'main' into topic", None),
        ("Merge branch '6.4' into 7.0", None),
        ("Merge remote-tracking branch 'origin/topic'", None),
        ("Merge branch 'master' of github.com:shop/shop", None),
        ("Merge pull request #13 from shop/dependabot/npm_and_yarn/left-pad-1.3", None),
    ],
)
def test_a_merge_counts_when_it_brings_a_piece_of_work(tmp_path: Path, subject: str, kind: str | None) -> None:
    made = Maker(tmp_path / "shop").commit("ada", "2026-01-05", {"a.py": "1\n"})
    made.commit("bob", "2026-01-06", {"b.py": "1\n"}, branch="topic", start="main")
    made.commit("ada", "2026-01-07", message=subject, merge=["topic"])

    found = landed(made.done())

    assert found.filter(pl.col("kind") == "merge").height == (kind == "merge")


def landed(path: Path) -> pl.DataFrame:
    history = history_of(path)
    arrived = landing.arrivals(history.commits, history.repositories[0].head, 0)
    robots = [number for number, person in enumerate(history.people) if person.bot]
    return landing.landings(history.commits, arrived, robots)


def test_a_squashed_request_is_one_piece_and_a_merge_of_a_robot_none(tmp_path: Path) -> None:
    made = Maker(tmp_path / "shop").commit("ada", "2026-01-05", {"a.py": "1\n"}, message="Add a (#1)")
    made.commit("dependabot", "2026-01-06", {"p.json": "1\n"}, branch="bump", start="main")
    made.commit("ada", "2026-01-07", message="Merge pull request #2 from shop/bump", merge=["bump"])

    assert landed(made.done())["kind"].to_list() == ["squash"]


def test_work_that_came_with_another_repository_is_not_counted_as_done_here(tmp_path: Path) -> None:
    made = Maker(tmp_path / "shop").commit("ada", "2026-01-05", {"a.py": "1\n"})
    for number in range(9):
        made.commit("bob", f"2025-03-{number + 1:02d}", {f"old{number}.py": "1\n"}, branch="other")
    made.commit("ada", "2026-02-02", message="Merge the old shop", merge=["other"])
    history = history_of(made.done())

    arrived = landing.arrivals(history.commits, history.repositories[0].head, 0)

    assert len(arrived.imported) == 9
    assert arrived.joins[0][1] == 9


def test_the_wait_until_work_reaches_the_main_line_shortens_the_window(tmp_path: Path) -> None:
    made = Maker(tmp_path / "shop").commit("ada", "2026-01-05", {"a.py": "1\n"})
    for number in range(5):
        made.commit("bob", f"2026-01-{number + 6:02d}", {f"b{number}.py": "1\n"}, branch="topic", start="main")
    made.commit("ada", "2026-02-04", message="Merge branch 'topic'", merge=["topic"])
    history = history_of(made.done())

    arrived = landing.arrivals(history.commits, history.repositories[0].head, 0)

    assert arrived.wait == 4


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("v1.2.3", ("", "1.2.3")),
        ("REL_12_3", ("", "12_3")),
        ("curl-7_88_1", ("curl", "7_88_1")),
        ("@shop/cart@1.2.3", ("shop/cart", "1.2.3")),
        ("sdk/go/v1.2.3", ("sdk/go", "1.2.3")),
        ("2023.10.1", ("", "2023.10.1")),
        ("v2.0.0-rc.1", None),
        ("2.0b1", None),
        ("nightly-2023-01-02", None),
        ("before-the-move", None),
        ("", None),
        ("v" * 5000 + "1", None),
    ],
)
def test_tags_are_versions_of_packages(tag: str, version: tuple[str, str] | None) -> None:
    assert releases.version(tag) == version


def test_only_tags_of_this_history_and_its_release_lines_count() -> None:
    parents = {"c3": "c2", "c2": "c1", "c1": "", "r1": "c2", "x1": ""}
    times = dict.fromkeys(parents, 86_400 * 100)
    tags = [Tag(name, commit, "", 0) for name, commit in (("v1.0", "c2"), ("v1.1", "r1"), ("v9.0", "x1"), ("v8.0", "gone"))]

    found = releases.releases(tags, parents, times, frozenset({"c1", "c2", "c3"}))

    assert [each.name for each in found] == ["v1.0", "v1.1"]


def test_a_rhythm_that_became_rarer_is_said_in_words() -> None:
    days = [*range(0, 1095, 30), *range(1110, 2190, 120)]
    found = [releases.Release("", f"v1.{day}", day) for day in days]

    rhythm = releases.rhythm(found, 2190)

    assert (rhythm.gap, rhythm.recent, rhythm.before, rhythm.age) == (120.0, 9, 36, 120)
    assert (
        "9 days with a release in the last three years, usually 120 days apart: rarer than in the three years before (36)" in rhythm.words()
    )


def test_packages_of_one_repository_keep_their_own_rhythm() -> None:
    found = [releases.Release("cart", f"cart@1.{day}", day) for day in range(0, 1000, 50)]
    found += [releases.Release("pay", f"pay@1.{day}", day) for day in range(10, 1000, 300)]

    rhythm = releases.rhythm(found, 1000)

    assert (rhythm.gap, rhythm.packages, rhythm.last) == (50.0, 2, "cart@1.950")


def test_without_a_version_tag_the_rhythm_is_unknown() -> None:
    assert "unknown" in releases.rhythm([], 2190).words()
