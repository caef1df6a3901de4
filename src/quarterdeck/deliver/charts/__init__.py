"""Turn a chart (kind, rows, conclusion) into a Vega or Vega-Lite specification, in light, dark or print colours."""

from collections.abc import Callable

from quarterdeck.deliver.charts import basic
from quarterdeck.deliver.charts.theme import Spec, Theme
from quarterdeck.domain.documents import Chart


def spec_of(chart: Chart, theme: Theme, say: Callable[[str], str], width: int = 720) -> Spec:
    """Return the specification of a chart; texts in its rows pass through `say`."""
    rows = [{key: say(value) if isinstance(value, str) else value for key, value in row.items()} for row in chart.rows]
    if chart.kind == "treemap":
        return basic.treemap(rows, theme, width)
    return (basic.bars if chart.kind == "bars" else basic.timeline)(rows, chart.labels, theme, width)


def is_vega(chart: Chart) -> bool:
    """Tell whether a chart is drawn by Vega itself rather than Vega-Lite."""
    return chart.kind == "treemap"
