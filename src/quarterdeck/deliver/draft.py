"""company.draft.toml and proposed.mailmap: what was found, for people to correct."""

from quarterdeck.deliver.naming import Names
from quarterdeck.domain.company import Company
from quarterdeck.domain.records import History, Person
from quarterdeck.kit import mailmap

MOST_PEOPLE = 200
HEAD = """# What Quarterdeck found. Every field is optional. Correct it, save it as company.toml, and run again:
#   quarterdeck assess PATH... --company company.toml
# Roles stand in reports in place of names. An end date marks somebody who has left, or will leave on that day.
"""


def quoted(text: str) -> str:
    """Return a TOML basic string."""
    marks = {'"': '\\"', "\\": "\\\\"}
    return '"' + "".join(marks.get(char, char if char >= " " and char != "\x7f" else f"\\u{ord(char):04x}") for char in text) + '"'


def render(history: History, company: Company, names: Names) -> str:
    """Return the draft; with hidden names it lists no people."""
    lines = [HEAD, f"name = {quoted(company.name)}", f"currency = {quoted(company.currency)}", "", "[rates]"]
    for key, rate in company.rates.items():
        values = f"[{rate.low:g}, {rate.mid:g}, {rate.high:g}]"
        lines.append(f"{'# ' if rate.typical else ''}{quoted(key)} = {values}  # {rate.unit}{', typical' if rate.typical else ''}")
    if names == "hidden":
        lines += ["", "# Repositories and people are left out: the report was made with --names hidden."]
    else:
        lines += [*_repositories(history, company), *_people(history), *_suggestions(history)]
    return "\n".join(lines) + "\n"


def _repositories(history: History, company: Company) -> list[str]:
    lines = []
    for repository in history.repositories:
        criticality = company.criticality.get(repository.name, "")
        lines += [
            "",
            "[[repositories]]",
            f"name = {quoted(repository.name)}",
            f"criticality = {quoted(criticality)}  # high, medium or low",
        ]
    return lines


def _people(history: History) -> list[str]:
    people = sorted((person for person in history.people if not person.bot), key=lambda p: (-p.last_day.toordinal(), p.id))
    lines = [line for person in people[:MOST_PEOPLE] for line in _person(history, person)]
    more = len(people) - MOST_PEOPLE
    return [*lines, "", f"# and {more:,} more people, the last of them active {people[MOST_PEOPLE].last_day}"] if more > 0 else lines


def _person(history: History, person: Person) -> list[str]:
    rows = history.aliases.select("text").to_series()
    aliases = ", ".join(quoted(rows[alias]) for alias in person.aliases)
    joined = f"  # joined by: {', '.join(person.joined_by)}" if person.joined_by else ""
    return [
        "",
        "[[roster]]",
        f"name = {quoted(person.name)}",
        f"aliases = [{aliases}]{joined}",
        f"role = {quoted(person.role)}",
        f'start = "{person.start or ""}"  # first commit {person.first_day}',
        f'end = "{person.end or ""}"  # last commit {person.last_day}, {person.commits:,} commits',
    ]


def _suggestions(history: History) -> list[str]:
    """Offer the joins that evidence suggests but does not prove."""
    pairs = [f"#   [{quoted(one)}, {quoted(other)}],  # {rule}" for one, other, rule in history.suggestions[:MOST_PEOPLE]]
    head = [
        "",
        "[identity]",
        "# Perhaps one person: move a line into `same` if so, or a pair into `different` to keep two people apart.",
    ]
    return [*head, "same = [", *pairs, "]", "different = []"]


def proposed_mailmap(history: History) -> str:
    """Return the people as a `.mailmap` that git understands."""
    rows = history.aliases.select("name", "email").rows()
    people = (
        ((person.name, _main_address(person, rows)), [rows[alias] for alias in person.aliases])
        for person in history.people
        if len(person.aliases) > 1 and not person.bot
    )
    return mailmap.render(people)


def _main_address(person: Person, rows: list[tuple[str, str]]) -> str:
    addresses = [rows[alias][1] for alias in person.aliases]
    return next((address for address in addresses if "noreply" not in address and "." in address), addresses[0])
