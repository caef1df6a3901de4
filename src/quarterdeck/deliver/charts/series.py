"""Counts over time: a line with steps, its level before and after a change, and areas that add up."""

from collections.abc import Mapping

from quarterdeck.deliver.charts.theme import ACCENT, ALARM, GREY, INK, STATES, Spec, Theme, lite

HEIGHT = 190
STEPPED = {"type": "area", "line": {"color": ACCENT, "strokeWidth": 1.5}, "color": ACCENT, "opacity": 0.18, "interpolate": "step-after"}
YEARS = {"format": "%Y", "tickCount": "year", "grid": False}
MONTHS = {"format": "%b %Y", "tickCount": 6, "grid": False}


def timeline(rows: list[Spec], labels: Mapping[str, str], theme: Theme, width: int) -> Spec:
    """Draw counts over time as an area with steps; rows with a `level` add a line, and the label `mark` a change on its day."""
    weekly = any("level" in row for row in rows)
    day = {"field": "month", "type": "temporal", "title": None, "axis": MONTHS if weekly else YEARS}
    value = {"field": "value", "type": "quantitative", "title": labels.get("value"), "axis": {"tickCount": 4}}
    told = [{"field": "month", "type": "temporal", "format": "%d %b %Y"}, {"field": "value", "title": labels.get("value")}]
    layers: list[Spec] = [{"mark": STEPPED, "encoding": {"x": day, "y": value, "tooltip": told}}]
    if weekly:
        level = {"type": "line", "color": INK[theme], "strokeWidth": 2, "interpolate": "step-after"}
        layers.append({"mark": level, "encoding": {"x": day, "y": {"field": "level", "type": "quantitative"}}})
    if labels.get("mark"):
        layers += _marked(labels["mark"], labels.get("mark_text", labels["mark"]), theme)
    return lite(theme, width, HEIGHT) | {"data": {"values": rows}, "layer": layers}


def _marked(day: str, words: str, theme: Theme) -> list[Spec]:
    """Draw a rule on a day, with words beside it."""
    data = {"values": [{"day": day, "text": words}]}
    x = {"field": "day", "type": "temporal"}
    rule = {"data": data, "mark": {"type": "rule", "color": ALARM, "strokeDash": [4, 3]}, "encoding": {"x": x}}
    text = {"type": "text", "color": INK[theme], "align": "left", "dx": 4, "baseline": "top", "y": 0, "fontSize": 12}
    return [rule, {"data": data, "mark": text, "encoding": {"x": x, "text": {"field": "text"}}}]


def areas(rows: list[Spec], labels: Mapping[str, str], theme: Theme, width: int) -> Spec:
    """Draw areas that add up, one for each state; zero is always on the axis."""
    states = list(dict.fromkeys(str(row["state"]) for row in rows))
    colours = [GREY[theme] if STATES.get(state, "grey") == "grey" else STATES[state] for state in states]
    return lite(theme, width, HEIGHT + 40) | {
        "data": {"values": rows},
        "mark": {"type": "area", "opacity": 0.85, "interpolate": "linear"},
        "encoding": {
            "x": {"field": "x", "type": "temporal", "title": labels.get("x"), "axis": YEARS},
            "y": {"field": "value", "type": "quantitative", "title": labels.get("value"), "stack": "zero", "axis": {"tickCount": 4}},
            "color": {"field": "state", "type": "nominal", "scale": {"domain": states, "range": colours}, "legend": {"columns": 2}},
            "order": {"field": "rank", "type": "quantitative"},
            "tooltip": [
                {"field": "x", "type": "temporal", "format": "%Y", "title": labels.get("x")},
                {"field": "state"},
                {"field": "value", "title": labels.get("value")},
            ],
        },
        "transform": [{"calculate": f"indexof({states!r}, datum.state)", "as": "rank"}],
    }
