"""CSV files in and out: with commas in UTF-8, or as a Norwegian Excel writes them.

That is with `;`, a decimal comma, in UTF-8 with a mark or in Windows-1252, empty lines at the end.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from introstat.disclosure.errors import UserError

_SEPARATORS = (",", ";", "\t")
_NAMED_SEPARATOR = re.compile(r"sep=(.)\s*", re.IGNORECASE)
# Three places could be thousands.
_WHOLE_WITH_COMMA = re.compile(r"([+-]?[0-9]+),0{1,2}")
_LINES = b"lines"
_BLANKS = " \t\u00a0"


@dataclass(frozen=True)
class Written:
    """How a CSV file is written: what stands between its fields and lines, and its encoding."""

    separator: str = ","
    line_end: str = "\n"
    encoding: str = "utf-8"

    def text_of(self, table: pa.Table) -> bytes:
        """Return a table as the bytes of a file written so, in UTF-8 if its letters ask for it."""
        sink = pa.BufferOutputStream()
        options = pyarrow.csv.WriteOptions(delimiter=self.separator)
        pyarrow.csv.write_csv(table, sink, options)
        content: bytes = sink.getvalue().to_pybytes()
        if self == Written():
            return content
        text = content.decode().replace("\n", self.line_end)
        try:
            return text.encode(self.encoding)
        except UnicodeEncodeError:
            return text.encode("utf-8-sig")


def read_text_csv(path: Path, numbers: Sequence[str] = ()) -> pa.Table:
    """Read a CSV file with every column as text; UserError if it is none.

    Blanks around a value are no part of it, lines without a value are no rows. In the columns
    `numbers` a decimal comma with nothing behind it is left out, where commas stand for nothing
    else.
    """
    text, written, skipped = _opened(path)
    names, rows, lines = _rows(path, text, written.separator, skipped)
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else {}
    if written.separator != ",":
        for name in numbers:
            if name in columns:
                columns[name] = tuple(map(_without_comma, columns[name]))
    table = pa.table({name: pa.array(columns.get(name, ()), pa.string()) for name in names})
    kept = {_LINES: np.array(lines, dtype=np.int64).tobytes()}
    return table.replace_schema_metadata(kept)


def _without_comma(text: str) -> str:
    found = _WHOLE_WITH_COMMA.fullmatch(text)
    return found.group(1) if found else text


def written_as(path: Path) -> Written:
    """Return how a CSV file is written."""
    return _opened(path)[1]


def lines_of(table: pa.Table) -> Sequence[int]:
    """Return the line of each row in the file it was read from; a header is line 1 without one."""
    kept = (table.schema.metadata or {}).get(_LINES, b"")
    lines: list[int] = np.frombuffer(kept, dtype=np.int64).tolist()
    return lines if len(lines) == table.num_rows else range(2, table.num_rows + 2)


def _opened(path: Path) -> tuple[str, Written, int]:
    """Return the text of a file after a line `sep=;`, how it is written, and the lines skipped."""
    try:
        content = path.read_bytes()
        text, encoding = _decoded(content)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as CSV: {error}") from None
    if "\0" in text:
        raise UserError(f"{path}: cannot be read as CSV: it holds NUL bytes. Save it as UTF-8.")
    first, _, rest = text.partition("\n")
    named = _NAMED_SEPARATOR.fullmatch(first)
    header = rest.partition("\n")[0] if named else first
    separator = named.group(1) if named else _separator_in(header)
    line_end = "\r\n" if header.endswith("\r") else "\n"
    written = Written(separator, line_end, encoding)
    return (rest, written, 1) if named else (text, written, 0)


def _decoded(content: bytes) -> tuple[str, str]:
    """Return the text of bytes and the encoding, that of Windows if they are no Unicode."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16"), "utf-16"
    if content.startswith(b"\xef\xbb\xbf"):
        return content.decode("utf-8-sig"), "utf-8-sig"
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return content.decode("cp1252"), "cp1252"


def _separator_in(header: str) -> str:
    """Return what separates the names of a header: the sign that makes the most of them."""
    return max(_SEPARATORS, key=lambda sign: len(next(csv.reader([header], delimiter=sign), [])))


def _rows(
    path: Path, text: str, separator: str, skipped: int
) -> tuple[list[str], list[list[str]], list[int]]:
    """Return the names of the columns, the rows that hold something, and the line of each."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    names: list[str] = []
    rows, lines = [], []
    line = skipped
    try:
        for fields in reader:
            first, line = line + 1, skipped + reader.line_num
            values = [value.strip(_BLANKS) for value in fields]
            if not any(values):
                continue
            if not names:
                names = values
                continue
            if len(values) != len(names):
                raise UserError(
                    f"{path}, line {first}: {len(values)} fields, expected {len(names)}. Is a "
                    f"quote open, or does {separator!r} stand in a value without quotes?"
                )
            rows.append(values)
            lines.append(first)
    except csv.Error as error:
        raise UserError(f"{path}, line {line + 1}: cannot be read as CSV: {error}") from None
    if not names:
        raise UserError(f"{path}: cannot be read as CSV: it is empty.")
    return *_named(path, names, rows), lines


def _named(
    path: Path, names: list[str], rows: list[list[str]]
) -> tuple[list[str], list[list[str]]]:
    """Leave out columns with neither a name nor a value, as a separator at the lines' end makes."""
    kept = [place for place, name in enumerate(names) if name or any(row[place] for row in rows)]
    names = [names[place] for place in kept]
    if "" in names or len(set(names)) < len(names):
        twice = next((name for name in names if names.count(name) > 1), "")
        what = f"two columns are named {twice!r}" if twice else "a column has no name"
        raise UserError(f"{path}, line 1: {what}.")
    return names, [[row[place] for place in kept] for row in rows]
