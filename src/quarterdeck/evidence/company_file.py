"""Read the company file: every field is optional, and a mistake is named with its line and field."""

import hashlib
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator

from quarterdeck.domain.company import Company, Member, Rate
from quarterdeck.domain.errors import InputError
from quarterdeck.domain.text import clean

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


MOST = 1e12


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Row(_Strict):
    name: Words
    aliases: list[Words] = []
    role: Words = ""
    start: date | None = None
    end: date | None = None

    @field_validator("start", "end", mode="before")
    @classmethod
    def _may_be_blank(cls, value: object) -> object:
        return value or None

    @model_validator(mode="after")
    def _in_order(self) -> "_Row":
        if self.start and self.end and self.end < self.start:
            raise ValueError("end lies before start")
        return self


class _Identity(_Strict):
    same: list[list[Words]] = []
    different: list[tuple[Words, Words]] = []


class _Repository(_Strict):
    name: Words
    criticality: Literal["", "high", "medium", "low"] = ""


class _File(_Strict):
    name: Words = ""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "USD"
    rates: dict[str, list[float] | float] = {}
    roster: list[_Row] = []
    repositories: list[_Repository] = []
    identity: _Identity = _Identity()


def read_company(path: Path, shipped: dict[str, Rate]) -> Company:
    """Return the company that a file describes, its rates laid over the shipped ones."""
    text = _text(path)
    try:
        given = _File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path.name}: not valid TOML: {error}", "Correct that line, or start again from company.draft.toml.") from error
    except ValidationError as error:
        raise InputError(f"{path.name}: {_explain(error, text)}", "Every field is optional: remove it if in doubt.") from error
    _check_roster(given.roster, path.name, text)
    return Company(
        name=clean(given.name),
        currency=given.currency,
        roster=tuple(_member(row) for row in given.roster),
        rates=_rates(given, shipped, path.name, text),
        criticality={each.name: each.criticality for each in given.repositories if each.criticality},
        same_person=tuple(tuple(group) for group in given.identity.same),
        not_same_person=tuple(given.identity.different),
        digest=hashlib.blake2b(text.encode(), digest_size=16).hexdigest(),
    )


def _check_roster(roster: list[_Row], file: str, text: str) -> None:
    """Refuse an alias that stands with two people: it would make one person of them."""
    owner: dict[str, int] = {}
    for number, row in enumerate(roster):
        for name in {each.casefold() for each in (row.name, *row.aliases) if each}:
            if owner.setdefault(name, number) != number:
                line = _line(text, "roster", str(number))
                raise InputError(
                    f"{file}, line {line}, field `roster.{number}`: `{name}` also stands with {roster[owner[name]].name}",
                    "Give each alias to one person; two rows for one person become one row.",
                )


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name}: is not UTF-8 text (byte {error.start})", "Save it as UTF-8.") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be opened ({error.strerror})", "Check the path given to --company.") from error


def _member(row: _Row) -> Member:
    return Member(clean(row.name), tuple(row.aliases), clean(row.role), row.start, row.end)


def _rates(given: _File, shipped: dict[str, Rate], file: str, text: str) -> dict[str, Rate]:
    rates = dict(shipped)
    for key, value in given.rates.items():
        if key not in shipped:
            known = ", ".join(sorted(shipped))
            raise InputError(f"{file}, line {_line(text, key)}: rates has no key `{key}`", f"Known keys: {known}")
        values = value if isinstance(value, list) else [value]
        if len(values) not in (1, 3) or values != sorted(values) or not all(0 < each < MOST for each in values):
            raise InputError(f"{file}, line {_line(text, key)}: rates.{key} needs one number above 0, or low, mid, high in order")
        low, mid, high = values if len(values) == 3 else values * 3
        base = shipped[key]
        rates[key] = Rate(key, low, mid, high, base.unit, given.currency if base.currency else "", "", "", file, typical=False)
    return rates


def _explain(error: ValidationError, text: str) -> str:
    first = error.errors()[0]
    names = [str(part) for part in first["loc"]]
    field = ".".join(name for name in names if name != "constrained-str")
    said = {"extra_forbidden": "is not a field that Quarterdeck knows"}.get(first["type"], first["msg"][:1].lower() + first["msg"][1:])
    return f"line {_line(text, *names)}, field `{field}`: {said}"


def _line(text: str, *names: str) -> int:
    """Return the line of a field: the n-th table of its kind first, then the key inside it."""
    lines = text.splitlines()
    at = 0
    for position, name in enumerate(names):
        if name.isdigit() and position:
            heads = [n for n, line in enumerate(lines) if re.match(rf"\s*\[\[\s*{re.escape(names[position - 1])}\s*\]\]", line)]
            at = heads[int(name)] if int(name) < len(heads) else at
        else:
            key = re.compile(rf"\s*\[*\s*[\"']?{re.escape(name)}[\"']?\s*[=\].]")
            at = next((n for n in range(at, len(lines)) if key.match(lines[n])), at)
    return at + 1
