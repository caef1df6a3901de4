"""What npm, Yarn, pnpm and Bun write down."""

import json

import pytest

from quarterdeck.domain.contents import Component
from quarterdeck.evidence.inventory.javascript.manifest import asked
from quarterdeck.evidence.inventory.javascript.workspaces import matching
from tests.evidence.inventory.test_core import problems, read

Rows = set[tuple[str, str, str, str]]
MANIFEST = json.dumps(
    {
        "name": "shop",
        "dependencies": {
            "react": "^18.0.0",
            "lodash": "4.17.21",
            "mine": "npm:real@^2.0.0",
            "git": "github:a/b#v1",
            "local": "file:./libs/x",
        },
        "devDependencies": {"jest": "^29"},
        "peerDependencies": {"react-dom": ">=17", "vue": "*"},
        "peerDependenciesMeta": {"vue": {"optional": True}},
        "optionalDependencies": {"fsevents": "~2.3", "lodash": "4.17.20"},
        "engines": {"node": ">=18", "vscode": "^1.80"},
        "packageManager": "pnpm@9.1.0+sha512.abc",
        "volta": {"node": "20.11.0"},
        "overrides": {"semver": "7.0.0"},
    },
    indent=2,
)
PNPM_9 = """lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      react: {specifier: ^18, version: 18.2.0}
      own: {specifier: 'workspace:*', version: 'link:packages/own'}
    devDependencies:
      real-alias: {specifier: 'npm:real@1', version: 'real@1.0.0'}
  packages/own:
    dependencies:
      plug: {specifier: '*', version: 2.0.0(react@18.2.0)}
packages:
  react@18.2.0:
    resolution: {integrity: sha512-r}
  real@1.0.0:
    resolution: {integrity: sha512-x}
  plug@2.0.0:
    resolution: {integrity: sha512-p}
  '@scope/deep@3.0.0':
    resolution: {integrity: sha512-d}
  dev-deep@1.0.0:
    resolution: {integrity: sha512-e}
snapshots:
  react@18.2.0: {}
  real@1.0.0:
    dependencies: {dev-deep: 1.0.0}
  plug@2.0.0(react@18.2.0):
    dependencies: {'@scope/deep': 3.0.0}
  '@scope/deep@3.0.0': {}
  dev-deep@1.0.0: {}
"""
PNPM_6 = """lockfileVersion: '6.0'
dependencies:
  react: {specifier: ^18, version: 18.2.0}
devDependencies:
  '@a/b': {specifier: ^1, version: 1.0.0(react@18.2.0)}
packages:
  /react@18.2.0:
    resolution: {integrity: sha512-r}
    dev: false
  /@a/b@1.0.0(react@18.2.0):
    resolution: {integrity: sha512-b}
    dependencies: {loose: 1.4.0}
    dev: true
  /loose@1.4.0:
    resolution: {integrity: sha512-l}
    dev: true
"""
PNPM_5 = """lockfileVersion: 5.4
specifiers: {react: ^18, '@a/b': ^1}
dependencies:
  react: 18.2.0
devDependencies:
  '@a/b': 1.0.0_react@18.2.0
packages:
  /react/18.2.0:
    resolution: {integrity: sha512-r}
    dev: false
  /@a/b/1.0.0_react@18.2.0:
    resolution: {integrity: sha512-b}
    dependencies: {loose: 1.4.0}
    dev: true
  /loose/1.4.0:
    resolution: {integrity: sha512-l}
    dev: true
"""
YARN_1 = """# yarn lockfile v1


"@scope/a@^1.0.0", "@scope/a@^1.1.0":
  version "1.2.0"
  resolved "https://registry.yarnpkg.com/@scope/a/-/a-1.2.0.tgz#abc"
  integrity sha512-a
  dependencies:
    deep "~2.0.0"

deep@~2.0.0:
  version "2.0.5"
  resolved "https://registry.yarnpkg.com/deep/-/deep-2.0.5.tgz#abc"

"mine@npm:real@^3.0.0":
  version "3.1.0"

tool@^1:
  version "1.0.0"
  optionalDependencies:
    deep "~2.0.0"

forked@a/forked#v1:
  version "4.0.0"
  resolved "https://codeload.github.com/a/forked/tar.gz/abcdef"
"""
BERRY = """__metadata:
  version: 8

"deep@npm:^2.0.0":
  version: 2.0.5
  resolution: "deep@npm:2.0.5"
  checksum: 10/abc
  languageName: node
  linkType: hard

"own@workspace:*, own@workspace:packages/own":
  version: 0.0.0-use.local
  resolution: "own@workspace:packages/own"
  dependencies:
    deep: "npm:^2.0.0"
  languageName: unknown
  linkType: soft

"patched@npm:1.0.0":
  version: 1.0.0
  resolution: "patched@npm:1.0.0"

"patched@patch:patched@npm%3A1.0.0#optional!builtin<compat/patched>":
  version: 1.0.0
  resolution: "patched@patch:patched@npm%3A1.0.0#optional!builtin<compat/patched>::version=1.0.0&hash=c3c19d"

"shop@workspace:.":
  version: 0.0.0-use.local
  resolution: "shop@workspace:."
  dependencies:
    own: "workspace:*"
    patched: "npm:1.0.0"
"""
BUN = """{
  "lockfileVersion": 1,
  "workspaces": {
    "": { "name": "shop", "dependencies": { "a": "^1" }, "devDependencies": { "t": "^1" }, },
    "packages/own": { "name": "own", "dependencies": { "b": "^1" }, },
  },
  "packages": {
    "a": ["a@1.0.0", "", { "dependencies": { "b": "^2" } }, "sha512-a"],
    "a/b": ["b@2.0.0", "", {}, "sha512-b2"],
    "b": ["b@1.0.0", "", {}, "sha512-b1"],
    "own": ["own@workspace:packages/own"],
    "t": ["t@github:x/t#abc", {}, "x-t-abc"],
  },
}
"""


