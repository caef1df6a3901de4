"""Sources, uploads and runs over the API."""

from typing import Any

from django.http import HttpRequest
from ninja import File, Query, Router, Status
from ninja.files import UploadedFile

from quarterdeck.store.book.models import Run, Source
from quarterdeck.store.selectors.results import summary_of
from quarterdeck.store.selectors.seats import Right
from quarterdeck.store.services import runs, sources
from quarterdeck.web.api.common import answers, part, seat_at
from quarterdeck.web.api.shapes import Page, RunOut, RunWhole, SourceChange, SourceIn, SourceOut, UploadOut
from quarterdeck.web.jobs import intake

router = Router(tags=["evidence"])


@router.get("/clients/{client}/sources", response=answers(200, list[SourceOut]), summary="Sources")
def list_sources(request: HttpRequest, client: str, page: Query[Page]) -> Any:
    """Return what answers rest on."""
    seat = seat_at(request, client, Right.EVIDENCE)
    return [_out(each) for each in part(seat.of(Source).filter(removed_at=None).order_by("name", "pk"), page)]


@router.post("/clients/{client}/sources", response=answers(201, SourceOut), summary="Add a repository")
def add_source(request: HttpRequest, client: str, wish: SourceIn) -> Any:
    """Add a repository by path, https or ssh address."""
    seat = seat_at(request, client, Right.EDIT)
    added = intake.add_repository(seat, wish.address, name=wish.name, schedule=wish.schedule, criticality=wish.criticality)
    return Status(201, _out(added))


@router.patch("/clients/{client}/sources/{key}", response=answers(200, SourceOut), summary="Change a source")
def change_source(request: HttpRequest, client: str, key: str, wish: SourceChange) -> Any:
    """Change the name, schedule or criticality of a source."""
    seat = seat_at(request, client, Right.EDIT)
    source = seat.one(Source, key)
    wanted = {name: getattr(source, name) if value is None else value for name, value in wish.dict().items()}
    return _out(sources.change(seat, source, **wanted))


@router.delete("/clients/{client}/sources/{key}", response=answers(204, None), summary="Remove a source")
def remove_source(request: HttpRequest, client: str, key: str) -> Any:
    """Leave a source out of future runs."""
    seat = seat_at(request, client, Right.EDIT)
    sources.remove(seat, seat.one(Source, key))
    return Status(204, None)


@router.post("/clients/{client}/uploads", response=answers(201, UploadOut), summary="Upload a file")
def upload(request: HttpRequest, client: str, file: File[UploadedFile]) -> Any:
    """Take in a file: a roster, a company file, a software inventory, a git bundle, or a zip of these."""
    seat = seat_at(request, client, Right.UPLOAD)
    taken = intake.upload(seat, file.name or "upload", file, length=file.size)
    return Status(201, {"sources": [_out(each) for each in taken.sources], "problems": list(taken.problems)})


@router.get("/clients/{client}/runs", response=answers(200, list[RunOut]), summary="Runs")
def list_runs(request: HttpRequest, client: str, page: Query[Page]) -> Any:
    """Return runs, the newest first."""
    return part(seat_at(request, client, Right.EVIDENCE).of(Run).defer("summary"), page)


@router.post("/clients/{client}/runs", response=answers(201, RunOut), summary="Ask for a run")
def ask(request: HttpRequest, client: str) -> Any:
    """Ask for a run; while one is under way, that one is the answer."""
    seat = seat_at(request, client, Right.RUN)
    return Status(201, runs.queue(seat, seat.client, "asked by a program").run)


@router.get("/clients/{client}/runs/{key}", response=answers(200, RunWhole), summary="One run")
def run(request: HttpRequest, client: str, key: str) -> Any:
    """Return a run with the figures of its results."""
    seat = seat_at(request, client, Right.EVIDENCE)
    found = seat.one(Run, key)
    found.summary = dict(summary_of(seat, found))
    return found


@router.post("/clients/{client}/runs/{key}/cancel", response=answers(200, RunOut), summary="Cancel a run")
def cancel(request: HttpRequest, client: str, key: str) -> Any:
    """Cancel a run that waits or runs."""
    seat = seat_at(request, client, Right.RUN)
    return runs.cancel(seat, seat.one(Run, key))


def _out(source: Source) -> dict[str, Any]:
    """Return a source as programs see it: a folder below its root only."""
    names = (name for name in SourceOut.model_fields if name != "address")
    values = {name: getattr(source, name) for name in names}
    return {"id": source.pk, **values, "address": intake.shown(source)}
