"""Code age: how old the lines are that are there now, who wrote them, and how long lines last."""

from quarterdeck.domain.documents import About

ABOUT = About(
    id="architecture/code_age",
    title="How old the code is, and whose",
    question="How old is the code in use, and how much of it was written by people who have left?",
    why="Old code is not bad code. But code that must change while nobody who wrote it is here costs reading time and mistakes.",
    sources=(
        "git blame, without options, at the commit looked at",
        "Groeneboom, Wellner 1992: nonparametric maximum likelihood for current status data (how long lines last)",
    ),
)
