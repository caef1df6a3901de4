"""Committed environment files: which of their values are secret."""

import re
from collections.abc import Iterator

from quarterdeck.evidence.secrets import samples
from quarterdeck.evidence.secrets.found import Found
from quarterdeck.evidence.secrets.text import Text

SHORTEST = 6
LONGEST_NAME = 60
_NAME = re.compile(
    r"^\.env(?:[-._][\w.-]+)?$|^(?!\.)[\w.-]*\.env$|^env\.(?:prod|production|staging|live|local)$|^\.envrc$|^\.flaskenv$|^\.dev\.vars$|^\.secrets?(?:\.env)?$"
)
_TEMPLATE_NAME = re.compile(
    r"example|sample|template|tmpl|tpl|dist\b|default|schema|\.(?:j2|erb|md|ts|js|py|rb|go|php|vault|enc|gpg|sops|d\.ts)$|-vault$"
)
_LINE = re.compile(
    r"^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.]{0,80})[ \t]*=[ \t]*(?P<quote>[\"']?)(?P<value>[^\n]*?)(?P=quote)[ \t]*(?:#[^\n]*)?\r?$",
    re.MULTILINE,
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET = frozenset(
    "password passwd pwd pass passphrase secret secrets token credential credentials apikey accesskey secretkey privatekey authtoken pw salt".split()
)
_KEY_BEFORE = frozenset(
    "api access private encryption signing secret app jwt auth account service master license admin session cipher crypto client storage subscription".split()
)
_HARMLESS_END = frozenset("id ids file path url uri name length len ttl type header expiry expires expiration timeout lifetime minutes seconds hours days rounds policy enabled "
                          "required host port issuer audience algorithm alg format prefix size field cookie endpoint count limit mode version".split())  # fmt: skip
_PUBLIC = re.compile(r"PUBLIC|PUBLISHABLE|^(?:VITE|REACT_APP|NUXT_PUBLIC|GATSBY|EXPO_PUBLIC)_|SITE_?KEY|_DSN$", re.IGNORECASE)


def values(text: Text) -> Iterator[Found]:
    """Yield the secret values of an environment file that is no template."""
    if not _NAME.match(text.name) or _TEMPLATE_NAME.search(text.name):
        return
    for match in _LINE.finditer(text.value):
        value = match["value"].strip()
        if _is_secret_name(match["name"]) and _is_literal(value):
            note = samples.made_up(value, match["name"])
            start = match.start("value")
            yield Found(
                "environment.value",
                "Value in an environment file",
                start,
                start + len(value),
                value,
                note,
                hidden=True,
                label=f"{match['name'][:LONGEST_NAME]}=",
            )


def _is_secret_name(name: str) -> bool:
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words or words[-1] in _HARMLESS_END or _PUBLIC.search(name):
        return False
    return bool(_SECRET.intersection(words)) or (words[-1] == "key" and bool(_KEY_BEFORE.intersection(words[:-1])))


def _is_literal(value: str) -> bool:
    """Tell a value from an empty one, a variable, a look-up, a switch, a number of few digits, a path or an address."""
    if len(value) < SHORTEST or samples.open_place(value) or "${" in value:
        return False
    return not re.fullmatch(
        r"(?:true|false|null|none|disabled|enabled|required)|\d{1,7}|(?:\.{0,2}/|~/)[\w./-]+|https?://\S+", value, re.IGNORECASE
    )
