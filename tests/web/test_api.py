"""Programs see what their user sees, and are told what is wrong."""

import json
from typing import Any

import pytest
from django.test import Client as Browser

from quarterdeck.store.book.models import Action, Source
from quarterdeck.store.services import keeping
from quarterdeck.store.services.seating import tokens
from tests.web.conftest import Book


class Program:
    """A program with a token."""

    def __init__(self, book: Book, role: str = "owner") -> None:
        self.base = f"/api/v1/clients/{book.client.pk}"
        self.browser = Browser()
        self.head = {"authorization": f"Bearer {tokens.make(book.seat(role), 'test', 30)}"}

    def get(self, path: str = "", **query: Any) -> Any:
        return self.browser.get(self.base + path, query, headers=self.head)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        content = json.dumps(body) if body is not None else ""
        return self.browser.generic(method, self.base + path, content, content_type="application/json", headers=self.head)


@pytest.fixture
def program(book: Book) -> Program:
    return Program(book)


def test_without_a_token_nothing_is_said(book: Book) -> None:
    found = Browser().get(f"/api/v1/clients/{book.client.pk}/findings")

    assert found.status_code == 401
    assert set(found.json()) == {"error", "hint"}


def test_a_token_opens_one_client(book: Book, program: Program) -> None:
    foreign = program.browser.get(f"/api/v1/clients/{book.foreign.pk}", headers=program.head)

    assert program.get().json()["name"] == "Northlight Billing"
    assert foreign.status_code == 404


def test_findings_are_those_of_the_last_run(program: Program) -> None:
    found = program.get("/findings", outcome="unmet").json()

    assert found
    assert {each["outcome"] for each in found} == {"unmet"}
    assert all(each["citations"] for each in found)


def test_a_finding_becomes_an_action_and_the_action_is_done(book: Book, program: Program) -> None:
    finding = next(each for each in program.get("/findings", outcome="unmet").json() if each["recommendation"])

    made = program.send("POST", f"/findings/{finding['fingerprint']}/action", {"due": "2027-01-31"})
    action = made.json()
    done = program.send("POST", f"/actions/{action['id']}/done", {"version": action["version"]})

    assert (made.status_code, action["due"], action["fingerprint"]) == (201, "2027-01-31", finding["fingerprint"])
    assert (done.status_code, done.json()["state"]) == (200, "done")


def test_the_later_of_two_editors_is_told(book: Book, program: Program) -> None:
    action = keeping.keep(book.users["owner"], Action(client=book.client, sentence="Rotate the keys"))

    first = program.send("PATCH", f"/actions/{action.pk}", {"version": 1, "sentence": "Rotate all keys"})
    second = program.send("PATCH", f"/actions/{action.pk}", {"version": 1, "sentence": "Rotate no keys"})

    assert (first.status_code, second.status_code) == (200, 409)
    assert Action.objects.get(pk=action.pk).sentence == "Rotate all keys"


def test_a_dismissed_finding_says_so(program: Program) -> None:
    finding = program.get("/findings", outcome="unmet").json()[0]["fingerprint"]

    said = program.send("POST", f"/findings/{finding}/stance", {"verdict": "dismissed", "reason": "A test repository"})

    assert (said.status_code, said.json()["stance"]) == (200, "dismissed")


def test_hostile_addresses_are_refused(book: Book, program: Program) -> None:
    for address in ("ext::sh -c whoami", "file:///etc", "https://127.0.0.1/x.git", "--upload-pack=whoami", "/etc"):
        answer = program.send("POST", "/sources", {"address": address})

        assert answer.status_code == 422, address
        assert answer.json()["hint"], address
    assert Source.objects.filter(client=book.client).count() == 1


def test_wrong_input_is_answered_with_the_place(program: Program) -> None:
    answer = program.send("POST", "/actions", {"sentence": ""})

    assert answer.status_code == 422
    assert "sentence" in answer.json()["error"]


def test_an_executive_reads_but_does_not_edit(book: Book) -> None:
    program = Program(book, "executive")

    assert program.get("/findings").status_code == 200
    assert program.send("POST", "/actions", {"sentence": "Mine"}).status_code == 403
    assert program.get("/sources").status_code == 403


def test_a_contributor_sees_only_their_own_actions(book: Book) -> None:
    own = keeping.keep(book.users["owner"], Action(client=book.client, sentence="Mine", owner=book.person))
    other = keeping.keep(book.users["owner"], Action(client=book.client, sentence="Not mine"))
    program = Program(book, "contributor")

    assert [each["id"] for each in program.get("/actions").json()] == [own.pk]
    assert program.get(f"/actions/{other.pk}").status_code == 404
    assert program.get("/findings").status_code == 403
