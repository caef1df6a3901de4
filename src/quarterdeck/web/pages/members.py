"""The settings of a client: who sits at its table, what is known of it, links, tokens, and the trail."""

import csv
from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from quarterdeck.domain.errors import Conflict, QuarterdeckError
from quarterdeck.store.book.models import Client, Engagement, Invitation, Link, Membership, Person, Role
from quarterdeck.store.selectors import members as read
from quarterdeck.store.selectors.seats import Right, Seat, today
from quarterdeck.store.services import trail
from quarterdeck.store.services.seating import clients, links, tokens
from quarterdeck.web.access import seated
from quarterdeck.web.accounts import forget_once, published, show_once, shown_once
from quarterdeck.web.drawing import draw
from quarterdeck.web.pages import filled

LINES_A_PAGE = 50
CHECKED_AT_ONCE = 2000  # lines; a longer trail is read through when somebody asks
AT_A_TIME = 500
FORMULA = ("=", "+", "-", "@", "\t", "\r")
DAY = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
MOST_PEOPLE = 10_000_000


class Seating(forms.Form):
    """A role, until when, and who of the client's people it is."""

    role = forms.ChoiceField(choices=Role.choices, initial=Role.EXECUTIVE)
    until = forms.DateField(label="Last day", required=False, widget=DAY, help_text="An auditor's seat needs one; others may stay open.")
    person = forms.ChoiceField(
        label="Is this person", required=False, help_text="A contributor sees the actions of the person they are linked to."
    )

    def __init__(self, *given: Any, seat: Seat, **rest: Any) -> None:
        """Offer the client's people."""
        super().__init__(*given, **rest)
        self.fields["person"].choices = read.people(seat)  # type: ignore[attr-defined]


class Inviting(Seating):
    """Whom to invite."""

    email = forms.EmailField(
        label="E-mail address", required=False, max_length=254, help_text="With an address the link works for that address only."
    )
    field_order = ("email", "role", "until", "person")


class AboutClient(forms.ModelForm):  # type: ignore[type-arg]
    """What is known of a client."""

    currency = forms.RegexField(
        r"^[A-Za-z]{3}$", label="Currency", max_length=3, error_messages={"invalid": "Three letters, such as USD or EUR."}
    )
    head_count = forms.IntegerField(label="People in the company", required=False, min_value=1, max_value=MOST_PEOPLE)
    developers = forms.IntegerField(label="Developers among them", required=False, min_value=0, max_value=MOST_PEOPLE)
    revenue = forms.DecimalField(label="Revenue a year", required=False, min_value=0, max_digits=14, decimal_places=2)

    class Meta:
        """Which fields."""

        model = Client
        fields = ("name", "industry", "head_count", "developers", "revenue", "currency", "goals")
        widgets = {"goals": forms.Textarea(attrs={"rows": 4, "maxlength": 5000})}  # noqa: RUF012 - Django reads it once

    def clean_currency(self) -> str:
        """Write the currency as ISO does."""
        return str(self.cleaned_data["currency"]).upper()


class Agreed(forms.ModelForm):  # type: ignore[type-arg]
    """What was agreed with a client."""

    class Meta:
        """Which fields."""

        model = Engagement
        fields = ("model", "stage", "begins", "ends", "hours_per_month", "fee_per_month", "note")
        labels = {"hours_per_month": "Hours a month", "fee_per_month": "Fee a month"}  # noqa: RUF012
        widgets = {"begins": DAY, "ends": DAY, "note": forms.Textarea(attrs={"rows": 3, "maxlength": 5000})}  # noqa: RUF012

    def clean(self) -> dict[str, Any]:
        """Refuse an end before the beginning."""
        given = super().clean() or self.cleaned_data
        if given.get("begins") and given.get("ends") and given["ends"] < given["begins"]:
            self.add_error("ends", "This lies before the first day.")
        return given


class NewLink(forms.Form):
    """A read-only link to make."""

    page = forms.ChoiceField(label="What to show")
    days = forms.IntegerField(label="Days it lasts", min_value=1, max_value=links.LONGEST_DAYS, initial=14)
    names = forms.ChoiceField(
        label="People", choices=[("hidden", "Hidden"), ("roles", "By their role, and by name where it is about who can stand in")]
    )


