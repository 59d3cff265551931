"""Parquet is read by its values, not by its types: the text that the same rows are in CSV."""

import datetime as dt
import decimal
import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from conftest import KEY
from deliveries import deliver, ident
from test_receipt import read, receive_all
from test_receipt_shapes import parquet, replace

from introstat.contract import sources
from introstat.filereading import connect_in_memory
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.identity.scan import scan
from introstat.receipt.files import load_incoming
from introstat.receipt.manifest import DeliveredFile

ANNE, BAKO = ident(1), ident(15)  # Anne's begins with a zero
MIDNIGHT = dt.datetime(2015, 1, 1)
UNREADABLE = object()
# What a column of a type holds, and the text that is read of it.
TYPES: dict[str, tuple[str, pa.Array, Any]] = {
    "null": ("til_dato", pa.nulls(1), None),
    "text": ("kommunenr", pa.array(["0301"]), "0301"),
    "an empty text": ("til_dato", pa.array([""]), None),
    "dictionary": ("kommunenr", pa.array(["0301"]).dictionary_encode(), "0301"),
    "large text": ("kommunenr", pa.array(["0301"], pa.large_string()), "0301"),
    "text view": ("kommunenr", pa.array(["0301"], pa.string_view()), "0301"),
    "whole number": ("kommunenr", pa.array([1103], pa.int64()), "1103"),
    "small number": ("kommunenr", pa.array([301], pa.uint16()), "301"),
    "numbers in a dictionary": ("kommunenr", pa.array([1103]).dictionary_encode(), "1103"),
    "whole number with a gap": ("kommunenr", pa.array([1103.0]), "1103"),
    "decimal without places": ("kommunenr", pa.array([decimal.Decimal("1103.000")]), "1103"),
    "date": ("fra_dato", pa.array([MIDNIGHT.date()]), "2015-01-01"),
    "date in milliseconds": ("fra_dato", pa.array([MIDNIGHT.date()], pa.date64()), "2015-01-01"),
    "midnight": ("fra_dato", pa.array([MIDNIGHT], pa.timestamp("ns")), "2015-01-01"),
    "midnight in seconds": ("fra_dato", pa.array([MIDNIGHT], pa.timestamp("s")), "2015-01-01"),
    "midnight in Greenwich": (
        "fra_dato", pa.array([MIDNIGHT], pa.timestamp("us", "UTC")), "2015-01-01"),
    "midnight in Oslo": (
        "fra_dato",
        pa.array([MIDNIGHT - dt.timedelta(hours=1)], pa.timestamp("us", "Europe/Oslo")),
        "2015-01-01"),
    "midnight in Oslo in summer": (
        "fra_dato",
        pa.array([dt.datetime(2015, 6, 30, 22)], pa.timestamp("us", "UTC")),
        "2015-07-01"),
    "a time of day": (
        "fra_dato", pa.array([MIDNIGHT.replace(hour=13)]), "2015-01-01 13:00:00"),
    "true for a date": ("fra_dato", pa.array([True]), UNREADABLE),
    "bytes of text": ("kommunenr", pa.array([b"0301"]), "0301"),
    "bytes of no text": ("kommunenr", pa.array([b"\xff"]), UNREADABLE),
    "true for a code": ("kommunenr", pa.array([True]), UNREADABLE),
    "list of one": ("kommunenr", pa.array([["0301"]]), "0301"),
    "list of one number": ("kommunenr", pa.array([[1103]]), "1103"),
    "list of two": ("kommunenr", pa.array([["0301", "1103"]]), UNREADABLE),
    "empty list": ("til_dato", pa.array([[]], pa.list_(pa.string())), UNREADABLE),
    "list of null": ("til_dato", pa.array([[None]], pa.list_(pa.string())), UNREADABLE),
    "object": ("til_dato", pa.array([{"dag": "2015-01-01"}]), UNREADABLE),
    "no number": ("kommunenr", pa.array([float("nan")]), None),
    "no number of few digits": ("til_dato", pa.array([float("nan")], pa.float32()), None),
    "the last moment": ("til_dato", pa.array([dt.datetime.max]), "9999-12-31"),
    "the last moment in milliseconds": (
        "til_dato",
        pa.array([dt.datetime.max.replace(microsecond=999000)], pa.timestamp("ms")),
        "9999-12-31"),
    "the last moment in Greenwich": (
        "til_dato", pa.array([dt.datetime.max], pa.timestamp("us", "UTC")), "9999-12-31"),
    "pandas' first moment": (
        "til_dato", pa.array([-9223372036854775000], pa.timestamp("ns")), "1677-09-21"),
    "pandas' last moment": ("til_dato", pa.array([2**63 - 1], pa.timestamp("ns")), "infinity"),
    "pandas' last moment, cut": (
        "til_dato", pa.array([2**63 - 808], pa.timestamp("ns")), "2262-04-11"),
    "midnight in Oslo after a placeholder's day": (
        "fra_dato",
        pa.array([dt.datetime(1970, 1, 1, 23)], pa.timestamp("us", "UTC")),
        "1970-01-02"),
}  # fmt: skip


def residences(extracts: Path, delivered: str, **columns: pa.Array) -> None:
    """Deliver a file of one residence with columns of other types, or more columns."""
    folder = deliver(extracts, "folkeregister", delivered)
    sound = {"bosatt_id": "A", "ident": BAKO, "kommunenr": "0301", "fra_dato": "2015-01-01"}
    texts = {name: pa.array([text]) for name, text in sound.items()}
    replace(folder, "bosatt.csv", "bosatt.parquet", parquet(texts | columns), 1)


