"""Credentials in files: formats of vendors, structure, look-alikes, masking and hostile input. No real credential stands here: all are built when a test runs."""

import base64
import json
import random
import time
from binascii import crc32
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.evidence import secrets
from quarterdeck.evidence.secrets import Hit, checks, engine, places, rules, samples, tokens

KEY = b"a test's key"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SOURCE = Path(secrets.__file__).parents[1]
BUDGET = 0.05  # seconds of CPU for a rule over 20 kB
LETTERS = 20_000


def drawn(count: int, letters: str = BASE62, seed: int = 7) -> str:
    return "".join(random.Random(f"{seed}{count}{letters}").choices(letters, k=count))


def token(seed: int = 7, kind: str = "p") -> str:
    """Return a GitHub token with its checksum."""
    body = drawn(30, seed=seed)
    return f"gh{kind}_{body}{checks.base62(crc32(body.encode()))}"


def look(content: str | bytes, path: str = "src/app.py") -> list[Hit]:
    return secrets.find(path, content.encode() if isinstance(content, str) else content, KEY)


def live(content: str | bytes, path: str = "src/app.py") -> list[str]:
    return [hit.rule for hit in look(content, path) if not hit.note]


def notes(content: str | bytes, path: str = "src/app.py") -> list[str]:
    return [hit.note for hit in look(content, path)]


def armour(label: str, raw: bytes) -> str:
    body = base64.b64encode(raw).decode()
    rows = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
    return f"{'-' * 5}BEGIN {label}{'-' * 5}\n{rows}\n{'-' * 5}END {label}{'-' * 5}\n"


def der(seed: int = 1) -> bytes:
    """Return an Ed25519 key in PKCS #8."""
    return bytes.fromhex("302e020100300506032b657004220420") + random.Random(seed).randbytes(32)


def jwt(claims: dict[str, object], alg: str = "HS256") -> str:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": alg}, claims)]
    return ".".join([*parts, drawn(43)])


PRIVATE = "PRIVATE" + " KEY"


# --- vendors' tokens


@pytest.mark.parametrize(("body", "checksum"), [("zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ", "0mLq17"), ("a" * 30, "1yLcDB")])
def test_a_github_token_ends_in_the_checksum_of_its_other_letters(body: str, checksum: str) -> None:
    assert checks.base62(crc32(body.encode())) == checksum


def test_a_github_token_with_its_checksum_is_live_and_one_without_is_a_note() -> None:
    good = token()
    bad = good[:-1] + ("a" if good[-1] != "a" else "b")

    assert live(f'TOKEN = "{good}"') == ["token.github"]
    assert notes(f'TOKEN = "{bad}"') == ["its checksum is wrong, so GitHub did not issue it"]


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("token.gitlab", "glpat-" + drawn(20)),
        ("token.slack", f"xoxb-{drawn(12, '123456789')}-{drawn(13, '123456789', 8)}-{drawn(24)}"),
        ("token.stripe", "sk_live_" + drawn(24)),
        ("token.google-api", "AIza" + drawn(35)),
        ("token.google-oauth", "GOCSPX-" + drawn(28)),
        ("token.npm", "npm_" + drawn(36)),
        ("token.sendgrid", f"SG.{drawn(22)}.{drawn(43)}"),
        ("token.digitalocean", "dop_v1_" + drawn(64, "0123456789abcdef")),
        ("token.hugging-face", "hf_" + drawn(34)),
        ("token.databricks", "dapi" + drawn(32, "0123456789abcdef")),
        ("token.anthropic", f"sk-ant-api03-{drawn(93)}AA"),
        ("token.openai", f"sk-proj-{drawn(74)}T3BlbkFJ{drawn(74)}"),
        ("token.telegram", f"{drawn(10, '123456789')}:AA{drawn(33)}"),
        ("token.mailchimp", drawn(32, "0123456789abcdef") + "-us7"),
        ("token.terraform", f"{drawn(14)}.atlasv1.{drawn(67)}"),
        ("token.jwt", jwt({"sub": "service"})),
    ],
)
def test_a_vendors_token_is_found_by_its_format(rule: str, value: str) -> None:
    assert live(f"key: '{value}'", "config/live.yaml") == [rule]


