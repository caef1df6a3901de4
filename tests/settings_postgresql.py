"""Settings of the workbench for tests on PostgreSQL: QUARTERDECK_TEST_DATABASE names a server on which databases may be made."""

import os

if not os.environ.get("QUARTERDECK_TEST_DATABASE"):
    raise RuntimeError(
        "set QUARTERDECK_TEST_DATABASE to postgresql://user@host:port/name, or run .ci/run, which starts a server of its own"
    )
os.environ["DATABASE_URL"] = os.environ["QUARTERDECK_TEST_DATABASE"]

from tests.settings import *  # noqa: F403 - the same but for the book

del os.environ["DATABASE_URL"]  # what tests start has books of its own
