"""The workbench as somebody walks through it, on a desk and on a phone, in a real browser against a real server.

Every page that is looked at must be silent (no console message, no breach of the policy), must fit the width, and must leave axe
nothing to say of level A or AA.
"""

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from quarterdeck.store import snapshots
from quarterdeck.store.selectors.seats import today
from quarterdeck.store.workspace import Workspace
from tests.conftest import AS_OF
from tests.making import Maker, code
from tests.web import journeys
from tests.web.conftest import Results
from tests.web.journeys import CLIENTS, DESK, PASSWORD, PHONE, QUIET, ROLES, Server, Told, Walk, free_port
from tests.web.seen import with_people

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: install the package chromium"),
    pytest.mark.xdist_group("journeys"),
]
SOON = 60_000  # milliseconds; a run of the small repository takes two seconds where nothing else works
BRIDGE = "The bridge: where the client stands, on one page"
BOB, DAN = "Bob Hopper <bob@example.com>", "Dan Ritchie <dan@example.com>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield started
        started.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve an empty workbench."""
    folder = tmp_path_factory.mktemp("served")
    Maker(folder / "roots" / "shop").commit(
        "ada", "2026-01-05", {"shop.py": code(30), "Dockerfile": "FROM python:3.8-slim-buster\n"}
    ).done()
    made = Server(folder / "home", folder / "roots", free_port())
    made.home.mkdir()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def first_start(browser: Browser, server: Server) -> list[str]:
    """Walk the very first start, which every other journey needs, and return what was read on the way."""
    read = []
    with Walk(browser, server.base, DESK) as walk:
        walk.go(server.address.removeprefix(server.base))
        walk.look("setup")
        walk.page.set_viewport_size({"width": PHONE, "height": 780})
        assert walk.page.evaluate("document.documentElement.scrollWidth") <= PHONE
        walk.page.set_viewport_size({"width": DESK, "height": 900})
        walk.type(name="Fia First", email="fia@example.com", password="short", firm="First & Daughters")
        walk.press("Make the account")
        walk.look("setup refused", status=422)
        walk.type(password="a first long password")
        walk.press("Make the account")
        read.append(walk.look("first page").locator("main").inner_text())
        walk.go(server.address.removeprefix(server.base))
        read.append(walk.look("setup over", status=404).locator("main").inner_text())
    return read


@pytest.fixture(scope="module")
def book(server: Server, first_start: list[str], results: Results) -> Told:
    """Fill the book that is served: a client for each width."""
    files = with_people(results, (BOB, DAN, "same mailbox name"))
    digests = [snapshots.keep(Workspace(server.home).client(client), files) for client in CLIENTS.values()]
    return server.fill({"snapshot": digests[0], "summary": results.summary, "as_of": AS_OF.isoformat()})


@pytest.fixture(scope="module")
def looked() -> dict[int, set[str]]:
    return {DESK: set(), PHONE: set()}


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    return int(request.param)


class Table:
    """The client of a width, and everybody who may walk up to it."""

    def __init__(self, browser: Browser, server: Server, book: Told, width: int, looked: dict[int, set[str]]) -> None:
        self.browser, self.server, self.told, self.width, self.looked = browser, server, book[width], width, looked[width]
        self.at = f"/c/{self.told['client']}/"

    def walk(self, who: str = "owner", *, dark: bool = False) -> Walk:
        """Sit somebody down before the screen; without a name somebody who is not signed in."""
        session = self.told["sessions"][who] if who else ""
        return Walk(self.browser, self.server.base, self.width, session, dark=dark, looked=set() if dark else self.looked)

    def path(self, rest: str) -> str:
        return f"{self.at}{rest}"


@pytest.fixture
def table(browser: Browser, server: Server, book: Told, width: int, looked: dict[int, set[str]]) -> Table:
    return Table(browser, server, book, width, looked)


def test_the_first_start_makes_one_account_and_says_what_comes_next(first_start: list[str]) -> None:
    assert "Open your first client" in first_start[0]
    assert "used already" in first_start[1]


def test_a_newcomer_opens_a_client_and_watches_its_first_run_to_the_bridge(table: Table, tmp_path: Path) -> None:
    with table.walk("newcomer") as walk:
        page = walk.go("/")
        walk.look("no client yet")
        walk.follow("Open your first client")
        walk.look("new client")
        walk.type(name="Harbor & Sons", head_count="12", revenue="about a million")
        walk.press("Open the client")
        walk.look("new client refused", status=422)
        assert page.locator("[name=revenue]").input_value() == "about a million"
        walk.type(revenue="1000000")
        walk.press("Open the client")
        walk.look("bridge without a source")
        walk.follow("Add a repository")
        walk.look("add a repository")
        walk.type(address="ext::sh -c id")
        walk.press("Add and run")
        walk.look("repository refused", status=422)
        walk.type(address=str(table.server.roots / "shop"))
        walk.press("Add and run")
        walk.look("evidence with a run that waits")
        walk.follow("see how far it is")
        walk.look("run that waits")
        walk.press("Cancel this run")
        expect(page.get_by_text("The run was cancelled.")).to_be_visible()
        walk.look("run cancelled")
        walk.press("Try again")
        address = walk.look("run that waits").url
        with table.server.worker():
            expect(page.get_by_role("heading", name="What it read")).to_be_visible(timeout=SOON)  # comes by itself
            walk.look("run done")
            walk.follow("Harbor & Sons")
            walk.look("bridge")
            assert "First run: baseline" in page.locator("main").inner_text()
            walk.go(address.partition("/runs/")[0] + "/evidence/upload/")
            walk.look("upload")
            wrong, roster = tmp_path / "holiday.png", tmp_path / "roster.csv"
            wrong.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
            roster.write_text("name,email,role,start\nAda Lovelace,ada@example.com,Lead,2019-03-01\n")
            page.set_input_files("[name=file]", wrong)
            walk.press("Upload")
            walk.look("upload refused", status=422)
            page.set_input_files("[name=file]", roster)
            walk.press("Upload")
            walk.look("evidence after an upload")
            assert "Taken: roster.csv (roster)" in page.locator("main").inner_text()
            walk.follow("see how far it is")
            walk.go("/")  # leave
            walk.page.go_back()  # and come back
            expect(page.get_by_role("heading", name="What it read")).to_be_visible(timeout=SOON)
            assert "roster.csv" in walk.look("run done").locator("main").inner_text()


def test_a_week_is_reviewed_with_a_few_keys(table: Table) -> None:
    with table.walk("practitioner") as walk:
        page, keys = walk.go("/"), walk.page.keyboard
        walk.look("this week")
        expect(page.get_by_role("heading", level=1)).to_have_text("5 things need you this week")
        keys.press("j")
        expect(page.locator("[data-row][aria-current]")).to_contain_text("Which payroll vendor?")
        walk.strike("Enter")
        walk.look("decision")
        walk.type(choice="Stay with the present one", reason="Moving costs a quarter.")
        walk.press("Decide")
        assert "Decided on" in walk.look("decision taken").locator("main").inner_text()
        walk.go("/")
        while "Send the board note" not in page.locator("[data-row][aria-current]").all_inner_texts().__str__():
            keys.press("j")
        walk.strike("x")
        expect(page.get_by_text("Kept: Send the board note")).to_be_visible()
        row = page.locator("[data-row]", has_text="Write the restore runbook")
        while "Write the restore runbook" not in str(page.locator("[data-row][aria-current]").all_inner_texts()):
            keys.press("j")
        keys.press("z")
        keys.type("x c z: the backup moves house first.")  # an answer, not keys
        expect(row.get_by_label("Why does it have to wait?")).to_have_value("x c z: the backup moves house first.")
        walk.look("this week, postponing")
        walk.strike("Enter")
        expect(page.get_by_text("Postponed: Write the restore runbook")).to_be_visible()
        keys.press("j")
        keys.press("j")
        keys.press("k")
        keys.press("x")
        opened = page.locator("details.ask[open]")
        keys.type("Cora")
        expect(opened.get_by_label("Who has seen it?")).to_have_value("Cora")
        walk.strike("Enter")
        expect(page.locator(".said.success")).to_contain_text("Done: ")
        walk.go(table.path("promises/"))
        walk.look("promises")
        walk.type(sentence="Tell the board", due=(today() + timedelta(days=30)).isoformat())
        walk.press("Save")
        assert "Tell the board" in walk.look("promises").locator(".queue").inner_text()


def test_a_finding_is_read_dismissed_taken_back_and_turned_into_an_action(table: Table) -> None:
    with table.walk("practitioner") as walk:
        page = walk.go(table.path("findings/"))
        walk.look("findings")
        walk.type(text="billing")
        walk.press("Show")
        walk.look("findings narrowed")
        walk.follow("Show the open ones")
        walk.follow(page.locator("[data-row] a").first.inner_text())
        title = walk.look("finding").get_by_role("heading", level=1).inner_text()
        assert page.locator("main code").count() >= 2  # what it rests on
        page.get_by_text("Accept or dismiss").click()
        page.get_by_label("dismiss it").check()
        page.get_by_label("Why", exact=True).fill("This part is switched off in March.")
        walk.press("Save")
        assert "switched off in March" in walk.look("finding dismissed").locator("main").inner_text()
        walk.press("Take it back")
        walk.look("finding taken back")
        page.get_by_label("Who does it").select_option(label="Cora Contributor, developer")
        walk.press("Turn into an action")
        walk.look("action")
        message = page.locator("#message").inner_text()
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == message
        walk.follow("The finding")
        assert page.get_by_role("heading", level=1).inner_text() == title
        assert page.get_by_role("button", name="Turn into an action").count() == 0


def test_many_actions_change_at_once_and_the_later_of_two_editors_keeps_what_they_typed(table: Table) -> None:
    with table.walk("practitioner") as walk, table.walk("owner") as other:
        page = walk.go(table.path("actions/new/"))
        walk.look("new action")
        for sentence in ("Label the racks", "Count the licences"):
            walk.go(table.path("actions/new/"))
            walk.type(sentence=sentence)
            walk.press("Save")
        walk.go(table.path("actions/"))
        walk.look("actions")
        walk.type(q="l")
        page.get_by_label("Owner").first.select_option(label="nobody yet")
        walk.press("Show")
        walk.look("actions filtered")
        for sentence in ("Label the racks", "Count the licences"):
            page.get_by_role("checkbox", name=sentence).check()
        page.locator("fieldset").get_by_label("Owner").select_option(label="Cora Contributor")
        walk.press("Change")
        expect(page.get_by_text("2 actions changed.")).to_be_visible()

        walk.go(table.path("actions/"))
        walk.follow("Label the racks")
        page.get_by_text("Edit", exact=True).click()
        theirs = other.go(page.url)
        theirs.get_by_text("Edit", exact=True).click()
        theirs.locator("[name=detail]").fill("Front and back.")
        other.press("Save", theirs.locator("details[open]"))
        expect(theirs.get_by_text("Saved.")).to_be_visible()
        page.locator("[name=detail]").fill("With the new printer.")
        walk.press("Save", page.locator("details[open]"))
        walk.look("action changed by somebody else", status=409)
        assert page.locator("[name=detail]").input_value() == "With the new printer."
        assert "Front and back." in page.locator("main").inner_text()
        walk.press("Save", page.locator("details[open]"))
        expect(page.get_by_text("Saved.")).to_be_visible()
        assert "With the new printer." in page.locator("main").inner_text()


def test_a_departure_is_played_through_and_kept_as_a_plan(table: Table) -> None:
    with table.walk("practitioner") as walk:
        page = walk.go(table.path("departure/"))
        walk.look("departure")
        page.get_by_role("checkbox", name=re.compile("Ada Lovelace")).check()
        expect(page.get_by_role("heading", name="What to do, by the clock")).to_be_visible()  # without a press of a button
        walk.look("departure of somebody")
        walk.type(leaves_on=(today() + timedelta(days=30)).isoformat())
        walk.press("Save as a plan")
        walk.look("plan")
        step = page.locator(".todo > li").first
        step.get_by_text("Tick, or make an action").click()
        walk.look("plan with a step open")
        step.get_by_label("What shows it").fill("The list lies in the safe.")
        walk.press("Tick", step)
        assert "1 of " in walk.look("plan ticked").locator(".lede").inner_text()


def test_people_are_merged_split_and_assigned(table: Table) -> None:
    with table.walk() as walk:
        page = walk.go(table.path("people/"))
        walk.look("people")
        walk.press("Two people")
        expect(page.get_by_text("They are two people.")).to_be_visible()
        page.get_by_role("checkbox", name="Ada Lovelace").check()
        page.get_by_role("checkbox", name="Bob Hopper").check()
        page.get_by_label("Or they belong to").select_option(label="Cora Contributor")
        walk.press("Assign")
        expect(page.get_by_text("Assigned to Cora Contributor.")).to_be_visible()
        walk.follow("Cora Contributor")
        walk.look("person")
        page.get_by_role("checkbox", name=re.compile("bob@example.com")).check()
        page.get_by_label("Their name").fill("Bob Hopper")
        walk.press("Split")
        expect(page.get_by_text("Bob Hopper is a person of their own now.")).to_be_visible()
        page.get_by_label("Cora Contributor is also").select_option(label="Carla Contributor")
        walk.press("Join the two")
        expect(page.get_by_text("Both are Cora Contributor now.")).to_be_visible()
        walk.go(table.path("people/new/"))
        walk.look("new person")


def test_an_invitation_leads_to_an_account_and_a_seat(table: Table) -> None:
    with table.walk() as walk, table.walk("") as guest:
        page = walk.go(table.path("members/"))
        walk.look("members")
        page.get_by_label("Role").select_option(label="Executive")
        walk.press("Make a link")
        link = walk.look("invitation made").locator("#once").inner_text()
        room = guest.go(link)
        guest.look("invitation")
        guest.type(name="Ines Invited", email=f"ines@{table.width}.example", password="a very long password")
        guest.press("Make the account and take the seat")
        guest.look("this week")
        assert "Welcome to Northlight" in room.locator("main").inner_text()
        room.goto(link)
        guest.look("invitation over", status=404)
        walk.go(table.path("members/"))
        assert "Ines Invited" in page.locator("main").inner_text()


def test_two_step_login_is_turned_on_and_asks_for_a_code(table: Table) -> None:
    with table.walk("cautious") as walk, table.walk("") as again:
        page = walk.go("/account/")
        walk.look("account")
        walk.follow("Two-step login and recovery codes")
        walk.look("two-step login")
        walk.follow("Turn it on")
        if page.get_by_role("heading", name="Is it you?").count():
            walk.look("is it you")
            walk.type(password=PASSWORD)
            walk.press("Go on")
        walk.look("turn on two-step login")
        page.get_by_text("No camera?").click()
        secret = page.locator(".once").inner_text().strip()
        walk.type(code=journeys.code(secret))
        walk.press("Turn it on")
        walk.look("recovery codes")
        again.go("/")
        again.look("sign in")
        again.type(login=f"cautious@{table.width}.example", password="not the password")
        again.press("Sign in")
        again.look("sign in refused")
        again.type(login=f"cautious@{table.width}.example", password=PASSWORD)
        again.press("Sign in")
        again.look("second step")
        again.type(code=journeys.code(secret, ahead=1))
        again.press("Sign in")
        again.look("this week")
        assert again.page.get_by_text("Cautious").count()


def test_a_read_only_link_opens_without_an_account_until_it_is_revoked(table: Table) -> None:
    with table.walk() as walk, table.walk("") as guest:
        page = walk.go(table.path("links/"))
        walk.look("links")
        made = {}
        for title in ("Practice: People", BRIDGE):
            page.get_by_label("What to show").select_option(label=title)
            walk.press("Make a link")
            made[title] = walk.look("link made").locator("#once").inner_text()
        room = guest.go(made["Practice: People"])
        guest.look("shared practice")
        guest.go(made[BRIDGE])
        guest.look("shared bridge")
        assert room.get_by_role("link", name="This week").count() == 0
        walk.follow(BRIDGE)
        walk.look("link")
        walk.press("End this link")
        guest.go(made[BRIDGE])
        guest.look("shared link over", status=404)


def test_everything_is_found_explained_and_captured_in_one_line(table: Table) -> None:
    with table.walk("practitioner") as walk:
        page, keys = walk.go(table.at), walk.page.keyboard
        walk.look("bridge with a quarter behind it")
        keys.press("c")
        expect(page.get_by_role("dialog")).to_be_visible()
        walk.look("capture")
        page.get_by_label(re.compile("^One line")).fill("a Cora order the second line by Fri")
        walk.strike("Enter")
        expect(page.get_by_role("status")).to_contain_text("Saved as an action")
        walk.go("/")
        keys.press("/")
        keys.type("second line")
        walk.strike("Enter")
        walk.look("search")
        assert "order the second line" in page.locator("main").inner_text()
        walk.go("/search/?q=nothing-has-this-name")
        walk.look("search without a hit")
        walk.go("/glossary/")
        walk.look("glossary")
        page.get_by_label("Filter").fill("bus")
        walk.look("glossary narrowed")


def test_everybody_finds_their_own_start_page(table: Table) -> None:
    for who in ROLES:
        with table.walk(who) as walk:
            walk.go("/")
            walk.look(f"this week as {who}")
            walk.go(table.path("actions/"))
            walk.look(f"actions as {who}")
            if who == "contributor":
                walk.go(table.at)
                walk.look("refused", status=403)
                continue
            walk.go(table.at)
            walk.look(f"bridge as {who}")
            rooms = walk.page.locator("nav.rooms a").all_inner_texts()
            assert ("Settings" in rooms) == (who in ("owner", "practitioner"))
            assert ("Evidence" in rooms) == (who in ("owner", "practitioner", "auditor"))
            assert ("Departure" in rooms) == (who != "auditor")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_practice_page_draws_its_charts_and_its_tables_sort(table: Table, dark: bool) -> None:
    with table.walk(dark=dark) as walk:
        page = walk.go(table.path("practices/people/"))
        plots = page.locator("[data-chart]")
        assert plots.count()
        for plot in plots.all():
            plot.scroll_into_view_if_needed()
        expect(page.locator("[data-chart]:not(:has(svg))")).to_have_count(0, timeout=SOON)
        walk.look("practice")
        if dark:
            for name, address in (("bridge", table.at), ("this week", "/"), ("findings", table.path("findings/"))):
                walk.go(address)
                walk.look(name)


def test_every_other_page_is_calm(table: Table) -> None:
    rooms = {
        "decisions": "decisions", "notes": "notes", "hours": "time", "our advice": "advice", "evidence": "evidence", "runs": "runs",
        "client settings": "settings", "tokens": "tokens", "trail": "trail", "take along": "export",
    }  # fmt: skip
    with table.walk() as walk:
        for name, path in rooms.items():
            walk.go(table.path(f"{path}/"))
            walk.look(name)
        walk.go("/clients/import/")
        walk.look("import")
        walk.go(table.path("nothing/here/"))
        walk.look("nothing there", status=404)
    with table.walk("") as walk:
        walk.go("/accounts/password/reset/")
        walk.look("forgotten password")


@pytest.mark.parametrize("path", ["", "findings/", "actions/", "departure/"])
def test_every_control_is_reached_by_the_tab_key_with_a_visible_focus(table: Table, path: str) -> None:
    with table.walk("practitioner") as walk:
        walk.go(table.path(path))
        walk.tour()


def test_a_client_goes_out_as_a_zip_and_comes_back(table: Table, tmp_path: Path) -> None:
    with table.walk("newcomer") as walk:
        page = walk.go("/clients/new/")
        walk.type(name="Pontoon Ltd")
        walk.press("Open the client")
        walk.go(page.url + "export/")
        with page.expect_download() as going:
            page.get_by_role("button", name="Download the zip").click()
        kept = tmp_path / going.value.suggested_filename
        going.value.save_as(kept)
        walk.type(name="Pontoon Ltd")
        walk.press("Remove for good")
        walk.look("client removed")
        walk.go("/clients/import/")
        page.set_input_files("[name=file]", kept)
        walk.press("Import")
        walk.look("bridge without a source")
        assert "Pontoon Ltd is here, with its whole trail." in page.locator("main").inner_text()
