"""Tell values that somebody made up, or left open, from those that something drew at random."""

import re
from collections import Counter
from hashlib import sha256
from itertools import pairwise
from math import log2

EVEN_SHARE = 0.7  # of the entropy that a value of its length could have; random ones lie above 0.85
ALPHABET = 16  # the smallest alphabet that tokens draw from
UPPER_SHARE = (0.2, 0.8)  # share of capitals in random letters; words have fewer
SHORTEST = 4
FEWEST_DIGITS = 8
STRONG_LENGTH, STRONG_KINDS = 8, 3
LONG = 12  # from which a strong password that spells a sample word in digits may still be in use
_MADE_UP = re.compile(
    r"example|sample|placeholder|dummy|change.?(?:me|this|it)|replace|insert|redacted|removed|censored|your[-_. a-z]|fake|foobar|abcdef|bcdefg"
    r"|012345|123456|234567|987654|fedcba|xxxx|\*\*\*|\.\.\.|todo|fixme|not.?real|invalid|some.?(?:token|key|secret|pass)|lorem|deadbeef|cafebabe|c0ffee"
    r"|(?:my|the|test|api|demo|secret|super).?(?:access.?)?(?:token|key|secret|passw|api|credential)|fortest|testing|tokenhere|keyhere|qwerty|asdf",
    re.IGNORECASE,
)
_STANDS_FOR = re.compile(  # words that stand for a password; on a real host anything else, however weak, may be the one in use
    r"(?:my|your|the|some|a|db|user|test|example|super)?[-_. ]?(?:pass|passw|passwd|password|passphrase|pw|pwd|psw|secret|token|key|credentials?)"
    r"[-_. ]?(?:here)?\d{0,4}|foo|bar|baz|foobar|abc|xyz|x+|\*+|\.+|\d{1,3}|.*(?:change.?(?:me|this|it)|your|placeholder|example|dummy|redacted|insert"
    r"|replace|xxxx|\*\*\*).*"
)
_RUN = re.compile(r"(.)\1{5}")
_TEMPLATE = re.compile(r"^\$|\$[({]|\{\{|\}\}|<%|%>|#\{|^%|%[sdv]\b|%\(|\$[A-Z_]{2,}|[\[\]{}|\\^()<>\u2026]|^\*+$|^[.\-_+?=:;,!]*$|::|\$\$")
_REFERENCE = re.compile(
    r"^(?:op|vault|ssm|secrets?|aws|gcp|azure|file|env|arn|keyring|ref|sops|sm|kms|bws|infisical|projects)[:/]|^(?:ENC\[|enc:|encrypted:|!|@)",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"(?:my|the|your|our|some|new|old|this|is|a|an|in|super|very|top|not|so|no|set|use|enter|add|put|here|it|me|and|of|to|for|db|app|api|ftp|url|http|root"
    r"|admin|administrator|user|username|usr|login|name|guest|test|tests|testing|tester|dev|develop|development|local|localhost|docker|demo|example|sample"
    r"|temp|tmp|default|change|changed|replace|dummy|fake|mock|stub|foo|bar|baz|qux|quux|spam|eggs|hello|world|abc|xyz|qwerty|asdf|letmein|hunter|tiger"
    r"|scott|sesame|open|opensesame|swordfish|monkey|dragon|correct|horse|battery|staple|trustno|welcome|iloveyou|master|toor|alice|bob|joe|john|jane|doe"
    r"|frank|eve|mallory|pass|passw|passwd|password|passphrase|passwort|pwd|pw|psw|secret|secrets|secure|insecure|safe|key|keys|token|tokens|auth"
    r"|credential|credentials|hidden|redacted|removed|xxx+|none|null|nil|empty|undefined|unset|todo|tbd|true|false|yes|on|off|value|string|text|something"
    r"|anything|whatever|random|any|postgres|postgresql|pg|psql|mysql|mariadb|maria|mongo|mongodb|redis|rabbit|rabbitmq|amqp|elastic|elasticsearch|kibana"
    r"|cassandra|neo4j|neo|minio|minioadmin|grafana|celery|django|flask|rails|symfony|laravel|homestead|wordpress|drupal|magento|joomla|oracle|sa|sql|proxy"
    r"|vagrant|ubuntu|debian|ansible|jenkins|sonar|nexus|keycloak|kafka|airflow|superset|server|service|client|company|site|email|mail|smtp|host|port|web|one|two)+"
)
_LEET = str.maketrans("013457@$!|", "oleastasil")
_EDGES = re.compile(r"[\d\W_]+")
_NO_LETTER = re.compile(r"[\W_]+")
_TAIL = re.compile(r"[\d\W_]+$")
KNOWN = {  # SHA-256 of keys that vendors ship with an emulator: the same for everybody
    "0011cc25eb4320717494d2703e8cba85743e71b500283c21c8b88147992f9059",  # Azurite, the storage emulator
    "aa6547439583c3a275d4542a0df6c1ad6a863971be9f2a2220f027cc02aef615",  # the Cosmos DB emulator
}
WELL_KNOWN = "the key of an emulator, published by its vendor"


