"""The doors: the first user, invitations, one's own account, links for people without one, and whether we are up."""

import gzip
import re
from collections.abc import Mapping
from html import unescape
from typing import Any, Protocol

from allauth.account.utils import perform_login
from django import forms
from django.contrib import messages
from django.contrib.auth import password_validation, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from quarterdeck.domain.errors import Conflict, NotFound, NotPermitted
from quarterdeck.store.book.models import Link, User
from quarterdeck.store.selectors import members
from quarterdeck.store.selectors.results import Names
from quarterdeck.store.services.seating import clients, links
from quarterdeck.web.access import user_of
from quarterdeck.web.drawing import draw, trusted

NAME, ADDRESS = 120, 254
_META = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
REPORT_POLICY = "sandbox allow-scripts allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'none'"
PRINTED_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


class NewUser(forms.Form):
    """Who somebody is, and the password they choose."""

    name = forms.CharField(max_length=NAME, label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"}))
    email = forms.EmailField(max_length=ADDRESS, label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    password = forms.CharField(
        label="Password",
        strip=False,
        max_length=200,
        help_text="At least 10 characters; a sentence is easier to remember than a word.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a password that others guess."""
        given = super().clean() or self.cleaned_data
        if "password" in given:
            about = User(email=given.get("email", ""), name=given.get("name", ""))
            try:
                password_validation.validate_password(given["password"], about)
            except ValidationError as error:
                self.add_error("password", error)
        return given


class FirstUser(NewUser):
    """The first user also names the firm."""

    firm = forms.CharField(max_length=NAME, label="Name of your practice or firm", required=False)
    field_order = ("name", "email", "firm", "password")


class OwnName(forms.Form):
    """What others read instead of an address."""

    name = forms.CharField(max_length=NAME, label="Name", widget=forms.TextInput(attrs={"autocomplete": "name"}))


@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponseBase:
    """Make the first user with the one-time link."""
    clients.setup(token)
    form = FirstUser(request.POST or None)
    if not form.is_valid():
        return draw(request, "entry/setup.html", form=form, status=422 if form.is_bound else 200)
    given = form.cleaned_data
    user = clients.first_user(token, email=given["email"], name=given["name"], password=given["password"], firm_name=given["firm"])
    messages.success(request, "Your account is made. Open your first client.")
    return _signed_in(request, user)


@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """Take a seat: with the account one is signed in to, or with a new one."""
    invited = clients.invitation(token)
    if request.user.is_authenticated:
        return (
            _take_seat(request, token) if request.method == "POST" else draw(request, "entry/invitation.html", invited=invited, form=None)
        )
    form = NewUser(request.POST or None, initial={"email": invited.email})
    if form.is_valid() and (user := _joined(form, token)):
        messages.success(request, f"Welcome to {invited.client}.")
        return _signed_in(request, user)
    return draw(request, "entry/invitation.html", invited=invited, form=form, status=422 if form.is_bound else 200)


def _take_seat(request: HttpRequest, token: str) -> HttpResponse:
    seated = clients.accept(token, user_of(request))
    messages.success(request, f"You have a seat at {seated.client} now.")
    return redirect("week")


def _joined(form: NewUser, token: str) -> User | None:
    """Make the account, or say beside the address why not."""
    given = form.cleaned_data
    try:
        return clients.join(token, email=given["email"], name=given["name"], password=given["password"])
    except (Conflict, NotPermitted) as error:
        form.add_error("email", f"{error.message[:1].upper()}{error.message[1:]}. {error.hint}")
        return None


def _signed_in(request: HttpRequest, user: User) -> HttpResponseBase:
    answer: HttpResponseBase = perform_login(request, user, redirect_url="/")
    return answer


@login_required
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show what belongs to an account, and change its name."""
    user = user_of(request)
    form = OwnName(request.POST or None, initial={"name": user.name})
    if form.is_valid():
        clients.rename(user, form.cleaned_data["name"])
        messages.success(request, "Your name is changed.")
        return redirect("account")
    shown: dict[str, Any] = {"form": form, "tokens": members.own_tokens(user), "archived": members.archived(user), "over": members.is_over}
    return draw(request, "entry/account.html", status=422 if form.is_bound else 200, **shown)


@login_required
@require_POST
def sign_out_elsewhere(request: HttpRequest) -> HttpResponse:
    """End all sessions but this one."""
    user = user_of(request)
    clients.end_sessions(user)
    update_session_auth_hash(request, user)
    messages.success(request, "All other sessions are signed out.")
    return redirect("account")


@login_required
@require_POST
def reopen(request: HttpRequest, client: str) -> HttpResponse:
    """Bring an archived client back."""
    found = clients.reopen(user_of(request), client)
    messages.success(request, f"{found.name} is open again.")
    return redirect("bridge", found.pk)


class Shown(Protocol):
    """Draws what a link leads to."""

    def __call__(self, request: HttpRequest, link: Link, /) -> HttpResponse:
        """Draw the page of a link."""


@csrf_exempt
@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show the one page of a read-only link, as its run left it; without a login and without the session."""
    try:
        link = links.opened(token)
        answer = _drawing_of(link.page)(request, link)
    except NotFound:
        answer = render(request, "entry/over.html", {"message": links.OVER, "hint": links.ASK}, status=404)
    else:
        if request.method == "GET":
            links.viewed(link, request.headers.get("User-Agent", ""))
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer


def _drawing_of(page: str) -> Shown:
    drawings: Mapping[str, Shown] = {links.REPORT: _report, links.PRINTED: _printed, links.BRIDGE: _bridge}
    return drawings.get(page, _practice)


def _report(_request: HttpRequest, link: Link) -> HttpResponse:
    """Show the report under its own policy: its scripts run by their hashes, in a sandbox without our origin or cookies."""
    content = gzip.decompress(links.shown(link).file(f"{link.names}/report.html.gz"))
    answer = HttpResponse(content)
    own = _META.search(content[:8192].decode("utf-8", "replace"))
    answer.headers["Content-Security-Policy"] = f"{unescape(own[1]) if own else PRINTED_POLICY}; {REPORT_POLICY}"
    return answer


def _printed(_request: HttpRequest, link: Link) -> HttpResponse:
    answer = HttpResponse(links.shown(link).file(f"{link.names}/report.pdf"), content_type="application/pdf")
    answer.headers["Content-Disposition"] = 'attachment; filename="report.pdf"'
    answer.headers["Content-Security-Policy"] = PRINTED_POLICY
    return answer


def _bridge(request: HttpRequest, link: Link) -> HttpResponse:
    return render(request, "entry/shared_bridge.html", {"link": link, "summary": links.shown(link).summary(_policy(link))})


def _practice(request: HttpRequest, link: Link) -> HttpResponse:
    snapshot, practice = links.shown(link), link.page.removeprefix(links.PRACTICE)
    summary = snapshot.summary(_policy(link))
    shown = {"link": link, "summary": summary, "fragment": trusted(snapshot.fragment(_policy(link), practice))}
    return render(request, "entry/shared_practice.html", shown | {"specs": snapshot.charts(_policy(link), practice)})


def _policy(link: Link) -> Names:
    return "roles" if link.names == "roles" else "hidden"


@require_GET
def health(_request: HttpRequest) -> HttpResponse:
    """Say whether the book can be read; nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("no database\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")


urlpatterns = [
    path("setup/<str:token>/", setup, name="setup"),
    path("invitation/<str:token>/", invitation, name="invitation"),
    path("account/", account, name="account"),
    path("account/sign-out-elsewhere/", sign_out_elsewhere, name="sign_out_elsewhere"),
    path("account/clients/<slug:client>/reopen/", reopen, name="reopen"),
    path("shared/<str:token>/", shared, name="shared"),
    path("healthz", health, name="health"),
]
