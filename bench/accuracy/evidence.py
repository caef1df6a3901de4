"""Read histories through the product's own functions, from repositories that the bench borrows."""

import os
from datetime import UTC, date, datetime

from bench.setting import Borrowed, Setting, borrowed, git
from quarterdeck import bootstrap
from quarterdeck.domain.records import History
from quarterdeck.kit import experts
from quarterdeck.practices.people.knowledge import analysis, assessment


def at_commit(setting: Setting, name: str, revision: str) -> Borrowed:
    """Return a repository of ours whose HEAD is a revision of a known repository."""
    return borrowed(setting, f"{name}@{revision}", setting.repository(name), revision)


def at_day(setting: Setting, name: str, day: date) -> Borrowed:
    """Return a repository of ours whose HEAD is the last commit on the main line of that day or before."""
    lender = setting.repository(name)
    tip = git(lender, "log", "-1", "--first-parent", f"--until={day}T23:59:59Z", "--format=%H", "HEAD")
    return borrowed(setting, f"{name}@{day}", lender, tip)


def day_of(place: Borrowed) -> date:
    """Return the UTC day on which the newest commit was made."""
    return datetime.fromtimestamp(int(git(place.folder, "log", "-1", "--format=%ct", "HEAD")), UTC).date()


def history(setting: Setting, place: Borrowed, as_of: date) -> History:
    """Read a history as a run does; what was read is kept for the next question."""
    os.environ["QUARTERDECK_HOME"] = str(setting.reading_home())
    return bootstrap.read_history(
        bootstrap.Request((place.folder,), as_of, allowed=(place.lender,), quick=True), bootstrap.company_of(None)
    )


def views(found: History, as_of: date) -> tuple[analysis.View, analysis.View]:
    """Return the view that the room takes of source files, and the one of all files."""
    changes = experts.human_changes(found)
    sources = assessment.view_of(found, experts.written(found), changes, as_of)
    return sources, assessment.view_of(found, assessment.everything(found), changes, as_of)


def mailboxes(found: History, person: int) -> set[str]:
    """Return the local parts of a person's addresses."""
    rows = found.aliases["email"].gather(list(found.people[person].aliases))
    return {email.lower().partition("@")[0] for email in rows}


def spellings(found: History, person: int) -> set[str]:
    """Return every name a person has used."""
    return set(found.aliases["name"].gather(list(found.people[person].aliases)))
