"""Find what shell commands install or run without a pin (rules of OpenSSF Scorecard 5, Pinned-Dependencies)."""

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from quarterdeck.evidence.observations.shell import Command, Unreadable, commands

MOST_SCRIPT = 400_000  # characters; longer scripts are installers that carry their payload
MOST_DEPTH = 3  # scripts inside scripts
MOST_WORDS = 100  # of one command that may name a file to run
MOST_FETCHED = 200  # files that one script may fetch and run later
SHELLS = ("sh", "bash", "mksh")  # those that the rules read
_SHELL_LIKE = frozenset("exec su sh bash mksh dash ksh".split())
_PYTHON = frozenset("python python3 python2.7".split())
_INTERPRETERS = _SHELL_LIKE | _PYTHON | frozenset("perl ruby php node nodejs java dotnet nuget".split())
_DOWNLOADERS = frozenset("curl wget gsutil".split())
_WORTH_READING = re.compile(
    r"\b(?:curl|wget|gsutil|aws|pip3?|npm|choco(?:\.exe)?|nuget(?:\.exe)?|dotnet(?:\.exe)?|msbuild(?:\.exe)?|go\s+(?:get|install))\b",
    re.IGNORECASE,
)
_COMMIT = re.compile(r"[0-9a-fA-F]{40}\Z")
_FLAG = re.compile(r"(?:--?\w++)++\Z")
_GO_FLAGS = frozenset("-d -f -t -u -v -fix -insecure".split())
_GO_REMOTE = re.compile(r"\w\.\w++/\w")
_GO_PIN = re.compile(r"none\Z|[0-9a-fA-F]{40,}\Z")
_GO_VERSION = re.compile(r"v\d++\.\d++\.\d++(?:-[0-9A-Za-z.-]++)?(?:\+[0-9A-Za-z.-]++)?\Z")
_GIT_PACKAGE = ("github:", "git://", "git+http://", "git+https://")
_REMOTE_SOURCE = re.compile(r"(?:git|svn|hg|bzr).")
_PINNED_SOURCE = re.compile(r"git(?:\+(?:https?|ssh|git))?://[^@]*(?:@[^@]*)*@[0-9a-fA-F]{40}(?:#egg=.*)?\Z")


@dataclass(frozen=True)
class Install:
    """Something that a command brings in: the kind of installer, whether it is pinned, where, and by which words."""

    kind: str
    line: int
    what: str
    pinned: bool


Words = Sequence[str]


def installs(script: str, fetched: set[str], *, depth: int = 0) -> Iterator[Install]:
    """Yield what a script installs; `fetched` collects the files that it downloads, which count once they are run."""
    if depth > MOST_DEPTH or len(script) > MOST_SCRIPT or not (fetched or _WORTH_READING.search(script)):
        return
    for command in commands(script):
        if words := command.arguments:
            yield from _of_command(command, words, fetched)
        for line, inner in (*command.inside, *_handed_to_a_shell(command, words)):
            yield from _moved(installs_or_nothing(inner, fetched, depth + 1), line - 1)


def installs_or_nothing(script: str, fetched: set[str], depth: int) -> list[Install]:
    """Return what a script inside another one installs, or nothing where it cannot be read."""
    try:
        return list(installs(script, fetched, depth=depth))
    except Unreadable:
        return []


def _moved(found: Sequence[Install], lines: int) -> Iterator[Install]:
    return (replace(each, line=each.line + lines) for each in found)


def _of_command(command: Command, words: Words, fetched: set[str]) -> Iterator[Install]:
    yield from (Install("download", command.line, what, pinned=False) for what in _downloads_run(command, words, fetched))
    installer = _INSTALLERS.get(_name(words[0]))
    if installer and installer[1](words):
        kind, _, pinned, what = installer
        yield Install(kind, command.line, what, pinned(words))
    if _fetches(words) and len(fetched) < MOST_FETCHED and (file := command.target or _written_by(words)):
        fetched.add(posixpath.normpath(file).lower())


