"""Degree of authorship beside the values that the reference implementation gives at the same commit."""

from dataclasses import dataclass

from bench.accuracy.evidence import at_commit, day_of, history, views
from bench.report import Bar, Table
from bench.setting import Absent, Setting
from quarterdeck.practices.people.knowledge import analysis

NEAR = 0.01


@dataclass(frozen=True)
class Known:
    """A published value: the unpruned truck factor over all files, and the files of the first authors."""

    repository: str
    commit: str
    people: int
    files: tuple[int, ...] = ()
    total: int = 0


ORACLES = (  # methods/history-and-knowledge.md, parity oracle: all files, unpruned
    Known("celery/celery", "5dc781f0b", 1, (576,), 823),
    Known("redis/redis", "4f8cdc2a1", 2, (704, 398)),
    Known("git/git", "1a3e64c6", 11, (1229, 474, 402)),
    Known("git/git", "817d03e10", 8),
    Known("celery/celery", "63f6c9826", 1),
)


def measure(setting: Setting) -> tuple[list[Bar], list[Table], list[str]]:
    """Compare each known value."""
    rows, skipped, right = [], [], 0
    for known in ORACLES:
        try:
            found = counted(setting, known)
            right += agrees(known, found)
            rows.append(row(known, found))
        except Absent as reason:
            skipped.append(str(reason))
    columns = ("repository@commit", "people asked", "found", "files of the first authors asked", "found", "all files", "agrees")
    table = Table("authorship beside published values (all files, unpruned, no co-authors)", columns, tuple(rows))
    bar = Bar(
        "authorship counts within 1 % of published values", f"{len(rows)} of {len(rows)}", f"{right} of {len(rows)}", right == len(rows)
    )
    return [bar] if rows else [], [table], skipped


def counted(setting: Setting, known: Known) -> dict[str, list[int]]:
    """Return people and their files as the product counts them."""

    def work() -> dict[str, list[int]]:
        place = at_commit(setting, known.repository, known.commit)
        as_of = day_of(place)
        found = analysis.greedy(views(history(setting, place, as_of), as_of)[1])
        return {"authored": list(found.authored), "files": [found.files]}

    return dict(setting.step(f"authorship {known.repository}@{known.commit}", work))


def agrees(known: Known, found: dict[str, list[int]]) -> bool:
    """Tell whether the number of people is equal and each count near."""
    pairs = [*zip(known.files, found["authored"], strict=False)]
    if known.total:
        pairs.append((known.total, found["files"][0]))
    return len(found["authored"]) == known.people and all(abs(own - asked) <= NEAR * asked for asked, own in pairs)


def row(known: Known, found: dict[str, list[int]]) -> tuple[str, ...]:
    """Return a line of the table."""
    asked = ", ".join(map(str, known.files)) or "-"
    first = ", ".join(map(str, found["authored"][: max(1, len(known.files))]))
    total = f"{found['files'][0]:,}" + (f" (asked {known.total:,})" if known.total else "")
    name = f"{known.repository}@{known.commit}"
    return name, str(known.people), str(len(found["authored"])), asked, first, total, "yes" if agrees(known, found) else "no"
