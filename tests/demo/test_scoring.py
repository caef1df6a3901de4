"""The scoring: intervals, matching by subject, honesty about what is unknown, and the tables."""

import json
from pathlib import Path

import pytest

from quarterdeck.demo import command
from quarterdeck.demo.generator import Made, generate
from quarterdeck.demo.scoring import honesty, table
from quarterdeck.demo.scoring.audit import audit, without_contents, without_roster
from quarterdeck.demo.scoring.claims import KINDS, Claim, path_of
from quarterdeck.demo.scoring.figures import Count, Share, wilson
from quarterdeck.demo.scoring.matching import match
from quarterdeck.demo.scoring.score import NOT_SCORED, Company, Score, judge
from quarterdeck.demo.scoring.truth import Plant, read
from quarterdeck.domain.errors import InputError


def plant(name: str, kind: str, *keys: str, decoy: bool = False, evidence: str = "app:a.py:3") -> Plant:
    return Plant(name, kind, keys, ("diligence/secrets",), (evidence,), decoy, "contents", "")


def claim(kind: str, key: str, *citations: str, room: str = "diligence/secrets", urgency: str = "plan") -> Claim:
    return Claim(room, kind, frozenset({key}), citations, urgency, f"{kind} {key} {urgency}")


@pytest.fixture(scope="module")
def judged(small: Made, tmp_path_factory: pytest.TempPathFactory) -> Company:
    return judge(small, tmp_path_factory.mktemp("home"))


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"), [(27, 30, 0.744, 0.965), (57, 60, 0.863, 0.983), (0, 0, 0.0, 1.0), (5, 5, 0.566, 1.0)]
)
def test_intervals_are_wilsons(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson(hits, trials) == pytest.approx((low, high), abs=0.0005)


def test_claims_hit_by_room_and_subject_and_one_claim_hits_one_plant() -> None:
    plants = [
        plant("1", "secret", "file:app:a.py"),
        plant("2", "secret", "file:app:b.py"),
        plant("3", "secret", "file:app:c.py", decoy=True),
        plant("4", "secret", "file:app:d.py"),
    ]
    claims = [
        claim("secret", "file:app:a.py", "app:a.py:3"),
        claim("secret", "file:app:a.py", "app:a.py:9", urgency="watch"),
        claim("secret", "file:app:b.py", "app:b.py:1"),
        claim("secret", "file:app:c.py", "app:c.py:1"),
        claim("secret", "file:app:e.py", "app:e.py:1"),
        claim("secret", "file:app:d.py", "app:d.py:1", room="people/knowledge"),
    ]

    found = match(plants, claims)

    assert set(found.hits) == {"1", "2"}
    assert found.duplicates == 1
    assert [each.id for each in found.missed] == ["4"]
    assert set(found.fired) == {"3"}
    assert len(found.false) == 3
    assert found.exact == {"1"}


def test_shares_are_worked_out_from_the_counts() -> None:
    counted = Count(plants=10, hits=8, false=2, decoys=5, fired=1, exact=6, needing=4, honest=3)

    shares = (counted.recall, counted.precision, counted.decoy_rate, counted.evidence, counted.honesty)
    assert [share.value for share in shares] == [0.8, 0.8, 0.2, 0.75, 0.75]
    assert Share(0, 0).value is None
    assert table.shown(Share(0, 0)) == "-"
    assert table.shown(Share(27, 30)) == "0.90 (0.74 to 0.97) 27/30"


def test_a_path_is_read_out_of_a_locator() -> None:
    assert [path_of(each) for each in ("a/b.py:12-30", "a/b.py:3", "a/b.py", "commit 9f2c41a")] == [
        "a/b.py",
        "a/b.py",
        "a/b.py",
        "commit 9f2c41a",
    ]


def test_planted_keys_ended_runtimes_and_missing_habits_are_found_in_a_small_company(judged: Company) -> None:
    hit = {each.kind for each in judged.plants if each.id in judged.matched.hits}
    missed = {each.kind for each in judged.matched.missed}

    assert {"secret", "eol_runtime", "missing_security_policy", "missing_licence", "abandoned_repo"} <= hit
    assert not missed & {"secret", "eol_runtime", "missing_security_policy", "missing_licence"}


def test_every_plant_is_hit_or_missed_and_kinds_that_no_room_asks_for_are_left_out(judged: Company) -> None:
    real = {each.id for each in judged.plants if not each.decoy and each.kind in KINDS}

    assert set(judged.matched.hits) | {each.id for each in judged.matched.missed} == real
    assert {each.kind for each in judged.plants if each.kind not in KINDS} == {"secret_in_history", "missing_ci"}
    assert {"secret_in_history", "missing_ci", "shadow_vendor", "burst_leave"} <= set(NOT_SCORED)


def test_tables_name_every_kind_and_what_is_not_scored(judged: Company) -> None:
    score = Score([judged])

    shown = table.text(score)

    assert all(kind[:18] in shown for kind in KINDS)
    assert "secret_in_history: the room reads today's files only" in shown
    content = json.loads(score.json())
    assert content["by_company"]["saas"]["plants"] == content["total"]["plants"]
    assert content["total"]["recall"]["of"] == content["total"]["plants"]


def test_without_the_contents_of_files_nothing_in_them_is_called_met(small: Made, tmp_path: Path) -> None:
    plants = [each for each in read(small.truth) if each.kind in ("secret", "eol_runtime", "missing_licence") and not each.decoy]

    said = honesty.answers(small, plants, tmp_path, removed=("contents",))

    assert {each.plant.kind for each in said} >= {"secret", "missing_licence"}
    assert {each.said for each in said} == {"unknown"}


def test_a_repository_that_cannot_be_read_is_named(small: Made, tmp_path: Path) -> None:
    plants = [each for each in read(small.truth) if each.kind in ("secret", "missing_licence") and not each.decoy]

    said = honesty.answers(small, plants, tmp_path, removed=("repository",))

    assert said
    assert all(each.honest for each in said)


def test_a_source_is_taken_away_from_a_copy_and_never_from_the_company(small: Made, tmp_path: Path) -> None:
    before = small.company_file.read_bytes()

    request = without_roster(small, tmp_path / "other")

    assert request.company is not None
    assert "[[roster]]" not in request.company.read_text("utf-8")
    assert "[[repositories]]" in request.company.read_text("utf-8")
    assert small.company_file.read_bytes() == before
    assert without_contents(small).quick


def test_a_company_without_plants_asks_for_little_now(tmp_path: Path) -> None:
    made = generate("maker", 14, 5, months=12, plants="none", folder=tmp_path)

    found = judge(made, tmp_path / "home")

    assert found.act_now <= 2
    assert found.matched.hits == {}


def test_a_firm_without_repositories_is_refused_with_a_sentence(tmp_path: Path) -> None:
    made = generate("firm", 15, 1, folder=tmp_path)

    with pytest.raises(InputError, match="none of the repositories"):
        audit(made, tmp_path / "home")


def test_the_demo_set_has_five_companies(tmp_path: Path) -> None:
    made = command.generate_all(tmp_path, 1, 5, months=12)

    assert [each.industry for each in made] == ["saas", "shop", "clinic", "maker", "firm"]
    assert all(each.company_file.is_file() for each in made)


def test_a_score_that_cannot_be_made_is_refused_with_a_way_out() -> None:
    with pytest.raises(InputError, match="61 people"):
        command.run_score((1,), (61,), ("low",))
    with pytest.raises(InputError, match="loud"):
        command.run_score((1,), (), ("loud",))
    with pytest.raises(InputError, match="no seed"):
        command.run_score(())


def test_the_command_prints_a_score_and_writes_it(tmp_path: Path) -> None:
    target = tmp_path / "score.json"

    shown = command.run_score((3,), (5,), ("low",), industries=("maker",), removed=(), output=target, months=12)

    assert "By kind" in shown
    assert json.loads(target.read_text("utf-8"))["by_company"]["maker"]["plants"] >= 12
