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

from introstat.identity.numbers import (
    NUMBER_IN_ASCII,
    NUMBER_IN_TEXT,
    valid_dufs,
    valid_idents,
)
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.receipt.contract import Column, Table
from introstat.receipt.manifest import DeliveredFile, Delivery
from introstat.sql import quoted_name, text_literal

# The numbers that were sealed, for all that one command receives: a person comes again and again.
_NUMBERS_TABLE = (
    "create or replace temp table numbers "
    "(number varchar, pseudonym varchar, is_valid_ident boolean, is_valid_duf boolean)"
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
_CHECK = {"ident": "is_valid_ident", "duf": "is_valid_duf"}
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
# Nearly every line holds its number once, as a text of its own. Such a line is kept as what stands
# before and after: putting it together takes a fraction of what `replace` does, and both come again
# in many lines, so that they are looked through for other numbers faster than the lines would be.
_LINE_PARTS = """
    select
        pseudonym as personidentifikator,
        is_valid_ident as personidentifikator_is_valid,
        case when stands_once then around[1] end as text_before,
        case when stands_once then around[2] end as text_after,
        case
            when number is null then line_content
            when stands_once then null
            when length(number) < 11 or not contains(line_content, '"' || number || '"')
                then regexp_replace(
                    line_content,
                    '("personidentifikator"\\s*:\\s*)("(\\\\.|[^"\\\\])*"|[^",}\\s]+)',
                    '\\1"' || pseudonym || '"'
                )
            else replace(line_content, number, pseudonym)
        end as whole_text,
        line_number
    from (
        select
            *,
            length(number) >= 11 and len(around) = 2
            and ends_with(around[1], '"') and starts_with(around[2], '"') as stands_once
        from (
            select *, string_split(line_content, number) as around
            from (
                select line_content, line_number, number, pseudonym, is_valid_ident
                from incoming
                left join numbers_of_file on incoming.personidentifikator = numbers_of_file.found
                order by line_number
            )
        )
    )
"""
_SEALED_LINES = """
    select
        personidentifikator,
        personidentifikator_is_valid,
        coalesce(whole_text, text_before || personidentifikator || text_after) as line_content,
        line_number
    from line_parts
"""
# A quote stands at the parts' ends, so no number stands across two of them.
_TEXTS_IN_LINES = """
    select whole_text as line_content from line_parts
    union
    select text_before from line_parts
    union
    select text_after from line_parts
"""


def forget_numbers(connection: duckdb.DuckDBPyConnection) -> None:
    """Begin with an empty table `numbers`."""
    connection.execute(_NUMBERS_TABLE)


def parquet_format(table: Table) -> str:
    """Return the options of `copy` that the sealed files of a table are written with."""
    return _PARQUET_FORMAT + (_GROUPS_OF_LINES if table.format == "jsonl" else "")


def write_sealed(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    file: DeliveredFile,
    pseudonymiser: Pseudonymiser,
    folder: Path,
) -> None:
    """Write the view `incoming` to `<folder>/<dataset>.parquet`, sealed, and drop what is beneath.

    The connection has had `forget_numbers`, and may have sealed other files since.
    """
    identities = [column for column in file.table.columns if column.identity]
    if identities:
        _seal_numbers(connection, identities, pseudonymiser)
    relation, columns = _numbered(connection, file, identities)
    replaced = _seal_texts(connection, relation, columns, file, pseudonymiser)
    joins = " ".join(
        f"left join {table} on {relation}.{quoted_name(name)} = {table}.found"
        for name, table in replaced.items()
    )
    selected = ", ".join(
        f"coalesce({replaced[name]}.sealed, {relation}.{quoted_name(name)}) as {quoted_name(name)}"
        if name in replaced
        else f"{relation}.{quoted_name(name)}"
        for name in columns
    )
    query = f"select {selected} from {relation} {joins}"
    if file.table.format == "jsonl":
        query = _income_query(query)
    # A table is written in its own order, which is the file's; a join may change it.
    is_in_order = not replaced and relation in ("incoming", "sealed_lines")
    connection.execute(
        f"""
        copy (
            select
                *, {text_literal(file.path.name)} as file_name,
                date '{delivery.delivered}' as delivered
            from ({query})
            {"" if is_in_order else "order by line_number"}
        ) to {text_literal(str(folder / f"{file.dataset}.parquet"))} ({parquet_format(file.table)})
        """
    )
    for table in replaced.values():
        connection.execute(f"drop table {table}")
    forget_file(connection)


def forget_file(connection: duckdb.DuckDBPyConnection) -> None:
    """Let go of what was read of a file, whether or not it came to be written."""
    tables = ("parsed", "line_numbers", "numbers_of_file", "line_parts")
    connection.execute("; ".join(f"drop table if exists {table}" for table in tables))


def _numbered(
    connection: duckdb.DuckDBPyConnection, file: DeliveredFile, identities: list[Column]
) -> tuple[str, list[str]]:
    """Return the relation that has `incoming`'s identity columns replaced, and its columns.

    Lines of JSON are taken apart once, for they are read twice from there.
    """
    if file.table.format == "jsonl":
        # DuckDB takes the numbers for more than they are and would hold the lines whole, to look
        # them up by number, which takes a third as long again as holding the numbers.
        connection.execute("set disabled_optimizers = 'build_side_probe_side'")
        try:
            connection.execute(f"create or replace temp table line_parts as {_LINE_PARTS}")
        finally:
            connection.execute("reset disabled_optimizers")
        connection.execute(f"create or replace temp view sealed_lines as {_SEALED_LINES}")
        described = connection.execute("describe sealed_lines").fetchall()
        return "sealed_lines", [row[0] for row in described]
    described = connection.execute("describe incoming").fetchall()
    columns = [row[0] for row in described]
    if not identities:
        return "incoming", columns
    by_name = {column.name: column for column in identities}
    selected: dict[str, str] = {}
    for name in columns:
        if name in by_name:
            selected |= _identity_columns(by_name[name])
        else:
            selected[name] = f"incoming.{quoted_name(name)}"
    joins = " ".join(
        f"left join numbers_of_file as of_{name} on incoming.{name} = of_{name}.found"
        for name in by_name
    )
    values = ", ".join(f"{value} as {quoted_name(name)}" for name, value in selected.items())
    connection.execute(
        f"create or replace temp view numbered_view as select {values} from incoming {joins}"
    )
    return "numbered_view", list(selected)


def _identity_columns(column: Column) -> dict[str, str]:
    number = f"of_{column.name}"
    check = _CHECK[column.identity or "ident"]
    columns = {
        column.name: f"{number}.pseudonym",
        f"{column.name}_is_valid": f"{number}.{check}",
    }
    if column.ranked:
        # A loop of numbers is broken at the one that sorts first, which no pseudonym can tell.
        columns[f"{column.name}_rank"] = f"dense_rank() over (order by {number}.number)"
    return columns


def _seal_numbers(
    connection: duckdb.DuckDBPyConnection, columns: list[Column], pseudonymiser: Pseudonymiser
) -> None:
    """Make `numbers_of_file`: what is found in the identity columns, with what is made of each.

    What is not in `numbers` yet is added to it.
    """
    found = " union all ".join(f"select {each.name} as found from incoming" for each in columns)
    connection.execute(
        f"""
        create or replace temp table numbers_of_file as
        with trimmed as (
            select found, trim(found) as number
            from (select distinct found from ({found}))
        )

        select trimmed.found, trimmed.number, numbers.* exclude (number)
        from trimmed left join numbers on trimmed.number = numbers.number
        where trimmed.number <> ''
        """
    )
    new = (
        connection.execute("select distinct number from numbers_of_file where pseudonym is null")
        .to_arrow_table()["number"]
        .to_pylist()
    )
    if not new:
        return
    known = connection.execute("select count(*) from numbers").fetchone()
    if known and known[0] + len(new) > _MOST_NUMBERS:
        forget_numbers(connection)
    made = pa.table(
        {
            "number": pa.array(new, pa.string()),
            "pseudonym": pa.array(pseudonymiser.pseudonyms(new), pa.string()),
            "is_valid_ident": pa.array(valid_idents(new), pa.bool_()),
            "is_valid_duf": pa.array(valid_dufs(new), pa.bool_()),
        }
    )
    connection.register("made", made)
    connection.execute("insert into numbers from made")
    connection.execute(
        """
        insert into numbers_of_file
        select new.found, made.*
        from numbers_of_file as new
        inner join made on new.number = made.number
        """
    )
    connection.execute("delete from numbers_of_file where pseudonym is null")
    connection.unregister("made")


def _seal_texts(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: list[str],
    file: DeliveredFile,
    pseudonymiser: Pseudonymiser,
) -> dict[str, str]:
    """Make a table found → sealed for each column whose texts hold a number; return them by column.

    Nearly no column does, so all are asked at once: by what is cheap to tell, of a text in ASCII
    the whole answer. A text beyond ASCII is looked at more closely with its column.
    """
    texts = [name for name in columns if _holds_free_text(file, name)]
    codes = {column.name: column.coded for column in file.table.columns}
    asked = ", ".join(f"coalesce(bool_or({_may_hold_number(name)}), false)" for name in texts)
    looked_through = f"({_TEXTS_IN_LINES})" if file.table.format == "jsonl" else relation
    answers = connection.execute(f"select {asked} from {looked_through}").fetchone() or ()
    suspects = [name for name, may in zip(texts, answers, strict=True) if may]
    replaced = {
        name: _sealed_texts(connection, relation, name, codes.get(name), place, pseudonymiser)
        for place, name in enumerate(suspects)
    }
    return {name: table for name, table in replaced.items() if table}


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


def _holds_free_text(file: DeliveredFile, name: str) -> bool:
    if name in ("extra_columns", "line_content"):
        return True
    return any(column.name == name and not column.identity for column in file.table.columns)


def _sealed_texts(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    name: str,
    codes: str | None,
    place: int,
    pseudonymiser: Pseudonymiser,
) -> str | None:
    """Make a table found → sealed of a column's texts that hold a number, if any do."""
    found = (
        connection.execute(
            f"""
            select distinct {quoted_name(name)} as found from {relation}
            where {_may_hold_number(name)}
                and regexp_matches({quoted_name(name)}, '{NUMBER_IN_TEXT}')
            order by found
            """
        )
        .to_arrow_table()["found"]
        .to_pylist()
    )
    if codes is not None:
        found = [text for text in found if _has_slipped(text, codes)]
    if not found:
        return None
    table = f"texts_{place}"
    sealed = pa.table(
        {
            "found": pa.array(found, pa.string()),
            "sealed": pa.array(map(pseudonymiser.replace_in_text, found), pa.string()),
        }
    )
    connection.register("sealed", sealed)
    connection.execute(f"create or replace temp table {table} as from sealed")
    connection.unregister("sealed")
    return table


def _has_slipped(text: str, codes: str) -> bool:
    """Tell whether codes are none, and a valid number stands where they should."""
    starts = range(len(text) - 10)
    return not re.fullmatch(codes, text) and (
        any(valid_idents([text[start : start + 11] for start in starts]))
        or any(valid_dufs([text[start : start + 12] for start in starts]))
    )


def _income_query(query: str) -> str:
    """Read the income lines from the sealed lines; one that sealing broke keeps only its text."""
    return f"""
        select
            read.opplysningspliktigId, read.virksomhetId, read.kalendermaaned,
            personidentifikator, personidentifikator_is_valid, read.inntekt,
            line_content, line_number
        from (
            select *, try(json_transform(line_content, '{_INCOME_SHAPE}')) as read
            from ({query})
        )
    """
