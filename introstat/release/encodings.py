"""All formats of a release at once: written, read back, and held against each other."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import duckdb
import pyarrow as pa

from introstat.errors import UserError
from introstat.release import naming
from introstat.release.cube import MEASURE, PublishedCube, Release
from introstat.release.formats import (
    csv_package,
    csvw,
    datadoc,
    dcat,
    imdi_csv,
    jsonstat,
    parquet,
    px,
    sdmx,
    workbook,
)
from introstat.sql import quoted_name

WORKBOOK_STEM, SDMX = "tabeller", "sdmx"
SINGLE: dict[str, Callable[[Path], pa.Table]] = {
    "csv": csv_package.read,
    "px": px.read,
    "jsonstat": jsonstat.read,
}
"""The formats with a file for each table, beside the Parquet file that they are held against."""
_EXTENSIONS = {
    "parquet": parquet.EXTENSION,
    "csv": csv_package.EXTENSION,
    "px": px.EXTENSION,
    "jsonstat": jsonstat.EXTENSION,
}
_SHOWN = 20
"""At most so many cells of one file are told."""
_STUMBLES = (
    KeyError, IndexError, StopIteration, TypeError, ValueError, ArithmeticError, OSError,
    EOFError, BadZipFile,
)  # fmt: skip
"""What readers raise on a file that is not what its name says."""


def write_all(cubes: Sequence[PublishedCube], folder: Path, release: Release) -> list[Path]:
    """Write all tables in all formats into a folder; return the files in the order of their names.

    A file that is there is replaced: whoever calls writes into a folder of his own and moves it
    into place. Raises UserError if two tables have one name, or a format cannot hold one.
    """
    stems = [each.file_stem for each in cubes]
    if not cubes or len(set(stems)) < len(stems):
        raise UserError(f"A release needs tables of different names; given: {', '.join(stems)}.")
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    packaged: list[tuple[PublishedCube, Path]] = []
    for cube in cubes:

        def named(extension: str, cube: PublishedCube = cube) -> Path:
            return folder / naming.file_name(
                cube.file_stem, cube.periods, release.version, extension
            )

        data, table = named(parquet.EXTENSION), named(csv_package.EXTENSION)
        parquet.write(cube, data, release)
        csv_package.write(cube, table, release)
        packaged.append((cube, table))
        px.write(cube, named(px.EXTENSION), release)
        jsonstat.write(cube, named(jsonstat.EXTENSION), release)
        written += [data, table, named(px.EXTENSION), named(jsonstat.EXTENSION)]
        written.append(datadoc.write(cube, data, release))
        written += imdi_csv.write(cube, folder / imdi_csv.FOLDER, release)
        written.append(sdmx.write(cube, folder / sdmx.FOLDER, release))
    # Named by the release's own period: one table with a long series would give it to all.
    own = [release.period]
    book = folder / naming.file_name(WORKBOOK_STEM, own, release.version, workbook.EXTENSION)
    workbook.write(cubes, book, release)
    package = folder / csv_package.PACKAGE
    name = f"introstat-{naming.in_name(release.period).lower()}-v{release.version}"
    csv_package.write_package(packaged, package, release, name)
    web = folder / csvw.FILE
    csvw.write(packaged, web, release)
    structures = sdmx.write_structures(cubes, folder / sdmx.FOLDER, release)
    catalogue = folder / naming.file_name(dcat.STEM, own, release.version, dcat.EXTENSION)
    dcat.write(packaged, catalogue, release)
    return sorted([*written, book, package, web, structures, catalogue])


def compare(folder: Path) -> list[str]:
    """Hold every format against the Parquet files, cell by cell; return what differs, in words.

    A cell that cannot occur may be left out of a file. Every table must be there in every format,
    and in IMDi's if IMDi has such a table; every Parquet file has a document that fits it, and the
    data package the checksum of every CSV file.
    """
    tables = _tables(folder)
    if not tables:
        return [f"{folder}: no Parquet file of a release in it."]
    try:
        about = {stem: parquet.about(data) for stem, data in tables.items()}
    except UserError as error:
        # Nothing can be held against it.
        return [error.message]
    found: list[str] = []
    originals: dict[str, pa.Table] = {}
    seen: dict[str, set[str]] = {stem: set() for stem in tables}
    with duckdb.connect() as connection:
        for file in _files(folder, tables, about):
            try:
                read = _read(file)
            except UserError as error:
                found.append(error.message)
                for stem in file.tables:
                    seen[stem].add(file.format)
                continue
            for stem, cells in read.items():
                if stem not in tables:
                    found.append(f"{file.path.name}: {stem} is no table of this release.")
                    continue
                seen[stem].add(file.format)
                if file.format == "parquet":
                    originals[stem] = cells
                elif stem in originals:
                    expected = _expected(file, originals[stem], about[stem])
                    found += _differences(connection, file.path.name, stem, cells, expected)
    for stem, data in tables.items():
        wanted = {"parquet", "workbook", *SINGLE, *_imdi_files(data, about[stem])}
        wanted |= {SDMX} if _has_new(about[stem]) else set()
        found += [f"{stem}: not found as {each}." for each in sorted(wanted - seen[stem])]
        found += _document(stem, data)
    described = [data.with_suffix(f".{csv_package.EXTENSION}") for data in tables.values()]
    found += csv_package.differences(folder, described)
    if any(map(_has_new, about.values())):
        found += csvw.differences(folder, described) + sdmx.differences(folder / sdmx.FOLDER)
        found += dcat.differences(folder, described)
    return found


def _has_new(about: Mapping[str, Any]) -> bool:
    """Whether a release has the formats that older ones lack."""
    return int(about.get("layout", 1)) >= parquet.LAYOUT


@dataclass(frozen=True)
class _File:
    """A file of a release: what it should hold, and how to read it.

    The format of one of IMDi's files is its name, because a table becomes two of them.
    """

    path: Path
    format: str
    tables: tuple[str, ...]
    read: Callable[[Path], dict[str, pa.Table]]


def _files(
    folder: Path, tables: Mapping[str, Path], about: Mapping[str, Mapping[str, Any]]
) -> Iterator[_File]:
    for stem, data in tables.items():
        for name, read in {"parquet": parquet.read, **SINGLE}.items():
            path = data.with_suffix(f".{_EXTENSIONS[name]}")
            if path.is_file():
                yield _File(path, name, (stem,), _one(stem, read))
        for path in (folder / sdmx.FOLDER).glob(f"{data.stem}.{sdmx.EXTENSION}"):
            yield _File(path, SDMX, (stem,), _one(stem, sdmx.read))
    sheets = {stem[:31]: stem for stem in tables}

    def read_book(book: Path) -> dict[str, pa.Table]:
        return {sheets.get(name, name): cells for name, cells in workbook.read(book).items()}

    for book in sorted(folder.glob(f"{WORKBOOK_STEM}_p*.{workbook.EXTENSION}")):
        yield _File(book, "workbook", tuple(tables), read_book)
    stems = {str(described["name"]): stem for stem, described in about.items()}
    for path in sorted((folder / imdi_csv.FOLDER).glob(f"*.{imdi_csv.EXTENSION}")):
        cube = imdi_csv.cube_name(path)
        own = (stems[cube],) if cube in stems else ()
        yield _File(path, path.name, own, _one(stems.get(cube, cube), imdi_csv.read))


def _one(stem: str, read: Callable[[Path], pa.Table]) -> Callable[[Path], dict[str, pa.Table]]:
    return lambda path: {stem: read(path)}


def _read(file: _File) -> dict[str, pa.Table]:
    """Read a file's tables. Raises UserError in one line, whatever its reader stumbles over."""
    try:
        return file.read(file.path)
    except UserError as error:
        raise UserError(f"{file.path.name}: cannot be read: {error.message}") from error
    except _STUMBLES as error:
        raise UserError(
            f"{file.path.name}: cannot be read ({type(error).__name__}); it is not as it was "
            "written. Take it from the release anew."
        ) from error


