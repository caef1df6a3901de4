"""Who is who in the results of the one run that the tests of pages share, as a real run keeps it."""

import json
from dataclasses import asdict

from django.conf import settings

from quarterdeck.kit.experts import is_present
from quarterdeck.store import departures, snapshots
from quarterdeck.store.book.models import Run
from tests.conftest import AS_OF
from tests.web.conftest import Book, Results

Suggestion = tuple[str, str, str]


def see(book: Book, results: Results, *suggestions: Suggestion) -> None:
    """Let the client's last run know its people with their aliases, days and commits."""
    digest = snapshots.keep(settings.WORKSPACE.client(book.client.pk), with_people(results, *suggestions))
    Run.objects.filter(client=book.client).update(snapshot=digest)


def with_people(results: Results, *suggestions: Suggestion) -> dict[str, str | bytes]:
    """Return the files of the one run together with who was seen in it."""
    ground = departures.read(lambda name: bytes(results.files[name]))  # type: ignore[arg-type]
    texts = dict(ground.history.aliases.select("alias", "text").iter_rows())
    rows = [
        {**asdict(each), "aliases": [texts[alias] for alias in each.aliases], "here": not each.bot and is_present(each, AS_OF)}
        for each in ground.history.people
    ]
    own = {"people.json": json.dumps(rows, default=str), "suggestions.json": json.dumps(suggestions)}
    return results.files | own