def rows(components: list[Component]) -> Rows:
    return {(each.name, each.version or each.wanted, each.relation, each.scope) for each in components if each.ecosystem == "npm"}


def test_a_manifest_gives_its_groups_aliases_and_addresses() -> None:
    found = read({"package.json": MANIFEST})

    assert rows(found) == {
        ("react", "^18.0.0", "direct", "runtime"),
        ("real", "^2.0.0", "direct", "runtime"),
        ("git", "github:a/b#v1", "direct", "runtime"),
        ("local", "file:./libs/x", "direct", "runtime"),
        ("jest", "^29", "direct", "dev"),
        ("react-dom", ">=17", "direct", "peer"),
        ("vue", "", "direct", "optional"),
        ("fsevents", "~2.3", "direct", "optional"),
        ("lodash", "4.17.20", "direct", "optional"),
    }
    assert {each.name: each.origin for each in found if each.origin != "registry"} == {"git": "git", "local": "path"}
    assert next(each for each in found if each.name == "jest").line == 11


def test_runtime_and_package_manager_are_named_as_tools_that_build() -> None:
    found = [each for each in read({"package.json": MANIFEST}) if each.ecosystem == "generic"]

    assert {(each.purl, each.wanted, each.scope) for each in found} == {
        ("pkg:generic/node", ">=18", "build"),
        ("pkg:generic/node@20.11.0", "", "build"),
        ("pkg:generic/pnpm@9.1.0", "", "build"),
    }


@pytest.mark.parametrize(
    ("text", "version", "wanted", "origin"),
    [
        ("1.2.3", "1.2.3", "", "registry"),
        ("v1.2.3-rc.1", "1.2.3-rc.1", "", "registry"),
        ("^1.2", "", "^1.2", "registry"),
        ("*", "", "", "registry"),
        ("latest", "", "latest", "registry"),
        ("npm:^1.2.3", "", "^1.2.3", "registry"),
        ("a/b", "", "a/b", "git"),
        ("git+https://bob:secret@host/x.git#v1", "", "git+https://host/x.git#v1", "git"),
        ("https://host/x.tgz", "", "https://host/x.tgz", "url"),
        ("workspace:^", "", "workspace:^", "path"),
        ("../x", "", "../x", "path"),
    ],
)
def test_what_a_dependency_asks_for_is_told_apart(text: str, version: str, wanted: str, origin: str) -> None:
    found = asked("x", text)

    assert (found.version, found.wanted, found.origin) == (version, wanted, origin)


def test_a_folder_outside_the_repository_is_named() -> None:
    manifest = '{"dependencies": {\n"x": "file:../../x",\n"y": "link:/opt/y"}}'

    assert problems({"a/package.json": manifest}) == [
        "a/package.json:2 asks for x from ../../x, which lies outside the repository and was not read",
        "a/package.json:3 asks for y from /opt/y, which lies outside the repository and was not read",
    ]


