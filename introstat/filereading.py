"""Opening a delivered file, the contract's or an office's own, and refusing one that is not sound.

Every refusal is a DeliveryRefused that names the file, the line where one is known, and what to do.
"""

import codecs
import csv
import gzip
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from introstat.errors import DeliveryRefused
from introstat.places import memory_limit
from introstat.queries import only_row
from introstat.sql import quoted_name, text_literal

MOST_COLUMNS = 1000
MAX_LINE_BYTES = 16 * 1024 * 1024
# What csv calls a field may be as long as a line.
csv.field_size_limit(MAX_LINE_BYTES)
# Bytes that latin-1 gives to no letter and Windows gives to dashes and curly quotes.
OF_WINDOWS = re.compile("[\x80-\x9f]")
# Text of registers packs to a twentieth, gzip at its utmost to a thousandth; small files may do so.
_MOST_UNPACKED = 200
_ALWAYS_UNPACKED = 64 * 1024 * 1024
# How much of names that a file gives itself goes into a remark.
_MAX_SHOWN_NAMES, _MAX_SHOWN_LETTERS = 50, 60


def connect_in_memory(spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Return a DuckDB in memory with one thread, within the memory limit.

    What does not fit goes to the folder `spill`. Without one nothing is written to disk, which is
    a must where identity numbers are read. Most files are too small for several threads to share,
    and one writes the same rows to the same bytes on every machine. Raises UserError if the memory
    limit is no size.
    """
    connection = duckdb.connect(":memory:")
    connection.execute(f"set memory_limit = '{memory_limit()}'")
    connection.execute(f"set temp_directory = {text_literal(str(spill or ''))}")
    connection.execute("set threads = 1")
    return connection


def make_table(
    connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, pa.Array | list[str]]
) -> None:
    """Make a temporary table, in place of an earlier one; lists are texts."""
    rows = pa.table(
        {
            column: pa.array(values, pa.string()) if isinstance(values, list) else values
            for column, values in columns.items()
        }
    )
    connection.register("rows_to_keep", rows)
    connection.execute(f"create or replace temp table {name} as from rows_to_keep")
    connection.unregister("rows_to_keep")


def sha256_of(path: Path) -> str:
    """Return a file's checksum."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def opened_as_text(path: Path, encoding: str) -> Iterator[io.TextIOBase]:
    """Open a file for reading as text with its own line ends, unpacked if it is gzipped."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding=encoding, newline="") as text:
        yield cast(io.TextIOBase, text)


def opened_as_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading as bytes, unpacked if it is gzipped."""
    opener = gzip.open if path.suffix == ".gz" else open
    return cast(IO[bytes], opener(path, "rb"))


def expect_encoding(path: Path, encoding: str, where: str) -> None:
    """Refuse a file whose first bytes say that it is in another encoding than the manifest says."""
    try:
        with opened_as_bytes(path) as file:
            first = file.read(3)
    except (OSError, EOFError):
        return  # the reader refuses a broken gzip, with its line
    if first == codecs.BOM_UTF8 and encoding != "utf-8":
        raise DeliveryRefused(
            f"{where}: begins with the mark of UTF-8, but the manifest says {encoding}. Set "
            "`encoding` in the manifest to utf-8.",
            "encoding",
        )
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DeliveryRefused(
            f"{where}: is UTF-16, expected {encoding}. Save it as UTF-8 and set `encoding` in the "
            "manifest to utf-8.",
            "encoding",
        )


def expect_rows(found: int, said: int, where: str) -> None:
    """Refuse a file that has another number of rows than its manifest says."""
    if found != said:
        raise DeliveryRefused(
            f"{where}: {found} rows, but the manifest says {said}. The file is cut off or the "
            "manifest is of another file; ask for the delivery anew.",
            "row_count",
        )


def expect_sound_gzip(path: Path, where: str) -> None:
    """Refuse a compressed file that is cut off (DuckDB reads it as far as it goes) or a bomb."""
    limit = _most_unpacked(path)
    unpacked = 0
    try:
        with gzip.open(path) as file:
            while block := file.read(1 << 20):
                unpacked += len(block)
                if unpacked > limit:
                    raise _bomb(where)
    except (OSError, EOFError, zlib.error):
        raise DeliveryRefused(
            f"{where}: the compressed file is broken or cut off. Fetch it again.", "compressed"
        ) from None


def expect_small_archive(path: Path, where: str) -> None:
    """Refuse a ZIP archive that says it unpacks to far more (a bomb); zipfile reads no more."""
    with zipfile.ZipFile(path) as archive:
        if sum(each.file_size for each in archive.infolist()) > _most_unpacked(path):
            raise _bomb(where)


def parquet_footer(path: Path, where: str) -> pq.FileMetaData:
    """Return what a Parquet file says of itself at its end; refuse a file that is no Parquet."""
    try:
        return pq.read_metadata(path)
    except (OSError, pa.ArrowException, UnicodeDecodeError):  # the last: a name that is no text
        raise _no_parquet(where) from None


def expect_small_parquet(
    connection: duckdb.DuckDBPyConnection, path: Path, names: list[str], where: str
) -> None:
    """Refuse a Parquet file that is much smaller than the text in it (a bomb).

    The footer does not count a value that stands in a dictionary once and in the table a million
    times, so the text is measured too, value by value, a byte for each field's end as CSV has it.
    """
    footer = parquet_footer(path, where)
    limit = _most_unpacked(path)
    groups = [footer.row_group(place) for place in range(footer.num_row_groups)]
    if sum(group.total_byte_size for group in groups) > limit:
        raise _bomb(where)
    if len(names) > MOST_COLUMNS:
        raise DeliveryRefused(
            f"{where}: {len(names)} columns, and no extract has over {MOST_COLUMNS}.", "columns"
        )
    # The first moment of pandas has a day, and no text.
    texts = [f"try({quoted_name(name)}::varchar)" for name in names]
    lengths = " + ".join(f"coalesce(strlen({text}), 0) + 1" for text in texts)
    try:
        with reading_parquet(where):
            measured = count(
                connection,
                f"select coalesce(sum({lengths}), 0) from read_parquet({text_literal(str(path))})",
            )
    except duckdb.OutOfMemoryException:
        raise _bomb(where) from None  # a page that does not even stream
    if measured > limit:
        raise _bomb(where)


@contextmanager
def reading_parquet(where: str) -> Iterator[None]:
    """Refuse the file if what is done in the block shows that it is no sound Parquet."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise  # not the file's fault
    except duckdb.Error:
        raise _no_parquet(where) from None


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """Return the one number that a query gives."""
    return int(only_row(connection, query)[0])


def shown_names(names: Iterable[str]) -> str:
    """Return names that a file gives itself as text: no long runs of digits, not too much of it."""
    printable = ("".join(c if c.isprintable() else "�" for c in name) for name in names)
    shown = [re.sub(r"[0-9]{6,}", "…", name)[:_MAX_SHOWN_LETTERS] for name in printable]
    more = len(shown) - _MAX_SHOWN_NAMES
    return ", ".join(shown[:_MAX_SHOWN_NAMES]) + (f" and {more} more" if more > 0 else "")


def _most_unpacked(path: Path) -> int:
    return max(_MOST_UNPACKED * path.stat().st_size, _ALWAYS_UNPACKED)


def _bomb(where: str) -> DeliveryRefused:
    return DeliveryRefused(
        f"{where}: unpacks to more than {_MOST_UNPACKED} times its size, as no extract does. Ask "
        "for the delivery anew.",
        "compressed",
    )


def _no_parquet(where: str) -> DeliveryRefused:
    return DeliveryRefused(f"{where}: not readable as Parquet. Fetch it again.", "unreadable")
