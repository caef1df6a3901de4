"""Put the histories of a company's repositories together: one set of people, one set of frames."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any, Literal

import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.contents import ADDITIONS, Component, Contents
from quarterdeck.domain.records import CHANGES, COMMITS, TOUCHES, Cycle, History, Repository, Software
from quarterdeck.kit import files as kinds
from quarterdeck.kit import mailmap, people
from quarterdeck.kit.lives import infer_renames, with_lives

DAY = 86_400
IMPORT_SHARE = 0.5  # a commit that brings more than this share of all files ever seen is an import
IMPORT_MINIMUM = 50
CHORES = ("lock", "data", "translation", "generated", "snapshot")
RENAME_LIMIT = 3000


@dataclass(frozen=True)
class Part:
    """What one repository brings: stored rows, its tree and its own word on who is who."""

    repository: Repository
    commits: pl.DataFrame
    changes: pl.DataFrame
    files: pl.DataFrame
    mailmap: str
    contents: Contents = field(default_factory=Contents)


def assemble(
    parts: Sequence[Part],
    company: Company,
    *,
    as_of: date,
    digest: str,
    software: Sequence[Software] = (),
    cycles: Sequence[Cycle] = (),
    cycles_as_of: date | None = None,
    spellings: Mapping[tuple[str, str], str] | None = None,
    since: date | None = None,
    bills: Sequence[tuple[str, Sequence[Component]]] = (),
) -> History:
    """Build the history that the rooms read; nothing after `as_of` is in it."""
    commits = pl.concat([_commits(part, number, as_of) for number, part in enumerate(parts)]).with_row_index("row")
    aliases = _aliases(commits)
    commits = _with_alias_numbers(commits, aliases)
    changes = _changes(parts, commits)
    changes = changes.with_columns(kind=_kinds(changes))
    who = people.identify(_alias_facts(aliases, commits, changes), [mailmap.parse(part.mailmap) for part in parts], company)
    owner = pl.Series("person", who.owner, dtype=pl.UInt32)
    commits = commits.with_columns(person=owner.gather(commits["author"]))
    files = pl.concat([part.files.with_columns(repository=pl.lit(n, pl.UInt16)) for n, part in enumerate(parts)])
    changes = with_lives(changes.with_columns(code=pl.col("kind").is_in(["source", "test"])).drop("kind"))
    files = _file_lives(files, changes, commits)
    touches = _touches(changes, commits, owner)
    return History(
        repositories=tuple(part.repository for part in parts),
        commits=commits.select(*COMMITS),
        changes=touches.select(*TOUCHES),
        files=files,
        people=who.people,
        aliases=aliases,
        suggestions=who.suggestions,
        imports=_imports(touches),
        software=tuple(software),
        cycles=tuple(cycles),
        cycles_as_of=cycles_as_of,
        spellings=spellings or {},
        since=since,
        digest=digest,
        left_out=dict(
            files.filter(~pl.col("kind").is_in(["source", "test"]))
            .group_by("rule")
            .len()
            .sort("len", "rule", descending=[True, False])
            .iter_rows()
        ),
        contents=_contents([part.contents for part in parts], [each for _, found in bills for each in found]),
        bills=tuple(name for name, _ in bills),
    )


def _contents(parts: Sequence[Contents], brought: Sequence[Component]) -> Contents:
    """Put together what was found in the files of all repositories; one sampled repository makes the whole a sample."""

    def joined(name: str) -> pl.DataFrame:
        frames: list[pl.DataFrame] = [getattr(part, name) for part in parts]
        return pl.concat(frames)

    def rows(name: str) -> Iterator[Any]:
        return chain.from_iterable(getattr(part, name) for part in parts)

    counted = all(part.additions.height for part in parts)
    return Contents(
        components=(*rows("components"), *brought),
        observations=tuple(rows("observations")),
        secrets=tuple(rows("secrets")),
        functions=joined("functions"),
        copies=joined("copies"),
        survivors=joined("survivors"),
        additions=joined("additions") if counted else ADDITIONS.to_frame(),
        looked_at=sum(part.looked_at for part in parts),
        in_part=sum(part.in_part for part in parts),
        blame=_extent({part.blame for part in parts}),
        read=all(part.read for part in parts),
    )


def _extent(modes: set[str]) -> Literal["none", "sample", "full"]:
    """Say how the surviving lines of all repositories were counted."""
    return "sample" if "sample" in modes else "none" if "none" in modes else "full"


def _commits(part: Part, number: int, as_of: date) -> pl.DataFrame:
    limit = (as_of.toordinal() - date(1970, 1, 1).toordinal() + 1) * DAY
    late = pl.col("committer_time") >= limit
    return (
        part.commits.filter(pl.col("at_head") | ~late)
        .with_columns(repository=pl.lit(number, pl.UInt16), merge=pl.col("parents").str.contains(" ", literal=True))
        .with_columns(day=(pl.col("author_time").clip(0, limit - 1) // DAY).cast(pl.Int32))
    )


def _aliases(commits: pl.DataFrame) -> pl.DataFrame:
    seen = pl.concat([commits["author"], commits["co_authors"].explode().drop_nulls()]).unique().sort()
    text = pl.col("text")
    table = pl.DataFrame({"text": seen}).with_row_index("alias")
    email = text.str.extract(r"<([^<>]*)>$").fill_null("")
    return table.with_columns(name=text.str.replace(r" ?<[^<>]*>$", ""), email=email)


def _with_alias_numbers(commits: pl.DataFrame, aliases: pl.DataFrame) -> pl.DataFrame:
    number = dict(zip(aliases["text"], aliases["alias"], strict=True))
    shared = commits.filter(pl.col("co_authors").list.len() > 0).select("row", "co_authors").explode("co_authors")
    numbered = shared.with_columns(pl.col("co_authors").replace_strict(number, return_dtype=pl.UInt32))
    lists = numbered.group_by("row", maintain_order=True).agg("co_authors")
    plain = commits.with_columns(pl.col("author").replace_strict(number, return_dtype=pl.UInt32)).drop("co_authors")
    return plain.join(lists, on="row", how="left", maintain_order="left").with_columns(pl.col("co_authors").fill_null([]))


def _changes(parts: Sequence[Part], commits: pl.DataFrame) -> pl.DataFrame:
    """Return the changes of commits that HEAD reaches, oldest first."""
    rows = commits.filter("at_head").select("row", "repository", "commit", "day")
    found = [
        part.changes.join(rows.filter(pl.col("repository") == number).drop("repository"), on="commit").with_columns(
            repository=pl.lit(number, pl.UInt16)
        )
        for number, part in enumerate(parts)
    ]
    changes = pl.concat(found).drop("commit").rename({"row": "commit"}).sort("commit", "path")
    return infer_renames(changes.select(*CHANGES, "day"), RENAME_LIMIT)


def _alias_facts(aliases: pl.DataFrame, commits: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Count what each alias did, and how much of it only robots do."""
    chores = changes.group_by("commit").agg(chore=pl.col("kind").is_in(CHORES).all()).filter("chore")
    counted = commits.select("row", "author", "author_time", "merge").join(
        chores.select(row="commit", chore=pl.lit(1)), on="row", how="left"
    )
    direct = counted.group_by("author").agg(
        first=pl.col("author_time").min(),
        last=pl.col("author_time").max(),
        commits=(~pl.col("merge")).sum(),
        chores=pl.col("chore").sum(),
    )
    helped = (
        commits.select("co_authors", "author_time")
        .explode("co_authors")
        .drop_nulls()
        .group_by(author="co_authors")
        .agg(co_first=pl.col("author_time").min(), co_last=pl.col("author_time").max())
    )
    table = aliases.join(direct, left_on="alias", right_on="author", how="left").join(
        helped, left_on="alias", right_on="author", how="left"
    )
    return table.with_columns(
        first=pl.min_horizontal("first", "co_first").fill_null(0),
        last=pl.max_horizontal("last", "co_last").fill_null(0),
        commits=pl.col("commits").fill_null(0),
        chores=pl.col("chores").fill_null(0),
    ).sort("alias")