def test_every_rule_names_the_page_that_describes_its_format() -> None:
    assert [rule.id for rule in rules.RULES if not rule.source.startswith("https://")] == []
    assert len({rule.id for rule in rules.RULES}) == len(rules.RULES)


def test_a_secret_key_of_amazon_counts_beside_its_id_and_an_id_alone_is_a_note() -> None:
    access, secret = "AKIA" + drawn(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), drawn(40)

    assert live(f"id = {access}\n\nsecret = {secret}\n") == ["token.aws"]
    assert notes(f"id = {access}\n") == [tokens.ALONE]
    assert look(f"id = {access}\n" + "\n" * 9 + f"x = {secret}\n")[0].note == tokens.ALONE


def test_a_commit_id_beside_an_access_key_is_no_secret_key() -> None:
    assert live(f"id = AKIA{drawn(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}\nrev = {drawn(40, '0123456789abcdef')}\n") == []


def test_a_signed_token_that_ends_says_when() -> None:
    assert notes(jwt({"sub": "x", "exp": 4_070_908_800})) == ["expires 2099-01-01"]
    assert notes(jwt({"sub": "x"}, alg="none")) == ["not signed"]
    assert notes(jwt({"sub": "x", "exp": 1e300})) == [""]


def test_a_key_of_a_test_mode_is_a_note() -> None:
    assert notes("sk_test_" + drawn(24)) == ["a key of the vendor's test mode"]


def test_a_browser_key_inside_the_configuration_of_firebase_is_public_by_design() -> None:
    content = f'{{apiKey: "AIza{drawn(35)}", authDomain: "shop.firebaseapp.com"}}'

    assert notes(content, "web/init.js") == ["part of a Firebase client's configuration, public by design"]


def test_the_key_of_a_storage_emulator_is_known_by_its_digest() -> None:
    digest = samples.sha256(b"x").hexdigest()

    assert len(samples.KNOWN) == 2
    assert digest not in samples.KNOWN


# --- private keys


def test_a_private_key_counts_in_every_wrapping_and_is_the_same_key_in_all() -> None:
    block = armour(PRIVATE, der())
    wrapped = [
        block,
        block.replace("\n", "\r\n"),
        json.dumps({"key": block}),
        "key: |\n" + "".join(f"    {row}\n" for row in block.splitlines()),
        '"' + block.replace("\n", '\\n" +\n    "') + '"',
        '"' + block.replace("\n", '\\n"\n    + "') + '"',
        "".join(f"# {row}\n" for row in block.splitlines()),
        block.replace("\n", " "),
        "data: " + base64.b64encode(block.encode()).decode(),
    ]

    found = [look(each, "deploy/app.conf") for each in wrapped]

    assert [[hit.rule for hit in hits] for hits in found] == [["key.pem"]] * len(wrapped)
    assert {hit.same for hits in found for hit in hits} == {found[0][0].same}
    assert {(hit.note, hit.masked) for hits in found for hit in hits} == {("", "****")}


def test_code_that_builds_or_parses_keys_holds_none() -> None:
    begin, end = f"-----BEGIN {PRIVATE}-----", f"-----END {PRIVATE}-----"

    assert look(f'HEAD = "{begin}"\nTAIL = "{end}"\n') == []
    assert look(f'return "{begin}\\n" + body + "\\n{end}\\n"\n') == []
    assert look(f"<textarea placeholder='{begin}\n...\n{end}'></textarea>") == []


def test_an_encrypted_key_is_a_note_and_public_parts_are_nothing() -> None:
    assert notes(armour("ENCRYPTED " + PRIVATE, der())) == ["encrypted with a passphrase"]
    sealed = armour("RSA " + PRIVATE, der()).replace("-----\n", "-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n", 1)
    assert notes(sealed) == ["encrypted with a passphrase"]
    assert look(armour("PUBLIC KEY", der()) + armour("CERTIFICATE", der())) == []


