"""Sealing: the received copy written with every identity number replaced by its pseudonym.

Identity columns are replaced whole and get `<column>_is_valid` beside them. In any other text a run
of 11 or more digits is replaced where it stands, so a number noted in the wrong place does not slip
through. In columns that the contract marks `coded` runs of digits are codes by design: there only
what breaks the pattern of the codes and holds a valid number is replaced.
"""

import re
from pathlib import Path

import duckdb
import pyarrow as pa

from introstat.contract import UNREADABLE_ROW, Column, Table
from introstat.filereading import count, make_table
from introstat.identity.numbers import (
    NUMBER_IN_ASCII,
    NUMBER_IN_TEXT,
    SYNTHETIC,
    is_valid_duf,
    is_valid_form_duf,
    is_valid_ident,
)
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.receipt.linefields import UNREAD
from introstat.receipt.manifest import DeliveredFile, Delivery
from introstat.receipt.placeholders import placeholder_remarks
from introstat.sql import quoted_name, text_literal

_NUMBERS_TABLE = (
    "create temp table if not exists numbers "
    "(number varchar, pseudonym varchar, is_valid_ident boolean, is_valid_duf boolean, "
    "is_valid_form_duf boolean)"
)
# How many are kept, some 100 bytes each; one file may add to them what it holds.
_MOST_NUMBERS = 5_000_000
_SHORTEST_NUMBER = 11
# Registers' text packs no smaller at higher levels, which take half as long again. Most columns are
# either words, a few, or numbers of their own: a dictionary that has grown long is given up early.
_PARQUET_FORMAT = (
    "format parquet, parquet_version v2, compression zstd, compression_level 1, "
    "dictionary_size_limit 10000"
)
# A group of rows is in memory until it is written, and a line of JSON is long.
_GROUPS_OF_LINES = ", row_group_size 61440"
# What holds text of any kind, beside the contract's columns.
_TEXTS = ("extra_columns", "line_content", "line_read")
# The part of an income line that the warehouse reads; the whole line is kept beside it.
_INCOME_SHAPE = """{
    "opplysningspliktigId": "VARCHAR", "virksomhetId": "VARCHAR", "kalendermaaned": "VARCHAR",
    "inntekt": [{
        "beloep": "VARCHAR",
        "loennsinntekt": {"beskrivelse": "VARCHAR"},
        "pensjonEllerTrygd": {"beskrivelse": "VARCHAR"}
    }]
}"""
# A whole number can be replaced wherever it stands in the line. What is shorter, or no text in
# JSON, may stand in other places by chance: there only the value under its own name is replaced.
_SEALED_LINE = """
    case
        when {0}.number is null or {0}.number = '{1}' then line_content
        when length({0}.number) < 11 or not contains(line_content, '"' || {0}.number || '"')
            then regexp_replace(
                line_content,
                '("personidentifikator"\\s*:\\s*)("(\\\\.|[^"\\\\])*"|[^",}}\\s]+)',
                '\\1"' || {0}.pseudonym || '"'
            )
        else replace(line_content, {0}.number, {0}.pseudonym)
    end
"""


def parquet_format(table: Table) -> str:
    """Return the options of `copy` that the sealed files of a table are written with."""
    return _PARQUET_FORMAT + (_GROUPS_OF_LINES if table.format == "jsonl" else "")


