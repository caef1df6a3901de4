"""Coupling: published formulas on worked examples, hidden ties between files, and ties between repositories against chance."""

import subprocess
from collections import Counter
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterdeck import bootstrap
from quarterdeck.domain.documents import Answer, Chart, Figure, Table
from quarterdeck.domain.findings import Outcome, Urgency
from quarterdeck.domain.text import plain
from quarterdeck.practices.architecture.coupling import across, analysis, assessment, between, classes, tables
from tests.conftest import AS_OF, history_of
from tests.making import Maker, code, git

HOUR, DAY, WEEK = 3_600, 86_400, 604_800


def changes(*sets: str, days: list[int] | None = None) -> pl.DataFrame:
    """Return changes from sets of one-letter paths: each text is a commit."""
    rows = [(0, number, (days or range(len(sets)))[number], path) for number, paths in enumerate(sets) for path in paths]
    schema = {"repository": pl.UInt16, "commit": pl.UInt32, "day": pl.Int32, "path": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def named(counted: analysis.Counted, rows: pl.DataFrame) -> dict[str, dict[str, float]]:
    """Return measured pairs by their two letters."""
    names = dict(counted.members.select("member", "path").iter_rows())
    return {names[row["first"]] + names[row["second"]]: row for row in rows.iter_rows(named=True)}


def test_degree_is_shared_over_the_mean_of_both_revisions_and_the_average_is_rounded_up() -> None:
    counted = analysis.pairs(changes(*["ab"] * 6, "a", "a", "b"), "path")

    pair = named(counted, analysis.measured(counted))["ab"]

    assert (pair["shared"], pair["first_revisions"], pair["second_revisions"]) == (6, 8, 7)
    assert (int(pair["degree"]), pair["average"]) == (80, 8)  # 100 * 6 / 7.5, and 7.5 rounded up


def test_the_least_revisions_apply_to_the_average_before_it_is_rounded_up() -> None:
    counted = analysis.pairs(changes(*["ab"] * 4, "b", *["cd"] * 4, "d", "d"), "path")

    kept = analysis.reported(analysis.measured(counted), analysis.Thresholds(revisions=5, shared=1, degree=30))

    assert list(named(counted, kept)) == ["cd"]  # (4 + 5) / 2 = 4.5 falls, (4 + 6) / 2 = 5 stays


def test_commits_over_thirty_files_go_before_revisions_are_counted() -> None:
    wide = [chr(97 + number) for number in range(26)] + list("ABCDE")
    rows = changes("ab", "ab", "".join(wide))

    counted = analysis.pairs(rows, "path")

    assert counted.dropped == 1
    assert counted.pairs.select("shared", "first_revisions").rows() == [(2, 2)]


def test_thirty_files_are_not_too_many() -> None:
    counted = analysis.pairs(changes("".join(chr(65 + number) for number in range(30))), "path")

    assert counted.dropped == 0
    assert counted.pairs.height == 30 * 29 / 2


def test_changes_of_one_day_can_be_folded_into_one() -> None:
    rows = changes("a", "b", "a", "b", "ab", days=[1, 1, 2, 2, 3])

    apart, folded = analysis.pairs(rows, "path"), analysis.pairs(rows, "path", unit="day")

    assert apart.pairs.select("shared", "first_revisions", "second_revisions").row(0) == (1, 3, 3)
    assert folded.pairs.select("shared", "first_revisions", "second_revisions").row(0) == (3, 3, 3)


def test_the_sum_of_coupling_adds_the_other_files_of_every_commit() -> None:
    counted = analysis.pairs(changes("abc", "ab", "a"), "path")

    assert dict(counted.members.select("path", "together").iter_rows()) == {"a": 3, "b": 3, "c": 2}


def test_lift_compares_with_files_that_change_independently() -> None:
    counted = analysis.pairs(changes("ab", "a", "b", "c"), "path")

    assert named(counted, analysis.measured(counted))["ab"]["lift"] == 1.0  # 1/4 over 1/2 * 1/2


def test_the_interval_is_wilsons_for_the_share_of_commits_that_hold_both() -> None:
    low, high = analysis.wilson(np.array([5.0, 10.0]), np.array([10.0, 10.0]))

    assert low == pytest.approx([0.2366, 0.7225], abs=1e-4)
    assert high == pytest.approx([0.7634, 1.0], abs=1e-4)


def test_an_interval_of_a_share_becomes_one_of_the_degree() -> None:
    counted = analysis.pairs(changes(*["ab"] * 10), "path")

    pair = analysis.measured(counted).row(0, named=True)

    assert pair["degree"] == 100
    assert pair["low"] == pytest.approx(100 * 2 * 0.72246 / 1.72246, abs=0.01)


def test_an_empty_result_names_the_threshold_that_emptied_it() -> None:
    often_apart = analysis.measured(analysis.pairs(changes(*["ab"] * 6, *["a"] * 40), "path"))
    rare = analysis.measured(analysis.pairs(changes("ab", "ab"), "path"))

    assert analysis.emptied_by(analysis.left_after(often_apart)) == "degree"
    assert analysis.emptied_by(analysis.left_after(rare)) == "shared"


def test_lower_thresholds_never_give_fewer_pairs() -> None:
    found = analysis.sensitivity(analysis.measured(analysis.pairs(changes(*["abc"] * 4, *["ab"] * 5, *["c"] * 9), "path")))

    counts = {(shared, degree): number for shared, degree, number in found}
    assert counts[3, 20.0] == 3
    assert counts[5, 30.0] == 1
    assert all(counts[3, degree] >= counts[5, degree] >= counts[10, degree] for degree in analysis.DEGREE_STEPS)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sets(st.sampled_from("abcdefg"), min_size=1), min_size=1, max_size=25))
