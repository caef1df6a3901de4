"""Write down what is true, outside of the client's folder."""

import csv
import io
import json

from quarterdeck.demo.generator.world import Person, System, Truth, World, Written

COLUMNS = (
    "plant_id", "kind", "subject", "expected_room", "expected_outcome", "money_low", "money_mid", "money_high", "first_true_on", "evidence_path",
    "decoy", "needs", "note",
)  # fmt: skip


def plants_csv(world: World, written: Written) -> str:
    """Return plants.csv: one row for each fact and each look-alike; several names of one subject are separated by blanks."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, truth in enumerate(world.truths, 1):
        writer.writerow(_row(world, truth, written, number))
    return target.getvalue()


def _row(world: World, truth: Truth, written: Written, number: int) -> tuple[str, ...]:
    return (
        f"{world.industry}-{world.seed}-{number:02d}", truth.kind, "; ".join(truth.subjects), "; ".join(truth.rooms), "" if truth.decoy else "unmet",
        "", "", "", truth.since.isoformat() if truth.since else "", "; ".join(truth.evidence(written)), "yes" if truth.decoy else "no", truth.needs,
        truth.note + truth.measured(written),
    )  # fmt: skip


def world_json(world: World, written: Written) -> str:
    """Return world.json: the company as it is."""
    content = {
        "company": world.name, "industry": world.industry, "seed": world.seed, "size": world.size, "noise": world.noise, "currency": world.currency,
        "first_day": world.first.isoformat(), "last_day": world.today.isoformat(),
        "people": [_person(each) for each in world.people],
        "systems": [_system(world, each, written) for each in world.systems],
    }  # fmt: skip
    return json.dumps(content, indent=1, sort_keys=True) + "\n"


def _person(person: Person) -> dict[str, object]:
    return {
        "name": person.name, "email": person.email, "second_email": person.second_email, "second_name": person.second_name, "role": person.role,
        "team": person.team, "start": person.start.isoformat(), "end": person.end.isoformat() if person.end else None, "writes_code": person.develops,
        "contract": person.contract, "monthly_cost": person.cost,
    }  # fmt: skip


def _system(world: World, system: System, written: Written) -> dict[str, object]:
    return {
        "name": system.name, "purpose": system.purpose, "language": system.language, "criticality": system.criticality, "status": system.status,
        "start": system.start.isoformat(), "stop": system.stop.isoformat(), "commits_a_week": round(system.level, 2), "lands_by": system.habit,
        "pace": [[first.isoformat(), last.isoformat(), round(factor, 3)] for first, last, factor in system.shifts],
        "runtime": list(system.runtime), "database": list(system.database), "commits": len(written.commits[system.name]),
        "parts": {module.path: _shares(world, system, module.path, written) for module in system.modules},
    }  # fmt: skip


def _shares(world: World, system: System, folder: str, written: Written) -> dict[str, float]:
    """Return the share of today's lines of a part that each person wrote."""
    shares = {world.people[number].email: written.share(system.name, f"{folder}/", number) for number in world.developers}
    return {email: round(share, 3) for email, share in sorted(shares.items()) if share >= 0.005}
