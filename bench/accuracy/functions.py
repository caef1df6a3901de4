"""Functions: found, and counted alike, beside lizard on public repositories in twelve languages, with the CPU of both."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from bench.report import Bar, Table, at_least
from bench.setting import Absent, Setting
from quarterdeck.evidence.code.functions import functions
from quarterdeck.evidence.code.languages import grammar_of, language_of
from quarterdeck.kit.files import decide

REPOSITORIES = {
    "Python": "celery/celery",
    "JavaScript": "electron/electron",
    "TypeScript": "mermaid-js/mermaid",
    "Java": "netty/netty",
    "Go": "docker/cli",
    "Ruby": "puppetlabs/puppet",
    "PHP": "composer/composer",
    "C#": "greenshot/greenshot",
    "Rust": "rust-lang/cargo",
    "Kotlin": "square/leakcanary",
    "C": "git/git",
    "C++": "capnproto/capnproto",
}
MOST_FILES = 400
FOUND, ALIKE = 0.90, 0.85  # shares of the peer's functions that we find too, and of those how many have the same complexity
LIZARD = """
import json, sys, time, lizard
found, begun = {}, time.process_time()
for path in json.load(sys.stdin):
    try:
        info = lizard.analyze_file(path)
        found[path] = [(each.name, each.start_line, each.cyclomatic_complexity) for each in info.function_list]
    except Exception:
        found[path] = []
print(json.dumps([time.process_time() - begun, found]))
"""
Found = Mapping[str, Iterable[tuple[str, int, int]]]


def measure(setting: Setting) -> tuple[list[Bar], list[Table], list[str]]:
    """Compare per language: functions at the same place, complexity alike, CPU."""
    if setting.peers is None:
        raise Absent("lizard: set QUARTERDECK_BENCH_PEERS to an environment that has it")
    rows, skipped = [], []
    for language, name in REPOSITORIES.items():
        try:
            rows.append(setting.step(f"functions {language}", partial(compared, setting, name, language)))
        except Absent as reason:
            skipped.append(str(reason))
    both, theirs, alike = (sum(row[key] for row in rows) for key in ("both", "theirs", "alike"))
    bars = [
        at_least("functions with a name that lizard finds, found at the same line", both / theirs if theirs else 0.0, FOUND),
        at_least("of these, complexity alike", alike / both if both else 0.0, ALIKE),
    ]
    columns = (
        "language",
        "repository",
        "files",
        "MB",
        "lizard",
        "ours",
        "same line",
        "found",
        "alike",
        "off by one",
        "CPU s",
        "lizard CPU s",
    )
    return bars, [Table("functions beside lizard", columns, tuple(map(printed, rows)))], skipped


def printed(row: Mapping[str, float]) -> tuple[str, ...]:
    """Return a language as a row of the table."""
    shares = (row["both"] / max(row["theirs"], 1), row["alike"] / max(row["both"], 1), row["near"] / max(row["both"], 1))
    counts = (str(row[key]) for key in ("language", "repository", "files", "mb", "theirs", "ours", "both"))
    return (*counts, *(f"{share:.3f}" for share in shares), f"{row['cpu']:.2f}", f"{row['peer_cpu']:.2f}")


def compared(setting: Setting, name: str, language: str) -> dict[str, object]:
    """Compare the functions of one language in one repository."""
    files = sources(setting.repository(name), setting.work / "functions" / language, language)
    peer_cpu, theirs = lizard(setting, list(files))
    functions("warm." + grammar_of(next(iter(files))).endings.split()[0], b"")  # type: ignore[union-attr]
    begun = time.process_time()
    ours = {path: [(name, line, complexity) for name, line, _, complexity, _, _ in functions(path, text)] for path, text in files.items()}
    cpu = time.process_time() - begun
    left, right = placed(theirs), placed(ours)
    both = [place for place in left if place in right]
    off = Counter(min(abs(left[place] - right[place]), 2) for place in both)
    size = sum(map(len, files.values())) / 1e6
    return {
        "language": language, "repository": name, "files": len(files), "mb": round(size, 1), "theirs": len(left), "ours": len(right),
        "both": len(both), "alike": off[0], "near": off[1], "cpu": cpu, "peer_cpu": peer_cpu,
    }  # fmt: skip


def placed(found: Found) -> dict[tuple[str, int, int], int]:
    """Return the complexity of functions with a name, by file, line, and rank on that line."""
    places: dict[tuple[str, int, int], int] = {}
    for path, rows in found.items():
        seen: Counter[int] = Counter()
        for name, line, complexity in rows:
            if line and "anonymous" not in name:
                places[path, line, seen[line]] = complexity
                seen[line] += 1
    return places


def sources(repository: Path, folder: Path, language: str) -> dict[str, bytes]:
    """Write the source files of one language into a folder, evenly chosen, and return them by place."""
    listed = read(repository, "ls-tree", "-r", "-z", "HEAD").split(b"\0")
    entries = [(row.split(b"\t")[0].split()[2], row.split(b"\t", 1)[1].decode("utf-8", "replace")) for row in listed if b" blob " in row]
    chosen = [(blob, path) for blob, path in entries if language_of(path) == language and decide(path, ())[0] == "source"]
    files: dict[str, bytes] = {}
    for blob, path in chosen[:: max(1, len(chosen) // MOST_FILES)]:
        place = folder / path.replace("/", "__")
        text = place.read_bytes() if place.is_file() else read(repository, "cat-file", "blob", blob.decode(), missing=b"")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text)
        if text:
            files[str(place)] = text
    if not files:
        raise Absent(f"no {language} in the snapshot of {repository.name}")
    return files


def read(repository: Path, *args: str, missing: bytes | None = None) -> bytes:
    """Return what git prints, or a substitute where the snapshot lacks it."""
    done = subprocess.run(["git", f"--git-dir={repository}", "-c", "safe.directory=*", *args], capture_output=True, check=False)
    if done.returncode and missing is None:
        raise Absent(f"git {args[0]} failed")
    return missing or b"" if done.returncode else done.stdout


def lizard(setting: Setting, files: list[str]) -> tuple[float, Found]:
    """Run the peer over files and return its CPU seconds and what it found."""
    python = (setting.peers or Path(sys.prefix)) / "bin" / "python"
    done = subprocess.run([str(python), "-c", LIZARD], input=json.dumps(files).encode(), capture_output=True, check=False)
    if done.returncode:
        raise Absent("lizard is not in the environment of peers")
    cpu, found = json.loads(done.stdout)
    return cpu, found
