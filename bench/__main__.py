"""Parse, measure, print, keep."""

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import accuracy, depth, incremental, peers, report, scale, speed
from bench.accuracy import departure
from bench.setting import Setting, say
from bench.workbench import disk, killing, load, scoring, walk

SECTIONS: dict[str, Callable[[Setting], report.Section]] = {
    "speed": speed.measure,
    "scale": scale.measure,
    "incremental": incremental.measure,
    "accuracy": accuracy.measure,
    "depth": depth.measure,
    "departure": departure.measure,
    "peers": peers.measure,
    "demo": scoring.measure,
    "load": load.measure,
    "walk": walk.measure,
    "killing": killing.measure,
    "disk": disk.measure,
}


def arguments() -> argparse.Namespace:
    """Read the command line; folders may come from the environment."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Quarterdeck beside floors and peers.")
    parser.add_argument("section", nargs="*", choices=[*SECTIONS, "all"], default="all", help="what to measure")
    parser.add_argument("--repositories", type=Path, default=folder("QUARTERDECK_BENCH_REPOS"), help="folder of owner+name git folders")
    parser.add_argument("--reference", type=Path, default=folder("QUARTERDECK_REFERENCE"), help="folder of reference tables")
    parser.add_argument("--peers", type=Path, default=folder("QUARTERDECK_BENCH_PEERS"), help="virtual environment that holds the peers")
    parser.add_argument(
        "--work", type=Path, default=folder("QUARTERDECK_BENCH_WORK"), help="folder for generated histories and finished steps"
    )
    parser.add_argument("--fresh", action="store_true", help="do finished steps again")
    return parser.parse_args()


def folder(variable: str) -> Path | None:
    """Return the folder that an environment variable names."""
    return Path(os.environ[variable]) if os.environ.get(variable) else None


def main() -> None:
    """Measure what was asked for."""
    asked = arguments()
    work = asked.work or Path(tempfile.gettempdir()) / "quarterdeck-bench"
    setting = Setting(work.resolve(), asked.repositories, asked.reference, asked.peers, asked.fresh)
    chosen = [asked.section] if isinstance(asked.section, str) else asked.section
    for name in SECTIONS if "all" in chosen else chosen:
        section = SECTIONS[name](setting)
        report.keep(section)
        print(report.shown(section), flush=True)
    say("written to bench/results/latest.md")


if __name__ == "__main__":
    main()
