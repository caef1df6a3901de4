"""The evidence pages: what there is, what is missing, adding, uploading, and runs to look at."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.utils.timezone import now
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from quarterdeck.store.book.models import Person, Role, Run, Source
from quarterdeck.store.services import runs
from tests.making import Maker, code, git
from tests.web.conftest import FOREIGN, OWN, Book

EVIDENCE = f"/c/{OWN}/evidence/"
UPLOAD = f"{EVIDENCE}upload/"
SCRIPT = "<script>alert(1)</script>"
ROSTER = "Name,Email,Role,Start\nAda Lovelace,ada@example.com,Lead,2020-01-01\nBob Hopper,bob@example.com,Developer,2021-13-45\n"


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """Allow a folder with one repository to be read."""
    settings.ROOTS = (tmp_path,)
    return Maker(tmp_path / "till").commit("bob", "2026-02-01", {"till.py": code(30)}).done()


def text_of(browser: Browser, address: str) -> str:
    return browser.get(address).content.decode()


def send(browser: Browser, *files: tuple[str, bytes]) -> tuple[int, str]:
    """Upload files and return the status of the answer, and the page that follows."""
    answer = browser.post(UPLOAD, {"file": [SimpleUploadedFile(name, content) for name, content in files]}, follow=True)
    status = answer.redirect_chain[0][1] if answer.redirect_chain else answer.status_code
    return status, answer.content.decode()


def test_the_page_says_what_there_is_how_old_it_is_and_what_is_missing(book: Book) -> None:
    page = text_of(book.browser(), EVIDENCE)

    assert "1 source, the oldest read today." in page
    assert "35 commits, 1 Feb 2023 to 1 Jun 2026" in page
    assert "upload a roster (CSV)" in page and "who has left" in page


def test_a_source_that_failed_comes_first_with_what_to_do(book: Book) -> None:
    assert book.source
    Source.objects.filter(pk=book.source.pk).update(failure="the server was away", hint="Try again later.")

    page = text_of(book.browser(), EVIDENCE)

    assert "The server was away." in page and "Try again later." in page
    assert "1 source needs you" in page and "answers rest on the copy of" in page


@pytest.mark.parametrize("address", ["", "upload/", "new/"])
def test_pages_stay_within_their_queries(book: Book, address: str, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    browser = book.browser()
    browser.get(EVIDENCE + address)

    with django_assert_max_num_queries(9):
        assert browser.get(EVIDENCE + address).status_code == 200


@pytest.mark.parametrize(
    ("role", "shelf", "new", "upload", "runs", "download"),
    [
        (Role.OWNER, 200, 200, 200, 200, 200),
        (Role.PRACTITIONER, 200, 200, 200, 200, 200),
        (Role.EXECUTIVE, 403, 403, 403, 403, 200),
        (Role.CONTRIBUTOR, 403, 403, 200, 403, 403),
        (Role.AUDITOR, 200, 403, 403, 200, 200),
        ("stranger", 404, 404, 404, 404, 404),
        ("outsider", 404, 404, 404, 404, 404),
    ],
)
def test_every_seat_opens_what_the_table_of_rights_says(
    book: Book, role: str, shelf: int, new: int, upload: int, runs: int, download: int
) -> None:
    assert book.run
    browser = book.browser(role)
    addresses = [EVIDENCE, f"{EVIDENCE}new/", UPLOAD, f"/c/{OWN}/runs/", f"/c/{OWN}/runs/{book.run.pk}/files/report.html"]

    assert [browser.get(address).status_code for address in addresses] == [shelf, new, upload, runs, download]


def test_another_clients_sources_and_runs_are_not_there_under_ones_own_address(book: Book) -> None:
    browser = book.browser()
    source, run = Source.objects.get(client=FOREIGN).pk, Run.objects.get(client=FOREIGN).pk

    opened = [f"{EVIDENCE}{source}/", f"/c/{OWN}/runs/{run}/", f"/c/{OWN}/runs/{run}/state/", f"/c/{OWN}/runs/{run}/files/report.pdf"]
    sent = [f"{EVIDENCE}{source}/remove/", f"/c/{OWN}/runs/{run}/cancel/", f"/c/{OWN}/runs/{run}/retry/"]

    assert {browser.get(each).status_code for each in opened} == {404}
    assert {browser.post(each).status_code for each in sent} == {404}


@pytest.mark.parametrize(
    "address", ["ext::sh -c id", "file:///etc", "--upload-pack=id", "https://127.0.0.1/x.git", "/etc", "https://me:pw@x.example/y"]
)
def test_an_address_that_is_refused_says_why_and_loses_nothing_that_was_typed(book: Book, folder: Path, address: str) -> None:
    typed = {"address": address, "name": SCRIPT, "schedule": "daily", "criticality": "high", "token": "never-shown-again"}

    answer = book.browser().post(f"{EVIDENCE}new/", typed)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "&lt;script&gt;alert(1)" in page and SCRIPT not in page
    assert 'value="daily" selected' in page and 'value="high" selected' in page
    assert "never-shown-again" not in page
    assert Source.objects.filter(client=OWN).count() == 1


def test_a_folder_below_an_allowed_one_is_added_and_a_run_begins(book: Book, folder: Path) -> None:
    typed = {"address": str(folder), "name": "", "schedule": "daily", "criticality": "", "token": ""}
    browser = book.browser()

    page = browser.post(f"{EVIDENCE}new/", typed, follow=True).content.decode()
    again = browser.post(f"{EVIDENCE}new/", typed)

    source = Source.objects.get(client=OWN, name="till")
    assert (source.address, source.schedule) == (str(folder), "daily")
    assert "till was added" in page and "A run is under way" in page
    assert str(folder) not in page
    assert again.status_code == 409 and b"a source already" in again.content


def test_a_token_is_for_https_alone(book: Book, folder: Path) -> None:
    typed = {"address": str(folder), "name": "", "schedule": "daily", "criticality": "", "token": "secret-token"}

    answer = book.browser().post(f"{EVIDENCE}new/", typed)

    assert answer.status_code == 422 and b"only addresses with https" in answer.content
    assert not Source.objects.filter(name="till").exists()


def test_of_two_people_who_change_a_source_the_later_one_is_told_and_keeps_the_text(book: Book) -> None:
    assert book.source
    address, browser = f"{EVIDENCE}{book.source.pk}/", book.browser()
    typed = {"name": "shop front", "schedule": "daily", "criticality": "", "version": str(book.source.version)}

    first = browser.post(address, typed)
    later = book.browser(Role.PRACTITIONER).post(address, {**typed, "name": "shop back"})

    page = later.content.decode()
    assert (first.status_code, later.status_code) == (302, 409)
    assert 'value="shop back"' in page and "It now says: shop front, daily" in page


def test_an_auditor_reads_a_source_but_cannot_change_or_remove_it(book: Book) -> None:
    assert book.source
    address, browser = f"{EVIDENCE}{book.source.pk}/", book.browser(Role.AUDITOR)

    page = text_of(browser, address)
    refused = [browser.post(address, {"name": "x"}).status_code, browser.post(f"{address}remove/").status_code]

    assert "https://git.example/shop.git" in page and "Change it" not in page
    assert refused == [403, 403]


def test_a_removed_source_is_gone_from_the_page_and_its_page_says_so(book: Book) -> None:
    assert book.source
    browser = book.browser()

    page = browser.post(f"{EVIDENCE}{book.source.pk}/remove/", follow=True).content.decode()

    assert "shop was removed" in page and "There is no evidence yet" in page
    assert "removed" in text_of(browser, f"{EVIDENCE}{book.source.pk}/")


def test_a_roster_is_taken_into_the_book_and_the_rows_that_were_not_are_said(book: Book) -> None:
    browser = book.browser()

    status, page = send(browser, ("people.csv", ROSTER.encode()))

    source = Source.objects.get(client=OWN, kind=Source.Kind.ROSTER)
    assert status == 302 and "Taken: people.csv (roster). A run begins." in page
    assert Person.objects.filter(client=OWN, name="Ada Lovelace").exists()
    assert any("of 2 rows read" in each for each in source.problems)
    assert any("2021-13-45" in each for each in source.problems)
    assert (settings.WORKSPACE.uploads(OWN) / source.digest).read_bytes() == ROSTER.encode()


def test_a_bundle_becomes_a_repository_that_runs_read(book: Book, folder: Path, tmp_path: Path) -> None:
    git(folder, "bundle", "create", str(tmp_path / "till.bundle"), "--all")

    status, page = send(book.browser(), ("till.bundle", (tmp_path / "till.bundle").read_bytes()))

    source = Source.objects.get(client=OWN, kind=Source.Kind.UPLOADED_REPOSITORY)
    assert status == 302 and "Taken: till (uploaded repository)" in page
    mirror = settings.WORKSPACE.source(OWN, source.pk) / "mirror.git"
    assert git(mirror, "log", "--format=%s", "--all") == "work"


def test_a_contributor_uploads_without_seeing_the_evidence(book: Book) -> None:
    bill = b'{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": []}'

    status, page = send(book.browser(Role.CONTRIBUTOR), ("shop.cdx.json", bill))

    assert status == 302 and "Taken: shop.cdx.json (software inventory). The next run reads it." in page
    assert "Upload files" in page


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.pdf", b"%PDF-1.7 something", "this is a PDF"),
        ("empty.csv", b"", "empty"),
        ("company.toml", b'[rates]\nbroken = "', "company.toml"),
        ("columns.csv", b"Colour,Size\nred,4\n", "columns"),
        ("script.txt", SCRIPT.encode(), "not recognised"),
    ],
)
def test_a_file_that_nothing_reads_is_refused_with_the_reason_and_nothing_of_it_stays(
    book: Book, name: str, content: bytes, said: str
) -> None:
    status, page = send(book.browser(), (name, content))

    kept = settings.WORKSPACE.uploads(OWN)
    assert status == 422 and said in page and SCRIPT not in page
    assert Source.objects.filter(client=OWN).count() == 1
    assert not [each for each in kept.rglob("*") if "incoming" in each.name]


def test_a_zip_whose_names_lead_elsewhere_is_refused(book: Book) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../../outside.csv", ROSTER)

    status, page = send(book.browser(), ("evil.zip", packed.getvalue()))

    assert status == 422 and "evil.zip" in page
    assert not Person.objects.filter(client=OWN, name="Ada Lovelace").exists()


def test_an_upload_that_says_it_is_too_large_is_refused_before_it_is_read(book: Book, settings: Settings) -> None:
    settings.MOST_UPLOAD_BYTES = 1_000_000
    body = b"x" * 100

    answer = book.browser().generic("POST", UPLOAD, body, content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(5_000_000))

    assert answer.status_code == 413
    assert b"more than the 1 MB" in answer.content and b"Nothing was kept" in answer.content


def test_a_file_over_the_limit_is_refused_however_it_came(book: Book, settings: Settings) -> None:
    settings.MOST_UPLOAD_BYTES = 1_000

    status, page = send(book.browser(), ("people.csv", ROSTER.encode() + b"Cy,cy@example.com,Developer,2020-01-01\n" * 50))

    assert status == 422 and "larger than" in page


def test_an_upload_needs_a_form_of_ours(book: Book) -> None:
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(book.users[Role.OWNER])

    answer = browser.post(UPLOAD, {"file": SimpleUploadedFile("people.csv", ROSTER.encode())})

    assert answer.status_code == 403
    assert not Source.objects.filter(kind=Source.Kind.ROSTER).exists()


def test_a_run_can_be_watched_left_and_come_back_to(book: Book) -> None:
    browser = book.browser()
    page = browser.post(f"/c/{OWN}/runs/new/", follow=True)
    run = Run.objects.get(client=OWN, state=Run.State.QUEUED)
    again = browser.post(f"/c/{OWN}/runs/new/", follow=True)

    taken = runs.claim(run.pk)
    assert taken
    runs.beat(taken, stage="shop: reading <b>history</b>", done=1200, total=4800)
    fragment = browser.get(f"/c/{OWN}/runs/{run.pk}/state/")

    assert page.redirect_chain[-1][0] == again.redirect_chain[-1][0] == f"/c/{OWN}/runs/{run.pk}/"
    assert b"under way already" in again.content
    said = fragment.content.decode()
    assert "Shop: reading &lt;b&gt;history&lt;/b&gt;, 1,200 of 4,800" in said and 'hx-trigger="every 2s"' in said
    assert "<html" not in said and "HX-Refresh" not in fragment.headers
    assert f"/c/{OWN}/runs/{run.pk}/" in text_of(browser, EVIDENCE)


def test_at_the_end_of_a_run_the_open_page_is_loaded_afresh(book: Book) -> None:
    assert book.run

    fragment = book.browser().get(f"/c/{OWN}/runs/{book.run.pk}/state/")

    assert fragment.headers["HX-Refresh"] == "true"
    assert b"hx-trigger" not in fragment.content


def test_a_run_is_cancelled_and_tried_again_from_its_page(book: Book) -> None:
    browser = book.browser()
    run = runs.queue(book.seat(), book.client, "by hand").run

    cancelled = browser.post(f"/c/{OWN}/runs/{run.pk}/cancel/", follow=True).content.decode()
    twice = browser.post(f"/c/{OWN}/runs/{run.pk}/cancel/")
    again = browser.post(f"/c/{OWN}/runs/{run.pk}/retry/")

    assert "The run was cancelled." in cancelled and "Try again" in cancelled
    assert twice.status_code == 302
    assert Run.objects.get(client=OWN, state=Run.State.QUEUED).reason == "tried again"
    assert again.status_code == 302


def test_a_failed_run_says_why_and_that_nothing_was_lost(book: Book) -> None:
    taken = runs.claim(runs.queue(book.seat(), book.client, "by hand").run.pk)
    assert taken
    runs.fail(taken, "the disk of this machine is full", "Make room.")

    page = text_of(book.browser(), f"/c/{OWN}/runs/{taken.pk}/")

    assert "The disk of this machine is full." in page and "Make room." in page
    assert "What earlier runs found is untouched." in page


def test_the_files_of_a_run_are_saved_not_opened_and_name_nobody_to_an_auditor(book: Book) -> None:
    assert book.run
    address = f"/c/{OWN}/runs/{book.run.pk}/files/"

    report = book.browser().get(f"{address}report.html")
    audited = book.browser(Role.AUDITOR).get(f"{address}findings.json")

    assert report.headers["Content-Disposition"] == 'attachment; filename="report.html"'
    assert report.headers["Content-Security-Policy"].startswith("sandbox")
    assert report.content.startswith(b"<!doctype html>") or report.content.startswith(b"<!DOCTYPE html>")
    assert audited.status_code == 200 and b"Lovelace" not in audited.content
    assert book.browser().get(f"{address}people.json").status_code == 404
    assert book.browser().get(f"{address}..%2Fpeople.json").status_code == 404


def test_runs_are_listed_page_by_page(book: Book) -> None:
    began = now() - timedelta(hours=2)
    Run.objects.bulk_create(
        Run(
            client=book.client, state=Run.State.DONE, reason=f"daily {number}", started_at=began, ended_at=began + timedelta(minutes=number)
        )
        for number in range(40)
    )

    first, second = (text_of(book.browser(), f"/c/{OWN}/runs/?page={number}") for number in (1, 2))

    assert "Page 1 of 2, 41 in all" in first and "Page 2 of 2" in second
    assert "39 min" in first + second
