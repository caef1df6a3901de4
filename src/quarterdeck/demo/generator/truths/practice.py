"""What is true of how the repositories are run: what is missing, what is too open, and what only looks so."""

from dataclasses import dataclass

from quarterdeck.demo.generator.draws import Draws
from quarterdeck.demo.generator.world import Evidence, System, Truth, World

ROOM = "governance/repository_practice"
BUILD = ".github/workflows/build.yml"
COMPILED = (2, 5)  # programs in the tree


@dataclass(frozen=True)
class Gap:
    """A habit that is missing: its kind, its mark on a system, and the text that shows it (none where a file is absent)."""

    kind: str
    mark: str
    path: str = ""
    part: str = ""


GAPS = (
    Gap("missing_licence", "licence"),
    Gap("missing_security_policy", "policy"),
    Gap("missing_update_tool", "updates"),
    Gap("open_workflow", "danger", BUILD, "github.event.pull_request.title"),
    Gap("loose_token", "token", BUILD, "write-all"),
    Gap("moving_action", "actions", BUILD, "uses: "),
)


def gaps(world: World, draws: Draws) -> None:
    """Take a good habit from one or two systems each."""
    running = [each for each in world.systems if each.status == "running"]
    for gap in GAPS:
        for system in draws.some(running, draws.whole(1, 2) if gap.kind.startswith("missing") else 1):
            if "build" not in system.gaps or not gap.path:
                system.gaps.add(gap.mark)
                system.robot = system.robot and gap.mark != "updates"
                world.truths.append(_truth(system, gap))


def no_build(world: World, draws: Draws) -> None:
    """Let a system have no automatic build at all."""
    system = draws.pick([each for each in world.systems if each.status == "running"])
    system.gaps.add("build")
    world.truths.append(Truth("missing_ci", (f"repo:{system.name}",), (ROOM,), system.start, _head(system.name), needs="contents"))


def compiled(world: World, draws: Draws) -> None:
    """Let compiled programs lie in the tree that nobody can read."""
    system = draws.pick([each for each in world.systems if each.status == "running"])
    names = draws.some(("label", "render", "signer", "probe", "agent", "spool"), draws.whole(*COMPILED))
    for name in names:
        body = bytes(draws.whole(0, 255) for _ in range(draws.whole(600, 2400)))
        system.plain[f"bin/{name}"] = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x02\x00\x3e\x00" + body
    world.truths.append(
        Truth("compiled_program", (f"repo:{system.name}",), (ROOM,), system.start, lambda _: [f"{system.name}:bin/{name}" for name in names],
              note=f"{len(names)} programs", needs="contents")
    )  # fmt: skip


def other_ways(world: World, draws: Draws) -> None:
    """Let good habits take another form: another robot, rights given to one job, a notice in place of a public licence."""
    running = [each for each in world.systems if each.status == "running" and not each.gaps & {"updates", "token", "licence", "build"}]
    for number, system in enumerate(draws.some(running, 3)):
        kind, mark, note = (
            ("missing_update_tool", "other updates", "another tool proposes updates"),
            ("loose_token", "job token", "one job may write packages"),
            ("missing_licence", "notice", "a notice of the company's own"),
        )[number]
        system.gaps.add(mark)
        system.robot = system.robot and mark != "other updates"
        world.truths.append(
            Truth(kind, (f"repo:{system.name}",), (ROOM,), None, _head(system.name), decoy=True, note=note, needs="contents")
        )


def _truth(system: System, gap: Gap) -> Truth:
    evidence = _line(system.name, gap) if gap.path else _head(system.name)
    return Truth(gap.kind, (f"repo:{system.name}",), (ROOM,), system.start, evidence, needs="contents")


def _line(system: str, gap: Gap) -> Evidence:
    return lambda written: [written.line(system, gap.path, gap.part)]


def _head(system: str) -> Evidence:
    return lambda written: [written.head(system)]
