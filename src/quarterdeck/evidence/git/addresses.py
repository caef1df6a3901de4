"""Addresses of repositories: what may be fetched, and from where.

An address is taken apart here by strict patterns and put together again, so that git, curl and ssh can only read it as we did.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote

from quarterdeck.domain.errors import InputError
from quarterdeck.domain.text import clean
from quarterdeck.evidence.git.locate import locate

Kind = Literal["path", "https", "ssh"]
Resolve = Callable[[str, int], Sequence[str]]

PORTS: dict[str, int] = {"https": 443, "ssh": 22}
MOST_LENGTH = 1_000
GIVE = "Give an address such as https://host/owner/name.git, git@host:owner/name.git, or the folder of a clone on this machine."
OTHER_SCHEMES = {
    "http": "Use https:// instead: with http anybody on the way could change what is read.",
    "git": "Use https:// or ssh:// instead: with git:// anybody on the way could change what is read.",
    "file": "Give the folder itself, without file://.",
    "git+ssh": "Use ssh:// instead.",
    "ssh+git": "Use ssh:// instead.",
}
_HELPER = re.compile(r"[\w+.-]*::")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_AUTHORITY = re.compile(
    r"(?:(?P<user>[^/?#]*)@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^/?#@:\[\]]+)(?::(?P<port>[0-9]{0,5}))?(?P<path>/.*)?", re.DOTALL
)
_SHORT = re.compile(r"(?:(?P<user>[^/@]*)@)?(?P<host>[^/:@\[\]]+):(?P<path>[^/:].*|/.*)", re.DOTALL)
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*")
_PATH = re.compile(r"/?(?:[A-Za-z0-9._~+@=,:/-]|%[0-9A-Fa-f]{2})+")
_OTHER_SPELLING = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*")
_PUBLIC = ipaddress.ip_network("2000::/3")  # of IPv6, all that is routed; IPv4 inside IPv6 and NAT64 lie elsewhere
_NOT_PUBLIC = tuple(map(ipaddress.ip_network, ("2002::/16", "3fff::/20", "192.88.99.0/24")))  # 6to4, documentation, 6to4 relays


@dataclass(frozen=True)
class Address:
    """An address that may be read: `text` is what git is given, `display` what people are shown; neither holds a secret.

    `ips` are what the host resolved to when it was checked: parse again before each fetch, so that they are fresh.
    """

    kind: Kind
    text: str
    display: str
    host: str = ""
    port: int = 0
    path: str = ""
    ips: tuple[str, ...] = field(default=(), compare=False)


def resolved(host: str, port: int) -> Sequence[str]:
    """Return the IP addresses of a host; none where nobody knows it."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(str(each[4][0]) for each in found))


def parse(text: str, *, roots: Sequence[Path], private_hosts: Sequence[str] = (), resolve: Resolve = resolved) -> Address:
    """Return the address that a person wrote, or raise InputError that says why it is refused and what to give instead.

    `roots` are the folders of this machine that may be read; `private_hosts` (`host` or `host:port`) those servers of a
    private network, or on another port, that may be asked.
    """
    _check_characters(text)
    if text.startswith("/"):
        return _folder(text, roots)
    if _HELPER.match(text):
        raise InputError("this address would start a program of git's own choice (`::`)", GIVE)
    address = _remote(text)
    return _checked(address, private_hosts, resolve)


def _check_characters(text: str) -> None:
    if not text:
        raise InputError("there is no address", GIVE)
    if len(text) > MOST_LENGTH:
        raise InputError(f"the address is longer than {MOST_LENGTH:,} characters", GIVE)
    if text.startswith("-"):
        raise InputError("an address cannot begin with a dash", GIVE)
    spaces = text != text.strip() or (not text.startswith("/") and any(each.isspace() for each in text))
    if spaces or any(each in "\t\r\n\v\f" for each in text):
        raise InputError("the address holds spaces or line breaks", "Remove them; give one address at a time.")
    if clean(text) != text:
        raise InputError("the address holds characters that cannot be seen", "Type it again instead of copying it.")


def _folder(text: str, roots: Sequence[Path]) -> Address:
    """Return a folder below one of the roots; what lies elsewhere is refused alike whether it exists or not."""
    try:
        path = Path(text).resolve()
        inside = next((root for root in (each.resolve() for each in roots) if path.is_relative_to(root)), None)
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError("this folder cannot be opened", "Check the path and try again.") from error
    if inside is None:
        hint = "Copy the repository below an allowed folder, or ask whoever runs this workbench to allow its folder."
        raise InputError("this folder lies outside the folders that may be read here", hint)
    locate(path)
    shown = path.name if path == inside else path.relative_to(inside).as_posix()
    return Address("path", str(path), shown, path=str(path))


