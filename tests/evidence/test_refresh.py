"""The end-of-life table is renewed from one answer of one service, or from a file; what is broken never replaces what works."""

import csv
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from quarterdeck.domain.errors import InputError, QuarterdeckError
from quarterdeck.evidence import tables
from quarterdeck.evidence.tables import refresh

TODAY = date(2027, 1, 15)
HEADER = "product,cycle,release,support_until,security_until,source"
# Facts of https://endoflife.date/nodejs, in the shape of the service's answer.
NODE = {
    "name": "nodejs", "aliases": ["node"], "label": "Node.js", "category": "framework", "tags": ["framework"],
    "identifiers": [{"type": "purl", "id": "pkg:docker/library/node"}, {"type": "cpe", "id": "cpe:2.3:a:nodejs:node.js"}],
    "releases": [
        {"name": "28", "codename": None, "label": "28", "releaseDate": "2027-01-05", "isLts": False, "ltsFrom": None, "isEoas": False,
         "eoasFrom": None, "isEol": False, "eolFrom": None, "isMaintained": True, "latest": {"name": "28.0.0", "date": "2027-01-05", "link": None}},
        {"name": "24", "codename": None, "label": "24 (LTS)", "releaseDate": "2025-05-06", "isLts": True, "ltsFrom": "2025-10-28", "isEoas": True,
         "eoasFrom": "2026-10-20", "isEol": False, "eolFrom": "2028-04-30", "isMaintained": True, "latest": None},
        {"name": "0.8", "releaseDate": "2012-06-22", "isLts": False, "isEol": True, "eolFrom": None, "isMaintained": False, "latest": None},
    ],
}  # fmt: skip


def shipped() -> list[dict[str, str]]:
    return list(tables._rows(tables.CYCLES))


def product(name: str, rows: Sequence[dict[str, str]] = (), identifiers: Sequence[str] = ()) -> dict[str, Any]:
    """Return a product as the service tells it."""
    return {
        "name": name, "aliases": [], "identifiers": [{"type": "purl", "id": each} for each in identifiers],
        "releases": [
            {
                "name": row["cycle"], "releaseDate": row["release"] or None, "eoasFrom": row["support_until"] or None,
                "isEol": row["security_until"] == "ended", "eolFrom": row["security_until"] if row["security_until"][:1].isdigit() else None,
            }
            for row in rows
        ],
    }  # fmt: skip


def answer(*others: dict[str, Any], leave_out: Sequence[str] = (), day: str = "2027-01-10") -> dict[str, Any]:
    """Return the answer that would have given the shipped table, with other products in place of those of the same name."""
    by_name: dict[str, list[dict[str, str]]] = {}
    for row in shipped():
        by_name.setdefault(row["source"].rpartition("/")[2], []).append(row)
    told = {name: product(name, rows) for name, rows in by_name.items() if name not in leave_out}
    told |= {each["name"]: each for each in others}
    return {"schema_version": "1.2.1", "generated_at": f"{day}T00:10:00+00:00", "total": len(told), "result": list(told.values())}


def saved(folder: Path, tree: Any) -> str:
    path = folder / "full.json"
    path.write_text(tree if isinstance(tree, str) else json.dumps(tree), "utf-8")
    return str(path)


