"""Build the end-of-life table from a snapshot of the endoflife.date repository.

Usage: build_table.py GIT_DIR PRODUCTS_TOML OUT_DIR [COMMIT].  PRODUCTS_TOML holds one table per
product, whose keys are identifier kinds and whose values are either a list of names or a table of
name = cycle.  The same inputs give the same bytes.
"""

from __future__ import annotations

import csv
import datetime
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import yaml

SITE = "https://endoflife.date"
KINDS = frozenset({"image", "tool", "package", "tag-os", "version"})


class Cycle(NamedTuple):
    """Hold the published dates of one release cycle of one product."""

    product: str
    cycle: str
    release: str
    support_until: str
    security_until: str
    source: str


class Identifier(NamedTuple):
    """Hold one name by which a file refers to a product, and its cycle if the name fixes one."""

    product: str
    kind: str
    name: str
    cycle: str


def git(git_dir: Path, *args: str) -> str:
    """Return the output of a git command that ignores user and system configuration."""
    env = {**os.environ, "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    command = ["git", "--git-dir", str(git_dir), *args]
    done = subprocess.run(command, env=env, check=True, capture_output=True, encoding="utf-8")
    return done.stdout


def front_matter(text: str) -> dict[str, Any]:
    """Return the YAML mapping between the first two '---' lines."""
    data = yaml.safe_load(text.split("\n---", 1)[0])
    if not isinstance(data, dict):
        raise ValueError("no front matter")
    return data


def day_or_word(value: object, if_true: str, if_false: str) -> str:
    """Return an ISO date, or the word that stands for a boolean without a date."""
    if isinstance(value, bool):
        return if_true if value else if_false
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise ValueError(f"neither date nor boolean: {value!r}")


def cycles(product: str, data: dict[str, Any]) -> list[Cycle]:
    """Return the cycles of a product, oldest first, cycles of the same day in name order."""
    rows: list[Cycle] = []
    for release in data["releases"]:
        if not isinstance(release["releaseCycle"], str):
            raise ValueError(f"{product}: unquoted cycle {release['releaseCycle']!r}")
        start = day_or_word(release["releaseDate"], "", "")
        support = day_or_word(release.get("eoas", False), "", "")
        security = day_or_word(release["eol"], "ended", "none-announced")
        facts = (start, support, security, SITE + data["permalink"])
        rows.append(Cycle(product, release["releaseCycle"], *facts))
    return sorted(rows, key=lambda row: (row.release, row.cycle))


def identifiers(product: str, kinds: dict[str, Any]) -> list[Identifier]:
    """Return the identifiers declared for a product."""
    if unknown := kinds.keys() - KINDS:
        raise ValueError(f"{product}: unknown kinds {sorted(unknown)}")
    rows = []
    for kind, names in kinds.items():
        pairs = names if isinstance(names, dict) else dict.fromkeys(names, "")
        rows += [Identifier(product, kind, name, cycle) for name, cycle in pairs.items()]
    return sorted(rows)


def check(table: list[Cycle], names: list[Identifier]) -> None:
    """Raise if a cycle or name is given twice, or a name points to a cycle that is not there."""
    seen = {(row.product, row.cycle) for row in table}
    if len(seen) < len(table):
        raise ValueError("a cycle is given twice")
    claimed: set[tuple[str, ...]] = set()
    for name in names:
        if name.cycle and (name.product, name.cycle) not in seen:
            raise ValueError(f"no such cycle: {name}")
        # A name without a cycle must mean one product; a name with one may state several facts.
        claim = (name.kind, name.name, name.product if name.cycle else "")
        if claim in claimed:
            raise ValueError(f"claimed twice: {name}")
        claimed.add(claim)


def write_csv(path: Path, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Write rows as UTF-8 CSV with line feeds."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def sidecar(git_dir: Path, commit: str) -> str:
    """Return the TOML text that says where the table comes from."""
    instant = int(git(git_dir, "show", "-s", "--format=%ct", commit))
    day = datetime.datetime.fromtimestamp(instant, datetime.UTC).date().isoformat()
    copyright_line = git(git_dir, "show", f"{commit}:LICENSE").splitlines()[0]
    return (
        f"snapshot = {day}\n"
        f'commit = "{commit}"\n'
        'source = "endoflife.date"\n'
        'url = "https://github.com/endoflife-date/endoflife.date"\n'
        'licence = "MIT"\n'
        f'copyright = "{copyright_line}"\n'
    )


def main(git_dir: Path, products_toml: Path, out: Path, revision: str = "HEAD") -> None:
    """Write the two tables and the sidecar."""
    commit = git(git_dir, "rev-parse", "--verify", f"{revision}^{{commit}}").strip()
    wanted: dict[str, dict[str, Any]] = tomllib.loads(products_toml.read_text("utf-8"))
    table: list[Cycle] = []
    names: list[Identifier] = []
    for product, kinds in sorted(wanted.items()):
        text = git(git_dir, "show", f"{commit}:products/{product}.md")
        table += cycles(product, front_matter(text))
        names += identifiers(product, kinds)
    check(table, names)
    write_csv(out / "end_of_life.csv", Cycle._fields, table)
    write_csv(out / "identifiers.csv", Identifier._fields, names)
    (out / "end_of_life.toml").write_text(sidecar(git_dir, commit), "utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), *sys.argv[4:])
