"""Build the world before anything is told of it: people, systems, parts, and files that two people each take care of."""

from datetime import date, timedelta

from quarterdeck.demo.generator import words
from quarterdeck.demo.generator.code.dialects import DIALECTS
from quarterdeck.demo.generator.draws import Draws
from quarterdeck.demo.generator.industries import COMPANIES, CompanyPlan, SystemPlan
from quarterdeck.demo.generator.world import CodeFile, Module, Person, System, World

COMMITS_A_WEEK = 4.4  # of one developer
DAYS_A_MONTH = 30.4375
FEWEST_DEVELOPERS = 5  # two people for each file need at least so many
COMMITS_PER_FILE = 15
MOST_COMMITS = 3800  # of a repository
FEWEST_FILES, MOST_FILES = 20, 170
DEVELOPER_ROLES = ("Developer", "Senior developer", "Developer", "Lead developer", "Developer", "Platform engineer", "Developer")
SHARES = (0.43, 0.39, 0.18)  # of the changes to a file: two people who know it, and the others of the team
RELEASES = (0, 14, 21, 28, 35)


def build(world: World) -> None:
    """Fill a world with people and systems."""
    plan = COMPANIES[world.industry]
    _people(world, plan)
    if plan.systems:
        _systems(world, plan)


def _people(world: World, plan: CompanyPlan) -> None:
    draws = world.draws.of("people")
    scale = world.size / plan.staff
    makers = min(max(FEWEST_DEVELOPERS, round(plan.developers * scale)), world.size) if plan.developers else 0
    outside = min(round(plan.outside * makers / max(plan.developers, 1)), makers - 2) if plan.outside else 0
    names = words.people_names(draws, world.size)
    roles = [("Chief executive", "Board"), *(plan.teams[number % len(plan.teams)] for number in range(world.size - makers - 1))]
    for number, (given, family) in enumerate(names):
        develops = number < makers
        role, team = (DEVELOPER_ROLES[number % len(DEVELOPER_ROLES)], "Engineering") if develops else roles[number - makers]
        contract = "supplier" if makers - outside <= number < makers else draws.pick(("permanent", "permanent", "permanent", "fixed term"))
        world.people.append(_person(world, draws, given, family, role=role, team=team, contract=contract, develops=develops))
    lead = next((person.name for person in world.people if person.team == "Board"), world.people[0].name)
    for person in world.people:
        person.lead = "" if person.team == "Board" else lead


def _person(world: World, draws: Draws, given: str, family: str, *, role: str, team: str, contract: str, develops: bool) -> Person:
    login = given[0].lower() + family.lower()
    site, offset = draws.pick(words.SITES)
    person = Person(
        given, family, f"{given}.{family}@{world.slug}.example".lower(), login, role, team,
        world.first - timedelta(days=draws.whole(31, 2600)), contract, draws.whole(5200, 9800) if develops else draws.whole(2600, 8800),
        site, offset, develops=develops,
    )  # fmt: skip
    if draws.chance(0.5):
        person.second_email = draws.pick(
            (f"{login}@{world.slug}.test", f"{login}@laptop-{draws.hex(4)}.test", f"{given.lower()}.{family.lower()}@mail.example.com")
        )
    if draws.chance(0.4):
        person.second_name = draws.pick((f"{given[0]}. {family}", login, f"{family}, {given}"))
    return person


def _systems(world: World, plan: CompanyPlan) -> None:
    draws = world.draws.of("systems")
    makers = world.developers
    _hire_later(world, draws)
    weekly = COMMITS_A_WEEK * len(makers)
    for each in plan.systems:
        world.systems.append(_system(world, draws.of(each.name), each, weekly))
    for system in world.systems:
        _parts(world, system, draws.of("parts", system.name), next(each.parts for each in plan.systems if each.name == system.name))


def _hire_later(world: World, draws: Draws) -> None:
    """Let some developers join in the middle; they never count as one of the two who know a file."""
    makers = world.developers
    for number in makers[FEWEST_DEVELOPERS + 2 :]:
        if draws.chance(0.3):
            world.people[number].start = draws.day(world.first + timedelta(days=150), world.today - timedelta(days=150))


def _system(world: World, draws: Draws, plan: SystemPlan, weekly: float) -> System:
    system = System(
        plan.name, plan.purpose, plan.language, plan.criticality, world.first + timedelta(days=draws.whole(1, 12)), world.today,
        weekly * plan.share, plan.habit, dispersion=draws.between(4.0, 10.0), release_every=draws.pick(RELEASES) if plan.habit != "direct" else 0,
        mailmap=draws.chance(0.4), fix_share=draws.between(0.2, 0.3), database=(plan.database, ""),
    )  # fmt: skip
    system.locks_with = draws.pick(("uv", "pip")) if plan.language == "Python" else ""
    system.level = min(system.level, MOST_COMMITS * 7 / (world.today - world.first).days)
    if plan.part == "stopped":
        _stopped(world, system, draws)
    elif plan.part == "finished":
        _finished(world, system, draws)
    elif plan.part != "running":
        _split(world, system, draws, plan.part)
    return system


def _stopped(world: World, system: System, draws: Draws) -> None:
    system.start = world.first + timedelta(days=draws.whole(15, 70))
    system.stop = world.today - timedelta(days=draws.whole(205, 340))
    system.status = "stopped"


