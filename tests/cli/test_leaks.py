"""Credentials in places that other readers take words from: none of them reaches an artefact, the screen or the disk."""

import json
import os
import random
import string
from pathlib import Path

import pytest

from tests.cli.test_command import quarterdeck
from tests.cli.test_depth import contents
from tests.making import Maker, code


class Planted:
    """Makes credentials, a new one for each place, and remembers them."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}

    def password(self, place: str) -> str:
        self.made[place] = f"Zq9{place}xV7tLm2Rb8"
        return self.made[place]

    def login(self, place: str) -> str:
        return f"bob:{self.password(place)}@r.example.com"

    def token(self, place: str) -> str:
        self.made[place] = "ghp" + "_" + "".join(random.Random(place).choices(string.ascii_letters + string.digits, k=36))
        return self.made[place]


def files(planted: Planted) -> dict[str, str]:
    login, token = planted.login, planted.token
    branches = "".join(f"    if x == {number}:\n        return {number}\n" for number in range(30))
    workflow = (
        f"on: push\njobs:\n  b:\n    runs-on: ubuntu-latest\n    container: {login('container')}/x:1\n    steps:\n"
        f"    - uses: https://{login('uses')}/a@v1\n    - uses: docker://{login('dockeraction')}/x:1\n"
        f"    - uses: actions/checkout@{token('ref')}\n"
    )
    dependency = (
        "<dependencies><dependency><groupId>o</groupId><artifactId>o</artifactId><version>${p}</version></dependency></dependencies>"
    )
    return {
        "package.json": json.dumps({"dependencies": {token("name"): "1.0.0", "z": f"npm:{token('alias')}@1"}}),
        "lock/package.json": '{"dependencies": {"b": "1"}}',
        "lock/package-lock.json": json.dumps(
            {"lockfileVersion": 3, "packages": {"node_modules/b": {"version": f"https://{login('lock')}/b.tgz"}}}
        ),
        "go.mod": f"module x\ngo 1.22\nrequire git.example.com/n v1.0.0\nreplace git.example.com/n => https://{login('gomod')}/n v1.0.1\n",
        "pom.xml": f"<project><properties><p>https://{login('pom')}/</p></properties>{dependency}</project>",
        "app.csproj": f'<Project><ItemGroup><PackageReference Include="Q" Version="https://{login("csproj")}" /></ItemGroup></Project>',
        "Dockerfile": f"ARG BASE=https://{login('arg')}/x:1\nFROM $BASE\nFROM {login('image')}/y:1\n",
        "docker-compose.yml": f"services:\n  db:\n    image: {login('compose')}/pg:1\n",
        "deploy.yaml": f"apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - image: {login('pod')}/x:1\n",
        "main.tf": f'module "m" {{\n  source = "git::https://{login("module")}/m.git?ref=v1"\n}}\n',
        ".github/workflows/ci.yml": workflow,
        ".tool-versions": f"python {token('tool')}\n",
        "src/app.py": f"def f_{token('function')}(x):\n{branches}",
    }


@pytest.fixture
def planted() -> Planted:
    return Planted()


def leaked(planted: Planted, folders: list[Path], said: str) -> list[str]:
    everything = contents(*folders) + said.encode()
    return [place for place, secret in planted.made.items() if secret.encode() in everything]


def test_no_credential_in_a_name_a_version_or_an_address_reaches_anything(tmp_path: Path, planted: Planted) -> None:
    maker = Maker(tmp_path / "shop").commit("ada", "2026-01-05", {"src/a.py": code(40)}).commit("ada", "2026-02-05", files(planted))
    maker.tag(f"v1-{planted.token('tag')}")
    maker.commit("bob", "2026-03-05", {"src/b.py": code(30)}, branch=f"feat/{planted.token('branch')}-12", start="main")
    bill = tmp_path / "image.json"
    names = [f"https://{planted.login('bill')}/x", planted.token("billtoken")]
    listed = [
        {"type": "library", "name": name, "version": name, "purl": f"pkg:npm/{name}", "licenses": [{"license": {"name": name}}]}
        for name in names
    ]
    bill.write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": listed}), "utf-8")

    done = quarterdeck("assess", maker.done(), "--sbom", bill, "--out", tmp_path / "report", "--as-of", "2026-06-30")

    found = leaked(planted, [tmp_path / "report", Path(os.environ["QUARTERDECK_HOME"])], done.stdout + done.stderr)
    assert found == []
    assert len(planted.made) > 15
    assert b"****" in (tmp_path / "report/sbom.cdx.json").read_bytes()


def test_a_path_that_holds_a_credential_is_masked_in_every_artefact_and_named(tmp_path: Path, planted: Planted) -> None:
    write = {f"conf/{planted.token(place)}/settings.py": code(20) for place in ("one", "two")}
    write |= {
        f"conf/bad-{planted.token('manifest')}/package.json": "{broken",
        f"conf/{planted.token('env')}/.env": "DB_PASSWORD=Zq9xV7tLm2Rb8kw\n",
    }
    path = Maker(tmp_path / "shop").commit("ada", "2026-01-05", {"src/a.py": code(40)}).commit("ada", "2026-02-05", write).done()

    done = quarterdeck("assess", path, "--out", tmp_path / "report", "--as-of", "2026-06-30")

    assert leaked(planted, [tmp_path / "report"], done.stdout + done.stderr) == []
    assert "its path holds what looks like a credential" in (tmp_path / "report/findings.json").read_text("utf-8")
