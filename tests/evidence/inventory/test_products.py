"""From components to products with a known end of life."""

import pytest

from quarterdeck.domain.contents import Component
from quarterdeck.evidence.inventory.packages import dotnet, golang, jvm, php, ruby
from quarterdeck.evidence.inventory.platform import containers, terraform, tools, workflows
from quarterdeck.evidence.inventory.products import software
from tests.evidence.inventory.reading import read

READERS = (
    *jvm.READERS, *dotnet.READERS, *golang.READERS, *ruby.READERS, *php.READERS,
    *containers.READERS, *workflows.READERS, *terraform.READERS, *tools.READERS,
)  # fmt: skip


def products(path: str, text: str) -> list[tuple[str, str, int]]:
    return [(each.product, each.version, each.line) for each in software(read(READERS, {path: text}))]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("Dockerfile", "ARG V=3.9\nFROM --platform=linux/amd64 python:${V}-slim-bullseye AS base\nFROM base\n", [("debian", "bullseye", 2), ("python", "3.9-slim-bullseye", 2)]),
        ("deploy/api.Dockerfile", "FROM docker.io/library/node:18@sha256:abc\n", [("nodejs", "18", 1)]),
        ("docker-compose.yml", "services:\n  db:\n    image: postgres:12-alpine\n", [("postgresql", "12-alpine", 3)]),
        (".tool-versions", "# tools\nnodejs 16.20.0\njava temurin-17.0.1+12\n", [("nodejs", "16.20.0", 2), ("eclipse-temurin", "17.0.1+12", 3)]),
        (".sdkmanrc", "java=17.0.9-tem\n", [("eclipse-temurin", "17.0.9", 1)]),
        (".nvmrc", "v14.17.0\n", [("nodejs", "v14.17.0", 1)]),
        ("go.mod", "module x\n\ngo 1.19\n", [("go", ">=1.19", 3)]),
        ("Gemfile", "ruby '2.7.6'\ngem 'rails', '~> 5.2'\n", [("ruby", "2.7.6", 1), ("ruby-on-rails", "~> 5.2", 2)]),
        ("composer.json", '{"require": {"php": "^7.4", "laravel/framework": "^8.0"}}', [("laravel", "^8.0", 1), ("php", "^7.4", 1)]),
        ("global.json", '{"sdk": {"version": "6.0.100"}}', [("dotnet", "6.0.100", 1)]),
        ("app/App.csproj", "<Project>\n<TargetFramework>net5.0</TargetFramework>\n</Project>\n", [("dotnet", "net5.0", 2)]),
        ("pom.xml", "<parent>\n<groupId>org.springframework.boot</groupId>\n<artifactId>spring-boot-starter-parent</artifactId>\n<version>2.5.0</version>\n</parent>\n",
         [("spring-boot", "2.5.0", 4)]),
        ("build.gradle", "plugins {\n id 'org.springframework.boot' version '2.7.0'\n}\n", [("spring-boot", "2.7.0", 2)]),
        ("main.tf", 'terraform {\n  required_version = "~> 1.2"\n}\n', [("terraform", "~> 1.2", 2)]),
        (".gitlab-ci.yml", "image: node:14\n", [("nodejs", "14", 1)]),
    ],
)  # fmt: skip
def test_files_name_their_products_with_line_numbers(path: str, text: str, expected: list[tuple[str, str, int]]) -> None:
    assert products(path, text) == expected


def test_an_image_without_a_product_stays_where_it_runs_but_not_where_it_only_builds() -> None:
    assert products("Dockerfile", "FROM acme/base:1\n") == [("", "1", 1)]
    assert products(".gitlab-ci.yml", "image: acme/base:1\n") == []


def component(**said: str) -> Component:
    row = {"ecosystem": "gem", "name": "rails", "version": "5.2.0", "relation": "direct", "scope": "runtime", "origin": "registry", **said}
    return Component(0, f"pkg:{row['ecosystem']}/{row['name']}", wanted="", system="", path="x", line=1, parser="x", **row)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "said", [{"relation": "transitive"}, {"scope": "test"}, {"origin": "path"}, {"name": "unheard-of"}, {"version": ""}]
)
def test_what_others_brought_along_what_tests_use_what_is_ours_and_what_has_no_release_is_left_out(said: dict[str, str]) -> None:
    assert [each.product for each in software([component()])] == ["ruby-on-rails"]
    assert software([component(**said)]) == []


def test_each_place_counts_once_whatever_the_order() -> None:
    rows = [component(), component(), component(name="railties")]

    assert software(rows) == software(rows[::-1])
    assert len({(each.product, each.version, each.path, each.line) for each in software(rows)}) == len(software(rows))