def _finished(world: World, system: System, draws: Draws) -> None:
    system.stop = world.first + timedelta(days=draws.whole(120, 230))
    system.level = max(2.4, system.level * 1.6)
    system.status, system.robot, system.last_tag = "finished", False, f"v1.{draws.whole(2, 6)}.0"


def _split(world: World, system: System, draws: Draws, parent: str) -> None:
    """Start a system when a part of another moves there; the work goes along."""
    old = world.system(parent)
    share = draws.between(0.42, 0.5)
    days = (world.today - world.first).days
    system.start = world.first + timedelta(days=round(days * draws.between(0.42, 0.6)))
    old.shifts.append((system.start, world.today, 1 - share))
    system.level, system.status, system.habit = old.level * share, f"split from {old.name}", old.habit


def _parts(world: World, system: System, draws: Draws, count: int) -> None:
    weeks = (system.stop - system.start).days / 7
    wanted = min(max(FEWEST_FILES, round(system.level * weeks / COMMITS_PER_FILE)), MOST_FILES)
    wanted = max(10, round(system.level * weeks / 6)) if system.status == "finished" else wanted
    team = _team(world, system, draws)
    weights = [draws.between(0.6, 1.6) for _ in range(count)]
    for name, weight in zip(draws.some(words.MODULES[world.industry], count), weights, strict=True):
        module = Module(name, folder(system.language, name, world.slug), draws.some(team, min(4, len(team))), weight)
        system.modules.append(module)
        size = max(4, round(wanted * weight / sum(weights)))
        fill(world, system, module, draws.of(name), size)


def _team(world: World, system: System, draws: Draws) -> list[int]:
    """Choose who works on a system: those who were there when it began."""
    there = [number for number in world.developers if world.people[number].here(system.start)]
    outside = [number for number in there if world.people[number].contract == "supplier"]
    first = outside if "agency" in system.purpose else []
    most = max(4, round(len(there) * 0.6))
    return list(dict.fromkeys([*first, *draws.shuffled(there)]))[:most]


def folder(language: str, module: str, slug: str) -> str:
    """Return the folder of a part, as the language has it."""
    name = module.capitalize() if language == "PHP" else module
    root = {"Go": "internal", "Java": f"src/main/java/{slug.replace('-', '')}"}.get(language, "src")
    return f"{root}/{name}"


def fill(world: World, system: System, module: Module, draws: Draws, count: int) -> list[CodeFile]:
    """Add files to a part: most from the beginning, some later, and tests for a part of them."""
    things = draws.shuffled(words.THINGS[world.industry])
    pairs = [(thing, part) for part in draws.shuffled(words.PARTS) for thing in things]
    made = [_file(system, module, draws, pairs[number], things) for number in range(count)]
    tests = [_test_of(each, draws) for each in made if draws.chance(0.3)]
    system.files += [*made, *tests]
    return made


def _file(system: System, module: Module, draws: Draws, name: tuple[str, str], things: list[str]) -> CodeFile:
    language = system.language
    joined = (
        words.pascal(*name) if language in ("PHP", "Java") else f"{name[0]}_{name[1]}" if language in ("Python", "Go") else "-".join(name)
    )
    subject = (name[0], *(each for each in things if each != name[0]))[:5]
    late = draws.chance(0.25)
    return CodeFile(
        f"{module.path}/{joined}{DIALECTS[language].ending}", module.name, language, subject, pair(module, draws),
        round(draws.between(35, 150)), draws.pick((1, 2, 2, 3)), draws.between(0.5, 1.6), draws.between(0.25, 0.7) if late else draws.between(0, 0.2),
    )  # fmt: skip


def pair(module: Module, draws: Draws) -> dict[int, float]:
    """Draw the two people who take care of a file; the rest of the team comes by now and then."""
    first, second, *others = draws.shuffled(module.team)
    return {first: SHARES[0], second: SHARES[1], **{each: SHARES[2] / len(others) for each in others}}


def _test_of(file: CodeFile, draws: Draws) -> CodeFile:
    return CodeFile(
        test_path(file), file.module, file.language, file.subject, dict(file.authors), round(draws.between(25, 90)), 1, file.weight * 0.6,
        min(0.95, file.born + 0.02), test=True, covers=file.path,
    )  # fmt: skip


def test_path(file: CodeFile) -> str:
    """Return where the test of a file stands, as the language has it."""
    stem, ending = file.path.rsplit(".", 1)
    inside, name = stem.rsplit("/", 1)
    where = {
        "Python": f"tests/{inside.removeprefix('src/')}/test_{name}.py",
        "Go": f"{stem}_test.go",
        "PHP": f"tests/{inside.removeprefix('src/')}/{name}Test.php",
        "Java": f"{inside.replace('src/main/', 'src/test/')}/{name}Test.java",
    }
    return where.get(file.language, f"{stem}.spec.{ending}")


def begin(industry: str, size: int, seed: int, *, months: int, noise: str, today: date) -> World:
    """Start a world with its name and its dates."""
    draws = Draws("company", industry, size, seed, months, today)
    name = words.company_name(draws.of("name"), industry)
    first = today - timedelta(days=round(months * DAYS_A_MONTH))
    slug = name.lower().replace(" ", "-")
    return World(industry, name, slug, seed, size, first, today, noise, COMPANIES[industry].currency, draws)