def test_pairs_are_counted_as_by_hand_whatever_the_history(history: list[set[str]]) -> None:
    counted = analysis.pairs(changes(*("".join(sorted(each)) for each in history)), "path")

    by_hand = Counter("".join(pair) for each in history for pair in combinations(sorted(each), 2))
    found = named(counted, analysis.measured(counted))
    assert {name: row["shared"] for name, row in found.items()} == by_hand
    assert all(0 <= row["low"] <= row["degree"] <= row["high"] + 1e-9 <= 100 + 1e-6 for row in found.values())


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("api/a.py", "source", "api"), ("web/a.ts", "source", "web"), classes.ACROSS),
        (("api/a.py", "source", "api"), ("api/b.py", "source", "api"), classes.FOLDER),
        (("api/x/a.py", "source", "api"), ("api/y/b.py", "source", "api"), classes.PART),
        (("api/a.py", "source", "api"), ("tests/test_a.py", "test", "tests"), classes.TEST),
        (("tests/test_b.py", "test", "tests"), ("tests/test_a.py", "test", "tests"), classes.TESTS),
        (("include/net.h", "source", "include"), ("src/net.c", "source", "src"), classes.INTERFACE),
        (("types/webidl.d.ts", "source", "types"), ("lib/webidl/index.js", "source", "lib"), classes.INTERFACE),
        (("include/net.h", "source", "include"), ("src/disk.c", "source", "src"), classes.ACROSS),
        (("refs.c", "source", "(top folder)"), ("refs/files.c", "source", "refs"), classes.PART),
    ],
)
def test_a_pair_has_one_class(first: tuple[str, str, str], second: tuple[str, str, str], expected: str) -> None:
    one, other = classes.Member(0, *first), classes.Member(0, *second)

    assert classes.class_of(one, other) == classes.class_of(other, one) == expected


@pytest.mark.parametrize(
    ("path", "kind", "word"),
    [
        ("lib/shop/version.rb", "source", "version file"),
        ("shop/__init__.py", "source", ""),
        ("shop/conversion.py", "source", ""),
        ("CMakeLists.txt", "source", "build file"),
        ("web/vite.config.ts", "source", "build file"),
        ("docs/guide.md", "documentation", "documentation"),
        ("package.json", "data", "data or manifest"),
        ("builder/wall.py", "source", ""),
    ],
)
def test_files_that_change_with_everything_are_left_apart_by_a_stated_rule(path: str, kind: str, word: str) -> None:
    assert classes.apart(path, kind) == word


def test_a_folder_that_holds_the_whole_system_is_opened_and_a_flat_one_is_not() -> None:
    paths = ["core/api/a.py", "core/api/b.py", "core/web/c.ts", "core/main.py", "ops/d.py"]
    flat = ["src/a.c", "src/b.c", "src/c.c", "lib/d.c"]

    assert classes.opened(paths, ["core"] * 4 + ["ops"]) == ["core/api", "core/api", "core/web", "core", "ops"]
    assert classes.opened(flat, ["src"] * 3 + ["lib"]) == ["src"] * 3 + ["lib"]
    assert classes.opened([], []) == []


