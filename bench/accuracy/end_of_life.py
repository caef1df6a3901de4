"""Ends of life: product, version and day beside the answers that somebody checked by hand."""

import csv
from datetime import date
from pathlib import Path

from bench.report import Bar, Table, at_least, equal
from bench.setting import Absent, Setting
from quarterdeck.evidence import tables
from quarterdeck.practices.architecture.dependency_health import analysis

CASES = Path(__file__).parents[2] / "tests" / "cases" / "end_of_life.csv"
WANTED = 100


def measure(_setting: Setting) -> tuple[list[Bar], list[Table], list[str]]:
    """Count the answers that are right."""
    if not CASES.is_file():
        raise Absent("the cases are not beside the bench")
    with CASES.open(encoding="utf-8", newline="") as file:
        cases = list(csv.DictReader(file))
    cycles, spellings = analysis.by_product(tables.cycles()), tables.spellings()
    answers = [(case, said(case, cycles, spellings)) for case in cases]
    wrong = [(case, answer) for case, answer in answers if answer != (case["status"], case["cycle"])]
    unknown = sum(case["status"] == "unknown" and answer[0] != "unknown" for case, answer in wrong)
    rows = tuple(
        (case["product"], case["version"], case["day"], f"{case['status']} {case['cycle']}", " ".join(answer)) for case, answer in wrong
    )
    right = len(cases) - len(wrong)
    bars = [
        at_least("(product, version, day) triples right", right, WANTED),
        equal("triples wrong", len(wrong), 0),
        equal("unknown versions that read as known", unknown, 0),
    ]
    title = f"ends of life: {right} of {len(cases)} right; wrong answers"
    return bars, [Table(title, ("product", "version", "day", "right", "said"), rows)], []


def said(case: dict[str, str], cycles: analysis.Cycles, spellings: analysis.Spellings) -> tuple[str, str]:
    """Return the status and the cycle that the product says."""
    cycle = analysis.find_cycle(case["product"], case["version"], cycles, spellings)
    return analysis.status_on(cycle, date.fromisoformat(case["day"])), cycle.name if cycle else ""
