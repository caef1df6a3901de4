"""Match claims to what is true: room and subject decide, one claim hits one plant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from quarterdeck.demo.scoring.claims import Claim, path_of
from quarterdeck.demo.scoring.truth import Plant

URGENT = ("act now", "plan", "watch", "fine", "unknown")


@dataclass
class Matched:
    """What became of plants and claims of one company."""

    hits: dict[str, list[Claim]] = field(default_factory=dict)  # plant: the claims on it, the first of which hit
    missed: list[Plant] = field(default_factory=list)
    fired: dict[str, list[Claim]] = field(default_factory=dict)  # look-alikes that were taken for real
    false: list[Claim] = field(default_factory=list)  # claims that hit nothing, those on look-alikes included
    exact: set[str] = field(default_factory=set)

    @property
    def duplicates(self) -> int:
        """Count further claims on plants that were hit already."""
        return sum(len(found) - 1 for found in self.hits.values())


def match(plants: Sequence[Plant], claims: Iterable[Claim]) -> Matched:
    """Match the claims of a report to the truth, the most urgent claims first."""
    result = Matched()
    for claim in sorted(claims, key=lambda each: (URGENT.index(each.urgency), each.fingerprint, sorted(each.keys))):
        _place(claim, plants, result)
    real = [plant for plant in plants if not plant.decoy]
    result.missed = [plant for plant in real if plant.id not in result.hits]
    result.exact = {plant.id for plant in real if plant.id in result.hits and cites(plant, result.hits[plant.id])}
    return result


def _place(claim: Claim, plants: Sequence[Plant], result: Matched) -> None:
    on = [plant for plant in plants if fits(plant, claim)]
    real = [plant for plant in on if not plant.decoy]
    if real:
        plant = next((each for each in real if each.id not in result.hits), real[0])
        result.hits.setdefault(plant.id, []).append(claim)
        return
    result.false.append(claim)
    for plant in on:
        result.fired.setdefault(plant.id, []).append(claim)


def fits(plant: Plant, claim: Claim) -> bool:
    """Tell whether a claim is about a plant: same kind, a room where it is expected, and a subject in common."""
    return claim.kind == plant.kind and claim.room in plant.rooms and bool(claim.keys.intersection(plant.keys))


def cites(plant: Plant, claims: Sequence[Claim]) -> bool:
    """Tell whether the claims name every place where the truth can be seen."""
    cited = {citation for claim in claims for citation in claim.citations}
    return all(any(_same(place, citation) for citation in cited) for place in plant.evidence)


def _same(place: str, citation: str) -> bool:
    """Compare a place with a citation: a folder with what lies in it, a file with its lines, all else exactly."""
    if place.endswith("/"):
        return citation.startswith(place)
    return citation == place or path_of(citation) == place
