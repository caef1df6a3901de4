"""Identities: the rules without the .mailmap, beside the .mailmap."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from itertools import combinations

import polars as pl

from bench.accuracy.evidence import at_commit, day_of, history
from bench.report import Bar, Table, at_least, equal
from bench.setting import Absent, Setting, git
from quarterdeck.domain.records import History
from quarterdeck.kit import identity, mailmap
from quarterdeck.kit.identity.names import is_placeholder

BARRED = "git/git"
BESIDE = ("curl/curl", "numpy/numpy", "owncloud/core", "u-boot/u-boot")  # reported, no bar: their .mailmap files are less complete
RECALL, PRECISION = 0.95, 0.95
Pair = frozenset[tuple[str, str]]
Found = dict[str, float]


def measure(setting: Setting) -> tuple[list[Bar], list[Table], list[str]]:
    """Compare on the repository of the bar and on some more."""
    found: dict[str, Found] = {}
    skipped = []
    for name in (BARRED, *BESIDE):
        try:
            found[name] = compared(setting, name)
        except Absent as reason:
            skipped.append(str(reason))
    columns = ("repository", "aliases", "true pairs", "recall", "precision (both named)", "pairs", "precision (all)", "placeholder joins")
    table = Table("identities with the .mailmap hidden from the rules", columns, tuple(row(name, each) for name, each in found.items()))
    return bars(found[BARRED]) if BARRED in found else [], [table], skipped


def bars(found: Found) -> list[Bar]:
    """Return the bars of the repository that has them."""
    return [
        at_least(f"{BARRED}: recall of identities", found["recall"], RECALL),
        at_least(f"{BARRED}: precision over pairs the .mailmap names", found["precision"], PRECISION),
        equal(f"{BARRED}: joins through a placeholder e-mail", int(found["placeholder"]), 0),
    ]


def row(name: str, found: Found) -> tuple[str, ...]:
    """Return a line of the table."""
    shares = (f"{found['recall']:.3f}", f"{found['precision']:.3f}", f"{int(found['named'])}", f"{found['all']:.3f}")
    return (name, f"{int(found['aliases']):,}", f"{int(found['truth'])}", *shares, str(int(found["placeholder"])))


def compared(setting: Setting, name: str) -> Found:
    """Return recall and precision of the rules on one repository."""

    def work() -> Found:
        place = at_commit(setting, name, "HEAD")
        said = mailmap.parse(git(setting.repository(name), "show", "HEAD:.mailmap"))
        return scored(aliases(history(setting, place, day_of(place))), said)

    return dict(setting.step(f"identities {name}", work))


def aliases(found: History) -> list[identity.Alias]:
    """Return those who wrote commits that HEAD reaches, with the time of their first and last one."""
    rows = (
        found.commits.filter("at_head")
        .group_by("author")
        .agg(pl.col("author_time").min().alias("first"), pl.col("author_time").max().alias("last"))
    )
    table = rows.join(found.aliases, left_on="author", right_on="alias").sort("author")
    return list(table.select("name", "email", "first", "last").iter_rows())


def scored(rows: list[identity.Alias], said: dict[tuple[str, str], mailmap.Canonical]) -> Found:
    """Compare pairs of aliases that the rules join with those that the .mailmap joins."""
    proposal = identity.propose(rows)
    persons = identity.cluster(rows, proposal.joins).persons
    proper = {alias[:2]: mailmap.canonical(alias[0], alias[1], said) or alias[:2] for alias in rows}
    joined = pairs([alias[:2] for alias in group] for group in persons)
    truth = true_pairs(proper)
    named = {pair for pair in joined if all(email.lower() in mentioned(said) for _, email in pair)}
    right = {pair for pair in joined if pair in truth or len({proper[alias] for alias in pair}) == 1}
    return {
        "aliases": len(rows),
        "truth": len(truth),
        "recall": len(joined & truth) / max(1, len(truth)),
        "precision": len(named & right) / max(1, len(named)),
        "named": len(named),
        "all": len(right) / max(1, len(joined)),
        "placeholder": sum(through_placeholder(*join) for join in proposal.joins),
    }


def mentioned(said: dict[tuple[str, str], mailmap.Canonical]) -> set[str]:
    """Return the addresses that a .mailmap names."""
    return {email for _, email in said} | {email.lower() for _, email in said.values()}


def pairs(groups: Iterable[Iterable[tuple[str, str]]]) -> set[Pair]:
    """Return all pairs inside groups."""
    return {frozenset(pair) for group in groups for pair in combinations(group, 2)}


def true_pairs(proper: dict[tuple[str, str], mailmap.Canonical]) -> set[Pair]:
    """Return the pairs with one proper address, those apart that only a placeholder address unites."""
    groups: dict[Hashable, list[tuple[str, str]]] = defaultdict(list)
    for alias, (_, email) in proper.items():
        groups[email.lower()].append(alias)
    return {pair for pair in pairs(groups.values()) if not strangers(pair, proper)}


def strangers(pair: Pair, proper: dict[tuple[str, str], mailmap.Canonical]) -> bool:
    """Tell whether two aliases share nothing but an address that belongs to nobody."""
    meant = {proper[alias] for alias in pair}
    return len({name for name, _ in meant}) > 1 and is_placeholder(next(iter(meant))[1])


def through_placeholder(one: identity.Alias, other: identity.Alias, rule: str) -> bool:
    """Tell whether two aliases were joined by an address that belongs to nobody."""
    return rule.startswith("same email") and (is_placeholder(one[1]) or is_placeholder(other[1]))
