"""Find the objects and refs of a repository that somebody else configured, without asking git.

Only files are read here, and only inside the folder that was given: a link, a `.git` file or an alternate that
leads outside is refused, because it could point at another client's objects.
"""

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from quarterdeck.domain.errors import InputError

_QUOTED = re.compile(rb"[\x00-\x1f\x7f\"\\\\]")  # git would read such a line as another path than we do
OBJECT_ID = re.compile(r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")
SYMBOLIC_DEPTH = 5
ALTERNATE_DEPTH = 6
MOST_BYTES = 64 << 20
KINDS = ("heads", "remotes", "tags")


@dataclass(frozen=True)
class Located:
    """Where a repository keeps its objects, and what its refs say."""

    path: Path
    git_dir: Path
    objects: Path
    head: str
    head_name: str
    refs: dict[str, str]
    shallow: tuple[str, ...]
    partial: bool
    bare: bool

    @property
    def object_format(self) -> str:
        """Return the hash that names the objects, told by the length of the ids."""
        ids = [self.head, *self.refs.values()]
        return "sha256" if any(len(each) == 64 for each in ids) else "sha1"


def locate(path: Path, *, allowed: tuple[Path, ...] = ()) -> Located:
    """Find the repository at a path; `allowed` are folders outside it whose objects may be read too."""
    try:
        return _locate(_existing(path), allowed)
    except OSError as error:
        raise InputError(
            f"{path.name}: cannot be read ({_reason(error)})", "Ask for read access, or copy the repository to a folder of yours."
        ) from error


def _locate(root: Path, allowed: tuple[Path, ...]) -> Located:
    git_dir, bare = _git_dir(root)
    inside = (root, *(each.resolve() for each in allowed))
    _require_inside(git_dir, inside, "its .git folder")
    common = _common_dir(git_dir)
    _require_inside(common, inside, "its common folder")
    if (common / "reftable").exists():
        raise InputError(
            f"{root.name}: repository format not supported (reftable)",
            "Clone it once with `git clone --ref-format=files` and point Quarterdeck at the clone.",
        )
    objects = common / "objects"
    _check_objects(objects, inside, set())
    for place in (common / "packed-refs", common / "refs", *(common / "refs" / kind for kind in KINDS)):
        _require_inside(place, inside, f"its {place.name}")
    refs = _refs(common)
    head, head_name = _head(git_dir, refs)
    return Located(
        path=root,
        git_dir=git_dir,
        objects=objects.resolve(),
        head=head,
        head_name=head_name,
        refs={name: ref for name, ref in refs.items() if name.startswith(tuple(f"refs/{kind}/" for kind in KINDS))},
        shallow=_shallow(common),
        partial=any((objects / "pack").glob("*.promisor")) if (objects / "pack").is_dir() else False,
        bare=bare,
    )


def _existing(path: Path) -> Path:
    try:
        root = path.resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise InputError(f"{path}: cannot be opened ({_reason(error)})", "Check the path and try again.") from error
    if not root.is_dir():
        raise InputError(f"{path}: is not a folder", "Give the folder of a git repository.")
    return root


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error)


def _git_dir(root: Path) -> tuple[Path, bool]:
    inner = root / ".git"
    try:
        if inner.is_file():
            return _git_file(inner), False
        if inner.is_dir():
            return inner.resolve(), False
        if (root / "HEAD").is_file() and (root / "objects").is_dir():
            return root, True
        next(root.iterdir(), None)
    except PermissionError as error:
        raise InputError(
            f"{root.name}: no permission to read it",
            "Ask for read access, or copy the repository to a folder of yours.",
        ) from error
    raise InputError(
        f"{root.name}: not a git repository (no .git folder, no bare repository)",
        "Give the top folder of a clone, or a bare repository. To audit several, name each of them.",
    )


def _git_file(pointer: Path) -> Path:
    text = _read(pointer).strip()
    if not text.startswith("gitdir: "):
        raise InputError(f"{pointer.parent.name}: its .git file says nothing about where the repository is")
    return (pointer.parent / text.removeprefix("gitdir: ")).resolve()


def _common_dir(git_dir: Path) -> Path:
    pointer = git_dir / "commondir"
    return (git_dir / _read(pointer).strip()).resolve() if pointer.is_file() else git_dir


