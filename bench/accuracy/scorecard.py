"""Repository practice: scores per check and aggregates beside those that OpenSSF Scorecard published."""

import contextlib
import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.accuracy import scorecard_four
from bench.report import Bar, Table, at_least, equal
from bench.setting import Absent, Setting, git
from quarterdeck.domain.contents import Observation
from quarterdeck.evidence import observations
from quarterdeck.evidence.git import tree
from quarterdeck.evidence.git.locate import locate
from quarterdeck.evidence.git.shadow import shadow_of
from quarterdeck.practices.governance.repository_practice import analysis

TABLE = "governance/scorecard_published_per_check.csv"
MORE = "governance/scorecard_published_more.csv"  # version 5 only; used where it is there
EXACT = (
    "Binary-Artifacts", "License", "Security-Policy", "Dangerous-Workflow", "Dependency-Update-Tool", "Token-Permissions",
)  # fmt: skip
NEAR = "Pinned-Dependencies"
BAR_EXACT, BAR_NEAR = 0.90, 0.85
ROBOT = "49699333+dependabot"
# The default branch of that day where it has another name now: lodash's master of 2023 lives on as v5-wip.
BRANCHES = {"lodash/lodash": "refs/heads/v5-wip"}
CAUSES = {
    ("mermaid-js/mermaid", "Security-Policy"): "the policy stands in the organisation's own repository, mermaid-js/.github",
}
RULE_CHANGED = "the rule changed from version 4 to 5"


@dataclass(frozen=True)
class Published:
    """What was published about a repository on a day."""

    repository: str
    date: str
    version: str
    aggregate: str
    scores: dict[str, int]

    @property
    def four(self) -> bool:
        """Tell whether the scores are those of version 4."""
        return not self.version.startswith("v5")

    @property
    def until(self) -> str:
        """Return the moment up to which commits count."""
        return self.date if "T" in self.date else f"{self.date}T23:59:59Z"


@dataclass(frozen=True)
class Pair:
    """A published score beside ours, by our rules and by those of the version that published."""

    repository: str
    check: str
    published: int
    ours: int
    then: int
    four: bool


def measure(setting: Setting) -> tuple[list[Bar], list[Table], list[str]]:
    """Compare every published score that a clone can answer."""
    known = published(setting)
    right = sum(analysis.printed(analysis.aggregate(each.scores)) == each.aggregate for each in known)
    pairs, skipped = [], []
    for each in known:
        try:
            pairs += compared(setting, each)
        except Absent as reason:
            skipped.append(str(reason))
    bars = [equal("published aggregates printed alike", f"{right} of {len(known)}", f"{len(known)} of {len(known)}")]
    return [*bars, *accuracy(pairs)], [table(pairs), disagreements(pairs)], skipped


def published(setting: Setting) -> list[Published]:
    """Read the published scores, a row of the table for each check."""
    rows = [*read(setting.table(TABLE))]
    with contextlib.suppress(Absent):
        rows += read(setting.table(MORE))
    grouped: dict[tuple[str, str, str, str], dict[str, int]] = defaultdict(dict)
    for row in rows:
        grouped[row["repo"], row["date"], row["scorecard_version"], row["aggregate"]][row["check"]] = int(row["score"])
    return [Published(*key, scores) for key, scores in grouped.items()]