def write_sealed(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    file: DeliveredFile,
    pseudonymiser: Pseudonymiser,
    folder: Path,
    synthetic: frozenset[str] = SYNTHETIC,
) -> list[str]:
    """Write the view `incoming`, sealed, to `<folder>/<dataset>.parquet`, and drop the rest.

    `synthetic` are the test populations whose numbers are valid. Returns what is to be remarked on.
    """
    identities = [column for column in file.table.columns if column.identity]
    if identities:
        _seal_numbers(connection, identities, pseudonymiser, synthetic)
    columns = _make_numbered(connection, file, identities)
    replaced = _seal_texts(connection, columns, file, pseudonymiser)
    joins = " ".join(
        f"left join {table} on numbered.{quoted_name(name)} = {table}.found"
        for name, table in replaced.items()
    )
    selected = ", ".join(
        f"coalesce({replaced[name]}.sealed, numbered.{quoted_name(name)}) as {quoted_name(name)}"
        if name in replaced
        else f"numbered.{quoted_name(name)}"
        for name in columns
    )
    query = f"select {selected} from numbered {joins}"
    if file.table.format == "jsonl":
        query = _income_query(query)
    connection.execute(
        f"""
        copy (
            select
                *, {text_literal(file.path.name)} as file_name,
                date '{delivery.delivered}' as delivered
            from ({query})
            order by line_number
        ) to {text_literal(str(folder / f"{file.dataset}.parquet"))} ({parquet_format(file.table)})
        """
    )
    for table in replaced.values():
        connection.execute(f"drop table {table}")
    forget_file(connection)
    return placeholder_remarks(connection, file, folder)


def forget_file(connection: duckdb.DuckDBPyConnection) -> None:
    """Let go of what was read of a file, whether or not it came to be written."""
    tables = ("parsed", "line_numbers", "odd_lines", "numbers_of_file", "made", "numbered_lines")
    connection.execute("; ".join(f"drop table if exists {table}" for table in tables))


def _make_numbered(
    connection: duckdb.DuckDBPyConnection, file: DeliveredFile, identities: list[Column]
) -> list[str]:
    """Make the view `numbered`, `incoming` with its numbers replaced, and return its columns."""
    by_name = {column.name: column for column in identities}
    selected: dict[str, str] = {}
    for name, *_ in connection.execute("describe incoming").fetchall():
        if name in by_name:
            selected |= _identity_columns(by_name[name])
        elif name == "line_content" and file.table.format == "jsonl":
            selected[name] = _SEALED_LINE.format(f"of_{identities[0].name}", UNREAD)
        else:
            selected[name] = f"incoming.{quoted_name(name)}"
    joins = " ".join(
        f"left join numbers_of_file as of_{name} on incoming.{name} = of_{name}.found"
        for name in by_name
    )
    values = ", ".join(f"{value} as {quoted_name(name)}" for name, value in selected.items())
    query = f"select {values} from incoming {joins}"
    if file.table.format == "jsonl":  # its lines are read twice, and held once
        connection.execute(f"create or replace temp table numbered_lines as {query}")
        connection.execute("drop table if exists parsed; drop table if exists odd_lines")
        query = "from numbered_lines"
    connection.execute(f"create or replace temp view numbered as {query}")
    return list(selected)


def _identity_columns(column: Column) -> dict[str, str]:
    number = f"of_{column.name}"
    columns = {
        column.name: f"{number}.pseudonym",
        f"{column.name}_is_valid": f"{number}.is_valid_{column.identity}",
    }
    if column.ranked:
        # A loop of numbers is broken at the one that sorts first, which no pseudonym can tell.
        columns[f"{column.name}_rank"] = f"dense_rank() over (order by {number}.number)"
    return columns


def _seal_numbers(
    connection: duckdb.DuckDBPyConnection,
    columns: list[Column],
    pseudonymiser: Pseudonymiser,
    synthetic: frozenset[str],
) -> None:
    """Make `numbers_of_file`: what is found in the identity columns, with what is made of each.

    A person's number is in most files: what is made of it stays in the table `numbers`.
    """
    connection.execute(_NUMBERS_TABLE)
    found = " union all ".join(f"select {each.name} as found from incoming" for each in columns)
    connection.execute(
        f"""
        create or replace temp table numbers_of_file as
        select found, trim(found) as number
        from (select distinct found from ({found}))
        where trim(found) <> ''
        """
    )
    if count(connection, "select count(*) from numbers") > _MOST_NUMBERS:
        connection.execute("delete from numbers")
    new = _texts(
        connection, "select distinct number from numbers_of_file anti join numbers using (number)"
    )
    made = {
        "number": new,
        "pseudonym": list(map(pseudonymiser.pseudonym, new)),
        "is_valid_ident": pa.array((is_valid_ident(each, synthetic) for each in new), pa.bool_()),
        "is_valid_duf": pa.array(map(is_valid_duf, new), pa.bool_()),
        "is_valid_form_duf": pa.array(map(is_valid_form_duf, new), pa.bool_()),
    }
    make_table(connection, "made", made)
    connection.execute("insert into numbers from made")
    connection.execute(
        """
        create or replace temp table numbers_of_file as
        select numbers_of_file.found, numbers.*
        from numbers_of_file inner join numbers on numbers_of_file.number = numbers.number
        """
    )


