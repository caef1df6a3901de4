"""The inventory as SPDX: valid, the same bytes every time, and with a relationship for every edge."""

import json
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from spdx_tools.spdx.parser.jsonlikedict.json_like_dict_parser import JsonLikeDictParser
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

from quarterdeck.deliver.exchange import spdx
from quarterdeck.domain.contents import Component
from tests.deliver.inventories import REPORT, SHOP, component, inventories


def document(*components: Component, names: Any = "roles") -> dict[str, Any]:
    tree = json.loads(spdx.render(REPORT, components or SHOP, names))
    assert [each.validation_message for each in validate_full_spdx_document(JsonLikeDictParser().parse(tree))] == []
    return dict(tree)


def relations(tree: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Return the relationships with packages by name and version."""
    named = {each["SPDXID"]: f"{each['name']} {each.get('versionInfo', '')}".strip() for each in tree["packages"]}
    ends = [(each["spdxElementId"], each["relationshipType"], each["relatedSpdxElement"]) for each in tree["relationships"]]
    return {(named.get(one, one), kind, named.get(other, other)) for one, kind, other in ends}


def test_the_document_describes_the_company_and_scopes_are_relationships() -> None:
    found = relations(document())

    assert found == {
        ("SPDXRef-DOCUMENT", "DESCRIBES", "Acme"),
        ("Acme", "DEPENDS_ON", "api"),
        ("Acme", "DEPENDS_ON", "shop/web"),
        ("a 1.0.0", "RUNTIME_DEPENDENCY_OF", "api"),
        ("a 1.0.0", "RUNTIME_DEPENDENCY_OF", "shop/web"),
        ("c 3.0.0", "DEV_DEPENDENCY_OF", "shop/web"),
        ("requests", "RUNTIME_DEPENDENCY_OF", "api"),
        ("golang 1.22", "BUILD_DEPENDENCY_OF", "api"),
        ("a 1.0.0", "DEPENDS_ON", "b 2.0.0"),
        ("b 2.0.0", "DEPENDS_ON", "c 3.0.0"),
    }


def test_a_licence_that_spdx_does_not_list_becomes_one_of_the_document() -> None:
    tree = document()

    (found,) = tree["hasExtractedLicensingInfos"]
    declared = {each["name"]: each["licenseDeclared"] for each in tree["packages"]}

    assert found == {"licenseId": "LicenseRef-quarterdeck-1", "name": "BSD", "extractedText": "BSD"}
    assert (declared["b"], declared["c"], declared["requests"]) == ("LicenseRef-quarterdeck-1", "(MIT OR Apache-2.0)", "NOASSERTION")


def test_package_urls_hashes_and_our_own_properties_are_kept() -> None:
    found = {each["name"]: each for each in document()["packages"]}

    assert [each["referenceLocator"] for each in found["golang"]["externalRefs"]] == ["pkg:docker/golang@1.22"]
    assert found["golang"]["checksums"] == [{"algorithm": "SHA256", "checksumValue": "ab" * 32}]
    assert json.loads(found["requests"]["comment"])["quarterdeck:range"] == [">=2"]
    assert "versionInfo" not in found["requests"]


def test_the_same_rows_in_any_order_give_the_same_bytes_and_others_another_namespace() -> None:
    forwards, backwards = (spdx.render(REPORT, rows, "roles") for rows in (SHOP, SHOP[::-1]))

    assert forwards == backwards
    assert document()["documentNamespace"] != document(*SHOP[:3])["documentNamespace"]
    assert document()["creationInfo"]["created"] == "2026-06-30T00:00:00Z"


def test_hidden_names_are_not_in_the_paths_of_an_inventory() -> None:
    rows = [replace(SHOP[0], system="apps/Lovelace", path="apps/Lovelace/lock.json")]

    assert "Lovelace" in spdx.render(REPORT, rows, "full")
    assert "Lovelace" not in spdx.render(REPORT, rows, "hidden")


def test_hostile_names_stay_text() -> None:
    tree = document(component("\x1b]0;x\x07\ud800</script>", "1\u202e", purl="pkg:npm/\x1b", path='a\n"b.json', licence="<text>"))

    assert not set(json.dumps(tree, ensure_ascii=False)) & set("\x1b\x07\u202e\ud800")


@settings(max_examples=15, deadline=None)
@given(inventories())
def test_every_inventory_is_a_valid_document(rows: list[Component]) -> None:
    assert len(document(*rows)["packages"]) > len({row.purl for row in rows})
