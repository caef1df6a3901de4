"""What is true of people: who alone knows a part, and whose part nobody has taken over."""

from datetime import timedelta

from quarterdeck.demo.generator.build import fill, pair
from quarterdeck.demo.generator.draws import Draws
from quarterdeck.demo.generator.world import CodeFile, Evidence, Module, System, Truth, World

KNOW, DEPART = "people/knowledge", "people/departure"
ALONE = (0.9, 0.97)  # of the changes to a part are made by the one who knows it
TOOLS = ("importer", "migrator", "reconciler", "backfill", "converter")


def key_people(world: World, draws: Draws) -> None:
    """Let two people each know a part of a critical system alone."""
    critical = [each for each in world.systems if each.criticality == "high" and each.status == "running"]
    for system in draws.some(critical, 2):
        module, person = _free_module(system, draws), _free_person(world, system, draws)
        if module is not None and person is not None:
            _alone(system, module, person, draws)
            world.truths.append(_knows(world, system, module, person))


def _free_module(system: System, draws: Draws) -> Module | None:
    free = [each for each in system.modules if not each.taken]
    if len(free) < 2:
        return None
    module = draws.pick(free)
    module.taken = True
    return module


def _free_person(world: World, system: System, draws: Draws) -> int | None:
    """Draw a developer who is there all the time, who keeps the job and of whom nothing is told yet."""
    named = {subject for truth in world.truths for subject in truth.subjects}
    team = {number for module in system.modules for number in module.team}
    # who shares a desk must stay: else the other one is key after all
    mates = {file.beside for each in world.systems for file in each.files}
    free = [
        number for number in sorted(team - mates)
        if world.people[number].here(world.first) and world.people[number].end is None and f"person:{world.people[number].email}" not in named
    ]  # fmt: skip
    return draws.pick(free) if free else None


def _alone(system: System, module: Module, person: int, draws: Draws) -> None:
    share = draws.between(*ALONE)
    others = [number for number in module.team if number != person]
    for file in files_of(system, module):
        file.authors = {person: share, **{each: (1 - share) / len(others) for each in others}}


def files_of(system: System, module: Module) -> list[CodeFile]:
    """Return the files of a part, tests included."""
    return [file for file in system.files if file.module == module.name]


def _knows(world: World, system: System, module: Module, person: int) -> Truth:
    who, folder = world.people[person], f"{module.path}/"
    subjects = (f"person:{who.email}", f"part:{system.name}:{module.path}")
    return Truth("key_person", subjects, (DEPART, KNOW), system.start + timedelta(days=90), _within(system.name, folder),
                 measured=lambda written: f"wrote {written.share(system.name, folder, person):.0%} of the lines of today")  # fmt: skip


def _within(system: str, folder: str) -> Evidence:
    return lambda _: [f"{system}:{folder}"]


def dead_tool(world: World, draws: Draws) -> None:
    """Let one person have written a tool that nobody has used or changed for over a year."""
    system = draws.pick([each for each in world.systems if each.status == "running"])
    person = _free_person(world, system, draws)
    if person is None:
        return
    name = draws.pick(TOOLS)
    module = Module(name, f"tools/{name}", [person, *(each for each in world.developers if each != person)][:4], 0.4, taken=True)
    made = fill(world, system, module, draws.of(name), draws.whole(7, 13))
    system.files = [file for file in system.files if not (file.test and file.module == name)]
    until = world.today - timedelta(days=draws.whole(390, 470))
    for file in made:
        file.authors, file.born, file.until = {person: 1.0}, draws.between(0.0, 0.12), until
    who = world.people[person]
    subjects = (f"person:{who.email}", f"part:{system.name}:{module.path}")
    world.truths.append(
        Truth(
            "key_person",
            subjects,
            (DEPART, KNOW),
            None,
            _within(system.name, f"{module.path}/"),
            decoy=True,
            note="one author of a dead tool",
        )
    )


def worked_in_pairs(world: World, draws: Draws) -> None:
    """Let a part bear one name as author, while a second person sat beside and is named in each commit."""
    systems = [each for each in world.systems if each.status == "running" and sum(not module.taken for module in each.modules) > 1]
    if not systems:
        return
    system = draws.pick(systems)
    module, person = _free_module(system, draws), _free_person(world, system, draws)
    if module is None or person is None:
        return
    mate = next((number for number in draws.shuffled(module.team) if number != person and world.people[number].end is None), None)
    for file in files_of(system, module):
        file.authors, file.beside = {person: 0.95, **{each: 0.05 for each in (mate,) if each is not None}}, mate
    world.truths.append(
        Truth("key_person", (f"person:{world.people[person].email}", f"part:{system.name}:{module.path}"), (DEPART, KNOW), None,
              _within(system.name, f"{module.path}/"), decoy=True, note="one name, but two people at one desk")
    )  # fmt: skip


def lost_part(world: World, draws: Draws) -> None:
    """Let somebody who alone knew a part have left some months ago; others touch it now and then."""
    systems = [each for each in world.systems if each.status == "running" and each.criticality != "low"]
    system = draws.pick(systems)
    module, person = _free_module(system, draws), _free_person(world, system, draws)
    if module is None or person is None:
        return
    _alone(system, module, person, draws)
    who = world.people[person]
    who.end = world.today - timedelta(days=draws.whole(50, 140))
    _hand_over(world, system, module, person, draws)
    world.truths.append(
        Truth("lost_knowledge", (f"part:{system.name}:{module.path}",), (KNOW,), who.end, _within(system.name, f"{module.path}/"),
              note=f"its author left on {who.end}", needs="roster")
    )  # fmt: skip


def _hand_over(world: World, system: System, module: Module, person: int, draws: Draws) -> None:
    """Give the other files of somebody who leaves to two others of the team, from the beginning."""
    for other in world.systems:
        for part in other.modules:
            if person in part.team and (other, part) != (system, module):
                part.team = [number for number in part.team if number != person] or part.team
                _again(other, part, person, draws)


def _again(system: System, part: Module, person: int, draws: Draws) -> None:
    for file in files_of(system, part):
        if person in file.authors and len(part.team) > 2 and max(file.authors.values()) < ALONE[0]:
            file.authors = pair(part, draws)


def known_by_a_colleague(world: World, draws: Draws) -> None:
    """Let somebody have left whose files a colleague takes care of just as much."""
    systems = [each for each in world.systems if each.status == "running" and any(not module.taken for module in each.modules)]
    if not systems or len(world.developers) < 7:
        return
    system = draws.pick(systems)
    module = draws.pick([each for each in system.modules if not each.taken])
    person = _free_person(world, system, draws)
    if person is None:
        return
    module.taken = True
    mates = [number for number in module.team if number != person]
    for file in files_of(system, module):
        mate = draws.pick(mates)
        file.authors = {person: 0.45, mate: 0.45, **{each: 0.1 / max(len(mates) - 1, 1) for each in mates if each != mate}}
    who = world.people[person]
    who.end = world.today - timedelta(days=draws.whole(40, 160))
    _hand_over(world, system, module, person, draws)
    world.truths.append(
        Truth("lost_knowledge", (f"part:{system.name}:{module.path}",), (KNOW,), None, _within(system.name, f"{module.path}/"), decoy=True,
              note="somebody left, and a colleague knows the part", needs="roster")
    )  # fmt: skip
