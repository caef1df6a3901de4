"""Who is who: decisions first, then the .mailmap, then cautious rules."""

from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.deliver import draft
from quarterdeck.domain.records import History
from quarterdeck.kit import identity, mailmap
from tests.conftest import history_of
from tests.making import Maker, git

Pair = tuple[str, str]


def persons(*pairs: Pair, days: int = 30) -> int:
    """Return how many people the rules see behind aliases of different times."""
    aliases = [(name, email, 86_400 * n, 86_400 * (n + days)) for n, (name, email) in enumerate(pairs)]
    return len(identity.cluster(aliases, identity.propose(aliases).joins).persons)


ONE = [
    (("Пётр Иванов", "a1@x.org"), ("Петр Иванов", "b2@y.org")),
    (("王小明", "a1@x.org"), ("王小明", "b2@y.org")),
    (("Jürgen Müller", "a1@x.org"), ("Juergen Mueller", "b2@y.org")),
    (("Wei Zhang", "a1@x.org"), ("Zhang Wei", "b2@y.org")),
    (("Ann Archer", "12345+annie7@users.noreply.github.com"), ("zed", "annie7@users.noreply.github.com")),
    (("old", "12345+first@users.noreply.github.com"), ("new", "12345+second@users.noreply.github.com")),
    (("Brian E. Granger", "a1@x.org"), ("Brian Granger", "b2@y.org")),
    (("Tom Needham", "a1@x.org"), ("tomneedham", "b2@y.org")),
    (("Ann Archer", "ann@x.org"), ("annie", "ANN@x.org")),
]
APART = [
    (("王小明", "a1@x.org"), ("李小红", "b2@y.org"), ("Иван Петров", "c3@z.org")),
    (("王明", "a1@x.org"), ("王明", "b2@y.org")),
    (("Michael Novak", "a1@x.org"), ("Michal Novak", "b2@y.org")),
    (("", "a1@x.org"), ("???", "b2@y.org"), ("123", "c3@z.org")),
    (("alex", "a1@x.org"), ("alex", "b2@y.org"), ("Alex", "c3@z.org")),
    (("Your Name", "a1@x.org"), ("Your Name", "b2@y.org")),
    (("Ann Archer", "dev+ann@pair.org"), ("Bob Baker", "dev+bob@pair.org")),
    (("Ann Archer + Bob Baker", "x1@a.org"), ("Ann Archer", "x1@a.org")),
    (("John Q. Smith", "a1@x.org"), ("John Brian Smith", "b2@y.org")),
    tuple((name, "shared@team.org") for name in ("Ann Archer", "Bob Baker", "Cid Clark", "Dan Drake")),
]


@pytest.mark.parametrize("pairs", ONE)
def test_one_person_under_several_names_is_joined(pairs: tuple[Pair, ...]) -> None:
    assert persons(*pairs) == 1


@pytest.mark.parametrize("pairs", APART)
def test_strangers_are_kept_apart(pairs: tuple[Pair, ...]) -> None:
    assert persons(*pairs) == len(pairs)


@pytest.mark.parametrize("email", ["", "none@none", "root@localhost", "noreply@github.com", "devnull@x.org", "you@example.com"])
def test_placeholder_addresses_join_nobody(email: str) -> None:
    assert persons(("Ann Archer", email), ("Bob Baker", email)) == 2


def test_a_chain_of_addresses_does_not_swallow_strangers() -> None:
    many = [("Ann Archer", f"mailbox{n}@host{n}.org") for n in range(30)]

    assert persons(*many) > 1


ROBOTS = [("dependabot[bot]", "x@y"), ("snyk-bot", "s@x"), ("Jenkins CI", "j@x.org"), ("Renovate Bot", "bot@x.org"), ("Claude", "noreply@anthropic.com"),
          ("Copilot", "198982749+Copilot@users.noreply.github.com"), ("github-actions", "github-actions@github.com")]  # fmt: skip
HUMANS = [("Tony Abbott", "abbott@x.org"), ("Ann Talbot", "talbot@x.org"), ("Jan Bot", "jan.bot@x.org"), ("Travis", "travis@gmail.com"),
          ("Sarah Jenkins", "jenkins@gmail.com"), ("Ann", "web-flow@x.org"), ("Claude Monet", "claude@x.org")]  # fmt: skip


