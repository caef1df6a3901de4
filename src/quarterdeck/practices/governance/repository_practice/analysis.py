"""Score how a repository is run, check by check, and add the scores up (rules of OpenSSF Scorecard 5)."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from quarterdeck.domain.contents import Observation
from quarterdeck.domain.text import listed

BEST = 10
INCONCLUSIVE = -1
UPDATE_ROBOT = "49699333+dependabot"  # the address under which the code host's robot commits
RISK_WEIGHTS = {"Critical": 10.0, "High": 7.5, "Medium": 5.0, "Low": 2.5}  # ossf/scorecard, pkg/scorecard
RISKS = {  # ossf/scorecard 5, docs/checks: the 18 default checks (SBOM and Webhooks are experimental)
    "Dangerous-Workflow": "Critical",
    "Binary-Artifacts": "High",
    "Branch-Protection": "High",
    "Code-Review": "High",
    "Dependency-Update-Tool": "High",
    "Maintained": "High",
    "Signed-Releases": "High",
    "Token-Permissions": "High",
    "Vulnerabilities": "High",
    "Fuzzing": "Medium",
    "Packaging": "Medium",
    "Pinned-Dependencies": "Medium",
    "SAST": "Medium",
    "Security-Policy": "Medium",
    "CI-Tests": "Low",
    "CII-Best-Practices": "Low",
    "Contributors": "Low",
    "License": "Low",
}
WEIGHTS = {name: RISK_WEIGHTS[risk] for name, risk in RISKS.items()}
MAINTAINED_DAYS, MAINTAINED_COMMITS = 90, 12  # one commit or member's word on an issue a week, whole weeks of 90 days
OWN_ACTIONS, OTHER_ACTIONS, OTHER_KINDS = 2, 8, 10  # weights inside Pinned-Dependencies
LINK_POINTS, TEXT_POINTS, HINT_POINTS, HINTS = 6, 3, 1, 2  # inside Security-Policy
TOKEN_COSTS = {
    "contents": 10.0,
    "packages": 10.0,
    "actions": 10.0,
    "deployments": 1.0,
    "security-events": 1.0,
    "checks": 0.5,
    "statuses": 0.5,
}
UNDECLARED_COST = 0.5
CODEQL_AT_LEAST = 7  # CodeQL counts 7 of 10; the share of pull requests that it runs on counts the rest
_COUNTS = re.compile(r"(\d+) links, (\d+) addresses, (\d) text, (\d+) hints")

UNKNOWN_LICENCES = ("NOASSERTION", "several")
MOST_LICENCES = 4  # ours: more names than this help nobody
_MAIN_LICENCE = re.compile(
    r"(?!.*(?:third|3rd)[-_.]?part|.*(?:notice|header|vendor|bundled|depend|contrib|patent))(?:.*[-_.])?(?:un)?(?:licen[sc]es?|copying)",
    re.IGNORECASE,
)

State = Literal["exact", "at least", "at most", "inconclusive", "unknown"]
Rows = Sequence[Observation]


@dataclass(frozen=True)
class Place:
    """A place in a repository with what stands there; `line` is 0 for the whole file."""

    path: str
    line: int
    what: str = ""


@dataclass(frozen=True)
class Mark:
    """The score of a check with what was found, the places that cost points, and those that speak for the repository.

    A score "at least" is a lower bound, one "at most" an upper bound; "inconclusive" means that there is nothing to judge, or that it could not be
    read (`unread` names the place); "unknown" that a clone cannot tell.
    """

    check: str
    score: int
    state: State
    found: str
    costing: tuple[Place, ...] = ()
    speaking: tuple[Place, ...] = ()
    unread: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Activity:
    """What the history of a repository adds: recent commits, and a commit of the update robot."""

    commits: int = 0
    robot: str = ""


def marks(rows: Iterable[Observation], activity: Activity) -> dict[str, Mark]:
    """Score every check that a clone speaks to, for the observations of one repository."""
    topics: dict[str, list[Observation]] = defaultdict(list)
    for row in rows:
        topics[row.topic].append(row)
    scored = [*(score(topics) for score in _SCORES), _updates(topics, activity), _maintained(activity)]
    return {mark.check: mark for mark in scored}


def aggregate(scores: Mapping[str, int]) -> float | None:
    """Return the weighted mean of all conclusive scores, or nothing when there is none."""
    counted = {check: score for check, score in scores.items() if score >= 0}
    weight = sum(WEIGHTS[check] for check in counted)
    return sum(WEIGHTS[check] * score for check, score in counted.items()) / weight if weight else None


def printed(value: float | None) -> str:
    """Print an aggregate as the published ones are printed."""
    return "?" if value is None else f"{value:.1f}"


def exact(found: Mapping[str, Mark]) -> dict[str, int]:
    """Return the scores that a clone answers for certain."""
    return {name: mark.score for name, mark in found.items() if mark.state == "exact"}


def bounds(found: Mapping[str, Mark]) -> tuple[float | None, float | None]:
    """Return the lowest and highest aggregate that the unanswered checks leave open."""
    limits = {name: _limits(found.get(name)) for name in WEIGHTS}
    low, high = ({name: pair[side] for name, pair in limits.items()} for side in (0, 1))
    return aggregate(low), aggregate(high)


def _limits(mark: Mark | None) -> tuple[int, int]:
    """Return the lowest and the highest score that a mark leaves open."""
    if mark is None or mark.state == "unknown":
        return 0, BEST
    return (0 if mark.state == "at most" else mark.score), (BEST if mark.state == "at least" else mark.score)


def _places(rows: Iterable[Observation]) -> tuple[Place, ...]:
    ordered = sorted(rows, key=lambda row: (row.path.encode("utf-8", "surrogatepass"), row.line, row.kind, row.value))
    return tuple(Place(row.path, row.line, row.value) for row in ordered)


def _of(rows: Rows, *kinds: str) -> list[Observation]:
    return [row for row in rows if row.kind in kinds]


Topics = Mapping[str, Rows]


def _binaries(topics: Topics) -> Mark:
    rows = topics.get("binary_artifacts", ())
    found = f"{len(rows)} compiled {'file' if len(rows) == 1 else 'files'}" if rows else "no compiled file"
    return Mark("Binary-Artifacts", max(BEST - len(rows), 0), "exact", found, costing=_places(rows))


def _licence(topics: Topics) -> Mark:
    rows = topics.get("license", ())
    if not rows:
        return Mark("License", 0, "exact", "no licence file at the top")
    chosen = _main(rows)
    known, told = any(map(_is_known, rows)), any(map(_is_known, chosen))
    beside = "; a folder of licences beside it holds known ones" if known and not told else ""
    return Mark("License", 9 + known, "exact", _told(chosen) + beside, speaking=_places(chosen))


def _is_known(row: Observation) -> bool:
    return row.value not in UNKNOWN_LICENCES


def _main(rows: Rows) -> Rows:
    """Return the files that speak for the repository: licences at the top before notices there, and those before a folder of licences."""
    top = _of(rows, "file")
    return [row for row in top if _MAIN_LICENCE.match(row.path)] or top or rows


def _told(rows: Rows) -> str:
    """Name every licence, and none where one text holds several or somebody has to read which text is for what."""
    names = sorted({row.value for row in rows if _is_known(row)})
    unknown = [row.value for row in rows if not _is_known(row)]
    if "several" in unknown or (names and unknown) or len(names) > MOST_LICENCES:
        some = f" ({listed(names)} among them)" if 1 < len(names) <= MOST_LICENCES else ""
        return f"several licence texts: read them{some}"
    if not names:
        return "a licence file whose text is no single known licence"
    return f"the licence is {names[0]}" if len(names) == 1 else f"{listed(names)} texts"


def _policy(topics: Topics) -> Mark:
    rows = topics.get("security_policy", ())
    if not rows:
        return Mark("Security-Policy", 0, "exact", "no security policy in this repository")
    first = _places(rows)[0]
    match = _COUNTS.match(first.what)
    links, addresses, text, hints = (int(count) for count in match.groups()) if match else (0, 0, 0, 0)
    points = LINK_POINTS * bool(links + addresses) + TEXT_POINTS * bool(text) + HINT_POINTS * (hints >= HINTS)
    lacks = [
        *(() if links + addresses else ("a link or an address",)),
        *(() if text else ("text beside the links",)),
        *(() if hints >= HINTS else ("words on disclosure and deadlines",)),
    ]
    place = (Place(first.path, first.line, ""),)
    words = f"a security policy without {' and '.join(lacks)}" if lacks else "a security policy"
    return Mark("Security-Policy", points, "exact", words, costing=place if lacks else (), speaking=place)


def _updates(topics: Topics, activity: Activity) -> Mark:
    rows = topics.get("dependency_update_tool", ())
    if rows:
        return Mark("Dependency-Update-Tool", BEST, "exact", f"{_names(rows)} is set up", speaking=_places(rows))
    if activity.robot:
        return Mark("Dependency-Update-Tool", BEST, "exact", "Dependabot has made commits", speaking=(Place(activity.robot, 0),))
    return Mark("Dependency-Update-Tool", 0, "exact", "no tool that proposes updates is set up")


def _names(rows: Rows) -> str:
    return " and ".join(sorted({row.value for row in rows}))


def _without_workflows(check: str, topics: Topics, unread: Rows) -> Mark | None:
    """Return the mark where there is no workflow, or one that cannot be read."""
    if unread:
        return Mark(check, INCONCLUSIVE, "inconclusive", "a workflow that cannot be read", unread=_places(unread))
    if not _of(topics.get("workflow", ()), "file"):
        others = topics.get("ci", ())
        words = f"no workflow files ({_names(others)} is not looked into)" if others else "no workflow files"
        return Mark(check, INCONCLUSIVE, "inconclusive", words)
    return None


_DANGERS = (
    ("script injection", "words from strangers become part of a command"),
    ("untrusted checkout", "strangers' code is checked out with the repository's rights"),
)


def _danger(topics: Topics) -> Mark:
    rows = topics.get("dangerous_workflow", ())
    unread = [*_of(topics.get("workflow", ()), "unreadable"), *_of(rows, "unreadable")]
    if without := _without_workflows("Dangerous-Workflow", topics, unread):
        return without
    count = Counter(row.kind for row in rows)
    parts = [f"{said} at {count[kind]} {'place' if count[kind] == 1 else 'places'}" for kind, said in _DANGERS if count[kind]]
    words = " and ".join(parts) or "no workflow takes in what strangers write"
    speaking = () if rows else _places(_of(topics["workflow"], "file"))
    return Mark("Dangerous-Workflow", 0 if rows else BEST, "exact", words, costing=_places(rows), speaking=speaking)


def _tokens(topics: Topics) -> Mark:
    workflows = topics.get("workflow", ())
    if without := _without_workflows("Token-Permissions", topics, _of(workflows, "unreadable")):
        return without
    files: dict[str, list[Observation]] = defaultdict(list)
    for row in topics.get("token_permissions", ()):
        files[row.path].append(row)
    costs = {path: _token_cost(rows) for path, rows in files.items()}
    score = max(0, int(BEST - sum(costs.values())))
    costing = [row for path, rows in files.items() if costs[path] for row in rows if _costs(row)]
    loose = sum(bool(cost) for cost in costs.values())
    words = f"{loose} of {len(files)} workflows leave their token more rights than reading" if loose else "every workflow limits its token"
    return Mark(
        "Token-Permissions", score, "exact", words, costing=_places(costing), speaking=() if loose else _places(_of(workflows, "file"))
    )


def _writes(row: Observation) -> bool:
    """Tell whether a grant counts: everything, or one of the scopes that can change what is built."""
    return row.value == "write-all" or row.value in TOKEN_COSTS


def _costs(row: Observation) -> bool:
    return row.kind == "top undeclared" or (row.kind == "top write" and _writes(row))


def _token_cost(rows: Rows) -> float:
    """Return the points that the tokens of one workflow cost: jobs that write for themselves cost nothing."""
    scopes = {row.value for row in _of(rows, "top write")}
    open_jobs = bool(_of(rows, "job undeclared"))
    if _of(rows, "top undeclared"):
        return BEST if open_jobs else UNDECLARED_COST
    if "write-all" in scopes:
        return BEST if open_jobs or any(map(_writes, _of(rows, "job write"))) else UNDECLARED_COST
    return sum(TOKEN_COSTS.get(scope, 0.0) for scope in scopes)


def _pinned(topics: Topics) -> Mark:
    rows = topics.get("pinned_dependencies", ())
    if unread := [*_of(topics.get("workflow", ()), "unreadable"), *_of(rows, "unreadable")]:
        return Mark(
            "Pinned-Dependencies", INCONCLUSIVE, "inconclusive", "a workflow or Dockerfile that cannot be read", unread=_places(unread)
        )
    groups = pin_groups(rows)
    if not groups:
        return Mark("Pinned-Dependencies", INCONCLUSIVE, "inconclusive", "nothing that could be pinned")
    loose = [row for kind, (done, total) in groups.items() if done < total for row in _of(rows, kind) if row.value.startswith("unpinned")]
    words = f"{len(loose)} of {sum(total for _, total in groups.values())} actions, images and installs are not pinned{_skipped(rows)}"
    return Mark("Pinned-Dependencies", pin_score(groups), "exact", words, costing=_places(loose), speaking=_places(_of(rows, *groups)))


def _skipped(rows: Rows) -> str:
    count = len(_of(rows, "script not read"))
    return f"; {count} shell {'script' if count == 1 else 'scripts'} could not be read" if count else ""


_PINS = ("own action", "other action", "image", "pip", "npm", "go", "choco", "nuget", "download")


def pin_groups(rows: Rows) -> dict[str, tuple[int, int]]:
    """Return (pinned, all) for each kind of thing that is brought in."""
    groups: dict[str, tuple[int, int]] = {}
    for kind in _PINS:
        values = [row.value for row in rows if row.kind == kind]
        pinned = sum(value.startswith("pinned") for value in values)
        if values:
            groups[kind] = (len(values) if kind == "nuget" and _nuget_locked(rows) else pinned, len(values))
    return groups


def _nuget_locked(rows: Rows) -> bool:
    """Tell whether the projects themselves fix what a restore brings in: centrally, else each of them."""
    central = _places(_of(rows, "nuget central"))
    if central:
        return central[0].what == "fixed"
    projects = _of(rows, "nuget project")
    return bool(projects) and all(row.value == "locked" for row in projects)


def pin_score(groups: Mapping[str, tuple[int, int]]) -> int:
    """Return ten times the weighted share of what is pinned, cut to a whole number."""
    both = "own action" in groups and "other action" in groups
    weights = {"own action": OWN_ACTIONS, "other action": OTHER_ACTIONS} if both else {}
    pinned = sum(weights.get(kind, OTHER_KINDS) * done for kind, (done, _) in groups.items())
    total = sum(weights.get(kind, OTHER_KINDS) * number for kind, (_, number) in groups.items())
    return BEST * pinned // total


def _sast(topics: Topics) -> Mark:
    if unread := _of(topics.get("workflow", ()), "unreadable"):
        return Mark("SAST", INCONCLUSIVE, "inconclusive", "a workflow that cannot be read", unread=_places(unread))
    rows = _of(topics.get("sast", ()), "tool")
    if not rows:
        settings = topics.get("sast", ())
        also = f"settings of {_names(settings)}, but " if settings else ""
        return Mark("SAST", 0, "unknown", f"{also}no workflow runs a known analyser", speaking=_places(settings))
    other = [row for row in rows if row.value != "CodeQL"]
    words = f"{_names(rows)} {'run' if len({row.value for row in rows}) > 1 else 'runs'} in a workflow or build"
    if other:
        return Mark("SAST", BEST, "exact", words, speaking=_places(rows))
    return Mark("SAST", CODEQL_AT_LEAST, "at least", words, speaking=_places(rows))


def _fuzzing(topics: Topics) -> Mark:
    rows = topics.get("fuzzing", ())
    words = f"settings of {_names(rows)}" if rows else "no settings of a fuzzing service"
    return Mark("Fuzzing", 0, "unknown", words, speaking=_places(rows))


def _maintained(activity: Activity) -> Mark:
    score = min(BEST, BEST * activity.commits // MAINTAINED_COMMITS)
    return Mark("Maintained", score, "at least", f"{activity.commits:,} commits in the last {MAINTAINED_DAYS} days")


_SCORES: tuple[Callable[[Topics], Mark], ...] = (_danger, _binaries, _tokens, _policy, _pinned, _licence, _sast, _fuzzing)
