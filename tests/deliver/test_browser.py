"""The page in a real browser: it draws, it fits, it lets nothing run that is not ours."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from quarterdeck import bootstrap
from quarterdeck.deliver import html
from tests.conftest import AS_OF, small_company
from tests.deliver import hostile

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: install the package chromium"),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    quiet = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        yield started
        started.close()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the page of a friendly and of a hostile repository."""
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QUARTERDECK_HOME", str(folder / "home"))
        for name, make in (("friendly", small_company), ("hostile", hostile.repository)):
            report, _ = bootstrap.run(bootstrap.Request((make(folder / name),), AS_OF, compare="none"))
            (folder / f"{name}.html").write_text(html.render(report, "full", folder / "cache"), "utf-8")
    return {name: folder / f"{name}.html" for name in ("friendly", "hostile")}


def opened(browser: Browser, path: Path, *, width: int = 1280, dark: bool = False) -> tuple[Page, list[str]]:
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "request",
        lambda request: said.append(f"request {request.url}") if not request.url.startswith(("file:", "data:", "blob:")) else None,
    )
    page.goto(path.as_uri())
    for plot in page.locator("[data-chart]").all():
        plot.scroll_into_view_if_needed()
    expect(page.locator("[data-chart]:not(:has(svg))")).to_have_count(0, timeout=20_000)
    return page, said


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (1280, True), (390, False)])
def test_charts_draw_and_the_page_fits_without_a_complaint(browser: Browser, pages: dict[str, Path], width: int, dark: bool) -> None:
    page, said = opened(browser, pages["friendly"], width=width, dark=dark)

    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_hostile_repository_runs_nothing_in_the_browser(browser: Browser, pages: dict[str, Path]) -> None:
    page, said = opened(browser, pages["hostile"])

    assert said == []
    assert page.title() == "First audit of hostile"
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 3


def test_tables_sort_filter_and_unfold(browser: Browser, pages: dict[str, Path]) -> None:
    page, _ = opened(browser, pages["friendly"])
    table = page.locator("#t-knowers")
    rows = table.locator("tbody tr:visible")
    assert rows.count() == 7

    table.get_by_role("button", name="All 23").click()
    assert rows.count() == 23
    table.get_by_role("searchbox").fill("legacy")
    assert rows.count() == 6
    table.get_by_role("button", name="File").click()
    assert table.locator("th").first.get_attribute("aria-sort") == "ascending"


def test_a_risk_on_page_one_leads_to_its_finding(browser: Browser, pages: dict[str, Path]) -> None:
    page, _ = opened(browser, pages["friendly"])

    target = page.locator(".ranked a").first.get_attribute("href")

    assert target
    assert page.locator(target).count() == 1


def test_keyboard_users_can_skip_to_the_answer(browser: Browser, pages: dict[str, Path]) -> None:
    page, _ = opened(browser, pages["friendly"])

    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.textContent") == "Skip to the answer"
