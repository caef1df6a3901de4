"""Which licence texts may stand in an inventory as SPDX expressions; every other text stays a name, as it was written."""

import re

# Identifiers of the SPDX licence list that packages declare; the spelling counts. Facts from https://spdx.org/licenses/
IDS = frozenset(
    """
    0BSD AFL-2.1 AFL-3.0 AGPL-3.0 AGPL-3.0-only AGPL-3.0-or-later Apache-1.0 Apache-1.1 Apache-2.0 Artistic-1.0 Artistic-1.0-Perl
    Artistic-2.0 BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause BSD-2-Clause-Patent BSD-3-Clause BSD-3-Clause-Clear BSD-4-Clause BSL-1.0
    BUSL-1.1 CAL-1.0 CC-BY-3.0 CC-BY-4.0 CC-BY-NC-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CC0-1.0 CDDL-1.0 CDDL-1.1 CECILL-2.1 CPAL-1.0
    CPL-1.0 curl ECL-2.0 EFL-2.0 Elastic-2.0 EPL-1.0 EPL-2.0 EUPL-1.1 EUPL-1.2 FTL GFDL-1.3-only GPL-1.0-or-later GPL-2.0 GPL-2.0+
    GPL-2.0-only GPL-2.0-or-later GPL-3.0 GPL-3.0+ GPL-3.0-only GPL-3.0-or-later HPND ICU IJG ISC JSON LGPL-2.0-only
    LGPL-2.0-or-later LGPL-2.1 LGPL-2.1+ LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0 LGPL-3.0+ LGPL-3.0-only LGPL-3.0-or-later Libpng
    libtiff MIT MIT-0 MIT-CMU MPL-1.1 MPL-2.0 MPL-2.0-no-copyleft-exception MS-PL MS-RL NCSA NTP OFL-1.1 OLDAP-2.8 OpenSSL OSL-3.0
    PHP-3.01 PolyForm-Noncommercial-1.0.0 PostgreSQL PSF-2.0 Python-2.0 QPL-1.0 Ruby SSPL-1.0 TCL Unicode-3.0 Unicode-DFS-2016
    Unlicense UPL-1.0 Vim W3C WTFPL X11 Zlib ZPL-2.1
    """.split()
)
EXCEPTIONS = frozenset(
    "Bison-exception-2.2 Classpath-exception-2.0 GCC-exception-3.1 Linux-syscall-note LLVM-exception OpenJDK-assembly-exception-1.0".split()
)
LONGEST = 400  # characters: no package needs more, and a hostile one shall not make us work
_WORD = re.compile(r"[A-Za-z0-9.+-]+")
_STEPS = ((re.compile(r"x WITH e"), "x"), (re.compile(r"\( ?x ?\)"), "x"), (re.compile(r"x (?:AND|OR) x"), "x"))


def is_expression(text: str) -> bool:
    """Say whether a text is an SPDX expression all of whose identifiers we know."""
    if not text or len(text) > LONGEST:
        return False
    shape, before = _WORD.sub(_kind, " ".join(text.split())), ""
    while shape != before:
        before = shape
        for pattern, shorter in _STEPS:
            shape = pattern.sub(shorter, shape)
    return shape == "x"


def _kind(match: re.Match[str]) -> str:
    word = match.group()
    if word in ("AND", "OR", "WITH"):
        return word
    if word in EXCEPTIONS:
        return "e"
    return "x" if word in IDS or word.removesuffix("+") in IDS else "?"
