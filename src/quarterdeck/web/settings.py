"""Settings of the workbench, read from the environment once; nothing else reads it."""

import os
import secrets
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote, urlsplit

from quarterdeck.store.workspace import Workspace, home

WORKSPACE = Workspace(home())
ENGINE = version("quarterdeck")


def _secret() -> str:
    """Return the key that signs sessions: given, or made once and kept beside the book."""
    if given := os.environ.get("QUARTERDECK_SECRET_KEY"):
        return given
    path = WORKSPACE.root / "secret.key"
    if path.is_file() and (kept := path.read_text("ascii").strip()):
        return kept
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    part.touch(mode=0o600)
    part.write_text(secrets.token_urlsafe(48), "ascii")
    with suppress(FileExistsError):
        os.link(part, path)  # whoever comes first wins, so that two processes never sign with two keys
    part.unlink()
    return path.read_text("ascii").strip()


def _database(address: str) -> dict[str, object]:
    """Return how to reach the book: SQLite in the workspace, or the PostgreSQL of DATABASE_URL."""
    if not address:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(WORKSPACE.database),
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;PRAGMA cache_size=-16000;",
            },
        }
    parts = urlsplit(address)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ValueError("DATABASE_URL must begin with postgresql:// (or leave it out for SQLite)")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or "") or (parts.query.removeprefix("host=") if parts.query.startswith("host=") else ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


PUBLIC_URL = os.environ.get("QUARTERDECK_URL", "").rstrip("/")
_PUBLIC = urlsplit(PUBLIC_URL)
SECURE = _PUBLIC.scheme == "https"
DEBUG = False
SECRET_KEY = _secret()
ALLOWED_HOSTS = [*({_PUBLIC.hostname} - {None}), "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"{_PUBLIC.scheme}://{_PUBLIC.netloc}"] if PUBLIC_URL else []
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if os.environ.get("QUARTERDECK_BEHIND_PROXY") else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
ROOT_URLCONF = "quarterdeck.web.urls"
WSGI_APPLICATION = "quarterdeck.web.wsgi.application"
AUTH_USER_MODEL = "book.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
SITE_NAME = "Quarterdeck"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "django_htmx",
    "django_q",
    "ninja",
    "quarterdeck.store.book",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "quarterdeck.web.middleware.policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "quarterdeck.web.middleware.mistakes",
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
DATABASES = {"default": _database(os.environ.get("DATABASE_URL", ""))}
_HERE = Path(__file__).parent
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [_HERE / "templates"],
        "OPTIONS": {"environment": "quarterdeck.web.drawing.environment"},
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [_HERE / "static", _HERE.parent / "deliver" / "assets"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
MOST_UPLOAD_BYTES = int(os.environ.get("QUARTERDECK_UPLOAD_MB", "200")) * 1_000_000

# Accounts
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "quarterdeck.web.accounts.Adapter"
SOCIALACCOUNT_ADAPTER = "quarterdeck.web.accounts.SocialAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key", "reset_password": "20/m/ip,5/m/key"}
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if os.environ.get("QUARTERDECK_BEHIND_PROXY") else 0
# single sign-on begins with a link, not a form: the policy lets forms go nowhere but here
SOCIALACCOUNT_LOGIN_ON_GET = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Quarterdeck"
MFA_TOTP_TOLERANCE = 1  # a phone whose clock is half a minute off still gets in
MFA_ALLOW_UNVERIFIED_EMAIL = True  # accounts come by invitation, and many workspaces send no mail
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "quarterdeck_cache"}}

# Mail: to the console unless an SMTP server is given
_MAIL = urlsplit(os.environ.get("QUARTERDECK_SMTP", ""))
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if _MAIL.hostname else 'console'}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = _MAIL.hostname or "", _MAIL.port or 587
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = unquote(_MAIL.username or ""), unquote(_MAIL.password or "")
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL.scheme == "smtp+tls", _MAIL.scheme == "smtps"
DEFAULT_FROM_EMAIL = os.environ.get("QUARTERDECK_MAIL_FROM", "quarterdeck@localhost")

# Background jobs
Q_CLUSTER = {
    "name": "quarterdeck",
    "orm": "default",
    "workers": int(os.environ.get("QUARTERDECK_WORKERS", "1")),
    "timeout": 290,
    "retry": 300,
    "max_attempts": 0,
    "poll": 1,
    "save_limit": 200,
    "catch_up": False,
    "daemonize_workers": False,
    "bulk": 1,
    "queue_limit": 4,
}

# What the workbench may read
ROOTS = tuple(Path(each) for each in os.environ.get("QUARTERDECK_ROOTS", "").split(os.pathsep) if each)
PRIVATE_HOSTS = tuple(filter(None, os.environ.get("QUARTERDECK_PRIVATE_HOSTS", "").split(",")))
OIDC = {
    "issuer": os.environ.get("QUARTERDECK_OIDC_ISSUER", ""),
    "client_id": os.environ.get("QUARTERDECK_OIDC_CLIENT", ""),
    "secret": os.environ.get("QUARTERDECK_OIDC_SECRET", ""),
    "name": os.environ.get("QUARTERDECK_OIDC_NAME", "Single sign-on"),
}
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                "name": OIDC["name"],
                "client_id": OIDC["client_id"],
                "secret": OIDC["secret"],
                "settings": {"server_url": OIDC["issuer"]},
            }
        ]
        if OIDC["issuer"]
        else [],
    }
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("QUARTERDECK_LOG", "WARNING")},
    "loggers": {"django.security.DisallowedHost": {"handlers": [], "propagate": False}},
}
CSRF_FAILURE_VIEW = "quarterdeck.web.middleware.forbidden"
