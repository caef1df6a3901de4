"""Look into every file at one commit once: functions, copied lines, practices and secrets; kept per path and content."""

import codecs
import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from quarterdeck.domain.contents import Observation, schema
from quarterdeck.domain.progress import Progress
from quarterdeck.evidence import observations, secrets
from quarterdeck.evidence.code import copies, functions
from quarterdeck.evidence.git.read import Raw
from quarterdeck.evidence.git.segments import write_atomically
from quarterdeck.evidence.git.tree import Entry, heads

LAYOUT = 2  # rises when the stored rows change their meaning
PARTLY = "only its beginning and end were searched for credentials"
STEP, STEP_BYTES = 1_000, 48 << 20  # contents that are kept at a time
PLACE = schema({"path": pl.String, "blob": pl.String})
SEEN = schema({**PLACE, "role": pl.String})
KINDS = {
    "functions": schema(
        {**PLACE, "name": pl.String, "line": pl.UInt32, "lines": pl.UInt32, "complexity": pl.UInt32, "nesting": pl.UInt32, "parameters": pl.UInt32}
    ),
    "windows": schema({**PLACE, "line": pl.UInt32, "hash": pl.UInt64}),
    "observations": schema({**PLACE, "topic": pl.String, "kind": pl.String, "line": pl.UInt32, "value": pl.String}),
    "hits": schema(
        {**PLACE, "rule": pl.String, "title": pl.String, "masked": pl.String, "same": pl.String, "line": pl.UInt32, "kind": pl.String, "note": pl.String}
    ),
}  # fmt: skip
NAMING = ("functions", "observations")  # kinds whose rows hold words of the repository
Row = tuple[str | int, ...]
Reader = Callable[[Entry, str, bytes], Iterable[Row]]


@dataclass(frozen=True)
class Looked:
    """What the files at one commit hold, a frame of each kind, rows sorted by path and line."""

    frames: dict[str, pl.DataFrame] = field(default_factory=lambda: {kind: shape.to_frame() for kind, shape in KINDS.items()})
    files: int = 0


def observed(looked: Looked, repository: int) -> tuple[Observation, ...]:
    """Return the observations as records."""
    rows = looked.frames["observations"].select("topic", "kind", "path", "line", "value").iter_rows()
    return tuple(Observation(repository, *row) for row in rows)


def look(raw: Raw, cache: Path, key: bytes, progress: Progress) -> Looked:
    """Return what the files hold, looking only into those not seen before; `key` keeps stored marks of secrets private.

    Where what was kept is damaged, all of it is looked at again.
    """
    folder = cache / _version(key)
    try:
        return _looked(raw, folder, key, progress)
    except pl.exceptions.PolarsError:
        shutil.rmtree(folder, ignore_errors=True)
        return _looked(raw, folder, key, progress)


def _looked(raw: Raw, folder: Path, key: bytes, progress: Progress) -> Looked:
    files = {(each.path, each.blob, role): each for each, role in _roles(raw)}
    seen = _load(folder, "seen", SEEN)
    missing = [(files[row], row[2]) for row in sorted(set(files) - set(seen.select(*SEEN).iter_rows()))]
    if missing:
        _read(raw, missing, folder, key, progress)
        seen = _load(folder, "seen", SEEN)
    wanted = pl.DataFrame(sorted(files), schema=SEEN, orient="row")
    owners = wanted.join(seen.unique([*SEEN], keep="first", maintain_order=True), on=[*SEEN])
    return Looked({kind: _kept(folder, kind, owners) for kind in KINDS}, owners.height)


def _roles(raw: Raw) -> Iterator[tuple[Entry, str]]:
    """Yield files with their role: source or test that people wrote, else nothing, for what programs wrote is not measured.

    The role is part of what is remembered, since the attributes of a repository may change it.
    """
    marked = set(raw.measures.filter(pl.col("mark") != "")["blob"])
    for each in raw.files:
        if each.kind not in ("symlink", "submodule"):
            yield each, each.kind if each.kind in ("source", "test") and each.blob not in marked else ""


def _version(key: bytes) -> str:
    parts = (LAYOUT, functions.VERSION, copies.VERSION, observations.VERSION, secrets.VERSION, hashlib.blake2b(key).hexdigest())
    return f"looks-{hashlib.blake2b(repr(parts).encode(), digest_size=6).hexdigest()}"


