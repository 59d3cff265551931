"""Reading an office's file as it is, in memory, with the line of each row.

It becomes the table `office`: `line_number`, `fields` (how many a line has, null where rows cannot
differ in it) and the columns c0, c1 … of text, blanks trimmed, and null where they are empty or
hold a word that means missing. An office's own files may be in Windows-1252 and hold title lines
above the header, which DuckDB cannot read.
"""

import csv
import zlib
from collections.abc import Iterator, Sequence
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
from introstat.mapping.cells import BLANKS, cell_writer
from introstat.mapping.layout import Formats, OfficeFile
from introstat.mapping.workbook import Sheet, is_workbook, open_sheet
from introstat.parquetvalues import make_sealable, parquet_value
from introstat.sql import quoted_name, text_literal

_CODECS = {"utf-8": "utf-8-sig", "latin-1": "latin-1", "windows-1252": "cp1252"}
_ROWS_AT_ONCE = 20_000


@dataclass(frozen=True)
class Office:
    """What was read of an office's file: its columns' names in order, and how many rows.

    `sheet` is the workbook's sheet that was read, `others` are those beside it that are shown.
    """

    names: tuple[str, ...]
    rows: int
    sheet: str = ""
    others: tuple[str, ...] = ()

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
    sheet = ""
    others: tuple[str, ...] = ()
    if path.suffix == ".gz":
        expect_sound_gzip(path, where)
    if layout.sheet and not is_workbook(path):
        raise DeliveryRefused(
            f"{where}: the mapping names a sheet of it, and it is no workbook (.xlsx or .ods).",
            "mapping",
        )
    try:
        if path.suffix == ".parquet":
            names = _load_parquet(connection, path, layout, where)
        elif is_workbook(path):
            opened = open_sheet(path, layout.sheet, where)
            sheet, others = opened.name, opened.others
            names = _load_sheet(connection, opened, layout, where)
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
    return Office(names, count(connection, "select count(*) from office"), sheet, others)


def _load_parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, layout: OfficeFile, where: str
) -> tuple[str, ...]:
    file = f"read_parquet({text_literal(str(path))})"
    with reading_parquet(where):
        described = connection.execute(f"describe select * from {file}").fetchall()
    expect_small_parquet(connection, path, [row[0] for row in described], where)
    names = _told_apart([row[0] for row in described])
    columns = ", ".join(
        f"{_trimmed(_parquet_text(layout, name, *row[:2]), layout.missing_in(name))} as c{place}"
        for place, (row, name) in enumerate(zip(described, names, strict=True))
    )
    with reading_parquet(where):
        connection.execute(
            f"create temp table office as select row_number() over () as line_number, "
            f"null::integer as fields, {columns} from {file}"
        )
    for place, (row, name) in enumerate(zip(described, names, strict=True)):
        # Keys and codes stay as they are: they must be the same in other files.
        if row[1] != "VARCHAR" and (name not in layout.used or row[1][-1] in ")]"):
            make_sealable(connection, "office", f"c{place}")
    return names


def _parquet_text(layout: OfficeFile, name: str, column: str, kind: str) -> str:
    """Return SQL for a column of Parquet as the office's text would have it, as in a workbook."""
    fields = [each for rule in layout.rules for each in rule.fields if name in each.reads]
    ident = next((each.target for each in fields if each.target.identity == "ident"), None)
    value = quoted_name(column)
    text = parquet_value(value, kind, ident).text
    is_moment = kind.startswith(("DATE", "TIMESTAMP")) and not kind.endswith("]")
    for each in fields:
        if each.target.data_type == "date" and is_moment:
            in_norway = f"timezone('Europe/Oslo', {value})"
            moment = in_norway if kind.endswith("ZONE") else value
            written = each.dates[0].write_sql(moment)
            return f"case when isfinite({value}) then {written} else {text} end"
        if each.target.data_type in ("decimal", "integer") and each.number.decimal:
            return f"replace({text}, '.', {text_literal(each.number.decimal)})"
    return text


