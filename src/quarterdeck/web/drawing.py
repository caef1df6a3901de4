"""How pages are drawn: templates, words for dates, money and people, and addresses."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from quarterdeck.deliver.words import explained
from quarterdeck.domain.money import Estimate, short_money
from quarterdeck.store.book.models import Client, User
from quarterdeck.store.selectors.seats import Right, Seat, seats, today


def environment(**options: Any) -> Environment:
    """Make the template environment of the pages."""
    options |= {"autoescape": True, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}
    made = Environment(**options)  # noqa: S701 - autoescape is among the options
    made.globals.update(
        url=address,
        static=lambda name: f"{static(name)}?v={settings.ENGINE}",
        messages=get_messages,
        csrf=token_of,
        Right=Right,
        today=today,
        engine=settings.ENGINE,
        sign_on=lambda: settings.OIDC["name"] if settings.OIDC["issuer"] else "",
    )
    made.filters.update(
        day=day, when=when, age=age, money=money, estimate=estimate, explained=lambda text: explained(str(text)), plural=plural
    )
    return made


def token_of(request: HttpRequest) -> str:
    """Return the token that the forms of a page carry; a page with many forms makes it once."""
    made: str = request.META.setdefault("quarterdeck.token", "") or get_token(request)
    request.META["quarterdeck.token"] = made
    return made


def address(name: str, *parts: object, **query: object) -> str:
    """Return the address of a page by its name."""
    from urllib.parse import urlencode  # noqa: PLC0415 - only where a query is asked for

    given = {key: value for key, value in query.items() if value not in (None, "")}
    return reverse(name, args=parts) + (f"?{urlencode(given)}" if given else "")


def day(value: date | datetime | str | None) -> str:
    """Return a day as 14 Mar 2027."""
    if not value:
        return ""
    if isinstance(value, str):
        value = date.fromisoformat(value[:10])
    return f"{value.day} {value:%b %Y}"


def when(value: date | None) -> str:
    """Return how far a day is: today, in 9 days, 3 days ago."""
    if value is None:
        return "no date"
    away = (value - today()).days
    if not away:
        return "today"
    return f"in {plural(away, 'day')}" if away > 0 else f"{plural(-away, 'day')} ago"


def age(value: datetime | date | None) -> str:
    """Return how long ago something was: just now, 3 h, 12 d."""
    if value is None:
        return "never"
    if not isinstance(value, datetime):
        return f"{(today() - value).days} d"
    seconds = (datetime.now(value.tzinfo) - value).total_seconds()
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size:.0f} {unit}"
    return "just now"


def money(value: float | Decimal | None, currency: str = "USD") -> str:
    """Return an amount as a business page prints it; an unknown amount stays unknown."""
    return "unknown" if value is None else short_money(float(value), currency)


def estimate(value: Mapping[str, Any] | None) -> str:
    """Return a stored estimate as a range in words."""
    if not value:
        return "not estimated"
    return str(Estimate(value["p10"], value["p50"], value["p90"], value["unit"], ""))


def plural(count: int, word: str, words: str = "") -> str:
    """Return a count with its word: 1 day, 2 days."""
    return f"{count:,} {word if count == 1 else words or word + 's'}"


def trusted(fragment: str) -> Markup:
    """Mark a fragment that our own templates made with autoescape."""
    return Markup(fragment)  # noqa: S704 - made by deliver.fragments, never by hand


CLIENT_PAGES: tuple[tuple[str, str, tuple[Right, ...]], ...] = (
    ("bridge", "Bridge", (Right.READ,)),
    ("findings", "Findings", (Right.READ,)),
    ("actions", "Actions", (Right.READ, Right.OWN)),
    ("decisions", "Decisions", (Right.READ,)),
    ("departure", "Departure", (Right.PEOPLE,)),
    ("people", "People", (Right.EDIT,)),
    ("evidence", "Evidence", (Right.EVIDENCE,)),
    ("upload", "Upload", (Right.UPLOAD,)),
    ("advice", "Our advice", (Right.READ,)),
    ("members", "Settings", (Right.SHARE,)),
)


def pages_of(seat: Seat) -> list[tuple[str, str]]:
    """Return the pages of a client's navigation; files are uploaded from the evidence page by whoever sees that one."""
    seen = [(name, title) for name, title, rights in CLIENT_PAGES if any(seat.may(right) for right in rights)]
    return [each for each in seen if each[0] != "upload" or not seat.may(Right.EVIDENCE)]


def draw(request: HttpRequest, template: str, seat: Seat | None = None, *, status: int = 200, **context: Any) -> HttpResponse:
    """Draw a page; inside a client's pages pass the seat, which brings the client's navigation."""
    shown = {"client_pages": pages_of(seat) if seat else [], "title": "", **context}
    if "capture_clients" not in shown:
        shown["capture_clients"] = _clients(request, seat)
    if seat is not None:
        shown["seat"] = seat
    return render(request, template, shown, status=status)


def writable(found: Iterable[Seat]) -> list[Client]:
    """Return the clients that a captured line may go to."""
    return [each.client for each in found if each.may(Right.COMMENT)]


def _clients(request: HttpRequest, seat: Seat | None) -> list[Client]:
    """Return the clients a captured line may go to; inside a client's pages only that one, without a query."""
    if not isinstance(request.user, User):
        return []
    return writable([seat] if seat else seats(request.user))
