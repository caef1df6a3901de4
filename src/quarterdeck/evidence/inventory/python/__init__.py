"""Python: what pip, uv, Poetry, PDM, Pipenv, setuptools and conda write down."""

import re
from collections.abc import Callable, Iterable

from quarterdeck.evidence.inventory.python import conda, locks, pip, pylock, pyproject, setuptools, uv, written
from quarterdeck.evidence.inventory.source import Readers, Source

READERS: Readers = (
    (re.compile(r"(^|/)uv\.lock$").search, uv.uv_lock),
    (re.compile(r"(^|/)poetry\.lock$").search, locks.poetry_lock),
    (re.compile(r"(^|/)pdm\.lock$").search, locks.pdm_lock),
    (re.compile(r"(^|/)pylock(\.[^/]+)?\.toml$").search, pylock.pylock),
    (re.compile(r"(^|/)Pipfile\.lock$").search, locks.pipfile_lock),
    (re.compile(r"(^|/)Pipfile$").search, pyproject.pipfile),
    (re.compile(r"(^|/)pyproject\.toml$").search, pyproject.pyproject),
    (re.compile(r"(^|/)setup\.cfg$").search, setuptools.setup_cfg),
    (re.compile(r"(^|/)setup\.py$").search, setuptools.setup_py),
    (pip.CONSTRAINTS.search, pip.nothing),
    (pip.FILE.search, pip.requirements),
    (re.compile(r"(^|/)([^/]*[-_.])?environment([-_.][^/]*)?\.ya?ml$|(^|/)conda([-_][^/]*)?\.ya?ml$").search, conda.environment),
)
COVERS: tuple[tuple[Callable[[str], object], Callable[[Source], Iterable[str]]], ...] = (
    (re.compile(r"(^|/)uv\.lock$").search, uv.covered),
    (re.compile(r"(^|/)(?:(?:poetry|pdm|Pipfile)\.lock|pylock(\.[^/]+)?\.toml)$").search, locks.covered),
    (pip.FILE.search, written.covered),
)
OWN: tuple[tuple[Callable[[str], object], Callable[[Source], Iterable[tuple[str, str]]]], ...] = (
    (re.compile(r"(^|/)pyproject\.toml$").search, pyproject.own_name),
)
