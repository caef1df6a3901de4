"""A process of its own that reads evidence and says what only the reading cost: interpreter and imports apart."""

import json
import os
import sys
from datetime import date
from pathlib import Path

from bench.setting import SOURCE  # noqa: F401 - what the bench itself imports must not count either
from quarterdeck import bootstrap
from quarterdeck.cli import assess
from quarterdeck.evidence import repository
from quarterdeck.evidence.git.locate import locate
from quarterdeck.evidence.git.read import read_repository


def used() -> float:
    """Return the CPU seconds of this process and all it waited for."""
    return sum(os.times()[:4])


def main(place: Path, lender: Path, as_of: date) -> None:
    """Read one repository and print CPU: of git and its rows alone, and of the whole history on top."""
    sys.stdout.flush()
    start = used()
    read_repository(locate(place, allowed=(lender,)), "bench", bootstrap.home() / "evidence", as_of=as_of, wanted=repository.wanted)
    rows = used()
    print(json.dumps({"rows": rows - start}))


def whole(place: Path, lender: Path, as_of: date) -> None:
    """Read the history whole, as a run does, and print its CPU."""
    start = used()
    bootstrap.read_history(bootstrap.Request((place,), as_of, allowed=(lender,)), bootstrap.company_of(None))
    print(json.dumps({"whole": used() - start}))


if __name__ == "__main__":
    assess.day_of("", "")
    chosen = {"rows": main, "whole": whole}[sys.argv[1]]
    chosen(Path(sys.argv[2]), Path(sys.argv[3]), date.fromisoformat(sys.argv[4]))
