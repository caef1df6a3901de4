"""Keep a mirror of a repository elsewhere: fetched whole or not at all, by a git that trusts nobody.

The first fetch goes into a folder beside the mirror, which takes its name once it is whole. Later ones add objects first
and then move refs one by one, so that whoever reads, or finds what a killed fetch left, always finds a readable state.
Only one fetch of a source runs at a time: its git children hold the lock too, so that one whose parent was killed
still counts until it ends, which it does with its next word of progress.
"""

import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from quarterdeck.domain.errors import Conflict, InputError
from quarterdeck.domain.progress import Progress, silent
from quarterdeck.evidence.git.addresses import Address
from quarterdeck.evidence.git.fetch.complaints import FetchFailed
from quarterdeck.evidence.git.fetch.network import Cancelled, Child, Limits, Transport, environment, never, size_of
from quarterdeck.evidence.git.locate import KINDS, OBJECT_ID, locate

__all__ = ["MIRROR", "Cancelled", "FetchFailed", "Fetched", "Limits", "Transport", "fetch", "fetched"]

MIRROR = "mirror.git"
LOCK = "fetch.lock"
SEEN = "refs.digest"
ASK_SECONDS = 120.0  # to list the refs of a server
MOST_LISTED = 64 << 20  # bytes of such a list
MOST_REFS = 200_000
MANY_PACKS = 40  # each fetch adds one; above this they are joined
POLL_SECONDS = 0.05
LIMITS, TRANSPORT = Limits(), Transport()
REFSPECS = tuple(f"+refs/{kind}/*:refs/{kind}/*" for kind in KINDS)
_BRANCH = re.compile(r"refs/heads/(?!.*(?:\.\.|@\{|//|\.lock$|/$))[^\x00-\x20\x7f~^:?*\[\\]+")
_LEFT_OVER = (
    "*.lock",
    "refs/**/*.lock",
    "packed-refs.new",
    "objects/pack/tmp_*",
    "objects/pack/.tmp-*",
    "objects/tmp_objdir*",
    "objects/??/tmp_obj_*",
)


@dataclass(frozen=True)
class Fetched:
    """What is there now: `path` is for `locate`, `digest` names the state of all refs, `bytes` is its size on disk (0 for a path)."""

    head: str
    refs_changed: bool
    bytes: int
    path: Path
    digest: str


@dataclass(frozen=True)
class _Listed:
    """What a server says that it has."""

    head: str
    refs: dict[str, str]


def fetch(
    address: Address,
    folder: Path,
    *,
    progress: Progress = silent,
    token: str = "",
    limits: Limits = LIMITS,
    transport: Transport = TRANSPORT,
    cancelled: Callable[[], bool] = never,
) -> Fetched:
    """Bring the mirror in a source's own folder up to date; a path is read in place and only checked.

    Raise FetchFailed (an InputError) for what a person can mend, Conflict while another fetch of this source runs, Cancelled
    when told to stop. A token (for https) is `token` or `user:token`; it never reaches an argument list, a file or a message.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder, limits.wait, cancelled) as lock:
        if address.kind == "path":
            return fetched(Path(address.path), folder)
        given = environment(address, folder, token, transport)
        child = Child(folder, given, address, token, limits, progress, cancelled, lock)
        try:
            _bring(child, folder, address)
        except BaseException:
            _sweep(folder)
            raise
        return fetched(folder / MIRROR, folder)


def fetched(repository: Path, folder: Path) -> Fetched:
    """Return the state of a repository, and whether it differs from what was noted in the source's folder the last time."""
    head, digest = state_of(repository)
    seen = folder / SEEN
    changed = not seen.is_file() or seen.read_text("ascii", "replace") != digest
    if changed:
        _write(seen, digest)
    own = repository.parent == folder
    return Fetched(head, changed, size_of(repository) if own else 0, repository, digest)


