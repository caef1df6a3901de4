"""Make companies, look at them, and sum up how well the planted truths were found."""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from quarterdeck.demo.generator import LAST_DAY, USUAL_SIZE, Made, generate
from quarterdeck.demo.scoring import audit, honesty
from quarterdeck.demo.scoring.claims import KINDS, Claim, Names, claims, of
from quarterdeck.demo.scoring.figures import Count, Table
from quarterdeck.demo.scoring.matching import Matched, match
from quarterdeck.demo.scoring.truth import Plant, read
from quarterdeck.domain.findings import Outcome, Urgency
from quarterdeck.domain.report import Report

NO_FORMAT = "their rooms do not exist yet, and neither do their files"
NOT_SCORED = {
    "secret_in_history": "the room reads today's files only, not the history",
    "missing_ci": "no check tells that there is no build: the check on tests needs an export of the code host",
    **dict.fromkeys(
        (
            "shadow_vendor", "leaver_access", "copyleft_in_product", "slipping_milestone", "padding_agency", "duplicate_saas", "contract_past_notice",
            "unused_seats", "unassigned_ip", "untested_backup", "silent_backup_fail", "cost_spike", "personal_account", "burst_leave", "deck_contradiction",
            "review_bottleneck", "missing_dpa", "conflict_undeclared", "stale_policy", "hidden_spof",
        ),
        NO_FORMAT,
    ),
}  # fmt: skip
PRESSING = ("act now", "plan")
SCORED_COMPANIES = ("saas", "shop", "clinic", "maker", "lend")


@dataclass
class Company:
    """How one company was judged."""

    made: Made
    plants: list[Plant]
    matched: Matched
    unplanted: Counter[str]
    act_now: int
    answers: list[honesty.Answer] = field(default_factory=list)


@dataclass
class Score:
    """How all companies were judged."""

    companies: list[Company] = field(default_factory=list)

    def by(self, name: str) -> Table:
        """Return the counts by kind, company or noise."""
        table = Table()
        for company in self.companies:
            for kind in KINDS:
                row = {"kind": kind, "company": company.made.industry, "noise": company.made.noise}[name]
                table.at(row).add(count(company, kind))
        return table

    @property
    def total(self) -> Count:
        """Return the counts of everything."""
        return self.by("kind").total()

    @property
    def unplanted(self) -> Counter[str]:
        """Count the findings of kinds that nothing is planted in."""
        return sum((company.unplanted for company in self.companies), Counter())

    def plain(self) -> dict[str, object]:
        """Return everything as plain values."""
        tables = {name: {row: counted.plain() for row, counted in self.by(name).rows.items()} for name in ("kind", "company", "noise")}
        return {
            "schema": "quarterdeck.demo-score/1",
            "total": self.total.plain(),
            **{f"by_{name}": rows for name, rows in tables.items()},
            "not_scored": NOT_SCORED,
            "unplanted": dict(sorted(self.unplanted.items())),
            "companies": [_plain(company) for company in self.companies],
        }

    def json(self) -> str:
        """Return everything as JSON."""
        return json.dumps(self.plain(), indent=1, sort_keys=True) + "\n"


def count(company: Company, kind: str) -> Count:
    """Count what became of one kind in one company."""
    own = [plant for plant in company.plants if plant.kind == kind]
    real, decoys = [plant for plant in own if not plant.decoy], [plant for plant in own if plant.decoy]
    hits = [plant for plant in real if plant.id in company.matched.hits]
    asked = [each for each in company.answers if each.plant.kind == kind]
    false = [claim for claim in company.matched.false if claim.kind == kind]
    return Count(
        plants=len(real), hits=len(hits), false=len(false),
        pressing_hits=sum(company.matched.hits[plant.id][0].urgency in PRESSING for plant in hits), pressing_false=sum(claim.urgency in PRESSING for claim in false),
        decoys=len(decoys), fired=sum(plant.id in company.matched.fired for plant in decoys),
        exact=sum(plant.id in company.matched.exact for plant in hits),
        duplicates=sum(len(company.matched.hits[plant.id]) - 1 for plant in hits),
        needing=len(asked), honest=sum(each.honest for each in asked),
    )  # fmt: skip


