"""Peers: other tools on the same repository, where they are installed; the bench itself installs nothing."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from shutil import rmtree

from bench.costs import Cost, interleaved, run
from bench.report import Bar, Section, Table, missing
from bench.setting import Absent, Setting, environment, last_words
from bench.speed import cold, floor

REPOSITORY = "pallets/flask"
PYDRILLER = (
    "import sys; from pydriller import Repository\n"
    "rows = [(c.hash, c.author.email, f.change_type.name, f.new_path) for c in Repository(sys.argv[1]).traverse_commits() for f in c.modified_files]\n"
)
ROUNDS = 1  # a peer takes minutes, and its ratio is far from one
PATIENCE = 600  # seconds


def measure(setting: Setting) -> Section:
    """Run each peer that is found, and compare."""
    what = f"CPU of assess beside the cheapest peer on {REPOSITORY}"
    try:
        repository = setting.repository(REPOSITORY)
        costs, skipped = each_peer(setting, repository)
    except Absent as reason:
        return Section("peers", (missing(what, "ahead of all", str(reason)),), skipped=(str(reason),))
    own: dict[str, Callable[[], Cost]] = {
        "git log --raw -M --no-merges (floor)": partial(floor, setting, repository),
        "quarterdeck assess, all formats": partial(cold, setting, repository, "html,pdf,json,md"),
    }
    ours = setting.costs("peers own", lambda: interleaved(own))
    base = ours["quarterdeck assess, all formats"]
    rows = tuple(row(name, cost, base) for name, cost in {**ours, **costs}.items())
    table = Table(
        f"peers on {REPOSITORY}", ("tool", "CPU s", "x ours", "wall s", "peak MB"), rows, ("peers run once, with default options",)
    )
    return Section("peers", bars(what, costs, base), (table,), tuple(skipped))


def bars(what: str, costs: dict[str, Cost], base: Cost) -> tuple[Bar, ...]:
    """Say whether we are ahead of every peer that ran."""
    if not costs:
        return (missing(what, "ahead of all", "no peer is installed"),)
    name, cheapest = min(costs.items(), key=lambda each: each[1].cpu)
    measured = f"{base.cpu:.2f} s against {cheapest.cpu:.2f} s ({name}): {cheapest.cpu / base.cpu:.1f}x"
    return (Bar(what, "ahead of all", measured, base.cpu < cheapest.cpu),)


def row(name: str, cost: Cost, base: Cost) -> tuple[str, ...]:
    """Return a line of the table."""
    return name, f"{cost.cpu:.2f}", f"{cost.cpu / base.cpu:.2f}", f"{cost.wall:.2f}", f"{cost.peak:.0f}" if cost.peak else "(git)"


def each_peer(setting: Setting, repository: Path) -> tuple[dict[str, Cost], list[str]]:
    """Return the costs of the peers that ran, and why others did not."""
    clone = work_tree(setting, repository)
    costs: dict[str, Cost] = {}
    skipped = []
    for name, arguments in commands(setting, clone).items():
        try:
            costs |= setting.costs(f"peer {name}", partial(once, setting, name, arguments, clone))
        except Absent as reason:
            skipped.append(str(reason))
    return costs, skipped


def commands(setting: Setting, clone: Path) -> dict[str, list[str]]:
    """Return the command of each peer."""
    scripts = (setting.peers or Path("none")) / "bin"
    out = setting.work / "out" / "theseus"
    return {
        "PyDriller, files only": [str(scripts / "python"), "-c", PYDRILLER, str(clone)],
        "truckfactor": [str(scripts / "truckfactor"), str(clone)],
        "git-of-theseus": [str(scripts / "git-of-theseus-analyze"), "--outdir", str(out), "--branch", branch(clone), str(clone)],
        "gitinspector": [str(scripts / "gitinspector"), str(clone)],
    }


def once(setting: Setting, name: str, arguments: list[str], clone: Path) -> dict[str, Cost]:
    """Run a peer once."""
    if setting.peers is None or not Path(arguments[0]).is_file():
        raise Absent(f"{name}: not installed (QUARTERDECK_BENCH_PEERS)")
    path = f"{setting.peers / 'bin'}:{environment(setting.work)['PATH']}"
    cost = run([*limit(), *arguments], env={**environment(setting.work), "PATH": path}, cwd=clone)
    if cost.status:
        raise Absent(f"{name}: ended with status {cost.status} ({last_words(cost.said)})")
    return {name: cost}


def limit() -> list[str]:
    """Return the words that end a peer that takes too long, where the system has them."""
    found = Path("/usr/bin/timeout")
    return [str(found), str(PATIENCE)] if found.is_file() and sys.platform == "linux" else []


def work_tree(setting: Setting, repository: Path) -> Path:
    """Return a clone with files, which the peers need and we do not."""
    clone = setting.work / "clones" / REPOSITORY.replace("/", "+")
    if not (clone / ".git" / "HEAD").is_file():
        rmtree(clone, ignore_errors=True)
        arguments = [
            "git",
            "-c",
            "safe.directory=*",
            "clone",
            "-q",
            "--no-tags",
            "--single-branch",
            "--no-hardlinks",
            str(repository),
            str(clone),
        ]
        if subprocess.run(arguments, check=False, capture_output=True).returncode:
            raise Absent(f"{REPOSITORY}: cannot be cloned")
    return clone


def branch(clone: Path) -> str:
    """Return the name of the branch that is checked out."""
    return (clone / ".git" / "HEAD").read_text().strip().rpartition("/")[2]
