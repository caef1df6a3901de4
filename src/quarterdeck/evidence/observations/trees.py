"""Read YAML into small nodes that know their lines, without building objects and without running out of anything."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MOST_TEXT = 512_000  # characters of one file
MOST_DEPTH = 60
MOST_NODES = 40_000
MOST_ALIASES = 500  # each may stand for many nodes, so they are counted
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Unreadable(ValueError):
    """A text that is no YAML, or more of it than anybody writes; `line` is where reading ended."""

    def __init__(self, message: str, line: int) -> None:
        """Say what is wrong, and on which line."""
        super().__init__(message)
        self.line = line


@dataclass(eq=False)
class Node:
    """A scalar (`text`), a mapping (`pairs`) or a list (`items`) with the line where it starts."""

    kind: str
    line: int
    text: str = ""
    block: bool = False
    pairs: list[tuple["Node", "Node"]] = field(default_factory=list)
    items: list["Node"] = field(default_factory=list)

    def get(self, key: str) -> "Node | None":
        """Return the value of a key of a mapping; the last one wins."""
        return next((value for name, value in reversed(self.pairs) if name.text == key), None)

    def at(self, *keys: str) -> "Node | None":
        """Return what stands below a path of keys."""
        node: Node | None = self
        for key in keys:
            node = node.get(key) if node else None
        return node


def read(text: str) -> Node:
    """Return the first document of a text."""
    if len(text) > MOST_TEXT:
        raise Unreadable("the file is too large", 1)
    try:
        return _Builder().build(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Unreadable("not valid YAML", mark.line + 1 if mark else 1) from None


class _Builder:
    """Put nodes together from events with a stack of our own: nesting costs no recursion."""

    def __init__(self) -> None:
        self.open: list[Node] = []
        self.keys: list[Node | None] = []
        self.anchors: dict[str, Node] = {}
        self.nodes = self.aliases = 0

    def build(self, events: Iterator[Any]) -> Node:
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentEndEvent):
                break
            if isinstance(event, yaml.CollectionEndEvent):
                self.open.pop()
                self.keys.pop()
            elif isinstance(event, yaml.NodeEvent):
                node = self._node(event)
                root = root or node
        return root or Node("scalar", 1)

    def _node(self, event: Any) -> Node:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            self.aliases += 1
            if self.aliases > MOST_ALIASES or event.anchor not in self.anchors:
                raise Unreadable("too many or unknown aliases", line)
            return self._place(self.anchors[event.anchor])
        node = self._place(_fresh(event, line))
        if event.anchor:
            self.anchors[event.anchor] = node
        self.nodes += 1
        if node.kind != "scalar":
            self.open.append(node)
            self.keys.append(None)
        if self.nodes > MOST_NODES or len(self.open) > MOST_DEPTH:
            raise Unreadable("too many or too deeply nested entries", line)
        return node

    def _place(self, node: Node) -> Node:
        if not self.open:
            return node
        above = self.open[-1]
        if above.kind == "list":
            above.items.append(node)
        elif (key := self.keys[-1]) is None:
            self.keys[-1] = node
        else:
            above.pairs.append((key, node))
            self.keys[-1] = None
        return node


def _fresh(event: Any, line: int) -> Node:
    if isinstance(event, yaml.ScalarEvent):
        return Node("scalar", line, event.value, event.style in ("|", ">"))
    return Node("mapping" if isinstance(event, yaml.MappingStartEvent) else "list", line)
