"""Which column of a roster is which, by the names that programs and people give them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from quarterdeck.domain.text import clean

WANTED = "person (or name), email, role, team, start, end, manager, location, contract type, monthly cost"
NAMES = {
    "name": "name person fullname employee employeename member membername displayname personname",
    "first": "firstname givenname forename",
    "last": "lastname surname familyname",
    "email": "email emails emailaddress emailaddresses mail workemail companyemail otheremails otheremail gitemail gitemails privateemail",
    "role": "role title jobtitle position function job",
    "team": "team department group squad unit dept",
    "start": "start startdate startday hired hiredate joined joindate joiningdate since employmentstart firstday",
    "end": "end enddate endday left leavedate leavingdate terminationdate employmentend lastday",
    "manager": "manager reportsto supervisor linemanager boss teamlead",
    "location": "location office city country site",
    "contract": "contract contracttype employmenttype type employment engagement",
    "cost": "monthlycost cost costpermonth monthlyrate monthlytotalcost costmonthly",
}
FIELDS = {spelling: field for field, spellings in NAMES.items() for spelling in spellings.split()}
_UNIT = re.compile(r"\([^)]*\)|\[[^\]]*\]|[$€£]|(?<=[ _-])[A-Z]{3}$")
_LETTERS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Columns:
    """Which field stands in which column; several columns may hold e-mail addresses."""

    at: dict[str, int]
    emails: tuple[int, ...]
    header: tuple[str, ...]
    unread: tuple[str, ...]

    @property
    def named(self) -> bool:
        """Tell whether a person's name can be read."""
        return "name" in self.at or {"first", "last"} <= self.at.keys()

    @property
    def roster(self) -> bool:
        """Tell whether this is a roster: a name, and one more field at least."""
        return self.named and bool(self.emails or self.at.keys() - {"name", "first", "last"})


def recognised(header: Sequence[str]) -> Columns:
    """Return which column is which; the first of two with the same meaning is read."""
    at: dict[str, int] = {}
    emails, unread = [], []
    for place, heading in enumerate(header):
        field = FIELDS.get(_LETTERS.sub("", _UNIT.sub("", heading.strip()).lower()), "")
        if field == "email":
            emails.append(place)
        elif field and field not in at:
            at[field] = place
        elif heading.strip():
            unread.append(clean(heading.strip())[:60])
    return Columns(at, tuple(emails), tuple(clean(each.strip())[:60] for each in header), tuple(unread))