@contextmanager
def served(content: bytes, status: int = 200) -> Iterator[str]:
    """Answer every request on this machine's own loopback."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/api"
        finally:
            server.shutdown()
            thread.join()


def test_the_same_facts_give_the_shipped_table_to_the_byte(tmp_path: Path) -> None:
    refresh.refresh(tmp_path / "tables", saved(tmp_path, answer()), today=TODAY)

    made = (tmp_path / "tables" / tables.CYCLES).read_text("utf-8")
    assert made == tables._shipped(tables.CYCLES)
    assert (tmp_path / "tables" / tables.IDENTIFIERS).read_text("utf-8") == tables._shipped(tables.IDENTIFIERS)


def test_new_cycles_and_dates_of_a_known_product_are_taken_over(tmp_path: Path) -> None:
    done = refresh.refresh(tmp_path, saved(tmp_path, answer(NODE)), today=TODAY)

    lines = [line for line in (tmp_path / tables.CYCLES).read_text("utf-8").splitlines() if line.startswith("nodejs,")]
    assert lines == [
        "nodejs,0.8,2012-06-22,,ended,https://endoflife.date/nodejs",
        "nodejs,24,2025-05-06,2026-10-20,2028-04-30,https://endoflife.date/nodejs",
        "nodejs,28,2027-01-05,,none-announced,https://endoflife.date/nodejs",
    ]
    found = {cycle.name: cycle for cycle in tables.cycles(tmp_path) if cycle.product == "nodejs"}
    assert (found["24"].security_until, found["0.8"].ended, found["28"].announced) == (date(2028, 4, 30), True, False)
    assert (done.taken, done.in_use, tables.cycles_as_of(tmp_path)) == (date(2027, 1, 10), True, date(2027, 1, 10))


def test_a_product_that_was_renamed_keeps_our_name(tmp_path: Path) -> None:
    done = refresh.refresh(
        tmp_path, saved(tmp_path, answer(NODE | {"name": "node-js", "aliases": ["nodejs"]}, leave_out=["nodejs"])), today=TODAY
    )

    assert {cycle.name for cycle in tables.cycles(tmp_path) if cycle.product == "nodejs"} == {"0.8", "24", "28"}
    assert (done.new_products, done.kept_products) == ((), ())


def test_a_product_that_the_service_dropped_keeps_its_shipped_cycles(tmp_path: Path) -> None:
    done = refresh.refresh(tmp_path, saved(tmp_path, answer(leave_out=["nodejs"])), today=TODAY)

    assert done.kept_products == ("nodejs",)
    assert len(tables.cycles(tmp_path)) == len(tables.cycles())


def test_new_products_come_with_names_that_mean_nothing_else(tmp_path: Path) -> None:
    rows = [{"cycle": "1", "release": "2026-01-01", "support_until": "", "security_until": "2028-01-01"}]
    names = [
        "pkg:docker/library/newdb",
        "pkg:docker/acme/newdb",
        "pkg:npm/%40acme/newdb",
        "pkg:docker/library/python",
        "pkg:rpm/x/newdb",
        "pkg:npm/both",
    ]
    done = refresh.refresh(
        tmp_path,
        saved(tmp_path, answer(product("newdb", rows, names), product("other", rows, ["pkg:npm/both"]), product("unnamed", rows))),
        today=TODAY,
    )

    assert done.new_products == ("newdb",)
    images, packages = (tables.products(kind, tmp_path) for kind in ("image", "package"))
    assert (images["newdb"], images["acme/newdb"], packages["npm/@acme/newdb"]) == (("newdb", ""),) * 3
    assert images["python"] == tables.products("image")["python"]
    assert "newdb,image,python," not in (tmp_path / tables.IDENTIFIERS).read_text("utf-8").splitlines()
    assert "npm/both" not in packages
    assert "newdb" not in tables.products("image")


def test_a_refresh_says_what_it_brought(tmp_path: Path) -> None:
    day = tables.cycles_as_of().isoformat()
    rows = [{"cycle": "1", "release": "2026-01-01", "support_until": "", "security_until": "2028-01-01"}]
    same = refresh.refresh(tmp_path, saved(tmp_path, answer(leave_out=["nodejs"], day=day)), today=TODAY)
    newer = refresh.refresh(tmp_path, saved(tmp_path, answer(product("newdb", rows, ["pkg:docker/library/newdb"]))), today=TODAY)

    assert same.sentences == (
        f"End-of-life table of {day}: 130 products, 2,112 cycles.",
        "1 product of ours not in the new table: shipped dates stay.",
        "The shipped table is as new, so it stays in use.",
    )
    assert newer.sentences == (
        "End-of-life table of 2027-01-10: 131 products, 2,113 cycles.",
        "New products: 1, among them newdb.",
    )


def test_the_table_comes_over_http_with_one_request(tmp_path: Path) -> None:
    with served(json.dumps(answer(NODE)).encode()) as address:
        done = refresh.refresh(tmp_path, address, today=TODAY)

    assert done.in_use


def test_without_a_network_the_next_step_is_named(tmp_path: Path) -> None:
    with served(b"") as address:
        pass

    with pytest.raises(QuarterdeckError, match="No network") as caught:
        refresh.refresh(tmp_path, address, today=TODAY)

    assert "--from FILE" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_an_answer_that_is_an_error_is_told_as_one(tmp_path: Path) -> None:
    with served(b"busy", 503) as address, pytest.raises(QuarterdeckError, match="answered 503"):
        refresh.refresh(tmp_path, address, today=TODAY)


def test_an_answer_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "MOST_BYTES", 1000)

    with served(b" " * 200_000) as address, pytest.raises(InputError, match="larger than"):
        refresh.refresh(tmp_path, address, today=TODAY)
    with pytest.raises(InputError, match="larger than"):
        refresh.refresh(tmp_path, saved(tmp_path, " " * 2000), today=TODAY)


def release(**fields: Any) -> dict[str, Any]:
    return NODE | {"releases": [{"name": "24", "isEol": False} | fields]}


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ([], "no list of products"),
        ({"result": {}}, "no list of products"),
        ({"result": []}, "holds 0 of the 130 products"),
        (answer() | {"result": answer()["result"][:64]}, "holds 64 of the 130 products"),
        (answer({"name": "nodejs", "releases": None}), "without a name or a list"),
        (answer({"name": 7, "releases": []}), "without a name or a list"),
        (answer(release(name=24)), "release of nodejs without a name"),
        (answer(release(name="2\n4")), "release of nodejs without a name"),
        (answer(release(isEol="no")), "whether it has ended"),
        (answer(release(eolFrom="soon")), "no day as eolFrom of nodejs 24"),
        (answer(release(eolFrom=20280430)), "no day as eolFrom of nodejs 24"),
        (answer(NODE | {"releases": NODE["releases"] * 2}), "holds nodejs 28 twice"),  # type: ignore[operator]
        (answer(day="2031-01-01"), "lies ahead"),
        (answer() | {"generated_at": "yesterday"}, "of no day"),
        (answer(day="2020-01-01"), "older than the table in use"),
    ],
)
def test_a_broken_table_is_refused_and_the_old_one_kept(tree: Any, message: str, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    refresh.refresh(folder, saved(tmp_path, answer(NODE)), today=TODAY)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    with pytest.raises(InputError, match=message) as caught:
        refresh.refresh(folder, saved(tmp_path, tree), today=TODAY)

    assert "kept" in caught.value.hint
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.json: No such file"):
        refresh.refresh(tmp_path, str(tmp_path / "none.json"), today=TODAY)


def test_an_answer_that_does_not_say_its_day_counts_as_of_today(tmp_path: Path) -> None:
    tree = answer()
    del tree["generated_at"]

    assert refresh.refresh(tmp_path, saved(tmp_path, tree), today=TODAY).taken == TODAY


def test_the_shipped_table_serves_where_none_was_refreshed(tmp_path: Path) -> None:
    assert tables.cycles(tmp_path) == tables.cycles()
    assert (tables.cycles_as_of(tmp_path), tables.notes(tmp_path)) == (tables.cycles_as_of(), ())


@pytest.mark.parametrize("harm", ["cut", "swap", "delete", "empty", "binary", "day"])
def test_a_damaged_table_gives_way_to_the_shipped_one_with_a_note(harm: str, tmp_path: Path) -> None:
    refresh.refresh(tmp_path, saved(tmp_path, answer(NODE)), today=TODAY)
    table, about = tmp_path / tables.CYCLES, tmp_path / tables.ABOUT
    text = table.read_text("utf-8")
    {
        "cut": lambda: table.write_text(text[:-200], "utf-8"),
        "swap": lambda: table.write_text(text.replace("2028-04-30", "2038-04-30"), "utf-8"),
        "delete": table.unlink,
        "empty": lambda: about.write_text("", "utf-8"),
        "binary": lambda: about.write_bytes(b"\xff\xfe\x00"),
        "day": lambda: about.write_text(about.read_text("utf-8").replace("2027-01-10", '"soon"'), "utf-8"),
    }[harm]()

    assert tables.cycles(tmp_path) == tables.cycles()
    assert tables.cycles_as_of(tmp_path) == tables.cycles_as_of()
    assert ["refreshed end-of-life table is not used" in note.message for note in tables.notes(tmp_path)] == [True]


def test_a_refreshed_table_older_than_the_shipped_one_is_not_used(tmp_path: Path) -> None:
    refresh.refresh(tmp_path, saved(tmp_path, answer(NODE)), today=TODAY)
    about = tmp_path / tables.ABOUT
    about.write_text(about.read_text("utf-8").replace("2027-01-10", "2024-01-10"), "utf-8")

    assert tables.cycles(tmp_path) == tables.cycles()
    assert tables.notes(tmp_path) == ()


def test_the_refreshed_files_have_the_columns_of_the_shipped_ones(tmp_path: Path) -> None:
    refresh.refresh(tmp_path, saved(tmp_path, answer(NODE)), today=TODAY)

    rows = list(csv.reader((tmp_path / tables.CYCLES).read_text("utf-8").splitlines()))
    assert ",".join(rows[0]) == HEADER
    assert {len(row) for row in rows} == {6}
    assert 'licence = "MIT"' in (tmp_path / tables.ABOUT).read_text("utf-8")
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "full.json") == [tables.CYCLES, tables.ABOUT, tables.IDENTIFIERS]
