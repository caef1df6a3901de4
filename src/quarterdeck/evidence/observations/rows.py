"""The rows that observations are made of: (topic, kind, line, value), the words of which the room reads."""

from collections.abc import Iterable, Iterator

from quarterdeck.evidence.observations.commands import Install

Row = tuple[str, str, int, str]
MOST_VALUE = 160  # characters kept of a file's own words

BINARIES = "binary_artifacts"
DANGER = "dangerous_workflow"
FUZZING = "fuzzing"
LICENCE = "license"
OWNERS = "code_owners"
PINNING = "pinned_dependencies"
POLICY = "security_policy"
SAST = "sast"
TOKENS = "token_permissions"
UPDATES = "dependency_update_tool"
WORKFLOW = "workflow"
BUILD = "ci"


def pin_row(kind: str, line: int, what: str, *, pinned: bool) -> Row:
    """Return the row of something that is brought in, pinned or not."""
    return PINNING, kind, line, f"{'pinned' if pinned else 'unpinned'} {what}"[:MOST_VALUE]


def install_rows(found: Iterable[Install], first: int) -> Iterator[Row]:
    """Yield the rows of what a script installs; `first` is the line of the file on which the script starts."""
    return (pin_row(each.kind, first + each.line - 1, each.what, pinned=each.pinned) for each in found)
