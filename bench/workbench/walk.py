"""Walk: a newcomer's review of a week over five demo clients, counted in clicks, keys, pages and words read."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Error, Locator, Page, sync_playwright

from bench.report import Bar, Section, Table, at_most, equal, missing
from bench.setting import Absent, Setting, command, say
from bench.workbench.place import free_port
from quarterdeck.web.moving.names import PASSWORD, PRACTITIONER

MINUTES = 15
WORDS_A_MINUTE, LONGEST_READ = 250, 60.0  # seconds at most on a page
CLICK, KEY = 1.5, 0.3  # seconds
CLIENTS = 5
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MOST_ITEMS = 200
EVERYTHING = re.compile(r"^All [\d,]+$")
# what somebody sees of a page: its texts, but for those that only a screen reader says
SEEN = """() => {
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT), seen = [];
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), within = walker.currentNode.parentElement;
    if (text && within.checkVisibility() && !within.closest(".quiet, script")) { seen.push(text); }
  }
  return seen;
}"""
CHOICE, REASON = "Yes, as proposed", "It costs least to wait with the rest"
WHY = "Not before the release"


@dataclass
class Effort:
    """What a stage of the walk took."""

    pages: int = 0
    words: int = 0
    reading: float = 0.0
    clicks: int = 0
    keys: int = 0

    @property
    def minutes(self) -> float:
        """Return the estimate for a person."""
        return (self.reading + self.clicks * CLICK + self.keys * KEY) / 60


@dataclass
class Newcomer:
    """Somebody who reads each page once, and whatever is new on it when it comes again."""

    page: Page
    took: dict[str, Effort] = field(default_factory=dict)
    known: dict[str, set[str]] = field(default_factory=dict)
    spent: dict[str, float] = field(default_factory=dict)  # seconds of reading, by page
    stage: Effort = field(default_factory=Effort)

    def begin(self, stage: str) -> None:
        """Begin a stage of the walk."""
        self.stage = self.took.setdefault(stage, Effort())

    def read(self) -> None:
        """Read what stands on the page and was not read there before."""
        path = urlsplit(self.page.url).path
        seen, spent = self.known.setdefault(path, set()), self.spent.get(path, 0.0)
        lines = [line for line in self.page.evaluate(SEEN) if line not in seen]
        words = sum(len(line.split()) for line in lines)
        self.stage.pages += not seen
        self.stage.words += words
        self.spent[path] = min(LONGEST_READ, spent + words / WORDS_A_MINUTE * 60)
        self.stage.reading += self.spent[path] - spent
        seen.update(lines)

    def click(self, what: Locator) -> None:
        """Click, and read the page that it leads to."""
        self.stage.clicks += 1
        with self.page.expect_navigation():
            what.click()
        self.read()

    def open(self, what: Locator) -> None:
        """Click on something that unfolds on the same page."""
        self.stage.clicks += 1
        what.click()

    def strike(self, *keys: str) -> None:
        """Strike keys."""
        self.stage.keys += len(keys)
        for each in keys:
            self.page.keyboard.press(each if each != " " else "Space")

    def type(self, where: Locator, text: str) -> None:
        """Type a text into a field."""
        self.stage.clicks += 1
        self.stage.keys += len(text)
        where.fill(text)


def measure(setting: Setting) -> Section:
    """Walk through the five clients once."""
    try:
        return _walked(setting)
    except Absent as reason:
        return Section("walk", (missing("a week's review of five clients", "<= 15 minutes", str(reason)),), (), (str(reason),))


def _walked(setting: Setting) -> Section:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if not chromium:
        raise Absent("Chromium is not installed")
    with _served(_five(setting.work / "walk")) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=QUIET)
        page = browser.new_page(viewport={"width": 1280, "height": 900}, base_url=address)
        page.set_default_timeout(20_000)
        newcomer = Newcomer(page)
        left = _walk(newcomer)
        browser.close()
    return Section("walk", tuple(_bars(newcomer, left)), (_table(newcomer),))


def _five(folder: Path) -> Path:
    """Return a workspace of the five demo clients as they are on the first day: made once a day, copied for each walk."""
    made = folder / f"demo-{date.today()}"  # noqa: DTZ011 - a demo ends on the day it is made
    if not (made / "ready").is_file():
        say("making the demo")
        served = [command(), "demo", "--folder", str(made), "--port", str(free_port()), "--no-open"]
        with subprocess.Popen(served, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if "is open at" in line:
                    process.terminate()
    today = folder / "today"
    shutil.rmtree(today, ignore_errors=True)
    shutil.copytree(made / "workspace", today)
    return today


@contextmanager
def _served(home: Path) -> Iterator[str]:
    """Serve a workspace without a worker: nothing changes but what the newcomer does."""
    port = free_port()
    environment = {**os.environ, "QUARTERDECK_HOME": str(home)}
    environment.pop("DATABASE_URL", None)
    arguments = [command(), "serve", "--no-worker", "--port", str(port)]
    process = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        next((line for line in process.stdout if "http" in line), "")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _walk(newcomer: Newcomer) -> int:
    """Sign in, clear This week, look at every client; return how much was left undone."""
    newcomer.begin("sign in")
    _open_first(newcomer.page)
    newcomer.read()
    newcomer.type(newcomer.page.locator("[name=login]"), PRACTITIONER)
    newcomer.type(newcomer.page.locator("[name=password]"), PASSWORD)
    newcomer.begin("this week")
    newcomer.click(newcomer.page.get_by_role("button", name="Sign in"))
    _clear(newcomer)
    left = _rows(newcomer.page).count()
    for number in range(CLIENTS):
        newcomer.begin(f"client {number + 1}")
        newcomer.click(newcomer.page.locator(".changes h3 a").nth(number))
        _look_at_client(newcomer, acts=not number)
        newcomer.click(newcomer.page.get_by_role("link", name="This week", exact=True))
    return left


def _open_first(page: Page) -> None:
    """Open the first page as soon as the server answers."""
    for _ in range(100):
        try:
            page.goto("/")
        except Error:
            page.wait_for_timeout(200)
        else:
            return
    raise Absent("the workbench did not come up")


def _rows(page: Page) -> Locator:
    """Return what on This week can still be decided, done or postponed."""
    return page.locator(".queue [data-row]:has([data-key=z])")


def _clear(newcomer: Newcomer) -> None:
    """Decide or postpone everything, from the top."""
    page = newcomer.page
    for _ in range(MOST_ITEMS):
        if not _rows(page).count():
            if not page.get_by_role("link", name=EVERYTHING).count():
                return
            newcomer.click(page.get_by_role("link", name=EVERYTHING).first)
            continue
        row = _rows(page).first
        if row.get_by_role("link", name="Decide", exact=True).count():
            _decide(newcomer, row)
        elif row.get_by_role("button", name="Kept").count():
            newcomer.click(row.get_by_role("button", name="Kept"))
        else:
            _postpone(newcomer, row)


def _postpone(newcomer: Newcomer, row: Locator) -> None:
    """Postpone with the keys that the page names, to the day that it proposes."""
    page = newcomer.page
    while not row.get_attribute("aria-current"):
        newcomer.strike("j")
    newcomer.strike("z")
    newcomer.strike(*WHY)
    newcomer.stage.keys += 1
    with page.expect_navigation():
        page.keyboard.press("Enter")
    newcomer.read()


def _decide(newcomer: Newcomer, row: Locator) -> None:
    page = newcomer.page
    newcomer.click(row.get_by_role("link", name="Decide", exact=True))
    newcomer.type(page.locator("[name=choice]"), CHOICE)
    newcomer.type(page.locator("form:has([name=choice]) [name=reason]"), REASON)
    newcomer.click(page.get_by_role("button", name="Decide"))
    newcomer.click(page.get_by_role("link", name="This week", exact=True))


def _look_at_client(newcomer: Newcomer, *, acts: bool) -> None:
    """Read the bridge with what changed, and the worst finding; of one client turn it into an action."""
    page = newcomer.page
    if not page.locator(".state a[href*='/findings/']").count():
        return  # a client without a repository has no finding
    newcomer.click(page.locator(".state a[href*='/findings/']").last)
    if acts:
        newcomer.open(page.locator("#f-owner"))
        if page.locator("#f-owner option").count() > 1:
            newcomer.open(page.locator("#f-owner"))
            page.locator("#f-owner").select_option(index=1)
        newcomer.click(page.get_by_role("button", name="Turn into an action"))


def _bars(newcomer: Newcomer, left: int) -> list[Bar]:
    minutes = sum(each.minutes for each in newcomer.took.values())
    return [
        at_most("a week's review of five clients by a newcomer", minutes, MINUTES, "min"),
        equal("things left undone on This week", left, 0),
    ]


def _table(newcomer: Newcomer) -> Table:
    rows = [(stage, each) for stage, each in newcomer.took.items()]
    whole = Effort()
    for _, each in rows:
        for name in vars(whole):
            setattr(whole, name, getattr(whole, name) + getattr(each, name))
    told = tuple(
        (stage, str(each.pages), f"{each.words:,}", str(each.clicks), str(each.keys), f"{each.minutes:.1f}")
        for stage, each in [*rows, ("in all", whole)]
    )
    note = f"{WORDS_A_MINUTE} words a minute, at most {LONGEST_READ:.0f} s a page, and what comes again is read where it is new; {CLICK} s a click, {KEY} s a key; no time to think."
    return Table("The walk", ("Stage", "New pages", "Words read", "Clicks", "Keys", "Minutes"), told, (note,))
