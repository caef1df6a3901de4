"""Go modules: what a `go.mod` asks for, what it replaces, and what it only uses as a tool."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.evidence.inventory.packages.golang import READERS
from quarterdeck.evidence.inventory.source import Unreadable
from tests.evidence.inventory.reading import read, rows

GO_MOD = """module example.org/shop

go 1.22
toolchain go1.22.5

tool golang.org/x/tools/cmd/stringer

require (
	github.com/gorilla/mux v1.8.1
	golang.org/x/net v0.20.0 // indirect
	golang.org/x/tools v0.17.0 // indirect
	example.org/old v1.0.0
	example.org/local v0.0.0-00010101000000-000000000000
	"github.com/quoted/name" v2.0.0+incompatible // a note, not indirect
)

replace example.org/old => github.com/new/home v1.4.2
replace (
	example.org/local => ./local
	github.com/gorilla/mux v1.7.0 => github.com/other/mux v1.0.0
)

exclude golang.org/x/net v0.20.0
retract v0.1.0
"""


def test_every_required_module_is_named_once_as_it_is_replaced() -> None:
    found = read(READERS, {"go.mod": GO_MOD})

    assert rows(found, "golang") == {
        ("github.com/gorilla/mux", "v1.8.1", "direct", "runtime"),
        ("golang.org/x/net", "", "transitive", "runtime"),
        ("golang.org/x/tools", "v0.17.0", "direct", "dev"),
        ("github.com/new/home", "v1.4.2", "direct", "runtime"),
        ("example.org/local", "", "direct", "runtime"),
        ("github.com/quoted/name", "v2.0.0+incompatible", "direct", "runtime"),
    }


def test_a_replacement_by_a_folder_is_our_own() -> None:
    found = {each.name: each.origin for each in read(READERS, {"go.mod": GO_MOD})}

    assert found["example.org/local"] == "path"
    assert found["github.com/new/home"] == "registry"


def test_an_excluded_release_is_no_exact_version() -> None:
    net = next(each for each in read(READERS, {"go.mod": GO_MOD}) if each.name == "golang.org/x/net")

    assert (net.version, net.wanted, net.purl) == ("", ">v0.20.0", "pkg:golang/golang.org/x/net")


def test_the_language_and_the_toolchain_are_named_with_their_lines() -> None:
    found = [each for each in read(READERS, {"go.mod": GO_MOD}) if each.ecosystem == "generic"]

    assert [(each.name, each.version, each.wanted, each.line) for each in found] == [("go", "", "1.22", 3), ("go", "1.22.5", "", 4)]


def test_checksums_are_no_list_of_what_is_used() -> None:
    assert read(READERS, {"go.sum": "github.com/gorilla/mux v1.8.1 h1:abc=\n"}) == []


@given(st.lists(st.tuples(st.from_regex(r"example\.org/[a-z]{1,8}", fullmatch=True), st.integers(0, 99)), unique_by=lambda row: row[0]))
def test_what_is_required_is_what_is_found(modules: list[tuple[str, int]]) -> None:
    text = "module x\n" + "".join(f"require {name} v1.0.{patch}\n" for name, patch in modules)

    found = read(READERS, {"go.mod": text})

    assert [(each.name, each.version) for each in found] == [(name, f"v1.0.{patch}") for name, patch in modules]


@pytest.mark.parametrize("text", ["\n" * 300_000, "garbage here\n", "{}", "PK\x03\x04", "requires x v1.0.0\n"])
def test_what_is_no_go_mod_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read(READERS, {"go.mod": text})
