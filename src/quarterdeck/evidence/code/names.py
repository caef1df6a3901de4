"""Real names of C++ functions where the parser took a word of access, or a macro of Qt, for the name."""

import re

UNNAMED = "(unnamed)"
ACCESS = frozenset(("public", "private", "protected", "signals", "slots", "Q_SIGNALS", "Q_SLOTS", "Q_OBJECT", "Q_GADGET"))
KEYWORDS = frozenset(
    ("default", "case", "catch", "try", "if", "else", "for", "while", "do", "switch", "return", "class", "struct", "namespace")
)
MOST_HEAD = 4_000  # bytes between such a word and the body of its function
_COMMENT = re.compile(rb"//[^\n]*+|/\*(?s:.*?)\*/")
_ACCESS = re.compile(rb"(?:\b(?:public|private|protected|signals|slots|Q_SIGNALS|Q_SLOTS|Q_OBJECT|Q_GADGET)\b\s*+)++:?(?!:)")
_CALLED = re.compile(rb"(?<!\w)(operator\s*[^\s\w(]{1,3}|(?:\w+\s*::\s*)*+~?[A-Za-z_]\w*+)\s*+\(")


def doubtful(word: str) -> bool:
    """Tell whether a word cannot name a function."""
    return word in ACCESS or word in KEYWORDS or not any(map(str.isalnum, word))


def real_name(head: bytes) -> tuple[str, int]:
    """Return the name of the function declared last before its body, and where it starts; `head` ends where the body begins."""
    plain = _COMMENT.sub(lambda match: b" " * len(match[0]), head[:MOST_HEAD])
    start = plain.rfind(b";") + 1
    start = max([start, *(match.end() for match in _ACCESS.finditer(plain, start))])
    called = _CALLED.search(plain, start)
    name = b"".join(called[1].split()).decode("utf-8", "replace") if called else ""
    return (name, called.start(1)) if called and not doubtful(name) else (UNNAMED, 0)
