"""Remarks on dates that only stand where none is known: 1900-01-01, 9999-12-31 and their like."""

from pathlib import Path

import duckdb

from introstat.receipt.check.relations import is_placeholder, sealed_rows
from introstat.receipt.manifest import DeliveredFile


def placeholder_remarks(
    connection: duckdb.DuckDBPyConnection, file: DeliveredFile, staging: Path
) -> list[str]:
    """Return a remark for each column of a sealed file with dates that mean there is none."""
    columns = [column for column in file.table.columns if column.dated]
    if not columns:
        return []
    read = ", ".join(
        f"{is_placeholder(column)} as is_{place}" for place, column in enumerate(columns)
    )
    counts = ", ".join(
        f"count(*) filter (where is_{place}), min(line_number) filter (where is_{place})"
        for place, _ in enumerate(columns)
    )
    rows = sealed_rows([staging / f"{file.dataset}.parquet"])
    found = connection.execute(f"select {counts} from (select line_number, {read} {rows})")
    [values] = found.fetchall()
    return [
        f"{file.where}: placeholder dates, read as no date: {column.name} "
        f"({values[2 * place]}, the first in line {values[2 * place + 1]})"
        for place, column in enumerate(columns)
        if values[2 * place]
    ]
