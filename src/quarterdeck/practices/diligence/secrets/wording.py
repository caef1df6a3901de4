"""What to say of a credential, and what to do about it; never the credential."""

from datetime import date

from quarterdeck.domain.contents import Secret
from quarterdeck.domain.records import History
from quarterdeck.domain.text import foreign, plural
from quarterdeck.kit import citing
from quarterdeck.practices.diligence.secrets import analysis
from quarterdeck.practices.diligence.secrets.analysis import Credential

NOT_TRIED = "Whether it still works was not tried."
HISTORY = "the history still holds it"
FORMATS = (
    "private keys, environment files, passwords in addresses, headers and login files, and the tokens of some 60 vendors "
    "(AWS, GitHub, GitLab, Slack, Stripe, Google, Azure, npm, PyPI and others)"
)
SCOPE = (
    "Only the files of the commit looked at were read, not the history: what was deleted since may still be there. Passwords without a "
    "mark of their own in source code are not looked for, and of files above 1 MB only the first and last 512 kB were read. No credential was tried against its "
    "vendor. Values are masked: two letters at each end of a token, nothing of a password or a key."
)
PLACE_WORDS = {"test": "tests", "example": "examples", "documentation": "documentation", "vendored": "other people's code"}


def place_of(history: History, credential: Credential) -> str:
    """Return the path of the place that stands for a credential."""
    return citing.where(history, credential.first.repository, credential.first.path)


def title(history: History, credential: Credential) -> str:
    """Return the headline of a finding."""
    return f"{_capital(analysis.named(credential.first.title))} can be read in {place_of(history, credential)}"


def statement(history: History, credential: Credential, as_of: date) -> str:
    """Say where a credential stands, masked, and since when."""
    first = credential.first
    others = len(credential.places) - 1
    more = f" and in {plural(others, 'other place')}" if others else ""
    return f"{foreign(first.masked)} stands in {place_of(history, credential)}:{first.line}{more}{since(credential, as_of)}. {NOT_TRIED}"


def since(credential: Credential, as_of: date) -> str:
    """Say since when a credential stands in the file that is named, where that is known: elsewhere it may be older."""
    first = credential.first
    if not first.first_commit:
        return ""
    return f", in this file since {analysis.day_of(first.first_day):%d %b %Y} (at least {age(first, as_of)})"


def action(history: History, credential: Credential) -> str:
    """Say how to make a credential worthless."""
    what, place = analysis.named(credential.first.title), place_of(history, credential)
    seller = analysis.vendor(credential.first.title)
    if credential.first.rule.startswith("key.") and not seller:
        return f"Replace the {what[0].lower() + what[1:] if what[1:2].islower() else what} wherever it is trusted, then remove it from {place}; {HISTORY}"
    if credential.first.rule.startswith("password."):
        return f"Change this password, then remove it from {place}; {HISTORY}"
    at = f" at {seller}" if seller else ""
    return f"Revoke and replace the {what}{at}, then remove it from {place}; {HISTORY}"


def age(place: Secret, as_of: date) -> str:
    """Say for how long a credential has been in a file, in days, or nothing where that is not known."""
    return plural((as_of - analysis.day_of(place.first_day)).days, "day") if place.first_commit else ""


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:] if words.partition(" ")[0] not in ("npm", "age") else words
