"""Opening a warehouse that was built to the end, for the commands that read it."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from introstat.errors import UserError
from introstat.queries import only_row
from introstat.warehouse.opening import KEY_FILE_VARIABLE, open_warehouse


def open_built(path: Path, *tables: str) -> duckdb.DuckDBPyConnection:
    """Return a read-only connection to a warehouse file that has the tables.

    Raises UserError if there is no file, or it is no warehouse that was built to the end, or it is
    encrypted with another key than the environment names.
    """
    if not path.is_file():
        raise UserError(f"There is no warehouse at {path}. Build one first: introstat build --help")
    try:
        connection = open_warehouse(path)
        connection.execute(f"select 1 from {', '.join(tables)} limit 0")
    except duckdb.Error:
        raise UserError(
            f"{path} is not a warehouse that was built to the end, or is encrypted with another "
            f"key than ${KEY_FILE_VARIABLE} names. Name its key, or build it: introstat build "
            "--help"
        ) from None
    return connection


def known_until(connection: duckdb.DuckDBPyConnection) -> tuple[date, date, date]:
    """Return as_of, observed_until and the date of the NIR delivery in use."""
    row = only_row(connection, "select as_of, observed_until, nir_delivered from dim_vintage")
    return row[0], row[1], row[2]


def report_limits(connection: duckdb.DuckDBPyConnection) -> dict[str, Decimal]:
    """Return the numbers that texts about the warehouse go by, the seed report_limits; and
    registration_interval, the percent of half-years that the interval of a known share holds.
    """
    return dict(connection.execute(_REPORT_LIMITS).fetchall())


_REPORT_LIMITS = """
    select limit_name, limit_value from report_limits
    union all
    select 'registration_interval', 100 * (1 - 2 * interval_tail) from registration_method
"""
