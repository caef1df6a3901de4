"""The gates are part of the suite: format, lint, types and borders."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

GATES = {
    "lint": ["ruff", "check", "src", "tests", "bench", "tools"],
    "format": ["ruff", "format", "--check", "src", "tests", "bench", "tools"],
    "types": ["mypy"],
    "borders": ["lint-imports", "--no-cache"],
}


@pytest.mark.parametrize("gate", GATES)
def test_the_gate_is_passed(gate: str) -> None:
    program, *rest = GATES[gate]
    if not (BIN / program).exists():
        pytest.skip(f"{program} is not installed: run make test")

    done = subprocess.run([str(BIN / program), *rest], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_the_lock_names_no_index_and_pins_everything_with_hashes() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text("utf-8")
        assert "://" not in text
        assert text.count("==") <= text.count("--hash=")
