"""A git that may use the network, once, to one server: nothing inherited, one protocol, limits in bytes and seconds."""

import base64
import os
import re
import resource
import selectors
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from types import MappingProxyType
from typing import IO

from quarterdeck.domain.errors import InputError, QuarterdeckError
from quarterdeck.domain.progress import Progress
from quarterdeck.evidence.git.addresses import Address
from quarterdeck.evidence.git.fetch.complaints import FetchFailed, sorted_out
from quarterdeck.evidence.git.shadow import HARDENED, Shadow

POLL_SECONDS = 0.1
MEASURE_SECONDS = 0.5  # between two looks at the size on disk
SLOW_BYTES, SLOW_SECONDS = 1, 45  # a server that still counts sends a sign of life of a byte a second; less than that is given up
TELL_SECONDS = 0.1  # between two words of progress
CONNECT_SECONDS = 20
MOST_SAID = 16 << 10
ADDRESS_SPACE = 64 << 30
MOST_OUTPUT = 1 << 20
# Faults that old tools left in honest histories, and that harm no reader; what fsck calls an error beyond these is refused.
HONEST_FAULTS = (
    "badDate badDateOverflow badEmail badFilemode badName badTimezone duplicateEntries emptyName extraHeaderEntry gitmodulesBlob gitmodulesLarge "
    "gitmodulesMissing gitmodulesName gitmodulesParse gitmodulesPath gitmodulesUpdate gitmodulesUrl missingAuthor missingEmail "
    "missingNameBeforeEmail missingSpaceBeforeDate missingSpaceBeforeEmail missingTaggerEntry multipleAuthors nullSha1 "
    "zeroPaddedDate zeroPaddedFilemode"
).split()
STAGES = {
    "Counting objects": "counting on the server",
    "Compressing objects": "packing on the server",
    "Receiving objects": "receiving",
    "Unpacking objects": "receiving",
    "Resolving deltas": "checking what came",
}
_PROGRESS = re.compile(rf"(?:remote: )?({'|'.join(STAGES)}):\s+\d+% \((\d{{1,12}})/(\d{{1,12}})\)")
_TOKEN = re.compile(r"[\x21-\x7e]+")


class Cancelled(QuarterdeckError):
    """Somebody stopped the work."""


@dataclass(frozen=True)
class Limits:
    """What a fetch may take: bytes on disk, seconds, and how long it waits for another fetch of the same source."""

    size: int = 10 << 30
    seconds: float = 3600
    wait: float = 3


@dataclass(frozen=True)
class Transport:
    """How this workspace reaches servers: own certificate authorities, the ssh key, and the known hosts it keeps."""

    ca_file: Path | None = None
    identity_file: Path | None = None
    known_hosts: Path | None = None  # default: beside the mirror


def never() -> bool:
    """Tell that nobody cancels."""
    return False


def environment(address: Address, folder: Path, token: str, transport: Transport) -> dict[str, str]:
    """Return the whole environment of a git that talks to one server; a token stands here only, and is sent to that server only."""
    given = local_environment(folder, _https(address, token, transport) if address.kind == "https" else {})
    given["GIT_ALLOW_PROTOCOL"] = address.kind
    if address.kind == "ssh":
        given |= {"GIT_SSH_COMMAND": ssh_command(address, folder, transport), "GIT_SSH_VARIANT": "ssh"}
    return given