def read(file: Path) -> list[dict[str, str]]:
    """Read a table."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def compared(setting: Setting, each: Published) -> list[Pair]:
    """Return the published scores of a repository beside ours at that moment."""
    place = setting.repository(each.repository)
    branch = BRANCHES.get(each.repository, "HEAD")
    commit = git(place, "rev-list", "-1", "--first-parent", f"--before={each.until}", branch)
    if not commit:
        raise Absent(f"{each.repository}: no commit on that day")
    kept = setting.step(f"scorecard {each.repository}@{commit[:12]}", lambda: scores(place, commit, each.until))
    return [
        Pair(each.repository, check, each.scores[check], kept["ours"][check], kept["four" if each.four else "ours"][check], each.four)
        for check in (*EXACT, NEAR)
        if check in each.scores
    ]


def scores(place: Path, commit: str, until: str) -> dict[str, dict[str, int]]:
    """Score a commit by the rules of version 5 and of version 4."""
    rows = observed(place, commit)
    robot = git(place, "log", "-1", "--format=%h", f"--author={ROBOT}", commit)
    since = (datetime.fromisoformat(until).astimezone(UTC) - timedelta(days=analysis.MAINTAINED_DAYS)).isoformat()
    recent = int(git(place, "rev-list", "--count", f"--since={since}", commit))
    marks = analysis.marks(rows, analysis.Activity(recent, robot))
    ours = {name: mark.score for name, mark in marks.items()}
    return {"ours": ours, "four": scorecard_four.rescored(ours, rows)}


def observed(place: Path, commit: str) -> list[Observation]:
    """Observe every file at a commit, through a shadow as the product does."""
    with TemporaryDirectory(prefix="quarterdeck-bench-") as folder:
        shadow = shadow_of(locate(place), Path(folder))
        files: dict[str, list[str]] = defaultdict(list)
        for each in tree.entries(shadow, commit):
            if each.kind not in ("symlink", "submodule") and observations.interesting(each.path, each.size):
                files[each.blob].append(each.path)
        return [
            Observation(0, topic, kind, path, line, value)
            for blob, content in tree.heads(shadow, sorted(files))
            for path in files[blob]
            for topic, kind, line, value in observations.observe(path, content)
        ]


def accuracy(pairs: Sequence[Pair]) -> list[Bar]:
    """Return the bars: by the rules of the version that published, and by ours where that version is ours."""
    own = [pair for pair in pairs if not pair.four]
    return [
        *bars([(pair.check, pair.published, pair.then) for pair in pairs], "by the rules of the version that published"),
        *bars([(pair.check, pair.published, pair.ours) for pair in own], "published by version 5"),
    ]


def bars(pairs: Sequence[tuple[str, int, int]], which: str) -> list[Bar]:
    """Return the share of six checks that are exact, and of Pinned-Dependencies within one point."""
    six = [said == found for check, said, found in pairs if check in EXACT]
    near = [abs(said - found) <= 1 for check, said, found in pairs if check == NEAR]
    shown = (
        (f"six checks exact, {which} (n = {len(six)})", six, BAR_EXACT),
        (f"{NEAR} within 1, {which} (n = {len(near)})", near, BAR_NEAR),
    )
    return [at_least(what, sum(good) / len(good), bar) for what, good, bar in shown if good]


def table(pairs: Sequence[Pair]) -> Table:
    """Return the agreement of each check."""
    columns = ("check", "compared", "exact, rules of that version", "exact, our rules", "version 5 only: exact")
    return Table("scores per check beside published ones", columns, tuple(agreement(check, pairs) for check in (*EXACT, NEAR)))


def agreement(check: str, pairs: Sequence[Pair]) -> tuple[str, ...]:
    """Return the line of a check."""
    own = [pair for pair in pairs if pair.check == check]
    five = [pair for pair in own if not pair.four]
    then, ours = (sum(getattr(pair, field) == pair.published for pair in own) for field in ("then", "ours"))
    return check, str(len(own)), str(then), str(ours), f"{sum(pair.ours == pair.published for pair in five)} of {len(five)}"


def disagreements(pairs: Sequence[Pair]) -> Table:
    """Return every pair that our rules score otherwise, with the cause."""
    rows = tuple(
        (pair.repository, pair.check, str(pair.published), str(pair.ours), str(pair.then), cause(pair))
        for pair in pairs
        if pair.published != pair.ours
    )
    return Table(
        "scores that differ from the published ones", ("repository", "check", "published", "ours", "by its version", "cause"), rows
    )


def cause(pair: Pair) -> str:
    """Say why a score differs: a changed rule where the rules of that version give the published score."""
    if pair.then == pair.published:
        return RULE_CHANGED
    return CAUSES.get((pair.repository, pair.check), "not explained")
