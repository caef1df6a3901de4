"""Tags and branches, resolved by ourselves: names of theirs never reach git."""

import re

from quarterdeck.domain.records import Branch, Tag
from quarterdeck.domain.text import clean
from quarterdeck.evidence.git.locate import Located
from quarterdeck.evidence.git.shadow import Shadow

WEEK = 7 * 86_400
_RELEASE_LINE = re.compile(
    r"(^|/)(releases?|stable|maint(enance)?|support|hotfix(es)?|lts|backports?|gh-pages|production|prod|staging)([/_.-]|$)"
    r"|(^|/)v?\d+([._-](\d+|x|y|z))+([._-]?(x|y|stable|dev|maint|lts|branch|release))*$",
    re.IGNORECASE,
)
_DEFAULT_REMOTE = ("refs/remotes/origin/HEAD",)


Peeled = dict[str, tuple[str, str, str, int]]


def peeled(shadow: Shadow, ids: list[str]) -> Peeled:
    """Return (commit, type, tagger, time) of ref targets; a missing or foreign object is left out."""
    found: Peeled = {}
    for object_id, kind, content in batch(shadow, sorted(set(ids))):
        if kind == "commit":
            found[object_id] = (object_id, kind, "", _when(content, b"committer "))
        elif kind == "tag":
            found[object_id] = (_target(content), kind, _who(content, b"tagger "), _when(content, b"tagger "))
    return found


def batch(shadow: Shadow, ids: list[str]) -> list[tuple[str, str, bytes]]:
    """Return (id, type, content) of small objects that exist."""
    out = shadow.output("cat-file", "--batch", feed=ids, good=(0, 1, 128))
    rows: list[tuple[str, str, bytes]] = []
    at = 0
    while at < len(out):
        end = out.find(b"\n", at)
        if end < 0:
            break
        header = out[at:end].decode().split(" ")
        at = end + 1
        if len(header) == 3:
            size = int(header[2])
            if at + size > len(out):
                break  # git died while it printed a damaged object
            rows.append((header[0], header[1], out[at : at + size]))
            at += size + 1
    return rows


def _line(content: bytes, key: bytes) -> bytes:
    head = content.split(b"\n\n", 1)[0]
    return next((line[len(key) :] for line in head.split(b"\n") if line.startswith(key)), b"")


def parents(content: bytes) -> list[str]:
    """Return the parents that a commit object names."""
    head = content.split(b"\n\n", 1)[0]
    return [line[7:].decode("ascii", "replace") for line in head.split(b"\n") if line.startswith(b"parent ")]


def _target(content: bytes) -> str:
    return _line(content, b"object ").decode("ascii", "replace")


def _who(content: bytes, key: bytes) -> str:
    return clean(_line(content, key).rpartition(b"> ")[0].decode("utf-8", "replace") + ">")


def _when(content: bytes, key: bytes) -> int:
    words = _line(content, key).rpartition(b"> ")[2].split(b" ")
    return int(words[0]) if words and words[0].isdigit() else 0


def tags_of(located: Located, objects: Peeled) -> tuple[Tag, ...]:
    """Return the tags that name commits, oldest first; `objects` knows the targets of all refs and of their tags."""
    named = {name: ref for name, ref in located.refs.items() if name.startswith("refs/tags/")}
    tags = []
    for name, ref in named.items():
        if ref in objects:
            commit, _, tagger, when = objects[ref]
            when = when or objects.get(commit, ("", "", "", 0))[3]
            tags.append(Tag(clean(name.removeprefix("refs/tags/")), commit, tagger, when))
    return tuple(sorted(tags, key=lambda tag: (tag.time, tag.name)))


def branch_tips(located: Located) -> dict[str, str]:
    """Return the branches beside HEAD: local ones first, remote ones where no local branch has the same tip."""
    local = {n.removeprefix("refs/heads/"): t for n, t in located.refs.items() if n.startswith("refs/heads/")}
    remote = {
        n.removeprefix("refs/remotes/"): t
        for n, t in located.refs.items()
        if n.startswith("refs/remotes/") and n not in _DEFAULT_REMOTE and t not in local.values()
    }
    return {clean(name): tip for name, tip in sorted((local | remote).items()) if tip != located.head}


def branches_of(
    located: Located, rows: dict[str, tuple[str, int, bool, str]], tagged: frozenset[str], limit: int = 400
) -> tuple[Branch, ...]:
    """Return the branches with commits that HEAD does not have; `rows` maps commit to parents, time, at head, author.

    A branch with a tag on its own commits, or the name of a line of releases, has been released and is no unfinished work.
    """
    found = []
    for name, tip in list(branch_tips(located).items())[:limit]:
        own = _only_here(tip, rows)
        if own:
            times = [rows[each][1] for each in own]
            authors = tuple(sorted({rows[each][3] for each in own}))
            weeks = len({(when // WEEK, rows[each][3]) for each, when in zip(own, times, strict=True)})
            released = bool(_RELEASE_LINE.search(name)) or not tagged.isdisjoint(own)
            found.append(Branch(name, tip, max(times), len(own), weeks, authors, released))
    return tuple(found)


def _only_here(tip: str, rows: dict[str, tuple[str, int, bool, str]]) -> list[str]:
    own: list[str] = []
    seen: set[str] = set()
    queue = [tip]
    while queue:
        commit = queue.pop()
        if commit in seen or commit not in rows or rows[commit][2]:
            continue
        seen.add(commit)
        own.append(commit)
        queue.extend(rows[commit][0].split(" "))
    return own
