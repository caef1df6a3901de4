"""Run the rooms over the evidence and put the report together."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from importlib import import_module
from itertools import chain
from types import ModuleType

from quarterdeck.domain.company import Company
from quarterdeck.domain.documents import About, Answer, Block, Findings, Section
from quarterdeck.domain.evidence import Citation, Problem, Unseen
from quarterdeck.domain.findings import Check, Finding, Outcome, Urgency
from quarterdeck.domain.progress import Progress, silent
from quarterdeck.domain.records import History, Person, Repository
from quarterdeck.domain.report import FrontPage, Look, NamedPerson, Practice, Report
from quarterdeck.domain.text import foreign, mentioned
from quarterdeck.kit.rates import quoted
from quarterdeck.practices import catalogue
from quarterdeck.usecases import compare, front_page
from quarterdeck.usecases.weakness import counted, weaknesses

LADDER = (Urgency.WATCH, Urgency.PLAN, Urgency.ACT)
STEPS = {"high": 1, "low": -1}
FEW_SILENT = 3  # more people of the roster without a commit are told in one line: a roster holds everybody
PRACTICES = {
    "people": "People",
    "architecture": "Architecture",
    "delivery": "Delivery",
    "governance": "Governance",
    "diligence": "Diligence",
}


@dataclass(frozen=True)
class Room:
    """A room that was found in the catalogue."""

    about: About
    answer: Callable[[History, Company, date], Answer]


def rooms() -> list[Room]:
    """Import the rooms of the catalogue."""
    return [Room(_about(import_module(path)), import_module(f"{path}.assessment").answer) for path in catalogue.ROOMS]


def _about(module: ModuleType) -> About:
    about = module.ABOUT
    if not isinstance(about, About):
        raise TypeError(f"{module.__name__}.ABOUT must be an About")
    return about


def run_room(room: Room, history: History, company: Company, as_of: date) -> Answer:
    """Run one room; an unexpected exception becomes the outcome `error`, and the report goes on."""
    try:
        return room.answer(history, company, as_of)
    except Exception as error:
        check = Check(f"{room.about.id}.run", f"Did {room.about.title.lower()} run?")
        statement = f"This part failed ({type(error).__name__}: {str(error)[:120]}); the others are not affected. Please report it."
        finding = Finding(check, Outcome.ERROR, ("room",), statement)
        return Answer((finding,), (Section(room.about.id, room.about.title, statement, (Findings((finding,)),)),))


def weighed(answer: Answer, history: History, company: Company) -> Answer:
    """Raise the urgency of findings in repositories that the company calls critical, and lower it where they matter little."""
    steps = {repository.key: STEPS.get(company.criticality.get(repository.name, ""), 0) for repository in history.repositories}
    if not any(steps.values()):
        return answer
    changed = {each.fingerprint: replace(each, urgency=_moved(each.urgency, steps.get(each.repository, 0))) for each in answer.findings}

    def shown(block: Block) -> Block:
        return Findings(tuple(changed[each.fingerprint] for each in block.findings)) if isinstance(block, Findings) else block

    sections = tuple(replace(section, blocks=tuple(shown(block) for block in section.blocks)) for section in answer.sections)
    return replace(answer, findings=tuple(changed.values()), sections=sections)


def _moved(urgency: Urgency, step: int) -> Urgency:
    if urgency not in LADDER:
        return urgency
    return LADDER[max(0, min(len(LADDER) - 1, LADDER.index(urgency) + step))]


def assess(
    history: History,
    company: Company,
    *,
    as_of: date,
    engine: str,
    options: Mapping[str, str],
    previous: compare.Run | None = None,
    progress: Progress = silent,
) -> Report:
    """Return the report on a company's repositories, compared with a previous run where there is one."""
    answers = _answers(history, company, as_of, progress)
    found = [answer for _, answer in answers]
    findings = tuple(chain.from_iterable(answer.findings for answer in found))
    weak = (*weaknesses(history, as_of), *chain.from_iterable(answer.weak for answer in found))
    front = front_page.compose(history, company, found, weak, as_of)
    name = company.name or " and ".join(foreign(repository.name) for repository in history.repositories[:2])
    return Report(
        title=f"{'First audit' if previous is None else 'Audit'} of {name}",
        company=name,
        currency=company.currency,
        as_of=as_of,
        front=front,
        compared=compare.compared(_run(history, company, as_of, findings, front), previous),
        practices=_practices(answers),
        not_assessed=catalogue.NOT_YET,
        unseen=(*_unseen(history, company), *chain.from_iterable(answer.unseen for answer in found)),
        findings=findings,
        looks=tuple(map(_look, history.repositories)),
        people=people_of(history, _texts(front, findings)),
        problems=_problems(history, company),
        left_out=history.left_out,
        counted=counted(history),
        rooms=tuple(room.about for room, _ in answers),
        digest=history.digest,
        engine=engine,
        options=options,
        rates=tuple(quoted(rate, as_of) for rate in company.rates.values()),
    )


def _run(history: History, company: Company, as_of: date, findings: tuple[Finding, ...], front: FrontPage) -> compare.Run:
    """Return this run as the comparison needs it."""
    keys = tuple(repository.key for repository in history.repositories)
    return compare.Run(as_of, company.digest, findings, front.facts, repositories=keys, bills=history.bills)


