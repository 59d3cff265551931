"""Tables of Arrow or of pandas: what comes in as one goes out as the same."""

from typing import Any

import pyarrow as pa

Frame = Any  # a pyarrow.Table or a pandas.DataFrame


def arrow_of(table: Frame) -> pa.Table:
    """Return an Arrow table of a pandas one; floats that are all whole become integers again."""
    if isinstance(table, pa.Table):
        return table
    arrow = pa.Table.from_pandas(table, preserve_index=False)
    for place, name in enumerate(arrow.column_names):
        column = arrow[name]
        if pa.types.is_floating(column.type) and all(
            v is None or v.is_integer() for v in column.to_pylist()
        ):
            arrow = arrow.set_column(place, name, column.cast(pa.int64()))
    return arrow


def arrows_of(tables: Frame | list[Frame]) -> list[pa.Table]:
    """Return one table, or several files of one release, as Arrow tables."""
    return [arrow_of(table) for table in (tables if isinstance(tables, list) else [tables])]


def like(given: Frame, table: pa.Table) -> Frame:
    """Return a table of the kind that was given; hidden numbers are missing in either."""
    if isinstance(given, pa.Table):
        return table
    import pandas as pd  # only for those who bring it

    return table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
