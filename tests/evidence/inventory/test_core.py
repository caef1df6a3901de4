"""Each file is read for what it is, each thing counts once, and one bad file costs only itself."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterdeck.domain.contents import Component
from quarterdeck.domain.text import plain
from quarterdeck.evidence.inventory import inventory, wanted
from quarterdeck.evidence.inventory.loaders import Lines, decoded, jsonc_of, line_at, line_of, toml_of, xml_of, yaml_of
from quarterdeck.evidence.inventory.merging import Rules, merged
from quarterdeck.evidence.inventory.source import Source, Unreadable


def source(text: str, path: str = "file") -> Source:
    return Source(0, "shop", path, text, {path: text})


def read(files: dict[str, str]) -> list[Component]:
    return inventory({path: text.encode() for path, text in files.items()}, 0, "shop")[0]


def problems(files: dict[str, str]) -> list[str]:
    found = inventory({path: text.encode() for path, text in files.items()}, 0, "shop")[1]
    return [f"{each.citation.locator} {plain(each.message)}" for each in found]


def rows(components: list[Component]) -> set[tuple[str, str, str, str]]:
    return {(each.name, each.version or each.wanted, each.relation, each.scope) for each in components}


def lock(**versions: str) -> str:
    packages = {f"node_modules/{name}": {"version": version} for name, version in versions.items()}
    return json.dumps({"lockfileVersion": 3, "packages": {"": {"dependencies": dict.fromkeys(versions, "*")}, **packages}}, indent=2)


@pytest.mark.parametrize(
    "path",
    [
        "uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "pylock.dev.toml", "Pipfile", "Pipfile.lock", "requirements.txt",
        "requirements-dev.in", "requirements/prod.txt", "dev-requirements.txt", "constraints.txt", "pyproject.toml", "setup.cfg", "setup.py",
        "environment.yml", "package.json", "apps/web/package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock",
    ],
)  # fmt: skip
def test_the_files_of_package_managers_are_asked_for(path: str) -> None:
    assert wanted(path)


@pytest.mark.parametrize(
    "path",
    [
        "src/app.py", "README.md", "examples/shop/package.json", "node_modules/left-pad/package.json", "vendor/lib/yarn.lock",
        "tests/fixtures/a/poetry.lock", "tests/data/lockfiles/pylock.toml", "tsconfig.json", "data.txt",
    ],
)  # fmt: skip
def test_examples_test_cases_copies_and_other_files_are_not_asked_for(path: str) -> None:
    assert not wanted(path)


def test_a_lockfile_wins_over_the_manifest_beside_it_and_learns_from_it() -> None:
    manifest = '[tool.poetry.dependencies]\nflask = "^3.0"\n[tool.poetry.group.dev.dependencies]\npytest = "*"\ngone = "^1"\n'
    locked = """
[[package]]
name = "Flask"
version = "3.0.1"
[package.dependencies]
werkzeug = ">=3"
[[package]]
name = "werkzeug"
version = "3.0.0"
[[package]]
name = "pytest"
version = "8.0.0"
"""

    found = read({"pyproject.toml": manifest, "poetry.lock": locked})

    assert rows(found) == {
        ("Flask", "3.0.1", "direct", "runtime"),
        ("werkzeug", "3.0.0", "transitive", "runtime"),
        ("pytest", "8.0.0", "direct", "dev"),
        ("gone", "^1", "direct", "dev"),
    }


def test_what_runs_in_production_and_in_tests_runs_in_production() -> None:
    manifest = '[project]\nname = "shop"\ndependencies = ["a"]\n[dependency-groups]\ntest = ["b"]\n'
    locked = """
