"""Accounts: nobody signs up without an invitation, and single sign-on joins accounts by a confirmed address."""

import logging
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

LOG = logging.getLogger(__name__)
ONCE = "once"  # the cookie that carries a secret from the form to the page that shows it, and no further
ONCE_SECONDS = 120
# what each mail of the accounts library says: (subject, text); one that is not named here is a change of the account
MAILS = {
    "account/email/password_reset_key": (
        "choose a new password",
        "Somebody asked for a new password for your account. If it was you, open this address within three days:\n\n{password_reset_url}\n\n"
        "If it was not you, do nothing: your password stays as it is.",
    ),
    "account/email/email_confirmation": (
        "confirm your address",
        "Open this address to confirm that {email} is yours:\n\n{activate_url}\n\nIf you do not know why you get this mail, do nothing.",
    ),
    "account/email/password_changed": ("your password was changed", "The password of your account was changed."),
    "account/email/password_reset": ("your password was changed", "The password of your account was changed by a link in a mail."),
    "account/email/password_set": ("your account has a password now", "A password was set for your account."),
    "account/email/email_changed": (
        "your address was changed",
        "The address you sign in with was changed from {from_email} to {to_email}.",
    ),
    "mfa/email/totp_activated": ("two-step login is on", "Two-step login was turned on for your account."),
    "mfa/email/totp_deactivated": ("two-step login is off", "Two-step login was turned off for your account."),
    "mfa/email/recovery_codes_generated": (
        "new recovery codes",
        "New recovery codes were made for your account; the old ones stopped working.",
    ),
    "socialaccount/email/account_connected": ("single sign-on is connected", "Single sign-on was connected to your account."),
    "socialaccount/email/account_disconnected": ("single sign-on is disconnected", "Single sign-on was disconnected from your account."),
}
OTHER_MAIL = ("your account was changed", "How you sign in was changed.")
ASIDE = "\n\nThis was asked for on {timestamp:%d %b %Y at %H:%M} UTC. If it was not you, choose a new password and tell whoever runs the workspace."


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by the setup link and by invitations."""

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Return whether somebody may make an account by themselves: never."""
        return False

    def is_safe_url(self, url: str) -> bool:
        """Return whether a login may lead to an address: only to a page of this server."""
        return is_own(url)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send one of our mails; a mail server that is down costs the mail, not the page, and tells nobody whether an account exists."""
        subject, text = MAILS.get(template_prefix, OTHER_MAIL)
        text = (text + (ASIDE if "timestamp" in context else "")).format(**{"email": email, **context})
        try:
            send_mail(f"{settings.SITE_NAME}: {subject}", f"{text}\n", settings.DEFAULT_FROM_EMAIL, [email])
        except (OSError, SMTPException):
            LOG.exception("a mail could not be sent")

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the address in the mail for a new password, on the public name where there is one."""
        return published(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        """Return the address in the mail that confirms an address, on the public name where there is one."""
        return published(super().get_email_confirmation_url(request, emailconfirmation))

    def _get_login_attempts_cache_key(self, _request: HttpRequest, **credentials: Any) -> str:
        """Count failed logins by account alone: under another Host header or port the count goes on."""
        return str(credentials.get("email", "")).strip().lower()


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Single sign-on opens existing accounts; it makes none."""

    def is_open_for_signup(self, _request: HttpRequest, _login: object) -> bool:
        """Return whether single sign-on may make an account: never."""
        return False

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        """Return whether an address opens the account with it: only when the provider says in so many words that it was confirmed."""
        told = login.account.extra_data
        said = told.get("userinfo") or told.get("id_token") or told
        return said.get("email_verified") is True and str(said.get("email", "")).casefold() == email.casefold()


def is_own(address: str) -> bool:
    """Return whether an address is a path on this server; whoever redirects to it sends nobody elsewhere."""
    return address.startswith("/") and url_has_allowed_host_and_scheme(address, allowed_hosts=None)


def published(address: str) -> str:
    """Return an address of ours as others reach it: under QUARTERDECK_URL where that is given."""
    parts = urlsplit(address)
    return f"{settings.PUBLIC_URL}{parts.path}" + (f"?{parts.query}" if parts.query else "") if settings.PUBLIC_URL else address


def show_once(response: HttpResponse, path: str, secret: str) -> HttpResponse:
    """Hand a secret to the page at `path`, which shows it once; the server keeps nothing of it."""
    safe = {"httponly": True, "samesite": "Strict", "secure": settings.SECURE}
    response.set_signed_cookie(ONCE, secret, salt=path, max_age=ONCE_SECONDS, path=path, **safe)
    return response


def shown_once(request: HttpRequest) -> str:
    """Return the secret that was handed to this page."""
    return str(request.get_signed_cookie(ONCE, "", salt=request.path, max_age=ONCE_SECONDS))


def forget_once(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let the secret go with the page that shows it."""
    if ONCE in request.COOKIES:
        response.delete_cookie(ONCE, path=request.path, samesite="Strict")
    return response
