"""The company file: every field optional, every mistake named with its line and field."""

from datetime import date
from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.company import Company
from quarterdeck.domain.errors import InputError


def company(folder: Path, text: str | bytes) -> Company:
    file = folder / "company.toml"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return bootstrap.company_of(file)


def test_an_empty_file_is_a_company_without_details(tmp_path: Path) -> None:
    found = company(tmp_path, "")

    assert found.given
    assert found.currency == "USD"
    assert found.rates == bootstrap.company_of(None).rates


def test_everything_that_is_given_is_taken(tmp_path: Path) -> None:
    text = """
name = "Northlight Billing"
currency = "EUR"
[rates]
"rnd.cost_per_fte" = [90000, 120000, 150000]
"engineer.ramp_up" = 4
[[roster]]
name = "Ada Lovelace"
aliases = ["ada@example.com"]
role = "Lead developer"
start = "2020-01-01"
end = ""
[[repositories]]
name = "shop"
criticality = "high"
[identity]
same = [["a@x", "b@x"]]
different = [["c@x", "d@x"]]
"""
    found = company(tmp_path, text)

    assert (found.name, found.currency) == ("Northlight Billing", "EUR")
    assert found.rates["rnd.cost_per_fte"].currency == "EUR"
    assert not found.rates["engineer.ramp_up"].typical
    assert found.roster[0].start == date(2020, 1, 1)
    assert found.roster[0].end is None
    assert found.criticality == {"shop": "high"}
    assert found.same_person == (("a@x", "b@x"),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = \n", "line 1"),
        ("nam = 'x'\n", "line 1, field `nam`: is not a field"),
        ("\n[[roster]]\nname = 'a'\n[[roster]]\nname = 'b'\nrole = 5\n", "line 6, field `roster.1.role`"),
        ("[[roster]]\nname = 'a'\nend = 'soon'\n", "line 3, field `roster.0.end`"),
        ("[[roster]]\nname = 'a'\nstart = 2026-02-01\nend = 2026-01-01\n", "end lies before start"),
        ("currency = 'dollars'\n", "line 1, field `currency`"),
        ("[rates]\n\n'rnd.cost_per_fte' = [3, 2, 1]\n", "line 3: rates.rnd.cost_per_fte needs"),
        ("[rates]\n'rnd.cost_per_fte' = nan\n", "needs one number above 0"),
        ("[rates]\n'rnd.cost_per_fte' = 0\n", "needs one number above 0"),
        ("[[roster]]\nname = 'a'\n[[roster]]\nname = 'b'\naliases = ['A']\n", "line 3, field `roster.1`: `a` also stands with a"),
        ("[rates]\n'moon.price' = 3\n", "line 2: rates has no key `moon.price`"),
        ("[[repositories]]\nname = 'x'\ncriticality = 'huge'\n", "line 3, field `repositories.0.criticality`"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_field(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        company(tmp_path, text)

    assert said in error.value.message


def test_a_file_that_is_not_text_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not UTF-8"):
        company(tmp_path, b"\xff\xfe")


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be opened"):
        bootstrap.company_of(tmp_path / "none.toml")
