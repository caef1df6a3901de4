"""The repository's own word on who is who: `.mailmap`, read and written."""

import re
from collections.abc import Iterable, Mapping

_PAIR = re.compile(r"([^<>#]*)<([^<>]*)>")
MOST_LINE = 1_000  # nobody's name is longer, and a longer line would only cost time
Canonical = tuple[str, str]


def parse(text: str) -> dict[tuple[str, str], Canonical]:
    """Return {(commit name lower-cased or empty, commit email lower-cased): (proper name, proper email)}."""
    found: dict[tuple[str, str], Canonical] = {}
    for line in text.splitlines():
        if len(line) > MOST_LINE:
            continue
        pairs = [(name.strip(), email.strip()) for name, email in _PAIR.findall(line.partition("#")[0])]
        if len(pairs) == 1 and pairs[0][0]:
            found["", pairs[0][1].lower()] = pairs[0]
        elif len(pairs) >= 2:
            (name, email), (seen_name, seen_email) = pairs[:2]
            found[seen_name.lower(), seen_email.lower()] = (name, email)
    return found


def canonical(name: str, email: str, mapping: Mapping[tuple[str, str], Canonical]) -> Canonical | None:
    """Return what the map says of an alias: the entry for name and email first, then the one for the email."""
    said = mapping.get((name.lower(), email.lower())) or mapping.get(("", email.lower()))
    return (said[0] or name, said[1]) if said else None


def render(people: Iterable[tuple[Canonical, Iterable[Canonical]]]) -> str:
    """Write a `.mailmap` from (proper alias, other aliases)."""
    lines = [
        f"{name} <{email}> {other} <{address}>"
        for (name, email), others in people
        for other, address in others
        if (other, address) != (name, email)
    ]
    return "".join(f"{line}\n" for line in sorted(lines))