def state_of(repository: Path) -> tuple[str, str]:
    """Return the commit at HEAD, and a digest of HEAD and all refs that we read; refuse a repository without commits."""
    located = locate(repository)
    if not located.head and not located.refs:
        raise FetchFailed("empty", "the repository has no commits yet", "Fetch it again after the first commit.")
    state = "\n".join((located.head, located.head_name, *(f"{name} {at}" for name, at in sorted(located.refs.items()))))
    return located.head, hashlib.blake2b(state.encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


@contextmanager
def alone(folder: Path, wait: float, cancelled: Callable[[], bool] = never) -> Iterator[int]:
    """Hold the lock of a source's folder and tidy it, or raise Conflict when somebody else does not let go of it in time."""
    until = time.monotonic() + wait
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _locked(lock):
            if cancelled():
                raise Cancelled("stopped before it began")
            if time.monotonic() >= until:
                raise Conflict("this source is being fetched already", "Wait until that is done; nothing was lost.")
            time.sleep(POLL_SECONDS)
        _sweep(folder)
        yield lock
    finally:
        os.close(lock)


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sweep(folder: Path) -> None:
    """Remove what a killed fetch left: nobody else writes here while we hold the lock, and readers take no locks."""
    former = folder / f"{MIRROR}.old"
    if former.exists() and not (folder / MIRROR).exists():
        former.rename(folder / MIRROR)  # killed between two renames
    shutil.rmtree(former, ignore_errors=True)
    shutil.rmtree(folder / f"{MIRROR}.new", ignore_errors=True)
    for pattern in _LEFT_OVER:
        for left in (folder / MIRROR).glob(pattern):
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.unlink(missing_ok=True)


def _usable(mirror: Path) -> bool:
    try:
        return bool(locate(mirror).refs)
    except InputError:
        return False


def _ask(child: Child, address: Address) -> _Listed:
    """Return what the server lists: the branches, tags and remotes that we read, and its default branch."""
    out = child.run("ls-remote", "--symref", "--", address.text, seconds=ASK_SECONDS, most=MOST_LISTED)
    symbolic, refs = "", {}
    for line in out.decode("utf-8", "surrogateescape").splitlines():
        value, _, name = line.partition("\t")
        if value.startswith("ref: ") and name == "HEAD":
            symbolic = value.removeprefix("ref: ")
        elif OBJECT_ID.match(value) and not name.endswith("^{}"):
            refs[name] = value
    at_head = refs.pop("HEAD", "")
    kept = {name: value for name, value in refs.items() if name.startswith(tuple(f"refs/{kind}/" for kind in KINDS))}
    if not kept:
        raise FetchFailed("empty", "the repository has no commits yet", "Fetch it again after the first commit.")
    if len(kept) > MOST_REFS:
        raise FetchFailed(
            "too large", f"the repository has {len(kept):,} branches and tags, more than {MOST_REFS:,}", "Audit a clone by its path."
        )
    return _Listed(_head(symbolic, at_head, kept), kept)


def _head(symbolic: str, at_head: str, refs: dict[str, str]) -> str:
    return symbolic if symbolic in refs and _BRANCH.fullmatch(symbolic) else default_branch(at_head, refs)


def default_branch(at_head: str, refs: dict[str, str]) -> str:
    """Return the branch that stands for a repository which does not say: the one at HEAD's commit, and the usual names first."""
    branches = sorted(name for name in refs if _BRANCH.fullmatch(name))
    usual = [name for name in ("refs/heads/main", "refs/heads/master", "refs/heads/trunk") if name in refs]
    ranked = [name for name in (*usual, *branches) if refs[name] == at_head] + usual + branches
    return ranked[0] if ranked else "refs/heads/none"


def _bring(child: Child, folder: Path, address: Address) -> None:
    """Ask the server what it has, and bring the mirror there; one that is damaged is fetched anew."""
    listed = _ask(child, address)
    if _usable(folder / MIRROR):
        try:
            _update(child, folder / MIRROR, address, listed)
        except FetchFailed as error:
            if error.reason not in ("damaged", "other"):
                raise
        else:
            return
    _begin(child, folder, address, listed)


def _begin(child: Child, folder: Path, address: Address, listed: _Listed) -> None:
    """Fetch everything into a new folder, which becomes the mirror once it is whole."""
    fresh = folder / f"{MIRROR}.new"
    prepare(fresh, "sha256" if any(len(each) == 64 for each in listed.refs.values()) else "sha1")
    _write(fresh / "HEAD", f"ref: {listed.head}\n")
    _fetch(child, fresh, address, *REFSPECS)
    child.run("pack-refs", "--all", repository=fresh)
    put_in_place(fresh, folder)


def prepare(repository: Path, object_format: str) -> None:
    """Write an empty bare repository."""
    (repository / "objects").mkdir(parents=True)
    settle(repository, object_format)
    (repository / "HEAD").write_text("ref: refs/heads/none\n")


def settle(repository: Path, object_format: str) -> None:
    """Give a bare repository the folders that git expects, and a configuration that is ours."""
    for name in ("refs/heads", "refs/tags", "objects/pack", "objects/info"):
        (repository / name).mkdir(parents=True, exist_ok=True)
    new = object_format == "sha256"
    version = "repositoryformatversion = 1\n[extensions]\n\tobjectFormat = sha256\n" if new else "repositoryformatversion = 0\n"
    (repository / "config").write_text(f"[core]\n\tbare = true\n\t{version}")


def put_in_place(fresh: Path, folder: Path) -> None:
    """Make a whole repository the mirror of a source's folder."""
    mirror, former = folder / MIRROR, folder / f"{MIRROR}.old"
    if mirror.exists():
        mirror.rename(former)
    fresh.rename(mirror)
    shutil.rmtree(former, ignore_errors=True)


def _update(child: Child, mirror: Path, address: Address, listed: _Listed) -> None:
    """Fetch what is new, and drop what is gone; HEAD names a branch that exists at every moment."""
    before = locate(mirror)
    stays = listed.head.removeprefix("refs/heads/") == before.head_name
    if stays and before.refs == listed.refs:
        return
    if not stays and listed.head in listed.refs:
        _move_head(child, mirror, address, listed.head)
    _fetch(child, mirror, address, "--prune", *REFSPECS)
    _write(mirror / "HEAD", f"ref: {listed.head}\n")
    _join_packs(child, mirror)


def _move_head(child: Child, mirror: Path, address: Address, head: str) -> None:
    """Bring the new default branch before the old one goes; where their names exclude each other, that has to wait."""
    try:
        _fetch(child, mirror, address, f"+{head}:{head}")
    except FetchFailed:
        return
    _write(mirror / "HEAD", f"ref: {head}\n")


def _fetch(child: Child, repository: Path, address: Address, *what: str) -> None:
    options = [each for each in what if each.startswith("--")]
    wanted = [each for each in what if not each.startswith("--")]
    child.run(
        "fetch", "--progress", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance",
        *options, "--", address.text, *wanted, repository=repository,
    )  # fmt: skip


def _join_packs(child: Child, mirror: Path) -> None:
    """Join packs once there are many; nothing that a reader may still want is dropped."""
    if sum(1 for _ in (mirror / "objects" / "pack").glob("*.pack")) > MANY_PACKS:
        try:
            child.run("repack", "-d", "-q", "--geometric=2", repository=mirror)
        except FetchFailed:
            return


def _write(path: Path, text: str) -> None:
    """Write a small file so that it is the old or the new one, whatever happens."""
    beside = path.with_name(f"{path.name}.lock")
    beside.write_bytes(text.encode("utf-8", "surrogateescape"))
    beside.replace(path)
