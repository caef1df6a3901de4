"""Sources: what answers rest on, and the tokens that stay out of the book."""

import json
import stat
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from quarterdeck.domain.errors import Conflict, InputError, NotFound, NotPermitted
from quarterdeck.store.book.models import Event, Membership, Role, Source, User
from quarterdeck.store.selectors.evidence import gaps, problems_of, state_of
from quarterdeck.store.selectors.seats import Seat, seat
from quarterdeck.store.services import keeping, sources
from quarterdeck.store.services.seating import clients
from quarterdeck.store.services.sources import Brought
from quarterdeck.store.workspace import Workspace

ADDRESS = "https://git.example/shop.git"
TOKEN = "ghp_not_a_real_one_0123456789"


@pytest.fixture
def owner(db: None, settings: Settings, tmp_path: Path) -> Seat:
    settings.WORKSPACE = Workspace(tmp_path)
    user = User.objects.create_user("ada@example.com", "a long password", may_open_clients=True)
    return seat(user, clients.open_client(user, "Northlight").pk)


def someone(owner: Seat, role: str) -> Seat:
    user = User.objects.create_user(f"{role}@example.com", "a long password")
    keeping.keep("test", Membership(client=owner.client, user=user, role=role))
    return seat(user, owner.client.pk)


def test_a_repository_is_added_once(owner: Seat) -> None:
    source = sources.add_repository(owner, ADDRESS, name="  Shop \n front ", schedule="daily", criticality="high")

    with pytest.raises(Conflict, match="already"):
        sources.add_repository(owner, ADDRESS, name="another name")
    assert (source.name, source.schedule, source.criticality) == ("Shop front", "daily", "high")


def test_a_repository_that_was_removed_comes_back_as_the_same_source(owner: Seat) -> None:
    first = sources.add_repository(owner, ADDRESS, name="shop")
    sources.remove(owner, first)

    again = sources.add_repository(owner, ADDRESS, name="shop again")

    assert (again.pk, again.removed_at, again.name) == (first.pk, None, "shop again")


def test_two_sources_never_have_one_name(owner: Seat) -> None:
    sources.add_repository(owner, ADDRESS, name="shop")

    with pytest.raises(InputError, match="called 'shop' already"):
        sources.add_repository(owner, "https://git.example/other.git", name="shop")


@pytest.mark.parametrize(
    "wrong", [{"schedule": "hourly"}, {"criticality": "vital"}, {"name": "  "}, {"token": "two words"}, {"token": "ключ"}]
)
def test_what_no_form_offers_is_refused_and_nothing_is_kept(owner: Seat, wrong: dict[str, str]) -> None:
    with pytest.raises(InputError):
        sources.add_repository(owner, ADDRESS, **{"name": "shop", **wrong})

    assert not owner.of(Source).exists()


def test_a_token_lies_in_a_file_of_its_own_and_never_in_the_book_or_the_trail(owner: Seat) -> None:
    source = sources.add_repository(owner, ADDRESS, name="shop", token=TOKEN)

    sources.change(owner, source, name="shop", schedule="daily", criticality="", token=TOKEN + "2")

    kept = sources.token_file(source)
    assert sources.token_of(source) == TOKEN + "2"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600 and stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    told = json.dumps(list(Event.objects.values())) + json.dumps(list(Source.objects.values()), default=str)
    assert "ghp_" not in told
    assert "token replaced" in told


def test_an_empty_token_leaves_the_present_one_and_a_removed_source_has_none(owner: Seat) -> None:
    source = sources.add_repository(owner, ADDRESS, name="shop", token=TOKEN)

    sources.change(owner, source, name="shop", schedule="weekly", criticality="")
    before = sources.token_of(source)
    sources.remove(owner, source)

    assert (before, sources.token_of(source)) == (TOKEN, "")


