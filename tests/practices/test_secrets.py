"""Credentials in the code: what counts, what it costs, what is said of it, and what a finding never carries."""

from dataclasses import replace
from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.contents import Secret
from quarterdeck.domain.documents import Answer, Figure, Table
from quarterdeck.domain.findings import Finding, Outcome, Urgency
from quarterdeck.domain.records import History
from quarterdeck.domain.text import plain
from quarterdeck.kit import experts
from quarterdeck.practices.diligence.secrets import analysis, assessment, wording
from tests.conftest import AS_OF, history_of
from tests.making import Maker

TOKEN = Secret(
    0,
    "token.stripe",
    "Stripe: live secret key",
    "sk****9x",
    "aaaa",
    "config/pay.py",
    7,
    "production",
    first_commit="c0ffee" * 6,
    first_day=20_000,
)
KEY = Secret(0, "key.pem", "RSA private key", "****", "bbbb", "deploy/id_rsa", 1, "production")
URL = Secret(0, "password.url", "Password in a web address", "****", "cccc", "config/pay.py", 12, "production")
VALUE = Secret(0, "environment.value", "Value in an environment file", "DB_PASSWORD=****", "dddd", ".env", 3, "production")
IN_TEST = Secret(0, "key.pem", "RSA private key", "****", "eeee", "tests/server.key", 1, "test")


@pytest.fixture
def history(tmp_path: Path) -> History:
    files = {"config/pay.py": "x\n", "deploy/id_rsa": "x\n", ".env": "x\n", "tests/server.key": "x\n"}
    return history_of(Maker(tmp_path / "shop").commit("ada", "2026-01-05", files).done())


def told(history: History, *secrets: Secret, read: bool = True) -> Answer:
    contents = replace(history.contents, secrets=secrets, read=read, looked_at=4)
    return assessment.answer(replace(history, contents=contents), bootstrap.company_of(None), AS_OF)


def unmet(answer: Answer) -> list[Finding]:
    return [finding for finding in answer.findings if finding.outcome is Outcome.UNMET]


def outcomes(answer: Answer) -> dict[str, Outcome]:
    return {finding.check.id: finding.outcome for finding in answer.findings}


def test_a_live_credential_in_the_code_must_be_replaced_at_its_vendor(history: History) -> None:
    found = unmet(told(history, TOKEN))

    assert [(each.urgency, each.check) for each in found] == [(Urgency.ACT, assessment.IN_TREE)]
    assert plain(found[0].title) == "Stripe live secret key can be read in config/pay.py"
    assert plain(found[0].statement).startswith("sk****9x stands in config/pay.py:7, in this file since 04 Oct 2024 (at least 634 days).")
    assert found[0].recommendation is not None
    assert plain(found[0].recommendation.action) == (
        "Revoke and replace the Stripe live secret key at Stripe, then remove it from config/pay.py; the history still holds it"
    )


def test_replacing_one_credential_takes_half_a_day_to_three(history: History) -> None:
    effort = unmet(told(history, TOKEN))[0].recommendation.effort  # type: ignore[union-attr]

    assert effort is not None
    assert 0.5 < effort.p10 < 1 < effort.p50 < effort.p90 < 3
    assert unmet(told(history, TOKEN))[0].cost_to_cure is not None


def test_one_credential_in_three_places_is_one_finding(history: History) -> None:
    copies = [replace(TOKEN, line=line) for line in (7, 9, 30)]

    found = unmet(told(history, *copies))

    assert len(found) == 1
    assert "and in 2 other places" in plain(found[0].statement)
    assert len(found[0].citations) == 3


def test_a_place_in_production_decides_for_all_places_of_a_credential(history: History) -> None:
    found = unmet(told(history, replace(TOKEN, path="tests/server.key", kind="test"), TOKEN))

    assert [(each.urgency, plain(each.title)) for each in found] == [(Urgency.ACT, "Stripe live secret key can be read in config/pay.py")]


def test_credentials_of_tests_and_examples_are_watched_as_one_finding(history: History) -> None:
    found = unmet(told(history, IN_TEST, replace(IN_TEST, same="ffff", kind="documentation", path="README.md")))

    assert [(each.check, each.urgency) for each in found] == [(assessment.ELSEWHERE, Urgency.WATCH)]
    assert plain(found[0].title) == "2 credentials in a live format in documentation and tests"
    assert found[0].cost_to_cure is None
    assert found[0].cost_note


def test_an_environment_file_is_one_finding_with_its_secret_values_named(history: History) -> None:
    found = unmet(told(history, VALUE, replace(VALUE, masked="API_KEY=****", same="d2", line=4)))

    assert [(each.check, each.urgency) for each in found] == [(assessment.ENVIRONMENT_FILE, Urgency.ACT)]
    assert plain(found[0].title) == ".env is committed with 2 secret values"
    assert ".env sets DB_PASSWORD and API_KEY" in plain(found[0].statement)


def test_a_note_is_in_the_table_and_in_no_finding(history: History) -> None:
    answer = told(history, replace(TOKEN, note="its checksum is wrong"))

    table = next(block for block in answer.sections[0].blocks if isinstance(block, Table))
    assert unmet(answer) == []
    assert [row[-1] for row in table.rows] == ["its checksum is wrong"]


@pytest.mark.parametrize(("until", "live"), [("2026-06-29", 0), ("2026-06-30", 1), ("2099-01-01", 1)])
def test_a_token_counts_until_the_day_on_which_it_expires(history: History, until: str, live: int) -> None:
    assert len(unmet(told(history, replace(TOKEN, note=f"expires {until}")))) == live