def _downloads_run(command: Command, words: Words, fetched: set[str]) -> Iterator[str]:
    """Say how a command runs what was downloaded: through a pipe, from a file, or fed to it."""
    name = _name(words[0])
    if command.before and name in _INTERPRETERS and _fetches(command.before.arguments):
        yield f"{_name(command.before.arguments[0])} | {name}"
    if fetched:
        yield from ("a downloaded file is run" for _ in _run(words) & fetched)
    if _runs_what_it_is_fed(command, words):
        yield f"{name} <( )"


def _name(word: str) -> str:
    return word.rpartition("/")[2].lower()


def _fetches(words: Words) -> bool:
    """Tell whether a command downloads from an address that is not pinned to a commit."""
    if not words:
        return False
    aws = _name(words[0]) == "aws" and [word.lower() for word in words[1:3]] == ["s3api", "get-object"]
    return (aws or _name(words[0]) in _DOWNLOADERS) and not _pinned_addresses(words)


def _pinned_addresses(words: Words) -> bool:
    bare = [word[1:-1] if word[:1] in "'\"" and len(word) > 1 else word for word in words]
    addresses = [word for word in bare if "://" in word or word.startswith("/")]
    return bool(addresses) and all(_at_commit(address) for address in addresses)


def _at_commit(address: str) -> bool:
    parts = address.split("/")
    return address.startswith("https://raw.githubusercontent.com/") and len(parts) > 6 and bool(_COMMIT.match(parts[5]))


def _written_by(words: Words) -> str:
    """Return the file that a downloader writes where its words say so."""
    name = _name(words[0])
    if name == "wget":
        named = next((after for word, after in pairwise(words) if word.upper() == "-O"), "")
        url = next((word for word in words[1:] if word.startswith("http")), "")
        return named or url.partition("://")[2].partition("?")[0].partition("#")[0].partition("/")[2].rpartition("/")[2]
    if name == "gsutil":
        return next((after for word, after in pairwise(words) if word.startswith("gs://")), "")
    return words[-1] if name == "aws" else ""


def _run(words: Words) -> set[str]:
    """Return the files that a command may run: itself, or what it hands to an interpreter."""
    files = words if _name(words[0]) in _INTERPRETERS else words[:1]
    return {posixpath.normpath(word).lower() for word in files[:MOST_WORDS]}


def _runs_what_it_is_fed(command: Command, words: Words) -> bool:
    if _name(words[0]) not in _INTERPRETERS or len(command.words) < 2 or command.words[1].fed is None:
        return False
    try:
        fed = commands(command.words[1].fed)
    except Unreadable:
        return False
    return bool(fed) and _fetches(fed[0].arguments)


def _handed_to_a_shell(command: Command, words: Words) -> list[tuple[int, str]]:
    """Return the script of `bash -c "..."`, wherever in the command that stands."""
    if not any(word.startswith("-") for word in words):
        return []
    shell = next((number for number, word in enumerate(words) if _name(word) in _SHELL_LIKE), len(words))
    if not any(word.startswith("-") and "c" in word for word in words[shell + 1 :]):
        return []
    return [(command.line, word.inner) for word in command.words if word.inner][:1]


def _is_pip(words: Words) -> bool:
    return bool(_pip(words))


def _pip(words: Words) -> Words:
    """Return the arguments of `pip install`, however it is called, or nothing."""
    if _name(words[0]) in _PYTHON:
        at = next((n for n in range(1, len(words) - 1) if words[n].lower() == "-m" and words[n + 1].lower() == "pip"), 0)
        words = words[at + 1 :] if at else words[:0]
    called = len(words) > 1 and _name(words[0]) in ("pip", "pip3") and words[1].lower() == "install"
    return words[1:] if called else ()


def _pip_pinned(words: Words) -> bool:
    """Hashes pin; so do wheels alone; so does an editable source at a commit or on the disk, without its dependencies."""
    given = _pip(words)[1:]
    wheels = [word for word in given if word.endswith(".whl")]
    sources = [word for word in given if not _FLAG.match(word) and word not in wheels]
    if {"-e", "--editable"} & set(given):
        return "--no-deps" in given and all(map(_fixed_source, sources))
    return "--require-hashes" in given or bool(wheels and not sources)


def _fixed_source(source: str) -> bool:
    return not _REMOTE_SOURCE.match(source) or bool(_PINNED_SOURCE.match(source))


def _is_npm(words: Words) -> bool:
    return _name(words[0]) == "npm" and bool({word.lower() for word in words[1:]} & {"install", "i", "install-test", "update", "ci"})