def _kinds(changes: pl.DataFrame) -> pl.Series:
    """Return the kind of the path of each change."""
    known = {path: kinds.classify(path)[0] for path in changes["path"].unique()}
    return changes["path"].replace_strict(known, return_dtype=pl.String)


def _file_lives(files: pl.DataFrame, changes: pl.DataFrame, commits: pl.DataFrame) -> pl.DataFrame:
    """Give each file at HEAD the life its path has at the end, and the key under which that life began.

    The key names the first path and commit, so that it survives renames.
    """
    last = changes.filter(pl.col("status") != "D").group_by("repository", "path").agg(life=pl.col("life").last())
    born = changes.group_by("life").agg(pl.col("commit").first(), pl.col("path").first().alias("first_path"))
    born = born.with_columns(life_key=commits["commit"].gather(born["commit"]).str.head(12) + ":" + pl.col("first_path"))
    located = files.join(last, on=["repository", "path"], how="left", maintain_order="left")
    return located.join(born.select("life", "life_key"), on="life", how="left", maintain_order="left")


def _touches(changes: pl.DataFrame, commits: pl.DataFrame, owner: pl.Series) -> pl.DataFrame:
    """Return one row per change and person: the author's, and one for each co-author."""
    rows = commits.select("row", "person", "co_authors")
    authored = changes.join(rows.drop("co_authors"), left_on="commit", right_on="row", maintain_order="left").with_columns(
        co=pl.lit(value=False)
    )
    helpers = rows.filter(pl.col("co_authors").list.len() > 0).explode("co_authors")
    if helpers.is_empty():
        return authored
    helpers = helpers.with_columns(helper=owner.gather(helpers["co_authors"])).filter(pl.col("helper") != pl.col("person"))
    helpers = helpers.select("row", person="helper").unique().sort("row", "person")
    helped = changes.join(helpers, left_on="commit", right_on="row", maintain_order="left").with_columns(co=pl.lit(value=True))
    return pl.concat([authored, helped]).sort("commit", maintain_order=True)


def _imports(changes: pl.DataFrame) -> tuple[int, ...]:
    """Return the commits that brought more than half of all files ever seen of a repository."""
    born = changes.filter((pl.col("status") == "A") & ~pl.col("co")).group_by("repository", "commit").len()
    total = born.group_by("repository").agg(total=pl.col("len").sum())
    large = born.join(total, on="repository").filter((pl.col("len") > IMPORT_SHARE * pl.col("total")) & (pl.col("len") > IMPORT_MINIMUM))
    return tuple(sorted(large["commit"]))
