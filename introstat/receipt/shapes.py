"""The shape of every table of the contract: an empty Parquet file beside its received ones.

dbt reads a table as all files that match `<source>/*/<table>*.parquet`, joined by the names of
their columns. A glob that matches nothing is an error, and older files lack a column that the
contract got later. `<received>/<source>/.contract/<table>.parquet` has no rows and every column
that a sealed file can have, so it is always there to match and always gives all columns.
"""

from pathlib import Path

import duckdb

from introstat.contract import Table, sources
from introstat.locking import move_into_place, workshop
from introstat.receipt.sealing import parquet_format
from introstat.sql import quoted_name, text_literal

SHAPES = ".contract"
_PREFIX = ".shapes-"
# What json_transform makes of an income line (sealing.py).
_INCOME = (
    "struct(beloep varchar, loennsinntekt struct(beskrivelse varchar), "
    '"pensjonEllerTrygd" struct(beskrivelse varchar))[]'
)
_OF_EVERY_FILE = {
    "extra_columns": "varchar",
    "line_content": "varchar",
    "unreadable": "varchar",
    "file_name": "varchar",
    "line_number": "bigint",
    "delivered": "date",
}


def write_shapes(received: Path) -> None:
    """Write the empty file of every table of the contract, each whole or not at all.

    The caller holds the received copy's lock. Raises OSError and duckdb.Error.
    """
    with workshop(received, _PREFIX) as folder, duckdb.connect(":memory:") as connection:
        for source in sources().values():
            place = received / source.name / SHAPES
            place.mkdir(parents=True, exist_ok=True)
            for table in source.tables:
                new = folder / f"{table.name}.parquet"
                connection.execute(
                    f"copy ({_without_rows(table)}) to {text_literal(str(new))} "
                    f"({parquet_format(table)})"
                )
                move_into_place(new, place / new.name)


def column_types(table: Table) -> dict[str, str]:
    """Return the columns that a sealed file of a table can have, in order, with DuckDB's types."""
    types: dict[str, str] = {}
    for column in table.columns:
        types[column.name] = _INCOME if column.data_type == "income" else "varchar"
        if column.identity:
            types[f"{column.name}_is_valid"] = "boolean"
        if column.ranked:
            types[f"{column.name}_rank"] = "bigint"
    if table.format == "fixed_width":
        types["has_only_digits"] = "boolean"  # of the fields that may hold nothing else
    return types | _OF_EVERY_FILE


def _without_rows(table: Table) -> str:
    columns = ", ".join(
        f"cast(null as {data_type}) as {quoted_name(name)}"
        for name, data_type in column_types(table).items()
    )
    return f"select {columns} where false"