def _require_inside(place: Path, inside: tuple[Path, ...], what: str) -> None:
    target = place.resolve()
    if not any(target == root or root in target.parents for root in inside):
        raise InputError(
            f"{inside[0].name}: {what} lies outside the folder that was given",
            f"If this is meant (a worktree, a shared clone), allow it: --allow-objects {target}",
        )


def _check_objects(objects: Path, inside: tuple[Path, ...], seen: set[Path]) -> None:
    """Refuse objects, packs and alternates that lead outside, and anything that is no plain file or folder."""
    if not objects.is_dir():
        raise InputError(f"{inside[0].name}: has no objects folder", "The repository is incomplete: clone it again.")
    _require_inside(objects, inside, "its objects folder")
    seen.add(objects.resolve())
    for folder in (objects, *(entry for entry in _entries(objects) if entry.is_dir())):
        for entry in _entries(folder):
            _check_entry(entry, inside)
    for other in _alternates(objects / "info" / "alternates", inside):
        if other.resolve() not in seen and len(seen) < ALTERNATE_DEPTH:
            _check_objects(other, inside, seen)


def _check_entry(entry: Path, inside: tuple[Path, ...]) -> None:
    mode = entry.lstat().st_mode
    if stat.S_ISLNK(mode):
        _require_inside(entry, inside, f"the link {entry.parent.name}/{entry.name}")
        mode = entry.stat().st_mode if entry.exists() else stat.S_IFREG
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise InputError(
            f"{inside[0].name}: {entry.parent.name}/{entry.name} is not a plain file",
            "The repository is not what it seems: clone it again.",
        )


def _alternates(path: Path, inside: tuple[Path, ...]) -> list[Path]:
    """Return the object folders that a repository borrows from, read exactly as git reads the list, or refuse it."""
    if not (path.exists() or path.is_symlink()):
        return []
    _require_inside(path, inside, "its list of alternates")
    lines = [line for line in _bytes(path).split(b"\n") if line and not line.startswith(b"#")]
    if any(_QUOTED.search(line) for line in lines):
        raise InputError(
            f"{inside[0].name}: its list of alternates holds quoted or control characters", "Clone it without --shared and try again."
        )
    others = [path.parent.parent / os.fsdecode(line) for line in lines]
    for other in others:
        _require_inside(other, inside, "an alternate object folder")
    return others


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _read(path: Path) -> str:
    return _bytes(path).decode("utf-8", "surrogateescape")


def _bytes(path: Path) -> bytes:
    """Read a small plain file; a pipe or a device would never end."""
    about = path.stat()
    if not stat.S_ISREG(about.st_mode) or about.st_size > MOST_BYTES:
        raise InputError(f"{path.name} of the repository is not a plain file", "The repository is not what it seems: clone it again.")
    return path.read_bytes()


def _refs(common: Path) -> dict[str, str]:
    return _packed_refs(common / "packed-refs") | _loose_refs(common)


def _packed_refs(path: Path) -> dict[str, str]:
    if not path.is_file() or path.is_symlink():
        return {}
    pairs = (line.split(" ", 1) for line in _read(path).splitlines() if line and line[0] not in "#^")
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2 and OBJECT_ID.match(pair[0])}


def _loose_refs(common: Path) -> dict[str, str]:
    refs: dict[str, str] = {}
    for kind in KINDS:
        for folder, _, names in os.walk(common / "refs" / kind, onerror=_refuse, followlinks=False):
            for name in names:
                file = Path(folder) / name
                value = "" if file.is_symlink() else _read(file).strip()
                if OBJECT_ID.match(value):
                    refs[file.relative_to(common).as_posix()] = value
    return refs


def _refuse(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _head(git_dir: Path, refs: dict[str, str]) -> tuple[str, str]:
    """Return the id and the branch name of HEAD; the id is empty in a repository without commits."""
    file = git_dir / "HEAD"
    value = "" if file.is_symlink() else _read(file).strip()
    for _ in range(SYMBOLIC_DEPTH):
        if OBJECT_ID.match(value):
            return value, "(detached)"
        name = value.removeprefix("ref:").strip()
        if name in refs:
            return refs[name], name.removeprefix("refs/heads/")
        break
    return "", value.removeprefix("ref:").strip().removeprefix("refs/heads/")


def _shallow(common: Path) -> tuple[str, ...]:
    file = common / "shallow"
    if not file.is_file() or file.is_symlink():
        return ()
    return tuple(line for line in _read(file).splitlines() if OBJECT_ID.match(line))
