"""Graphs as arc diagrams: nothing overlaps, nothing is lost silently, the same rows give the same bytes."""

import itertools
import json
import random
from typing import Any

import pytest
import vl_convert
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterdeck.deliver import charts
from quarterdeck.deliver.charts import graph
from quarterdeck.deliver.charts.theme import Theme
from quarterdeck.domain.documents import Chart, Evidence

LABELS = {"node": "files", "tie": "pairs", "weight": "degree in %", "size": "changes", "unit": " %"}


def node(name: str, size: int = 1, group: str = "") -> dict[str, object]:
    return {"node": name, "size": size, "group": group}


def tie(first: str, second: str, weight: float = 50, state: str = "often together") -> dict[str, object]:
    return {"from": first, "to": second, "weight": weight, "state": state}


def spec(rows: list[dict[str, object]], theme: Theme = "light", width: int = 720) -> dict[str, Any]:
    chart = Chart("g", "graph", "They belong together", tuple(rows), LABELS, Evidence("counted"), "They belong together")
    return charts.spec_of(chart, theme, str, width)


def values(made: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return next(each["values"] for each in made["data"] if each["name"] == name)


def crowd(count: int, ties: int) -> list[dict[str, object]]:
    rng = random.Random(5)
    names = [f"part{number % 6}/a/long/way/down/module_{number}.py" for number in range(count)]
    rows = [node(name, number, name.partition("/")[0]) for number, name in enumerate(names)]
    return rows + [tie(*rng.sample(names, 2), weight=rng.randint(30, 99)) for _ in range(ties)]


def test_every_thing_has_a_line_of_its_own() -> None:
    made = spec(crowd(24, 30))

    lines = sorted([row["y"] for row in values(made, "nodes")] + [row["y"] for row in values(made, "headings")])

    assert len(lines) == 24 + 6
    assert all(later - earlier >= graph.LINE for earlier, later in itertools.pairwise(lines))
    assert max(lines) + graph.LINE // 2 <= made["height"]


def test_at_most_twenty_five_are_drawn_and_the_rest_is_counted() -> None:
    made = spec(crowd(60, 70))

    drawn, shown = values(made, "nodes"), values(made, "ties")
    assert len(drawn) == graph.MOST_NODES
    pairs = {frozenset((row["from"], row["to"])) for row in crowd(60, 70) if "from" in row}
    assert values(made, "notes")[0]["text"] == f"and 35 more files, {len(pairs) - len(shown)} more pairs: see the table"


def test_many_groups_still_fit_a_printed_page() -> None:
    rows = [node(f"part{number}/file.py", group=f"part{number}") for number in range(25)]
    rows += [tie(f"part{number}/file.py", f"part{number + 1}/file.py", 90 - number) for number in range(24)]

    made = spec(rows, "print", 640)

    assert made["height"] <= graph.MOST_HEIGHT + graph.LINE
    assert values(made, "notes")[0]["text"].startswith("and 12 more files, 12 more pairs")


def test_the_strongest_ties_are_the_ones_drawn() -> None:
    rows = [tie(f"a{number}", f"b{number}", weight=30 + number) for number in range(20)]

    drawn = {row["name"] for row in values(spec(rows), "nodes")}

    assert {"a19", "b19", "a8", "b8"} <= drawn
    assert "b0" not in drawn


def test_nothing_is_said_to_be_missing_when_all_is_there() -> None:
    assert values(spec([tie("a", "b")]), "notes") == []


def test_things_of_one_group_stand_together_under_its_name() -> None:
    rows = [
        node("api/b.py", group="api"),
        node("web/a.ts", group="web"),
        node("api/a.py", group="api"),
        tie("api/a.py", "web/a.ts"),
        tie("api/b.py", "web/a.ts"),
    ]

    drawn = values(spec(rows), "nodes")

    assert [row["group"] for row in drawn] in (["api", "api", "web"], ["web", "api", "api"])
    assert {row["long"] for row in drawn} == {"a.py", "b.py", "a.ts"}  # the group already stands above
    assert {row["name"] for row in drawn} == {"api/a.py", "api/b.py", "web/a.ts"}  # the tooltip keeps the whole


def test_a_long_path_is_shortened_in_its_middle() -> None:
    short = graph.shortened("src/main/java/io/netty/channel/uring/AbstractIoUringStreamChannel.java", 25)

    assert len(short) == 25
    assert short.startswith("src/")
    assert short.endswith("Channel.java")
    assert graph.shortened("short.py", 25) == "short.py"


def test_numbers_on_arcs_never_touch() -> None:
    rows = [tie("hub", f"leaf{number}", weight=90 - number) for number in range(12)] + [tie("leaf1", "leaf2", 99)]

    middles = sorted((row["y1"] + row["y2"]) / 2 for row in values(spec(rows), "ties") if row["number"])

    assert len(middles) > 3
    assert all(later - earlier >= graph.APART for earlier, later in itertools.pairwise(middles))


def test_stronger_is_thicker_and_weak_evidence_is_broken_so_that_grey_print_tells_them_apart() -> None:
    made = spec([tie("a", "b", 90, "in half of their changes or more"), tie("c", "d", 31, "weak evidence")], "print", 640)

    thick = {row["from"]: row["thick"] for row in values(made, "ties")}
    dash = next(scale for scale in made["scales"] if scale["name"] == "dash")
    assert thick["a"] > 2 * thick["c"]
    assert dict(zip(dash["domain"], dash["range"], strict=True))["weak evidence"] != [1, 0]


def test_names_that_became_alike_are_one_thing() -> None:
    made = spec([node("x", 2), node("x", 3), tie("x", "x"), tie("x", "y"), tie("y", "x", 70)])

    assert {row["name"]: row["size"] for row in values(made, "nodes")} == {"x": 5, "y": 1}
    assert [row["weight"] for row in values(made, "ties")] == [70]


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
@pytest.mark.parametrize("width", [360, 720])
def test_the_graph_draws_in_every_theme_and_width(theme: Theme, width: int) -> None:
    rows = [
        *crowd(40, 40),
        node("</script><img src=x onerror=alert(1)>'+datum", 3),
        tie("</script><img src=x onerror=alert(1)>'+datum", "b'\"\\", 100),
    ]

    svg = vl_convert.vega_to_svg(spec(rows, theme, width))

    assert svg.count("<path") > 25
    assert "and 1" in svg
    assert "<img" not in svg


def test_an_empty_graph_draws_nothing_and_breaks_nothing() -> None:
    assert "<svg" in vl_convert.vega_to_svg(spec([]))


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(30)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    rows = list(crowd(12, 18))
    shuffled = [rows[number] for number in order]

    drawn, again = (spec(each) for each in (rows, shuffled))

    assert json.dumps(drawn, sort_keys=True) == json.dumps(again, sort_keys=True)