@pytest.mark.parametrize("alias", ROBOTS)
def test_robots_are_told_by_name_or_address(alias: Pair) -> None:
    assert identity.is_bot(*alias)


@pytest.mark.parametrize("alias", HUMANS)
def test_people_with_robot_like_names_stay_people(alias: Pair) -> None:
    assert not identity.is_bot(*alias)


def two_aliases(folder: Path, *extra: tuple[str, str]) -> Maker:
    made = Maker(folder).commit(("Ada Lovelace", "ada@one.example"), write={"a.py": "1\n"})
    return made.commit(("countess", "ada@two.example"), "2026-02-01", {"b.py": "1\n", **dict(extra)})


def names(history: History) -> list[str]:
    return sorted(person.name for person in history.people)


def test_the_mailmap_of_the_repository_joins_and_names(tmp_path: Path) -> None:
    said = "Ada King <ada@one.example>\nAda King <ada@one.example> countess <ada@two.example>\n"

    history = history_of(two_aliases(tmp_path / "mapped", (".mailmap", said)).done())

    assert names(history) == ["Ada King"]
    assert history.people[0].joined_by == (".mailmap",)


def test_the_company_file_decides_over_the_rules(tmp_path: Path) -> None:
    folder = two_aliases(tmp_path / "decided").done()
    file = tmp_path / "company.toml"
    file.write_text('[identity]\nsame = [["ada@one.example", "ada@two.example"]]\n')
    assert names(history_of(folder)) == ["Ada Lovelace", "countess"]

    assert names(history_of(folder, company=bootstrap.company_of(file))) == ["Ada Lovelace"]


def test_people_that_were_said_to_be_different_stay_apart(tmp_path: Path) -> None:
    made = Maker(tmp_path / "twins").commit(("Ann Archer", "a1@x.org"), write={"a.py": "1\n"})
    folder = made.commit(("Ann Archer", "b2@y.org"), "2026-02-01", {"b.py": "1\n"}).done()
    file = tmp_path / "company.toml"
    file.write_text('[identity]\ndifferent = [["a1@x.org", "b2@y.org"]]\n')

    assert names(history_of(folder)) == ["Ann Archer"]
    assert names(history_of(folder, company=bootstrap.company_of(file))) == ["Ann Archer", "Ann Archer"]


def test_an_author_who_only_touches_machine_kept_files_is_a_robot(tmp_path: Path) -> None:
    made = Maker(tmp_path / "chores").commit("ada", write={"a.py": "1\n"})
    for number in range(25):
        made.commit(("release", "release@example.org"), f"2026-02-{number + 1:02d}", {"package-lock.json": f"{number}\n"})

    assert {person.name: person.bot for person in history_of(made.done()).people} == {"Ada Lovelace": False, "release": True}


def test_a_mailmap_is_written_as_git_reads_it() -> None:
    text = mailmap.render([(("Ada", "a@x"), [("Ada", "a@x"), ("countess", "b@x")])])

    assert text == "Ada <a@x> countess <b@x>\n"
    assert mailmap.canonical("countess", "B@x", mailmap.parse(text)) == ("Ada", "a@x")


def test_co_authors_share_a_change(tmp_path: Path) -> None:
    text = "pair\n\nCo-authored-by: Bob Hopper <bob@example.com>\nCo-Authored-By: Ada Lovelace <ada@example.com>\n"
    made = Maker(tmp_path / "paired").commit("ada", write={"a.py": "1\n"}, message=text)

    history = history_of(made.done())

    assert sorted(history.people[person].name for person in history.changes["person"]) == ["Ada Lovelace", "Bob Hopper"]


def test_the_proposed_mailmap_gives_every_alias_its_person(tmp_path: Path) -> None:
    made = Maker(tmp_path / "proposed").commit(("Ada Lovelace", "ada@one.example"), write={"a.py": "1\n"})
    folder = (
        made.commit(("Ada Lovelace", "ada@two.example"), "2026-02-01", {"b.py": "1\n"}).commit("bob", "2026-02-02", {"c.py": "1\n"}).done()
    )

    text = draft.proposed_mailmap(history_of(folder))
    (tmp_path / "map").write_text(text, "utf-8")
    seen = git(folder, "-c", f"mailmap.file={tmp_path / 'map'}", "log", "--format=%aE", "main").splitlines()

    assert sorted(set(seen)) == ["ada@one.example", "bob@example.com"]