def test_temporary_keys_of_amazon_are_dead_after_two_days() -> None:
    secret = replace(TOKEN, rule=analysis.TEMPORARY, first_day=experts.ordinal(AS_OF) - 3)

    assert analysis.standing(secret, AS_OF) == "temporary: it ended within 36 hours"
    assert analysis.standing(replace(secret, first_day=experts.ordinal(AS_OF)), AS_OF) == ""
    assert analysis.standing(replace(secret, first_day=0), AS_OF) == ""


def test_none_found_is_met_with_the_formats_and_the_files_read_and_claims_no_history(history: History) -> None:
    answer = told(history)

    assert set(outcomes(answer).values()) == {Outcome.MET}
    assert "None of the formats looked for" in answer.findings[0].statement
    assert "4 files read, their history not" in answer.findings[0].statement
    assert wording.FORMATS in answer.findings[0].statement
    assert answer.facts == ()


def test_files_that_were_not_read_leave_the_question_open(history: History) -> None:
    answer = told(history, read=False)

    assert [(each.outcome, bool(each.unlock)) for each in answer.findings] == [(Outcome.UNKNOWN, True)]


def test_page_one_gets_the_number_of_live_credentials(history: History) -> None:
    answer = told(history, TOKEN, KEY, URL, VALUE, IN_TEST)

    assert [(fact.id, fact.value) for fact in answer.facts] == [("secrets.live", "4")]
    figures = {block.id: block.value for block in answer.sections[0].blocks if isinstance(block, Figure)}
    assert figures == {"secrets.live": "4", "secrets.elsewhere": "1"}
    assert answer.sections[0].headline.startswith("Four credentials can be read by everybody who has the code; one more stands in")


def test_the_finding_is_the_same_on_a_machine_with_another_key_and_after_lines_moved(history: History) -> None:
    here = unmet(told(history, TOKEN, replace(TOKEN, same="zzzz", line=20), URL))
    there = unmet(
        told(history, replace(TOKEN, same="1111", line=9), replace(TOKEN, same="0000", line=22), replace(URL, same="2222", line=30))
    )

    assert {each.fingerprint for each in here} == {each.fingerprint for each in there}
    assert len({each.fingerprint for each in here}) == 3


def test_no_finding_carries_the_mark_that_equal_credentials_share(history: History) -> None:
    secrets = (replace(TOKEN, same="0123456789abcdef"), replace(VALUE, same="fedcba9876543210"), replace(IN_TEST, same="0f1e2d3c4b5a6978"))

    answer = told(history, *secrets)

    assert not any(secret.same in repr(answer) for secret in secrets)


def test_a_place_tells_its_own_files_history_and_no_others(history: History) -> None:
    older = replace(TOKEN, path="tests/server.key", kind="test", first_day=19_000, first_commit="0ddba1" * 6)

    answer = told(history, TOKEN, older)

    table = next(block for block in answer.sections[0].blocks if isinstance(block, Table))
    assert "in this file since 04 Oct 2024 (" in plain(unmet(answer)[0].statement)
    assert [row[4] for row in table.rows] == ["c0ffeec0ff", "0ddba10ddb"]


def test_without_a_credential_there_is_no_table_and_nothing_leads_to_one(history: History) -> None:
    blocks = told(history).sections[0].blocks

    assert not any(isinstance(block, Table) for block in blocks)
    assert {block.evidence.rows for block in blocks if isinstance(block, Figure)} == {""}


def test_a_single_kind_of_place_is_not_counted_twice(history: History) -> None:
    one = unmet(told(history, IN_TEST))[0]
    both = unmet(told(history, IN_TEST, replace(IN_TEST, same="f2"), replace(IN_TEST, same="f3", kind="example")))[0]

    assert plain(one.statement).startswith("1 credential in a live format stands in tests. ")
    assert plain(both.statement).startswith("3 credentials in a live format stand in tests (2) and examples (1). ")


def test_a_long_list_ends_in_one_finding_for_the_rest(history: History) -> None:
    many = [replace(TOKEN, same=f"{number:04d}", line=number) for number in range(1, 46)]

    found = unmet(told(history, *many))

    assert len(found) == assessment.MOST_FINDINGS + 1
    assert found[-1].statement.startswith("5 more credentials")
    assert len({each.fingerprint for each in found}) == len(found)


@pytest.mark.parametrize(
    ("secret", "action"),
    [
        (KEY, "Replace the RSA private key wherever it is trusted, then remove it from deploy/id_rsa; the history still holds it"),
        (URL, "Change this password, then remove it from config/pay.py; the history still holds it"),
        (
            replace(KEY, title="Private key"),
            "Replace the private key wherever it is trusted, then remove it from deploy/id_rsa; the history still holds it",
        ),
    ],
)
def test_what_to_do_fits_the_kind_of_credential(history: History, secret: Secret, action: str) -> None:
    recommendation = unmet(told(history, secret))[0].recommendation

    assert recommendation is not None
    assert plain(recommendation.action) == action


def test_tokens_and_keys_come_before_passwords(history: History) -> None:
    found = unmet(told(history, URL, KEY, replace(TOKEN, line=90)))

    assert [each.subject[1] for each in found] == ["token.stripe", "key.pem", "password.url"]


def test_files_searched_only_in_part_leave_the_answer_open(tmp_path: Path) -> None:
    made = Maker(tmp_path / "large").commit(write={"app/rows.py": "row = 'plain'\n" * 90_000})

    found = assessment.answer(history_of(made.done()), bootstrap.company_of(None), AS_OF)

    finding = next(each for each in found.findings if each.check.id == "diligence/secrets.in_tree")
    assert finding.outcome is Outcome.UNKNOWN
    assert "only in part" in finding.statement
    assert "1 of them only in part" in found.sections[0].headline
