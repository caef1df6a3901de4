"""Private keys: PEM in all its wrappings, OpenSSH, PGP, PuTTY, JSON web keys, and key stores by their first bytes."""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator

from quarterdeck.evidence.secrets import places, samples
from quarterdeck.evidence.secrets.found import Found
from quarterdeck.evidence.secrets.text import Text
from quarterdeck.kit.files import language

LONGEST = 24_000
SHORTEST = 40  # letters of base64; the shortest private key has 64
ENCRYPTED = "encrypted with a passphrase"
BROKEN = "does not parse as a key"
FOR_TESTS = "its file's name says that it is for tests"
_BEGIN = re.compile(r"-----BEGIN (?P<label>(?:[A-Z0-9]{1,12} ){0,3})PRIVATE KEY(?: BLOCK)?-----")
_BREAKS = re.compile(r"\\r\\n|\\+[nr]|\\u000[aAdD]|&#1[03];|&#x[aAdD];|%0[aAdD]|<br ?/?>|\r")
_HEADER = re.compile(r"^(?P<name>[A-Za-z][A-Za-z-]{2,30}): ?(?P<value>[^\n]*)$")
_JOIN = re.compile(r"[\"'`]\s*[+.&,;)]*\s*\\?$|\\$")
_DOCUMENTED = re.compile(r"\s*\n[ \t]*\*[ \t]")
_LEAD = re.compile(r"^(?://|#|\*|--|;|>|\||\+)(?:\s+|$)|^[+.&]\s*(?=[\"'`])")
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,3}(?:=[A-Za-z0-9+/]{4})?")
_TITLES = {"RSA ": "RSA private key", "EC ": "EC private key", "DSA ": "DSA private key", "OPENSSH ": "OpenSSH private key", "PGP ": "PGP private key",
           "ENCRYPTED ": "Encrypted private key"}  # fmt: skip
_PUTTY = re.compile(
    r"PuTTY-User-Key-File-[23]: [^\n]{3,40}\nEncryption: (?P<cipher>[^\n]{2,30})\n(?s:.{0,1500}?)Private-Lines: \d{1,3}\r?\n(?P<value>[A-Za-z0-9+/=\r\n]{40,8000})"
)
_PACKED = re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/\s]{80,24000}={0,2}")
_JSON_KEY = re.compile(r"\"d\"\s*:\s*\"(?P<value>[A-Za-z0-9_-]{42,1400})\"")
OPENSSH = b"openssh-key-v1\x00"
_PUBLIC_NUMBERS = {1: 2, 2: 2, 3: 2, 16: 3, 17: 4}  # of RSA, ElGamal and DSA (RFC 4880, 5.5.2)
BEFORE = 300  # letters before a key that hold its name and the remark on it
BESIDE = 400  # letters between a key and its certificate
LONGEST_CERTIFICATE = 16_000  # letters of a certificate
COMMON = 32  # bytes of the public part that key and certificate share
BESIDE_CERTIFICATE = "stands in the code beside its own certificate"
SETTINGS = frozenset(("", "Terraform", "HTML", "CSS", "SQL", "Docker"))  # files that hold values for use
_SAYS = re.compile(
    r"(?:(?<![A-Za-z])(?i:prob(?:e[sd]?|ing)|self[-_ ]?signed|(?:unit)?test(?:s|ing|ed)?|dummy|samples?|examples?|faked?|mock(?:s|ed|ing)?)"
    r"|(?<=[a-z0-9])(?:Prob(?:e|ing)|Self-?[Ss]igned|Test(?:s|ing)?|Dummy|Sample|Example|Fake|Mock(?:ed)?))(?![a-z])"
)
_BLOCK_END = re.compile(r"-----END [A-Z0-9 ]{3,40}-----")
BEGIN_CERTIFICATE, END_CERTIFICATE = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_CURVES = (18, 19, 22)
_ECDH = 18


def pem(text: Text) -> Iterator[Found]:
    """Yield private keys in PEM or armour that parse."""
    if "PRIVATE KEY" not in text.value:
        return
    for begin in _BEGIN.finditer(text.value):
        end = text.value.find("-----", begin.end(), begin.end() + LONGEST)
        found = _block(text, begin, end if end >= 0 else begin.end() + LONGEST)
        if found:
            yield found


def _block(text: Text, begin: re.Match[str], end: int) -> Found | None:
    read = _body(text.value[begin.end() : end])
    if read is None:
        return None
    raw, sealed = read
    note = _sealed_note(begin["label"], raw, sealed=sealed) or _made_for(text, begin.end()) or _thrown_away(text, begin.start(), end, raw)
    return Found("key.pem", _title(text, begin), begin.start(), end, raw, note, hidden=True)


