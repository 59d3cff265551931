"""A Parquet file read as the text that its rows would be in CSV, whatever the types of its columns.

What counts is whether a value can be read as the contract says. Programs choose types by what they
find: a column without values is null, codes of digits are whole numbers, and with a gap decimals.
"""

import re
from dataclasses import dataclass

import duckdb

from introstat.contract import UNREADABLE_VALUE, Column
from introstat.filereading import expect_small_parquet, make_table, reading_parquet
from introstat.identity.numbers import may_hold_unsealable, sealable_numbers, with_zero
from introstat.receipt.manifest import DeliveredFile
from introstat.sql import quoted_name, text_literal

_WHOLE = re.compile("U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)")
_DECIMAL = re.compile(r"DECIMAL\([0-9,]+\)")
_TIMESTAMP = re.compile("TIMESTAMP(_S|_MS|_NS)?")
_TEXT = {"VARCHAR", "JSON", "DATE", "TIME", "TIME WITH TIME ZONE", "INTERVAL", "UUID"}
# In these a day begins that was kept as a moment.
_ZONES = ("UTC", "Europe/Oslo")


@dataclass(frozen=True)
class _Value:
    """SQL for a value: its text, and whether that is none the contract could mean.

    `is_of_one` is whether it came in a list of one, `is_short` whether an identity number has lost
    its first zero.
    """

    text: str
    is_unreadable: str = "false"
    is_of_one: str = "false"
    is_short: str = "false"


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
    values = [_value(quoted_name(name), kind, columns.get(name)) for name, kind in types.items()]
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
            _make_sealable(connection, f"c{place}")
    told = {
        "is_short": "identity numbers kept as numbers, read with the zero they lost",
        "is_of_one": "lists of one or single values read as meant",
        "unreadable is not null": "values that are not what the contract says, set aside",
    }
    remarks, is_odd = [], False
    for condition, remark in told.items():
        row = connection.execute(
            f"select count(*), min(rowid) + 1 from parsed where {condition}"
        ).fetchone()
        if row and row[0]:
            remarks.append(f"{file.where}: {remark}: {row[0]} rows, first row {row[1]}")
            is_odd |= condition.startswith("unreadable")
    return remarks, is_odd


def _rows(file: DeliveredFile) -> str:
    return f"read_parquet({text_literal(str(file.path))})"


def _any(conditions: list[str]) -> str:
    return (
        " or ".join(f"coalesce({each}, false)" for each in conditions if each != "false") or "false"
    )


def _value(value: str, kind: str, column: Column | None) -> _Value:
    """Return SQL for a value of a type; a column of the contract says what words it has."""
    if kind in _TEXT:
        return _Value(f"{value}::varchar")
    if kind == "BOOLEAN":
        words = column.yes_no if column else None
        yes, no = words or ("true", "false")
        text = f"case when {value} then {text_literal(yes)} else {text_literal(no)} end"
        text = f"case when {value} is not null then {text} end"
        return _Value(text, "false" if words else f"{value} is not null")
    if _WHOLE.fullmatch(kind) or _DECIMAL.fullmatch(kind) or kind in ("FLOAT", "DOUBLE"):
        return _number(value, kind, column)
    if _TIMESTAMP.fullmatch(kind):
        return _Value(_day(value, f"{value}::varchar"))
    if kind == "TIMESTAMP WITH TIME ZONE":
        text = f"timezone('UTC', {value})::varchar || '+00'"
        for zone in reversed(_ZONES):
            text = _day(f"timezone('{zone}', {value})", text)
        return _Value(text)
    if kind == "BLOB":
        text = f"try(decode({value}))"
        return _Value(
            f"coalesce({text}, {value}::varchar)", f"{value} is not null and {text} is null"
        )
    if kind.endswith("]"):
        one = _value(f"{value}[1]", kind[: kind.rindex("[")], column)
        is_of_one = f"(len({value}) = 1 and {value}[1] is not null)"
        return _Value(
            f"case when {is_of_one} then {one.text} else to_json({value})::varchar end",
            f"({value} is not null and not {is_of_one}) or {one.is_unreadable}",
            is_of_one,
            one.is_short,
        )
    return _Value(f"to_json({value})::varchar", f"{value} is not null")


def _number(value: str, kind: str, column: Column | None) -> _Value:
    text = f"{value}::varchar"
    if kind.startswith("DECIMAL"):
        text = (
            f"case when contains({text}, '.') then rtrim(rtrim({text}, '0'), '.') else {text} end"
        )
    elif not _WHOLE.fullmatch(kind):
        # A decimal that is kept in twos is near the one that is meant, not it.
        near = f"try_cast(round({value}::double, 6) as decimal(38, 6))::varchar"
        whole = f"try_cast({value} as bigint)::varchar"
        text = (
            f"case when {value} = trunc({value}) and abs({value}) < 1e15 then {whole} "
            f"else coalesce(rtrim(rtrim({near}, '0'), '.'), {text}) end"
        )
    if column is None or column.identity != "ident":
        return _Value(text)
    is_short = f"regexp_full_match({text}, '[0-9]{{10}}')"
    return _Value(f"case when {is_short} then '0' || {text} else {text} end", is_short=is_short)


def _day(moment: str, otherwise: str) -> str:
    return f"case when {moment} = {moment}::date then {moment}::date::varchar else {otherwise} end"


def _make_sealable(connection: duckdb.DuckDBPyConnection, column: str) -> None:
    """Write numbers in a column of other than text so that sealing finds identity numbers in it."""
    found = [
        row[0]
        for row in connection.execute(
            f"select distinct {column} from parsed where {may_hold_unsealable(column)}"
        ).fetchall()
    ]
    if found:
        made = [with_zero(each) if each.isdigit() else sealable_numbers(each) for each in found]
        make_table(connection, "sealable", {"found": found, "made": made})
        connection.execute(
            f"update parsed set {column} = made from sealable where parsed.{column} = found"
        )
        connection.execute("drop table sealable")
