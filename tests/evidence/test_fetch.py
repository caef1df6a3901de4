"""Fetching: whole or not at all, from the server that was checked, within limits, and never with a secret in sight."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from quarterdeck.domain.errors import Conflict, InputError
from quarterdeck.evidence.git.addresses import Address, parse
from quarterdeck.evidence.git.fetch import LOCK, MIRROR, Cancelled, Fetched, FetchFailed, Limits, Transport, complaints, fetch, network
from quarterdeck.evidence.git.locate import locate
from tests.evidence.git_server import Server, serving
from tests.making import Maker, code, git


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("served")
    made = Maker(root / "work")
    for number in range(120):
        made.commit("ada", f"2025-{number % 12 + 1:02d}-10", {f"part_{number}.py": code(30)})
    made.done()
    git(root, "clone", "-q", "--bare", "work", "shop.git")
    git(root, "init", "-q", "--bare", "empty.git")
    with serving(root, tmp_path_factory.mktemp("tls")) as server:
        yield server


@pytest.fixture
def server(served: Server, tmp_path: Path) -> Server:
    """A server as new: its own copy of the shop, patient and open."""
    git(served.root, "clone", "-q", "--mirror", str(served.root / "shop.git"), str(served.root / tmp_path.name))
    served.pause, served.token, served.moved = 0.0, "", False
    served.requests.clear()
    return served


@pytest.fixture
def shop(server: Server, tmp_path: Path) -> Path:
    return server.root / tmp_path.name


def here(_host: str, _port: int) -> Sequence[str]:
    return ("127.0.0.1",)


def at(server: Server, name: str, host: str = "127.0.0.1") -> Address:
    return parse(server.address(name, host), roots=(), private_hosts=(host,), resolve=here)


def get(server: Server, shop: Path, folder: Path, **options: object) -> Fetched:
    return fetch(at(server, shop.name), folder, transport=Transport(ca_file=server.ca_file), **options)  # type: ignore[arg-type]


def test_a_repository_is_fetched_whole_with_branches_and_tags_but_no_pull_requests(server: Server, shop: Path, tmp_path: Path) -> None:
    git(shop, "tag", "v1")
    git(shop, "update-ref", "refs/pull/1/head", "main")
    told: list[tuple[str, int, int]] = []

    got = get(server, shop, tmp_path / "source", progress=lambda *where: told.append(where))

    assert got.head == git(shop, "rev-parse", "main")
    assert got.refs_changed
    assert got.bytes > 1_000
    assert locate(got.path).refs.keys() == {"refs/heads/main", "refs/tags/v1"}
    assert git(got.path, "rev-list", "--count", "main") == "120"
    assert ("receiving", 241, 241) in told
    assert git(got.path, "fsck", "--strict") == ""


def test_a_second_fetch_brings_only_what_is_new_and_drops_what_is_gone(server: Server, shop: Path, tmp_path: Path) -> None:
    git(shop, "branch", "old")
    first = get(server, shop, tmp_path / "source")
    git(shop, "branch", "-D", "old")
    git(shop, "branch", "old/deeper")

    second = get(server, shop, tmp_path / "source")

    assert locate(second.path).refs.keys() == {"refs/heads/main", "refs/heads/old/deeper"}
    assert second.refs_changed
    assert second.digest != first.digest


def test_nothing_is_transferred_where_nothing_changed(server: Server, shop: Path, tmp_path: Path) -> None:
    first = get(server, shop, tmp_path / "source")
    server.requests.clear()

    second = get(server, shop, tmp_path / "source")

    assert not second.refs_changed
    assert second.digest == first.digest
    assert len(server.requests) == 2  # what the server offers, and its refs


def test_a_default_branch_that_was_renamed_becomes_the_head(server: Server, shop: Path, tmp_path: Path) -> None:
    get(server, shop, tmp_path / "source")
    git(shop, "branch", "-m", "main", "trunk")

    got = get(server, shop, tmp_path / "source")

    assert locate(got.path).head_name == "trunk"
    assert locate(got.path).refs.keys() == {"refs/heads/trunk"}


def test_many_small_fetches_do_not_pile_up_packs(server: Server, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quarterdeck.evidence.git.fetch.MANY_PACKS", 2)
    for number in range(5):
        new = git(shop, "commit-tree", "-p", "main", "-m", f"more {number}", "main^{tree}")
        git(shop, "update-ref", "refs/heads/main", new)
        got = get(server, shop, tmp_path / "source")

    assert len(list((got.path / "objects" / "pack").glob("*.pack"))) <= 3
    assert git(got.path, "rev-list", "--count", "main") == "125"


def test_the_name_is_not_looked_up_again_once_it_was_checked(server: Server, shop: Path, tmp_path: Path) -> None:
    address = at(server, shop.name, "code.example.test")

    got = fetch(address, tmp_path / "source", transport=Transport(ca_file=server.ca_file))

    assert got.head == git(shop, "rev-parse", "main")


def test_a_server_on_this_machine_is_refused_where_it_is_not_listed(server: Server, shop: Path) -> None:
    with pytest.raises(InputError):
        parse(server.address(shop.name), roots=())


def failing(server: Server, name: str, folder: Path, **options: object) -> FetchFailed:
    with pytest.raises(FetchFailed) as failed:
        fetch(at(server, name), folder, **({"transport": Transport(ca_file=server.ca_file)} | options))  # type: ignore[arg-type]
    assert not list(folder.glob("mirror*"))
    assert failed.value.hint
    return failed.value


def test_each_trouble_is_told_apart(server: Server, shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "source"

    assert failing(server, "nothing.git", folder).reason == "no access"
    assert failing(server, "empty.git", folder).reason == "empty"
    assert failing(server, shop.name, folder, transport=Transport()).reason == "certificate"
    assert failing(server, shop.name, folder, limits=Limits(size=4_000)).reason == "too large"
    server.moved = True
    assert failing(server, shop.name, folder).reason == "moved"
    assert {path for path, _ in server.requests if path.startswith("/objects/info/http-alternates")} == set()
    gone = Address("https", "https://127.0.0.1:1/x", "https://127.0.0.1:1/x", "127.0.0.1", 1, "/x", ("127.0.0.1",))
    with pytest.raises(FetchFailed) as failed:
        fetch(gone, folder)
    assert failed.value.reason == "unreachable"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("fatal: unable to access 'https://x/': Could not resolve host: x", "host unknown"),
        ("ssh: Could not resolve hostname x: Name or service not known", "host unknown"),
        ("git@x: Permission denied (publickey).", "no access"),
        ("ERROR: Repository not found.\nfatal: Could not read from remote repository.", "no access"),
        ("remote: Invalid username or token.\nfatal: Authentication failed for 'https://x/'", "no access"),
        ("WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\nHost key verification failed.", "host key"),
        ("ssh: connect to host x port 22: Connection timed out", "time-out"),
        ("ssh: connect to host x port 22: Connection refused", "unreachable"),
        ("fatal: unable to access 'https://x/': The requested URL returned error: 503", "unreachable"),
        ("fatal: write error: No space left on device", "disk full"),
        ("error: object 1234: treeNotSorted: not properly sorted\nfatal: fsck error in packed object", "damaged"),
        ("fatal: something new", "other"),
    ],
)
def test_gits_words_are_sorted_into_what_a_person_can_do(said: str, reason: str) -> None:
    assert complaints.sorted_out(said, "https://x/y", ()).reason == reason


def test_words_that_are_quoted_hold_no_secret_no_place_and_nothing_that_acts_on_a_screen() -> None:
    said = "fatal: odd 'https://ada:pw@x/y' in /srv/clients/acme/mirror.git: \x1b[31mtoken s3cr3t Authorization: Basic abc"

    shown = complaints.cleaned(said, ("s3cr3t",))

    assert not [word for word in ("pw", "acme", "\x1b", "s3cr3t", "abc") if word in shown]


def test_a_token_opens_the_repository_and_appears_nowhere(server: Server, shop: Path, tmp_path: Path) -> None:
    server.token = "x-access-token:s3cr3t"
    seen: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            for line in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(line.read_bytes().decode("utf-8", "replace"))
                except OSError:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    got = get(server, shop, tmp_path / "source", token="s3cr3t")
    done.set()
    watcher.join()
    with pytest.raises(FetchFailed) as failed:
        get(server, shop, tmp_path / "other", token="wr0ng")

    assert got.refs_changed
    assert any("ls-remote" in line for line in seen)
    secrets = ("s3cr3t", network.basic("s3cr3t"))
    assert not [line for line in seen for secret in secrets if secret in line]
    assert not [
        path for path in (tmp_path / "source").rglob("*") if path.is_file() and any(each.encode() in path.read_bytes() for each in secrets)
    ]
    assert failed.value.reason == "no access"
    assert "wr0ng" not in failed.value.message + failed.value.hint


@pytest.mark.parametrize("token", ["s3cr3t\nX-Evil: 1", "a b", "tökén"])
def test_a_token_that_could_add_a_header_is_refused_and_not_repeated(server: Server, shop: Path, tmp_path: Path, token: str) -> None:
    with pytest.raises(InputError) as refused:
        get(server, shop, tmp_path / "source", token=token)

    assert token not in refused.value.message + refused.value.hint
    assert server.requests == []


def test_a_fetch_that_takes_too_long_is_ended_and_leaves_nothing(server: Server, shop: Path, tmp_path: Path) -> None:
    server.pause = 0.2

    error = failing(server, shop.name, tmp_path / "source", limits=Limits(seconds=0.5))

    assert error.reason == "time-out"
    assert not children_of(tmp_path)


def test_a_fetch_that_is_told_to_stop_leaves_the_former_state(server: Server, shop: Path, tmp_path: Path) -> None:
    before = get(server, shop, tmp_path / "source")
    grow(shop)
    server.pause = 0.2
    stop = threading.Event()

    with pytest.raises(Cancelled):
        get(server, shop, tmp_path / "source", progress=lambda *_: stop.set(), cancelled=stop.is_set)

    assert locate(before.path).head == before.head
    assert git(before.path, "fsck", "--no-dangling") == ""
    assert not list(before.path.glob("objects/pack/tmp_*"))
    server.pause = 0.0
    assert get(server, shop, tmp_path / "source").head == git(shop, "rev-parse", "main")


def test_a_mirror_that_was_damaged_is_fetched_anew(server: Server, shop: Path, tmp_path: Path) -> None:
    before = get(server, shop, tmp_path / "source")
    for pack in before.path.glob("objects/pack/*"):
        pack.unlink()
    grow(shop)

    after = get(server, shop, tmp_path / "source")

    assert after.head == git(shop, "rev-parse", "main")
    assert git(after.path, "fsck") == ""


def test_two_fetches_of_one_source_do_not_trample_each_other(server: Server, shop: Path, tmp_path: Path) -> None:
    server.pause = 0.05
    begun, results = threading.Event(), []
    first = threading.Thread(target=lambda: results.append(get(server, shop, tmp_path / "source", progress=lambda *_: begun.set())))
    first.start()
    assert begun.wait(10)

    with pytest.raises(Conflict):
        get(server, shop, tmp_path / "source", limits=Limits(wait=0.1))
    server.pause = 0.0
    second = get(server, shop, tmp_path / "source", limits=Limits(wait=20))
    first.join()

    assert [each.head for each in results] == [second.head]
    assert not second.refs_changed


KILLED = """
import sys
from pathlib import Path
from quarterdeck.evidence.git.addresses import parse
from quarterdeck.evidence.git.fetch import Transport, fetch
address = parse(sys.argv[1], roots=(), private_hosts=("127.0.0.1",))
tell = lambda *where: print(*where, flush=True)
fetch(address, Path(sys.argv[2]), transport=Transport(ca_file=Path(sys.argv[3])), progress=tell)
"""


@pytest.mark.parametrize("first", [True, False])
def test_a_fetch_that_was_killed_leaves_the_former_state_and_the_next_one_ends_well(
    server: Server, shop: Path, tmp_path: Path, first: bool
) -> None:
    folder = tmp_path / "source"
    before = None if first else get(server, shop, folder)
    grow(shop)
    server.pause = 0.02
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED, server.address(shop.name), folder, server.ca_file], stdout=subprocess.PIPE, text=True
    )
    assert run.stdout
    with run.stdout as told:
        assert any(line.startswith("receiving") for line in told)
        run.send_signal(signal.SIGKILL)
        run.wait()

    assert (locate(folder / MIRROR).head if before else not (folder / MIRROR).exists()) == (before.head if before else True)
    server.pause = 0.0
    leave_locks(folder / MIRROR)
    after = get(server, shop, folder, limits=Limits(wait=30))
    assert after.head == git(shop, "rev-parse", "main")
    assert not list(folder.rglob("*.lock")) or list(folder.rglob("*.lock")) == [folder / LOCK]
    assert not list(after.path.glob("objects/pack/tmp_*"))
    assert git(after.path, "fsck", "--no-dangling") == ""


def grow(shop: Path) -> None:
    """Add commits with contents that do not pack small."""
    more = Maker(shop.with_name(f"{shop.name}-more"))
    for number in range(40):
        more.commit("bob", f"2026-01-{number % 28 + 1:02d}", {f"blob_{number}.bin": os.urandom(2_000)})
    more.done()
    git(shop, "fetch", "-q", str(more.folder), "+main:main")


def leave_locks(mirror: Path) -> None:
    """Leave what a git that was killed at the worst moment would leave."""
    for name in ("packed-refs.lock", "HEAD.lock", "refs/heads/main.lock", "objects/pack/tmp_pack_abc"):
        if mirror.exists():
            (mirror / name).write_bytes(b"")


def children_of(folder: Path) -> list[str]:
    """Return the commands of processes that still work in a folder."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if link.resolve().is_relative_to(folder):
                found.append((link.parent / "cmdline").read_text())
        except OSError:
            continue
    return found


