"""Observe security policies: do they say whom to tell, how, and by when."""

import re
from collections.abc import Iterator

from quarterdeck.evidence.observations.rows import POLICY, Row

MOST_TEXT = 200_000
_NAMES = frozenset(
    {f"{folder}security.{ending}" for folder in ("", ".github/", "docs/") for ending in ("md", "markdown", "adoc", "rst")}
    | {"doc/security.rst"}
)
_LINK = re.compile(rb"https?://[a-zA-Z0-9./?=_%:-]*+")
_MAIL = re.compile(rb"\b[A-Za-z0-9._%+-]{1,64}+(?:@|\\?\[at\\?\])[A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,6}\b")
_HINT = re.compile(rb"[0-9]{1,4}\b|disclos|vuln", re.IGNORECASE)


def named(path: str) -> bool:
    """Tell whether a file lies where the code host looks for a security policy."""
    return path.lower() in _NAMES


def observe(content: bytes) -> Iterator[Row]:
    """Yield how many links and addresses, how much text, and how many hints at disclosure a policy holds."""
    text = content[:MOST_TEXT]
    links, mails = set(_LINK.findall(text)), set(_MAIL.findall(text))
    linked = sum(map(len, links | mails)) + 2 * (len(links) + len(mails))
    said = int(len(content) > 1 and len(content) > linked)
    yield POLICY, "file", 1, f"{len(links)} links, {len(mails)} addresses, {said} text, {len(_HINT.findall(text))} hints"
