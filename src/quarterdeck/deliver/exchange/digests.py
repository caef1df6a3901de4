"""Read integrity values of lockfiles as plain digests, where they are digests of a file in a known form."""

import base64
import binascii
import re

LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64, "sha384": 96, "sha512": 128}  # hexadecimal digits
BARE = {"cargo": "sha256", "composer": "sha1"}  # what a number without an algorithm is in Cargo.lock and composer.lock
_FORM = re.compile(r"(md5|sha1|sha256|sha384|sha512)[-:=](.+)", re.IGNORECASE)


def split(integrity: str) -> list[str]:
    """Return the values of one integrity text, which may name several files or algorithms."""
    return [each for each in re.split(r"[\s,]+", integrity) if each]


def digest(text: str, ecosystem: str = "") -> tuple[str, str] | None:
    """Return (algorithm, hexadecimal digits) of `sha512-BASE64` (npm), `sha256:HEX` (PyPI, containers) and the like.

    Other forms are None: what Go writes (`h1:`) is a digest of a list of digests, and a bare number names no algorithm
    unless its ecosystem has only one.
    """
    bare = BARE.get(ecosystem, "")
    match = _FORM.fullmatch(f"{bare}:{text}" if bare and _is_hex(text, LENGTHS[bare]) else text)
    if not match:
        return None
    algorithm, value = match[1].lower(), match[2]
    digits = value.lower() if _is_hex(value, LENGTHS[algorithm]) else _from_base64(value)
    return (algorithm, digits) if len(digits) == LENGTHS[algorithm] else None


def _is_hex(value: str, length: int) -> bool:
    return re.fullmatch(rf"[0-9a-fA-F]{{{length}}}", value) is not None


def _from_base64(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).hex()
    except (binascii.Error, ValueError):
        return ""
