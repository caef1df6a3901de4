"""Make an invented company: a world first, then its files, which agree with each other except where something is planted."""

import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from quarterdeck.demo.generator import build, noise, truths
from quarterdeck.demo.generator.code import writing
from quarterdeck.demo.generator.emit import company, git, sbom, truth
from quarterdeck.demo.generator.industries import COMPANIES
from quarterdeck.demo.generator.tree import papers
from quarterdeck.demo.generator.work import Work, work
from quarterdeck.demo.generator.world import World, Written

NOISES = ("low", "mid", "high")
SIZES = (5, 60)
LAST_DAY = date(2026, 8, 31)
INDUSTRIES = tuple(COMPANIES)
USUAL_SIZE = {name: plan.staff for name, plan in COMPANIES.items()}
KINDS = tuple(name for name, _ in truths.PLANTS)


@dataclass(frozen=True)
class Made:
    """Where a company was written: what a client would hand over, and the truth that the product never sees."""

    industry: str
    seed: int
    noise: str
    today: date
    client: Path
    truth: Path

    @property
    def repositories(self) -> tuple[Path, ...]:
        """Return the repositories in the order of their names."""
        return tuple(sorted((self.client / "repositories").glob("*.git")))

    @property
    def company_file(self) -> Path:
        """Return the company file."""
        return self.client / "company.toml"


def generate(
    industry: str,
    size: int,
    seed: int,
    *,
    months: int = 24,
    plants: Collection[str] | str = "all",
    noise: str = "low",
    end_date: date = LAST_DAY,
    folder: Path,
) -> Made:
    """Write an invented company into `folder/client` and what is true of it into `folder/truth`.

    Equal arguments give equal bytes, ids of commits included. `plants` is "all", "none" or some of KINDS.
    """
    _check(industry, size, months, plants, noise)
    world = _world(industry, size, seed, months=months, plants=plants, level=noise, today=end_date)
    made = Made(industry, seed, noise, end_date, folder / "client", folder / "truth")
    for target in (made.client, made.truth):
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
    _write(world, made)
    return made


def _check(industry: str, size: int, months: int, plants: Collection[str] | str, level: str) -> None:
    """Refuse what no company can be made of, with the choices there are."""
    if industry not in COMPANIES:
        raise ValueError(f"industry {industry}: choose one of {', '.join(INDUSTRIES)}")
    if not SIZES[0] <= size <= SIZES[1]:
        raise ValueError(f"size {size}: choose {SIZES[0]} to {SIZES[1]} people")
    if level not in NOISES or months < 12:
        raise ValueError(f"noise is one of {', '.join(NOISES)}, and a company has at least 12 months")
    if not isinstance(plants, str) and set(plants) - set(KINDS):
        raise ValueError(f"plants are among {', '.join(KINDS)}")


def _world(industry: str, size: int, seed: int, *, months: int, plants: Collection[str] | str, level: str, today: date) -> World:
    world = build.begin(industry, size, seed, months=months, noise=level, today=today)
    build.build(world)
    papers.choose_runtimes(world)
    truths.plant(world, plants)
    for system in world.systems:
        system.plain = {**papers.first_files(world, system), **system.plain}
    noise.spoil(world)
    return world


def _write(world: World, made: Made) -> None:
    written = Written({}, {}, {})
    works: dict[str, Work] = {}
    for system in world.systems:
        done = works[system.name] = work(world, system)
        written.commits[system.name] = git.write(world, system, done, made.client / "repositories" / f"{system.name}.git")
        written.texts |= {(system.name, path): text for path, text in done.texts.items()}
        written.owners |= {(system.name, file.path): writing.owners(file) for file in system.files if file.alive}
    _put(made.client / "company.toml", company.company_file(world))
    _put(made.client / "roster.csv", company.roster(world))
    if world.systems:
        first = max(world.systems, key=lambda system: system.level)
        _put(
            made.client / "sbom" / f"{first.name}.cdx.json",
            sbom.cyclonedx(first.name, first.language, works[first.name].packages, world.today),
        )
    _put(made.truth / "plants.csv", truth.plants_csv(world, written))
    _put(made.truth / "world.json", truth.world_json(world, written))


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
