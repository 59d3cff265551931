"""What a query gives, read to its end: DuckDB 2 does nothing else while a result is open."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_Parameters = Sequence[Any] | Mapping[str, Any] | None


def first_row(
    connection: "duckdb.DuckDBPyConnection", query: str, parameters: _Parameters = None
) -> tuple[Any, ...] | None:
    """Return the first row of a short result, None if there is none."""
    return next(iter(connection.execute(query, parameters).fetchall()), None)


def only_row(
    connection: "duckdb.DuckDBPyConnection", query: str, parameters: _Parameters = None
) -> tuple[Any, ...]:
    """Return the one row that a query gives. Raises ValueError if it gives none or several."""
    [row] = connection.execute(query, parameters).fetchall()
    return tuple(row)


def table_of(
    connection: "duckdb.DuckDBPyConnection", query: str, parameters: _Parameters = None
) -> "pa.Table":
    """Return what a query gives as an Arrow table."""
    # From a relation, read once: of what was executed DuckDB 2 copies the rows, and says so.
    return connection.sql(query, params=parameters).to_arrow_table()
