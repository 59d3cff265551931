"""Whether a peer's facts are the warehouse's, row by row: no time counts before they agree.

A row counts as often as it occurs; the order of rows and of columns does not matter. Values are
compared in the warehouse's types, after proof that nothing is lost on the way there. Everything is
exact but doubles, which two engines may round differently: they may differ by RELATIVE_TOLERANCE.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

from introstat.places import memory_limit
from introstat.sql import quoted_name, text_literal
from introstat.warehouse.opening import open_warehouse

RELATIVE_TOLERANCE = 1e-12
# Rows compared at once, so that memory does not grow with the facts.
_ROWS_AT_ONCE = 5_000_000


def compare(warehouse: Path, folder: Path, facts: list[str]) -> list[str]:
    """Return in words how `<fact>.parquet` in `folder` differs from the warehouse's facts.

    An empty list says that every fact has the same columns and the same rows. A difference names
    the fact, the columns and numbers of rows, never what stands in a row.
    """
    with (
        tempfile.TemporaryDirectory() as spill,
        open_warehouse(warehouse) as connection,
    ):
        connection.execute(f"set memory_limit = '{memory_limit()}'")
        connection.execute(f"set temp_directory = {text_literal(spill)}")
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set enable_progress_bar = false")
        return [
            f"{fact}: {difference}"
            for fact in facts
            for difference in _differences(connection, fact, folder / f"{fact}.parquet")
        ]


def _differences(connection: duckdb.DuckDBPyConnection, fact: str, path: Path) -> Iterator[str]:
    if not path.is_file():
        yield f"there is no {path.name}"
        return
    ours = quoted_name(fact)
    theirs = f"read_parquet({text_literal(str(path))})"
    types, found = _types(connection, ours), _types(connection, theirs)
    yield from (f"column {name} is lacking" for name in types if name not in found)
    yield from (f"column {name} is not the warehouse's" for name in found if name not in types)
    if types.keys() != found.keys():
        return
    yield from _lost_in_casts(connection, theirs, types, found)
    doubles = [name for name, kind in types.items() if kind in ("DOUBLE", "FLOAT")]
    exact = [name for name in types if name not in doubles]
    both = (
        f"select {_casts(types)}, cast(1 as hugeint) as side from {ours} union all "
        f"select {_casts(types)}, cast(-1 as hugeint) as side from {theirs}"
    )
    yield from _rows_without_match(connection, both, exact)
    for name in doubles:
        yield from _doubles_apart(connection, both, exact, name)


def _types(connection: duckdb.DuckDBPyConnection, relation: str) -> dict[str, str]:
    described = connection.execute(f"describe select * from {relation}").fetchall()
    return {name: kind for name, kind, *_ in described}


def _casts(types: dict[str, str]) -> str:
    return ", ".join(
        f"try_cast({quoted_name(name)} as {kind}) as {quoted_name(name)}"
        for name, kind in types.items()
    )


def _names(columns: list[str]) -> str:
    return ", ".join(map(quoted_name, columns))


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row = connection.execute(query).fetchone()
    assert row is not None, "a query without `group by` gives a row"
    return tuple(int(value or 0) for value in row)


def _lost_in_casts(
    connection: duckdb.DuckDBPyConnection, peer: str, types: dict[str, str], found: dict[str, str]
) -> Iterator[str]:
    """Say which columns have values that the warehouse's type cannot hold: more decimals."""
    for name, kind in types.items():
        if found[name] != kind:
            column = quoted_name(name)
            there_and_back = f"try_cast(try_cast({column} as {kind}) as {found[name]})"
            (rows,) = _count(
                connection,
                f"select count(*) from {peer} where {column} is distinct from {there_and_back}",
            )
            if rows:
                yield f"column {name} is {found[name]}; {rows} of its values are no {kind}"


def _rows_without_match(
    connection: duckdb.DuckDBPyConnection, both: str, columns: list[str]
) -> Iterator[str]:
    """Say how many rows the other side has not, and in which column alone they differ.

    Both directions of `except all` at once: a row counts one for each time the warehouse has it and
    minus one for each time the peer has it.
    """
    rows, apart = _count(
        connection, f"select count(*), sum(side * hash({_names(columns)})) from ({both})"
    )
    # The row by row comparison is for telling what differs: two sets of rows whose 64 bits come to
    # the same are not the same once in 2^64.
    if not apart and rows > _ROWS_AT_ONCE:
        return
    parts = 1 + rows // _ROWS_AT_ONCE
    connection.execute(f"create or replace temp table unmatched as from ({both}) limit 0")
    for part in range(parts):
        some = f"select * from ({both}) where hash({_names(columns)}) % {parts} = {part}"
        connection.execute(f"insert into unmatched by name {_summed(some, columns)}")
    lacking, additional = _both_sides(connection, "select side from unmatched")
    if not lacking and not additional:
        return
    alone = [
        left_out
        for left_out in columns
        if lacking + additional < _ROWS_AT_ONCE
        and _both_sides(
            connection, _summed("from unmatched", [name for name in columns if name != left_out])
        )
        == (0, 0)
    ]
    where = f"; they differ in {' or '.join(alone)} alone" if alone else ""
    yield f"{lacking} rows are lacking, {additional} rows are not the warehouse's{where}"


def _summed(rows: str, columns: list[str]) -> str:
    return (
        f"select {_names(columns)}, sum(side) as side from ({rows}) "
        f"group by {_names(columns)} having sum(side) <> 0"
    )


def _both_sides(connection: duckdb.DuckDBPyConnection, rows: str) -> tuple[int, ...]:
    return _count(
        connection,
        "select sum(side) filter (where side > 0), -sum(side) filter (where side < 0) "
        f"from ({rows})",
    )


def _doubles_apart(
    connection: duckdb.DuckDBPyConnection, both: str, exact: list[str], name: str
) -> Iterator[str]:
    """Say how many rows that agree otherwise have doubles further apart than the tolerance."""
    value, keys = quoted_name(name), _names(exact)
    (rows,) = _count(
        connection,
        f"""
        select count(*) from (
            select count({value}) as known, max({value}) as high, min({value}) as low
            from (
                select *, row_number() over (partition by side, {keys} order by {value}) as place
                from ({both})
            )
            group by {keys}, place
            having count(*) = 2
        )
        where known = 1 or high - low > {RELATIVE_TOLERANCE} * greatest(abs(high), abs(low))
        """,
    )
    if rows:
        yield f"column {name} differs in {rows} rows by more than {RELATIVE_TOLERANCE} of its value"
