"""People of the book: who is who, corrected by people, and what the next run is told."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from quarterdeck import bootstrap
from quarterdeck.domain.company import Company
from quarterdeck.domain.errors import Conflict, InputError, NotPermitted
from quarterdeck.evidence import tables
from quarterdeck.evidence.company_file import read_company
from quarterdeck.evidence.uploads.roster import Row as Line
from quarterdeck.store import snapshots
from quarterdeck.store.book.models import Action, Alias, Apart, Client, Event, Membership, Person, Role, Run, Source, User
from quarterdeck.store.company_text import Facts, Row, text_of
from quarterdeck.store.selectors.people import Identity, WhoIsWho, who_is_who
from quarterdeck.store.selectors.seats import Seat
from quarterdeck.store.services import keeping, trail
from quarterdeck.store.services.continuity import people
from quarterdeck.store.services.continuity.rosters import take_roster
from quarterdeck.store.services.seating import clients
from tests.conftest import AS_OF, history_of
from tests.making import Maker, code

ADA, HOME, BOB = "Ada Lovelace <ada@example.com>", "ada <ada@home.example>", "Bob Hopper <bob@example.com>"


def seen(key: str, name: str, *aliases: str, commits: int = 5, here: bool = True) -> dict[str, Any]:
    days = {"first_day": "2025-01-01", "last_day": "2026-06-01"}
    return {"id": key, "name": name, "aliases": aliases, "commits": commits, "here": here, "bot": False, "joined_by": [], **days}


@pytest.fixture
def seat(db: None) -> Seat:
    """Return an owner's seat at a client whose last run saw Ada twice, and Bob."""
    user = User.objects.create_user("owner@example.com", "a long enough password", may_open_clients=True)
    client = clients.open_client(user, "Northlight", currency="EUR")
    rows = [seen("p1", "Ada Lovelace", ADA), seen("p2", "ada", HOME, commits=3), seen("p3", "Bob Hopper", BOB, here=False)]
    files = {"people.json": json.dumps(rows), "suggestions.json": json.dumps([[ADA, HOME, "same mailbox name"]])}
    digest = snapshots.keep(settings.WORKSPACE.client(client.pk), files)
    Run.objects.create(client=client, state=Run.State.DONE, snapshot=digest, as_of=AS_OF, ended_at=datetime.now(UTC))
    return Seat(user, client, Role.OWNER)


def identity(who: WhoIsWho, key: str) -> Identity:
    return who.identity(key)


def read_back(client: Client, tmp_path: Path) -> Company:
    file = tmp_path / "company.toml"
    file.write_text(people.company_file(client), "utf-8")
    return read_company(file, tables.rates())


def test_an_identity_becomes_a_person_and_is_matched_by_address_afterwards(seat: Seat) -> None:
    people.adopt(seat, [identity(who_is_who(seat), "p1")])
    people.add(seat, name="Robert", aliases=["bob@example.com"])

    who = who_is_who(seat)

    assert {each.person.name: [i.id for i in each.identities] for each in who.people} == {"Ada Lovelace": ["p1"], "Robert": ["p3"]}
    assert [each.id for each in who.unassigned] == ["p2"]
    assert not who.of(who.people[1].person.pk).here


def test_an_alias_stands_with_one_person_only_upper_and_lower_case_alike(seat: Seat) -> None:
    people.add(seat, name="Ada", aliases=[ADA])
    bob = people.add(seat, name="Bob")

    with pytest.raises(Conflict, match="stands with Ada already"):
        people.add_alias(seat, bob, ADA.upper())


def test_two_people_become_one_with_everything_that_was_theirs(seat: Seat) -> None:
    ada = people.add(seat, name="Ada Lovelace", role="Lead", aliases=[ADA])
    double = people.add(seat, name="ada", role="Developer", team="Core", aliases=[HOME])
    action = keeping.keep(seat.user, Action(client=seat.client, sentence="Pair on billing", owner=double))

    gone = double.pk
    dropped = people.merge(seat, ada, double)

    action.refresh_from_db()
    ada.refresh_from_db()
    assert dropped == ["role Developer"]
    assert (action.owner, ada.role, ada.team) == (ada, "Lead", "Core")
    assert [each.text for each in seat.of(Alias).order_by("text")] == [ADA, "ada", HOME]
    assert not seat.of(Person).filter(pk=gone).exists()
    assert Event.objects.get(kind="person", subject=gone, verb="joined into another").before["role"] == "Developer"
    assert trail.verify(seat.client.pk).broken_at is None


def test_a_suspicion_is_settled_by_joining_or_by_keeping_apart(seat: Seat) -> None:
    assert [(each.one, each.other) for each in who_is_who(seat).suspected] == [(ADA, HOME)]

    apart = people.keep_apart(seat, HOME, ADA)
    assert who_is_who(seat).suspected == ()
    people.let_join(seat, apart)
    assert len(who_is_who(seat).suspected) == 1

    people.gather(seat, [identity(who_is_who(seat), "p1"), identity(who_is_who(seat), "p2")])
    assert who_is_who(seat).suspected == ()


