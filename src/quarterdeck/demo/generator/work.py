"""Let people work on a system week by week, from its first day to its last."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from quarterdeck.demo.generator import words
from quarterdeck.demo.generator.code import writing
from quarterdeck.demo.generator.tree import manifests
from quarterdeck.demo.generator.world import CodeFile, Event, Person, System, World

ROBOT = ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com")
HOST = ("GitHub", "noreply@github.com")
MOST_FILES_OF_A_COMMIT = 4
TEST_TOO = 0.4
RENAMES = 2
OTHER_ADDRESS = {"low": 0.06, "mid": 0.15, "high": 0.25}
OTHER_SPELLING = {"low": 0.0, "mid": 0.06, "high": 0.12}
QUIET_YEAR_END, QUIET_AUGUST = 0.12, 0.75
HOT_SHARE = (0.3, 0.4)  # of the fixes fall on a file that carries the defects
FIX = ("Fix {0} {1} when the {2} is missing", "Fix rounding of {1} for {0}", "Fix wrong {1} after a second {0}", "Correct {0} {1}")
CHANGE = (
    "Add {1} to {0}",
    "Show {1} of {0}",
    "Read {1} from {2}",
    "Simplify {0} {1}",
    "Let {2} keep its {1}",
    "Move {1} out of {2}",
    "Speed up {0} list",
)


@dataclass
class Commit:
    """One commit: when, by whom, and which files it writes, deletes and renames."""

    time: int
    offset: int
    person: int | None
    name: str
    email: str
    message: str
    write: dict[str, str | bytes] = field(default_factory=dict)
    delete: tuple[str, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()
    branch: str = ""  # of work that nobody merged


@dataclass
class Work:
    """All commits of a system in order."""

    commits: list[Commit]
    texts: dict[str, str | bytes]
    packages: dict[str, str]


@dataclass(frozen=True)
class _Moment:
    at: int
    kind: str
    event: Event | None = None


def work(world: World, system: System) -> Work:
    """Return the commits of a system."""
    return _Desk(world, system).run()


class _Desk:
    """The state of a system while people work on it."""

    def __init__(self, world: World, system: System) -> None:
        self.world, self.system = world, system
        self.draws = world.draws.of("work", system.name)
        self.packages = manifests.packages(system.language, self.draws.of("packages"))
        self.texts: dict[str, str | bytes] = {}
        self.commits: list[Commit] = []
        self.waiting = sorted((file for file in system.files), key=lambda file: (file.born, file.path))
        self.by_path = {file.path: file for file in system.files}
        self.tests = {writing_path: file for file in system.files if (writing_path := _tested(file))}
        self.hot_share = self.draws.between(*HOT_SHARE)
        self.days = max((system.stop - system.start).days, 1)
        self.left_to_rename = RENAMES

    def run(self) -> Work:
        self._first()
        for moment in sorted(self._moments(), key=lambda each: (each.at, each.kind)):
            {"robot": self._bump, "event": self._happen, "work": self._work}[moment.kind](moment)
        return Work(self.commits, self.texts, self.packages)

    def _moments(self) -> list[_Moment]:
        found = [_Moment(at, "work") for at in self._times()]
        found += [_Moment(self._within(event.at), "event", event) for event in self.system.events]
        if self.system.robot:
            weeks = range(7, (self.world.today - self.system.start).days, 7)
            days = [self.system.start + timedelta(days=week + self.draws.whole(0, 2)) for week in weeks if self.draws.chance(0.4)]
            found += [_Moment(_at(day, self.draws.whole(180, 420)), "robot") for day in days if day < self.world.today]
        return found

    def _within(self, day: date) -> int:
        return _at(day, self.draws.whole(8 * 60, 17 * 60))

    def _times(self) -> list[int]:
        """Draw when people commit: so many each week, on working days mostly."""
        times: list[int] = []
        day = self.system.start + timedelta(days=1)
        while day < self.system.stop:
            mean = self.system.level * _season(day) * self._shift(day)
            for _ in range(self.draws.count(mean, self.system.dispersion)):
                weekday = self.draws.weighted(range(7), (1, 1.1, 1.1, 1, 0.8, 0.08, 0.06))
                at = day + timedelta(days=(weekday - day.weekday()) % 7)
                if at < self.system.stop:
                    times.append(self._within(at) + self.draws.whole(0, 59))
            day += timedelta(days=7)
        return times

    def _shift(self, day: date) -> float:
        factor = 1.0
        for first, last, share in self.system.shifts:
            factor *= share if first <= day <= last else 1.0
        return factor

    def _first(self) -> None:
        """Commit what a new repository begins with."""
        self.texts |= {**self.system.plain, **manifests.files(self.system, self.packages)}
        person = self._present(self.system.modules[0].team, self.system.start)
        self._commit(_at(self.system.start, 9 * 60 + self.draws.whole(0, 50)), person, "First version of the repository", dict(self.texts))

    def _bump(self, moment: _Moment) -> None:
        name = self.draws.pick(sorted(self.packages))
        old = self.packages[name]
        head, _, last = old.rpartition(".")
        self.packages[name] = f"{head}.{int(last) + 1}"
        write: dict[str, str | bytes] = {
            path: text for path, text in manifests.files(self.system, self.packages).items() if self.texts.get(path) != text
        }
        if write:
            self.texts |= write
            message = f"Bump {name} from {old} to {self.packages[name]}"
            self.commits.append(Commit(moment.at, 0, None, *ROBOT, message, write))

    def _happen(self, moment: _Moment) -> None:
        """Change plain files, and the code files tied to them."""
        event = moment.event
        assert event is not None  # noqa: S101 - moments of this kind carry one
        day = _day(moment.at)
        files = [self.by_path[path] for path in event.tied if path in self.by_path]
        team = [number for file in files for number in file.authors] or self.system.modules[0].team
        person = event.author if event.author is not None else self._present(list(dict.fromkeys(team)), day)
        write = {**event.write, **{file.path: self._touch(file, person) for file in files}}
        self.texts = {path: text for path, text in {**self.texts, **write}.items() if path not in event.delete}
        self._commit(moment.at, person, event.message or self._message(files[0], fix=False), write, delete=event.delete)

    def _work(self, moment: _Moment) -> None:
        day, passed = _day(moment.at), (_day(moment.at) - self.system.start).days / self.days
        fix = self.draws.chance(self.system.fix_share)
        file = self._chosen(day, passed, fix=fix)
        if file is None:
            return
        person = self._author(file, day)
        fresh = not file.alive
        files = [file, *self._others(file, person, day)]
        write: dict[str, str | bytes] = {each.path: self._touch(each, person) for each in files}
        message = self._message(file, fix=fix and not fresh)
        if fresh:
            message = f"Add {' '.join(re.split('[_-]', file.path.rpartition('/')[2].split('.')[0]))} to {file.module}"
        self.texts |= write
        self._commit(moment.at, person, self._beside(message, file, person, day), dict(write), renames=self._renamed(file, passed, write))

    def _beside(self, message: str, file: CodeFile, person: int, day: date) -> str:
        """Name whoever sat beside the author."""
        if file.beside is None:
            return message
        others = [number for number in sorted(file.authors) if number != person and self.world.people[number].here(day)]
        mate = self.world.people[file.beside if file.beside != person else (others or [file.beside])[0]]
        return message if self.world.people.index(mate) == person else f"{message}\n\nCo-authored-by: {mate.name} <{mate.email}>"

    def _chosen(self, day: date, passed: float, *, fix: bool) -> CodeFile | None:
        """Choose what is worked on: something new that is due, the file with the defects, or any."""
        if self.waiting and self.waiting[0].born <= passed:
            return self.waiting.pop(0)
        hot = self.by_path.get(self.system.hot)
        if fix and hot and hot.alive and self.draws.chance(self.hot_share):
            return hot
        open_files = [file for file in self.system.files if file.alive and (file.until is None or day <= file.until)]
        return self.draws.weighted(open_files, [file.weight for file in open_files]) if open_files else None

    def _others(self, file: CodeFile, person: int, day: date) -> list[CodeFile]:
        """Choose what is changed along: the test, and files of the part that the author takes care of."""
        test = self.tests.get(file.path)
        found = [test] if test and test.alive and self.draws.chance(TEST_TOO) else []
        near = [
            each for each in self.system.files
            if each.alive and each.module == file.module and each is not file and each not in found
            and each.authors.get(person, 0) >= 0.3 and each.weight >= 0.5 and (each.until is None or day <= each.until)
        ]  # fmt: skip
        count = self.draws.weighted((0, 1, 2, 3), (0.45, 0.3, 0.17, 0.08))
        return [*found, *self.draws.some(near, count)][: MOST_FILES_OF_A_COMMIT - 1]

    def _touch(self, file: CodeFile, person: int) -> str:
        draws = self.draws.of(file.path, file.touched)
        file.touched += 1
        if file.alive:
            writing.change(file, person, draws, amount=draws.whole(1, 6))
        else:
            writing.begin(file, person, draws)
            self.waiting = [each for each in self.waiting if each is not file]
        return writing.text(file)

    def _author(self, file: CodeFile, day: date) -> int:
        there = [(number, share) for number, share in sorted(file.authors.items()) if self.world.people[number].here(day)]
        if there and not (len(there) == 1 and there[0][1] < 0.2):
            return self.draws.weighted([number for number, _ in there], [share for _, share in there])
        return self._present(self.system.modules[0].team, day)

    def _present(self, among: list[int], day: date) -> int:
        there = [number for number in among if self.world.people[number].here(day)]
        return self.draws.pick(there or [number for number in self.world.developers if self.world.people[number].here(day)])

    def _message(self, file: CodeFile, *, fix: bool) -> str:
        pattern = self.draws.pick(FIX if fix else CHANGE)
        text = pattern.format(file.subject[0], self.draws.pick(words.TRAITS), self.draws.pick(file.subject[1:] or file.subject))
        return f"{self.system.name[:3].upper()}-{self.draws.whole(1, 900)} {text}" if self.draws.chance(0.2) else text

    def _renamed(self, file: CodeFile, passed: float, write: dict[str, str | bytes]) -> tuple[tuple[str, str], ...]:
        """Now and then give an ordinary file a new name."""
        plain = not file.test and not file.banner and file.path not in self.tests and file.weight >= 0.5 and file.beside is None
        if not (
            self.left_to_rename and plain and passed > 0.3 and file.touched > 3 and self.system.hot != file.path and self.draws.chance(0.02)
        ):
            return ()
        folder, _, name = file.path.rpartition("/")
        fresh = f"{folder}/{name.replace('.', {'PHP': 'List.', 'Java': 'List.'}.get(file.language, '_list.'), 1)}"
        if fresh in self.by_path:
            return ()
        self.left_to_rename -= 1
        old, file.path = file.path, fresh
        self.by_path[fresh] = self.by_path.pop(old)
        self.texts[fresh] = write[fresh] = self.texts.pop(old)
        write.pop(old, None)
        return ((old, fresh),)

    def _commit(
        self,
        at: int,
        person: int,
        message: str,
        write: dict[str, str | bytes],
        *,
        delete: tuple[str, ...] = (),
        renames: tuple[tuple[str, str], ...] = (),
    ) -> None:
        who = self.world.people[person]
        name, email = self._identity(who)
        self.commits.append(Commit(at, who.offset, person, name, email, message, write, delete, renames))

    def _identity(self, who: Person) -> tuple[str, str]:
        """Choose the name and the address of the day: some machines are set up differently."""
        email = who.second_email if who.second_email and self.draws.chance(OTHER_ADDRESS[self.world.noise]) else who.email
        name = who.second_name if who.second_name and self.draws.chance(OTHER_SPELLING[self.world.noise]) else who.name
        return name, email


def _tested(file: CodeFile) -> str:
    return file.covers if file.test else ""


def _season(day: date) -> float:
    if (day.month, day.day) >= (12, 20) or (day.month, day.day) <= (1, 2):
        return QUIET_YEAR_END
    return QUIET_AUGUST if day.month == 8 else 1.0


def _at(day: date, minute: int) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp()) + 60 * minute


def _day(at: int) -> date:
    return datetime.fromtimestamp(at, UTC).date()