def test_a_block_that_does_not_parse_is_a_note() -> None:
    assert notes(armour("RSA " + PRIVATE, random.Random(3).randbytes(200))) == ["does not parse as a key"]


@pytest.mark.parametrize(("cipher", "note"), [(b"none", ""), (b"aes256-ctr", "encrypted with a passphrase")])
def test_an_openssh_key_is_live_only_without_a_cipher(cipher: bytes, note: str) -> None:
    raw = b"openssh-key-v1\x00" + len(cipher).to_bytes(4, "big") + cipher + random.Random(1).randbytes(120)

    assert notes(armour("OPENSSH " + PRIVATE, raw)) == [note]


@pytest.mark.parametrize(("usage", "note"), [(0, ""), (254, "encrypted with a passphrase")])
def test_a_pgp_key_says_in_its_first_packet_whether_it_is_sealed(usage: int, note: str) -> None:
    body = (
        b"\x04\x00\x00\x00\x01\x16\x09"
        + bytes(9)
        + b"\x01\x07\x40"
        + random.Random(1).randbytes(32)
        + bytes([usage])
        + random.Random(2).randbytes(40)
    )
    packet = bytes([0xC5, len(body)]) + body

    assert notes(armour("PGP " + PRIVATE + " BLOCK", packet).replace("-----\n", "-----\n\n", 1)) == [note]


def test_a_key_named_as_one_for_tests_is_a_note() -> None:
    assert notes(armour(PRIVATE, der()), "etc/snakeoil.key") == ["its file's name says that it is for tests"]


def test_a_key_in_a_documentation_comment_is_a_sample() -> None:
    block = "".join(f" * {row}\n" for row in armour(PRIVATE, der()).splitlines())

    assert notes(f"/**\n{block} */\n", "src/Keys.java") == ["a sample in a documentation comment"]


def quoted(block: str) -> str:
    """Return a block as a text in Java source."""
    return " +\n    ".join(f'"{row}\\n"' for row in block.splitlines())


@pytest.mark.parametrize(
    ("before", "word"),
    [
        ("static final String PROBING_KEY = ", "probing"),
        ("// self-signed, for trying the provider\nstatic final String KEY = ", "self-signed"),
        ("String myTestKey = ", "test"),
        ("# a dummy\nkey = ", "dummy"),
        ("SAMPLES = [", "samples"),
        ("EXAMPLE_KEY = ", "example"),
        ("fakeKey = ", "fake"),
        ("mock_key = ", "mock"),
    ],
)
def test_a_key_in_code_that_says_it_is_for_a_trial_is_a_note(before: str, word: str) -> None:
    assert notes(before + quoted(armour(PRIVATE, der())) + ";\n", "src/Ssl.java") == [f"the code before it says '{word}'"]


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ("latestKey = ", "src/Ssl.java"),  # no word of its own
        ("KEY = ", "src/Ssl.java"),
        ("# a test\n" + "x = 1\n" * 60 + "KEY = ", "src/ssl.py"),  # too far away
        ("# test of the gateway\nkey: ", "deploy/values.yaml"),  # settings are in use
        ("# test\n", "deploy/id_rsa"),
    ],
)
def test_a_key_without_such_words_in_settings_or_in_a_file_of_its_own_stays_live(content: str, path: str) -> None:
    assert live(content + quoted(armour(PRIVATE, der())), path) == ["key.pem"]


def test_words_before_another_block_do_not_speak_of_the_key_after_it() -> None:
    content = "TEST_KEY = " + quoted(armour(PRIVATE, der(1))) + "\nKEY = " + quoted(armour(PRIVATE, der(2)))

    assert notes(content, "src/Ssl.java") == ["the code before it says 'test'", ""]


