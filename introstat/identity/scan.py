"""Looking for identity numbers where none may be: in files of text, Parquet, DuckDB, or anything.

Every file is read as bytes, and Parquet and DuckDB files as tables too, because they are packed.
"""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from introstat.identity.numbers import (
    NUMBER_IN_TEXT,
    ascii_digits,
    is_valid_duf,
    is_valid_ident,
)
from introstat.progress import Tell, silent
from introstat.receipt.contract import sources
from introstat.warehouse.opening import open_warehouse

# As bytes: a run of digits, or a number as people write it. As text: numbers.NUMBER_IN_TEXT.
_APART = rb"(?:[ \t._-]|\xc2\xa0|\xe2\x80\x87|\xe2\x80\xaf)"
_RUN = re.compile(
    rb"[0-9]{11,}|(?<![0-9])[0-9]{2}%(a)s?[0-9]{2}%(a)s?[0-9]{2}%(a)s{0,3}[0-9]{3}%(a)s?[0-9]{2}(?![0-9])"
    % {b"a": _APART}
)
_BLOCK = 1 << 22
# Runs of digits are looked at to this length, which no register's line exceeds.
_LONGEST = 4096


def scan(
    paths: list[Path],
    known: set[str] | None = None,
    progress: Tell = silent,
) -> dict[Path, int]:
    """Return the files under `paths` that hold identity numbers, with how many different ones.

    With `known`, only those numbers are looked for, also inside longer runs of digits. Without it,
    every run of exactly eleven digits that is a valid fødselsnummer, D-number or synthetic number
    counts: about one in three hundred numbers of eleven digits is, by chance.
    """
    files = sorted({file for path in paths for file in _files(path)})
    found = {}
    for done, file in enumerate(files):
        progress(done, len(files), file.name)
        numbers = {number for run in _runs(file) for number in _numbers(run, known)}
        if numbers:
            found[file] = len(numbers)
    progress(len(files), len(files), "")
    return found


def numbers_of(extracts: Path) -> set[str]:
    """Return the identity and DUF numbers that stand in a folder of extracts, valid ones only."""
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
        for run in _runs(file):
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


def _runs(file: Path) -> Iterator[str]:
    """The runs of eleven or more digits in a file."""
    yield from _runs_of_bytes(file)
    if file.suffix == ".parquet":
        with duckdb.connect(":memory:") as connection:
            source = str(file).replace("'", "''")
            yield from _runs_of_table(connection, f"read_parquet('{source}')")
    elif file.suffix == ".duckdb":
        with open_warehouse(file) as connection:
            tables = connection.execute(
                "select table_name from duckdb_tables() where not internal and not temporary"
            ).fetchall()
            for (table,) in tables:
                yield from _runs_of_table(connection, f'main."{table}"')


def _runs_of_bytes(file: Path) -> Iterator[str]:
    rest = b""
    with gzip.open(file) if file.suffix == ".gz" else file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            block = rest + block
            for match in _RUN.finditer(block):
                if match.end() < len(block):
                    yield ascii_digits(match.group().decode())
            ending = re.search(rb"[^a-zA-Z]*\Z", block[-_LONGEST:])
            rest = ending.group() if ending else b""
    yield from (ascii_digits(match.group().decode()) for match in _RUN.finditer(rest))


def _runs_of_table(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[str]:
    for name, *_ in connection.execute(f"describe select * from {table}").fetchall():
        runs = connection.execute(
            f"select distinct unnest(regexp_extract_all(\"{name}\"::varchar, '{NUMBER_IN_TEXT}')) "
            f"from {table}"
        ).fetchall()
        yield from (ascii_digits(run) for (run,) in runs)
