"""People who sign in, and which clients they sit at the table of."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils.crypto import salted_hmac
from django.utils.timezone import now

from quarterdeck.store.book.models.base import Kept, Record


class Accounts(BaseUserManager["User"]):
    """Makes users."""

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Make a user who signs in with an e-mail address."""
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in; what they may do is decided per client."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    may_open_clients = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=now)
    sign_outs = models.PositiveIntegerField(default=0)  # how often all sessions were ended: a session knows the number it began with

    objects = Accounts()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        """Return what others read: the name, or the address where there is none."""
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Return what a session must match to stay open: a new password ends the others, and so does signing out everywhere."""
        return salted_hmac("quarterdeck.session", f"{self.password} {self.sign_outs}", secret=secret, algorithm="sha256").hexdigest()


class Role(models.TextChoices):
    """What somebody is to a client."""

    OWNER = "owner", "Owner"
    PRACTITIONER = "practitioner", "Practitioner"
    EXECUTIVE = "executive", "Executive"
    CONTRIBUTOR = "contributor", "Contributor"
    AUDITOR = "auditor", "Auditor"


class Membership(Kept):
    """A seat at a client's table; an auditor's ends by itself."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)
    until = models.DateField(null=True, blank=True)
    person = models.ForeignKey("book.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["client", "user"], name="one_seat_each")]


class Invitation(Kept):
    """A link that seats whoever opens it first; only a hash of it is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=16, choices=Role.choices)
    person = models.ForeignKey("book.Person", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    seat_until = models.DateField(null=True, blank=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    invited_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")


class ApiToken(Kept):
    """A key for programs: one user at one client, never more than that user may."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)


class Link(Kept):
    """A read-only link to one page, for people without an account."""

    token_hash = models.CharField(max_length=64, unique=True)
    page = models.CharField(max_length=200)
    title = models.CharField(max_length=200)
    names = models.CharField(max_length=8, default="hidden")
    snapshot = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")


class LinkView(Kept):
    """Somebody opened a read-only link."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="views")
    at = models.DateTimeField(default=now)
    agent = models.CharField(max_length=200, blank=True)


class Setup(Record):
    """The one-time link with which the first user is made."""

    token_hash = models.CharField(max_length=64, unique=True)
    used_at = models.DateTimeField(null=True, blank=True)