def test_what_only_tests_use_counts_as_test() -> None:
    assert classes.kind_of("internal/testutil/daemon.go", "source") == "test"
    assert classes.kind_of("contest/entry.py", "source") == "source"


def tied(folder: Path, *, times: int = 12, more: int = 20) -> Maker:
    """Make a repository where an API and a page, in different parts, change together, and much else changes alone."""
    made = Maker(folder)
    for number in range(times):
        day = f"2026-01-{number + 1:02d}"
        made.commit("ada", day, {"api/orders.py": code(20 + number), "web/orders_page.ts": code(30 + number), "VERSION": f"{number}\n"})
    for number in range(more):
        day = f"2026-03-{number % 28 + 1:02d}"
        made.commit("bob", day, {f"api/part_{number % 3}.py": code(9 + number), "tests/test_api.py": code(5 + number)})
        made.commit("bob", day, {"shop/version.py": f"v = {number}\n", "api/version.py": f"v = {number}\n"})
    return made


def answered(*paths: Path, as_of: date = AS_OF) -> Answer:
    return assessment.answer(history_of(*paths, as_of=as_of), bootstrap.company_of(None), as_of)


def table_of(found: Answer, name: str) -> Table:
    return next(block for block in found.sections[0].blocks if isinstance(block, Table) and block.id == name)


def outcomes(found: Answer, check: str = assessment.CHECK.id) -> list[Outcome]:
    return [finding.outcome for finding in found.findings if finding.check.id == check]


def test_two_parts_that_change_together_are_a_hidden_pair_and_version_files_are_not(tmp_path: Path) -> None:
    found = answered(tied(tmp_path / "shop").done())

    first = found.findings[0]
    assert [plain(finding.title) for finding in found.findings if finding.outcome is Outcome.UNMET] == [
        "api/orders.py and web/orders_page.ts change together"
    ]
    assert first.urgency is Urgency.PLAN  # 12 of 12: even the lower end of the interval is above half
    assert "12 commits changed both" in first.statement
    row = table_of(found, "coupling").rows[0]
    assert [plain(str(cell)) for cell in row[:3]] == ["api/orders.py", "web/orders_page.ts", "across parts, hidden"]
    assert row[3:6] == (12, "12 / 12", 100)


def test_classes_of_one_java_root_whose_names_end_like_a_generated_file_are_a_hidden_pair(tmp_path: Path) -> None:
    root = "src/main/java/acme"
    made = Maker(tmp_path / "erp")
    for number in range(12):
        both = {f"{root}/alarms/OrderMapping.java": code(9 + number), f"{root}/routing/SensorReader.java": code(9 + number)}
        made.commit("ada", f"2026-01-{number + 1:02d}", both)
    for number in range(40):
        others = {f"{root}/alarms/A{number % 7}.java": code(9 + number), f"{root}/orders/B{number % 9}.java": code(9 + number)}
        made.commit("bob", f"2026-02-{number % 28 + 1:02d}", others)

    (finding, *_) = answered(made.done()).findings

    assert plain(finding.title) == f"{root}/alarms/OrderMapping.java and {root}/routing/SensorReader.java change together"


def test_the_degree_is_one_number_in_finding_table_and_picture(tmp_path: Path) -> None:
    made = tied(tmp_path / "shop")
    for number in range(7):
        made.commit("ada", f"2026-04-{number + 1:02d}", {"api/orders.py": code(60 + number)})
    found = answered(made.done())

    degree = table_of(found, "coupling").rows[0][5]
    assert degree == int(200 * 12 / (12 + 19)) == 77  # 77.4
    assert f"That is {degree}\u00a0% of" in found.findings[0].statement


def test_parts_that_never_change_together_make_no_table(tmp_path: Path) -> None:
    made = Maker(tmp_path / "quiet")
    for number in range(12):
        made.commit("ada", f"2026-02-{number + 1:02d}", {"api/a.py": code(9 + number), "api/b.py": code(9 + number)})

    blocks = answered(made.done()).sections[0].blocks

    shown = {block.id for block in blocks if isinstance(block, Table)}
    assert "coupling-components" not in shown
    assert all(block.evidence.rows in ("", *(f"evidence/{name}.csv" for name in shown)) for block in blocks if isinstance(block, Figure))


def test_the_command_beside_the_pairs_repeats_their_count(tmp_path: Path) -> None:
    place = tied(tmp_path / "shop").commit("ada", "2026-05-01", {"api/orders.py": code(50)}).done()
    figure = next(block for block in answered(place).sections[0].blocks if isinstance(block, Figure))

    command = plain(figure.evidence.command).replace('"$SHADOW"', f"'{place / '.git'}'")
    said = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout

    assert said.strip() == "12"


