"""All aliases together: which names are common, and which addresses belong to nobody in particular."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple, TypeVar

from quarterdeck.kit.identity.names import Alias, Face, contradict, face_of

MAX_EMAILS = 12  # a person with more addresses is more often a chain of strangers
MAX_NAMES = 2  # one change of name is life, three unrelated names are strangers
SHARED_NAMES = 4  # an address seen with so many names belongs to a machine or a team
CHANCE = 0.05  # expected second bearers of a name before the name alone proves nothing
MACHINE_ENDS = (".(none)", ".local", ".localdomain", ".lan", ".home", ".internal", ".box")


Key = TypeVar("Key", bound=Hashable)


def groups(faces: Iterable[Face], keys: Callable[[Face], Iterable[Key]]) -> Iterator[tuple[Key, list[Face]]]:
    """Yield each key that several aliases have in common."""
    found: dict[Key, list[Face]] = defaultdict(list)
    for face in faces:
        for key in keys(face):
            found[key].append(face)
    return ((key, members) for key, members in found.items() if len(members) > 1)


def star(members: Sequence[Face]) -> Iterator[tuple[Face, Face]]:
    """Pair every member with the first."""
    return ((members[0], other) for other in members[1:])


class Link(NamedTuple):
    """Hold one reason to think that two aliases are one person."""

    a: Face
    b: Face
    rule: str
    sure: bool = True


@dataclass(frozen=True)
class Pool:
    """Hold the aliases of one repository and what is usual in it."""

    faces: list[Face]

    @cached_property
    def names(self) -> dict[tuple[str, ...], set[tuple[str, str]]]:
        """Map each full name to the addresses it is used with."""
        found: dict[tuple[str, ...], set[tuple[str, str]]] = defaultdict(set)
        for face in self.faces:
            if face.full:
                found[face.key].add((face.mailbox, face.domain))
        return found

    @cached_property
    def bearers(self) -> dict[str, set[tuple[str, ...]]]:
        """Map each word to the full names that hold it."""
        found: dict[str, set[tuple[str, ...]]] = defaultdict(set)
        for key in self.names:
            for word in key:
                found[word].add(key)
        return found

    @cached_property
    def sole_bearers(self) -> list[Face]:
        """Give one alias of each person who alone bears a surname here."""
        bearers: dict[str, dict[str, Face]] = defaultdict(dict)
        for face in self.faces:
            if face.full:
                bearers[face.surname].setdefault(face.words[0], face)
        firsts = {face.words[0] for face in self.faces if face.full}
        return [f for surname, own in bearers.items() if len(own) == 1 and surname not in firsts for f in own.values()]

    def is_common(self, face: Face, chance: float = CHANCE) -> bool:
        """Tell whether chance alone would give a second bearer of the name."""
        holders = [self.bearers[word] for word in set(face.key)]
        same = len(set.intersection(*holders))
        expected = float(len(self.names))
        for names in holders:
            expected *= (len(names) - same) / len(self.names)
        return expected > chance


def pool_of(aliases: Iterable[Alias]) -> Pool:
    """Read all aliases and mark the addresses that many names share."""
    faces = [face_of(alias) for alias in aliases]
    by_address = list(groups(faces, lambda f: [(f.mailbox, f.domain)]))
    shared = {key for key, members in by_address if is_shared(members)}
    crowded = {key for key, members in by_address if is_crowded(members)}
    return Pool([marked(face, shared, crowded) for face in faces])


def marked(face: Face, shared: set[tuple[str, str]], crowded: set[tuple[str, str]]) -> Face:
    """Note on an alias what is known of its address."""
    address = (face.mailbox, face.domain)
    return replace(face, nowhere=face.nowhere or address in shared, crowded=address in crowded)


def is_shared(members: Sequence[Face]) -> bool:
    """Tell whether one address carries names of several strangers."""
    return strangers(members) > MAX_NAMES or (is_crowded(members) and strangers(members) > 1)


def is_crowded(members: Sequence[Face]) -> bool:
    """Tell whether one address carries more names than a person has."""
    return len({"".join(f.words) for f in members if f.words}) >= SHARED_NAMES


def is_machine(domain: str) -> bool:
    """Tell whether the domain names one computer and no mail service."""
    return "." not in domain or domain.endswith(MACHINE_ENDS) or domain.replace(".", "").isdigit()


def strangers(members: Iterable[Face]) -> int:
    """Count the full names of which no two share a word, up to one too many."""
    kept: list[Face] = []
    for face in members:
        if face.full and all(contradict(face, other) for other in kept):
            kept.append(face)
        if len(kept) > MAX_NAMES:
            break
    return len(kept)
