"""The second run: what 100 new commits cost, and whether the report is the one a cold run would have written."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.costs import Cost, middle
from bench.report import Bar, Section, Table, at_most, equal, missing
from bench.setting import Absent, Borrowed, Setting, assess, borrowed, environment, git

REPOSITORY = "git/git"
NEW = 100
SHARE, EXTRA_SECONDS, WALL_SECONDS = 0.05, 0.5, 6.0
ROUNDS = 3
FORMATS = "html,pdf,json,md"


@dataclass(frozen=True)
class Move:
    """A repository of ours that goes from an old commit to a new one, with the tags each had."""

    place: Borrowed
    old: str
    new: str
    commits: int
    as_of: str
    tags_old: dict[str, str]
    tags_new: dict[str, str]

    def back(self) -> None:
        """Show the repository as it was."""
        self.place.point(self.old, self.tags_old)

    def on(self) -> None:
        """Show the repository as it is."""
        self.place.point(self.new, self.tags_new)


def measure(setting: Setting) -> Section:
    """Measure the second run, or say why not."""
    try:
        move = prepared(setting)
    except Absent as reason:
        return Section("incremental", (missing("second run", f"<= {WALL_SECONDS:g} s wall", str(reason)),), skipped=(str(reason),))
    reads = setting.step("incremental reading", lambda: [readings(setting, move) for _ in range(ROUNDS)])
    runs = setting.step("incremental runs", lambda: second_run(setting, move))
    bars, table = reading_part(move, reads)
    more, files = run_part(runs)
    return Section("incremental", (*bars, *more), (table, files))


def prepared(setting: Setting) -> Move:
    """Borrow the objects of the large history, and find the commit 100 commits back."""
    lender = setting.repository(REPOSITORY)
    place = borrowed(setting, "moving", lender, "HEAD")
    new = git(lender, "rev-parse", "HEAD")
    old, count = back_from(lender, new)
    as_of = git(lender, "log", "-1", "--format=%cs", new)
    return Move(place, old, new, count, as_of, tags(lender, old), tags(lender, new))


def back_from(lender: Path, new: str) -> tuple[str, int]:
    """Return the nearest commit on the main line behind which at least 100 commits are new, and how many are."""
    line = git(lender, "rev-list", "--first-parent", f"--max-count={NEW + 1}", new).splitlines()
    counted = ((commit, int(git(lender, "rev-list", "--count", f"{commit}..{new}"))) for commit in line[1:])
    return next((commit, count) for commit, count in counted if count >= NEW)


def tags(lender: Path, commit: str) -> dict[str, str]:
    """Return the tags that a commit reaches."""
    listing = git(lender, "for-each-ref", "--format=%(objectname) %(refname)", f"--merged={commit}", "refs/tags")
    return {name: target for target, name in (line.split(" ", 1) for line in listing.splitlines())}


def readings(setting: Setting, move: Move) -> dict[str, float]:
    """Return the CPU of the first and the second reading, each in a process of its own."""
    found = {}
    for what in ("rows", "whole"):
        with setting.home() as home:
            move.back()
            found[f"first {what}"] = reading(what, move, home)
            move.on()
            found[f"second {what}"] = reading(what, move, home)
    return found


def reading(what: str, move: Move, home: Path) -> float:
    """Return the CPU seconds of one reading, interpreter and imports apart."""
    arguments = [sys.executable, "-m", "bench.reading", what, str(move.place.folder), str(move.place.lender), move.as_of]
    done = subprocess.run(arguments, capture_output=True, text=True, env=environment(home), check=True)
    return float(json.loads(done.stdout.splitlines()[-1])[what])


def reading_part(move: Move, reads: list[dict[str, float]]) -> tuple[list[Bar], Table]:
    """Compare both readings."""
    figures = {name: median(each[name] for each in reads) for name in reads[0]}
    rows = []
    for what, words in (("whole", "evidence: rows, people, lives of files"), ("rows", "of it git and its rows")):
        first, second = figures[f"first {what}"], figures[f"second {what}"]
        rows.append((words, f"{first:.2f}", f"{second:.2f}", f"{SHARE * first + EXTRA_SECONDS:.2f}"))
    limit = SHARE * figures["first whole"] + EXTRA_SECONDS
    bar = at_most(
        f"{REPOSITORY}: CPU of reading {move.commits} new commits (5 % of the first reading + 0.5 s)",
        figures["second whole"],
        round(limit, 2),
        "s",
    )
    columns = ("reading", "first CPU s", "second CPU s", "bar CPU s")
    return [bar], Table(
        f"{REPOSITORY}: {move.commits} new commits", columns, tuple(rows), ("interpreter and imports apart", "median of three")
    )


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder for reports and take it away again."""
    with TemporaryDirectory(prefix="quarterdeck-bench-") as name:
        yield Path(name)


