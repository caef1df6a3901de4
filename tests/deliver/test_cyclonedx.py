"""The inventory as CycloneDX: valid, the same bytes every time, and with the edges where they belong."""

import json
from dataclasses import replace
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings

from quarterdeck.deliver.exchange import cyclonedx
from quarterdeck.deliver.exchange.digests import digest
from quarterdeck.deliver.exchange.licence_ids import is_expression
from quarterdeck.domain.contents import Component
from tests.deliver.inventories import ADA, REPORT, SHOP, SRI, component, inventories

VALID = JsonStrictValidator(SchemaVersion.V1_6)


def bom(*components: Component, names: Any = "roles") -> dict[str, Any]:
    text = cyclonedx.render(REPORT, components or SHOP, names)
    assert VALID.validate_str(text) is None
    return dict(json.loads(text))


def parts(tree: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["bom-ref"]: each for each in tree["components"]}


def edges(tree: dict[str, Any]) -> dict[str, list[str]]:
    return {each["ref"]: each["dependsOn"] for each in tree["dependencies"]}


def own(part: dict[str, Any], name: str) -> list[str]:
    return [each["value"] for each in part["properties"] if each["name"] == f"quarterdeck:{name}"]


def test_the_company_holds_systems_and_systems_hold_what_they_name_themselves() -> None:
    tree = bom()

    assert tree["metadata"]["component"]["name"] == "Acme"
    assert [parts(tree)[ref]["name"] for ref in edges(tree)["root"]] == ["api", "shop/web"]
    assert edges(tree)["system-2"] == ["system-2/pkg:npm/a@1.0.0", "system-2/pkg:npm/c@3.0.0"]


def test_a_package_in_two_systems_brings_in_others_only_where_it_does() -> None:
    found = edges(bom())

    assert found["system-2/pkg:npm/a@1.0.0"] == ["system-2/pkg:npm/b@2.0.0"]
    assert "system-1/pkg:npm/a@1.0.0" not in found, "nothing is known of what it brings in there"


def test_a_resolved_part_without_children_says_so_where_the_graph_is_known() -> None:
    assert edges(bom())["system-2/pkg:npm/c@3.0.0"] == []


def test_a_parent_that_nobody_lists_is_kept_and_not_invented() -> None:
    tree = bom()

    assert own(parts(tree)["system-2/pkg:npm/c@3.0.0"], "parent") == ["pkg:npm/gone@1"]
    assert not [ref for ref in parts(tree) if "gone" in ref]


def test_a_package_that_names_itself_as_its_parent_draws_no_loop() -> None:
    tree = bom(component("a", "1.0.0", parents=("pkg:npm/a@1.0.0",)), component("a", "1.0.0", scope="dev"))

    assert edges(tree)["system-1"] == ["system-1/pkg:npm/a@1.0.0", "system-1/pkg:npm/a@1.0.0~1"]
    assert [ref for ref in edges(tree) if ref.startswith("system-1/")] == []


def test_what_a_bill_of_others_brought_is_a_system_by_its_name() -> None:
    report = replace(REPORT, options={"sbom": "image.json\napp.xml"})

    tree = json.loads(cyclonedx.render(report, (*SHOP[:1], component("x", "1", repository=3, system="app.xml")), "roles"))

    assert [part["name"] for part in tree["components"] if part["type"] == "application"] == ["app.xml", "shop/web"]


def test_each_scope_says_whether_it_runs() -> None:
    tree = bom(*(component(scope, "1", scope=scope) for scope in ("runtime", "peer", "optional", "dev", "test", "build", "unknown")))

    scopes = {part["name"]: part.get("scope") for part in tree["components"] if part["type"] == "library"}

    assert scopes == {
        "runtime": "required", "peer": "required", "optional": "optional", "dev": "excluded", "test": "excluded", "build": "excluded",
        "unknown": None,
    }  # fmt: skip


def test_a_range_is_no_version() -> None:
    part = parts(bom())["system-1/pkg:pypi/requests"]

    assert "version" not in part
    assert (own(part, "resolved"), own(part, "range")) == (["false"], [">=2"])


