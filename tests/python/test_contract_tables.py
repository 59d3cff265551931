"""The empty file of every table of the contract, which gives a received table its shape."""

from pathlib import Path

import duckdb
import pytest
from conftest import KEY
from deliveries import benefit, deliver, ident, income

from introstat.contract import Table, sources
from introstat.errors import UserError
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.identity.scan import scan
from introstat.receipt.receive import receive
from introstat.receipt.rotate import rotate
from introstat.receipt.shapes import SHAPES

TABLES = [(source.name, table) for source in sources().values() for table in source.tables]
INCOME = (
    "STRUCT(beloep VARCHAR, loennsinntekt STRUCT(beskrivelse VARCHAR), "
    "pensjonEllerTrygd STRUCT(beskrivelse VARCHAR))[]"
)
FORM = f"030116{'':12}{ident(1)}{'':12}110102162{'01' + '00' * 10}06{'0' * 6}{'00' * 12}0150000"
MONTH = income(ident(1), "2018-01", benefit(1))


def of_the_contract(table: Table) -> list[tuple[str, str]]:
    expected = []
    for column in table.columns:
        expected.append((column.name, INCOME if column.data_type == "income" else "VARCHAR"))
        expected += [(f"{column.name}_is_valid", "BOOLEAN")] if column.identity else []
        expected += [(f"{column.name}_rank", "BIGINT")] if column.ranked else []
    if table.format == "fixed_width":
        expected.append(("has_only_digits", "BOOLEAN"))
    texts = ("extra_columns", "line_content", "unreadable", "file_name")
    text = [(name, "VARCHAR") for name in texts]
    return [*expected, *text, ("line_number", "BIGINT"), ("delivered", "DATE")]


def described(received: Path, source: str, pattern: str) -> list[tuple[str, str]]:
    """The columns of a table's files as dbt reads them, with their types."""
    with duckdb.connect() as connection:
        connection.execute(f"set file_search_path = '{received}'")
        files = f"read_parquet('{source}/{pattern}', union_by_name = true)"
        rows = connection.execute(f"describe select * from {files}").fetchall()
    return [(name, data_type) for name, data_type, *_ in rows]


def shapes(received: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(received)): path.read_bytes() for path in received.rglob(f"{SHAPES}/*")
    }


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A delivery of every source, and what was received of it."""
    extracts = tmp_path_factory.mktemp("delivered") / "extracts"
    for source in ("nir", "folkeregister", "status"):
        deliver(extracts, source, "2018-02-21")
    businesses = ["1;0301;2015-01-01;"]
    lines = {"inntekt-2018-01.jsonl": [MONTH], "virksomheter.csv": businesses}
    deliver(extracts, "aordningen", "2018-02-10", lines)
    deliver(extracts, "kostra", "2017-02-20", {"11b-2016.dat": [FORM]})
    received = extracts.parent / "received"
    outcome = receive(extracts, received, Pseudonymiser(KEY))
    assert len(outcome.received) == 5
    return extracts, received


@pytest.fixture(scope="module")
def nothing_delivered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("nothing")
    (folder / "extracts").mkdir()
    receive(folder / "extracts", folder / "received", Pseudonymiser(KEY))
    return folder / "received"


@pytest.mark.parametrize(("source", "table"), TABLES, ids=lambda it: getattr(it, "name", it))
def test_a_table_has_the_contracts_columns_whatever_was_delivered(
    delivered, nothing_delivered, source, table
):
    every_file = f"*/{table.name}*.parquet"
    expected = of_the_contract(table)
    assert described(nothing_delivered, source, every_file) == expected
    assert described(delivered[1], source, every_file) == expected
    sealed = described(delivered[1], source, f"2*/{table.name}*.parquet")
    assert set(sealed) <= set(expected), "a sealed file has a column or type of its own"


@pytest.mark.parametrize(("source", "table"), TABLES, ids=lambda it: getattr(it, "name", it))
def test_no_tables_files_are_taken_for_anothers(source, table):
    """`<table>*` must not match a dataset of another table of the source."""
    others = [other.name for other in sources()[source].tables if other != table]
    assert not [other for other in others if other.startswith(table.name)]


def test_the_empty_files_are_the_same_each_time_and_hold_no_rows(delivered):
    extracts, received = delivered
    before = shapes(received)
    assert len(before) == len(TABLES)
    first = received / "nir" / SHAPES / "personer.parquet"
    first.write_bytes(b"half a file")
    assert len(receive(extracts, received, Pseudonymiser(KEY)).known) == 5
    assert shapes(received) == before
    with duckdb.connect() as connection:
        every = f"read_parquet('{received}/*/{SHAPES}/*', union_by_name = true)"
        assert connection.execute(f"select count(*) from {every}").fetchall() == [(0,)]
    assert not list(received.glob(".shapes-*"))
    assert scan([received]) == {}


def test_another_key_leaves_the_empty_files_alone(delivered):
    extracts, received = delivered
    first = received / "nir" / SHAPES / "personer.parquet"
    content = first.read_bytes()
    first.unlink()
    with pytest.raises(UserError, match="not the one that"):
        receive(extracts, received, Pseudonymiser(bytes(64)))
    assert not first.exists()
    first.write_bytes(content)


def test_a_rotated_copy_has_the_same_empty_files(delivered, tmp_path):
    _, received = delivered
    rotate(received, tmp_path / "rotated", Pseudonymiser(KEY), Pseudonymiser(bytes(64)))
    assert shapes(tmp_path / "rotated") == shapes(received)
