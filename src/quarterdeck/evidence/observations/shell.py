"""Cut a shell script into simple commands: enough of the language to see what is installed and what is run."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

MOST_DEPTH = 40  # quotes and brackets inside one another

_BLANK = re.compile(r"(?:[ \t\r\f\v]|\\\r?\n)++")
_REDIRECT = re.compile(r"(?:\d++|\{\w++\})?(?:&>>|&>|<<<|<<-|<<|<>|<&|>\||>>|>&|>(?!\()|<(?!\())")
_OPERATOR = re.compile(r"\n|;;&|;;|;&|&&|\|\||\|&|[|;()&]")
_EMPTY = re.compile(r"(?:\s|\\\r?\n)++")
_ALONE = re.compile(r"[^\s\\'\"`$|&;()<>]++(?=[ \t\n;|&)]|\Z)")
_PLAIN = re.compile(r"[^\s\\'\"`$|&;()<>]++")
_EXPANSION = re.compile(r"\$[A-Za-z_0-9{(@*#?$!-]|`")
_NAME = re.compile(r"\$[A-Za-z_]\w*+|\$[0-9@*#?$!-]")
_STEP = re.compile(r"\\.|['\"`]|\$\(|\$\{|[(){}]", re.DOTALL)
_STEP_IN_COMMANDS = re.compile(rf"{_STEP.pattern}|(?<![^\s;&|(])#[^\n]*+", re.DOTALL)
_ANSI = re.compile(r"\$'(?:[^'\\]|\\.)*+'", re.DOTALL)
_SCRIPT = re.compile(r"\\.|\$\(|`", re.DOTALL)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*+(?:\[[^\]]*+\])?\+?=")
_GROUP_BEFORE = re.compile(r"[=?*+@!]\Z")
_PASSED_OVER = frozenset("if then else elif fi do done while until { } ! time coproc esac".split())
_NO_COMMAND = frozenset("for case select function".split())
_CLOSES = {"(": ")", "{": "}", '"': '"', "`": "`"}


class Unreadable(ValueError):
    """A script that ends inside a quote, a bracket or a text of its own; `line` is where that began."""

    def __init__(self, line: int) -> None:
        """Say on which line of the script."""
        super().__init__("not closed")
        self.line = line


class Word(NamedTuple):
    """A word of a command.

    `value` is the word where it is one literal or one quoted text (the quotes are kept), and nothing where it is put
    together from several parts or from variables. `inner` is the text of a word that is quoted as a whole, `fed` the
    script of a word that is one `<( )`.
    """

    value: str | None
    head: str = ""
    inner: str | None = None
    fed: str | None = None


class Command(NamedTuple):
    """A simple command: its words, the file that `>` writes, the command piped into it, and scripts inside its words."""

    line: int
    words: tuple[Word, ...]
    target: str = ""
    before: "Command | None" = None
    inside: tuple[tuple[int, str], ...] = ()

    @property
    def arguments(self) -> list[str]:
        """Return the words that are known, without `sudo`."""
        return [word.value for word in self.words if word.value is not None and word.value.lower() != "sudo"]


def commands(script: str) -> list[Command]:
    """Return the simple commands of a script in order; one that does not close what it opens is `Unreadable`."""
    reader = _Reader(script)
    reader.read()
    return reader.found


def closing(text: str, start: int, opener: str) -> int:
    """Return the place of what closes an opener before `start`, or -1."""
    stack, at = [_CLOSES[opener]], start
    while step := (_STEP_IN_COMMANDS if stack[-1] == ")" else _STEP).search(text, at):
        at = step.end()
        if step.group() == "'" and _quotes(stack):
            at = text.find("'", at) + 1 or len(text)
        else:
            _follow(step.group(), stack)
        if not stack:
            return step.start()
        if len(stack) > MOST_DEPTH:
            return -1
    return -1


def _quotes(stack: list[str]) -> bool:
    """Tell whether a single quote quotes here: among commands, and in braces outside double quotes."""
    return stack[-1] == ")" or (stack[-1] == "}" and '"' not in stack)


def _follow(mark: str, stack: list[str]) -> None:
    """Close or open what a mark closes or opens."""
    if mark == stack[-1]:
        stack.pop()
    elif opened := _opened(mark, stack[-1]):
        stack.append(opened)


def _opened(mark: str, inside: str) -> str:
    """Return what would close a mark where it opens something."""
    if inside == "`":
        return ""
    if mark in ("$(", "${"):
        return _CLOSES[mark[1]]
    plain = inside != '"' and (mark in ('"', "`") or (mark == "(" and inside == ")"))
    return _CLOSES[mark] if plain or (mark == "`" and inside == '"') else ""


def scripts_inside(text: str, start: int = 0) -> list[tuple[int, str]]:
    """Return (place, script) of every `$( )` and of every pair of backquotes in a quoted text."""
    found, at = [], start
    while step := _SCRIPT.search(text, at):
        at = step.end()
        if step.group()[0] == "\\":
            continue
        end = closing(text, at, "(" if step.group() == "$(" else "`")
        if end < 0:
            break
        if not text.startswith("(", at):
            found.append((at, text[at:end]))
        at = end + 1
    return found


@dataclass
class _Building:
    """The command that is being read."""

    line: int = 0
    words: list[Word] = field(default_factory=list)
    target: str = ""
    inside: list[tuple[int, str]] = field(default_factory=list)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.lines = [place.end() for place in re.finditer("\n", text)]
        self.found: list[Command] = []
        self.building = _Building()
        self.awaited: list[tuple[str, bool]] = []  # (word that ends a text of its own, are tabs before it cut)
        self.piped: Command | None = None
        self.place = 0  # of the next command in its pipeline

    def line(self, at: int) -> int:
        return bisect_right(self.lines, at) + 1

    def unclosed(self, at: int) -> Unreadable:
        return Unreadable(self.line(at))

    def _close(self, start: int, opener: str) -> int:
        """Return the place of what closes an opener before `start`."""
        end = closing(self.text, start, opener)
        if end < 0:
            raise self.unclosed(self.at)
        return end

    def read(self) -> None:
        text = self.text
        while self.at < len(text):
            if blank := self._blank():
                self.at = blank.end()
            elif text[self.at] == "#":
                end = text.find("\n", self.at)
                self.at = end if end >= 0 else len(text)
            elif redirect := _REDIRECT.match(text, self.at):
                self._redirect(redirect)
            elif operator := _OPERATOR.match(text, self.at):
                self._operator(operator.group())
            else:
                self._add()
        self._end("")
        if self.awaited:
            raise self.unclosed(len(text))

    def _blank(self) -> re.Match[str] | None:
        """Return what separates words, and between commands whole empty lines."""
        idle = not (self.building.words or self.building.inside or self.awaited or self.place)
        return (_EMPTY if idle else _BLANK).match(self.text, self.at)

    def _add(self) -> None:
        start = self.at
        if not self.building.words:
            self.building.line = self.line(start)
        alone = _ALONE.match(self.text, start)
        word = Word(alone.group(), alone.group()) if alone else self._word()
        self.at = alone.end() if alone else self.at
        if self.at == start:
            self.at += 1
            return
        if word.value == "[[" and not self.building.words:
            self._skip("]]")
            return
        self.building.words.append(word)

    def _skip(self, end: str) -> None:
        close = self.text.find(end, self.at)
        if close < 0:
            raise self.unclosed(self.at)
        self.at = close + len(end)

    def _redirect(self, match: re.Match[str]) -> None:
        operator = match.group()
        self.at = match.end()
        if blank := _BLANK.match(self.text, self.at):
            self.at = blank.end()
        start = self.at
        word = self._word()
        if operator.lstrip("0123456789") in ("<<", "<<-"):
            self.awaited.append((self.text[start : self.at].strip("'\"\\"), operator.endswith("-")))
        elif operator in (">", "1>", ">|") and not self.building.target:
            self.building.target = (word.value if word.inner is None else word.inner) or ""

    def _operator(self, operator: str) -> None:
        if operator == "(" and self.text.startswith("((", self.at) and not self.building.words:
            self._arithmetic()
            return
        self.at += len(operator)
        self._end(operator)
        if operator == "\n" and self.awaited:
            self._texts()

    def _arithmetic(self) -> None:
        end = self._close(self.at + 1, "(")
        self.at = end + 1

    def _texts(self) -> None:
        """Pass over the texts that the line before announced with `<<`."""
        for word, tabs in self.awaited:
            began = self.at
            while True:
                if self.at >= len(self.text):
                    raise self.unclosed(began)
                end = self.text.find("\n", self.at)
                line = self.text[self.at : end if end >= 0 else None]
                self.at = end + 1 if end >= 0 else len(self.text)
                if (line.lstrip("\t") if tabs else line).rstrip("\r") == word:
                    break
        self.awaited = []

    def _end(self, operator: str) -> None:
        """Close the command that was being read, and remember what a pipe leads into the next one."""
        if operator == "\n" and not self.building.words and self.place:
            return
        command = self._command()
        if command:
            self.found.append(command)
        goes_on = operator == "|"
        self.piped = command if goes_on and self.place == 0 else None
        self.place = self.place + 1 if goes_on else 0
        self.building = _Building()

    def _command(self) -> Command | None:
        built = self.building
        words = _command_words(built.words)
        if not words and not built.inside:
            return None
        led_into = self.place == 1 and not (built.words and built.words[0].value in _PASSED_OVER)
        before = self.piped if led_into else None
        return Command(built.line, tuple(words), built.target, before, tuple(built.inside))

    def _word(self) -> Word:
        parts: list[tuple[str, str]] = []
        text = self.text
        while self.at < len(text):
            if plain := _PLAIN.match(text, self.at):
                self._literal(parts, plain.group())
                continue
            reading = _READINGS.get(text[self.at])
            if reading is None or not reading(self, parts):
                break
        return _finished(parts)

    def _literal(self, parts: list[tuple[str, str]], text: str) -> bool:
        self.at += len(text)
        if parts and parts[-1][0] == "literal":
            parts[-1] = ("literal", parts[-1][1] + text)
        else:
            parts.append(("literal", text))
        return True

    def _escaped(self, parts: list[tuple[str, str]]) -> bool:
        pair = self.text[self.at : self.at + 2]
        if pair == "\\\n":
            self.at += 2
            return True
        return self._literal(parts, pair)

    def _single(self, parts: list[tuple[str, str]]) -> bool:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise self.unclosed(self.at)
        parts.append(("single", self.text[self.at + 1 : end]))
        self.at = end + 1
        return True

    def _double(self, parts: list[tuple[str, str]]) -> bool:
        start = self.at + 1
        end = self._close(start, '"')
        quoted = self.text[start:end]
        varies = _EXPANSION.search(quoted.replace("\\$", "").replace("\\`", ""))
        parts.append(("other" if varies or not quoted else "double", quoted))
        if varies:
            self._inside((start + at, script) for at, script in scripts_inside(quoted))
        self.at = end + 1
        return True

    def _dollar(self, parts: list[tuple[str, str]]) -> bool:
        following = self.text[self.at + 1 : self.at + 2]
        if escaped := _ANSI.match(self.text, self.at):
            parts.append(("single", escaped.group()[2:-1]))
            self.at = escaped.end()
            return True
        if following == '"':
            self.at += 1
            return True
        if following in ("(", "{"):
            return self._bracket(parts, following)
        if name := _NAME.match(self.text, self.at):
            parts.append(("other", name.group()))
            self.at = name.end()
            return True
        return self._literal(parts, "$")

    def _bracket(self, parts: list[tuple[str, str]], opener: str) -> bool:
        start = self.at + 2
        end = self._close(start, opener)
        if opener == "(" and not self.text.startswith("(", start):
            self._inside([(start, self.text[start:end])])
        parts.append(("other", ""))
        self.at = end + 1
        return True

    def _backquoted(self, parts: list[tuple[str, str]]) -> bool:
        end = self._close(self.at + 1, "`")
        self._inside([(self.at + 1, self.text[self.at + 1 : end])])
        parts.append(("other", ""))
        self.at = end + 1
        return True

    def _fed(self, parts: list[tuple[str, str]]) -> bool:
        if not self.text.startswith("(", self.at + 1):
            return False
        start = self.at + 2
        end = self._close(start, "(")
        self._inside([(start, self.text[start:end])])
        parts.append(("fed" if self.text[self.at] == "<" else "other", self.text[start:end]))
        self.at = end + 1
        return True

    def _group(self, parts: list[tuple[str, str]]) -> bool:
        """Read the list of `name=( )` or of a pattern as part of the word."""
        if not parts or parts[-1][0] != "literal" or not _GROUP_BEFORE.search(parts[-1][1]):
            return False
        end = self._close(self.at + 1, "(")
        parts.append(("other", ""))
        self.at = end + 1
        return True

    def _inside(self, scripts: Iterable[tuple[int, str]]) -> None:
        self.building.inside += [(self.line(at), script) for at, script in scripts]


_READINGS = {
    "\\": _Reader._escaped,
    "'": _Reader._single,
    '"': _Reader._double,
    "$": _Reader._dollar,
    "`": _Reader._backquoted,
    "<": _Reader._fed,
    ">": _Reader._fed,
    "(": _Reader._group,
}


def _command_words(words: Sequence[Word]) -> Sequence[Word]:
    """Leave out the words of the language before a command, and the values set for it; a loop's head is no command."""
    at = next((at for at, word in enumerate(words) if word.value not in _PASSED_OVER), len(words))
    if at < len(words) and words[at].value in _NO_COMMAND:
        return ()
    return words[next((at for at in range(at, len(words)) if not _ASSIGNMENT.match(words[at].head)), len(words)) :]


def _finished(parts: list[tuple[str, str]]) -> Word:
    head = parts[0][1] if parts and parts[0][0] == "literal" else ""
    if len(parts) != 1:
        return Word(None, head)
    kind, text = parts[0]
    if kind == "literal":
        return Word(text, head)
    if kind in ("single", "double"):
        quote = "'" if kind == "single" else '"'
        return Word(f"{quote}{text}{quote}", inner=text)
    return Word(None, fed=text if kind == "fed" else None)
