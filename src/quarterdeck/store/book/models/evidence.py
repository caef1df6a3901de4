"""Where evidence comes from, and the runs that read it."""

from typing import ClassVar

from django.db import models

from quarterdeck.store.book.models.base import Kept


class Source(Kept):
    """A repository or an uploaded file that answers rest on."""

    class Kind(models.TextChoices):
        """What it is."""

        REPOSITORY = "repository", "Repository"
        UPLOADED_REPOSITORY = "uploaded repository", "Uploaded repository"
        INVENTORY = "software inventory", "Software inventory"
        COMPANY_FILE = "company file", "Company file"
        ROSTER = "roster", "Roster"

    class Schedule(models.TextChoices):
        """How often it is fetched."""

        DAILY = "daily", "Daily"
        WEEKLY = "weekly", "Weekly"
        ON_DEMAND = "on demand", "On demand"

    kind = models.CharField(max_length=24, choices=Kind.choices)
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=500, blank=True)
    schedule = models.CharField(max_length=12, choices=Schedule.choices, default=Schedule.WEEKLY)
    criticality = models.CharField(max_length=8, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    size = models.BigIntegerField(null=True, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)
    tried_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)
    hint = models.TextField(blank=True)
    problems = models.JSONField(default=list, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name", "id"]


class Run(Kept):
    """One assessment of all of a client's sources; at most one is under way for a client."""

    class State(models.TextChoices):
        """How far a run has come."""

        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    reason = models.CharField(max_length=120, blank=True)
    asked_by = models.ForeignKey("book.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    as_of = models.DateField(null=True, blank=True)
    stage = models.CharField(max_length=200, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    worker = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    cancel_asked = models.BooleanField(default=False)
    failure = models.TextField(blank=True)
    hint = models.TextField(blank=True)
    snapshot = models.CharField(max_length=64, blank=True)
    summary = models.JSONField(default=dict, blank=True)
    sources = models.JSONField(default=list, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["client", "state", "-ended_at"]), models.Index(fields=["state", "heartbeat_at"])]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["client"], condition=models.Q(state__in=["queued", "running"]), name="one_run_under_way"),
        ]
