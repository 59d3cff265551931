"""Files of lines: JSON objects of a-ordningen, and form 11b in fixed width.

Every line is read into `parsed`; the view `incoming` has the identity number, `line_content` and
`line_number`. Blank lines are left out and keep their place in the numbering.
"""

import re

import duckdb

from introstat.contract import Column
from introstat.errors import DeliveryRefused
from introstat.filereading import count, make_table, shown_names
from introstat.identity.numbers import BLANKS, may_hold_unsealable, sealable_numbers
from introstat.queries import table_of
from introstat.receipt.manifest import DeliveredFile
from introstat.receipt.oddlines import find_odd_lines
from introstat.receipt.parsing import parse_text
from introstat.sql import quoted_name

# A byte that JSON and the form may not hold: as delimiter it makes a line one column.
_UNIT_SEPARATOR = "\x1f"
# Whose a line of JSON is: null if the line does not parse.
_PERSON = "try(line_content ->> '$.inntektsmottaker.personidentifikator')"
# A character that JSON spells; a backslash that is one itself comes in twos before it.
_ESCAPE = re.compile(r"((?<!\\)(?:\\\\)*)\\u([0-9a-fA-F]{4})")


def load_json(connection: duckdb.DuckDBPyConnection, file: DeliveredFile) -> list[str]:
    """Take the identity number out of each line; the rest is read once the line is sealed.

    Returns remarks on fields that the contract does not know, and on values that are not what it
    says. Raises DeliveryRefused if a line is no JSON.
    """
    person = f"{_PERSON} as personidentifikator"
    line = _load_lines(connection, file, f"select *, {person}")
    _spell_out(connection)
    broken = count(
        connection,
        f"""
        select coalesce(min({line}), 0) from parsed
        where personidentifikator is null and not coalesce(json_valid(line_content), false)
        """,
    )
    if broken:
        raise DeliveryRefused(
            f"{file.where}, line {broken}: not a JSON object. Every line holds one; ask for the "
            "delivery anew.",
            "unparseable",
        )
    found = find_odd_lines(connection, file.table, line)
    connection.execute(
        f"""
        create or replace temp view incoming as
        select
            case
                when odd_lines.place is null then parsed.personidentifikator
                else odd_lines.personidentifikator
            end as personidentifikator,
            line_content, parsed.{line} as line_number, unreadable, line_read
        from parsed left join odd_lines on parsed.rowid = odd_lines.place
        """
    )
    remarks = []
    if found.unknown:
        names = shown_names(sorted(found.unknown))
        remarks.append(f"{file.where}: extra fields kept but not used: {names}")
    if found.meant.lines:
        remarks.append(f"{file.where}: lists of one or single values read as meant: {found.meant}")
    if found.empty.lines:
        remarks.append(f"{file.where}: objects without a value in them: {found.empty}")
    if found.wrong.lines:
        remarks.append(
            f"{file.where}: values that are not what the contract says, set aside: {found.wrong}"
        )
    return remarks


def load_form(connection: duckdb.DuckDBPyConnection, file: DeliveredFile) -> list[str]:
    """Cut the lines of a form into the contract's columns; there is nothing to remark on."""
    line = _load_lines(connection, file)
    # A line of another width has slipped: its positions mean nothing, so only the line is kept.
    in_width = f"length(line_content) = {file.table.width}"
    columns = [column for column in file.table.columns if column.slice]
    values = ", ".join(
        f"case when {in_width} then {_field(column)} end as {quoted_name(column.name)}"
        for column in columns
    )
    numbers = " || ".join(_cut(column) for column in columns if not column.letters)
    # A table: what reads it, several times, would cut every line anew.
    connection.execute(
        f"""
        create or replace temp table parsed as
        select
            {values}, case when not {in_width} then line_content end as line_content,
            case when {in_width} then regexp_full_match({numbers}, '[0-9 ]*') end
                as has_only_digits,
            {line} as line_number
        from parsed
        """
    )
    connection.execute("create or replace temp view incoming as from parsed")
    return []


def _cut(column: Column) -> str:
    first, end = column.slice or (0, 0)
    return f"substr(line_content, {first + 1}, {end - first})"


def _field(column: Column) -> str:
    """Return the SQL of a field's text; codes keep their blanks, for each has its own place."""
    text = _cut(column)
    if column.coded:
        return f"case when trim({text}) <> '' then {text} end"
    return f"nullif(trim({text}), '')"


def _load_lines(
    connection: duckdb.DuckDBPyConnection, file: DeliveredFile, select: str = "select *"
) -> str:
    """Read the lines that are not blank; return SQL for a line's number in the file."""
    parse_text(connection, file, ["line_content"], _UNIT_SEPARATOR, quote="", select=select)
    # To trim every line would take longer than to read it.
    blank = (
        "(line_content is null or line_content = '' "
        "or (starts_with(line_content, ' ') and trim(line_content) = ''))"
    )
    if not count(connection, f"select count(*) from parsed where {blank}"):
        return "rowid + 1"
    # Not deleted: DuckDB may number the rows of a table anew once some are gone.
    connection.execute(
        f"""
        create or replace temp table parsed as
        select *, rowid + 1 as file_line from parsed where not {blank} order by rowid
        """
    )
    return "file_line"


def _spell_out(connection: duckdb.DuckDBPyConnection) -> None:
    """Write what JSON spells \\uXXXX as it is, where a number spelled so would not be found."""
    lines = table_of(
        connection,
        f"""
        select rowid as place, line_content from parsed
        where contains(line_content, '\\u') or {may_hold_unsealable("line_content")}
        """,
    )
    if not lines.num_rows:
        return
    spelled = [
        sealable_numbers(_ESCAPE.sub(_spelled_out, line))
        for line in lines["line_content"].to_pylist()
    ]
    make_table(connection, "spelled", {"place": lines["place"], "line_content": spelled})
    connection.execute(
        f"""
        update parsed
        set line_content = new.line_content, personidentifikator = new.personidentifikator
        from (select *, {_PERSON} as personidentifikator from spelled) as new
        where parsed.rowid = new.place
        """
    )
    connection.execute("drop table spelled")


def _spelled_out(escape: re.Match[str]) -> str:
    char = chr(int(escape[2], 16))
    if char == "\t":
        return rf"{escape[1]}\t"
    return escape[1] + char if char.isdecimal() or char in BLANKS else escape[0]
