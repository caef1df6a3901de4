"""Credentials in names, versions, addresses, paths and tags are masked, and nothing else changes."""

import random
import string
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.domain.contents import Component
from quarterdeck.evidence.secrets import masked, masked_addresses, masked_component, masked_row

PASSWORD = "Zq9xV" + "7tLm2Rb8"
TOKEN = "ghp" + "_" + "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=36))
PLAIN = Component(
    0, "pkg:npm/%40types/node@1.0.0", "npm", "@types/node", "1.0.0", "", "direct", "runtime", "web", "web/package-lock.json", 3, "npm"
)
HELD = [
    "bob:{p}@r.example.com/y:1",
    "bob:{p}@registry:5000/x",
    "bob:{p}@10.0.0.5/x:1",
    "bob:a:{p}@h.example.com/x",
    "https://bob:{p}@r.example.com/x:1",
    "https://bob:p%40{p}@h/x",
    "https://bob:{p}@x@h.example.com/y",
    "https://bob@corp.com:{p}@h/x",
    "redis://:{p}@h",
    "docker://bob:{p}@r.example.com/x:1",
    "git::https://bob:{p}@git.example.com/m.git?ref=v1",
    "ref:https://bob:{p}@x.example.com/",
    "pkg:npm/b@https://bob:{p}%40files.example.com/b.tgz",
    "pkg:golang/https:/bob:{p}%40git.example.com/n@v1.0.1",
    "pkg:terraform/bob:{p}%40x.example.com/n.zip@v1",
    "https%3A%2F%2Fbob%3A{p}%40host%2Fa%40v1",
    "git:{p}@gitlab.com/x",
    "{t}",
    "f_{t}",
    "fn_{t}_x",
    "v1-{t}",
    "feat/{t}-12-fix",
    "conf/bad-{t}/package.json",
    "actions/checkout@{t}",
    "pkg:npm/z@npm:{t}@1",
    "https://{t}@github.com/o/c.git",
    "https://{h}@github.com/o/c.git",
]
ORDINARY = [
    "@types/node@20",
    "bob@example.com",
    "mailto:bob@example.com",
    "git@github.com:x/y",
    "ssh://git@github.com:22/x/y",
    "git+ssh://git@github.com:org/repo.git@v1.0",
    "scm:git:git@github.com:x/y.git",
    "image@sha256:" + "a" * 64,
    "registry:5000/app:1.0@sha256:" + "a" * 64,
    "docker://alpine:3.8@sha256:" + "b" * 64,
    "group:artifact@aar",
    "com.foo:bar:1.0@tar.gz",
    "org.x:plugin:1.0@exec-id",
    "pkg:npm/%40types/node@1",
    "pkg:docker/x@1?repository_url=ghcr.io:443",
    "pkg:deb/x?download_url=https://host:443%2Fpath%40v",
    "npm:string-width@^4.2.0",
    "npm:foo2@1.0.0",
    "patch:foo@npm%3A1.0.0#~/.yarn/x",
    "x@patch:x@npm%3A10.4.3#./.yarn/x-10.patch::version=10.4.3&locator=%40jest%2Fmonorepo%40workspace%3A.",
    "https://${USER}:${TOKEN}@host/simple",
    "https://%s:%s@host",
    "http://localhost:3000?x=a@b",
    "bob:****@h.example.com/x",
    "sha512-" + "Ab1" * 28 + "==",
    "eslint-plugin-react-hooks-with-a-long-name",
    "npm_config_registry_with_long_name",
    "0f3ba56e9bcdef10b7e3956e89ab1d4f0c2a4c67",
]


@pytest.mark.parametrize("form", HELD)
def test_a_password_or_a_token_is_masked_wherever_it_stands(form: str) -> None:
    secrets = {"p": PASSWORD, "t": TOKEN, "h": "0f3ba56e9bcdef10b7e3956e89ab1d4f0c2a4c67"}

    shown = masked(form.format(**secrets))

    assert "****" in shown
    assert not any(secret in shown for secret in secrets.values())


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_name_version_or_address_stays_as_it_is(text: str) -> None:
    assert masked(text) == text
    assert masked_addresses(text) == text


@pytest.mark.parametrize("name", ["purl", "name", "version", "wanted", "licence", "integrity", "path", "system", "deprecated"])
def test_no_field_of_a_component_keeps_a_token(name: str) -> None:
    held: dict[str, Any] = {name: TOKEN}

    shown = masked_component(replace(PLAIN, **held))

    assert getattr(shown, name) == "****"
    assert all(getattr(shown, each.name) == getattr(PLAIN, each.name) for each in fields(PLAIN) if each.name != name)


def test_parents_are_masked_and_the_digest_of_a_package_is_kept() -> None:
    digest = "sha512-" + "Ab1" * 28 + "=="

    shown = masked_component(replace(PLAIN, integrity=digest, parents=(f"pkg:npm/{TOKEN}@1", "pkg:npm/a@1")))

    assert shown.integrity == digest
    assert shown.parents == ("pkg:npm/****@1", "pkg:npm/a@1")


def test_a_component_without_a_credential_comes_back_itself() -> None:
    assert masked_component(PLAIN) is PLAIN


@pytest.mark.parametrize("rest", [f"//bob:{PASSWORD}", f"bob:{PASSWORD}", TOKEN[:30]])
def test_a_row_cut_within_a_credential_shows_none_of_it(rest: str) -> None:
    value = "unpinned " + "x" * (160 - 10 - len(rest)) + " " + rest

    shown = masked_row(("topic", 1, value))

    assert shown[:2] == ("topic", 1)
    assert rest[-12:] not in str(shown[2])


@given(st.text(st.sampled_from("ab1:/@%40 3A.-_$*"), max_size=60))
def test_masking_twice_is_masking_once_and_no_line_is_lost(text: str) -> None:
    once = masked(f"{text}\n{text}")

    assert masked(once) == once
    assert once.count("\n") == 1


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9]{3,12}[0-9][A-Z]{2}", fullmatch=True), st.sampled_from(["https://", "ftp://", "x=https://"]))
def test_any_password_of_an_address_is_masked(password: str, scheme: str) -> None:
    assert masked(f"{scheme}bob:{password}@h.example.com/x") == f"{scheme}bob:****@h.example.com/x"
