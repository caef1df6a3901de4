"""A client leaves, or comes: the export, the import, and letting a client go."""

import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from quarterdeck.domain.errors import InputError, NotPermitted
from quarterdeck.store.selectors.seats import Right, Seat, today
from quarterdeck.store.services import trail
from quarterdeck.store.services.portable import going
from quarterdeck.web.access import seated, user_of
from quarterdeck.web.drawing import draw
from quarterdeck.web.moving import clients as portable


@require_http_methods(["GET"])
@seated(Right.MANAGE)
def export(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show what an export holds, and offer it."""
    verdict = trail.verify(seat.client.pk)
    return draw(request, "moving/export.html", seat, verdict=verdict, runs=len(going.snapshots_of(seat.client)))


@require_POST
@seated(Right.MANAGE)
def download(request: HttpRequest, seat: Seat) -> HttpResponseBase:
    """Make the export and hand it over; nothing of it stays here."""
    name = f"{re.sub(r'[^A-Za-z0-9]+', '-', seat.client.name).strip('-').lower() or 'client'}-{today()}.zip"
    with TemporaryDirectory(dir=portable.room(settings.WORKSPACE)) as folder:
        made = Path(folder) / "client.zip"
        portable.export(seat.client, settings.WORKSPACE, made)
        return FileResponse(made.open("rb"), as_attachment=True, filename=name)  # the open file outlives its folder


@login_required
@require_http_methods(["GET", "POST"])
def take(request: HttpRequest) -> HttpResponse:
    """Bring a client in from an export."""
    if not user_of(request).may_open_clients:
        raise NotPermitted("your account may not open clients", "Ask the person who set up this workspace.")
    if request.method == "GET":
        return draw(request, "moving/import.html", mistake=None)
    file = request.FILES.get("file")
    try:
        if file is None:
            raise InputError("no file was chosen", "Choose the zip that an export made.")
        with TemporaryDirectory(dir=portable.room(settings.WORKSPACE)) as folder:
            place = Path(folder) / "client.zip"
            with place.open("wb") as out:
                shutil.copyfileobj(file, out)
            client = portable.take(user_of(request), place, settings.WORKSPACE)
    except InputError as mistake:
        return draw(request, "moving/import.html", status=422, mistake=mistake)
    messages.success(request, f"{client.name} is here, with its whole trail.")
    return redirect("bridge", client.pk)


@require_POST
@seated(Right.MANAGE)
def let_go(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Remove a client for good, when its name was typed."""
    if request.POST.get("name", "").strip() != seat.client.name:
        raise InputError("the name does not match", f"Go back and type {seat.client.name} to remove this client for good.")
    place = settings.WORKSPACE.client(seat.client.pk)
    going.let_go(seat)
    shutil.rmtree(place, ignore_errors=True)
    messages.success(request, f"{seat.client.name} was removed, with everything that was kept of it.")
    return redirect("week")


urlpatterns = [
    path("c/<slug:client>/export/", export, name="export"),
    path("c/<slug:client>/export/download/", download, name="export_download"),
    path("c/<slug:client>/export/remove/", let_go, name="let_go"),
    path("clients/import/", take, name="import_client"),
]
