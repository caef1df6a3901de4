"""Add what is untidy in every company and means nothing: busy weeks, old code that moved in, and other spellings."""

from datetime import timedelta

from quarterdeck.demo.generator.code import writing
from quarterdeck.demo.generator.code.dialects import DIALECTS
from quarterdeck.demo.generator.draws import Draws
from quarterdeck.demo.generator.world import CodeFile, Event, System, World

BUSY = (2.0, 3.5)  # times the usual pace
BUSY_WEEKS = {"low": 0, "mid": 1, "high": 3}
IMPORTED = (14, 30)  # files


def spoil(world: World) -> None:
    """Make a world as untidy as its noise says; nothing that is told of it changes."""
    draws = world.draws.of("noise")
    for system in world.systems:
        _mailmap(world, system)
        if system.status != "finished":
            _busy(world, system, draws.of("busy", system.name))
    if world.noise == "high" and world.systems:
        _moved_in(draws.pick([each for each in world.systems if each.status == "running"]), draws)


def _mailmap(world: World, system: System) -> None:
    """Write down who is who where the team takes care of that."""
    rows = [f"{each.name} <{each.email}> <{each.second_email}>" for each in world.people if each.develops and each.second_email]
    if system.mailmap and rows:
        system.plain[".mailmap"] = "\n".join(rows) + "\n"


def _busy(world: World, system: System, draws: Draws) -> None:
    for _ in range(BUSY_WEEKS[world.noise]):
        first = draws.day(system.start, system.stop)
        system.shifts.append((first, first + timedelta(days=6), draws.between(*BUSY)))


def _moved_in(system: System, draws: Draws) -> None:
    """Let old code of another house move in with one commit; nobody touches it afterwards."""
    write: dict[str, str | bytes] = {}
    for number in range(draws.whole(*IMPORTED)):
        path = f"third_party/oldbook/part_{number:02d}{DIALECTS[system.language].ending}"
        file = CodeFile(path, "oldbook", system.language, system.files[0].subject, {}, draws.whole(30, 140))
        writing.begin(file, -1, draws.of(number))
        write[path] = writing.text(file)
    day = draws.day(system.start + timedelta(days=60), system.stop - timedelta(days=60))
    system.events.append(Event(day, "Import oldbook 2.4 as it was delivered", write))