def _answers(history: History, company: Company, as_of: date, progress: Progress) -> list[tuple[Room, Answer]]:
    known = rooms()
    answers = []
    for number, room in enumerate(known):
        progress(room.about.title, number, len(known))
        answers.append((room, weighed(run_room(room, history, company, as_of), history, company)))
    progress("done", len(known), len(known))
    return answers


def _practices(answers: Sequence[tuple[Room, Answer]]) -> tuple[Practice, ...]:
    names = list(dict.fromkeys(room.about.id.partition("/")[0] for room, _ in answers))
    return tuple(
        Practice(
            name,
            PRACTICES[name],
            tuple(s for room, answer in answers if room.about.id.startswith(f"{name}/") for s in answer.sections),
        )
        for name in names
    )


def _look(repository: Repository) -> Look:
    return Look(
        foreign(repository.name),
        repository.key,
        repository.head,
        foreign(repository.head_name),
        repository.commits,
        repository.first_day,
        repository.last_day,
        repository.notes,
    )


def _problems(history: History, company: Company) -> tuple[Problem, ...]:
    found = (
        *history.unread,
        *(problem for repository in history.repositories for problem in repository.problems),
        *_unmatched(history, company),
    )
    return tuple(Problem(Citation(foreign(each.citation.source), foreign(each.citation.locator)), each.message) for each in found)


def _unmatched(history: History, company: Company) -> list[Problem]:
    """Name the rows of the company file that match nothing, so that a slip of the pen is seen; many people are one line."""
    people, names = {person.name for person in history.people}, {repository.name for repository in history.repositories}
    silent = [member.name for member in company.roster if member.name not in people]
    rows = [("repositories", name) for name in company.criticality if name not in names]
    hint = "matches nothing in the history: check the spelling, or add an alias"
    if len(silent) <= FEW_SILENT:
        rows = [*(("roster", name) for name in silent), *rows]
        return [Problem(Citation("company file", f"{table}: {name}"), hint) for table, name in rows]
    told = f"{len(silent)} of {len(company.roster)} people match nothing in the history: {', '.join(silent[:12])}{' and more' if len(silent) > 12 else ''}"
    whole = Problem(
        Citation("company file", "roster"), f"{told}; right for those who write no code, otherwise check the spelling, or add an alias"
    )
    return [whole, *(Problem(Citation("company file", f"{table}: {name}"), hint) for table, name in rows)]


def _texts(front: FrontPage, findings: Sequence[Finding]) -> list[str]:
    """Return the texts that name people, in the order in which a reader meets them."""
    found = [text for finding in findings for text in (finding.title, finding.statement)]
    return [front.answer, *(risk.title for risk in front.risks), front.message, *found]


def people_of(history: History, texts: Sequence[str] = ()) -> tuple[NamedPerson, ...]:
    """Give every person a label that can stand for the name: the role from the roster, or a letter by first mention."""
    rows = history.aliases.select("name", "email").rows()
    order = list(dict.fromkeys(person for text in texts for person in mentioned(text)))
    labels = _labels(history.people, order)
    return tuple(
        NamedPerson(
            person.id,
            person.name,
            label,
            tuple(sorted({rows[alias][1] for alias in person.aliases} - {""})),
            tuple(sorted({rows[alias][0] for alias in person.aliases} | {person.name})),
        )
        for person, label in zip(history.people, labels, strict=True)
    )


def _labels(people: Sequence[Person], mentioned_first: Sequence[str]) -> list[str]:
    """Letter people who share a role, in the order in which the report mentions them, then by first commit."""
    rank = {person: number for number, person in enumerate(mentioned_first)}
    order = sorted(range(len(people)), key=lambda number: (rank.get(people[number].id, len(rank)), number))
    roles = [person.role or ("Robot" if person.bot else "Developer") for person in people]
    shared = Counter(roles)
    given: Counter[str] = Counter()
    labels = [""] * len(people)
    for number in order:
        role = roles[number]
        alone = shared[role] == 1 and bool(people[number].role)
        labels[number] = role if alone else f"{role} {letters(given[role])}"
        given[role] += 1
    return labels


def letters(number: int) -> str:
    """Return a number as letters: A to Z, then AA, AB."""
    return (letters(number // 26 - 1) if number >= 26 else "") + chr(ord("A") + number % 26)


def _unseen(history: History, company: Company) -> tuple[Unseen, ...]:
    """List what was not there to be read, and what it would unlock."""
    found = []
    if not company.given:
        found.append(
            Unseen(
                "company file",
                "complete company.draft.toml and run again with --company",
                "who has left, your rates and currency, what matters most",
            )
        )
    elif not company.roster:
        found.append(Unseen("roster", "add [[roster]] rows to the company file", "who has left, and roles in place of numbers"))
    for repository in history.repositories:
        if repository.shallow_since:
            found.append(
                Unseen(
                    f"history of {foreign(repository.name)} before {repository.shallow_since:%d %b %Y} (shallow clone)",
                    "run `git fetch --unshallow` in it",
                    "who created the files, and everything older",
                )
            )
        if repository.partial:
            found.append(
                Unseen(
                    f"file contents of {foreign(repository.name)} (partial clone)",
                    "clone it whole",
                    "renames with edits, file sizes and nesting",
                )
            )
        found += [
            Unseen(f"submodule {foreign(path)} of {foreign(repository.name)}", "audit its repository too", "the code in it")
            for path, _ in repository.submodules[:5]
        ]
    found.append(
        Unseen("tracker", "export its items (a later version reads them)", "what was promised, what slipped, what escaped to customers")
    )
    return tuple(found)
