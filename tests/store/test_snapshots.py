"""What a run leaves behind appears whole or not at all, never changes, and is read by name only."""

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quarterdeck.domain.errors import InputError, NotFound
from quarterdeck.store import snapshots
from quarterdeck.store.snapshots import Snapshot, keep

FILES: dict[str, str | bytes] = {
    "roles/list.json": json.dumps({"f1": {"title": "Debian 10 is out of support"}}),
    "roles/practices/people.html": "<article>One</article>",
    "hidden/list.json": "{}",
    "roles/report.html.gz": gzip.compress(b"<!doctype html>", mtime=0),
    "people.json": b"[]",
}
WRITER = """
import signal, sys
from pathlib import Path
from quarterdeck.store.snapshots import keep
files = {f"roles/part_{n}.bin": bytes([n]) * 200_000 for n in range(60)}
sys.stdout.write("ready\\n"); sys.stdout.flush()
print(keep(Path(sys.argv[1]), files))
"""
LIMITED = """
import resource, signal, sys
from pathlib import Path
from quarterdeck.domain.errors import InputError
from quarterdeck.store.snapshots import keep
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    keep(Path(sys.argv[1]), {"a.txt": "kept", "b.bin": b"x" * 3_000_000})
except InputError as error:
    print(error.message, "|", error.hint)
"""


def shown(root: Path) -> list[str]:
    """Return the names in the folder of snapshots, the lock apart."""
    return sorted(each.name for each in (root / "snapshots").iterdir() if each.name != snapshots.LOCK)


def test_what_was_kept_is_read_back_by_name(tmp_path: Path) -> None:
    kept = Snapshot(tmp_path, keep(tmp_path, FILES))

    assert kept.findings("roles") == {"f1": {"title": "Debian 10 is out of support"}}
    assert kept.finding("hidden", "f1") is None
    assert kept.fragment("roles", "people") == "<article>One</article>"
    assert kept.file("roles/report.html") == b"<!doctype html>"
    assert "people.json" in kept.names()


def test_the_same_results_are_one_snapshot_and_others_another(tmp_path: Path) -> None:
    first, again = keep(tmp_path, FILES), keep(tmp_path, dict(reversed(FILES.items())))
    other = keep(tmp_path, FILES | {"people.json": b"[1]"})

    assert first == again != other
    assert shown(tmp_path) == sorted([first, other])


@pytest.mark.parametrize(
    "name",
    ["../other/secret", "roles/../../../etc/passwd", "/etc/passwd", "", ".", "..", "roles//list.json", "roles\\list.json", "a\0b", "roles"],
)
def test_no_name_leads_outside(tmp_path: Path, name: str) -> None:
    kept = Snapshot(tmp_path, keep(tmp_path, FILES))

    with pytest.raises(NotFound):
        kept.file(name)


@pytest.mark.parametrize("digest", ["..", "../../etc", "0" * 31, "0" * 32, ""])
def test_an_unknown_snapshot_is_not_found(tmp_path: Path, digest: str) -> None:
    for read in (lambda s: s.findings("roles"), lambda s: s.file("people.json"), lambda s: s.fragment("roles", "../people")):
        with pytest.raises(NotFound):
            read(Snapshot(tmp_path, digest))


def test_only_the_two_policies_of_naming_are_read(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Snapshot(tmp_path, keep(tmp_path, FILES)).findings("full")


def test_a_name_that_leads_outside_is_never_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a name"):
        keep(tmp_path, {"../evil": "x"})

    assert not (tmp_path / "snapshots").exists()


def test_a_writer_killed_at_any_moment_leaves_no_half_snapshot(tmp_path: Path) -> None:
    whole = 60
    for number in range(8):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout
        writer.stdout.readline()
        time.sleep(number * 0.012)
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
        finished = [name for name in shown(tmp_path) if not name.startswith(".")] if (tmp_path / "snapshots").exists() else []
        assert all(len(Snapshot(tmp_path, name).names()) == whole for name in finished)

    snapshots.tidy(tmp_path)
    done = subprocess.run([sys.executable, "-c", WRITER, str(tmp_path)], capture_output=True, text=True, check=True).stdout.split()[-1]

    assert shown(tmp_path) == [done]
    assert len(Snapshot(tmp_path, done).names()) == whole


def test_tidying_waits_while_somebody_writes(tmp_path: Path) -> None:
    digest = keep(tmp_path, FILES)
    folder = tmp_path / "snapshots"
    (folder / ".unfinished-1").mkdir()

    with snapshots._lock(folder, snapshots.fcntl.LOCK_SH):
        assert snapshots.tidy(tmp_path) == 0

    assert snapshots.tidy(tmp_path) == 1
    assert shown(tmp_path) == [digest]


def test_a_full_disk_is_said_and_leaves_nothing_behind(tmp_path: Path) -> None:
    digest = keep(tmp_path, FILES)

    done = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True)

    assert "the results cannot be kept (File too large)" in done.stdout
    assert "Free some space" in done.stdout
    assert shown(tmp_path) == [digest]


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "snapshots").write_text("a file in the way")

    with pytest.raises(InputError, match="cannot be kept"):
        keep(tmp_path, FILES)


def test_a_forgotten_snapshot_is_gone_and_forgetting_it_again_is_no_error(tmp_path: Path) -> None:
    digest, other = keep(tmp_path, FILES), keep(tmp_path, {"people.json": "[]"})

    snapshots.forget(tmp_path, digest)
    snapshots.forget(tmp_path, digest)

    assert shown(tmp_path) == [other]


def test_reading_a_snapshot_loads_neither_polars_nor_django() -> None:
    look = "import sys, quarterdeck.store.snapshots; print([m for m in ('polars', 'django', 'jinja2', 'numpy') if m in sys.modules])"

    assert subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout.strip() == "[]"
