"""Join author aliases into people from names, mailboxes and dates alone, and tell programs apart."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from quarterdeck.kit.identity.bots import is_bot
from quarterdeck.kit.identity.names import Alias, Face, face_of
from quarterdeck.kit.identity.pool import MAX_EMAILS, MAX_NAMES, Link, pool_of, strangers
from quarterdeck.kit.identity.rules import RULES

Join = tuple[Alias, Alias, str]

__all__ = ["Alias", "Clusters", "Join", "Proposal", "cluster", "is_bot", "propose"]


class Proposal(NamedTuple):
    """Hold the automatic joins and the joins to ask about."""

    joins: list[Join]
    suggestions: list[Join]


class Clusters(NamedTuple):
    """Hold the persons and the joins that a guard refused."""

    persons: list[list[Alias]]
    refused: list[Join]


def propose(aliases: Sequence[Alias]) -> Proposal:
    """Propose joins and suggestions among the people, in an order that depends on nothing else."""
    people = pool_of(sorted(alias for alias in aliases if not is_bot(*alias[:2])))
    found = [link for rule in RULES for link in sorted(rule(people), key=aliases_of)]
    joins = [(k.a.alias, k.b.alias, k.rule) for k in found if k.sure]
    return Proposal(joins, [(k.a.alias, k.b.alias, k.rule) for k in found if not k.sure])


def aliases_of(link: Link) -> tuple[Alias, Alias, str]:
    """Give what orders the links of one rule."""
    return link.a.alias, link.b.alias, link.rule


def cluster(
    aliases: Sequence[Alias],
    joins: Iterable[Join],
    *,
    certain: Iterable[Join] = (),
    never: Collection[frozenset[Alias]] = (),
) -> Clusters:
    """Unite aliases by joins and refuse each join that would break a guard.

    `certain` joins were decided by people and come first, without a guard; `never` holds pairs that people keep apart.
    """
    faces = {alias: face_of(alias) for alias in aliases}
    home = {alias: [face] for alias, face in faces.items()}
    refused = []
    for (a, b, rule), guarded in [*((join, False) for join in certain), *((join, True) for join in joins)]:
        one, other = home[a], home[b]
        if one is other:
            continue
        if kept_apart(one, other, never) or (guarded and breaks_guard(one + other)):
            refused.append((a, b, rule))
            continue
        one.extend(other)
        home.update(dict.fromkeys((face.alias for face in other), one))
    unique = {id(members): members for members in home.values()}
    return Clusters([[face.alias for face in members] for members in unique.values()], refused)


def kept_apart(one: Sequence[Face], other: Sequence[Face], never: Collection[frozenset[Alias]]) -> bool:
    """Tell whether people said that two of these aliases are not one person."""
    return bool(never) and any(frozenset((a.alias, b.alias)) in never for a in one for b in other)


def breaks_guard(members: Sequence[Face]) -> bool:
    """Tell whether a person would get too many addresses or unrelated names."""
    emails = {(f.mailbox, f.domain) for f in members}
    return len(emails) > MAX_EMAILS or strangers(members) > MAX_NAMES
