"""Decide how people are named in a document: in full, by role, or not at all."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Literal

from quarterdeck.domain.report import NamedPerson, Report
from quarterdeck.domain.text import resolve

Names = Literal["full", "roles", "hidden"]
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+|[\w.+-]+@[\w.-]+")
_WORD = re.compile(r"\w[\w'’-]*")


class Namer:
    """Puts names or labels in place of the marks that texts carry for people."""

    def __init__(self, people: Sequence[NamedPerson], names: Names) -> None:
        """Take the people of a report and the policy for this document."""
        self.names = names
        self.people = {person.id: person for person in people}

    def shown(self, text: str, *, continuity: bool = False) -> str:
        """Return a text as this document prints it; the continuity page may name people where roles are the rule."""
        named = self.names == "full" or (self.names == "roles" and continuity)
        said = resolve(text, self._name if named else self._label)
        return self.scrubbed(said) if self.names == "hidden" else said

    def _name(self, person: str) -> str:
        return self.people[person].name if person in self.people else "somebody"

    def _label(self, person: str) -> str:
        return self.people[person].label if person in self.people else "somebody"

    @cached_property
    def _first_words(self) -> dict[str, list[tuple[str, str]]]:
        """Index every name by its first word, longest first, so that scrubbing is one pass over the words of a text."""
        index: dict[str, list[tuple[str, str]]] = {}
        for person in self.people.values():
            for name in {*person.names, *_logins(person.addresses)}:
                words = _WORD.findall(name)
                if words and len(name) > 2:
                    index.setdefault(words[0].casefold(), []).append((name.casefold(), person.label))
        return {word: sorted(set(names), key=lambda row: -len(row[0])) for word, names in index.items()}

    def scrubbed(self, text: str) -> str:
        """Replace addresses and the names of people by labels, wherever they stand: paths, branches, tags."""
        text = _ADDRESS.sub("(address)", text)
        out, at, low = [], 0, text.casefold()
        if len(low) != len(text):  # folding changed the length: fall back to the letters as they are
            low = text
        for match in _WORD.finditer(text):
            if match.start() < at:
                continue
            for name, label in self._first_words.get(low[match.start() : match.end()], ()):
                end = match.start() + len(name)
                if low[match.start() : end] == name and not low[end : end + 1].isalnum():
                    out += [text[at : match.start()], label]
                    at = end
                    break
        return "".join((*out, text[at:]))


def _logins(addresses: Sequence[str]) -> set[str]:
    """Return mailbox names that read like a login of somebody: six letters or more."""
    boxes = (address.partition("@")[0].rpartition("+")[2] for address in addresses)
    return {box for box in boxes if len(box) >= 6 and not box.isdigit()}


def namer(report: Report, names: Names) -> Callable[..., str]:
    """Return the function that a template uses to print a text."""
    return Namer(report.people, names).shown
