"""Whatever a program sends, the API answers as it says it does, and never fails."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

from quarterdeck.store.services.seating import tokens
from quarterdeck.web.wsgi import application
from tests.web.conftest import Book

schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


@pytest.fixture
def keys(book: Book) -> Iterator[tuple[str, dict[str, str]]]:
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)  # requests share the transaction of the test
    yield book.client.pk, {"Authorization": f"Bearer {tokens.make(book.seat(), 'fuzz', 1)}"}
    for signal in signals:
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_call_makes_the_server_fail(case: Any, keys: tuple[str, dict[str, str]]) -> None:
    client, head = keys
    if case.path_parameters and "client" in case.path_parameters:
        case.path_parameters["client"] = client

    answer = case.call(headers=head)

    case.validate_response(answer, checks=(not_a_server_error,))
