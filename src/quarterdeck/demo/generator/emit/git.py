"""Write a system as a bare git repository through `git fast-import`: equal commits give equal bytes and equal ids."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from quarterdeck.demo.generator.draws import Draws
from quarterdeck.demo.generator.work import HOST, Commit, Work
from quarterdeck.demo.generator.world import System, World

CLEAN = {
    "PATH": os.environ.get("PATH", ""), "HOME": "/nonexistent", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}  # fmt: skip
TOPIC_DAYS, TOPIC_COMMITS = 4, 5
MERGE_AFTER = 20 * 60
DAY = 86_400


@dataclass
class _Stream:
    """What git is fed with: versions of files first, each file's one after the other, then commits."""

    parts: list[bytes] = field(default_factory=list)
    mark: int = 0
    marks: list[tuple[int, Commit | None, int]] = field(default_factory=list)  # of the main line: mark, commit, time
    requests: int = 0


def write(world: World, system: System, work: Work, folder: Path) -> list[tuple[str, int, int | None]]:
    """Write the repository; return the commits of the main line as (id, time, person or nobody)."""
    stream = _Stream()
    blobs = _blobs(stream, work.commits)
    tip = _history(world, system, work, stream, blobs)
    _tags(world, system, stream)
    folder.mkdir(parents=True)
    _git(folder, "init", "-q", "--bare", "--template=", "--initial-branch=main")
    marks = _feed(folder, stream)
    _git(folder, "pack-refs", "--all")
    assert tip  # noqa: S101 - every system has a first commit
    return [(marks[mark], when, commit.person if commit else -1) for mark, commit, when in stream.marks]


def _git(folder: Path, *words: str, feed: bytes | None = None) -> bytes:
    done = subprocess.run(["git", *words], cwd=folder, input=feed, capture_output=True, env=CLEAN, check=True)  # noqa: S603, S607
    return done.stdout


def _feed(folder: Path, stream: _Stream) -> dict[int, str]:
    """Feed the stream to git and read back the ids of the commits."""
    names = folder / "marks"
    _git(folder, "fast-import", "--quiet", "--force", f"--export-marks={names.name}", feed=b"".join(stream.parts))
    rows = [line.split() for line in names.read_text("ascii").splitlines()]
    names.unlink()
    return {int(mark[1:]): commit for mark, commit in rows}


def _blobs(stream: _Stream, commits: Iterable[Commit]) -> dict[str | bytes, int]:
    """Give every version of every file a mark; versions of a file stand together, which packs them well."""
    versions: dict[str, list[str | bytes]] = {}
    for commit in commits:
        for path, text in commit.write.items():
            versions.setdefault(path, []).append(text)
    known: dict[str | bytes, int] = {}
    for path in sorted(versions):
        for text in versions[path]:
            if text not in known:
                stream.mark += 1
                known[text] = stream.mark
                content = text.encode() if isinstance(text, str) else text
                stream.parts.append(b"blob\nmark :%d\ndata %d\n%s\n" % (stream.mark, len(content), content))
    return known


def _history(world: World, system: System, work: Work, stream: _Stream, blobs: dict[str | bytes, int]) -> int:
    draws = world.draws.of("git", system.name)
    tip = 0
    for group in _topics(system, work.commits, draws):
        tip = _landed(world, system, stream, blobs, tip, group, draws=draws)
    return tip


def _topics(system: System, commits: list[Commit], draws: Draws) -> list[list[Commit]]:
    """Group commits into topics where work lands by merge; a robot's commit and the first one stand alone."""
    groups: list[list[Commit]] = []
    room = 0
    for number, commit in enumerate(commits):
        alone = system.habit != "merge" or number == 0 or commit.person is None
        if alone or not room or commit.time - groups[-1][0].time > TOPIC_DAYS * DAY:
            groups.append([commit])
            room = 0 if alone else draws.whole(1, TOPIC_COMMITS) - 1
        else:
            groups[-1].append(commit)
            room -= 1
    return groups


def _landed(
    world: World, system: System, stream: _Stream, blobs: dict[str | bytes, int], tip: int, group: list[Commit], *, draws: Draws
) -> int:
    """Put a topic on the main line, the way of the system; return the new tip."""
    first = group[0]
    if system.habit == "squash" and first.person is not None and tip:
        stream.requests += 1
        subject, _, rest = first.message.partition("\n")
        return _one(stream, blobs, first, tip, message=f"{subject} (#{stream.requests})\n{rest}".rstrip("\n"), committer=HOST)
    if system.habit != "merge" or first.person is None or not tip:
        return _one(stream, blobs, first, tip)
    topic = tip
    for commit in group:
        topic = _one(stream, blobs, commit, topic)
    return _merge(world, stream, blobs, tip, topic, group, draws=draws)