def local_environment(folder: Path, settings: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Return the whole environment of a git that reads a file of ours."""
    everywhere = {
        "fetch.fsckObjects": "true",
        "fetch.unpackLimit": "1",
        "fetch.writeCommitGraph": "false",
        "maintenance.auto": "false",
        "submodule.recurse": "false",
        "transfer.credentialsInUrl": "die",
        "credential.helper": "",
        "core.askPass": "",
        **{f"fetch.fsck.{fault}": "ignore" for fault in HONEST_FAULTS},
    }
    own = {"GIT_ALLOW_PROTOCOL": "file", "HOME": str(folder / "home"), "GIT_CEILING_DIRECTORIES": str(folder)}
    return Shadow(folder).environment() | own | configuration(everywhere | dict(settings))


def configuration(settings: dict[str, str]) -> dict[str, str]:
    """Return settings of git as variables of its environment."""
    given = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        given |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return given


def _https(address: Address, token: str, transport: Transport) -> dict[str, str]:
    """Return the settings for https: no detours, the address that was checked, and the token for this server alone."""
    settings = {
        "http.followRedirects": "false",
        "http.sslVerify": "true",
        "http.proxy": "",
        "http.lowSpeedLimit": str(SLOW_BYTES),
        "http.lowSpeedTime": str(SLOW_SECONDS),
    }
    shown = f"[{address.host}]" if ":" in address.host else address.host
    if address.ips and address.host not in address.ips:
        ips = ",".join(f"[{each}]" if ":" in each else each for each in address.ips)
        settings["http.curloptResolve"] = f"{address.host}:{address.port}:{ips}"
    if transport.ca_file:
        settings["http.sslCAInfo"] = str(_readable(transport.ca_file, "certificate file"))
    if token:
        settings[f"http.https://{shown}:{address.port}/.extraHeader"] = f"Authorization: Basic {basic(token)}"
    return settings


def basic(token: str) -> str:
    """Return a token as https sends it; hosts take any user name beside a token, or need theirs as `user:token`."""
    if not _TOKEN.fullmatch(token):
        raise InputError("the token holds spaces, line breaks or letters that no token has", "Copy it again, without anything around it.")
    return base64.b64encode((token if ":" in token else f"x-access-token:{token}").encode()).decode()


def _readable(path: Path, what: str) -> Path:
    if not os.access(path, os.R_OK) or not path.is_file():
        raise InputError(f"the {what} of this workbench cannot be read", "Ask whoever runs this workbench to check its settings.")
    return path.resolve()


def ssh_command(address: Address, folder: Path, transport: Transport) -> str:
    """Return the ssh that git runs: no questions, no agent, no configuration, and the address that was checked."""
    known = (transport.known_hosts or folder / "known_hosts").absolute()
    options = {
        "BatchMode": "yes",
        "StrictHostKeyChecking": "accept-new",
        "UserKnownHostsFile": _quoted(known),
        "GlobalKnownHostsFile": "/dev/null",
        "UpdateHostKeys": "no",
        "HostKeyAlias": address.host if address.port == 22 else f"[{address.host}]:{address.port}",
        "CheckHostIP": "no",
        "IdentitiesOnly": "yes",
        "IdentityAgent": "none",
        "IdentityFile": _quoted(_readable(transport.identity_file, "ssh key")) if transport.identity_file else "none",
        "ForwardAgent": "no",
        "ForwardX11": "no",
        "ClearAllForwardings": "yes",
        "PermitLocalCommand": "no",
        "ProxyCommand": "none",
        "ControlPath": "none",
        "ConnectTimeout": str(CONNECT_SECONDS),
        "ServerAliveInterval": "10",
        "ServerAliveCountMax": "4",
    }
    if address.ips:
        options["HostName"] = address.ips[0]
    return " ".join(["ssh", "-F", "/dev/null", *(f"-o {shlex.quote(f'{name}={value}')}" for name, value in options.items())])


def _quoted(path: Path) -> str:
    """Return a path as ssh reads it inside an option: its own quotes, and percent signs doubled."""
    text = str(path)
    if '"' in text or "\n" in text:
        raise InputError("the folder of this workspace has a name that ssh cannot read", "Move the workspace to a folder without quotes.")
    return '"' + text.replace("%", "%%") + '"'


@dataclass
class Child:
    """Runs git, one command after the other, within the limits of a whole fetch."""

    folder: Path
    environment: dict[str, str]
    address: Address
    token: str
    limits: Limits
    progress: Progress
    cancelled: Callable[[], bool]
    lock: int
    until: float = field(init=False)

    def __post_init__(self) -> None:
        """Start the clock."""
        self.until = time.monotonic() + self.limits.seconds

    def run(self, *args: str, repository: Path | None = None, seconds: float = 1e9, most: int = MOST_OUTPUT) -> bytes:
        """Run git and return what it prints; end it and everything it started when it takes too long, too much, or is told to stop."""
        place = [f"--git-dir={repository}"] if repository else []
        until = min(self.until, time.monotonic() + seconds)
        with TemporaryFile() as out, self._started(["git", *place, "--no-pager", *HARDENED, *args], out) as process:
            said = self._watch(process, out, repository, until, most)
            if process.wait() != 0:
                self._measure(out, repository, most)
                raise sorted_out(f"{said} {_ended(process.returncode)}", self.address.display, self._secrets())
            self._measure(out, repository, most)  # a quick one may end before it was looked at
            out.seek(0)
            return out.read()

    @contextmanager
    def _started(self, command: list[str], out: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(  # noqa: S603 - a list, never a shell; the program is git
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            env=self.environment,
            cwd=self.folder,
            start_new_session=True,  # so that git and all that it starts end together
            pass_fds=(self.lock,),
        )
        _limit(process.pid, self.limits.size)
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stderr:
                process.stderr.close()

    def _watch(self, process: subprocess.Popen[bytes], out: IO[bytes], repository: Path | None, until: float, most: int) -> str:
        """Follow what git says until it ends, and return its last words."""
        said, look = Said(self.progress), 0.0
        with selectors.DefaultSelector() as selector:
            if process.stderr is None:
                raise ValueError("git is always started with a pipe")
            selector.register(process.stderr, selectors.EVENT_READ)
            while True:
                if selector.select(POLL_SECONDS):
                    chunk = os.read(process.stderr.fileno(), 1 << 16)
                    if not chunk:
                        return said.last()
                    said.take(chunk)
                elif process.poll() is not None:
                    return said.last()
                self._check(until)
                if time.monotonic() >= look:
                    look = time.monotonic() + MEASURE_SECONDS
                    self._measure(out, repository, most)

    def _check(self, until: float) -> None:
        if self.cancelled():
            raise Cancelled(f"{self.address.display}: the fetch was stopped", "What was fetched before is still there.")
        if time.monotonic() > until:
            raise FetchFailed(
                "time-out", f"{self.address.display}: the server did not answer in time", "Try again later, or raise the limit."
            )

    def _measure(self, out: IO[bytes], repository: Path | None, most: int) -> None:
        size = size_of(repository) if repository else 0
        if size >= self.limits.size or os.fstat(out.fileno()).st_size > most:
            raise self.too_large()

    def too_large(self) -> FetchFailed:
        """Return the error for a repository that does not fit the limit."""
        limit = f"{self.limits.size / (1 << 20):,.0f} MB"
        return FetchFailed(
            "too large", f"{self.address.display}: larger than the limit of {limit}", "Raise the limit, or audit a clone by its path."
        )

    def _secrets(self) -> tuple[str, ...]:
        return (self.token, self.token.rpartition(":")[2], basic(self.token)) if self.token else ()


class Said:
    """What git says on its error channel: progress is told on, the rest is kept for the case that it fails."""

    def __init__(self, progress: Progress) -> None:
        """Begin with nothing."""
        self._progress = progress
        self._told = 0.0
        self._finished: set[str] = set()
        self._open = b""
        self._kept = ""

    def take(self, chunk: bytes) -> None:
        """Take a piece of what git says; its last line may not be whole yet."""
        *lines, rest = re.split(rb"[\r\n]", self._open + chunk)
        self._open = rest[-MOST_SAID:]
        for line in lines:
            self._line(line.decode("utf-8", "replace"))

    def _line(self, line: str) -> None:
        match = _PROGRESS.match(line)
        if match:
            self._tell(STAGES[match[1]], int(match[2]), int(match[3]))
        elif line.strip():
            self._kept = f"{self._kept}\n{line}"[-MOST_SAID:]

    def _tell(self, stage: str, done: int, total: int) -> None:
        """Tell progress on now and then, and once when a stage is finished, however often a server repeats itself."""
        finished = done == total and stage not in self._finished
        if finished or time.monotonic() >= self._told + TELL_SECONDS:
            self._told = time.monotonic()
            self._finished |= {stage} if finished else set()
            self._progress(stage, done, total)

    def last(self) -> str:
        """Return the last words that were no progress."""
        self.take(b"\n")
        return self._kept


def _ended(status: int) -> str:
    """Name the signal that ended a child, where one did."""
    return f"died of signal {-status}" if status < 0 else ""


def _limit(pid: int, size: int) -> None:
    """Limit a child's files and memory where the system lets a parent do so."""
    prlimit = getattr(resource, "prlimit", None)
    if prlimit is None:
        return
    try:
        prlimit(pid, resource.RLIMIT_FSIZE, (size, size))
        prlimit(pid, resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    except (ProcessLookupError, PermissionError, ValueError):
        return


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder, some of which may come and go meanwhile."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(place) / name).lstat().st_size
            except OSError:
                continue
    return total
