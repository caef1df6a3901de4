"""Credentials: planted ones beside look-alikes in files of many kinds, and every byte of a report searched for the planted values.

The corpus is written from the vendors' formats, apart from the rules of the product; each run draws a new seed and
prints it. Set QUARTERDECK_BENCH_SECRETS_SEED to draw the same corpus again.
"""

import base64
import json
import os
import random
import re
import secrets as chance
import subprocess
import zlib
from binascii import crc32
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import polars as pl

from bench.report import Bar, Table, at_least, equal, missing
from bench.setting import Absent, Setting, assess
from quarterdeck.evidence.secrets import Hit, find
from quarterdeck.practices import catalogue

PLANTED, LOOK_ALIKES = 60, 60
RECALL, PRECISION = 0.95, 0.90
KEY = b"bench"
LASTING = "expires 2099-01-01"  # the end that the planted signed tokens carry
OWN = 2  # names of a vendor, which the file must then show
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
HEX = "0123456789abcdef"
URL64 = BASE62 + "-_"
STANDARD64 = BASE62 + "+/"
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BASE32 = UPPER + "234567"
WORDS = ("billing", "orders", "ledger", "search", "ingest", "report", "gateway", "mailer", "archive", "pricing", "catalog", "session")
SAFE_SYMBOLS = "!*-_.~"


@dataclass(frozen=True)
class File:
    """A file of the corpus: where the credential stands, or nothing where there is none; `raw` are all forms to look for."""

    family: str
    path: str
    content: bytes
    line: int = 0
    raw: tuple[str, ...] = ()


class Dice(random.Random):
    """Draws letters."""

    def draw(self, letters: str, count: int) -> str:
        return "".join(self.choices(letters, k=count))

    def password(self) -> str:
        return self.draw(BASE62, 9) + self.choice("23456789") + self.choice(SAFE_SYMBOLS) + self.draw(BASE62, 4) + self.choice("abcxyzABC")


# --- what vendors issue -------------------------------------------------------------------------------------------------


def github(dice: Dice) -> str:
    body = dice.draw(BASE62, 30)
    number, check = crc32(body.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        check = BASE62[rest] + check
    return f"gh{dice.choice('pous')}_{body}{check}"


def jwt(dice: Dice) -> str:
    parts = (
        {"alg": "HS256", "typ": "JWT"},
        {"sub": dice.draw(HEX, 12), "scope": "admin", "iss": "auth." + dice.choice(WORDS), "exp": 4_070_908_800},
    )
    head = [base64.urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*head, dice.draw(URL64, 43)])


