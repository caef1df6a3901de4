"""Show a score in the terminal: every kind with its shares and intervals, what is not scored, and what went wrong."""

from rich.console import Console
from rich.table import Table as Grid

from quarterdeck.demo.scoring.figures import Count, Share, wilson
from quarterdeck.demo.scoring.score import NOT_SCORED, Score

BARS = "Bars: recall 0.90 and no kind below 0.70, precision 0.85, look-alikes 0.10 at most, evidence 0.95, unknown 1.00."
COLUMNS = (
    "",
    "plants",
    "recall",
    "precision",
    "of those to act on or plan",
    "look-alikes taken for real",
    "exact place cited",
    "unknown when its source is gone",
)
WIDTH = 170


def show(score: Score, console: Console) -> None:
    """Print a score."""
    for name, title in (("kind", "By kind"), ("company", "By company"), ("noise", "By noise")):
        console.print(_grid(score, name, title))
    console.print(BARS)
    _tell(console, "Not scored yet", _not_scored())
    _tell(console, "Findings of kinds in which nothing is planted", [f"{name}: {count}" for name, count in sorted(score.unplanted.items())])


def _not_scored() -> list[str]:
    """Return the kinds that are not scored, those with one reason on one line."""
    reasons = dict.fromkeys(NOT_SCORED.values())
    return [f"{', '.join(kind for kind, why in NOT_SCORED.items() if why == reason)}: {reason}" for reason in reasons]


def text(score: Score) -> str:
    """Return a score as plain text."""
    console = Console(width=WIDTH, color_system=None, force_terminal=False)
    with console.capture() as captured:
        show(score, console)
    return captured.get()


def _grid(score: Score, name: str, title: str) -> Grid:
    grid = Grid(title=title, title_justify="left")
    for number, column in enumerate(COLUMNS):
        grid.add_column(column, justify="left" if number == 0 else "right")
    table = score.by(name)
    for row, count in table.rows.items():
        grid.add_row(*_cells(row, count))
    grid.add_section()
    grid.add_row(*_cells("all", table.total()))
    return grid


def _cells(name: str, count: Count) -> tuple[str, ...]:
    shares = (count.recall, count.precision, count.pressing, count.decoy_rate, count.evidence, count.honesty)
    return name, str(count.plants), *map(shown, shares)


def shown(share: Share) -> str:
    """Return a share with its interval, or a dash where nothing was tried."""
    if share.value is None:
        return "-"
    low, high = wilson(share.hits, share.trials)
    return f"{share.value:.2f} ({low:.2f} to {high:.2f}) {share.hits}/{share.trials}"


def _tell(console: Console, title: str, rows: list[str]) -> None:
    console.print(f"\n{title}:" if rows else f"\n{title}: none")
    for row in rows:
        console.print(f"  {row}", markup=False, highlight=False)
