"""Looking for identity numbers where none may be: in files of text, Parquet, DuckDB, or anything.

Every file is read as bytes. What is packed is read unpacked too: gzip, the members of zip files (a
workbook is one), and Parquet and DuckDB files as tables.
"""

import gzip
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

import duckdb

from introstat.contract import sources
from introstat.errors import UserError
from introstat.identity.numbers import (
    NUMBER_IN_TEXT,
    ascii_digits,
    is_valid_duf,
    is_valid_ident,
)
from introstat.progress import Tell, silent
from introstat.sql import quoted_name, text_literal
from introstat.warehouse.opening import open_warehouse

# As bytes: a run of digits, or a number as people write it. As text: numbers.NUMBER_IN_TEXT.
_APART = rb"(?:[ \t._-]|\\t|\xc2\xa0|\xe2\x80\x87|\xe2\x80\xaf)"
_RUN = re.compile(
    rb"[0-9]{11,}|(?<![0-9])[0-9]{2}%(a)s?[0-9]{2}%(a)s?[0-9]{2}%(a)s{0,3}[0-9]{3}%(a)s?[0-9]{2}(?![0-9])"
    % {b"a": _APART}
)
_BLOCK = 1 << 22
# Runs of digits are looked at to this length, which no register's line exceeds.
_LONGEST = 4096
_ZIP_ENDINGS = {".zip", ".xlsx", ".xlsm", ".docx", ".pptx", ".ods", ".odt"}
_ZIP_MARK = b"PK\x03\x04"
# Zip files in zip files are opened to this depth: one can be made that holds itself.
_DEEPEST = 3
_NOT_READABLE = (
    OSError,
    EOFError,
    RuntimeError,  # a zip member under a password, or packed in an unknown way
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    duckdb.Error,
)
_ADVICE = {
    ".duckdb": "It is broken, in use, or encrypted with another key than the one in "
    "$INTROSTAT_WAREHOUSE_KEY_FILE (unset it for plain files): mend that and scan again.",
    "": "It is broken, cut off, protected, or not what its name says: mend, unpack or remove it, "
    "and scan again.",
}

TellUnreadable = Callable[[Path, str], None]
"""Called with a file that could not be read to its end, and what to do about it."""


def refuse_unreadable(file: Path, advice: str) -> None:
    """Raise UserError: the default for files that could not be read."""
    raise UserError(f"{file}: cannot be read to its end. {advice}")


def scan(
    paths: list[Path],
    known: set[str] | None = None,
    progress: Tell = silent,
    unreadable: TellUnreadable = refuse_unreadable,
) -> dict[Path, int]:
    """Return the files under `paths` that hold identity numbers, with how many different ones.

    With `known`, only those numbers are looked for, also inside longer runs of digits. Without it,
    every run of exactly eleven digits that is a valid fødselsnummer, D-number or synthetic number
    counts: about one in three hundred numbers of eleven digits is, by chance. `unreadable` gets
    the files that could not be read to their end; what could be read of them counts.
    """
    files = sorted({file for path in paths for file in _files(path)})
    found = {}
    for done, file in enumerate(files):
        progress(done, len(files), file.name)
        runs = _readable_runs(file, unreadable)
        numbers = {number for run in runs for number in _numbers(run, known)}
        if numbers:
            found[file] = len(numbers)
    progress(len(files), len(files), "")
    return found


def numbers_of(extracts: Path, unreadable: TellUnreadable = refuse_unreadable) -> set[str]:
    """Return the identity and DUF numbers that stand in a folder of extracts, valid ones only.

    `unreadable` gets the files that could not be read to their end.
    """
    slices = [
        column.slice
        for source in sources().values()
        for table in source.tables
        for column in table.columns
        if column.identity and column.slice
    ]
    numbers = set()
    for file in _files(extracts):
        fixed_width = ".dat" in file.suffixes
        for run in _readable_runs(file, unreadable):
            parts = [run[slice(*place)] for place in slices] if fixed_width else [run]
            numbers |= {part for part in parts if is_valid_ident(part) or is_valid_duf(part)}
    return numbers - {"0" * 12}  # fills an empty field of the form, and has the right check digits


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.rglob("*") if file.is_file()]


def _numbers(run: str, known: set[str] | None) -> Iterator[str]:
    if known is None:
        if len(run) == 11 and is_valid_ident(run):
            yield run
        return
    for length in (11, 12):
        for start in range(len(run) - length + 1):
            if run[start : start + length] in known:
                yield run[start : start + length]


def _readable_runs(file: Path, unreadable: TellUnreadable) -> Iterator[str]:
    """Give the runs of a file as far as it can be read."""
    try:
        yield from _runs(file)
    except _NOT_READABLE:
        # What the error says may quote from the file.
        unreadable(file, _ADVICE.get(file.suffix, _ADVICE[""]))


def _runs(file: Path) -> Iterator[str]:
    """Give the runs of eleven or more digits in a file."""
    yield from _runs_of_bytes(file.open("rb"))
    if file.suffix == ".parquet":
        with duckdb.connect(":memory:") as connection:
            yield from _runs_of_table(connection, f"read_parquet({text_literal(str(file))})")
    elif file.suffix == ".duckdb":
        with open_warehouse(file) as connection:
            tables = connection.execute(
                "select schema_name, table_name from duckdb_tables() "
                "where database_name = current_database() and not internal and not temporary"
            ).fetchall()
            for schema, table in tables:
                yield from _runs_of_table(connection, f"{quoted_name(schema)}.{quoted_name(table)}")
    else:
        with file.open("rb") as opened:
            yield from _runs_of_packed(opened, file.suffix)


def _runs_of_packed(opened: IO[bytes], suffix: str, depth: int = 0) -> Iterator[str]:
    """Give the runs in what a gzip or zip file holds; nothing of a file that is not packed."""
    if suffix == ".gz":
        with gzip.open(opened) as unpacked:
            yield from _runs_of_bytes(cast(IO[bytes], unpacked))
    elif suffix in _ZIP_ENDINGS or opened.read(len(_ZIP_MARK)) == _ZIP_MARK:
        if depth == _DEEPEST:
            raise zipfile.BadZipFile("packed too deep")
        with zipfile.ZipFile(opened) as packed:
            for member in packed.infolist():
                yield from _runs_of_bytes(packed.open(member))
                with packed.open(member) as inner:
                    yield from _runs_of_packed(inner, Path(member.filename).suffix, depth + 1)
    elif depth and suffix in (".parquet", ".duckdb"):
        raise zipfile.BadZipFile("a table inside a zip file is not read")


def _runs_of_bytes(opened: IO[bytes]) -> Iterator[str]:
    rest = b""
    with opened:
        while block := opened.read(_BLOCK):
            block = rest + block
            for match in _RUN.finditer(block):
                if match.end() < len(block):
                    yield ascii_digits(match.group().decode())
            ending = re.search(rb"[^a-zA-Z]*\Z", block[-_LONGEST:])
            rest = ending.group() if ending else b""
    yield from (ascii_digits(match.group().decode()) for match in _RUN.finditer(rest))


def _runs_of_table(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[str]:
    for column, *_ in connection.execute(f"describe select * from {table}").fetchall():
        name = quoted_name(column)
        runs = connection.execute(
            f"select distinct unnest(regexp_extract_all({name}::varchar, '{NUMBER_IN_TEXT}')) "
            f"from {table}"
        ).fetchall()
        yield from (ascii_digits(run) for (run,) in runs)
