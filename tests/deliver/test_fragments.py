"""The parts of a report that the workbench shows: the same as in the report, and nothing that its policy forbids."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from quarterdeck import bootstrap
from quarterdeck.deliver import fragments, html
from quarterdeck.domain.report import Report
from tests.conftest import AS_OF, small_company
from tests.deliver import hostile

PEOPLE = ("Ada Lovelace", "Bob Hopper", "Dan Ritchie", "ada@example.com", "bob@example.com", "dan@example.com")


@pytest.fixture(scope="module")
def friendly(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report_of(small_company(tmp_path_factory.mktemp("friendly") / "shop"), tmp_path_factory)


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report_of(hostile.repository(tmp_path_factory.mktemp("evil") / "shop"), tmp_path_factory)


def report_of(repository: Path, factory: pytest.TempPathFactory) -> Report:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUARTERDECK_HOME", str(factory.mktemp("home")))
        return bootstrap.run(bootstrap.Request((repository,), AS_OF, compare="none"))[0]


class Elements(HTMLParser):
    """Collects what a browser would see as elements, and those that were never closed."""

    VOID = ("input", "br", "img", "rect", "meta")

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def elements(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(text)
    assert parser.open == []
    return parser.tags


def drawn(report: Report, names: str) -> list[str]:
    policy = "hidden" if names == "hidden" else "full" if names == "full" else "roles"
    return [*fragments.practices(report, policy).values(), *fragments.evidence(report, policy).values()]


@pytest.mark.parametrize("names", ["roles", "hidden", "full"])
def test_a_fragment_carries_no_script_no_style_and_nothing_from_elsewhere(friendly: Report, evil: Report, names: str) -> None:
    for text in (*drawn(friendly, names), *drawn(evil, names)):
        for tag, attrs in elements(text):
            assert tag not in ("script", "style", "link", "iframe", "object", "base", "form", "img")
            assert "style" not in attrs
            assert not [name for name in attrs if name.startswith("on") or name in ("src", "href", "srcset", "action")]


def test_hostile_texts_become_no_element_of_a_fragment(friendly: Report, evil: Report) -> None:
    allowed = {tag for text in drawn(friendly, "full") for tag, _ in elements(text)} | {"dfn", "figure"}

    assert {tag for text in drawn(evil, "full") for tag, _ in elements(text)} <= allowed


def test_the_report_holds_every_fragment_as_it_is(friendly: Report, tmp_path: Path) -> None:
    page = html.render(friendly, "roles", tmp_path)

    assert list(fragments.practices(friendly, "roles")) == [practice.id for practice in friendly.practices]
    for text in fragments.practices(friendly, "roles").values():
        assert text in page


def test_every_picture_of_a_fragment_has_its_chart_and_no_chart_is_left_over(friendly: Report) -> None:
    specs = fragments.specs(friendly, "roles")

    for practice, text in fragments.practices(friendly, "roles").items():
        assert set(re.findall(r'data-chart="([^"]+)"', text)) == set(specs[practice])
        for both in specs[practice].values():
            assert both["mode"] in ("vega", "vega-lite")
            assert json.loads(json.dumps(both["light"])) != json.loads(json.dumps(both["dark"]))


def test_a_finding_shows_its_citations_and_its_check(friendly: Report) -> None:
    cards = fragments.evidence(friendly, "roles")
    finding = next(each for each in friendly.findings if each.check.id == "architecture/dependency_health.end_of_life" and each.citations)

    assert set(cards) == {each.fingerprint for each in friendly.findings}
    assert "citation" in cards[finding.fingerprint]
    assert finding.check.id in cards[finding.fingerprint]


def test_hidden_names_are_in_no_fragment(friendly: Report) -> None:
    texts = [*drawn(friendly, "hidden"), json.dumps(fragments.specs(friendly, "hidden"))]

    assert not [name for name in PEOPLE for text in texts if name.casefold() in text.casefold()]


def test_roles_name_people_on_the_pages_for_continuity_only(friendly: Report) -> None:
    shown = fragments.practices(friendly, "roles")

    assert "Ada Lovelace" in shown.pop("people")
    assert not [name for name in PEOPLE for text in shown.values() if name in text]
