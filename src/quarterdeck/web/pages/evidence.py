"""The evidence browser: what we have, how old it is, what is missing, and the runs that read it."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from quarterdeck.domain.errors import Conflict, InputError, NotFound, QuarterdeckError
from quarterdeck.domain.text import plural
from quarterdeck.store.book.models import Run, Source
from quarterdeck.store.selectors import evidence as held
from quarterdeck.store.selectors import results
from quarterdeck.store.selectors.seats import Right, Seat
from quarterdeck.store.services import runs, sources
from quarterdeck.web.access import seated
from quarterdeck.web.drawing import draw
from quarterdeck.web.jobs import intake

ON_A_PAGE = 30
MOST_FILES = 20
AROUND = 1 << 20  # bytes of an upload that are not the file
PROBLEMS_SHOWN = 12
CRITICALITIES = (("", "Not said"), ("high", "High: the company stops without it"), ("medium", "Medium"), ("low", "Low"))
EXPORTS = {
    "report.html": ("text/html; charset=utf-8", "Report, one page that opens anywhere"),
    "report.pdf": ("application/pdf", "Report to print"),
    "findings.json": ("application/json", "Findings for programs"),
    "sbom.cdx.json": ("application/vnd.cyclonedx+json", "Software inventory (CycloneDX)"),
}


@seated(Right.EVIDENCE)
@require_safe
def evidence(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show what answers rest on, and what is missing."""
    shelf = held.shelf(seat)
    unread = held.unread(seat, shelf.latest) if shelf.latest and shelf.problems else []
    return draw(request, "evidence/shelf.html", seat, shelf=shelf, unread=unread[:PROBLEMS_SHOWN], state_of_run=held.run_state, took=took)


