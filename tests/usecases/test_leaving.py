"""What falls if these people leave together, from what a run keeps."""

from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.deliver.charts.squares import Box, lay_out, squarified
from quarterdeck.domain.documents import Checklist, Figure, Section, Table
from quarterdeck.domain.text import mention
from quarterdeck.practices.people.departure import assessment
from quarterdeck.store import departures
from quarterdeck.store.departures import Departures
from quarterdeck.usecases import leaving
from tests.conftest import AS_OF, history_of
from tests.making import Maker, code

ADA, BOB = "Ada Lovelace", "Bob Hopper"


def ground_of(*paths: Path) -> Departures:
    files = departures.files_of(history_of(*paths), bootstrap.company_of(None), AS_OF)
    return departures.read(files.__getitem__)


def number(ground: Departures, name: str) -> int:
    return next(n for n, person in enumerate(ground.history.people) if person.name == name)


@pytest.fixture
def pair(tmp_path: Path) -> Departures:
    """Return a system where Ada and Bob each know some files alone, and some only together."""
    made = Maker(tmp_path / "pair")
    for n in range(6):
        made.commit("ada", f"2026-01-1{n}", {f"engine/a{n}.py": code(9)})
        made.commit("bob", f"2026-02-1{n}", {f"shop/b{n}.py": code(9)})
        made.commit("cy", f"2026-02-2{n}", {f"tools/c{n}.py": code(9)})
    for n in range(5):
        made.commit("ada", f"2026-03-1{n}", {"shared/both.py": code(9 + n)}).commit(
            "bob", f"2026-03-2{n}", {"shared/both.py": code(20 + n)}
        )
    return ground_of(made.done())


@pytest.mark.parametrize("name", [ADA, BOB])
def test_one_person_s_departure_has_the_figures_of_the_report_s_page(company_repository: Path, name: str) -> None:
    ground = ground_of(company_repository)
    report = assessment.answer(history_of(company_repository), bootstrap.company_of(None), AS_OF)

    found = leaving.falls(ground, [number(ground, name)])

    person = ground.history.people[number(ground, name)].id
    page = next(section for section in report.sections if section.id.endswith(person))
    finding = next(each for each in report.findings if each.subject == ("person", person))
    figures = {block.id: block for block in page.blocks if isinstance(block, Figure)}
    assert figures[f"departure.lost.{person}"].value == f"{found.lost.height:,}"
    assert finding.exposure == found.cost
    assert rows(page, "departure.parts") == [(each.name, each.files, each.moving, each.recent) for each in found.parts]
    assert rows(page, "departure.successors") == [
        (mention(ground.history.people[each.person].id), each.files, each.chance) for each in found.found
    ]
    steps = next(block for block in page.blocks if isinstance(block, Checklist)).steps
    assert [(each.when, each.text, each.evidence) for each in found.steps] == [(each.when, each.text, each.evidence) for each in steps]


def rows(page: Section, table: str) -> list[tuple[object, ...]]:
    return [row for block in page.blocks if isinstance(block, Table) and block.id.startswith(table) for row in block.rows]


def test_two_who_leave_together_take_along_what_each_of_them_alone_would_not(pair: Departures) -> None:
    ada, bob = number(pair, ADA), number(pair, BOB)

    both = leaving.falls(pair, [ada, bob])

    apart = leaving.falls(pair, [ada]).lost.height + leaving.falls(pair, [bob]).lost.height
    assert both.lost.height == apart + 1 == 13
    assert both.together == 1
    assert any("only these people know" in step.text and "shared/both.py" in step.evidence for step in both.steps)


def test_two_replacements_are_dearer_than_one_and_a_person_with_two_identities_is_replaced_once(pair: Departures) -> None:
    ada, bob = number(pair, ADA), number(pair, BOB)

    two, one = leaving.falls(pair, [ada, bob]), leaving.falls(pair, [ada, bob], heads=1)

    assert two.cost.p50 > one.cost.p50 > leaving.falls(pair, [ada]).cost.p50
    assert two.cost.formula.startswith("2 x ")


def test_a_question_that_all_leavers_share_is_asked_once(pair: Departures) -> None:
    both = leaving.falls(pair, [number(pair, ADA), number(pair, BOB)])

    texts = [(step.when, step.text, step.evidence) for step in both.steps]
    assert len(texts) == len(set(texts))
    secrets = next(step for step in both.steps if "secrets" in step.text)
    assert len(secrets.people) == 2
    assert [step.when for step in both.steps] == sorted((step.when for step in both.steps), key=leaving_clock)


def leaving_clock(when: str) -> int:
    return ["0 to 2 hours", "24 hours", "72 hours", "30 days"].index(when)


def test_the_map_greys_out_what_the_leaver_alone_knows(pair: Departures) -> None:
    ada = number(pair, ADA)

    before = {tile.path: tile.state for tile in leaving.tiles(pair, [])}
    after = {tile.path: tile.state for tile in leaving.tiles(pair, [ada])}

    fallen = {path for path, state in after.items() if state == "falls"}
    assert len(fallen) == leaving.falls(pair, [ada]).moving == 6
    assert {before[path] for path in fallen} == {"one"}
    assert sorted(state for path, state in after.items() if "both.py" in path) == ["one"]
    assert leaving.alone(pair)[ada] == (6, 6)


def test_rectangles_fill_the_room_in_proportion_and_do_not_overlap() -> None:
    sizes = [9.0, 5.0, 3.0, 2.0, 1.0, 1.0, 0.5]

    boxes = squarified(sizes, Box(0, 0, 300, 200))

    assert sum(box.width * box.height for box in boxes) == pytest.approx(60_000)
    assert [box.width * box.height for box in boxes] == pytest.approx([size * 60_000 / 21.5 for size in sizes])
    for n, one in enumerate(boxes):
        for other in boxes[n + 1 :]:
            wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
            high = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
            assert wide < 1e-6 or high < 1e-6


def test_a_part_s_files_lie_inside_the_part() -> None:
    placed = lay_out({"a": [("x", 3.0), ("y", 1.0)], "b": [("z", 8.0)]}, 400, 300)

    assert [part.name for part in placed] == ["b", "a"]
    for part in placed:
        for _, box in part.things:
            assert part.box.x <= box.x and box.x + box.width <= part.box.x + part.box.width + 1e-6
            assert part.box.y <= box.y and box.y + box.height <= part.box.y + part.box.height + 1e-6
