"""A departure is worked out from what a run leaves behind exactly as from the repositories."""

from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from quarterdeck import bootstrap
from quarterdeck.domain.company import Company
from quarterdeck.domain.records import History
from quarterdeck.kit import experts
from quarterdeck.practices.people.departure import analysis
from quarterdeck.practices.people.departure.checklist import checklist
from quarterdeck.store import departures
from quarterdeck.store.departures import Departures
from quarterdeck.store.snapshots import Snapshot, keep
from tests.conftest import AS_OF, history_of, small_company
from tests.making import Maker, code


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> History:
    folder = tmp_path_factory.mktemp("company")
    made = Maker(folder / "pay")
    made.commit("cy", "2026-04-01", {"pay/run.py": code(30), "CODEOWNERS": "* ada@example.com\n", "deploy/up.sh": "1\n"})
    made.commit("ada", "2026-04-02", {"pay/run.py": code(50), "deploy/up.sh": "2\n"})
    made.commit("dependabot", "2026-04-03", {"package-lock.json": "{}\n"})
    made.commit("bob", "2026-05-01", {"pay/new.py": code(9)}, branch="half-done", start="main").tag("v1", "ada", "2026-05-02")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUARTERDECK_HOME", str(folder / "home"))
        return history_of(small_company(folder / "shop"), made.done())


@pytest.fixture(scope="module")
def company() -> Company:
    return bootstrap.company_of(None)


@pytest.fixture
def kept(history: History, company: Company, tmp_path: Path) -> Departures:
    return Snapshot(tmp_path, keep(tmp_path, departures.files_of(history, company, AS_OF))).departures()


def test_the_same_people_are_here_and_know_the_same_files(history: History, kept: Departures) -> None:
    authors = experts.authorship(experts.edits(experts.human_changes(history)), as_of=AS_OF)
    known = experts.knowers(authors, kept.here).join(experts.written(history).select("life"), on="life", how="semi")

    assert [kept.history.people[number] for number in kept.here] == [history.people[number] for number in experts.present(history, AS_OF)]
    assert sorted(kept.known.rows()) == sorted(known.rows())
    assert kept.known.height > 10


def test_every_departure_takes_the_same_files_and_names_the_same_successors(history: History, kept: Departures) -> None:
    changes = experts.human_changes(history)
    files = analysis.with_movement(experts.written(history), changes, experts.ordinal(AS_OF))

    for number in kept.here:
        lost = analysis.lost_files(files, kept.known, [number])
        lost_later = analysis.lost_files(kept.files, kept.known, [number])
        assert lost_later.select("path", "recent", "moving").equals(lost.select("path", "recent", "moving"))
        assert analysis.candidates(lost_later, kept.changes, kept.here, [number], experts.ordinal(AS_OF)) == analysis.candidates(
            lost, changes, kept.here, [number], experts.ordinal(AS_OF)
        )


def test_the_checklist_has_the_same_steps_with_the_same_evidence(history: History, kept: Departures) -> None:
    for number in kept.here:
        lost = analysis.lost_files(kept.files, kept.known, [number])

        assert checklist(kept.history, number, lost, AS_OF, "") == checklist(history, number, lost, AS_OF, "")

    ada = next(person.id for person in history.people if person.name.startswith("Ada"))
    steps = checklist(kept.history, kept.number_of(ada) or 0, kept.files.head(0), AS_OF, "").steps
    assert sum(bool(step.evidence) for step in steps) >= 2


def test_a_departure_costs_the_same(company: Company, kept: Departures) -> None:
    then, now = (analysis.loss(each, "p00000000a1", 0.4, 2, notice=False, successor=False).if_happens for each in (company, kept.company))

    assert then == now


def test_somebody_whom_the_run_did_not_see_has_no_number(kept: Departures) -> None:
    assert kept.number_of("p0000000000") is None


def test_what_was_kept_before_shares_of_work_counted_can_still_be_read(history: History, company: Company) -> None:
    files = departures.files_of(history, company, AS_OF)
    older = BytesIO()
    pl.read_parquet(BytesIO(files["departure/authors.parquet"])).drop("work").write_parquet(older)

    kept = departures.read((files | {"departure/authors.parquet": older.getvalue()}).__getitem__)

    assert kept.known.height > 10
