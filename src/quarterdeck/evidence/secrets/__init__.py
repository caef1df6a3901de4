"""Credentials in files: found by the formats of their vendors, checked by structure, masked before they leave.

Pure functions over a path and bytes: where the bytes come from (a file at a commit, the added lines of a patch) is the
caller's business.
"""

from quarterdeck.evidence.secrets.engine import VERSION, SearchFailed, find
from quarterdeck.evidence.secrets.found import HIDDEN, Hit
from quarterdeck.evidence.secrets.masking import masked, masked_addresses, masked_component, masked_problem, masked_row
from quarterdeck.evidence.secrets.text import read_whole

__all__ = [
    "HIDDEN",
    "VERSION",
    "Hit",
    "SearchFailed",
    "find",
    "masked",
    "masked_addresses",
    "masked_component",
    "masked_problem",
    "masked_row",
    "read_whole",
]