def loaded(path: Path, table: str, columns: dict[str, pa.Array]) -> tuple[dict, list[str]]:
    """Return the row of a file as it is read before it is sealed, and what is remarked on."""
    [of_contract] = [t for s in sources().values() for t in s.tables if t.name == table]
    path.write_bytes(parquet(columns))
    file = DeliveredFile(path, table, of_contract, 1, "", "utf-8", "here")
    with connect_in_memory() as connection:
        remarks = load_incoming(connection, file)
        found = connection.execute("select * from incoming")
        names = [name for name, *_ in found.description]
        [row] = found.fetchall()
    return dict(zip(names, row, strict=True)), remarks


@pytest.mark.parametrize("name", TYPES)
def test_a_value_of_any_type_is_read_as_its_text_or_told(tmp_path, name):
    column, values, expected = TYPES[name]
    needed = ("bosatt_id", "ident", "kommunenr", "fra_dato")
    sound = {required: pa.array(["x"]) for required in needed}
    row, remarks = loaded(tmp_path / "bosatt.parquet", "bosatt", sound | {column: values})
    told = [remark for remark in remarks if "not what the contract" in remark]
    if expected is UNREADABLE:
        assert row["unreadable"] == "value"
        assert row[column] is not None, "it is not missing"
        said = "here: values that are not what the contract says, set aside: 1 rows, first row 1"
        assert told == [said]
    else:
        assert (row[column], row.get("unreadable"), told) == (expected, None, [])


def test_flags_are_words_of_the_contract(extracts, received):
    folder = deliver(extracts, "nir", "2018-01-21")
    person = {
        "ident": pa.array([int(ANNE), int(BAKO)]),
        "kjonn": pa.array([2, 1]),
        "fodselsdato": pa.array([MIDNIGHT.date()] * 2),
        "utdanningsbakgrunn": pa.array([True, False]),
        "reservert_forskning": pa.array([False, True]),
        "adressebeskyttelse": pa.array([6.0, None]),
        "registrert_dato": pa.array([MIDNIGHT] * 2),
    }
    replace(folder, "personer.csv", "personer.parquet", parquet(person), 2)
    outcome = receive_all(extracts, received)
    assert outcome.refused == []
    names = ("kjonn", "utdanningsbakgrunn", "reservert_forskning", "adressebeskyttelse")
    rows = read(received, "nir/2018-01-21/personer")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("2", "ja", "0", "6"),
        ("1", "nei", "1", None),
    ]
    # An identity number that is kept as a number has lost its zero.
    pseudonymiser = Pseudonymiser(KEY)
    assert [row["ident"] for row in rows] == list(map(pseudonymiser.pseudonym, (ANNE, BAKO)))
    assert all(row["ident_is_valid"] for row in rows)
    assert [r for r in outcome.remarks if "read with the zero they lost: 1 rows, first row 1" in r]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (pa.array([12.5]), "12.5"),
        (pa.array([22 / 3]), "7.333333"),
        (pa.array([0.1 + 0.2]), "0.3"),
        (pa.array([12.3], pa.float32()), "12.3"),
        (pa.array([decimal.Decimal("37.5000000000")]), "37.5"),
        (pa.array([30]), "30"),
        (pa.array([float("inf")]), "inf"),
    ],
)
def test_hours_are_read_from_numbers_of_every_kind(tmp_path, hours, expected):
    needed = ("tiltak_id", "deltakelse_id", "tiltakstype", "fra_dato", "registrert_dato")
    columns = {name: pa.array(["x"]) for name in needed} | {"timer_per_uke": hours}
    row, _ = loaded(tmp_path / "tiltak.parquet", "tiltak", columns)
    assert row["timer_per_uke"] == expected


def test_extra_columns_of_any_type_are_kept_told_and_sealed(extracts, received):
    residences(
        extracts,
        "2018-01-21",
        liste=pa.array([[1, 2]]),
        objekt=pa.array([{"fnr": int(ANNE), "x": "y"}]),
        fnr=pa.array([int(ANNE)]),
        fnr_2=pa.array([float(BAKO)]),
        tall=pa.array([float("nan")]),
        kart=pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
        bytes=pa.array([b"\xff"]),
        tid=pa.array([dt.time(1, 2)]),
        tomt=pa.nulls(1),
    )
    outcome = receive_all(extracts, received)
    assert outcome.refused == []
    assert "bosatt.parquet: extra columns kept but not used: liste, objekt" in outcome.remarks[0]
    [row] = read(received, "folkeregister/2018-01-21/bosatt")
    kept = json.loads(row["extra_columns"])
    anne, bako = (Pseudonymiser(KEY).pseudonym(number) for number in (ANNE, BAKO))
    assert (kept["fnr"], kept["fnr_2"], kept["liste"], kept["tomt"]) == (anne, bako, "[1,2]", None)
    assert json.loads(kept["objekt"]) == {"fnr": anne, "x": "y"}
    assert (kept["kart"], kept["bytes"], kept["tid"]) == ('{"a":1}', "\\xFF", "01:02:00")
    assert "unreadable" not in row
    assert scan([received], {ANNE, BAKO, ANNE[1:]}) == {}
    content = b"".join(path.read_bytes() for path in received.rglob("*.parquet"))
    assert ANNE[1:].encode() not in content


def test_a_value_that_is_set_aside_holds_no_number_either(extracts, received):
    residences(extracts, "2018-01-21", kommunenr=pa.array([{"fnr": int(ANNE)}]))
    residences(extracts, "2018-07-21", ident=pa.array([[int(ANNE), int(BAKO)]]))
    assert receive_all(extracts, received).refused == []
    query = (
        f"select kommunenr, ident from read_parquet('{received}/folkeregister/2*/bosatt.parquet')"
    )
    for text in duckdb.sql(query).fetchall():
        assert ANNE not in str(text)
        assert ANNE[1:] not in str(text)
