"""Addresses: what a person may give, and everything that is refused with a reason and a way out."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.domain.errors import InputError
from quarterdeck.evidence.git.addresses import Address, parse, public
from tests.making import Maker

OPEN = "140.82.112.3"


def open_network(_host: str, _port: int) -> Sequence[str]:
    return (OPEN,)


def read(text: str, *private: str, ips: Sequence[str] = (OPEN,)) -> Address:
    return parse(text, roots=(), private_hosts=private, resolve=lambda _host, _port: ips)


@pytest.mark.parametrize(
    ("given", "kind", "text", "host", "port"),
    [
        ("https://github.com/owner/name.git", "https", "https://github.com/owner/name.git", "github.com", 443),
        ("HTTPS://GitHub.com./owner/name", "https", "https://github.com/owner/name", "github.com", 443),
        ("https://dev.azure.com/o/My%20Shop/_git/shop", "https", "https://dev.azure.com/o/My%20Shop/_git/shop", "dev.azure.com", 443),
        ("git@github.com:owner/name.git", "ssh", "git@github.com:owner/name.git", "github.com", 22),
        ("github.com:owner/name.git", "ssh", "git@github.com:owner/name.git", "github.com", 22),
        ("ssh://github.com:22/owner/name", "ssh", "ssh://git@github.com/owner/name", "github.com", 22),
        ("ssh://git@github.com/~owner/name", "ssh", "ssh://git@github.com/~owner/name", "github.com", 22),
    ],
)
def test_an_address_is_read_and_written_in_one_way(given: str, kind: str, text: str, host: str, port: int) -> None:
    address = read(given)

    assert (address.kind, address.text, address.host, address.port) == (kind, text, host, port)
    assert address.ips == (OPEN,)
    assert address.display == address.text


HOSTILE = [
    "",
    "ext::sh -c touch% /tmp/x",
    "ext::sh",
    "fd::17",
    "x::y",
    "--upload-pack=touch /tmp/x",
    "-oProxyCommand=id",
    "-oProxyCommand=id@host.com:x",
    "file:///etc",
    "FILE:///etc",
    "git://github.com/o/n",
    "http://github.com/o/n",
    "ftp://github.com/o/n",
    "ssh://-oProxyCommand=id/x",
    "ssh://git@-oProxyCommand=id/x",
    "ssh://-l@github.com/x",
    "git@github.com:-x",
    "git@github.com::x",
    "git@-github.com:x",
    "https://github.com/o/n\n--upload-pack=id",
    "https://github.com/o/n ",
    "https://github.com/o n",
    "https://github.com/o/n\x00",
    "https://github.com/o/\u202en",
    "https://github.com/o/%0an",
    "https://github.com/o/%ff",
    "https://github.com/../../n",
    "https://github.com/o/%2e%2e/n",
    "https://github.com/o/n?private_token=abcdef",
    "https://github.com/o/n#abcdef",
    "https://github.com/",
    "https://github.com",
    "https://git_hub.com/x",
    "https://gıthub.com/x",
    "https://github.com\\@10.0.0.1/x",
    "https://github.com:0/x",
    "https://github.com:99999/x",
    "C:\\repositories\\shop",
    "../shop",
    "~/shop",
    "https://" + "a" * 2_000,
    "https://[::1%25lo]/x",
    "https://[fe80::1/x",
]


@pytest.mark.parametrize("given", HOSTILE)
def test_an_address_that_could_do_harm_is_refused_with_a_reason_and_a_way_out(given: str) -> None:
    with pytest.raises(InputError) as refused:
        read(given, "10.0.0.1")

    assert refused.value.message
    assert refused.value.hint


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1",
        "255.255.255.255", "192.0.2.1", "198.18.0.1", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[ff02::1]", "[::ffff:10.0.0.1]",
        "[::ffff:8.8.8.8]", "[::10.0.0.1]", "[64:ff9b::8.8.8.8]", "[64:ff9b:1::1]", "[2002:a00:1::]", "[2001:db8::1]", "[fec0::1]",
        "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.1", "127.0.1", "0", "017700000001", "127.0.0.01",
    ],
)  # fmt: skip
def test_a_server_on_this_machine_or_in_a_private_network_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(InputError):
        read(f"https://{host}/owner/name")

    with pytest.raises(InputError):
        read(f"ssh://git@{host}/owner/name")


@pytest.mark.parametrize(
    "ips", [("127.0.0.1",), ("10.0.0.1",), (OPEN, "192.168.0.1"), ("::ffff:8.8.8.8",), ("fe80::1%eth0",), ("not an address",)]
)
def test_a_name_that_leads_into_a_private_network_is_refused(ips: Sequence[str]) -> None:
    with pytest.raises(InputError, match="private network"):
        read("https://innocent.example.com/owner/name", ips=ips)


def test_the_machines_own_name_is_refused_by_the_real_resolver() -> None:
    with pytest.raises(InputError, match="private network"):
        parse("https://localhost/owner/name", roots=())


def test_a_host_that_nobody_knows_is_said_to_be_unknown() -> None:
    with pytest.raises(InputError, match="nobody knows the host git"):
        read("https://git.example.com/owner/name", ips=())


def test_a_listed_server_may_be_private_and_on_any_port() -> None:
    address = read("https://git.corp.example:8443/owner/name", "GIT.corp.example", ips=("10.0.0.5",))

    assert (address.text, address.ips) == ("https://git.corp.example:8443/owner/name", ("10.0.0.5",))


def test_a_server_listed_with_its_port_is_open_on_that_port_only() -> None:
    assert read("https://127.0.0.1:8443/x/y", "127.0.0.1:8443").port == 8443

    with pytest.raises(InputError, match="port 9443"):
        read("https://127.0.0.1:9443/x/y", "127.0.0.1:8443")


def test_another_port_is_refused_where_the_server_is_not_listed() -> None:
    with pytest.raises(InputError, match="port 8443 is not open"):
        read("https://github.com:8443/owner/name")


@pytest.mark.parametrize("given", ["https://ada:s3cr3t@github.com/o/n", "https://s3cr3t@github.com/o/n", "ssh://git:s3cr3t@github.com/o/n"])
def test_a_password_in_an_address_is_refused_and_never_repeated(given: str) -> None:
    with pytest.raises(InputError) as refused:
        read(given)

    assert "s3cr3t" not in refused.value.message + refused.value.hint
    assert "token" in refused.value.hint or "key" in refused.value.hint


def test_a_clone_below_an_allowed_folder_is_read_in_place(tmp_path: Path) -> None:
    clone = Maker(tmp_path / "open" / "the shop").commit(write={"a.py": "1"}).done()

    address = parse(str(clone), roots=(tmp_path / "open",))

    assert (address.kind, address.text, address.display) == ("path", str(clone), "the shop")


def test_a_folder_outside_is_refused_alike_whether_it_exists_or_not(tmp_path: Path) -> None:
    Maker(tmp_path / "other").commit(write={"a.py": "1"}).done()
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "link").symlink_to(tmp_path / "other")
    tried = [tmp_path / "other", tmp_path / "nothing", tmp_path / "open" / ".." / "other", tmp_path / "open" / "link", Path("/etc")]

    messages = set()
    for path in tried:
        with pytest.raises(InputError) as refused:
            parse(str(path), roots=(tmp_path / "open",))
        messages.add(refused.value.message)

    assert messages == {"this folder lies outside the folders that may be read here"}


def test_a_folder_that_is_no_repository_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()

    with pytest.raises(InputError, match="not a git repository"):
        parse(str(tmp_path / "plain"), roots=(tmp_path,))


@given(st.text(max_size=60) | st.text(alphabet="htps:/@.-[]%x0127~git", max_size=40))
def test_whatever_is_typed_gives_an_address_or_a_refusal(text: str) -> None:
    try:
        address = parse(text, roots=(), resolve=open_network)
    except InputError as refused:
        assert refused.hint
    else:
        assert address.kind in ("https", "ssh")
        assert not address.text.startswith("-")
        assert parse(address.text, roots=(), resolve=open_network) == address


@pytest.mark.parametrize(
    ("ip", "answer"), [("8.8.8.8", True), ("2606:4700::1111", True), ("192.88.99.1", False), ("3fff::1", False), ("x", False)]
)
def test_only_the_open_network_is_public(ip: str, answer: bool) -> None:
    assert public(ip) is answer
