"""The companies: what they are, how many people they have, and which systems they run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SystemPlan:
    """A system of a company: what it is for, its language and share of all work, and what part it plays."""

    name: str
    purpose: str
    language: str
    share: float
    criticality: str
    habit: str
    part: str = "running"  # running, stopped, finished, or the name of the system it was split from
    parts: int = 5
    database: str = ""


@dataclass(frozen=True)
class CompanyPlan:
    """A company: staff and developers at its usual size, currency, teams beside engineering, and systems."""

    staff: int
    developers: int
    currency: str
    teams: tuple[tuple[str, str], ...]
    systems: tuple[SystemPlan, ...]
    outside: int = 0  # how many of the developers work for a supplier


P = SystemPlan
COMPANIES: dict[str, CompanyPlan] = {
    "saas": CompanyPlan(
        22, 9, "USD", (("Account executive", "Sales"), ("Customer success lead", "Success"), ("Product owner", "Product"), ("Bookkeeper", "Finance")),
        (
            P("app", "the product that customers use", "Python", 0.36, "high", "merge", parts=6, database="postgresql"),
            P("web", "the pages of the product", "TypeScript", 0.26, "high", "squash", parts=5),
            P("mobile", "the application for phones", "JavaScript", 0.12, "medium", "direct", parts=4),
            P("exports", "exports and scheduled reports", "Python", 0.0, "medium", "merge", part="app", parts=3),
            P("engine", "a new core in one service", "Go", 0.14, "medium", "direct", part="stopped", parts=4),
            P("dates", "working days and periods", "Python", 0.03, "low", "direct", part="finished", parts=2),
            P("infra", "how the product is run", "Python", 0.09, "medium", "direct", parts=3),
        ),
    ),
    "shop": CompanyPlan(
        35, 9, "EUR", (("Buyer", "Buying"), ("Warehouse lead", "Warehouse"), ("Shop assistant", "Shops"), ("Marketer", "Marketing"), ("Bookkeeper", "Finance")),
        (
            P("storefront", "the shop that customers see", "PHP", 0.36, "high", "merge", parts=6, database="mysql"),
            P("stocksync", "stock between shop and warehouse", "Python", 0.20, "high", "direct", parts=4, database="postgresql"),
            P("checkout", "basket and payment, built by the agency", "TypeScript", 0.24, "high", "squash", parts=4),
            P("finder", "a search of our own", "Go", 0.12, "low", "direct", part="stopped", parts=3),
            P("labels", "parcel labels", "PHP", 0.03, "low", "direct", part="finished", parts=2),
            P("backoffice", "returns and reports", "PHP", 0.10, "medium", "direct", parts=3),
        ), outside=5,
    ),
    "clinic": CompanyPlan(
        48, 5, "USD", (("Nurse", "Care"), ("Physician", "Care"), ("Receptionist", "Front desk"), ("Radiographer", "Imaging"), ("Practice lead", "Office")),
        (
            P("scheduling", "appointments and rooms", "Java", 0.38, "high", "direct", parts=5, database="postgresql"),
            P("portal", "what patients see", "TypeScript", 0.32, "high", "merge", parts=5),
            P("imagestore", "scans and their letters", "Python", 0.18, "high", "direct", parts=4, database="postgresql"),
            P("chat", "messages between patients and staff", "PHP", 0.12, "medium", "direct", part="stopped", parts=3),
            P("codes", "lists of codes for letters", "Python", 0.04, "low", "direct", part="finished", parts=2),
        ), outside=2,
    ),
    "maker": CompanyPlan(
        60, 6, "EUR", (("Machinist", "Shop floor"), ("Fitter", "Shop floor"), ("Planner", "Planning"), ("Quality engineer", "Quality"), ("Buyer", "Purchasing")),
        (
            P("erp", "orders, stock and costing", "Java", 0.38, "high", "direct", parts=6, database="mariadb"),
            P("collector", "data from the machines", "Go", 0.24, "high", "merge", parts=4, database="postgresql"),
            P("suppliers", "the portal for suppliers", "PHP", 0.18, "medium", "direct", parts=4),
            P("dashboards", "screens on the shop floor", "JavaScript", 0.0, "medium", "merge", part="collector", parts=3),
            P("scheduler", "a new planning board", "Python", 0.13, "medium", "direct", part="stopped", parts=3),
            P("units", "units and tolerances", "Go", 0.04, "low", "direct", part="finished", parts=2),
        ), outside=1,
    ),
    "lend": CompanyPlan(
        18, 8, "GBP", (("Underwriter", "Credit"), ("Compliance lead", "Risk"), ("Collections lead", "Operations"), ("Bookkeeper", "Finance")),
        (
            P("ledger", "postings and balances", "Java", 0.36, "high", "merge", parts=6, database="postgresql"),
            P("onboarding", "how borrowers join", "TypeScript", 0.26, "high", "squash", parts=5),
            P("cards", "card payments", "Go", 0.18, "high", "direct", parts=4, database="mysql"),
            P("letters", "statements and letters", "Java", 0.0, "medium", "merge", part="ledger", parts=3),
            P("scores", "a new way to score", "Python", 0.12, "medium", "direct", part="stopped", parts=3),
            P("money", "amounts and rounding", "Java", 0.03, "low", "direct", part="finished", parts=2),
        ),
    ),
    "firm": CompanyPlan(15, 0, "GBP", (("Partner", "Practice"), ("Associate", "Practice"), ("Paralegal", "Practice"), ("Secretary", "Office"), ("Bookkeeper", "Finance")), ()),
}  # fmt: skip