[[package]]
name = "a"
version = "1"
dependencies = ["shared"]
[[package]]
name = "b"
version = "1"
dependencies = ["shared", "only-tests"]
[[package]]
name = "shared"
version = "1"
[[package]]
name = "only-tests"
version = "1"
"""

    found = {each.name: each for each in read({"pyproject.toml": manifest, "pdm.lock": locked})}

    assert {name: each.scope for name, each in found.items()} == {"a": "runtime", "b": "test", "shared": "runtime", "only-tests": "test"}
    assert found["shared"].parents == ("pkg:pypi/a@1", "pkg:pypi/b@1")


def test_the_manifest_of_another_folder_keeps_its_own_ranges() -> None:
    found = read({"package-lock.json": lock(react="18.2.0"), "site/package.json": '{"dependencies": {"react": "^17.0.0"}}'})

    assert {(each.system, each.version or each.wanted) for each in found} == {("", "18.2.0"), ("site", "^17.0.0")}


def test_two_lockfiles_that_contradict_each_other_are_both_kept_and_named() -> None:
    yarn = 'react@^18:\n  version "18.3.1"\n'
    files = {"package.json": '{"dependencies": {"react": "^18"}}', "package-lock.json": lock(react="18.2.0"), "yarn.lock": yarn}

    assert {each.version for each in read(files)} == {"18.2.0", "18.3.1"}
    assert problems(files) == [
        "package-lock.json:9 package-lock.json and yarn.lock disagree on the version of 1 package, first react: 18.2.0 and 18.3.1; both were kept"
    ]


def test_the_same_version_in_two_lockfiles_of_one_system_counts_once() -> None:
    yarn = 'react@^18:\n  version "18.2.0"\n'
    files = {"package.json": '{"dependencies": {"react": "^18"}}', "package-lock.json": lock(react="18.2.0"), "yarn.lock": yarn}

    assert [each.version for each in read(files)] == ["18.2.0"]
    assert not problems(files)


def test_a_bad_file_costs_only_itself() -> None:
    files = {"a/package.json": "{", "b/package.json": '{"dependencies": {"react": "^18"}}', "c/package.json": "[]"}

    assert [each.name for each in read(files)] == ["react"]
    assert problems(files) == [
        "a/package.json:1 not valid JSON at line 1",
        "c/package.json:1 does not hold a table of names and values, so it is not what its name says",
    ]


def test_an_unfinished_merge_is_named_with_its_line() -> None:
    text = "flask==1\n<<<<<<< HEAD\nrich==2\n=======\nrich==3\n>>>>>>> other\n"

    assert problems({"requirements.txt": text}) == ["requirements.txt:2 a merge conflict marker stands in line 2"]


def test_what_a_folder_of_tests_asks_for_does_not_ship() -> None:
    found = read({"e2e/package.json": '{"dependencies": {"playwright": "1.50.0"}, "devDependencies": {"typescript": "5.0.0"}}'})

    assert {(each.name, each.scope) for each in found} == {("playwright", "test"), ("typescript", "dev")}


def test_a_package_of_this_repository_is_nobody_elses_work() -> None:
    found = read({"a/package.json": '{"name": "@shop/ui"}', "b/package.json": '{"dependencies": {"@shop/ui": "^1.0.0", "react": "^18"}}'})

    assert {(each.name, each.origin) for each in found} == {("@shop/ui", "path"), ("react", "registry")}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_text_is_read_in_whatever_encoding_it_was_saved(encoding: str) -> None:
    assert decoded('{"é": 1}\r\n'.encode(encoding)).strip() == '{"é": 1}'


def test_a_text_that_is_no_utf_8_is_read_as_latin_1() -> None:
    assert decoded(b"# caf\xe9\nflask\n") == "# café\nflask\n"


def test_comments_and_trailing_commas_do_not_disturb_the_json_that_allows_them() -> None:
    assert jsonc_of(source('{ // one\n "a": "//no, }", /* two */ "b": [1, 2,],\n}')) == {"a": "//no, }", "b": ["1", "2"]}


def test_yaml_keeps_versions_as_written_and_knows_its_lines() -> None:
    table = yaml_of(source("base: &base\n  version: 1.10\nuse:\n  <<: *base\n  on: true\n"))

    assert table["use"] == {"<<": {"version": "1.10"}, "on": True, "version": "1.10"}
    assert table["use"].lines == {"<<": 4, "on": 5, "version": 2}


def test_xml_is_read_without_namespaces_and_with_lines() -> None:
    root = xml_of(source('<?xml version="1.0"?>\n<project xmlns="urn:x">\n  <name>shop</name>\n</project>'))

    assert [(each.tag, line_at(each)) for each in root.iter()] == [("project", 2), ("name", 3)]


def test_a_name_is_found_on_the_first_line_that_follows() -> None:
    text = '{\n "dependencies": {\n  "react": "1"\n },\n "devDependencies": {\n  "react": "2"\n }\n}'

    assert line_of(text, "react", after=line_of(text, "devDependencies")) == 6
    assert Lines(text).of("absent", after=4) == 4


@given(st.dictionaries(st.text("abc.-_/@", min_size=1, max_size=12), st.text("0123456789.", max_size=8), max_size=12))
def test_every_key_of_a_json_file_is_found_on_its_own_line(table: dict[str, str]) -> None:
    text = json.dumps({"dependencies": table}, indent=1)

    found = Lines(text)

    lines = text.split("\n")
    assert all(json.dumps(key) + ":" in lines[found.of(key, after=3) - 1] for key in table if key not in table.values())


def component(name: str, version: str, path: str, confidence: float) -> Component:
    purl = f"pkg:npm/{name}@{version}" if version else f"pkg:npm/{name}"
    return Component(0, purl, "npm", name, version, "" if version else "^1", "unknown", "unknown", "", path, 1, "law", confidence)


some = st.builds(
    component, st.sampled_from("abc"), st.sampled_from(["", "1", "2"]), st.sampled_from(["l1", "l2"]), st.just(1.0)
) | st.builds(component, st.sampled_from("abcd"), st.sampled_from(["", "1"]), st.just("m"), st.just(0.8))


@settings(max_examples=60)
@given(st.lists(some, max_size=14))
def test_merging_counts_nothing_twice_and_loses_no_name(found: list[Component]) -> None:
    once, _ = merged(found, Rules(), "shop")

    assert len({(each.system, each.purl) for each in once if each.version}) == len([each for each in once if each.version])
    assert {each.name for each in once} == {each.name for each in found}
    assert {each.purl for each in once if each.confidence == 1} == {each.purl for each in found if each.confidence == 1}


@given(st.lists(some, max_size=10).flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_the_order_of_files_changes_nothing_that_is_counted(pair: tuple[list[Component], list[Component]]) -> None:
    one, other = (merged(found, Rules(), "shop")[0] for found in pair)

    assert [(each.purl, each.scope, each.relation) for each in one] == [(each.purl, each.scope, each.relation) for each in other]


@pytest.mark.parametrize("text", ["a" + ".a" * 5000 + " = 1", "x = " + "[" * 100_000, "a = 1\nb = = 2"])
def test_toml_that_no_tool_writes_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        toml_of(source(text))


def test_the_same_image_in_two_files_of_a_folder_is_named_at_both() -> None:
    files = {"docker/Dockerfile.x86": b"FROM centos:7\n", "docker/Dockerfile.arm": b"FROM centos:7\n"}

    components, problems = inventory(files, 0, "shop")

    assert problems == []
    assert [each.path for each in components] == ["docker/Dockerfile.arm", "docker/Dockerfile.x86"]


def test_two_ranges_of_one_package_in_a_folder_are_both_kept() -> None:
    files = {"requirements-a.txt": b"redis>=4\n", "requirements-b.txt": b"redis>=5\n"}

    assert [each.wanted for each in inventory(files, 0, "shop")[0]] == [">=4", ">=5"]


def test_a_gemfile_beside_a_gemspec_serves_development() -> None:
    files = {"Gemfile": b"gemspec\ngem 'minitest'\n", "shop.gemspec": b"spec.add_dependency 'redis', '>= 4.0'\n"}

    assert {each.name: each.scope for each in inventory(files, 0, "shop")[0]} == {"minitest": "dev", "redis": "runtime"}


def test_manifests_that_a_tool_is_tested_with_are_no_part_of_it() -> None:
    assert not wanted("tests/testsuite/cargo_add/git/in/Cargo.toml")
    assert wanted("tests/e2e/package.json")