def _remote(text: str) -> Address:
    """Return an address on a server, taken apart and put together again; nothing is asked of the network yet."""
    if schemed := _SCHEME.fullmatch(text):
        scheme, match = schemed[1].lower(), _AUTHORITY.fullmatch(schemed[2])
        if scheme not in PORTS:
            raise InputError(f"addresses with {scheme}:// are not read", OTHER_SCHEMES.get(scheme, GIVE))
    else:
        scheme, match = "ssh", _SHORT.fullmatch(text)
    if match is None or not match["path"] or (not schemed and "@" not in text and "." not in match["host"]):
        raise InputError("this is no address of a repository", GIVE)
    parts = match.groupdict()
    kind: Kind = "https" if scheme == "https" else "ssh"
    user = _user(kind, parts["user"])
    _check_path(parts["path"])
    host, port = _host(parts["host"]), _port(kind, parts.get("port") or "")
    return _joined(kind, user, host, port, parts["path"], short=not schemed)


def _user(kind: Kind, user: str | None) -> str:
    """Return the name to log in with; what could be a password or a token is never kept, nor repeated."""
    if kind == "ssh" and (user is None or _USER.fullmatch(user)):
        return user or "git"
    if user is None:
        return ""
    hint = "Leave out everything before the @ and give the token in its own field, where it is kept apart."
    if kind == "ssh":
        hint = "Leave out the password: ssh logs in with the key of this workbench."
    raise InputError("the address holds a user name, a password or a token", hint)


def _check_path(path: str) -> None:
    if "?" in path or "#" in path:
        hint = "Leave out what begins with ? or #. A token belongs into its own field, where it is kept apart."
        raise InputError("the address holds more than the place of a repository", hint)
    plain = unquote(path, errors="strict") if _valid(path) else ""
    parts = plain.split("/")
    if not plain or clean(plain) != plain or "\n" in plain or "\t" in plain or ".." in parts or parts[0].startswith("-"):
        raise InputError("the path in the address holds characters or steps that no repository needs", GIVE)
    if not plain.strip("/"):
        raise InputError("the address names a server but no repository", GIVE)


def _valid(path: str) -> bool:
    try:
        unquote(path, errors="strict")
    except UnicodeDecodeError:
        return False
    return bool(_PATH.fullmatch(path))


def _host(text: str) -> str:
    """Return the host as one spelling: a name in lower case, or an IP address as it is usually written."""
    host = text.lower().removesuffix(".")
    if host.startswith("["):
        try:
            return ipaddress.IPv6Address(host[1:-1]).compressed
        except ValueError as error:
            raise InputError("the address holds an IP address that cannot be read", GIVE) from error
    if _OTHER_SPELLING.fullmatch(host) and not _dotted(host):
        raise InputError(
            "the IP address in the address is written in a way that hides it", "Write it as four numbers, or use the host's name."
        )
    if not _HOST.fullmatch(host):
        raise InputError(
            "the host in the address cannot be read", "Use plain letters, digits, dots and dashes (punycode for other scripts)."
        )
    return host


def _dotted(host: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False


def _port(kind: Kind, text: str) -> int:
    port = int(text) if text else PORTS[kind]
    if not 0 < port < 65_536:
        raise InputError("the address names a port that does not exist", "Leave the port out, or give the right one.")
    return port


def _joined(kind: Kind, user: str, host: str, port: int, path: str, *, short: bool) -> Address:
    shown = f"[{host}]" if ":" in host else host
    if short:
        text = f"{user}@{shown}:{path}"
    else:
        text = f"{kind}://{user + '@' if user else ''}{shown}{'' if port == PORTS[kind] else f':{port}'}{path}"
    return Address(kind, text, text, host, port, path)


def _checked(address: Address, private_hosts: Sequence[str], resolve: Resolve) -> Address:
    """Return the address with the IP addresses of its host, all of which are public or allowed by name."""
    allowed = {each.strip().lower().replace("[", "").replace("]", "").removesuffix(".") for each in private_hosts}
    listed = bool(allowed & {address.host, f"{address.host}:{address.port}"})
    if address.port != PORTS[address.kind] and not listed:
        hint = f"Use port {PORTS[address.kind]}, or ask whoever runs this workbench to allow {address.host}."
        raise InputError(f"port {address.port} is not open for addresses with {address.kind}", hint)
    ips = tuple(resolve(address.host, address.port)) if not _is_ip(address.host) else (address.host,)
    if not ips:
        raise InputError(f"nobody knows the host {address.host}", "Check its spelling, and that this machine can reach the network.")
    if not listed and not all(map(public, ips)):
        hint = "If it is your own server, ask whoever runs this workbench to allow it by name."
        raise InputError(f"{address.host} lies in a private network, or is this machine itself", hint)
    return Address(address.kind, address.text, address.display, address.host, address.port, address.path, ips)


def _is_ip(host: str) -> bool:
    return ":" in host or _dotted(host)


def public(ip: str) -> bool:
    """Tell whether an IP address is one of the open network: not private, local, shared, reserved, or another one in disguise."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address not in _PUBLIC:
        return False
    if any(address in network for network in _NOT_PUBLIC if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)
