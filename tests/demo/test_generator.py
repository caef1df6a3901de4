"""The invented companies: equal for equal seeds, plausible, and silent about their truth."""

import ast
import csv
import json
import re
import subprocess
import tomllib
from collections import Counter
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

import quarterdeck.demo.generator
from quarterdeck.demo.generator import INDUSTRIES, KINDS, Made, generate
from quarterdeck.demo.generator.draws import Draws
from quarterdeck.demo.generator.tree.runtimes import RELEASES
from tests.demo.conftest import MONTHS, SEED, SIZE

SOURCE = Path(quarterdeck.demo.generator.__file__).parent
LEAKS = re.compile(rb"(?i:decoy|leaver|look-?alike|ground.truth|quarterdeck)|\b[Pp]lant(?:ed|s)?\b")


def digests(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


def git(repository: Path, *words: str) -> bytes:
    return subprocess.run(["git", "-C", str(repository), *words], check=True, capture_output=True).stdout


def rows(made: Made) -> list[dict[str, str]]:
    with (made.truth / "plants.csv").open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


def test_equal_arguments_give_equal_bytes_and_equal_commits(small: Made, tmp_path: Path) -> None:
    again = generate("saas", SIZE, SEED, months=MONTHS, noise="high", folder=tmp_path)

    assert digests(again.client) == digests(small.client)
    assert digests(again.truth) == digests(small.truth)
    heads = [[git(path, "rev-parse", "main") for path in made.repositories] for made in (small, again)]
    assert heads[0] == heads[1]


def test_another_seed_gives_another_company(small: Made, tmp_path: Path) -> None:
    other = generate("saas", SIZE, SEED + 1, months=MONTHS, noise="high", folder=tmp_path)

    assert set(digests(other.client).values()).isdisjoint(set(digests(small.client).values()) - _templates(small))


def _templates(made: Made) -> set[str]:
    """Return the digests of files that git writes for every bare repository."""
    return {sha256((path / name).read_bytes()).hexdigest() for path in made.repositories for name in ("HEAD", "config")}


def test_nothing_that_a_client_hands_over_tells_what_was_planted(small: Made) -> None:
    texts = [path.read_bytes() for path in small.client.rglob("*") if path.suffix in (".toml", ".csv", ".json")]
    texts += [git(path, "cat-file", "--batch", "--batch-all-objects") for path in small.repositories]
    texts += [git(path, "for-each-ref") for path in small.repositories]
    names = "\n".join(str(path.relative_to(small.client)) for path in small.client.rglob("*")).encode()

    assert [match[0] for text in [*texts, names] for match in LEAKS.finditer(text)] == []


def test_the_truth_lies_outside_of_what_the_client_hands_over(small: Made) -> None:
    assert not small.truth.is_relative_to(small.client)
    assert {path.name for path in small.truth.iterdir()} == {"plants.csv", "world.json"}
    assert {path.name for path in small.client.iterdir()} == {"repositories", "company.toml", "roster.csv", "sbom"}


@pytest.mark.parametrize("industry", [each for each in INDUSTRIES if each != "firm"])
def test_each_company_with_software_has_twelve_plants_and_eight_decoys(industry: str, tmp_path: Path) -> None:
    made = generate(industry, 6, 3, months=12, folder=tmp_path)

    found = Counter(row["decoy"] for row in rows(made))
    assert found["no"] >= 12
    assert found["yes"] >= 8
    assert all(row["evidence_path"] for row in rows(made))


def test_somebody_said_to_know_a_part_alone_wrote_over_seven_tenths_of_its_lines(small: Made) -> None:
    world = json.loads((small.truth / "world.json").read_text("utf-8"))
    parts = {system["name"]: system["parts"] for system in world["systems"]}

    key = [row for row in rows(small) if row["kind"] == "key_person" and row["decoy"] == "no"]
    assert key
    for row in key:
        person, part = (text.partition(":")[2] for text in row["subject"].split("; "))
        system, _, path = part.partition(":")
        assert parts[system][path][person] > 0.7


def test_most_parts_are_shared_by_people_who_each_wrote_a_good_share(small: Made) -> None:
    world = json.loads((small.truth / "world.json").read_text("utf-8"))
    told = {row["subject"].rpartition("part:")[2] for row in rows(small) if "part:" in row["subject"]}
    highest = [
        max(shares.values())
        for system in world["systems"]
        for path, shares in system["parts"].items()
        if shares and f"{system['name']}:{path}" not in told
    ]

    assert sum(share <= 0.7 for share in highest) / len(highest) > 0.8


def test_the_evidence_of_a_plant_can_be_opened(small: Made) -> None:
    for row in rows(small):
        for place in row["evidence_path"].split("; "):
            name, _, locator = place.partition(":")
            repository = small.client / "repositories" / f"{name}.git"
            if locator.startswith("commit "):
                assert git(repository, "cat-file", "-t", locator.removeprefix("commit ")) == b"commit\n"
            elif row["kind"] != "secret_in_history":
                path, _, line = locator.rpartition(":")
                text = git(repository, "show", f"main:{path if line.isdigit() else locator}")
                assert not line.isdigit() or len(text.splitlines()) >= int(line)


def test_a_removed_key_stands_in_the_history_and_not_in_the_tree(small: Made) -> None:
    row = next(row for row in rows(small) if row["kind"] == "secret_in_history")
    name, _, path = row["evidence_path"].partition(":")
    repository = small.client / "repositories" / f"{name}.git"

    today = git(repository, "show", f"main:{path}")
    added, *_, removed = reversed(git(repository, "log", "--format=%h", "main", "--", path).decode().split())
    gone = set(git(repository, "show", f"{added}:{path}").splitlines()) - set(today.splitlines())
    assert len(gone) == 1
    assert added != removed


def test_the_repositories_are_sound_and_their_code_parses(small: Made) -> None:
    for repository in small.repositories:
        assert b"error" not in git(repository, "fsck", "--no-progress")
        for path in git(repository, "ls-tree", "-r", "--name-only", "main").decode().splitlines():
            if path.endswith(".py"):
                ast.parse(git(repository, "show", f"main:{path}"))
            elif path.endswith(".json"):
                json.loads(git(repository, "show", f"main:{path}"))
            elif path.endswith((".toml", "uv.lock")):
                tomllib.loads(git(repository, "show", f"main:{path}").decode())


def test_work_lands_by_merge_by_squash_and_directly_with_robots_tags_and_time_zones(small: Made) -> None:
    log = {
        path.stem: git(path, "log", "--format=%P|%an|%ad|%s", "--date=format:%z", "main").decode().splitlines()
        for path in small.repositories
    }
    everything = [line for lines in log.values() for line in lines]

    assert any(" " in line.partition("|")[0] for line in log["app"])
    assert any(re.search(r"\(#\d+\)$", line) for line in log["web"])
    assert any("dependabot" in line for line in everything)
    assert len({line.split("|")[2] for line in everything}) > 1
    assert any(git(path, "tag") for path in small.repositories)


def test_a_firm_without_software_has_people_and_no_repository(tmp_path: Path) -> None:
    made = generate("firm", 15, 1, folder=tmp_path)

    assert made.repositories == ()
    assert rows(made) == []
    assert len(list(csv.DictReader((made.client / "roster.csv").open(encoding="utf-8")))) == 15
    assert tomllib.loads(made.company_file.read_text("utf-8"))["currency"] == "GBP"


def test_untidy_companies_have_untidy_rosters(small: Made) -> None:
    days = [row["start"] for row in csv.DictReader((small.client / "roster.csv").open(encoding="utf-8"))]
    tidy = [re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in days]

    assert len(days) >= SIZE
    assert any(tidy)


def test_without_plants_only_what_looks_like_one_is_left(tmp_path: Path) -> None:
    made = generate("maker", 8, 2, months=12, plants="none", folder=tmp_path)

    assert {row["decoy"] for row in rows(made)} == {"yes"}
    assert {row["expected_outcome"] for row in rows(made)} == {""}


@pytest.mark.parametrize(
    ("industry", "size", "noise"), [("bakery", 20, "low"), ("saas", 4, "low"), ("saas", 61, "low"), ("saas", 20, "loud")]
)
def test_what_cannot_be_made_is_refused(industry: str, size: int, noise: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"choose|one of"):
        generate(industry, size, 1, noise=noise, folder=tmp_path)


def test_the_generator_knows_nothing_of_the_product() -> None:
    imported = {
        node.module or ""
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
    }

    assert {name for name in imported if name.startswith("quarterdeck") and not name.startswith("quarterdeck.demo.generator")} == set()


def test_no_key_stands_in_the_source_of_the_generator() -> None:
    text = "\n".join(path.read_text("utf-8") for path in SOURCE.rglob("*.py"))

    assert re.findall(r"sk_live_\w{8}|ghp_\w{8}|npm_\w{8}|glpat-\w{8}|hf_\w{20}|SG\.\w{8}|AccountKey=\w{8}", text) == []


def test_draws_depend_on_their_words_alone() -> None:
    assert [Draws("a", 1).whole(0, 10**9) for _ in range(2)] == [Draws("a", 1).whole(0, 10**9)] * 2
    assert Draws("a", 1).of("b").hex(8) == Draws("a", 1, "b").hex(8)
    assert Draws("a").hex(8) != Draws("b").hex(8)


def test_counts_have_their_mean_and_scatter_more_than_chance() -> None:
    draws = Draws("counts")
    counts = [draws.count(8.0, 4.0) for _ in range(4000)]
    mean = sum(counts) / len(counts)
    variance = sum((each - mean) ** 2 for each in counts) / len(counts)

    assert mean == pytest.approx(8.0, abs=0.35)
    assert variance == pytest.approx(8 + 8**2 / 4, rel=0.15)


def test_releases_end_after_they_begin() -> None:
    assert all(date(2010, 1, 1) < each.begin < each.end for each in RELEASES)
    assert set(KINDS) >= {"key_person", "secret", "eol_runtime"}