@pytest.mark.parametrize("first", ["certificate", "key"])
def test_a_key_in_code_beside_its_own_certificate_is_a_note_and_beside_another_is_live(first: str) -> None:
    modulus = random.Random(5).randbytes(128)
    raw = bytes.fromhex("308201000201000281810100") + modulus + random.Random(6).randbytes(120)
    raw = raw[:2] + (len(raw) - 4).to_bytes(2) + raw[4:]
    key = "KEY = " + quoted(armour(PRIVATE, raw)) + ";\n"

    def beside(inside: bytes) -> list[str]:
        certificate = "CERT = " + quoted(armour("CERTIFICATE", b"0\x82" + random.Random(8).randbytes(90) + inside)) + ";\n"
        return notes(certificate + key if first == "certificate" else key + certificate, "src/Ssl.java")

    assert beside(modulus) == ["stands in the code beside its own certificate"]
    assert beside(random.Random(9).randbytes(128)) == [""]


def test_key_stores_are_known_by_their_first_bytes() -> None:
    assert notes(b"\xfe\xed\xfe\xed\x00\x00\x00\x02" + bytes(40), "app/release.jks") == ["a key store behind a password"]


# --- passwords and environment files


def password(seed: int = 3) -> str:
    return drawn(12, seed=seed) + "7!k"


@pytest.mark.parametrize("scheme", ["postgres", "mysql+pymysql", "mongodb+srv", "redis", "amqp", "smtp", "https", "jdbc:postgresql"])
def test_a_password_in_an_address_counts_for_any_scheme(scheme: str) -> None:
    assert live(f'url = "{scheme}://app:{password()}@db.prod.shop.io/main"') == ["password.url"]


def test_an_encoded_password_is_the_same_as_the_plain_one() -> None:
    encoded, plain = look("x://a:Xy7%21kLmN9q@db.shop.io"), look("x://a:Xy7!kLmN9q@db.shop.io")

    assert encoded[0].same == plain[0].same


@pytest.mark.parametrize(
    "url",
    [
        "postgres://user:password@db.shop.io/x",
        "postgres://postgres:postgres@localhost/x",
        "amqp://guest:guest@rabbit:5672//",
        "https://ada:Xk29sdf82kQ@example.com/x",
        "ftp://ada:password1@ftp.shop.io",
    ],
)
def test_defaults_and_reserved_hosts_are_notes(url: str) -> None:
    assert [bool(note) for note in notes(url)] == [True]


@pytest.mark.parametrize(
    "url",
    [
        "postgres://${USER}:${PASSWORD}@db/x",
        "mysql://%s:%s@%s/x",
        "https://{user}:{password}@host",
        "redis://:<password>@cache",
        "http://host:8080/users/@me",
        "git@github.com:shop/app.git",
        "https://cdn.shop.io/npm/lib@4.17.21/x.js",
        "proxy://user:****@host",
        "r'://([^:]+):([^@]+)@(.+)'",
    ],
)
def test_templates_and_other_addresses_are_nothing(url: str) -> None:
    assert look(url) == []


def test_a_header_must_decode_to_a_user_and_a_password() -> None:
    good = base64.b64encode(f"robot:{password()}".encode()).decode()

    assert live(f"Authorization: Basic {good}") == ["password.basic"]
    assert look(f"Authorization: Basic {base64.b64encode(bytes(range(200, 230))).decode()}") == []
    assert checks.day(0) == "1970-01-01"


def test_login_files_are_read_in_their_own_format() -> None:
    login = base64.b64encode(f"robot:{password()}".encode()).decode()

    assert live(f"machine api.shop.io login ci password {password()}\n", "ops/.netrc") == ["password.netrc"]
    assert live(f"//registry.npmjs.org/:_authToken={password()}\n", ".npmrc") == ["password.npmrc"]
    assert look("//registry.npmjs.org/:_authToken=${NPM_TOKEN}\n", ".npmrc") == []
    assert live(f"db.shop.io:5432:main:app:{password()}\n", "ops/.pgpass") == ["password.pgpass"]
    assert live(json.dumps({"auths": {"r.shop.io": {"auth": login}}}), ".docker/config.json") == ["password.docker"]
    assert live(drawn(32, "0123456789abcdef"), "config/master.key") == ["key.rails"]


