"""Rust crates: lockfiles of every version, and manifests with what a workspace passes on."""

import pytest

from quarterdeck.evidence.inventory.packages.rust import READERS
from quarterdeck.evidence.inventory.source import Unreadable
from tests.evidence.inventory.reading import read, rows
from tests.evidence.inventory.test_core import read as whole

LOCK = """version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "core-lib",
 "rand 0.8.5",
 "tempfile",
]

[[package]]
name = "core-lib"
version = "0.1.0"
dependencies = [
 "serde",
]

[[package]]
name = "libc"
version = "0.2.1"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "cc"

[[package]]
name = "rand"
version = "0.7.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "rand"
version = "0.8.5"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = [
 "libc",
]

[[package]]
name = "serde"
version = "1.0.1"
source = "git+https://github.com/serde-rs/serde?branch=main#0123456"

[[package]]
name = "tempfile"
version = "3.0.0"
source = "registry+https://github.com/rust-lang/crates.io-index"
dependencies = [
 "rand 0.7.0",
]
"""
APP = """[package]
name = "app"
version = "0.1.0"
rust-version = "1.70"

[dependencies]
core-lib = { path = "core-lib" }
rand = "0.8"

[dev-dependencies]
tempfile = "3"

[workspace]
members = ["core-lib"]

[workspace.dependencies]
serde = { version = "1", git = "https://github.com/serde-rs/serde" }
"""
CORE = """[package]
name = "core-lib"

[dependencies]
serde.workspace = true
old = { package = "older", version = "=2.0.0", optional = true }

[target.'cfg(windows)'.dependencies]
winapi = "0.3"

[build-dependencies]
cc = "1"
"""
FILES = {"Cargo.lock": LOCK, "Cargo.toml": APP, "core-lib/Cargo.toml": CORE}


def test_a_lockfile_names_crates_but_not_the_software_itself() -> None:
    found = read(READERS, FILES, "Cargo.lock")

    assert rows(found) == {
        ("core-lib", "0.1.0", "direct", "runtime"),
        ("libc", "0.2.1", "transitive", "unknown"),
        ("rand", "0.7.0", "transitive", "unknown"),
        ("rand", "0.8.5", "direct", "runtime"),
        ("serde", "1.0.1", "direct", "runtime"),
        ("tempfile", "3.0.0", "direct", "dev"),
    }


def test_parents_are_told_apart_by_version_and_crates_by_where_they_come_from() -> None:
    found = {(each.name, each.version): each for each in read(READERS, FILES, "Cargo.lock")}

    assert found["rand", "0.7.0"].parents == ("pkg:cargo/tempfile@3.0.0",)
    assert found["rand", "0.8.5"].parents == ()
    assert found["serde", "1.0.1"].parents == ("pkg:cargo/core-lib@0.1.0",)
    assert [found[key].origin for key in (("core-lib", "0.1.0"), ("serde", "1.0.1"), ("libc", "0.2.1"))] == ["path", "git", "registry"]
    assert LOCK.splitlines()[found["libc", "0.2.1"].line - 1] == 'name = "libc"'
    assert found["libc", "0.2.1"].integrity == "cc"


def test_what_a_member_needs_to_be_tested_stays_out_of_what_is_delivered() -> None:
    core = CORE + '\n[dev-dependencies]\ntempfile = "3"\n'
    files = {**FILES, "Cargo.lock": LOCK.replace(' "serde",\n', ' "serde",\n "tempfile",\n'), "core-lib/Cargo.toml": core}

    found = whole(files)

    scopes = {(each.name, each.version): each.scope for each in found if each.ecosystem == "cargo"}
    assert scopes["core-lib", "0.1.0"] == "runtime"
    assert scopes["tempfile", "3.0.0"] == scopes["rand", "0.7.0"] == "dev"


def test_a_release_from_the_registry_counts_beside_our_own_crate_of_the_same_name() -> None:
    copy = '\n[[package]]\nname = "core-lib"\nversion = "0.1.0"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\n'
    needs = LOCK.replace(
        'name = "libc"\nversion = "0.2.1"\n',
        'name = "libc"\nversion = "0.2.1"\ndependencies = [\n "core-lib 0.1.0 (registry+https://github.com/rust-lang/crates.io-index)",\n]\n',
    )

    found = whole({**FILES, "Cargo.lock": needs + copy})

    assert [each.origin for each in found if each.name == "core-lib" and each.version] == ["registry"]


def test_the_first_lockfile_version_is_read_too() -> None:
    text = """[root]
name = "app"
version = "0.1.0"
dependencies = ["a 1.0.0 (registry+https://x)"]

[[package]]
name = "a"
version = "1.0.0"
source = "registry+https://x"

[metadata]
"checksum a 1.0.0 (registry+https://x)" = "aa"
"""
    (found,) = read(READERS, {"Cargo.lock": text})

    assert (found.name, found.relation, found.integrity) == ("a", "direct", "aa")


def test_a_member_inherits_from_its_workspace_and_belongs_to_its_lockfile() -> None:
    found = {each.name: each for each in read(READERS, FILES, "core-lib/Cargo.toml")}

    assert {name: (each.version, each.wanted, each.scope, each.origin) for name, each in found.items()} == {
        "serde": ("", "1", "runtime", "git"),
        "older": ("2.0.0", "", "optional", "registry"),
        "winapi": ("", "0.3", "runtime", "registry"),
        "cc": ("", "1", "build", "registry"),
    }
    assert {each.system for each in found.values()} == {""}
    assert [found[name].line for name in ("serde", "older", "winapi", "cc")] == [5, 6, 9, 12]


def test_the_language_release_is_named() -> None:
    rust = next(each for each in read(READERS, FILES, "Cargo.toml") if each.ecosystem == "generic")

    assert (rust.name, rust.wanted, rust.line) == ("rust", "1.70", 4)


@pytest.mark.parametrize("path", ["Cargo.lock", "Cargo.toml"])
def test_broken_files_are_refused(path: str) -> None:
    with pytest.raises(Unreadable):
        read(READERS, {path: "[package\nname ="})
