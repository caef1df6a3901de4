import re
from datetime import timedelta

import pytest
from django.test import Client as Browser
from playwright.sync_api import ConsoleMessage, sync_playwright
from pytest_django import DjangoAssertNumQueries

from quarterdeck.domain.errors import InputError, NotPermitted
from quarterdeck.store import snapshots
from quarterdeck.store.book.models import Client, Event, Link, LinkView, Role, Run
from quarterdeck.store.services.seating import clients, links
from tests.web.conftest import FOREIGN, OWN, Book, Results

CHROMIUM = "/usr/bin/chromium"
CALM = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"
SUCH_PAGES = [links.REPORT, links.BRIDGE, f"{links.PRACTICE}people"]


def made(book: Book, page: str = links.REPORT, *, days: int = 14, names: str = "hidden") -> str:
    return links.make(book.seat(Role.PRACTITIONER), page, days=days, names=names)


def test_a_link_is_made_on_the_page_and_its_address_is_shown_once(book: Book) -> None:
    browser = book.browser(Role.PRACTITIONER)

    answer = browser.post(f"/c/{OWN}/links/", {"page": links.BRIDGE, "days": "30", "names": "roles"})
    first = browser.get(answer["Location"]).content.decode()
    second = browser.get(answer["Location"]).content.decode()

    address = re.search(r"http://testserver(/shared/[\w-]+/)", first)
    assert answer.status_code == 302 and address is not None
    assert Browser().get(address[1]).status_code == 200
    assert address[1] not in second
    assert address[1].split("/")[2] not in str(list(Event.objects.values()))


@pytest.mark.parametrize("page", [*SUCH_PAGES, links.PRINTED])
def test_a_link_shows_its_page_without_a_login_and_without_the_session(book: Book, page: str) -> None:
    address = f"/shared/{made(book, page)}/"

    stranger, member = Browser().get(address), book.browser().get(address)

    assert stranger.status_code == 200
    assert stranger.content == member.content
    assert not stranger.cookies
    assert stranger["Referrer-Policy"] == "no-referrer"
    assert "noindex" in stranger["X-Robots-Tag"]
    assert stranger["Cache-Control"] == "private, no-store"
    if page != links.PRINTED:
        text = stranger.content.decode()
        assert "/c/" not in re.sub(r"<script.*?</script>", "", text, flags=re.S)
        assert "account_logout" not in text and "Sign out" not in text


@pytest.mark.parametrize("page", SUCH_PAGES)
def test_a_link_that_hides_people_names_nobody(book: Book, page: str) -> None:
    text = Browser().get(f"/shared/{made(book, page, names='hidden')}/").content.decode()

    assert not re.search(r"Ada Lovelace|Bob Hopper|Dan Ritchie|ada@example|bob@example|dan@example", text)


def test_the_report_brings_its_own_policy_and_stands_in_a_sandbox(book: Book) -> None:
    answer = Browser().get(f"/shared/{made(book)}/")

    policy = answer["Content-Security-Policy"]
    sandbox = next(each for each in policy.split("; ") if each.startswith("sandbox"))
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "allow-same-origin" not in sandbox and "allow-forms" not in sandbox
    assert "unsafe" not in policy and "frame-ancestors 'none'" in policy


def test_a_link_stays_with_the_results_it_was_made_of(book: Book, results: Results) -> None:
    token = made(book, links.BRIDGE)
    before = Browser().get(f"/shared/{token}/").content
    later = dict(results.files) | {
        "hidden/summary.json": str(results.files["hidden/summary.json"]).replace('"answer":"', '"answer":"Later: ')
    }
    digest = snapshots.keep(links.shown(Link.objects.get()).root, later)
    assert book.run is not None
    Run.objects.create(client=book.client, state=Run.State.DONE, snapshot=digest, ended_at=clients.now())

    assert Browser().get(f"/shared/{token}/").content == before
    assert b"Later: " in Browser().get(f"/shared/{made(book, links.BRIDGE)}/").content


def over(book: Book, how: str) -> str:
    token = made(book)
    if how == "expired":
        Link.objects.update(expires_at=clients.now() - timedelta(seconds=1))
    elif how == "revoked":
        book.browser().post(f"/c/{OWN}/links/{Link.objects.get().pk}/revoke/")
    elif how == "archived":
        Client.objects.filter(pk=OWN).update(archived_at=clients.now())
    elif how == "results gone":
        Link.objects.update(snapshot="0" * 32)
    return token if how != "made up" else token[:-1] + "!"


