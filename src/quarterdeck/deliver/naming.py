"""Decide how people are named in a document: in full, by role, or not at all."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Literal

from quarterdeck.domain.report import NamedPerson
from quarterdeck.domain.text import resolve, unmarked

Names = Literal["full", "roles", "hidden"]
_ADDRESS = re.compile(r"[\w.+%-]+@[\w.-]+")
_WORD = re.compile(r"[^\W_]+")
SHORT = 3  # shorter words are in every path by chance
HIDDEN = "\u2026"


class Namer:
    """Puts names or labels in place of the marks that texts carry for people."""

    def __init__(self, people: Sequence[NamedPerson], names: Names) -> None:
        """Take the people of a report and the policy for this document."""
        self.names = names
        self.people = {person.id: person for person in people}

    def shown(self, text: str, *, continuity: bool = False) -> str:
        """Return a text as this document prints it; the continuity page may name people where roles are the rule."""
        named = self.names == "full" or (self.names == "roles" and continuity)
        return unmarked(resolve(text, self._name if named else self._label), self._foreign)

    def key(self, name: str) -> str:
        """Return a technical name without the ids of people in it, which somebody who knows an address could recognise."""
        for person, about in self.people.items() if self.names == "hidden" else ():
            if person in name:
                return name.replace(person, about.label.lower().replace(" ", "-"))
        return name

    def _name(self, person: str) -> str:
        return self.people[person].name if person in self.people else "somebody"

    def _label(self, person: str) -> str:
        return self.people[person].label if person in self.people else "somebody"

    def _foreign(self, text: str) -> str:
        """Return words of a repository; hidden names take every word with them that somebody is called."""
        if self.names != "hidden":
            return text
        text = _ADDRESS.sub(HIDDEN, text)
        return _WORD.sub(lambda match: HIDDEN if match.group().casefold() in self._called else match.group(), text)

    @cached_property
    def _called(self) -> frozenset[str]:
        """Return every word of three letters or more in a name or an address of a person."""
        texts = (text for person in self.people.values() for text in (*person.names, *(_mailbox(each) for each in person.addresses)))
        words = (word.casefold() for text in texts for word in _WORD.findall(text))
        return frozenset(word for word in words if len(word) >= SHORT and not word.isdigit())


def _mailbox(address: str) -> str:
    return address.partition("@")[0]