def _made_for(text: Text, position: int) -> str:
    """Return what a key in production is there for, if its place says so."""
    if text.place != places.PRODUCTION:
        return ""
    if _DOCUMENTED.match(text.value, position):
        return "a sample in a documentation comment"
    return FOR_TESTS if places.staged(text.path) else ""


def _thrown_away(text: Text, begin: int, end: int, raw: bytes) -> str:
    """Return why a key in source code opens nothing, if the code around it says so."""
    beside = (_body(block) for block in _certificates(text, begin, end))
    own = any(read and _belongs(raw, read[0]) for read in beside)
    return _said(text, begin) or (BESIDE_CERTIFICATE if own else "")


def _in_code(text: Text) -> bool:
    """Tell whether a file is source code in production, where a key may stand for a trial."""
    return text.place == places.PRODUCTION and language(text.path) not in SETTINGS


def _said(text: Text, position: int) -> str:
    """Return why a key in source code is no live one, by its name and the lines before it, or nothing."""
    if not _in_code(text):
        return ""
    begin = max(position - BEFORE, 0)
    others = [match.end() for match in _BLOCK_END.finditer(text.value, begin, position)]  # what stands before another block speaks of that
    match = _SAYS.search(text.value, others[-1] if others else begin, position)
    return f"the code before it says '{match[0].lower()}'" if match else ""


def _certificates(text: Text, begin: int, end: int) -> list[str]:
    """Return the certificates that stand in code right before and right after a key, as written between their marks."""
    before = text.value.rfind(END_CERTIFICATE, max(begin - BESIDE, 0), begin)
    after = text.value.find(BEGIN_CERTIFICATE, end, end + BESIDE)
    opened = text.value.rfind(BEGIN_CERTIFICATE, max(before - LONGEST_CERTIFICATE, 0), before) if before >= 0 else -1
    closed = text.value.find("-----END", after, after + LONGEST_CERTIFICATE) if after >= 0 else -1
    spans = ((opened, before), (after, closed))
    return [text.value[first + len(BEGIN_CERTIFICATE) : last] for first, last in spans if min(first, last) >= 0] if _in_code(text) else []


def _belongs(key: bytes, certificate: bytes) -> bool:
    """Tell whether a certificate holds the public part of a key: bytes of an RSA modulus, or the end of a point on a curve."""
    parts = (key[2 * COMMON : 3 * COMMON], key[-COMMON:])
    return any(len(part) == COMMON and part in certificate for part in parts)


def _title(text: Text, begin: re.Match[str]) -> str:
    around = text.value[max(begin.start() - 600, 0) : begin.start()]
    if "service_account" in around and "private_key" in around:
        return "Google: service account key"
    return _TITLES.get(begin["label"], "Private key")


def _body(block: str) -> tuple[bytes, bool] | None:
    """Return the bytes of a block and whether its headers say that they are encrypted; nothing where it is no key but code."""
    lines = [_bare(line) for line in _BREAKS.sub("\n", block).split("\n")]
    headers = [match for line in lines if (match := _HEADER.match(line))]
    body = "".join("".join(line.split()) for line in lines if not _HEADER.match(line))
    if not _BASE64.fullmatch(body) or len(body) < SHORTEST or samples.entropy(body) < 3:
        return None
    return _decoded(re.sub(r"={0,3}=[A-Za-z0-9+/]{4}$", "", body) if "=" in body else body), any(
        "ENCRYPTED" in match["value"] for match in headers
    )


def _bare(line: str) -> str:
    """Strip the marks of the language around a line: comment marks, joining signs, quotes, commas."""
    return _JOIN.sub("", _LEAD.sub("", line.strip())).strip(" \t\"'`,;")


def _decoded(body: str) -> bytes:
    bare = body.rstrip("=")
    try:
        return b64decode(bare + "=" * (-len(bare) % 4))
    except (Error, ValueError):
        return bare.encode()


def _sealed_note(label: str, raw: bytes, *, sealed: bool) -> str:
    """Return why a key is no live one, or nothing."""
    if label == "PGP ":
        return _pgp(raw)
    if raw.startswith(OPENSSH):
        return "" if _field(raw, len(OPENSSH)) == b"none" else ENCRYPTED
    if sealed or label == "ENCRYPTED ":
        return ENCRYPTED
    return "" if _is_der_key(raw) else BROKEN


