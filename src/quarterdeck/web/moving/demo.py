"""Fill a workbench with invented companies, as if somebody had looked after them for a quarter."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection
from django.db.models import Q

from quarterdeck.demo.generator import Made
from quarterdeck.store.book.models import Membership, Person, Role, Run, Source, User
from quarterdeck.store.selectors.results import latest_snapshot
from quarterdeck.store.selectors.seats import Seat, seat
from quarterdeck.store.services import keeping, runs
from quarterdeck.store.services.followup import actions, findings, record
from quarterdeck.store.services.seating import clients
from quarterdeck.web.jobs import intake, running
from quarterdeck.web.moving.names import PASSWORD, PRACTITIONER

SEATS = (("owner", Role.OWNER), ("executive", Role.EXECUTIVE), ("contributor", Role.CONTRIBUTOR), ("auditor", Role.AUDITOR))
QUARTER = timedelta(days=91)
AT_ONCE = 2
FIRST_ACTIONS = 5
Say = Callable[[str], None]


@dataclass(frozen=True)
class Card:
    """What a practitioner would type of a company."""

    industry: str
    revenue: int
    goals: str
    question: str
    delay: int
    promise: str


CARDS = {
    "saas": Card("B2B software", 3_200_000, "Sell to the first large customer; be ready for a sale in twelve months.", "Which auditor for SOC 2?", 4000, "Send the plan for the security questionnaire"),
    "shop": Card("E-commerce", 11_000_000, "A fast shop before the peak season.", "Keep the agency for the checkout, or take it in-house?", 2500, "Compare the agency's offers"),
    "clinic": Card("Healthcare", 9_000_000, "Patients book online; nobody loses an image.", "Renew the managed service provider?", 1800, "Ask for proof of a restored backup"),
    "maker": Card("Manufacturing", 18_000_000, "Machine data in one place before the retirement in spring.", "Replace the supplier portal, or repair it?", 3000, "Name a successor for the machine collector"),
    "lend": Card("Fintech", 2_400_000, "Keep the licence; find a leader for engineering.", "Interim leader, or promote from within?", 6000, "Interview two interim leaders"),
    "firm": Card("Professional services", 2_500_000, "Less typing, no surprises.", "Which document system?", 700, "Show two document systems"),
}  # fmt: skip


def fill(made: Sequence[Made], today: date, say: Say) -> None:
    """Open a client per company, assess each twice a quarter apart, and write down what would have been agreed."""
    you = _users()
    seats = [_opened(you, each, today) for each in made]
    _assess(seats, today - QUARTER, say)
    for number, (each, at) in enumerate(zip(made, seats, strict=True)):
        _agree(at, CARDS[each.industry], today, number)
    _assess(seats, today, say)


def _users() -> User:
    """Make a practitioner, and somebody of every other role."""
    for name, _ in SEATS:
        User.objects.create_user(f"{name}@demo.example", PASSWORD, name=f"Demo {name}")
    return User.objects.create_user(PRACTITIONER, PASSWORD, name="Demo practitioner", may_open_clients=True)


def _opened(you: User, made: Made, today: date) -> Seat:
    """Open a client, seat people, and bring in what the company has."""
    card = CARDS[made.industry]
    title = made.company_file.read_text("utf-8").partition('name = "')[2].partition('"')[0]
    client = clients.open_client(you, title, industry=card.industry, revenue=card.revenue, goals=card.goals)
    mine = seat(you, client.pk)
    for path in (made.client / "roster.csv", made.company_file, *sorted((made.client / "sbom").glob("*.json"))):
        if path.is_file():
            with path.open("rb") as file:
                intake.upload(mine, path.name, file)
    for path in made.repositories:
        intake.add_repository(mine, str(path), name=path.name.removesuffix(".git"), schedule="weekly")
    staff = _here(mine, today)
    keeping.change(
        you, client, head_count=len(staff) or None, developers=sum("evelop" in each.role or "ngineer" in each.role for each in staff)
    )
    for name, role in SEATS:
        user = User.objects.get(email=f"{name}@demo.example")
        person = staff[0] if staff and role == Role.CONTRIBUTOR else None
        until = today + timedelta(days=90) if role == Role.AUDITOR else None
        keeping.keep(you, Membership(client=client, user=user, role=role, person=person, until=until), "seated")
    return mine


def _here(at: Seat, today: date) -> list[Person]:
    """Return who works at the client today, whoever develops first."""
    found = at.of(Person).filter(Q(ends=None) | Q(ends__gte=today)).order_by("name")
    return sorted(found, key=lambda each: ("evelop" not in each.role and "ngineer" not in each.role, each.name))


def _assess(seats: Sequence[Seat], as_of: date, say: Say) -> None:
    """Assess every client that has a repository, two at a time, as of a day."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for at, assessed in zip(seats, pool.map(lambda at: _run(at, as_of), seats), strict=True):
            say(f"{at.client.name}: {f'assessed as of {as_of:%d %b %Y}' if assessed else 'has no software to assess'}")


def _run(at: Seat, as_of: date) -> bool:
    """Assess a client, if it has a repository, and tell whether it has."""
    try:
        if found := _has_repository(at):
            run = Run(client=at.client, reason="demo", asked_by=at.user, as_of=as_of)
            keeping.keep(at.user, run, "asked")
            running.run(run.pk)
    finally:
        connection.close()
    return found


def _has_repository(at: Seat) -> bool:
    return at.of(Source).filter(kind__in=runs.NEEDS_SOURCES).exists()


def _agree(at: Seat, card: Card, today: date, number: int) -> None:
    """Write down what a quarter leaves behind: decisions, promises, actions of the first findings, hours."""
    people = _here(at, today)
    asked = today - timedelta(days=18 + 3 * number)
    record.ask(
        at,
        card.question,
        asked_on=asked,
        needed_by=today + timedelta(days=number - 3),
        decider="Chief executive",
        delay_per_week=card.delay,
    )
    record.promise(at, card.promise, made_to="Chief executive", due=today + timedelta(days=number * 2 - 2))
    record.note(at, f"Goals for the year: {card.goals}")
    for week in range(6):
        record.spend(at, 90 + 30 * ((week + number) % 3), "weekly review", day=today - timedelta(days=7 * week + 1), theme="rhythm")
    snapshot = latest_snapshot(at)
    if snapshot is None:
        return
    found = [each for each in snapshot.findings("roles").values() if each["outcome"] == "unmet" and each["recommendation"]]
    for place, finding in enumerate(found[:FIRST_ACTIONS]):
        owner = people[place % len(people)] if people else None
        made = actions.from_finding(at, finding, owner=owner, due=today + timedelta(days=7 * place - 10))
        if place == 0:
            actions.complete(at, made, effort="3")
    for finding in found[FIRST_ACTIONS : FIRST_ACTIONS + 1]:
        findings.stand(
            at, finding["fingerprint"], "accepted", reason="Known, and cheap to live with until spring.", until=today + timedelta(days=120)
        )
