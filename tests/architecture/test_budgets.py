"""The budgets of the house, as a test so that they hold."""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import quarterdeck

SOURCE = Path(quarterdeck.__file__).parent
FILES = sorted(path for path in SOURCE.rglob("*.py") if path.parent.name != "migrations")  # Django writes those
BRANCHES = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.IfExp, ast.comprehension, ast.BoolOp, ast.match_case)


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                yield f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}", node


def lines(node: ast.FunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def quantile(values: list[int], share: float) -> int:
    return sorted(values)[int(share * (len(values) - 1))]


def test_functions_read_like_sentences() -> None:
    lengths = {name: lines(node) for name, node in functions()}

    assert statistics.median(lengths.values()) <= 8
    assert quantile(list(lengths.values()), 0.9) <= 25
    assert {name: length for name, length in lengths.items() if length > 60} == {}


def test_functions_branch_little() -> None:
    complexity = [1 + sum(isinstance(each, BRANCHES) for each in ast.walk(node)) for _, node in functions()]

    assert quantile(complexity, 0.95) <= 8


def test_files_stay_short() -> None:
    long = {str(path.relative_to(SOURCE)): count for path in FILES if (count := len(path.read_text("utf-8").splitlines())) > 400}

    assert long == {}


def test_folders_stay_small() -> None:
    def children(folder: Path) -> list[str]:
        modules = [each.stem for each in folder.glob("*.py") if each.stem not in ("__init__", "__main__")]
        return modules + [each.name for each in folder.iterdir() if (each / "__init__.py").is_file()]

    crowded = {
        str(folder.relative_to(SOURCE)): len(children(folder)) for folder in {path.parent for path in FILES} if len(children(folder)) > 12
    }

    assert crowded == {}


def test_every_public_function_says_what_it_does() -> None:
    silent = [
        name
        for name, node in functions()
        if not node.name.startswith("_") and not ast.get_docstring(node) and "." not in name.split(" ")[1]
    ]

    assert [name for name in silent if not _inner(name)] == []


def _inner(name: str) -> bool:
    """Inner functions are part of the function around them."""
    path, line = name.split(" ", maxsplit=1)[0].split(":")
    for node in ast.walk(ast.parse((SOURCE / path).read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.lineno < int(line) <= (node.end_lineno or 0):
            return True
    return _in_private_class(path, int(line))


def _in_private_class(path: str, line: int) -> bool:
    tree = ast.parse((SOURCE / path).read_text("utf-8"))
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.lineno < line <= (node.end_lineno or 0)]
    return any(node.name.startswith("_") for node in classes)
