"""What the command `demo` does: make the set of companies, and score the rooms."""

import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from quarterdeck.demo.generator import LAST_DAY, NOISES, SIZES, USUAL_SIZE, Made, generate
from quarterdeck.demo.scoring import table
from quarterdeck.demo.scoring.score import SCORED_COMPANIES, Score, score
from quarterdeck.domain.errors import InputError

DEMO_SET = ("saas", "shop", "clinic", "maker", "firm")
DEMO_SIZE = 14
MONTHS = 24
FRESH_SEEDS = (201, 202, 203, 204, 205)  # never looked at while generator or rooms were made
SCORED = SCORED_COMPANIES[:4]
REMOVED = ("contents", "history", "roster", "repository")


def generate_all(folder: Path, seed: int, size: int = DEMO_SIZE, *, end_date: date = LAST_DAY, months: int = MONTHS) -> list[Made]:
    """Make the five companies of the demo, each in a folder of its own: `client` to be read, `truth` to be kept apart."""
    _check_size(size)
    return [
        generate(industry, size, seed, noise="mid", end_date=end_date, months=months, folder=folder / industry) for industry in DEMO_SET
    ]


def run_score(
    seeds: Sequence[int] = FRESH_SEEDS,
    sizes: Sequence[int] = (),
    noise: Sequence[str] = ("high",),
    *,
    industries: Sequence[str] = SCORED,
    removed: Sequence[str] = REMOVED,
    output: Path | None = None,
    months: int = MONTHS,
    processes: int = 1,
    say: Callable[[str], None] | None = None,
) -> str:
    """Score the rooms on companies of these seeds, sizes and noise, and return the tables as text; `output` also gets JSON.

    Without sizes each company has the size that is usual for it. `say` hears of every company that was looked at.
    """
    _check(seeds, noise, sizes)
    with tempfile.TemporaryDirectory(prefix="quarterdeck-demo-") as name:
        folder = Path(name)
        result = Score()
        for size in sizes or (0,):
            for industry in industries:
                scale = size / USUAL_SIZE[industry] if size else 1.0
                result.companies += score(
                    folder,
                    seeds=seeds,
                    industries=(industry,),
                    noise=noise,
                    scale=scale,
                    removed=removed,
                    months=months,
                    processes=processes,
                    say=say,
                ).companies
    if output is not None:
        output.write_text(result.json(), "utf-8")
    return table.text(result)


def _check(seeds: Sequence[int], noise: Sequence[str], sizes: Sequence[int]) -> None:
    if not seeds:
        raise InputError("no seed was given", "Give one seed or more, such as --seed 101.")
    if unknown := set(noise) - set(NOISES):
        raise InputError(f"noise {', '.join(sorted(unknown))}: not known", f"Choose some of {', '.join(NOISES)}.")
    for size in sizes:
        _check_size(size)


def _check_size(size: int) -> None:
    if not SIZES[0] <= size <= SIZES[1]:
        raise InputError(f"a company of {size} people cannot be made", f"Choose {SIZES[0]} to {SIZES[1]} people.")