def test_an_environment_file_gives_its_secret_values_by_name_and_no_other() -> None:
    content = f"PORT=3000\nexport DB_PASSWORD='{password()}' # live\nAPI_KEY={drawn(32)}\nTOKEN_TTL=86400\nSECRET_NAME=prod/app\nNEXT_PUBLIC_API_KEY={drawn(20)}\nJWT_SECRET=changeme\n"

    found = look(content, "api/.env.production")

    assert [(hit.masked, hit.line, bool(hit.note)) for hit in found] == [
        ("DB_PASSWORD=****", 2, False),
        ("API_KEY=****", 3, False),
        ("JWT_SECRET=****", 7, True),
    ]


@pytest.mark.parametrize("path", [".env.example", ".env.sample", "env.template", ".env.dist", "src/env.py", ".env.vault"])
def test_templates_of_environment_files_are_none(path: str) -> None:
    assert look(f"DB_PASSWORD={password()}\n", path) == []


# --- look-alikes, places, encodings


@pytest.mark.parametrize(
    "content",
    [
        "ghp_" + "x" * 36,
        "ghp_your_token_here",
        "AKIAIOSFODNN7" + "EXAMPLE",
        "sk_live_" + "0" * 24,
        "AIza" + "A" * 35,
        "npm_" + "a" * 36,
        "hf_model_for_sequence_classification_base_x",
        "hf_convertCheckpointToTransformersLayout",
        "sk-folding-cube",
        "sha512-" + base64.b64encode(random.Random(5).randbytes(64)).decode(),
        drawn(40, "0123456789abcdef"),
        "2f1acc6c-3a60-4bd8-9a2d-8c1f4f9b7a10",
        "SK" + drawn(32, "0123456789abcdef"),
        "gh[pousr]_[A-Za-z0-9]{36}",
        'os.environ["AWS_SECRET_ACCESS_KEY"]',
        "data:image/png;base64," + base64.b64encode(random.Random(6).randbytes(900)).decode(),
    ],
)
def test_a_look_alike_is_nothing(content: str) -> None:
    assert look(content) == []


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("src/app.py", "production"),
        ("config/prod.yaml", "production"),
        ("tests/app.py", "test"),
        ("src/test/resources/a.yml", "test"),
        ("spec/fixtures/key.pem", "test"),
        ("api/client_test.go", "test"),
        ("examples/a.py", "example"),
        (".env.example", "example"),
        ("docs/guide.md", "documentation"),
        ("README.md", "documentation"),
        ("vendor/github.com/a/b.go", "vendored"),
        ("package-lock.json", "production"),
        ("latest/contest.py", "production"),
    ],
)
def test_a_path_tells_the_kind_of_place(path: str, place: str) -> None:
    assert places.of(path) == place


def test_a_place_changes_the_kind_and_never_hides_a_credential() -> None:
    assert [hit.kind for path in ("src/a.py", "tests/a.py", "docs/a.md") for hit in look(token(), path)] == [
        "production",
        "test",
        "documentation",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "latin-1"])
def test_the_encoding_of_a_file_hides_nothing(encoding: str) -> None:
    content = f"# caf\u00e9\n\ntoken = {token()}\n".encode(encoding)

    assert [(hit.rule, hit.line) for hit in look(content, "a.ini")] == [("token.github", 3)]


def test_a_file_of_two_bytes_a_letter_that_opens_with_nul_is_not_taken_for_one_of_four() -> None:
    assert live(f"\x00\n{token()}\n".encode("utf-16"), "a.ini") == ["token.github"]


def test_of_a_long_file_head_and_tail_are_read_and_lines_still_counted() -> None:
    middle = b"line\n" * 300_000
    content = f"a = {token(1)}\n".encode() + middle + f"b = {token(2)}\n".encode()

    assert [hit.line for hit in look(content)] == [1, 300_002]
    assert not secrets.read_whole(content)


def test_one_credential_in_one_reading_is_one_hit() -> None:
    assert [hit.rule for hit in look(f"https://x:{token()}@github.com/a/b")] == ["token.github"]
    assert [hit.rule for hit in look(f"GITHUB_TOKEN={token()}\n", ".env")] == ["token.github"]


# --- what leaves


def test_only_two_letters_at_each_end_of_a_token_are_shown_and_nothing_of_a_password() -> None:
    value = token()

    assert look(value)[0].masked == f"gh****{value[-2:]}"
    assert look(f"x://a:{password()}@db.shop.io")[0].masked == "****"


