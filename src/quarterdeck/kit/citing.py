"""Say where a figure comes from, in the words of somebody who wants to check it."""

from datetime import date, timedelta

from quarterdeck.domain.documents import Evidence
from quarterdeck.domain.evidence import Citation
from quarterdeck.domain.records import History
from quarterdeck.domain.text import foreign

GIT = 'git --git-dir="$SHADOW"'


def cite(history: History, repository: int, locator: str = "") -> Citation:
    """Cite a place in a repository, or in a software inventory; without a locator, the commit that the report looked at."""
    if bill := bill_of(history, repository):
        return Citation(foreign(bill), foreign(locator))
    known = history.repositories[repository]
    return Citation(known.name, foreign(locator) or f"commit {known.head[:10]}")


def bill_of(history: History, repository: int) -> str:
    """Return the name of the software inventory that a number stands for; they count on after the repositories."""
    number = repository - len(history.repositories)
    return history.bills[number] if 0 <= number < len(history.bills) else ""


def cite_all(history: History) -> tuple[Citation, ...]:
    """Cite every repository at the commit that was looked at."""
    return tuple(cite(history, number) for number in range(len(history.repositories)))


def where(history: History, repository: int, path: str) -> str:
    """Return a path, with the repository in front where there are several."""
    if bill_of(history, repository):
        return foreign(path)
    return f"{foreign(history.repositories[repository].name)}: {foreign(path)}" if len(history.repositories) > 1 else foreign(path)


def key(history: History, repository: int) -> str:
    """Return the stable key of a repository; a software inventory belongs to all of them."""
    if bill_of(history, repository):
        return whole_key(history)
    return history.repositories[repository].key


def whole_key(history: History) -> str:
    """Return the key of all repositories together, whatever the order in which they were named."""
    return "+".join(sorted(repository.key for repository in history.repositories))


def window_start(history: History, as_of: date) -> date:
    """Return the first day that figures of recent activity count: a year back, unless the reader chose another."""
    return history.since or as_of - timedelta(days=365)


def log_command(history: History, repository: int = 0, *, path: str = "", since: date | None = None) -> str:
    """Return the git command that lists the rows behind a figure, to be run through the shadow."""
    head = history.repositories[repository].head[:12]
    follow = f" --follow -- {foreign(quoted(path))}" if path else ""
    if since is None:
        return f"{GIT} log --raw -M --no-merges {head}{follow}"
    return (
        f"{GIT} log --no-merges --date=short --format='%ad %h' {head}{follow or ' -- FILE'} | awk '$1 >= \"{since.isoformat()}\"' | wc -l"
    )


def quoted(path: str) -> str:
    """Quote a path for a shell when it needs it."""
    safe = all(char.isalnum() or char in "/._-+" for char in path)
    return path if safe and not path.startswith("-") else "'" + path.replace("'", "'\\''") + "'"


def coverage(history: History) -> str:
    """Say how much history stands behind a figure."""
    commits = sum(repository.commits for repository in history.repositories)
    number = len(history.repositories)
    return f"{commits:,} commits in {number} {'repository' if number == 1 else 'repositories'}"


def evidence(history: History, method: str, *, command: str = "", rows: str = "", age: str = "") -> Evidence:
    """Describe how a figure is known, with the coverage and age of the history behind it."""
    last = max((repository.last_day for repository in history.repositories if repository.last_day), default=None)
    return Evidence(
        method=method,
        command=command or log_command(history),
        coverage=coverage(history),
        age=age or (f"last commit {last:%d %b %Y}" if last else ""),
        rows=rows,
    )
