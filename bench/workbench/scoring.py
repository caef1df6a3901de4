"""The demo's score: planted problems found on companies of fresh seeds, as messy as they come."""

import json
from typing import Any

from bench.report import Section, Table, at_least, at_most
from bench.setting import Setting
from quarterdeck.demo.command import FRESH_SEEDS, run_score

PROCESSES = 2


def measure(setting: Setting) -> Section:
    """Score the rooms as `quarterdeck demo --score` does."""
    told = setting.step("demo score", lambda: _score(setting))
    total = told["total"]
    kinds = {kind: row["recall"]["share"] for kind, row in told["by_kind"].items() if row["recall"]["share"] is not None}
    lowest = min(kinds, key=lambda kind: kinds[kind])
    bars = (
        at_least("recall of planted problems", total["recall"]["share"], 0.90),
        at_least(f"recall of the hardest kind ({lowest})", kinds[lowest], 0.70),
        at_least("precision", total["precision"]["share"], 0.85),
        at_most("look-alikes taken for real", total["decoy_rate"]["share"], 0.10, ""),
        at_least("evidence at the exact place", total["evidence"]["share"], 0.95),
        at_least("unknown when its source is gone", total["honesty"]["share"], 1.0),
    )
    rows = tuple(
        (kind, *(_shown(row[name]) for name in ("recall", "precision", "decoy_rate", "evidence", "honesty")))
        for kind, row in told["by_kind"].items()
    )
    note = f"seeds {', '.join(map(str, FRESH_SEEDS))}, noise high, four companies; not scored: {', '.join(told['not_scored'])}"
    table = Table("By kind", ("Kind", "Recall", "Precision", "Look-alikes", "Evidence", "Unknown"), rows, (note,))
    return Section("demo", bars, (table,))


def _score(setting: Setting) -> dict[str, Any]:
    setting.work.mkdir(parents=True, exist_ok=True)
    output = setting.work / "score.json"
    run_score(output=output, processes=PROCESSES)
    found: dict[str, Any] = json.loads(output.read_text("utf-8"))
    return found


def _shown(share: dict[str, Any]) -> str:
    return "none" if share["share"] is None else f"{share['share']:.2f} ({share['hits']} of {share['of']})"
