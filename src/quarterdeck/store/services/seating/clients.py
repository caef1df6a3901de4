"""Open a client, seat people at its table, let it go."""

import hashlib
import secrets
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import now

from quarterdeck.domain.errors import Conflict, InputError, NotFound, NotPermitted
from quarterdeck.store.book.models import Client, Engagement, Firm, Invitation, Membership, Person, Role, Setup, User, new_id
from quarterdeck.store.selectors.seats import Right, Seat, today
from quarterdeck.store.services import keeping, trail

INVITED_FOR = timedelta(days=14)
USED_SETUP = "this link was used already, or is not the newest one"
SETUP_HINT = "Start `quarterdeck serve` again to get a new one, or sign in."


def digest_of(token: str) -> str:
    """Return what is kept of a token that was handed out: nobody who reads the book can use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(24)


def firm() -> Firm:
    """Return the firm, which is there from the first start."""
    return Firm.objects.first() or Firm.objects.create()


def setup_token() -> str:
    """Return a fresh one-time token for the first user, or nothing when there are users already."""
    if User.objects.exists():
        return ""
    token = new_token()
    Setup.objects.filter(used_at=None).delete()
    Setup.objects.create(token_hash=digest_of(token))
    return token


def first_user(token: str, *, email: str, name: str, password: str, firm_name: str = "") -> User:
    """Make the first user with the setup token, once."""
    with transaction.atomic():
        setup = Setup.objects.select_for_update().filter(token_hash=digest_of(token), used_at=None).first()
        if setup is None or User.objects.exists():
            raise NotFound(USED_SETUP, SETUP_HINT)
        setup.used_at = now()
        setup.save(update_fields=["used_at"])
        own = firm()
        own.name = firm_name
        own.save(update_fields=["name"])
        user = User.objects.create_user(email.strip().lower(), password, name=name.strip(), may_open_clients=True)
        trail.append(user, "set up", own, after=trail.values_of(own))
    return user


def open_client(who: User, name: str, **about: Any) -> Client:
    """Open a client; whoever opens it owns the seat at the head of its table."""
    if not who.may_open_clients:
        raise NotPermitted("your account may not open clients", "Ask the person who set up this workspace.")
    if not name.strip():
        raise InputError("a client needs a name", "Type the company's name.")
    with transaction.atomic():
        client = keeping.keep(who, Client(name=name.strip(), **about), "opened")
        keeping.keep(who, Membership(client=client, user=who, role=Role.OWNER), "seated")
        keeping.keep(who, Engagement(client=client))
    return client


def invite(seat: Seat, role: str, *, email: str = "", person: Person | None = None, until: date | None = None, key: str = "") -> str:
    """Invite somebody with a role and return the token of the link, which is shown once; `key` is the id of the form."""
    seat.require(Right.MANAGE)
    _check_role(role)
    _check_end(role, until)
    token = new_token()
    made = Invitation(
        id=key or new_id(),
        client=seat.client,
        token_hash=digest_of(token),
        email=email.strip(),
        role=role,
        person=person,
        seat_until=until,
        expires_at=now() + INVITED_FOR,
        invited_by=seat.user,
    )
    keeping.keep(seat.user, made, "invited")
    return token


def invitation(token: str) -> Invitation:
    """Return an invitation that can still be accepted."""
    found = Invitation.objects.select_related("client").filter(token_hash=digest_of(token), accepted_at=None, expires_at__gt=now()).first()
    if found is None:
        raise NotFound("this invitation was used, withdrawn or is over", "Ask for a new link.")
    return found


def setup(token: str) -> Setup:
    """Return the setup that a one-time link stands for, if it can still be used."""
    found = Setup.objects.filter(token_hash=digest_of(token), used_at=None).first()
    if found is None or User.objects.exists():
        raise NotFound(USED_SETUP, SETUP_HINT)
    return found


def accept(token: str, user: User) -> Membership:
    """Seat a user by an invitation, once; a seat whose time is over is given again."""
    with transaction.atomic():
        found = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation(token).pk)
        if found.accepted_at:
            raise Conflict("this invitation was used in the meantime", "Ask for a new link.")
        if found.email and found.email.casefold() != user.email.casefold():
            raise NotPermitted("this invitation is for another address", f"Sign in as {found.email}, or ask for a link of your own.")
        keeping.change(user, found, "accepted", accepted_at=now())
        given: dict[str, Any] = {"role": found.role, "until": found.seat_until, "person": found.person}
        held = Membership.objects.filter(client=found.client, user=user).first()
        if held is None:
            return keeping.keep(user, Membership(client=found.client, user=user, **given), "seated")
        if held.until is None or held.until >= today():
            raise Conflict(f"you sit at the table of {found.client.name} already", "Open it from This week.")
        return keeping.change(user, held, "seated", **given)


def join(token: str, *, email: str, name: str, password: str) -> User:
    """Make an account for somebody who was invited, and seat them."""
    address = email.strip().lower()
    with transaction.atomic():
        invited = invitation(token)
        if User.objects.filter(email__iexact=address).exists():
            raise Conflict("this address has an account already", "Sign in with it, and the invitation is waiting for you.")
        if invited.email and invited.email.casefold() != address:
            raise NotPermitted("this invitation is for another address", f"Use {invited.email}, or ask for a link of your own.")
        user = User.objects.create_user(address, password, name=name.strip())
        accept(token, user)
    return user


def withdraw(seat: Seat, invited: Invitation) -> None:
    """Take an open invitation back; its link is over at once."""
    seat.require(Right.MANAGE)
    if invited.accepted_at:
        raise Conflict("this invitation was accepted already", "Take the seat away instead.")
    keeping.remove(seat.user, invited, "withdrawn")


def change_seat(
    seat: Seat, membership: Membership, *, role: str, until: date | None, person: Person | None = None, seen: int | None = None
) -> Membership:
    """Change somebody's role, its last day and which person they are; a client always keeps an owner."""
    seat.require(Right.MANAGE)
    _check_role(role)
    _check_end(role, until)
    with transaction.atomic():
        _keep_an_owner(seat, membership, leaving=role != Role.OWNER or until is not None)
        return keeping.change(seat.user, membership, "seat changed", seen=seen, role=role, until=until, person=person)


