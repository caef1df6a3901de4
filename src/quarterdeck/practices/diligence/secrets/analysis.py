"""Tell live credentials from others, equal ones from different ones, and number them within their file."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from quarterdeck.domain.contents import Secret

PRODUCTION = "production"
EXPIRES = "expires "
TEMPORARY = "token.aws-temporary"
TEMPORARY_DAYS = 2  # AWS ends temporary keys after 36 hours at most
ENVIRONMENT = "environment."
LIGHTER = "password."
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Credential:
    """One credential with all its places, those in production first."""

    places: tuple[Secret, ...]

    @property
    def first(self) -> Secret:
        """Return the place that stands for it."""
        return self.places[0]

    @property
    def in_production(self) -> bool:
        """Tell whether a place is neither test, example, documentation nor other people's code."""
        return self.first.kind == PRODUCTION

    @property
    def from_environment(self) -> bool:
        """Tell whether it is known as the value of an environment file only."""
        return all(place.rule.startswith(ENVIRONMENT) for place in self.places)


def standing(secret: Secret, as_of: date) -> str:
    """Return why a credential is no live one on a day, or nothing where it must be taken as live."""
    if secret.rule == TEMPORARY and secret.first_day and as_of > day_of(secret.first_day) + timedelta(days=TEMPORARY_DAYS):
        return "temporary: it ended within 36 hours"
    if not secret.note.startswith(EXPIRES):
        return secret.note
    until = _day(secret.note.removeprefix(EXPIRES))
    return f"expired on {until:%d %b %Y}" if until and until < as_of else ""


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def day_of(number: int) -> date:
    """Return a day from days since 1970."""
    return EPOCH + timedelta(days=number)


def live(secrets: Iterable[Secret], as_of: date) -> tuple[Credential, ...]:
    """Group the places of live credentials by credential, production first, then by path and line."""
    groups: dict[str, list[Secret]] = defaultdict(list)
    for secret in secrets:
        if not standing(secret, as_of):
            groups[secret.same].append(secret)
    credentials = [Credential(tuple(sorted(group, key=_order))) for group in groups.values()]
    return tuple(sorted(credentials, key=lambda each: _order(each.first)))


def _order(secret: Secret) -> tuple[bool, int, str, int, str]:
    return secret.kind != PRODUCTION, secret.repository, secret.path, secret.line, secret.rule


def weightiest_first(credentials: Iterable[Credential]) -> list[Credential]:
    """Put tokens and keys, which open more, before passwords, otherwise in the order given."""
    return sorted(credentials, key=lambda each: each.first.rule.startswith(LIGHTER))


def ordinals(credentials: Sequence[Credential]) -> dict[str, int]:
    """Number the credentials of the same rule in the same file, by line, so that each has a name that is not its value."""
    seen: Counter[tuple[int, str, str]] = Counter()
    numbers: dict[str, int] = {}
    for each in credentials:
        place = (each.first.repository, each.first.path, each.first.rule)
        numbers[each.first.same] = seen[place]
        seen[place] += 1
    return numbers


def by_file(credentials: Iterable[Credential]) -> list[tuple[Credential, ...]]:
    """Group credentials by the file of their first place."""
    groups: dict[tuple[int, str], list[Credential]] = defaultdict(list)
    for each in credentials:
        groups[each.first.repository, each.first.path].append(each)
    return [tuple(group) for _, group in sorted(groups.items())]


def vendor(title: str) -> str:
    """Return the vendor that a title names, or nothing: `GitHub: access token` is GitHub's."""
    return title.partition(": ")[0] if ": " in title else ""


def named(title: str) -> str:
    """Return a title as words: `GitHub access token`."""
    return title.replace(": ", " ", 1)
