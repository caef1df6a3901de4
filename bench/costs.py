"""What a command costs: CPU of the process and all it waited for, wall time, and the memory of processes that are not git."""

import os
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile

PROC = Path("/proc")
SAMPLE_SECONDS = 0.02
SETTLED = 3  # samples; a child shares its parent's memory until it becomes git, and must not count twice
TAIL = 2_000


@dataclass(frozen=True)
class Cost:
    """CPU and wall in seconds, peak memory of own processes in MB (0 where the system does not tell), status, last words."""

    cpu: float
    wall: float
    peak: float = 0.0
    status: int = 0
    said: str = ""


@dataclass
class Watch:
    """Sums the peak memory of a process and its children, git left out, until told to stop."""

    pid: int
    peak: float = 0.0
    seen: Counter[int] = field(default_factory=Counter)
    done: threading.Event = field(default_factory=threading.Event)

    def follow(self) -> None:
        """Sample until the process ends."""
        while not self.done.wait(SAMPLE_SECONDS):
            self.peak = max(self.peak, self._sum())

    def _sum(self) -> float:
        own = [pid for pid in family(self.pid) if name_of(pid) != "git"]
        self.seen.update(own)
        return sum(high_water(pid) for pid in own if pid == self.pid or self.seen[pid] >= SETTLED)


def family(pid: int) -> list[int]:
    """Return a process and everything below it, where the system lists children."""
    found = [pid]
    for each in found:
        found += [int(child) for thread in threads(each) for child in read(thread / "children").split()]
    return found


def threads(pid: int) -> list[Path]:
    """Return the folders of a process's threads, none once it is gone."""
    try:
        return list((PROC / str(pid) / "task").iterdir())
    except OSError:
        return []


def name_of(pid: int) -> str:
    """Return the short name of a process, or nothing once it is gone."""
    return read(PROC / str(pid) / "comm").strip()


def high_water(pid: int) -> float:
    """Return the most memory a process ever held, in MB."""
    lines = read(PROC / str(pid) / "status").splitlines()
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def read(path: Path) -> str:
    """Return a file's text, or nothing when it is gone."""
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""


def run(arguments: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None) -> Cost:
    """Run a command to its end and return what it cost; its output goes nowhere, its last words are kept."""
    with TemporaryFile() as said:
        start = time.monotonic()
        process = subprocess.Popen(
            list(arguments), stdout=subprocess.DEVNULL, stderr=said, stdin=subprocess.DEVNULL, env=env and dict(env), cwd=cwd
        )
        watch = Watch(process.pid)
        thread = threading.Thread(target=watch.follow, daemon=True)
        thread.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.done.set()
        thread.join()
        return Cost(used.ru_utime + used.ru_stime, wall, watch.peak, process.returncode, tail(said.fileno()))


def tail(descriptor: int) -> str:
    """Return the end of what was said."""
    size = os.lseek(descriptor, 0, os.SEEK_END)
    os.lseek(descriptor, max(0, size - TAIL), os.SEEK_SET)
    return os.read(descriptor, TAIL).decode("utf-8", "replace")


def middle(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure, the largest peak, and the worst status."""
    worst = max(costs, key=lambda each: abs(each.status))
    return Cost(median(c.cpu for c in costs), median(c.wall for c in costs), max(c.peak for c in costs), worst.status, worst.said)


def interleaved(jobs: Mapping[str, Callable[[], Cost]], rounds: int = 3) -> dict[str, Cost]:
    """Run every job in turn, several rounds, so that a busy minute hurts all of them; return the medians."""
    taken: dict[str, list[Cost]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            taken[name].append(job())
    return {name: middle(costs) for name, costs in taken.items()}