def _one(
    stream: _Stream,
    blobs: dict[str | bytes, int],
    commit: Commit,
    parent: int,
    *,
    message: str = "",
    committer: tuple[str, str] | None = None,
) -> int:
    stream.mark += 1
    stream.marks.append((stream.mark, commit, commit.time))
    stream.parts.append(f"commit refs/heads/main\nmark :{stream.mark}\n{_people(commit, committer)}".encode())
    stream.parts.append(_text(message or commit.message))
    stream.parts.append(f"from :{parent}\n".encode() if parent else b"")
    stream.parts += [f"R {old} {new}\n".encode() for old, new in commit.renames]
    stream.parts += [f"M 100644 :{blobs[text]} {path}\n".encode() for path, text in sorted(commit.write.items())]
    stream.parts += [f"D {path}\n".encode() for path in commit.delete]
    return stream.mark


def _people(commit: Commit, committer: tuple[str, str] | None) -> str:
    sign = "-" if commit.offset < 0 else "+"
    zone = f"{sign}{abs(commit.offset) // 60:02d}{abs(commit.offset) % 60:02d}"
    name, email = committer or (commit.name, commit.email)
    return f"author {commit.name} <{commit.email}> {commit.time} {zone}\ncommitter {name} <{email}> {commit.time} {'+0000' if committer else zone}\n"


def _text(message: str) -> bytes:
    content = message.encode()
    return b"data %d\n%s\n" % (len(content), content)


def _merge(world: World, stream: _Stream, blobs: dict[str | bytes, int], tip: int, topic: int, group: list[Commit], *, draws: Draws) -> int:
    """Merge a topic as the code host does: by somebody of the team, with the files of the topic."""
    stream.requests += 1
    stream.mark += 1
    last = group[-1]
    owner = world.people[draws.pick(sorted({commit.person for commit in group if commit.person is not None}))]
    words = "-".join(group[0].message.split("\n")[0].lower().replace(",", "").split()[:4])
    message = f"Merge pull request #{stream.requests} from {world.slug}/{words}"
    commit = Commit(last.time + MERGE_AFTER, owner.offset, last.person, owner.name, owner.email, message)
    stream.marks.append((stream.mark, None, commit.time))
    stream.parts.append(f"commit refs/heads/main\nmark :{stream.mark}\n{_people(commit, HOST)}".encode())
    stream.parts += [_text(message), f"from :{tip}\nmerge :{topic}\n".encode()]
    stream.parts += _changes(blobs, group)
    return stream.mark


def _changes(blobs: dict[str | bytes, int], group: list[Commit]) -> list[bytes]:
    """Return what a whole topic changes, its commits taken together."""
    parts: list[bytes] = []
    for commit in group:
        parts += [f"R {old} {new}\n".encode() for old, new in commit.renames]
        parts += [f"M 100644 :{blobs[text]} {path}\n".encode() for path, text in sorted(commit.write.items())]
        parts += [f"D {path}\n".encode() for path in commit.delete]
    return parts


def _tags(world: World, system: System, stream: _Stream) -> None:
    """Tag releases on the main line: at a rhythm, or once at the end of a finished system."""
    main = [(mark, when) for mark, commit, when in stream.marks if commit is None or system.habit != "merge"]
    if system.release_every and system.status != "stopped":
        draws, minor, due = world.draws.of("tags", system.name), 0, main[0][1] + system.release_every * DAY
        for mark, when in main:
            if when >= due:
                minor += 1
                _tag(stream, f"v1.{minor}.0", mark, when, world.people[draws.pick(world.developers)].name)
                due = when + (system.release_every + draws.whole(-3, 5)) * DAY
    if system.last_tag:
        _tag(stream, system.last_tag, main[-1][0], main[-1][1] + 3600, world.people[world.developers[0]].name)


def _tag(stream: _Stream, name: str, mark: int, when: int, who: str) -> None:
    stream.parts.append(
        f"tag {name}\nfrom :{mark}\ntagger {who} <release@mail.example.com> {when} +0000\n".encode() + _text(f"Release {name}")
    )
