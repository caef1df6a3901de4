"""How firmly the parts are fixed: systems with and without a lockfile, moving references, several majors, and what nobody maintains."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from quarterdeck.domain.contents import Component

PACKAGES = frozenset(
    {"pypi", "npm", "maven", "nuget", "golang", "gem", "composer", "cargo", "conda", "pub", "hex", "swift", "cocoapods", "conan"}
)
MANAGED = frozenset({"maven", "nuget"})  # whose manifests may leave the version to a parent, a BOM or a central file
COMPILED = frozenset({"pypi"})  # whose lockfile may be a compiled list of requirements beside the manifest, each with `==`
OLD_DAYS = 3 * 365  # a release in use that is older than this is called old; product default
MOVING_TAGS = frozenset({"", "latest", "stable", "edge", "main", "master", "nightly", "lts"})


@dataclass(frozen=True)
class System:
    """The packages that the manifests and lockfiles of one folder name, in one ecosystem."""

    repository: int
    folder: str
    ecosystem: str
    components: tuple[Component, ...]

    @property
    def locked(self) -> bool:
        """Tell whether every package that is used at run time has one exact version."""
        return not self.loose

    @property
    def used(self) -> list[Component]:
        """Return the packages that are used at run time, as far as the files tell."""
        return [each for each in self.components if each.scope in ("runtime", "unknown") and each.origin != "path"]

    @property
    def loose(self) -> list[Component]:
        """Return the packages used at run time that have no exact version; one that a parent, a BOM or a compiled list fixes is not loose."""
        fixed = {canonical(each) for each in self.used if each.version and each.ecosystem in COMPILED}
        open_to_change = [each for each in self.used if not each.version and (each.wanted or each.ecosystem not in MANAGED)]
        return [each for each in open_to_change if canonical(each) not in fixed]

    @property
    def files(self) -> list[str]:
        """Return the files that were read."""
        return sorted({each.path for each in self.components})


def canonical(component: Component) -> str:
    """Return the name of a package as its index compares names (Python: PEP 503)."""
    return re.sub(r"[-_.]+", "-", component.name).lower()


def systems(components: Iterable[Component]) -> list[System]:
    """Group packages by folder and ecosystem."""
    groups: dict[tuple[int, str, str], list[Component]] = defaultdict(list)
    for each in components:
        if each.ecosystem in PACKAGES:
            groups[each.repository, each.system, each.ecosystem].append(each)
    return [System(*key, tuple(group)) for key, group in sorted(groups.items())]


def moving(components: Iterable[Component]) -> list[Component]:
    """Return images and sources whose content may change under the same name: no tag, a moving tag, or a branch."""
    return [each for each in components if _moves(each)]


def _moves(each: Component) -> bool:
    if each.ecosystem == "docker":
        return not each.integrity and (each.version or each.wanted).lower() in MOVING_TAGS
    return each.origin in ("git", "url") and not each.version and not each.integrity


def major(version: str) -> str:
    """Return the major release; below 1.0 the minor one counts, as semantic versioning has it."""
    numbers = re.findall(r"\d+", version.partition("+")[0])
    if not numbers:
        return version
    return f"0.{numbers[1]}" if numbers[0] == "0" and len(numbers) > 1 else numbers[0]


def several_majors(components: Iterable[Component]) -> list[tuple[str, list[Component]]]:
    """Return packages of which a repository runs several major releases at once, those asked for directly first."""
    groups: dict[tuple[int, str, str], list[Component]] = defaultdict(list)
    for each in components:
        if each.ecosystem in PACKAGES and each.version and each.scope in ("runtime", "unknown"):
            groups[each.repository, each.ecosystem, each.name].append(each)
    found = [(key, group) for key, group in groups.items() if len({major(each.version) for each in group}) > 1]
    return [(key[2], group) for key, group in sorted(found, key=lambda row: (not any(_direct(each) for each in row[1]), row[0]))]


def _direct(each: Component) -> bool:
    return each.relation == "direct"


def deprecated(components: Iterable[Component]) -> list[Component]:
    """Return the packages that their own registry warns about, as the lockfile repeats it."""
    return sorted({each.purl: each for each in components if each.deprecated}.values(), key=lambda each: (not _direct(each), each.purl))


def dated(components: Iterable[Component]) -> list[Component]:
    """Return the packages whose release day the lockfile gives."""
    return [each for each in components if each.released]


def old(components: Iterable[Component], as_of: date) -> list[Component]:
    """Return the packages used at run time whose release in use is more than three years old, oldest first."""
    limit = date.fromordinal(as_of.toordinal() - OLD_DAYS).isoformat()
    aged = {each.purl: each for each in components if each.released and each.released < limit and each.scope != "dev"}
    return sorted(aged.values(), key=lambda each: (each.released, each.purl))


def share_locked(found: Sequence[System]) -> float | None:
    """Return the share of systems that use packages at run time in which each has an exact version."""
    using = [each for each in found if each.used]
    return sum(each.locked for each in using) / len(using) if using else None
