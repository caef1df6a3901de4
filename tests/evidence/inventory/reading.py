"""Read files from memory with the readers of one subject."""

from collections.abc import Iterable, Mapping

from quarterdeck.domain.contents import Component
from quarterdeck.evidence.inventory.source import Readers, Source

Row = tuple[str, str, str, str]


def read(readers: Readers, files: Mapping[str, str], *paths: str) -> list[Component]:
    """Return the components of all files, or of some, each read by the first reader that matches its path."""
    found: list[Component] = []
    for path in paths or sorted(files):
        reader = next((reader for match, reader in readers if match(path)), None)
        if reader:
            found += (each for each in reader(Source(0, "shop", path, files[path], files)) if isinstance(each, Component))
    return found


def rows(components: Iterable[Component], ecosystem: str = "") -> set[Row]:
    """Return (name, version, relation, scope) of the components of an ecosystem."""
    return {(each.name, each.version, each.relation, each.scope) for each in components if ecosystem in ("", each.ecosystem)}