def test_joining_takes_back_that_two_were_kept_apart(seat: Seat) -> None:
    people.keep_apart(seat, ADA, HOME)
    who = who_is_who(seat)

    people.gather(seat, [identity(who, "p1"), identity(who, "p2")])

    assert not seat.of(Apart).exists()


def test_only_those_who_may_edit_change_people(seat: Seat) -> None:
    reader = User.objects.create_user("reader@example.com", "a long enough password")
    Membership.objects.create(client=seat.client, user=reader, role=Role.EXECUTIVE)
    reads = Seat(reader, seat.client, Role.EXECUTIVE)
    ada = people.add(seat, name="Ada")

    for attempt in (
        lambda: people.add(reads, name="Eve"),
        lambda: people.edit(reads, ada, name="Eve"),
        lambda: people.merge(reads, ada, ada),
        lambda: people.split(reads, ada, "Eve", stays=["a"], goes=["b"]),
        lambda: people.keep_apart(reads, "a", "b"),
        lambda: people.remove(reads, ada),
        lambda: take_roster(reads, []),
    ):
        with pytest.raises(NotPermitted):
            attempt()


def test_a_last_day_before_the_first_is_refused(seat: Seat) -> None:
    with pytest.raises(InputError, match="last day lies before"):
        people.add(seat, name="Ada", begins=date(2026, 2, 1), ends=date(2026, 1, 1))


def test_whoever_edits_later_is_told(seat: Seat) -> None:
    ada = people.add(seat, name="Ada")
    people.edit(seat, ada, role="Lead", seen=1)

    with pytest.raises(Conflict):
        people.edit(seat, Person.objects.get(pk=ada.pk), role="Developer", seen=1)


# What the next run is told


def test_the_company_file_says_what_the_book_knows(seat: Seat, tmp_path: Path) -> None:
    people.add(seat, name="Ada Lovelace", role="Lead", begins=date(2021, 4, 1), aliases=[ADA, HOME])
    people.add(seat, name="Bob Hopper", ends=date(2026, 3, 31))
    people.keep_apart(seat, "alex@example.org", "alex@example.com")
    source = Source(client=seat.client, kind=Source.Kind.REPOSITORY, name="billing", criticality="high")
    keeping.keep(seat.user, source)

    company = read_back(seat.client, tmp_path)

    assert (company.name, company.currency, company.criticality) == ("Northlight", "EUR", {"billing": "high"})
    assert [(each.name, each.role, each.start, each.end) for each in company.roster] == [
        ("Ada Lovelace", "Lead", date(2021, 4, 1), None),
        ("Bob Hopper", "", None, date(2026, 3, 31)),
    ]
    assert set(company.roster[0].aliases) == {ADA, HOME}
    assert company.not_same_person == (("alex@example.com", "alex@example.org"),)


def test_rates_come_from_the_newest_uploaded_company_file_that_can_be_read(seat: Seat, tmp_path: Path) -> None:
    folder = settings.WORKSPACE.uploads(seat.client.pk)
    folder.mkdir(parents=True)
    (folder / "a").write_text(
        'currency = "CHF"\n[rates]\n"rnd.cost_per_fte" = [85000, 100000, 130000]\n"day.working_days" = 215\n', "utf-8"
    )
    (folder / "b").write_bytes(b"\xff not toml")
    for digest, day in (("a", 1), ("b", 2)):
        moment = datetime(2026, 5, day, tzinfo=UTC)
        keeping.keep(seat.user, Source(client=seat.client, kind=Source.Kind.COMPANY_FILE, name=digest, digest=digest, fetched_at=moment))

    company = read_back(seat.client, tmp_path)

    cost = company.rates["rnd.cost_per_fte"]
    assert (cost.low, cost.mid, cost.high, cost.currency, cost.typical) == (85000, 100000, 130000, "CHF", False)
    assert company.rates["day.working_days"].mid == 215


names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30).filter(lambda text: text.strip() != "")
rosters = st.lists(st.builds(Row, names, st.lists(names, max_size=4).map(tuple), names), max_size=6)


@settings_of(deadline=None, max_examples=60)
@given(rosters, st.lists(st.tuples(names, names), max_size=3))
def test_whatever_people_are_called_the_company_file_is_read_back(roster: list[Row], different: list[tuple[str, str]]) -> None:
    facts = Facts('Line\nbreak "quoted" \\ \x7f', "USD", {}, roster, {"shop": "low", "x": "urgent"}, (), different)

    text = text_of(facts)

    assert text == text_of(facts)
    assert len(read_text(text).roster) == len(roster)


def read_text(text: str) -> Company:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        file = Path(folder) / "company.toml"
        file.write_text(text, "utf-8", newline="")
        return read_company(file, {})


