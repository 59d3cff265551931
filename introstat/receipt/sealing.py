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

from introstat.identity.numbers import NUMBER_IN_TEXT, is_valid_duf, is_valid_ident
from introstat.identity.pseudonyms import Pseudonymiser
from introstat.receipt.contract import Column
from introstat.receipt.manifest import DeliveredFile, Delivery

NUMBERS_TABLE = (
    "create temp table numbers "
    "(number varchar, pseudonym varchar, is_valid_ident boolean, is_valid_duf boolean)"
)
PARQUET_FORMAT = "format parquet, compression zstd"
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
_LINE_WITHOUT_NUMBER = """
    case
        when of_personidentifikator.number is null then incoming.line_content
        when length(of_personidentifikator.number) >= 11
            and contains(incoming.line_content, '"' || of_personidentifikator.number || '"')
            then replace(
                incoming.line_content,
                of_personidentifikator.number,
                of_personidentifikator.pseudonym
            )
        else regexp_replace(
            incoming.line_content,
            '("personidentifikator"\\s*:\\s*)("(\\\\.|[^"\\\\])*"|[^",}\\s]+)',
            '\\1"' || of_personidentifikator.pseudonym || '"'
        )
    end
"""


def write_sealed(
    connection: duckdb.DuckDBPyConnection,
    delivery: Delivery,
    file: DeliveredFile,
    pseudonymiser: Pseudonymiser,
    folder: Path,
) -> None:
    """Write the table `incoming` to `<folder>/<dataset>.parquet`, sealed, and drop it."""
    identities = [column for column in file.table.columns if column.identity]
    _seal_numbers(connection, identities, pseudonymiser)
    _make_numbered_view(connection, file, identities)
    texts = _columns(connection, "numbered_view")
    texts = [name for name in texts if _holds_free_text(file, name)]
    codes = {column.name: column.coded for column in file.table.columns}
    replaced = {
        name: _seal_texts(connection, name, codes.get(name), place, pseudonymiser)
        for place, name in enumerate(texts)
    }
    joins = " ".join(
        f'left join {table} on numbered_view."{name}" = {table}.found'
        for name, table in replaced.items()
        if table
    )
    selected = ", ".join(
        f'coalesce({replaced[name]}.sealed, numbered_view."{name}") as "{name}"'
        if replaced.get(name)
        else f'numbered_view."{name}"'
        for name in _columns(connection, "numbered_view")
    )
    query = f"select {selected} from numbered_view {joins}"
    if file.table.format == "jsonl":
        query = _income_query(query)
    target = str(folder / f"{file.dataset}.parquet").replace("'", "''")
    file_name = file.path.name.replace("'", "''")
    connection.execute(
        f"""
        copy (
            select *, '{file_name}' as file_name, date '{delivery.delivered}' as delivered
            from ({query})
            order by line_number
        ) to '{target}' ({PARQUET_FORMAT})
        """
    )
    connection.execute("drop view numbered_view; drop table incoming")
    for table in filter(None, replaced.values()):
        connection.execute(f"drop table {table}")


def _make_numbered_view(
    connection: duckdb.DuckDBPyConnection, file: DeliveredFile, identities: list[Column]
) -> None:
    """Make the view `numbered_view`: `incoming` with its identity columns replaced."""
    columns = _columns(connection, "incoming")
    by_name = {column.name: column for column in identities}
    selected: list[str] = []
    for name in columns:
        if name in by_name:
            selected += _identity_columns(by_name[name])
        elif name == "line_content" and file.table.format == "jsonl":
            selected.append(f"{_LINE_WITHOUT_NUMBER} as line_content")
        else:
            selected.append(f'incoming."{name}"')
    joins = " ".join(
        f"left join numbers as of_{name} on trim(incoming.{name}) = of_{name}.number"
        for name in by_name
    )
    connection.execute(
        f"create temp view numbered_view as select {', '.join(selected)} from incoming {joins}"
    )


def _identity_columns(column: Column) -> list[str]:
    number = f"of_{column.name}"
    check = _CHECK[column.identity or "ident"]
    columns = [
        f"{number}.pseudonym as {column.name}",
        f"{number}.{check} as {column.name}_is_valid",
    ]
    if column.ranked:
        # A loop of numbers is broken at the one that sorts first, which no pseudonym can tell.
        columns.append(f"dense_rank() over (order by {number}.number) as {column.name}_rank")
    return columns


def _seal_numbers(
    connection: duckdb.DuckDBPyConnection, columns: list[Column], pseudonymiser: Pseudonymiser
) -> None:
    """Add what stands in the identity columns to the table `numbers`, if it is not there yet."""
    for column in columns:
        new = (
            connection.execute(
                f"""
            select distinct trim({column.name}) as number from incoming
            where trim({column.name}) <> ''
            except select number from numbers
            order by number
            """
            )
            .to_arrow_table()["number"]
            .to_pylist()
        )
        _insert(
            connection,
            "numbers",
            {
                "number": pa.array(new, pa.string()),
                "pseudonym": pa.array(map(pseudonymiser.pseudonym, new), pa.string()),
                "is_valid_ident": pa.array(map(is_valid_ident, new), pa.bool_()),
                "is_valid_duf": pa.array(map(is_valid_duf, new), pa.bool_()),
            },
        )


def _holds_free_text(file: DeliveredFile, name: str) -> bool:
    if name in ("extra_columns", "line_content"):
        return True
    return any(column.name == name and not column.identity for column in file.table.columns)


def _seal_texts(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    codes: str | None,
    place: int,
    pseudonymiser: Pseudonymiser,
) -> str | None:
    """Make a table found → sealed of a column's texts that hold a number, if any do."""
    found = (
        connection.execute(
            f"""
        select distinct "{name}" as found from numbered_view
        where length("{name}") >= 11 and regexp_matches("{name}", '{NUMBER_IN_TEXT}')
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
    connection.execute(f"create temp table {table} (found varchar, sealed varchar)")
    _insert(
        connection,
        table,
        {
            "found": pa.array(found, pa.string()),
            "sealed": pa.array(map(pseudonymiser.replace_in_text, found), pa.string()),
        },
    )
    return table


def _has_slipped(text: str, codes: str) -> bool:
    """Tell whether codes are none, and a valid number stands where they should."""
    return not re.fullmatch(codes, text) and any(
        is_valid_ident(text[start : start + 11]) or is_valid_duf(text[start : start + 12])
        for start in range(len(text) - 10)
    )


def _income_query(query: str) -> str:
    """Read the income lines from the sealed lines; one that sealing broke keeps only its text."""
    return f"""
        select
            read.opplysningspliktigId, read.virksomhetId, read.kalendermaaned,
            personidentifikator, personidentifikator_is_valid, read.inntekt,
            line_content, line_number
        from (
            select *, case when json_valid(line_content)
                then json_transform(line_content, '{_INCOME_SHAPE}') end as read
            from ({query})
        )
    """


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, pa.Array]
) -> None:
    rows = pa.table(columns)
    connection.register("rows_to_insert", rows)
    connection.execute(f"insert into {table} select * from rows_to_insert")
    connection.unregister("rows_to_insert")


def _columns(connection: duckdb.DuckDBPyConnection, relation: str) -> list[str]:
    return [row[0] for row in connection.execute(f"describe {relation}").fetchall()]