def test_a_token_from_the_environment_belongs_to_one_source(owner: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    source = sources.add_repository(owner, ADDRESS, name="shop")
    other = sources.add_repository(owner, "https://evil.example/shop.git", name="other")

    monkeypatch.setenv(sources.token_variable(source), TOKEN)

    assert (sources.token_of(source), sources.token_of(other)) == (TOKEN, "")


def test_a_file_of_the_same_name_takes_the_place_of_the_former(owner: Seat) -> None:
    first = sources.take(owner, Brought(Source.Kind.INVENTORY, "shop.cdx.json", "a" * 32, 10))

    second = sources.take(owner, Brought(Source.Kind.INVENTORY, "shop.cdx.json", "b" * 32, 20, ["row 4: no name"]))

    assert second.pk == first.pk
    assert (second.digest, second.size, second.problems) == ("b" * 32, 20, ["row 4: no name"])


def test_there_is_one_company_file_whatever_it_is_called(owner: Seat) -> None:
    sources.take(owner, Brought(Source.Kind.COMPANY_FILE, "company.toml", "a" * 32, 10))

    sources.take(owner, Brought(Source.Kind.COMPANY_FILE, "northlight.toml", "b" * 32, 10))

    assert [each.name for each in owner.of(Source)] == ["northlight.toml"]


def test_of_very_many_problems_some_are_kept_and_the_rest_counted(owner: Seat) -> None:
    source = sources.take(
        owner, Brought(Source.Kind.ROSTER, "people.csv", "a" * 32, 10, [f"row {number}: no name" for number in range(1000)])
    )

    assert len(source.problems) == sources.MOST_PROBLEMS + 1
    assert source.problems[-1] == "and 800 more"


def test_the_later_of_two_editors_is_told(owner: Seat) -> None:
    source = sources.add_repository(owner, ADDRESS, name="shop")
    sources.change(owner, source, name="shop front", schedule="daily", criticality="", seen=1)

    with pytest.raises(Conflict, match="in the meantime"):
        sources.change(owner, source, name="shop back", schedule="daily", criticality="", seen=1)


def test_a_contributor_uploads_but_does_not_add_change_or_remove(owner: Seat) -> None:
    source = sources.add_repository(owner, ADDRESS, name="shop")
    contributor = someone(owner, Role.CONTRIBUTOR)

    sources.take(contributor, Brought(Source.Kind.INVENTORY, "shop.cdx.json", "a" * 32, 10))

    with pytest.raises(NotPermitted):
        sources.add_repository(contributor, "https://git.example/x.git", name="x")
    with pytest.raises(NotPermitted):
        sources.change(contributor, source, name="x", schedule="daily", criticality="")
    with pytest.raises(NotPermitted):
        sources.remove(contributor, source)


def test_another_clients_source_is_not_there(owner: Seat) -> None:
    source = sources.add_repository(owner, ADDRESS, name="shop")
    stranger = seat(owner.user, clients.open_client(owner.user, "Harbor").pk)

    with pytest.raises(NotFound):
        sources.change(stranger, source, name="mine", schedule="daily", criticality="")
    with pytest.raises(NotFound):
        sources.remove(stranger, source)


def test_a_source_says_how_it_is(owner: Seat) -> None:
    source = sources.add_repository(owner, ADDRESS, name="shop")
    states = [state_of(source).word]
    sources.note_failure(source, "nobody knows the host", "Check it.")
    states.append(state_of(source).word)
    sources.note_fetched(source, digest="a" * 32, size=5)
    states.append(state_of(source).word)
    sources.note_failure(source, "nobody knows the host", "Check it.")

    assert [*states, state_of(source).word] == ["not fetched yet", "could not be fetched", "fresh", "last fetch failed"]


def test_whoever_may_not_read_names_reads_only_how_many_rows_of_a_roster_have_problems(owner: Seat) -> None:
    source = sources.take(owner, Brought(Source.Kind.ROSTER, "people.csv", "a" * 32, 10, ["row 4, Bob Hopper: no e-mail"]))

    assert problems_of(owner, source) == ["row 4, Bob Hopper: no e-mail"]
    assert "Bob" not in str(problems_of(someone(owner, Role.AUDITOR), source))


def test_what_is_missing_says_how_the_workbench_takes_it() -> None:
    summary = {
        "unseen": [{"what": "roster", "unlock": "add [[roster]] rows", "worth": "who has left"}],
        "not_assessed": [{"practice": "Operations", "needs": "backup logs"}],
    }

    roster, logs = gaps(summary)

    assert "upload a roster" in roster.unlock
    assert (logs.what, logs.worth) == ("backup logs", "answers on Operations")


def test_an_uploaded_repository_keeps_apart_from_a_fetched_one_of_the_same_name_and_is_found_again(owner: Seat) -> None:
    sources.add_repository(owner, ADDRESS, name="shop")

    key = sources.place_for(owner, "shop")
    first = sources.take(owner, Brought(Source.Kind.UPLOADED_REPOSITORY, "shop", "a" * 32, 10), key=key)
    again = sources.place_for(owner, "shop")

    assert (first.pk, first.name, again) == (key, "shop (uploaded)", key)


def test_of_two_who_upload_the_same_new_repository_at_once_the_later_one_is_told(owner: Seat) -> None:
    one, other = sources.place_for(owner, "till"), sources.place_for(owner, "till")
    sources.take(owner, Brought(Source.Kind.UPLOADED_REPOSITORY, "till", "a" * 32, 10), key=one)

    with pytest.raises(Conflict, match="same time"):
        sources.take(owner, Brought(Source.Kind.UPLOADED_REPOSITORY, "till", "b" * 32, 10), key=other)
