"""Broken, endless and hostile manifests: each ends as a sentence, soon, and runs nothing."""

import json
import random
import time
import tracemalloc

import pytest

from quarterdeck.domain.contents import Component
from quarterdeck.evidence.inventory import inventory, reader_of
from quarterdeck.evidence.inventory.loaders import MOST_BYTES, xml_of, yaml_of
from quarterdeck.evidence.inventory.source import Source, Unreadable
from tests.evidence.inventory import test_javascript as javascript
from tests.evidence.inventory import test_python as python

GOOD = {
    "requirements.txt": python.COMPILED,
    "uv.lock": python.UV,
    "poetry.lock": '[[package]]\nname = "a"\nversion = "1"\n[package.dependencies]\nb = "*"\n[[package]]\nname = "b"\nversion = "2"\n',
    "pyproject.toml": '[project]\nname = "x"\ndependencies = ["a>=1"]\n[tool.poetry.group.dev.dependencies]\nb = {git = "https://x/y.git"}\n',
    "setup.py": 'setup(install_requires=["a>=1"], extras_require={"dev": ["b"]})\n',
    "setup.cfg": "[options]\ninstall_requires =\n    a>=1\n",
    "environment.yml": "dependencies:\n  - a=1\n  - pip:\n    - b==2\n",
    "Pipfile.lock": '{"default": {"a": {"version": "==1"}}, "develop": {}}',
    "package.json": javascript.MANIFEST,
    "package-lock.json": json.dumps(javascript.NPM_3, indent=1),
    "pnpm-lock.yaml": javascript.PNPM_9,
    "v1/yarn.lock": javascript.YARN_1,
    "v2/yarn.lock": javascript.BERRY,
    "bun.lock": javascript.BUN,
}
NOISE = [b"\0", b"\xff\xfe", b"<<<<<<< HEAD\n", b"\x1b[31m", "\u202e".encode(), b"[" * 300, b'"', b"{", b"}", b"\n", b"\r", b"null", b"-1", b"1e999", b"../" * 40,
         b"&a *a", b"!!python/object/apply:os.system [id]", b"\\ud800", b"[[package]]\n", b": ", b"@", b"=", b"%00", b"npm:npm:npm:", b"NaN"]  # fmt: skip


