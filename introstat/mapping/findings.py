"""What is found in an office's file on its way through a mapping: told, never changed.

No message holds a value that could be an identity number.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import yaml

from introstat.codelists import code_list, list_of
from introstat.identity.numbers import BLANKS, without_numbers
from introstat.mapping.layout import Field, OfficeFile
from introstat.mapping.office import Office
from introstat.queries import only_row
from introstat.sql import text_literal

_MAX_WORDS = 10
_MAX_LETTERS = 40
# Digits of any script, six or more with what stands between them.
_LIKE_A_NUMBER = re.compile(rf"\d[\d{re.escape(BLANKS)}]{{4,}}\d")


@dataclass(frozen=True)
class MappingFinding:
    """What does not fit in one mapped column.

    `unread` counts values that are not in the column's format; `of_words`: it is about code words.
    """

    field: Field
    said: str
    unread: int = 0
    of_words: bool = False

    def message(self, table: str) -> str:
        """Return it in one line."""
        return f"{table}.{self.field.target.name} from {named(self.field)}: {self.said}"


def named(field: Field) -> str:
    """Return the office's columns that a field is read from, in words."""
    return " or ".join(repr(name) for name in field.columns)


def shown_word(word: str) -> str:
    """Return a code word as it may be shown: cut short, and without what could be a number."""
    masked = _LIKE_A_NUMBER.sub("…", without_numbers(word))
    return repr(masked if len(masked) <= _MAX_LETTERS else masked[:_MAX_LETTERS] + "…")


def finding(
    connection: duckdb.DuckDBPyConnection,
    field: Field,
    text: str,
    value: str | None,
    table: str,
) -> MappingFinding | None:
    """Return what does not fit in a field, if anything, of the table `texts`.

    `text` is its column there, `value` the SQL of its date or number, None if it is neither.
    """
    if not field.columns:
        return None
    if field.target.identity:
        return _lost_zeros(connection, field, text)
    words = ", ".join(text_literal(word) for word, _ in field.codes) or "''"
    if value is not None:
        return _unread(connection, field, text, f"{text} not in ({words}) and {value} is null")
    listed = list_of(table, field.target.name)
    if listed is None and not field.codes:
        return None
    connection.execute("create or replace temp table known (word varchar)")
    if listed:
        known = ", ".join(f"({text_literal(word)})" for word in code_list(listed))
        connection.execute(f"insert into known values {known}")
    found = connection.execute(
        f"select {text}, count(*) from texts where {text} is not null "
        f"and {text} not in ({words}) and {text} not in (from known) "
        f"group by 1 order by 2 desc, 1 limit {_MAX_WORDS}"
    ).fetchall()
    if not found:
        return None
    shown = ", ".join(f"{shown_word(word)} ({rows})" for word, rows in found)
    return MappingFinding(
        field,
        f"words neither in the mapping nor in the code list, kept as they are: {shown}",
        of_words=True,
    )


def damage(
    connection: duckdb.DuckDBPyConnection, layout: OfficeFile, office: Office
) -> tuple[str, ...]:
    """Return what spreadsheets have done to the mapped rows, a text for each column."""
    fields = [each for rule in layout.rules for each in rule.fields]
    names = dict.fromkeys(name for each in fields for name in each.reads if name in office.names)
    said = []
    for name in names:
        coded = {word for each in fields if name in each.columns for word, _ in each.codes}
        words = ", ".join(map(text_literal, sorted(coded))) or "''"
        for kind in _known()["damage"]:
            row = only_row(
                connection,
                "select count(*), min(line_number) from judged where is_mapped "
                f"and regexp_full_match({office.column(name)}, {text_literal(kind['pattern'])}) "
                f"and {office.column(name)} not in ({words})",
            )
            if row[0]:
                said.append(
                    f"column {name!r}: {row[0]} {kind['what']}, first on line {row[1]}: "
                    f"{kind['do']}"
                )
    empty = only_row(
        connection,
        "select count(*), min(line_number) from judged "
        f"where is_mapped and coalesce({', '.join(map(office.column, office.names))}) is null",
    )
    if empty[0]:
        said.append(
            f"{empty[0]} rows without any value, first on line {empty[1]}: leave them out with "
            "`ignore`, `empty: true`"
        )
    return tuple(said)


def _unread(
    connection: duckdb.DuckDBPyConnection, field: Field, text: str, condition: str
) -> MappingFinding | None:
    row = only_row(
        connection,
        f"select count(*), min(line_number) from texts where {text} is not null and {condition}",
    )
    if not row[0]:
        return None
    return MappingFinding(
        field,
        f"{row[0]} values that are no {field.target.data_type} in the mapping's format, first on "
        f"line {row[1]}; kept, to be set aside{_perhaps_missing(connection, text)}",
        row[0],
    )


def _lost_zeros(
    connection: duckdb.DuckDBPyConnection, field: Field, text: str
) -> MappingFinding | None:
    """Tell of identity numbers without their first zero, and of words in their place."""
    said = []
    row = only_row(
        connection,
        "select count(*), min(line_number) from texts "
        f"where regexp_full_match({text}, '[0-9]{{10}}')",
    )
    if field.target.identity == "ident" and row[0]:
        said.append(
            f"{row[0]} values have ten digits, first on line {row[1]}: the zero in front is lost; "
            "`transform: pad 11` puts it back"
        )
    said.append(_perhaps_missing(connection, text).removeprefix("; "))
    told = "; ".join(filter(None, said))
    return MappingFinding(field, told) if told else None


def _perhaps_missing(connection: duckdb.DuckDBPyConnection, text: str) -> str:
    words = ", ".join(text_literal(word) for word in _known()["missing_words"])
    found = connection.execute(
        f"select {text}, count(*) from texts where {text} in ({words}) group by 1 order by 1"
    ).fetchall()
    if not found:
        return ""
    shown = ", ".join(f"{word!r} ({rows})" for word, rows in found)
    return f"; {shown} may mean that there is nothing: name such a word under `missing`"


@cache
def _known() -> dict[str, Any]:
    path = Path(__file__).with_name("known.yml")
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
