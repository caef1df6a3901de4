"""Take a source away, and see whether the report says of every plant that needed it: unknown."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from quarterdeck.bootstrap import Request
from quarterdeck.demo.generator import Made
from quarterdeck.demo.scoring import audit
from quarterdeck.demo.scoring.claims import KIND_OF_CHECK, KINDS, Names, claims
from quarterdeck.demo.scoring.matching import fits
from quarterdeck.demo.scoring.truth import Plant
from quarterdeck.domain.findings import Finding, Outcome
from quarterdeck.domain.records import History
from quarterdeck.domain.report import Report
from quarterdeck.domain.text import plain

NEEDS = {"contents": ("contents",), "history": ("repository",), "roster": ("roster",)}


@dataclass(frozen=True)
class Answer:
    """What a report says of a plant whose source is gone: unknown, met, absent, or found all the same."""

    plant: Plant
    removed: str
    said: str

    @property
    def honest(self) -> bool:
        """Tell whether the report admits that it cannot know."""
        return self.said == "unknown"


def answers(
    made: Made, plants: Sequence[Plant], home: Path, *, removed: Sequence[str] = ("contents", "history", "roster", "repository")
) -> list[Answer]:
    """Take each source away in turn; plants that are found all the same did not need it, and are left out."""
    scored = [plant for plant in plants if not plant.decoy and plant.kind in KINDS]
    found: list[Answer] = []
    for name in removed:
        request, needing = _without(name, made, scored, home)
        if needing:
            report, history = audit.audit(made, home, request=request)
            found += [Answer(plant, name, said_of(plant, report, history)) for plant in needing]
    return [each for each in found if each.said != "found"]


def _without(name: str, made: Made, plants: Sequence[Plant], home: Path) -> tuple[Request, list[Plant]]:
    folder = home / f"without-{name}"
    if name == "repository":
        lost = _fullest(plants)
        return audit.without_repository(made, lost, folder), [
            plant for plant in plants if plant.repository == lost and plant.needs != "roster"
        ]
    request = {
        "contents": lambda: audit.without_contents(made),
        "history": lambda: audit.without_history(made, folder),
        "roster": lambda: audit.without_roster(made, folder),
    }[name]()
    return request, [plant for plant in plants if plant.needs in NEEDS[name]]


def _fullest(plants: Sequence[Plant]) -> str:
    """Return the repository that most plants lie in."""
    counts = Counter(plant.repository for plant in plants)
    return min(counts, key=lambda name: (-counts[name], name), default="")


def said_of(plant: Plant, report: Report, history: History) -> str:
    """Return what a report says of a plant."""
    if any(fits(plant, claim) for claim in claims(report, history)):
        return "found"
    outcomes = {finding.outcome for finding in report.findings if _about(plant, finding, Names(report, history))}
    if Outcome.MET in outcomes:
        return "met"
    if outcomes & {Outcome.UNKNOWN, Outcome.NOT_APPLICABLE}:
        return "unknown"
    return (
        "unknown"
        if any(plain(problem.citation.source).removesuffix(".git") == plant.repository for problem in report.problems)
        else "absent"
    )


def _about(plant: Plant, finding: Finding, names: Names) -> bool:
    """Tell whether a finding answers the question of a plant for its repository, or for the whole with it."""
    if KIND_OF_CHECK.get(finding.check.id) != plant.kind:
        return False
    own = names.repositories.get(finding.repository)
    if own is not None and len(names.repositories) > 1:
        return own == plant.repository
    return finding.outcome is not Outcome.MET or any(plain(citation.source) == plant.repository for citation in finding.citations)