def _field(raw: bytes, position: int) -> bytes:
    length = int.from_bytes(raw[position : position + 4], "big")
    return raw[position + 4 : position + 4 + min(length, 64)]


def _is_der_key(raw: bytes) -> bool:
    """Tell whether bytes are one DER sequence that opens with a small version number, as PKCS #1, PKCS #8 and SEC 1 keys do."""
    if len(raw) < 40 or raw[0] != 0x30:
        return False
    size = raw[1] & 0x7F if raw[1] & 0x80 else 0
    length = int.from_bytes(raw[2 : 2 + size], "big") if size else raw[1]
    start = 2 + size
    return size <= 3 and 0 <= len(raw) - start - length <= 4 and raw[start : start + 2] == b"\x02\x01" and raw[start + 2] <= 3


def _pgp(raw: bytes) -> str:
    """Read the first packet of an armoured key up to the octet that says how its secret part is kept (RFC 4880, 5.5.3)."""
    try:
        body = _packet(raw)
        usage, then = body[_after_public(body)], body[_after_public(body) + 1 : _after_public(body) + 4]
    except IndexError:
        return BROKEN
    if usage in (254, 255) and then[1:2] == b"\x65":
        return "a stub without its secret part"
    return ENCRYPTED if usage else ""


def _packet(raw: bytes) -> bytes:
    """Return the body of the first packet, which must be a secret key."""
    new = bool(raw[0] & 0x40)
    if not raw[0] & 0x80 or (raw[0] & 0x3F if new else raw[0] >> 2 & 15) != 5:
        raise IndexError
    if new:
        return raw[2 if raw[1] < 192 else 3 if raw[1] < 224 else 6 :]
    return raw[1 + (1, 2, 4, 0)[raw[0] & 3] :]


def _after_public(body: bytes) -> int:
    """Return where the public part of a version 4 key ends."""
    if body[0] > 4:  # versions 5 and 6 say how long the public part is
        return 10 + int.from_bytes(body[6:10], "big")
    algorithm, position = body[5], 6
    if algorithm in _CURVES:
        position += 1 + body[position]
    for _ in range(_PUBLIC_NUMBERS.get(algorithm, 1)):
        position += 2 + (int.from_bytes(body[position : position + 2], "big") + 7) // 8
    return position + (1 + body[position] if algorithm == _ECDH else 0)


def packed(text: Text) -> Iterator[Found]:
    """Yield PEM keys wrapped once more in base64, as in Kubernetes secrets and kubeconfig files."""
    if "LS0tLS1CRUdJTi" not in text.value:
        return
    for match in _PACKED.finditer(text.value):
        inner = Text(text.path, _decoded("".join(match[0].split())).decode("latin-1"))
        for found in pem(inner):
            note = found.note or _said(text, match.start())
            yield Found(found.rule, found.title, match.start(), match.end(), found.value, note, hidden=True)


def putty(text: Text) -> Iterator[Found]:
    """Yield PuTTY's key files."""
    if "PuTTY-User-Key-File-" not in text.value:
        return
    for match in _PUTTY.finditer(text.value.replace("\r\n", "\n")):
        note = "" if match["cipher"].strip() == "none" else ENCRYPTED
        yield Found("key.putty", "PuTTY private key", match.start(), match.end(), "".join(match["value"].split()), note, hidden=True)


def json_key(text: Text) -> Iterator[Found]:
    """Yield JSON web keys with a private part."""
    if '"kty"' not in text.value:
        return
    for match in _JSON_KEY.finditer(text.value):
        around = text.value[max(match.start() - 3_000, 0) : match.end() + 3_000]
        if '"kty"' in around and samples.random_looking(match["value"][:60]):
            note = _said(text, match.start())
            yield Found("key.jwk", "Private JSON web key", match.start("value"), match.end("value"), match["value"], note, hidden=True)


def store(path: str, content: bytes) -> Iterator[Found]:
    """Yield key stores and bare DER keys, which are no text."""
    if content.startswith((b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce\x00")):
        yield Found("key.store", "Java key store", 0, 0, content, "a key store behind a password", hidden=True)
    elif content[:1] == b"\x30" and content[:1_200].find(b"\x02\x01\x03\x30") in (2, 3, 4, 5):
        yield Found("key.store", "PKCS #12 key store", 0, 0, content, "a key store behind a password", hidden=True)
    elif path.lower().endswith((".der", ".key", ".pk8", ".p8", ".pkcs8")) and _is_der_key(content):
        yield Found("key.der", "Private key", 0, 0, content, FOR_TESTS if places.staged(path) else "", hidden=True)