def _readers(key: bytes) -> dict[str, Reader]:
    return {
        "functions": lambda file, role, content: functions.functions(file.path, content) if role else (),
        "windows": lambda file, role, content: copies.windows(file.path, content) if role == "source" else (),
        "observations": lambda file, _, content: (
            observations.observe(file.path, content) if observations.interesting(file.path, file.size) else ()
        ),
        "hits": lambda file, _, content: _hits(file, content, key),
    }


def _hits(file: Entry, content: bytes, key: bytes) -> list[Row]:
    """Return the credentials in a file; a search that failed is a row without a rule, so that it is told and not lost."""
    try:
        hits: list[Row] = [tuple(hit) for hit in secrets.find(file.path, content, key)]
    except secrets.SearchFailed:
        return [("", "", "", "", 1, "", "the search for credentials failed here")]
    return hits if secrets.read_whole(content) or _binary(content) else [*hits, ("", "", "", "", 1, "", _left_out(file, content))]


def _binary(content: bytes) -> bool:
    """Tell bytes that are no text; text of two bytes a letter opens with its mark."""
    return b"\0" in content[:8_000] and not content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def _left_out(file: Entry, content: bytes) -> str:
    return PARTLY if file.size <= len(content) else f"only parts of its first {len(content) >> 20} MB were searched for credentials"


def _read(raw: Raw, missing: Sequence[tuple[Entry, str]], folder: Path, key: bytes, progress: Progress) -> None:
    """Look into files and keep the rows, some files at a time, so that an interrupted run goes on from there."""
    at: dict[str, list[tuple[Entry, str]]] = {}
    for file, role in missing:
        at.setdefault(file.blob, []).append((file, role))
    folder.mkdir(parents=True, exist_ok=True)
    done = 0
    for batch in _batches(heads(raw.shadow, sorted(at))):
        _keep(folder, [(file, role, content) for blob, content in batch for file, role in at[blob]], _readers(key))
        done += len(batch)
        progress("file contents", done, len(at))


def _batches(contents: Iterable[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """Group contents so that neither their number nor their size grows large."""
    batch: list[tuple[str, bytes]] = []
    size = 0
    for blob, content in contents:
        batch.append((blob, content))
        size += len(content)
        if len(batch) >= STEP or size >= STEP_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _keep(folder: Path, batch: Sequence[tuple[Entry, str, bytes]], readers: dict[str, Reader]) -> None:
    """Write the rows of some files; the list of files seen comes last, and only with it do the others count."""
    seen = [(file.path, file.blob, role) for file, role, _ in batch]
    name = hashlib.blake2b(
        "".join(f"{path}\n{blob}\n{role}\n" for path, blob, role in seen).encode("utf-8", "replace"), digest_size=8
    ).hexdigest()
    for kind, reader in readers.items():
        shown = secrets.masked_row if kind in NAMING else tuple
        rows = [(file.path, file.blob, *shown(row)) for file, role, content in batch for row in reader(file, role, content)]
        write_atomically(pl.DataFrame(rows, schema=KINDS[kind], orient="row"), folder / f"{name}.{kind}.parquet")
    write_atomically(pl.DataFrame(seen, schema=SEEN, orient="row"), folder / f"{name}.seen.parquet")


def _segments(folder: Path) -> Iterator[str]:
    """Name the readings that are whole."""
    for path in sorted(folder.glob("*.seen.parquet")):
        name = path.name.partition(".")[0]
        if all(_sound(folder / f"{name}.{kind}.parquet", shape) for kind, shape in KINDS.items()) and _sound(path, SEEN):
            yield name


def _sound(path: Path, shape: pl.Schema) -> bool:
    try:
        return pl.read_parquet_schema(path) == dict(shape)
    except (OSError, pl.exceptions.PolarsError):
        return False


def _load(folder: Path, kind: str, shape: pl.Schema) -> pl.DataFrame:
    """Return the stored rows of a kind with the reading that they come from."""
    parts = (pl.read_parquet(folder / f"{name}.{kind}.parquet").with_columns(reading=pl.lit(name, pl.String)) for name in _segments(folder))
    return pl.concat([schema({**shape, "reading": pl.String}).to_frame(), *parts])


def _kept(folder: Path, kind: str, owners: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of the files that are there now, each from one reading, in the order of paths and lines."""
    rows = _load(folder, kind, KINDS[kind]).join(owners, on=["path", "blob", "reading"], how="semi", maintain_order="left")
    return rows.drop("reading").sort("path", "line", maintain_order=True)
