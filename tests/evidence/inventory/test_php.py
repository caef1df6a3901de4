"""PHP packages: what Composer locks and asks for, and what is the platform beneath it."""

import json

import pytest

from quarterdeck.evidence.inventory.packages.php import READERS
from quarterdeck.evidence.inventory.source import Unreadable
from tests.evidence.inventory.reading import read, rows

MANIFEST = """{
  "name": "acme/shop",
  "require": {
    "php": "^8.1",
    "ext-json": "*",
    "monolog/monolog": "^3.0",
    "acme/pin": "1.2.3",
    "acme/core": "@dev"
  },
  "require-dev": {
    "phpunit/phpunit": "^10"
  }
}
"""
DIST = {"type": "zip", "url": "https://example.org/a.zip", "shasum": "abc"}
LOCK = json.dumps(
    {
        "packages": [
            {"name": "monolog/monolog", "version": "3.5.0", "dist": DIST, "require": {"psr/log": "^3", "psr/log-implementation": "1"}, "license": ["MIT"]},
            {"name": "psr/log", "version": "v3.0.0", "dist": {**DIST, "shasum": ""}, "license": ["MIT", "Apache-2.0"]},
            {"name": "acme/logger", "version": "1.0", "dist": {"type": "path", "url": "../logger"}, "provide": {"psr/log-implementation": "1"}},
            {"name": "acme/pin", "version": "dev-main", "source": {"type": "git", "url": "https://example.org/pin.git"}},
        ],
        "packages-dev": [{"name": "phpunit/phpunit", "version": "10.5.0", "dist": DIST}],
        "platform": {"php": "^8.1", "ext-json": "*"},
    },
    indent=2,
)  # fmt: skip


def test_a_lockfile_tells_runtime_from_development_and_direct_from_brought_along() -> None:
    found = read(READERS, {"composer.lock": LOCK, "composer.json": MANIFEST}, "composer.lock")

    assert rows(found, "composer") == {
        ("monolog/monolog", "3.5.0", "direct", "runtime"),
        ("psr/log", "v3.0.0", "transitive", "runtime"),
        ("acme/logger", "1.0", "transitive", "runtime"),
        ("acme/pin", "dev-main", "direct", "runtime"),
        ("phpunit/phpunit", "10.5.0", "direct", "dev"),
    }


def test_without_a_manifest_nothing_tells_what_was_asked_for() -> None:
    found = read(READERS, {"composer.lock": LOCK})

    assert {each.relation for each in found if each.ecosystem == "composer"} == {"unknown"}


def test_parents_licences_origins_and_checksums_are_kept() -> None:
    found = {each.name: each for each in read(READERS, {"composer.lock": LOCK})}

    assert found["psr/log"].parents == found["acme/logger"].parents == ("pkg:composer/monolog/monolog@3.5.0",)
    assert (found["monolog/monolog"].licence, found["psr/log"].licence) == ("MIT", "(MIT OR Apache-2.0)")
    assert [found[name].origin for name in ("monolog/monolog", "acme/logger", "acme/pin")] == ["registry", "path", "git"]
    assert found["monolog/monolog"].integrity == "abc"
    assert '"psr/log"' in LOCK.splitlines()[found["psr/log"].line - 1]


def test_the_platform_is_no_package() -> None:
    found = read(READERS, {"composer.json": MANIFEST})

    assert {(each.name, each.wanted) for each in found if each.ecosystem == "generic"} == {("php", "^8.1"), ("ext-json", "*")}


def test_a_manifest_tells_a_pin_from_a_range_and_our_own_from_others() -> None:
    files = {"composer.json": MANIFEST, "core/composer.json": '{\n  "name": "acme/core"\n}'}
    found = {each.name: each for each in read(READERS, files, "composer.json")}

    assert (found["acme/pin"].version, found["monolog/monolog"].version, found["monolog/monolog"].wanted) == ("1.2.3", "", "^3.0")
    assert (found["acme/core"].origin, found["phpunit/phpunit"].scope, found["phpunit/phpunit"].line) == ("path", "dev", 11)


@pytest.mark.parametrize("text", ["", "[]", "{", '"x"'])
def test_broken_files_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        read(READERS, {"composer.lock": text})


@pytest.mark.parametrize("text", ['{"packages": 3}', '{"packages": [1, null, {"name": 2}, {"name": "a/b"}]}', '{"packages": {"a": 1}}'])
def test_rows_that_are_none_are_left_out(text: str) -> None:
    assert read(READERS, {"composer.lock": text}) == []