@seated(Right.EDIT)
@require_http_methods(["GET", "HEAD", "POST"])
def new_source(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Add a repository; the first run of it begins at once."""
    if request.method != "POST":
        return _source_form(request, seat, {"schedule": Source.Schedule.WEEKLY})
    try:
        source = intake.add_repository(seat, request.POST.get("address", ""), **_typed(request.POST))
    except (InputError, Conflict) as error:
        return _source_form(request, seat, request.POST.dict(), error)
    if seat.may(Right.RUN):
        runs.queue(seat, seat.client, f"{source.name}: added")
    messages.success(request, f"{source.name} was added. It is fetched with the run that begins now; you can leave this page.")
    return redirect("evidence", seat.client.pk)


def _typed(given: QueryDict) -> dict[str, str]:
    """Return the fields that adding and changing a source have in common."""
    return {name: given.get(name, "") for name in ("name", "schedule", "criticality", "token")}


def _source_form(request: HttpRequest, seat: Seat, typed: Mapping[str, str], error: QuarterdeckError | None = None) -> HttpResponse:
    """Draw the form for a repository with what was typed; a token is the one thing that has to be typed again."""
    shown = {"address": "", "name": "", "schedule": "", "criticality": "", **typed}
    return draw(
        request,
        "evidence/new_source.html",
        seat,
        status=_status(error),
        typed=shown,
        error=error,
        wrong=_field_of(error),
        schedules=Source.Schedule.choices,
        criticalities=CRITICALITIES,
        roots=[str(each) for each in settings.ROOTS],
    )


def _status(error: QuarterdeckError | None) -> int:
    return 200 if error is None else 409 if isinstance(error, Conflict) else 422


def _field_of(error: QuarterdeckError | None) -> str:
    """Return the field that an error is about."""
    if error is None:
        return ""
    if "token" in error.message and "address" not in error.message.partition("only")[0]:
        return "token"
    return "name" if "is called" in error.message or "needs a name" in error.message else "address"


@seated(Right.EVIDENCE)
@require_http_methods(["GET", "HEAD", "POST"])
def source(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Show one source, and change what it is called and how often it is fetched."""
    found = seat.one(Source, key)
    if request.method != "POST":
        return _source_page(request, seat, found, {})
    seat.require(Right.EDIT)
    seen = request.POST.get("version", "")
    try:
        sources.change(seat, found, seen=int(seen) if seen.isdecimal() else None, **_typed(request.POST))
    except (InputError, Conflict) as error:
        return _source_page(request, seat, seat.one(Source, key), request.POST.dict(), error)
    messages.success(request, f"{found.name} was changed.")
    return redirect("source", seat.client.pk, found.pk)


def _source_page(
    request: HttpRequest, seat: Seat, found: Source, typed: Mapping[str, str], error: QuarterdeckError | None = None
) -> HttpResponse:
    latest = results.latest_run(seat)
    looks = results.summary_of(seat, latest).get("repositories", ()) if latest else ()
    present = {"name": found.name, "schedule": found.schedule, "criticality": found.criticality}
    return draw(
        request,
        "evidence/source.html",
        seat,
        status=_status(error),
        source=found,
        state=held.state_of(found),
        address=intake.shown(found),
        read=next((each for each in looks if each["name"] == found.name), None),
        problems=held.problems_of(seat, found),
        typed={**present, **typed},
        present=present,
        error=error,
        wrong=_field_of(error) if isinstance(error, InputError) else "",
        schedules=Source.Schedule.choices,
        criticalities=CRITICALITIES,
        has_token=bool(sources.token_of(found)) if found.address.startswith("https://") else None,
        variable=sources.token_variable(found),
    )


@seated(Right.EDIT)
@require_POST
def remove_source(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Leave a source out of future runs."""
    found = sources.remove(seat, seat.one(Source, key))
    messages.success(request, f"{found.name} was removed. What was read of it stays until the client goes.")
    return redirect("evidence", seat.client.pk)


@csrf_exempt  # checked within, after the length: the check reads the whole body
@seated(Right.UPLOAD)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Take files in; what is too large is refused before it is read, where the browser says how large it is."""
    if request.method == "POST" and int(request.META.get("CONTENT_LENGTH") or 0) > settings.MOST_UPLOAD_BYTES + AROUND:
        return _too_large(request, seat)
    return _upload(request, seat)


def _too_large(request: HttpRequest, seat: Seat) -> HttpResponse:
    limit = f"{settings.MOST_UPLOAD_BYTES / 1e6:,.0f} MB"
    hint = "Nothing was kept. Upload the files one by one, make a smaller export, or add the repository by its address."
    response = _upload_form(request, seat, [InputError(f"this is more than the {limit} that one upload may hold", hint)], status=413)
    response.headers["Connection"] = "close"  # the rest of the body is not read
    return response


@csrf_protect
def _upload(request: HttpRequest, seat: Seat) -> HttpResponse:
    if request.method != "POST":
        return _upload_form(request, seat, [])
    files = request.FILES.getlist("file")
    if not 0 < len(files) <= MOST_FILES:
        hint = f"Choose up to {MOST_FILES} files, or one zip of them."
        return _upload_form(
            request, seat, [InputError("there is no file in this form" if not files else "these are too many files", hint)], status=422
        )
    taken, refused = [], []
    for each in files:
        try:
            taken.append(intake.upload(seat, each.name or "upload", each, length=each.size))
        except QuarterdeckError as error:
            refused.append(error)
    if not taken:
        return _upload_form(request, seat, refused, status=422)
    return _taken(request, seat, taken, refused)


def _taken(request: HttpRequest, seat: Seat, taken: list[intake.Taken], refused: list[QuarterdeckError]) -> HttpResponse:
    """Say what became of an upload, and begin a run where that changes answers."""
    named = [f"{each.name} ({Source.Kind(each.kind).label.lower()})" for part in taken for each in part.sources]
    messages.success(request, f"Taken: {', '.join(named)}." + _begun(seat))
    if notes := [note for part in taken for note in part.problems]:
        more = plural(len(notes) - 1, "more note") if len(notes) > 1 else ""
        messages.warning(request, f"{notes[0]}." + (f" {more} on the page of the source." if more else ""))
    for error in refused:
        messages.warning(request, f"{error.message}. {error.hint}")
    return redirect("evidence" if seat.may(Right.EVIDENCE) else "upload", seat.client.pk)


def _begun(seat: Seat) -> str:
    """Begin a run and say so, where there is something to assess and the seat may."""
    try:
        asked = runs.queue(seat, seat.client, "uploaded") if seat.may(Right.RUN) else None
    except InputError:
        return " Add a repository next: a run needs one."
    return " A run begins." if asked and asked.new else " The next run reads it."


def _upload_form(request: HttpRequest, seat: Seat, errors: list[QuarterdeckError], *, status: int = 200) -> HttpResponse:
    return draw(request, "evidence/upload.html", seat, status=status, errors=errors, most=settings.MOST_UPLOAD_BYTES, most_files=MOST_FILES)


def took(found: Run) -> str:
    """Return how long a run took."""
    if not found.started_at or not found.ended_at:
        return ""
    seconds = round((found.ended_at - found.started_at).total_seconds())
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


@seated(Right.EVIDENCE)
@require_safe
def run_list(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show all runs, the newest first."""
    page = Paginator(held.all_runs(seat), ON_A_PAGE).get_page(request.GET.get("page"))
    return draw(request, "evidence/runs.html", seat, page=page, page_query="", state_of_run=held.run_state, took=took)


@seated(Right.RUN)
@require_POST
def new_run(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Ask for a run; while one is under way, show that one."""
    try:
        asked = runs.queue(seat, seat.client, "by hand")
    except InputError as error:
        messages.warning(request, f"{error.message[:1].upper()}{error.message[1:]}. {error.hint}")
        return redirect("evidence", seat.client.pk)
    if not asked.new:
        messages.info(request, "A run was under way already: this is it.")
    return redirect("run", seat.client.pk, asked.run.pk)


@seated(Right.EVIDENCE)
@require_safe
def run(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Show one run: how far it is, or what it found."""
    found = seat.one(Run, key)
    summary = results.summary_of(seat, found) if found.state == Run.State.DONE else {}
    return draw(
        request, "evidence/run.html", seat, run=found, summary=summary, exports=_exports(seat, found), took=took, **_progress(found)
    )


@seated(Right.EVIDENCE)
@require_safe
def run_state(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Return only how far a run is, for a page that stays open; at its end the page is loaded afresh."""
    found = seat.of(Run).defer("summary").filter(pk=key).first()
    if found is None:
        raise NotFound("there is nothing here", "Check the address, or go back to the client's bridge.")
    response = draw(request, "evidence/progress.html", seat, run=found, **_progress(found))
    if not held.is_under_way(found):
        response.headers["HX-Refresh"] = "true"
    return response


def _progress(found: Run) -> dict[str, Any]:
    return {
        "state": held.run_state(found),
        "under_way": held.is_under_way(found),
        "before": held.waiting_before(found) if found.state == Run.State.QUEUED else 0,
    }


@seated(Right.RUN)
@require_POST
def cancel_run(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Cancel a run."""
    found = runs.cancel(seat, seat.one(Run, key))
    messages.success(request, "The run was cancelled." if found.state == Run.State.CANCELLED else "The run stops within seconds.")
    return redirect("run", seat.client.pk, found.pk)


@seated(Right.RUN)
@require_POST
def retry_run(request: HttpRequest, seat: Seat, key: str) -> HttpResponse:
    """Ask for the same again."""
    asked = runs.retry(seat, seat.one(Run, key))
    return redirect("run", seat.client.pk, asked.run.pk)


@seated(Right.READ, Right.EVIDENCE)
@require_safe
def download(request: HttpRequest, seat: Seat, key: str, name: str) -> HttpResponse:
    """Return one of the files that a run left, with people named as this reader may see them."""
    snapshot = results.snapshot_of(seat, seat.one(Run, key))
    if snapshot is None or name not in EXPORTS:
        raise NotFound("this run left no such file", "Open the run to see what it left.")
    content = snapshot.file(f"{results.names_for(seat)}/{name}")
    response = HttpResponse(content, content_type=EXPORTS[name][0])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"  # never a page of ours, whoever opens it how
    return response


def _exports(seat: Seat, found: Run) -> list[tuple[str, str]]:
    """Return the files of a run that can be downloaded, each with what it is."""
    snapshot = results.snapshot_of(seat, found)
    if snapshot is None:
        return []
    there = {each.removesuffix(".gz") for each in snapshot.names()}
    return [(name, about) for name, (_, about) in EXPORTS.items() if f"{results.names_for(seat)}/{name}" in there]


urlpatterns = [
    path("c/<slug:client>/evidence/", evidence, name="evidence"),
    path("c/<slug:client>/evidence/new/", new_source, name="new_source"),
    path("c/<slug:client>/evidence/upload/", upload, name="upload"),
    path("c/<slug:client>/evidence/<slug:key>/", source, name="source"),
    path("c/<slug:client>/evidence/<slug:key>/remove/", remove_source, name="remove_source"),
    path("c/<slug:client>/runs/", run_list, name="runs"),
    path("c/<slug:client>/runs/new/", new_run, name="new_run"),
    path("c/<slug:client>/runs/<slug:key>/", run, name="run"),
    path("c/<slug:client>/runs/<slug:key>/state/", run_state, name="run_state"),
    path("c/<slug:client>/runs/<slug:key>/cancel/", cancel_run, name="cancel_run"),
    path("c/<slug:client>/runs/<slug:key>/retry/", retry_run, name="retry_run"),
    path("c/<slug:client>/runs/<slug:key>/files/<str:name>", download, name="download"),
]