def test_equal_values_have_the_same_mark_under_one_key_and_another_under_another() -> None:
    one, two = look(f"a {token()}", "a")[0], look(f"bb {token()}", "b")[0]

    assert one.same == two.same
    assert secrets.find("a", token().encode(), b"other")[0].same != one.same
    assert look(token(9))[0].same != one.same


def test_an_error_tells_the_path_and_nothing_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    value = token()

    def broken(found: object) -> None:
        raise ValueError(f"cannot use {value}")

    monkeypatch.setattr(engine, "DETECTORS", (broken,))
    with pytest.raises(secrets.SearchFailed) as caught:
        look(value, "a.py")

    assert str(caught.value) == "a.py: the search failed with ValueError"
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


@given(
    st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=300),
    st.sampled_from(["a.py", ".env", ".netrc", "x.key", ".npmrc", ".docker/config.json"]),
    st.sampled_from(["utf-8", "utf-16"]),
)
def test_a_value_is_found_and_never_leaves_whatever_stands_around_it(around: str, path: str, encoding: str) -> None:
    value = token()
    content = f"{around}\n{value}\n{around}".encode(encoding, "replace")

    found = secrets.find(path, content, KEY)

    assert value not in repr(found)
    assert any(hit.rule == "token.github" for hit in found)


@given(st.binary(max_size=400), st.sampled_from(["a.py", ".env", "a.pem", "x.key", "a.json"]))
def test_any_bytes_can_be_searched(content: bytes, path: str) -> None:
    marks = [b"-----BEGIN PGP PRIVATE KEY BLOCK-----", b"eyJ", b"://a:", b"LS0tLS1CRUdJTi", b"PuTTY-User-Key-File-2: ", b'"kty""d":"']

    assert all(isinstance(secrets.find(path, mark + content, KEY), list) for mark in marks)


# --- when it came


# --- speed


def hostile() -> list[str]:
    fills = ["", "a", "A1", "0" * 30, "a" * 40, "a.", "a-", "\n", " ", "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6", "/"]
    words = sorted({word for rule in rules.RULES for word in rule.keywords})
    return [word + fills[number % len(fills)] for number, word in enumerate(words)] + [
        "://a:", "a://" + "b" * 100 + ":", f"-----BEGIN RSA {PRIVATE}-----\n", f"-----BEGIN RSA {PRIVATE}-----\nMIIE", "LS0tLS1CRUdJTi", '"kty""d":"',
        "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\n", "curl -u a:b ", "Authorization: Basic aaaaaaaa ", "jdbc:mysql://", "a" * 20 + "=", "A=\n", " \t",
    ]  # fmt: skip


def test_no_rule_is_slow_on_text_made_to_slow_it() -> None:
    slow = {}
    for rule in rules.RULES:
        for word in rule.keywords:
            for fill in ("", " ", "a-", "a1B2" * 8):
                letters = ((word + fill) * LETTERS)[:LETTERS]
                start = time.process_time()
                list(tokens._matches(rule, letters))
                slow[rule.id, word, fill] = time.process_time() - start

    assert {name: spent for name, spent in slow.items() if spent > BUDGET} == {}


@pytest.mark.parametrize("path", ["a.py", ".env"])
def test_no_file_is_slow_that_is_made_to_slow_the_search(path: str) -> None:
    spent = {}
    for unit in hostile():
        start = time.process_time()
        look((unit * LETTERS)[:LETTERS], path)
        spent[unit[:30]] = time.process_time() - start

    assert {unit: seconds for unit, seconds in spent.items() if seconds > 4 * BUDGET} == {}


def test_our_own_source_holds_no_credential() -> None:
    ours = [(path, path.read_bytes()) for path in sorted(SOURCE.parents[1].rglob("*.py"))] + [(Path(__file__), Path(__file__).read_bytes())]

    found = [
        (path.name, hit.line, hit.title) for path, content in ours for hit in secrets.find("src/" + path.name, content, KEY) if not hit.note
    ]

    assert found == []
