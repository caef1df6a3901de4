"""Search over everything at the clients one sits at, kind by kind, each within its rights."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path

from django.conf import settings
from django.db.models import Q, QuerySet

from quarterdeck.domain.errors import NotFound
from quarterdeck.store.book.models import Action, Alias, Decision, Kept, Note, Person, Promise, Run, Source
from quarterdeck.store.selectors.results import latest_runs, names_for
from quarterdeck.store.selectors.seats import Right, Seat, with_right
from quarterdeck.store.snapshots import Snapshot

MOST_WORDS, LETTERS = 6, 200
MOST_HITS = 12  # of a kind
KEPT_TEXTS = 512  # snapshots whose findings a process remembers as small texts
EXCERPT = 180


@dataclass(frozen=True)
class Hit:
    """Something that was found: `page` is the name of its page, and `parts` what its address needs."""

    client: str
    title: str
    about: str
    page: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """What was found of one kind; `more` says that there is more than is shown."""

    kind: str
    hits: tuple[Hit, ...]
    more: bool


@dataclass(frozen=True)
class _Text:
    """The little of a finding that a search needs."""

    fingerprint: str
    title: str
    statement: str
    low: str


def words_of(query: str) -> list[str]:
    """Return the words of a query, each of which a hit must contain."""
    return list(dict.fromkeys(query[:LETTERS].split()))[:MOST_WORDS]


def search(seats: Sequence[Seat], query: str) -> list[Group]:
    """Find what contains all words, in at most nine queries however many clients there are."""
    words = words_of(query)
    if not words:
        return []
    kinds: list[tuple[str, Callable[[], Iterable[Hit]]]] = [
        ("Findings", lambda: _findings(with_right(seats, Right.READ), words)),
        ("Actions", lambda: _actions(seats, words)),
        ("Decisions", lambda: _decisions(with_right(seats, Right.READ), words)),
        ("Promises", lambda: _promises(with_right(seats, Right.READ), words)),
        ("Notes", lambda: _notes(with_right(seats, Right.READ), words)),
        ("People", lambda: _people(with_right(seats, Right.PEOPLE), words)),
        ("Sources", lambda: _sources(with_right(seats, Right.EVIDENCE), words)),
    ]
    return [found for kind, find in kinds if (found := group(kind, find())).hits]


def group(kind: str, found: Iterable[Hit]) -> Group:
    """Return the first of what was found of a kind."""
    hits = tuple(found)
    return Group(kind, hits[:MOST_HITS], len(hits) > MOST_HITS)


def _findings(seats: Sequence[Seat], words: Sequence[str]) -> list[Hit]:
    """Look through the findings of the last run of each client; no client crowds out the others."""
    low = [each.casefold() for each in words]
    latest = latest_runs(seats) if seats else {}
    found = [[(seat, text) for text in _matching(seat, latest.get(seat.client.pk), low)[: MOST_HITS + 1]] for seat in seats]
    in_turn = [each for turn in zip_longest(*found) for each in turn if each][: MOST_HITS + 1]
    return [
        Hit(seat.client.name, text.title, excerpt(text.statement, low), "finding", (seat.client.pk, text.fingerprint))
        for seat, text in in_turn
    ]


def _matching(seat: Seat, run: Run | None, low: Sequence[str]) -> list[_Text]:
    if run is None or not run.snapshot:
        return []
    texts, whole = _texts(settings.WORKSPACE.client(seat.client.pk), run.snapshot, names_for(seat))
    if not all(word in whole for word in low):
        return []
    return [each for each in texts if all(word in each.low for word in low)]


@lru_cache(KEPT_TEXTS)
def _texts(root: Path, digest: str, names: str) -> tuple[tuple[_Text, ...], str]:
    """Return the findings of a snapshot as small texts, read once; what a digest names never changes."""
    try:
        rows = json.loads(Snapshot(root, digest).file(f"{names}/list.json"))
    except NotFound:
        return (), ""
    texts = tuple(_Text(key, row["title"], row["statement"], f"{row['title']}\n{row['statement']}".casefold()) for key, row in rows.items())
    return texts, "\n".join(each.low for each in texts)


def excerpt(text: str, low: Sequence[str]) -> str:
    """Return the part of a text around the first word that was looked for."""
    if len(text) <= EXCERPT:
        return text
    at = min((place for word in low if (place := text.casefold().find(word)) >= 0), default=0)
    start = max(0, min(at - EXCERPT // 3, len(text) - EXCERPT))
    return f"{'…' if start else ''}{text[start : start + EXCERPT].strip()}{'…' if start + EXCERPT < len(text) else ''}"


def matches(words: Sequence[str], *columns: str) -> Q:
    """Return the condition that every word stands in one of the columns, upper and lower case alike."""
    wanted = Q()
    for word in words:
        one = Q()
        for column in columns:
            for form in _forms(word):
                one |= Q(**{f"{column}__icontains": form})
        wanted &= one
    return wanted


def _forms(word: str) -> list[str]:
    """Return the spellings to look for: SQLite knows upper and lower case of ASCII letters only."""
    return [word] if word.isascii() else sorted({word, word.lower(), word.upper(), word.capitalize()})


def _rows(kind: type[Kept], seats: Sequence[Seat], wanted: Q) -> QuerySet[Kept]:
    chosen = kind._default_manager.filter(client__in=[each.client.pk for each in seats])
    return chosen.filter(wanted).select_related("client")


def _kept(seats: Sequence[Seat], words: Sequence[str], kind: type[Kept], *columns: str) -> list[Kept]:
    return list(_rows(kind, seats, matches(words, *columns)).order_by("-created_at", "pk")[: MOST_HITS + 1]) if seats else []


def _actions(seats: Sequence[Seat], words: Sequence[str]) -> list[Hit]:
    """Look through actions; a contributor's own alone."""
    read = with_right(seats, Right.READ)
    whole = {each.client.pk for each in read}
    own = [each for each in with_right(seats, Right.OWN) if each.client.pk not in whole and each.person]
    if not (read or own):
        return []
    mine = Q(client__in=list(whole)) | Q(owner__in=[each.person for each in own])
    rows = Action.objects.filter(mine, matches(words, "sentence", "detail"), client__in=[each.client.pk for each in (*read, *own)])
    chosen = rows.select_related("client").only("sentence", "state", "due", "client__name").order_by("-created_at", "pk")[: MOST_HITS + 1]
    return [Hit(row.client.name, row.sentence, row.get_state_display(), "action", (row.client_id, row.pk)) for row in chosen]


