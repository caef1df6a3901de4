from datetime import timedelta

import pytest

from quarterdeck.domain.errors import Conflict, InputError, NotFound, NotPermitted
from quarterdeck.store.book.models import ApiToken, Client, Event, Membership, Person, Role, User
from quarterdeck.store.selectors import members
from quarterdeck.store.selectors.seats import Right, Seat, seat, seats, today
from quarterdeck.store.services import keeping, trail
from quarterdeck.store.services.seating import clients, tokens

pytestmark = pytest.mark.django_db


def user(name: str, *, opens: bool = False) -> User:
    return User.objects.create_user(f"{name}@example.com", "a long enough password", name=name.title(), may_open_clients=opens)


@pytest.fixture
def owner() -> Seat:
    ada = user("ada", opens=True)
    return seat(ada, clients.open_client(ada, "Northlight").pk)


def seated(owner: Seat, name: str, role: str) -> Seat:
    token = clients.invite(owner, role, until=today() + timedelta(days=9) if role == Role.AUDITOR else None)
    guest = user(name)
    clients.accept(token, guest)
    return seat(guest, owner.client.pk)


def sits(owner: Seat, who: User) -> Membership:
    return owner.of(Membership).get(user=who)


def test_whoever_opens_a_client_owns_it(owner: Seat) -> None:
    assert owner.role == Role.OWNER
    assert clients.engagement(owner).model == "fractional"


def test_only_some_accounts_open_clients() -> None:
    with pytest.raises(NotPermitted):
        clients.open_client(user("bob"), "Harbor")


def test_a_client_needs_a_name(owner: Seat) -> None:
    with pytest.raises(InputError):
        clients.open_client(owner.user, "   ")


@pytest.mark.parametrize("role", [role for role in Role.values if role != Role.OWNER])
def test_only_owners_manage_who_sits_here(owner: Seat, role: str) -> None:
    guest = seated(owner, "guest", role)

    for act in (
        lambda: clients.invite(guest, Role.OWNER),
        lambda: clients.change_seat(guest, sits(owner, guest.user), role=Role.OWNER, until=None),
        lambda: clients.unseat(guest, sits(owner, owner.user)),
        lambda: clients.describe(guest, name="Mine"),
        lambda: clients.engage(guest, note="mine"),
        lambda: clients.archive(guest),
    ):
        with pytest.raises(NotPermitted):
            act()
    assert not guest.may(Right.MANAGE)


def test_the_last_owner_can_neither_leave_nor_step_down(owner: Seat) -> None:
    with pytest.raises(Conflict):
        clients.unseat(owner, sits(owner, owner.user))
    with pytest.raises(Conflict):
        clients.change_seat(owner, sits(owner, owner.user), role=Role.AUDITOR, until=today())


def test_an_owner_may_leave_once_there_is_another(owner: Seat) -> None:
    other = seated(owner, "bob", Role.OWNER)

    clients.unseat(other, sits(owner, owner.user))

    assert seats(owner.user) == []
    assert [each.user for each in members.members(other)] == [other.user]


def test_an_owner_who_cannot_sign_in_any_more_does_not_count(owner: Seat) -> None:
    other = seated(owner, "bob", Role.OWNER)
    User.objects.filter(pk=other.user.pk).update(is_active=False)

    with pytest.raises(Conflict):
        clients.unseat(owner, sits(owner, owner.user))


def test_an_auditor_needs_a_last_day_that_is_not_over(owner: Seat) -> None:
    with pytest.raises(InputError):
        clients.invite(owner, Role.AUDITOR)
    with pytest.raises(InputError):
        clients.invite(owner, Role.AUDITOR, until=today() - timedelta(days=1))


def test_a_seat_whose_time_is_over_opens_nothing_and_can_be_given_again(owner: Seat) -> None:
    auditor = seated(owner, "bob", Role.AUDITOR)
    Membership.objects.filter(user=auditor.user).update(until=today() - timedelta(days=1))
    with pytest.raises(NotFound):
        seat(auditor.user, owner.client.pk)

    clients.accept(clients.invite(owner, Role.EXECUTIVE), auditor.user)

    assert seat(auditor.user, owner.client.pk).role == Role.EXECUTIVE


def test_somebody_who_sits_here_does_not_use_up_an_invitation(owner: Seat) -> None:
    token = clients.invite(owner, Role.EXECUTIVE)

    with pytest.raises(Conflict):
        clients.accept(token, owner.user)

    assert clients.invitation(token).accepted_at is None


def test_a_withdrawn_invitation_opens_nothing(owner: Seat) -> None:
    token = clients.invite(owner, Role.EXECUTIVE)

    clients.withdraw(owner, clients.invitation(token))

    with pytest.raises(NotFound):
        clients.accept(token, user("bob"))


def test_an_invitation_seats_the_person_it_names(owner: Seat) -> None:
    cora = keeping.keep(owner.user, Person(client=owner.client, name="Cora"))
    token = clients.invite(owner, Role.CONTRIBUTOR, person=cora)

    made = clients.join(token, email=" Cora@Example.COM ", name="Cora", password="a long enough password")

    assert made.email == "cora@example.com"
    assert seat(made, owner.client.pk).person == cora.pk


