"""Forms as they were filled in: what was typed, what was wrong with it, and beside which field that is said."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import HttpRequest

from quarterdeck.domain.errors import Conflict, InputError
from quarterdeck.store.book.models.base import ALPHABET, SIZE, new_id
from quarterdeck.usecases.typed import Wrong

Refusal = InputError | Conflict  # what a form says; everything else is a page of its own


@dataclass(frozen=True)
class Filled:
    """A form with its values; `of` names it where a page has several."""

    values: Mapping[str, str] = field(default_factory=dict)
    error: Refusal | None = None
    of: str = ""

    def __getitem__(self, name: str) -> str:
        """Return what stands in a field."""
        return self.values.get(name, "")

    def fault(self, name: str) -> str:
        """Return what is wrong with a field, and what to do."""
        if not isinstance(self.error, Wrong) or self.error.field != name:
            return ""
        return " ".join(filter(None, (self.error.message, self.error.hint)))

    @property
    def problem(self) -> str:
        """Return what is wrong with the form as a whole."""
        if self.error is None or (isinstance(self.error, Wrong) and self.error.field in self.values):
            return ""
        said = f"{self.error.message[:1].upper()}{self.error.message[1:]}."
        return f"{said} {self.error.hint}".replace("..", ".")

    @property
    def stale(self) -> bool:
        """Tell whether somebody else changed the same thing meanwhile."""
        return isinstance(self.error, Conflict)

    @property
    def status(self) -> int:
        """Return the status of the answer that shows this form."""
        return 200 if self.error is None else 409 if self.stale else 422


def sent(request: HttpRequest, *names: str) -> dict[str, str]:
    """Return what a form brought, each field as a text."""
    return {name: str(request.POST.get(name, "")) for name in names}


def key(request: HttpRequest) -> str:
    """Return the id that a form for a new thing carries, so that the form sent twice makes one thing."""
    given = str(request.POST.get("key", ""))
    return given if len(given) == SIZE and set(given) <= set(ALPHABET) else new_id()


def seen(request: HttpRequest) -> int:
    """Return the version that a form was filled in on; without one it counts as stale."""
    given = str(request.POST.get("version", ""))
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
