"""Reports and components to write inventories of."""

import base64
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import strategies as st
from packageurl import PackageURL

from quarterdeck.domain.contents import Component
from quarterdeck.domain.report import Compared, FrontPage, Look, NamedPerson, Report

FRONT = FrontPage("", (), (), (), "", None, "", 0, ())
LOOKS = (Look("shop", "k1", "a" * 40, "main", 1, None, None), Look("api", "k2", "b" * 40, "main", 1, None, None))
ADA = NamedPerson("p1", "Ada Lovelace", "Developer A", ("ada@example.com",), ("Ada Lovelace",))
REPORT = Report(
    title="First audit of shop", company="Acme", currency="USD", as_of=date(2026, 6, 30), front=FRONT, compared=Compared(),
    practices=(), not_assessed=(), unseen=(), findings=(), looks=LOOKS, people=(ADA,), problems=(), left_out={}, rooms=(),
    digest="d", engine="0.1.0", options={},
)  # fmt: skip
SRI = "sha512-" + base64.b64encode(bytes(range(64))).decode()
SHA256 = "sha256:" + "ab" * 32
BLANK = Component(0, "", "npm", "", "", "", "direct", "runtime", "", "package-lock.json", 1, "npm")


def component(name: str, version: str = "", **more: Any) -> Component:
    """Return a component of the npm ecosystem, unless told otherwise."""
    kind = more.pop("ecosystem", "npm")
    namespace, _, last = name.rpartition("/")
    purl = more.pop("purl", "") or PackageURL(kind, namespace or None, last, version or None).to_string()
    return replace(BLANK, purl=purl, ecosystem=kind, name=name, version=version, **more)


A, B = "pkg:npm/a@1.0.0", "pkg:npm/b@2.0.0"
# A shop of two systems: the same package stands in both, brings in another in one of them, and nothing is locked in the API.
SHOP = (
    component("a", "1.0.0", system="web", path="web/package-lock.json", line=3, licence="MIT", integrity=SRI),
    component("b", "2.0.0", system="web", path="web/package-lock.json", line=9, parents=(A,), relation="transitive", licence="BSD"),
    component("c", "3.0.0", system="web", path="web/package-lock.json", line=12, scope="dev", licence="(MIT OR Apache-2.0)", parents=(B, "pkg:npm/gone@1")),
    component("a", "1.0.0", repository=1, path="package.json", line=4, licence="MIT"),
    component("requests", wanted=">=2", ecosystem="pypi", repository=1, path="setup.cfg", line=8, integrity="h1:abc="),
    component("golang", "1.22", ecosystem="docker", repository=1, path="Dockerfile", line=1, integrity=SHA256, scope="build"),
)  # fmt: skip

_WORDS = st.text("abcdefg-_.0123456789ABÅé", min_size=1, max_size=8).map(lambda text: f"x{text}x")
_VERSIONS = st.sampled_from(["1.0.0", "2.0", "1!3.1", "v0.0.0-20200101000000-abcdefabcdef", "1.0+local", "2.4~rc1"])
_LICENCES = st.sampled_from(
    ["", "MIT", "BSD", "MIT OR Apache-2.0", "GPL-2.0-only WITH Classpath-exception-2.0", "Custom, see <LICENCE>\nline"]
)
_HASHES = st.sampled_from(["", SRI, SHA256, f"{SHA256} sha256:{'cd' * 32}", "h1:abc=", "10c0/1234"])


@st.composite
def inventories(draw: st.DrawFn) -> list[Component]:
    """Draw components of a few systems, with edges between those of one system and to some that nobody lists."""
    made = draw(
        st.lists(st.tuples(st.sampled_from(["npm", "pypi", "cargo", "golang"]), _WORDS, _VERSIONS), min_size=1, max_size=6, unique=True)
    )
    purls = [component(name, version, ecosystem=kind).purl for kind, name, version in made]
    return [
        component(
            name, version, ecosystem=kind,
            repository=draw(st.integers(0, 1)), system=draw(st.sampled_from(["", "web", "a b/ü"])), line=draw(st.integers(1, 99)),
            scope=draw(st.sampled_from(["runtime", "dev", "test", "build", "optional", "peer", "unknown"])),
            relation=draw(st.sampled_from(["direct", "transitive", "unknown"])),
            parents=tuple(draw(st.lists(st.sampled_from([*purls, "pkg:npm/elsewhere@9"]), max_size=3, unique=True))),
            licence=draw(_LICENCES), integrity=draw(_HASHES),
            released=draw(st.sampled_from(["", "2025-03-01"])), deprecated=draw(st.sampled_from(["", "use y"])),
        )
        for kind, name, version in made
    ]  # fmt: skip
