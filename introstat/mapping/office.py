"""Reading an office's file as it is, in memory, with the line of each row.

It becomes the table `office`: `line_number` and the columns c0, c1 … of text, blanks trimmed and
empty values null. An office's own files may be in Windows-1252 and hold title lines above the
header, which DuckDB cannot read.
"""

import csv
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from introstat.errors import DeliveryRefused
from introstat.filereading import (
    MOST_COLUMNS,
    OF_WINDOWS,
    count,
    expect_encoding,
    expect_small_parquet,
    expect_sound_gzip,
    opened_as_text,
    reading_parquet,
)
from introstat.mapping.layout import Formats, OfficeFile
from introstat.sql import quoted_name, text_literal

_CODECS = {"utf-8": "utf-8-sig", "latin-1": "latin-1", "windows-1252": "cp1252"}
_ROWS_AT_ONCE = 20_000
_BLANKS = " \t\u00a0"


@dataclass(frozen=True)
class Office:
    """What was read of an office's file: its columns' names in order, and how many rows."""

    names: tuple[str, ...]
    rows: int

    def column(self, name: str) -> str:
        """Return the column of the table `office` that holds a column of the file."""
        return f"c{self.names.index(name)}"


def load_office(
    connection: duckdb.DuckDBPyConnection, path: Path, layout: OfficeFile, encoding: str, where: str
) -> Office:
    """Read a file into the table `office`; `encoding` holds where the mapping says none.

    Raises DeliveryRefused with the file's name, the line where one is known, and what to do.
    """
    connection.execute("drop table if exists office")
    if path.suffix == ".gz":
        expect_sound_gzip(path, where)
    try:
        if path.suffix == ".parquet":
            names = _load_parquet(connection, path, where)
        else:
            encoding = layout.formats.encoding or encoding
            expect_encoding(path, encoding, where)
            names = _load_text(connection, path, layout, encoding, where)
    except duckdb.OutOfMemoryException:
        raise DeliveryRefused(
            f"{where}: more than the memory holds. Give introstat more ($INTROSTAT_MEMORY), or "
            "deliver the file in parts.",
            "memory",
        ) from None
    return Office(names, count(connection, "select count(*) from office"))


def _load_parquet(connection: duckdb.DuckDBPyConnection, path: Path, where: str) -> tuple[str, ...]:
    file = f"read_parquet({text_literal(str(path))})"
    with reading_parquet(where):
        described = connection.execute(f"describe select * from {file}").fetchall()
    expect_small_parquet(connection, path, [row[0] for row in described], where)
    columns = ", ".join(
        f"{_trimmed(f'cast({quoted_name(row[0])} as varchar)')} as c{place}"
        for place, row in enumerate(described)
    )
    with reading_parquet(where):
        connection.execute(
            f"create temp table office as select row_number() over () as line_number, {columns} "
            f"from {file}"
        )
    return _told_apart([row[0] for row in described])


def _load_text(
    connection: duckdb.DuckDBPyConnection, path: Path, layout: OfficeFile, encoding: str, where: str
) -> tuple[str, ...]:
    rows = _rows(path, layout.formats, encoding, where)
    names = layout.names
    if layout.formats.header_line:
        _, header = next(rows, (0, []))
        names = _told_apart([name.strip(_BLANKS) for name in header])
        if not any(header):
            raise DeliveryRefused(
                f"{where}: no header on line {layout.formats.header_line}. A file without rows "
                "still has its header.",
                "columns",
            )
    if len(names) > MOST_COLUMNS:
        raise DeliveryRefused(
            f"{where}: {len(names)} columns, expected at most {MOST_COLUMNS}. Is the delimiter "
            f"{layout.formats.delimiter!r}?",
            "columns",
        )
    columns = ", ".join(f"c{place} varchar" for place in range(len(names)))
    connection.execute(f"create temp table office (line_number bigint, {columns})")
    lines: list[int] = []
    values: list[list[str]] = []
    for line, row in rows:
        if len(row) != len(names):
            raise DeliveryRefused(
                f"{where}, line {line}: {len(row)} fields, expected {len(names)}. Is the delimiter "
                f"{layout.formats.delimiter!r}, or is a quote open? Mend the file at its source.",
                "unparseable",
            )
        _expect_characters(row, encoding, f"{where}, line {line}")
        lines.append(line)
        values.append(row)
        if len(lines) == _ROWS_AT_ONCE:
            _insert(connection, lines, values)
            lines, values = [], []
    _insert(connection, lines, values)
    return names


def _insert(
    connection: duckdb.DuckDBPyConnection, lines: list[int], values: list[list[str]]
) -> None:
    if not lines:
        return
    texts = [pa.array(column, pa.string()) for column in zip(*values, strict=True)]
    columns = [f"c{place}" for place in range(len(texts))]
    chunk = pa.table([pa.array(lines, pa.int64()), *texts], names=["line_number", *columns])
    connection.register("office_rows", chunk)
    trimmed = ", ".join(map(_trimmed, columns))
    connection.execute(f"insert into office select line_number, {trimmed} from office_rows")
    connection.unregister("office_rows")


def _trimmed(column: str) -> str:
    return f"nullif(trim({column}, {text_literal(_BLANKS)}), '')"


def _rows(
    path: Path, formats: Formats, encoding: str, where: str
) -> Iterator[tuple[int, list[str]]]:
    """Give each row that is not blank, from the header on, with its first line."""
    line = 0
    try:
        with opened_as_text(path, _CODECS[encoding]) as text:
            for _ in range(formats.header_line - 1):
                text.readline()
                line += 1
            above = line
            reader = csv.reader(
                text,
                delimiter=formats.delimiter,
                quotechar=formats.quote,
                quoting=csv.QUOTE_MINIMAL if formats.quote else csv.QUOTE_NONE,
                strict=True,
            )
            for row in reader:
                if row:
                    yield line + 1, row
                line = above + reader.line_num
    except UnicodeDecodeError:
        raise DeliveryRefused(
            f"{where}, after line {line}: bytes that are not {encoding}. Set `encoding` in the "
            "mapping to what the file is, or save it as UTF-8.",
            "encoding",
        ) from None
    except (OSError, EOFError, zlib.error):
        raise DeliveryRefused(
            f"{where}, after line {line}: the file is broken or cut off. Fetch it again.",
            "compressed",
        ) from None
    except csv.Error:
        raise DeliveryRefused(
            f"{where}, line {line + 1}: cannot be parsed: a quote that is not closed, text after a "
            "closing quote, or a field without end. Mend the file at its source, or set `quote`.",
            "unparseable",
        ) from None


def _told_apart(names: list[str]) -> tuple[str, ...]:
    """Give every column a name of its own: `Dato`, `Dato (2)`; `column_3` where it has none."""
    found: list[str] = []
    for place, name in enumerate(names, start=1):
        number = names[:place].count(name)
        found.append((f"{name} ({number})" if number > 1 else name) or f"column_{place}")
    return tuple(found)


def _expect_characters(row: list[str], encoding: str, place: str) -> None:
    """Refuse what no text holds, and latin-1 that is Windows-1252."""
    text = "".join(row)
    if "\0" in text:
        raise DeliveryRefused(f"{place}: a NUL byte. Mend the file at its source.", "unparseable")
    if encoding == "latin-1" and OF_WINDOWS.search(text):
        raise DeliveryRefused(
            f"{place}: a character of Windows-1252 that latin-1 does not have (a dash, a curly "
            "quote, €). Set `encoding` in the mapping to windows-1252.",
            "encoding",
        )