NPM_3 = {
    "lockfileVersion": 3,
    "packages": {
        "": {"workspaces": ["packages/*"], "dependencies": {"a": "^1", "own": "*"}, "devDependencies": {"t": "^1"}},
        "packages/own": {"name": "own", "dependencies": {"b": "^1"}},
        "node_modules/own": {"resolved": "packages/own", "link": True},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "^2"}, "license": "MIT", "integrity": "sha512-a"},
        "node_modules/a/node_modules/b": {"version": "2.0.0"},
        "node_modules/b": {"version": "1.0.0"},
        "node_modules/t": {"version": "1.0.0", "dev": True, "dependencies": {"o": "1"}},
        "node_modules/o": {"version": "1.0.0", "dev": True, "optional": True},
        "node_modules/f": {"name": "fork", "version": "3.0.0", "optional": True, "resolved": "git+ssh://git@github.com/x/f.git#abc"},
    },
}


def test_a_lock_of_npm_follows_the_nested_folders_and_leaves_own_packages_out() -> None:
    found = read({"package-lock.json": json.dumps(NPM_3, indent=2)})

    assert rows(found) == {
        ("a", "1.0.0", "direct", "runtime"),
        ("b", "2.0.0", "transitive", "runtime"),
        ("b", "1.0.0", "direct", "runtime"),
        ("t", "1.0.0", "direct", "dev"),
        ("o", "1.0.0", "transitive", "dev"),
        ("fork", "3.0.0", "transitive", "optional"),
    }
    by = {each.purl: each for each in found}
    assert (by["pkg:npm/a@1.0.0"].licence, by["pkg:npm/a@1.0.0"].integrity) == ("MIT", "sha512-a")
    assert by["pkg:npm/b@2.0.0"].parents == ("pkg:npm/a@1.0.0",)
    assert by["pkg:npm/fork@3.0.0"].origin == "git"


def test_the_lines_of_a_lock_are_exact() -> None:
    text = json.dumps(NPM_3, indent=2)

    found = read({"package-lock.json": text})

    assert all('"node_modules/' in text.split("\n")[each.line - 1] for each in found)


def test_the_first_form_of_npm_is_a_tree_and_needs_its_manifest() -> None:
    text = {
        "lockfileVersion": 1,
        "dependencies": {
            "a": {"version": "1.0.0", "requires": {"b": "^2"}, "dependencies": {"b": {"version": "2.0.0"}}},
            "b": {"version": "1.0.0", "dev": True},
            "c": {"version": "npm:real@3.0.0"},
            "own": {"version": "file:packages/own"},
        },
    }
    manifest = '{"dependencies": {"a": "^1", "c": "npm:real@^3"}, "devDependencies": {"b": "^1"}}'

    found = read({"package-lock.json": json.dumps(text, indent=1), "package.json": manifest})

    assert rows(found) == {
        ("a", "1.0.0", "direct", "runtime"),
        ("b", "2.0.0", "transitive", "runtime"),
        ("b", "1.0.0", "direct", "dev"),
        ("real", "3.0.0", "direct", "runtime"),
    }


def test_the_ninth_form_of_pnpm_leaves_the_scope_to_the_ways_from_what_was_asked_for() -> None:
    found = read({"pnpm-lock.yaml": PNPM_9, "packages/own/package.json": '{"name": "own", "dependencies": {"plug": "*"}}'})

    assert rows(found) == {
        ("react", "18.2.0", "direct", "runtime"),
        ("real", "1.0.0", "direct", "dev"),
        ("plug", "2.0.0", "direct", "runtime"),
        ("@scope/deep", "3.0.0", "transitive", "runtime"),
        ("dev-deep", "1.0.0", "transitive", "dev"),
    }
    assert {each.name: each.line for each in found}["@scope/deep"] == 19


def test_what_development_can_do_without_is_not_delivered() -> None:
    text = PNPM_9.replace("{dev-deep: 1.0.0}", "{}\n    optionalDependencies: {dev-deep: 1.0.0}").replace(
        "dev-deep@1.0.0: {}", "dev-deep@1.0.0: {optional: true}"
    )

    found = read({"pnpm-lock.yaml": text})

    assert ("dev-deep", "1.0.0", "transitive", "dev") in rows(found)


def test_what_production_can_do_without_is_optional() -> None:
    text = PNPM_9.replace("react@18.2.0: {}", "react@18.2.0:\n    optionalDependencies: {dev-deep: 1.0.0}")

    found = read({"pnpm-lock.yaml": text})

    assert ("dev-deep", "1.0.0", "transitive", "optional") in rows(found)


