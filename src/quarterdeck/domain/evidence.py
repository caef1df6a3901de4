"""Where a claim comes from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Citation:
    """A place in a source that a person can follow: `commit 9f2c41a`, `app/billing.py:12-30`, `row 41`."""

    source: str
    locator: str

    def __str__(self) -> str:
        """Return the citation as one phrase."""
        return f"{self.source}: {self.locator}"


@dataclass(frozen=True)
class Problem:
    """Something in a source that could not be read, kept beside what could."""

    citation: Citation
    message: str


@dataclass(frozen=True)
class Unseen:
    """Evidence that was not there, and what it would unlock."""

    what: str
    unlock: str
    worth: str
