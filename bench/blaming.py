"""A process of its own that asks the product who wrote lines, or how many were added, and prints JSON."""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from quarterdeck import bootstrap
from quarterdeck.domain.progress import silent
from quarterdeck.evidence.git import blame, line_counts, tree
from quarterdeck.evidence.git.locate import locate
from quarterdeck.evidence.git.read import Raw
from quarterdeck.store.workspace import home

TODAY = datetime.now(UTC).date()


def raw_of(place: Path, lender: Path) -> Raw:
    """Read a repository."""
    return bootstrap.read_one(bootstrap.Request((place,), TODAY, allowed=(lender,)), locate(place, allowed=(lender,)), "bench")


def lines(raw: Raw, most: str) -> dict[str, dict[str, int]]:
    """Return the surviving lines of every so many files, by path and commit."""
    paths = sorted(each.path for each in raw.files if each.kind in ("source", "test") and each.size <= tree.MAX_BLOB)
    chosen = set(paths[:: max(1, len(paths) // int(most))][: int(most)])
    raw.files = [each for each in raw.files if each.path in chosen]
    found = blame.blame(raw, home() / "blame", "full", silent).lines
    result: dict[str, dict[str, int]] = {}
    for path, commit, count in found.select("path", "commit", "lines").iter_rows():
        result.setdefault(path, {})[commit] = count
    return result


def python(raw: Raw) -> dict[str, dict[str, int]]:
    """Return the surviving lines of every Python file, whatever its kind."""
    paths = [each.path for each in raw.files if each.path.endswith(".py")]
    return {path: dict(blame.blamed_lines(raw, path) or Counter()) for path in paths}


def asked(raw: Raw) -> dict[str, Any]:
    """Return how many files git was asked about, and which files count."""
    found = blame.blame(raw, home() / "blame", "full", silent)
    return {"asked": found.asked, "paths": sorted(found.lines["path"].unique())}


def used() -> float:
    """Return the CPU seconds of this process and all it waited for."""
    return sum(os.times()[:4])


def cost(raw: Raw) -> dict[str, float]:
    """Return the CPU seconds of git alone, once for each file, and of the product doing the same."""
    start = used()
    found = blame.blame(raw, home() / "blame", "full", silent)
    ours = used() - start
    paths = sorted(found.lines["path"].unique())
    before = sum(os.times()[2:4])
    for path in paths:
        arguments = raw.shadow.arguments("blame", raw.head, "--", path)
        subprocess.run(arguments, env=raw.shadow.environment(), cwd=raw.shadow.folder, stdout=subprocess.DEVNULL, check=True)
    return {"ours": ours, "floor": sum(os.times()[2:4]) - before, "files": len(paths)}


def counts(raw: Raw) -> dict[str, float]:
    """Return what counting added lines costs."""
    own = raw.commits.filter(pl.col("at_head") & ~pl.col("parents").str.contains(" ", literal=True))["commit"]
    start, wall = used(), time.monotonic()
    line_counts.line_counts(raw.shadow, list(own), home() / "lines")
    return {"cpu": used() - start, "wall": time.monotonic() - wall}


def main() -> None:
    """Do as told on the command line and print the answer."""
    what, place, lender, *more = sys.argv[1:]
    work = {"lines": lines, "python": python, "asked": asked, "cost": cost, "counts": counts}[what]
    print(json.dumps(work(raw_of(Path(place), Path(lender)), *more)))  # type: ignore[operator]


if __name__ == "__main__":
    main()
