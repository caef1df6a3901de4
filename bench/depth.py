"""Depth: surviving lines beside `git blame`, added lines beside `git log --numstat`, and whole audits with everything on."""

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bench.accuracy.evidence import at_commit
from bench.costs import Cost, interleaved, run
from bench.report import Bar, Section, Table, at_most, equal, missing
from bench.setting import Absent, Borrowed, Setting, assess, environment, git
from bench.speed import shadow
from quarterdeck.evidence.git.shadow import Shadow

EXACT = ("pallets/flask", "celery/celery", "redis/redis", "scrapy/scrapy", "netty/netty")
SAMPLED = 20  # files of each, every so many in the order of their paths
YEARS = {2010: 429, 2011: 689, 2014: 1609, 2017: 1780, 2019: 2750, 2023: 2561, 2025: 1078, 2026: 430}  # the method note's oracle
ORACLE, ORACLE_LINES = "2ac89889", 18_362
BLAME_RATIO, COUNT_CPU, COUNT_WALL = 1.2, 1.2, 0.65
WALLS = {"pallets/flask": 20.0, "celery/celery": 90.0}
LARGE = "git/git"


def measure(setting: Setting) -> Section:
    """Measure every part; what is missing is skipped with its reason."""
    bars: list[Bar] = []
    tables: list[Table] = []
    skipped: list[str] = []
    for part in (exactness, years, blame_cost, blamed_again, count_cost, walls):
        try:
            found, table = part(setting)
            bars += found
            tables.append(table)
        except Absent as reason:
            skipped.append(str(reason))
            bars.append(missing(part.__name__.replace("_", " "), "", str(reason)))
    return Section("depth", tuple(bars), tuple(tables), tuple(skipped))


def plain(through: Shadow, head: str, path: str) -> Counter[str]:
    """Return {commit: lines} as `git blame` prints it, read in another format than the product reads."""
    out = through.output("blame", "-l", "-s", "--root", head, "--", path).decode("utf-8", "replace").splitlines()
    return Counter(line.split(" ", 1)[0].lstrip("^") for line in out)