def _expected(file: _File, original: pa.Table, about: Mapping[str, Any]) -> pa.Table:
    """What a file should hold of a table: all of it, or what IMDi's layout shows."""
    if file.path.parent.name != imdi_csv.FOLDER:
        return original
    totals = {each["name"]: each["total"] for each in about["dimensions"]}
    return imdi_csv.cells_of(file.path, original, totals)


def _document(stem: str, data: Path) -> list[str]:
    """What is wrong with the document of a Parquet file."""
    document = data.with_name(f"{data.stem}__DOC.{datadoc.EXTENSION}")
    if not document.is_file():
        return [f"{stem}: no document {document.name}."]
    try:
        return datadoc.differences(document, data)
    except ValueError:
        return [f"{document.name}: it does not keep Datadoc's model."]


def _tables(folder: Path) -> dict[str, Path]:
    """The Parquet files of a release by the stem of their tables."""
    found: dict[str, Path] = {}
    for path in sorted(folder.glob(f"*.{parquet.EXTENSION}")):
        stem = naming.stem_in(path.name)
        if stem is None:
            raise UserError(
                f"{path}: the name is not that of a release's file, as deltakere_p2017-H2_v1."
            )
        if stem in found:
            raise UserError(f"{path}: {found[stem].name} is the same table.")
        found[stem] = path
    return found


