"""What a Python requirement asks for, and for which purpose."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, canonicalize_name, parse_sdist_filename, parse_wheel_filename

from quarterdeck.domain.contents import Origin, Scope

# The purpose of a requirements file, an extra or a group is read off its name: one of these words, alone or beside others
# ("requirements-dev.txt", "requirements/tests.txt", "docs/requirements.txt", the extra "lint"), says that it does not ship.
_PURPOSES: dict[str, Scope] = {
    **dict.fromkeys("test tests testing pytest unittest unittests integration e2e functional coverage cov tox nox mock".split(), "test"),
    **dict.fromkeys(
        "dev devel develop development docs doc documentation sphinx rtd readthedocs mkdocs lint linter linters linting style format"
        " formatting fmt ci travis appveyor typing types mypy typecheck check checks quality qa precommit local debug bench benchmark"
        " benchmarks asv perf profiling release releases publish examples example tutorial tutorials notebook notebooks tools tooling pkgutils".split(),
        "dev",
    ),
    **dict.fromkeys("build building packaging wheel wheels setup".split(), "build"),
    **dict.fromkeys("optional extra extras recommended".split(), "optional"),
}
_WORD = re.compile(r"[a-z0-9]+")
_NAME = re.compile(r"^\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*")
_EXACT = re.compile(r"===?\s*([^\s,*;]+)")
_GIT = re.compile(r"^(git|hg|svn|bzr)\+|\.git(?:[@#]|$)")
_EGG = re.compile(r"[#&]egg=([A-Za-z0-9._-]+)")
_URL = re.compile(r"^[a-z][a-z0-9+.-]*://|^(git|hg|svn|bzr)\+|^file:", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """A requirement: an exact version or a range, or neither, and where it comes from."""

    name: str
    version: str = ""
    wanted: str = ""
    origin: Origin = "registry"
    extra: str = ""


def purpose(*names: str, otherwise: Scope = "runtime") -> Scope:
    """Return the scope that names of files, folders, groups or extras tell; the last of them that says something counts."""
    for name in reversed(names):
        for word in _WORD.findall(name.lower()):
            if word in _PURPOSES:
                return _PURPOSES[word]
    return otherwise


@lru_cache(maxsize=50_000)
def asked(text: str) -> Asked | None:
    """Read a requirement as PEP 508 has it, or as near to it as old tools allowed; nothing where no name stands in it."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return _loose(text)
    extra = re.search(r"extra\s*==\s*[\"']([^\"']+)", str(requirement.marker or ""))
    if requirement.url:
        return Asked(requirement.name, "", without_secret(requirement.url), origin_of(requirement.url), extra[1] if extra else "")
    bare = text.partition(";")[0]
    version, wanted = ranged(re.sub(r"^\s*\(|\)\s*$", "", _NAME.sub("", bare, count=1)))
    return Asked(requirement.name, version, wanted, extra=extra[1] if extra else "")


def _loose(text: str) -> Asked | None:
    bare = text.partition(";")[0].partition("#")[0]
    match = _NAME.match(bare)
    rest = bare[match.end() :].strip() if match else ""
    if match is None or (rest and rest[0] not in "<>=!~^("):
        return None
    return Asked(match[1], *ranged(rest.strip("() ")))


def ranged(text: str) -> tuple[str, str]:
    """Return (exact version, "") or ("", range) of a specifier as written."""
    text = " ".join(text.split())
    exact = _EXACT.fullmatch(text)
    return (exact[1], "") if exact else ("", "" if text == "*" else text)


def poetry_range(text: str) -> tuple[str, str]:
    """Return (exact version, "") or ("", range) of a Poetry constraint, where a bare version is exact."""
    return (text.strip(), "") if re.fullmatch(r"\s*v?\d+(\.\w+)*([+-]\w+)?\s*", text) else ranged(text)


def origin_of(url: str) -> Origin:
    """Tell whether an address is a version control system, a folder or a download."""
    if url.startswith("file:") or not _URL.match(url):
        return "path"
    return "git" if _GIT.search(url) else "url"


def is_address(text: str) -> bool:
    """Tell whether a requirement is an address or a path instead of a name."""
    return bool(_URL.match(text)) or text.startswith((".", "/", "~", "\\")) or bool(re.match(r"[\w./\\-]+\.(whl|zip|tar\.gz|tgz)\b", text))


def from_address(text: str) -> Asked:
    """Read an address or a path: the name stands in its fragment, its file name or its last part."""
    url, origin = without_secret(text), origin_of(text)
    if egg := _EGG.search(text):
        return Asked(egg[1], "", url, origin)
    file = PurePosixPath(re.split(r"[?#]", text)[0].replace("\\", "/")).name
    try:
        name, version = parse_wheel_filename(file)[:2] if file.endswith(".whl") else parse_sdist_filename(file)
        return Asked(name, str(version), "", origin)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return Asked(re.sub(r"(\.git)?(@.*)?$", "", re.sub(r"\[.*\]$", "", file)), "", url, origin)


def without_secret(url: str) -> str:
    """Return an address without the user and password in it."""
    return re.sub(r"(?<=://)[^/@\s]*@(?=[^/])", "", url)


def canonical(name: str) -> str:
    """Return the name as the Python index has it."""
    return str(canonicalize_name(name))
