"""From what each entry of a lockfile needs to what brings it in, and for which purpose."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from quarterdeck.domain.contents import Component, Scope

ORDER: Sequence[Scope] = ("runtime", "optional", "peer", "build", "dev", "test", "unknown")  # what runs in production comes first
RANK = {scope: rank for rank, scope in enumerate(ORDER)}
Key = str  # what a lockfile calls an entry: a name, a name with version, a folder
Edges = Mapping[Key, Iterable[Key]]
NONE: Edges = {}


def strongest(scopes: Iterable[Scope]) -> Scope:
    """Return the scope nearest to production."""
    return min(scopes, key=RANK.__getitem__, default="unknown")


def linked(
    nodes: Mapping[Key, Component], needs: Edges, roots: Mapping[Key, Scope], *, wishes: Edges = NONE, complete: bool = True
) -> Iterator[Component]:
    """Yield the entries of a lockfile with their parents, and how they are asked for.

    `needs` leads from an entry to those it brings in, `wishes` to those it can do without; `roots` are asked for directly,
    each in a scope. Where `complete`, the lockfile tells all that was asked for, so that the rest is transitive, and its
    scope the one nearest to production in which it is reached. A scope that the entry has already stays.
    """
    parents = _parents(nodes, needs, wishes)
    scopes = reached(needs, wishes, roots) if complete else {}
    for key, node in nodes.items():
        yield replace(
            node,
            parents=tuple(sorted(parents[key])),
            relation="direct" if key in roots else "transitive" if complete else node.relation,
            scope=scopes.get(key, "unknown") if node.scope == "unknown" else node.scope,
        )


def reached(needs: Edges, wishes: Edges, roots: Mapping[Key, Scope]) -> dict[Key, Scope]:
    """Return the scope nearest to production in which each entry is reached; what production only wishes for is optional."""
    found: dict[Key, Scope] = {}
    for scope in ORDER:
        ahead = [key for key, asked in roots.items() if asked == scope]
        if scope == "optional":
            ahead += [wish for key in found for wish in wishes.get(key, ())]
        while ahead:
            key = ahead.pop()
            if key not in found:
                found[key] = scope
                ahead += needs.get(key, ())
                ahead += wishes.get(key, ()) if scope != "runtime" else ()
    return found


def _parents(nodes: Mapping[Key, Component], *edges: Edges) -> dict[Key, set[str]]:
    """Return the package URLs of those that bring an entry in; another copy of itself is none."""
    parents: dict[Key, set[str]] = defaultdict(set)
    for key, node in nodes.items():
        for other in (other for each in edges for other in each.get(key, ())):
            if other in nodes and nodes[other].purl != node.purl:
                parents[other].add(node.purl)
    return parents
