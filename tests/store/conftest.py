"""What every test of the book needs."""

import pytest

from quarterdeck.store.selectors.home import remembered


@pytest.fixture(autouse=True)
def no_week_of_another_book() -> None:
    """Let no test meet what another one's book made remembered."""
    remembered.forget()
