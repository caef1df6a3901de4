"""A client's table with somebody in every seat, and findings to act on."""

from dataclasses import dataclass
from typing import Any

from quarterdeck.store.book.models import Client, Membership, Person, Role, Run, User
from quarterdeck.store.selectors.seats import Seat, seat, today
from quarterdeck.store.services import keeping
from quarterdeck.store.services.seating import clients

EXPOSURE = {"p10": 100.0, "p50": 200.0, "p90": 300.0, "unit": "USD", "basis": "typical"}
EFFORT = {"p10": 2.0, "p50": 3.0, "p90": 5.0, "unit": "days", "basis": "typical"}


@dataclass(frozen=True)
class Table:
    """A client, its owner's seat, and the person who sits there as a contributor."""

    owner: Seat
    ada: Person

    @property
    def client(self) -> Client:
        """Return the client."""
        return self.owner.client

    def seat(self, role: str) -> Seat:
        """Seat somebody with a role; a contributor is Ada."""
        user = User.objects.create_user(f"{role}@{self.client.pk}.example", name=role.title())
        keeping.keep(
            self.owner.user, Membership(client=self.client, user=user, role=role, person=self.ada if role == Role.CONTRIBUTOR else None)
        )
        return seat(user, self.client.pk)

    def run(self, *repositories: str, **more: Any) -> Run:
        """Keep a finished run that read repositories."""
        summary = {"repositories": [{"key": each} for each in repositories]}
        return keeping.keep("worker", Run(client=self.client, state=Run.State.DONE, as_of=today(), summary=summary, **more), "done")


def table(name: str = "Northlight Billing") -> Table:
    """Open a client whose owner made a table of it."""
    user = User.objects.create_user(f"owner@{name.split(maxsplit=1)[0].lower()}.example", name="Olga", may_open_clients=True)
    owner = seat(user, clients.open_client(user, name).pk)
    return Table(owner, keeping.keep(user, Person(client=owner.client, name="Ada Lovelace", role="lead developer")))


def finding(fingerprint: str = "f1", outcome: str = "unmet", **more: Any) -> dict[str, Any]:
    """Return a finding as findings.json describes it."""
    plain = {
        "check": "people/departure.covered",
        "check_version": 1,
        "question": "Could somebody else take over at once?",
        "repository": "r1",
        "subject": ["person", "p1"],
        "title": "The lead developer leaves",
        "statement": "12 files would have nobody left who knows them.",
        "citations": [{"source": "shop@4f2a", "locator": "src/pay.py:12"}],
        "exposure": EXPOSURE,
        "cost_to_cure": None,
        "recommendation": {"action": "Pair on billing", "owner_role": "lead", "effort": EFFORT, "done_when": "two people know each file"},
    }
    return {"fingerprint": fingerprint, "outcome": outcome, **plain, **more}
