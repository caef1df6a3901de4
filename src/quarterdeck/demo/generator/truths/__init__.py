"""Write what is true into a world, before anything is emitted: the facts to be found, and what only looks like them."""

from collections.abc import Callable, Collection

from quarterdeck.demo.generator.draws import Draws
from quarterdeck.demo.generator.truths import code, contents, pace, people, practice
from quarterdeck.demo.generator.world import World

Planter = Callable[[World, Draws], None]
PLANTS: tuple[tuple[str, Planter], ...] = (
    ("abandoned_repo", pace.stopped),
    ("throughput_drop", pace.slower),
    ("key_person", people.key_people),
    ("lost_knowledge", people.lost_part),
    ("defect_hotspot", code.defects),
    ("hidden_coupling", code.hidden_ties),
    ("missing_ci", practice.no_build),
    ("practice", practice.gaps),
    ("compiled_program", practice.compiled),
    ("eol_runtime", contents.out_of_support),
    ("unpinned_dependency", contents.no_lock),
    ("secret", contents.live_keys),
    ("secret_in_history", contents.removed_keys),
)
LOOKALIKES: tuple[tuple[str, Planter], ...] = (
    ("finished", pace.finished),
    ("holidays", pace.shut_for_holidays),
    ("moved", pace.moved),
    ("dead tool", people.dead_tool),
    ("pairs", people.worked_in_pairs),
    ("colleague", people.known_by_a_colleague),
    ("generated", code.generated),
    ("ties", code.open_ties),
    ("ways", practice.other_ways),
    ("samples", contents.sample_keys),
    ("example", contents.old_example),
    ("tool", contents.loose_tool),
)


def plant(world: World, wanted: Collection[str] | str) -> None:
    """Plant the kinds that are wanted, and every look-alike."""
    if not world.systems:
        return
    chosen = [name for name, _ in PLANTS] if wanted == "all" else [] if wanted == "none" else list(wanted)
    if "abandoned_repo" not in chosen:
        pace.not_stopped(world, world.draws)
    for name, planter in PLANTS:
        if name in chosen:
            planter(world, world.draws.of("plant", name))
    for name, planter in LOOKALIKES:
        planter(world, world.draws.of("lookalike", name))
