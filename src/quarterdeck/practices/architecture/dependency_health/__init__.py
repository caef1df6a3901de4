"""Dependency health: what the software stands on, and how much of that is out of support."""

from quarterdeck.domain.documents import About

ABOUT = About(
    id="architecture/dependency_health",
    title="What the software stands on",
    question="Which runtimes, frameworks and base images are out of support, or will be within a year?",
    why="After the end of support nobody repairs security holes, and every further year makes the move dearer.",
    sources=("endoflife.date, a dated copy shipped with Quarterdeck (MIT)",),
)
