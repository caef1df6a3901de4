"""Graphs as arc diagrams: one line per thing, arcs between things that belong together.

Lines of text never overlap and arcs stay apart where a cloud of nodes would turn into a knot, on a phone and on paper too.
All positions are computed here, so that the same rows give the same bytes.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from quarterdeck.deliver.charts.theme import ACCENT, AMBER, GREY, INK, PAPER, SETTLED, STATES, Spec, Theme, config, container_width, font

MOST_NODES = 25
LINE, GAP, TOP = 22, 10, 8  # pixels: a line of text, the space before a group, the space above all
MOST_HEIGHT = 760  # pixels; what is taller does not fit a printed page below its title
ROUNDS = 8  # of moving groups and nodes towards what they are tied to
SHORT, LONG = 25, 58  # characters of a label on a phone and on a page
NARROW = 520  # pixels below which labels are short
LETTER = 6.8  # pixels of a letter at 12 px, on the wide side
SOLID, BROKEN = (1, 0), (5, 3)
STYLES = {"in half of their changes or more": (AMBER, SOLID), "often together": (ACCENT, SOLID), "weak evidence": ("grey", BROKEN)}
OTHERS = ((ACCENT, SOLID), (SETTLED, (8, 3)), ("grey", BROKEN), (ACCENT, (2, 3)))  # for states that nobody named here, in turn
APART = 15  # pixels between two numbers on arcs
Nodes = dict[str, "Node"]
Ties = dict[tuple[str, str], "Tie"]


@dataclass(frozen=True)
class Node:
    """A thing of the graph with its size and the group that it stands in."""

    name: str
    size: float
    group: str


@dataclass(frozen=True)
class Tie:
    """Two things that belong together, how strongly, and the word for it."""

    first: str
    second: str
    weight: float
    state: str


@dataclass(frozen=True)
class Layout:
    """The nodes from top to bottom, where each stands, and what was folded away."""

    order: tuple[Node, ...]
    ties: tuple[Tie, ...]
    y: Mapping[str, int]
    headings: tuple[tuple[str, int], ...]
    height: int
    folded_nodes: int = 0
    folded_ties: int = 0
    states: tuple[str, ...] = field(default=())


def graph(rows: list[Spec], labels: Mapping[str, str], theme: Theme, width: int) -> Spec:
    """Draw nodes as lines of text and ties as arcs beside them: thicker is stronger, colour and dash are the state."""
    made = laid_out(*_read(rows))
    size: Spec = {"width": width} if theme == "print" else {"signals": [container_width()]}
    column = _column(made, theme, width)
    signals = [*size.pop("signals", []), *column]
    return {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "height": made.height, "padding": 0, "autosize": {"type": "fit-x", "contains": "padding"}, "background": PAPER[theme],
        "config": {"legend": config(theme)["legend"] | {"labelFont": font(theme)}, "text": {"font": font(theme)}},
        **size,
        "signals": signals,
        "data": [
            {"name": "nodes", "values": _node_rows(made)},
            {"name": "ties", "values": _tie_rows(made, labels.get("unit", ""))},
            {"name": "headings", "values": [{"text": text, "short": shortened(text, SHORT + 4), "y": y} for text, y in made.headings]},
            {"name": "notes", "values": [{"text": _folded(made, labels), "y": made.height - 6}] if made.folded_nodes else []},
        ],
        "scales": _scales(made, theme),
        "legends": [{"stroke": "state", "strokeDash": "dash", "orient": "top", "direction": "horizontal", "columns": 2, "symbolType": "stroke",
                     "symbolStrokeWidth": 3, "symbolSize": 260, "title": labels.get("state")}] if made.states else [],
        "marks": [_headings(theme), _arcs(labels), _dots(theme), *_texts(theme, labels), *_weights(theme), _note(theme)],
    }  # fmt: skip


def _read(rows: Sequence[Spec]) -> tuple[Nodes, Ties]:
    """Read nodes and ties; what bears the same name after names were hidden is one node."""
    nodes: Nodes = {}
    for row in rows:
        if "node" in row:
            name = str(row["node"])
            known = nodes.get(name)
            nodes[name] = Node(name, float(row.get("size", 1)) + (known.size if known else 0), known.group if known else str(row.get("group", "")))  # fmt: skip
    ties: Ties = {}
    for row in rows:
        if "from" in row and row["from"] != row["to"]:
            pair = (min(str(row["from"]), str(row["to"])), max(str(row["from"]), str(row["to"])))
            tie = Tie(*pair, float(row.get("weight", 1)), str(row.get("state", "")))
            ties[pair] = max(ties.get(pair, tie), tie, key=lambda each: each.weight)
    ends = {name for pair in ties for name in pair} - nodes.keys()
    return nodes | {name: Node(name, 1.0, "") for name in sorted(ends)}, ties


def laid_out(nodes: Nodes, ties: Ties) -> Layout:
    """Choose what is shown, put what belongs together near each other, and say where each line stands."""
    strongest = sorted(ties.values(), key=lambda each: (-each.weight, each.first, each.second))
    kept = _kept(nodes, strongest)
    shown = tuple(tie for tie in strongest if tie.first in kept and tie.second in kept)
    order = _ordered([nodes[name] for name in sorted(kept)], shown)
    y, headings, below = _lines(order)
    states = tuple(dict.fromkeys(tie.state for tie in ties.values() if tie.state))
    folded = len(nodes) - len(kept)
    return Layout(order, shown, y, headings, below + (LINE if folded else 4), folded, len(ties) - len(shown), states)


def _kept(nodes: Nodes, strongest: Sequence[Tie]) -> set[str]:
    """Take the ends of the strongest ties, then the largest nodes, until the picture is full."""
    kept: dict[str, None] = {}
    for tie in strongest:
        wider = kept | {tie.first: None, tie.second: None}
        kept = wider if _fits(nodes, wider) else kept
    for node in sorted(nodes.values(), key=lambda node: (-node.size, node.name)):
        wider = kept | {node.name: None}
        kept = wider if _fits(nodes, wider) else kept
    return set(kept)


def _fits(nodes: Nodes, names: Mapping[str, None]) -> bool:
    groups = {nodes[name].group for name in names} - {""}
    return len(names) <= MOST_NODES and TOP + len(names) * LINE + len(groups) * (LINE + GAP) <= MOST_HEIGHT


def _ordered(nodes: Sequence[Node], ties: Sequence[Tie]) -> tuple[Node, ...]:
    """Order groups, and nodes inside them, by the mean place of what they are tied to, so that arcs are short."""
    order = list(nodes)
    for _ in range(ROUNDS):
        place = {node.name: number for number, node in enumerate(_by_group(order))}
        wanted = {node.name: _pull(node.name, place, ties) for node in order}
        middle = _means([(node.group, wanted[node.name]) for node in order])
        order.sort(key=lambda node: (middle[node.group], node.group, wanted[node.name], node.name))
    return tuple(_by_group(order))


def _by_group(nodes: Sequence[Node]) -> list[Node]:
    first = {group: number for number, group in reversed(list(enumerate(node.group for node in nodes)))}
    return sorted(nodes, key=lambda node: first[node.group])


def _pull(name: str, place: Mapping[str, int], ties: Sequence[Tie]) -> float:
    """Return the mean place of a node and its neighbours, weighted by how strongly they are tied."""
    ends = [(tie.first if tie.second == name else tie.second, tie.weight) for tie in ties if name in (tie.first, tie.second)]
    total = sum(weight for _, weight in ends)
    return round((place[name] + sum(place[end] * weight for end, weight in ends) / total) / 2, 6) if total else float(place[name])


def _means(rows: Sequence[tuple[str, float]]) -> dict[str, float]:
    count = Counter(group for group, _ in rows)
    return {group: round(sum(value for each, value in rows if each == group) / count[group], 6) for group in count}


def _lines(order: Sequence[Node]) -> tuple[dict[str, int], tuple[tuple[str, int], ...], int]:
    """Return the height of each node and heading, and where the last line ends."""
    y: dict[str, int] = {}
    headings: list[tuple[str, int]] = []
    below, group = TOP, ""
    for node in order:
        if node.group != group:
            group = node.group
            headings.append((group, below + LINE // 2 + (GAP if y else 0)))
            below += LINE + (GAP if y else 0)
        y[node.name] = below + LINE // 2
        below += LINE
    return y, tuple(headings), below


def shortened(text: str, most: int) -> str:
    """Shorten a long text in its middle, keeping more of its end: the name of a file says more than its folders."""
    if len(text) <= most:
        return text
    end = (most - 1) * 2 // 3
    return f"{text[: most - 1 - end]}…{text[-end:]}"


def _inside(node: Node) -> str:
    """Return a name without the group that already stands above it."""
    return node.name.removeprefix(f"{node.group}/") if node.group else node.name


def _node_rows(made: Layout) -> list[Spec]:
    largest = max((node.size for node in made.order), default=1.0) or 1.0
    return [
        {"name": node.name, "short": shortened(_inside(node), SHORT), "long": shortened(_inside(node), LONG), "group": node.group,
         "size": _number(node.size), "y": made.y[node.name], "area": round(20 + 90 * node.size / largest)}
        for node in made.order
    ]  # fmt: skip


def _tie_rows(made: Layout, unit: str) -> list[Spec]:
    """Return arcs with their reach (0..1 of the room beside the text), strongest last so that they lie on top."""
    widest = max((abs(made.y[tie.first] - made.y[tie.second]) for tie in made.ties), default=1)
    strongest = max((tie.weight for tie in made.ties), default=1.0) or 1.0
    numbered = _numbered(made)
    return [
        {"from": tie.first, "to": tie.second, "weight": _number(tie.weight), "state": tie.state, "thick": round(1 + 4 * tie.weight / strongest, 1),
         "y1": min(made.y[tie.first], made.y[tie.second]), "y2": max(made.y[tie.first], made.y[tie.second]),
         "reach": round((abs(made.y[tie.first] - made.y[tie.second]) / widest) ** 0.6, 3), "number": f"{tie.weight:.0f}{unit}" if tie in numbered else ""}
        for tie in reversed(made.ties)
    ]  # fmt: skip


def _numbered(made: Layout) -> list[Tie]:
    """Choose the arcs that carry their number, strongest first, so that no two numbers touch."""
    taken: list[float] = []
    chosen = []
    for tie in made.ties:
        middle = (made.y[tie.first] + made.y[tie.second]) / 2
        if all(abs(middle - each) >= APART for each in taken):
            taken.append(middle)
            chosen.append(tie)
    return chosen


def _number(value: float) -> int | float:
    return int(value) if value == int(value) else round(value, 1)


def _column(made: Layout, theme: Theme, width: int) -> list[Spec]:
    """Return the signals that share the width between text and arcs."""
    long, short = (max((len(shortened(_inside(node), most)) for node in made.order), default=1) for most in (LONG, SHORT))
    narrow = str(width < NARROW).lower() if theme == "print" else f"width < {NARROW}"
    text = f"narrow ? {round(short * LETTER)} : min({round(long * LETTER)}, 0.66 * width)"
    return [
        {"name": "narrow", "update": narrow},
        {"name": "column", "update": f"({text}) + 10"},
        {"name": "room", "update": "max(60, width - column - 46)"},
    ]


def _scales(made: Layout, theme: Theme) -> list[Spec]:
    states = list(made.states) or [""]
    styles = [_style(state, number) for number, state in enumerate(states)]
    colours = [GREY[theme] if colour == "grey" else colour for colour, _ in styles]
    return [
        {"name": "state", "type": "ordinal", "domain": states, "range": colours},
        {"name": "dash", "type": "ordinal", "domain": states, "range": [list(dash) for _, dash in styles]},
    ]


def _style(state: str, number: int) -> tuple[str, tuple[int, int]]:
    """Return colour and dash of a state: the same everywhere for states that are known by their words."""
    return STYLES.get(state) or ((STATES[state], SOLID) if state in STATES else OTHERS[number % len(OTHERS)])


def _folded(made: Layout, labels: Mapping[str, str]) -> str:
    what = labels.get("node", "more")
    return f"and {made.folded_nodes:,} more {what}, {made.folded_ties:,} more {labels.get('tie', 'links')}: see the table"


def _headings(theme: Theme) -> Spec:
    return {"type": "text", "from": {"data": "headings"}, "interactive": False, "encode": {
        "enter": {"fill": {"value": INK[theme]}, "fontSize": {"value": 12}, "fontWeight": {"value": "bold"}, "baseline": {"value": "middle"}},
        "update": {"x": {"value": 0}, "y": {"field": "y"}, "text": {"signal": "narrow ? datum.short : datum.text"}, "limit": {"signal": "width"}}}}  # fmt: skip


def _arcs(labels: Mapping[str, str]) -> Spec:
    bend = "(column + 8 + datum.reach * room / 0.75)"
    path = f"'M' + (column + 8) + ',' + datum.y1 + 'C' + {bend} + ',' + datum.y1 + ' ' + {bend} + ',' + datum.y2 + ' ' + (column + 8) + ',' + datum.y2"
    tip = f"{{'between': datum.from, 'and': datum.to, '{_plain(labels.get('weight', 'weight'))}': datum.weight, 'kind': datum.state}}"
    return {"type": "path", "from": {"data": "ties"}, "encode": {
        "enter": {"stroke": {"scale": "state", "field": "state"}, "strokeDash": {"scale": "dash", "field": "state"},
                  "strokeWidth": {"field": "thick"}, "strokeCap": {"value": "butt"}, "tooltip": {"signal": tip}},
        "update": {"path": {"signal": path}, "strokeOpacity": {"value": 0.85}}, "hover": {"strokeOpacity": {"value": 1}}}}  # fmt: skip


def _plain(text: str) -> str:
    """Return a label of ours as it may stand inside an expression."""
    return "".join(char for char in text if char.isalnum() or char in " %,()-")


def _dots(theme: Theme) -> Spec:
    return {"type": "symbol", "from": {"data": "nodes"}, "interactive": False, "encode": {
        "enter": {"fill": {"value": INK[theme]}, "stroke": {"value": PAPER[theme]}, "size": {"field": "area"}},
        "update": {"x": {"signal": "column + 8"}, "y": {"field": "y"}}}}  # fmt: skip


def _texts(theme: Theme, labels: Mapping[str, str]) -> list[Spec]:
    tip = f"{{'{_plain(labels.get('name', 'name'))}': datum.name, '{_plain(labels.get('size', 'size'))}': datum.size}}"
    return [{"type": "text", "from": {"data": "nodes"}, "encode": {
        "enter": {"fill": {"value": INK[theme]}, "fontSize": {"value": 12}, "align": {"value": "right"}, "baseline": {"value": "middle"},
                  "tooltip": {"signal": tip}},
        "update": {"x": {"signal": "column"}, "y": {"field": "y"}, "text": {"signal": "narrow ? datum.short : datum.long"}}}}]  # fmt: skip


def _weights(theme: Theme) -> list[Spec]:
    """Write the strength beside some arcs, on a halo of paper."""
    place: Spec = {
        "x": {"signal": "column + 11 + datum.reach * room"},
        "y": {"signal": "(datum.y1 + datum.y2) / 2"},
        "text": {"field": "number"},
    }
    style: Spec = {"fontSize": {"value": 11}, "baseline": {"value": "middle"}, "align": {"value": "left"}}
    halo = style | {"fill": {"value": PAPER[theme]}, "stroke": {"value": PAPER[theme]}, "strokeWidth": {"value": 4}}
    ink = style | {"fill": {"value": INK[theme]}}
    return [
        {"type": "text", "from": {"data": "ties"}, "interactive": False, "encode": {"enter": each, "update": place}} for each in (halo, ink)
    ]


def _note(theme: Theme) -> Spec:
    return {"type": "text", "from": {"data": "notes"}, "interactive": False, "encode": {
        "enter": {"fill": {"value": INK[theme]}, "fontSize": {"value": 12}, "fontStyle": {"value": "italic"}, "baseline": {"value": "bottom"}},
        "update": {"x": {"value": 0}, "y": {"field": "y"}, "text": {"field": "text"}, "limit": {"signal": "width"}}}}  # fmt: skip
