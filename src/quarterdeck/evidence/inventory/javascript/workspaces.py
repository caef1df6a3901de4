"""Which packages of a repository a workspace joins."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from quarterdeck.evidence.inventory.loaders import as_rows, as_table, as_text, json_of
from quarterdeck.evidence.inventory.packages.listing import inside
from quarterdeck.evidence.inventory.source import Source, Unreadable

MOST_DOUBLE_STARS, LONGEST_PATTERN = 2, 200


def workspaces(files: Mapping[str, str], folder: str) -> list[str]:
    """Return the folders of the packages that the `package.json` of a folder joins in its workspace, itself first."""
    table = manifest_of(files, folder)
    rows = table.get("workspaces")
    globs = [as_text(each) for each in as_rows(as_table(rows).get("packages") if isinstance(rows, dict) else rows)]
    return [folder, *matching(files, folder, globs)]


def manifest_of(files: Mapping[str, str], folder: str) -> dict[str, Any]:
    """Return the `package.json` of a folder, empty where there is none that can be read."""
    path = inside(folder, "package.json")
    try:
        return json_of(Source(0, "", path, files[path], {})) if path in files else {}
    except Unreadable:
        return {}


def matching(files: Mapping[str, str], folder: str, globs: Iterable[str]) -> list[str]:
    """Return the folders with a `package.json` that globs of a workspace name; `!` takes some out again."""
    patterns = [(each.startswith("!"), _glob(each.lstrip("!").removeprefix("./").strip("/"))) for each in globs]
    prefix = f"{folder}/" if folder else ""
    found = []
    for path in files:
        if path.endswith("/package.json") and path.startswith(prefix):
            below = path[len(prefix) : -len("/package.json")]
            matches = [not negative for negative, pattern in patterns if pattern and pattern.fullmatch(below)]
            found += [inside(folder, below)] if matches[-1:] == [True] else []
    return sorted(found)


def _glob(pattern: str) -> re.Pattern[str] | None:
    """Translate a pattern of a workspace; atomic groups keep a hostile one from taking for ever."""
    if pattern.count("**") > MOST_DOUBLE_STARS or len(pattern) > LONGEST_PATTERN:
        return None
    parts = re.split(r"(\*\*/|/\*\*|\*)", pattern)
    body = _fixed(parts[0])
    for star, text, last in zip(parts[1::2], parts[2::2], range(len(parts) // 2, 0, -1), strict=True):
        fixed = _fixed(text)
        one = f"[^/]*{fixed}" if last == 1 else f"(?>[^/]*?{fixed})"
        body += {"**/": f"(?:.*/)?{fixed}", "/**": f"(?:/.*)?{fixed}"}.get(star, one)
    return re.compile(body)


def _fixed(text: str) -> str:
    """Escape a part of a pattern without stars; braces hold alternatives."""
    parts = re.split(r"\{([^{}]*)\}", text)
    return "".join(
        f"(?:{'|'.join(map(re.escape, part.split(',')))})" if number % 2 else re.escape(part) for number, part in enumerate(parts)
    )
