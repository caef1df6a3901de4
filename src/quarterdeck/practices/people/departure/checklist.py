"""The checklist by the clock: what the evidence shows about a person's access and work, and what to ask."""

from datetime import UTC, date, datetime

import polars as pl

from quarterdeck.domain.documents import Checklist, Step
from quarterdeck.domain.records import History, Person, Repository
from quarterdeck.domain.text import foreign, mention, percent, plural
from quarterdeck.kit import citing
from quarterdeck.kit.experts import ordinal

RECENT_TAGS_DAYS = 730
DELIVERY_PATHS = r"(^|/)(\.github/workflows/|\.gitlab-ci|\.circleci/|Jenkinsfile|azure-pipelines|bitbucket-pipelines|deploy/|helm/|terraform/|k8s/|Dockerfile)"
HOURS_2 = "0 to 2 hours"
HOURS_24 = "24 hours"
HOURS_72 = "72 hours"
DAYS_30 = "30 days"


def checklist(history: History, number: int, lost: pl.DataFrame, today: date, successor: str) -> Checklist:
    """Return the steps after the departure of a person, each with its evidence or as a question."""
    person = history.people[number]
    day = ordinal(today)
    steps = (
        *_owners(history, person),
        Step(
            HOURS_2,
            "Ask: which accounts does this person hold alone (domain, DNS, cloud root, code host, payments, mail)? Who else can enter?",
        ),
        Step(HOURS_2, "Ask: which secrets has this person seen, and who rotates them? Do not announce it."),
        Step(
            HOURS_2,
            "Ask: who can stop access to production and the code host, and keep the mailbox, before it is announced? Legal and staff steps: ask a professional.",
        ),
        *_releases(history, person, day),
        *_pipelines(history, number),
        *_branches(history, person),
        Step(HOURS_24, "Ask: what was promised to whom, and by when?"),
        *_files(history, lost),
        Step(HOURS_72, f"Ask: who owns each part above from now on? {successor}"),
        Step(HOURS_72, "Ask: which customers, vendors and on-call duties knew only this person?"),
        Step(
            DAYS_30,
            "Ask: are the parts without a knower fewer than today? Measure again, with the last day in the roster.",
        ),
        Step(
            DAYS_30,
            "Ask: which decisions lived only in this person's head? One page each, starting with the parts that change most.",
        ),
    )
    return Checklist("What to do, by the clock", steps)


def _owners(history: History, person: Person) -> list[Step]:
    found = [
        f"{foreign(repository.name)}: {foreign(path)}:{line}"
        for repository in history.repositories
        for path, line, text in repository.owners_files
        if names(person, history, text)
    ]
    if not found:
        return [
            Step(
                HOURS_2,
                "Ask: who approves changes and holds the release rights today? No ownership file names this person.",
            )
        ]
    return [Step(HOURS_2, f"Replace this person in {plural(len(found), 'ownership line')}.", "; ".join(found[:6]))]


def names(person: Person, history: History, text: str) -> bool:
    """Tell whether a line names a person by address, full name or login."""
    low = text.casefold()
    rows = history.aliases.filter(pl.col("alias").is_in(list(person.aliases))).select("name", "email").iter_rows()
    for name, email in rows:
        login = email.partition("@")[0].rpartition("+")[2].casefold()
        handle = email.endswith("users.noreply.github.com") and f"@{login}" in low.replace(",", " ").split()
        if (email and email.casefold() in low) or (" " in name and name.casefold() in low) or handle:
            return True
    return False


def _releases(history: History, person: Person, day: int) -> list[Step]:
    texts = set(history.aliases.filter(pl.col("alias").is_in(list(person.aliases)))["text"])
    recent = [(r, tag) for r in history.repositories for tag in r.tags if tag.tagger and tag.time // 86_400 > day - RECENT_TAGS_DAYS]
    own = [(r, tag) for r, tag in recent if tag.tagger in texts]
    if not own:
        return [
            Step(
                HOURS_24,
                "Ask: who can make a release, and with whose keys? No signed or annotated tag of the last two years is by this person.",
            )
        ]
    cited = "; ".join(f"{foreign(r.name)}: tag {foreign(tag.name)}" for r, tag in own[-5:])
    share = f"{percent(len(own) / len(recent))} of {plural(len(recent), 'annotated tag')} in two years"
    return [Step(HOURS_24, f"Hand over releases: this person made {share}. Let somebody else make one now.", cited)]


def _pipelines(history: History, number: int) -> list[Step]:
    rows = history.changes.filter(pl.col("path").str.contains(DELIVERY_PATHS) & ~pl.col("co"))
    hands = rows.group_by("repository", "path").agg(only=(pl.col("person") == number).all(), n=pl.len())
    alive = history.files.select("repository", "path")
    own = hands.filter("only").join(alive, on=["repository", "path"], how="semi").sort("n", "path", descending=[True, False])
    if own.is_empty():
        return [
            Step(
                HOURS_24,
                "Ask: who can deploy and roll back without this person? No deployment file was edited by this person alone.",
            )
        ]
    cited = "; ".join(citing.where(history, row[0], row[1]) for row in own.head(5).select("repository", "path").iter_rows())
    return [
        Step(
            HOURS_24,
            f"Read and rehearse {plural(own.height, 'deployment file')} that only this person ever edited.",
            cited,
        )
    ]


def _branches(history: History, person: Person) -> list[Step]:
    texts = set(history.aliases.filter(pl.col("alias").is_in(list(person.aliases)))["text"])
    own = [(r, b) for r in history.repositories for b in r.branches if texts & set(b.authors) and not b.released]
    own.sort(key=lambda pair: -pair[1].time)
    if not own:
        return [
            Step(
                HOURS_24,
                "Ask: is there work that exists only on this person's machine? No unmerged branch in this copy carries their commits.",
            )
        ]
    cited = "; ".join(_branch(r, b.name, b.commit, b.time) for r, b in own[:6])
    return [
        Step(
            HOURS_24,
            f"Save and assign {plural(len(own), 'unmerged branch', 'unmerged branches')} with this person's commits.",
            cited,
        )
    ]


def _branch(repository: Repository, name: str, commit: str, time: int) -> str:
    last = datetime.fromtimestamp(max(0, time), UTC)
    return f"{foreign(repository.name)}: branch {foreign(name)} at {commit[:10]}, last commit {last:%d %b %Y}"


def _files(history: History, lost: pl.DataFrame) -> list[Step]:
    moving = lost.filter("moving").sort(["recent", "path"], descending=[True, False])
    if moving.is_empty():
        return [
            Step(
                HOURS_72,
                "Ask: what does only this person know that no file shows? No file that changed within a year has them as only knower.",
            )
        ]
    top = moving.head(10).select("repository", "path").iter_rows()
    cited = "; ".join(citing.where(history, repository, path) for repository, path in top)
    return [
        Step(
            HOURS_72,
            f"Walk through the {plural(moving.height, 'moving file')} only this person knows, the busiest first.",
            cited,
        )
    ]


def handover_line(people: list[int], history: History) -> str:
    """Return the sentence that names who could take over."""
    if not people:
        return "There is no internal successor: plan a paired handover or a hire."
    return f"First to ask: {', '.join(mention(history.people[each].id) for each in people)}."
