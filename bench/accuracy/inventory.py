"""The software inventory: what lockfiles and manifests of public repositories say, beside truth that was made apart from the parsers.

Lockfiles: truth counted by line patterns of each format (package-lock: by npm's own tree), spot-checked by eye. Manifests: read by eye.
Only the files that the truth covers are scored, each at its commit; a row that a file shares with another one of its folder may be cited
there. Components of the repository's own folders (origin `path`) are no
part of the truth. A row that may be there (a build plugin, a parent, a managed version) is neither missed nor false.
"""

import csv
import gzip
import io
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

from bench.report import Bar, Table, at_least, equal
from bench.setting import Absent, Setting
from quarterdeck.evidence import inventory
from quarterdeck.evidence.git import tree
from quarterdeck.evidence.git.locate import locate
from quarterdeck.evidence.git.shadow import shadow_of

CASES = Path(__file__).parents[2] / "tests" / "cases" / "inventory"
BARS = {"lock": (0.98, 0.98), "manifest": (0.95, 0.97)}  # recall, precision
ANSWERED_RIGHT = 0.95  # of the directs and transitives, and of the scopes, that are answered and known
FILES = {"lock": "lockfiles", "manifest": "manifests"}
ANY = "*"  # a range that the truth leaves open
TYPES = {"docker": ("docker", "oci"), "actions": ("githubactions", "github"), "terraform": ("terraform",)}  # purl types of an ecosystem
DELIVERED = frozenset({"runtime", "optional", "peer"})
STRENGTH = ("direct", "transitive", "unknown")
SHOWN = 40

Key = tuple[str, str]  # name, version or range


@dataclass(frozen=True)
class Origin:
    """A file that the truth covers; `beside` are the manifests whose rows its lockfile replaces."""

    source: str
    repository: str
    commit: str
    file: str
    kind: str
    format: str
    ecosystem: str
    beside: str  # paths, separated by semicolons