def test_every_filter_is_counted_beside_the_table(tmp_path: Path) -> None:
    made = tied(tmp_path / "shop")
    made.commit("bob", "2026-05-01", {f"api/many_{number}.py": code(3) for number in range(31)})
    made.commit("dependabot", "2026-05-02", {"api/part_0.py": code(3)})
    made.commit("ada", "2026-05-03", delete=["api/part_2.py"])

    counts = {str(row[0]): row[1] for row in table_of(answered(made.done()), "coupling-filters").rows}

    assert counts["commits over more than 30 files"] == 1
    assert counts["commits by robots"] == 1
    assert counts["deletions and moves without an edit"] == 1
    assert counts["pairs with a file of the kind: version file"] == 1
    assert counts["pairs with a file of the kind: data or manifest"] == 2


def test_a_hidden_pair_keeps_its_fingerprint_when_a_file_is_renamed(tmp_path: Path) -> None:
    before = answered(tied(tmp_path / "before").done())
    moved = answered(tied(tmp_path / "after").commit("cy", "2026-06-01", move={"web/orders_page.ts": "ui/orders.ts"}).done())

    assert "ui/orders.ts" in plain(moved.findings[0].title)
    assert moved.findings[0].fingerprint == before.findings[0].fingerprint


def test_old_pairs_do_not_count_in_the_window_and_stand_in_the_table_of_thresholds(tmp_path: Path) -> None:
    made = Maker(tmp_path / "old")
    for number in range(12):
        made.commit("ada", f"2021-01-{number + 1:02d}", {"api/a.py": code(9 + number), "web/b.ts": code(9 + number)})
    for number in range(40):
        made.commit(
            "ada", f"2026-02-{number % 28 + 1:02d}", {f"api/{number % 20}.py": code(9 + number), f"ops/{number % 19}.py": code(number + 3)}
        )

    found = answered(made.done())

    assert outcomes(found) == [Outcome.MET]
    assert table_of(found, "coupling-sensitivity").rows[-1] == (10, 50, 0, 1)
    assert "fell to the rule" in table_of(found, "coupling").title


def test_a_handful_of_commits_proves_nothing(tmp_path: Path) -> None:
    made = Maker(tmp_path / "young").commit("ada", "2026-06-01", {"api/a.py": code(9), "web/b.ts": code(9)})

    found = answered(made.done())

    assert outcomes(found) == [Outcome.UNKNOWN]
    assert "Only 1 commit" in found.findings[0].statement
    assert found.facts == ()


def test_a_history_cut_off_inside_the_window_proves_nothing(tmp_path: Path) -> None:
    place = Maker(tmp_path / "whole")
    for number in range(60):
        place.commit("ada", f"2026-{number % 5 + 1:02d}-{number % 28 + 1:02d}", {f"api/{number}.py": code(9), f"web/{number}.ts": code(9)})
    git(tmp_path, "clone", "-q", "--bare", "--depth", "40", f"file://{place.done()}", "cut.git")

    found = answered(tmp_path / "cut.git")

    assert outcomes(found) == [Outcome.UNKNOWN]
    assert "unshallow" in found.findings[0].unlock


def test_the_picture_shows_every_pair_across_parts(tmp_path: Path) -> None:
    made = tied(tmp_path / "shop")
    for number in range(6):
        made.commit("ada", f"2026-04-{number + 1:02d}", {"ops/deploy.py": code(9 + number), "web/menu.ts": code(9 + number)})

    chart = next(block for block in answered(made.done()).sections[0].blocks if isinstance(block, Chart))

    ties = [(plain(str(row["from"])), plain(str(row["to"])), row["state"]) for row in chart.rows if "from" in row]
    assert ("api/orders.py", "web/orders_page.ts", "in half of their changes or more") in ties
    assert ("ops/deploy.py", "web/menu.ts", "in half of their changes or more") in ties
    assert {row["group"] for row in chart.rows if "node" in row} == {tables.foreign(part) for part in ("api", "ops", "web")}


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("PAY-12: charge once", ["PAY-12"]),
        ("charge once (PAY-12, OPS-7)", ["OPS-7", "PAY-12"]),
        ("fix #12", []),
        ("GH-12 and PR-9 are numbers of one repository", []),
        ("see Acme/shop#12", ["acme/shop#12"]),
        ("read UTF-8 and SHA-256, ISO-8859-1, CVE-2024-1234", []),
        ("release v1.2-RC-1", []),
        ("https://tracker.example/browse/PAY-12", []),
        ("Merge branch feature/PAY-12-charge", []),
    ],
)
def test_a_ticket_links_only_where_it_means_the_same_everywhere(subject: str, expected: list[str]) -> None:
    assert across.tickets_in(subject) == expected


