"""What every test may use: a home of its own, and a small company to look at."""

from datetime import date
from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.company import Company
from quarterdeck.domain.records import History
from tests.making import Maker, code

AS_OF = date(2026, 6, 30)


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the evidence of a test away from everything else."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("QUARTERDECK_HOME", str(home))
    return home


def history_of(*paths: Path, as_of: date = AS_OF, company: Company | None = None) -> History:
    """Read repositories the way the command does."""
    request = bootstrap.Request(paths, as_of, compare="none")
    return bootstrap.read_history(request, company or bootstrap.company_of(None))


def small_company(folder: Path) -> Path:
    """Make a repository in which Ada knows most, Bob some, and Dan left long ago."""
    made = Maker(folder)
    for number in range(6):
        made.commit("dan", f"2023-02-{number + 1:02d}", {f"legacy/old_{number}.py": code(30)})
    for number in range(12):
        made.commit("ada", f"2025-{number % 9 + 1:02d}-10", {f"billing/part_{number}.py": code(40)})
    for number in range(4):
        made.commit("bob", f"2025-11-{number + 1:02d}", {f"shop/page_{number}.py": code(20)})
    for number in range(12):
        made.commit("ada", f"2026-03-{number + 1:02d}", {"billing/part_0.py": code(60 + number)})
    made.commit("bob", "2026-06-01", {"legacy/old_0.py": code(31), "Dockerfile": "FROM python:3.8-slim-buster\n", "README.md": "# Shop\n"})
    return made.done()


@pytest.fixture
def company_repository(tmp_path: Path) -> Path:
    return small_company(tmp_path / "shop")