def random_looking(value: str) -> bool:
    """Tell whether a token's letters look drawn at random: no sample words, no runs, no flat or one-sided choice."""
    return not made_up_token(value) and _even(value) and _mixed(value)


def made_up_token(value: str) -> bool:
    """Tell whether a token spells a sample word, repeats one letter or counts up."""
    return any(_typed(match[0]) for match in _MADE_UP.finditer(value)) or bool(_RUN.search(value)) or _stepping(value)


def _typed(word: str) -> bool:
    """Tell a word that somebody typed from one that chance spelled: its letters are all small, all capital, or capital first."""
    return word in (word.lower(), word.upper(), word.capitalize()) or "_" in word or "-" in word


def _even(value: str) -> bool:
    return entropy(value) >= EVEN_SHARE * log2(max(min(len(value), ALPHABET), 2))


def _mixed(value: str) -> bool:
    """Tell whether letters without digits change between small and capital as often as random ones do."""
    if any(char.isdigit() for char in value):
        return any(char.isalpha() for char in value)
    letters = [char for char in value if char.isalpha()]
    return UPPER_SHARE[0] <= sum(char.isupper() for char in letters) / max(len(letters), 1) <= UPPER_SHARE[1]


def _stepping(value: str) -> bool:
    """Tell whether more than a third of the letters follow the one before in the alphabet."""
    return sum(ord(after) - ord(before) == 1 for before, after in pairwise(value)) > len(value) / 3


def entropy(value: str) -> float:
    """Return Shannon's entropy of the letters, in bits: -sum p log2 p."""
    return -sum(count / len(value) * log2(count / len(value)) for count in Counter(value).values()) if value else 0.0


def open_place(value: str) -> bool:
    """Tell whether a value is left open: a template, a variable, a look-up or a mask."""
    return bool(_TEMPLATE.search(value) or _REFERENCE.match(value)) or len(set(value)) == 1


def made_up(value: str, *others: str) -> str:
    """Return why a password is no secret: a default, a sample, too short, equal to the name beside it; or nothing."""
    small = value.lower()
    if small in {other.lower() for other in others if other}:
        return "equal to the name beside it, a default"
    if len(value) < SHORTEST:
        return "too short for a password"
    return "a default or a sample" if _is_sample(small, strong=strong(value)) else ""


def stands_for(value: str, *others: str) -> str:
    """Return why a password at a real host is no secret: a word that stands for one, or equal to the name beside it."""
    small = value.lower()
    if small in {other.lower() for other in others if other}:
        return "equal to the name beside it, a default"
    return "a word that stands for a password" if len(value) < SHORTEST or _STANDS_FOR.fullmatch(small) else ""


def strong(value: str) -> bool:
    """Tell whether a password has the length and the three kinds of letters that a policy asks for."""
    kinds = (any(map(str.isdigit, value)), any(map(str.isupper, value)), any(map(str.islower, value)), not value.isalnum())
    return len(value) >= STRONG_LENGTH and sum(kinds) >= STRONG_KINDS


def _is_sample(small: str, *, strong: bool) -> bool:
    plain = _EDGES.sub("", small)
    leet = _NO_LETTER.sub("", _TAIL.sub("", small).translate(_LEET))
    spelled = plain if 2 * len(plain) >= len(small) else leet  # letters strewn among digits spell nothing
    words = (spelled,) if strong and len(small) >= LONG else (spelled, leet)
    return made_up_token(small) or any(_WORDS.fullmatch(word) for word in words) or (not plain and len(small) < FEWEST_DIGITS)


def well_known(value: str) -> bool:
    """Tell whether a value is one that a vendor publishes for everybody."""
    return sha256(value.encode("utf-8", "surrogatepass")).hexdigest() in KNOWN
