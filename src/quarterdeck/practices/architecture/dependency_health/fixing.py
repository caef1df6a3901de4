"""Checks on how firmly the parts are fixed, and the order in which the work opens the way for the next step."""

from collections.abc import Sequence
from datetime import date

from quarterdeck.domain.company import Company
from quarterdeck.domain.contents import Component
from quarterdeck.domain.documents import Block, Column, Evidence, Figure, Table
from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.findings import Check, Finding, Outcome, Recommendation, Urgency
from quarterdeck.domain.records import History
from quarterdeck.domain.text import foreign, listed, plural
from quarterdeck.kit import citing, costs, rates
from quarterdeck.practices.architecture.dependency_health import pins

PINNED = Check("architecture/dependency_health.pinned", "Does every part that runs have one exact version?", 2)
ONE_MAJOR = Check("architecture/dependency_health.one_major", "Is only one major release of each package asked for in use?")
MAINTAINED = Check("architecture/dependency_health.maintained", "Is no package in use deprecated by its own registry?")
PIN_DAYS, REPLACE_DAYS = (0.1, 0.3, 1.0), (1.0, 3.0, 10.0)  # product defaults, for each system or package
NOT_PRICED = "not priced: that needs what an incident would cost you"
MOST = 20


def several(names: Sequence[str]) -> str:
    """Name up to three, and count the rest."""
    return listed(list(names)) if len(names) <= 3 else f"{', '.join(names[:3])} and {len(names) - 3} more"


def are(count: int) -> str:
    """Return the verb for a count."""
    return "is" if count == 1 else "are"


def place(each: Component) -> str:
    """Return where a component is named."""
    return f"{each.path}:{each.line}"


def cited(history: History, found: Sequence[Component]) -> tuple[Citation, ...]:
    """Cite the places of components, twenty at most."""
    return tuple(dict.fromkeys(citing.cite(history, each.repository, place(each)) for each in found[:MOST]))


def findings(history: History, company: Company, as_of: date) -> tuple[Finding, ...]:
    """Answer the three checks."""
    return (_pinned(history, company), _one_major(history, company), _maintained(history, company, as_of))


def _unknown(history: History, check: Check, statement: str, unlock: str) -> Finding:
    return Finding(check, Outcome.UNKNOWN, ("software",), statement, unlock=unlock, repository=citing.whole_key(history))


def _pinned(history: History, company: Company) -> Finding:
    systems = [each for each in pins.systems(history.contents.components) if each.used]
    moving = pins.moving(history.contents.components)
    if not systems and not moving:
        return _unknown(history, PINNED, "No file names packages or images, so nothing can be said of versions.", "a manifest or lockfile")
    loose = [each for each in systems if not each.locked]
    if not loose and not moving:
        places = cited(history, [each.used[0] for each in systems])
        who = "The one folder that uses packages names" if len(systems) == 1 else f"All {len(systems)} folders that use packages name"
        statement = f"{who} one exact version for each package that runs."
        return Finding(
            PINNED, Outcome.MET, ("software",), statement, urgency=Urgency.FINE, citations=places, repository=citing.whole_key(history)
        )
    return _loose(history, company, loose, moving, len(systems))


def _loose(history: History, company: Company, loose: Sequence[pins.System], moving: Sequence[Component], total: int) -> Finding:
    count = len(loose) + len(moving)
    days = count * rates.draw("dependency.pin", *PIN_DAYS)
    formula = f"{plural(count, 'place')} x PERT(0.1, 0.3, 1) days, product defaults"
    text = " and ".join(_what_is_loose(loose, moving, total))
    return Finding(
        check=PINNED,
        outcome=Outcome.UNMET,
        subject=("software",),
        repository=citing.whole_key(history),
        title=f"{text[:1].upper()}{text[1:]}",
        statement=f"{text[:1].upper()}{text[1:]}: two builds of the same commit may differ, and what runs cannot be known from the files. "
        "For a library that others build with their own versions this is usual.",
        urgency=Urgency.WATCH,
        citations=cited(history, [*(each.loose[0] for each in loose), *moving]),
        exposure_note=NOT_PRICED,
        cost_to_cure=costs.price(days, company, formula),
        confidence="read from files",
        recommendation=Recommendation(
            "Commit a lockfile for each system that is deployed, and name images by version or digest",
            "developer",
            costs.effort(days, formula),
            "every system has exact versions",
        ),
    )


def _what_is_loose(loose: Sequence[pins.System], moving: Sequence[Component], total: int) -> list[str]:
    """Say in words what has no exact version."""
    parts = []
    if loose:
        packages = plural(sum(len(each.loose) for each in loose), "package")
        who = (
            "the one folder that uses packages leaves"
            if total == 1
            else f"{len(loose)} of {total} folders that use packages {'leaves' if len(loose) == 1 else 'leave'}"
        )
        parts.append(f"{who} {packages} without an exact version")
    if moving:
        parts.append(f"{plural(len(moving), 'image or source', 'images or sources')} may change under the same name")
    return parts


def _one_major(history: History, company: Company) -> Finding:
    found = pins.several_majors(history.contents.components)
    direct = [(name, group) for name, group in found if any(each.relation == "direct" for each in group)]
    exact = [each for each in history.contents.components if each.version and each.ecosystem in pins.PACKAGES]
    if not exact:
        return _unknown(history, ONE_MAJOR, "No file names exact versions of packages.", "a lockfile")
    if not direct:
        more = f" {plural(len(found), 'package')} that others bring along {are(len(found))} there more than once." if found else ""
        statement = f"Of no package that is asked for directly do several major releases run at once.{more}"
        return Finding(
            ONE_MAJOR,
            Outcome.MET,
            ("software",),
            statement,
            urgency=Urgency.FINE,
            citations=cited(history, exact[:1]),
            repository=citing.whole_key(history),
        )
    return _many(history, company, direct, len(found))


