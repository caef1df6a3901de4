"""People and identities, as an owner corrects them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quarterdeck.store.book.models import Alias, Apart, Person, Role
from quarterdeck.store.selectors.people import who_is_who
from quarterdeck.store.services.continuity import people
from tests.web.conftest import OWN, Book, Results
from tests.web.seen import see

PAGE = f"/c/{OWN}/people/"
SCRIPT = "<script>alert(1)</script>"
ADA, BOB, DAN = "Ada Lovelace <ada@example.com>", "Bob Hopper <bob@example.com>", "Dan Ritchie <dan@example.com>"
MOST_QUERIES = 15


@pytest.fixture(autouse=True)
def seen(book: Book, results: Results) -> None:
    see(book, results, (BOB, DAN, "same mailbox name"))


def identity(book: Book, name: str) -> str:
    return next(each.id for each in who_is_who(book.seat()).identities.values() if each.name == name)


def act(book: Book, **form: object) -> int:
    return int(book.browser().post(f"{PAGE}identities/", form).status_code)


def text(book: Book, address: str = PAGE) -> str:
    return str(book.browser().get(address).content.decode())


def test_the_page_shows_the_book_s_people_beside_the_run_s_identities(book: Book) -> None:
    shown = text(book)

    assert "Cora Contributor" in shown and "in no commit" in shown
    assert "ada@example.com" in shown and "3 identities of the last run belong to nobody here" in shown
    assert "1 pair may be one person" in shown


def test_identities_are_added_as_people_and_the_next_run_is_announced(book: Book) -> None:
    answer = book.browser().post(
        f"{PAGE}identities/", {"do": "adopt", "identity": [identity(book, "Ada Lovelace"), identity(book, "Bob Hopper")]}, follow=True
    )

    assert "2 people added. It takes effect with the next run." in answer.content.decode()
    assert sorted(Person.objects.values_list("name", flat=True)) == ["Ada Lovelace", "Bob Hopper", "Cora Contributor"]


def test_an_identity_is_assigned_to_a_person(book: Book) -> None:
    person = book.person
    assert person is not None

    assert act(book, do="assign", identity=identity(book, "Ada Lovelace"), person=person.pk) == 302

    assert [each.text for each in Alias.objects.filter(person=person)] == [ADA]
    assert "24 commits between 10 Jan 2025 and 12 Mar 2026; here by the last run" in text(book, f"{PAGE}{person.pk}/")


def test_ticking_nothing_is_answered_with_a_sentence(book: Book) -> None:
    for do, word in (
        ("adopt", "No identity is ticked"),
        ("assign", "Tick identities"),
        ("together", "Tick at least two"),
        ("x", "out of date"),
    ):
        answer = book.browser().post(f"{PAGE}identities/", {"do": do})
        assert answer.status_code == 422
        assert word.casefold() in answer.content.decode().casefold()


def test_a_suspicion_is_settled_either_way(book: Book) -> None:
    assert act(book, do="apart", one=BOB, other=DAN) == 302
    assert "May be one person" not in text(book)
    assert act(book, do="rejoin", apart=Apart.objects.get().pk) == 302

    assert act(book, do="same", one=BOB, other=DAN) == 302

    assert "May be one person" not in text(book)
    assert act(book, do="same", one=BOB, other=DAN) == 409
    assert Alias.objects.filter(person__name="Dan Ritchie").count() + Alias.objects.filter(person__name="Bob Hopper").count() == 2


def test_two_people_are_joined_and_told_apart_again(book: Book) -> None:
    seat = book.seat()
    ada, bob = people.add(seat, name="Ada", aliases=[ADA]), people.add(seat, name="Bob", role="Shop", aliases=[BOB])
    address = f"{PAGE}{ada.pk}/correct/"

    assert book.browser().post(address, {"do": "merge", "other": bob.pk}).status_code == 302
    assert book.browser().post(address, {"do": "split", "name": "Robert", "goes": [BOB]}).status_code == 302

    assert Alias.objects.get(text=BOB).person.name == "Robert"
    assert Apart.objects.filter(one=ADA, other=BOB).exists()


def test_a_split_needs_both_sides_and_a_name(book: Book) -> None:
    ada = people.add(book.seat(), name="Ada", aliases=[ADA, BOB])
    address = f"{PAGE}{ada.pk}/correct/"

    for form in ({"name": "B", "goes": []}, {"name": "B", "goes": [ADA, BOB]}, {"name": "", "goes": [BOB]}):
        assert book.browser().post(address, {"do": "split", **form}).status_code == 422
    assert Person.objects.filter(name="B").count() == 0


def test_a_person_is_added_and_changed_and_bad_input_comes_back(book: Book) -> None:
    form = {"name": SCRIPT, "role": SCRIPT, "begins": "2024-01-01", "monthly_cost": "8500", "aliases": f"{SCRIPT}\n{ADA}"}

    made = book.browser().post(f"{PAGE}new/", form)

    person = Person.objects.get(name=SCRIPT)
    assert made.status_code == 302
    assert SCRIPT not in text(book) and SCRIPT not in text(book, f"{PAGE}{person.pk}/")
    for wrong in (
        {"begins": "soon"},
        {"ends": "2023-01-01"},
        {"monthly_cost": "NaN"},
        {"monthly_cost": "1e400"},
        {"name": ""},
        {"role": "x" * 121},
    ):
        answer = book.browser().post(f"{PAGE}{person.pk}/", {**form, **wrong, "team": "typed team"})
        assert answer.status_code == 422
        assert "typed team" in answer.content.decode()


def test_two_who_edit_a_person_at_once_the_later_is_told_what_stands_there(book: Book) -> None:
    ada = people.add(book.seat(), name="Ada")
    people.edit(book.seat(), ada, role="Their role")

    answer = book.browser().post(f"{PAGE}{ada.pk}/", {"name": "Ada", "role": "My role", "version": "1"})

    assert answer.status_code == 409
    assert "My role" in answer.content.decode() and "Now: Their role" in answer.content.decode()


def test_names_and_addresses_are_added_and_taken_away(book: Book) -> None:
    ada, bob = people.add(book.seat(), name="Ada", aliases=[ADA]), people.add(book.seat(), name="Bob")
    address = f"{PAGE}{bob.pk}/correct/"

    assert book.browser().post(address, {"do": "add", "text": ADA}).status_code == 409
    assert book.browser().post(address, {"do": "add", "text": "bob@home.example"}).status_code == 302
    assert book.browser().post(address, {"do": "take", "alias": Alias.objects.get(person=ada).pk}).status_code == 409
    assert book.browser().post(address, {"do": "take", "alias": Alias.objects.get(person=bob).pk}).status_code == 302
    assert book.browser().post(address, {"do": "remove"}).status_code == 302
    assert not Person.objects.filter(pk=bob.pk).exists()


def test_only_those_who_may_edit_open_people(book: Book) -> None:
    assert book.person is not None
    for address in (PAGE, f"{PAGE}new/", f"{PAGE}{book.person.pk}/"):
        assert book.browser(Role.PRACTITIONER).get(address).status_code == 200
        assert {book.browser(role).get(address).status_code for role in (Role.EXECUTIVE, Role.CONTRIBUTOR, Role.AUDITOR)} == {403}
        assert book.browser("stranger").get(address).status_code == 404


def test_the_pages_stay_within_their_queries_with_many_people(book: Book) -> None:
    for number in range(30):
        people.add(book.seat(), name=f"Person {number}", aliases=[f"p{number}@example.com"])
    for address in (PAGE, f"{PAGE}{Person.objects.all()[0].pk}/"):
        browser = book.browser()
        with CaptureQueriesContext(connection) as queries:
            browser.get(address)
        assert len(queries) <= MOST_QUERIES


def test_before_the_first_run_people_are_added_by_hand(book: Book) -> None:
    from quarterdeck.store.book.models import Run

    Run.objects.all().delete()

    assert "No run yet" in text(book)


def test_a_form_sent_twice_makes_one_person(book: Book) -> None:
    form = {"name": "Eve Moss", "key": "23456789abcd"}

    answers = [book.browser().post(f"{PAGE}new/", form) for _ in range(2)]

    assert {each.url for each in answers} == {f"{PAGE}23456789abcd/"}
    ada = identity(book, "Ada Lovelace")
    assert [act(book, do="adopt", identity=ada) for _ in range(2)] == [302, 409]
    assert Person.objects.filter(name="Ada Lovelace").count() == 1
