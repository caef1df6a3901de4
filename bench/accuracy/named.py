"""The truck factor's people beside those whom developers named, at the day of the labels."""

import csv
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from statistics import fmean, median
from typing import Any

from bench.accuracy.evidence import at_day, history, mailboxes, spellings, views
from bench.report import Bar, Table, at_least, at_most
from bench.setting import Absent, Setting
from quarterdeck.domain.records import History
from quarterdeck.practices.people.knowledge import analysis

TABLE = "people/truck_factor_validated.csv"
DAYS = (date(2015, 8, 25), date(2015, 2, 25))  # the labels' code was read on the first; both ends of their window
ELSEWHERE = {  # where a repository lives today
    "atom/atom-shell": ("electron/electron",),
    "sandstorm-io/capnproto": ("capnproto/capnproto", "sandstorm-io/capnproto"),
    "facebook/osquery": ("osquery/osquery",),
    "saltstack/salt": ("rallytime/salt", "saltstack/salt"),
    "bjorn/tiled": ("mapeditor/tiled", "bjorn/tiled"),
}
F1, CONTAINED, WIDTH, TIMES = 0.80, 0.90, 2.0, 3.0


def measure(setting: Setting) -> tuple[list[Bar], list[Table], list[str]]:
    """Compare the headline and its range on every repository at hand."""
    rows: list[dict[str, Any]] = []
    skipped = []
    for label in labels(setting):
        try:
            rows += compared(setting, label["repo"], label["tf_developers"].split("|"), int(label["tf"]))
        except Absent as reason:
            skipped.append(str(reason))
    if not rows:
        raise Absent("none of the repositories with labels is here")
    tables = [summary(rows), each_one(rows)]
    return [bar for day in DAYS for bar in bars([row for row in rows if row["day"] == str(day)], day)], tables, skipped


def labels(setting: Setting) -> list[dict[str, str]]:
    """Return the labelled repositories."""
    with setting.table(TABLE).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def compared(setting: Setting, name: str, truth: Sequence[str], size: int) -> list[dict[str, Any]]:
    """Return one row per day for a repository; it is read once, and its past is found by the product."""
    stored = next((other for other in ELSEWHERE.get(name, (name,)) if here(setting, other)), None)
    if stored is None:
        raise Absent(f"{name}: not among the repositories")

    def work() -> list[dict[str, Any]]:
        place = at_day(setting, stored, DAYS[0])
        return [{"repo": name, "day": str(day), "truth": size, **answer(history(setting, place, day), day, truth)} for day in DAYS]

    return list(setting.step(f"named {name}", work))


def here(setting: Setting, name: str) -> bool:
    """Tell whether a repository is at hand."""
    try:
        return bool(setting.repository(name))
    except Absent:
        return False


def answer(found: History, day: date, truth: Sequence[str]) -> dict[str, Any]:
    """Return what the product prints and how well its names match."""
    result = analysis.truck_factor_range(*views(found, day))
    people = result.headline.here or result.headline.gone
    return {"size": result.headline.size, "low": result.low, "high": result.high, "f1": f1(found, people, truth)}


def f1(found: History, people: Sequence[int], truth: Sequence[str]) -> float:
    """Return the harmonic mean of precision and recall of names, each person and each label used once."""
    open_people = list(people)
    hits = 0
    for name in truth:
        match = next((person for person in open_people if is_called(found, person, name)), None)
        if match is not None:
            open_people.remove(match)
            hits += 1
    return 2 * hits / (len(people) + len(truth)) if people or truth else 0.0


def is_called(found: History, person: int, name: str) -> bool:
    """Tell whether any alias of a person bears a name: as written, with its words in any order, or as a mailbox."""
    wanted = name.replace(" (mailbox name)", "")
    used = spellings(found, person)
    if wanted.lower() in {each.lower() for each in used}:
        return True
    words = normal(wanted)
    return (len(words) >= 2 and words in [normal(each) for each in used]) or wanted.lower() in mailboxes(found, person)


def normal(name: str) -> list[str]:
    """Return the sorted words of a name without accents."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return sorted(word for word in re.split(r"[^a-z]+", plain) if word)


def contained(row: dict[str, Any]) -> bool:
    """Tell whether the range holds the truth."""
    return bool(row["low"] <= row["truth"] <= row["high"])


def share(rows: Collection[dict[str, Any]]) -> float:
    """Return the share of repositories whose range holds the truth."""
    return sum(map(contained, rows)) / len(rows)


def widths(rows: Iterable[dict[str, Any]]) -> list[int]:
    """Return high minus low of each range."""
    return [row["high"] - row["low"] for row in rows]


def bars(rows: list[dict[str, Any]], day: date) -> list[Bar]:
    """Return the bars of one day."""
    where = f"{len(rows)} labelled repositories, {day}"
    return [
        at_least(f"{where}: mean F1 of headline names", fmean(row["f1"] for row in rows), F1),
        at_least(f"{where}: range contains the truth", share(rows), CONTAINED),
        at_most(f"{where}: median width of the range", median(widths(rows)), WIDTH, "people"),
        at_most(f"{where}: largest high end over low end", max(row["high"] / row["low"] for row in rows), TIMES, "x"),
    ]


def summary(rows: list[dict[str, Any]]) -> Table:
    """Return the figures of both days."""
    columns = (
        "day",
        "repositories",
        "exact",
        "within 1",
        "mean error",
        "mean F1",
        "contained",
        "median width",
        "widest",
        "high / low",
        "as wide as allowed",
    )
    lines = tuple(summed([row for row in rows if row["day"] == str(day)], str(day)) for day in DAYS)
    return Table("truck factor beside developers' own answers", columns, lines, ("names count when any alias of the person bears them",))


def summed(rows: list[dict[str, Any]], day: str) -> tuple[str, ...]:
    """Return the figures of one day."""
    errors = [abs(row["size"] - row["truth"]) for row in rows]
    counts = (len(rows), sum(error == 0 for error in errors), sum(error <= 1 for error in errors))
    means = (f"{fmean(errors):.2f}", f"{fmean(row['f1'] for row in rows):.3f}", f"{sum(map(contained, rows))} of {len(rows)}")
    ranges = (f"{median(widths(rows)):g}", str(max(widths(rows))), f"{max(row['high'] / row['low'] for row in rows):.2f}")
    full = sum(row["high"] == TIMES * row["low"] for row in rows)
    return (day, *map(str, counts), *means, *ranges, f"{full} of {len(rows)}")


def each_one(rows: list[dict[str, Any]]) -> Table:
    """Return a line per repository."""
    columns = ("repository", "truth", *(f"{what} {day}" for day in DAYS for what in ("found (range)", "F1")))
    names = dict.fromkeys(row["repo"] for row in rows)
    lines = tuple(line([row for row in rows if row["repo"] == name]) for name in names)
    return Table("each labelled repository", columns, lines)


def line(days: list[dict[str, Any]]) -> tuple[str, ...]:
    """Return a repository's figures on both days."""
    cells = [cell for row in days for cell in (span(row), f"{row['f1']:.2f}")]
    return (days[0]["repo"], str(days[0]["truth"]), *cells)


def span(row: dict[str, Any]) -> str:
    """Return the headline with its range, marked where the truth lies outside."""
    return f"{row['size']} ({row['low']}-{row['high']})" + ("" if contained(row) else " out")
