"""What to do about a check that is not met, who should, and how much work it is."""

from dataclasses import dataclass

from quarterdeck.domain.findings import Urgency
from quarterdeck.domain.text import foreign, listed
from quarterdeck.kit import rates
from quarterdeck.kit.monte_carlo import Samples
from quarterdeck.practices.governance.repository_practice.analysis import BEST, Mark

ENOUGH = 8  # our threshold: below this, a check is unmet; 8 and 9 leave small things, which the table shows
WRAPPER = "gradle-wrapper.jar"  # which an action of the code host may have validated; left to the score
SHOWN_PLACES = 3
FURTHER_FILE = 0.3  # product default: each further file costs less than the first
MOST_FILES = 30  # product default: beyond this a tool changes them all at once


@dataclass(frozen=True)
class Cure:
    """The title of the finding, the action, its owner, and the days for the first file (PERT, product defaults)."""

    title: str
    action: str
    role: str
    days: tuple[float, float, float]
    urgency: Urgency = Urgency.PLAN
    confidence: str = "read from files; settings of the code host were not seen"
    names_files: bool = True


CURES = {
    "Dangerous-Workflow": Cure(
        "A workflow takes in what strangers write, at {places}",
        "Hand such words to commands through environment variables, and check strangers' code out only in workflows without secrets or rights",
        "lead developer",
        (0.2, 0.5, 2.0),
        Urgency.ACT,
        "a published dangerous pattern, read from files; whether it can be used was not tried",
    ),
    "Token-Permissions": Cure(
        "Workflows leave their token more rights than reading, in {files}",
        "Set `permissions: contents: read` at the top of each workflow, and grant more only to the job that needs it",
        "developer",
        (0.1, 0.25, 0.75),
        confidence="read from files; the code host may limit tokens by default, which was not seen",
    ),
    "Pinned-Dependencies": Cure(
        "Actions, images and installs are not pinned, at {places}",
        "Pin actions to a commit, images to a digest and installs to a lockfile or hashes, and let a tool keep the pins fresh",
        "developer",
        (0.1, 0.25, 1.0),
    ),
    "Binary-Artifacts": Cure(
        "Compiled files lie among the sources: {files}",
        "Take compiled files out of the repository: build them, or fetch them from a registry with a checksum",
        "developer",
        (0.25, 0.75, 3.0),
    ),
    "Dependency-Update-Tool": Cure(
        "No tool proposes updates of dependencies",
        "Set up Dependabot or Renovate with a weekly, grouped schedule",
        "lead developer",
        (0.25, 0.5, 1.5),
        names_files=False,
    ),
    "Security-Policy": Cure(
        "No security policy file in this repository",
        "Add a SECURITY.md with an address, what to send, and by when you answer and disclose",
        "CTO",
        (0.1, 0.3, 1.0),
        confidence="absent in this repository; the organisation may have one elsewhere, which was not seen",
        names_files=False,
    ),
    "License": Cure(
        "No licence file says what others may do",
        "Put a licence file at the top: the public one you chose, or a line that all rights are reserved",
        "CTO",
        (0.05, 0.2, 1.0),
        Urgency.WATCH,
        names_files=False,
    ),
}


def days_of(check: str, files: int) -> Samples:
    """Draw the days that a cure takes in so many files."""
    return _weight(files) * rates.draw(f"repository_practice.{check}", *CURES[check].days)


def formula_of(check: str, files: int) -> str:
    """Say how the days come about."""
    low, mid, high = CURES[check].days
    return f"PERT({low:g}, {mid:g}, {high:g}) days x {_weight(files):g} ({files} files, each after the first at {FURTHER_FILE:g}, at most {MOST_FILES}), product defaults"


def _weight(files: int) -> float:
    return round(1 + FURTHER_FILE * (min(files, MOST_FILES) - 1), 1)


def needed(mark: Mark) -> int:
    """Return the points from which a check is met: one compiled file answers its question already."""
    compiled = mark.check == "Binary-Artifacts" and any(place.path.rpartition("/")[2] != WRAPPER for place in mark.costing)
    return BEST if compiled else ENOUGH


def named(mark: Mark) -> str:
    """Name the compiled files, three at most."""
    if mark.check != "Binary-Artifacts" or not mark.costing:
        return ""
    more = len(mark.costing) - SHOWN_PLACES
    names = [foreign(place.path) for place in mark.costing[:SHOWN_PLACES]]
    return f": {listed([*names, f'{more} more'] if more > 0 else names)}"
