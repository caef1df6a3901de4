"""What we advised, what people said to it, what became of it."""

from typing import ClassVar

from django.db import models
from django.utils.timezone import now

from quarterdeck.store.book.models.base import Kept


class Stance(Kept):
    """What people said on a finding: the risk is accepted, or the finding is dismissed, with the reason and until when."""

    class Verdict(models.TextChoices):
        """What was said."""

        ACCEPTED = "accepted", "Risk accepted"
        DISMISSED = "dismissed", "Dismissed"

    fingerprint = models.CharField(max_length=32)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    reason = models.TextField()
    until = models.DateField(null=True, blank=True)
    said_by = models.ForeignKey("book.User", on_delete=models.SET_NULL, null=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "fingerprint"])]


class Recommendation(Kept):
    """A piece of advice, from the day it was proposed."""

    class State(models.TextChoices):
        """What was decided about it."""

        PROPOSED = "proposed", "Proposed"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        DEFERRED = "deferred", "Deferred"

    fingerprint = models.CharField(max_length=32, blank=True)
    check_id = models.CharField(max_length=120, blank=True)
    sentence = models.TextField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.PROPOSED)
    reason = models.TextField(blank=True)
    proposed_on = models.DateField()
    decided_on = models.DateField(null=True, blank=True)
    decided_by = models.ForeignKey("book.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "fingerprint"])]


class Action(Kept):
    """Something that somebody does by a day, and the check that will show whether it worked."""

    class State(models.TextChoices):
        """How far it has come."""

        OPEN = "open", "Open"
        DOING = "doing", "Under way"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    class Effect(models.TextChoices):
        """What a later run saw of it."""

        NOT_MEASURED = "not measured", "Not measured yet"
        CONFIRMED = "confirmed", "Confirmed"
        NO_EFFECT = "no effect", "No effect"
        WORSE = "worse", "Worse"
        NOT_MEASURABLE = "not measurable", "Not measurable"

    recommendation = models.ForeignKey(Recommendation, on_delete=models.SET_NULL, null=True, blank=True, related_name="actions")
    sentence = models.CharField(max_length=300)
    detail = models.TextField(blank=True)
    message = models.TextField(blank=True)
    owner = models.ForeignKey("book.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="actions")
    due = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    # what it takes and what it brings: {p10, p50, p90, unit, basis}, or empty where nobody knows
    effort = models.JSONField(null=True, blank=True)
    cost = models.JSONField(null=True, blank=True)
    removes = models.JSONField(null=True, blank=True)
    actual_effort_days = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    # the acceptance check: a finding by fingerprint and the outcome it must have, or a person who will have seen it
    fingerprint = models.CharField(max_length=32, blank=True)
    check_id = models.CharField(max_length=120, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    check_version = models.PositiveIntegerField(null=True, blank=True)
    repository = models.TextField(blank=True)  # keys of the repositories that a run must have read to tell, joined by +
    expected = models.CharField(max_length=16, default="met")
    done_when = models.TextField(blank=True)
    witness = models.CharField(max_length=120, blank=True)
    witnessed = models.TextField(blank=True)
    done_on = models.DateField(null=True, blank=True)
    effect = models.CharField(max_length=16, choices=Effect.choices, default=Effect.NOT_MEASURED)
    shipped_on = models.DateField(null=True, blank=True)
    postponed = models.PositiveIntegerField(default=0)
    postponed_reason = models.TextField(blank=True)
    dropped_reason = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["client", "state", "due"]),
            models.Index(fields=["client", "fingerprint"]),
            models.Index(fields=["client", "owner", "state"]),
            models.Index(fields=["client", "effect"]),
        ]


class Measurement(Kept):
    """What one run saw of an action's acceptance check, with the citation."""

    action = models.ForeignKey(Action, on_delete=models.CASCADE, related_name="measurements")
    run = models.ForeignKey("book.Run", on_delete=models.CASCADE, related_name="+")
    measured_on = models.DateField()
    outcome = models.CharField(max_length=16)
    effect = models.CharField(max_length=16)
    statement = models.TextField(blank=True)
    citation = models.TextField(blank=True)
    exposure = models.JSONField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["action", "run"], name="measured_once_a_run")]


class Decision(Kept):
    """A question that needs an answer, its age and what waiting costs."""

    question = models.CharField(max_length=300)
    options = models.TextField(blank=True)
    asked_on = models.DateField()
    needed_by = models.DateField(null=True, blank=True)
    decider = models.CharField(max_length=120, blank=True)
    delay_per_week = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    choice = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    decided_on = models.DateField(null=True, blank=True)
    decided_by = models.ForeignKey("book.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    reversal = models.TextField(blank=True)
    review_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "decided_on", "needed_by"])]


class Promise(Kept):
    """Something we said we would do, to whom and by when."""

    sentence = models.CharField(max_length=300)
    made_to = models.CharField(max_length=120, blank=True)
    due = models.DateField(null=True, blank=True)
    kept_on = models.DateField(null=True, blank=True)
    dropped_on = models.DateField(null=True, blank=True)
    dropped_reason = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "kept_on", "due"])]


class Note(Kept):
    """A line that somebody wanted to keep, on the client or on one thing of theirs."""

    text = models.TextField()
    about_kind = models.CharField(max_length=24, blank=True)
    about = models.CharField(max_length=64, blank=True)
    written_by = models.ForeignKey("book.User", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "about_kind", "about"])]


class TimeEntry(Kept):
    """Minutes spent on a client on a day."""

    day = models.DateField()
    minutes = models.PositiveIntegerField()
    theme = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=300, blank=True)
    spent_by = models.ForeignKey("book.User", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["client", "day"])]


class DeparturePlan(Kept):
    """What to do if these people leave: the checklist by the clock, and what was ticked."""

    title = models.CharField(max_length=200)
    people = models.JSONField(default=list)
    snapshot = models.CharField(max_length=64, blank=True)
    falls = models.JSONField(default=dict)
    steps = models.JSONField(default=list)
    leaves_on = models.DateField(null=True, blank=True)


class SavedView(Kept):
    """Where somebody last looked at a client, so that the next visit says what is new."""

    user = models.ForeignKey("book.User", on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["client", "user"], name="one_last_look_each")]
