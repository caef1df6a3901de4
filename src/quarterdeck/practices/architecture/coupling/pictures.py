"""Draw what changes together: pairs across parts first, else parts, else pairs inside parts; tests with their code are no news."""

from collections.abc import Mapping, Sequence

import polars as pl

from quarterdeck.domain.documents import Chart, Evidence
from quarterdeck.domain.records import History
from quarterdeck.domain.text import in_words, plural
from quarterdeck.kit import citing
from quarterdeck.practices.architecture.coupling import analysis, classes, tables
from quarterdeck.practices.architecture.coupling.classes import Member
from quarterdeck.practices.architecture.coupling.view import Pair

MOST_TIES = 60
LEAST_TIES = 2
STRONG, OFTEN, WEAK = "in half of their changes or more", "often together", "weak evidence"
STATES = (STRONG, OFTEN, WEAK)
LABELS = {"node": "files", "tie": "pairs", "weight": "degree in %", "size": "changes", "unit": "\u00a0%", "name": "file"}
Row = Mapping[str, object]


def charts(
    history: History, pairs: Sequence[Pair], counted: analysis.Counted, components: pl.DataFrame, evidence: Evidence, spread: Evidence
) -> tuple[Chart, ...]:
    """Return the picture that says most: what crosses parts, or how parts hang together, or what belongs together inside parts."""
    crossing = [pair for pair in pairs if pair.kind == classes.ACROSS]
    strong = analysis.reported(components)
    if len(crossing) >= LEAST_TIES:
        return (_files(history, crossing, _crossing(crossing), evidence),)
    if strong.height >= LEAST_TIES:
        return (_parts(history, counted, strong, spread),)
    rest = [pair for pair in pairs if pair.kind in (classes.PART, classes.FOLDER)]
    return (_files(history, rest, _strongest(history, rest), evidence),) if len(rest) >= LEAST_TIES else ()


def _crossing(pairs: Sequence[Pair]) -> str:
    hidden = sum(pair.hidden for pair in pairs)
    return f"{plural(len(pairs), 'pair')} of files change together across parts, {in_words(hidden) if hidden else 'none'} of them closely"


def _strongest(history: History, pairs: Sequence[Pair]) -> str:
    first, second = (citing.where(history, each.repository, each.path) for each in (pairs[0].first, pairs[0].second))
    return f"{first} and {second} change together most, in {int(pairs[0].degree)}\u00a0% of their average changes, inside one part"


def state_of(degree: float, low: float) -> str:
    """Return the word for how strongly and how surely two things are tied."""
    return WEAK if low < analysis.WEAK else STRONG if degree >= analysis.HIDDEN_DEGREE else OFTEN


def _files(history: History, pairs: Sequence[Pair], title: str, evidence: Evidence) -> Chart:
    ordered = sorted(
        pairs, key=lambda pair: (STATES.index(state_of(pair.degree, pair.low)), -pair.degree, pair.first.path, pair.second.path)
    )
    shown = ordered[:MOST_TIES]
    changes: dict[Member, int] = {}
    for pair in shown:
        changes |= {pair.first: pair.first_revisions, pair.second: pair.second_revisions}
    nodes = tuple(
        _node(history, member, size) for member, size in sorted(changes.items(), key=lambda each: (each[0].repository, each[0].path))
    )
    ties = tuple(_tie(_name(history, pair.first), _name(history, pair.second), pair.degree, pair.low) for pair in shown)
    cut = f" The strongest {MOST_TIES} are drawn." if len(pairs) > MOST_TIES else ""
    return Chart("coupling.graph", "graph", title, ties + nodes, LABELS, evidence, alt=f"Files as lines, arcs between those that change together: {title}.{cut}")  # fmt: skip


def _name(history: History, member: Member) -> str:
    return citing.where(history, member.repository, member.path)


def _node(history: History, member: Member, size: int) -> Row:
    return {"node": _name(history, member), "size": size, "group": citing.where(history, member.repository, member.component)}


def _tie(first: str, second: str, degree: float, low: float) -> Row:
    return {"from": first, "to": second, "weight": int(degree), "state": state_of(degree, low)}


def _parts(history: History, counted: analysis.Counted, rows: pl.DataFrame, evidence: Evidence) -> Chart:
    names = tables.part_names(history, counted)
    shown = rows.head(MOST_TIES)
    sizes = dict(counted.members.select("member", "revisions").iter_rows())
    ends = sorted({*shown["first"], *shown["second"]})
    nodes = tuple({"node": names[end], "size": sizes[end], "group": ""} for end in ends)
    ties = [_tie(names[row["first"]], names[row["second"]], row["degree"], row["low"]) for row in shown.iter_rows(named=True)]
    top = rows.row(0, named=True)
    title = (
        f"{names[top['first']]} and {names[top['second']]} change together most: in {int(top['degree'])}\u00a0% of their average commits"
    )
    return Chart(
        "coupling.graph",
        "graph",
        title,
        (*sorted(ties, key=lambda tie: STATES.index(str(tie["state"]))), *nodes),
        LABELS | {"node": "parts", "size": "commits", "name": "part"},
        evidence,
        alt=f"Parts as lines, arcs between those that change together: {title}.",
    )
