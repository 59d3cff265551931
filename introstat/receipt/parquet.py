"""A Parquet file read as the text that its rows would be in CSV, whatever the types of its columns.

What counts is whether a value can be read as the contract says. Programs choose types by what they
find: a column without values is null, codes of digits are whole numbers, and with a gap decimals.
"""

import duckdb

from introstat.contract import UNREADABLE_VALUE
from introstat.filereading import expect_small_parquet, reading_parquet
from introstat.parquetvalues import make_sealable, parquet_value
from introstat.queries import only_row
from introstat.receipt.manifest import DeliveredFile
from introstat.sql import quoted_name, text_literal


def parquet_types(connection: duckdb.DuckDBPyConnection, file: DeliveredFile) -> dict[str, str]:
    """Return the types of a file's columns as DuckDB calls them. Raises DeliveryRefused."""
    with reading_parquet(file.where):
        described = connection.execute(f"describe select * from {_rows(file)}").fetchall()
    return {row[0]: row[1] for row in described}


def load_parquet(
    connection: duckdb.DuckDBPyConnection, file: DeliveredFile, types: dict[str, str]
) -> tuple[list[str], bool]:
    """Make the table `parsed` of texts, c0, c1 …, and `unreadable`, which is seldom filled.

    Returns remarks, and whether it is filled in any row. Raises DeliveryRefused if the file is no
    sound Parquet.
    """
    columns = {column.name: column for column in file.table.columns}
    values = [
        parquet_value(quoted_name(name), kind, columns.get(name)) for name, kind in types.items()
    ]
    texts = ", ".join(f"nullif({value.text}, '') as c{n}" for n, value in enumerate(values))
    known = [value for name, value in zip(types, values, strict=True) if name in columns]
    expect_small_parquet(connection, file.path, list(types), file.where)
    with reading_parquet(file.where):
        connection.execute(
            f"""
            create or replace temp table parsed as
            select
                {texts},
                case when {_any([value.is_unreadable for value in known])}
                    then '{UNREADABLE_VALUE}' end as unreadable,
                {_any([value.is_of_one for value in known])} as is_of_one,
                {_any([value.is_short for value in known])} as is_short
            from {_rows(file)}
            """
        )
    for place, (name, kind) in enumerate(types.items()):
        # Keys and codes stay as they are: they must be the same in other files.
        if kind != "VARCHAR" and (name not in columns or kind[-1] in ")]"):
            make_sealable(connection, "parsed", f"c{place}")
    told = {
        "is_short": "identity numbers kept as numbers, read with the zero they lost",
        "is_of_one": "lists of one or single values read as meant",
        "unreadable is not null": "values that are not what the contract says, set aside",
    }
    remarks, is_odd = [], False
    for condition, remark in told.items():
        row = only_row(connection, f"select count(*), min(rowid) + 1 from parsed where {condition}")
        if row[0]:
            remarks.append(f"{file.where}: {remark}: {row[0]} rows, first row {row[1]}")
            is_odd |= condition.startswith("unreadable")
    return remarks, is_odd


def _rows(file: DeliveredFile) -> str:
    return f"read_parquet({text_literal(str(file.path))})"


def _any(conditions: list[str]) -> str:
    return (
        " or ".join(f"coalesce({each}, false)" for each in conditions if each != "false") or "false"
    )
