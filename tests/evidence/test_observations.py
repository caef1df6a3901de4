"""What files show about how a repository is run: names, workflows, Dockerfiles, scripts, binaries, licences, policies."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quarterdeck.evidence.observations import interesting, observe
from quarterdeck.evidence.observations.shell import Unreadable, commands

WORKFLOW = ".github/workflows/ci.yml"
SHA = "0123456789abcdef0123456789abcdef01234567"
DIGEST = "sha256:" + "0123456789abcdef" * 4
MIT = (
    "MIT License\n\nCopyright (c) 2020 Somebody\n\nPermission is hereby granted, free of charge, "
    + "to whom it may concern " * 28
    + "The above copyright notice and this permission notice shall be kept."
)


def rows(path: str, text: str | bytes, topic: str = "") -> list[tuple[str, int, str]]:
    """Return (kind, line, value) of the rows of a topic."""
    content = text if isinstance(text, bytes) else text.encode()
    return [row[1:] for row in observe(path, content) if not topic or row[0] == topic]


def pins(path: str, text: str) -> list[tuple[str, int, str]]:
    return rows(path, text, "pinned_dependencies")


def script(*lines: str) -> list[tuple[str, int, bool]]:
    """Return (kind, line, pinned) of what a shell script installs."""
    return [(kind, line, value.startswith("pinned")) for kind, line, value in pins("build.sh", "\n".join(lines) + "\n")]


def workflow(steps: str, *, on: str = "push", top: str = "", job: str = "") -> str:
    return f"on: {on}\n{top}jobs:\n  build:\n    runs-on: ubuntu-latest\n{job}    steps:\n{steps}"


@pytest.mark.parametrize("path", ["app/main.py", "docs/picture.png", "web/index.ts", "a/b/c.java", "package-lock.json"])
def test_sources_and_pictures_are_not_worth_reading(path: str) -> None:
    assert not interesting(path, 1000)


@pytest.mark.parametrize(
    "path", [WORKFLOW, "Dockerfile", "build.sh", "tools/run", "lib/a.jar", "LICENSE", "SECURITY.md", ".github/dependabot.yml"]
)
def test_what_says_something_is_worth_reading(path: str) -> None:
    assert interesting(path, 1000)


@pytest.mark.parametrize(
    "name",
    ["LICENSE", "LICENCE.md", "COPYING", "COPYING.LESSER", "LICENSE-MIT", "MIT-LICENSE.txt", "UNLICENSE", "license_1_0.txt", "PATENTS"],
)
def test_licence_files_are_known_by_name(name: str) -> None:
    assert rows(name, "text", "license") == [("file", 1, "NOASSERTION")]


@pytest.mark.parametrize(
    "name", ["license.go", "license-check.js", "docs/LICENSE", "licensed.md", "check_copyright.sh", "licenses/list.json"]
)
def test_programs_about_licences_are_no_licence_files(name: str) -> None:
    assert rows(name, "text", "license") == []


def test_a_known_licence_is_named_and_one_with_additions_is_not() -> None:
    assert rows("LICENSE", MIT, "license") == [("file", 1, "MIT")]
    assert rows("LICENSE", MIT + " and further words" * 20, "license") == [("file", 1, "NOASSERTION")]


def test_a_text_over_several_licences_is_told_from_one_that_is_not_known() -> None:
    assert rows("COPYING", "Tiled is under the GPL, libtiled under the BSD 2-clause license.", "license") == [("file", 1, "several")]
    assert rows("COPYING", "All rights reserved.", "license") == [("file", 1, "NOASSERTION")]


def test_a_policy_is_counted_by_links_text_and_hints() -> None:
    policy = "Report a vulnerability to security@example.org or https://example.org/report.\nWe answer within 5 days.\n"

    assert rows(".github/SECURITY.md", policy, "security_policy") == [("file", 1, "1 links, 1 addresses, 1 text, 2 hints")]
    assert rows("SECURITY.md", "https://example.org", "security_policy") == [("file", 1, "1 links, 0 addresses, 0 text, 0 hints")]
    assert rows("src/SECURITY.md", policy, "security_policy") == []


@pytest.mark.parametrize(
    ("path", "name"), [("renovate.json", "Renovate"), (".github/dependabot.yml", "Dependabot"), (".scala-steward.conf", "Scala Steward")]
)
def test_update_tools_are_known_by_their_settings(path: str, name: str) -> None:
    assert rows(path, "{}", "dependency_update_tool") == [("tool", 1, name)]


def test_compiled_files_are_known_by_their_first_bytes_or_by_name_and_control_characters() -> None:
    assert rows("run", b"\x7fELF" + bytes(60), "binary_artifacts") == [("file", 0, "elf")]
    assert rows("a.jar", b"PK\x03\x04" + bytes(40), "binary_artifacts") == [("file", 0, "jar")]
    assert rows("gradle/wrapper/gradle-wrapper.jar", b"PK\x03\x04" + bytes(40), "binary_artifacts") == [("file", 0, "gradle-wrapper.jar")]


def test_a_text_with_the_ending_of_a_program_is_none() -> None:
    assert rows("so.so", "just words in a file\n", "binary_artifacts") == []
    assert rows("empty.jar", "", "binary_artifacts") == []
    assert rows("testdata/a.jar", b"PK\x03\x04" + bytes(40), "binary_artifacts") == []


def test_a_token_is_read_at_the_top_and_in_each_job() -> None:
    text = workflow("      - run: ls\n", top="permissions:\n  contents: write\n  issues: write\n")

    assert rows(WORKFLOW, text, "token_permissions") == [
        ("top declared", 3, ""),
        ("top write", 3, "contents"),
        ("top write", 4, "issues"),
        ("job undeclared", 6, "build"),
    ]


def test_a_workflow_without_permissions_leaves_them_undeclared() -> None:
    text = workflow("      - run: ls\n", job="    permissions: write-all\n")

    assert rows(WORKFLOW, text, "token_permissions") == [
        ("top undeclared", 1, ""),
        ("job declared", 5, "write-all"),
        ("job write", 5, "write-all"),
    ]


@pytest.mark.parametrize(
    "said",
    [
        "github.event.issue.title",
        "github.head_ref",
        "toJSON(github.event)",
        "github.event.commits[0].message",
        "github.event.pull_request.head.ref",
    ],
)
def test_words_of_strangers_in_a_command_are_dangerous(said: str) -> None:
    text = workflow(f"      - run: |\n          echo start\n          echo ${{{{ {said} }}}}\n")

    assert rows(WORKFLOW, text, "dangerous_workflow") == [("script injection", 8, said)]


@pytest.mark.parametrize("said", ["github.event.issue.number", "github.sha", "toJSON(matrix)", "env.title", "inputs.title"])
def test_other_words_in_a_command_are_not(said: str) -> None:
    assert rows(WORKFLOW, workflow(f"      - run: echo ${{{{ {said} }}}}\n"), "dangerous_workflow") == []


def test_strangers_words_in_an_environment_variable_are_fine() -> None:
    text = workflow("      - run: echo $TITLE\n        env:\n          TITLE: ${{ github.event.issue.title }}\n")

    assert rows(WORKFLOW, text, "dangerous_workflow") == []


CHECKOUT = "      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n"


@pytest.mark.parametrize("on", ["pull_request_target", "[push, workflow_run]", "\n  pull_request_target:\n    types: [opened]"])
def test_strangers_code_checked_out_with_rights_is_dangerous(on: str) -> None:
    assert [kind for kind, _, _ in rows(WORKFLOW, workflow(CHECKOUT, on=on), "dangerous_workflow")] == ["untrusted checkout"]


def test_the_same_checkout_without_rights_is_not() -> None:
    assert rows(WORKFLOW, workflow(CHECKOUT, on="pull_request"), "dangerous_workflow") == []


def test_actions_are_pinned_by_a_commit_or_a_digest() -> None:
    uses = ["actions/checkout@v4", f"actions/cache@{SHA}", "docker://alpine:3", f"docker://alpine@{DIGEST}", "./local"]
    text = workflow("".join(f"      - uses: {each}\n" for each in uses))

    assert pins(WORKFLOW, text) == [
        ("own action", 6, "unpinned actions/checkout@v4"),
        ("own action", 7, f"pinned actions/cache@{SHA}"),
        ("other action", 8, "unpinned docker://alpine:3"),
        ("other action", 9, f"pinned docker://alpine@{DIGEST}"),
    ]


def test_a_called_workflow_counts_as_an_action() -> None:
    text = "on: push\njobs:\n  call:\n    uses: org/repo/.github/workflows/x.yml@main\n"

    assert pins(WORKFLOW, text) == [("other action", 4, "unpinned org/repo/.github/workflows/x.yml@main")]


def test_commands_of_a_workflow_are_cited_on_their_own_line() -> None:
    text = workflow("      - run: |\n          make\n          npm install\n      - run: npm ci\n")

    assert pins(WORKFLOW, text) == [("npm", 8, "unpinned npm install"), ("npm", 9, "pinned npm install")]


def test_commands_of_windows_shells_are_not_read() -> None:
    job = "on: push\njobs:\n  a:\n    runs-on: ${{ matrix.os }}\n    strategy:\n      matrix:\n        os: [windows-latest]\n    steps:\n"

    assert pins(WORKFLOW, job + "      - run: npm install\n") == []
    assert len(pins(WORKFLOW, job + "      - run: npm install\n        shell: bash\n")) == 1
    assert len(pins(WORKFLOW, job.replace("[windows-latest]", "[windows-latest, ubuntu-latest]") + "      - run: npm install\n")) == 1


def test_analysers_in_a_workflow_are_named() -> None:
    text = workflow("      - uses: github/codeql-action/analyze@v3\n      - uses: snyk/actions/node@master\n")

    assert rows(WORKFLOW, text, "sast") == [("tool", 6, "CodeQL"), ("tool", 7, "Snyk")]


@pytest.mark.parametrize("text", ["on: [push\njobs: {}\n", "a: b: c\n", "\tx: 1\n", "a: *nowhere\n", "- " * 5000, "[" * 5000])
def test_a_workflow_that_is_no_yaml_is_said_to_be_unreadable(text: str) -> None:
    found = rows(WORKFLOW, text, "workflow")

    assert [kind for kind, _, _ in found] == ["file", "unreadable"]
    assert found[1][1] >= 1


def test_an_alias_bomb_is_refused_and_costs_nothing() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 30)}]\n" for n in range(1, 40))

    assert [kind for kind, _, _ in rows(WORKFLOW, bomb, "workflow")] == ["file", "unreadable"]


def test_a_workflow_of_comments_alone_is_no_workflow() -> None:
    assert observe(WORKFLOW, b"# nothing\n\n  # here\n") == []


def test_images_are_pinned_by_a_digest_or_a_pinned_stage() -> None:
    text = f"ARG TAG=1\nFROM scratch\nFROM --platform=linux/amd64 node:${{TAG}} AS build\nFROM alpine@{DIGEST} AS base\nFROM base\nFROM build\n"

    assert [(line, value.split()[0], value.split()[1]) for _, line, value in pins("Dockerfile", text)] == [
        (3, "unpinned", "node:1"),
        (4, "pinned", f"alpine@{DIGEST}"),
        (5, "pinned", "base"),
        (6, "unpinned", "build"),
    ]


def test_commands_of_a_dockerfile_are_read_over_continued_lines_and_own_texts() -> None:
    text = 'FROM scratch\nRUN apt-get update \\\n # a word\n && pip install flask\nRUN <<EOF\nset -e\nnpm install\nEOF\nRUN ["npm", "ci"]\n'

    assert pins("app.Dockerfile", text) == [
        ("pip", 4, "unpinned pip install"),
        ("npm", 7, "unpinned npm install"),
        ("npm", 9, "pinned npm install"),
    ]


@pytest.mark.parametrize("path", ["vendor/x/Dockerfile", "third_party/Dockerfile", "testdata/Dockerfile", "docs/Dockerfile.md"])
def test_dockerfiles_of_others_samples_and_pages_are_left_out(path: str) -> None:
    assert pins(path, "FROM node\nRUN npm install\n") == []


def test_a_from_line_without_one_image_is_unreadable() -> None:
    assert pins("Dockerfile", "FROM a b\n") == [("unreadable", 1, "a FROM line that names no single image")]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("curl -sSL https://x.y/z | sudo bash -s", [("download", 1, False)]),
        ("if ! wget -qO- x.y | sh; then exit; fi", [("download", 1, False)]),
        ("bash <(curl -s https://x.y/z)", [("download", 1, False)]),
        ('echo "$(curl -s x.y | python3)"', [("download", 1, False)]),
        ("docker run x bash -c 'curl x.y | sh'", [("download", 1, False)]),
        (f"curl https://raw.githubusercontent.com/o/r/{SHA}/s.sh | sh", []),
        ("curl -O x.y/file; cat file | grep x", []),
        ("echo 'curl x.y | sh'", []),
        ("# curl x.y | sh", []),
        ("pip install flask", [("pip", 1, False)]),
        ("X=1 python3 -m pip install --require-hashes -r r.txt", [("pip", 1, True)]),
        ("pip install ./dist/a.whl", [("pip", 1, True)]),
        ("pip install --no-deps -e .", [("pip", 1, True)]),
        ("pip install -e .", [("pip", 1, False)]),
        (f"pip install --no-deps -e git+https://github.com/o/r@{SHA}#egg=r", [("pip", 1, True)]),
        ("npm ci", [("npm", 1, True)]),
        ("npm i -g yarn", [("npm", 1, False)]),
        ("npm run install", [("npm", 1, False)]),
        ("npm test", []),
        ("go install github.com/a/b@v1.2.3", [("go", 1, True)]),
        ("go install github.com/a/b@latest", [("go", 1, False)]),
        ("go install ./...", [("go", 1, True)]),
        ("go build ./...", []),
        ("choco install git --requirechecksums", [("choco", 1, True)]),
        ("choco install git", [("choco", 1, False)]),
        ("dotnet restore --locked-mode", [("nuget", 1, True)]),
        ("dotnet add app package Newtonsoft.Json", [("nuget", 1, False)]),
        ("nuget install packages.config", [("nuget", 1, True)]),
    ],
)
def test_what_a_command_installs(line: str, found: list[tuple[str, int, bool]]) -> None:
    assert script(line) == found


def test_a_file_that_is_fetched_and_then_run_counts() -> None:
    assert script("wget -O /tmp/a.sh https://x.y/a.sh", "chmod +x /tmp/a.sh", "bash /tmp/a.sh") == [("download", 3, False)]
    assert script("curl x.y > get.sh", "./get.sh") == [("download", 2, False)]


def test_texts_inside_a_script_are_no_commands() -> None:
    assert script("cat > f <<'EOF'", "pip install flask", "EOF", "[[ $a =~ (x|y) ]] && npm i", "b=(npm install)") == [("npm", 4, False)]


def test_a_script_that_does_not_close_a_quote_is_said_to_be_unread() -> None:
    assert pins("a.sh", "pip install x\necho 'open\n")[-1][:2] == ("script not read", 2)


def test_scripts_are_known_by_their_first_line_or_else_by_their_ending() -> None:
    assert pins("tool", "#!/usr/bin/env bash\nnpm install\n") == [("npm", 2, "unpinned npm install")]
    assert pins("tool.sh", "#!/usr/bin/python\nnpm install\n") == []
    assert pins("tool.txt", "npm install\n") == []


def test_words_of_one_part_are_known_and_others_are_not() -> None:
    (found,) = commands("sudo run 'a b' \"c\" $d e$f g\\ h > out")

    assert found.arguments == ["run", "'a b'", '"c"', "g\\ h"]
    assert found.target == "out"


def test_nuget_is_locked_centrally_or_by_project() -> None:
    central = "<Project><PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup><ItemGroup>{}</ItemGroup></Project>"

    assert pins("Directory.Packages.props", central.format('<PackageVersion Include="a" Version="[1.0]"/>')) == [
        ("nuget central", 1, "fixed")
    ]
    assert pins("Directory.Packages.props", central.format('<PackageVersion Include="a" Version="1.0"/>')) == [
        ("nuget central", 1, "not fixed")
    ]
    assert pins("a.csproj", "<RestoreLockedMode>true</RestoreLockedMode>") == [("nuget project", 1, "locked")]


def test_sonar_in_a_build_file_is_an_analyser() -> None:
    assert rows("pom.xml", "<a>\n<sonar.host.url>https://sonar.example</sonar.host.url>", "sast") == [("tool", 2, "Sonar")]


PATHS = [WORKFLOW, "Dockerfile", "a.sh", "SECURITY.md", "LICENSE", "pom.xml", "a.csproj", "Directory.Packages.props", "tool"]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PATHS), st.binary(max_size=400))
@example("a.sh", b"pip install $(")
@example("a.sh", b"pip install `$'\\'")
@example(WORKFLOW, b"jobs: &j\n a: *j\n")
@example(WORKFLOW, b"jobs:\n a:\n  steps:\n   - run: '${{'\n")
@example("Dockerfile", b"RUN [[[\nFROM \\\n\nRUN <<")
def test_no_content_is_too_strange_and_the_same_gives_the_same(path: str, content: bytes) -> None:
    found = observe(path, content)

    assert found == observe(path, content)
    assert all(isinstance(line, int) and line >= 0 and len(value) <= 200 for _, _, line, value in found)


@given(st.text(alphabet="ab '\"`$(){}<>|&;#\\\n=[]", max_size=60))
def test_any_script_is_read_or_refused(text: str) -> None:
    try:
        found = commands(text)
    except Unreadable as refused:
        assert 1 <= refused.line <= text.count("\n") + 1
    else:
        assert [command.line for command in found] == sorted(command.line for command in found)


SH, JOB = "pip install x\n", "on: push\njobs:\n  a:\n    steps:\n      - run: |\n          "
HOSTILE = [
    ("a.sh", SH + "$(" * 10_000),
    ("a.sh", SH + "$(" * 6_000 + ")" * 6_000),
    ("a.sh", SH + "`" * 20_000),
    ("a.sh", SH + "".join(f"wget http://a/b{n};./c{n}\n" for n in range(700))),
    ("a.sh", SH + "curl|" * 4_000),
    ("a.sh", SH + "pip install " + "--a-" * 5_000 + "!"),
    ("Dockerfile", "RUN <<A\n" * 2_500),
    ("Dockerfile", "ARG A=${A}${A}\n" * 1_000 + "FROM ${A}\n" * 500),
    (WORKFLOW, "[" * 20_000),
    (WORKFLOW, "? \n" * 6_000),
    (WORKFLOW, JOB + "${{ github.event. pages commits " * 600 + "}}"),
    (WORKFLOW, JOB + "${{ tojson(" + " " * 20_000),
    ("SECURITY.md", "a." * 10_000),
    ("SECURITY.md", "x@" + "a-." * 6_000),
    ("LICENSE", "permission is hereby granted free of charge " * 450),
    ("pom.xml", "<sonar.host.url>" + " " * 20_000),
]


@pytest.mark.parametrize(("path", "text"), HOSTILE, ids=[f"{n}-{path[-12:]}" for n, (path, _) in enumerate(HOSTILE)])
def test_hostile_content_takes_no_longer_than_any_other(path: str, text: str) -> None:
    start = time.process_time()
    observe(path, text.encode())

    assert time.process_time() - start < 0.5  # ten times what it takes, for slow machines
