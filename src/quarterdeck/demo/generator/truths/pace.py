"""What is true of work over time: what stopped, what slowed down, and what only looks so."""

from datetime import UTC, date, datetime, time, timedelta
from math import prod

from quarterdeck.demo.generator.draws import Draws
from quarterdeck.demo.generator.world import Evidence, System, Truth, World

LYING, PACE = "delivery/abandoned_work", "delivery/throughput_change"
FALL = (0.4, 0.52)  # of the pace is lost
WHOLE = 0.8  # of its pace or less is left where the company as a whole is slower too
SPAN = 180  # days on both sides of the week that are compared
SHUT_WEEKS = (2, 3)


def stopped(world: World, _: Draws) -> None:
    """Tell of the systems whose work stopped before they were finished."""
    for system in world.systems:
        if system.status == "stopped":
            world.truths.append(
                Truth(
                    "abandoned_repo",
                    (f"repo:{system.name}",),
                    (LYING,),
                    system.stop,
                    _last(system.name),
                    note=f"work stopped on {system.stop}",
                )
            )


def not_stopped(world: World, _: Draws) -> None:
    """Let the work go on that would have stopped."""
    for system in world.systems:
        if system.status == "stopped":
            system.stop, system.status = world.today, "running"


def finished(world: World, _: Draws) -> None:
    """Tell of the libraries that are finished, tagged, and rest."""
    for system in world.systems:
        if system.status == "finished":
            world.truths.append(
                Truth(
                    "abandoned_repo", (f"repo:{system.name}",), (LYING,), None, _last(system.name), decoy=True, note="finished and tagged"
                )
            )


def slower(world: World, draws: Draws) -> None:
    """Let the pace of the busiest system fall to about half in one week."""
    parents = {each.status.removeprefix("split from ") for each in world.systems}
    running = [each for each in world.systems if each.status == "running" and each.name not in parents]
    system = max(running, key=lambda each: each.level)
    days = (world.today - world.first).days
    monday = _monday(world.first + timedelta(days=round(days * draws.between(0.34, 0.7))))
    lost = draws.between(*FALL)
    system.shifts.append((monday, world.today, 1 - lost))
    left = _pace(world, world.today - timedelta(days=SPAN)) / _pace(world, monday - timedelta(days=SPAN))
    subjects = (f"repo:{system.name}", *(("company",) if left <= WHOLE else ()))
    world.truths.append(
        Truth("throughput_drop", subjects, (PACE,), monday, _first_after(system.name, monday), note=f"the pace fell by {lost:.0%}")
    )


def _pace(world: World, first: date) -> float:
    """Return the commits that are to be expected of the whole company in half a year, seasons aside."""
    days = [first + timedelta(days=number) for number in range(SPAN)]
    return sum(_expected(system, day) for system in world.systems for day in days)


def _expected(system: System, day: date) -> float:
    if not system.start <= day < system.stop:
        return 0.0
    return system.level * prod(factor for first, last, factor in system.shifts if first <= day <= last)


def shut_for_holidays(world: World, draws: Draws) -> None:
    """Let a system rest for some weeks of each summer."""
    named = {subject for truth in world.truths if truth.kind == "throughput_drop" for subject in truth.subjects}
    parents = {each.status.removeprefix("split from ") for each in world.systems}
    free = [each for each in world.systems if each.status == "running" and f"repo:{each.name}" not in named and each.name not in parents]
    if not free:
        return
    system, weeks = draws.pick(free), draws.whole(*SHUT_WEEKS)
    for year in range(world.first.year, world.today.year + 1):
        first = _monday(date(year, 7, 20 + draws.whole(0, 8)))
        system.shifts.append((first, first + timedelta(days=7 * weeks - 1), 0.02))
    world.truths.append(_only_looks_slower(system, first, note=f"shut for {weeks} weeks each summer"))


def moved(world: World, _: Draws) -> None:
    """Tell of the systems of which a part moved to a repository of its own, and its work with it."""
    for system in world.systems:
        if system.status.startswith("split from "):
            old = world.system(system.status.removeprefix("split from "))
            world.truths.append(_only_looks_slower(old, system.start, note=f"a part moved to {system.name}"))


def _only_looks_slower(system: System, day: date, note: str) -> Truth:
    return Truth("throughput_drop", (f"repo:{system.name}",), (PACE,), None, _first_after(system.name, day), decoy=True, note=note)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _last(system: str) -> Evidence:
    return lambda written: [written.last_by_people(system)]


def _first_after(system: str, day: date) -> Evidence:
    moment = int(datetime.combine(day, time(), UTC).timestamp())
    return lambda written: [written.first_after(system, moment)]
