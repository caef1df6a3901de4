"""Secrets: which credentials anybody with the code can read, and what must be replaced."""

from quarterdeck.domain.documents import About

ABOUT = About(
    id="diligence/secrets",
    title="Credentials in the code",
    question="Which passwords, keys and tokens can everybody read who has the code?",
    why="Whoever holds a copy of the code holds these too, and a copy outlives every contract.",
    sources=(
        "vendors' published token formats, each with its page in the table of rules",
        "GitHub: Behind GitHub's new authentication token formats, 2021 (checksum inside the token)",
        "RFC 7468, RFC 4880 and RFC 7519 (private keys in PEM, OpenPGP, signed tokens)",
    ),
)
