"""Say on page one where the history itself is too thin for firm answers."""

from datetime import date

import polars as pl

from quarterdeck.domain.records import History
from quarterdeck.domain.text import foreign, percent

LIMIT = 0.2  # above this share, the answers that suffer are marked weak
SQUASH_SUBJECT = r"\(#\d+\)\s*$"
FEW_COMMITS = 20
STALE_DAYS = 180


def weaknesses(history: History, as_of: date) -> list[str]:
    """Return the sentences that page one must carry."""
    own = history.commits.filter(~pl.col("merge") & pl.col("at_head"))
    if own.is_empty():
        return ["The history has only merges: nothing can be said about who wrote what."]
    found = [
        _share(
            squashed(own),
            own.height,
            "of commits are squash merges: who wrote which line inside them is blurred, so knowledge figures are weak",
        ),
        _share(
            robotic(history, own),
            own.height,
            "of commits are by robots: they are left out, and activity figures rest on the remainder",
        ),
        _share(
            imported(history),
            len(set(history.files["life"].drop_nulls())),
            "of files came in by an import: who knew them before is not visible, so knowledge figures are weak",
        ),
    ]
    thin = [f"Only {own.height} commits: too few for firm figures."] if own.height < FEW_COMMITS else []
    cut = [
        f"The history of {foreign(r.name)} is cut off before {r.shallow_since:%d %b %Y}: who created older files is unknown, so knowledge figures are weak."
        for r in history.repositories
        if r.shallow_since
    ]
    renames = [note for repository in history.repositories for note in repository.notes if note.startswith(("damaged", "renames", "HEAD"))]
    return [
        *_stale(history, as_of),
        *_twice(history),
        *cut,
        *thin,
        *(text for text in found if text),
        *(note[:1].upper() + note[1:] + "." for note in renames),
    ]


def counted(history: History) -> dict[str, int]:
    """Count what makes a history harder to read, whether or not there is enough of it to weaken an answer."""
    own = history.commits.filter(~pl.col("merge") & pl.col("at_head"))
    return {
        "commits that are squash merges": squashed(own),
        "commits by robots": robotic(history, own),
        "source files that came in by an import": imported(history),
        "merges": history.commits.filter(pl.col("merge") & pl.col("at_head")).height,
    }


def _stale(history: History, as_of: date) -> list[str]:
    """Ask whether a copy is up to date when its newest commit is old: an old copy makes everybody look gone."""
    last = max((repository.last_day for repository in history.repositories if repository.last_day), default=as_of)
    if (as_of - last).days <= STALE_DAYS:
        return []
    return [
        f"The newest commit is {(as_of - last).days:,} days old. If this copy is out of date, fetch it and run again, or look at its own day with --as-of {last}."
    ]


def _twice(history: History) -> list[str]:
    """Say when two repositories are copies of one history, which then counts twice."""
    names: dict[str, list[str]] = {}
    for repository in history.repositories:
        names.setdefault(repository.key, []).append(foreign(repository.name))
    return [
        f"{' and '.join(group)} share one history: what they have in common is counted twice." for group in names.values() if len(group) > 1
    ]


def _share(count: int, total: int, text: str) -> str:
    return f"{percent(count / total)} {text}." if total and count / total > LIMIT else ""


def squashed(commits: pl.DataFrame) -> int:
    """Count commits that a code host made from a whole pull request."""
    return commits.filter(pl.col("hosted") & pl.col("subject").str.contains(SQUASH_SUBJECT)).height


def robotic(history: History, commits: pl.DataFrame) -> int:
    """Count commits made by robots."""
    robots = [number for number, person in enumerate(history.people) if person.bot]
    return commits.filter(pl.col("person").is_in(robots)).height


def imported(history: History) -> int:
    """Count the files of today that came in by an import commit."""
    born = history.changes.filter(pl.col("commit").is_in(list(history.imports)) & (pl.col("status") == "A"))
    lives = history.files.filter(pl.col("kind").is_in(["source", "test"])).select("life").drop_nulls()
    return lives.join(born.select("life").unique(), on="life", how="semi").height
