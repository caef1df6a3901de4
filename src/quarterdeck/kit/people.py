"""Who is who: human decisions first, then the repositories' own `.mailmap`, then cautious rules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b

import polars as pl

from quarterdeck.domain.company import Company, Member
from quarterdeck.domain.records import Person
from quarterdeck.kit import identity, mailmap

MAILBOX_ONLY = 0.95  # an author with so large a share of machine-kept files is a robot in all but name
BOT_MINIMUM = 20
NOBODY = Member(name="")
FAR = 4_102_444_800  # 2100: a calendar day must exist for every commit


@dataclass(frozen=True)
class Identified:
    """People, who owns which alias row, and joins that a person should confirm."""

    people: tuple[Person, ...]
    owner: tuple[int, ...]
    suggestions: tuple[tuple[str, str, str], ...]


def identify(aliases: pl.DataFrame, maps: Sequence[Mapping[tuple[str, str], mailmap.Canonical]], company: Company) -> Identified:
    """Group alias rows (alias, name, email, first, last, commits, chores) into people.

    `chores` counts the commits that touch only lock, data or translation files; it tells robots without a robot's name.
    """
    rows: list[identity.Alias] = aliases.select("name", "email", "first", "last").rows()
    decided = [*_roster_joins(rows, company), *_decided_joins(rows, company), *_mapped_joins(rows, maps)]
    proposal = identity.propose(rows)
    never = _never(rows, company)
    clusters = identity.cluster(rows, proposal.joins, certain=decided, never=never)
    index = {alias: row for row, alias in enumerate(rows)}
    reasons = _reasons([*decided, *proposal.joins])
    facts = aliases.select("first", "last", "commits", "chores").rows()
    groups = sorted(
        (sorted(index[alias] for alias in members) for members in clusters.persons),
        key=lambda g: _debut(g, facts, rows),
    )
    proper = _proper_names(rows, maps)
    people = tuple(_person(group, rows, facts, company, proper, reasons) for group in groups)
    owner = [0] * len(rows)
    for number, group in enumerate(groups):
        for row in group:
            owner[row] = number
    asked = {
        (str_alias(a), str_alias(b), rule)
        for a, b, rule in (*proposal.suggestions, *clusters.refused)
        if owner[index[a]] != owner[index[b]]
    }
    return Identified(people, tuple(owner), tuple(sorted(asked)))


def str_alias(alias: identity.Alias) -> str:
    """Return an alias as git prints one."""
    return f"{alias[0]} <{alias[1]}>"


def day(seconds: int) -> date:
    """Return the UTC day of a time, clamped to what a calendar knows."""
    return datetime.fromtimestamp(max(0, min(seconds, FAR)), UTC).date()


def _debut(group: list[int], facts: list[tuple[int, ...]], rows: list[identity.Alias]) -> tuple[int, str]:
    return min((facts[row][0], str_alias(rows[row])) for row in group)


def _roster_joins(rows: list[identity.Alias], company: Company) -> list[identity.Join]:
    return [join for member in company.roster for join in _chain([r for r in rows if _is_member(r, member)], "company file")]


def _is_member(alias: identity.Alias, member: Member) -> bool:
    known = {each.casefold() for each in (member.name, *member.aliases) if each}
    return bool({alias[0].casefold(), alias[1].casefold(), str_alias(alias).casefold()} & known)


def _decided_joins(rows: list[identity.Alias], company: Company) -> list[identity.Join]:
    said = [Member(name="", aliases=group) for group in company.same_person]
    return [join for member in said for join in _chain([r for r in rows if _is_member(r, member)], "company file")]


def _never(rows: list[identity.Alias], company: Company) -> set[frozenset[identity.Alias]]:
    pairs = [(Member(name=a), Member(name=b)) for a, b in company.not_same_person]
    return {frozenset((x, y)) for a, b in pairs for x in rows if _is_member(x, a) for y in rows if _is_member(y, b)}


def _mapped_joins(rows: list[identity.Alias], maps: Sequence[Mapping[tuple[str, str], mailmap.Canonical]]) -> list[identity.Join]:
    joins: list[identity.Join] = []
    for mapping in maps if any(maps) else ():
        groups: dict[mailmap.Canonical, list[identity.Alias]] = {}
        for alias in rows:
            said = mailmap.canonical(alias[0], alias[1], mapping)
            key = said or (alias[0], alias[1])
            groups.setdefault((key[0].casefold(), key[1].casefold()), []).append(alias)
        joins += [join for group in groups.values() if len(group) > 1 for join in _chain(group, ".mailmap")]
    return joins


def _chain(group: Sequence[identity.Alias], rule: str) -> Iterable[identity.Join]:
    return [(group[0], other, rule) for other in group[1:]]


def _reasons(joins: Iterable[identity.Join]) -> dict[identity.Alias, set[str]]:
    reasons: dict[identity.Alias, set[str]] = {}
    for a, b, rule in joins:
        reasons.setdefault(a, set()).add(rule)
        reasons.setdefault(b, set()).add(rule)
    return reasons


def _proper_names(rows: list[identity.Alias], maps: Sequence[Mapping[tuple[str, str], mailmap.Canonical]]) -> dict[identity.Alias, str]:
    said = ((alias, mailmap.canonical(alias[0], alias[1], mapping)) for mapping in maps for alias in rows if mapping)
    return {alias: found[0] for alias, found in said if found}


def _person(
    group: list[int],
    rows: list[identity.Alias],
    facts: list[tuple[int, ...]],
    company: Company,
    proper: Mapping[identity.Alias, str],
    reasons: Mapping[identity.Alias, set[str]],
) -> Person:
    aliases, own = [rows[row] for row in group], [facts[row] for row in group]
    member = _member_of(aliases, company)
    first = min(zip(own, aliases, strict=True), key=lambda pair: (pair[0][0], str_alias(pair[1])))[1]
    commits = sum(fact[2] for fact in own)
    return Person(
        id="p" + blake2b(str_alias(first).encode("utf-8", "replace"), digest_size=5).hexdigest(),
        name=member.name if member is not NOBODY else _best_name(aliases, own, proper),
        aliases=tuple(group),
        first_day=day(min(fact[0] for fact in own)),
        last_day=day(max(fact[1] for fact in own)),
        commits=commits,
        bot=member is NOBODY and _is_robot(aliases, commits, sum(fact[3] for fact in own)),
        role=member.role,
        start=member.start,
        end=member.end,
        joined_by=_joined_by(aliases, reasons),
    )


def _member_of(aliases: list[identity.Alias], company: Company) -> Member:
    return next((member for member in company.roster if any(_is_member(alias, member) for alias in aliases)), NOBODY)


def _joined_by(aliases: list[identity.Alias], reasons: Mapping[identity.Alias, set[str]]) -> tuple[str, ...]:
    found = set().union(*(reasons.get(alias, set()) for alias in aliases)) if len(aliases) > 1 else set()
    return tuple(sorted(found))


def _is_robot(aliases: list[identity.Alias], commits: int, chores: int) -> bool:
    named = any(identity.is_bot(alias[0], alias[1]) for alias in aliases)
    return named or (commits >= BOT_MINIMUM and chores / commits > MAILBOX_ONLY)


def _best_name(aliases: list[identity.Alias], facts: list[tuple[int, ...]], proper: Mapping[identity.Alias, str]) -> str:
    """Prefer the name the .mailmap gives, then full names over logins, then the one used most."""
    mapped = [proper[alias] for alias in aliases if alias in proper]
    if mapped:
        return max(sorted(set(mapped)), key=mapped.count)
    votes: dict[str, int] = {}
    for alias, fact in zip(aliases, facts, strict=True):
        votes[alias[0]] = votes.get(alias[0], 0) + fact[2]
    best = max(sorted(votes), key=lambda name: (" " in name.strip(), votes[name]))
    return best or aliases[0][1].partition("@")[0] or "(no name)"
