"""Names of container images: registry, name, tag and digest."""

import re
from collections.abc import Iterator, Mapping

from quarterdeck.domain.contents import Component, Scope
from quarterdeck.evidence.inventory.packages.listing import Listing, plausible, purl_of

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?:(:?[-+?])([^{}]*))?\}|(\w+))")
_DEFAULT = re.compile(r"^(?:(?:index\.|registry-1\.)?docker\.io/)?(?:library/)?")
MOST_ROUNDS = 5
LONGEST_NAME = 500


def filled(text: str, values: Mapping[str, str]) -> str:
    """Fill in variables as a shell does; one that has neither value nor default stays as written."""
    for _ in range(MOST_ROUNDS):
        changed = _VARIABLE.sub(lambda match: _value(match, values), text)
        if changed == text or len(changed) > LONGEST_NAME:
            break
        text = changed
    return text


def _value(match: re.Match[str], values: Mapping[str, str]) -> str:
    name, operator, word = match[1] or match[4], match[2] or "", match[3] or ""
    known = values.get(name)
    if operator.endswith("+"):
        return word if known else ""
    if operator.endswith("-") and (known is None or (not known and operator == ":-")):
        return word
    return known if known is not None else match[0]


def split(reference: str) -> tuple[str, str, str]:
    """Return the name of an image without the default registry, its tag and its digest."""
    name, _, digest = reference.partition("@")
    tag = ""
    if ":" in name.rpartition("/")[2]:
        name, _, tag = name.rpartition(":")
    return _DEFAULT.sub("", name), tag, digest


def image(listing: Listing, reference: str, line: int, scope: Scope) -> Iterator[Component]:
    """Name an image; a tag with something left to fill in is no version."""
    name, tag, digest = split(reference.strip().strip("\"'"))
    if not plausible(name) or name == "scratch" or not re.fullmatch(r"[\w][\w./:-]*", name):
        return
    version = tag if re.fullmatch(r"\w[\w.-]*", tag) else ""
    if not re.fullmatch(r"[a-z0-9+.]+:[0-9a-fA-F]{16,}", digest):
        digest = ""
    host, _, rest = name.partition("/")
    remote = rest and ("." in host or ":" in host or host == "localhost")
    qualifiers = "&".join(f"{key}={value}" for key, value in (("digest", digest), ("repository_url", host if remote else "")) if value)
    yield listing.entry(
        name,
        line,
        version=version,
        wanted=tag,
        scope=scope,
        integrity=digest,
        purl=purl_of("docker", rest if remote else name, version, qualifiers),
    )
