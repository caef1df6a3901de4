"""Tags and branches, resolved by ourselves: names of theirs never reach git."""

import re
from collections.abc import Collection, Mapping

from quarterdeck.domain.records import Branch, Tag
from quarterdeck.domain.text import clean
from quarterdeck.evidence.git.locate import Located
from quarterdeck.evidence.git.shadow import Shadow
from quarterdeck.evidence.secrets import masked

WEEK = 7 * 86_400
# 7.x, v1.2, 1.x-maint; in the first part of a name also with a product before it: rust-1.94.0, docker-29.x
_NUMBERED = r"v?\d+(\.|[._-](?=\d|[xyz]))(\d+|[xyz])([._-](\d+|[xyz]))*([._-]?(stable|dev|maint|lts|branch|release)){0,2}$"
# Words that say what a change does: `bump-1.2` is work on a release, `remove-deprecated` work on what is deprecated.
_WORK = (
    r"(add|allow|avoid|bugs?|bump|check|clean|cleanup|close|disable|drop|feat|feature|fix|fixes|gh|handle|improve|issues?|pr|prepare|py|"
    r"refactor|remove|replace|revert|rm|skip|support|task|test|ticket|unit|update|upgrade|use|warn)"
)
_DECIDED = r"(deprecated|cancell?ed|obsoleted?|archived?|attic|old|backups?|bak|abandoned|superseded)"
_RELEASE_LINE = re.compile(
    r"(^|/)(releases?|stable|maint(enance)?|support|hotfix(es)?|lts|backports?|gh-pages|production|prod|staging)([/_.-]|$)"
    r"|(^|/)(releases?|rel|stable|maint)[/_.-]?v?\d"
    r"|(^|/)v?\d+[._-]?(stable|maint|lts|release)$"
    rf"|(^|/){_NUMBERED}|^((origin|upstream)/)?(?!{_WORK}[_-])[a-z]+[_-]{_NUMBERED}"
    rf"|^(?!{_WORK}/)([^/]+/)?tags/",  # a tag of Subversion, imported as a branch
    re.IGNORECASE,
)
_SET_ASIDE = re.compile(
    rf"(^|/){_DECIDED}/"
    rf"|^(?!(.*/)?{_WORK}[/_-])(.*[/_.-])?{_DECIDED}$"
    r"|(^|/)(cancell?ed|obsolete|attic|abandoned|superseded)[_.-]"
    r"|(^|/)(deprecated|archived?|old|backups?|bak)[_.-](main|master|trunk|dev|develop|development|v?\d[^/]*)$",
    re.IGNORECASE,
)
_DEFAULT_REMOTE = ("refs/remotes/origin/HEAD",)


Peeled = dict[str, tuple[str, str, str, int]]
Rows = Mapping[str, tuple[str, int, bool, str]]


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
            tags.append(Tag(masked(clean(name.removeprefix("refs/tags/"))), commit, tagger, when))
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


def branches_of(located: Located, rows: Rows, tagged: frozenset[str], limit: int = 400) -> tuple[Branch, ...]:
    """Return the branches with commits that HEAD does not have; `rows` maps commit to parents, time, at head, author.

    Some are no unfinished work: a tag on their own commits, their name or another history says that they are released,
    decided or a thing of their own.
    """
    found = []
    for name, tip in list(branch_tips(located).items())[:limit]:
        own = _only_here(tip, rows)
        if own:
            times = [rows[each][1] for each in own]
            authors = tuple(sorted({rows[each][3] for each in own}))
            weeks = len({(when // WEEK, rows[each][3]) for each, when in zip(own, times, strict=True)})
            aside = set_aside(name) or not tagged.isdisjoint(own) or _another_history(tip, rows, located.shallow)
            found.append(Branch(masked(name), tip, max(times), len(own), weeks, authors, aside))
    return tuple(found)


def set_aside(name: str) -> bool:
    """Tell whether the name of a branch says that it is a line of releases, or that its work was decided on."""
    return bool(_RELEASE_LINE.search(name) or _SET_ASIDE.search(name))


def _another_history(tip: str, rows: Rows, cut: Collection[str]) -> bool:
    """Tell whether the line of first parents ends in a root that HEAD does not have, as that of a website does.

    Where a clone was cut off, a commit only looks like a root.
    """
    commit = tip
    while commit in rows and not rows[commit][2]:
        if not rows[commit][0]:
            return commit not in cut
        commit = rows[commit][0].split(" ")[0]
    return False


def _only_here(tip: str, rows: Rows) -> list[str]:
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