def asked(what: str, home: Path, place: Path | Borrowed, *more: str) -> Any:
    """Run the product's own reading in a process of its own and return what it says."""
    folder, lender = (place.folder, place.lender) if isinstance(place, Borrowed) else (place, place)
    done = subprocess.run(
        [sys.executable, "-m", "bench.blaming", what, str(folder), str(lender), *more],
        env=environment(home), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Absent(f"{what}: {done.stderr.strip().splitlines()[-1][:120] if done.stderr else 'failed'}")
    return json.loads(done.stdout)


def exactness(setting: Setting) -> tuple[list[Bar], Table]:
    """Compare the surviving lines of sampled files with git's own words."""
    rows = []
    for name in EXACT:
        rows.append((name, *setting.step(f"blame exact {name}", partial(_exact, setting, name))))
    files, equal_files = sum(row[1] for row in rows), sum(row[2] for row in rows)
    shown = tuple((name, str(count), str(same), f"{lines:,}") for name, count, same, lines in rows)
    table = Table("surviving lines of sampled files, by commit", ("repository", "files", "equal to git blame", "lines"), shown)
    return [
        equal(f"files of {len(rows)} repositories whose lines equal git blame", f"{equal_files} of {files}", f"{files} of {files}")
    ], table


def _exact(setting: Setting, name: str) -> tuple[int, int, int]:
    repository = setting.repository(name)
    with setting.home() as home:
        found = asked("lines", home, repository, str(SAMPLED))
    through, head = shadow(setting, repository)
    same = sum(Counter(lines) == plain(through, head, path) for path, lines in found.items())
    return len(found), same, sum(sum(lines.values()) for lines in found.values())


def years(setting: Setting) -> tuple[list[Bar], Table]:
    """Count the lines of all Python files of flask by year, as the method note has them."""

    def work() -> dict[str, int]:
        place = at_commit(setting, "pallets/flask", ORACLE)
        with setting.home() as home:
            found = asked("python", home, place)
        times = {line.split()[0]: int(line.split()[1]) for line in git(place.folder, "log", "--format=%H %at", "HEAD").splitlines()}
        counts: Counter[int] = Counter()
        for lines in found.values():
            for commit, number in lines.items():
                counts[datetime.fromtimestamp(times[commit], UTC).year] += number
        return {str(year): count for year, count in sorted(counts.items())}

    counts = setting.step("blame years flask", work)
    rows = tuple((year, f"{count:,}", f"{YEARS[int(year)]:,}" if int(year) in YEARS else "") for year, count in counts.items())
    right = sum(counts.get(str(year)) == count for year, count in YEARS.items()) + (sum(counts.values()) == ORACLE_LINES)
    table = Table(f"flask at {ORACLE}, all Python files", ("year", "lines", "the note says"), rows)
    return [
        equal("flask: years that the note names, and the total", f"{right} of {len(YEARS) + 1}", f"{len(YEARS) + 1} of {len(YEARS) + 1}")
    ], table


def blame_cost(setting: Setting) -> tuple[list[Bar], Table]:
    """Compare the CPU of all surviving lines with `git blame` once for each file."""
    name = "celery/celery"
    repository = setting.repository(name)

    def work() -> dict[str, float]:
        with setting.home() as home:
            return dict(asked("cost", home, repository))

    taken = setting.step(f"blame cost {name}", work)
    ratio = taken["ours"] / taken["floor"]
    rows = (("git blame, once for each file", f"{taken['floor']:.1f}"), ("ours, with reading and keeping", f"{taken['ours']:.1f}"))
    table = Table(f"{name}, {taken['files']:.0f} files", ("run", "CPU s"), rows)
    return [at_most(f"{name}: CPU of surviving lines over git blame", ratio, BLAME_RATIO, "x")], table


def blamed_again(setting: Setting) -> tuple[list[Bar], Table]:
    """Count the files asked about after a hundred new commits, beside those whose content changed."""
    name = "pallets/flask"
    repository = setting.repository(name)

    def work() -> list[int]:
        before = at_commit(setting, name, "HEAD~100")
        old = git(repository, "rev-parse", "HEAD~100")
        with setting.home() as home:
            first = asked("asked", home, before)
            before.point(git(repository, "rev-parse", "HEAD"))
            second = asked("asked", home, before)
            third = asked("asked", home, before)
        changed = asked_changed(repository, old, second["paths"])
        return [first["asked"], second["asked"], changed, third["asked"]]

    first, second, changed, third = setting.step(f"blame again {name}", work)
    rows = (
        ("first run", str(first), ""),
        ("after 100 commits along first parents", str(second), str(changed)),
        ("once more", str(third), "0"),
    )
    table = Table(f"{name}: files asked about", ("run", "asked", "files whose content changed or that were touched"), rows)
    return [equal(f"{name}: files asked about again after new commits", second, changed)], table


def asked_changed(repository: Path, old: str, paths: list[str]) -> int:
    """Count, of the files blamed, those that a commit since then touched."""
    touched = set(git(repository, "log", "--format=", "--name-only", "--no-merges", "--no-renames", f"{old}..HEAD").splitlines())
    return len(touched & set(paths))


def count_cost(setting: Setting) -> tuple[list[Bar], Table]:
    """Compare counting added lines with one process that does the same."""
    repository = setting.repository(LARGE)
    through, head = shadow(setting, repository)

    def floor() -> Cost:
        return run(through.arguments("log", "--numstat", "-M", "--no-merges", head), env=through.environment(), cwd=through.folder)

    def ours() -> Cost:
        with setting.home() as home:
            taken = asked("counts", home, repository)
        return Cost(taken["cpu"], taken["wall"])

    taken = setting.costs(f"line counts {LARGE}", lambda: interleaved({"floor": floor, "ours": ours}, 2))
    rows = tuple((key, f"{cost.cpu:.1f}", f"{cost.wall:.1f}") for key, cost in taken.items())
    bars = [
        at_most(f"{LARGE}: CPU of line counts over git log --numstat -M", taken["ours"].cpu / taken["floor"].cpu, COUNT_CPU, "x"),
        at_most(f"{LARGE}: wall of line counts over git log --numstat -M", taken["ours"].wall / taken["floor"].wall, COUNT_WALL, "x"),
    ]
    return bars, Table(f"{LARGE}: added and deleted lines of all commits", ("run", "CPU s", "wall s"), rows)


def walls(setting: Setting) -> tuple[list[Bar], Table]:
    """Time whole audits, everything on and nothing kept, from the command to the last file."""
    bars, rows = [], []
    for name, limit in WALLS.items():
        repository = setting.repository(name)

        def work(repository: Path = repository) -> dict[str, Cost]:
            with setting.home() as home:
                return {"cold": assess(repository, home, home / "report", ALL), "again": assess(repository, home, home / "report", ALL)}

        taken = setting.costs(f"depth wall {name}", work)
        bars.append(at_most(f"{name}: wall of a whole audit, everything on", taken["cold"].wall, limit, "s"))
        rows += [(name, key, f"{cost.cpu:.1f}", f"{cost.wall:.1f}", f"{cost.peak:.0f}") for key, cost in taken.items()]
    return bars, Table("whole audits, all formats", ("repository", "run", "CPU s", "wall s", "peak MB"), tuple(rows))


ALL = "html,pdf,json,md,sarif,cdx,spdx"
