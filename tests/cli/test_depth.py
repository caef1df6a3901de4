"""How deep the command looks: inventories brought along, quick reports, credentials that reach no artefact, newer tables."""

import json
import os
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote

import polars as pl
import pytest

from tests.cli.test_command import quarterdeck
from tests.making import Maker, code

BILL = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "metadata": {"timestamp": "2026-06-01T00:00:00Z"},
    "components": [{"type": "library", "name": "left-pad", "version": "1.3.0", "purl": "pkg:npm/left-pad@1.3.0", "bom-ref": "a"}],
}


def repository(folder: Path) -> Maker:
    made = Maker(folder)
    for number in range(3):
        made.commit("ada", f"2026-0{number + 1}-05", {f"shop/part_{number}.py": code(40)})
    return made.commit("ada", "2026-04-01", {"package.json": '{"dependencies": {"react": "^18.0.0"}}\n'})


def findings(folder: Path) -> dict[str, str]:
    tree = json.loads((folder / "findings.json").read_text("utf-8"))
    return {each["check"]: each["outcome"] for each in tree["findings"]}


def contents(*folders: Path) -> bytes:
    """Return everything that lies below folders, Parquet files unpacked."""
    found = []
    for path in (each for folder in folders for each in sorted(folder.rglob("*")) if each.is_file()):
        found.append(path.read_bytes())
        if path.suffix == ".parquet":
            found.append(pl.read_parquet(path).write_json().encode())
    return b"\n".join(found)


def test_no_credential_reaches_a_report_the_screen_or_the_disk(tmp_path: Path) -> None:
    token, password = "glpat-" + "x7Kq" + "2mWv9ZtR4bNc8Lp1", "hG7" + "!kd0Zpw2"
    text = f'TOKEN = "{token}"\nDATABASE = "postgres://shop:{quote(password)}@db.shop.io/main"\n'
    path = repository(tmp_path / "shop").commit("bob", "2026-05-01", {"deploy/settings.py": text}).done()

    done = quarterdeck("assess", path, "--out", tmp_path / "report", "--as-of", "2026-06-30")

    everything = contents(tmp_path / "report", Path(os.environ["QUARTERDECK_HOME"])) + (done.stdout + done.stderr).encode()
    for secret in (token, password):
        for form in (secret.encode(), b64encode(secret.encode())[:-4], quote(secret, safe="").encode()):
            assert form not in everything
    assert findings(tmp_path / "report")["diligence/secrets.in_tree"] == "unmet"
    assert b"deploy/settings.py:1" in everything


def test_an_inventory_brought_along_is_part_of_ours(tmp_path: Path) -> None:
    bill = tmp_path / "image.json"
    bill.write_text(json.dumps(BILL), "utf-8")

    quarterdeck("assess", repository(tmp_path / "shop").done(), "--sbom", bill, "--out", tmp_path / "report", "--as-of", "2026-06-30")

    tree = json.loads((tmp_path / "report/sbom.cdx.json").read_text("utf-8"))
    assert {"pkg:npm/left-pad@1.3.0", "pkg:npm/react"} <= {each.get("purl") for each in tree["components"]}


@pytest.mark.parametrize(
    ("content", "words"), [("not a bill", "CycloneDX"), ('{"spdxVersion": "SPDX-3.0"}', "SPDX"), (json.dumps(BILL)[:-40], "cut short")]
)
def test_a_file_that_is_no_inventory_is_refused_with_what_to_bring(tmp_path: Path, content: str, words: str) -> None:
    bill = tmp_path / "bad.json"
    bill.write_text(content, "utf-8")

    done = quarterdeck("assess", repository(tmp_path / "shop").done(), "--sbom", bill, "--out", tmp_path / "report", check=False)

    assert done.returncode == 2
    assert "bad.json" in done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_quick_report_says_what_it_left_out(tmp_path: Path) -> None:
    quarterdeck("assess", repository(tmp_path / "shop").done(), "--quick", "--out", tmp_path / "report", "--as-of", "2026-06-30")

    found = findings(tmp_path / "report")
    assert found["diligence/secrets.in_tree"] == "unknown"
    assert found["architecture/code_age.left"] == "unknown"
    assert found["architecture/dependency_health.pinned"] == "unmet"


def test_a_way_of_blaming_that_is_not_known_is_refused(tmp_path: Path) -> None:
    done = quarterdeck("assess", repository(tmp_path / "shop").done(), "--blame", "some", "--out", tmp_path / "report", check=False)

    assert done.returncode == 2
    assert "auto, full, sample, none" in done.stderr


def test_a_table_that_is_not_known_cannot_be_refreshed() -> None:
    done = quarterdeck("refresh", "prices", check=False)

    assert done.returncode == 2
    assert "end-of-life" in done.stderr


def test_a_broken_answer_leaves_the_table_as_it_is(tmp_path: Path) -> None:
    broken = tmp_path / "full.json"
    broken.write_text('{"result": []}', "utf-8")

    done = quarterdeck("refresh", "end-of-life", "--from", broken, check=False)

    assert done.returncode == 2
    assert "kept" in done.stderr
    assert "Traceback" not in done.stderr
