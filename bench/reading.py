"""A process of its own that reads evidence and says what only the reading cost: interpreter and imports apart."""

import json
import os
import sys
from datetime import date
from pathlib import Path

from quarterdeck import bootstrap
from quarterdeck.cli import assess
from quarterdeck.evidence.git.locate import locate

IMPORTED = (assess.run,)  # a run imports this too, before it reads


def used() -> float:
    """Return the CPU seconds of this process and all it waited for."""
    return sum(os.times()[:4])


def rows(place: Path, lender: Path, as_of: date) -> None:
    """Read what git knows: rows, refs and files."""
    request = bootstrap.Request((place,), as_of, allowed=(lender,))
    bootstrap.read_one(request, locate(place, allowed=(lender,)), "bench")


def whole(place: Path, lender: Path, as_of: date) -> None:
    """Read the history whole, as a run does, with people and the lives of files."""
    bootstrap.read_history(bootstrap.Request((place,), as_of, allowed=(lender,), quick=True), bootstrap.company_of(None))


def main() -> None:
    """Read as told on the command line and print the CPU seconds."""
    what, place, lender, as_of = sys.argv[1:]
    start = used()
    {"rows": rows, "whole": whole}[what](Path(place), Path(lender), date.fromisoformat(as_of))
    print(json.dumps({what: used() - start}))


if __name__ == "__main__":
    main()
