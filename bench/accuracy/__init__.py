"""Accuracy: authorship beside published values, people beside developers' own words, identities beside a hidden .mailmap, ends of life."""

from collections.abc import Callable

from bench.accuracy import authorship, change_points, coupling, end_of_life, functions, identities, inventory, named, scorecard, secrets
from bench.report import Bar, Section, Table, missing
from bench.setting import Absent, Setting

Part = Callable[[Setting], tuple[list[Bar], list[Table], list[str]]]
PARTS: dict[str, Part] = {
    "authorship counts": authorship.measure,
    "truck factor": named.measure,
    "identities": identities.measure,
    "ends of life": end_of_life.measure,
    "coupling": coupling.measure,
    "changes of pace": change_points.measure,
    "credentials": secrets.measure,
    "functions": functions.measure,
    "software inventory": inventory.measure,
    "repository practice": scorecard.measure,
}


def measure(setting: Setting) -> Section:
    """Measure every part; what is missing is skipped with its reason."""
    bars: list[Bar] = []
    tables: list[Table] = []
    skipped: list[str] = []
    for name, part in PARTS.items():
        try:
            found, shown, left_out = part(setting)
            bars, tables, skipped = [*bars, *found], [*tables, *shown], [*skipped, *left_out]
        except Absent as reason:
            bars.append(missing(name, "", str(reason)))
    return Section("accuracy", tuple(bars), tuple(tables), tuple(skipped))
