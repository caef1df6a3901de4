"""What a walk needs: a workbench that is served for real, a browser, and a look at every page."""

import base64
import hmac
import json
import os
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Response

PASSWORD = "a long enough password"
DESK, PHONE = 1280, 360
HEIGHTS = {DESK: 900, PHONE: 780}
CLIENTS = {DESK: "deskclient22", PHONE: "phoneclient2"}
ROLES = ("owner", "practitioner", "executive", "contributor", "auditor")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync")  # fmt: skip
LEVELS = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}, "resultTypes": ["violations"]}
START_WAIT = 60.0
LONGEST = 10_000  # milliseconds that a page may take on a machine that has much else to do
REPORTS = (
    "document.addEventListener('securitypolicyviolation', (event) => console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`));"
)
FOCUSED = """() => {
  const here = document.activeElement, box = here.getBoundingClientRect(), style = getComputedStyle(here);
  if (here === document.body) { return "body"; }
  if (here.dataset.visited) { return here.className === "skip" ? "again" : ""; }  // a date has several stops
  here.dataset.visited = "yes";
  const ring = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  const seen = box.bottom > 0 && box.top < innerHeight && box.width > 0;
  return ring && seen ? "" : `${here.tagName} ${here.textContent.trim().slice(0, 40)} ${ring ? "is off the screen" : "has no ring"}`;
}"""
MISSED = """() => [...document.querySelectorAll("a[href], button, summary, select, textarea, input:not([type=hidden]):not([type=radio])")]
  .filter((each) => !each.dataset.visited && !each.disabled && each.checkVisibility({visibilityProperty: true}))
  .map((each) => `${each.tagName} ${each.textContent.trim().slice(0, 40)}`)"""
