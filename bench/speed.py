"""Speed: CPU beside the floor on a large history, wall on middle-sized ones, the start of the command."""

import sys
from collections.abc import Callable
from pathlib import Path

from bench.costs import Cost, interleaved, run
from bench.report import Bar, Section, Table, at_most, missing
from bench.setting import Absent, Setting, assess, command, environment, git
from quarterdeck.evidence.git.locate import locate
from quarterdeck.evidence.git.shadow import Shadow, shadow_of

LARGE = "git/git"
MIDDLE = ("pallets/flask", "psf/requests")
FLOOR_RATIO, PDF_SECONDS, PEAK_MB, WALL_SECONDS, HELP_SECONDS = 3.0, 4.0, 600.0, 15.0, 0.3
STARTS = 5


def measure(setting: Setting) -> Section:
    """Measure all of it; what is missing is skipped with its reason."""
    bars: list[Bar] = []
    tables: list[Table] = []
    skipped: list[str] = []
    for part in (large, *(middle_sized(name) for name in MIDDLE), start):
        try:
            found, table = part(setting)
            bars += found
            tables.append(table)
        except Absent as reason:
            skipped.append(str(reason))
    if not any("floor" in bar.what for bar in bars):
        bars.insert(0, missing("assess against the floor", f"<= {FLOOR_RATIO:g}x", f"{LARGE} is missing"))
    return Section("speed", tuple(bars), tuple(tables), tuple(skipped))


def shadow(setting: Setting, repository: Path) -> tuple[Shadow, str]:
    """Return a shadow of a repository for floors, and the commit to read from."""
    located = locate(repository)
    return shadow_of(located, setting.work / "shadows" / repository.parent.name), located.head


def floor(setting: Setting, repository: Path) -> Cost:
    """Return what `git log --raw -M --no-merges` alone costs through the shadow."""
    through, head = shadow(setting, repository)
    cost = run(through.arguments("log", "--raw", "-M", "--no-merges", head), env=through.environment(), cwd=through.folder)
    if cost.status:
        raise Absent(f"{repository.parent.name}: the floor died, because file contents are missing from this snapshot")
    return cost


def cold(setting: Setting, repository: Path, formats: str, *options: str, charts: bool = True) -> Cost:
    """Return what a first run costs, in a home of its own."""
    with setting.home(charts=charts) as home:
        return assess(repository, home, home / "report", formats, *options)


def large(setting: Setting) -> tuple[list[Bar], Table]:
    """Compare with the floor on the large history."""
    repository = setting.repository(LARGE)
    jobs: dict[str, Callable[[], Cost]] = {
        "floor": lambda: floor(setting, repository),
        "html,json": lambda: cold(setting, repository, "html,json", "--quick"),
        "html,json,pdf": lambda: cold(setting, repository, "html,json,pdf", "--quick"),
    }
    taken = setting.costs("speed large", lambda: interleaved(jobs))
    base, plain, printed = (taken[name] for name in jobs)
    taken |= setting.costs("speed large deep", lambda: {"deep": cold(setting, repository, "html,json")})
    peak = max(plain.peak, printed.peak, taken["deep"].peak)
    bars = [
        at_most(f"{LARGE}: CPU of assess --quick (html, json) over the floor", plain.cpu / base.cpu, FLOOR_RATIO, "x"),
        at_most(f"{LARGE}: CPU more with the PDF", printed.cpu - plain.cpu, PDF_SECONDS, "s"),
        at_most(f"{LARGE}: peak memory of own processes", peak, PEAK_MB, "MB"),
    ]
    commits = git(repository, "rev-list", "--count", "HEAD")
    names = {"floor": "git log --raw -M --no-merges", "html,json": "assess, html and json", "html,json,pdf": "assess, html, json and pdf",
             "deep": "assess, html and json, everything on (once)"}  # fmt: skip
    rows = [cost_row(names[name], cost, base) for name, cost in taken.items()]
    notes = (
        "median of three interleaved runs, each from an empty home with the chart library cached; memory of git children apart",
        "--quick is what the floor is a floor of: history and manifests, no blame, no added lines, no other file contents",
    )
    return bars, Table(f"{LARGE}, {int(commits):,} commits", ("run", "CPU s", "x floor", "wall s", "peak MB"), tuple(rows), notes)


def cost_row(name: str, cost: Cost, base: Cost) -> tuple[str, ...]:
    """Return a cost beside its floor."""
    own = f"{cost.peak:.0f}" if name.startswith("assess") else "(git)"
    return name, f"{cost.cpu:.2f}", f"{cost.cpu / base.cpu:.2f}", f"{cost.wall:.2f}", own


def middle_sized(name: str) -> Callable[[Setting], tuple[list[Bar], Table]]:
    """Return the measure of one middle-sized repository."""

    def work(setting: Setting) -> tuple[list[Bar], Table]:
        repository = setting.repository(name)
        formats = "html,pdf,json,md"
        jobs: dict[str, Callable[[], Cost]] = {
            "floor": lambda: floor(setting, repository),
            "chart library cached": lambda: cold(setting, repository, formats),
            "nothing cached": lambda: cold(setting, repository, formats, charts=False),
        }
        taken = setting.costs(f"speed {name}", lambda: interleaved(jobs))
        commits = int(git(repository, "rev-list", "--count", "HEAD"))
        rows = [
            (key, f"{cost.cpu:.2f}", f"{cost.wall:.2f}", f"{cost.peak:.0f}" if key != "floor" else "(git)") for key, cost in taken.items()
        ]
        bar = at_most(f"{name}: wall from the command to the whole report", taken["chart library cached"].wall, WALL_SECONDS, "s")
        return [bar], Table(f"{name}, {commits:,} commits, all formats", ("run", "CPU s", "wall s", "peak MB"), tuple(rows))

    return work


def start(setting: Setting) -> tuple[list[Bar], Table]:
    """Measure how long the command takes to say what it can do."""
    work = setting.work
    jobs = {
        "python -c pass": lambda: run([sys.executable, "-c", "pass"], env=environment(work)),
        "quarterdeck --help": lambda: run([command(), "--help"], env=environment(work)),
    }
    taken = setting.costs("speed start", lambda: interleaved(jobs, STARTS))
    bare, helped = taken.values()
    rows = tuple((name, f"{cost.wall:.3f}", f"{cost.cpu:.3f}") for name, cost in taken.items())
    bar = at_most("quarterdeck --help beyond a bare interpreter", helped.wall - bare.wall, HELP_SECONDS, "s")
    return [bar], Table("start of the command", ("run", "wall s", "CPU s"), rows, (f"median of {STARTS}",))
