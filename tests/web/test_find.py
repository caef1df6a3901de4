"""Search over all clients one sits at, and the glossary."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from quarterdeck.store.book.models import Action, Client, Decision, Membership, Note, Promise, Role
from quarterdeck.store.selectors.seats import today
from quarterdeck.store.services import keeping
from quarterdeck.store.services.continuity import people
from quarterdeck.store.services.seating import clients
from tests.web.conftest import Book

MOST_QUERIES = 15
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def full(book: Book) -> Book:
    seat = book.seat()
    for kept in (
        Action(client=book.client, sentence="Upgrade the payroll vendor", owner=book.person),
        Action(client=book.client, sentence="Somebody else's payroll work"),
        Decision(client=book.client, question="Which payroll vendor?", asked_on=today()),
        Promise(client=book.client, sentence="Send the payroll note"),
        Note(client=book.client, text=f"Payroll is late {SCRIPT} and ÄRGERLICH"),
    ):
        keeping.keep(seat.user, kept)
    people.add(seat, name="Pay Roll", aliases=["payroll@example.com"])
    keeping.keep(book.stranger, Note(client=book.foreign, text="Foreign payroll"))
    return book


def found(book: Book, query: str, role: str = Role.OWNER) -> str:
    answer = book.browser(role).get("/search/", {"q": query})
    assert answer.status_code == 200
    return str(answer.content.decode())


def kinds(shown: str) -> set[str]:
    return {
        kind
        for kind in ("findings", "actions", "decisions", "promises", "notes", "people", "sources", "glossary")
        if f'id="g-{kind}"' in shown
    }


def test_every_kind_is_found_at_one_s_own_clients_only(full: Book) -> None:
    shown = found(full, "payroll")

    assert kinds(shown) == {"actions", "decisions", "promises", "notes", "people"}
    assert "Foreign payroll" not in shown
    assert SCRIPT not in shown
    assert "Foreign payroll" in found(full, "payroll", "stranger")


def test_findings_of_the_last_run_are_found_by_their_words(full: Book) -> None:
    shown = found(full, "nobody KNOWS files")

    assert "findings" in kinds(shown)
    assert f"/c/{full.client.pk}/findings/" in shown


def test_sources_and_terms_are_found(full: Book) -> None:
    assert "sources" in kinds(found(full, "shop.git"))
    assert "/glossary/#truck-factor" in found(full, "truck factor")


def test_each_reader_finds_only_what_they_may_read(full: Book) -> None:
    assert kinds(found(full, "payroll", Role.CONTRIBUTOR)) == {"actions"}
    assert "Somebody else" not in found(full, "payroll", Role.CONTRIBUTOR)
    assert "people" not in kinds(found(full, "payroll", Role.AUDITOR))
    assert "sources" in kinds(found(full, "shop.git", Role.AUDITOR))
    executive = found(full, "pay roll", Role.EXECUTIVE)
    assert "people" in kinds(executive) and f"/c/{full.client.pk}/departure/" in executive
    assert kinds(found(full, "payroll", "outsider")) == set()


def test_an_auditor_finds_no_names_in_findings(full: Book) -> None:
    assert "Ada" not in found(full, "files", Role.AUDITOR)


def test_all_words_must_stand_there_and_case_does_not_matter(full: Book) -> None:
    assert "notes" in kinds(found(full, "LATE payroll"))
    assert "notes" in kinds(found(full, "ärgerlich"))
    assert "Nothing contains all of these words" in found(full, "payroll zebra")


def test_nothing_typed_and_nothing_sensible_are_answered(full: Book) -> None:
    assert "Type a word" in found(full, "")
    assert "Type a word" in found(full, "   ")
    for query in ("%", "_", "\\", "'", '"', "\0", "x" * 5000, SCRIPT, "a " * 50):
        shown = found(full, query)
        assert "<script>alert" not in shown
    assert "notes" not in kinds(found(full, "%_%"))


def test_more_than_fits_is_said(full: Book) -> None:
    Note.objects.bulk_create(Note(client=full.client, text=f"Minutes {number}") for number in range(20))

    assert "12 and more" in found(full, "minutes")


def test_a_hundred_clients_take_no_more_queries_than_one(full: Book) -> None:
    user = full.users[Role.OWNER]
    made = Client.objects.bulk_create(Client(name=f"Client {number}") for number in range(100))
    Membership.objects.bulk_create(Membership(client=each, user=user, role=Role.OWNER) for each in made)
    Action.objects.bulk_create(Action(client=each, sentence=f"Payroll {number}") for each in made for number in range(20))
    browser = full.browser()
    with CaptureQueriesContext(connection) as queries:
        answer = browser.get("/search/", {"q": "payroll"})

    assert answer.status_code == 200
    assert len(queries) <= MOST_QUERIES


def test_the_glossary_explains_each_term_once_and_filters(full: Book) -> None:
    browser = full.browser()

    everything = browser.get("/glossary/").content.decode()
    filtered = browser.get("/glossary/", {"q": "zebra"}).content.decode()

    assert 'id="truck-factor"' in everything and 'id="hotspots"' not in everything
    assert 'id="terms-none" role="status" hidden' in everything
    assert 'id="terms-none" role="status">' in filtered


def test_search_and_glossary_ask_for_a_login(full: Book) -> None:
    from django.test import Client as Browser

    assert Browser().get("/search/").status_code == 302
    assert Browser().get("/glossary/").status_code == 302
    assert clients.firm() is not None


def test_one_client_s_findings_do_not_crowd_out_another_s(full: Book) -> None:
    Membership.objects.create(client=full.foreign, user=full.users[Role.OWNER], role=Role.OWNER)

    shown = found(full, "the")

    assert f"/c/{full.client.pk}/findings/" in shown and f"/c/{full.foreign.pk}/findings/" in shown
