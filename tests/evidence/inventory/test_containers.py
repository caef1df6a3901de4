"""Images: what Dockerfiles build on, what compose files and clusters start, and charts beneath charts."""

import pytest

from quarterdeck.evidence.inventory.platform.containers import READERS
from quarterdeck.evidence.inventory.source import Unreadable
from tests.evidence.inventory.reading import read

DIGEST = "sha256:" + "ab" * 32


def named(path: str, text: str) -> list[tuple[str, str, str, int]]:
    return [(each.name, each.version, each.scope, each.line) for each in read(READERS, {path: text})]


def test_the_last_stage_runs_and_the_others_build() -> None:
    text = f"""# syntax=docker/dockerfile:1
ARG PY=3.12
ARG BASE=python:${{PY}}-slim
FROM --platform=$BUILDPLATFORM golang:1.22 AS build
RUN cat <<EOF
FROM not:this
EOF
FROM ${{BASE}} AS base
FROM base
COPY --from=build /x /x
COPY --chown=1:1 --from=ghcr.io/astral-sh/uv:0.4 /uv /bin/
RUN --mount=type=cache,target=/c --mount=type=bind,from=alpine@{DIGEST},target=/a true
"""
    assert named("Dockerfile", text) == [
        ("golang", "1.22", "build", 4),
        ("python", "3.12-slim", "runtime", 8),
        ("ghcr.io/astral-sh/uv", "0.4", "build", 11),
        ("alpine", "", "build", 12),
    ]


def test_digests_registries_and_default_names_make_the_package_url() -> None:
    text = f"FROM docker.io/library/node:20@{DIGEST}\nFROM quay.io/acme/base:1.0\n"
    node, base = read(READERS, {"api.Dockerfile": text})

    assert (node.name, node.integrity, node.purl) == ("node", DIGEST, f"pkg:docker/node@20?digest={DIGEST}")
    assert (base.name, base.purl) == ("quay.io/acme/base", "pkg:docker/acme/base@1.0?repository_url=quay.io")


def test_a_tag_that_nobody_fills_in_is_no_version() -> None:
    (found,) = read(READERS, {"Dockerfile": "FROM python:${TAG}\nFROM $IMAGE\nFROM scratch\n"})

    assert (found.name, found.version, found.wanted) == ("python", "", "${TAG}")


@pytest.mark.parametrize("path", ["dockerfile.go", "Dockerfile.md", "docs/dockerfile.rst", "Dockerfile.dockerignore"])
def test_what_is_only_called_like_a_dockerfile_is_none(path: str) -> None:
    assert named(path, "FROM python:3.12\n") == []


def test_a_compose_file_names_what_it_starts_but_not_what_it_builds() -> None:
    text = """services:
  db:
    image: postgres:${PG:-16}-alpine
  web:
    build: .
    image: acme/web:dev
  worker:
    image: acme/web:dev
  tool:
    build:
      dockerfile_inline: |
        FROM busybox:1.36
"""
    assert named("docker-compose.override.yml", text) == [("postgres", "16-alpine", "runtime", 3), ("busybox", "1.36", "runtime", 10)]


def test_manifests_of_a_cluster_are_read_even_as_templates() -> None:
    text = """{{- if .Values.on }}
apiVersion: apps/v1
kind: Deployment
spec:
  containers:
    - image: "nginx:1.25"   # front
    - name: own
      image: {{ .Values.image }}
---
kind: Note
image: not/this:1
---
apiVersion: v1
kind: ConfigMap
data:
  text: |
    image: not/that:1
"""
    assert named("k8s/web.yaml", text) == [("nginx", "1.25", "runtime", 6)]


def test_a_kustomization_names_what_it_swaps_in() -> None:
    text = "images:\n- name: web\n  newName: acme/web\n  newTag: v2\n- name: redis\n  newTag: '7.2'\n"

    assert named("overlays/kustomization.yaml", text) == [("acme/web", "v2", "runtime", 2), ("redis", "7.2", "runtime", 5)]


def test_charts_beneath_a_chart_are_named_with_the_lockfile_exact() -> None:
    rows = "- name: redis\n  repository: https://charts.example.org\n  version: {}\n- name: lib\n  repository: file://../lib\n  version: 0.1.0\n"
    files = {
        "Chart.yaml": "kubeVersion: '>=1.25'\ndependencies:\n" + rows.format('"^18.0.0"'),
        "Chart.lock": "dependencies:\n" + rows.format("18.1.2"),
    }
    found = [(each.path, each.name, each.version, each.wanted, each.origin, each.confidence) for each in read(READERS, files)]

    assert found == [
        ("Chart.lock", "redis", "18.1.2", "", "registry", 1.0),
        ("Chart.lock", "lib", "0.1.0", "", "path", 1.0),
        ("Chart.yaml", "kubernetes", "", ">=1.25", "registry", 0.8),
        ("Chart.yaml", "redis", "", "^18.0.0", "registry", 0.8),
        ("Chart.yaml", "lib", "0.1.0", "", "path", 0.8),
    ]


def test_a_broken_compose_file_is_refused() -> None:
    with pytest.raises(Unreadable):
        named("compose.yaml", "services: [\n")


@pytest.mark.parametrize(
    "text", ["FROM " * 20_000, "FROM a AS " + "b" * 90_000, "RUN --mount=" + "from=," * 9_000, "ARG " + "a=$a " * 9_000, "\\\n" * 30_000]
)
def test_a_dockerfile_built_to_hurt_is_read_quickly(text: str) -> None:
    assert len(named("Dockerfile", text)) <= 1
