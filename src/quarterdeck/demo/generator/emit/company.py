"""Project the people and systems of a world onto the company file and the roster."""

import csv
import io
from datetime import date

from quarterdeck.demo.generator.draws import Draws
from quarterdeck.demo.generator.world import Person, World

COLUMNS = ("person", "role", "team", "start", "end", "manager", "location", "contract type", "monthly cost", "email")
MISSING, TWICE, SPELLED, OTHER_DATE = 0.03, 0.02, 0.05, 0.15  # shares of cells and rows at mid and high noise
MAY_MISS = ("team", "manager", "location", "contract type", "monthly cost")


def company_file(world: World) -> str:
    """Return company.toml: what a chief executive would write down of the company."""
    parts = [f'name = "{world.name}"\ncurrency = "{world.currency}"\n']
    if world.systems:
        cost = 12 * sum(person.cost for person in world.people if person.develops) / max(len(world.developers), 1)
        parts.append(
            f'[rates]\n"rnd.cost_per_fte" = [{round(cost * 1.1, -2):.0f}, {round(cost * 1.3, -2):.0f}, {round(cost * 1.6, -2):.0f}]\n'
        )
    parts += [_row(person) for person in world.people if person.develops]
    parts += [f'[[repositories]]\nname = "{each.name}"\ncriticality = "{each.criticality}"\n' for each in world.systems]
    return "\n".join(parts)


def _row(person: Person) -> str:
    end = f"end = {person.end}\n" if person.end else ""
    return f'[[roster]]\nname = "{person.name}"\naliases = ["{person.email}"]\nrole = "{person.role}"\nstart = {person.start}\n{end}'


def roster(world: World) -> str:
    """Return roster.csv: everybody on the payroll or under contract, as messy as the noise says."""
    draws = world.draws.of("roster")
    rows = [_cells(person) for person in sorted(world.people, key=lambda person: (person.family, person.given))]
    if world.noise != "low":
        rows = [row for each in rows for row in _messy(each, draws)]
    target = io.StringIO()
    writer = csv.DictWriter(target, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue()


def _cells(person: Person) -> dict[str, str]:
    values = (
        person.name, person.role, person.team, person.start.isoformat(), person.end.isoformat() if person.end else "", person.lead, person.site,
        person.contract, str(person.cost), person.email,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def _messy(row: dict[str, str], draws: Draws) -> list[dict[str, str]]:
    """Leave cells empty, spell names and dates otherwise, and enter a row twice, each now and then."""
    row = {name: "" if name in MAY_MISS and draws.chance(MISSING) else value for name, value in row.items()}
    if draws.chance(SPELLED):
        given, _, family = row["person"].partition(" ")
        row["person"] = f"{family.upper()}, {given}"
    for name in ("start", "end"):
        if row[name] and draws.chance(OTHER_DATE):
            row[name] = date.fromisoformat(row[name]).strftime(draws.pick(("%d/%m/%Y", "%d.%m.%Y", "%d %b %Y")))
    return [row, dict(row)] if draws.chance(TWICE) else [row]
