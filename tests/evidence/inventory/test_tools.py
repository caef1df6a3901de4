"""Version files: one tool to a file, or a list of them."""

import pytest

from quarterdeck.evidence.inventory.platform.tools import READERS
from quarterdeck.evidence.inventory.source import Unreadable
from tests.evidence.inventory.reading import read

WRAPPER = "distributionBase=GRADLE_USER_HOME\ndistributionUrl=https\\://services.gradle.org/distributions/gradle-8.5-bin.zip\ndistributionSha256Sum=ab\n"
MAVEN = "distributionUrl=https://repo.maven.apache.org/maven2/org/apache/maven/apache-maven/3.9.6/apache-maven-3.9.6-bin.zip\n"


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (".nvmrc", "# used by CI\nlts/iron\n", [("node", "lts/iron", 2)]),
        (".node-version", "v20.10.0\n", [("node", "v20.10.0", 1)]),
        (".python-version", "3.12.1\npypy3.10-7.3.13\n", [("python", "3.12.1", 1), ("pypy3.10", "7.3.13", 2)]),
        (".ruby-version", "ruby-3.2.2\n", [("ruby", "3.2.2", 1)]),
        (".ruby-version", "jruby-9.4.5.0\n", [("jruby", "9.4.5.0", 1)]),
        (".java-version", "17\n", [("java", "17", 1)]),
        (".terraform-version", "1.6.0\n", [("terraform", "1.6.0", 1)]),
        (".tool-versions", "nodejs 20.1.0 18.0.0\njava temurin-17.0.1+12\ngolang 1.22\npython system\n", [("node", "20.1.0", 1), ("java", "temurin-17.0.1+12", 2), ("go", "1.22", 3)]),
        ("mise.toml", '[tools]\nnode = "20"\npython = ["3.12", "3.11"]\n"npm:prettier" = "3"\ngo = { version = "1.22" }\n', [("node", "20", 2), ("python", "3.12", 3), ("python", "3.11", 3), ("go", "1.22", 5)]),
        ("rust-toolchain", "1.75.0\n", [("rust", "1.75.0", 1)]),
        ("rust-toolchain.toml", '[toolchain]\nchannel = "nightly-2024-01-01"\n', [("rust", "nightly-2024-01-01", 2)]),
        ("runtime.txt", "python-3.11.7\n", [("python", "3.11.7", 1)]),
        (".sdkmanrc", "# on\njava=17.0.9-tem\ngradle=8.5\n", [("java", "17.0.9-tem", 2), ("gradle", "8.5", 3)]),
        ("gradle/wrapper/gradle-wrapper.properties", WRAPPER, [("gradle", "8.5", 2)]),
        (".mvn/wrapper/maven-wrapper.properties", MAVEN, [("maven", "3.9.6", 1)]),
        (".nvmrc", "\n", []),
    ],
)  # fmt: skip
def test_version_files_name_their_tools_as_written(path: str, text: str, expected: list[tuple[str, str, int]]) -> None:
    assert [(each.name, each.version, each.line) for each in read(READERS, {path: text})] == expected


def test_a_range_is_no_exact_version() -> None:
    (found,) = read(READERS, {".nvmrc": ">=18\n"})

    assert (found.version, found.wanted, found.purl) == ("", ">=18", "pkg:generic/node")


def test_what_builds_is_told_from_what_runs() -> None:
    found = {each.name: each.scope for each in read(READERS, {".tool-versions": "terraform 1.6.0\nnodejs 20.0.0\n"})}

    assert found == {"terraform": "build", "node": "runtime"}


def test_a_wrapper_keeps_its_checksum() -> None:
    (found,) = read(READERS, {"gradle-wrapper.properties": WRAPPER})

    assert found.integrity == "sha256:ab"


@pytest.mark.parametrize(
    ("path", "text"), [("mise.toml", "[tools"), ("rust-toolchain.toml", "x = = 1"), ("gradle-wrapper.properties", "nothing\n")]
)
def test_broken_files_are_refused(path: str, text: str) -> None:
    with pytest.raises(Unreadable):
        read(READERS, {path: text})
