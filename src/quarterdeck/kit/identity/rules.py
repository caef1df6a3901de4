"""The rules that join aliases, each with the reason why it may.

Measured against hidden `.mailmap` files of 24 public repositories; figures and limits are in the method note.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, pairwise

from quarterdeck.kit.identity.names import (
    PLACEHOLDER_MAILBOXES,
    ROLE_MAILBOXES,
    Face,
    account_of,
    contradict,
    shared_words,
    squeeze,
)
from quarterdeck.kit.identity.pool import CHANCE, MAX_NAMES, Link, Pool, groups, is_crowded, is_machine, star, strangers

MAX_WEAK = 30  # more aliases than this at one weak address are not compared
MIN_WORD = 4  # shorter words occur in mailboxes by chance
MIN_HANDLE = 6  # shorter mailbox names are initials and given names
MIN_SURNAME_LOGIN = 5  # a surname with one bearer is evidence from fewer letters
UNIX_LOGIN = 8  # old systems cut logins here
LOGIN_SHAPE = re.compile(r"\d|[^\W\d_A-Z][A-Z]")


def by_account(pool: Pool) -> Iterator[Link]:
    """Join private addresses of one forge account, whatever its login."""
    for account, members in groups(pool.faces, lambda f: [account_of(f.alias[1])]):
        if account and strangers(members) <= MAX_NAMES:
            yield from (Link(a, b, "same forge account") for a, b in star(members))


def by_email(pool: Pool) -> Iterator[Link]:
    """Join aliases with one personal address, save slips of configuration."""
    known = (f for f in pool.faces if not f.nowhere and not f.joint)
    for address, members in groups(known, lambda f: [(f.mailbox, f.domain)]):
        if is_weak(address, members):
            yield from by_weak_address(members)
            continue
        slips = [f for f in members if is_slip(f, members, pool)]
        firm = [f for f in members if f not in slips]
        yield from (Link(a, b, "same email") for a, b in star(firm))
        yield from (Link(firm[0], f, "same email, one day only", sure=False) for f in slips if firm)


def is_weak(address: tuple[str, str], members: Sequence[Face]) -> bool:
    """Tell whether an address alone does not prove one owner."""
    role = squeeze(address[0]) in ROLE_MAILBOXES and strangers(members) > 1
    return role or is_machine(address[1]) or is_crowded(members)


def by_weak_address(members: Sequence[Face]) -> Iterator[Link]:
    """Join aliases of a machine or a crowd only if the names are akin too."""
    sure = strangers(members) < 2
    for a, b in combinations(members[:MAX_WEAK], 2):
        yield Link(a, b, "akin names at one address", sure and akin(a, b))


def akin(a: Face, b: Face) -> bool:
    """Tell whether two names share a word or one spells the other."""
    if shared_words(a, b) or (owns_mailbox(a) and owns_mailbox(b)):
        return True
    return bool(name_forms(a) & b.handles or name_forms(b) & a.handles)


def owns_mailbox(face: Face) -> bool:
    """Tell whether a word of the name, or all of it, can be read in the mailbox."""
    mailbox = squeeze(face.mailbox)
    words = {*face.words, "".join(face.words)} - ROLE_MAILBOXES - PLACEHOLDER_MAILBOXES
    return any(len(word) >= MIN_WORD and word in mailbox for word in words)


def is_slip(face: Face, members: Sequence[Face], pool: Pool) -> bool:
    """Tell whether a name strayed for one day to the address of another person."""
    if not (face.full and face.brief and len(pool.names[face.key]) > 1):
        return False
    return any(contradict(face, other) for other in members)


def by_name(pool: Pool) -> Iterator[Link]:
    """Join aliases with one full name, unless the name is common here."""
    full = (f for f in pool.faces if f.full)
    for _, members in groups(full, lambda f: f.spellings):
        common = pool.is_common(members[0])
        rule = "same common name" if common else "same full name"
        yield from (Link(a, b, rule, not common) for a, b in star(members))


def by_initials(pool: Pool) -> Iterator[Link]:
    """Join names that differ in initials only, unless initials disagree."""
    full = [f for f in pool.faces if len(f.core) > 1 and f.full]
    for _, members in groups(full, lambda f: [tuple(sorted(f.core))]):
        distinct = list({f.key: f for f in members}.values())
        agree = nested({frozenset(f.words) - set(f.core) for f in distinct})
        sure = agree and not pool.is_common(members[0])
        yield from (Link(a, b, "same name without initials", sure) for a, b in star(distinct))


def nested(sets: Iterable[frozenset[str]]) -> bool:
    """Tell whether each smaller set lies within each larger one."""
    ranked = sorted(sets, key=len)
    return all(a <= b for a, b in pairwise(ranked))


def by_middle_name(pool: Pool) -> Iterator[Link]:
    """Join a name with its only longer form that has the same ends."""
    short = {tuple(sorted(f.core)): f for f in pool.faces if f.full and len(f.core) == 2}
    long = (f for f in pool.faces if f.full and len(f.core) > 2)
    longer: dict[tuple[str, ...], dict[tuple[str, ...], Face]] = defaultdict(dict)
    for face in long:
        longer[tuple(sorted((face.core[0], face.surname)))][face.key] = face
    for ends in short.keys() & longer.keys():
        variants = list(longer[ends].values())
        sure = one_person([short[ends], *variants]) and not pool.is_common(short[ends], CHANCE / 10)
        yield from (Link(short[ends], f, "same name without middle name", sure) for f in variants)


def one_person(variants: Sequence[Face]) -> bool:
    """Tell whether the names can all be short forms of the longest."""
    letters = {word[0] for word in max(variants, key=lambda f: len(f.core)).core}
    initials = {w for f in variants for w in f.words if len(w) == 1}
    return initials <= letters and nested(frozenset(f.core) for f in variants)


def by_handle(pool: Pool) -> Iterator[Link]:
    """Join aliases with one distinctive login and no contradicting names."""
    for handle, members in groups(pool.faces, lambda f: f.handles):
        owners = [f for f in members if squeeze(f.mailbox) == handle]
        sure = is_distinct(handle, pool) and strangers(members) < 2
        for owner in owners[:1]:
            yield from (Link(owner, f, "same login", sure) for f in members if f is not owner)


def is_distinct(handle: str, pool: Pool) -> bool:
    """Tell whether a login is long and no name that people bear here."""
    return len(handle) >= MIN_HANDLE and handle not in pool.bearers


def by_login_name(pool: Pool) -> Iterator[Link]:
    """Join aliases whose whole name is one word that nobody is called."""
    single = (f for f in pool.faces if not f.full and len(f.words) == 1)
    for word, members in groups(single, lambda f: f.words):
        logins = all(LOGIN_SHAPE.search(f.alias[0]) for f in members)
        sure = logins and is_distinct(word, pool)
        if word in members[0].handles:
            yield from (Link(a, b, "same one-word name", sure) for a, b in star(members))


def by_surname(pool: Pool) -> Iterator[Link]:
    """Join a login made of a surname with the only bearer of the surname."""
    logins: dict[str, list[Face]] = defaultdict(list)
    for face in pool.faces:
        for handle in face.handles if not face.full else ():
            logins[handle].append(face)
    spelled = defaultdict(list)
    for bearer in pool.sole_bearers:
        for login in surname_logins(bearer):
            spelled[login].append(bearer)
    for login, bearers in spelled.items():
        sure = len(login) >= MIN_SURNAME_LOGIN and len(bearers) == 1
        yield from (Link(a, b, "login spells the surname", sure) for a in bearers for b in logins.get(login, ()))


def surname_logins(face: Face) -> set[str]:
    """Give the logins made of the surname, whole or cut by an old system."""
    initialled = face.words[0][0] + face.surname
    return {login[:cut] for login in (face.surname, initialled) for cut in (None, UNIX_LOGIN)}


def by_short_name(pool: Pool) -> Iterator[Link]:
    """Ask about a given name and its short form before one surname."""
    firsts: dict[str, dict[str, Face]] = defaultdict(dict)
    for face in pool.faces:
        if face.full and len(face.words[0]) > 2:
            firsts[face.surname].setdefault(face.words[0], face)
    for own in firsts.values():
        for (a, x), (b, y) in pairwise(sorted(own.items())):
            if b.startswith(a):
                yield Link(x, y, "short given name", sure=False)


def by_spelled_name(pool: Pool) -> Iterator[Link]:
    """Join a login with the only full name that it spells out."""
    spelled: dict[str, dict[tuple[str, ...], Face]] = defaultdict(dict)
    for face in pool.faces:
        for form in name_forms(face) if face.full else ():
            spelled[form][face.key] = face
    for face in pool.faces:
        for handle in face.handles if not face.full else ():
            bearers = list(spelled.get(handle.rstrip("0123456789"), {}).values())
            sure = strangers(bearers) == 1 and not pool.is_common(bearers[0])
            yield from (Link(bearer, face, "login spells the name", sure) for bearer in bearers)


def name_forms(face: Face) -> set[str]:
    """Give the logins that a full name spells without doubt."""
    first, last = face.words[0], face.words[-1]
    forms = {"".join(face.words), first + last, last + first}
    return {form for form in forms if len(form) >= MIN_HANDLE}


RULES = (
    by_account,
    by_email,
    by_name,
    by_initials,
    by_middle_name,
    by_handle,
    by_login_name,
    by_spelled_name,
    by_surname,
    by_short_name,
)