def test_after_a_split_the_next_run_knows_two_people_and_after_a_join_one(seat: Seat, tmp_path: Path) -> None:
    """The rules join two authors of one full name; people know better, and the next run listens."""
    first, second, third = ("Ada Lovelace", "ada@example.com"), ("Ada Lovelace", "ada@work.example"), ("countess", "al@home.example")
    made = Maker(tmp_path / "shop")
    for number, author in enumerate((first, second, third) * 8):
        made.commit(author, f"2026-03-{number + 1:02d}", {f"f{number}.py": code(5)})
    shop = made.done()
    history = history_of(shop)
    assert sorted(each.name for each in history.people) == ["Ada Lovelace", "countess"]

    ada = people.add(seat, name="Ada Lovelace", role="Lead", aliases=["Ada Lovelace <ada@example.com>"])
    other = people.split(seat, ada, "Ada the younger", stays=["Ada Lovelace <ada@example.com>"], goes=["Ada Lovelace <ada@work.example>"])
    people.add_alias(seat, ada, "countess <al@home.example>")

    history = history_of(shop, company=read_back(seat.client, tmp_path))
    texts = history.aliases["text"].to_list()
    found = {each.name: sorted(texts[alias] for alias in each.aliases) for each in history.people}
    assert found == {
        "Ada Lovelace": ["Ada Lovelace <ada@example.com>", "countess <al@home.example>"],
        "Ada the younger": ["Ada Lovelace <ada@work.example>"],
    }
    assert next(each for each in history.people if each.name == "Ada the younger").role == ""

    people.merge(seat, ada, other)
    assert len(history_of(shop, company=read_back(seat.client, tmp_path)).people) == 1
    assert bootstrap.company_of(None).roster == ()


# Rosters


def test_a_roster_adds_new_people_completes_known_ones_and_lists_what_it_says_differently(seat: Seat) -> None:
    people.add(seat, name="Ada Lovelace", role="Lead", aliases=[ADA])
    people.add(seat, name="Bob Hopper")
    rows = [
        Line(2, "Lovelace, Ada", ("ada@example.com",), role="Head of development", team="Core", start=date(2021, 4, 1)),
        Line(3, "bob hopper", ("bob@example.com",), monthly_cost=8500.0, currency="EUR"),
        Line(4, "Cy Turing", ("cy@example.com",), role="Developer", monthly_cost=9000.0, currency="USD"),
    ]

    taken = take_roster(seat, rows)

    ada = seat.of(Person).get(name="Ada Lovelace")
    assert (ada.role, ada.team, ada.begins) == ("Lead", "Core", date(2021, 4, 1))
    assert seat.of(Person).get(name="Bob Hopper").monthly_cost == Decimal("8500.00")
    assert seat.of(Person).get(name="Cy Turing").monthly_cost is None
    assert (taken.added, taken.completed, taken.known) == (["Cy Turing"], ["Ada Lovelace", "Bob Hopper"], [])
    assert [(each.row, each.about, each.book, each.roster) for each in taken.conflicts] == [
        (2, "role", "Lead", "Head of development"),
        (4, "cost in another currency", "EUR", "9000.00 USD"),
    ]
    assert "1 person added, 2 people completed; 2 conflicts" in taken.sentence


def test_the_same_roster_again_changes_nothing(seat: Seat) -> None:
    rows = [Line(2, "Cy Turing", ("cy@example.com",), role="Developer", start=date(2024, 1, 1))]
    take_roster(seat, rows)
    before = trail.length(seat.client.pk)

    again = take_roster(seat, rows)

    assert (again.added, again.completed, again.known, again.conflicts) == ([], [], ["Cy Turing"], [])
    assert trail.length(seat.client.pk) == before


def test_rows_that_fit_two_people_or_none_rightly_are_listed_and_taken_from_nobody(seat: Seat) -> None:
    people.add(seat, name="Alex Smith", aliases=["alex@one.example"])
    people.add(seat, name="Alex Smith", aliases=["alex@two.example"])
    rows = [
        Line(2, "Alex Smith", ()),
        Line(3, "Alex Smith", ("alex@one.example", "alex@two.example")),
        Line(4, "Dan Ritchie", (), start=date(2026, 2, 1), end=date(2026, 1, 1)),
        Line(5, "Eve Moss", ("eve@example.com",)),
        Line(6, "Eve Moss", ("eve@example.com",)),
    ]

    taken = take_roster(seat, rows)

    assert [(each.row, each.about) for each in taken.conflicts] == [
        (2, "matches several people"),
        (3, "matches several people"),
        (4, "the last day lies before the first day"),
        (6, "same person as row 5"),
    ]
    assert taken.added == ["Eve Moss"]
    assert not seat.of(Person).filter(name="Dan Ritchie").exists()


def test_people_who_share_a_role_keep_their_number_when_others_join(seat: Seat) -> None:
    first, second = people.add(seat, name="Zoe Early", role="Developer"), people.add(seat, name="Ada Later", role="Developer")
    lead = people.add(seat, name="Lea Lead", role="Lead")

    before = people.told_apart([first, second, lead])
    third = people.add(seat, name="Abe Newest", role="Developer")
    after = people.told_apart([third, first, second, lead])

    assert before == {first.pk: "Developer 1", second.pk: "Developer 2", lead.pk: "Lead"}
    assert after == {**before, third.pk: "Developer 3"}
