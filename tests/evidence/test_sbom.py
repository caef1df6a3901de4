"""Bills of materials of others: read in every format, kept as they are, and never trusted."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterdeck.deliver.exchange import cyclonedx, spdx
from quarterdeck.deliver.exchange.digests import digest, split
from quarterdeck.domain.contents import Component
from quarterdeck.domain.errors import InputError
from quarterdeck.evidence import sbom
from tests.deliver.inventories import REPORT, SHOP, inventories

APP = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "metadata": {"timestamp": "2026-05-01T10:00:00Z", "component": {"type": "application", "bom-ref": "app", "name": "app"}},
    "components": [
        {
            "type": "framework", "bom-ref": "1", "group": "org.acme", "name": "core", "version": "2.0", "purl": "pkg:maven/org.acme/core@2.0",
            "licenses": [{"license": {"id": "MIT"}}, {"license": {"name": "Own"}}], "hashes": [{"alg": "SHA-1", "content": "A" * 40}],
            "scope": "required", "components": [{"type": "library", "bom-ref": "2", "name": "inner", "version": "1"}],
        },
        {"type": "library", "bom-ref": "3", "name": "left", "purl": "pkg:npm/%40s/left", "version": "3.1", "scope": "excluded"},
    ],
    "dependencies": [{"ref": "app", "dependsOn": ["1"]}, {"ref": "1", "dependsOn": ["3"]}],
}  # fmt: skip
XML = """<?xml version="1.0" encoding="UTF-8"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1">
  <metadata><timestamp>2026-05-01T10:00:00Z</timestamp><component type="application" bom-ref="app"><name>app</name></component></metadata>
  <components>
    <component type="framework" bom-ref="1">
      <group>org.acme</group><name>core</name><version>2.0</version><scope>required</scope>
      <hashes><hash alg="SHA-1">AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA</hash></hashes>
      <licenses><license><id>MIT</id></license><license><name>Own</name></license></licenses>
      <purl>pkg:maven/org.acme/core@2.0</purl>
      <components><component type="library" bom-ref="2"><name>inner</name><version>1</version></component></components>
    </component>
    <component type="library" bom-ref="3"><name>left</name><version>3.1</version><scope>excluded</scope><purl>pkg:npm/%40s/left</purl></component>
  </components>
  <dependencies><dependency ref="app"><dependency ref="1"/></dependency><dependency ref="1"><dependency ref="3"/></dependency></dependencies>
