"""The nouns refuse what would be a lie, and print as people read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.findings import Check, Finding, Outcome
from quarterdeck.domain.money import Estimate, quantity, short_money, significant
from quarterdeck.domain.text import clean, listed, mention, mentioned, percent, plural, resolve

CHECK = Check("room.check", "Is it so?")
CITED = (Citation("shop", "row 41"),)


@pytest.mark.parametrize("outcome", [Outcome.MET, Outcome.UNMET])
def test_a_claim_without_a_citation_cannot_be_made(outcome: Outcome) -> None:
    with pytest.raises(ValueError, match="needs a citation"):
        Finding(CHECK, outcome, ("x",), "So it is.")


def test_an_unknown_must_say_what_would_settle_it() -> None:
    with pytest.raises(ValueError, match="would settle"):
        Finding(CHECK, Outcome.UNKNOWN, ("x",), "Nobody knows.")


def test_a_fingerprint_depends_on_check_repository_and_subject_only() -> None:
    one = Finding(CHECK, Outcome.UNMET, ("file", "a.py"), "12 times.", repository="k", citations=CITED)
    other = Finding(Check("room.check", "Other words?", 2), Outcome.MET, ("file", "a.py"), "Never.", repository="k", citations=CITED)

    assert one.fingerprint == other.fingerprint
    assert one.fingerprint != Finding(CHECK, Outcome.UNMET, ("file", "b.py"), "12 times.", repository="k", citations=CITED).fingerprint
    assert one.fingerprint != Finding(CHECK, Outcome.UNMET, ("filea", ".py"), "12 times.", repository="k", citations=CITED).fingerprint


def test_a_range_prints_with_two_significant_digits() -> None:
    assert str(Estimate(61_234, 143_999, 312_345, "USD", "x")) == "$61k to $310k, most likely $140k"
    assert short_money(1_234_567, "EUR") == "€1.2M"
    assert quantity(0.34, "days") == "0.34 days"
    assert Estimate(5, 5, 5, "days", "x").span == "5 days"


def test_a_range_out_of_order_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="p10 <= p50"):
        Estimate(3, 2, 4, "USD", "x")


@given(st.floats(1, 1e12))
def test_rounding_keeps_two_digits(value: float) -> None:
    assert abs(significant(value) - value) <= value * 0.051


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0\u00a0%"), (0.004, "below 1\u00a0%"), (0.5, "50\u00a0%"), (0.996, "above 99\u00a0%"), (1, "100\u00a0%")]
)
def test_shares_never_round_to_certainty(share: float, text: str) -> None:
    assert percent(share) == text


@given(st.text())
def test_cleaned_text_has_no_controls_and_no_marks_of_ours(text: str) -> None:
    cleaned = clean(text)

    assert len(cleaned) == len(text)
    assert not any(ord(char) < 9 or 0xE000 <= ord(char) <= 0xF8FF or 0x202A <= ord(char) <= 0x202E for char in cleaned)
    assert mentioned(cleaned) == []


def test_people_are_named_where_a_document_decides() -> None:
    text = f"{mention('p1')} and {mention('p2')} know it."

    assert mentioned(text) == ["p1", "p2"]
    assert resolve(text, {"p1": "Ada", "p2": "Bob"}.__getitem__) == "Ada and Bob know it."


def test_counts_and_lists_read_as_prose() -> None:
    assert plural(1, "branch", "branches") == "1 branch"
    assert plural(1204, "file") == "1,204 files"
    assert listed(["a", "b", "c"]) == "a, b and c"
