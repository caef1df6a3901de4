"""Coupling: files, parts and repositories that change together."""

from quarterdeck.domain.documents import About

ABOUT = About(
    id="architecture/coupling",
    title="What changes together",
    question="Which files change together without a visible reason?",
    why="Where two distant files must change together, work takes longer than anybody plans, and one of them is forgotten sooner or later.",
    sources=(
        "Gall, Hajek, Jazayeri: Detection of logical coupling based on product release history, ICSM 1998",
        "Tornhill: Your Code as a Crime Scene, 2nd ed. 2024; degree, average and thresholds as in code-maat e745abe",
        "Wilson: Probable inference, the law of succession, and statistical inference, JASA 1927 (interval)",
    ),
)
