"""Reading one delivered file as text, row by row with line numbers, in whatever format it came.

Every reader gives a DuckDB view `incoming` of text: the contract's columns, `line_number` (the
row's first line in the file, the header being line 1), and as the format needs it `extra_columns`
(JSON) or `line_content` (the line as it came). Beneath it is one table `parsed` in the file's
order, so that a row's place in the table is its place in the file. Files of lines: `lines`.
"""

import csv
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa

from introstat.errors import DeliveryRefused
from introstat.filereading import (
    MOST_COLUMNS,
    count,
    expect_encoding,
    expect_rows,
    expect_sound_gzip,
    make_table,
    opened_as_bytes,
    opened_as_text,
    parquet_footer,
    shown_names,
)
from introstat.receipt.lines import load_form, load_json
from introstat.receipt.manifest import DeliveredFile
from introstat.receipt.parquet import load_parquet, parquet_types
from introstat.receipt.parsing import parse_text
from introstat.sql import quoted_name, text_literal


def load_incoming(connection: duckdb.DuckDBPyConnection, file: DeliveredFile) -> list[str]:
    """Read a file into the view `incoming` and return remarks on it (extra or absent columns).

    Raises DeliveryRefused with the file's name, the line where one is known, and what to do.
    """
    if file.path.suffix == ".parquet":
        expect_rows(parquet_footer(file.path, file.where).num_rows, file.rows, file.where)
    found, remarks = read_incoming(connection, file)
    expect_rows(found, file.rows, file.where)
    return remarks


def read_incoming(
    connection: duckdb.DuckDBPyConnection, file: DeliveredFile
) -> tuple[int, list[str]]:
    """Read a file into the view `incoming`, however many rows it has; return them and remarks.

    Raises DeliveryRefused as `load_incoming` does.
    """
    if file.path.suffix == ".gz":
        expect_sound_gzip(file.path, file.where)
    expect_encoding(file.path, file.encoding, file.where)
    load = _load_parquet if file.path.suffix == ".parquet" else _LOADERS[file.table.format]
    remarks = load(connection, file)
    return count(connection, "select count(*) from parsed"), remarks


def _load_csv(connection: duckdb.DuckDBPyConnection, file: DeliveredFile) -> list[str]:
    names, header_lines = _header(file)
    _check_columns(names, file)
    # By position: two names that differ in case only, or none at all, are fine in an extra column.
    columns = [f"c{place}" for place in range(len(names))]
    parse_text(connection, file, columns, ";", '"', skip=header_lines)
    rows = count(connection, "select count(*) from parsed")
    if _lines_in(file.path) == rows + header_lines:  # then every row is a line
        return _select_incoming(connection, file, names, f"parsed.rowid + {header_lines + 1}")
    _number_lines(connection, file, rows)
    join = "inner join line_numbers on parsed.rowid = line_numbers.rowid"
    return _select_incoming(connection, file, names, "line_numbers.first_line", join)


def _load_parquet(connection: duckdb.DuckDBPyConnection, file: DeliveredFile) -> list[str]:
    types = parquet_types(connection, file)
    _check_columns(list(types), file)
    remarks, has_unreadable = load_parquet(connection, file, types)
    more = ", parsed.unreadable" if has_unreadable else ""
    return _select_incoming(connection, file, list(types), "parsed.rowid + 1", more=more) + remarks


