"""Passwords in plain text: in addresses, in Basic headers, on curl's command line, and in the files that hold nothing else."""

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from urllib.parse import unquote

from quarterdeck.evidence.secrets import samples
from quarterdeck.evidence.secrets.found import Found
from quarterdeck.evidence.secrets.places import PRODUCTION
from quarterdeck.evidence.secrets.text import Text

PLACES = {"test": "tests", "example": "examples", "documentation": "documentation", "vendored": "other people's code"}
LONGEST_WORD = 8
RESERVED = "at a host reserved for examples"
_URL = re.compile(r"://(?P<user>[^\s:/@\"'`<>,;()\\]{0,128}):(?P<value>[^\s/\"'`<>?\\]{1,200})@(?P<host>[\w.\-\[\]%${}]{1,200})")
_OLD_GITHUB = re.compile(
    r"://(?P<value>[0-9a-f]{40}|[A-Za-z0-9]{32,64})(?::x-oauth-basic)?@(?P<host>github\.com|api\.github\.com|gitlab\.com|bitbucket\.org)"
)
_QUERY = re.compile(
    r"jdbc:[a-z0-9]{2,20}:[^\s\"'<>]{3,200}?[?;&](?:amp;)?(?:password|pwd)=(?P<value>[^\s&;\"'<>,)\\]{1,100})", re.IGNORECASE
)
_PORT = re.compile(r"\d{1,5}[?#,;&|]")
_EXAMPLE_HOST = re.compile(r"(?:^|\.)(?:example(?:\.\w+){0,2}|test|invalid)$|^(?:host|hostname|myhost|yourhost|server)$", re.IGNORECASE)
_LOCAL_HOST = re.compile(r"^(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1\]|host\.docker\.internal)$")
_BASIC = re.compile(r"(?i:authorization)\W{1,12}(?i:basic)\s{1,3}(?P<value>[A-Za-z0-9+/_-]{8,200}={0,2})(?![A-Za-z0-9+/=])")
_CURL = re.compile(
    r"(?<=\s)(?:-[a-zA-Z]{0,6}u|--user|--proxy-user)(?:[ =]\s{0,3}|)(?P<quote>[\"']?)(?P<user>[\w.@+-]{1,64}):(?P<value>[^\s\"'`<>]{1,100})(?P=quote)(?=[\s\"')]|$)"
)
_NETRC = re.compile(r"\bmachine\s+(?P<host>\S{1,200})\s+login\s+(?P<user>\S{1,100})\s+password\s+(?P<value>\S{1,200})")
_NPMRC = re.compile(
    r"^(?P<host>[^\s=#;]{0,200})(?::|^)_(?P<what>authToken|password|auth)\s*=\s*[\"']?(?P<value>[^\s\"'#;]{8,500})", re.MULTILINE
)
_PGPASS = re.compile(r"^(?P<host>[^#:\s]{1,100}):[\d*]{1,5}:[^:\n]{1,64}:(?P<user>[^:\n]{1,64}):(?P<value>[^\n]{1,100})$", re.MULTILINE)
_PYPIRC = re.compile(r"^(?:password|passwd)\s*[=:]\s*(?P<value>[^\s\"'#;]{4,300})", re.MULTILINE)
_AUTHS = re.compile(r"\"auth\"\s*:\s*\"(?P<value>[A-Za-z0-9+/]{8,400}={0,2})\"")
_RAILS = re.compile(r"\s*(?P<value>[0-9a-f]{32}|[0-9a-f]{64})\s*")
_FILES = (
    ("netrc", "Password in a .netrc file", re.compile(r"^[._]netrc$|\.netrc$"), _NETRC),
    ("npmrc", "npm: credential in an .npmrc file", re.compile(r"npmrc$"), _NPMRC),
    ("pgpass", "PostgreSQL password in a .pgpass file", re.compile(r"pgpass(?:\.conf)?$"), _PGPASS),
    ("pypirc", "PyPI: password in a .pypirc file", re.compile(r"pypirc$"), _PYPIRC),
    ("mycnf", "MySQL password in an option file", re.compile(r"^\.?my(?:login)?\.cnf$"), _PYPIRC),
)


def urls(text: Text) -> Iterator[Found]:
    """Yield passwords that stand before the host of an address of any scheme."""
    if "://" not in text.value or "@" not in text.value:
        return
    for match in _URL.finditer(text.value):
        found = _url(match, text)
        if found:
            yield found
    for match in _OLD_GITHUB.finditer(text.value):
        if samples.random_looking(match["value"]):
            yield Found("password.url", "Token in a web address", match.start("value"), match.end("value"), match["value"], hidden=True)


def _url(match: re.Match[str], text: Text) -> Found | None:
    user, value = unquote(match["user"]), unquote(match["value"])
    if not _is_userinfo(match, text) or samples.open_place(value):
        return None
    note = _url_note(user, value, match["host"], text) or _staged_note(value, text)
    return Found("password.url", "Password in a web address", match.start("value"), match.end("value"), value, note, hidden=True)


def _is_userinfo(match: re.Match[str], text: Text) -> bool:
    """Tell a user with a password from a host with a port whose path happens to hold an @, and from a pattern."""
    before = text.value[match.start() - 1 : match.start()]
    port = _PORT.match(match["value"])
    host_like = "." in match["user"] and match["value"].isdigit() and len(match["value"]) <= 5
    return (
        before.isalnum()
        and not port
        and not host_like
        and not re.search(r"[*\[\]()|]", match["user"])
        and not match["host"].startswith((".", "-"))
    )


