"""What every record of the book has in common."""

import secrets

from django.db import models
from django.utils.timezone import now

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # no letters that read like others
SIZE = 12  # 31^12 ids: no guess, and no clash


def new_id() -> str:
    """Return a random id that is short enough for an address and the same in every workspace."""
    return "".join(secrets.choice(ALPHABET) for _ in range(SIZE))


class Record(models.Model):
    """A row with an id that survives export and import, and a version that tells two editors apart."""

    id = models.CharField(primary_key=True, max_length=SIZE, default=new_id, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        abstract = True


class Kept(Record):
    """A record of a client; there is none that belongs to no client."""

    client = models.ForeignKey("book.Client", on_delete=models.CASCADE, related_name="+", editable=False)

    class Meta:
        abstract = True
