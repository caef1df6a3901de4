"""The documentation says what the code does: every option, room, field and key is described, and every link leads somewhere."""

import json
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer

from quarterdeck import api, bootstrap
from quarterdeck.cli.main import app
from quarterdeck.deliver.exchange import data
from quarterdeck.deliver.words import GLOSSARY
from quarterdeck.domain.company import Company
from quarterdeck.evidence import company_file, tables
from quarterdeck.practices import catalogue
from tests.making import Maker

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "changelog.d").glob("*.md")])
HEADINGS = ("Question", "Inputs", "Formulas", "Thresholds", "Outcomes", "What makes it unknown", "How well it works", "Limits", "Sources")
LINK = re.compile(r"(!?)\[[^\]]*\]\(([^)\s]+)\)")


def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def commands() -> dict[str, Any]:
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def blocks(path: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language, without the indentation they stand in."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text_of(path), re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def shell_lines(word: str) -> Iterator[tuple[str, list[str]]]:
    """Yield (page, words) of every shell line on any page that calls a program."""
    for path in PAGES:
        for line in "\n".join(blocks(path, "sh")).splitlines():
            bare = line.partition("#")[0].replace("SHADOW=$(", "").rstrip(") ")
            if bare.startswith(f"{word} "):
                yield named(path), shlex.split(bare)[1:]


def links(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (mark, target) of the links inside the project; `!` marks pictures."""
    bare = re.sub(r"^ *```.*?^ *```", "", text_of(path), flags=re.MULTILINE | re.DOTALL)
    return ((mark, target) for mark, target in LINK.findall(bare) if "://" not in target)


def anchors(path: Path) -> set[str]:
    """Return the anchors that a code host makes of a page's headings."""
    heads = re.findall(r"^#+ (.+)$", text_of(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.fixture
def reference(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    monkeypatch.delitem(sys.modules, "reference", raising=False)
    return import_module("reference")


def test_the_generated_reference_is_fresh(reference: Any) -> None:
    assert reference.stale(reference.FOLDER) == []


def test_the_reference_is_made_alike_twice_and_notices_a_stale_page(reference: Any, tmp_path: Path) -> None:
    reference.main([str(tmp_path)])
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    reference.main([str(tmp_path)])
    again = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    (tmp_path / "rates.md").write_text("old")

    assert first == again
    assert reference.stale(tmp_path) == ["rates.md"]
    assert reference.main([str(tmp_path), "--check"]) == 1


def test_every_command_and_option_is_in_the_reference() -> None:
    page = text_of(DOCS / "reference" / "cli.md")
    options = [option for command in commands().values() for each in command.params for option in each.opts if option.startswith("--")]

    assert [name for name in commands() if f"## quarterdeck {name}\n" not in page] == []
    assert [option for option in options if f"`{option}`" not in page] == []
    assert [name for name, command in commands().items() if not command.help or not all(each.help for each in command.params)] == []


@pytest.mark.parametrize("path", catalogue.ROOMS)
def test_every_room_has_a_section_in_the_reference_and_a_page_on_its_method(path: str) -> None:
    about = import_module(path).ABOUT
    page = DOCS / "methods" / f"{path.rpartition('.')[2]}.md"

    assert f"## {about.id}\n" in text_of(DOCS / "reference" / "rooms.md")
    assert [head for head in HEADINGS if f"\n## {head}\n" not in text_of(page)] == []
    assert f"({about.id})" in text_of(page).splitlines()[0]


def test_every_check_is_explained_on_the_page_of_its_room(reference: Any) -> None:
    pages = {room.about.id: text_of(DOCS / "methods" / f"{room.about.id.rpartition('/')[2]}.md") for room in reference.rooms()}

    assert [check.id for room in reference.rooms() for check in room.checks if f"`{check.id}`" not in pages[room.about.id]] == []


@pytest.mark.parametrize("path", PAGES, ids=named)
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = []
    for mark, target in links(path):
        file, _, anchor = target.partition("#")
        place = (path.parent / file).resolve() if file else path
        if not mark and (not place.exists() or (anchor and anchor not in anchors(place))):
            broken.append(target)

    assert broken == []


def test_every_picture_is_there() -> None:
    pictures = [(path.parent / target).resolve() for path in PAGES for mark, target in links(path) if mark]
    if not (DOCS / "images").is_dir():
        pytest.skip("pictures are taken from a finished report and added later")

    assert [str(each.relative_to(ROOT)) for each in pictures if not each.is_file()] == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, queue = set(), [ROOT / "README.md", DOCS / "decisions" / "README.md"]
    while queue:
        page = queue.pop()
        if page.suffix == ".md" and page.is_file() and page not in reached:
            reached.add(page)
            queue += [(page.parent / target.partition("#")[0]).resolve() for _, target in links(page)]

    assert [named(path) for path in PAGES if path not in reached and path.parent.name != "changelog.d"] == []


def test_every_make_target_that_a_page_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))
    named_targets = {words[0] for _, words in shell_lines("make")}

    assert {"assess", "test"} <= named_targets
    assert named_targets - targets == set()


def test_every_command_line_on_a_page_uses_commands_and_options_that_exist() -> None:
    known = {name: {option for each in command.params for option in each.opts} for name, command in commands().items()}
    lines = list(shell_lines("quarterdeck"))
    wrong = [(page, words) for page, words in lines if words[0] not in known or {w for w in words if w.startswith("--")} - known[words[0]]]

    assert len(lines) > 10
    assert wrong == []


def test_the_example_in_the_readme_runs(company_repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example = blocks(ROOT / "README.md", "python")[0].replace("path/to/repository", str(company_repository))

    exec(example, {})

    assert "shape: " in capsys.readouterr().out
    assert len([line for line in example.splitlines() if line]) <= 5


def test_the_examples_for_python_run(company_repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    examples = blocks(DOCS / "how-to" / "python.md", "python")

    exec("\n".join(examples).replace("path/to/repository", str(company_repository)), {})

    assert "billing/part_0.py" in capsys.readouterr().out


def test_the_example_for_ci_reads_a_real_report(
    company_repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "findings.json").write_text(api.assess(company_repository).json("hidden"), "utf-8")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit):
        exec(blocks(DOCS / "how-to" / "ci.md", "python")[0], {})

    assert "Python 3.8" in capsys.readouterr().out


def test_the_columns_of_the_frames_are_described(company_repository: Path) -> None:
    page = text_of(DOCS / "how-to" / "python.md")
    history = api.assess(company_repository).history
    columns = {column for frame in (history.commits, history.changes, history.files, history.aliases) for column in frame.columns}

    assert {column for column in columns if f"`{column}`" not in page} == set()


def test_every_field_of_the_company_file_is_described() -> None:
    page = text_of(DOCS / "company-file.md")
    rows = {"roster": company_file._Row, "repositories": company_file._Repository, "identity": company_file._Identity}
    top = [name for name in company_file._File.model_fields if not re.search(rf"`\[*{name}\]*`", page)]
    inner = [f"{name}.{field}" for name, row in rows.items() for field in row.model_fields if f"`{name}.{field}`" not in page]

    assert (top, inner) == ([], [])
    assert [key for key in tables.rates() if f"`{key}`" not in page] == []


@pytest.mark.parametrize("page", ["company-file.md", "tutorial.md", "how-to/who-is-who.md"])
def test_every_example_of_a_company_file_can_be_read(page: str, tmp_path: Path) -> None:
    examples = blocks(DOCS / page, "toml")
    read: list[Company] = []
    for example in examples:
        (tmp_path / "company.toml").write_text(example, "utf-8")
        read.append(bootstrap.company_of(tmp_path / "company.toml"))

    assert examples
    assert all(company.roster or company.same_person or company.not_same_person for company in read)


def test_every_key_of_findings_json_is_described(company_repository: Path) -> None:
    page = text_of(DOCS / "findings-schema.md")
    tree = json.loads(api.assess(company_repository).json())
    free = {"options", "left_out", "counted", "counts", "labels"}  # their keys are rules and kinds, described as such

    def keys(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from value
            yield from (key for name, each in value.items() if name not in free and not _is_chart(value, name) for key in keys(each))
        elif isinstance(value, list):
            yield from (key for each in value for key in keys(each))

    assert {key for key in keys(tree) if f"`{key}`" not in page} == set()
    assert data.SCHEMA in page


def _is_chart(value: dict[str, Any], name: str) -> bool:
    return value.get("kind") == "chart" and name == "rows"


def test_every_term_that_a_report_explains_is_in_the_glossary() -> None:
    page = text_of(DOCS / "glossary.md")
    words = {word.strip() for line in re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE) for word in line.split(",")}

    assert [word for word in GLOSSARY if word not in words] == []


def test_the_arguments_of_the_python_call_are_described() -> None:
    page = text_of(DOCS / "how-to" / "python.md")
    call = page.partition("`quarterdeck.assess(")[2].partition(")`")[0]

    assert [
        name for name in ("company", "as_of", "since", "compare", "allow_objects", "sboms", "blame", "quick") if f"{name}=" not in call
    ] == []
    assert [name for name in vars(api.Audit) if not name.startswith("_") and f"`audit.{name}(" not in page] == []
    assert [field.name for field in fields(api.Audit) if f"`audit.{field.name}`" not in page] == []


def test_no_page_names_a_place_on_somebodys_machine() -> None:
    private = re.compile(r"/(?:work|home|root|Users|tmp)/\w")

    assert [named(path) for path in PAGES if private.search(text_of(path))] == []


def test_a_page_about_a_repository_without_history_still_has_every_key(tmp_path: Path) -> None:
    made = Maker(tmp_path / "new").commit("ada", "2026-06-01", {"app.py": "x = 1\n"}).done()
    page = text_of(DOCS / "findings-schema.md")

    assert [key for key in json.loads(api.assess(made).json()) if f"`{key}`" not in page] == []
