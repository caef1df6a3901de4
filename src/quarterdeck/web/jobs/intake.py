"""Take in what people give: addresses of repositories, and files, each told by what it holds."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import IO
from urllib.parse import unquote

from django.conf import settings
from django.db import transaction

from quarterdeck.domain.errors import InputError, QuarterdeckError
from quarterdeck.domain.evidence import Problem
from quarterdeck.domain.text import clean, plural
from quarterdeck.evidence import company_file, tables
from quarterdeck.evidence.git.addresses import Address, parse
from quarterdeck.evidence.uploads import LIMITS, Upload, receive, roster
from quarterdeck.evidence.uploads.repositories import unpack_repository
from quarterdeck.store.book.models import Source
from quarterdeck.store.selectors.seats import Right, Seat
from quarterdeck.store.services import sources
from quarterdeck.store.services.continuity import rosters
from quarterdeck.store.services.sources import Brought
from quarterdeck.store.workspace import Workspace

INCOMING = "incoming-"
KINDS = {"company": Source.Kind.COMPANY_FILE, "inventory": Source.Kind.INVENTORY, "roster": Source.Kind.ROSTER}
REPOSITORIES = ("bundle", "repository")


@dataclass(frozen=True)
class Taken:
    """What became of an upload: the sources that it is now, and sentences on what was not read of it."""

    sources: tuple[Source, ...]
    problems: tuple[str, ...]

    @property
    def calls_for_a_run(self) -> bool:
        """Tell whether answers may change."""
        return bool(self.sources)


def add_repository(seat: Seat, address: str, *, name: str = "", schedule: str, criticality: str = "", token: str = "") -> Source:
    """Add a repository by an address as a person wrote it."""
    seat.require(Right.EDIT)
    checked = parse(address.strip(), roots=settings.ROOTS, private_hosts=settings.PRIVATE_HOSTS)
    if token.strip() and checked.kind != "https":
        raise InputError(
            "only addresses with https:// take a token", "Leave the token out: ssh uses the key of this workbench, a folder needs none."
        )
    return sources.add_repository(
        seat, checked.text, name=name.strip() or _called(checked), schedule=schedule, criticality=criticality, token=token
    )


def shown(source: Source) -> str:
    """Return a source's address for people: a folder below its root only."""
    if not source.address.startswith("/"):
        return source.address
    path = Path(source.address)
    inside = next((root for root in settings.ROOTS if path != root and path.is_relative_to(root)), None)
    return clean(path.relative_to(inside).as_posix() if inside else path.name)


def _called(address: Address) -> str:
    """Return what a repository is called where nobody says: the last part of its address."""
    last = unquote(address.path.rstrip("/").rpartition("/")[2]).removesuffix(".git")
    return clean(last).strip() or address.host or "repository"


def upload(seat: Seat, name: str, stream: IO[bytes], *, length: int | None = None) -> Taken:
    """Take a file in; what nothing here reads is refused with the reason, and nothing of it stays."""
    seat.require(Right.UPLOAD)
    place: Workspace = settings.WORKSPACE
    folder = place.uploads(seat.client.pk)
    folder.mkdir(parents=True, exist_ok=True)
    scratch = Path(mkdtemp(prefix=INCOMING, dir=folder))
    try:
        limits = replace(LIMITS, size=settings.MOST_UPLOAD_BYTES)
        came = receive(name, stream, scratch, limits=limits, length=length)
        taken = [_part(seat, each, folder) for each in (came.parts or (came,))]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    found = Taken(tuple(source for each in taken for source in each.sources), tuple(text for each in taken for text in each.problems))
    if not found.sources:
        raise InputError(found.problems[0] if found.problems else f"{came.name}: holds nothing that is read", _hint(found.problems))
    return found


def _hint(problems: tuple[str, ...]) -> str:
    more = len(problems) - 1
    return "Nothing was kept of it." + (f" {more} more of its files were not read either." if more > 0 else "")


def _part(seat: Seat, came: Upload, folder: Path) -> Taken:
    """Keep one file; inside a zip one that cannot be kept costs only itself."""
    notes = tuple(map(_sentence, came.problems))
    if came.kind not in (*KINDS, *REPOSITORIES):
        return Taken((), notes)
    try:
        if came.kind in REPOSITORIES:
            return Taken((_repository(seat, came),), notes)
        source, found = _file(seat, came, folder)
        return Taken((source,), (*notes, *found))
    except QuarterdeckError as error:
        return Taken((), (*notes, f"{error.message}. {error.hint.removesuffix('.')}"))


def _repository(seat: Seat, came: Upload) -> Source:
    """Unpack a repository into its place, then make it a source; without the second step the first is as if it had not been."""
    name = came.name.removesuffix(".zip").removesuffix(".bundle")
    key = sources.place_for(seat, name)
    place = settings.WORKSPACE.source(seat.client.pk, key)
    fresh = not place.exists()
    try:
        state = unpack_repository(came, place)
        return sources.take(seat, Brought(Source.Kind.UPLOADED_REPOSITORY, name, state.digest, state.bytes), key=key)
    except BaseException:
        if fresh:
            shutil.rmtree(place, ignore_errors=True)
        raise


def _file(seat: Seat, came: Upload, folder: Path) -> tuple[Source, tuple[str, ...]]:
    """Keep the bytes of a file under their digest, and make it a source."""
    check: dict[str, Callable[[Seat, Upload], tuple[str, ...]]] = {"company": _company, "roster": _roster}
    with transaction.atomic():
        told = check[came.kind](seat, came) if came.kind in check else ()
        problems = (*map(_sentence, came.problems), *told)
        source = sources.take(seat, Brought(KINDS[came.kind], came.name, came.digest, came.size, problems))
        came.path.replace(folder / came.digest)  # what became no source in the end is tidied away after a day
    return source, told


def _company(_seat: Seat, came: Upload) -> tuple[str, ...]:
    """Refuse a company file that no run could read, with the place of the mistake."""
    try:
        company_file.read_company(came.path, tables.rates())
    except InputError as error:
        raise InputError(error.message.replace(came.path.name, came.name), error.hint) from error
    return ()


def _roster(seat: Seat, came: Upload) -> tuple[str, ...]:
    """Put the people of a roster into the book, and say what was not read."""
    found = roster.read(came.name, came.path.read_bytes())
    taken = rosters.take_roster(seat, found.rows)
    clashes = (
        f"row {each.row}, {each.name}: {each.about}: {each.roster} here, {each.book or 'nothing'} in the book" for each in taken.conflicts
    )
    counted = f"{len(found.rows):,} of {plural(found.total, 'row')} read. {taken.sentence.removesuffix('.')}"
    return (counted, *map(_sentence, found.problems), *clashes, *map(_sentence, found.notes))


def _sentence(problem: Problem) -> str:
    text = str(problem.citation) if problem.citation.locator != problem.citation.source else problem.citation.source
    return f"{text}: {problem.message}"
