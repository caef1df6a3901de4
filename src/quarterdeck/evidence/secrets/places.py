"""The kind of place that a path is: production unless its name says test, example, documentation or vendored."""

import re
from functools import lru_cache

from quarterdeck.kit import files

PRODUCTION = "production"
_TEST = re.compile(
    r"(?:^|/)(?:t|it|tests?|testing|specs?|__tests__|e2e|qa|testdata|testutils?|testsuites?|fixtures?|__fixtures__|mocks?|__mocks__|stubs?"
    r"|cypress|cassettes|snapshots|__snapshots__|golden|benchmarks?|bench|tests?[-_][^/]+|[^/]+[-_.]tests?|[^/]*(?:test|spec)(?:data|cases?|suite))/"
    r"|(?:^|/)(?:test[-_.][^/]*|conftest\.py|[^/]*[-_.](?:tests?|testing|spec|ci|mock|fixture)(?:\.[^/]*)?)$",
    re.IGNORECASE,
)
_TEST_CLASS = re.compile(
    r"(?:^|/)[^/]*(?:Tests?|TestCase|Spec|IT)\.\w+$|(?:^|/)(?:src|lib)/(?:test|it|integrationTest)/|(?:^|/)integration/(?:resources|data|certs)/|(?:^|/)[^/]*\.Tests?(?:\.[^/]*)?/"
)
_STAGED = re.compile(
    r"snake-?oil|self-?signed|dummy|fake|mock|insecure|(?:^|[-_./])(?:tests?|testing|localhost|sample|example)(?:[-_./]|$)", re.IGNORECASE
)
_EXAMPLE = re.compile(
    r"(?:^|/)(?:[^/]*[-_])?(?:examples?|samples?|demos?|tutorials?|playground|sandbox|quickstarts?|boilerplate|templates?|skeleton)(?:[-_][^/]*)?/"
    r"|(?:^|/)[^/]*[-_.](?:example|sample|template|tmpl|tpl|dist|default|defaults|j2|erb|example\.\w+|sample\.\w+|template\.\w+|dist\.\w+)$"
    r"|(?:^|/)(?:example|sample|demo)[-_.][^/]*$",
    re.IGNORECASE,
)
_DOCUMENTATION = re.compile(
    r"(?:^|/)(?:docs?|documentation|man|javadoc|website|site-docs|wiki|guides?|blog|changelog\.d|newsfragments|release[-_]?notes)/"
    r"|(?:^|/)(?:README|CHANGELOG|CHANGES|HISTORY|NEWS|CONTRIBUTING|INSTALL|UPGRADING)[^/]*$"
    r"|\.(?:md|markdown|mdx|rst|adoc|asciidoc|tex|pod|[13578]|textile|rdoc|org|dox|ipynb)$",
    re.IGNORECASE,
)


@lru_cache(maxsize=200_000)
def of(path: str) -> str:
    """Return production, test, example, documentation or vendored."""
    if files.classify(path)[0] == "vendored":
        return "vendored"
    if _TEST.search(path) or _TEST_CLASS.search(path):
        return "test"
    if _EXAMPLE.search(path):
        return "example"
    return "documentation" if _DOCUMENTATION.search(path) else PRODUCTION


def staged(path: str) -> bool:
    """Tell whether the name of a key file says that it is there for tests."""
    return bool(_STAGED.search(path))