class NewToken(forms.Form):
    """An API token to make."""

    name = forms.CharField(max_length=80, label="Which program will use it")
    days = forms.IntegerField(label="Days it lasts", min_value=1, max_value=tokens.LONGEST_DAYS, initial=90)


class Sought(forms.Form):
    """Which lines of the trail to show."""

    kind = forms.ChoiceField(label="What", required=False)
    actor = forms.ChoiceField(label="Who", required=False)
    since = forms.DateField(label="From", required=False, widget=DAY)
    until = forms.DateField(label="To", required=False, widget=DAY)

    def __init__(self, *given: Any, seat: Seat, **rest: Any) -> None:
        """Offer the kinds that the trail has, and people to those who may read names."""
        super().__init__(*given, **rest)
        self.fields["kind"].choices = [("", "everything"), *((each, read.KINDS.get(each, each)) for each in read.kinds(seat))]  # type: ignore[attr-defined]
        sits = [(each.user.email, str(each.user)) for each in read.members(seat)] if seat.may(Right.PEOPLE) else []
        self.fields["actor"].choices = [("", "everybody"), *sits]  # type: ignore[attr-defined]

    def wanted(self) -> read.Wanted:
        """Return what was asked for; what cannot be read does not narrow."""
        self.is_valid()
        return read.Wanted(**{name: value for name, value in self.cleaned_data.items() if value})


def tried(form: forms.BaseForm, act: Callable[[], Any]) -> int:
    """Do what a form asks; return 0, or the status to show the form again with and the reason in it."""
    if not form.is_valid():
        return 422
    try:
        act()
    except Conflict as error:
        form.add_error(None, f"{error.message[:1].upper()}{error.message[1:]}. {error.hint}")
        return 409
    except QuarterdeckError as error:
        form.add_error(None, f"{error.message[:1].upper()}{error.message[1:]}. {error.hint}")
        return 422
    return 0


def seen_in(request: HttpRequest) -> int | None:
    """Return the version that the editor looked at."""
    version = request.POST.get("version", "")
    return int(version) if version.isascii() and version.isdigit() and len(version) < 9 else None


