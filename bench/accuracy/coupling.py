"""Pairs of files that change together, beside the counts published for one history, and what counting them costs."""

import time
from collections.abc import Mapping
from datetime import date

from bench.accuracy.evidence import at_commit, day_of, history
from bench.report import Bar, Table, at_most, equal
from bench.setting import Setting
from quarterdeck import bootstrap
from quarterdeck.domain.records import History
from quarterdeck.practices.architecture.coupling import analysis, assessment

REPOSITORY, COMMIT = "git/git", "1a3e64c6"
SEEN, REPORTED = 107_456, 544  # methods/architecture.md: code-maat's defaults, non-merge history of HEAD, renames by new path
COUNTING_SECONDS = 1.0
ROUNDS = 3


def measure(setting: Setting) -> tuple[list[Bar], list[Table], list[str]]:
    """Count pairs by path as the published run did, and time the counting and the whole room."""
    found = setting.step(f"coupling {REPOSITORY}@{COMMIT}", lambda: counted(setting))
    bars = [
        equal(f"pairs of files seen, {REPOSITORY}@{COMMIT}", found["seen"], SEEN),
        equal(f"pairs of files reported, {REPOSITORY}@{COMMIT}", found["reported"], REPORTED),
        at_most("counting pairs from the table of changes", found["counting"], COUNTING_SECONDS, "CPU s"),
    ]
    row = tuple(f"{found[name]:,}" for name in ("commits", "dropped", "seen", "reported"))
    costs = (f"{found['counting']:.2f}", f"{found['room']:.2f}")
    columns = ("commits counted", "over 30 files", "pairs seen", "reported", "counting, CPU s", "whole room, CPU s")
    return bars, [Table(f"coupling on {REPOSITORY}@{COMMIT}, all history, by path", columns, (row + costs,))], []


def counted(setting: Setting) -> Mapping[str, float]:
    """Return the counts and the best CPU time of a few rounds."""
    place = at_commit(setting, REPOSITORY, COMMIT)
    as_of = day_of(place)
    known = history(setting, place, as_of)
    pairs = analysis.pairs(known.changes, "path")
    reported = analysis.reported(analysis.measured(pairs)).height
    return {
        "commits": pairs.sets,
        "dropped": pairs.dropped,
        "seen": pairs.pairs.height,
        "reported": reported,
        "counting": min(_counting(known) for _ in range(ROUNDS)),
        "room": min(_room(known, as_of) for _ in range(ROUNDS)),
    }


def _counting(known: History) -> float:
    start = time.process_time()
    analysis.reported(analysis.measured(analysis.pairs(known.changes, "path")))
    return time.process_time() - start


def _room(known: History, as_of: date) -> float:
    company = bootstrap.company_of(None)
    start = time.process_time()
    assessment.answer(known, company, as_of)
    return time.process_time() - start