def _seal_texts(
    connection: duckdb.DuckDBPyConnection,
    columns: list[str],
    file: DeliveredFile,
    pseudonymiser: Pseudonymiser,
) -> dict[str, str]:
    """Make a table found → sealed for each column with numbers in its texts; return their names."""
    by_name = {column.name: column for column in file.table.columns}
    # The lines of JSON are looked through with their own number replaced already.
    relation = "numbered" if file.table.format == "jsonl" else "incoming"
    texts = [
        name
        for name in columns
        if name in _TEXTS or (name in by_name and not by_name[name].identity)
    ]
    replaced: dict[str, str] = {}
    # Most columns hold no number: one look at the file tells which may.
    for name in _may_hold_numbers(connection, relation, texts):
        found = _texts(
            connection,
            f"""
            select distinct {quoted_name(name)} as found from {relation}
            where {_may_hold_number(name)}
                and regexp_matches({quoted_name(name)}, '{NUMBER_IN_TEXT}')
            order by found
            """,
        )
        column = by_name.get(name)
        codes = column.coded if column else None
        if codes is not None:
            found = [text for text in found if _has_slipped(text, codes)]
        if not found:
            continue
        replaced[name] = f"texts_{len(replaced)}"
        sealed = list(map(pseudonymiser.replace_in_text, found))
        make_table(connection, replaced[name], {"found": found, "sealed": sealed})
    return replaced


def _texts(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    return [row[0] for row in connection.execute(query).fetchall()]


def _may_hold_numbers(
    connection: duckdb.DuckDBPyConnection, relation: str, names: list[str]
) -> list[str]:
    """Return those of a relation's columns that hold a text in which a number may stand."""
    if not names:
        return []
    looked = ", ".join(f"bool_or({_may_hold_number(name)})" for name in names)
    [held] = connection.execute(f"select {looked} from {relation}").fetchall()
    return [name for name, may_hold in zip(names, held, strict=True) if may_hold]


def _may_hold_number(name: str) -> str:
    text = quoted_name(name)
    # A case looks at what the one before left over; both sides of an `and` are looked at whole.
    return f"""
        case
            when strlen({text}) < {_SHORTEST_NUMBER} then false
            when strlen({text}) <> length({text}) then true
            else regexp_matches({text}, '{NUMBER_IN_ASCII}')
        end
    """


def _has_slipped(text: str, codes: str) -> bool:
    """Return whether codes are none, and a valid number stands where they should."""
    starts = range(len(text) - 10)
    return not re.fullmatch(codes, text) and (
        any(is_valid_ident(text[start : start + 11]) for start in starts)
        or any(is_valid_duf(text[start : start + 12]) for start in starts)
    )


def _income_query(query: str) -> str:
    """Read the income lines from the sealed lines; one that sealing broke keeps only its text."""
    return f"""
        select
            read.opplysningspliktigId, read.virksomhetId, read.kalendermaaned,
            personidentifikator, personidentifikator_is_valid, read.inntekt,
            line_content, line_number,
            case when read is null then '{UNREADABLE_ROW}' else unreadable end as unreadable
        from (
            select
                *, try(json_transform(coalesce(line_read, line_content), '{_INCOME_SHAPE}')) as read
            from ({query})
        )
    """
