"""Observe build files of Java and .NET as far as the rules read them: where Sonar is, and whether NuGet is locked."""

import re
from collections.abc import Iterator

from quarterdeck.evidence.observations.rows import PINNING, SAST, Row

MOST_TEXT = 400_000
_SONAR = re.compile(rb"<sonar\.host\.url>\s*+[^\s<]++\s*+</sonar\.host\.url>")
_LOCKED = re.compile(rb"<RestoreLockedMode[^>]{0,200}+>\s*+true\s*+<", re.IGNORECASE)
_CENTRAL = re.compile(rb"<ManagePackageVersionsCentrally>\s*+true\s*+<", re.IGNORECASE)
_VERSION = re.compile(rb"<PackageVersion\s[^>]{0,400}?\bVersion=\"([^\"]{0,100})\"", re.IGNORECASE)
_FIXED = re.compile(rb"\[[^\[,]+\]\Z")


def named(path: str) -> bool:
    """Tell whether a file is such a build file."""
    name = path.rpartition("/")[2].lower()
    return name == "pom.xml" or name.endswith(".csproj") or (name.startswith("directory.") and name.endswith(".props"))


def observe(path: str, content: bytes) -> Iterator[Row]:
    """Yield what a build file shows."""
    text, name = content[:MOST_TEXT], path.rpartition("/")[2].lower()
    if name == "pom.xml":
        if match := _SONAR.search(text):
            yield SAST, "tool", text.count(b"\n", 0, match.start()) + 1, "Sonar"
    elif name.endswith(".csproj"):
        yield PINNING, "nuget project", 1, "locked" if _LOCKED.search(text) else "not locked"
    elif _CENTRAL.search(text):
        loose = sum(not _FIXED.match(version.strip()) for version in _VERSION.findall(text))
        yield PINNING, "nuget central", 1, "fixed" if not loose else "not fixed"
