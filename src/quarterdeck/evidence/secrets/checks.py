"""Structure checks: what a token's own format says of it, without asking its vendor.

A check returns nothing where there is no token at all, an empty text for one that must be taken as live, or the reason
why it is no live one.
"""

import json
import re
from base64 import b64decode, urlsafe_b64decode
from binascii import Error, crc32
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from quarterdeck.evidence.secrets import samples
from quarterdeck.evidence.secrets.places import PRODUCTION
from quarterdeck.evidence.secrets.text import Text

Check = Callable[[re.Match[str], Text], str | None]

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"  # base62 as in GitHub's tokens
CHECKSUM = 6
NEAR = 600  # letters on both sides that tell what a token belongs to
LAST_SECOND = 253_402_300_799  # the end of the year 9999
_SAS_UNTIL = re.compile(r"[?&;]se=(\d{4}-\d\d-\d\d)")
_SAS_VERSION = re.compile(r"[?&;]sv=\d{4}-\d\d-\d\d")
_FIREBASE = re.compile(r"authDomain|messagingSenderId|firebaseapp\.com|mobilesdk_app_id|REVERSED_CLIENT_ID|storageBucket", re.IGNORECASE)
_SAMPLE_CLAIM = re.compile(r"^1234567890$|^joe$|^(?:john|jane) doe$|\b(?:example|hello|fake|dummy|foo|bar)\b", re.IGNORECASE)
_PUBLIC_ROLE = ("anon", "authenticated")
EXPIRES = "expires "


def value_of(match: re.Match[str]) -> str:
    """Return the secret part of a match: the group of that name, or all of it."""
    return match["value"] if "value" in match.re.groupindex else match[0]


def drawn(match: re.Match[str], _text: Text) -> str | None:
    """Take a token whose letters look drawn at random as live."""
    return "" if samples.random_looking(_body(value_of(match))) else None


def _body(value: str) -> str:
    """Return a token without the prefix that all of its kind share."""
    return re.sub(r"^[A-Za-z]{1,12}[-_.](?:[a-z0-9]{1,8}[-_.])*", "", value) or value


def github(match: re.Match[str], _text: Text) -> str | None:
    """Compare the last six letters with the checksum of the others: CRC32 in base62, filled with zeros."""
    value = match[0].partition("_")[2]
    if not samples.random_looking(value[:-CHECKSUM]):
        return None
    return "" if base62(crc32(value[:-CHECKSUM].encode())) == value[-CHECKSUM:] else "its checksum is wrong, so GitHub did not issue it"


def base62(number: int) -> str:
    """Write a number in base62, at least six letters long."""
    letters = ""
    while number:
        number, rest = divmod(number, len(DIGITS))
        letters = DIGITS[rest] + letters
    return letters.rjust(CHECKSUM, "0")


def test_mode(match: re.Match[str], text: Text) -> str | None:
    """Take a key of a vendor's test mode as no live one."""
    return drawn(match, text) if drawn(match, text) is None else "a key of the vendor's test mode"


def google(match: re.Match[str], text: Text) -> str | None:
    """Take a key inside the configuration of a browser or phone application as public by design."""
    if drawn(match, text) is None:
        return None
    configured = text.name in ("google-services.json", "googleservice-info.plist") or _FIREBASE.search(near(match, text))
    return "part of a Firebase client's configuration, public by design" if configured else ""


def near(match: re.Match[str], text: Text) -> str:
    """Return the letters around a match."""
    return text.value[max(match.start() - NEAR, 0) : match.end() + NEAR]


def mentions(word: str) -> Check:
    """Make a check: the file must name the vendor somewhere."""

    def check(match: re.Match[str], text: Text) -> str | None:
        return drawn(match, text) if word in text.lower else None

    return check


def azure_key(match: re.Match[str], _text: Text) -> str | None:
    """Leave out the key of the storage emulator, which is the same for everybody."""
    if samples.well_known(match["value"]):
        return samples.WELL_KNOWN
    return "" if samples.random_looking(match["value"].rstrip("=")) and _decodes(match["value"]) else None


def _decodes(value: str) -> bool:
    try:
        return bool(b64decode(value, validate=True))
    except (Error, ValueError):
        return False


def shared_access(match: re.Match[str], text: Text) -> str | None:
    """Read the day until which a shared access signature holds."""
    around = near(match, text)
    if not _SAS_VERSION.search(around) or not samples.random_looking(match["value"].replace("%", "")):
        return None
    until = _SAS_UNTIL.search(around)
    return EXPIRES + until[1] if until else ""


def jwt(match: re.Match[str], text: Text) -> str | None:
    """Read header and claims of a signed token: who signs with nothing signs nothing; a past end has to be told."""
    first, second, signature = match[0].split(".")
    header, claims = _json(first), _json(second)
    if not isinstance(header, dict) or not isinstance(claims, dict) or not isinstance(header.get("alg"), str):
        return None
    if _is_sample(claims) or not samples.random_looking(signature):
        return None
    return _standing(header, claims) or ("" if text.place == PRODUCTION else "a signed token in a place where such are made up")


def _standing(header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    if str(header["alg"]).lower() == "none":
        return "not signed"
    if claims.get("role") in _PUBLIC_ROLE and "supabase" in str(claims.get("iss", "")):
        return "the key of an anonymous client, public by design"
    end = claims.get("exp")
    return EXPIRES + day(end) if isinstance(end, int | float) and 0 < end <= LAST_SECOND else ""


def _is_sample(claims: Mapping[str, Any]) -> bool:
    """Tell the tokens that documentation prints: John Doe, number 1234567890, hello world."""
    return any(_SAMPLE_CLAIM.search(value) for value in claims.values() if isinstance(value, str))


def day(seconds: float) -> str:
    """Return the UTC day of a time."""
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _json(part: str) -> object:
    try:
        return json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return None


def legacy_grafana(match: re.Match[str], _text: Text) -> str | None:
    """Read the JSON that Grafana's older keys are made of: a key, a name and the number of an organisation."""
    inside = _json(match["value"])
    return "" if isinstance(inside, dict) and ("k" in inside or "o" in inside) else None


def snowflake(match: re.Match[str], text: Text) -> str | None:
    """Read the account number at the head of a Discord token."""
    head = match[0].partition(".")[0]
    try:
        number = urlsafe_b64decode(head + "=" * (-len(head) % 4))
    except ValueError:
        return None
    return drawn(match, text) if number.isdigit() else None


def bech32(match: re.Match[str], _text: Text) -> str | None:
    """Check the checksum of an age key (BIP 173)."""
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    prefix, _, rest = match[0].lower().rpartition("1")
    values = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix] + [letters.index(char) for char in rest]
    return "" if _polymod(values) == 1 else "its checksum is wrong, so it is no key"


def _polymod(values: list[int]) -> int:
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for number, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            total ^= generator if top >> number & 1 else 0
    return total