def age(dice: Dice) -> str:
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    prefix = "age-secret-key-"
    data = [dice.randrange(32) for _ in range(51)] + [dice.choice((0, 16))]
    expanded = [ord(char) // 32 for char in prefix] + [0] + [ord(char) % 32 for char in prefix]
    total = 1
    for value in [*expanded, *data, 0, 0, 0, 0, 0, 0]:
        top, total = total >> 25, ((total & 0x1FFFFFF) * 32) ^ value
        for bit, constant in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            total ^= constant if top & (1 << bit) else 0
    check = [((total ^ 1) >> 5 * (5 - place)) & 31 for place in range(6)]
    return (prefix + "1" + "".join(letters[value] for value in [*data, *check])).upper()


def grafana_cloud(dice: Dice) -> str:
    inside = {"o": str(dice.randrange(10**5, 10**6)), "n": "stack-writer", "k": dice.draw(BASE62, 24), "m": {"r": "eu"}}
    return "glc_" + base64.b64encode(json.dumps(inside, separators=(",", ":")).encode()).decode()


def discord(dice: Dice) -> str:
    account = base64.b64encode(str(dice.randrange(7 * 10**17, 9 * 10**17)).encode()).rstrip(b"=").decode()
    return f"{account}.G{dice.draw(BASE62, 5)}.{dice.draw(URL64, 37)}x"


TOKENS: dict[str, Callable[[Dice], str]] = {
    "GitHub": github,
    "GitHub fine-grained": lambda d: f"github_pat_11{d.draw(UPPER + '0123456789', 20)}_{d.draw(BASE62, 59)}",
    "GitLab": lambda d: f"glpat-{d.draw(BASE62, 20)}",
    "GitLab routable": lambda d: f"glpat-{d.draw(BASE62, 27)}.01.{d.draw('0123456789abcdefghijklmnopqrstuvwxyz', 9)}",
    "GitLab runner": lambda d: f"glrt-{d.draw(BASE62, 20)}",
    "Slack bot": lambda d: f"xoxb-{d.randrange(10**11, 10**12)}-{d.randrange(10**12, 10**13)}-{d.draw(BASE62, 24)}",
    "Slack user": lambda d: (
        f"xoxp-{d.randrange(10**11, 10**12)}-{d.randrange(10**11, 10**12)}-{d.randrange(10**12, 10**13)}-{d.draw(HEX, 32)}"
    ),
    "Slack app": lambda d: f"xapp-1-A{d.draw(UPPER + '0123456789', 10)}-{d.randrange(10**12, 10**13)}-{d.draw(HEX, 64)}",
    "Slack webhook": lambda d: (
        f"https://hooks.slack.com/services/T{d.draw(UPPER + '0123456789', 10)}/B{d.draw(UPPER + '0123456789', 10)}/{d.draw(BASE62, 24)}"
    ),
    "Stripe": lambda d: f"sk_live_51{d.draw(BASE62, 97)}",
    "Stripe restricted": lambda d: f"rk_live_{d.draw(BASE62, 24)}",
    "Google API": lambda d: f"AIzaSy{d.draw(URL64, 32)}k",
    "Google OAuth": lambda d: f"GOCSPX-{d.draw(URL64, 27)}z",
    "npm": lambda d: f"npm_{d.draw(BASE62, 36)}",
    "PyPI": lambda d: "pypi-AgEIcHlwaS5vcmc" + d.draw(URL64, 150) + "A",
    "SendGrid": lambda d: f"SG.{d.draw(URL64, 22)}.{d.draw(URL64, 42)}8",
    "Azure storage": lambda d: (
        f"DefaultEndpointsProtocol=https;AccountName={d.choice(WORDS)}prod;AccountKey={base64.b64encode(d.randbytes(64)).decode()};EndpointSuffix=core.windows.net"
    ),
    "Azure service bus": lambda d: (
        f"Endpoint=sb://{d.choice(WORDS)}.servicebus.windows.net/;SharedAccessKeyName=Send;SharedAccessKey={base64.b64encode(d.randbytes(32)).decode()}"
    ),
    "Azure client": lambda d: f"{d.draw(BASE62, 3)}8Q~{d.draw(URL64, 33)}k",
    "DigitalOcean": lambda d: f"dop_v1_{d.draw(HEX, 64)}",
    "Shopify": lambda d: f"shpat_{d.draw(HEX, 32)}",
    "Hugging Face": lambda d: f"hf_{d.draw(BASE62[10:], 34)}",
    "Vault": lambda d: f"hvs.CAESI{d.draw(URL64, 90)}Q",
    "Terraform": lambda d: f"{d.draw(BASE62, 14)}.atlasv1.{d.draw(BASE62, 67)}",
    "Databricks": lambda d: f"dapi{d.draw(HEX, 32)}",
    "Anthropic": lambda d: f"sk-ant-api03-{d.draw(URL64, 93)}AA",
    "OpenAI project": lambda d: f"sk-proj-{d.draw(URL64, 74)}T3BlbkFJ{d.draw(URL64, 73)}A",
    "OpenAI": lambda d: f"sk-{d.draw(BASE62, 20)}T3BlbkFJ{d.draw(BASE62, 20)}",
    "Telegram": lambda d: f"{d.randrange(10**9, 7 * 10**9)}:AA{d.draw(URL64, 32)}w",
    "Discord webhook": lambda d: f"https://discord.com/api/webhooks/{d.randrange(10**17, 10**19)}/{d.draw(URL64, 67)}c",
    "Postman": lambda d: f"PMAK-{d.draw(HEX, 24)}-{d.draw(HEX, 34)}",
    "Linear": lambda d: f"lin_api_{d.draw(BASE62, 40)}",
    "Doppler": lambda d: f"dp.pt.{d.draw(BASE62, 43)}",
    "Grafana": lambda d: f"glsa_{d.draw(BASE62, 32)}_{d.draw(HEX, 8)}",
    "Grafana Cloud": grafana_cloud,
    "New Relic": lambda d: f"NRAK-{d.draw(UPPER + '0123456789', 27)}",
    "Heroku": lambda d: f"HRKU-AA{d.draw(URL64, 57)}n",
    "Mailchimp": lambda d: f"{d.draw(HEX, 32)}-us{d.randrange(1, 22)}",
    "Square": lambda d: f"sq0csp-{d.draw(URL64, 42)}v",
    "Cloudflare": lambda d: f"cfut_{d.draw(BASE62, 40)}{d.draw(HEX, 8)}",
    "JWT": jwt,
    "age": age,
}
NAMES = {"Discord": discord, "Twilio": lambda d: "SK" + d.draw(HEX, 32), "Mailgun": lambda d: "key-" + d.draw(HEX, 32)}


# --- private keys, as bytes that parse ------------------------------------------------------------------------------------


def tlv(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x81, size]) if size < 256 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def rsa(dice: Dice) -> bytes:
    numbers = [b"\x00", b"\x00" + b"\xc1" + dice.randbytes(127), b"\x01\x00\x01", b"\x5a" + dice.randbytes(127)]
    numbers += [b"\x00\xd3" + dice.randbytes(63) for _ in range(2)] + [b"\x41" + dice.randbytes(63) for _ in range(3)]
    return tlv(0x30, b"".join(tlv(2, number) for number in numbers))


