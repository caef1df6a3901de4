"""Write a file of code, and change it: statements are written anew, added and taken out, each with its author."""

from dataclasses import dataclass

from quarterdeck.demo.generator.code.dialects import DIALECTS, Dialect
from quarterdeck.demo.generator.draws import Draws
from quarterdeck.demo.generator.words import ACTS, TRAITS, camel, pascal
from quarterdeck.demo.generator.world import Block, CodeFile, Statement

LINES_PER_FUNCTION = 11
FIRST_SHARE = 0.4  # of a file's size is there at first; the rest comes with later changes
NEST, NEST_DEEP = 0.2, 0.6  # how often a statement opens a level
DEEP = 4
NOTES = (
    "kept for old exports",
    "rounds half up, as the accountants want it",
    "order matters here",
    "see the notes of the spring review",
    "the limit comes from the contract",
    "an empty list is fine",
    "times are UTC",
)


@dataclass(frozen=True)
class Talk:
    """What a function talks about."""

    dialect: Dialect
    row: str
    other: str
    things: tuple[str, ...]


def begin(file: CodeFile, author: int, draws: Draws) -> None:
    """Write the first version of a file."""
    file.header, file.footer = _frame(file, draws)
    file.header = [*([DIALECTS[file.language].comment + file.banner] if file.banner else []), *file.header]
    file.header = _php_first(file.header)
    file.blocks = []
    while length(file) < FIRST_SHARE * file.size:
        file.blocks.append(_function(file, author, draws))
    file.alive = True


def _php_first(header: list[str]) -> list[str]:
    return ["<?php", *(line for line in header if line != "<?php")] if "<?php" in header else header


def change(file: CodeFile, author: int, draws: Draws, *, amount: int) -> None:
    """Change some statements of a file; it stays near its size."""
    for _ in range(amount):
        block = draws.weighted(file.blocks, [len(each.body) for each in file.blocks])
        _change(file, block, author, draws)
    if length(file) < 0.8 * file.size or not file.blocks:
        file.blocks.append(_function(file, author, draws))


def _change(file: CodeFile, block: Block, author: int, draws: Draws) -> None:
    at = draws.whole(int(file.test), max(len(block.body) - 1, int(file.test)))  # the first line of a test sets the stage
    fresh = Statement(_statement(_talk(file), draws, file.depth, deep=file.depth >= DEEP, test=file.test), author)
    large = length(file) > file.size
    if draws.chance(0.65) and at < len(block.body):
        block.body[at] = fresh
    elif large and len(block.body) > 2 and at < len(block.body):
        del block.body[at]
    else:
        block.body.insert(at, fresh)


def length(file: CodeFile) -> int:
    """Count the lines of a file."""
    return len(file.header) + len(file.footer) + sum(3 + sum(len(each.lines) for each in block.body) for block in file.blocks)


def text(file: CodeFile) -> str:
    """Return the text of a file."""
    return "\n".join(line for line, _ in _rows(file)) + "\n"


def owners(file: CodeFile) -> dict[int, int]:
    """Count the lines of each author that are no blank ones."""
    counts: dict[int, int] = {}
    for line, author in _rows(file):
        if line.strip() and author >= 0:
            counts[author] = counts.get(author, 0) + 1
    return counts


def _rows(file: CodeFile) -> list[tuple[str, int]]:
    dialect = DIALECTS[file.language]
    outer = dialect.unit if dialect.shape == "class" else ""
    rows = [(line, -1) for line in file.header]
    for block in file.blocks:
        rows.append((outer + block.head.lines[0], block.head.author))
        rows += [(outer + dialect.unit + line, each.author) for each in block.body for line in each.lines]
        rows += [(outer + line, block.foot.author) for line in block.foot.lines]
        rows.append(("", -1))
    return [*rows, *((line, -1) for line in file.footer)]


def _talk(file: CodeFile) -> Talk:
    dialect = DIALECTS[file.language]
    return Talk(dialect, file.subject[0], "rate", file.subject)


