"""What leaves with a person, who could take over, and what that may cost."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from quarterdeck.domain.company import Company
from quarterdeck.domain.money import Estimate
from quarterdeck.kit import experts, rates
from quarterdeck.kit.monte_carlo import DRAWS, Samples, estimate, generator

REGULAR_HALF_LIFE, CONTACT_HALF_LIFE = 180.0, 365.0
CONTACT_WEIGHT = 0.1
MOVING_DAYS = 365
REGULAR_DAYS = 12  # working days a year on the files; fewer are visits
LIKELY, POSSIBLE = 0.25, 0.05  # share of the lost files a candidate has worked on
LOSS_KEYS = (
    "rnd.cost_per_fte",
    "benefits.load_factor",
    "engineer.replacement_cost",
    "engineer.ramp_up",
    "engineer.leave_chance",
)
MONTHS = 12
NO_SUCCESSOR = (1.0, 1.5, 2.5)


@dataclass(frozen=True)
class Candidate:
    """Somebody who could take over: how many of the lost files they have worked on, and how sure that makes us."""

    person: int
    files: int
    score: float
    chance: str


def lost_files(files: pl.DataFrame, known: pl.DataFrame, leavers: Iterable[int]) -> pl.DataFrame:
    """Return the files whose every present knower is among the leavers; `known` holds (life, person)."""
    gone = list(leavers)
    touched = known.with_columns(leaves=pl.col("person").is_in(gone)).group_by("life").agg(alone=pl.col("leaves").all())
    return files.join(touched.filter("alone"), on="life", how="semi", maintain_order="left")


def with_movement(files: pl.DataFrame, changes: pl.DataFrame, today: int) -> pl.DataFrame:
    """Add the revisions of each file within the last year, and whether it moves."""
    recent = changes.filter((pl.col("day") > today - MOVING_DAYS) & (pl.col("status") != "D") & ~pl.col("co"))
    counts = recent.group_by("life").agg(recent=pl.col("commit").n_unique())
    joined = files.join(counts, on="life", how="left", maintain_order="left").with_columns(pl.col("recent").fill_null(0))
    return joined.with_columns(moving=pl.col("recent") > 0)


def candidates(
    lost: pl.DataFrame, changes: pl.DataFrame, people: Sequence[int], leavers: Iterable[int], today: int, most: int = 3
) -> list[Candidate]:
    """Rank the people still here: who works regularly first, contact with the lost files and their folders second.

    score = share of working days (halved every 180 days) + 0.1 x mean(share of changes to the files, share of changes
    to their folders; both halved every 365 days). In a back-test on 21 departures of public projects regular work
    told the later successor best; the bench repeats it.
    """
    stay = sorted(set(people) - set(leavers))
    rows = changes.filter(pl.col("person").is_in(stay) & (pl.col("status") != "D"))
    age = today - pl.col("day")
    folder = pl.col("path").str.replace(r"/?[^/]*$", "")
    folders = lost.select("repository", folder=folder).unique()
    weight = experts.halved(age, CONTACT_HALF_LIFE).sum()
    regular = rows.select("person", "day").unique().group_by("person").agg(days=experts.halved(age, REGULAR_HALF_LIFE).sum())
    direct = rows.join(lost.select("life"), on="life", how="semi").group_by("person").agg(direct=weight, files=pl.col("life").n_unique())
    near = rows.with_columns(folder=folder).join(folders, on=["repository", "folder"], how="semi").group_by("person").agg(near=weight)
    scored = regular.join(direct, on="person", how="left").join(near, on="person", how="left").fill_null(0)
    shares = {name: pl.col(name) / pl.max_horizontal(pl.col(name).sum(), 1e-12) for name in ("days", "direct", "near")}
    scored = scored.with_columns(score=shares["days"] + CONTACT_WEIGHT * (shares["direct"] + shares["near"]) / 2)
    top = scored.sort(["score", "person"], descending=[True, False]).head(most)
    return [Candidate(row["person"], row["files"], row["score"], chance(row["files"], lost.height)) for row in top.iter_rows(named=True)]


def regulars(changes: pl.DataFrame, lost: pl.DataFrame, people: Collection[int], today: int) -> int:
    """Count the people who work on the lost files at least monthly: they would have to learn them anew."""
    recent = changes.join(lost.select("life"), on="life", how="semi").filter(pl.col("day") > today - MOVING_DAYS)
    days = recent.filter(pl.col("person").is_in(list(people))).group_by("person").agg(days=pl.col("day").n_unique())
    return days.filter(pl.col("days") >= REGULAR_DAYS).height


def chance(worked_on: int, lost: int) -> str:
    """Say how sure a successor is, from the share of the lost files they have worked on."""
    share = worked_on / lost if lost else 0.0
    return "likely" if share >= LIKELY else "possible" if share >= POSSIBLE else "unlikely"


def has_successor(found: Sequence[Candidate]) -> bool:
    """Tell whether anybody could take over without starting from nothing."""
    return any(each.chance != "unlikely" for each in found)


@dataclass(frozen=True)
class Loss:
    """What a departure costs if it happens, how likely it is within a year, and the draws of both together."""

    chance: float
    chance_note: str
    if_happens: Estimate
    yearly: Samples
    replacement: Estimate
    relearning: Estimate


def loss(company: Company, key: str, share: float, working_there: int, *, notice: bool, successor: bool) -> Loss:
    """Simulate the loss of a key person: replacement plus relearning, with the chance of leaving within a year.

    `share` is the share of moving code that loses its last knower. Replacement = multiple of salary, salary = loaded
    year / load factor. Relearning = share x ramp-up months x loaded month x people working there (at least 1), times
    PERT(1, 1.5, 2.5) without a successor.
    """
    year = rates.rate_draw(company.rates["rnd.cost_per_fte"])
    replacement = (
        rates.rate_draw(company.rates["engineer.replacement_cost"]) * year / rates.rate_draw(company.rates["benefits.load_factor"])
    )
    ramp_up = rates.rate_draw(company.rates["engineer.ramp_up"])
    slow = 1.0 if successor else rates.draw("departure.no_successor", *NO_SUCCESSOR)
    relearning = share * ramp_up * year / MONTHS * max(1, working_there) * slow
    leave = np.ones(DRAWS) if notice else rates.rate_draw(company.rates["engineer.leave_chance"])
    happens = generator(int(key[1:], 16)).random(DRAWS) < leave
    currency = rates.currency_of(company, *LOSS_KEYS)
    formula = f"replacement (multiple of salary) + relearning: {share:.0%} of moving code x ramp-up months x loaded month x {max(1, working_there)}"

    def priced(samples: Samples, what: str) -> Estimate:
        return estimate(samples, currency, rates.basis(company, *LOSS_KEYS), formula=what, inputs=rates.quotes(company, *LOSS_KEYS),
                        typical=rates.typical(company, *LOSS_KEYS))  # fmt: skip

    return Loss(
        chance=float(np.mean(leave)),
        chance_note="notice has been given" if notice else "a year's chance as practitioners report it",
        if_happens=priced(np.asarray(replacement + relearning), formula),
        yearly=np.asarray(happens * (replacement + relearning)),
        replacement=priced(np.asarray(replacement), "multiple of salary, salary = loaded year / load factor"),
        relearning=priced(np.asarray(relearning), formula),
    )