def seen(files: dict[str, bytes]) -> tuple[list[Component], list[str]]:
    components, problems = inventory(files, 0, "shop")
    return components, [each.message for each in problems]


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Cut, repeat, swap or soil parts of a file."""
    for _ in range(chance.randint(1, 4)):
        start, end = sorted(chance.randrange(len(content) + 1) for _ in range(2))
        way = chance.randrange(5)
        if way == 0:
            content = content[:start]
        elif way == 1:
            content = content[:start] + content[end:]
        elif way == 2:
            content = content[:end] + content[start:end] + content[end:]
        elif way == 3:
            content = content[:start] + chance.choice(NOISE) + content[start:]
        else:
            content = content[:start] + bytes(chance.randrange(256) for _ in range(3)) + content[start + 3 :]
    return content


@pytest.mark.parametrize("path", GOOD)
def test_mutated_files_crash_nothing_and_leave_only_sound_names(path: str) -> None:
    chance = random.Random(path)

    for _ in range(50):
        components, _ = seen({path: mutated(GOOD[path].encode(), chance), "other/package.json": b'{"dependencies": {"react": "^18"}}'})

        assert any(each.name == "react" for each in components)
        assert all(each.name.isprintable() and each.purl.encode("utf-8") and each.line >= 1 for each in components)


def test_every_good_file_gives_components_and_no_problem() -> None:
    for path, text in GOOD.items():
        components, messages = seen({path: text.encode()})

        assert components, path
        assert not messages, path


DEEP = 100_000
BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10))
HOSTILE = {
    "deep JSON": ("package.json", b"[" * DEEP),
    "deep objects": ("package-lock.json", b'{"dependencies":' * DEEP),
    "deep TOML": ("uv.lock", b"x = " + b"[" * DEEP),
    "long TOML key": ("poetry.lock", b"a" + b".a" * DEEP + b" = 1"),
    "deep YAML": ("pnpm-lock.yaml", b"a: " + b"[" * DEEP),
    "deep YAML blocks": ("environment.yml", b"- " * DEEP),
    "YAML bomb": ("pnpm-lock.yaml", BOMB.encode()),
    "YAML circle": ("environment.yml", b"dependencies: &a [*a]"),
    "YAML objects": ("environment.yml", b"dependencies: !!python/object/apply:os.system [id]\n<<: *x"),
    "deep Python": ("setup.py", b"x = " + b"(" * DEEP),
    "long Python": ("setup.py", b"x = 1" + b" + 1" * DEEP),
    "open comment": ("bun.lock", b"/*" * DEEP),
    "open quote": ("yarn.lock", b'"' * DEEP),
    "blanks": ("yarn.lock", b" " * 1_000_000 + b"x"),
    "NUL": ("requirements.txt", b"flask\0==1"),
    "binary": ("package.json", bytes(range(256)) * 50),
    "huge number": ("package.json", b'{"name": 1, "dependencies": ' + b"9" * 10_000 + b"}{"),
    "another type": ("uv.lock", b'{"lockfileVersion": 3}'),
    "too large": ("package-lock.json", b" " * (MOST_BYTES + 1)),
    "a crowd of packages": (
        "package-lock.json",
        b'{"packages": {' + b",".join(b'"node_modules/p%d":{}' % number for number in range(100_001)) + b"}}",
    ),
    "a crowd of lines": ("requirements.txt", b"a==1\n" * 100_001),
    "not a lockfile": ("pnpm-lock.yaml", b"packages: {}"),
    "list for table": ("poetry.lock", b'package = "no"'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_as_one_plain_sentence_within_moments(name: str) -> None:
    path, content = HOSTILE[name]
    start = time.process_time()

    components, messages = seen({path: content})

    assert time.process_time() - start < 2
    assert not components
    assert len(messages) == 1
    assert messages[0].isprintable()


def test_a_bomb_of_aliases_takes_little_memory() -> None:
    tracemalloc.start()

    with pytest.raises(Unreadable, match="repeating parts"):
        yaml_of(Source(0, "shop", "x.yml", BOMB, {}))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY x "aaaa"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        "<a>" * 500 + "</a>" * 500,
        "<a><b></a>",
        "",
    ],
)
def test_xml_with_entities_or_without_end_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        xml_of(Source(0, "shop", "pom.xml", text, {}))


@pytest.mark.parametrize(
    "line",
    [
        "a" * 20_000,
        "a-" * 10_000,
        "a[" * 10_000,
        "a;" * 10_000,
        "a @ " + "x" * 20_000,
        " " * 20_000 + "x",
        "-r " * 7_000,
        "a==" + "1." * 10_000,
        "npm:" * 5_000,
    ],
)
def test_one_endless_line_costs_moments(line: str) -> None:
    start = time.process_time()

    seen({"requirements.txt": line.encode(), "package.json": json.dumps({"dependencies": {"a": line, line: "1"}}).encode(),
          "yarn.lock": f'{line}@1:\n  version "1"\n'.encode(), "environment.yml": json.dumps({"dependencies": [line]}).encode(),
          "setup.cfg": f"[options]\ninstall_requires =\n {line}\n".encode()})  # fmt: skip

    assert time.process_time() - start < 1


def test_names_that_paint_or_hide_are_refused() -> None:
    manifest = json.dumps(
        {"dependencies": {"a\u202eb": "1", "\u200fred": "1", "<script>": "1", "=cmd()": "1", "good": "\ue000x"}},
        indent=1,
        ensure_ascii=False,
    )

    components, messages = seen({"package.json": manifest.encode(), "requirements.txt": "shop\u200b==1\nrich==1\n".encode()})

    assert {each.name for each in components} == {"rich"}
    assert len(messages) == 6


def test_a_lock_whose_packages_need_one_another_in_a_circle_ends() -> None:
    packages = {f"node_modules/{name}": {"version": "1.0.0", "dependencies": {other: "*"}} for name, other in ("ab", "bc", "ca")}
    lock = {"lockfileVersion": 3, "packages": {"": {"workspaces": ["."], "dependencies": {"a": "*"}}, **packages}}

    components, _ = seen({"package-lock.json": json.dumps(lock).encode(), "package.json": b'{"workspaces": [".", "**", "../*"]}'})

    assert {each.name: each.relation for each in components} == {"a": "direct", "b": "transitive", "c": "transitive"}


def test_a_workspace_pattern_built_to_hurt_costs_moments() -> None:
    files = {f"{'a' * 30}/{number}/package.json": b"{}" for number in range(200)}
    start = time.process_time()

    seen(
        {
            "package.json": json.dumps({"workspaces": ["*a" * 90 + "b", "**/" * 60, "{" + "a,a" * 60 + "}"]}).encode(),
            "yarn.lock": javascript.YARN_1.encode(),
            **files,
        }
    )

    assert time.process_time() - start < 2


def test_only_files_of_the_inventory_have_a_reader() -> None:
    assert reader_of("package.json") is not None
    assert reader_of("src/index.ts") is None