def unseat(seat: Seat, membership: Membership) -> None:
    """Take somebody's seat away; a client always keeps an owner."""
    seat.require(Right.MANAGE)
    with transaction.atomic():
        _keep_an_owner(seat, membership, leaving=True)
        keeping.remove(seat.user, membership, "unseated")


def describe(seat: Seat, *, seen: int | None = None, **about: Any) -> Client:
    """Change what is known of the client: name, industry, head count, developers, revenue, currency, goals."""
    seat.require(Right.MANAGE)
    return keeping.change(seat.user, seat.client, "described", seen=seen, **about)


def engagement(seat: Seat) -> Engagement:
    """Return what was agreed with the client, which stands from its first day."""
    return seat.of(Engagement).order_by("-created_at", "-id").first() or Engagement(client=seat.client)


def engage(seat: Seat, *, seen: int | None = None, **terms: Any) -> Engagement:
    """Change what was agreed with the client."""
    seat.require(Right.MANAGE)
    agreed = engagement(seat)
    if agreed._state.adding:
        keeping.keep(seat.user, agreed)
    return keeping.change(seat.user, agreed, "agreed", seen=seen, **terms)


def archive(seat: Seat) -> None:
    """Put a client away: nobody opens it, nothing is lost, and an owner brings it back from the account page."""
    seat.require(Right.MANAGE)
    keeping.change(seat.user, seat.client, "archived", archived_at=now())


def reopen(user: User, client: str) -> Client:
    """Bring an archived client back; only its owners can."""
    owned = Membership.objects.filter(user=user, role=Role.OWNER, until=None).exclude(client__archived_at=None)
    found = owned.filter(client=client).select_related("client").first()
    if found is None:
        raise NotFound("there is nothing here", "Only an owner can bring an archived client back.")
    return keeping.change(user, found.client, "reopened", archived_at=None)


def rename(user: User, name: str) -> None:
    """Change what others read instead of a user's address."""
    user.name = name.strip()
    user.save(update_fields=["name"])


def end_sessions(user: User) -> None:
    """Sign a user out everywhere; a page that goes on must renew its own session."""
    user.sign_outs += 1
    user.save(update_fields=["sign_outs"])


def _check_role(role: str) -> None:
    if role not in Role.values:
        raise InputError(f"there is no role {role!r}", f"Choose one of {', '.join(Role.values)}.")


def _check_end(role: str, until: date | None) -> None:
    if role == Role.AUDITOR and until is None:
        raise InputError("an auditor's seat needs a last day", "Name the day on which it ends.")
    if until is not None and until < today():
        raise InputError("the last day of the seat is over already", "Name today or a later day, or leave it empty.")


def _keep_an_owner(seat: Seat, membership: Membership, *, leaving: bool) -> None:
    """Refuse to lose the last owner; the client's row is held, so that two owners do not leave at once."""
    Client.objects.select_for_update().filter(pk=seat.client.pk).first()
    others = seat.of(Membership).filter(role=Role.OWNER, until=None, user__is_active=True).exclude(pk=membership.pk)
    if leaving and membership.role == Role.OWNER and not others.exists():
        raise Conflict("a client needs an owner", "Make somebody else an owner first.")