def test_a_new_mirror_that_was_killed_before_it_took_its_place_gives_way_to_the_former_one(
    server: Server, shop: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "source"
    before = get(server, shop, folder)
    before.path.rename(folder / f"{MIRROR}.old")
    (folder / f"{MIRROR}.new").mkdir()

    failing_address = at(server, "nothing.git")
    with pytest.raises(FetchFailed):
        fetch(failing_address, folder, transport=Transport(ca_file=server.ca_file))

    assert locate(folder / MIRROR).head == before.head
    assert {path.name for path in folder.iterdir()} == {MIRROR, LOCK, "refs.digest"}


def test_a_folder_is_read_in_place_and_only_noted(shop: Path, tmp_path: Path) -> None:
    address = parse(str(shop), roots=(shop.parent,))

    first, second = fetch(address, tmp_path / "source"), fetch(address, tmp_path / "source")
    git(shop, "tag", "v2")
    third = fetch(address, tmp_path / "source")

    assert (first.path, first.head, first.bytes) == (shop, git(shop, "rev-parse", "main"), 0)
    assert (first.refs_changed, second.refs_changed, third.refs_changed) == (True, False, True)
    assert not (tmp_path / "source" / MIRROR).exists()


def test_ssh_asks_nothing_trusts_no_configuration_and_goes_where_it_was_checked(tmp_path: Path) -> None:
    key = tmp_path / "a key %h"
    key.write_text("not a key")
    address = parse("ssh://git@code.example.com:2222/x", roots=(), private_hosts=("code.example.com",), resolve=lambda *_: ("192.0.2.7",))
    transport = Transport(identity_file=key, known_hosts=tmp_path / "known hosts")

    command = network.environment(address, tmp_path, "", transport)["GIT_SSH_COMMAND"]
    shown = subprocess.run(["sh", "-c", f"{command} -G {address.host}"], capture_output=True, text=True, check=True).stdout
    options = dict(line.split(" ", 1) for line in shown.splitlines() if " " in line)

    wanted = {
        "hostname": "192.0.2.7", "batchmode": "yes", "stricthostkeychecking": "accept-new", "forwardagent": "no", "identitiesonly": "yes",
        "identityagent": "none", "permitlocalcommand": "no", "hostkeyalias": "[code.example.com]:2222", "clearallforwardings": "yes",
    }  # fmt: skip
    assert {name: options.get(name) for name in wanted} == wanted
    assert str(tmp_path / "known hosts") in options["userknownhostsfile"]
    assert "a key" in options["identityfile"]
    assert "proxycommand" not in options


def test_an_ssh_server_that_does_not_answer_is_told_apart(tmp_path: Path) -> None:
    address = parse("ssh://git@127.0.0.1:1/x", roots=(), private_hosts=("127.0.0.1",))

    began = time.monotonic()
    with pytest.raises(FetchFailed) as failed:
        fetch(address, tmp_path / "source")

    assert failed.value.reason == "unreachable"
    assert time.monotonic() - began < 5


def test_progress_is_told_now_and_then_however_often_a_server_repeats_itself() -> None:
    told: list[tuple[str, int, int]] = []
    said = network.Said(lambda *where: told.append(where))

    said.take(b"remote: Counting objects:  10% (1/10)\rremote: Counting objects: 100% (10/10)\r" * 500)
    said.take(b"remote: Warning: new terms\nReceiving objects: 100% (10/10), 1.00 KiB | 2 MiB/s, done.\n")

    assert told[1:] == [("counting on the server", 10, 10), ("receiving", 10, 10)]
    assert said.last().strip() == "remote: Warning: new terms"


def test_nothing_of_this_machines_environment_reaches_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_SSL_NO_VERIFY", "1")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("SSH_AUTH_SOCK", "/tmp/agent")

    given = network.environment(parse("https://8.8.8.8/x", roots=()), tmp_path, "s3cr3t", Transport())

    assert given["GIT_ALLOW_PROTOCOL"] == "https"
    assert not {"GIT_SSL_NO_VERIFY", "https_proxy", "SSH_AUTH_SOCK"} & given.keys()
