"""The nouns of an invented company: people, systems, work, and what is true of it. Files are projections of these."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from quarterdeck.demo.generator.draws import Draws


@dataclass
class Person:
    """Somebody on the payroll or under contract."""

    given: str
    family: str
    email: str
    login: str
    role: str
    team: str
    start: date
    contract: str
    cost: int
    site: str
    offset: int
    end: date | None = None
    lead: str = ""
    develops: bool = False
    second_email: str = ""
    second_name: str = ""

    @property
    def name(self) -> str:
        """Return the full name."""
        return f"{self.given} {self.family}"

    def here(self, day: date) -> bool:
        """Tell whether the person works here on a day."""
        return self.start <= day and (self.end is None or day <= self.end)


@dataclass
class Statement:
    """A piece of code, one line or a few, and who wrote it."""

    lines: list[str]
    author: int


@dataclass
class Block:
    """A function: its first line, its statements and its last line."""

    head: Statement
    body: list[Statement]
    foot: Statement


@dataclass
class CodeFile:
    """A file that people write: how it looks, how busy it is, and who takes care of it with which share."""

    path: str
    module: str
    language: str
    subject: tuple[str, ...]
    authors: dict[int, float]
    size: int
    depth: int = 2
    weight: float = 1.0
    born: float = 0.0  # share of the life of its system that has passed when it appears
    test: bool = False
    covers: str = ""  # the file that a test tries
    header: list[str] = field(default_factory=list)
    footer: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    alive: bool = False
    touched: int = 0
    banner: str = ""
    beside: int | None = None  # somebody who sits beside the author and is named in the commit
    until: date | None = None  # nobody changes it after this day


@dataclass
class Module:
    """A part of a system."""

    name: str
    path: str
    team: list[int]
    weight: float
    taken: bool = False  # something true is told of it already


@dataclass
class Event:
    """A change of plain files at a moment: at a share of the system's life, or on a day."""

    at: date
    message: str
    write: dict[str, str | bytes]
    delete: tuple[str, ...] = ()
    author: int | None = None
    tied: tuple[str, ...] = ()  # code files changed in the same commit


@dataclass
class System:
    """A piece of software with a repository of its own."""

    name: str
    purpose: str
    language: str
    criticality: str
    start: date
    stop: date
    level: float  # commits a week
    habit: str  # how work lands: merge, squash or direct
    modules: list[Module] = field(default_factory=list)
    files: list[CodeFile] = field(default_factory=list)
    plain: dict[str, str | bytes] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    shifts: list[tuple[date, date, float]] = field(default_factory=list)
    dispersion: float = 6.0
    release_every: int = 0
    last_tag: str = ""
    mailmap: bool = False
    robot: bool = True
    status: str = "running"
    runtime: tuple[str, str] = ("", "")
    database: tuple[str, str] = ("", "")
    gaps: set[str] = field(default_factory=set)
    fix_share: float = 0.25
    hot: str = ""
    locks_with: str = ""  # the tool that locks Python's packages
    together: list[tuple[str, str]] = field(default_factory=list)


Evidence = Callable[["Written"], list[str]]


@dataclass
class Truth:
    """Something that is so (or, for a decoy, only looks so): what, where, since when and where one sees it."""

    kind: str
    subjects: tuple[str, ...]
    rooms: tuple[str, ...]
    since: date | None
    evidence: Evidence
    decoy: bool = False
    note: str = ""
    needs: str = "repository"
    measured: Callable[["Written"], str] = lambda _: ""  # a figure for the note, taken from what was written


@dataclass
class Written:
    """What the emitted repositories turned out to be: the final text of files, who wrote each line, and commits."""

    texts: dict[tuple[str, str], str | bytes]
    owners: dict[tuple[str, str], dict[int, int]]
    commits: dict[str, list[tuple[str, int, int | None]]]  # repository: (id, time, person or nobody)

    def line(self, repository: str, path: str, part: str) -> str:
        """Return where a text stands: `repository:path:line`."""
        text = self.texts[repository, path]
        rows = (text if isinstance(text, str) else "").splitlines()
        number = next((number for number, row in enumerate(rows, 1) if part in row), 0)
        return f"{repository}:{path}:{number}" if number else f"{repository}:{path}"

    def share(self, repository: str, folder: str, person: int) -> float:
        """Return the share of today's lines of a folder that a person wrote."""
        own = [count for (name, path), count in self.owners.items() if name == repository and path.startswith(folder)]
        total = sum(sum(count.values()) for count in own)
        return sum(count.get(person, 0) for count in own) / total if total else 0.0

    def last_by_people(self, repository: str) -> str:
        """Return the last commit that no robot made."""
        made = [commit for commit, _, person in self.commits[repository] if person is not None]
        return f"{repository}:commit {made[-1][:10]}"

    def first_after(self, repository: str, moment: int) -> str:
        """Return the first commit at or after a moment."""
        rows = self.commits[repository]
        found = next((commit for commit, time, _ in rows if time >= moment), rows[-1][0])
        return f"{repository}:commit {found[:10]}"

    def head(self, repository: str) -> str:
        """Return the last commit."""
        return f"{repository}:commit {self.commits[repository][-1][0][:10]}"


@dataclass
class World:
    """A company as it is."""

    industry: str
    name: str
    slug: str
    seed: int
    size: int
    first: date
    today: date
    noise: str
    currency: str
    draws: Draws
    people: list[Person] = field(default_factory=list)
    systems: list[System] = field(default_factory=list)
    truths: list[Truth] = field(default_factory=list)

    @property
    def developers(self) -> list[int]:
        """Return the numbers of those who write code."""
        return [number for number, person in enumerate(self.people) if person.develops]

    def system(self, name: str) -> System:
        """Return a system by name."""
        return next(each for each in self.systems if each.name == name)