def worked(*rows: tuple[int, int, int, str]) -> pl.DataFrame:
    """Return commits from (repository, person, time, subject)."""
    schema = {
        "row": pl.UInt32,
        "repository": pl.UInt16,
        "person": pl.UInt32,
        "time": pl.Int64,
        "day": pl.Int32,
        "subject": pl.String,
        "commit": pl.String,
    }
    full = [
        (number, repository, person, time, time // DAY, subject, f"{number:040x}")
        for number, (repository, person, time, subject) in enumerate(rows)
    ]
    return pl.DataFrame(full, schema=schema, orient="row")


def busy(rng: np.random.Generator, days: int, share: float) -> list[int]:
    """Return times of work: a few commits within office hours on a share of the working days, with holidays off."""
    at_work = [day for day in range(days) if day % 7 < 5 and day % 91 > 12 and rng.random() < share]
    return [day * DAY + int(rng.integers(8, 18)) * HOUR + int(rng.integers(0, HOUR)) for day in at_work for _ in range(rng.integers(1, 4))]


def test_work_on_the_same_days_is_told_from_two_busy_repositories() -> None:
    rng = np.random.Generator(np.random.PCG64(7))
    first = busy(rng, 500, 0.25)
    follows = [time + int(rng.integers(600, 3 * HOUR)) for time in first]
    other = busy(rng, 500, 0.25)

    tied_ones = across.meetings(worked(*((0, 1, time, "") for time in first), *((1, 1, time, "") for time in follows)), ("a", "b"))
    chance = across.meetings(worked(*((0, 1, time, "") for time in first), *((1, 1, time, "") for time in other)), ("a", "b"))

    assert tied_ones[0].by_time
    assert tied_ones[0].found[24] == tied_ones[0].days
    assert not chance[0].by_time
    assert chance[0].found[24] == pytest.approx(chance[0].expected[24], rel=0.35)


def test_volume_alone_seldom_ties_repositories() -> None:
    rng = np.random.Generator(np.random.PCG64(11))
    rows = [(repository, person, time, "") for repository in range(8) for person in range(3) for time in busy(rng, 400, 0.35)]

    found = across.meetings(worked(*rows), [str(number) for number in range(8)])

    assert len(found) == 28
    assert sum(each.by_time for each in found) == 0


def test_shared_holidays_tie_nothing() -> None:
    rng = np.random.Generator(np.random.PCG64(3))
    rows = [
        (repository, person, time, "")
        for person in range(4)
        for repository in (0, 1)
        for time in busy(rng, 700, 0.6)
        if time // DAY % 182 > 70
    ]

    found = across.meetings(worked(*rows), ("a", "b"))

    assert not found[0].by_time
    assert found[0].ratio(24) == pytest.approx(1, abs=0.15)


def test_a_weekly_rhythm_in_both_is_no_tie() -> None:
    rows = [(repository, 1, week * WEEK + DAY + repository * HOUR, "") for week in range(60) for repository in (0, 1)]

    found = across.meetings(worked(*rows), ("a", "b"))

    assert found[0].found[24] == 60
    assert not found[0].by_time  # every shift by whole weeks meets as often


def test_too_short_a_time_in_both_is_counted_and_not_tested() -> None:
    rows = [(repository, 1, day * DAY + repository * HOUR, "") for day in range(20) for repository in (0, 1)]

    found = across.meetings(worked(*rows), ("a", "b"))

    assert (found[0].untested, found[0].people, found[0].by_time) == (1, 0, False)


def test_the_unshifted_row_is_what_happened_and_shifts_keep_the_volume() -> None:
    first = np.arange(10, 90, 2, dtype=np.int64) * DAY

    days, counts = across.shifted(first, first + HOUR)

    assert days == 40
    assert counts[0].tolist() == [40, 40, 40]
    assert counts.shape == (12, 3)


def test_commits_that_two_repositories_hold_tie_nothing() -> None:
    rows = [(0, "x", 1), (1, "x", 1), (0, "y", 1)]
    commits = pl.DataFrame(rows, schema={"repository": pl.UInt16, "commit": pl.String, "day": pl.Int32}, orient="row").with_columns(
        at_head=True, merge=False, person=pl.lit(0, pl.UInt32), author_time=pl.lit(0, pl.Int64), subject=pl.lit("")
    )

    table, copies = across.work(commits, [0], 0)

    assert (table["commit"].to_list(), copies) == (["y"], 2)


def two_repositories(folder: Path, subject: str) -> tuple[Path, Path]:
    """Make an API and an app whose commits of different people name tickets, or not."""
    api, app = Maker(folder / "api"), Maker(folder / "app")
    for number in range(8):
        text = subject.format(number + 1)
        api.commit("ada", f"2026-03-{number + 1:02d}", {"src/orders/model.py": code(9 + number)}, message=text)
        app.commit("bob", f"2026-03-{number + 3:02d}", {"src/views/orders.ts": code(9 + number)}, message=text)
    return api.done(), app.done()


def test_repositories_that_share_tickets_are_tied_with_the_files_that_meet(tmp_path: Path) -> None:
    found = answered(*two_repositories(tmp_path, "SHOP-{}: orders"))

    tied_ones = [finding for finding in found.findings if finding.check.id == between.CHECK.id]
    assert [(finding.outcome, finding.urgency) for finding in tied_ones] == [(Outcome.UNMET, Urgency.PLAN)]
    assert "8 tickets" in tied_ones[0].statement
    assert "src/orders/model.py met src/views/orders.ts: 8 of 8 times" in plain(tied_ones[0].statement)
    assert len(tied_ones[0].citations) == 6
    assert "One pair of repositories changes together." in found.sections[0].headline
    assert plain(str(table_of(found, "coupling-across-parts").rows[0][0])) == "api: src/orders/model.py"
    assert [str(row[0]) for row in table_of(found, "coupling-across-examples").rows] == [tables.foreign(f"SHOP-{n}") for n in (8, 7, 6)]


def test_repositories_that_one_person_works_in_at_once_show_chance_beside_what_happened(tmp_path: Path) -> None:
    api, app = Maker(tmp_path / "api"), Maker(tmp_path / "app")
    chosen = np.random.Generator(np.random.PCG64(4)).choice(600, 90, replace=False)
    for number, offset in enumerate(sorted(int(each) for each in chosen)):
        day = date(2024, 9, 2) + timedelta(days=offset)
        api.commit("ada", day.isoformat(), {"api/model.py": code(9 + number)})
        app.commit("ada", day.isoformat(), {"views/orders.ts": code(9 + number)})

    found = answered(api.done(), app.done())

    tied_ones = next(finding for finding in found.findings if finding.check.id == between.CHECK.id)
    windows = {row[1]: row[3:5] for row in table_of(found, "coupling-across-windows").rows}
    assert (tied_ones.outcome, tied_ones.urgency) == (Outcome.UNMET, Urgency.WATCH)
    assert windows[24][0] == 90
    assert float(str(windows[24][1])) < 90 / across.RATIO


def test_numbers_of_one_repository_tie_nothing(tmp_path: Path) -> None:
    found = answered(*two_repositories(tmp_path, "orders (#{})"))

    assert outcomes(found, between.CHECK.id) == [Outcome.UNKNOWN]


def test_one_repository_has_no_other_to_be_tied_to(tmp_path: Path) -> None:
    assert outcomes(answered(tied(tmp_path / "shop").done()), between.CHECK.id) == [Outcome.NOT_APPLICABLE]


def test_the_same_history_gives_the_same_answer(tmp_path: Path) -> None:
    place = tied(tmp_path / "shop").done()

    assert answered(place) == answered(place)


def test_a_repository_without_code_is_answered_too(tmp_path: Path) -> None:
    made = Maker(tmp_path / "notes").commit("ada", "2026-06-01", {"README.md": "hello\n"})

    found = answered(made.done())

    assert outcomes(found) == [Outcome.UNKNOWN]
    assert table_of(found, "coupling").title == "No pair of files changed together"


def test_a_repository_where_nothing_happened_in_the_window_is_answered_too(tmp_path: Path) -> None:
    old = Maker(tmp_path / "old").commit("ada", "2019-06-01", {"a/a.py": code(3), "b/b.py": code(3)})
    other = Maker(tmp_path / "other").commit("ada", "2018-06-01", {"docs/x.md": "x\n"})

    found = answered(old.done(), other.done())

    assert outcomes(found) == outcomes(found, between.CHECK.id) == [Outcome.UNKNOWN]
