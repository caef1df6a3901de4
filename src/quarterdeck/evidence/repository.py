"""Turn a repository as read into the records that rooms know."""

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

import polars as pl

from quarterdeck.domain.evidence import Problem
from quarterdeck.domain.records import FILES, Repository
from quarterdeck.domain.text import clean
from quarterdeck.evidence.deep import Deep, Depth, contents_of
from quarterdeck.evidence.git.read import Raw
from quarterdeck.evidence.git.tree import MAX_BLOB
from quarterdeck.evidence.secrets import masked
from quarterdeck.kit.files import component
from quarterdeck.kit.history import Part

OWNERS = re.compile(r"(^|/)(CODEOWNERS|OWNERS|MAINTAINERS(\.\w+)?)$")
OWNER_LINES = 2_000
MARKED = {"generated marker": "generated", "minified": "generated", "binary": "data"}


def wanted(path: str) -> bool:
    """Tell whether a file's text is asked for: ownership files and the `.mailmap`."""
    return path == ".mailmap" or bool(OWNERS.search(path))


def part_of(raw: Raw, deep: Deep, depth: Depth, number: int) -> Part:
    """Return the part of a company's history that a repository brings."""
    contents, problems = contents_of(raw, deep, depth, number)
    return Part(_repository(raw, problems), raw.commits, raw.changes, _files(raw), raw.mailmap, contents)


def _repository(raw: Raw, problems: Sequence[Problem]) -> Repository:
    reached = raw.commits.filter("at_head")
    times = reached["committer_time"]
    first, last = (day and min(day, raw.as_of) for day in (_day(times.min()), _day(times.max())))
    cut = bool(raw.located.shallow)
    return Repository(
        key=_key(raw.commits),
        name=raw.name,
        head=raw.head,
        head_name=masked(clean(raw.located.head_name)),
        first_day=first,
        last_day=last,
        shallow_since=first if cut else None,
        partial=raw.located.partial and _lacks_contents(raw),
        bare=raw.located.bare,
        object_format=raw.located.object_format,
        commits=reached.height,
        tags=raw.tags,
        branches=raw.branches,
        owners_files=_owners(raw.texts),
        problems=tuple(dict.fromkeys((*raw.problems, *problems))),
        notes=tuple(dict.fromkeys(raw.notes)),
        submodules=tuple((each.path, each.blob) for each in raw.files if each.kind == "submodule"),
    )


def _lacks_contents(raw: Raw) -> bool:
    """Tell whether files that people wrote are listed but not there, as in a clone without contents."""
    wanted = {each.blob for each in raw.files if each.kind in ("source", "test") and each.size <= MAX_BLOB}
    return bool(wanted - set(raw.measures["blob"]))


def _key(commits: pl.DataFrame) -> str:
    """Name the repository by its root commits, so that a moved folder or another clone stays the same."""
    roots = commits.filter(pl.col("parents") == "")["commit"].sort()
    chosen = roots if roots.len() else commits["commit"].head(1)
    return hashlib.blake2b("".join(chosen).encode(), digest_size=8).hexdigest()


def _day(seconds: object) -> date | None:
    return datetime.fromtimestamp(max(0, min(int(str(seconds)), 4_102_444_800)), UTC).date() if seconds is not None else None


def _owners(texts: dict[str, str]) -> tuple[tuple[str, int, str], ...]:
    """Return the lines of ownership files that name somebody."""
    rows = []
    for path, text in sorted(texts.items()):
        if OWNERS.search(path):
            lines = enumerate(text.splitlines()[:OWNER_LINES], 1)
            rows += [(path, number, clean(line)) for number, line in lines if line.strip() and not line.startswith("#")]
    return tuple(rows)


def _files(raw: Raw) -> pl.DataFrame:
    rows = [(0, each.path, each.blob, each.kind, each.rule, component(each.path), each.size) for each in raw.files]
    schema = {name: kind for name, kind in FILES.items() if name not in ("lines", "indentation")}
    table = pl.DataFrame(rows, schema=schema, orient="row").join(raw.measures, on="blob", how="left", maintain_order="left")
    code = pl.col("kind").is_in(["source", "test", "example", "migration"])
    marked = code & (pl.col("mark").fill_null("") != "")
    return table.with_columns(
        kind=pl.when(marked).then(pl.col("mark").replace(MARKED)).otherwise("kind"),
        rule=pl.when(marked).then("mark").otherwise("rule"),
        lines=pl.col("lines").fill_null(0),
        indentation=pl.col("indentation").fill_null(0),
    ).select(*FILES)


def digest_of(raws: Sequence[Raw], beside: Sequence[bytes] = ()) -> str:
    """Return the digest of what was read: the commits, the commit looked at, refs and marks of damage, and what came beside."""
    whole = hashlib.blake2b(digest_size=16)
    for raw in raws:
        whole.update("\n".join((raw.name, raw.head, *raw.located.shallow, *dict.fromkeys(raw.notes))).encode("utf-8", "replace"))
        whole.update("".join(raw.commits["commit"]).encode())
        whole.update("".join(f"{name} {target}\n" for name, target in sorted(raw.located.refs.items())).encode("utf-8", "replace"))
    for content in beside:
        whole.update(hashlib.blake2b(content).digest())
    return whole.hexdigest()