def _select_incoming(
    connection: duckdb.DuckDBPyConnection,
    file: DeliveredFile,
    names: list[str],
    line_number: str,
    join: str = "",
    more: str = "",
) -> list[str]:
    """Make `incoming` of `parsed`, and return remarks on columns that are more or fewer."""
    places = {name: place for place, name in enumerate(names)}
    known = [column.name for column in file.table.columns]
    absent = [name for name in known if name not in places]
    extra = {
        name or f"column_{place + 1}": place
        for place, name in enumerate(names)
        if name not in known
    }
    selected = ", ".join(
        f"{f'parsed.c{places[name]}' if name in places else 'null::varchar'} as {quoted_name(name)}"
        for name in known
    )
    packed = ", ".join(f"{text_literal(name)}, parsed.c{place}" for name, place in extra.items())
    connection.execute(
        f"""
        create or replace temp view incoming as
        select
            {selected},
            {f"json_object({packed})::varchar" if extra else "null::varchar"} as extra_columns,
            {line_number} as line_number {more}
        from parsed {join}
        """
    )
    remarks = []
    if extra:
        remarks.append(f"{file.where}: extra columns kept but not used: {shown_names(extra)}")
    if absent:
        remarks.append(f"{file.where}: optional columns not delivered: {', '.join(absent)}")
    return remarks


def _header(file: DeliveredFile) -> tuple[list[str], int]:
    """Return the columns' names and their number of lines. Raises DeliveryRefused."""
    try:
        with opened_as_text(file.path, file.encoding.replace("utf-8", "utf-8-sig")) as text:
            reader = csv.reader(text, delimiter=";", strict=True)
            names = [name.strip() for name in next(reader, [])]
            lines = reader.line_num
    except UnicodeDecodeError:
        raise DeliveryRefused(
            f"{file.where}, line 1: not {file.encoding}. Set `encoding` in the manifest or save "
            "as that.",
            "encoding",
        ) from None
    except (OSError, EOFError, csv.Error):
        raise DeliveryRefused(
            f"{file.where}, line 1: the header cannot be read. Fetch it again.", "columns"
        ) from None
    if len(names) > MOST_COLUMNS:
        raise DeliveryRefused(
            f"{file.where}, line 1: {len(names)} columns, and no extract has over {MOST_COLUMNS}. "
            "Is the file separated by `;`?",
            "columns",
        )
    if not any(names):
        raise DeliveryRefused(
            f"{file.where}: empty, not even a header row. A file without rows still has its "
            "header.",
            "columns",
        )
    return names, lines


def _check_columns(names: list[str], file: DeliveredFile) -> None:
    """Refuse a header without the required columns.

    Only the contract's own names are repeated: without a header a person's row is in its place.
    """
    known = [column.name for column in file.table.columns]
    lacking = [c.name for c in file.table.columns if c.required and c.name not in names]
    if lacking:
        found = ", ".join(name for name in names if name in known) or "none of the columns"
        raise DeliveryRefused(
            f"{file.where}, line 1: required column {', '.join(lacking)} is missing; of what is "
            f"expected the header has {found}. Is the header missing, is this a file of another "
            "source, or is it not separated by `;`?",
            "columns",
        )
    twice = [name for name in known if names.count(name) > 1]
    if twice:
        raise DeliveryRefused(f"{file.where}, line 1: column {twice[0]} is there twice.", "columns")


def _lines_in(path: Path) -> int:
    """Return the number of lines of a file, a last one without line end included."""
    lines, last = 0, b"\n"
    with opened_as_bytes(path) as content:
        while block := content.read(1 << 20):
            lines += block.count(b"\n")
            last = block[-1:]
    return lines + (last != b"\n")


def _number_lines(connection: duckdb.DuckDBPyConnection, file: DeliveredFile, rows: int) -> None:
    """Make `line_numbers`, row for row with `parsed`, by reading again: a row may be many lines."""
    starts = []
    before = 0
    with opened_as_text(file.path, file.encoding) as text, suppress(csv.Error):
        reader = csv.reader(text, delimiter=";")
        for record in reader:
            if record:
                starts.append(before + 1)
            before = reader.line_num
    if len(starts) != rows + 1:
        raise DeliveryRefused(
            f"{file.where}: its rows cannot be told apart ({rows} or {len(starts) - 1}); is a "
            "quote open? Mend the file at its source and ask for the delivery anew.",
            "unparseable",
        )
    make_table(connection, "line_numbers", {"first_line": pa.array(starts[1:], pa.int64())})


_LOADERS = {"csv": _load_csv, "jsonl": load_json, "fixed_width": load_form}
