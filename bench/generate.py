"""Generated histories: deterministic, with files, people and folders that grow with the number of commits."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from shutil import rmtree

from bench.setting import say

SEED = 7
COMMITS_PER_FILE, COMMITS_PER_PERSON = 8, 800
RENAME_EVERY, MERGE_EVERY, DELETE_EVERY = 40, 12, 200
LINES, FAN = 30, 20
START, SPAN = 1_200_000_000, 12 * 365 * 86_400
GIVEN = ("Ana", "Bo", "Cai", "Dee", "Eli", "Fay", "Gus", "Hua", "Ida", "Jon", "Kim", "Lou", "Mia", "Ned", "Ola", "Pia")
FIRST, LAST = (
    ("Bar", "Cor", "Dal", "Fen", "Gor", "Hal", "Kel", "Lin", "Mor", "Nor", "Pel", "Ros"),
    ("bach", "den", "field", "gard", "holm", "ley", "man", "sen", "ton", "wick"),
)


@dataclass
class Grown:
    """A history in the making: the files that exist with their versions, and where each lies."""

    total: int
    random: Random = field(default_factory=lambda: Random(SEED))
    paths: dict[int, str] = field(default_factory=dict)
    versions: dict[int, int] = field(default_factory=dict)
    alive: list[int] = field(default_factory=list)
    mark: int = 0

    def people(self) -> int:
        """Return how many people write."""
        return max(3, self.total // COMMITS_PER_PERSON)

    def create(self) -> str:
        """Add a file."""
        number = len(self.paths)
        self.paths[number], self.versions[number] = place(number), 0
        self.alive.append(number)
        return self.write(number)

    def edit(self, number: int) -> str:
        """Change one line of a file."""
        self.versions[number] += 1
        return self.write(number)

    def rename(self, number: int) -> str:
        """Move a file beside itself and change one line of it."""
        old = self.paths[number]
        folder, _, name = old.rpartition("/")
        self.paths[number] = f"{folder}/r{self.versions[number]}_{name}"
        return f"D {old}\n{self.edit(number)}"

    def delete(self) -> str:
        """Take an old file away."""
        number = self.alive.pop(self.random.randrange(len(self.alive)))
        return f"D {self.paths[number]}\n"

    def pick(self) -> int:
        """Choose a living file; older files change more often."""
        return self.alive[int(len(self.alive) * self.random.random() ** 2)]

    def write(self, number: int) -> str:
        """Write a file as its version has it."""
        text = content(number, self.versions[number])
        return f"M 100644 inline {self.paths[number]}\ndata {len(text)}\n{text}\n"


def place(number: int) -> str:
    """Return the path of a file in folders of equal depth and bounded size."""
    folder, rest = divmod(number, FAN)
    outer, inner = divmod(folder, FAN)
    top, middle = divmod(outer, FAN)
    return f"src/p{top:02d}/q{middle:02d}/s{inner:02d}/m{rest:02d}.py"


def content(number: int, version: int) -> str:
    """Return the text of a version: every version changes one line in turn."""
    return "".join(f"value_{line} = {number * 31 + version - (version - line) % LINES}  # module {number}\n" for line in range(LINES))


def person(number: int) -> str:
    """Return an author that no rule takes for another."""
    given = GIVEN[number % len(GIVEN)]
    family = FIRST[number // len(GIVEN) % len(FIRST)] + LAST[number // len(GIVEN) // len(FIRST) % len(LAST)]
    return f"{given} {family} <{given.lower()}.{family.lower()}@example.org>"


def commit(grown: Grown, at: int, body: str, *, branch: str, parents: str) -> str:
    """Return one commit of the stream."""
    grown.mark += 1
    newest = 1 + at * grown.people() // grown.total
    who = person(max(0, newest - 1 - int(grown.random.random() ** 2 * 12)))
    when = START + SPAN * at // grown.total
    message = f"Change {at}"
    return f"commit {branch}\nmark :{grown.mark}\ncommitter {who} {when} +0000\ndata {len(message)}\n{message}\n{parents}{body}\n"


def stream(total: int) -> Iterator[str]:
    """Yield the stream of a history of `total` commits."""
    grown = Grown(total)
    yield commit(grown, 0, "".join(grown.create() for _ in range(10)), branch="refs/heads/main", parents="")
    at = 1
    while at < total:
        step = list(merged(grown, at) if at % MERGE_EVERY == 0 and at + 3 <= total else straight(grown, at))
        yield from step
        at += len(step)


def straight(grown: Grown, at: int) -> Iterator[str]:
    """Yield a commit on the main line."""
    tip = grown.mark
    yield commit(grown, at, body(grown, at), branch="refs/heads/main", parents=f"from :{tip}\n")


def merged(grown: Grown, at: int) -> Iterator[str]:
    """Yield a commit on a side branch, one on the main line, and their merge."""
    tip = grown.mark
    number = grown.pick()
    side = grown.edit(number)
    yield commit(grown, at, side, branch="refs/heads/side", parents=f"from :{tip}\n")
    yield commit(grown, at + 1, grown.create(), branch="refs/heads/main", parents=f"from :{tip}\n")
    yield commit(grown, at + 2, grown.write(number), branch="refs/heads/main", parents=f"from :{tip + 2}\nmerge :{tip + 1}\n")


def body(grown: Grown, at: int) -> str:
    """Return what a commit changes: two edits, and now and then a new, a moved or a deleted file."""
    parts = [grown.create()] if at % COMMITS_PER_FILE == 1 else []
    parts += [grown.edit(number) for number in sorted({grown.pick(), grown.pick()})]
    if at % RENAME_EVERY == 5:
        parts = [grown.rename(grown.pick())]
    return "".join([*parts, grown.delete()] if at % DELETE_EVERY == 7 else parts)


def history(work: Path, total: int) -> Path:
    """Return the bare repository of a generated history, made once."""
    folder = work / "generated" / f"{total}"
    if not (folder / "whole").is_file():
        say(f"generating {total:,} commits")
        rmtree(folder, ignore_errors=True)
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(folder)], check=True)
        fill(folder, total)
        (folder / "whole").write_text("")
    return folder


def fill(folder: Path, total: int) -> None:
    """Import the stream, and pack as a server would."""
    arguments = ["git", "-C", str(folder), "fast-import", "--quiet", "--depth=50"]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, text=True, encoding="ascii") as importer:
        if importer.stdin is None:
            raise ValueError("an importer is always opened with a pipe")
        for text in stream(total):
            importer.stdin.write(text)
        importer.stdin.close()
    if importer.returncode:
        raise RuntimeError(f"git fast-import ended with status {importer.returncode}")
    subprocess.run(["git", "-C", str(folder), "update-ref", "-d", "refs/heads/side"], check=True)
    subprocess.run(["git", "-C", str(folder), "repack", "-adfq", "--depth=50", "--window=10", "--threads=2"], check=True)