TWICE = """() => [...document.querySelectorAll("[id]")].map((each) => each.id).filter((id, at, all) => all.indexOf(id) !== at)"""
WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [document.documentElement.scrollWidth, ...[...document.body.querySelectorAll("*")]
  .filter((each) => each.getBoundingClientRect().right > innerWidth && !each.closest(".scroll"))
  .map((each) => `${each.tagName}.${each.className} ${each.textContent.trim().slice(0, 40)}`).slice(-6)]"""
Told = dict[str, Any]


@dataclass
class Server:
    """`quarterdeck serve` in a home of its own, without a worker until one is asked for."""

    home: Path
    roots: Path
    port: int
    address: str = ""  # what it printed: the link of the first start
    process: subprocess.Popen[str] | None = None

    @property
    def base(self) -> str:
        """Return where it is open."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """Return what its processes are told."""
        own = {"QUARTERDECK_HOME": str(self.home), "QUARTERDECK_ROOTS": str(self.roots), "QUARTERDECK_WEB_WORKERS": "1"}
        return {**os.environ, **own, "DJANGO_SETTINGS_MODULE": "quarterdeck.web.settings"}

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "quarterdeck", "serve", "--no-worker", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.address = next(line.strip() for line in self.process.stdout if "http://" in line)
        until = time.monotonic() + START_WAIT
        while not _listens(self.port):
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.1)

    def stop(self) -> None:
        """Ask it to end, as Ctrl-C does."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Run a worker; it ends when its input does."""
        command = [sys.executable, "-m", "quarterdeck.web.serving", "worker"]
        process = subprocess.Popen(command, env=self.environment, stdin=subprocess.PIPE, start_new_session=True)
        try:
            yield
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)

    def fill(self, told: Told) -> Told:
        """Write a book into it from a process of its own, and return what a walk has to know."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.web.journeys"],
            env=self.environment,
            input=json.dumps(told),
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
        return {int(width): known for width, known in json.loads(done.stdout).items()}


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Walk:
    """Somebody in front of a screen of a width; whatever the browser complains of is remembered."""

    browser: Browser
    base: str
    width: int
    session: str = ""
    dark: bool = False
    shots: str = field(default_factory=lambda: os.environ.get("QUARTERDECK_SHOTS", ""))  # a folder for pictures, if wanted
    said: list[str] = field(default_factory=list)
    looked: set[str] = field(default_factory=set)
    status: int = 0

    def __enter__(self) -> "Walk":
        """Open the browser's window."""
        size = {"width": self.width, "height": HEIGHTS[self.width]}
        shade = "dark" if self.dark else "light"
        self.context = self.browser.new_context(viewport=size, base_url=self.base, color_scheme=shade, reduced_motion="reduce")  # type: ignore[arg-type]
        self.context.set_default_timeout(LONGEST)
        self.context.add_init_script(REPORTS)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=self.base)
        if self.session:
            self.context.add_cookies([{"name": "sessionid", "value": self.session, "url": self.base}])
        self.page = self.context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.said.append(f"error {error}"))
        self.page.on("response", self._answer)
        return self

    def __exit__(self, kind: object, *_rest: object) -> None:
        """Close the window; a walk that ended well must have been silent."""
        self.context.close()
        if kind is None:
            assert self.said == [], self.said

    def _console(self, message: ConsoleMessage) -> None:
        self.said.append(f"{message.type} {message.text} at {self.page.url}")

    def _answer(self, answer: Response) -> None:
        if answer.request.is_navigation_request() and answer.status not in (301, 302, 303):
            self.status = answer.status

    def go(self, path: str) -> Page:
        """Open an address."""
        self.page.goto(path)
        return self.page

    def press(self, name: str, within: Page | Locator | None = None) -> None:
        """Press the button of a name, and wait for the page that it leads to."""
        with self.page.expect_navigation():
            (within or self.page).get_by_role("button", name=name, exact=True).first.click()

    def follow(self, name: str, within: Page | Locator | None = None) -> None:
        """Follow the link of a name."""
        with self.page.expect_navigation():
            (within or self.page).get_by_role("link", name=name, exact=True).first.click()

    def strike(self, key: str) -> None:
        """Strike a key that leads to another page."""
        with self.page.expect_navigation():
            self.page.keyboard.press(key)

    def type(self, **typed: str) -> None:
        """Fill in fields by their names."""
        for name, value in typed.items():
            self.page.locator(f"main [name={name}]:visible").first.fill(value)

    def look(self, name: str, *, status: int = 200) -> Page:
        """Look at the page: its status, its width, its skip link, and what axe says of it."""
        page = self.page
        page.wait_for_load_state()
        assert self.status == status, f"{name}: {page.url} answered {self.status}"
        if status >= 400:  # the browser says this much of its own
            self.said = [each for each in self.said if f"status of {status}" not in each]
        assert self.said == [], f"{name}: {self.said}"
        assert page.title().endswith("Quarterdeck"), f"{name}: {page.title()}"
        wide = page.evaluate(WIDE)
        assert wide == [], f"{name} is wider than {self.width} px: {wide}"
        twice = page.evaluate(TWICE)
        assert twice == [], f"{name} has ids that stand twice: {twice}"
        if name not in self.looked:
            self.looked.add(name)
            if self.shots:
                page.screenshot(path=f"{self.shots}/{name.replace(' ', '-')}-{self.width}{'-dark' * self.dark}.png", full_page=True)
            self.accessible(name)
        return page

    def accessible(self, name: str) -> None:
        """Find nothing of level A or AA that axe has to say of the page."""
        found = Axe().run(self.page, options=LEVELS).response["violations"]
        told = [(each["id"], [node["html"][:160] for node in each["nodes"]][:4]) for each in found]
        assert told == [], f"{name} at {self.width} px: {told}"

    def tour(self) -> None:
        """Walk the page with the Tab key: first the skip link, then everything, always with a visible focus."""
        self.page.keyboard.press("Tab")
        assert self.page.evaluate("document.activeElement.className") == "skip", "the first stop is not the skip link"
        faults = [self.page.evaluate(FOCUSED)]
        for _ in range(200):
            self.page.keyboard.press("Tab")
            stop = self.page.evaluate(FOCUSED)
            if stop in ("body", "again"):
                break
            faults.append(stop)
        told = [*filter(None, faults), *(f"{each} is never reached" for each in self.page.evaluate(MISSED))]
        assert told == [], told


