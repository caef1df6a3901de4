"""Search over all clients, and the glossary."""

import re
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_safe

from quarterdeck.deliver.words import GLOSSARY
from quarterdeck.store.selectors.search import LETTERS, MOST_HITS, Hit, group, search, words_of
from quarterdeck.store.selectors.seats import seats
from quarterdeck.web.access import user_of
from quarterdeck.web.drawing import draw, writable

PLURALS = {"hotspots": "hotspot", "branches": "branch"}


@require_safe
@login_required
def look(request: HttpRequest) -> HttpResponse:
    """Show what contains all words of a query, at the clients one sits at."""
    query = request.GET.get("q", "").replace("\0", " ").strip()[:LETTERS]
    own = seats(user_of(request))
    words = words_of(query)
    told = group("Glossary", _explaining([each.casefold() for each in words])) if words else None
    found = [*search(own, query), *([told] if told and told.hits else [])]
    shown: dict[str, Any] = {"query": query, "words": words, "groups": found, "clients": len(own), "most": MOST_HITS, "anchor": anchor}
    return draw(request, "find/search.html", capture_clients=writable(own), **shown)


@require_safe
@login_required
def terms(request: HttpRequest) -> HttpResponse:
    """Show the glossary, or the terms that contain what was typed."""
    query = request.GET.get("q", "").strip()[:LETTERS]
    low = query.casefold()
    shown = [(anchor(term), term, meaning, low in f"{term} {meaning}".casefold()) for term, meaning in glossary()]
    return draw(request, "find/glossary.html", query=query, terms=shown, found=sum(fits for *_, fits in shown))


def glossary() -> list[tuple[str, str]]:
    """Return the terms with their meanings, in order; a plural stands with its singular."""
    return sorted(((term, meaning) for term, meaning in GLOSSARY.items() if term not in PLURALS), key=lambda each: each[0].casefold())


def _explaining(low: list[str]) -> list[Hit]:
    return [
        Hit("", term, meaning, "glossary", ())
        for term, meaning in glossary()
        if all(word in f"{term} {meaning}".casefold() for word in low)
    ]


def anchor(term: str) -> str:
    """Return a term as the id of an element."""
    return re.sub(r"[^a-z0-9]+", "-", term.casefold())


urlpatterns = [path("search/", look, name="search"), path("glossary/", terms, name="glossary")]
