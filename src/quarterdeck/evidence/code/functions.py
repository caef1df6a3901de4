"""Measure the functions of a file: where they are, how long, how many decisions, how deep, how many parameters."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from time import thread_time
from zlib import compress

import numpy as np
from tree_sitter import Node, Parser, QueryCursor, Tree

from quarterdeck.evidence.code import names
from quarterdeck.evidence.code.languages import CPLUSPLUS, Grammar, compiled, grammar_of, language_of

__all__ = ["VERSION", "functions", "language_of"]

VERSION = 2
MOST_BYTES = 1_000_000
FIRST, EACH = 0.3, 1e-4  # CPU seconds that a file may take, and for each further hundred operations; real code takes a tenth of the latter
OWN_LINES = 10  # an anonymous function with more lines than this is a function of its own
MOST_OPEN = 1_000  # brackets open at one place
CHUNK, LEAST_SAID = 4_096, 90  # bytes, and what they compress to; code stays above 200
MOST_MARKS = 500  # of punctuation, each unlike the byte before it, without a word between them
WINDOW, MOST_OPERATORS = (
    1_024,
    0.5,
)  # share of the bytes of a window that are operators, each unlike the byte before it; code stays below 0.41
LEVEL, OUTSIDE, DECISION = -1, -2, -3
END = 1 << 62
LONGEST_NAME = 120
ANONYMOUS = "(anonymous)"
PART_UNREAD = 0.05  # of the bytes of a file, above which the parser is said to have read it only in part
MOST_WRAPPED = 20  # pointers and parentheses around the name of a C function

NOT_READ, PARTLY_READ = "not read", "partly read"  # names of rows on line 0, which speak of the file and not of a function
Row = tuple[str, int, int, int, int, int]
Span = tuple[int, int]
Captures = dict[str, list[Node]]
_CPLUSPLUS_HEADER = re.compile(
    rb"^[ \t]*+(?:namespace\b|template\s*<|class\s+\w+[^;]*$|public:|private:|protected:|using\s+\w)", re.MULTILINE
)
_NO_PARAMETER = frozenset(
    ("ERROR", "comment", "line_comment", "block_comment", "positional_separator", "keyword_separator", "attribute_item", "attribute_list")
)
_DEPTH = np.zeros(256, np.int8)
_DEPTH[[*b"([{"]], _DEPTH[[*b")]}"]] = 1, -1
_OPERATOR = np.isin(np.arange(256), [*b"=<>!?:&|+-*/%^~@\\#$."])
_WORD = np.array([chr(code).isalnum() or code == ord("_") or code > 127 for code in range(256)])
_MARK = ~_WORD & ~np.isin(np.arange(256), [*b" \t\r\n\f\v"])
_WRAPS = frozenset(("parenthesized_declarator", "reference_declarator"))
_UNNAMED = {"secondary_constructor": "constructor", "getter": "get", "setter": "set"}


def functions(path: str, content: bytes) -> list[Row]:
    """Return (name, line, lines, complexity, nesting, parameters) of every function, in the order of the file.

    Complexity is decisions + 1 (McCabe 1976). A row on line 0 speaks of the file: that it was `not read` (too large, binary,
    or too slow to parse), or only `partly read` because the parser met text that it does not know.
    """
    grammar = grammar_of(path)
    if grammar is None:
        return []
    if len(content) > MOST_BYTES or b"\0" in content or outlandish(content):
        return [(NOT_READ, 0, 0, 0, 0, 0)]
    if path.endswith(".h") and _CPLUSPLUS_HEADER.search(content):
        grammar = CPLUSPLUS
    tree = _parsed(grammar, content)
    return _measured(grammar, tree, content) if tree else [(NOT_READ, 0, 0, 0, 0, 0)]


def _parsed(grammar: Grammar, content: bytes) -> Tree | None:
    try:
        return Parser(compiled(grammar)[0]).parse(lambda offset, _: content[offset:], progress_callback=patience())
    except ValueError:
        return None


def outlandish(content: bytes) -> bool:
    """Tell whether a text opens brackets, strings marks together or repeats itself as no program does: some such texts explode in a parser."""
    chunks = (content[start : start + CHUNK] for start in range(0, len(content) - CHUNK, CHUNK))
    if any(len(compress(chunk, 1)) < LEAST_SAID for chunk in chunks):
        return True
    codes = np.frombuffer(b"." + content + b"a", np.uint8)
    depth = np.cumsum(_DEPTH[codes], dtype=np.int32)
    if int((depth - np.minimum.accumulate(depth)).max()) > MOST_OPEN:
        return True
    changing = codes[1:] != codes[:-1]
    marks = np.cumsum(changing & _MARK[codes[1:]], dtype=np.int32)[_WORD[codes[1:]]]
    if int(np.diff(marks, prepend=0).max()) > MOST_MARKS:
        return True
    share = np.add.reduceat(changing & _OPERATOR[codes[1:]], np.arange(0, changing.size, WINDOW), dtype=np.int32)
    return bool(share.max() > MOST_OPERATORS * WINDOW)


def patience() -> Callable[..., bool]:
    """Return a watch that says when a file costs many times what text of its length does: broken text can cost its length squared.

    It counts operations beside CPU seconds, so that a slow or busy machine gives up on the same files as a fast one.
    """
    begun, steps = thread_time(), count()
    return lambda *_: thread_time() - begun > FIRST + EACH * next(steps)


def _measured(grammar: Grammar, tree: Tree, content: bytes) -> list[Row]:
    found = QueryCursor(compiled(grammar)[1]).captures(tree.root_node)
    own = _own(found, content)
    spans = [_span(node) for node, _ in own]
    counted = _counted(spans, _levels(found), _spans(found, "outside"), _decisions(found))
    rows = [_row(grammar, content, node, name, *both) for (node, name), both in zip(own, counted, strict=True)]
    partly = _covered(found.get("unread", ())) > PART_UNREAD * len(content)
    return [*([(PARTLY_READ, 0, 0, 0, 0, 0)] if partly else []), *rows]


def _covered(nodes: Sequence[Node]) -> int:
    """Return how many bytes lie in nodes, which may nest."""
    covered = reached = 0
    for start, end in sorted(map(_span, nodes)):
        covered += max(0, end - max(start, reached))
        reached = max(reached, end)
    return covered


def _own(found: Captures, content: bytes) -> list[tuple[Node, str]]:
    """Return the functions that count for themselves, with the name that a holder gives them, in the order of the file."""
    named = dict(filter(None, (_held(holder, content) for holder in found.get("holder", ()))))
    unique = {_span(node): (node, "") for node in found.get("function", ())}
    for span in _spans(found, "block"):
        unique.pop(span, None)
    for node in found.get("anonymous", ()):
        name = named.get(_span(node), ANONYMOUS)
        if name != ANONYMOUS or _last(node) - node.start_point[0] >= OWN_LINES:
            unique[_span(node)] = (node, name)
    return [unique[span] for span in sorted(unique, key=lambda span: (span[0], -span[1]))]


def _span(node: Node) -> Span:
    return node.start_byte, node.end_byte


def _held(holder: Node, content: bytes) -> tuple[Span, str] | None:
    """Return the span of the function that a declaration holds, and the name it gives."""
    value = holder.child_by_field_name("value") or holder.child_by_field_name("right")
    names = (holder.child_by_field_name(field) for field in ("name", "left", "key", "property"))
    name = next(filter(None, names), None)
    return (_span(value), _text(name, content)) if value and name else None


def _levels(found: Captures) -> set[Span]:
    flat = _spans(found, "flat")
    return (_spans(found, "branch") | _spans(found, "level") | _spans(found, "block")) - flat


def _decisions(found: Captures) -> list[int]:
    """Return where decisions are taken, each once."""
    taken = _spans(found, "decision") - _spans(found, "never")
    return sorted(start for start, _ in (*taken, *_spans(found, "branch")))


def _spans(found: Captures, kind: str) -> set[Span]:
    return {_span(node) for node in found.get(kind, ())}


def _counted(own: Sequence[Span], levels: set[Span], outside: set[Span], marks: Sequence[int]) -> list[tuple[int, int]]:
    """Return (complexity, nesting) of each function: every decision and level belongs to the innermost function around it."""
    result = [[1, 0] for _ in own]
    events = [(start, -end, index) for index, (start, end) in enumerate(own)]
    events += ((start, -end, kind) for kind, spans in ((LEVEL, levels), (OUTSIDE, outside)) for start, end in spans)
    events += ((mark, -END, DECISION) for mark in marks)
    stack = [(END, OUTSIDE, 0)]  # where it ends, its function, how deep inside that
    for start, minus_end, kind in sorted(events):
        _leave(stack, start)
        if kind == DECISION:
            _decide(stack[-1][1], result)
        else:
            _enter(stack, -minus_end, kind, result)
    return [(complexity, nesting) for complexity, nesting in result]


def _decide(function: int, result: list[list[int]]) -> None:
    if function >= 0:
        result[function][0] += 1


def _enter(stack: list[tuple[int, int, int]], end: int, index: int, result: list[list[int]]) -> None:
    _, function, depth = stack[-1]
    function, depth = (function, depth + 1) if index == LEVEL else (index, 0)
    stack.append((end, function, depth))
    if function >= 0:
        result[function][1] = max(result[function][1], depth)


def _leave(stack: list[tuple[int, int, int]], position: int) -> None:
    while stack and stack[-1][0] <= position:
        stack.pop()


def _row(grammar: Grammar, content: bytes, node: Node, held: str, complexity: int, nesting: int) -> Row:
    name, listed = _head(node)
    line = (name or node).start_point[0] + 1
    written = held or _named(node, name, content)
    if grammar == CPLUSPLUS and name and names.doubtful(written):
        written, line, listed = _mended(node, name, content, listed)
    return (
        written,
        line,
        _last(node) - line + 2,
        complexity,
        nesting,
        _parameters(grammar, content, node, listed),
    )


def _mended(node: Node, name: Node, content: bytes, listed: Node | None) -> tuple[str, int, Node | None]:
    """Return name, line and parameters of a function whose name the parser mistook."""
    body = node.child_by_field_name("body")
    end = body.start_byte if body else node.end_byte
    written, offset = names.real_name(content[name.start_byte : end])
    line = name.start_point[0] + 1 + content.count(b"\n", name.start_byte, name.start_byte + offset)
    bracket = content.find(b"(", name.start_byte + offset, end)
    beside = node.descendant_for_byte_range(bracket, bracket + 1) if bracket >= 0 and listed is None else None
    return written, line, listed or (beside.parent if beside else None)


def _last(node: Node) -> int:
    """Return the row of the last character, which is not the one after a final line break."""
    row, column = node.end_point
    return row if column or row == node.start_point[0] else row - 1


def _head(node: Node) -> tuple[Node | None, Node | None]:
    """Return the nodes of the name and of the parameter list."""
    if declarator := node.child_by_field_name("declarator"):
        function = _declarator(declarator)
        unusual = declarator if node.type == "function_definition" else None  # a conversion operator
        return function.child_by_field_name("declarator") or unusual, function.child_by_field_name("parameters")
    listed = node.child_by_field_name("parameters") or node.child_by_field_name("parameter")
    listed = listed or next((child for child in node.named_children if child.type == "function_value_parameters"), None)
    return node.child_by_field_name("name"), listed


def _declarator(node: Node) -> Node:
    """Return the innermost function declarator of a C declaration, which may wrap it in pointers, references and parentheses."""
    best = node
    for inner in _inwards(node):
        best = inner if inner.type.endswith("function_declarator") else best
    return best


def _inwards(node: Node | None) -> Iterator[Node]:
    for _ in range(MOST_WRAPPED):
        if node is None:
            return
        yield node
        node = node.child_by_field_name("declarator") or (node.named_child(0) if node.type in _WRAPS else None)


def _named(node: Node, name: Node | None, content: bytes) -> str:
    if operator := node.child_by_field_name("operator"):
        return f"operator {_text(operator, content)}"
    return _text(name, content) if name else _UNNAMED.get(node.type, ANONYMOUS)


def _text(node: Node, content: bytes) -> str:
    text = content[node.start_byte : min(node.end_byte, node.start_byte + 4 * LONGEST_NAME)].decode("utf-8", "replace")
    return " ".join(text.split())[:LONGEST_NAME]


def _parameters(grammar: Grammar, content: bytes, node: Node, listed: Node | None) -> int:
    """Count the parameters as written, with a receiver where the language lists it (self)."""
    if listed is None or content[listed.start_byte : listed.end_byte] == b"(void)":
        return 0
    if listed == node.child_by_field_name("parameter"):
        return 1
    counted = (child for child in listed.named_children if child.type not in _NO_PARAMETER and _counts(grammar, child))
    return sum(len(child.children_by_field_name("name")) or 1 for child in counted)


def _counts(grammar: Grammar, child: Node) -> bool:
    return not grammar.parameters or child.type in grammar.parameters
