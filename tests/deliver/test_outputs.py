"""Every output holds the same report, and nothing from a repository becomes markup in any of them."""

import csv
import json
import re
import tomllib
from html.parser import HTMLParser
from io import BytesIO, StringIO
from pathlib import Path

import pypdf
import pytest
from rich.console import Console

from quarterdeck import bootstrap
from quarterdeck.deliver import draft, html, markdown, pdf, terminal
from quarterdeck.deliver.exchange import data, rows
from quarterdeck.deliver.naming import Namer, Names
from quarterdeck.domain.records import History
from quarterdeck.domain.report import NamedPerson, Report
from quarterdeck.domain.text import foreign, mention, plain
from quarterdeck.store import runs
from quarterdeck.store.workspace import home
from tests.conftest import AS_OF, small_company
from tests.deliver import hostile

Both = tuple[Report, History]


@pytest.fixture(scope="module")
def friendly(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return made(small_company(tmp_path_factory.mktemp("friendly") / "shop"), tmp_path_factory)


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Both:
    return made(hostile.repository(tmp_path_factory.mktemp("evil") / "shop"), tmp_path_factory)


def made(repository: Path, factory: pytest.TempPathFactory) -> Both:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUARTERDECK_HOME", str(factory.mktemp("home")))
        return bootstrap.run(bootstrap.Request((repository,), AS_OF, compare="none"))


def page(report: Report, names: Names = "roles") -> str:
    return html.render(report, names, Path(home()) / "cache")


class Elements(HTMLParser):
    """Collects what a browser would see as elements."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def elements(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(text)
    return parser.tags


def test_the_page_lets_nothing_in_and_asks_nobody(friendly: Both) -> None:
    text = page(friendly[0])

    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    assert "default-src &#39;none&#39;" in policy[1]
    assert "unsafe" not in policy[1]
    tags = elements(text)
    assert not [attrs for _, attrs in tags if (attrs.get("src") or "").startswith("http") or (attrs.get("href") or "").startswith("http")]
    assert not [tag for tag, attrs in tags if "style" in attrs or any(name.startswith("on") for name in attrs)]


def test_hostile_texts_become_no_element_of_the_page(friendly: Both, evil: Both) -> None:
    allowed = {tag for tag, _ in elements(page(friendly[0]))} | {"dfn", "figure"}

    found = elements(page(evil[0], "full"))

    assert {tag for tag, _ in found} <= allowed
    assert sum(tag == "script" for tag, _ in found) == 3
    assert not [attrs for _, attrs in found if any(name.startswith("on") for name in attrs)]


def test_embedded_chart_data_cannot_leave_its_element(evil: Both) -> None:
    specs = re.search(r'<script type="application/json" id="specs">(.*?)</script>', page(evil[0]), re.DOTALL)

    assert specs
    assert "<" not in specs[1]
    assert json.loads(specs[1])


def test_findings_json_has_its_schema_and_every_finding(friendly: Both) -> None:
    tree = json.loads(data.render(friendly[0], "roles"))

    assert tree["schema"] == "quarterdeck.findings/1"
    assert [each["fingerprint"] for each in tree["findings"]] == [finding.fingerprint for finding in friendly[0].findings]
    assert set(tree["risks"]) <= {each["fingerprint"] for each in tree["findings"]}


def test_a_stored_report_can_be_compared_with(friendly: Both, tmp_path: Path) -> None:
    file = tmp_path / "findings.json"
    file.write_text(data.render(friendly[0], "roles"), "utf-8")

    before = runs.previous(tmp_path, str(file), AS_OF)

    assert before
    assert set(before.past) == {finding.fingerprint for finding in friendly[0].findings}


def test_the_pdf_holds_page_one_and_is_tagged(friendly: Both) -> None:
    report = friendly[0]

    document = pypdf.PdfReader(BytesIO(pdf.render(report, "roles")))

    first = " ".join(document.pages[0].extract_text().split())
    assert report.front.answer.split(";")[0][:40] in first
    assert "Three risks".upper() in first.upper()
    assert document.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert document.metadata and "2026" in str(document.metadata.creation_date)


def test_the_pdf_of_a_hostile_repository_renders_its_texts_as_text(evil: Both) -> None:
    document = pypdf.PdfReader(BytesIO(pdf.render(evil[0], "full")))

    text = " ".join(page.extract_text() for page in document.pages)
    assert "#panic" in text


def test_markdown_shows_hostile_texts_as_they_are(evil: Both) -> None:
    text = markdown.render(evil[0], "full")

    assert "<img" not in text.replace("\\<img", "")
    assert not re.search(r"(?<!\\)\]\(javascript", text)
    assert not re.search(r"^[=+@]", text, re.MULTILINE)


def test_no_cell_of_a_csv_is_a_formula(evil: Both) -> None:
    for text in rows.render(evil[0], "full").values():
        for row in csv.reader(StringIO(text)):
            assert not [cell for cell in row if cell[:1] in ("=", "+", "@") or (cell[:1] == "-" and not re.fullmatch(r"-[\d.]+", cell))]


def test_the_terminal_gets_no_escape_codes_from_a_repository(evil: Both) -> None:
    out = StringIO()

    terminal.show(evil[0], "full", Console(file=out, force_terminal=False, width=100))

    assert "\x1b" not in out.getvalue()
    assert evil[0].front.facts[0].value in out.getvalue()


def test_the_draft_parses_and_lists_people_and_repositories(friendly: Both, evil: Both) -> None:
    for report, history in (friendly, evil):
        tree = tomllib.loads(draft.render(history, bootstrap.company_of(None), "roles"))
        assert len(tree["roster"]) == len([person for person in history.people if not person.bot])
        assert [each["name"] for each in tree["repositories"]] == [plain(look.name) for look in report.looks]


def test_the_draft_can_be_given_back_as_it_is(friendly: Both, tmp_path: Path) -> None:
    file = tmp_path / "company.toml"
    file.write_text(draft.render(friendly[1], bootstrap.company_of(None), "roles"), "utf-8")

    company = bootstrap.company_of(file)

    assert {member.name for member in company.roster} == {"Ada Lovelace", "Bob Hopper", "Dan Ritchie"}


PEOPLE = ("Ada Lovelace", "Bob Hopper", "Dan Ritchie", "ada@example.com", "bob@example.com", "dan@example.com")


def texts(both: Both, names: Names) -> dict[str, str]:
    """Return the text of every output, so that a name can be looked for in all of them."""
    report, history = both
    out = StringIO()
    terminal.show(report, names, Console(file=out, width=200))
    document = pypdf.PdfReader(BytesIO(pdf.render(report, names)))
    return {
        "html": page(report, names),
        "json": data.render(report, names),
        "md": markdown.render(report, names),
        "pdf": " ".join(each.extract_text() for each in document.pages),
        "csv": "".join(rows.render(report, names).values()),
        "draft": draft.render(history, bootstrap.company_of(None), names) if names == "hidden" else "",
        "terminal": out.getvalue(),
    }


def test_hidden_names_are_in_no_output(friendly: Both) -> None:
    for output, text in texts(friendly, "hidden").items():
        assert not [name for name in PEOPLE if name.casefold() in text.casefold()], output


def test_hidden_names_leave_our_own_words_alone(friendly: Both) -> None:
    hidden, shown = (json.loads(data.render(friendly[0], names)) for names in ("hidden", "roles"))

    assert [each["outcome"] for each in hidden["findings"]] == [each["outcome"] for each in shown["findings"]]
    assert not [person.id for person in friendly[0].people if person.id in json.dumps(hidden)]


def test_roles_are_printed_and_names_only_on_the_continuity_page(friendly: Both) -> None:
    found = texts(friendly, "roles")

    for output in ("json", "md", "terminal"):
        assert not [name for name in PEOPLE if name in found[output]], output
    assert "Ada Lovelace" in found["html"]
    assert "Ada Lovelace" not in found["html"].partition('id="people-departure"')[0]


def test_full_names_are_everywhere_they_matter(friendly: Both) -> None:
    assert "Bob Hopper" in markdown.render(friendly[0], "full")


def test_scrubbing_finds_names_in_paths_and_branches() -> None:
    person = NamedPerson("p1", "Ada Lovelace", "Developer A", ("ada@example.com", "1+countess@users.noreply.github.com"), ("Ada Lovelace",))
    namer = Namer((person,), "hidden")

    shown = namer.shown(
        f"{mention('p1')} on {foreign('ada@example.com')}, branch {foreign('countess-patch_1')}, {foreign('docs/Ada Lovelace.md')}"
    )

    assert shown == "Developer A on …, branch …-patch_1, docs/… ….md"
    assert namer.shown("Ada is our own word here, and stays.") == "Ada is our own word here, and stays."


def test_no_output_holds_a_path_of_this_machine(friendly: Both, tmp_path: Path) -> None:
    here = str(Path.home()), str(tmp_path.parent.parent), str(home())

    for output, text in texts(friendly, "full").items():
        assert not [place for place in here if len(place) > 3 and place in text], output


def test_the_same_report_renders_to_the_same_bytes(friendly: Both) -> None:
    report = friendly[0]

    assert page(report) == page(report)
    assert pdf.render(report, "roles") == pdf.render(report, "roles")
    assert data.render(report, "roles") == data.render(report, "roles")


def test_page_one_keeps_to_its_words(friendly: Both) -> None:
    front = friendly[0].front
    prose = [front.answer, front.money_note, *(fact.text for fact in front.facts), *(risk.title or risk.statement for risk in front.risks)]
    prose += [action.recommendation.action for action in front.actions if action.recommendation]

    assert len(" ".join(prose).split()) <= 250
