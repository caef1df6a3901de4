import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import get_resolver
from pytest_django import DjangoAssertNumQueries, Settings

from quarterdeck.store.book.models import Invitation, Membership, Role, User
from quarterdeck.store.selectors.seats import today
from quarterdeck.store.services.seating import clients
from tests.web.conftest import OWN, PASSWORD, Book
from tests.web.oidc_provider import CLIENT, SECRET, Provider, serve

NEW = {"name": "Ida New", "email": "ida@new.example", "password": "seven green bottles"}


def signed_in(email: str, password: str = PASSWORD) -> Browser:
    browser = Browser()
    answer = browser.post("/accounts/login/", {"login": email, "password": password})
    assert answer.status_code == 302, answer.content.decode()
    return browser


def is_in(browser: Browser) -> bool:
    return browser.get("/account/").status_code == 200


# the first user


def test_the_setup_link_makes_the_first_user_once(db: None) -> None:
    token = clients.setup_token()

    answer = Browser().post(f"/setup/{token}/", {**NEW, "firm": "New & Partners"})
    again = Browser().get(f"/setup/{token}/")

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert User.objects.get().may_open_clients
    assert clients.firm().name == "New & Partners"
    assert again.status_code == 404
    assert clients.setup_token() == ""


def test_a_setup_with_a_weak_password_comes_back_with_what_was_typed(db: None) -> None:
    answer = Browser().post(f"/setup/{clients.setup_token()}/", {**NEW, "password": "password123", "name": "<script>alert(1)</script>"})

    text = answer.content.decode()
    assert answer.status_code == 422
    assert "too common" in text
    assert "&lt;script&gt;" in text and "<script>alert" not in text
    assert not User.objects.exists()


# invitations


def test_an_invited_person_makes_an_account_and_sits_down_once(book: Book) -> None:
    token = clients.invite(book.seat(), Role.EXECUTIVE)
    browser = Browser()

    first = browser.post(f"/invitation/{token}/", NEW)
    second = Browser().post(f"/invitation/{token}/", {**NEW, "email": "other@new.example"})

    assert first.status_code == 302 and is_in(browser)
    assert Membership.objects.get(user__email=NEW["email"]).role == Role.EXECUTIVE
    assert second.status_code == 404
    assert "used, withdrawn or is over" in second.content.decode()
    assert not User.objects.filter(email="other@new.example").exists()


def test_somebody_with_an_account_signs_in_and_comes_back_to_the_invitation(book: Book) -> None:
    token = clients.invite(book.seat(), Role.PRACTITIONER)
    browser = Browser()

    page = browser.get(f"/invitation/{token}/").content.decode()
    login = browser.post(f"/accounts/login/?next=/invitation/{token}/", {"login": book.outsider.email, "password": PASSWORD})
    browser.post(login["Location"])

    assert f"/accounts/login/?next=%2Finvitation%2F{token}%2F" in page
    assert login["Location"] == f"/invitation/{token}/"
    assert Membership.objects.filter(client=OWN, user=book.outsider, role=Role.PRACTITIONER).exists()


def test_an_invitation_that_is_over_says_so(book: Book) -> None:
    token = clients.invite(book.seat(), Role.EXECUTIVE)
    Invitation.objects.update(expires_at=clients.now())

    answer = Browser().get(f"/invitation/{token}/")

    assert answer.status_code == 404
    assert "Ask for a new link" in answer.content.decode()


def test_an_invitation_for_one_address_seats_no_other(book: Book) -> None:
    token = clients.invite(book.seat(), Role.OWNER, email="boss@new.example")

    stranger = Browser().post(f"/invitation/{token}/", NEW)
    signed = book.browser("outsider").post(f"/invitation/{token}/")

    assert stranger.status_code == 422
    assert signed.status_code == 403
    assert not User.objects.filter(email=NEW["email"]).exists()


# signing in