def test_an_address_that_has_an_account_is_asked_to_sign_in(owner: Seat) -> None:
    token = clients.invite(owner, Role.EXECUTIVE)

    with pytest.raises(Conflict):
        clients.join(token, email="ADA@example.com", name="Ada", password="a long enough password")

    assert clients.invitation(token).accepted_at is None


def test_the_later_of_two_who_change_a_client_is_told(owner: Seat) -> None:
    version = owner.client.version
    clients.describe(owner, seen=version, name="First")

    with pytest.raises(Conflict):
        clients.describe(owner, seen=version, name="Second")

    assert Client.objects.get().name == "First"


def test_an_archived_client_is_gone_for_all_until_an_owner_brings_it_back(owner: Seat) -> None:
    guest = seated(owner, "bob", Role.PRACTITIONER)
    clients.archive(owner)
    hidden = seats(owner.user) + seats(guest.user)

    with pytest.raises(NotFound):
        clients.reopen(guest.user, owner.client.pk)
    clients.reopen(owner.user, owner.client.pk)

    assert hidden == []
    assert seat(guest.user, owner.client.pk).role == Role.PRACTITIONER


# tokens for programs


def test_a_token_stands_for_the_seat_of_its_user_as_it_is_today(owner: Seat) -> None:
    guest = seated(owner, "bob", Role.PRACTITIONER)
    token = tokens.make(guest, "reader", 30)
    before = tokens.seat_for(token).role

    clients.change_seat(owner, sits(owner, guest.user), role=Role.EXECUTIVE, until=None)

    assert (before, tokens.seat_for(token).role) == (Role.PRACTITIONER, Role.EXECUTIVE)


def test_a_token_ends_with_the_seat_the_account_the_client_its_time_or_by_hand(owner: Seat) -> None:
    guest = seated(owner, "bob", Role.PRACTITIONER)

    def fresh() -> str:
        token = tokens.make(guest, "reader", 30)
        assert tokens.seat_for(token).client == owner.client
        return token

    def refused(token: str) -> bool:
        try:
            tokens.seat_for(token)
        except tokens.TokenRefused:
            return True
        return False

    token = fresh()
    ApiToken.objects.update(expires_at=clients.now())
    assert refused(token)
    token = fresh()
    tokens.revoke(guest, ApiToken.objects.latest("created_at").pk)
    assert refused(token)
    token = fresh()
    User.objects.filter(pk=guest.user.pk).update(is_active=False)
    assert refused(token)
    User.objects.filter(pk=guest.user.pk).update(is_active=True)
    assert not refused(token)
    clients.archive(owner)
    assert refused(token)
    clients.reopen(owner.user, owner.client.pk)
    clients.unseat(owner, sits(owner, guest.user))
    assert refused(token)
    assert refused("") and refused("qd_") and refused("Bearer x")


def test_only_a_hash_of_a_token_is_kept(owner: Seat) -> None:
    token = tokens.make(owner, "reader", 30)

    kept = ApiToken.objects.get()

    assert token not in str(vars(kept)) + str(list(Event.objects.values()))
    assert kept.used_at is None
    tokens.seat_for(token)
    assert ApiToken.objects.get().used_at is not None


def test_nobody_revokes_a_token_of_somebody_else(owner: Seat) -> None:
    guest = seated(owner, "bob", Role.PRACTITIONER)
    tokens.make(owner, "reader", 30)

    with pytest.raises(NotFound):
        tokens.revoke(guest, ApiToken.objects.get().pk)


@pytest.mark.parametrize("days", [0, 366, -1])
def test_a_token_lives_from_a_day_to_a_year(owner: Seat, days: int) -> None:
    with pytest.raises(InputError):
        tokens.make(owner, "reader", days)


# the trail in words


def test_the_trail_says_in_words_who_did_what(owner: Seat) -> None:
    clients.describe(owner, name="Harbor", head_count=40)

    line = members.told(owner, list(members.events(owner, members.Wanted(kind="client"))))[0]

    assert (line.who, line.verb, line.kind) == ("Ada", "described", "client")
    assert set(line.changes) == {("name", "Northlight", "Harbor"), ("head count", "", "40")}


def test_an_auditor_reads_the_trail_without_names(owner: Seat) -> None:
    auditor = seated(owner, "bob", Role.AUDITOR)
    keeping.keep(owner.user, Person(client=owner.client, name="Cora Secret"))

    lines = members.told(auditor, list(members.events(auditor, members.Wanted())))

    assert "Cora" not in str(lines) and "ada@example.com" not in str(lines) and "bob@example.com" not in str(lines)
    assert lines[0].who == "Owner"


def test_the_trail_is_narrowed_by_kind_person_and_days(owner: Seat) -> None:
    wanted = members.Wanted(kind="membership", actor="ada@example.com", since=today(), until=today())

    assert [each.verb for each in members.events(owner, wanted)] == ["seated"]
    assert not members.events(owner, members.Wanted(until=today() - timedelta(days=1)))
    assert len(members.events(owner, members.Wanted(until=type(today()).max))) == trail.length(owner.client.pk)
