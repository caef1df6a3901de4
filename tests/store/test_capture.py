"""One line becomes a record, and the answer says which."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from quarterdeck.domain.errors import NotPermitted
from quarterdeck.store.book.models import Action, Decision, Note, Promise, Role, TimeEntry
from quarterdeck.store.selectors.seats import today
from quarterdeck.store.services.followup.capture import capture
from quarterdeck.usecases.one_line import Kind
from quarterdeck.usecases.typed import Wrong
from tests.store.table import Table, table

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(db: None) -> Table:
    return table()


def test_a_line_becomes_what_its_first_letter_says(own: Table) -> None:
    for line in (
        "d which vendor by tomorrow",
        "p Ada board note by tomorrow",
        "a Ada: rotate keys by tomorrow",
        "t 45m board note",
        "they moved offices",
    ):
        capture(own.owner, line)

    tomorrow = today() + timedelta(days=1)
    decision, promise, action, time, note = (
        Decision.objects.get(),
        Promise.objects.get(),
        Action.objects.get(),
        TimeEntry.objects.get(),
        Note.objects.get(),
    )
    assert (decision.question, decision.needed_by) == ("which vendor", tomorrow)
    assert (promise.sentence, promise.made_to, promise.due) == ("board note", "Ada Lovelace", tomorrow)
    assert (action.sentence, action.owner, action.due) == ("rotate keys", own.ada, tomorrow)
    assert (time.minutes, time.text, time.day) == (45, "board note", today())
    assert note.text == "they moved offices"


def test_the_same_line_sent_twice_is_one_record(own: Table) -> None:
    once, twice = capture(own.owner, "a rotate keys"), capture(own.owner, "a rotate keys")

    assert (once.thing, twice.again) == (twice.thing, True)
    assert Action.objects.count() == 1


@pytest.mark.parametrize(
    ("line", "said"), [("  ", "Type a line"), ("t board note", "How long"), ("t 99h board", "24 hours"), ("x" * 501, "501 characters")]
)
def test_a_line_that_cannot_be_taken_says_why(own: Table, line: str, said: str) -> None:
    with pytest.raises(Wrong, match=said) as told:
        capture(own.owner, line)

    assert told.value.field == "line"


def test_an_executive_writes_notes_and_nothing_else(own: Table) -> None:
    executive = own.seat(Role.EXECUTIVE)

    assert capture(executive, "ask about the audit").line.kind == Kind.NOTE
    with pytest.raises(NotPermitted):
        capture(executive, "a rotate keys")
    with pytest.raises(NotPermitted):
        capture(own.seat(Role.CONTRIBUTOR), "hello")


class Lines(TestCase):
    """Whatever is typed is kept, or refused with a sentence."""

    @settings(deadline=None, max_examples=40)  # a workspace for each line
    @given(st.text(min_size=1, max_size=60))
    def test_what_is_typed_is_kept_or_refused(self, line: str) -> None:
        """A line is never lost without a word."""
        own = table()

        try:
            kept = capture(own.owner, line)
        except Wrong as error:
            assert error.message
        else:
            assert kept.thing.pk
