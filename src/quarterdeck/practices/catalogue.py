"""The rooms, in the order in which a report shows them."""

ROOMS = (
    "quarterdeck.practices.people.knowledge",
    "quarterdeck.practices.people.departure",
    "quarterdeck.practices.architecture.hotspots",
    "quarterdeck.practices.architecture.coupling",
    "quarterdeck.practices.architecture.code_age",
    "quarterdeck.practices.architecture.dependency_health",
    "quarterdeck.practices.delivery.throughput_change",
    "quarterdeck.practices.delivery.abandoned_work",
    "quarterdeck.practices.governance.repository_practice",
    "quarterdeck.practices.diligence.secrets",
)

NOT_YET = (
    ("Rules that apply to you", "your countries, sector and customers: answer a dozen questions"),
    ("Ownership and licences", "contracts with everyone who wrote code, and the licence of what you ship"),
    ("Procurement", "the list of vendors and contracts (CSV)"),
    ("Operations", "backup logs, access exports and your procedures"),
    ("Strategy", "your goals, budget and deadlines"),
    ("Engagement", "hours, promises and decisions"),
)
