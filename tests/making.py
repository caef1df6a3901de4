"""Make small git repositories quickly and always alike, through `git fast-import`."""

import os
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

PEOPLE = {
    "ada": ("Ada Lovelace", "ada@example.com"),
    "bob": ("Bob Hopper", "bob@example.com"),
    "cy": ("Cy Turing", "cy@example.com"),
    "dan": ("Dan Ritchie", "dan@example.com"),
    "dependabot": ("dependabot[bot]", "49699333+dependabot[bot]@users.noreply.github.com"),
}
CLEAN = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "LC_ALL": "C.UTF-8",
}


def git(folder: Path, *args: str, feed: bytes | None = None) -> str:
    """Run git in a folder as a user without any configuration."""
    settings = (
        "-c",
        "user.name=Maker",
        "-c",
        "user.email=maker@example.com",
        "-c",
        "init.defaultBranch=main",
        "-c",
        "protocol.file.allow=always",
    )
    done = subprocess.run(["git", *settings, *args], cwd=folder, input=feed, capture_output=True, env=CLEAN, check=True)
    return done.stdout.decode("utf-8", "replace").strip()


def seconds(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC, hour=12).timestamp())


class Maker:
    """Collects commits and writes them in one go."""

    def __init__(self, folder: Path, *init: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        git(folder, "init", "-q", *init)
        self.folder = folder
        self.stream: list[bytes] = []
        self.mark = 0
        self.tips: dict[str, int] = {}

    def commit(
        self,
        who: str | tuple[str, str] = "ada",
        day: str | int = "2026-01-05",
        write: Mapping[str, str | bytes] | None = None,
        *,
        message: str | bytes = "work",
        delete: Iterable[str] = (),
        move: Mapping[str, str] | None = None,
        branch: str = "main",
        merge: Iterable[str] = (),
        start: str | None = None,
        committer: tuple[str, str] | None = None,
    ) -> "Maker":
        """Add a commit; `move` renames paths, `start` names the branch a new branch leaves from."""
        name, email = PEOPLE[who] if isinstance(who, str) else who
        by = committer or (name, email)
        when = seconds(day) if isinstance(day, str) else day
        self.mark += 1
        text = message.encode() if isinstance(message, str) else message
        self.stream.append(f"commit refs/heads/{branch}\nmark :{self.mark}\n".encode())
        self.stream.append(
            f"author {name} <{email}> {when} +0000\ncommitter {by[0]} <{by[1]}> {when} +0000\n".encode("utf-8", "surrogateescape")
        )
        self.stream.append(b"data %d\n%s\n" % (len(text), text))
        if branch not in self.tips and start:
            self.stream.append(f"from :{self.tips[start]}\n".encode())
        self.stream += [f"merge :{self.tips[other]}\n".encode() for other in merge]
        self.stream += [f"R {_quoted(old)} {_quoted(new)}\n".encode("utf-8", "surrogateescape") for old, new in (move or {}).items()]
        self.stream += [f"D {_quoted(path)}\n".encode("utf-8", "surrogateescape") for path in delete]
        for path, content in (write or {}).items():
            data = content.encode() if isinstance(content, str) else content
            head = f"M 100644 inline {_quoted(path)}\n".encode("utf-8", "surrogateescape")
            self.stream.append(head + b"data %d\n%s\n" % (len(data), data))
        self.tips[branch] = self.mark
        return self

    def tag(self, name: str, who: str = "ada", day: str = "2026-01-05", branch: str = "main") -> "Maker":
        author = PEOPLE[who]
        head = f"tag {name}\nfrom :{self.tips[branch]}\ntagger {author[0]} <{author[1]}> {seconds(day)} +0000\n"
        self.stream.append(head.encode() + b"data 3\ntag\n")
        return self

    def done(self) -> Path:
        """Write the commits and return the folder; the index and the work tree stay empty, since nothing reads them."""
        git(self.folder, "fast-import", "--quiet", "--force", feed=b"".join(self.stream))
        self.stream = []
        return self.folder


def _quoted(path: str) -> str:
    marks = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}
    return '"' + "".join(marks.get(char, char) for char in path) + '"'


def code(lines: int, word: str = "step") -> str:
    """Return that many lines of source, nested a little."""
    return "".join(f"{'    ' * (number % 3)}{word}_{number} = {number}\n" for number in range(lines))