def _decisions(seats: Sequence[Seat], words: Sequence[str]) -> list[Hit]:
    rows = _kept(seats, words, Decision, "question", "options", "choice", "reason")
    return [_hit(row, row.question, row.choice, "decision", row.pk) for row in rows if isinstance(row, Decision)]


def _promises(seats: Sequence[Seat], words: Sequence[str]) -> list[Hit]:
    rows = _kept(seats, words, Promise, "sentence", "made_to")
    return [_hit(row, row.sentence, f"to {row.made_to}" if row.made_to else "", "promises") for row in rows if isinstance(row, Promise)]


def _notes(seats: Sequence[Seat], words: Sequence[str]) -> list[Hit]:
    low = [each.casefold() for each in words]
    rows = _kept(seats, words, Note, "text")
    return [_hit(row, excerpt(row.text, low), f"{row.created_at:%d %b %Y}", "notes") for row in rows if isinstance(row, Note)]


def _people(seats: Sequence[Seat], words: Sequence[str]) -> list[Hit]:
    """Look through names, roles and aliases; whoever may not correct people is led to the departure page."""
    if not seats:
        return []
    may_edit = {each.client.pk for each in with_right(seats, Right.EDIT)}
    by_alias = Alias.objects.filter(matches(words, "text"), client__in=[each.client.pk for each in seats]).values("person")
    rows = _rows(Person, seats, matches(words, "name", "role", "team") | Q(pk__in=by_alias)).order_by("name", "pk")[: MOST_HITS + 1]
    return [
        _hit(row, row.name, row.role, "person", row.pk) if row.client_id in may_edit else _hit(row, row.name, row.role, "departure")
        for row in rows
        if isinstance(row, Person)
    ]


def _sources(seats: Sequence[Seat], words: Sequence[str]) -> list[Hit]:
    if not seats:
        return []
    rows = _rows(Source, seats, matches(words, "name", "address") & Q(removed_at=None)).order_by("name", "pk")[: MOST_HITS + 1]
    return [_hit(row, row.name, row.get_kind_display(), "source", row.pk) for row in rows if isinstance(row, Source)]


def _hit(row: Kept, title: str, about: str, page: str, *parts: str) -> Hit:
    return Hit(row.client.name, title, about, page, (row.client_id, *parts))