@pytest.mark.parametrize("how", ["expired", "revoked", "archived", "results gone", "made up"])
def test_a_link_that_is_over_shows_a_plain_page(book: Book, how: str) -> None:
    answer = Browser().get(f"/shared/{over(book, how)}/")

    assert answer.status_code == 404
    assert "This link is over" in answer.content.decode()
    assert "Northlight" not in answer.content.decode()
    assert not LinkView.objects.exists()


def test_a_link_notes_when_and_with_what_it_was_opened_and_not_from_where(book: Book) -> None:
    address = f"/shared/{made(book)}/"
    headers = {"user-agent": "<script>Browser</script> 1.0", "x-forwarded-for": "203.0.113.7"}
    for _ in range(2):
        Browser().get(address, headers=headers, REMOTE_ADDR="203.0.113.7")
    Browser().head(address)

    log = book.browser().get(f"/c/{OWN}/links/{Link.objects.get().pk}/").content.decode()

    assert LinkView.objects.count() == 2
    assert "203.0.113" not in str(list(LinkView.objects.values()))
    assert log.count("&lt;script&gt;Browser&lt;/script&gt; 1.0") == 2


def test_a_shared_page_takes_nothing(book: Book) -> None:
    assert Browser().post(f"/shared/{made(book)}/").status_code == 405


@pytest.mark.parametrize(
    ("days", "names", "page"), [(0, "hidden", "report"), (91, "hidden", "report"), (9, "full", "report"), (9, "hidden", "../x")]
)
def test_a_link_outside_its_bounds_is_refused_with_a_sentence(book: Book, days: int, names: str, page: str) -> None:
    with pytest.raises(InputError):
        links.make(book.seat(), page, days=days, names=names)

    answer = book.browser().post(f"/c/{OWN}/links/", {"page": page, "days": days, "names": names})

    assert answer.status_code == 422
    assert not Link.objects.exists()


@pytest.mark.parametrize("role", [Role.EXECUTIVE, Role.CONTRIBUTOR, Role.AUDITOR])
def test_who_may_not_share_makes_no_link(book: Book, role: str) -> None:
    with pytest.raises(NotPermitted):
        links.make(book.seat(role), links.REPORT, days=9, names="hidden")


def test_before_the_first_run_the_page_says_what_is_missing(book: Book) -> None:
    Run.objects.filter(client=OWN).delete()

    text = book.browser().get(f"/c/{OWN}/links/").content.decode()

    assert "There is nothing to share yet" in text


def test_nobody_ends_a_link_of_another_client(book: Book) -> None:
    made(book)

    answer = book.browser("stranger").post(f"/c/{FOREIGN}/links/{Link.objects.get().pk}/revoke/")

    assert answer.status_code == 404
    assert Link.objects.get().revoked_at is None


def test_the_page_of_links_asks_few_questions_of_the_book(book: Book, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(9):
        made(book)
    browser = book.browser()

    with django_assert_max_num_queries(15):
        browser.get(f"/c/{OWN}/links/")


# in a browser


@pytest.mark.parametrize("page", SUCH_PAGES)
def test_a_shared_page_works_in_a_browser_with_nothing_to_complain_about(book: Book, live: str, page: str) -> None:
    address = f"{live}/shared/{made(book, page, names='roles')}/"
    said: list[str] = []

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=CALM.split())
        view = browser.new_page(viewport={"width": 360, "height": 740})

        def note(message: ConsoleMessage) -> None:
            said.append(message.text)

        view.on("console", note)
        view.on("pageerror", lambda error: said.append(str(error)))
        view.goto(address, wait_until="networkidle")
        drawn = 0
        if page != links.BRIDGE:
            view.locator("[data-chart]").first.scroll_into_view_if_needed()
            view.wait_for_selector("[data-chart] svg")
            drawn = view.locator("[data-chart] svg").count()
        width = view.evaluate("document.documentElement.scrollWidth")
        reached = view.evaluate(
            "(() => { try { return [document.cookie, localStorage.length, origin] } catch (error) { return error.name } })()"
        )
        browser.close()

    assert said == []
    assert drawn or page == links.BRIDGE
    assert width <= 360
    if page == links.REPORT:
        assert reached == "SecurityError"