@pytest.mark.parametrize("text", [PNPM_6, PNPM_5], ids=["form 6", "form 5"])
def test_the_older_forms_of_pnpm_say_what_is_for_development(text: str) -> None:
    assert rows(read({"pnpm-lock.yaml": text})) == {
        ("react", "18.2.0", "direct", "runtime"),
        ("@a/b", "1.0.0", "direct", "dev"),
        ("loose", "1.4.0", "transitive", "dev"),
    }


def test_yarn_1_is_read_with_the_manifests_of_its_workspace() -> None:
    files = {
        "yarn.lock": YARN_1,
        "package.json": '{"workspaces": ["packages/*"], "devDependencies": {"tool": "^1"}}',
        "packages/own/package.json": '{"dependencies": {"@scope/a": "^1.1.0", "mine": "npm:real@^3.0.0", "forked": "a/forked#v1"}}',
    }

    found = read(files)

    assert rows(found) == {
        ("@scope/a", "1.2.0", "direct", "runtime"),
        ("deep", "2.0.5", "transitive", "runtime"),
        ("real", "3.1.0", "direct", "runtime"),
        ("tool", "1.0.0", "direct", "dev"),
        ("forked", "4.0.0", "direct", "runtime"),
    }
    assert {each.name: each.origin for each in found}["forked"] == "git"
    assert next(each for each in found if each.name == "deep").parents == ("pkg:npm/%40scope/a@1.2.0", "pkg:npm/tool@1.0.0")


def test_yarn_1_without_a_manifest_does_not_know_what_was_asked_for() -> None:
    assert {(each.relation, each.scope) for each in read({"yarn.lock": YARN_1})} == {("unknown", "unknown")}


def test_yarn_2_lists_its_workspace_and_counts_a_patched_package_once() -> None:
    files = {
        "yarn.lock": BERRY,
        "package.json": '{"name": "shop", "dependencies": {"own": "workspace:*"}, "devDependencies": {"patched": "1.0.0"}}',
        "packages/own/package.json": '{"name": "own", "dependencies": {"deep": "^2.0.0"}}',
    }

    found = [each for each in read(files) if each.origin != "path"]

    assert rows(found) == {("deep", "2.0.5", "direct", "runtime"), ("patched", "1.0.0", "direct", "dev")}


def test_bun_finds_the_nearest_package_of_a_name() -> None:
    found = read({"bun.lock": BUN})

    assert rows(found) == {
        ("a", "1.0.0", "direct", "runtime"),
        ("b", "2.0.0", "transitive", "runtime"),
        ("b", "1.0.0", "direct", "runtime"),
        ("t", "github:x/t#abc", "direct", "dev"),
    }
    assert {each.line for each in found if each.name == "a"} == {8}


def test_a_catalog_of_pnpm_gives_the_range() -> None:
    files = {"pnpm-workspace.yaml": "packages: ['*']\ncatalog:\n  react: ^18.2.0\ncatalogs:\n  old:\n    vue: ^2.7\n",
             "app/package.json": '{"dependencies": {"react": "catalog:", "vue": "catalog:old"}}'}  # fmt: skip

    assert {(each.name, each.wanted) for each in read(files)} == {("react", "^18.2.0"), ("vue", "^2.7")}


@pytest.mark.parametrize(
    ("pattern", "folders"),
    [
        ("packages/*", ["packages/a", "packages/b"]),
        ("packages/**", ["packages/a", "packages/b", "packages/b/deep"]),
        ("**/deep", ["packages/b/deep"]),
        ("{packages,apps}/a", ["apps/a", "packages/a"]),
        ("p*s/?", []),
        ("./apps/a/", ["apps/a"]),
    ],
)
def test_a_workspace_names_its_packages_by_patterns(pattern: str, folders: list[str]) -> None:
    files = {f"{folder}/package.json": "{}" for folder in ("packages/a", "packages/b", "packages/b/deep", "apps/a")}

    assert matching(files, "", [pattern]) == folders
    assert matching(files, "", [pattern, "!**/a", "!a"]) == [folder for folder in folders if not folder.endswith("/a")]


def test_a_workspace_outside_the_repository_is_named_and_not_read() -> None:
    told = problems({"package.json": '{\n "workspaces": ["apps/*", "../..", "/etc/*"]\n}'})

    assert [each.partition(" ")[0] for each in told] == ["package.json:2", "package.json:2"]
    assert "outside the repository" in told[0]