</bom>
"""
TAGS = """SPDXVersion: SPDX-2.2
DataLicense: CC0-1.0
Created: 2026-05-01T10:00:00Z
Relationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-app
PackageName: app
SPDXID: SPDXRef-app
PackageName: core
SPDXID: SPDXRef-1
PackageVersion: 2.0
PackageChecksum: SHA1: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
PackageLicenseConcluded: NOASSERTION
PackageLicenseDeclared: (MIT AND LicenseRef-1)
PackageComment: <text>One line
PackageName: and not a package</text>
ExternalRef: PACKAGE-MANAGER purl pkg:maven/org.acme/core@2.0
FileName: ./readme
SPDXID: SPDXRef-File
PackageName: left
SPDXID: SPDXRef-3
PackageVersion: 3.1
ExternalRef: PACKAGE_MANAGER purl pkg:npm/%40s/left
Relationship: SPDXRef-app DEPENDS_ON SPDXRef-1
Relationship: SPDXRef-3 DEV_DEPENDENCY_OF SPDXRef-1
Relationship: SPDXRef-1 CONTAINS SPDXRef-File
LicenseID: LicenseRef-1
LicenseName: Own
ExtractedText: <text>All
rights</text>
"""


def packed(tree: Any) -> bytes:
    return json.dumps(tree, indent=1).encode()


def names(components: Iterable[Component]) -> list[str]:
    return [each.name for each in components]


def test_a_cyclonedx_file_gives_components_with_what_brings_them_in() -> None:
    (core, inner, left), problems = sbom.read("app.json", packed(APP))

    assert problems == []
    assert (core.purl, core.name, core.version, core.ecosystem) == ("pkg:maven/org.acme/core@2.0", "org.acme:core", "2.0", "maven")
    assert (core.licence, core.integrity, core.scope, core.relation) == ("MIT, Own", f"sha1:{'a' * 40}", "runtime", "direct")
    assert (left.purl, left.version, left.scope, left.relation) == ("pkg:npm/%40s/left@3.1", "3.1", "dev", "transitive")
    assert left.parents == (core.purl,)
    assert {each.system for each in (core, inner, left)} == {"app.json"}
    assert (inner.ecosystem, inner.purl, inner.origin, inner.relation) == ("generic", "pkg:generic/inner@1", "unknown", "unknown")


def test_a_component_is_cited_by_the_line_it_stands_on() -> None:
    content = packed(APP)

    components, _ = sbom.read("app.json", content)

    lines = content.decode().splitlines()
    assert [(each.path, f'"bom-ref": "{n}"' in lines[each.line - 1]) for n, each in enumerate(components, 1)] == [("app.json", True)] * 3


def test_xml_and_json_say_the_same() -> None:
    from_xml, problems = sbom.read("app", XML.encode())
    from_json, _ = sbom.read("app", packed(APP))

    def facts(each: Component) -> tuple[Any, ...]:
        return each.purl, each.name, each.licence, each.integrity, each.scope, each.relation, each.parents

    assert problems == []
    assert list(map(facts, from_xml)) == list(map(facts, from_json))
    assert [each.line for each in from_xml] == [5, 10, 12]


def test_what_a_component_was_made_from_is_no_component() -> None:
    pedigree = '<pedigree><ancestors><component type="library"><name>older</name></component></ancestors></pedigree>'

    components, _ = sbom.read("app.xml", XML.replace("<components><component", f"{pedigree}<components><component").encode())

    assert names(components) == ["org.acme:core", "inner", "left"]


def test_tag_value_gives_packages_with_their_edges() -> None:
    (core, left), problems = sbom.read("app.spdx", TAGS.encode())

    assert problems == []
    assert (core.purl, core.licence, core.relation, core.line) == ("pkg:maven/org.acme/core@2.0", "(MIT AND Own)", "direct", 7)
    assert core.integrity == f"sha1:{'a' * 40}"
    assert (left.purl, left.scope, left.parents) == ("pkg:npm/%40s/left@3.1", "dev", (core.purl,))


def test_an_spdx_file_of_another_tool_is_read_out_of_its_envelope() -> None:
    root = {"SPDXID": "SPDXRef-root", "name": "com.github.acme/shop", "versionInfo": "main"}
    package = {
        "SPDXID": "SPDXRef-1", "name": "rails", "versionInfo": "7.1.0", "licenseConcluded": "MIT",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:gem/rails@7.1.0"}],
    }  # fmt: skip
    links = [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-root"), ("SPDXRef-root", "DEPENDS_ON", "SPDXRef-1")]
    relationships = [dict(zip(("spdxElementId", "relationshipType", "relatedSpdxElement"), each, strict=True)) for each in links]
    tree = {"sbom": {"spdxVersion": "SPDX-2.3", "packages": [root, package], "relationships": relationships}}

    (rails,), problems = sbom.read("github.json", packed(tree))

    assert problems == []
    assert (rails.purl, rails.relation, rails.licence) == ("pkg:gem/rails@7.1.0", "direct", "MIT")


def test_what_an_image_contains_is_not_called_a_direct_dependency() -> None:
    links = [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-i"), ("SPDXRef-i", "CONTAINS", "SPDXRef-1")]
    relationships = [dict(zip(("spdxElementId", "relationshipType", "relatedSpdxElement"), each, strict=True)) for each in links]
    packages = [{"SPDXID": "SPDXRef-i", "name": "image"}, {"SPDXID": "SPDXRef-1", "name": "zlib", "versionInfo": "1.3"}]

    (zlib,), _ = sbom.read("image.json", packed({"spdxVersion": "SPDX-2.3", "packages": packages, "relationships": relationships}))

    assert (zlib.name, zlib.relation) == ("zlib", "unknown")


def test_every_row_is_kept_or_named_as_a_problem() -> None:
    rows = [
        {"type": "library", "name": "good", "version": "1"}, {"type": "library", "name": "bad", "purl": "not a purl"}, "text", None, 7,
        {"type": "library", "name": " "}, {"type": "library", "name": "x" * 3000}, {"type": "library", "name": ["list"], "purl": {"a": 1}},
    ]  # fmt: skip

    kept, problems = sbom.read("b.json", packed({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": rows}))

    assert names(kept) == ["good"]
    assert len(kept) + len(problems) == len(rows)


def test_files_and_keys_are_counted_and_no_packages() -> None:
    rows = [{"type": "file", "name": f"/bin/{number}"} for number in range(1200)] + [{"type": "library", "name": "a"}]

    kept, problems = sbom.read("b.json", packed({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": rows}))

    assert names(kept) == ["a"]
    assert [each.message[:14] for each in problems] == ["1,200 entries "]


def test_edges_to_nowhere_are_counted() -> None:
    tree = APP | {"dependencies": [{"ref": "1", "dependsOn": ["99", "3"]}]}

    _, problems = sbom.read("b.json", packed(tree))

    assert [each.message for each in problems] == ["1 dependency entries name components that the file does not list"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"bomFormat": "CycloneDX", "specVersion": "1.1"}', "CycloneDX 1.1 is not supported"),
        (b'{"bomFormat": "CycloneDX", "specVersion": "9"}', "CycloneDX 9 is not supported"),
        (b'{"bomFormat": "CycloneDX"}', "CycloneDX of no version is not supported"),
        (b'{"spdxVersion": "SPDX-2.1", "packages": []}', "SPDX-2.1 is not supported"),
        (b'{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}', "SPDX 3 is not supported"),
        (b"SPDXVersion: SPDX-1.2\n", "SPDX-1.2 is not supported"),
        (b'<bom xmlns="http://cyclonedx.org/schema/bom/1.0"/>', "CycloneDX 1.0 is not supported"),
        (b"<html/>", "not a bill of materials"),
        (b'{"artifacts": []}', "not a bill of materials"),
        (b"[1, 2]", "not a bill of materials"),
        (b"", "not a bill of materials"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b'{"bomFormat": "CycloneDX", "compo', "not valid JSON at line 1"),
        (XML.encode()[:600], "not valid XML at line"),
        (b"[" * 200_000, "not a bill of materials"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b'<bom xmlns="http://cyclonedx.org/schema/bom/1.5">' + b"<a>" * 100_000, "XML that no bill"),
        (b'<!DOCTYPE x [<!ENTITY a "aaa"><!ENTITY b "&a;&a;">]><bom>&b;</bom>', "XML that no bill"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><bom/>', "XML that no bill"),
    ],
)
def test_what_is_no_bill_of_a_known_version_is_refused_with_what_to_do(content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        sbom.read("x.json", content)

    assert "xport" in caught.value.hint
    assert sbom.taken(content) is None


def test_a_file_beyond_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sbom, "MOST_BYTES", 100)

    with pytest.raises(InputError, match="larger than"):
        sbom.read("x.json", packed(APP))


@pytest.mark.parametrize("content", [packed(APP), XML.encode(), TAGS.encode(), b"\xef\xbb\xbf" + packed(APP)])
def test_a_bill_says_when_it_was_made(content: bytes) -> None:
    assert sbom.taken(content) == date(2026, 5, 1)


def test_an_old_bill_and_one_of_unknown_age_are_noted() -> None:
    fresh, old = (sbom.age_note("b.json", packed(APP), day) for day in (date(2026, 7, 30), date(2026, 7, 31)))
    unknown = sbom.age_note("b.json", packed(APP | {"metadata": {}}), date(2026, 7, 31))

    assert fresh is None
    assert old and old.message.startswith("is 91 days old")
    assert unknown and "age is not known" in unknown.message


def test_a_day_that_is_none_is_not_told() -> None:
    assert sbom.taken(packed(APP | {"metadata": {"timestamp": "2026-99-01T00:00:00Z"}})) is None
    assert sbom.taken(packed(APP | {"metadata": []})) is None


def test_what_we_wrote_comes_back_with_folders_scopes_ranges_and_places() -> None:
    for text in (cyclonedx.render(REPORT, SHOP, "full"), spdx.render(REPORT, SHOP, "full")):
        components, problems = sbom.read("own.json", text.encode())
        found = {(each.system, each.name): each for each in components}

        assert problems == []
        assert set(found) == {("shop/web", "a"), ("shop/web", "b"), ("shop/web", "c"), ("api", "a"), ("api", "requests"), ("api", "golang")}
        assert (found["api", "requests"].wanted, found["api", "requests"].version) == (">=2", "")
        assert (found["shop/web", "c"].scope, found["shop/web", "c"].path, found["shop/web", "c"].line) == (
            "dev",
            "web/package-lock.json",
            12,
        )
        assert (found["shop/web", "b"].relation, found["shop/web", "b"].parents) == ("transitive", ("pkg:npm/a@1.0.0",))


def kept(components: Iterable[Component]) -> dict[str, set[Any]]:
    """Return what a round trip must not lose."""
    rows = list(components)
    return {
        "packages": {(each.purl, each.version, each.wanted, each.scope, each.relation, each.ecosystem) for each in rows},
        "licences": {(each.purl, each.licence) for each in rows},
        "hashes": {(each.purl, digest(one, each.ecosystem) or one) for each in rows for one in split(each.integrity)},
        "edges": {(parent, each.purl) for each in rows for parent in each.parents},
        "warnings": {(each.purl, each.released, each.deprecated) for each in rows},
        "places": {(each.path, each.line) for each in rows},
    }


@settings(max_examples=40, deadline=None)
@given(inventories(), st.sampled_from([cyclonedx, spdx]))
def test_out_and_in_and_out_again_loses_nothing(rows: list[Component], form: Any) -> None:
    again, problems = sbom.read("own.json", form.render(REPORT, rows, "full").encode())
    twice, _ = sbom.read("own.json", form.render(REPORT, again, "full").encode())

    assert problems == []
    assert kept(again) == kept(rows)
    assert kept(twice) == kept(rows)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["pkg:npm/a@1", "pkg:", "SPDXRef-DOCUMENT", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["components", "packages", "bom-ref", "purl", "name", "version", "licenses", "license", "dependencies", "ref",
                         "dependsOn", "metadata", "component", "relationships", "SPDXID", "externalRefs", "properties", "hashes", "type"]),
        inner, max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["components", "packages", "relationships", "dependencies", "metadata"]), JSON), st.booleans())
def test_no_shape_of_a_bill_is_a_crash(tree: dict[str, Any], spdx_file: bool) -> None:
    head = {"spdxVersion": "SPDX-2.3"} if spdx_file else {"bomFormat": "CycloneDX", "specVersion": "1.6"}
    if not spdx_file:
        tree.pop("packages", None)

    components, problems = sbom.read("x.json", packed(tree | head))

    assert all(each.name and each.purl.startswith("pkg:") for each in components)
    assert all(each.message for each in problems)
