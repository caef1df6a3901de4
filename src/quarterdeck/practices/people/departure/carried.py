"""Which parts of the code one person carries alone: a key person is who carries a part that matters and moves."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from quarterdeck.domain.records import History
from quarterdeck.kit import experts
from quarterdeck.practices.people.departure.analysis import MOVING_DAYS, REGULAR_DAYS

FEWEST_FILES = 3  # moving source files; fewer make no part
MOST_FILES = 0.5  # a part is an island where one person alone knows more than this share of it
MATTERS = 0.05  # share of the year's commits to the sources of its repository
WHERE = ("repository", "folder")


@dataclass(frozen=True)
class Part:
    """A folder with what is below it that one person carries; `share` is its share of the year's commits to its repository."""

    person: int
    repository: int
    folder: str
    files: int
    alone: int
    commits: int
    share: float


@dataclass(frozen=True)
class Carried:
    """The parts that people carry alone, the busiest first, and the moving source files that each person alone knows."""

    parts: dict[int, tuple[Part, ...]]
    alone: pl.DataFrame
    commits: int
    sources: int

    def of(self, person: int) -> tuple[Part, ...]:
        """Return the parts that a person carries."""
        return self.parts.get(person, ())

    def weight(self, person: int) -> float:
        """Return the commits to a person's parts as a share of the year's commits to all sources."""
        return sum(part.commits for part in self.of(person)) / max(1, self.commits)

    def share(self, person: int) -> float:
        """Return the share of all moving source files that a person alone knows."""
        return self.alone.filter(pl.col("person") == person).height / max(1, self.sources)

    def files(self, part: Part) -> pl.DataFrame:
        """Return the moving source files of a part that only its carrier knows, the busiest first."""
        below = pl.lit(value=True) if not part.folder else pl.col("path").str.starts_with(f"{part.folder}/")
        own = (pl.col("person") == part.person) & (pl.col("repository") == part.repository)
        return self.alone.filter(own & below).sort(["recent", "path"], descending=[True, False])


def carried(history: History, files: pl.DataFrame, known: pl.DataFrame, changes: pl.DataFrame, here: list[int], as_of: date) -> Carried:
    """Find the parts that hang on one person of those here.

    A part is a folder with at least three moving source files, worked on at least monthly, with 5 % of the year's commits
    to its repository. One person carries it if they alone know more than half of these files and nobody else here did a
    substantial share of the work there, old work counting less. Of folders inside each other the outermost counts.
    """
    sources = files.filter(pl.col("moving") & (pl.col("kind") == "source")).select("repository", "path", "life", "recent")
    alone = known.filter(pl.len().over("life") == 1).join(sources, on="life")
    today = experts.ordinal(as_of)
    rows = experts.edits(changes).filter(pl.col("status") != "D").select("life", "commit", "person", "day")
    recent = rows.filter(pl.col("day") > today - MOVING_DAYS)
    places = _folders(sources.filter(~pl.col("repository").is_in(_cut_off(history))))
    parts = _alone_at(_islands(places, alone, recent), rows.join(places.select("life", *WHERE), on="life"), here, today)
    total = recent.join(sources.select("life"), on="life", how="semi")["commit"].n_unique()
    found: dict[int, list[Part]] = {}
    for row in parts.sort(["commits", "repository", "folder"], descending=[True, False, False]).iter_rows(named=True):
        part = Part(**{name: row[name] for name in Part.__dataclass_fields__})
        found.setdefault(part.person, []).append(part)
    return Carried({person: _outermost(own) for person, own in found.items()}, alone, total, sources.height)


def _cut_off(history: History) -> list[int]:
    """Return the repositories whose history is cut off: whoever stands at the cut seems to have made everything."""
    return [number for number, repository in enumerate(history.repositories) if repository.shallow_since]


def _folders(sources: pl.DataFrame) -> pl.DataFrame:
    """Return the files once for every folder they lie in, the whole repository being the folder without a name."""
    above = sources.select("path").unique().with_columns(folder=pl.col("path").map_elements(_above, return_dtype=pl.List(pl.String)))
    return sources.join(above, on="path").explode("folder")


def _above(path: str) -> list[str]:
    steps = path.split("/")
    return ["/".join(steps[:depth]) for depth in range(len(steps))]


def _islands(places: pl.DataFrame, alone: pl.DataFrame, recent: pl.DataFrame) -> pl.DataFrame:
    """Return folders that matter, with the person who alone knows more than half of their moving source files."""
    work = recent.join(places.select("life", *WHERE), on="life")
    sizes = places.group_by(WHERE).agg(files=pl.len()).filter(pl.col("files") >= FEWEST_FILES)
    pace = work.group_by(WHERE).agg(commits=pl.col("commit").n_unique(), days=pl.col("day").n_unique())
    whole = pace.filter(pl.col("folder") == "").select("repository", whole="commits")
    busy = sizes.join(pace, on=WHERE).join(whole, on="repository").with_columns(share=pl.col("commits") / pl.col("whole"))
    busy = busy.filter((pl.col("days") >= REGULAR_DAYS) & (pl.col("share") >= MATTERS))
    own = places.join(alone.select("life", "person"), on="life").group_by(*WHERE, "person").agg(alone=pl.len())
    return own.join(busy, on=WHERE).filter(pl.col("alone") > MOST_FILES * pl.col("files"))


def _alone_at(islands: pl.DataFrame, work: pl.DataFrame, here: list[int], today: int) -> pl.DataFrame:
    """Leave out the islands where somebody else here did a substantial share of the work."""
    inside = work.join(islands.select(WHERE).unique(), on=WHERE, how="semi").unique(["commit", "person", *WHERE])
    inside = inside.with_columns(weight=experts.halved(today - pl.col("day"), experts.WORK_HALF_LIFE))
    everybody = inside.unique(["commit", *WHERE]).group_by(WHERE).agg(everybody=pl.col("weight").sum())
    own = inside.filter(pl.col("person").is_in(here)).group_by(*WHERE, other="person").agg(own=pl.col("weight").sum())
    able = own.join(everybody, on=WHERE).filter(experts.substantial(pl.col("own"), pl.col("everybody")))
    pairs = islands.join(able, on=WHERE).filter(pl.col("other") != pl.col("person"))
    return islands.join(pairs, on=[*WHERE, "person"], how="anti")


def _outermost(parts: list[Part]) -> tuple[Part, ...]:
    """Drop the folders that lie inside another one of the same person."""

    def inside(one: Part, other: Part) -> bool:
        below = not other.folder or one.folder.startswith(f"{other.folder}/")
        return one is not other and one.repository == other.repository and below

    return tuple(part for part in parts if not any(inside(part, other) for other in parts))
