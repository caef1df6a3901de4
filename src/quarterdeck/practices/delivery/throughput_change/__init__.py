"""Change of pace: whether work really became slower or faster, since when, and by how much."""

from quarterdeck.domain.documents import About

ABOUT = About(
    id="delivery/throughput_change",
    title="Change of pace",
    question="Did speed really change, when, and by how much?",
    why="A team that finishes half of what it did costs the same; a feeling that it is slower is not yet a fact.",
    sources=(
        "own method: evidence for a change of level in weekly counts (negative binomial, deflated for likeness of weeks), measured on simulation",
        "Anscombe: The transformation of Poisson, binomial and negative-binomial data, Biometrika 35 (1948)",
    ),
    version=2,
)
