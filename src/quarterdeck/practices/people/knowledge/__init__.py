"""Knowledge: who understands which part of the system, and how few people carry half of it."""

from quarterdeck.domain.documents import About

ABOUT = About(
    id="people/knowledge",
    title="Who knows the code",
    question="Who understands which part of the system today, and how few people would have to leave before half of it has no knower?",
    why="Code that nobody present understands is slow and risky to change, and every leaver takes some understanding along.",
    sources=(
        "Fritz, Murphy, Murphy-Hill, Ou, Hill: Degree-of-knowledge, TOSEM 2014",
        "Avelino, Passos, Hora, Valente: A novel approach for estimating truck factors, ICPC 2016",
    ),
)