@seated(Right.SHARE)
@require_GET
def members(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show who sits here, and who is invited."""
    return _members(request, seat, Inviting(seat=seat))


def _members(request: HttpRequest, seat: Seat, form: Inviting, status: int = 200) -> HttpResponse:
    shown: dict[str, Any] = {
        "key": filled.key(request),
        "sitting": read.members(seat),
        "invited": read.invitations(seat),
        "over": read.is_over,
    }
    answer = draw(request, "members/members.html", seat, status=status, form=form, secret=shown_once(request), **shown)
    return forget_once(request, answer)


@seated(Right.MANAGE)
@require_POST
def invite(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Make an invitation and show its link once."""
    form = Inviting(request.POST, seat=seat)
    made: list[str] = []

    def act() -> None:
        given = form.cleaned_data
        person = _person(seat, given["person"])
        made.append(clients.invite(seat, given["role"], email=given["email"], person=person, until=given["until"], key=filled.key(request)))

    if status := tried(form, act):
        return _members(request, seat, form, status)
    return _once(request, reverse("members", args=[seat.client.pk]), reverse("invitation", args=made))


def _once(request: HttpRequest, page: str, path: str) -> HttpResponse:
    """Go to a page that shows an address of ours once."""
    return show_once(redirect(page), page, published(request.build_absolute_uri(path)))


def _person(seat: Seat, key: str) -> Person | None:
    return seat.one(Person, key) if key else None


@seated(Right.MANAGE)
@require_http_methods(["GET", "POST"])
def member(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Change a seat."""
    sits = seat.one(Membership, key)
    form = Seating(request.POST or None, seat=seat, initial={"role": sits.role, "until": sits.until, "person": sits.person_id or ""})

    def act() -> None:
        given = form.cleaned_data
        person = _person(seat, given["person"])
        clients.change_seat(seat, sits, role=given["role"], until=given["until"], person=person, seen=seen_in(request))

    status = tried(form, act) if form.is_bound else 200
    if status:
        return draw(request, "members/member.html", seat, status=status, form=form, sits=seat.one(Membership, key))
    messages.success(request, f"The seat of {sits.user} is changed.")
    return redirect("members", seat.client.pk)


@seated(Right.MANAGE)
@require_POST
def unseat(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Take a seat away."""
    sits = seat.one(Membership, key)
    clients.unseat(seat, sits)
    messages.success(request, f"{sits.user} has no seat here any more.")
    return redirect("week" if sits.user_id == seat.user.pk else reverse("members", args=[seat.client.pk]))


@seated(Right.MANAGE)
@require_POST
def withdraw(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Take an invitation back."""
    clients.withdraw(seat, seat.one(Invitation, key))
    messages.success(request, "The invitation is withdrawn; its link is over.")
    return redirect("members", seat.client.pk)


@seated(Right.MANAGE)
@require_http_methods(["GET", "POST"])
def client_settings(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Change what is known of the client."""
    form = AboutClient(request.POST or None, instance=Client.objects.get(pk=seat.client.pk))
    status = tried(form, lambda: clients.describe(seat, seen=seen_in(request), **form.cleaned_data)) if form.is_bound else 200
    if status:
        return _settings(request, seat, form, Agreed(instance=clients.engagement(seat)), status)
    messages.success(request, "The client is changed.")
    return redirect("client_settings", seat.client.pk)


@seated(Right.MANAGE)
@require_POST
def engagement(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Change what was agreed with the client."""
    form = Agreed(request.POST, instance=clients.engagement(seat))
    if status := tried(form, lambda: clients.engage(seat, seen=seen_in(request), **form.cleaned_data)):
        return _settings(request, seat, AboutClient(instance=seat.client), form, status)
    messages.success(request, "The engagement is changed.")
    return redirect("client_settings", seat.client.pk)


def _settings(request: HttpRequest, seat: Seat, about: AboutClient, agreed: Agreed, status: int) -> HttpResponse:
    """Draw both forms; where somebody else was quicker, what stands there now is said beside them."""
    stands = {"client": Client.objects.get(pk=seat.client.pk), "engagement": clients.engagement(seat)}
    late = about if about.is_bound else agreed
    current = stands["client" if late is about else "engagement"]
    differs = [(late.fields[name].label or name, getattr(current, name)) for name in late.changed_data] if status == 409 else []
    shown: dict[str, Any] = {"about": about, "agreed": agreed, "stands": stands, "differs": differs}
    return draw(request, "members/client.html", seat, status=status, **shown)


@seated(Right.MANAGE)
@require_POST
def archive(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Put the client away."""
    clients.archive(seat)
    messages.success(request, f"{seat.client.name} is archived. Bring it back from your account page.")
    return redirect("week")


@seated(Right.SHARE)
@require_http_methods(["GET", "POST"])
def shared_links(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show the read-only links, and make one."""
    form = NewLink(request.POST or None)
    try:
        form.fields["page"].choices = links.pages(links.latest(seat))  # type: ignore[attr-defined]
    except Conflict as error:
        form.fields["page"].choices = []  # type: ignore[attr-defined]
        form.fields["page"].help_text = f"{error.message[:1].upper()}{error.message[1:]}. {error.hint}"
    made: list[str] = []
    status = tried(form, lambda: made.append(links.make(seat, **form.cleaned_data, key=filled.key(request)))) if form.is_bound else 200
    if not status:
        return _once(request, request.path, reverse("shared", args=made))
    shown: dict[str, Any] = {"key": filled.key(request), "made": read.links(seat), "over": read.is_over, "secret": shown_once(request)}
    return forget_once(request, draw(request, "members/links.html", seat, status=status, form=form, **shown))


@seated(Right.SHARE)
@require_GET
def link(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Show who opened a link, when and with what."""
    found = seat.one(Link, key)
    return draw(request, "members/link.html", seat, link=found, views=read.views(seat, key), most=read.MOST_VIEWS, over=read.is_over)


@seated(Right.SHARE)
@require_POST
def revoke_link(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """End a link."""
    links.revoke(seat, seat.one(Link, key))
    messages.success(request, "The link is over.")
    return redirect("links", seat.client.pk)


@seated(Right.READ, Right.OWN)
@require_http_methods(["GET", "POST"])
def api_tokens(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show one's own tokens at a client, and make one."""
    form = NewToken(request.POST or None)
    made: list[str] = []
    status = tried(form, lambda: made.append(tokens.make(seat, **form.cleaned_data, key=filled.key(request)))) if form.is_bound else 200
    if not status:
        return show_once(redirect(request.path), request.path, made[0])
    shown: dict[str, Any] = {"key": filled.key(request), "tokens": read.tokens(seat), "over": read.is_over, "secret": shown_once(request)}
    return forget_once(request, draw(request, "members/tokens.html", seat, status=status, form=form, **shown))


@seated(Right.READ, Right.OWN)
@require_POST
def revoke_token(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Take one of one's own tokens away."""
    tokens.revoke(seat, key)
    messages.success(request, "The token is revoked.")
    return redirect("tokens", seat.client.pk)


@seated(Right.EVIDENCE)
@require_GET
def trail_page(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show who changed what, and whether the trail is whole."""
    form = Sought(request.GET, seat=seat)
    page = Paginator(read.events(seat, form.wanted()), LINES_A_PAGE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    length = trail.length(seat.client.pk)
    verdict = trail.verify(seat.client.pk) if length <= CHECKED_AT_ONCE or request.GET.get("check") else None
    shown: dict[str, Any] = {"lines": read.told(seat, list(page)), "page": page, "page_query": f"{asked.urlencode()}&" if asked else ""}
    return draw(request, "members/trail.html", seat, form=form, verdict=verdict, length=length, head=trail.head(seat.client.pk), **shown)


@seated(Right.EVIDENCE)
@require_GET
def trail_rows(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Give the lines that were asked for as CSV, oldest first."""
    found = read.events(seat, Sought(request.GET, seat=seat).wanted()).reverse()
    name = f"trail-{seat.client.pk}-{today():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(_rows(seat, found), content_type="text/csv; charset=utf-8", headers=headers)  # type: ignore[return-value]


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        """Give the text back."""
        return text


def _rows(seat: Seat, found: Any) -> Iterator[str]:
    """Yield CSV lines; no cell begins like a formula."""
    writer = csv.writer(_Echo())
    yield writer.writerow(["number", "at", "who", "verb", "kind", "subject", "field", "before", "after", "hash"])
    total = found.count()
    for start in range(0, total, AT_A_TIME):
        for line in read.told(seat, list(found[start : start + AT_A_TIME])):
            for change in line.changes or (("", "", ""),):
                cells = [line.number, line.at.isoformat(), line.who, line.verb, line.kind, line.subject, *change, line.hash]
                yield writer.writerow([f"'{each}" if str(each).startswith(FORMULA) else each for each in cells])


urlpatterns = [
    path("c/<slug:client>/members/", members, name="members"),
    path("c/<slug:client>/members/invite/", invite, name="invite"),
    path("c/<slug:client>/members/<slug:key>/", member, name="member"),
    path("c/<slug:client>/members/<slug:key>/remove/", unseat, name="unseat"),
    path("c/<slug:client>/invitations/<slug:key>/withdraw/", withdraw, name="withdraw"),
    path("c/<slug:client>/settings/", client_settings, name="client_settings"),
    path("c/<slug:client>/settings/engagement/", engagement, name="engagement"),
    path("c/<slug:client>/settings/archive/", archive, name="archive"),
    path("c/<slug:client>/links/", shared_links, name="links"),
    path("c/<slug:client>/links/<slug:key>/", link, name="link"),
    path("c/<slug:client>/links/<slug:key>/revoke/", revoke_link, name="revoke_link"),
    path("c/<slug:client>/tokens/", api_tokens, name="tokens"),
    path("c/<slug:client>/tokens/<slug:key>/revoke/", revoke_token, name="revoke_token"),
    path("c/<slug:client>/trail/", trail_page, name="trail"),
    path("c/<slug:client>/trail.csv", trail_rows, name="trail_rows"),
]