def _function(file: CodeFile, author: int, draws: Draws) -> Block:
    talk = _talk(file)
    dialect = talk.dialect
    words = [draws.pick(ACTS), draws.pick(file.subject), draws.pick(TRAITS), *([draws.pick(TRAITS)] if draws.chance(0.4) else [])]
    pattern = dialect.test_head if file.test else dialect.function
    name = pascal(*words) if file.test and dialect.name in ("PHP", "Go") else dialect.case(*words)
    head = pattern.format(name=name, row=talk.row, other=talk.other)
    body = [Statement(_simple(talk, draws), author)] if not file.test else [Statement([_begin_test(talk, draws)], author)]
    count = draws.whole(2, 2 * LINES_PER_FUNCTION // 2)
    body += [Statement(_statement(talk, draws, file.depth, deep=file.depth >= DEEP, test=file.test), author) for _ in range(count)]
    done = dialect.test_done if file.test else dialect.done
    give = [] if file.test else [dialect.unit + dialect.give.format(row=talk.row)]
    return Block(Statement([head], author), body, Statement([*give, *([done] if done else [])], author))


def _begin_test(talk: Talk, draws: Draws) -> str:
    return talk.dialect.test_begin.format(row=talk.row, key=draws.pick(TRAITS), value=draws.whole(2, 900))


def _statement(talk: Talk, draws: Draws, depth: int, *, deep: bool, test: bool) -> list[str]:
    if test and draws.chance(0.6):
        return [talk.dialect.check.format(row=talk.row, key=draws.pick(TRAITS), value=draws.whole(1, 400))]
    if depth > 0 and draws.chance(NEST_DEEP if deep else NEST):
        return _level(talk, draws, depth, deep=deep)
    return _simple(talk, draws)


def _level(talk: Talk, draws: Draws, depth: int, *, deep: bool) -> list[str]:
    dialect = talk.dialect
    if draws.chance(0.65):
        opened = dialect.branch.format(test=_test(talk, draws))
    else:
        opened = dialect.loop.format(
            item=draws.pick(talk.things) + "_each" * (dialect.case is not camel), row=talk.row, key=draws.pick(TRAITS)
        )
    inner: list[str] = []
    for _ in range(draws.whole(1, 3)):
        inner += _statement(talk, draws, depth - 1, deep=deep, test=False)
    return [opened, *(dialect.unit + line for line in inner), *([dialect.done] if dialect.done else [])]


def _simple(talk: Talk, draws: Draws) -> list[str]:
    dialect = talk.dialect
    kind = draws.whole(1, 10)
    if kind == 1:
        return [dialect.comment + draws.pick(NOTES), *_assign(talk, draws)]
    if kind <= 3:
        name = dialect.case(draws.pick(ACTS), draws.pick(talk.things), draws.pick(TRAITS))
        return [dialect.call.format(name=name, row=talk.row, value=_value(talk, draws))]
    return _assign(talk, draws)


def _assign(talk: Talk, draws: Draws) -> list[str]:
    return [talk.dialect.assign.format(row=talk.row, key=draws.pick(TRAITS), value=_value(talk, draws))]


def _value(talk: Talk, draws: Draws) -> str:
    number = str(draws.whole(2, 990)) if draws.chance(0.5) else f"{draws.between(0.01, 9.9):.2f}"
    kind = draws.whole(1, 4)
    get = talk.dialect.get.format(row=talk.row, key=draws.pick(TRAITS))
    if kind == 1:
        return number
    if kind == 2:
        return f"{talk.dialect.extra.format(other=talk.other)} * {number}"
    return f"{get} {draws.pick('+-*/')} {number}"


def _test(talk: Talk, draws: Draws) -> str:
    get = talk.dialect.get.format(row=talk.row, key=draws.pick(TRAITS))
    first = f"{get} {draws.pick(('<', '>', '>=', '!='))} {draws.whole(0, 500)}"
    if draws.chance(0.25):
        return f"{first} {talk.dialect.both} {talk.dialect.extra.format(other=talk.other)} < {draws.whole(2, 90)}"
    return first


def _frame(file: CodeFile, draws: Draws) -> tuple[list[str], list[str]]:
    """Return the lines before and after the functions."""
    parts = file.path.rpartition(".")[0].split("/")
    name = pascal(*parts[-1].replace("-", "_").split("_"))
    name = parts[-1] if file.language == "Java" else name
    others = [draws.pick(file.subject) for _ in range(2)]
    frames = {
        "Python": ([f'"""{" ".join(file.subject[:2]).capitalize()}: {parts[-1].replace("_", " ")}."""', "", "import logging", "",
                    "log = logging.getLogger(__name__)", "", ""], []),
        "JavaScript": ([f'import {{ {others[0]} }} from "./{others[1]}.js";', ""], []),
        "TypeScript": ([f'import type {{ Row }} from "../{others[1]}";', ""], []),
        "PHP": (["<?php", "", f"namespace App\\{pascal(file.module)};", "", f"final class {name}", "{"], ["}"]),
        "Java": ([f"package {'.'.join(parts[3:-1]) or 'app'};", "", "import java.util.Map;", "", f"public class {name} {{", ""], ["}"]),
        "Go": ([f"package {parts[-2].replace('-', '') if len(parts) > 1 else 'main'}", "", *(['import "testing"', ""] if file.test else [])], []),
    }  # fmt: skip
    return frames[file.language]