def sec1(dice: Dice) -> bytes:
    curve = bytes.fromhex("06082a8648ce3d030107")
    public = tlv(3, b"\x00\x04" + dice.randbytes(64))
    return tlv(0x30, tlv(2, b"\x01") + tlv(4, dice.randbytes(32)) + tlv(0xA0, curve) + tlv(0xA1, public))


def pkcs8(dice: Dice) -> bytes:
    return tlv(0x30, tlv(2, b"\x00") + tlv(0x30, bytes.fromhex("06032b6570")) + tlv(4, tlv(4, dice.randbytes(32))))


def openssh(dice: Dice) -> bytes:
    def field(content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + content

    public = field(b"ssh-ed25519") + field(dice.randbytes(32))
    private = dice.randbytes(4) * 2 + public + field(dice.randbytes(64)) + field(b"deploy@ci") + b"\x01\x02\x03"
    return b"openssh-key-v1\x00" + field(b"none") + field(b"none") + field(b"") + (1).to_bytes(4, "big") + field(public) + field(private)


def pgp(dice: Dice) -> bytes:
    point = b"\x01\x07\x40" + dice.randbytes(32)
    body = (
        b"\x04"
        + dice.randbytes(4)
        + b"\x16\x09"
        + bytes.fromhex("2b06010401da470f01")
        + point
        + b"\x00\x00\xff"
        + dice.randbytes(32)
        + dice.randbytes(2)
    )
    return bytes([0xC5, len(body)]) + body


def armour(label: str, der: bytes, *, checksum: str = "") -> str:
    body = base64.b64encode(der).decode()
    rows = [body[start : start + 64] for start in range(0, len(body), 64)]
    tail = [checksum] if checksum else []
    head = [""] if "PGP" in label else []
    mark = "-" * 5
    return "\n".join([f"{mark}BEGIN {label}{mark}", *head, *rows, *tail, f"{mark}END {label}{mark}"])


KEYS: dict[str, Callable[[Dice], str]] = {
    "RSA key": lambda d: armour("RSA PRIVATE" + " KEY", rsa(d)),
    "EC key": lambda d: armour("EC PRIVATE" + " KEY", sec1(d)),
    "PKCS #8 key": lambda d: armour("PRIVATE" + " KEY", pkcs8(d)),
    "OpenSSH key": lambda d: armour("OPENSSH PRIVATE" + " KEY", openssh(d)),
    "PGP key": lambda d: armour("PGP PRIVATE" + " KEY BLOCK", pgp(d), checksum="=" + d.draw(STANDARD64, 4)),
}


# --- the files around them ------------------------------------------------------------------------------------------------

Shape = tuple[str, str]  # path, template with @NAME@ and @VALUE@
SHAPES: tuple[Shape, ...] = (
    ("src/@w/settings.py", 'import os\n\nDEBUG = False\nTIMEOUT = 30\n@NAME@ = "@VALUE@"\n\n\ndef connect():\n    return Client(@NAME@, timeout=TIMEOUT)\n'),
    ("services/@w/client.js", "const http = require('http');\n\nconst @name@ = '@VALUE@';\n\nmodule.exports = { call: () => http.get({ headers: { auth: @name@ } }) };\n"),
    ("web/src/@w.ts", "export const config = {\n  retries: 3,\n  @name@: `@VALUE@`,\n  region: 'eu-west-1',\n};\n"),
    ("deploy/@w.yaml", "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: app\n          env:\n            - name: @NAME@\n              value: @VALUE@\n"),
    ("docker-compose.@w.yml", "services:\n  app:\n    image: app:1.4\n    environment:\n      - @NAME@=@VALUE@\n      - MODE=live\n"),
    ("config/@w.json", '{\n  "name": "@w",\n  "retries": 4,\n  "@name@": "@VALUE@",\n  "verbose": false\n}\n'),
    ("config/@w.toml", '[server]\nport = 8080\n\n[auth]\n@name@ = "@VALUE@"\n'),
    ("etc/@w.ini", "[main]\nlevel = warn\n@name@ = @VALUE@\n\n[paths]\nroot = /srv\n"),
    ("app/src/main/resources/@w.properties", "spring.application.name=@w\n@name@=@VALUE@\nserver.port=9090\n"),
    ("app/src/main/java/com/shop/@w/Keys.java", 'package com.shop;\n\nfinal class Keys {\n    private static final String @NAME@ = "@VALUE@";\n\n    private Keys() {}\n}\n'),
    ("internal/@w/client.go", 'package client\n\nconst (\n\tretries = 3\n\t@name@ = "@VALUE@"\n)\n'),
    ("app/models/@w.rb", "class Client\n  @NAME@ = '@VALUE@'.freeze\n\n  def call = request(@NAME@)\nend\n"),
    ("lib/@w.php", "<?php\n\nreturn [\n    'timeout' => 10,\n    '@name@' => '@VALUE@',\n];\n"),
    ("src/@w/Client.cs", 'namespace Shop;\n\npublic static class Client\n{\n    private const string @NAME@ = "@VALUE@";\n}\n'),
    ("scripts/@w.sh", '#!/bin/sh\nset -eu\nexport @NAME@="@VALUE@"\nexec ./run --mode live\n'),
    ("infra/@w.tf", 'provider "thing" {\n  region = "eu"\n  @name@ = "@VALUE@"\n}\n'),
    ("build/Dockerfile.@w", "FROM alpine:3.20\nENV @NAME@=@VALUE@\nRUN make install\n"),
    ("conf/@w.xml", '<config>\n  <retries>3</retries>\n  <@name@>@VALUE@</@name@>\n</config>\n'),
    (".github/workflows/@w.yml", "name: deploy\non: push\njobs:\n  go:\n    runs-on: ubuntu-latest\n    env:\n      @NAME@: @VALUE@\n    steps:\n      - run: make deploy\n"),
    ("static/@w.html", "<html>\n<body>\n<script>\nwindow.init({key: '@VALUE@', mode: 'live'});\n</script>\n</body>\n</html>\n"),
    ("app/@w.kt", 'object Keys {\n    // moved here for the release\n    const val @NAME@ = "@VALUE@"\n}\n'),
    ("notes/@w.txt", "how to reach the live system\n\nuse @VALUE@ and tell nobody\n"),
    ("db/@w.sql", "-- one-off\nINSERT INTO settings (name, value) VALUES ('@name@', '@VALUE@');\n"),
    ("ops/@w.swift", 'import Foundation\n\nlet @name@ = "@VALUE@" // live\n'),
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "crlf", "long")


def dressed(dice: Dice, family: str, value: str, names: tuple[str, ...]) -> File:
    """Put a value into a file of some language, in some encoding."""
    path, template = dice.choice([shape for shape in SHAPES if len(names) > OWN or "@n" in shape[1].lower()])
    word, name = dice.choice(WORDS), dice.choice(names)
    text = template.replace("@VALUE@", value).replace("@NAME@", name.upper()).replace("@name@", name.lower()).replace("@w", word)
    return encoded(dice, family, path.replace("@w", word + dice.draw(HEX, 4)), text, value)


def encoded(dice: Dice, family: str, path: str, text: str, value: str, *shown: str) -> File:
    head = (
        "".join(f"# {dice.draw(BASE62[36:], 9)} caf\u00e9\n" for _ in range(dice.randrange(0, 60)))
        if path.endswith((".py", ".sh", ".rb", ".tf"))
        else ""
    )
    text = head + text
    line = text[: text.index(value)].count("\n") + 1
    kind = dice.choice(ENCODINGS)
    if kind == "crlf":
        content = text.replace("\n", "\r\n").encode()
    elif kind == "long" and path.endswith((".js", ".html")):
        filler = "".join(f"function {dice.draw(BASE62[36:], 3)}(a){{return a+{dice.randrange(99)}}}" for _ in range(3_000))
        text, line = filler + text.replace("\n", " ") + filler, 1
        content = text.encode()
    else:
        content = text.encode("utf-8" if kind in ("crlf", "long") else kind)
    return File(family, path, content, line, shown or (value,))


def planted(seed: int) -> list[File]:
    """Return the files with one credential each, over all families."""
    dice = Dice(seed)
    makers = [*_token_makers(), *_key_makers(), *_password_makers(), *_pair_makers()]
    chosen = dice.sample(makers, min(len(makers), PLANTED))
    chosen += dice.choices(makers, k=PLANTED - len(chosen))
    return [make(dice) for make in chosen]


Maker = Callable[[Dice], File]


def _token_makers() -> Iterator[Maker]:
    names = ("api_key", "access_token", "client_secret", "service_credential", "auth_value")
    for family, issue in TOKENS.items():
        yield lambda dice, family=family, issue=issue: _token(dice, family, issue(dice), names)  # type: ignore[misc]
    for family, issue in NAMES.items():
        own = (f"{family.lower()}_key", f"{family.lower()}_token")
        yield lambda dice, family=family, issue=issue, own=own: _token(dice, family, issue(dice), own)  # type: ignore[misc]


def _token(dice: Dice, family: str, value: str, names: tuple[str, ...]) -> File:
    made = dressed(dice, family, value, names)
    inner = re.search(r"(?:AccountKey=|SharedAccessKey=|/services/|/webhooks/)([^;\s]+)", value)
    return File(made.family, made.path, made.content, made.line, (inner[1],) if inner else (value,))


def _key_makers() -> Iterator[Maker]:
    for family, issue in KEYS.items():
        yield lambda dice, family=family, issue=issue: _key(dice, family, issue(dice))  # type: ignore[misc]
    yield _service_account
    yield _cluster


def _key(dice: Dice, family: str, block: str) -> File:
    word = dice.choice(WORDS)
    body = "".join(block.split("\n")[1:-1])
    shapes = (
        (f"certs/{word}.pem", block + "\n"),
        (f"deploy/{word}_rsa", block + "\n"),
        (f"chart/{word}.yaml", "tls:\n  enabled: true\n  key: |\n" + "".join(f"    {row}\n" for row in block.split("\n"))),
        (
            f"src/{word}/Signer.java",
            'class Signer {\n    static final String KEY =\n        "' + block.replace("\n", '\\n"\n        + "') + '";\n}\n',
        ),
        (f"config/{word}.json", json.dumps({"id": 7, "key": block}, indent=1) + "\n"),
        (f"lib/{word}.py", f'"""Sign."""\n\nKEY = """{block}"""\n'),
        (f"lib/{word}.rb", "KEY = <<~PEM\n" + "".join(f"  {row}\n" for row in block.split("\n")) + "PEM\n"),
    )
    path, text = dice.choice(shapes)
    line = text[: text.index("-----BEGIN")].count("\n") + 1
    return File(family, path, text.encode(), line, (body[40:104], block.split("\n")[-2][:40] if "PGP" not in family else body[60:110]))


def _service_account(dice: Dice) -> File:
    block = KEYS["RSA key"](dice).replace("RSA ", "")
    account = {"type": "service_account", "project_id": dice.choice(WORDS), "private_key_id": dice.draw(HEX, 40), "private_key": block + "\n",
               "client_email": "robot@project.iam.gserviceaccount.com"}  # fmt: skip
    text = json.dumps(account, indent=2)
    return File("Google service account", f"keys/{dice.choice(WORDS)}-sa.json", text.encode(), 5, (block.split("\n")[4],))


def _cluster(dice: Dice) -> File:
    packed = base64.b64encode(KEYS["EC key"](dice).encode()).decode()
    text = f"apiVersion: v1\nkind: Config\nusers:\n- name: admin\n  user:\n    client-key-data: {packed}\n"
    return File("kubeconfig", f"ops/{dice.choice(WORDS)}.kubeconfig", text.encode(), 6, (packed[60:140],))


def _password_makers() -> Iterator[Maker]:
    schemes = ("postgres", "mysql+pymysql", "mongodb+srv", "rediss", "amqps", "https", "smtp", "ftp", "clickhouse")
    for scheme in schemes:
        yield lambda dice, scheme=scheme: _url(dice, scheme)  # type: ignore[misc]
    yield from (_percent, _jdbc, _basic, _curl, _netrc, _npmrc, _docker, _environment, _environment)


def _host(dice: Dice) -> str:
    return dice.choice(
        (
            f"db-{dice.randrange(9)}.{dice.choice(WORDS)}.internal",
            f"{dice.choice(WORDS)}.prod.shop.io",
            f"10.2.{dice.randrange(250)}.{dice.randrange(2, 250)}",
        )
    )


def _url(dice: Dice, scheme: str) -> File:
    password = dice.password()
    made = dressed(
        dice, f"URL {scheme}", f"{scheme}://{dice.choice(WORDS)}:{password}@{_host(dice)}/main", ("database_url", "dsn", "endpoint")
    )
    return File(made.family, made.path, made.content, made.line, (password,))


def _percent(dice: Dice) -> File:
    password = dice.password() + "@/" + dice.draw(BASE62, 3)
    made = dressed(dice, "URL percent-encoded", f"postgresql://app:{quote(password, safe='')}@{_host(dice)}:5432/main", ("database_url",))
    return File(made.family, made.path, made.content, made.line, (password, quote(password, safe="")))


def _jdbc(dice: Dice) -> File:
    password = dice.draw(BASE62, 14) + "7k"
    text = f"spring.datasource.url=jdbc:mysql://{_host(dice)}:3306/main?user=app&password={password}\nspring.datasource.pool=8\n"
    return encoded(dice, "JDBC", f"app/{dice.choice(WORDS)}.properties", text, password)


def _basic(dice: Dice) -> File:
    password = dice.password()
    value = base64.b64encode(f"{dice.choice(WORDS)}:{password}".encode()).decode()
    text = f"import requests\n\n\ndef pull():\n    return requests.get(URL, headers={{'Authorization': 'Basic {value}'}})\n"
    made = encoded(dice, "Basic header", f"jobs/{dice.choice(WORDS)}.py", text, value)
    return File(made.family, made.path, made.content, made.line, (value, password))


def _curl(dice: Dice) -> File:
    password = dice.password()
    text = f"#!/bin/sh\ncurl -sS -u deploy:{password} https://{_host(dice)}/api/release -d @release.json\n"
    return encoded(dice, "curl", f"scripts/{dice.choice(WORDS)}.sh", text, password)


def _netrc(dice: Dice) -> File:
    password = dice.password()
    return File(
        ".netrc", f"ops/{dice.choice(WORDS)}/.netrc", f"machine {_host(dice)}\nlogin ci\npassword {password}\n".encode(), 3, (password,)
    )


def _npmrc(dice: Dice) -> File:
    token = dice.draw(HEX, 8) + "-" + dice.draw(HEX, 4) + "-4" + dice.draw(HEX, 3) + "-a" + dice.draw(HEX, 3) + "-" + dice.draw(HEX, 12)
    return File(
        ".npmrc", f"{dice.choice(WORDS)}/.npmrc", f"save-exact=true\n//registry.npmjs.org/:_authToken={token}\n".encode(), 2, (token,)
    )


def _docker(dice: Dice) -> File:
    password = dice.password()
    value = base64.b64encode(f"robot:{password}".encode()).decode()
    text = f'{{\n  "auths": {{\n    "registry.shop.io": {{\n      "auth": "{value}"\n    }}\n  }}\n}}\n'
    return File("Docker login", f"ci/{dice.choice(WORDS)}/.docker/config.json", text.encode(), 4, (value, password))


def _environment(dice: Dice) -> File:
    name = dice.choice(("DB_PASSWORD", "APP_SECRET", "JWT_SECRET", "SMTP_PASSWORD", "ENCRYPTION_KEY", "API_TOKEN", "SECRET_KEY_BASE"))
    value = dice.choice((dice.password(), dice.draw(HEX, 64)))
    quotes = dice.choice(("", '"', "'"))
    text = f"# live\nAPP_ENV=production\nPORT=8080\n{name}={quotes}{value}{quotes}\nLOG_LEVEL=info\n"
    file = dice.choice((".env", ".env.production", "prod.env", ".env.local"))
    return File("environment file", f"{dice.choice(WORDS)}/{file}", text.encode(), 4, (value,))


def _pair_makers() -> Iterator[Maker]:
    return iter((_aws, _aws, _twilio))


def _aws(dice: Dice) -> File:
    key, secret = "AKIA" + dice.draw(BASE32, 16), base64.b64encode(dice.randbytes(30)).decode()
    text = dice.choice((f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n", f'provider "aws" {{\n  access_key = "{key}"\n  secret_key = "{secret}"\n}}\n',
                        f"const s3 = new S3({{\n  accessKeyId: '{key}',\n  secretAccessKey: '{secret}',\n}});\n"))  # fmt: skip
    return encoded(dice, "AWS", f"infra/{dice.choice(WORDS)}.conf", text, secret)


def _twilio(dice: Dice) -> File:
    token = dice.draw(HEX, 32)
    text = f"TWILIO_ACCOUNT_SID = 'AC{dice.draw(HEX, 32)}'\nTWILIO_AUTH_TOKEN = '{token}'\n"
    return encoded(dice, "Twilio auth", f"sms/{dice.choice(WORDS)}.py", text, token)


# --- look-alikes ----------------------------------------------------------------------------------------------------------


def look_alikes(seed: int) -> list[File]:
    """Return files that hold none."""
    dice = Dice(seed + 1)
    lines = _harmless(dice)
    return [_plain(dice, number, path, text) for number, (path, text) in enumerate(dice.sample(lines, min(len(lines), LOOK_ALIKES)))]


def _plain(dice: Dice, number: int, path: str, text: str) -> File:
    if path:
        return File("look-alike", path.replace("@", str(number)), (text + "\n").encode())
    made = dressed(dice, "look-alike", text, ("api_key", "password", "access_token", "client_secret"))
    return File("look-alike", made.path, made.content)


def _harmless(d: Dice) -> list[tuple[str, str]]:
    begin, end = "-" * 5 + "BEGIN ", "-" * 5 + "END "
    bad = github(d)
    bad = bad[:-1] + ("a" if bad[-1] != "a" else "b")
    sealed = armour("ENCRYPTED PRIVATE" + " KEY", rsa(d))
    rows = [
        "ghp_" + "x" * 36, "ghp_<your-token-here>", "${GITHUB_TOKEN}", bad, "sk_live_" + "0" * 24, "sk_test_" + d.draw(BASE62, 24),
        "pk_live_" + d.draw(BASE62, 24), "xoxb-your-bot-token-goes-here", "https://hooks.slack.com/services/T00000000/B00000000/" + "X" * 24,
        "AKIAIOSFODNN7" + "EXAMPLE", "AKIA" + d.draw(BASE32, 16), "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY", "AIza" + "Y" * 35, "npm_" + "a" * 36,
        "SG.xxxxxxxxxxxxxxxxxxxxxx." + "x" * 43, "key-" + d.draw(HEX, 32), "SK" + d.draw(HEX, 32), "hf_model_for_sequence_classification_base",
        "hf_convertCheckpointToTransformersLayout", "sk-folding-cube sk-cube-grid", "sk-ant-api03-your-key-here", "dapi" + "0123456789abcdef" * 2,
        d.draw(HEX, 32), d.draw(HEX, 40), d.draw(HEX, 64), "sha512-" + base64.b64encode(d.randbytes(64)).decode(), "sha256:" + d.draw(HEX, 64),
        f"{d.draw(HEX, 8)}-{d.draw(HEX, 4)}-4{d.draw(HEX, 3)}-a{d.draw(HEX, 3)}-{d.draw(HEX, 12)}", "$2b$12$" + d.draw(BASE62, 53),
        "{SSHA}" + base64.b64encode(d.randbytes(24)).decode(), "postgres://user:password@example.com/db", "postgres://postgres:postgres@localhost:5432/app",
        "amqp://guest:guest@rabbitmq:5672//", "https://{user}:{password}@host/", "mysql://%s:%s@%s/%s", "redis://:${REDIS_PASSWORD}@cache:6379/0",
        "https://shop.io:8080/users/@me", "git@github.com:shop/app.git", "https://medium.com/@author:with-colon", "https://cdn.shop.io/npm/lib@4.17.21/a.js",
        "http://user:****@proxy.shop.io:3128", "mongodb://<user>:<pass>@cluster0.mongodb.net", "Basic <credentials>", "Authorization: Basic dXNlcjpwYXNz",
        "Authorization: Bearer ${TOKEN}", "process.env.STRIPE_SECRET_KEY", 'os.environ["AWS_SECRET_ACCESS_KEY"]', "vault:secret/data/app#token",
        "data:image/png;base64," + base64.b64encode(d.randbytes(300)).decode(), "ssh-ed25519 " + base64.b64encode(d.randbytes(51)).decode() + " ada@laptop",
        "M0 0h24v24H0zM12 2C6.48 2 2 6.48 2 12s4.48 10 10 10 10-4.48 10-10S17.52 2 12 2z", "(AKIA|ASIA)[A-Z2-7]{16}", "gh[pousr]_[A-Za-z0-9]{36}",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIn0." + d.draw(URL64, 43), "12345678:AAnotatoken",
        "change-me-in-production", "glpat-" + "1234567890" * 2, "curl -u $USER:$PASS https://api.shop.io", "-us-east-1-" + d.draw(HEX, 8), "REPLACE_WITH_REAL_KEY",
    ]  # fmt: skip
    files = [
        ("certs/@.crt", armour("CERTIFICATE", tlv(0x30, d.randbytes(120)))), ("certs/@.pub", armour("PUBLIC" + " KEY", tlv(0x30, d.randbytes(120)))),
        ("certs/@.pem", sealed), ("src/pem@.py", f'BEGIN = "{begin}RSA PRIVATE KEY-----"\nEND = "{end}RSA PRIVATE KEY-----"\n\n\ndef wrap(body):\n    return BEGIN + body + END'),
        ("src/parse@.go", f'if !strings.HasPrefix(s, "{begin}EC PRIVATE KEY-----") {{\n\treturn errors.New("no key")\n}}'),
        ("src/form@.tsx", f'<Input placeholder="{begin}RSA PRIVATE KEY-----&#10;..." />'),
        ("@/.env.example", f"DB_PASSWORD={d.password()}\nAPI_KEY="), ("@/.env", "PORT=3000\nNODE_ENV=production\nLOG_LEVEL=debug\nDB_PASSWORD=\nTOKEN_TTL=3600\nSECRET_NAME=prod/app"),
        ("@/.env.production", "API_KEY=${API_KEY}\nJWT_SECRET=changeme\nNEXT_PUBLIC_KEY=" + d.draw(BASE62, 20)),
        ("@/package-lock.json", json.dumps({"packages": {"a": {"resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz", "integrity": "sha512-" + base64.b64encode(d.randbytes(64)).decode()}}})),
        ("@/go.sum", f"github.com/a/b v1.2.3 h1:{base64.b64encode(d.randbytes(32)).decode()}"), ("@/.npmrc", "//registry.npmjs.org/:_authToken=${NPM_TOKEN}"),
        ("dist/@.min.js", "".join(f"var {d.draw(BASE62[36:], 2)}=function(e,t){{return e[t]||'{d.draw(BASE62, 6)}'}};" for _ in range(400))),
        ("locale/en@.json", '{"password": "Password", "secret_hint": "Your secret question", "token": "Paste your access token"}'),
    ]  # fmt: skip
    return [("", row) for row in rows] + files


# --- measuring ------------------------------------------------------------------------------------------------------------


def measure(setting: Setting) -> tuple[list[Bar], list[Table], list[str]]:
    """Count what is found and what is not, and look for the planted values in everything that is written."""
    seed = int(os.environ.get("QUARTERDECK_BENCH_SECRETS_SEED") or chance.randbits(32))
    hidden, harmless = planted(seed), look_alikes(seed)
    answers = [
        (file, [hit for hit in find(file.path, file.content, KEY) if not hit.note or hit.note == LASTING]) for file in [*hidden, *harmless]
    ]
    right = [file for file, hits in answers if file.line and any(hit.line == file.line for hit in hits)]
    false = [(file, hit) for file, hits in answers for hit in hits if hit.line != file.line]
    bars = [
        at_least(f"planted credentials found (recall, n = {len(hidden)}, seed {seed})", len(right) / len(hidden), RECALL),
        at_least(
            f"of what was found, really planted (precision, {len(harmless)} look-alikes)",
            len(right) / max(len(right) + len(false), 1),
            PRECISION,
        ),
        equal("findings that hold a planted value", _telling(hidden), 0),
        _artefacts(setting, hidden),
    ]
    rows = [("missed", file.family, file.path, "") for file, _ in answers if file.line and file not in right]
    rows += [("false", file.family, file.path, f"line {hit.line}: {hit.title}") for file, hit in false]
    title = f"credentials: {len(right)} of {len(hidden)} found, {len(false)} false alarms; what went wrong"
    return bars, [Table(title, ("what", "family", "file", "hit"), tuple(rows))], []


def _telling(hidden: list[File]) -> int:
    return sum(any(raw in _words(hit) for raw in file.raw) for file in hidden for hit in find(file.path, file.content, KEY))


def _words(hit: Hit) -> str:
    return " ".join(map(str, hit))


def _artefacts(setting: Setting, hidden: list[File]) -> Bar:
    """Run the product over the planted files and search whatever it wrote."""
    what = "places in report and home that hold a planted value in any form"
    if not any("secrets" in str(room) for room in catalogue.ROOMS):
        return missing(what, "0", "the room is not in the catalogue yet")
    with TemporaryDirectory(prefix="quarterdeck-bench-secrets-") as folder, setting.home() as home:
        place = Path(folder) / "repository"
        _commit(place, hidden)
        out = Path(folder) / "report"
        assess(place, home, out, "html,json,md,pdf")
        raws = sorted({raw for file in hidden for raw in file.raw})
        found = [*leaks(out, raws), *leaks(home, raws)]
    return equal(what, len(found), 0)


def _commit(place: Path, hidden: list[File]) -> None:
    place.mkdir(parents=True)
    stream = [b"commit refs/heads/main\ncommitter A Person <a@example.org> 1770000000 +0000\ndata 4\nlive\n"]
    for number, file in enumerate(hidden):
        stream.append(f"M 100644 inline p{number:02d}/{file.path}\ndata {len(file.content)}\n".encode() + file.content + b"\n")
    quiet = {"PATH": os.environ.get("PATH", os.defpath), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", "."], cwd=place, env=quiet, check=True)
    done = subprocess.run(["git", "fast-import", "--quiet"], cwd=place, env=quiet, input=b"".join(stream), capture_output=True, check=False)
    if done.returncode:
        raise Absent("the planted repository could not be written")


def forms(raw: str) -> set[bytes]:
    """Return a value as it is, percent-encoded, in JSON, in hex, and in base64 at each of the three places it may start."""
    plain = raw.encode()
    made = {
        plain,
        quote(raw, safe="").encode(),
        json.dumps(raw)[1:-1].encode(),
        plain.hex().encode(),
        raw.encode("utf-16-le"),
        raw.replace("&", "&amp;").encode(),
    }
    for lead in range(3):
        packed = base64.b64encode(b"\x00" * lead + plain)
        made.add(packed[-(-lead * 8 // 6) : len(packed) - 4])
    return {form for form in made if len(form) >= 8}


def leaks(folder: Path, raws: list[str]) -> Iterator[str]:
    """Name every file below a folder that holds a value in some form; Parquet frames, ZIP and PDF streams are opened."""
    wanted = {form for raw in raws for form in forms(raw)}
    for file in sorted(folder.rglob("*")):
        if file.is_file() and any(form in content for content in _contents(file) for form in wanted):
            yield file.relative_to(folder).as_posix()


def _contents(file: Path) -> Iterator[bytes]:
    content = file.read_bytes()
    yield content
    if file.suffix == ".parquet":
        frame: Any = pl.read_parquet(file)
        yield frame.write_json().encode()
    if content[:5] == b"%PDF-" or content[:2] == b"PK":
        yield from _streams(content)


def _streams(content: bytes) -> Iterator[bytes]:
    for match in re.finditer(rb"stream\r?\n", content):
        try:
            yield zlib.decompressobj().decompress(content[match.end() :])
        except zlib.error:
            continue
