"""Pipelines: actions, machines and images of GitHub, GitLab and others."""

import pytest

from quarterdeck.evidence.inventory.platform.workflows import READERS
from quarterdeck.evidence.inventory.source import Unreadable
from tests.evidence.inventory.reading import read

SHA = "0123456789abcdef0123456789abcdef01234567"
WORKFLOW = f"""on: push
jobs:
  test:
    runs-on: ${{{{ matrix.os }}}}
    strategy:
      matrix:
        os: [ubuntu-22.04, windows-2019]
        include:
          - os: macos-13
    container:
      image: node:20
    services:
      db:
        image: postgres:16
    steps:
      - uses: actions/checkout@{SHA} # v4
      - uses: github/codeql-action/init@v3
      - uses: ./.github/actions/own
      - uses: docker://alpine:3.19
      - run: |
          uses: not/this@v1
  deploy:
    runs-on: [self-hosted, ubuntu-latest]
    container: python:3.12
    steps: []
  shared:
    uses: acme/pipelines/.github/workflows/ci.yml@main
"""


def named(path: str, text: str) -> list[tuple[str, str, str, int]]:
    return [(each.ecosystem, each.name, each.version, each.line) for each in read(READERS, {path: text})]


def test_a_workflow_names_actions_machines_and_images() -> None:
    assert named(".github/workflows/ci.yml", WORKFLOW) == [
        ("generic", "ubuntu", "22.04", 7),
        ("generic", "windows", "2019", 7),
        ("generic", "macos", "13", 9),
        ("github", "actions/checkout", SHA, 16),
        ("github", "github/codeql-action", "v3", 17),
        ("docker", "alpine", "3.19", 19),
        ("docker", "node", "20", 11),
        ("docker", "postgres", "16", 14),
        ("generic", "ubuntu", "latest", 23),
        ("docker", "python", "3.12", 24),
        ("github", "acme/pipelines", "main", 27),
    ]


def test_the_package_url_of_an_action_keeps_its_folder() -> None:
    found = {each.name: each.purl for each in read(READERS, {".github/workflows/ci.yml": WORKFLOW})}

    assert found["github/codeql-action"] == "pkg:github/github/codeql-action@v3#init"


def test_an_action_names_its_runtime_and_its_steps() -> None:
    node = "runs:\n  using: node20\n  main: index.js\n"
    steps = "runs:\n  using: composite\n  steps:\n    - uses: actions/cache@v4\n"

    assert named("action.yml", node) == [("generic", "node", "20", 2)]
    assert named(".github/actions/own/action.yaml", steps) == [("github", "actions/cache", "v4", 4)]


def test_gitlab_names_images_and_services() -> None:
    text = """variables:
  PY: "3.11"
image: ruby:3.2
.base:
  image:
    name: registry.example.org/build:1
    entrypoint: [""]
test:
  image: python:$PY
  services:
    - postgres:15
    - name: redis:7
  script: [!reference [.base, script]]
"""
    assert named(".gitlab-ci.yml", text) == [
        ("docker", "ruby", "3.2", 3),
        ("docker", "registry.example.org/build", "1", 6),
        ("docker", "python", "3.11", 9),
        ("docker", "postgres", "15", 11),
        ("docker", "redis", "7", 12),
    ]


def test_other_services_name_images_but_not_whole_machines() -> None:
    text = "jobs:\n  a:\n    docker:\n      - image: cimg/node:20.1\n  b:\n    machine:\n      image: ubuntu-2204:current\n"

    assert named(".circleci/config.yml", text) == [("docker", "cimg/node", "20.1", 4)]


@pytest.mark.parametrize("text", ["jobs: [", "- a\n- b\n", "a: &a [*a, *a]\n"])
def test_broken_workflows_are_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        named(".github/workflows/ci.yml", text)
