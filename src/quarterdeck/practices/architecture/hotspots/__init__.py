"""Hotspots: the few files that take most change while being hard to change."""

from quarterdeck.domain.documents import About

ABOUT = About(
    id="architecture/hotspots",
    title="Where change is hard",
    question="Which few files take most change while being hard to change?",
    why="Work slows down where people must change large and deeply nested files again and again.",
    sources=(
        "Tornhill: Your Code as a Crime Scene, 2nd ed. 2024 (change frequency times complexity)",
        "McCabe: A complexity measure, IEEE TSE 1976 (decisions + 1); bands for orientation, and 200 lines as the bar of a small file: Sokrates, Thresholds.java@61fa991c",
        "Heitlager, Kuipers, Visser: A practical model for measuring maintainability, 2007 (classes of duplication)",
        "re-computed from empear-analytics/code-health-study-tech-debt-2022: defects per thousand lines, 30,737 files",
    ),
    version=3,
)
