"""A value of a Parquet file as the text that it would be in CSV, whatever its type.

Programs choose types by what they find: a column without values is null, codes of digits are whole
numbers, and with a gap decimals.
"""

import re
from dataclasses import dataclass

import duckdb

from introstat.codelists import seed_relation
from introstat.contract import Column
from introstat.filereading import make_table
from introstat.identity.numbers import (
    DECIMAL_PLACES,
    may_hold_unsealable,
    sealable_numbers,
    with_zero,
)
from introstat.sql import text_literal

_WHOLE = re.compile("U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)")
_DECIMAL = re.compile(r"DECIMAL\([0-9,]+\)")
_TIMESTAMP = re.compile("TIMESTAMP(_S|_MS|_NS)?")
_TEXT = {"VARCHAR", "JSON", "DATE", "TIME", "TIME WITH TIME ZONE", "INTERVAL", "UUID"}
# In these a day begins that was kept as a moment.
_ZONES = ("UTC", "Europe/Oslo")


@dataclass(frozen=True)
class ParquetValue:
    """SQL for a value: its text, and whether that is none the contract could mean.

    `is_of_one` is whether it came in a list of one, `is_short` whether an identity number has lost
    its first zero.
    """

    text: str
    is_unreadable: str = "false"
    is_of_one: str = "false"
    is_short: str = "false"


def parquet_value(value: str, kind: str, column: Column | None) -> ParquetValue:
    """Return SQL for a value of a type; a column of the contract says what words it has."""
    if kind in _TEXT:
        return ParquetValue(f"{value}::varchar")
    if kind == "BOOLEAN":
        words = column.yes_no if column else None
        yes, no = words or ("true", "false")
        text = f"case when {value} then {text_literal(yes)} else {text_literal(no)} end"
        text = f"case when {value} is not null then {text} end"
        return ParquetValue(text, "false" if words else f"{value} is not null")
    if _WHOLE.fullmatch(kind) or _DECIMAL.fullmatch(kind) or kind in ("FLOAT", "DOUBLE"):
        return _number(value, kind, column)
    if _TIMESTAMP.fullmatch(kind):
        return ParquetValue(_day([value], f"try({value}::varchar)"))
    if kind == "TIMESTAMP WITH TIME ZONE":
        moments = [f"timezone('{zone}', {value})" for zone in _ZONES]
        return ParquetValue(_day(moments, f"{moments[0]}::varchar || '+00'"))
    if kind == "BLOB":
        text = f"try(decode({value}))"
        return ParquetValue(
            f"coalesce({text}, {value}::varchar)", f"{value} is not null and {text} is null"
        )
    if kind.endswith("]"):
        one = parquet_value(f"{value}[1]", kind[: kind.rindex("[")], column)
        is_of_one = f"(len({value}) = 1 and {value}[1] is not null)"
        return ParquetValue(
            f"case when {is_of_one} then {one.text} else to_json({value})::varchar end",
            f"({value} is not null and not {is_of_one}) or {one.is_unreadable}",
            is_of_one,
            one.is_short,
        )
    return ParquetValue(f"to_json({value})::varchar", f"{value} is not null")


def _number(value: str, kind: str, column: Column | None) -> ParquetValue:
    text = f"{value}::varchar"
    if kind in ("FLOAT", "DOUBLE"):  # a column or a value that is not there, as some programs write
        value = f"case when not isnan({value}) then {value} end"
        text = f"({value})::varchar"
    if kind.startswith("DECIMAL"):
        text = (
            f"case when contains({text}, '.') then rtrim(rtrim({text}, '0'), '.') else {text} end"
        )
    elif not _WHOLE.fullmatch(kind):
        # A decimal that is kept in twos is near the one that is meant, not it.
        near = f"round({value}::double, {DECIMAL_PLACES})"
        near = f"try_cast({near} as decimal(38, {DECIMAL_PLACES}))::varchar"
        whole = f"try_cast({value} as bigint)::varchar"
        text = (
            f"case when {value} = trunc({value}) and abs({value}) < 1e15 then {whole} "
            f"else coalesce(rtrim(rtrim({near}, '0'), '.'), {text}) end"
        )
    if column is None or column.identity != "ident":
        return ParquetValue(text)
    is_short = f"regexp_full_match({text}, '[0-9]{{10}}')"
    return ParquetValue(
        f"case when {is_short} then '0' || {text} else {text} end", is_short=is_short
    )


def _day(moments: list[str], otherwise: str) -> str:
    """Return SQL for the day that begins at a moment, or in which it is if that is a placeholder.

    The last moment that a program knows is one: 9999-12-31 23:59:59.999. `moments` are the same
    one in several zones.
    """
    placeholders = f"select placeholder from {seed_relation('placeholder_dates')}"
    begins = [f"try({each} = {each}::date)" for each in moments]
    stands = [f"{each}::date::varchar in ({placeholders})" for each in moments]
    cases = [
        f"when {condition} then {moment}::date::varchar"
        for conditions in (begins, stands)
        for condition, moment in zip(conditions, moments, strict=True)
    ]
    return f"case {' '.join(cases)} else {otherwise} end"


def make_sealable(connection: duckdb.DuckDBPyConnection, table: str, column: str) -> None:
    """Write a column of other than text so that sealing finds identity numbers in it."""
    found = [
        row[0]
        for row in connection.execute(
            f"select distinct {column} from {table} where {may_hold_unsealable(column)}"
        ).fetchall()
    ]
    if found:
        made = [with_zero(each) if each.isdigit() else sealable_numbers(each) for each in found]
        make_table(connection, "sealable", {"found": found, "made": made})
        connection.execute(
            f"update {table} set {column} = made from sealable where {table}.{column} = found"
        )
        connection.execute("drop table sealable")
