"""The rooms, in the order in which a report shows them."""

ROOMS = (
    "quarterdeck.practices.people.knowledge",
    "quarterdeck.practices.people.departure",
    "quarterdeck.practices.architecture.hotspots",
    "quarterdeck.practices.architecture.dependency_health",
    "quarterdeck.practices.delivery.abandoned_work",
)

NOT_YET = (
    ("Governance", "the rules that apply to you: answer a dozen questions"),
    ("Procurement", "the list of vendors and contracts (CSV)"),
    ("Operations", "backup logs, access exports and your procedures"),
    ("Strategy", "your goals, budget and deadlines"),
    ("Diligence", "contracts with everyone who wrote code, and the licence of what you ship"),
    ("Engagement", "hours, promises and decisions"),
)
