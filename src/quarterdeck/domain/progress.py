"""How long work tells where it is: a stage, how far, and out of how much (0 where nobody knows)."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""