@dataclass(frozen=True)
class Fact:
    """One row: of the truth, or of the inventory."""

    name: str
    version: str
    relation: str
    scope: str
    need: str = "must"
    path: str = ""
    system: str = ""
    origin: str = "registry"
    purl_type: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of one file."""

    origin: Origin
    right: int
    missed: tuple[Key, ...]
    false: tuple[Key, ...]
    twice: tuple[Key, ...]
    relations: Counter[str]
    scopes: Counter[str]
    turned: tuple[tuple[str, str, str, str], ...]  # (what, row, truth, said)

    @property
    def wanted(self) -> int:
        """Return how many rows must be there."""
        return self.right + len(self.missed)

    @property
    def found(self) -> int:
        """Return how many rows are there."""
        return self.right + len(self.false)


def measure(setting: Setting) -> tuple[list[Bar], list[Table], list[str]]:
    """Compare every file that the truth covers and the repositories have."""
    origins, truth = read(CASES)
    outcomes: list[Outcome] = []
    skipped: list[str] = []
    for (repository, commit), group in groupby(sorted(origins, key=place_of), key=place_of):
        covered = list(group)
        try:
            facts = found(setting, repository, commit)
        except Absent as reason:
            skipped.append(str(reason))
            continue
        aside = [each for each in covered if not inventory.wanted(each.file)]
        skipped += [f"{each.repository} {each.file}: set aside by rule (test, example, copy)" for each in aside]
        outcomes += [compared(each, truth[each.source], facts) for each in covered if each not in aside]
    if not outcomes:
        raise Absent("; ".join(skipped[:3]) or "no cases")
    return bars(outcomes), [by_format(outcomes), differences(outcomes), turns(outcomes)], skipped


def place_of(origin: Origin) -> tuple[str, str]:
    """Return the repository and the commit."""
    return origin.repository, origin.commit


def read(folder: Path) -> tuple[list[Origin], Mapping[str, list[Fact]]]:
    """Read the sources and their rows."""
    if not (folder / "sources.csv").is_file():
        raise Absent("the cases are not beside the bench")
    with (folder / "sources.csv").open(encoding="utf-8", newline="") as file:
        origins = [Origin(**row) for row in csv.DictReader(file)]
    truth: dict[str, list[Fact]] = defaultdict(list)
    with gzip.open(folder / "truth.csv.gz") as packed:
        for row in csv.DictReader(io.TextIOWrapper(packed, "utf-8", newline="")):
            fact = Fact(row["name"], row["version"] or row["wanted"], row["relation"], row["scope"], row["need"])
            truth[row["source"]].append(fact)
    return origins, truth


# --- what the product says -------------------------------------------------------------------------------------------------


def found(setting: Setting, repository: str, commit: str) -> list[Fact]:
    """Return what the inventory says of a commit."""
    place = setting.repository(repository)
    rows = setting.step(f"inventory {repository}@{commit[:12]}", lambda: components(place, commit))
    return [fact_of(*row) for row in rows]


def components(place: Path, commit: str) -> list[list[str]]:
    """Run the inventory on all files of a commit that it wants."""
    with TemporaryDirectory(prefix="quarterdeck-bench-") as folder:
        shadow = shadow_of(locate(place), Path(folder))
        files: dict[str, list[str]] = defaultdict(list)
        for each in tree.entries(shadow, commit):
            if each.kind not in ("symlink", "submodule") and inventory.wanted(each.path):
                files[each.blob].append(each.path)
        contents = {path: content for blob, content in tree.heads(shadow, sorted(files)) for path in files[blob]}
    listed, _ = inventory.inventory(contents, 0, place.parent.name)
    return [[each.purl, each.version, each.wanted, each.relation, each.scope, each.path, each.system, each.origin] for each in listed]


def fact_of(purl: str, version: str, wanted: str, *rest: str) -> Fact:
    """Return a component as a fact; its name is that of the package URL, with the registry where that is told."""
    relation, scope, path, system, origin = rest
    kind, _, name = purl.removeprefix("pkg:").partition("/")
    name, _, told = name.partition("#")[0].partition("?")
    registry = re.search(r"repository_url=([^&]+)", told)
    name = unquote(re.sub(r"(?<=.)@[^/]*$", "", name))
    full = f"{unquote(registry[1])}/{name}" if registry and kind in TYPES["docker"] else name
    return Fact(full, version or wanted, relation, scope, "must", path, system, origin, kind)


# --- comparing -------------------------------------------------------------------------------------------------------------


def compared(origin: Origin, truth: Iterable[Fact], facts: Iterable[Fact]) -> Outcome:
    """Compare one file."""
    types = TYPES.get(origin.ecosystem, (origin.ecosystem,))
    of_kind = [each for each in facts if each.purl_type in types and each.origin != "path"]
    right = keyed(origin, truth)
    opened = {name for name, version in right if version == ANY}
    here = opened_up(keyed(origin, (each for each in of_kind if each.path == origin.file)), opened)
    systems = {each.system for each in of_kind if each.path == origin.file} | {origin.file.rpartition("/")[0]}
    said = {**opened_up(keyed(origin, (each for each in of_kind if each.system in systems)), opened), **here}
    must = {key for key, rows in right.items() if any(each.need == "must" for each in rows)}
    both = sorted(must & said.keys())
    relations, scopes, turned = judged(origin, right, here, both)
    return Outcome(
        origin,
        len(both),
        tuple(sorted(must - said.keys())),
        tuple(sorted(key for key in here.keys() - right.keys() if not may(key, right))),
        twice(origin, right, of_kind),
        relations,
        scopes,
        turned,
    )


def opened_up(said: Mapping[Key, list[Fact]], opened: set[str]) -> dict[Key, list[Fact]]:
    """Leave the range open where the truth does."""
    return {(name, ANY if name in opened else version): rows for (name, version), rows in said.items()}


def may(key: Key, right: Mapping[Key, list[Fact]]) -> bool:
    """Tell whether a row of another version of something optional is no fault."""
    return any(name == key[0] and rows[0].need == "may" for (name, _), rows in right.items())


def twice(origin: Origin, right: Mapping[Key, list[Fact]], facts: Iterable[Fact]) -> tuple[Key, ...]:
    """Return what a manifest counts again beside the lockfile that resolves it; what only builds is not in the lockfile."""
    names = {name for name, _ in right}
    again = keyed(
        origin, (each for each in facts if each.path in origin.beside.split(";") and each.path != origin.file and each.scope != "build")
    )
    return tuple(sorted(key for key in again if key[0] in names))


def keyed(origin: Origin, facts: Iterable[Fact]) -> dict[Key, list[Fact]]:
    """Group facts by their name and version, both written in one way."""
    grouped: dict[Key, list[Fact]] = defaultdict(list)
    for each in facts:
        grouped[NAMES.get(origin.ecosystem, str)(each.name), plain(each.version)].append(each)
    return grouped


def plain(version: str) -> str:
    """Write a version or range in one way: no blanks, no sign of equality alone, its parts in order."""
    bare = re.sub(r"\s+", "", version)
    parts = sorted(part for part in bare.split(",") if part)
    return parts[0].lstrip("=") if len(parts) == 1 else ",".join(parts)


def _image(name: str) -> str:
    return name.removeprefix("docker.io/").removeprefix("library/")


def _pypi(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


NAMES: Mapping[str, Callable[[str], str]] = {
    "pypi": _pypi,
    "npm": str.lower,  # the type of package URL knows no capitals
    "conda": str.lower,
    "nuget": str.lower,
    "composer": str.lower,
    "actions": str.lower,
    "docker": _image,
}


def judged(
    origin: Origin, right: Mapping[Key, list[Fact]], said: Mapping[Key, list[Fact]], keys: Iterable[Key]
) -> tuple[Counter[str], Counter[str], tuple[tuple[str, str, str, str], ...]]:
    """Compare direct or transitive, and delivered or not, of the rows that both have."""
    relations: Counter[str] = Counter()
    scopes: Counter[str] = Counter()
    turned: list[tuple[str, str, str, str]] = []
    for key in (key for key in keys if key in said):
        sides = (("relation", relations, relation_of), ("scope", scopes, delivered))
        for what, counts, view in sides:
            true, ours = view(right[key]), view(said[key])
            answer = "open" if true == "unknown" else "silent" if ours == "unknown" else "right" if true == ours else "wrong"
            counts[answer] += 1
            if answer == "wrong":
                turned.append((what, f"{origin.repository} {origin.file}: {key[0]} {key[1]}", true, ours))
    return relations, scopes, tuple(turned)


def relation_of(facts: Iterable[Fact]) -> str:
    """Return the closest relation of several rows."""
    return min((each.relation for each in facts), key=STRENGTH.index)


def delivered(facts: Iterable[Fact]) -> str:
    """Tell whether something reaches the users, by the widest scope of several rows."""
    scopes = {each.scope for each in facts}
    if scopes & DELIVERED:
        return "delivered"
    return "unknown" if scopes == {"unknown"} else "not delivered"


# --- showing ---------------------------------------------------------------------------------------------------------------


def share(part: int, whole: int) -> float:
    """Return a share; nothing of nothing is all of it."""
    return part / whole if whole else 1.0


def rates(outcomes: Iterable[Outcome]) -> tuple[float, float]:
    """Return recall and precision."""
    rows = list(outcomes)
    right = sum(each.right for each in rows)
    return share(right, sum(each.wanted for each in rows)), share(right, sum(each.found for each in rows))


def bars(outcomes: list[Outcome]) -> list[Bar]:
    """Return the bars, pooled, and how many formats miss them."""
    shown: list[Bar] = []
    for kind, (recall, precision) in BARS.items():
        chosen = [each for each in outcomes if each.origin.kind == kind]
        n, (got, sharp) = sum(each.wanted for each in chosen), rates(chosen)
        low = sum(below(group, recall, precision) for group in grouped(chosen).values())
        shown += [
            at_least(f"inventory, {FILES[kind]}: rows found (recall, n = {n})", got, recall),
            at_least(f"inventory, {FILES[kind]}: rows that are right (precision)", sharp, precision),
            equal(f"inventory, {FILES[kind]}: formats below either bar", low, 0),
        ]
    for what, pick in (("direct or transitive", relations_of), ("delivered or not", scopes_of)):
        counts = sum(map(pick, outcomes), Counter[str]())
        n = counts["right"] + counts["wrong"]
        shown.append(
            at_least(f"inventory: {what} right (n = {n}, {counts['silent']} unanswered)", share(counts["right"], n), ANSWERED_RIGHT)
        )
    return [
        *shown,
        equal("inventory: rows counted again from the manifest beside a lockfile", sum(len(each.twice) for each in outcomes), 0),
    ]


def relations_of(outcome: Outcome) -> Counter[str]:
    """Return the relations of an outcome."""
    return outcome.relations


def scopes_of(outcome: Outcome) -> Counter[str]:
    """Return the scopes of an outcome."""
    return outcome.scopes


def below(group: Iterable[Outcome], recall: float, precision: float) -> bool:
    """Tell whether a format misses a bar."""
    got, sharp = rates(group)
    return got < recall or sharp < precision


def grouped(outcomes: Iterable[Outcome]) -> dict[tuple[str, str, str], list[Outcome]]:
    """Group by kind, ecosystem and format."""
    groups: dict[tuple[str, str, str], list[Outcome]] = defaultdict(list)
    for each in outcomes:
        groups[each.origin.kind, each.origin.ecosystem, each.origin.format].append(each)
    return dict(sorted(groups.items()))


def by_format(outcomes: list[Outcome]) -> Table:
    """Return the table of formats."""
    rows = []
    for (kind, ecosystem, form), group in grouped(outcomes).items():
        got, sharp = rates(group)
        answers = [fraction(sum(map(pick, group), Counter[str]())) for pick in (relations_of, scopes_of)]
        size = (str(len(group)), str(sum(each.wanted for each in group)))
        rows.append((kind, ecosystem, form, *size, f"{got:.3f}", f"{sharp:.3f}", *answers, str(sum(len(each.twice) for each in group))))
    columns = ("kind", "ecosystem", "format", "files", "rows", "recall", "precision", "direct/transitive", "delivered/not", "twice")
    return Table(f"software inventory: {len(outcomes)} files beside truth made apart from the parsers", columns, tuple(rows))


def fraction(counts: Counter[str]) -> str:
    """Show how many answers are right, and how many rows stay without one."""
    n = counts["right"] + counts["wrong"]
    silent = f", {counts['silent']} unanswered" if counts["silent"] else ""
    return f"{counts['right']}/{n}{silent}" if n or silent else "-"


def differences(outcomes: list[Outcome]) -> Table:
    """Return rows that are missed, false or counted twice."""
    rows = [
        (what, f"{each.origin.repository} {each.origin.file}", *key)
        for each in outcomes
        for what, keys in (("missed", each.missed), ("false", each.false), ("twice", each.twice))
        for key in keys
    ]
    return Table(f"software inventory: {len(rows)} differing rows, {SHOWN} shown", ("what", "file", "name", "version"), tuple(rows[:SHOWN]))


def turns(outcomes: list[Outcome]) -> Table:
    """Return answers that are the other way round."""
    rows = [row for each in outcomes for row in each.turned]
    return Table(f"software inventory: {len(rows)} wrong answers, {SHOWN} shown", ("what", "row", "truth", "said"), tuple(rows[:SHOWN]))
