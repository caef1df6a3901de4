"""The tables of the book: plain records, whose verbs are functions in `store.services`."""

from quarterdeck.store.book.models.accounts import ApiToken, Invitation, Link, LinkView, Membership, Role, Setup, User
from quarterdeck.store.book.models.advice import (
    Action,
    Decision,
    DeparturePlan,
    Measurement,
    Note,
    Promise,
    Recommendation,
    SavedView,
    Stance,
    TimeEntry,
)
from quarterdeck.store.book.models.base import Kept, Record, new_id
from quarterdeck.store.book.models.clients import Alias, Apart, Client, Engagement, Firm, Person
from quarterdeck.store.book.models.evidence import Run, Source
from quarterdeck.store.book.models.trail import Event

__all__ = [
    "Action", "Alias", "Apart", "ApiToken", "Client", "Decision", "DeparturePlan", "Engagement", "Event", "Firm", "Invitation", "Kept", "Link",
    "LinkView", "Measurement", "Membership", "Note", "Person", "Promise", "Recommendation", "Record", "Role", "Run", "SavedView", "Setup",
    "Source", "Stance", "TimeEntry", "User", "new_id",
]  # fmt: skip