def _imdi_files(data: Path, about: Mapping[str, Any]) -> list[str]:
    """The names of the files that IMDi's layout should have of a table."""
    tail = naming.tail_in(data.name)
    return imdi_csv.names_for(about["name"], about["is_preliminary"], tail)


def _differences(
    connection: duckdb.DuckDBPyConnection,
    where: str,
    stem: str,
    encoded: pa.Table,
    original: pa.Table,
) -> list[str]:
    """The cells in which a file is not as the original, in words."""
    if "is_preliminary" in encoded.column_names:
        marks = set(encoded["is_preliminary"].unique().to_pylist())
        expected = set(original["is_preliminary"].unique().to_pylist())
        if marks != expected and encoded.num_rows:
            return [f"{where}: preliminary is {marks}, Parquet has {expected}."]
    keys = [
        each for each in original.column_names if each not in ("value", "sign", "is_preliminary")
    ]
    if missing := [each for each in keys if each not in encoded.column_names]:
        return [f"{where}: no column {missing[0]} of {stem}."]
    connection.register("original", original)
    connection.register("encoded", encoded)
    names = ", ".join(quoted_name(each) for each in keys)
    doubled = connection.execute(
        f"select {names} from encoded group by {names} having count(*) > 1 limit {_SHOWN}"
    ).fetchall()
    # What cannot occur and what is not there say the same.
    rows = connection.execute(
        f"""
        with
        theirs as (select {names}, value, sign from encoded where sign <> '.'),
        ours as (select {names}, value, sign from original where sign <> '.')
        select {names}, theirs.value, theirs.sign, ours.value, ours.sign
        from theirs full outer join ours using ({names})
        where theirs.value is distinct from ours.value
            or theirs.sign is distinct from ours.sign
        order by {names}
        """
    ).fetchall()
    told = [f"{where}: {_cell(keys, row)} is there twice." for row in doubled]
    told += [
        f"{where}: {_cell(keys, row)} is {_said(*row[-4:-2])}, Parquet has {_said(*row[-2:])}."
        for row in rows[:_SHOWN]
    ]
    if len(rows) > _SHOWN:
        told.append(f"{where}: {len(rows) - _SHOWN} more cells differ.")
    return told


def _cell(keys: Sequence[str], row: Sequence[object]) -> str:
    return ", ".join(
        str(code) if key == MEASURE else f"{key} {code}"
        for key, code in zip(keys, row, strict=False)
    )


def _said(value: object, sign: object) -> str:
    if sign is None:
        return "not there"
    return f"{value}" if sign == "" else f"'{sign}'"
