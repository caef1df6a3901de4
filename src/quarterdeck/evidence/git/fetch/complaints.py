"""What git says when a fetch fails, sorted into what a person can do about it."""

import re
from typing import Literal

from quarterdeck.domain.errors import InputError
from quarterdeck.domain.text import clean

Reason = Literal[
    "empty", "no access", "host unknown", "host key", "certificate", "moved", "time-out", "unreachable", "too large", "disk full", "damaged", "other"
]  # fmt: skip
MOST_QUOTED = 300
_CREDENTIALS = re.compile(r"://[^/@\s]*@|\b(authorization|private-token)\s*:.*", re.IGNORECASE)
_PLACE = re.compile(r"(?<![\w:/])/[^\s'\":]*/")  # where things lie on this machine is nobody's business


class FetchFailed(InputError):
    """A repository could not be fetched; `reason` tells what kind of trouble it is, so that a schedule knows whether to try again."""

    def __init__(self, reason: Reason, message: str, hint: str = "") -> None:
        """Keep the reason beside the message."""
        super().__init__(message, hint)
        self.reason = reason


_RIGHTS = "Check the address, and that the token or the key of this workbench may read this repository."
_LATER = "Try again later; what was fetched before is still there."
_SORTED: tuple[tuple[Reason, str, str, str], ...] = (
    ("disk full", r"no space left on device|disk quota exceeded", "the disk of this machine is full", "Make room, then try again; nothing was lost."),
    ("too large", r"file too large|exceeds.{0,40}limit|died of signal 25", "the repository is larger than the limit", "Raise the limit, or audit a clone by its path."),
    ("host unknown", r"could not resolve host|name or service not known|temporary failure in name", "nobody knows this host", "Check its spelling, and that this machine can reach the network."),
    ("host key", r"host key verification failed|host identification has changed", "the server shows another key than before",
     "Ask its keeper whether the key was changed; if so, remove its line from the known hosts of this workspace."),
    ("certificate", r"certificate|cafile|tls alert", "the server's certificate is not trusted",
     "If it is signed inside the company, give this workbench that authority's certificate (a PEM file)."),
    ("moved", r"redirect|returned error: 30\d", "the server says that the repository has moved", "Open the address in a browser and give the new one."),
    ("no access", r"could not read (username|password)|terminal prompts disabled|authentication failed|permission denied|access denied|"
     r"returned error: 40[134]|repository.{0,200}not (found|exported)|not appear to be a git repository|project you were looking for",
     "the repository was not found, or this workbench may not read it", _RIGHTS),
    ("time-out", r"timed out|too slow|transfer speed|keepalive", "the server did not answer in time", _LATER),
    ("unreachable", r"failed to connect|couldn't connect|connection (refused|reset|closed)|no route|unreachable|hung up|early eof|returned error: (429|5\d\d)|"
     r"unexpected disconnect|expected flush|recv error|send error|ssl_|handshake|remote end", "the server cannot be reached, or broke off", _LATER),
    ("no access", r"access rights|could not read from remote", "the repository was not found, or this workbench may not read it", _RIGHTS),
    ("damaged", r"fsck|bad object|corrupt|malformed|invalid|unpack-objects|index-pack|did not send all|missing", "the repository holds objects that git refuses",
     "Ask its keeper to run `git fsck`, or audit a clone by its path."),
)  # fmt: skip
_PATTERNS = tuple((reason, re.compile(pattern, re.IGNORECASE), message, hint) for reason, pattern, message, hint in _SORTED)


def sorted_out(said: str, shown: str, secrets: tuple[str, ...]) -> FetchFailed:
    """Return the error that a person can act on; git's own words are quoted only where nothing better is known."""
    for reason, pattern, message, hint in _PATTERNS:
        if pattern.search(said):
            return FetchFailed(reason, f"{shown}: {message}", hint)
    return FetchFailed(
        "other", f"{shown}: git could not fetch it: {cleaned(said, secrets)}", "Try again later, or audit a clone by its path."
    )


def cleaned(said: str, secrets: tuple[str, ...]) -> str:
    """Return git's words without secrets, without where things lie on this machine, and without what could act on a screen."""
    for secret in filter(None, secrets):
        said = said.replace(secret, "(removed)")
    plain = _PLACE.sub("", _CREDENTIALS.sub("://", said))
    return clean(" ".join(plain.split()))[:MOST_QUOTED] or "it gave no reason"
