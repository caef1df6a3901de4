"""Abandoned work: what was started, paid for and left lying."""

from quarterdeck.domain.documents import About

ABOUT = About(
    id="delivery/abandoned_work",
    title="Work left lying",
    question="Did work stop for a long time, was it finished or taken up again, and which branches hold work that nobody finished?",
    why="Unfinished work has cost money and earned nothing; the longer it lies, the less of it can be used.",
    sources=(
        "own rule: a silence longer than 90 days and than three times the team's own longest usual gap",
        "Semantic Versioning 2.0.0: what is a release from 1.0 on, and what a pre-release",
    ),
    version=2,
)