def _majors(group: Sequence[Component]) -> str:
    return ", ".join(sorted({pins.major(each.version) for each in group}))


def _many(history: History, company: Company, direct: Sequence[tuple[str, list[Component]]], total: int) -> Finding:
    shown = several([f"{name} ({_majors(group)})" for name, group in direct])
    days = len(direct) * rates.draw("dependency.replace", *REPLACE_DAYS)
    formula = f"{plural(len(direct), 'package')} x PERT(1, 3, 10) days, product defaults"
    return Finding(
        check=ONE_MAJOR,
        outcome=Outcome.UNMET,
        subject=("software",),
        repository=citing.whole_key(history),
        title=f"Several major releases run at once of {plural(len(direct), 'package')} asked for directly",
        statement=f"Several major releases of one package run at once: {shown}. With those that other packages bring along, {total} in all.",
        urgency=Urgency.WATCH,
        citations=cited(history, [each for _, group in direct for each in group]),
        exposure_note=NOT_PRICED,
        cost_to_cure=costs.price(days, company, formula),
        recommendation=Recommendation(
            f"Settle on one major release of {direct[0][0]}{' and of the others listed' if len(direct) > 1 else ''}",
            "developer",
            costs.effort(days, formula),
            "one major release of each package asked for directly",
        ),
    )


def _maintained(history: History, company: Company, as_of: date) -> Finding:
    components = history.contents.components
    warned, dated = pins.deprecated(components), pins.dated(components)
    if warned:
        return _warned(history, company, warned)
    aged = pins.old(components, as_of)
    if not dated:
        unlock = "a lockfile that carries release days (uv.lock, composer.lock) or a software inventory from the registry, with --sbom"
        return _unknown(history, MAINTAINED, "Whether the packages are still maintained is not written in the files.", unlock)
    statement = (
        f"No package is marked deprecated. Release days are known for {plural(len(dated), 'package')}; "
        f"{plural(len(aged), 'release')} in use {are(len(aged))} more than three years old."
    )
    if aged:
        return _unknown(
            history, MAINTAINED, statement, f"a look at {several([each.name for each in aged])}: an old release may be a finished one"
        )
    return Finding(
        MAINTAINED,
        Outcome.MET,
        ("software",),
        statement,
        urgency=Urgency.FINE,
        citations=cited(history, dated[:3]),
        repository=citing.whole_key(history),
    )


def _warned(history: History, company: Company, warned: Sequence[Component]) -> Finding:
    days = len(warned) * rates.draw("dependency.replace", *REPLACE_DAYS)
    formula = f"{plural(len(warned), 'package')} x PERT(1, 3, 10) days, product defaults"
    names = several([each.name for each in warned])
    direct = any(each.relation == "direct" for each in warned)
    return Finding(
        check=MAINTAINED,
        outcome=Outcome.UNMET,
        subject=("software",),
        repository=citing.whole_key(history),
        title=f"{plural(len(warned), 'package')} in use {are(len(warned))} deprecated",
        statement=f"The registry warns about {names}: \u201c{foreign(warned[0].deprecated[:120])}\u201d ({warned[0].name}).",
        urgency=Urgency.PLAN if direct else Urgency.WATCH,
        citations=cited(history, warned),
        exposure_note=NOT_PRICED,
        cost_to_cure=costs.price(days, company, formula),
        recommendation=Recommendation(
            f"Replace {warned[0].name}{' and the others listed' if len(warned) > 1 else ''} by what its authors name instead",
            "developer",
            costs.effort(days, formula),
            "no lockfile carries a deprecation warning",
        ),
    )


def blocks(history: History, evidence: Evidence) -> tuple[Block, ...]:
    """Return the figures and the table on how firmly the parts are fixed."""
    systems = pins.systems(history.contents.components)
    if not systems:
        return ()
    packages = {each.purl for system in systems for each in system.components if each.origin != "path"}
    locked = pins.share_locked(systems)
    using = sum(bool(each.used) for each in systems)
    share = "unknown" if locked is None else f"{round(locked * using)} of {using}"
    return (
        Figure(
            "inventory.packages",
            f"{len(packages):,}",
            f"packages named in {plural(len(systems), 'folder')}; the list is in sbom.cdx.json",
            evidence,
        ),
        Figure("inventory.locked", share, "folders that use packages name an exact version for each", evidence),
        Table(
            "systems",
            "Folders with packages, and how firmly these are fixed",
            (
                Column("Folder"),
                Column("Packages of"),
                Column("Asked for", figures=True),
                Column("Brought along", figures=True),
                Column("For development", figures=True),
                Column("Run without exact version", figures=True),
                Column("Read from"),
            ),
            tuple(_row(history, each) for each in systems),
            evidence,
        ),
    )


def _row(history: History, system: pins.System) -> tuple[str | int, ...]:
    counts = {
        relation: len({each.purl for each in system.components if each.relation == relation and each.origin != "path"})
        for relation in ("direct", "transitive")
    }
    building = len({each.purl for each in system.components if each.scope in ("dev", "test", "build") and each.origin != "path"})
    files = [foreign(path.rpartition("/")[2]) for path in system.files]
    return (
        citing.where(history, system.repository, system.folder or "(top folder)"),
        system.ecosystem,
        counts["direct"],
        counts["transitive"],
        building,
        len(system.loose),
        ", ".join(files[:4]) + (f" and {len(files) - 4} more" if len(files) > 4 else ""),
    )