def _load_sheet(
    connection: duckdb.DuckDBPyConnection, sheet: Sheet, layout: OfficeFile, where: str
) -> tuple[str, ...]:
    """Read a workbook's sheet. Values to the right of the header are columns without a name."""
    rows = ((line, row) for line, row in sheet.rows if line >= layout.formats.header_line)
    names = list(layout.names)
    if layout.formats.header_line:
        line, header = next(rows, (0, []))
        if line != layout.formats.header_line:
            raise _no_header(where, layout)
        write = cell_writer(layout, "")
        # What is broken over two lines in a header's cell is one name.
        names = list(_told_apart([" ".join(write(cell).split()) for cell in header]))
    _expect_few(names, layout, where)
    table = _Rows(connection, layout, names)
    writers = [cell_writer(layout, name) for name in names]
    for line, row in rows:
        for place in range(len(names), len(row)):
            names.append(f"column_{place + 1}")
            writers.append(cell_writer(layout, names[-1]))
        _expect_few(names, layout, where)
        values = [write(cell) for write, cell in zip(writers, row, strict=False)]
        _expect_characters(values, "", f"{where}, line {line}")
        table.add(line, None, values)
    table.insert()
    return tuple(names)


def _load_text(
    connection: duckdb.DuckDBPyConnection, path: Path, layout: OfficeFile, encoding: str, where: str
) -> tuple[str, ...]:
    rows = _rows(path, layout.formats, encoding, where)
    names = layout.names
    if layout.formats.header_line:
        _, header = next(rows, (0, []))
        names = _told_apart([name.strip(BLANKS) for name in header])
        if not any(header):
            raise _no_header(where, layout)
    _expect_few(names, layout, where)
    table = _Rows(connection, layout, list(names))
    for line, row in rows:
        if len(row) == 1 < len(names) and not row[0].strip(BLANKS):
            continue
        _expect_characters(row, encoding, f"{where}, line {line}")
        # A separator at a line's end makes a field, and Excel writes as many as its widest row has.
        surplus = any(value.strip(BLANKS) for value in row[len(names) :])
        fields = len(row) if surplus else min(len(row), len(names))
        table.add(line, fields, row[: len(names)])
    table.insert()
    return names


def _no_header(where: str, layout: OfficeFile) -> DeliveryRefused:
    return DeliveryRefused(
        f"{where}: no header on line {layout.formats.header_line}. A file without rows "
        "still has its header.",
        "columns",
    )


def _expect_few(names: Sequence[str], layout: OfficeFile, where: str) -> None:
    if len(names) > MOST_COLUMNS:
        raise DeliveryRefused(
            f"{where}: {len(names)} columns, expected at most {MOST_COLUMNS}. Is the delimiter "
            f"{layout.formats.delimiter!r}?",
            "columns",
        )


class _Rows:
    """Rows on their way into the table `office`, which grows with the columns' names."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, layout: OfficeFile, names: list[str]
    ) -> None:
        self._connection, self._layout, self._names = connection, layout, names
        self._lines: list[int] = []
        self._fields: list[int | None] = []
        self._values: list[list[str]] = []
        self._width = 0
        connection.execute("create temp table office (line_number bigint, fields integer)")
        self._grow()

    def add(self, line: int, fields: int | None, values: list[str]) -> None:
        """Take a row; values that it lacks at its end are missing."""
        self._lines.append(line)
        self._fields.append(fields)
        self._values.append(values)
        if len(self._lines) == _ROWS_AT_ONCE:
            self.insert()

    def insert(self) -> None:
        """Write what was taken into the table."""
        self._grow()
        if not self._lines:
            return
        width = range(self._width)
        texts = [
            pa.array(
                [row[place] if place < len(row) else None for row in self._values], pa.string()
            )
            for place in width
        ]
        chunk = pa.table(
            [pa.array(self._lines, pa.int64()), pa.array(self._fields, pa.int32()), *texts],
            names=["line_number", "fields", *(f"c{place}" for place in width)],
        )
        self._connection.register("office_rows", chunk)
        trimmed = ", ".join(
            _trimmed(f"c{place}", self._layout.missing_in(self._names[place])) for place in width
        )
        self._connection.execute(
            f"insert into office select line_number, fields, {trimmed} from office_rows"
        )
        self._connection.unregister("office_rows")
        self._lines, self._fields, self._values = [], [], []

    def _grow(self) -> None:
        for place in range(self._width, len(self._names)):
            self._connection.execute(f"alter table office add column c{place} varchar")
        self._width = len(self._names)


def _trimmed(column: str, missing: Sequence[str]) -> str:
    text = f"trim({column}, {text_literal(BLANKS)})"
    words = ", ".join(text_literal(word) for word in ("", *missing))
    return f"case when {text} not in ({words}) then {text} end"


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
