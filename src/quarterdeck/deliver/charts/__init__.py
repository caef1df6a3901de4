"""Turn a chart (kind, rows, conclusion) into a Vega or Vega-Lite specification, in light, dark or print colours."""

from collections.abc import Callable

from quarterdeck.deliver.charts import basic, graph, series
from quarterdeck.deliver.charts.theme import Spec, Theme
from quarterdeck.domain.documents import Chart

PLAIN = {"bars": basic.bars, "timeline": series.timeline, "areas": series.areas, "graph": graph.graph}


def spec_of(chart: Chart, theme: Theme, say: Callable[[str], str], width: int = 720) -> Spec:
    """Return the specification of a chart; texts in its rows pass through `say`."""
    rows = [{key: say(value) if isinstance(value, str) else value for key, value in row.items()} for row in chart.rows]
    if chart.kind == "treemap":
        return basic.treemap(rows, theme, width)
    return PLAIN[chart.kind](rows, chart.labels, theme, width)


def is_vega(chart: Chart) -> bool:
    """Tell whether a chart is drawn by Vega itself rather than Vega-Lite."""
    return chart.kind in ("treemap", "graph")
