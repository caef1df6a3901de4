"""What a file shows about how its repository is run: one pass, one file at a time (rules of OpenSSF Scorecard 5)."""

from quarterdeck.evidence.observations import binaries, dockerfiles, licences, names, policies, projects, workflows
from quarterdeck.evidence.observations.commands import MOST_SCRIPT, installs, supported
from quarterdeck.evidence.observations.rows import BINARIES, PINNING, Row, install_rows
from quarterdeck.evidence.observations.shell import Unreadable

VERSION = 2  # rises when the same file would give other rows
MOST_ROWS = 2_000  # of one file; nobody writes more, and a trap may

# endings of texts and pictures that the rules have nothing to say about, whatever stands inside
_NOTHING = frozenset(
    "py pyi js mjs cjs jsx ts tsx java kt kts scala go rs c h cc cpp cxx hpp hh cs fs vb rb php pl pm lua swift m mm dart ex exs erl hs ml clj el "
    "html htm css scss sass less svg png jpg jpeg gif webp ico bmp pdf woff woff2 ttf otf eot mp3 mp4 webm ogg wav zip gz bz2 xz 7z tar csv tsv "
    "ipynb po pot map snap lock proto sql graphql vue svelte tf hcl json toml ini cfg tex bib r jl".split()
)
_SAMPLES = ("testdata/", "src/test/")  # folders of samples, which the rules leave out


def interesting(path: str, size: int) -> bool:
    """Tell whether a file may show anything, from its name and size alone."""
    if names.known(path) or licences.named(path) or policies.named(path) or workflows.named(path) or dockerfiles.named(path):
        return True
    return size > 0 and path.rpartition("/")[2].rpartition(".")[2].lower() not in _NOTHING


def observe(path: str, content: bytes) -> list[Row]:
    """Return (topic, kind, line, value) of everything that a file shows; it depends on nothing but its arguments."""
    rows = list(names.observe(path))
    if licences.named(path):
        rows += licences.observe(path, content)
    if policies.named(path):
        rows += policies.observe(content)
    if not path.startswith(_SAMPLES) and not any(f"/{folder}" in path for folder in _SAMPLES):
        rows += _inside(path, content)
    return rows[:MOST_ROWS]


def _inside(path: str, content: bytes) -> list[Row]:
    """Return what the contents of a file show."""
    if kind := binaries.kind_of(path, content):
        return [(BINARIES, "file", 0, "gradle-wrapper.jar" if path.endswith("gradle-wrapper.jar") else kind)]
    if workflows.named(path):
        return list(workflows.observe(content))
    if dockerfiles.named(path):
        return list(dockerfiles.observe(path, content))
    if projects.named(path):
        return list(projects.observe(path, content))
    return _of_script(content) if supported(path, content) else []


def _of_script(content: bytes) -> list[Row]:
    """Return what a shell script installs; one that cannot be read shows that it was not."""
    if len(content) > MOST_SCRIPT:
        return [(PINNING, "script not read", 1, "the script is too large")]
    try:
        return list(install_rows(installs(content.decode("utf-8", "replace"), set()), 1))
    except Unreadable as problem:
        return [(PINNING, "script not read", problem.line, "the shell commands do not close what they open")]
