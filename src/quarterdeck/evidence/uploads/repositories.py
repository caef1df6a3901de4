"""A repository that came as a file (a git bundle, or a zip) made into a plain bare repository of ours."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from quarterdeck.domain.errors import InputError
from quarterdeck.domain.progress import Progress, silent
from quarterdeck.evidence.git.addresses import Address
from quarterdeck.evidence.git.fetch import LIMITS as FETCH_LIMITS
from quarterdeck.evidence.git.fetch import (
    MIRROR,
    Fetched,
    FetchFailed,
    alone,
    default_branch,
    fetched,
    prepare,
    put_in_place,
    settle,
    state_of,
)
from quarterdeck.evidence.git.fetch import Limits as FetchLimits
from quarterdeck.evidence.git.fetch.network import Child, local_environment, never
from quarterdeck.evidence.git.locate import KINDS, locate
from quarterdeck.evidence.uploads import archives
from quarterdeck.evidence.uploads.received import LIMITS, Limits, Upload

OURS = ("objects/", "refs/heads/", "refs/tags/", "refs/remotes/", "packed-refs", "shallow", "HEAD")  # data only: no hooks, no configuration
ALTERNATES = ("objects/info/alternates", "objects/info/http-alternates")
REFSPECS = tuple(f"+refs/{kind}/*:refs/{kind}/*" for kind in KINDS)
HOW = "Make it again with `git bundle create shop.bundle --all`."
_SHA256 = re.compile(rb"^@object-format=sha256$", re.MULTILINE)
HEADER = 1 << 16


def unpack_repository(
    upload: Upload,
    folder: Path,
    *,
    limits: Limits = LIMITS,
    fetch_limits: FetchLimits = FETCH_LIMITS,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = never,
) -> Fetched:
    """Unpack a bundle or a zipped repository into the mirror of a source's folder; the former one stays until the new one is whole."""
    if upload.kind not in ("bundle", "repository"):
        raise InputError(f"{upload.name}: holds no repository", f"Upload a git bundle, or a zip of a clone with its .git folder. {HOW}")
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{MIRROR}.new"
    with alone(folder, fetch_limits.wait, cancelled) as lock:
        try:
            if upload.kind == "bundle":
                shown = Address("path", str(upload.path.resolve()), upload.name)
                child = Child(folder, local_environment(folder), shown, "", fetch_limits, progress, cancelled, lock)
                _from_bundle(upload, fresh, child)
            else:
                _from_zip(upload, fresh, limits)
            state_of(fresh)
            put_in_place(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        return fetched(folder / MIRROR, folder)


def _from_bundle(upload: Upload, fresh: Path, child: Child) -> None:
    with upload.path.open("rb") as file:
        header = file.read(HEADER)
    prepare(fresh, "sha256" if _SHA256.search(header) else "sha1")
    try:
        child.run(
            "fetch", "--progress", "--no-tags", "--no-write-fetch-head", "--", str(upload.path.resolve()), *REFSPECS, repository=fresh
        )
    except FetchFailed as error:
        if error.reason in ("damaged", "other", "no access", "unreachable"):
            raise InputError(f"{upload.name}: this bundle is damaged, or holds only a part of the repository", HOW) from error
        raise
    child.run("pack-refs", "--all", repository=fresh)
    listed = child.run("bundle", "list-heads", str(upload.path.resolve()), "HEAD", repository=fresh).decode("utf-8", "replace")
    branch = default_branch(listed.partition(" ")[0], locate(fresh).refs)
    (fresh / "HEAD").write_text(f"ref: {branch}\n")


def _from_zip(upload: Upload, fresh: Path, limits: Limits) -> None:
    """Take the data of a zipped repository, and nothing that could act: its configuration is written anew."""
    with archives.opened(upload.path, upload.name, limits, check="repository") as archive:
        top = archives.repository_in(archive)
        if top is None:
            raise InputError(f"{upload.name}: holds no repository", f"Zip a clone with its .git folder, or upload a git bundle. {HOW}")
        fresh.mkdir()
        archives.unpack(archive, top, fresh, OURS)
    for name in ALTERNATES:
        (fresh / name).unlink(missing_ok=True)
    try:
        settle(fresh, locate(fresh).object_format)
    except InputError as error:
        raise InputError(f"{upload.name}: the repository in this zip is not whole", HOW) from error
