"""JavaScript and TypeScript: what npm, Yarn, pnpm and Bun write down."""

import re
from collections.abc import Callable, Iterable

from quarterdeck.evidence.inventory.javascript import bun, manifest, npm, pnpm, yarn
from quarterdeck.evidence.inventory.source import Readers, Source

_NPM = re.compile(r"(^|/)(?:package-lock|npm-shrinkwrap)\.json$").search
_YARN = re.compile(r"(^|/)yarn\.lock$").search
_PNPM = re.compile(r"(^|/)pnpm-lock\.yaml$").search
_BUN = re.compile(r"(^|/)bun\.lock$").search
_MANIFEST = re.compile(r"(^|/)package\.json$").search
READERS: Readers = (
    (_NPM, npm.package_lock),
    (_YARN, yarn.yarn_lock),
    (_PNPM, pnpm.pnpm_lock),
    (_BUN, bun.bun_lock),
    (_MANIFEST, manifest.package_json),
    (re.compile(r"(^|/)pnpm-workspace\.yaml$").search, manifest.nothing),
)
COVERS: tuple[tuple[Callable[[str], object], Callable[[Source], Iterable[str]]], ...] = (
    (_NPM, npm.covered),
    (_YARN, yarn.covered),
    (_PNPM, pnpm.covered),
    (_BUN, bun.covered),
)
OWN: tuple[tuple[Callable[[str], object], Callable[[Source], Iterable[tuple[str, str]]]], ...] = (
    (_MANIFEST, manifest.own_name),
    (_YARN, yarn.own_names),
    (_NPM, npm.own_names),
)
