"""Repository practice: are the repositories run so that neither strangers nor surprises get in?"""

from quarterdeck.domain.documents import About

ABOUT = About(
    id="governance/repository_practice",
    title="How the repositories are run",
    question="Are the repositories run so that neither strangers nor surprises get into what you ship?",
    why="Most attacks on a software supply chain use an open door in the repository: a workflow, a token or something nobody pinned.",
    sources=(
        "OpenSSF Scorecard 5 (ossf/scorecard, August 2026): rules, weights and aggregate of its 18 default checks",
        "securitylab.github.com: Keeping your GitHub Actions and workflows secure, untrusted input",
    ),
)