def second_run(setting: Setting, move: Move) -> dict[str, object]:
    """Run before and after the new commits, and once more cold; return costs and the files that differ."""
    with folder() as out, setting.home() as home:
        move.back()
        first = whole(move, home, out / "first", "none")
        move.on()
        before = str(out / "first" / "findings.json")
        shutil.copytree(home, out / "home")
        seconds = [whole(move, once(out / "home", out / f"home{n}"), out / "second", before) for n in range(ROUNDS)]
        with setting.home() as fresh:
            cold = whole(move, fresh, out / "cold", before)
        files, unlike = compared(out / "second", out / "cold")
    quick = quick_run(setting, move)
    costs = {"first": first, "second": middle(seconds), "cold": cold, "quick": middle(quick)}
    return {**{name: asdict(cost) for name, cost in costs.items()}, "files": files, "unlike": unlike}


def quick_run(setting: Setting, move: Move) -> list[Cost]:
    """Run with --quick before the new commits and, several times, after them: no blame, no other file contents."""
    with folder() as out, setting.home() as home:
        move.back()
        whole(move, home, out / "first", "none", "--quick")
        move.on()
        before = str(out / "first" / "findings.json")
        shutil.copytree(home, out / "home")
        return [whole(move, once(out / "home", out / f"home{n}"), out / "second", before, "--quick") for n in range(ROUNDS)]


def once(home: Path, copy: Path) -> Path:
    """Return a copy of a home, so that each second run finds what the first one left."""
    shutil.copytree(home, copy)
    return copy


def whole(move: Move, home: Path, out: Path, before: str, *options: str) -> Cost:
    """Run the whole command as of the day of the newest commit."""
    return assess(move.place, home, out, FORMATS, "--as-of", move.as_of, "--compare", before, *options)


def compared(one: Path, other: Path) -> tuple[int, list[str]]:
    """Return how many files both reports have, and which differ."""
    names = sorted({file.relative_to(root).as_posix() for root in (one, other) for file in root.rglob("*") if file.is_file()})
    return len(names), [name for name in names if not same(one / name, other / name)]


def same(one: Path, other: Path) -> bool:
    """Tell whether two files exist and hold the same bytes."""
    return one.is_file() and other.is_file() and one.read_bytes() == other.read_bytes()


def run_part(runs: dict[str, dict[str, float]]) -> tuple[list[Bar], Table]:
    """Say how long the second run takes and whether its files equal those of a cold run."""
    unlike, files = list(runs["unlike"]), int(str(runs["files"]))
    bars = [
        at_most("whole second run, --quick", runs["quick"]["wall"], WALL_SECONDS, "s wall"),
        at_most("whole second run, everything on", runs["second"]["wall"], WALL_SECONDS, "s wall"),
        equal(f"files of the second run that differ from a cold run, of {files}", len(unlike), 0),
    ]
    rows = tuple((name, f"{runs[name]['cpu']:.2f}", f"{runs[name]['wall']:.2f}") for name in ("first", "second", "cold", "quick"))
    told = "second runs with everything on blame the sampled files that changed again, which is what git takes for them"
    notes = (
        (f"files that differ: {', '.join(unlike)}",)
        if unlike
        else ("all formats, same as-of day, same findings.json to compare with; quick: a second run", told)
    )
    return bars, Table("whole runs", ("run", "CPU s", "wall s"), rows, notes)
