"""The three checks that OpenSSF Scorecard scored otherwise in version 4 (27cfe92ed3, March 2023), from our own observations.

Only the bench needs them: what was published in 2023 was scored so. Version 4 gave full points where there was no
workflow and nothing to pin; it charged jobs for what they wrote; and it averaged four answers of Pinned-Dependencies,
each of which was all or nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from quarterdeck.domain.contents import Observation

BEST = 10
_UPLOADS = ("github/codeql-action/analyze@", "github/codeql-action/upload-sarif@", "ossf/scorecard-action@")
_AT_TOP = {"contents": 10.0, "packages": 10.0, "actions": 10.0}
_ANYWHERE = {"statuses": 0.5, "checks": 0.5, "security-events": 1.0, "deployments": 1.0}


def rescored(scores: dict[str, int], rows: Sequence[Observation]) -> dict[str, int]:
    """Return the scores as version 4 would have given them."""
    danger = BEST if scores["Dangerous-Workflow"] < 0 else scores["Dangerous-Workflow"]
    return {**scores, "Dangerous-Workflow": danger, "Token-Permissions": tokens(rows), "Pinned-Dependencies": pinned(rows)}


def tokens(rows: Sequence[Observation]) -> int:
    """Score the tokens of all workflows."""
    files: dict[str, list[Observation]] = defaultdict(list)
    uploading = {row.path for row in rows if row.topic == "pinned_dependencies" and any(name in row.value for name in _UPLOADS)}
    for row in rows:
        if row.topic == "token_permissions":
            files[row.path].append(row)
    return max(0, int(BEST - sum(_cost(found, uploads=path in uploading) for path, found in files.items())))


def _cost(found: Sequence[Observation], *, uploads: bool) -> float:
    top, job = (_scopes(found, level) for level in ("top", "job"))
    if "all" in top and "all" in job:
        return BEST
    anywhere = (top | (job - {"security-events"} if uploads else job)) & set(_ANYWHERE)
    return 0.5 * ("all" in top) + sum(_ANYWHERE[each] for each in anywhere) + sum(_AT_TOP[each] for each in top & set(_AT_TOP))


def _scopes(found: Iterable[Observation], level: str) -> set[str]:
    """Return what a level may write; all, where it declares nothing or one word that is not `read-all`."""
    scopes = set()
    for row in found:
        if row.kind == f"{level} write":
            scopes.add("all" if row.value == "write-all" else row.value)
        elif row.kind == f"{level} undeclared" or (row.kind == f"{level} declared" and row.value not in ("", "read-all")):
            scopes.add("all")
    return scopes


def pinned(rows: Sequence[Observation]) -> int:
    """Average four answers: actions (own 2, others 8), images, and downloads twice."""
    loose = {row.kind for row in rows if row.topic == "pinned_dependencies" and row.value.startswith("unpinned")}
    actions = 2 * ("own action" not in loose) + 8 * ("other action" not in loose)
    downloads = BEST * ("download" not in loose)
    return (actions + BEST * ("image" not in loose) + 2 * downloads) // 4
