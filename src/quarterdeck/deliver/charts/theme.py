"""Colours, type and frame that all charts share."""

from typing import Any, Literal

Theme = Literal["light", "dark", "print"]
Spec = dict[str, Any]

ACCENT, AMBER, ALARM, SETTLED = "#0072B2", "#E69F00", "#D55E00", "#009E73"
INK = {"light": "#1c1b19", "dark": "#ecebe8", "print": "#1c1b19"}
PAPER = {"light": "#fdfcfa", "dark": "#171716", "print": "#ffffff"}
LINE = {"light": "#d9d5cc", "dark": "#3b3a37", "print": "#d9d5cc"}
GREY = {"light": "#a8a49b", "dark": "#7d7a73", "print": "#a8a49b"}
STATES = {
    "nobody here": ALARM,
    "one person": AMBER,
    "two or more people": SETTLED,
    "changed within a year": ALARM,
    "quiet": "grey",
    "out of support": ALARM,
    "ends within a year": AMBER,
    "security repairs only": ACCENT,
    "supported": SETTLED,
    "unknown": "grey",
    "reached": SETTLED,
    "missing": ALARM,
    "by people here": SETTLED,
    "by people who have left or gone quiet": AMBER,
}


def font(theme: Theme) -> str:
    """Return the typeface of a theme."""
    return "Libertinus Serif" if theme == "print" else "system-ui, sans-serif"


def config(theme: Theme) -> Spec:
    """Return what axes and legends look like."""
    axis = {"labelColor": INK[theme], "titleColor": INK[theme], "gridColor": LINE[theme], "domainColor": LINE[theme], "tickColor": LINE[theme],
            "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 220}  # fmt: skip
    legend = {
        "labelColor": INK[theme],
        "titleColor": INK[theme],
        "orient": "top",
        "title": None,
        "labelFontSize": 12,
        "labelLimit": 260,
    }
    return {"font": font(theme), "axis": axis, "legend": legend, "view": {"stroke": None}, "background": PAPER[theme]}


def lite(theme: Theme, width: int, height: int | Spec) -> Spec:
    """Return the frame of a Vega-Lite chart."""
    size: int | str = width if theme == "print" else "container"
    return {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "config": config(theme), "width": size, "height": height,
            "autosize": {"type": "fit", "contains": "padding"}, "background": PAPER[theme]}  # fmt: skip


def container_width() -> Spec:
    """Return the signal that follows the width of the page."""
    size = "isFinite(containerSize()[0]) ? max(280, containerSize()[0]) : 720"
    return {"name": "width", "init": size, "on": [{"update": size, "events": "window:resize"}]}
