"""Refresh the end-of-life table from endoflife.date, or from a copy of its answer that was saved elsewhere.

This is the one thing in the product that may use a network, and only when somebody asks for it by name: one request, for
the whole table, which says nothing about what is being audited.
"""

import csv
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from http.client import HTTPException
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.parse import unquote
from urllib.request import Request, urlopen

from quarterdeck.domain.errors import InputError, QuarterdeckError
from quarterdeck.domain.text import clean, plural
from quarterdeck.evidence import tables

URL = "https://endoflife.date/api/v1/products/full"
SITE = "https://endoflife.date/"
MOST_BYTES = 64_000_000
TIMEOUT = 30  # seconds for one answer of the network
PATIENCE = 300  # seconds for the whole download
LEAST_SHARE = 0.5  # of the shipped products; a table with fewer is broken, whatever the reason
ECOSYSTEMS = ("composer", "gem", "hex", "maven", "npm", "nuget", "pypi")  # whose packages our identifiers name


class Cycle(NamedTuple):
    """One release cycle, in the columns of the shipped table."""

    product: str
    cycle: str
    release: str
    support_until: str
    security_until: str
    source: str


class Identifier(NamedTuple):
    """One name by which a file refers to a product, in the columns of the shipped table."""

    product: str
    kind: str
    name: str
    cycle: str


@dataclass(frozen=True)
class Refreshed:
    """What a refresh brought: the day of the table, and what is new or gone compared with the shipped one."""

    taken: date
    products: int
    cycles: int
    new_products: tuple[str, ...]
    kept_products: tuple[str, ...]
    in_use: bool

    @property
    def sentences(self) -> tuple[str, ...]:
        """Say what a refresh brought."""
        count = f"{plural(self.products, 'product')}, {plural(self.cycles, 'cycle')}"
        kept = f"{plural(len(self.kept_products), 'product')} of ours not in the new table: shipped dates stay."
        told = (
            (f"End-of-life table of {self.taken}: {count}.", True),
            (f"New products: {len(self.new_products):,}, among them {', '.join(self.new_products[:5])}.", self.new_products),
            (kept, self.kept_products),
            ("The shipped table is as new, so it stays in use.", not self.in_use),
        )
        return tuple(sentence for sentence, holds in told if holds)


class Broken(ValueError):
    """An answer that is not what the service documents."""


def refresh(folder: Path, source: str = "", *, today: date) -> Refreshed:
    """Write a new end-of-life table into a folder; `source` is a file or an address, the service itself unless given.

    Raises QuarterdeckError without a network, InputError for an answer that is broken; the old table then stays.
    """
    content = _content(source)
    name = source or URL
    try:
        tree = _tree(content)
        taken = _taken(tree, today)
        if taken < (current := tables.cycles_as_of(folder)):
            raise Broken(f"was made on {taken} and is older than the table in use, of {current}")
        rows, named = _table(tree)
    except Broken as error:
        raise InputError(f"{name}: {error}", f"The table in use is kept. Check that the file is the answer of {URL}.") from error
    _write(folder, rows, named, taken)
    shipped = {row["product"] for row in _shipped(tables.CYCLES)}
    found = {row.product for row in rows}
    new, kept = tuple(sorted(found - shipped)), tuple(sorted(shipped - _by_product(tree).keys()))
    return Refreshed(taken, len(found), len(rows), new, kept, in_use=taken > tables.cycles_as_of())


def _content(source: str) -> bytes:
    """Return the bytes of a file or of an answer."""
    if source and not source.lower().startswith(("http://", "https://")):
        return _file(Path(source))
    address = source or URL
    try:
        return _download(address)
    except HTTPError as error:
        hint = f"Try again later, or download {URL} elsewhere and pass it with --from FILE."
        raise QuarterdeckError(f"{address} answered {error.code}", hint) from error
    except (OSError, HTTPException, ValueError) as error:
        hint = f"Download {URL} elsewhere and pass it with --from FILE."
        raise QuarterdeckError(f"No network: {address} cannot be reached ({_reason(error)})", hint) from error


def _reason(error: Exception) -> str:
    return clean(str(getattr(error, "reason", "") or error))[:120] or type(error).__name__


def _file(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror}", f"Save the answer of {URL} to a file and name that.") from error
    return _bounded(content)


def _download(address: str) -> bytes:
    """Return an answer; slow and endless ones are given up."""
    request = Request(address, headers={"Accept": "application/json", "User-Agent": "quarterdeck"})  # noqa: S310 - http(s) only
    until, parts, size = time.monotonic() + PATIENCE, list[bytes](), 0
    with urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - http(s) only
        while size <= MOST_BYTES and (part := answer.read(1 << 16)):
            parts.append(part)
            size += len(part)
            if time.monotonic() > until:
                raise TimeoutError(f"no complete answer within {PATIENCE} seconds")
    return _bounded(b"".join(parts))


def _bounded(content: bytes) -> bytes:
    if len(content) > MOST_BYTES:
        raise InputError(f"the table is larger than {MOST_BYTES // 1_000_000} MB", f"Check that it is the answer of {URL}.")
    return content


def _tree(content: bytes) -> dict[str, Any]:
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Broken("not valid JSON, or cut short") from error
    if not isinstance(tree, dict) or not isinstance(tree.get("result"), list):
        raise Broken("holds no list of products")
    return tree


def _taken(tree: Mapping[str, Any], today: date) -> date:
    """Return the day on which the service made the table; today where it does not say."""
    stated = tree.get("generated_at")
    if stated is None:
        return today
    try:
        taken = date.fromisoformat(str(stated)[:10])
    except ValueError as error:
        raise Broken("says of no day that it was made on it") from error
    if (taken - today).days > 1:  # time zones
        raise Broken(f"says that it was made on {taken}, which lies ahead")
    return taken