def _url_note(user: str, value: str, host: str, text: Text) -> str:
    if _EXAMPLE_HOST.search(host.rstrip(".")):
        return RESERVED
    real = "." in host and not _LOCAL_HOST.match(host)
    if real and text.place == PRODUCTION:
        return samples.stands_for(value, user)
    why = samples.made_up(value, user, host.partition(".")[0])
    if real:
        return why
    return why or _plain_word(value)


def _plain_word(value: str) -> str:
    """On a host without a domain, a short word in small letters is the default of a container."""
    return "a plain word" if value.isalpha() and value.islower() and len(value) <= LONGEST_WORD else ""


def _staged_note(value: str, text: Text) -> str:
    """Outside production a password of one or two kinds of letters is taken as made up."""
    return (
        ""
        if text.place == PRODUCTION or (samples.strong(value) and samples.random_looking(value))
        else f"no strong password, in a place for {PLACES[text.place]}"
    )


def queries(text: Text) -> Iterator[Found]:
    """Yield passwords in the options of a JDBC address."""
    if "jdbc:" not in text.lower:
        return
    for match in _QUERY.finditer(text.value):
        value = unquote(match["value"])
        if not samples.open_place(value):
            yield Found(
                "password.url",
                "Password in a database address",
                match.start("value"),
                match.end("value"),
                value,
                samples.made_up(value) or _staged_note(value, text),
                hidden=True,
            )


def headers(text: Text) -> Iterator[Found]:
    """Yield Basic headers that decode to a user and a password."""
    if "asic " not in text.value and "ASIC " not in text.value:
        return
    for match in _BASIC.finditer(text.value):
        pair = _pair(match["value"])
        if pair:
            yield Found(
                "password.basic",
                "Password in a Basic header",
                match.start("value"),
                match.end("value"),
                match["value"],
                samples.made_up(pair[1], pair[0]) or _staged_note(pair[1], text),
                hidden=True,
            )


def _pair(value: str) -> tuple[str, str] | None:
    """Decode base64 to a user and a password, both printable."""
    try:
        plain = b64decode(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4), validate=True).decode("utf-8")
    except (Error, ValueError):
        return None
    user, colon, password = plain.partition(":")
    return (user, password) if colon and plain.isprintable() and password and not samples.open_place(password) else None


def curl(text: Text) -> Iterator[Found]:
    """Yield passwords on curl's command line."""
    if "curl" not in text.value:
        return
    for match in _CURL.finditer(text.value):
        before = text.value[max(match.start() - 300, 0) : match.start()].replace("\\\n", " ").rpartition("\n")[2]
        if re.search(r"\bcurl\b", before) and not samples.open_place(match["value"]):
            note = _curl_note(match, before + text.value[match.end() : match.end() + 200].replace("\\\n", " ").partition("\n")[0], text)
            yield Found(
                "password.curl",
                "Password on curl's command line",
                match.start("value"),
                match.end("value"),
                match["value"],
                note,
                hidden=True,
            )


def _curl_note(match: re.Match[str], command: str, text: Text) -> str:
    hosts = re.findall(r"://([\w.-]{1,200})", command)
    if any(_EXAMPLE_HOST.search(host) for host in hosts):
        return RESERVED
    return samples.made_up(match["value"], match["user"]) or _staged_note(match["value"], text)


def files(text: Text) -> Iterator[Found]:
    """Yield what stands in files whose only use is to hold credentials."""
    for rule, title, name, pattern in _FILES:
        if name.search(text.name):
            yield from (found for match in pattern.finditer(text.value) if (found := _from_file(text, rule, title, match)))


def _from_file(text: Text, rule: str, title: str, match: re.Match[str]) -> Found | None:
    groups = match.groupdict()
    if samples.open_place(match["value"]):
        return None
    note = RESERVED if _EXAMPLE_HOST.search(groups.get("host") or "") else samples.made_up(match["value"], groups.get("user") or "")
    note = note or _staged_note(match["value"], text)
    return Found(f"password.{rule}", title, match.start("value"), match.end("value"), match["value"], note, hidden=True)


def registries(text: Text) -> Iterator[Found]:
    """Yield the logins of image registries in Docker's own configuration."""
    if '"auth"' not in text.value or not ('"auths"' in text.value or text.name == ".dockercfg"):
        return
    for match in _AUTHS.finditer(text.value):
        pair = _pair(match["value"])
        if pair:
            yield Found(
                "password.docker",
                "Docker: registry login",
                match.start("value"),
                match.end("value"),
                match["value"],
                samples.made_up(pair[1], pair[0]) or _staged_note(pair[1], text),
                hidden=True,
            )


def rails(text: Text) -> Iterator[Found]:
    """Yield the master key of Rails' encrypted credentials."""
    match = (
        _RAILS.fullmatch(text.value) if text.path.endswith(".key") and ("master.key" in text.name or "/credentials/" in text.path) else None
    )
    if match and samples.random_looking(match["value"]):
        yield Found("key.rails", "Rails master key", match.start("value"), match.end("value"), match["value"], hidden=True)