def test_licences_are_identifiers_only_where_they_are_some() -> None:
    found = parts(bom())

    assert found["system-2/pkg:npm/a@1.0.0"]["licenses"] == [{"license": {"id": "MIT"}}]
    assert found["system-2/pkg:npm/b@2.0.0"]["licenses"] == [{"license": {"name": "BSD"}}]
    assert found["system-2/pkg:npm/c@3.0.0"]["licenses"] == [{"expression": "(MIT OR Apache-2.0)"}]


def test_a_digest_in_an_unknown_form_is_passed_on_and_not_called_a_hash() -> None:
    found = parts(bom())

    assert found["system-2/pkg:npm/a@1.0.0"]["hashes"] == [{"alg": "SHA-512", "content": bytes(range(64)).hex()}]
    assert "hashes" not in found["system-1/pkg:pypi/requests"]
    assert own(found["system-1/pkg:pypi/requests"], "integrity") == ["h1:abc="]


def test_digests_are_read_in_the_forms_of_lockfiles() -> None:
    assert digest(SRI) == ("sha512", bytes(range(64)).hex())
    assert digest("sha256=" + "AB" * 32) == ("sha256", "ab" * 32)
    assert digest("cd" * 32, "cargo") == ("sha256", "cd" * 32)
    assert [digest(each) for each in ("cd" * 32, "sha512-short", "sha256:xyz", "h1:abc=", "")] == [None] * 5


def test_expressions_are_told_from_names_that_look_alike() -> None:
    assert all(map(is_expression, ("MIT", "MIT OR Apache-2.0", "((MIT) AND ISC) OR GPL-2.0-only WITH Classpath-exception-2.0", "Zlib+")))
    assert not any(
        map(is_expression, ("", "mit", "BSD", "MIT OR", "(MIT", "MIT/Apache-2.0", "MIT WITH MIT", "MIT ISC", "x", "MIT AND x" * 99))
    )


def test_the_same_rows_in_any_order_give_the_same_bytes() -> None:
    forwards, backwards = (cyclonedx.render(REPORT, rows, "roles") for rows in (SHOP, (*SHOP[::-1], SHOP[0])))

    assert forwards == backwards
    assert json.loads(forwards)["metadata"]["timestamp"] == "2026-06-30T00:00:00Z"


def test_another_content_has_another_serial_number() -> None:
    assert bom()["serialNumber"] != bom(*SHOP[:2])["serialNumber"] != bom(*SHOP[:3])["serialNumber"]


def test_the_same_package_in_two_files_of_a_system_is_one_part_with_two_places() -> None:
    tree = bom(SHOP[0], replace(SHOP[0], path="web/package.json", line=7))

    (part,) = [each for each in tree["components"] if each["type"] == "library"]

    assert [each["location"] for each in part["evidence"]["occurrences"]] == ["web/package-lock.json", "web/package.json"]
    assert own(part, "path") == ["web/package-lock.json:3", "web/package.json:7"]


def test_hidden_names_are_not_in_the_paths_of_an_inventory() -> None:
    rows = [replace(SHOP[0], system="apps/Lovelace", path="apps/Lovelace/ada@example.com.json")]

    shown, hidden = (cyclonedx.render(REPORT, rows, names) for names in ("full", "hidden"))

    assert "apps/Lovelace" in shown
    assert not [word for word in (*ADA.names, "Lovelace", "ada@example.com") if word in hidden]
    assert VALID.validate_str(hidden) is None


def test_hostile_names_stay_text() -> None:
    rows = [
        component("\x1b]0;x\x07\ud800\ue002</script>", "1\u202e", purl="pkg:npm/\ud800", path="a\nb.json", licence="\x00", system="\u2028")
    ]

    text = cyclonedx.render(REPORT, rows, "full")

    assert VALID.validate_str(text) is None
    assert text.encode("utf-8")
    assert not set(text) & set("\x1b\x07\u202e\u2028\ue002")


def test_an_empty_inventory_is_a_valid_document() -> None:
    text = cyclonedx.render(REPORT, (), "roles")

    assert VALID.validate_str(text) is None
    assert json.loads(text)["components"] == []


@settings(max_examples=25, deadline=None)
@given(inventories())
def test_every_inventory_is_valid_and_its_references_lead_somewhere(rows: list[Component]) -> None:
    tree = bom(*rows)

    refs = [each["bom-ref"] for each in tree["components"]]
    assert len(refs) == len(set(refs))
    assert {to for row in tree["dependencies"] for to in (row["ref"], *row["dependsOn"])} <= {*refs, "root"}
