"""The trail: who changed what, from which value to which, chained so that nobody rewrites it unnoticed."""

from typing import ClassVar

from django.db import models


class Event(models.Model):
    """A change of the book. Rows are only ever added; the database refuses to change or delete one."""

    # no constraint: when a client leaves, the client goes first, and only then may its trail be removed
    client = models.ForeignKey("book.Client", on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+")
    chain = models.CharField(max_length=12)  # the client's id, or `firm`
    number = models.PositiveIntegerField()
    at = models.CharField(max_length=32)
    actor = models.CharField(max_length=254)
    verb = models.CharField(max_length=40)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=64)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["chain", "number"], name="the_trail_has_no_gap")]
        indexes: ClassVar = [models.Index(fields=["chain", "kind", "subject"]), models.Index(fields=["chain", "actor", "at"])]
        ordering: ClassVar = ["chain", "number"]
