"""The firm, its clients, and what was agreed with them."""

from typing import ClassVar

from django.db import models

from quarterdeck.store.book.models.base import Kept, Record


class Firm(Record):
    """The practice whose workspace this is."""

    name = models.CharField(max_length=120, blank=True)


class Client(Record):
    """A company that is looked after; unknown figures stay empty, never zero."""

    name = models.CharField(max_length=120)
    industry = models.CharField(max_length=60, blank=True)
    head_count = models.PositiveIntegerField(null=True, blank=True)
    developers = models.PositiveIntegerField(null=True, blank=True)
    revenue = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    goals = models.TextField(blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name", "id"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Engagement(Kept):
    """What was agreed: the model, since when, how many hours, for how much."""

    class Model(models.TextChoices):
        """How a technology leader is engaged."""

        ADVISORY = "advisory", "Advisory"
        FRACTIONAL = "fractional", "Fractional"
        INTERIM = "interim", "Interim"
        PROJECT = "project", "Project"
        FULL_TIME = "full-time", "Full-time"

    class Stage(models.TextChoices):
        """How far it has come."""

        LEAD = "lead", "Lead"
        QUALIFIED = "qualified", "Qualified"
        PROPOSED = "proposed", "Proposed"
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        ENDING = "ending", "Ending"
        DORMANT = "dormant", "Dormant"

    model = models.CharField(max_length=16, choices=Model.choices, default=Model.FRACTIONAL)
    stage = models.CharField(max_length=16, choices=Stage.choices, default=Stage.ACTIVE)
    begins = models.DateField(null=True, blank=True)
    ends = models.DateField(null=True, blank=True)
    hours_per_month = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    fee_per_month = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    note = models.TextField(blank=True)


class Person(Kept):
    """Somebody at the client, with role and dates; commits are matched to people by their aliases."""

    name = models.CharField(max_length=120)
    role = models.CharField(max_length=120, blank=True)
    team = models.CharField(max_length=120, blank=True)
    begins = models.DateField(null=True, blank=True)
    ends = models.DateField(null=True, blank=True)
    contract = models.CharField(max_length=60, blank=True)
    monthly_cost = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["name", "id"]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Alias(Kept):
    """A name or an address under which a person commits."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="aliases")
    text = models.CharField(max_length=254)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["client", "text"], name="an_alias_is_one_person")]


class Apart(Kept):
    """Two identities that look alike and are two people."""

    one = models.CharField(max_length=254)
    other = models.CharField(max_length=254)
