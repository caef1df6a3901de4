"""Growth: the same kind of history, eight times as long with eight times the files and people."""

from collections.abc import Callable
from functools import partial
from math import log
from pathlib import Path

from bench.costs import Cost, interleaved
from bench.generate import history
from bench.report import Section, Table, at_most
from bench.setting import Setting, assess, git
from bench.speed import floor

SMALL, LARGE = 20_000, 160_000
EXPONENT = 1.1
ROUNDS = 3
AS_OF = "2020-06-30"


def measure(setting: Setting) -> Section:
    """Return how CPU grows from the small to the large history."""
    places = {total: history(setting.work, total) for total in (SMALL, LARGE)}
    jobs: dict[str, Callable[[], Cost]] = {}
    for total, place in places.items():
        jobs[f"floor {total}"] = partial(floor, setting, place)
        jobs[f"assess {total}"] = partial(run, setting, place)
    taken = setting.costs("scale", lambda: interleaved(jobs, ROUNDS))
    own, git_alone = (exponent(taken[f"{name} {SMALL}"], taken[f"{name} {LARGE}"]) for name in ("assess", "floor"))
    bars = (
        at_most(f"CPU exponent of assess from {SMALL:,} to {LARGE:,} commits", own, EXPONENT, ""),
        at_most(f"{LARGE:,} generated commits: peak memory of own processes", taken[f"assess {LARGE}"].peak, 600, "MB"),
    )
    rows = tuple(row(places[total], total, taken) for total in places)
    columns = ("commits", "files", "people", "floor CPU s", "assess CPU s", "x floor", "assess wall s", "peak MB")
    notes = (f"exponent of the floor alone: {git_alone:.2f}", "html and json, chart library cached, median of three interleaved runs")
    return Section("scale", bars, (Table("generated histories", columns, rows, notes),))


def run(setting: Setting, place: Path) -> Cost:
    """Return what a first run costs."""
    with setting.home() as home:
        return assess(place, home, home / "report", "html,json", "--quick", "--as-of", AS_OF)


def exponent(small: Cost, large: Cost) -> float:
    """Return the exponent with which CPU grows."""
    return log(large.cpu / small.cpu) / log(LARGE / SMALL)


def row(place: Path, total: int, taken: dict[str, Cost]) -> tuple[str, ...]:
    """Return a line of the table."""
    base, own = taken[f"floor {total}"], taken[f"assess {total}"]
    files = len(git(place, "ls-tree", "-r", "--name-only", "HEAD").splitlines())
    people = len(set(git(place, "log", "--format=%ae", "HEAD").splitlines()))
    figures = (f"{base.cpu:.2f}", f"{own.cpu:.2f}", f"{own.cpu / base.cpu:.2f}", f"{own.wall:.2f}", f"{own.peak:.0f}")
    return (f"{total:,}", f"{files:,}", f"{people:,}", *figures)
