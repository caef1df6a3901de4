"""Departure: what a person's leaving would take away, who could take over, and what to do by the hour."""

from quarterdeck.domain.documents import About

ABOUT = About(
    id="people/departure",
    title="If a key person leaves",
    question="If this person left tomorrow: which parts lose their only knower, who could take them over, what must be done by when?",
    why="A departure is the most common shock to a small technology team, and the first three days decide what it costs.",
    sources=(
        "Rigby, Zhu, Donadelli, Mockus: Quantifying and mitigating turnover-induced knowledge loss, ICSE 2016",
        "rates with year and grade: see the table of rates in the documentation",
    ),
)
