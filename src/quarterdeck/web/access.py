"""Who may open which page: one decorator, one table of rights."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from quarterdeck.store.book.models import User
from quarterdeck.store.selectors.seats import Right, Seat, seat

P = ParamSpec("P")
Seated = Callable[Concatenate[HttpRequest, Seat, P], HttpResponseBase]


def user_of(request: HttpRequest) -> User:
    """Return who asks, on pages that ask for a login."""
    if not isinstance(request.user, User):
        raise TypeError("this page needs a login")
    return request.user


def seated(*rights: Right) -> Callable[[Seated[P]], Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]]:
    """Let a view be opened by those with a seat at the client that has one of the rights.

    Without a login the page asks for one; without a seat it does not exist (404); without the right it refuses (403).
    """

    def decorate(view: Seated[P]) -> Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]:
        @login_required
        @wraps(view)
        def opened(request: HttpRequest, client: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            found = seat(user_of(request), client)
            if not any(found.may(right) for right in rights):
                found.require(rights[0])
            return view(request, found, *args, **kwargs)

        opened.rights = rights  # type: ignore[attr-defined]
        return cast("Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]", opened)

    return decorate
