"""Say what kind of pair two files are, and which files say nothing about design by changing with others."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

TEST, INTERFACE, FOLDER, PART, ACROSS = "test and code", "header and source", "same folder", "same part", "across parts"
TESTS = "two tests"
HEADERS = frozenset("h hh hpp hxx h++ inl ipp pyi pxd mli d.ts fsi".split())
BODIES = frozenset("c cc cpp cxx c++ m mm cu s py pyx ml ts js fs".split())
MOST_SHARE, MOST_STEPS = 0.5, 6  # a part with more than this share of the source files is opened, at most so often
COUNTED = ("source", "test", "documentation", "data")  # other kinds are made by programs or by others

_VERSION = re.compile(
    r"(^|/)(_{0,2}version_{0,2}|_{0,2}about_{0,2}|gem_version|versions?[-_.]?info|buildinfo|release)\.\w+$|(^|/)__pkginfo__\.py$|[-_.]version\.\w+$|"
    r"(^|/)version/[^/]*version[^/]*$",
    re.IGNORECASE,
)
_BUILD = re.compile(
    r"(^|/)(GNUmakefile|Makefile[^/]*|Kbuild|Rakefile|Gemfile|Dockerfile[^/]*|Jenkinsfile|Vagrantfile|CMakeLists\.txt|meson\.build|BUILD(\.bazel)?|WORKSPACE"
    r"|configure\.ac|setup\.py|setupext\.py|noxfile\.py|build\.(gradle|rs|sbt|xml|zig|js)|settings\.gradle|mix\.exs|Package\.swift|dune|fabfile\.py"
    r"|(webpack|rollup|vite|vitest|jest|babel|eslint|tailwind|postcss|karma|tsup|gulp|grunt|prettier)[\w.-]*\.[cm]?[jt]s|gulpfile\.js|Gruntfile\.js)$"
    r"|\.(gemspec|cmake|mk|mak|gradle|gradle\.kts|bzl|star|sbt|podspec|cabal)$|(^|/)(build|cmake|\.github|\.ci|ci|tools/build|buildsrc|build-logic)/",
    re.IGNORECASE,
)
_TESTING = re.compile(
    r"(^|/)((?:[\w.-]*[-_.])?tests?|unit-?tests?|test[-_]\w+|test(utils?|lib|support|ing|kit)|(?-i:\w+Tests)|benchmarks?|bench|specs?|e2e|mocks?|fakes?)/",
    re.IGNORECASE,
)
_REGISTRY = re.compile(r"(^|/)(command-list|modules?-list|changelog|news|release[-_]?notes)[^/]*$", re.IGNORECASE)
_RULES = ((_VERSION, "version file"), (_BUILD, "build file"), (_REGISTRY, "list or notes"))


@dataclass(frozen=True)
class Member:
    """One file of a pair."""

    repository: int
    path: str
    kind: str
    component: str
    key: str = ""


def apart(path: str, kind: str) -> str:
    """Return why a file's pairs are left apart, or nothing when they speak about design."""
    if kind == "documentation":
        return "documentation"
    named = next((word for pattern, word in _RULES if pattern.search(path)), "")
    return named or ("data or manifest" if kind not in ("source", "test") else "")


def class_of(first: Member, second: Member) -> str:
    """Return the class of a pair of files that are not left apart; the first rule that fits decides."""
    kinds = {first.kind, second.kind}
    if "test" in kinds:
        return TEST if len(kinds) > 1 else TESTS
    if interface(first.path, second.path):
        return INTERFACE
    if folder(first.path) == folder(second.path):
        return FOLDER
    near = first.component == second.component or _beside(first.path, second.path) or _beside(second.path, first.path)
    return PART if near else ACROSS


def opened(paths: Sequence[str], parts: Sequence[str]) -> list[str]:
    """Open a part that holds over half of all paths into the folders below it, until none does or none can be opened.

    Where a whole system lies in one folder, that folder is no part of it.
    """
    found = list(parts)
    for _ in range(MOST_STEPS):
        largest, number = max(Counter(found).items(), key=lambda each: (each[1], each[0]), default=("", 0))
        if number <= MOST_SHARE * len(found):
            break
        found = [_below(path, part) if part == largest else part for path, part in zip(paths, found, strict=True)]
    return found


def _below(path: str, part: str) -> str:
    rest = path.removeprefix(f"{part}/")
    return f"{part}/{rest.partition('/')[0]}" if rest != path and "/" in rest else part


def kind_of(path: str, kind: str) -> str:
    """Return the kind of a file here: what only tests use counts as test, whatever it is called."""
    return "test" if kind == "source" and _TESTING.search(path) else kind


def interface(first: str, second: str) -> bool:
    """Tell whether one file declares what the other defines: the same name, or the name of the other's folder."""
    return _declares(first, second) or _declares(second, first)


def _declares(header: str, body: str) -> bool:
    (name, end), (other, tail) = _parts(header), _parts(body)
    return end in HEADERS and tail in BODIES and name in (other, folder(body).rpartition("/")[2])


def _beside(path: str, other: str) -> bool:
    """Tell whether a file stands beside the folder of its own name that holds the other: refs.c and refs/files.c."""
    return other.startswith(f"{path.rpartition('.')[0] or path}/")


def same_name(first: str, second: str) -> bool:
    """Tell whether two files bear the same name in different folders: often one is a copy of the other."""
    return first.rpartition("/")[2] == second.rpartition("/")[2]


def folder(path: str) -> str:
    """Return the folder of a path."""
    return path.rpartition("/")[0]


def _parts(path: str) -> tuple[str, str]:
    name = path.rpartition("/")[2]
    if name.endswith(".d.ts"):
        return name[: -len(".d.ts")], "d.ts"
    stem, _, ending = name.rpartition(".")
    return stem, ending.lower()
