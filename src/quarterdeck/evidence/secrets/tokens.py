"""Vendors' tokens by their own marks, and Amazon's keys, which are two values side by side."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from quarterdeck.evidence.secrets import samples
from quarterdeck.evidence.secrets.found import Found
from quarterdeck.evidence.secrets.rules import LEFT, RULES, Rule
from quarterdeck.evidence.secrets.text import Text

LONGEST = 160  # letters of a token that stands beside a vendor's name
PAIR_LINES = 5
PAIR_LETTERS = 1_500  # of very long lines
NAME_LETTERS, NEAR = 60, 600
EVEN = 4.0  # bits a letter; 40 random base64 letters have about 4.8
ALONE = "an access key id without its secret beside it"
_ACCESS_KEY = re.compile(LEFT + r"(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])")
_SECRET_KEY = re.compile(r"(?<![A-Za-z0-9+/=_.-])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=_-])")
_NAMED = re.compile(r"(?:aws.{0,20}secret|secret.?access.?key)[\w\"'\s:=>,\]()\[{]{1,24}$", re.IGNORECASE)
_AMAZON = re.compile(r"aws|amazon|\bs3\b|AKIA|ASIA|boto", re.IGNORECASE)
_NAMES = ("aws_secret", "secretaccesskey", "secret_access_key", "awssecret", "aws-secret", "secret-access-key")


def vendors(text: Text) -> Iterator[Found]:
    """Yield what matches a vendor's format."""
    present = (rule for rule in RULES if any(word in text.value for word in rule.keywords))
    for rule in present:
        for match in _matches(rule, text.value):
            note = rule.check(match, text)
            if note is not None:
                place = "value" if "value" in match.re.groupindex else 0
                yield Found(rule.id, rule.title, match.start(place), match.end(place), match[place], note)


def _matches(rule: Rule, letters: str) -> Iterator[re.Match[str]]:
    """Try the pattern of a rule at each of its literals, never twice over the same letters."""
    for word in rule.keywords:
        done = position = 0
        while (position := letters.find(word, position)) >= 0:
            match = _at(rule, letters, position, done)
            if match:
                yield match
            done = match.end() if match else max(done, position + rule.ahead - LONGEST)
            position = max(position + len(word), match.end() if match else 0)


def _at(rule: Rule, letters: str, position: int, done: int) -> re.Match[str] | None:
    if not rule.ahead:
        return rule.pattern.match(letters, position)
    return rule.pattern.search(letters, max(position - rule.back, done), position + rule.ahead)


def amazon(text: Text) -> Iterator[Found]:
    """Yield Amazon's secret keys that stand beside an access key id or under their own name, and ids that stand alone."""
    ids = list(_ids(text))
    if not ids and not any(name in text.lower for name in _NAMES):
        return
    starts = [match.start() for match in ids]
    paired: set[int | None] = set()
    for secret in filter(_secret_like, _SECRET_KEY.finditer(text.value)):
        beside = _beside(text, starts, secret.start())
        paired.add(beside)
        if beside is not None or _named(text, secret.start()):
            yield Found(*_kind(ids, beside), secret.start(), secret.end(), secret[0])
    yield from _alone(ids, paired)


def _alone(ids: Iterable[re.Match[str]], paired: set[int | None]) -> Iterator[Found]:
    return (Found("token.aws-id", "AWS: access key id", id_.start(), id_.end(), id_[0], ALONE) for id_ in ids if id_.start() not in paired)


def _ids(text: Text) -> Iterator[re.Match[str]]:
    if "AKIA" in text.value or "ASIA" in text.value:
        yield from (match for match in _ACCESS_KEY.finditer(text.value) if not samples.made_up_token(match[0]))


def _named(text: Text, position: int) -> bool:
    """Tell whether a name before a value says that it is Amazon's secret key."""
    before = text.value[max(position - NAME_LETTERS, 0) : position]
    return bool(_NAMED.search(before) and _AMAZON.search(text.value[max(position - NEAR, 0) : position + NEAR]))


def _secret_like(match: re.Match[str]) -> bool:
    """Tell base64 drawn at random from a commit id, a path or a name."""
    letters = match[0]
    mixed = any(map(str.isupper, letters)) and any(map(str.islower, letters))
    return mixed and samples.entropy(letters) >= EVEN and samples.random_looking(letters)


def _beside(text: Text, starts: list[int], position: int) -> int | None:
    """Return the nearest access key id within five lines."""
    number = bisect_left(starts, position)
    near = sorted(starts[max(number - 1, 0) : number + 1], key=lambda start: abs(start - position))
    return next((start for start in near if _close(text, start, position)), None)


def _close(text: Text, one: int, other: int) -> bool:
    low, high = sorted((one, other))
    return high - low <= PAIR_LETTERS and text.value.count("\n", low, high) <= PAIR_LINES


def _kind(ids: list[re.Match[str]], beside: int | None) -> tuple[str, str]:
    temporary = any(match.start() == beside and match[0].startswith("ASIA") for match in ids)
    return ("token.aws-temporary", "AWS: temporary secret key") if temporary else ("token.aws", "AWS: secret access key")
