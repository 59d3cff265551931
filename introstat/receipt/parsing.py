"""DuckDB's reading of a text file into the table `parsed`, and why one cannot be read.

DuckDB's errors quote the file, so of them only the kind and the place are repeated.
"""

import codecs
from collections import Counter

import duckdb

from introstat.errors import DeliveryRefused
from introstat.filereading import MAX_LINE_BYTES, OF_WINDOWS, opened_as_bytes, opened_as_text
from introstat.queries import first_row
from introstat.receipt.manifest import DeliveredFile
from introstat.sql import text_literal

# DuckDB would take 16 times the longest line, and give it back to the system after every file.
_BUFFER_BYTES = 2 * MAX_LINE_BYTES


def parse_text(
    connection: duckdb.DuckDBPyConnection,
    file: DeliveredFile,
    columns: list[str],
    delimiter: str,
    quote: str,
    skip: int = 0,
    select: str = "select *",
) -> None:
    """Make the table `parsed` of a file's rows after `skip` lines, columns of text.

    Raises DeliveryRefused if a row does not parse or the file cannot be read.
    """
    typed = ", ".join(f"{column}: 'varchar'" for column in columns)
    connection.execute("drop table if exists reject_errors; drop table if exists reject_scans")
    try:
        connection.execute(
            f"""
            create or replace temp table parsed as
            {select}
            from read_csv(
                {text_literal(str(file.path))}, columns = {{{typed}}}, auto_detect = false,
                header = false, skip = {skip}, delim = '{delimiter}', quote = '{quote}',
                escape = '{quote}', encoding = '{file.encoding}', max_line_size = {MAX_LINE_BYTES},
                buffer_size = {_BUFFER_BYTES}, ignore_errors = true, store_rejects = true
            )
            """
        )
    except duckdb.OutOfMemoryException:
        raise  # not the file's fault
    except duckdb.Error as error:
        raise _unreadable(file, error) from None
    _refuse_rejects(connection, file, len(columns))


def _refuse_rejects(
    connection: duckdb.DuckDBPyConnection, file: DeliveredFile, columns: int
) -> None:
    """Refuse a file with rows that do not parse; the rejected text itself is never shown."""
    meaning = {
        "MISSING COLUMNS": f"fewer than {columns} fields",
        "TOO MANY COLUMNS": f"more than {columns} fields",
        "UNQUOTED VALUE": "a quote that is not closed, or text after a closing quote",
        "INVALID ENCODING": "bytes that are not in the manifest's encoding",
        "LINE SIZE OVER MAXIMUM": f"a line longer than {MAX_LINE_BYTES} bytes",
    }
    rejects = first_row(
        connection,
        "select line, line_byte_position, error_type::varchar, "
        "(select count(distinct line) from reject_errors) from reject_errors order by line limit 1",
    )
    if rejects is not None:
        line, position, kind, number = rejects
        if position is not None:
            line = _line_at(file, position - 1)
        others = f" ({number - 1} more rows with errors)" if number > 1 else ""
        raise DeliveryRefused(
            f"{file.where}, line {line}: {meaning.get(kind, 'cannot be parsed')}{others}. "
            "Mend the file at its source and ask for the delivery anew.",
            "encoding" if kind == "INVALID ENCODING" else "unparseable",
        )


def _line_at(file: DeliveredFile, position: int) -> int:
    """Return the line of the first row at or after a position in the file's bytes as UTF-8.

    DuckDB counts rows, blank ones too, and a quoted field may hold line breaks.
    """
    breaks: Counter[int] = Counter()
    decoder = codecs.getincrementaldecoder(file.encoding)(errors="replace")
    with opened_as_bytes(file.path) as content:
        while block := content.read(1 << 20):
            if file.encoding != "utf-8":
                block = decoder.decode(block).encode()
            before, after = block[:position], block[position:]
            blank = after[: len(after) - len(after.lstrip(b"\r\n"))]
            breaks.update(byte for byte in before + blank if byte in b"\r\n")
            position = max(position - len(block), 0)
            if not position and len(blank) < len(after):
                break
    # One of the two ends lines; both do where they stand together.
    return max(breaks.values(), default=0) + 1


def _unreadable(file: DeliveredFile, error: duckdb.Error) -> DeliveryRefused:
    """Return why a file could not be read at all, without the text that DuckDB quotes from it."""
    line = 0
    try:
        with opened_as_text(file.path, file.encoding) as text:
            for line, content in enumerate(text, start=1):
                if file.encoding == "latin-1" and OF_WINDOWS.search(content):
                    return DeliveryRefused(
                        f"{file.where}, line {line}: a character of Windows-1252 that latin-1 does "
                        "not have (a dash, a curly quote, €). Save the file as UTF-8 and set "
                        "`encoding` in the manifest to utf-8.",
                        "encoding",
                    )
    except UnicodeDecodeError:
        return DeliveryRefused(
            f"{file.where}, after line {line}: bytes that are not {file.encoding}. Set `encoding` "
            "in the manifest to what the file is, or save it as UTF-8.",
            "encoding",
        )
    except (OSError, EOFError):
        return DeliveryRefused(
            f"{file.where}, after line {line}: the compressed file is broken or cut off. Fetch it "
            "again.",
            "compressed",
        )
    return DeliveryRefused(
        f"{file.where}: cannot be read ({type(error).__name__}). Mend the file at its source and "
        "ask for the delivery anew.",
        "unreadable",
    )
