"""One small invented company, made once for all tests of the demo."""

from pathlib import Path

import pytest

from quarterdeck.demo.generator import Made, generate

SIZE, SEED, MONTHS = 6, 7, 14


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder: Path = tmp_path_factory.mktemp("small")
    return generate("saas", SIZE, SEED, months=MONTHS, noise="high", folder=folder)
