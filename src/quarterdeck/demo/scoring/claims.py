"""Turn findings into claims about subjects, named as the truth names them: by address, path and release, never by title."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.findings import Finding, Outcome
from quarterdeck.domain.records import History
from quarterdeck.domain.report import Report
from quarterdeck.domain.text import plain

KIND_OF_CHECK = {
    "people/departure.covered": "key_person",
    "people/knowledge.spread": "key_person",
    "people/knowledge.present": "lost_knowledge",
    "delivery/abandoned_work.active": "abandoned_repo",
    "delivery/throughput_change.fall": "throughput_drop",
    "architecture/hotspots.hot_file": "defect_hotspot",
    "architecture/coupling.hidden": "hidden_coupling",
    "architecture/dependency_health.end_of_life": "eol_runtime",
    "architecture/dependency_health.pinned": "unpinned_dependency",
    "diligence/secrets.in_tree": "secret",
    "diligence/secrets.environment_file": "secret",
    "governance/repository_practice.license": "missing_licence",
    "governance/repository_practice.security_policy": "missing_security_policy",
    "governance/repository_practice.dependency_update_tool": "missing_update_tool",
    "governance/repository_practice.dangerous_workflow": "open_workflow",
    "governance/repository_practice.token_permissions": "loose_token",
    "governance/repository_practice.pinned_dependencies": "moving_action",
    "governance/repository_practice.binary_artifacts": "compiled_program",
}
KINDS = tuple(dict.fromkeys(KIND_OF_CHECK.values()))
WHOLE = ("whole",)  # a truth about the whole company is no truth about one person or part


@dataclass(frozen=True)
class Claim:
    """What a finding says of one subject, under every name the subject has."""

    room: str
    kind: str
    keys: frozenset[str]
    citations: tuple[str, ...]
    urgency: str
    fingerprint: str


class Names:
    """The names behind the ids of a report: repositories, people, files."""

    def __init__(self, report: Report, history: History) -> None:
        """Index a report and its history."""
        self.repositories = {look.key: plain(look.name) for look in report.looks}
        emails = dict(history.aliases.select("alias", "email").iter_rows())
        self.people = {person.id: {emails[alias] for alias in person.aliases if alias in emails} for person in history.people}
        names = [each.name for each in history.repositories]
        rows = history.files.select("repository", "path", "life_key").drop_nulls().iter_rows()
        self.files = {key: (names[repository], path) for repository, path, key in rows}


def claims(report: Report, history: History) -> list[Claim]:
    """Return what a report claims to be wrong, in the kinds that truths are planted in."""
    names = Names(report, history)
    return [claim for finding in report.findings if finding.outcome is Outcome.UNMET for claim in of(finding, names)]


def of(finding: Finding, names: Names) -> list[Claim]:
    """Return the claims of one finding: most make one, a list of places makes one for each place."""
    kind = KIND_OF_CHECK.get(finding.check.id)
    finding = replace(finding, subject=tuple(map(plain, finding.subject)), citations=tuple(map(_plain, finding.citations)))
    if kind is None or (finding.check.id == "people/knowledge.spread" and finding.subject == WHOLE):
        return []
    room = finding.check.id.partition(".")[0]
    maker = _MAKERS.get(kind, _repository)
    return [
        Claim(room, kind, frozenset(keys), tuple(map(written, cited)), finding.urgency.value, finding.fingerprint)
        for keys, cited in maker(finding, names)
    ]


def _plain(citation: Citation) -> Citation:
    return Citation(plain(citation.source), plain(citation.locator))


def written(citation: Citation) -> str:
    """Return a citation as the truth writes it: `repository:locator`."""
    return f"{citation.source}:{citation.locator}"


Made = Iterator[tuple[set[str], tuple[Citation, ...]]]


def _repository(finding: Finding, names: Names) -> Made:
    name = names.repositories.get(finding.repository)
    yield ({f"repo:{name}"} if name else {"company"}), finding.citations


def _person(finding: Finding, names: Names) -> Made:
    kind, value = finding.subject[0], finding.subject[-1]
    if kind == "person":
        yield {f"person:{email}" for email in names.people.get(value, set())}, finding.citations
    elif kind == "part":
        name, _, path = value.rpartition(": ")
        yield {f"part:{name or next(iter(names.repositories.values()))}:{path}"}, finding.citations


def _parts(finding: Finding, _: Names) -> Made:
    yield {key for citation in finding.citations for key in _folders(citation)}, finding.citations


def _folders(citation: Citation) -> Iterator[str]:
    steps = path_of(citation.locator).split("/")
    return (f"part:{citation.source}:{'/'.join(steps[:count])}" for count in range(1, len(steps)))


def path_of(locator: str) -> str:
    """Return the path of a locator, without its line."""
    path, _, line = locator.rpartition(":")
    return path if path and line.replace("-", "").isdigit() else locator


def _file(finding: Finding, names: Names) -> Made:
    found = names.files.get(finding.subject[-1])
    yield ({f"file:{found[0]}:{found[1]}"} if found else set()), finding.citations


def _first_place(finding: Finding, _: Names) -> Made:
    first = finding.citations[0]
    yield {f"file:{first.source}:{path_of(first.locator)}"}, finding.citations


def _pair(finding: Finding, names: Names) -> Made:
    ends = [names.files[key] for key in finding.subject[1:] if key in names.files]
    paths = sorted(path for _, path in ends)
    yield ({f"pair:{ends[0][0]}:{'|'.join(paths)}"} if len(ends) == 2 else set()), finding.citations


def _product(finding: Finding, _: Names) -> Made:
    product = " ".join(finding.subject[1:])
    for name in dict.fromkeys(citation.source for citation in finding.citations):
        yield {f"product:{name}:{product}"}, tuple(each for each in finding.citations if each.source == name)


def _folder(finding: Finding, _: Names) -> Made:
    for citation in finding.citations:
        folder = path_of(citation.locator).rpartition("/")[0] or "."
        yield {f"folder:{citation.source}:{folder}"}, (citation,)


_MAKERS: dict[str, Callable[[Finding, Names], Made]] = {
    "key_person": _person,
    "lost_knowledge": _parts,
    "defect_hotspot": _file,
    "hidden_coupling": _pair,
    "eol_runtime": _product,
    "unpinned_dependency": _folder,
    "secret": _first_place,
}