def _shipped(name: str) -> list[dict[str, str]]:
    return list(tables._rows(name))


def _by_product(tree: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the products that the shipped table knows, by the names that it gives them."""
    ours = {row["source"].removeprefix(SITE): row["product"] for row in _shipped(tables.CYCLES)}
    found: dict[str, dict[str, Any]] = {}
    for product in tree["result"]:
        names = _names(product)
        known = next((ours[name] for name in names if name in ours), "")
        if known and (known not in found or names[0] in ours):
            found[known] = product
    return found


def _names(product: Any) -> list[str]:
    """Return the name of a product and those that it had before."""
    if not isinstance(product, dict) or not _is_name(product.get("name")) or not isinstance(product.get("releases"), list):
        raise Broken("holds a product without a name or a list of releases")
    return [product["name"], *(each for each in product.get("aliases") or () if isinstance(each, str))]


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != "" and value.isprintable()


def _table(tree: Mapping[str, Any]) -> tuple[list[Cycle], list[Identifier]]:
    """Return the cycles and identifiers of the new table; what the service dropped keeps its shipped rows."""
    known = _by_product(tree)
    shipped = [Cycle(**row) for row in _shipped(tables.CYCLES)]
    ours = {row.product for row in shipped}
    if len(known) < len(ours) * LEAST_SHARE:
        raise Broken(f"holds {len(known)} of the {len(ours)} products of the shipped table")
    identifiers = [Identifier(**row) for row in _shipped(tables.IDENTIFIERS)]
    new = _unknown(tree, known, ours)
    added = _new_identifiers(new, identifiers)
    wanted = known | {row.product: new[row.product] for row in added}
    rows = [*_cycles(wanted), *(row for row in shipped if row.product not in known)]
    return sorted(rows, key=lambda row: (row.product, row.release, row.cycle)), sorted([*identifiers, *added])


def _unknown(tree: Mapping[str, Any], known: Mapping[str, Any], ours: set[str]) -> dict[str, Any]:
    """Return the products that the shipped table does not know, by name."""
    taken = ours | {product["name"] for product in known.values()}
    return {name: product for product in tree["result"] if (name := _names(product)[0]) not in taken}


def _cycles(products: Mapping[str, Mapping[str, Any]]) -> Iterator[Cycle]:
    for name, product in products.items():
        seen: set[str] = set()
        for release in product["releases"]:
            row = _cycle(name, SITE + product["name"], release)
            if row.cycle in seen:
                raise Broken(f"holds {name} {row.cycle} twice")
            seen.add(row.cycle)
            yield row


def _cycle(product: str, source: str, release: Any) -> Cycle:
    """Return a release in our columns: a day, or the word that stands for an end without a day."""
    if not isinstance(release, dict) or not _is_name(release.get("name")) or not isinstance(release.get("isEol"), bool):
        raise Broken(f"holds a release of {product} without a name, or that does not say whether it has ended")
    start, support, end = (_day(product, release, key) for key in ("releaseDate", "eoasFrom", "eolFrom"))
    return Cycle(product, release["name"], start, support, end or ("ended" if release["isEol"] else "none-announced"), source)


def _day(product: str, release: Mapping[str, Any], key: str) -> str:
    value = release.get(key)
    if value is None:
        return ""
    try:
        return date.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as error:
        raise Broken(f"holds no day as {key} of {product} {release['name']}") from error


def _new_identifiers(products: Mapping[str, Mapping[str, Any]], shipped: Sequence[Identifier]) -> list[Identifier]:
    """Return names of products that are new to us, except those that mean something already or would mean two things."""
    claimed = {(row.kind, row.name) for row in shipped}
    found = {(kind, name, product) for product, about in products.items() for kind, name in _identified(about)}
    often = Counter((kind, name) for kind, name, _ in found)
    return [
        Identifier(product, kind, name, "")
        for kind, name, product in sorted(found)
        if (kind, name) not in claimed and often[kind, name] == 1
    ]


def _identified(product: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (kind, name) of the container images and packages that a product says it is known by."""
    purls = (each.get("id") for each in product.get("identifiers") or () if isinstance(each, dict) and each.get("type") == "purl")
    for kind, _, name in (_plain(purl).partition("/") for purl in purls):
        if name and kind == "docker":
            yield "image", name.removeprefix("library/")
        elif name and kind in ECOSYSTEMS:
            yield "package", f"{kind}/{name}"


def _plain(purl: Any) -> str:
    """Return type and name of a package URL; nothing for one with conditions, which mean more than a name."""
    return unquote(purl).removeprefix("pkg:") if isinstance(purl, str) and purl.isprintable() and "?" not in purl else ""


def _write(folder: Path, rows: Sequence[Cycle], named: Sequence[Identifier], taken: date) -> None:
    """Put the table into its folder; its description comes last and holds the files together."""
    texts = {tables.CYCLES: _csv(Cycle._fields, rows), tables.IDENTIFIERS: _csv(Identifier._fields, named)}
    about = (
        f'snapshot = {taken}\nsource = "endoflife.date"\nurl = "{URL}"\nlicence = "MIT"\n'
        f'copyright = "Copyright 2020 endoflife.date contributors"\ndigest = "{tables.digest(*texts.values())}"\n'
    )
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (texts | {tables.ABOUT: about}).items():
        _replace(folder / name, text)


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows([header, *rows])
    return out.getvalue()


def _replace(path: Path, text: str) -> None:
    """Write a file as a whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
