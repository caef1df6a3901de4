"""Find licence files and say which licence they hold, where their words and length leave no doubt."""

import re
from collections.abc import Iterator

from quarterdeck.evidence.observations.rows import LICENCE, Row

MOST_TEXT = 80_000  # the longest licence that is told has about 35,000 characters
UNNAMED = "NOASSERTION"
SEVERAL = "several"  # one text that speaks of two kinds of licence or more
_EXTENSIONS = r"\.(?:adoc|asc|docx?|ext|html|markdown|md|rst|txt|xml)"
_STEM = r"(?:patents?|copy(?:ing|right)|licen[sc]es?)"
_IDS = r"(?:mit|isc|bsd|apache|gpl|lgpl|agpl|mpl|epl|bsl|cc0|wtfpl|zlib|lesser|ofl|upl|artistic)"
_TAIL = rf"(?:[-_][a-z0-9.+_-]*?|[0-9][0-9.]*|\.{_IDS}[a-z0-9.+_-]*?)?"
_ROOT = re.compile(rf"(?:[a-z0-9.]{{1,20}}[-_]){{0,3}}(?:un)?{_STEM}{_TAIL}(?:{_EXTENSIONS})?\Z", re.IGNORECASE)
_OTHER_EXTENSION = re.compile(r"\.[a-z][a-z0-9]*\Z", re.IGNORECASE)
_FOLDER = re.compile(rf"{_STEM}/[^/]+\Z", re.IGNORECASE)
_NOTICE = re.compile(r"[^a-z0-9]{0,20}+(?:copyright|\(c\)|©|all rights reserved)")
_KINDS = tuple(
    re.compile(rf"\b(?:{words})\b")
    for words in (
        "mit licen[sc]e|permission is hereby granted free of charge",
        "bsd|redistribution and use in source and binary forms",
        "apache licen[sc]e|apache 2.0",
        "l?gpl(?:v?[23])?|agpl|general public licen[sc]e",
        "mpl|mozilla public licen[sc]e",
        "eclipse public licen[sc]e",
        "boost software licen[sc]e",
        "creative commons|cc by|cc0",
    )
)
_WORD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)*+")
Rule = tuple[str, tuple[str, ...], tuple[str, ...], int, int]
# (SPDX id, short words that only it has, words it lacks, fewest and most words without notices): counted on published
# texts with and without their appendices; more words than that mean that something was added to the licence
_KNOWN: tuple[Rule, ...] = (
    ("MIT", ("permission is hereby granted free of charge", "the above copyright notice and this permission notice"),
     ("except as contained in this notice", "shall be used for good"), 150, 184),
    ("MIT-0", ("permission is hereby granted free of charge", "to permit persons to whom the software"), ("the above copyright notice",), 115, 150),
    ("ISC", ("permission to use copy modify and", "with or without fee is hereby granted", "provided that the above copyright"), (), 100, 128),
    ("0BSD", ("permission to use copy modify and", "with or without fee is hereby granted"), ("provided that the above copyright",), 85, 110),
    ("BSD-3-Clause", ("redistribution and use in source and binary forms", "endorse or promote products"), ("advertising materials",), 195, 235),
    ("BSD-2-Clause", ("redistribution and use in source and binary forms",), ("endorse or promote", "advertising materials"), 165, 198),
    ("BSD-4-Clause", ("redistribution and use in source and binary forms", "advertising materials"), (), 205, 280),
    ("Apache-2.0", ("apache license version 2.0 january 2004", "grant of patent license"), (), 1380, 1650),
    ("GPL-2.0", ("gnu general public license version 2 june 1991", "no warranty"), (), 2500, 3050),
    ("GPL-3.0", ("gnu general public license version 3 29 june 2007", "additional terms"), (), 5100, 5750),
    ("LGPL-2.1", ("gnu lesser general public license version 2.1 february 1999",), (), 4000, 4480),
    ("LGPL-3.0", ("gnu lesser general public license version 3 29 june 2007",), (), 1150, 1280),
    ("AGPL-3.0", ("gnu affero general public license version 3 19 november 2007",), (), 5000, 5700),
    ("MPL-2.0", ("mozilla public license version 2.0", "secondary license"), (), 2200, 2450),
    ("EPL-1.0", ("eclipse public license v 1.0",), (), 1600, 1900),
    ("EPL-2.0", ("eclipse public license v 2.0",), (), 1950, 2450),
    ("CC0-1.0", ("cc0 1.0 universal", "affirmer"), (), 940, 1130),
    ("Unlicense", ("this is free and unencumbered software released into the public domain",), (), 180, 225),
    ("BSL-1.0", ("boost software license version 1.0",), (), 190, 240),
    ("Zlib", ("in no event will the authors be held liable", "altered source versions must be plainly marked"), (), 115, 150),
    ("WTFPL", ("do what the fuck you want to",), (), 45, 95),
    ("Artistic-2.0", ("the artistic license 2.0",), (), 1300, 1560),
    ("OFL-1.1", ("sil open font license version 1.1",), (), 560, 760),
    ("PostgreSQL", ("without a written agreement is hereby granted",), (), 130, 200),
    ("UPL-1.0", ("the universal permissive license",), (), 240, 340),
    ("CC-BY-4.0", ("attribution 4.0 international",), ("sharealike", "noncommercial", "noderivatives"), 2300, 2800),
    ("CC-BY-SA-4.0", ("attribution sharealike 4.0 international",), ("noncommercial",), 2500, 3000),
)  # fmt: skip


def named(path: str) -> bool:
    """Tell whether a file at the top, or in a folder of licences there, is named like a licence."""
    if "/" in path:
        return bool(_FOLDER.match(path)) and _worded(path)
    return bool(_ROOT.match(path)) and _worded(path)


def _worded(path: str) -> bool:
    """Tell whether the ending of a name is that of a text, or none, or part of a licence's own id."""
    ending = _OTHER_EXTENSION.search(path.rpartition("/")[2])
    return not ending or bool(re.fullmatch(rf"{_EXTENSIONS}|\.{_IDS}[0-9a-z]*", ending.group(), re.IGNORECASE))


def observe(path: str, content: bytes) -> Iterator[Row]:
    """Yield the licence file with the id of its licence, with `several`, or with `NOASSERTION`."""
    yield LICENCE, "folder" if "/" in path else "file", 1, id_of(content.decode("utf-8", "replace"))


def id_of(text: str) -> str:
    """Return the SPDX id of a text that is one known licence and little else, or what else it is."""
    if len(text) > MOST_TEXT:
        return UNNAMED
    kept = (line for line in text.lower().splitlines() if not _NOTICE.match(line))
    words = _WORD.findall("\n".join(kept))
    joined = " ".join(words)
    return next((rule[0] for rule in _KNOWN if _is(words, joined, rule)), _unnamed(joined))


def _unnamed(joined: str) -> str:
    """Tell a text over several kinds of licence from one that is no known licence."""
    return SEVERAL if sum(bool(kind.search(joined)) for kind in _KINDS) > 1 else UNNAMED


def _is(words: list[str], joined: str, rule: Rule) -> bool:
    _, has, lacks, fewest, most = rule
    return fewest <= len(words) <= most and all(each in joined for each in has) and not any(each in joined for each in lacks)