def _plain(company: Company) -> dict[str, object]:
    return {
        "industry": company.made.industry, "seed": company.made.seed, "noise": company.made.noise, "act_now": company.act_now,
        "missed": [f"{plant.kind} {plant.keys[0]} {plant.note}".strip() for plant in company.matched.missed if plant.kind in KINDS],
        "false": [_told(claim) for claim in company.matched.false],
        "fired": [f"{plant.kind} {plant.keys[0]} {plant.note}" for plant in company.plants if plant.id in company.matched.fired],
        "inexact": [f"{plant.kind} {'; '.join(plant.evidence)}" for plant in company.plants
                    if plant.id in company.matched.hits and plant.id not in company.matched.exact],
        "not_honest": [f"{each.plant.kind} {each.plant.keys[0]} without {each.removed}: {each.said}" for each in company.answers if not each.honest],
    }  # fmt: skip


def _told(claim: Claim) -> str:
    return f"{claim.kind} {'; '.join(sorted(claim.keys)[:3])} ({claim.urgency})"


def judge(made: Made, home: Path, *, removed: Sequence[str] = ()) -> Company:
    """Look at a company and match what is found with what is true; `removed` names sources to take away in turn."""
    report, history = audit.audit(made, home)
    plants = read(made.truth)
    matched = match([plant for plant in plants if plant.kind in KINDS], claims(report, history))
    act_now = sum(finding.outcome is Outcome.UNMET and finding.urgency is Urgency.ACT for finding in report.findings)
    asked = honesty.answers(made, plants, home, removed=removed) if removed else []
    return Company(made, plants, matched, _unplanted(report, Names(report, history)), act_now, asked)


def _unplanted(report: Report, names: Names) -> Counter[str]:
    """Count the open findings that claim nothing in a planted kind."""
    open_findings = (finding for finding in report.findings if finding.outcome is Outcome.UNMET)
    return Counter(f"{finding.check.id} ({finding.urgency.value})" for finding in open_findings if not of(finding, names))


@dataclass(frozen=True)
class Job:
    """A company to make and to look at."""

    folder: Path
    industry: str
    seed: int
    noise: str
    size: int
    months: int
    removed: tuple[str, ...]
    keep: bool


def look(job: Job) -> Company:
    """Make a company, look at it and judge what was found."""
    own = job.folder / f"{job.industry}-{job.seed}-{job.noise}"
    made = generate(job.industry, job.size, job.seed, noise=job.noise, end_date=LAST_DAY, months=job.months, folder=own)
    judged = judge(made, own / "home", removed=job.removed)
    if not job.keep:
        shutil.rmtree(own)
    return judged


def score(
    folder: Path,
    *,
    seeds: Sequence[int],
    industries: Sequence[str] = SCORED_COMPANIES[:4],
    noise: Sequence[str] = ("high",),
    scale: float = 1.0,
    removed: Sequence[str] = (),
    keep: bool = False,
    months: int = 24,
    processes: int = 1,
    say: Callable[[str], None] | None = None,
) -> Score:
    """Make each company with each seed and noise at `scale` of its usual size, look at it and judge what was found."""
    jobs = [
        Job(folder, industry, seed, level, min(60, max(5, round(USUAL_SIZE[industry] * scale))), months, tuple(removed), keep)
        for level in noise
        for seed in seeds
        for industry in industries
    ]
    result = Score()
    for number, judged in enumerate(_looked(jobs, processes), 1):
        result.companies.append(judged)
        if say:
            say(f"{number} of {len(jobs)}: {judged.made.industry}, seed {judged.made.seed}, noise {judged.made.noise}")
    return result


def _looked(jobs: Sequence[Job], processes: int) -> Iterator[Company]:
    """Yield the companies in order; in several processes each is started afresh, since forks and polars deadlock."""
    if processes < 2:
        yield from map(look, jobs)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        yield from pool.map(look, jobs)
