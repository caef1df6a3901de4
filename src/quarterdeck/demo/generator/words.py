"""Invented words: people, companies, products, and what each trade talks about."""

from quarterdeck.demo.generator.draws import Draws

GIVEN = (
    "Adira Belen Corwin Dalia Edrik Fenna Gavril Hesper Idris Jorun Kaveh Liora Maren Nadim Orla Perrin Quilla Rasmus Sabela Tovin "
    "Ulrika Veda Wendel Xanthe Yorick Zofia Anouk Bastian Calla Deven Elowen Farid Greta Haldan Ines Jasper Kirsi Lorcan Mirela Nils "
    "Oda Pavel Rhona Stellan Tamsin Uma Viggo Willa Ysolde Zeno Amara Bram Cosima Dario Esme Florin Gwen Hugo Isaura Joss"
).split()
FAMILY = (
    "Abernall Brackwell Castaval Dunmorrow Eastergate Fallowby Grendahl Hartsholm Ivarstad Jessamer Kestrelin Larkenby Merrowdale Norbeck "
    "Oakhampden Penhallick Quarrington Ravenskar Saltmarsh Thornbury Underwick Vantongeren Westerholt Yarborne Zellwegen Ashcombe Birkendal "
    "Crossfield Drumlanrick Elderkin Fenwright Gallowen Hollinsbee Inglebrook Kilbranny Lindquarrel Marchbanko Nethercott Osterlind Pellworth "
    "Ridderhof Sandervale Tillerman Umberley Vesselgard Winterbourn Amberlund Blackmoss Copperday Daggerwing Evenwood Foxholt Greycastle"
).split()
FIRM = "Tallow Quillon Marlstone Brindle Ferrow Halcyn Osprel Larkmoor Vantry Sedgewick Orrery Pennick Calder Wrenfield Dovetel Kestwick".split()
KIND_OF_FIRM = {
    "saas": "Boards Flow Ledgerly Planner".split(),
    "shop": "Outfitters Homeware Cycles Pantry".split(),
    "clinic": "Clinics Health Imaging Care".split(),
    "maker": "Works Castings Pumps Tooling".split(),
    "lend": "Lending Credit Capital Advance".split(),
    "firm": "Partners Advisers Associates Chambers".split(),
}
THINGS = {
    "saas": "account workspace seat plan invoice report member project task comment webhook audit quota session export filter".split(),
    "shop": "basket order parcel product price stock voucher refund customer shelf supplier review payment address bundle courier".split(),
    "clinic": "patient appointment referral scan consent clinician slot room message letter allergy dose result consult waitlist record".split(),
    "maker": "batch machine sensor shift order pallet alarm recipe spindle drawing supplier inspection tolerance routing downtime tool".split(),
    "lend": "loan borrower ledger posting card limit mandate payout interest check score statement arrears agreement entry transfer".split(),
    "firm": "matter client engagement".split(),
}
ACTS = (
    "load save collect apply resolve split merge rank plan settle check match build close open assign convert publish filter group "
    "attach release confirm cancel renew update schedule total count send"
).split()
TRAITS = "amount status total state weight rate code owner level period region label size share limit due kind version score margin".split()
MODULES = {
    "saas": "billing accounts planning search notify reporting access imports boards usage".split(),
    "shop": "catalogue basket pricing fulfilment payments returns customers promotions stock delivery".split(),
    "clinic": "booking patients messaging imaging consent reminders records staff billing letters".split(),
    "maker": "orders planning quality machines inventory purchasing costing alarms shipping routing".split(),
    "lend": "ledger payouts scoring onboarding cards arrears statements limits documents settlement".split(),
    "firm": ["matters"],
}
PARTS = (
    "rules store client service routes queries mapping validation events views jobs rates policy totals reader writer steps format".split()
)
SITES = ("Leeds", 0), ("Porto", 0), ("Ghent", 60), ("Turin", 60), ("Tartu", 120), ("Toronto", -300)


def snake(*words: str) -> str:
    """Join words as Python and PHP functions are named."""
    return "_".join(words)


def camel(*words: str) -> str:
    """Join words as JavaScript and Java functions are named."""
    return words[0] + "".join(word.capitalize() for word in words[1:])


def pascal(*words: str) -> str:
    """Join words as classes are named."""
    return "".join(word.capitalize() for word in words)


def company_name(draws: Draws, industry: str) -> str:
    """Invent the name of a company."""
    return f"{draws.pick(FIRM)} {draws.pick(KIND_OF_FIRM[industry])}"


def people_names(draws: Draws, count: int) -> list[tuple[str, str]]:
    """Invent different full names, no two with the same given or family name as long as there are enough."""
    given, family = draws.shuffled(GIVEN), draws.shuffled(FAMILY)
    return [(given[number % len(given)], family[(number + number // len(given)) % len(family)]) for number in range(count)]
