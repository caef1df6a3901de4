"""Bars and maps of files."""

from collections.abc import Mapping

from quarterdeck.deliver.charts.theme import (
    ALARM,
    AMBER,
    GREY,
    INK,
    PAPER,
    SETTLED,
    STATES,
    Spec,
    Theme,
    config,
    container_width,
    font,
    lite,
)

MAP_HEIGHT, ROW_HEIGHT = 340, 26


def bars(rows: list[Spec], labels: Mapping[str, str], theme: Theme, width: int) -> Spec:
    """Draw horizontal bars, stacked by state; zero is always on the axis."""
    states = list(dict.fromkeys(str(row["state"]) for row in rows))
    colours = [GREY[theme] if STATES.get(state, "grey") == "grey" else STATES[state] for state in states]
    order = list(dict.fromkeys(str(row["name"]) for row in rows))
    height = ROW_HEIGHT * max(len(order), 2) + 70
    return lite(theme, width, height) | {
        "data": {"values": rows},
        "mark": {"type": "bar", "height": {"band": 0.7}},
        "encoding": {
            "y": {
                "field": "name",
                "type": "nominal",
                "sort": order,
                "title": None,
                "axis": {"grid": False, "ticks": False, "domain": False},
            },
            "x": {
                "field": "value",
                "type": "quantitative",
                "title": labels.get("value"),
                "stack": "zero",
                "axis": {"tickCount": 5},
            },
            "color": {"field": "state", "type": "nominal", "scale": {"domain": states, "range": colours}, "legend": {"columns": 2}},
            "order": {"field": "rank", "type": "quantitative"},
            "tooltip": [
                {"field": "name", "title": labels.get("category", "part")},
                {"field": "state"},
                {"field": "value", "title": labels.get("value")},
            ],
        },
        "transform": [{"calculate": f"indexof({states!r}, datum.state)", "as": "rank"}],
    }


def treemap(rows: list[Spec], theme: Theme, width: int) -> Spec:
    """Draw files as rectangles inside their parts: size by changes, shade by how many people know them."""
    parts = sorted({row["component"] for row in rows})
    nodes = [{"id": "root", "parent": None, "label": "", "size": 0, "shade": ""}]
    nodes += [{"id": f"part:{part}", "parent": "root", "label": part, "size": 0, "shade": ""} for part in parts]
    nodes += [
        {
            "id": f"file:{number}",
            "parent": f"part:{row['component']}",
            "label": row["path"],
            "short": str(row["path"]).rpartition("/")[2],
            "size": row["size"],
            "shade": _shade(row["knowers"]),
            "knowers": row["knowers"],
        }
        for number, row in enumerate(rows)
    ]
    stretch = 1.6 if theme == "print" else 1  # the measuring font is wider than the one that print uses
    size = {"width": width} if theme == "print" else {"signals": [container_width()]}
    return {
        "$schema": "https://vega.github.io/schema/vega/v6.json",
        "height": MAP_HEIGHT, "padding": 0, "autosize": {"type": "fit", "contains": "padding"}, "background": PAPER[theme], "config": {"legend": config(theme)["legend"] | {"labelFont": font(theme)}, "text": {"font": font(theme)}},
        **size,
        "data": [
            {"name": "tree", "values": nodes, "transform": [
                {"type": "stratify", "key": "id", "parentKey": "parent"},
                {"type": "treemap", "field": "size", "sort": {"field": ["value", "id"], "order": ["descending", "ascending"]}, "round": True, "method": "squarify",
                 "paddingInner": 1, "paddingOuter": 2, "paddingTop": 15, "size": [{"signal": "width"}, {"signal": "height"}]}]},
            {"name": "parts", "source": "tree", "transform": [{"type": "filter", "expr": "datum.depth === 1"}]},
            {"name": "files", "source": "tree", "transform": [{"type": "filter", "expr": "datum.depth === 2"}]},
        ],
        "scales": [{"name": "shade", "type": "ordinal", "domain": ["nobody here", "one person", "two or more people"], "range": [ALARM, AMBER, SETTLED]}],
        "legends": [{"fill": "shade", "orient": "top", "direction": "horizontal", "columns": 2, "symbolType": "square", "title": None}],
        "marks": [
            {"type": "rect", "from": {"data": "files"}, "encode": {
                "enter": {"fill": {"scale": "shade", "field": "shade"}, "stroke": {"value": PAPER[theme]}},
                "update": {"x": {"field": "x0"}, "y": {"field": "y0"}, "x2": {"field": "x1"}, "y2": {"field": "y1"}, "fillOpacity": {"value": 0.85},
                           "tooltip": {"signal": "{'file': datum.label, 'changes': datum.size, 'people here who know it': datum.knowers}"}},
                "hover": {"fillOpacity": {"value": 1}}}},
            {"type": "text", "from": {"data": "files"}, "interactive": False, "encode": {
                "enter": {"fill": {"value": "#1c1b19"}, "fontSize": {"value": 10}, "baseline": {"value": "top"}},
                "update": {"x": {"signal": "datum.x0 + 3"}, "y": {"signal": "datum.y0 + 3"}, "text": {"field": "short"},
                           "limit": {"signal": f"max(1, (datum.x1 - datum.x0 - 5) * {stretch})"},
                           "opacity": {"signal": "datum.x1 - datum.x0 > 56 && datum.y1 - datum.y0 > 15 ? 1 : 0"}}}},
            {"type": "text", "from": {"data": "parts"}, "interactive": False, "encode": {
                "enter": {"fill": {"value": INK[theme]}, "fontSize": {"value": 11}, "baseline": {"value": "top"}},
                "update": {"x": {"signal": "datum.x0 + 3"}, "y": {"signal": "datum.y0 + 2"}, "text": {"field": "label"},
                           "limit": {"signal": "max(1, datum.x1 - datum.x0 - 6)"}, "opacity": {"signal": "datum.x1 - datum.x0 > 34 ? 1 : 0"}}}},
        ],
    }  # fmt: skip


def _shade(knowers: int) -> str:
    return "nobody here" if knowers == 0 else "one person" if knowers == 1 else "two or more people"
