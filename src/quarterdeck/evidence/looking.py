"""Look into every file at one commit once: functions, copied lines, practices and secrets; kept per path and content."""

import hashlib
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

LAYOUT = 1  # rises when the stored rows change their meaning
STEP, STEP_BYTES = 1_000, 48 << 20  # contents that are kept at a time
SEEN = schema({"path": pl.String, "blob": pl.String})
KINDS = {
    "functions": schema(
        {**SEEN, "name": pl.String, "line": pl.UInt32, "lines": pl.UInt32, "complexity": pl.UInt32, "nesting": pl.UInt32, "parameters": pl.UInt32}
    ),
    "windows": schema({**SEEN, "line": pl.UInt32, "hash": pl.UInt64}),
    "observations": schema({**SEEN, "topic": pl.String, "kind": pl.String, "line": pl.UInt32, "value": pl.String}),
    "hits": schema(
        {**SEEN, "rule": pl.String, "title": pl.String, "masked": pl.String, "same": pl.String, "line": pl.UInt32, "kind": pl.String, "note": pl.String}
    ),
}  # fmt: skip
Row = tuple[str | int, ...]
Reader = Callable[[Entry, bytes], Iterable[Row]]


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
    """Return what the files hold, looking only into those not seen before; `key` keeps stored marks of secrets private."""
    written = _written(raw)
    folder = cache / _version(key)
    files = {(each.path, each.blob): each for each in raw.files if each.kind not in ("symlink", "submodule")}
    seen = _load(folder, "seen", SEEN)
    missing = [files[pair] for pair in sorted(set(files) - set(seen.select("path", "blob").iter_rows()))]
    if missing:
        _read(raw, missing, folder, _readers(written, key), progress)
        seen = _load(folder, "seen", SEEN)
    wanted = pl.DataFrame(sorted(files), schema=SEEN, orient="row")
    owners = wanted.join(seen.unique(["path", "blob"], keep="first", maintain_order=True), on=["path", "blob"])
    return Looked({kind: _kept(folder, kind, owners) for kind in KINDS}, owners.height)


def _written(raw: Raw) -> frozenset[str]:
    """Return the blobs that people wrote as source or test: what programs wrote is not measured."""
    marked = set(raw.measures.filter(pl.col("mark") != "")["blob"])
    return frozenset(each.blob for each in raw.files if each.kind in ("source", "test") and each.blob not in marked)


def _version(key: bytes) -> str:
    parts = (LAYOUT, functions.VERSION, copies.VERSION, observations.VERSION, secrets.VERSION, hashlib.blake2b(key).hexdigest())
    return f"looks-{hashlib.blake2b(repr(parts).encode(), digest_size=6).hexdigest()}"


def _readers(written: frozenset[str], key: bytes) -> dict[str, Reader]:
    return {
        "functions": lambda file, content: functions.functions(file.path, content) if file.blob in written else (),
        "windows": lambda file, content: copies.windows(file.path, content) if file.blob in written and file.kind == "source" else (),
        "observations": lambda file, content: (
            observations.observe(file.path, content) if observations.interesting(file.path, file.size) else ()
        ),
        "hits": lambda file, content: _hits(file, content, key),
    }


def _hits(file: Entry, content: bytes, key: bytes) -> list[Row]:
    """Return the credentials in a file; a search that failed is a row without a rule, so that it is told and not lost."""
    try:
        return [tuple(hit) for hit in secrets.find(file.path, content, key)]
    except secrets.SearchFailed:
        return [("", "", "", "", 1, "", "the search for credentials failed here")]


def _read(raw: Raw, missing: Sequence[Entry], folder: Path, readers: dict[str, Reader], progress: Progress) -> None:
    """Look into files and keep the rows, some files at a time, so that an interrupted run goes on from there."""
    at: dict[str, list[Entry]] = {}
    for each in missing:
        at.setdefault(each.blob, []).append(each)
    folder.mkdir(parents=True, exist_ok=True)
    done = 0
    for batch in _batches(heads(raw.shadow, sorted(at))):
        _keep(folder, [(file, content) for blob, content in batch for file in at[blob]], readers)
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


def _keep(folder: Path, batch: Sequence[tuple[Entry, bytes]], readers: dict[str, Reader]) -> None:
    """Write the rows of some files; the list of files seen comes last, and only with it do the others count."""
    seen = [(file.path, file.blob) for file, _ in batch]
    name = hashlib.blake2b("".join(f"{path}\n{blob}\n" for path, blob in seen).encode("utf-8", "replace"), digest_size=8).hexdigest()
    for kind, reader in readers.items():
        rows = [(file.path, file.blob, *row) for file, content in batch for row in reader(file, content)]
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