def code(secret: str, *, ahead: int = 0) -> str:
    """Return the six digits that an authenticator app shows, now or some half minutes ahead."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 + ahead), "sha1").digest()
    start = digest[-1] & 15
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 10**6:06d}"


def filled(told: Told) -> Told:
    """Fill the book for each width: a client with somebody in every seat, and what a quarter leaves behind."""
    from django.contrib.auth.hashers import make_password

    hashed = make_password(PASSWORD)
    return {width: _table(width, client, hashed, told) for width, client in CLIENTS.items()}


def _table(width: int, client: str, hashed: str, told: Told) -> Told:
    from quarterdeck.store.book.models import Membership, Person, User
    from quarterdeck.store.selectors.seats import seat, today
    from quarterdeck.store.services import keeping
    from quarterdeck.store.services.seating import clients

    def user(name: str) -> User:
        return User.objects.create(
            email=f"{name}@{width}.example", name=name.title(), password=hashed, may_open_clients=name != "executive"
        )

    users = {name: user(name) for name in (*ROLES, "newcomer", "cautious")}
    opened = clients.open_client(users["owner"], f"Northlight {width}", id=client, industry="software", head_count=40, currency="USD")
    mine = seat(users["owner"], client)
    cora = keeping.keep(users["owner"], Person(client=opened, name="Cora Contributor", role="developer"))
    keeping.keep(users["owner"], Person(client=opened, name="Carla Contributor"))
    for role in ROLES[1:]:
        until = today() + timedelta(days=30) if role == "auditor" else None
        person = cora if role == "contributor" else None
        keeping.keep(users["owner"], Membership(client=opened, user=users[role], role=role, until=until, person=person), "seated")
    keeping.keep(users["owner"], Membership(client=opened, user=users["cautious"], role="executive"), "seated")
    _quarter(mine, cora, told)
    return {"client": client, "sessions": {name: _session(each) for name, each in users.items()}, "cora": cora.pk}


def _quarter(mine: Any, cora: Any, told: Told) -> None:
    """Leave a run, decisions, promises and actions behind."""
    from django.utils.timezone import now

    from quarterdeck.store.book.models import Run, Source
    from quarterdeck.store.selectors.seats import today
    from quarterdeck.store.services import keeping
    from quarterdeck.store.services.followup import actions, record

    source = Source(client=mine.client, kind=Source.Kind.REPOSITORY, name="shop", address="https://git.example/shop.git", fetched_at=now())
    keeping.keep(mine.user, source)
    run = Run(client=mine.client, state=Run.State.DONE, snapshot=told["snapshot"], summary=told["summary"], as_of=told["as_of"])
    run.started_at = run.ended_at = now()
    keeping.keep(mine.user, run, "finished")
    day = today()
    ask = {"asked_on": day - timedelta(days=20), "needed_by": day + timedelta(days=3), "decider": "Chief executive", "delay_per_week": 4000}
    record.ask(mine, "Which payroll vendor?", **ask)
    record.promise(mine, "Send the board note", made_to="Olga", due=day + timedelta(days=1))
    for number, sentence in enumerate(("Rotate the deploy key", "Write the restore runbook", "Order the spare switch")):
        actions.create(mine, sentence, owner=cora if not number else None, due=day + timedelta(days=2 * number - 1))


def _session(user: Any) -> str:
    from django.test import Client

    browser = Client()
    browser.force_login(user)
    return browser.cookies["sessionid"].value


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(json.dumps(filled(json.load(sys.stdin))))