def _npm_pinned(words: Words) -> bool:
    from_git = (word.split("#") for word in words[1:] if word.startswith(_GIT_PACKAGE))
    return any(word.lower() == "ci" for word in words[1:]) or any(len(parts) == 2 and _COMMIT.match(parts[1]) for parts in from_git)


def _is_go(words: Words) -> bool:
    return len(words) > 2 and _name(words[0]) == "go" and words[1] in ("get", "install")


def _go_pinned(words: Words) -> bool:
    packages = [word for word in words[2:] if word not in _GO_FLAGS]
    versions = [package.partition("@")[2] for package in packages]
    exact = any(_GO_PIN.match(version) or ("-insecure" not in words and _GO_VERSION.match(version)) for version in versions)
    return not packages or exact or any(not _GO_REMOTE.search(package) for package in packages)


def _is_choco(words: Words) -> bool:
    return len(words) > 1 and _name(words[0]) in ("choco", "choco.exe") and words[1].lower() == "install"


def _choco_pinned(words: Words) -> bool:
    wanted = {"--requirechecksum", "--requirechecksums", "--require-checksums"}
    return any(word.partition("=")[0].lower() in wanted for word in words[2:])


def _nuget(words: Words) -> str:
    """Return which of the .NET installers a command is, or nothing."""
    tool, verbs = _name(words[0]).removesuffix(".exe"), [word.lower() for word in words[1:4]]
    if tool == "msbuild":
        return "msbuild restore" if "/t:restore" in (word.lower() for word in words) else ""
    if tool == "dotnet" and verbs[:1] == ["add"]:
        return "dotnet add" if "package" in verbs[1:] and len(verbs) == 3 else ""
    called = f"{tool} {verbs[0]}" if verbs else ""
    return called if called in _NUGET_PINS else ""


_NUGET_PINS = {
    "msbuild restore": ("/p:restorelockedmode=true",),
    "dotnet add": ("-v", "--version"),
    "dotnet restore": ("--locked-mode",),
    "nuget restore": ("-lockedmode",),
    "nuget install": ("-version",),
}


def _is_nuget(words: Words) -> bool:
    return bool(_nuget(words))


def _nuget_pinned(words: Words) -> bool:
    which = _nuget(words)
    given = [word.lower() for word in words[2:]]
    listed = which == "nuget install" and (not given or given[0].endswith("packages.config"))
    return listed or any(word in _NUGET_PINS[which] for word in (word.lower() for word in words[1:]))


_Installer = tuple[str, Callable[[Words], bool], Callable[[Words], bool], str]
_PIP: _Installer = ("pip", _is_pip, _pip_pinned, "pip install")
_CHOCO: _Installer = ("choco", _is_choco, _choco_pinned, "choco install")
_NUGET: _Installer = ("nuget", _is_nuget, _nuget_pinned, "a .NET restore or install")
_INSTALLERS: dict[str, _Installer] = {
    "go": ("go", _is_go, _go_pinned, "go install"),
    "npm": ("npm", _is_npm, _npm_pinned, "npm install"),
    **dict.fromkeys(("pip", "pip3", *sorted(_PYTHON)), _PIP),
    **dict.fromkeys(("choco", "choco.exe"), _CHOCO),
    **dict.fromkeys((f"{tool}{end}" for tool in ("nuget", "dotnet", "msbuild") for end in ("", ".exe")), _NUGET),
}


def supported(path: str, content: bytes) -> bool:
    """Tell whether a file is a script of a shell that the rules read: by its first line, else by its ending."""
    return _is_script(path, content, SHELLS)


def any_shell(path: str, content: bytes) -> bool:
    """Tell whether a file is a shell script of any kind."""
    return _is_script(path, content, ("exec", "su", *SHELLS, "dash", "ksh"))


def _is_script(path: str, content: bytes, names: Sequence[str]) -> bool:
    if not content.startswith(b"#!"):
        return path.endswith(tuple(f".{name}" for name in names))
    words = content[2:200].partition(b"\n")[0].decode("utf-8", "replace").strip("\r").split(" ")
    called = words[1] if _name(words[0]) == "env" and len(words) > 1 else words[0]
    return _name(called) in names
