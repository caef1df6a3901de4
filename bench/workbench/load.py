"""Load: a book of 100 clients, 10,000 findings and 20,000 actions, served by two processes on this machine."""

import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

from bench.report import Section, Table, at_least, at_most, missing
from bench.setting import Absent, Setting

RATE, SECONDS, SETTLE = 50, 60, 5
P95_MS, PAGES, QUERIES = 150, 200, 15
SATURATED_SECONDS, CONNECTIONS = 20, 16
REPOSITORY = "pallets/flask"


def measure(setting: Setting) -> Section:
    """Fill a book, serve it, and open its pages at a steady rate and as fast as possible."""
    try:
        return _measured(setting)
    except Absent as reason:
        return Section("load", (missing("pages per second", f">= {PAGES}", str(reason)),), (), (str(reason),))


def _measured(setting: Setting) -> Section:
    home = setting.work / "load"
    shutil.rmtree(home, ignore_errors=True)
    environment = {**os.environ, "QUARTERDECK_HOME": str(home)}
    _python(environment, "-m", "quarterdeck.web.serving", "prepare")
    told = json.loads(_python(environment, "-m", "bench.workbench.filling", str(setting.repository(REPOSITORY))))
    with _served(environment) as port:
        late = _steady(port, told)
        pages = _saturated(port, told, setting.work)
    most = max(told["queries"].values())
    bars = [
        at_most(f"pages at {RATE} arrivals per second, p95", late[0], P95_MS, "ms"),
        at_least("pages per second, saturated, two processes", pages, PAGES),
        at_most("queries of a page, most", most, QUERIES, ""),
    ]
    rows = tuple((_kind(address), str(count)) for address, count in told["queries"].items())
    spread = (("p50", f"{late[1]:.0f} ms"), ("p95", f"{late[0]:.0f} ms"), ("p99", f"{late[2]:.0f} ms"), ("errors", str(late[3])))
    tables = (Table("Latency from the planned arrival", ("", ""), spread), Table("Queries per page", ("Page", "Queries"), rows))
    return Section("load", tuple(bars), tables)


def _kind(address: str) -> str:
    parts = address.split("/")
    return "/".join("…" if len(part) in (12, 16) and part.isalnum() else part for part in parts)


def _python(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


@contextmanager
def _served(environment: dict[str, str]) -> Iterator[int]:
    """Serve the book with two processes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    arguments = [sys.executable, "-m", "quarterdeck.web.serving", "web", f"127.0.0.1:{port}"]
    server = subprocess.Popen(arguments, env=environment, stdin=subprocess.PIPE, start_new_session=True)
    try:
        _await(port)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def _await(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                time.sleep(1)
                return
        time.sleep(0.1)
    raise Absent("the server did not come up")


_LOCAL = threading.local()


def _open(port: int, address: str, cookie: str, planned: float) -> tuple[float, int]:
    """Open a page and return how late it was after its planned arrival, in ms, and its status."""
    connection = getattr(_LOCAL, "connection", None)
    for attempt in (0, 1):
        if connection is None:
            connection = _LOCAL.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", address, headers={"Cookie": cookie, "Accept-Encoding": "identity"})
            answer = connection.getresponse()
            answer.read()
            return (time.perf_counter() - planned) * 1000, answer.status
        except (OSError, http.client.HTTPException):
            connection.close()
            connection = _LOCAL.connection = None
            if attempt:
                return (time.perf_counter() - planned) * 1000, 0
    raise AssertionError("two attempts always answer")


def _steady(port: int, told: dict[str, Any]) -> tuple[float, float, float, int]:
    """Send RATE pages a second whether or not earlier ones were answered; return p95, p50, p99 and errors."""
    draws = Random(3)
    late: list[tuple[float, int]] = []
    with ThreadPoolExecutor(64) as pool:
        begin = time.perf_counter() + 0.5
        waiting = []
        for number in range(RATE * (SECONDS + SETTLE)):
            planned = begin + number / RATE
            time.sleep(max(0.0, planned - time.perf_counter()))
            waiting.append(pool.submit(_open, port, draws.choice(told["addresses"]), told["cookie"], planned))
        late = [each.result() for each in waiting[RATE * SETTLE :]]
    times = sorted(each for each, _ in late)
    cuts = statistics.quantiles(times, n=100)
    return cuts[94], cuts[49], cuts[98], sum(status != 200 for _, status in late)


def _saturated(port: int, told: dict[str, Any], work: Path) -> float:
    """Return how many pages a second are answered when there are always more to open."""
    if not shutil.which("wrk"):
        raise Absent("wrk is not installed")
    script = work / "pages.lua"
    listed = ",".join(json.dumps(each) for each in told["addresses"])
    script.write_text(
        f"local pages = {{{listed}}}\nmath.randomseed(5)\n"
        f'request = function() return wrk.format("GET", pages[math.random(#pages)], {{["Cookie"] = {json.dumps(told["cookie"])}, ["Host"] = "127.0.0.1"}}) end\n'
    )
    arguments = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SATURATED_SECONDS}s", "-s", str(script), f"http://127.0.0.1:{port}/"]
    done = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True)
    if "Non-2xx" in done.stdout:
        raise Absent(f"pages failed under load: {done.stdout.splitlines()[-3:]}")
    return float(next(line.split()[1] for line in done.stdout.splitlines() if line.startswith("Requests/sec")))