def test_nobody_makes_an_account_without_an_invitation(db: None) -> None:
    answer = Browser().post("/accounts/signup/", {"email": "x@new.example", "password1": PASSWORD, "password2": PASSWORD})

    assert not User.objects.exists()
    assert "no account for you here yet" in answer.content.decode()


def test_a_failed_login_does_not_tell_whether_the_account_exists(book: Book) -> None:
    known = Browser().post("/accounts/login/", {"login": "owner@northlight.example", "password": "wrong wrong wrong"})
    unknown = Browser().post("/accounts/login/", {"login": "nobody@northlight.example", "password": "wrong wrong wrong"})

    def plain(text: str) -> str:
        return re.sub(r'value="[^"]*"', "", text)

    assert known.status_code == unknown.status_code == 200
    assert plain(known.content.decode()) == plain(unknown.content.decode())


@pytest.mark.parametrize("address", ["owner@northlight.example", "nobody@northlight.example"])
def test_the_sixth_try_within_minutes_is_refused_even_with_the_right_password_or_another_host(book: Book, address: str) -> None:
    for number in range(5):
        Browser().post("/accounts/login/", {"login": address, "password": "wrong"}, headers={"host": f"127.0.0.1:{9000 + number}"})

    sixth = Browser().post("/accounts/login/", {"login": address.upper(), "password": PASSWORD}, headers={"host": "localhost"})

    assert sixth.status_code == 200
    assert "Too many failed login attempts" in sixth.content.decode()


def test_an_address_in_a_header_that_anybody_can_write_does_not_lift_the_limit(book: Book) -> None:
    for number in range(10):
        Browser().post(
            "/accounts/login/", {"login": f"a{number}@x.example", "password": "x"}, headers={"x-forwarded-for": f"192.0.2.{number}"}
        )

    eleventh = Browser().post("/accounts/login/", {"login": "new@x.example", "password": "x"}, headers={"x-forwarded-for": "192.0.2.99"})

    assert "Too many failed login attempts" in eleventh.content.decode()


