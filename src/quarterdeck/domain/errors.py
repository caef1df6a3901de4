"""What can go wrong, said so that the reader knows the next step."""


class QuarterdeckError(Exception):
    """An error with a hint that says what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep the message and the hint apart, so that each shell can set them in its own way."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(QuarterdeckError):
    """The input cannot be read as what it should be."""


class NotPermitted(QuarterdeckError):
    """The person may see this, but not do it."""


class NotFound(QuarterdeckError):
    """There is no such thing, or it is none of the person's business; nobody can tell which."""


class Conflict(QuarterdeckError):
    """Somebody else changed the same thing in between."""
