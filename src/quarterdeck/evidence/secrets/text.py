"""A file's content as text: decoded once, very long ones cut in the middle, lines counted as in the file."""

import codecs
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cached_property

from quarterdeck.evidence.secrets import places

MOST = 1_048_576  # bytes; of a longer file the first and the last half of this are read
PROBE = 4_096
WIDE_SHARE = 0.3  # this share of NUL bytes at odd or even places means two bytes a letter
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True)
class Text:
    """What is searched: the path, the kind of place that it is, and the letters; never printed."""

    path: str
    value: str = field(repr=False)
    cut: int = 0  # where the tail of a file read in part begins; 0 where it was read whole
    left_out: int = 0  # lines between head and tail

    @cached_property
    def place(self) -> str:
        """Return the kind of place that the path is."""
        return places.of(self.path)

    @cached_property
    def name(self) -> str:
        """Return the file's own name, in small letters."""
        return self.path.rpartition("/")[2].lower()

    @cached_property
    def lower(self) -> str:
        """Return the letters in lower case."""
        return self.value.lower()

    @cached_property
    def _ends(self) -> list[int]:
        return [match.start() for match in re.finditer("\n", self.value)]

    def line(self, position: int) -> int:
        """Return the number of the line at a position, counted in the whole file."""
        return bisect_left(self._ends, position) + 1 + (self.left_out if self.cut and position >= self.cut else 0)


def text_of(path: str, content: bytes) -> Text:
    """Decode a file; of a very long one, its head and its tail."""
    encoding, skip = _encoding(content)
    if len(content) <= MOST:
        return Text(path, _decoded(content[skip:], encoding))
    half = MOST // 2
    head, middle, tail = content[skip:half], content[half : len(content) - half], content[-half:]
    newline = "\n".encode(encoding) if encoding else b"\n"
    first = _decoded(head, encoding) + "\n"
    return Text(path, first + _decoded(tail, encoding), len(first), middle.count(newline) - 1)


def read_whole(content: bytes) -> bool:
    """Tell whether a file is short enough to be read from end to end."""
    return len(content) <= MOST


def _encoding(content: bytes) -> tuple[str, int]:
    """Return the encoding that a byte order mark or the places of NUL bytes tell, and the length of the mark."""
    for mark, encoding in _MARKS:
        if content.startswith(mark) and _fits(content[len(mark) : len(mark) + PROBE], encoding):
            return encoding, len(mark)
    return _by_nul(content[:PROBE]), 0


def _fits(probe: bytes, encoding: str) -> bool:
    """Tell four bytes a letter from two: the marks of UTF-16 and UTF-32 begin alike."""
    if not encoding.startswith("utf-32"):
        return True
    try:
        probe[: len(probe) // 4 * 4].decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _by_nul(probe: bytes) -> str:
    if b"\x00" not in probe:
        return ""
    parts = [probe[number::4].count(0) / max(len(probe) // 4, 1) for number in range(4)]
    full = [part > WIDE_SHARE for part in parts]
    patterns = {
        (False, True, True, True): "utf-32-le",
        (True, True, True, False): "utf-32-be",
        (False, True, False, True): "utf-16-le",
        (True, False, True, False): "utf-16-be",
    }
    return patterns.get((full[0], full[1], full[2], full[3]), "")


def _decoded(content: bytes, encoding: str) -> str:
    if encoding:
        return content.decode(encoding, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    return content.decode("latin-1")
