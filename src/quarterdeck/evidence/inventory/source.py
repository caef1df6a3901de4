"""What a reader of manifests gets and gives."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from quarterdeck.domain.contents import Component
from quarterdeck.domain.evidence import Problem


@dataclass(frozen=True)
class Source:
    """A manifest or lockfile: where it lies, its text, and the other ones of its repository, by path.

    A reader may look at `files` for what one file leaves to another (a parent POM, central package versions); it never
    leaves that mapping. `name` is the repository's name, for problems.
    """

    repository: int
    name: str
    path: str
    text: str
    files: Mapping[str, str]

    @property
    def file(self) -> str:
        """Return the file's own name."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """Return the folder, empty at the top."""
        return self.path.rpartition("/")[0]


Reader = Callable[[Source], Iterator[Component | Problem]]
Readers = tuple[tuple[Callable[[str], object], Reader], ...]  # (does the path match, reader), the first match reads


class Unreadable(ValueError):
    """A file that cannot be read as what its name says; `line` is 1 where the place is not known."""

    def __init__(self, message: str, line: int = 1) -> None:
        """Say what is wrong, and where."""
        super().__init__(message)
        self.line = line
