"""Tell what a file is by what it holds."""

import re
import tomllib
from pathlib import Path

from quarterdeck.domain.evidence import Problem
from quarterdeck.domain.text import listed
from quarterdeck.evidence.sbom import FORMATS
from quarterdeck.evidence.sbom import MOST_BYTES as MOST_INVENTORY
from quarterdeck.evidence.uploads import columns, roster, texts
from quarterdeck.evidence.uploads.received import READ_TODAY, Kind, Upload, problem

BUNDLES = (b"# v2 git bundle\n", b"# v3 git bundle\n")
OTHERS = (
    (b"\x1f\x8b", "a gzip file: unpack it, or make a zip instead"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z file: make a zip instead"),
    (b"Rar!", "a RAR file: make a zip instead"),
    (b"BZh", "a bzip2 file: make a zip instead"),
    (b"\xfd7zXZ", "an xz file: make a zip instead"),
    (b"%PDF", "a PDF: upload the table it was made from, as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Office file: save the sheet as CSV (UTF-8)"),
    (b"SQLite format 3", "a database: export its tables as CSV"),
    (b"PAR1", "a Parquet file: export it as CSV"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
)
HEAD = 512
NOTHING = f"was not recognised. What is read today: {READ_TODAY}"
_COMPANY = {"name", "currency", "rates", "roster", "repositories", "identity"}
_TOML = re.compile(r"^\s*(?:\[\[(?:roster|repositories)\]\]|\[(?:rates|identity)\])\s*(?:#.*)?$", re.MULTILINE)
_INVENTORY = re.compile(
    r'"bomFormat"\s*:\s*"CycloneDX"|"spdxVersion"\s*:|"@context"\s*:\s*"https://spdx\.org|cyclonedx\.org/schema/bom/|^SPDXVersion:',
    re.MULTILINE,
)


def recognised(kept: Upload) -> Upload:
    """Return an upload as what it is; text in another encoding is laid beside as UTF-8, and said to be so."""
    with kept.path.open("rb") as file:
        head = file.read(HEAD)
    if head.startswith(BUNDLES):
        return kept.become("bundle")
    if known := _other(head):
        return kept.become("unknown", problem(kept.name, f"this is {known}. What is read today: {READ_TODAY}"))
    if kept.size > roster.MOST_BYTES:
        return kept.become("unknown", problem(kept.name, f"is larger than {roster.MOST_BYTES >> 20} MB and is no git bundle"))
    text = texts.decoded(kept.path.read_bytes())
    if text is None or not text.text.strip():
        return kept.become("unknown", problem(kept.name, "the file is empty" if text else NOTHING))
    return _text(kept, text)


def _other(head: bytes) -> str:
    if head[257:262] == b"ustar":
        return "a tar file: make a zip instead"
    return next((name for begin, name in OTHERS if head.startswith(begin)), "")


def _text(kept: Upload, text: texts.Text) -> Upload:
    kind, problems = _kind(kept, text.text)
    if not text.note or kind == "unknown":
        return kept.become(kind, *problems)
    return kept.become(kind, problem(kept.name, text.note), *problems, path=_beside(kept.path, text.text))


def _beside(path: Path, text: str) -> Path:
    beside = path.with_name(f"{path.name}.utf8")
    beside.write_text(text, "utf-8", newline="")
    return beside


def _kind(kept: Upload, text: str) -> tuple[Kind, list[Problem]]:
    """Return the kind of a text and what is wrong with it; each kind shows itself by a mark of its own."""
    if _INVENTORY.search(text):
        if kept.size > MOST_INVENTORY:
            return "unknown", [
                problem(kept.name, f"is a software inventory of more than {MOST_INVENTORY // 1_000_000} MB: make one per system")
            ]
        return "inventory", []
    if (found := _company(kept.name, text)) is not None:
        return "company", found
    return _table(kept.name, text)


def _company(name: str, text: str) -> list[Problem] | None:
    """Return the problems of a company file; None where a text is none."""
    try:
        keys = tomllib.loads(text).keys()
    except tomllib.TOMLDecodeError as error:
        return [problem(name, f"is a company file with a mistake: {error}")] if _TOML.search(text) else None
    except RecursionError:
        return None
    return [] if keys & _COMPANY else None


def _table(name: str, text: str) -> tuple[Kind, list[Problem]]:
    """Tell a roster from other tables and from text of any other kind."""
    header = texts.first_row(text)
    found = columns.recognised(header)
    if found.roster:
        return "roster", []
    if len(header) < 2 or text.lstrip()[:1] in ("{", "[", "<"):
        return "unknown", [problem(name, f"{NOTHING}; inventories: {FORMATS}")]
    named = listed([f"`{each}`" for each in found.header[:12] if each]) or "none"
    return "unknown", [problem(name, f"is a table with the columns {named}, which is not read yet. A roster names {columns.WANTED}")]