@pytest.mark.parametrize(
    ("wish", "lands"),
    [
        ("/account/", "/account/"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("http://localhost:1/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_a_login_leads_to_pages_of_this_server_only(book: Book, wish: str, lands: str) -> None:
    sent = {"login": "owner@northlight.example", "password": PASSWORD, "next": wish}
    browser = Browser()

    came = browser.post("/accounts/login/", sent)
    left = browser.post("/accounts/logout/", {"next": wish})

    assert came["Location"] == lands
    assert left["Location"] == lands


def test_signing_out_ends_the_session_even_for_a_copy_of_the_cookie(book: Book) -> None:
    browser = signed_in("owner@northlight.example")
    copy = Browser()
    copy.cookies["sessionid"] = browser.cookies["sessionid"].value
    assert is_in(copy)

    browser.post("/accounts/logout/")

    assert not is_in(copy)


def test_scripts_and_other_sites_do_not_get_the_session(book: Book) -> None:
    cookie = signed_in("owner@northlight.example").cookies["sessionid"]

    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"


def test_a_new_password_ends_the_other_sessions(book: Book) -> None:
    here, elsewhere = signed_in("owner@northlight.example"), signed_in("owner@northlight.example")

    changed = {"oldpassword": PASSWORD, "password1": "seven green bottles", "password2": "seven green bottles"}
    answer = here.post("/accounts/password/change/", changed)

    assert answer.status_code == 302
    assert is_in(here) and not is_in(elsewhere)
    assert mail.outbox[0].subject == "Quarterdeck: your password was changed"


def test_one_can_sign_out_everywhere_else(book: Book) -> None:
    here, elsewhere = signed_in("owner@northlight.example"), signed_in("owner@northlight.example")

    here.post("/account/sign-out-elsewhere/")

    assert is_in(here) and not is_in(elsewhere)


def test_a_new_password_comes_by_a_mail_whose_link_works_once(book: Book) -> None:
    elsewhere, browser = signed_in("owner@northlight.example"), Browser()

    asked = browser.post("/accounts/password/reset/", {"email": "owner@northlight.example"}, headers={"x-forwarded-host": "evil.example"})
    link = re.search(r"http://testserver(/\S+)", str(mail.outbox[0].body))
    assert link is not None
    form = browser.get(link[1])["Location"]
    browser.post(form, {"password1": "seven green bottles", "password2": "seven green bottles"})
    again = Browser().get(link[1])

    assert asked["Location"] == "/accounts/password/reset/done/"
    assert not is_in(elsewhere)
    assert is_in(signed_in("owner@northlight.example", "seven green bottles"))
    assert "This link is over" in again.content.decode()


def test_asking_for_a_password_of_nobody_looks_the_same_and_mails_nobody(book: Book) -> None:
    answer = Browser().post("/accounts/password/reset/", {"email": "nobody@northlight.example"})

    assert answer["Location"] == "/accounts/password/reset/done/"
    assert mail.outbox == []


def test_a_mail_server_that_is_down_does_not_tell_whether_an_account_exists(book: Book, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    answer = Browser().post("/accounts/password/reset/", {"email": "owner@northlight.example"})

    assert answer["Location"] == "/accounts/password/reset/done/"


# two-step login


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def enrolled() -> tuple[str, list[str], str]:
    """Turn two-step login on for the owner in a browser; return the secret, the recovery codes and the pages that were seen."""
    browser = signed_in("owner@northlight.example")
    asked = browser.get("/accounts/2fa/totp/activate/")["Location"]
    page = browser.post(asked, {"password": PASSWORD}, follow=True).content.decode()
    secret = re.search(r'class="once">(\w+)<', page)
    assert secret is not None
    last = browser.post("/accounts/2fa/totp/activate/", {"code": code_of(secret[1])}, follow=True).content.decode()
    shown = re.search(r'id="codes">([^<]+)<', last)
    assert shown is not None
    cache.clear()  # a code counts once; the next step must not wait half a minute for another
    return secret[1], shown[1].split(), page + last


def test_two_step_login_asks_for_a_code_of_the_app(book: Book) -> None:
    secret, codes, pages = enrolled()
    browser = Browser()

    first = browser.post("/accounts/login/", {"login": "owner@northlight.example", "password": PASSWORD})
    inside_too_early = is_in(browser)
    wrong = browser.post("/accounts/2fa/authenticate/", {"code": "000000"})
    right = browser.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})

    assert first["Location"] == "/accounts/2fa/authenticate/"
    assert not inside_too_early
    assert wrong.status_code == 200 and "Incorrect code" in wrong.content.decode()
    assert right.status_code == 302 and is_in(browser)
    assert len(codes) == 10
    assert '<img class="qr" src="data:image/svg+xml;base64,' in pages
    assert "style=" not in pages


def test_a_recovery_code_lets_in_once(book: Book) -> None:
    _, codes, _ = enrolled()

    tries = []
    for _ in range(2):
        browser = Browser()
        browser.post("/accounts/login/", {"login": "owner@northlight.example", "password": PASSWORD})
        browser.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        tries.append(is_in(browser))

    assert tries == [True, False]


# single sign-on, against a provider that runs


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    found = Provider()
    server = serve(found)
    settings.OIDC = {"issuer": found.issuer, "client_id": CLIENT, "secret": SECRET, "name": "Sign in with Example"}
    app = {"provider_id": "oidc", "name": "Example", "client_id": CLIENT, "secret": SECRET, "settings": {"server_url": found.issuer}}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    yield found
    server.shutdown()
    server.server_close()


class Stay(HTTPRedirectHandler):
    """Give a redirect back instead of following it."""

    def redirect_request(self, *_args: object) -> None:
        return None


def sign_on(browser: Browser, query: str = "") -> tuple[int, str]:
    """Go the whole way through the provider and return where it ends: status, and address or text."""
    there = browser.get(f"/accounts/oidc/oidc/login/{query}")["Location"]
    opener = build_opener(Stay)
    try:
        opener.open(there)
        raise AssertionError("the provider did not send back")
    except Exception as answer:
        back = urlsplit(answer.headers["Location"])  # type: ignore[attr-defined]
    landed = browser.get(f"{back.path}?{back.query}")
    return landed.status_code, landed.headers.get("Location") or landed.content.decode()


def test_single_sign_on_opens_the_account_with_the_confirmed_address(book: Book, provider: Provider) -> None:
    provider.claims = {"sub": "42", "email": "Owner@Northlight.example", "email_verified": True, "name": "Olga"}
    browser, later = Browser(), Browser()

    first = sign_on(browser, "?next=/account/")
    provider.claims = {"sub": "42", "email": "moved@northlight.example", "email_verified": False}
    second = sign_on(later)

    assert first == (302, "/account/") and is_in(browser)
    assert second == (302, "/") and is_in(later)
    assert SocialAccount.objects.get().user == book.users[Role.OWNER]
    assert User.objects.filter(email__icontains="moved").count() == 0


@pytest.mark.parametrize("confirmed", [False, None, "true", "false", 1])
def test_single_sign_on_with_an_address_that_nobody_confirmed_opens_nothing(book: Book, provider: Provider, confirmed: object) -> None:
    provider.claims = {"sub": "42", "email": "owner@northlight.example", "email_verified": confirmed}
    browser = Browser()

    status, text = sign_on(browser)

    assert status == 200 and "no account for you here yet" in text
    assert not is_in(browser)
    assert not SocialAccount.objects.exists()


def test_single_sign_on_makes_no_account(book: Book, provider: Provider) -> None:
    provider.claims = {"sub": "43", "email": "new@northlight.example", "email_verified": True}
    users = User.objects.count()

    status, text = sign_on(Browser())

    assert status == 200 and "Ask whoever runs this workspace" in text
    assert User.objects.count() == users


def test_a_password_that_somebody_else_may_have_set_ends_when_the_holder_of_the_address_signs_on(book: Book, provider: Provider) -> None:
    provider.claims = {"sub": "42", "email": "owner@northlight.example", "email_verified": True}
    squatter = signed_in("owner@northlight.example")

    sign_on(Browser())

    assert not is_in(squatter)
    assert Browser().post("/accounts/login/", {"login": "owner@northlight.example", "password": PASSWORD}).status_code == 200


def test_a_password_stays_where_the_address_was_confirmed_here(book: Book, provider: Provider) -> None:
    EmailAddress.objects.create(user=book.users[Role.OWNER], email="owner@northlight.example", verified=True, primary=True)
    provider.claims = {"sub": "42", "email": "owner@northlight.example", "email_verified": True}

    sign_on(Browser())

    assert is_in(signed_in("owner@northlight.example"))


def test_single_sign_on_is_connected_from_the_account_page(book: Book, provider: Provider) -> None:
    provider.claims = {"sub": "44", "email": "elsewhere@private.example", "email_verified": False}
    browser = signed_in("owner@northlight.example")

    sign_on(browser, "?process=connect")
    fresh = Browser()
    sign_on(fresh)

    assert SocialAccount.objects.get().uid == "44"
    assert is_in(fresh)


def test_an_answer_that_nobody_asked_for_is_refused(book: Book, provider: Provider) -> None:
    provider.claims = {"sub": "42", "email": "owner@northlight.example", "email_verified": True}
    browser = Browser()

    answer = browser.get("/accounts/oidc/oidc/login/callback/?code=stolen&state=made-up")

    assert "did not work" in answer.content.decode()
    assert not is_in(browser)


def test_the_button_for_single_sign_on_is_there_only_where_it_is_set_up(db: None, settings: Settings) -> None:
    without = Browser().get("/accounts/login/").content.decode()
    settings.OIDC = {"issuer": "https://id.example", "name": "Sign in with Example"}
    with_it = Browser().get("/accounts/login/").content.decode()

    assert "oidc" not in without
    assert "Sign in with Example" in with_it


# the account page


def test_a_name_is_changed_and_nothing_typed_becomes_markup(book: Book) -> None:
    browser = book.browser()

    browser.post("/account/", {"name": "<script>alert(1)</script>"})
    page = browser.get("/account/").content.decode()

    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_the_account_page_asks_few_questions_of_the_book(book: Book, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    browser = book.browser()

    with django_assert_max_num_queries(15):
        browser.get("/account/")


# what holds everywhere


def test_a_foreign_host_name_is_refused(db: None) -> None:
    assert Browser().get("/accounts/login/", headers={"host": "evil.example"}).status_code == 400


def test_every_page_of_the_accounts_library_is_ours(book: Book) -> None:
    seen = 0
    for browser in (Browser(), signed_in("owner@northlight.example")):
        for pattern in account_pages():
            answer = browser.get(pattern)
            assert answer.status_code in (200, 302, 401, 404), pattern
            if answer.status_code == 200:
                seen += 1
                text = answer.content.decode()
                assert 'class="brand"' in text, pattern
                assert "style=" not in text and "<script>" not in text, pattern

    assert seen >= 15


def account_pages() -> list[str]:
    """Return the addresses of the accounts library that need no argument."""
    names = [
        name for name in get_resolver().reverse_dict if isinstance(name, str) and name.split("_")[0] in ("account", "mfa", "socialaccount")
    ]
    ways = {name: get_resolver().reverse_dict.getlist(name)[0][0][0] for name in names}
    return sorted(f"/{path}" for path, arguments in ways.values() if not arguments)


def settings_under(**environment: str) -> dict[str, object]:
    """Return settings as a process with this environment reads them."""
    wanted = (
        "SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE ALLOWED_HOSTS "
        "SECURE_PROXY_SSL_HEADER ALLAUTH_TRUSTED_PROXY_COUNT USE_X_FORWARDED_HOST SECURE_HSTS_SECONDS"
    )
    script = f"import json; from quarterdeck.web import settings; print(json.dumps({{n: getattr(settings, n, None) for n in {wanted.split()!r}}}))"
    done = subprocess.run([sys.executable, "-c", script], env={**os.environ, **environment}, capture_output=True, check=True, text=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_cookies_and_headers_are_strict_behind_tls_and_proxies_are_trusted_only_when_told() -> None:
    plain = settings_under()
    secure = settings_under(QUARTERDECK_URL="https://desk.example.com", QUARTERDECK_BEHIND_PROXY="1")

    assert (plain["SECURE_PROXY_SSL_HEADER"], plain["ALLAUTH_TRUSTED_PROXY_COUNT"], plain["USE_X_FORWARDED_HOST"]) == (None, 0, None)
    assert plain["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert secure["SESSION_COOKIE_SECURE"] is True and secure["CSRF_COOKIE_SECURE"] is True
    assert secure["ALLOWED_HOSTS"] == ["desk.example.com", "127.0.0.1", "localhost", "[::1]"]
    assert secure["SECURE_PROXY_SSL_HEADER"] == ["HTTP_X_FORWARDED_PROTO", "https"]
    assert secure["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1 and secure["SECURE_HSTS_SECONDS"] == 31_536_000


def test_health_is_told_without_a_login_and_without_details(db: None) -> None:
    answer = Browser().get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_an_auditor_loses_the_seat_on_the_day_after_the_last(book: Book) -> None:
    browser = book.browser(Role.AUDITOR)
    before = browser.get(f"/c/{OWN}/trail/").status_code
    Membership.objects.filter(role=Role.AUDITOR).update(until=today().replace(year=today().year - 1))

    assert (before, browser.get(f"/c/{OWN}/trail/").status_code) == (200, 404)
